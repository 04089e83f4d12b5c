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
#define CONFIRM_BYTES 65536u
/* Lines that are kept, beside those whose bytes no child has taken yet: a holder says both in one breath. */
#define LINES_MAX (16u * 1024u * 1024u)
#define LINE_GROWTH 5 /* of bytes in a line, at most */
#define CONFIRM_MS 50 /* what has been shown since is shown again when the host process is killed */
#define CATCHING_UP_MAX (8u * 1024u * 1024u) /* more than a holder keeps in all */
#define UNCONFIRMED_MAX (512u * 1024u)       /* that a channel which is paused may hold up */

void pss_held_say_alive(const PssHeld *held)
{
	pss_channel_write(held->connection.carrier, "H\n", 2);
}

static gboolean on_alive_time(gpointer user)
{
	pss_held_say_alive(user);
	return G_SOURCE_CONTINUE;
}

static void keep_alive(PssHeld *held)
{
	g_clear_handle_id(&held->connection.alive_timer, g_source_remove);
	if (held->idle_s > 0 && pss_held_is_greeted(held))
		held->connection.alive_timer = g_timeout_add_seconds(MAX(held->idle_s / 3, 1), on_alive_time, held);
}

void pss_transport_held_set_idle(PssTransport *base, guint idle_s)
{
	PssHeld *held = (PssHeld *)base;
	g_autofree char *head = g_strdup_printf("i %u", idle_s);

	if (held->state == PSS_HELD_PLAIN || held->state == PSS_HELD_LOST)
		return;
	held->idle_s = idle_s;
	pss_held_say(held, head, NULL, 0);
	keep_alive(held);
}

/* ---- what is said */

/* Whole frames that have been handed out. What waits in a channel that is paused stays with the holder too, as long as
 * there is room for what others print. */
static guint64 confirmable(PssHeld *held)
{
	guint64 count = held->numbered.boundary;

	if (held->takeover.stage == PSS_HELD_SORTING && count - held->confirmed > CATCHING_UP_MAX)
		pss_held_distrust_soon(held, "what it has kept does not end");
	if (held->takeover.stage == PSS_HELD_SORTING)
		return held->confirmed;
	for (guint i = 0; i < held->channels->len; i++) {
		PssHeldChannel *channel = held->channels->pdata[i];
		const PssHeldPart *part = g_queue_peek_head(&channel->kept);
		if (part)
			count = MIN(count, part->boundary);
	}
	return held->numbered.boundary - count > UNCONFIRMED_MAX ? held->numbered.boundary
								 : MAX(count, held->confirmed);
}

static void confirm(PssHeld *held)
{
	char line[64];
	guint64 count;

	g_clear_handle_id(&held->connection.confirm_timer, g_source_remove);
	if (!pss_held_is_greeted(held) || held->leaving || !held->events)
		return; /* a holder that has been asked to end reads no more */
	count = confirmable(held);
	if (held->confirmed != count) {
		pss_held_unseen_say_claims(held, count);
		held->confirmed = count;
		g_snprintf(line, sizeof line, "A %" G_GUINT64_FORMAT "\n", held->confirmed);
		pss_channel_write(held->connection.carrier, line, strlen(line));
	}
	pss_held_unseen_say_seen(held);
}

void pss_transport_held_confirm(PssTransport *base)
{
	confirm((PssHeld *)base);
}

static gboolean on_confirm_time(gpointer user)
{
	PssHeld *held = user;

	held->connection.confirm_timer = 0;
	confirm(held);
	return G_SOURCE_REMOVE;
}

static void fail_for_good(PssHeld *held, const char *reason)
{
	g_autoptr(GError) error = g_error_new(PSS_ERROR, PSS_LINK_LOST,
					      "the session's keeper on the remote has exited (%s); the result of the "
					      "running command is unknown",
					      reason);
	pss_held_lose_for_good(held, error);
}

static gboolean on_distrust(gpointer user)
{
	PssHeld *held = user;

	held->distrust_source = 0;
	if (held->state != PSS_HELD_LOST)
		fail_for_good(held, held->distrust);
	return G_SOURCE_REMOVE;
}

void pss_held_distrust_soon(PssHeld *held, const char *reason)
{
	held->distrust = reason;
	if (!held->distrust_source)
		held->distrust_source = g_idle_add_full(G_PRIORITY_HIGH, on_distrust, held, NULL);
}

void pss_held_confirm_soon(PssHeld *held)
{
	if (pss_held_is_greeted(held) && !held->connection.confirm_timer)
		held->connection.confirm_timer = g_timeout_add(CONFIRM_MS, on_confirm_time, held);
}

/* A confirmation has lines of its own, and goes first. */
static void confirm_first(PssHeld *held)
{
	if (held->connection.carrier && held->takeover.stage != PSS_HELD_TAKING)
		confirm(held);
}

static void say_line(PssHeld *held, const GString *line)
{
	if (pss_held_is_greeted(held) && held->numbered.n_bytes > LINES_MAX + LINE_GROWTH * pss_held_waiting(held))
		pss_held_distrust_soon(held, "it does not say what it has obeyed");
	if (held->connection.carrier && held->takeover.stage != PSS_HELD_TAKING) {
		pss_channel_write(held->connection.carrier, line->str, line->len);
	} else if (held->state == PSS_HELD_WAITING || held->state == PSS_HELD_STUCK) {
		pss_transport_held_hurry(&held->base);
	}
}

void pss_held_say(PssHeld *held, const char *head, const void *data, gsize n)
{
	if (held->leaving)
		return;
	confirm_first(held);
	say_line(held, pss_numbered_add(&held->numbered, head, data, n));
}

void pss_held_say_unconfirmed(PssHeld *held, const char *head)
{
	say_line(held, pss_numbered_add(&held->numbered, head, NULL, 0));
}

void pss_held_say_raw(PssHeld *held, const char *head, const void *data, gsize n)
{
	if (held->leaving)
		return;
	confirm_first(held);
	say_line(held, pss_numbered_add_raw(&held->numbered, head, data, n));
}

/* ---- what is heard */

static void look_whether_caught_up(PssHeld *held)
{
	if (held->numbered.count < held->connection.caught_up || !pss_held_enter(held, PSS_HELD_ON_CAUGHT_UP))
		return;
	pss_held_tell(held, PSS_LINK_UP, NULL);
	if (held->takeover.stage != PSS_HELD_SORTING)
		return;
	held->takeover.stage = PSS_HELD_OURS;
	confirm(held);
	pss_held_settle_stops(held);
}

static void arrive(PssHeld *held)
{
	gboolean first = held->state == PSS_HELD_OPENING;

	if (!pss_held_enter(held, PSS_HELD_ON_GREETING))
		return;
	g_clear_handle_id(&held->connection.greeting_timer, g_source_remove);
	pss_held_mind_network(held);
	keep_alive(held);
	if (first) {
		pss_held_forget_plain(held);
		pss_held_say_alive(held); /* until then the holder goes with its link */
		pss_held_tell(held, PSS_LINK_HELD, NULL);
	} else {
		look_whether_caught_up(held);
	}
}

static void lose_to_another(PssHeld *held)
{
	g_autoptr(GError) error =
		g_error_new(PSS_ERROR, PSS_LINK_LOST,
			    "another client has gone on with the session; connect-pssession -ComputerName %s finds it",
			    held->target->host);
	pss_held_lose_for_good(held, error);
}

/* `who` is connected to it. */
static void leave_to_another(PssHeld *held, const char *who)
{
	g_autoptr(GError) error = g_error_new(PSS_ERROR, PSS_BUSY, "the session is in use by %s; -Force takes it over",
					      *who ? who : "another client");
	pss_held_lose_for_good(held, error);
}

static void stay_plain(PssHeld *held, const char *reason)
{
	g_autofree char *note =
		g_strdup_printf("%s keeps no resilient session: %s; this is a plain one", held->target->host, reason);

	if (!pss_held_enter(held, PSS_HELD_ON_NO_HOLDER))
		return;
	g_clear_handle_id(&held->connection.greeting_timer, g_source_remove);
	if (held->connection.carrier)
		pss_channel_close(g_steal_pointer(&held->connection.carrier));
	held->events->on_note(held->user, PSS_NOTE_WARNING, note);
	pss_held_become_plain(held);
}

static gboolean on_greeting_deadline(gpointer user)
{
	PssHeld *held = user;
	g_autoptr(GError) error =
		g_error_new_literal(PSS_ERROR, PSS_LINK_LOST, "the remote computer did not answer in time");

	held->connection.greeting_timer = 0;
	if (held->state == PSS_HELD_OPENING)
		stay_plain(held, "it does not answer in time");
	else
		pss_held_lose(held, error);
	return G_SOURCE_REMOVE;
}

static void take_over(PssHeld *held, const PssGreeting *greeting)
{
	g_autoptr(GString) lines = g_string_new(NULL);

	held->last_child = greeting->last_child;
	pss_numbered_take_over(&held->numbered, greeting->have, greeting->start);
	held->confirmed = greeting->start;
	held->takeover.stage = PSS_HELD_SORTING;
	pss_numbered_append(&held->numbered, lines);
	pss_channel_write(held->connection.carrier, lines->str, lines->len);
	if (held->events)
		held->events->on_taken_over(held->user, greeting->text, held->last_child);
	arrive(held);
}

static void take_held(PssHeld *held, const PssGreeting *greeting)
{
	held->takes_raw = greeting->takes_raw;
	held->takes_unseen = greeting->takes_unseen;
	held->connection.caught_up = greeting->end;
	if (held->takeover.stage == PSS_HELD_TAKING)
		take_over(held, greeting);
	else if (greeting->start != held->numbered.count || !pss_numbered_obeyed(&held->numbered, greeting->have))
		fail_for_good(held, "the remote keeper and this computer are out of step");
	else
		arrive(held);
}

/* A whole greeting, behind its start. */
static void take_greeting(PssHeld *held, const char *line)
{
	g_auto(PssGreeting) greeting = { 0 };

	pss_greeting_read(line, &greeting);
	if (greeting.kind == PSS_GREETING_GONE || greeting.kind == PSS_GREETING_TAKEN)
		pss_held_tell_end(held, NULL); /* the holder has gone */
	if (greeting.kind == PSS_GREETING_HELD)
		take_held(held, &greeting);
	else if (greeting.kind == PSS_GREETING_NO_KEEPER && held->state == PSS_HELD_OPENING)
		stay_plain(held, greeting.text);
	else if (greeting.kind == PSS_GREETING_TAKEN)
		lose_to_another(held);
	else if (greeting.kind == PSS_GREETING_BUSY)
		leave_to_another(held, greeting.text);
	else if (greeting.kind == PSS_GREETING_NONE)
		fail_for_good(held, "it sent malformed data");
	else
		fail_for_good(held, greeting.text);
}

/* Noise of start-up files, then the greeting, then the down stream. */
static void look_for_greeting(PssHeld *held)
{
	const char *data = (const char *)held->connection.early->data;
	gsize n = held->connection.early->len, n_start = strlen(held->greeting_start);
	const char *at = memmem(data, n, held->greeting_start, n_start);
	const char *line_end = at ? memchr(at, '\n', n - (gsize)(at - data)) : NULL;

	if (!line_end) {
		gsize n_noise = at ? (gsize)(at - data) : n - MIN(n, n_start);
		g_byte_array_remove_range(held->connection.early, 0, (guint)n_noise);
		if (held->connection.early->len > GREETING_MAX)
			fail_for_good(held, "its greeting has no end");
		return;
	}
	g_autofree char *text = g_strndup(at + n_start, (gsize)(line_end - at) - n_start);
	g_byte_array_remove_range(held->connection.early, 0, (guint)(line_end + 1 - data));
	take_greeting(held, text);
}

static void on_carrier_data(gpointer user, const void *data, gsize n, gboolean is_stderr)
{
	PssHeld *held = user;
	g_autoptr(GByteArray) rest = NULL;

	if (is_stderr || held->state == PSS_HELD_LOST)
		return;
	g_clear_handle_id(&held->connection.probe_timer, g_source_remove);
	if (!pss_held_is_greeted(held)) {
		g_byte_array_append(held->connection.early, data, (guint)n);
		look_for_greeting(held);
		if (!pss_held_is_greeted(held))
			return;
		rest = g_steal_pointer(&held->connection.early);
		if (rest->len == 0)
			return;
		data = rest->data;
		n = rest->len;
	}
	held->retry.n_failures = held->retry.n_refusals = 0;
	if (!pss_numbered_feed(&held->numbered, data, n, &pss_held_channel_events, held)) {
		fail_for_good(held, "it sent malformed data");
		return;
	}
	if (!pss_held_is_greeted(held))
		return;
	if (held->numbered.boundary - held->confirmed >= CONFIRM_BYTES)
		confirm(held);
	else if (held->numbered.boundary != held->confirmed)
		pss_held_confirm_soon(held);
	look_whether_caught_up(held);
	pss_held_park_if_settled(held);
}

static void on_carrier_drained(gpointer user)
{
}

static void on_carrier_closed(gpointer user, int exit_status, const GError *error)
{
	PssHeld *held = user;
	g_autoptr(GError) cause =
		error ? g_error_copy(error)
		      : g_error_new_literal(PSS_ERROR, PSS_LINK_LOST, "the channel to the remote keeper was closed");

	held->connection.carrier = NULL;
	if (held->state == PSS_HELD_OPENING) {
		stay_plain(held, error ? error->message : "the server ran no command");
	} else if (!held->events && pss_held_is_greeted(held) && !error && exit_status == 0) {
		pss_held_enter(held, PSS_HELD_ON_END); /* on request */
		pss_held_tell_end(held, NULL);
		pss_held_drop_link_soon(held);
	} else {
		pss_held_lose(held, cause);
	}
}

static const PssChannelEvents carrier_events = {
	.on_data = on_carrier_data,
	.on_drained = on_carrier_drained,
	.on_closed = on_carrier_closed,
};

/* ---- the link's own events */

static void open_carrier(PssHeld *held, gboolean first)
{
	const PssHolderAbout about = {
		.instance = held->instance,
		.name = held->called,
		.shell = held->shell,
		.origin = held->origin,
		.idle_s = held->idle_s,
	};
	PssHolderLink with;

	if (first)
		pss_holder_link_init(&with, held->name, &about);
	else
		pss_holder_link_init_resume(&with, held->name);
	if (held->takeover.stage == PSS_HELD_TAKING) {
		g_string_append_printf(with.script, "@ %s %s %s 3\n", held->takeover.if_free ? "?" : "-", held->owner,
				       held->origin);
	} else {
		g_string_append_printf(with.script, "@ %" G_GUINT64_FORMAT " %s %s\n", held->numbered.count,
				       held->owner, held->origin);
		pss_numbered_append(&held->numbered, with.script);
	}
	PssChannelRequest request = { .command = with.command,
				      .with_environment = first,
				      .first_bytes = with.script->str,
				      .n_first_bytes = with.script->len };
	held->connection.carrier = pss_channel_open(held->connection.link->transport, &request, &carrier_events, held);
	pss_holder_link_finish(&with);
	held->connection.greeting_timer =
		g_timeout_add(first ? pss_deadline(PSS_HOLDER_FIRST_GREETING_MS) : pss_deadline(PSS_HOLDER_GREETING_MS),
			      on_greeting_deadline, held);
}

static void on_ready(gpointer user, const char *remote_user, const char *history_key, const char *forwards)
{
	PssHeld *held = ((PssHeldLink *)user)->held;
	gboolean first = held && held->state == PSS_HELD_OPENING;

	if (!held)
		return;
	/* Its channels are lines then, which go with what opens the carrier. */
	if (first)
		held->events->on_ready(held->user, remote_user, history_key, forwards);
	open_carrier(held, first);
}

static void on_question(gpointer user, PssQuestion *question)
{
	PssHeld *held = ((PssHeldLink *)user)->held;

	if (held && held->state == PSS_HELD_OPENING)
		held->events->on_question(held->user, question);
	else
		pss_question_answer(question, NULL);
}

static void on_note(gpointer user, enum pss_note_kind kind, const char *text)
{
	PssHeld *held = ((PssHeldLink *)user)->held;

	if (held && (held->state == PSS_HELD_OPENING || held->state == PSS_HELD_PLAIN))
		held->events->on_note(held->user, kind, text);
}

static void on_lost(gpointer user, const GError *error)
{
	PssHeld *held = ((PssHeldLink *)user)->held;

	if (held)
		pss_held_lose(held, error);
}

void pss_held_make_link(PssHeld *held, PssTarget *target)
{
	static const PssTransportEvents events = {
		.on_ready = on_ready,
		.on_question = on_question,
		.on_note = on_note,
		.on_lost = on_lost,
	};

	held->connection.early = g_byte_array_new();
	held->connection.link = g_new0(PssHeldLink, 1);
	held->connection.link->held = held;
	held->connection.link->transport = held->new_link(target, &events, held->connection.link);
	pss_transport_connect(held->connection.link->transport);
}

void pss_held_free_link(PssHeldLink *link)
{
	pss_transport_free(link->transport);
	g_free(link);
}

void pss_held_start(PssHeld *held)
{
	if (pss_held_enter(held, PSS_HELD_ON_START))
		pss_held_make_link(held, pss_target_copy(held->target));
}
