/* SPDX-License-Identifier: MIT */
/* Output that this process has and nobody has seen: it stays with the holder, which learns by counts of the down
 * stream which bytes those are, before it may forget them (remote/PROTOCOL.md, "Unseen output"). So nothing of it
 * crosses the network twice, unless somebody takes over. Called by the record through transport-resilient.c's users,
 * and by link.c when it confirms. */
#include <string.h>

#include "link/resilient/private.h"
#include "remote/holder/holder.h"

typedef struct {
	guint kind, child;
	gboolean is_stderr;
	guint64 from, to;
} Claim;

void pss_resilient_unseen_init(PssResilient *resilient)
{
	resilient->unseen.claims = g_array_new(FALSE, FALSE, sizeof(Claim));
	resilient->unseen.literals = g_ptr_array_new();
}

static void free_literal(gpointer literal, gpointer user)
{
	g_string_free(literal, TRUE);
}

void pss_resilient_unseen_finish(PssResilient *resilient)
{
	g_ptr_array_foreach(resilient->unseen.literals, free_literal, NULL);
	g_ptr_array_unref(resilient->unseen.literals);
	g_array_unref(resilient->unseen.claims);
}

/* ---- what is where */

PssResilientPlace pss_transport_held_place_of(PssTransport *base, const void *data, gsize n)
{
	PssResilientPlace place = ((PssResilient *)base)->unseen.place;
	const char *at = data, *start = place.data;

	if (place.n == 0 || at < start || at + n > start + place.n)
		return (PssResilientPlace){ 0 };
	place.from += (guint64)(at - start);
	place.before = at > start ? place.from : place.before;
	place.data = data;
	place.n = n;
	return place;
}

PssResilientPlace pss_transport_held_set_place(PssTransport *base, const PssResilientPlace *place)
{
	PssResilient *resilient = (PssResilient *)base;
	PssResilientPlace before = resilient->unseen.place;

	resilient->unseen.place = place ? *place : (PssResilientPlace){ 0 };
	return before;
}

/* One that goes on with the next bytes of the same output, though frames of others may be between. */
static Claim *find_claim(const PssResilient *resilient, const Claim *next, guint64 before)
{
	for (guint i = resilient->unseen.claims->len; i-- > 0;) {
		Claim *claim = &g_array_index(resilient->unseen.claims, Claim, i);
		if (claim->child != next->child || claim->is_stderr != next->is_stderr)
			continue;
		return claim->to == before && claim->kind == next->kind ? claim : NULL;
	}
	return NULL;
}

static void add_literal(PssResilient *resilient, guint kind, const void *data, gsize n)
{
	const PssResilientPlace *place = &resilient->unseen.place;
	GString *line = g_string_new(NULL);

	g_string_printf(line, "l %u %" G_GUINT64_FORMAT " ", kind,
			place->n > 0 ? place->from : resilient->numbered.count);
	pss_holder_escape(line, data, n);
	g_ptr_array_add(resilient->unseen.literals, line);
}

void pss_transport_held_keep(PssTransport *base, guint kind, const void *data, gsize n)
{
	PssResilient *resilient = (PssResilient *)base;
	const PssResilientPlace place = pss_transport_held_place_of(base, data, n);

	if (!resilient->takes_unseen || n == 0)
		return;
	if (place.n == 0 || place.from < resilient->confirmed) {
		add_literal(resilient, kind, data, n);
		return;
	}
	const Claim next = { kind, place.child, place.is_stderr, place.from, place.from + n };
	Claim *claim = find_claim(resilient, &next, place.before);
	if (claim)
		claim->to = next.to;
	else
		g_array_append_val(resilient->unseen.claims, next);
}

void pss_transport_held_forget(PssTransport *base, guint kind, gsize n)
{
	PssResilient *resilient = (PssResilient *)base;

	if (!resilient->takes_unseen)
		return;
	resilient->unseen.seen[kind] += n;
	pss_resilient_confirm_soon(resilient);
}

/* ---- what is said of it */

static void say_claim(PssResilient *resilient, const Claim *claim, guint64 to)
{
	g_autofree char *head = g_strdup_printf("u %u %u %d %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, claim->kind,
						claim->child, claim->is_stderr ? 2 : 1, claim->from, to);
	pss_resilient_say_unconfirmed(resilient, head, NULL, 0);
}

void pss_resilient_unseen_say_claims(PssResilient *resilient, guint64 count)
{
	GArray *claims = resilient->unseen.claims;
	guint n_left = 0;

	for (guint i = 0; i < resilient->unseen.literals->len; i++)
		pss_resilient_say_unconfirmed(resilient, ((GString *)resilient->unseen.literals->pdata[i])->str, NULL,
					      0);
	g_ptr_array_foreach(resilient->unseen.literals, free_literal, NULL);
	g_ptr_array_set_size(resilient->unseen.literals, 0);
	for (guint i = 0; i < claims->len; i++) {
		Claim claim = g_array_index(claims, Claim, i);
		if (claim.from < count)
			say_claim(resilient, &claim, MIN(claim.to, count));
		claim.from = MAX(claim.from, count);
		if (claim.to > count)
			g_array_index(claims, Claim, n_left++) = claim;
	}
	g_array_set_size(claims, n_left);
}

void pss_resilient_unseen_say_seen(PssResilient *resilient)
{
	for (guint kind = 0; kind < PSS_RESILIENT_KINDS; kind++) {
		if (resilient->unseen.seen[kind] == 0)
			continue;
		g_autofree char *head = g_strdup_printf("v %u %" G_GUINT64_FORMAT, kind, resilient->unseen.seen[kind]);
		resilient->unseen.seen[kind] = 0;
		pss_resilient_say_unconfirmed(resilient, head, NULL, 0);
	}
}
