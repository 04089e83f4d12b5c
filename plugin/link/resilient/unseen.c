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

void pss_held_unseen_init(PssHeld *held)
{
	held->unseen.claims = g_array_new(FALSE, FALSE, sizeof(Claim));
	held->unseen.literals = g_ptr_array_new();
}

static void free_literal(gpointer literal, gpointer user)
{
	g_string_free(literal, TRUE);
}

void pss_held_unseen_finish(PssHeld *held)
{
	g_ptr_array_foreach(held->unseen.literals, free_literal, NULL);
	g_ptr_array_unref(held->unseen.literals);
	g_array_unref(held->unseen.claims);
}

/* ---- what is where */

PssHeldPlace pss_transport_held_place_of(PssTransport *base, const void *data, gsize n)
{
	PssHeldPlace place = ((PssHeld *)base)->unseen.place;
	const char *at = data, *start = place.data;

	if (place.n == 0 || at < start || at + n > start + place.n)
		return (PssHeldPlace){ 0 };
	place.from += (guint64)(at - start);
	place.before = at > start ? place.from : place.before;
	place.data = data;
	place.n = n;
	return place;
}

PssHeldPlace pss_transport_held_set_place(PssTransport *base, const PssHeldPlace *place)
{
	PssHeld *held = (PssHeld *)base;
	PssHeldPlace before = held->unseen.place;

	held->unseen.place = place ? *place : (PssHeldPlace){ 0 };
	return before;
}

/* One that goes on with the next bytes of the same output, though frames of others may be between. */
static Claim *find_claim(const PssHeld *held, const Claim *next, guint64 before)
{
	for (guint i = held->unseen.claims->len; i-- > 0;) {
		Claim *claim = &g_array_index(held->unseen.claims, Claim, i);
		if (claim->child != next->child || claim->is_stderr != next->is_stderr)
			continue;
		return claim->to == before && claim->kind == next->kind ? claim : NULL;
	}
	return NULL;
}

static void add_literal(PssHeld *held, guint kind, const void *data, gsize n)
{
	const PssHeldPlace *place = &held->unseen.place;
	GString *line = g_string_new(NULL);

	g_string_printf(line, "l %u %" G_GUINT64_FORMAT " ", kind, place->n > 0 ? place->from : held->numbered.count);
	pss_holder_escape(line, data, n);
	g_ptr_array_add(held->unseen.literals, line);
}

void pss_transport_held_keep(PssTransport *base, guint kind, const void *data, gsize n)
{
	PssHeld *held = (PssHeld *)base;
	const PssHeldPlace place = pss_transport_held_place_of(base, data, n);

	if (!held->takes_unseen || n == 0)
		return;
	if (place.n == 0 || place.from < held->confirmed) {
		add_literal(held, kind, data, n);
		return;
	}
	const Claim next = { kind, place.child, place.is_stderr, place.from, place.from + n };
	Claim *claim = find_claim(held, &next, place.before);
	if (claim)
		claim->to = next.to;
	else
		g_array_append_val(held->unseen.claims, next);
}

void pss_transport_held_forget(PssTransport *base, guint kind, gsize n)
{
	PssHeld *held = (PssHeld *)base;

	if (!held->takes_unseen)
		return;
	held->unseen.seen[kind] += n;
	pss_held_confirm_soon(held);
}

/* ---- what is said of it */

static void say_claim(PssHeld *held, const Claim *claim, guint64 to)
{
	g_autofree char *head = g_strdup_printf("u %u %u %d %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, claim->kind,
						claim->child, claim->is_stderr ? 2 : 1, claim->from, to);
	pss_held_say_unconfirmed(held, head);
}

void pss_held_unseen_say_claims(PssHeld *held, guint64 count)
{
	GArray *claims = held->unseen.claims;
	guint n_left = 0;

	for (guint i = 0; i < held->unseen.literals->len; i++)
		pss_held_say_unconfirmed(held, ((GString *)held->unseen.literals->pdata[i])->str);
	g_ptr_array_foreach(held->unseen.literals, free_literal, NULL);
	g_ptr_array_set_size(held->unseen.literals, 0);
	for (guint i = 0; i < claims->len; i++) {
		Claim claim = g_array_index(claims, Claim, i);
		if (claim.from < count)
			say_claim(held, &claim, MIN(claim.to, count));
		claim.from = MAX(claim.from, count);
		if (claim.to > count)
			g_array_index(claims, Claim, n_left++) = claim;
	}
	g_array_set_size(claims, n_left);
}

void pss_held_unseen_say_seen(PssHeld *held)
{
	for (guint kind = 0; kind < PSS_HELD_KINDS; kind++) {
		if (held->unseen.seen[kind] == 0)
			continue;
		g_autofree char *head = g_strdup_printf("v %u %" G_GUINT64_FORMAT, kind, held->unseen.seen[kind]);
		held->unseen.seen[kind] = 0;
		pss_held_say_unconfirmed(held, head);
	}
}
