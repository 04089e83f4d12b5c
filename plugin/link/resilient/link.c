/* SPDX-License-Identifier: MIT */
/* The protocol over the present link: a transport with one channel, the carrier, which leads to the holder. It sends
 * the lines that have not been obeyed, and receives what has not come. When a link is lost retry.c makes the next one.
 */
#include <string.h>

#include "base/error.h"
#include "link/resilient/private.h"
#include "remote/holder/greeting.h"
#include "remote/holder/holder.h"
#include "wire/deadlines.h"

#define GREETING_MAX 65536
#define CONFIRM_BYTES (128u * 1024u)
/* Lines that are kept, beside those whose bytes no child has taken yet: a holder says both in one breath. */
#define LINES_MAX (16u * 1024u * 1024u)
#define LINE_GROWTH 5 /* of bytes in a line, at most */
#define CONFIRM_MS 50 /* what has been shown since is shown again when the host process is killed */
#define CATCHING_UP_MAX (8u * 1024u * 1024u) /* more than a holder keeps in all */
#define UNCONFIRMED_MAX (512u * 1024u)       /* that a channel which is paused may hold up */

void pss_resilient_say_alive(const PssResilient *resilient)
{
	pss_channel_write(resilient->connection.carrier, "H\n", 2);
}

static gboolean on_alive_time(gpointer user)
{
	pss_resilient_say_alive(user);
	return G_SOURCE_CONTINUE;
}

static void keep_alive(PssResilient *resilient)
{
	g_clear_handle_id(&resilient->connection.alive_timer, g_source_remove);
	if (resilient->idle_s > 0 && pss_resilient_is_greeted(resilient))
		resilient->connection.alive_timer =
			g_timeout_add_seconds(MAX(resilient->idle_s / 3, 1), on_alive_time, resilient);
}

void pss_transport_held_set_idle(PssTransport *base, guint idle_s)
{
	PssResilient *resilient = (PssResilient *)base;
	g_autofree char *head = g_strdup_printf("i %u", idle_s);

	if (resilient->state == PSS_RESILIENT_PLAIN || resilient->state == PSS_RESILIENT_LOST)
		return;
	resilient->idle_s = idle_s;
	pss_resilient_say(resilient, head, NULL, 0);
	keep_alive(resilient);
}

/* ---- what is said */

/* Whole frames that have been handed out. What waits in a channel that is paused stays with the holder too, as long as
 * there is room for what others print. */
static guint64 confirmable(PssResilient *resilient)
{
	guint64 count = resilient->numbered.boundary;

	if (resilient->takeover.stage == PSS_RESILIENT_SORTING && count - resilient->confirmed > CATCHING_UP_MAX)
		pss_resilient_distrust_soon(resilient, "what it has kept does not end");
	if (resilient->takeover.stage == PSS_RESILIENT_SORTING)
		return resilient->confirmed;
	for (guint i = 0; i < resilient->channels->len; i++) {
		PssResilientChannel *channel = resilient->channels->pdata[i];
		const PssResilientPart *part = g_queue_peek_head(&channel->kept);
		if (part)
			count = MIN(count, part->boundary);
	}
	return resilient->numbered.boundary - count > UNCONFIRMED_MAX ? resilient->numbered.boundary
								      : MAX(count, resilient->confirmed);
}

static void confirm(PssResilient *resilient)
{
	char line[64];
	guint64 count;

	g_clear_handle_id(&resilient->connection.confirm_timer, g_source_remove);
	if (!pss_resilient_is_greeted(resilient) || resilient->leaving || !resilient->events)
		return; /* a holder that has been asked to end reads no more */
	pss_resilient_say_memo(resilient);
	count = confirmable(resilient);
	if (resilient->confirmed != count) {
		pss_resilient_unseen_say_claims(resilient, count);
		resilient->confirmed = count;
		g_snprintf(line, sizeof line, "A %" G_GUINT64_FORMAT "\n", resilient->confirmed);
		pss_channel_write(resilient->connection.carrier, line, strlen(line));
	}
	pss_resilient_unseen_say_seen(resilient);
}

void pss_transport_held_confirm(PssTransport *base)
{
	confirm((PssResilient *)base);
}

static gboolean on_confirm_time(gpointer user)
{
	PssResilient *resilient = user;

	resilient->connection.confirm_timer = 0;
	confirm(resilient);
	return G_SOURCE_REMOVE;
}

static void fail_for_good(PssResilient *resilient, const char *reason)
{
	g_autoptr(GError) error = g_error_new(PSS_ERROR, PSS_LINK_LOST,
					      "the session's keeper on the remote has exited (%s); the result of the "
					      "running command is unknown",
					      reason);
	pss_resilient_lose_for_good(resilient, error);
}

static gboolean on_distrust(gpointer user)
{
	PssResilient *resilient = user;

	resilient->distrust_source = 0;
	if (resilient->state != PSS_RESILIENT_LOST)
		fail_for_good(resilient, resilient->distrust);
	return G_SOURCE_REMOVE;
}

void pss_resilient_distrust_soon(PssResilient *resilient, const char *reason)
{
	resilient->distrust = reason;
	if (!resilient->distrust_source)
		resilient->distrust_source = g_idle_add_full(G_PRIORITY_HIGH, on_distrust, resilient, NULL);
}

void pss_resilient_confirm_soon(PssResilient *resilient)
{
	if (pss_resilient_is_greeted(resilient) && !resilient->connection.confirm_timer)
		resilient->connection.confirm_timer = g_timeout_add(CONFIRM_MS, on_confirm_time, resilient);
}

/* A confirmation has lines of its own, and goes first. */
static void confirm_first(PssResilient *resilient)
{
	if (resilient->connection.carrier && resilient->takeover.stage != PSS_RESILIENT_TAKING)
		confirm(resilient);
}

static void say_line(PssResilient *resilient, const GString *line)
{
	if (pss_resilient_is_greeted(resilient) &&
	    resilient->numbered.n_bytes > LINES_MAX + LINE_GROWTH * pss_resilient_waiting(resilient))
		pss_resilient_distrust_soon(resilient, "it does not say which requests it has carried out");
	if (resilient->connection.carrier && resilient->takeover.stage != PSS_RESILIENT_TAKING) {
		pss_channel_write(resilient->connection.carrier, line->str, line->len);
	} else if (resilient->state == PSS_RESILIENT_WAITING || resilient->state == PSS_RESILIENT_STUCK) {
		pss_transport_held_hurry(&resilient->base);
	}
}

void pss_resilient_say(PssResilient *resilient, const char *head, const void *data, gsize n)
{
	if (resilient->leaving)
		return;
	confirm_first(resilient);
	say_line(resilient, pss_numbered_add(&resilient->numbered, head, data, n));
}

void pss_resilient_say_unconfirmed(PssResilient *resilient, const char *head, const void *data, gsize n)
{
	say_line(resilient, pss_numbered_add(&resilient->numbered, head, data, n));
}

void pss_resilient_say_raw(PssResilient *resilient, const char *head, const void *data, gsize n)
{
	if (resilient->leaving)
		return;
	confirm_first(resilient);
	say_line(resilient, pss_numbered_add_raw(&resilient->numbered, head, data, n));
}

/* ---- what is heard */

static void look_whether_caught_up(PssResilient *resilient)
{
	if (resilient->numbered.count < resilient->connection.caught_up ||
	    !pss_resilient_enter(resilient, PSS_RESILIENT_ON_CAUGHT_UP))
		return;
	pss_resilient_tell(resilient, PSS_LINK_UP, NULL);
	if (resilient->takeover.stage != PSS_RESILIENT_SORTING)
		return;
	resilient->takeover.stage = PSS_RESILIENT_OURS;
	confirm(resilient);
	pss_resilient_settle_stops(resilient);
}

static void arrive(PssResilient *resilient)
{
	gboolean first = resilient->state == PSS_RESILIENT_OPENING;

	if (!pss_resilient_enter(resilient, PSS_RESILIENT_ON_GREETING))
		return;
	g_clear_handle_id(&resilient->connection.greeting_timer, g_source_remove);
	pss_resilient_mind_network(resilient);
	keep_alive(resilient);
	if (first) {
		pss_resilient_forget_plain(resilient);
		pss_resilient_say_alive(resilient); /* until then the holder goes with its link */
		pss_resilient_tell(resilient, PSS_LINK_HELD, NULL);
	} else {
		look_whether_caught_up(resilient);
	}
}

static void lose_to_another(PssResilient *resilient)
{
	g_autoptr(GError) error =
		g_error_new(PSS_ERROR, PSS_LINK_LOST,
			    "another client has gone on with the session; connect-pssession -ComputerName %s finds it",
			    resilient->target->host);
	pss_resilient_lose_for_good(resilient, error);
}

/* `who` is connected to it. */
static void leave_to_another(PssResilient *resilient, const char *who)
{
	g_autoptr(GError) error = g_error_new(PSS_ERROR, PSS_BUSY, "the session is in use by %s; -Force takes it over",
					      *who ? who : "another client");
	pss_resilient_lose_for_good(resilient, error);
}

static void stay_plain(PssResilient *resilient, const char *reason)
{
	g_autofree char *note = g_strdup_printf("this session is not resilient: %s cannot keep one (%s)",
						resilient->target->host, reason);

	if (!pss_resilient_enter(resilient, PSS_RESILIENT_ON_NO_HOLDER))
		return;
	g_clear_handle_id(&resilient->connection.greeting_timer, g_source_remove);
	if (resilient->connection.carrier)
		pss_channel_close(g_steal_pointer(&resilient->connection.carrier));
	resilient->events->on_note(resilient->user, PSS_NOTE_WARNING, note);
	pss_resilient_become_plain(resilient);
}

static gboolean on_greeting_deadline(gpointer user)
{
	PssResilient *resilient = user;
	g_autoptr(GError) error =
		g_error_new_literal(PSS_ERROR, PSS_LINK_LOST, "the remote computer did not answer in time");

	resilient->connection.greeting_timer = 0;
	if (resilient->state == PSS_RESILIENT_OPENING)
		stay_plain(resilient, "it does not answer in time");
	else
		pss_resilient_lose(resilient, error);
	return G_SOURCE_REMOVE;
}

static void take_over(PssResilient *resilient, const PssGreeting *greeting)
{
	g_autoptr(GString) lines = g_string_new(NULL);

	resilient->last_child = greeting->last_child;
	pss_numbered_take_over(&resilient->numbered, greeting->have, greeting->start);
	resilient->confirmed = greeting->start;
	resilient->takeover.stage = PSS_RESILIENT_SORTING;
	pss_numbered_append(&resilient->numbered, lines);
	pss_channel_write(resilient->connection.carrier, lines->str, lines->len);
	if (resilient->events)
		resilient->events->on_taken_over(resilient->user, greeting->text, resilient->last_child);
	arrive(resilient);
}

static void take_held(PssResilient *resilient, const PssGreeting *greeting)
{
	resilient->takes_raw = greeting->takes_raw;
	resilient->takes_unseen = greeting->takes_unseen;
	resilient->connection.caught_up = greeting->end;
	if (resilient->takeover.stage == PSS_RESILIENT_TAKING)
		take_over(resilient, greeting);
	else if (greeting->start != resilient->numbered.count ||
		 !pss_numbered_obeyed(&resilient->numbered, greeting->have))
		fail_for_good(resilient, "the remote keeper and this computer are out of step");
	else
		arrive(resilient);
}

/* A whole greeting, behind its start. */
static void take_greeting(PssResilient *resilient, const char *line)
{
	g_auto(PssGreeting) greeting = { 0 };

	pss_greeting_read(line, &greeting);
	if (greeting.kind == PSS_GREETING_GONE || greeting.kind == PSS_GREETING_TAKEN)
		pss_resilient_tell_end(resilient, NULL); /* the holder has gone */
	if (greeting.kind == PSS_GREETING_HELD)
		take_held(resilient, &greeting);
	else if (greeting.kind == PSS_GREETING_NO_KEEPER && resilient->state == PSS_RESILIENT_OPENING)
		stay_plain(resilient, greeting.text);
	else if (greeting.kind == PSS_GREETING_TAKEN)
		lose_to_another(resilient);
	else if (greeting.kind == PSS_GREETING_BUSY)
		leave_to_another(resilient, greeting.text);
	else if (greeting.kind == PSS_GREETING_NONE)
		fail_for_good(resilient, "it sent malformed data");
	else
		fail_for_good(resilient, greeting.text);
}

/* Noise of start-up files, then the greeting, then the down stream. */
static void look_for_greeting(PssResilient *resilient)
{
	const char *data = (const char *)resilient->connection.early->data;
	gsize n = resilient->connection.early->len, n_start = strlen(resilient->greeting_start);
	const char *at = memmem(data, n, resilient->greeting_start, n_start);
	const char *line_end = at ? memchr(at, '\n', n - (gsize)(at - data)) : NULL;

	if (!line_end) {
		gsize n_noise = at ? (gsize)(at - data) : n - MIN(n, n_start);
		g_byte_array_remove_range(resilient->connection.early, 0, (guint)n_noise);
		if (resilient->connection.early->len > GREETING_MAX)
			fail_for_good(resilient, "its greeting has no end");
		return;
	}
	g_autofree char *text = g_strndup(at + n_start, (gsize)(line_end - at) - n_start);
	g_byte_array_remove_range(resilient->connection.early, 0, (guint)(line_end + 1 - data));
	take_greeting(resilient, text);
}

static void on_carrier_data(gpointer user, const void *data, gsize n, gboolean is_stderr)
{
	PssResilient *resilient = user;
	g_autoptr(GByteArray) rest = NULL;

	if (is_stderr || resilient->state == PSS_RESILIENT_LOST)
		return;
	g_clear_handle_id(&resilient->connection.probe_timer, g_source_remove);
	if (!pss_resilient_is_greeted(resilient)) {
		g_byte_array_append(resilient->connection.early, data, (guint)n);
		look_for_greeting(resilient);
		if (!pss_resilient_is_greeted(resilient))
			return;
		rest = g_steal_pointer(&resilient->connection.early);
		if (rest->len == 0)
			return;
		data = rest->data;
		n = rest->len;
	}
	resilient->retry.n_failures = resilient->retry.n_refusals = 0;
	if (!pss_numbered_feed(&resilient->numbered, data, n, &pss_resilient_channel_events, resilient)) {
		fail_for_good(resilient, "it sent malformed data");
		return;
	}
	if (!pss_resilient_is_greeted(resilient))
		return;
	if (resilient->numbered.boundary - resilient->confirmed >= CONFIRM_BYTES)
		confirm(resilient);
	else if (resilient->numbered.boundary != resilient->confirmed)
		pss_resilient_confirm_soon(resilient);
	look_whether_caught_up(resilient);
	pss_resilient_park_if_settled(resilient);
}

static void on_carrier_drained(gpointer user)
{
}

static void on_carrier_closed(gpointer user, int exit_status, const GError *error)
{
	PssResilient *resilient = user;
	g_autoptr(GError) cause =
		error ? g_error_copy(error)
		      : g_error_new_literal(PSS_ERROR, PSS_LINK_LOST, "the channel to the remote keeper was closed");

	resilient->connection.carrier = NULL;
	if (resilient->state == PSS_RESILIENT_OPENING) {
		stay_plain(resilient, error ? error->message : "the server runs no commands");
	} else if (!resilient->events && pss_resilient_is_greeted(resilient) && !error && exit_status == 0) {
		pss_resilient_enter(resilient, PSS_RESILIENT_ON_END); /* on request */
		pss_resilient_tell_end(resilient, NULL);
		pss_resilient_drop_link_soon(resilient);
	} else {
		pss_resilient_lose(resilient, cause);
	}
}

static const PssChannelEvents carrier_events = {
	.on_data = on_carrier_data,
	.on_drained = on_carrier_drained,
	.on_closed = on_carrier_closed,
};

/* ---- the link's own events */

static void open_carrier(PssResilient *resilient, gboolean first)
{
	const PssHolderAbout about = {
		.instance = resilient->instance,
		.name = resilient->called,
		.shell = resilient->shell,
		.origin = resilient->origin,
		.idle_s = resilient->idle_s,
	};
	PssHolderLink with;

	if (first)
		pss_holder_link_init(&with, resilient->name, &about);
	else
		pss_holder_link_init_resume(&with, resilient->name);
	if (resilient->takeover.stage == PSS_RESILIENT_TAKING) {
		g_string_append_printf(with.script, "@ %s %s %s 3\n", resilient->takeover.if_free ? "?" : "-",
				       resilient->owner, resilient->origin);
	} else {
		g_string_append_printf(with.script, "@ %" G_GUINT64_FORMAT " %s %s\n", resilient->numbered.count,
				       resilient->owner, resilient->origin);
		pss_numbered_append(&resilient->numbered, with.script);
	}
	PssChannelRequest request = { .command = with.command,
				      .with_environment = first,
				      .first_bytes = with.script->str,
				      .n_first_bytes = with.script->len };
	resilient->connection.carrier =
		pss_channel_open(resilient->connection.link->transport, &request, &carrier_events, resilient);
	pss_holder_link_finish(&with);
	resilient->connection.greeting_timer =
		g_timeout_add(first ? pss_deadline(PSS_HOLDER_FIRST_GREETING_MS) : pss_deadline(PSS_HOLDER_GREETING_MS),
			      on_greeting_deadline, resilient);
}

static void refuse_windows(PssResilient *resilient)
{
	g_autoptr(GError) error = g_error_new_literal(
		PSS_ERROR, PSS_UNSUPPORTED,
		"-Resilient is not for Windows computers: no program there keeps a session while the connection is "
		"lost; leave -Resilient out");

	pss_resilient_lose_for_good(resilient, error);
}

static void on_ready(gpointer user, const char *remote_user, const char *history_key, const char *forwards)
{
	PssResilient *resilient = ((PssResilientLink *)user)->resilient;
	gboolean first = resilient && resilient->state == PSS_RESILIENT_OPENING;

	if (!resilient)
		return;
	if (pss_transport_is_windows(resilient->connection.link->transport)) {
		refuse_windows(resilient);
		return;
	}
	/* Its channels are lines then, which go with what opens the carrier. */
	if (first)
		resilient->events->on_ready(resilient->user, remote_user, history_key, forwards);
	open_carrier(resilient, first);
}

static void on_question(gpointer user, PssQuestion *question)
{
	PssResilient *resilient = ((PssResilientLink *)user)->resilient;

	if (resilient && resilient->state == PSS_RESILIENT_OPENING)
		resilient->events->on_question(resilient->user, question);
	else
		pss_question_answer(question, NULL);
}

static void on_note(gpointer user, enum pss_note_kind kind, const char *text)
{
	PssResilient *resilient = ((PssResilientLink *)user)->resilient;

	if (resilient && (resilient->state == PSS_RESILIENT_OPENING || resilient->state == PSS_RESILIENT_PLAIN))
		resilient->events->on_note(resilient->user, kind, text);
}

static void on_lost(gpointer user, const GError *error)
{
	PssResilient *resilient = ((PssResilientLink *)user)->resilient;

	if (resilient)
		pss_resilient_lose(resilient, error);
}

void pss_resilient_make_link(PssResilient *resilient, PssTarget *target)
{
	static const PssTransportEvents events = {
		.on_ready = on_ready,
		.on_question = on_question,
		.on_note = on_note,
		.on_lost = on_lost,
	};

	resilient->connection.early = g_byte_array_new();
	resilient->connection.link = g_new0(PssResilientLink, 1);
	resilient->connection.link->resilient = resilient;
	resilient->connection.link->transport = resilient->new_link(target, &events, resilient->connection.link);
	pss_transport_connect(resilient->connection.link->transport);
}

void pss_resilient_free_link(PssResilientLink *link)
{
	pss_transport_free(link->transport);
	g_free(link);
}

void pss_resilient_start(PssResilient *resilient)
{
	if (pss_resilient_enter(resilient, PSS_RESILIENT_ON_START))
		pss_resilient_make_link(resilient, pss_target_copy(resilient->target));
}
