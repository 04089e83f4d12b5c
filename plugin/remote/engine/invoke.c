/* SPDX-License-Identifier: MIT */
/* An invocation: a request like a line (line.c), whose streams are the fifos of a relay. Done is said three times:
 * by the reply `E`, and by a mark at the end of either stream; all are waited for, so that not a byte is missing.
 * The marks at their beginnings tell the streams from what a job of an earlier invocation wrote. Called by
 * line.c and by the session. The terminal's mark is no part of it: a terminal may be stopped. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/secret.h"
#include "remote/engine/private.h"
#include "remote/protocol/variables.h"
#include "wire/status.h"

#define SILENCE_MS 5000
#define LOST_MS 2000
#define LAST_SILENCE_MS 2000 /* of a shell that is gone */
#define LAST_BYTES_S 30

/* What of a stream has come: its progress. */
enum { BEFORE, INSIDE, BEHIND, LOST };

char *pss_remote_old_mark(PssRemote *remote, char kind)
{
	return g_strdup_printf("\036%s%c", remote->request.old_nonce, kind);
}

static void prepare_streams(PssRemote *remote)
{
	char mark[PSS_STREAM_MARK_MAX];

	g_snprintf(mark, sizeof mark, "\036%s", remote->request.nonce);
	for (int i = 0; i < 2; i++) {
		pss_signs_expect(&remote->invocation.streams[i], mark);
		remote->invocation.progress[i] = BEFORE;
	}
}

void pss_invoke_forget(PssRemote *remote)
{
	pss_secret_free(remote->invocation.request);
	if (remote->invocation.undo)
		g_string_free(remote->invocation.undo, TRUE);
	g_clear_handle_id(&remote->invocation.again_timer, g_source_remove);
	remote->invocation = (PssInvocation){ 0 };
}

gboolean pss_remote_awaits_relay(const PssRemote *remote, guint relay)
{
	return relay == 1 && !remote->is_taken_over && pss_family_waits_for_relay(remote->family);
}

gboolean pss_remote_invoke(PssRemote *remote, const PssCommand *command, const PssInvokeStreams *streams,
			   const PssInvokeEvents *events, gpointer user, GError **error)
{
	if (remote->phase != PSS_PHASE_IDLE || remote->control_ended) {
		g_set_error_literal(error, PSS_ERROR, PSS_BUSY, "the remote shell is not at its prompt");
		return FALSE;
	}
	g_autofree char *refusal =
		pss_variables_refuse(remote->family, pss_remote_shell_name(remote), command->variables);
	if (refusal) {
		g_set_error_literal(error, PSS_ERROR, PSS_USAGE, refusal);
		return FALSE;
	}
	g_autoptr(PssSecret) text = pss_secret_new(pss_words_room(command));
	pss_words_command(text, remote->family, command);
	if (memchr(text->str, '\0', text->len)) {
		g_set_error_literal(error, PSS_ERROR, PSS_USAGE, "a command cannot hold a NUL byte");
		return FALSE;
	}
	pss_line_new_nonce(remote);
	remote->trace.is_held = TRUE;
	remote->invocation.events = events;
	remote->invocation.user = user;
	gboolean has_secrets = command->variables && command->variables[0];
	remote->invocation.request = pss_secret_new(has_secrets ? PSS_REQUEST_ROOM(text->len) : text->len + 512);
	remote->invocation.undo = g_string_new(NULL);
	remote->invocation.relay = streams->relay;
	const PssRequestStreams words = { streams->relay, streams->input, .is_short = !pss_invoke_is_paused(remote),
					  .is_awaited = streams->awaited };
	pss_request_invoke(remote->invocation.request, remote->family, remote->request.nonce, text->str, text->len,
			   &words);
	pss_words_undo(remote->invocation.undo, remote->family, command);
	prepare_streams(remote);
	pss_line_begin(remote);
	return TRUE;
}

/* ---- interrupts
 *
 * One that comes while the shell starts the command is the shell's. Either that waits for the command nevertheless: at
 * a terminal somebody sees that, and presses again, but a command beside it may have nobody. Or it gives up what it was
 * about to do, behind the mark of the beginning and in front of all that would report an end. So one that is sent this
 * early is sent again, and the request too, which the shell runs once, until the command is over. */

#define EARLY_MS 500
#define AGAIN_MS 100 /* doubled each time */
#define AGAIN_MAX 5

static gboolean on_again(gpointer user);

static void await_again(PssRemote *remote)
{
	PssInvocation *invocation = &remote->invocation;

	if (invocation->n_again < AGAIN_MAX)
		invocation->again_timer = g_timeout_add(AGAIN_MS << invocation->n_again, on_again, remote);
}

/* What is behind its end would be hit. */
static gboolean on_again(gpointer user)
{
	PssRemote *remote = user;
	PssInvocation *invocation = &remote->invocation;

	invocation->again_timer = 0;
	if (remote->phase != PSS_PHASE_RUNNING || remote->request.has_report || remote->request.has_mark ||
	    remote->control_ended)
		return G_SOURCE_REMOVE;
	if (invocation->n_again++ % 2 == 0)
		pss_typed_on_keys(remote, "\003", 1);
	else if (!invocation->is_taken)
		pss_line_write_request(remote);
	await_again(remote);
	return G_SOURCE_REMOVE;
}

void pss_invoke_on_begun(PssRemote *remote)
{
	if (remote->invocation.events && remote->invocation.begun_at == 0)
		remote->invocation.begun_at = g_get_monotonic_time();
}

void pss_invoke_on_interrupt(PssRemote *remote)
{
	const PssInvocation *invocation = &remote->invocation;
	const gint64 age = g_get_monotonic_time() - invocation->begun_at;

	if (invocation->events && !invocation->again_timer && age < EARLY_MS * G_TIME_SPAN_MILLISECOND)
		await_again(remote);
}

/* ---- what it leaves on the terminal */

/* An interrupt that no terminal sent is echoed nevertheless, and a shell begins a new line for it, or for an `exit`
 * that ends nothing. Where that is all there is until the mark, it is nobody's output. */
gboolean pss_invoke_hold_trace(PssRemote *remote, const void *data, gsize n)
{
	const char *at = data;
	gboolean is_trace = remote->trace.is_held && n <= sizeof remote->trace.bytes - remote->trace.n;

	for (gsize i = 0; is_trace && i < n; i++)
		is_trace = strchr("^C\r\n", at[i]) && at[i] != '\0';
	if (!is_trace) {
		pss_invoke_show_trace(remote);
		return FALSE;
	}
	memcpy(remote->trace.bytes + remote->trace.n, data, n);
	remote->trace.n += n;
	return TRUE;
}

void pss_invoke_drop_trace(PssRemote *remote)
{
	remote->trace.is_held = FALSE;
	remote->trace.n = 0;
}

/* The command has ended. The echo of an interrupt that came too late for it is yet to come. */
void pss_invoke_end_trace(PssRemote *remote)
{
	gboolean goes_on = remote->trace.is_held && remote->invocation.events && remote->keys.n_sent > 0;

	pss_invoke_drop_trace(remote);
	remote->trace.is_held = goes_on;
}

void pss_invoke_show_trace(PssRemote *remote)
{
	gsize n = remote->trace.n;

	pss_invoke_drop_trace(remote);
	if (n > 0)
		pss_line_show(remote, remote->trace.bytes, n);
}

gboolean pss_remote_is_invoking(PssRemote *remote)
{
	return remote->invocation.events != NULL;
}

gboolean pss_invoke_is_paused(const PssRemote *remote)
{
	return remote->invocation.events && remote->invocation.events->on_silence(remote->invocation.user);
}

/* ---- done */

static void finish(PssRemote *remote, gboolean whole)
{
	const PssInvocation done = remote->invocation; /* its events are called when it is gone */
	gboolean ending = remote->phase == PSS_PHASE_ENDING;

	pss_engine_set_timer(remote, 0, NULL);
	pss_line_stop_seconds(remote);
	if (done.is_quiet)
		pss_invoke_end_trace(remote);
	if (remote->invocation.undo->len > 0 && !ending)
		pss_engine_send_request(remote, remote->invocation.undo, TRUE);
	pss_invoke_forget(remote);
	remote->prompt.exit_status = -1; /* an `exit` in it was its own */
	remote->request.interrupted = FALSE;
	if (!ending) {
		pss_engine_enter(remote, PSS_PHASE_ON_PROMPT);
		pss_reader_on_done(remote);
	}
	done.events->on_done(done.user, remote->prompt.status, done.background, whole);
	if (ending)
		pss_engine_end(remote, remote->ending.how, remote->ending.status);
}

/* It has not run, and this nonce never will. */
void pss_invoke_on_late(PssRemote *remote)
{
	const PssInvocation late = remote->invocation;

	pss_engine_set_timer(remote, 0, NULL);
	pss_line_stop_seconds(remote);
	pss_invoke_end_trace(remote);
	pss_invoke_forget(remote);
	remote->request.interrupted = FALSE;
	pss_engine_enter(remote, PSS_PHASE_ON_PROMPT);
	pss_reader_on_done(remote);
	late.events->on_late(late.user);
}

/* The shell waits for it still, or has no way to say anything; it would have begun behind a word of this relay alone.
 */
void pss_remote_relay_missing(PssRemote *remote, guint relay)
{
	if (remote->phase == PSS_PHASE_SENT && remote->invocation.events && remote->invocation.relay == relay)
		pss_invoke_on_late(remote);
}

static void finish_if_done(PssRemote *remote)
{
	const guint *state = remote->invocation.progress;
	gboolean whole = state[0] == BEHIND && state[1] == BEHIND;

	if (state[0] < BEHIND || state[1] < BEHIND)
		return;
	if (remote->request.has_report)
		finish(remote, whole);
	else if (remote->phase == PSS_PHASE_ENDING && (!whole || remote->control_ended))
		pss_engine_end(remote, remote->ending.how, remote->ending.status);
}

/* ---- the end of the shell */

static gboolean on_last_silence(gpointer user)
{
	PssRemote *remote = user;

	remote->timer.source = 0;
	if (remote->invocation.events->on_silence(remote->invocation.user))
		pss_engine_set_timer(remote, LAST_SILENCE_MS, on_last_silence);
	else
		pss_engine_end(remote, remote->ending.how, remote->ending.status);
	return G_SOURCE_REMOVE;
}

gboolean pss_invoke_await_streams(PssRemote *remote, PssRemoteEnd how, int status)
{
	if (!remote->invocation.events)
		return FALSE;
	if (pss_engine_enter(remote, PSS_PHASE_ON_GONE)) {
		remote->ending.how = how;
		remote->ending.status = status;
		remote->ending.deadline = g_get_monotonic_time() + LAST_BYTES_S * G_USEC_PER_SEC;
		pss_line_stop_seconds(remote);
		pss_engine_set_timer(remote, LAST_SILENCE_MS, on_last_silence);
	}
	finish_if_done(remote);
	return TRUE;
}

/* A job that it has left may write for ever. */
static void on_last_bytes(PssRemote *remote)
{
	if (g_get_monotonic_time() < remote->ending.deadline)
		pss_engine_set_timer(remote, LAST_SILENCE_MS, on_last_silence);
}

static gboolean on_silence(gpointer user)
{
	PssRemote *remote = user;

	remote->timer.source = 0;
	if (remote->invocation.events->on_silence(remote->invocation.user))
		pss_engine_set_timer(remote, SILENCE_MS, on_silence);
	else
		finish(remote, FALSE);
	return G_SOURCE_REMOVE;
}

void pss_invoke_on_report(PssRemote *remote, const PssReply *reply)
{
	remote->invocation.is_quiet = strcmp(reply->field[3], "quiet") == 0;
	remote->invocation.background = reply->field[3][0] != '\0' && !remote->invocation.is_quiet;
	if (remote->phase != PSS_PHASE_ENDING)
		pss_engine_set_timer(remote, SILENCE_MS, on_silence);
	finish_if_done(remote);
}

static gboolean on_lost(gpointer user)
{
	PssRemote *remote = user;

	remote->timer.source = 0;
	remote->prompt.status = remote->request.mark_status;
	finish(remote, FALSE);
	return G_SOURCE_REMOVE;
}

void pss_invoke_on_mark(PssRemote *remote, const char *argument)
{
	if (remote->request.has_report || remote->request.has_mark)
		return;
	remote->request.has_mark = TRUE;
	remote->request.mark_status = atoi(argument) & 255;
	pss_engine_set_timer(remote, LOST_MS, on_lost);
}

/* ---- the relay */

typedef struct {
	PssRemote *remote;
	gboolean is_stderr;
} Plain;

static void on_plain(gpointer user, const void *data, gsize n)
{
	const Plain *plain = user;
	const PssRemote *remote = plain->remote;

	remote->invocation.events->on_stream(remote->invocation.user, plain->is_stderr, data, n);
}

/* One stretch of one stream up to its next mark. FALSE: all of it has been taken. A shell that was cut short in between
 * may say an end without a beginning. */
static gboolean take(PssRemote *remote, gboolean is_stderr, const char **data, gsize *n)
{
	guint *state = &remote->invocation.progress[is_stderr];
	Plain plain = { remote, is_stderr };

	if (*state >= BEHIND)
		return FALSE;
	char kind = pss_signs_feed(&remote->invocation.streams[is_stderr], data, n, *state == INSIDE ? on_plain : NULL,
				   &plain);
	if (kind == '>')
		*state = BEHIND;
	else if (kind == '<')
		*state = INSIDE;
	if (kind && remote->phase == PSS_PHASE_SENT)
		pss_line_on_begun(remote);
	return kind && *state < BEHIND;
}

void pss_remote_relay_data(PssRemote *remote, guint relay, gboolean is_stderr, const void *data, gsize n)
{
	const char *at = data;

	if (!remote->invocation.events || relay != remote->invocation.relay)
		return;
	while (n > 0 && remote->invocation.events && take(remote, is_stderr, &at, &n))
		;
	if (!remote->invocation.events)
		return;
	if (remote->phase == PSS_PHASE_ENDING)
		on_last_bytes(remote);
	else if (remote->request.has_report)
		pss_engine_set_timer(remote, SILENCE_MS, on_silence);
	finish_if_done(remote);
}

void pss_remote_relay_fence(PssRemote *remote, guint relay, gboolean is_stderr)
{
	if (!remote->invocation.events || relay != remote->invocation.relay ||
	    remote->invocation.progress[is_stderr] >= BEHIND)
		return;
	remote->invocation.progress[is_stderr] = LOST;
	finish_if_done(remote);
}

void pss_remote_relay_closed(PssRemote *remote, guint relay)
{
	if (!remote->invocation.events || relay != remote->invocation.relay)
		return;
	for (int i = 0; i < 2; i++)
		if (remote->invocation.progress[i] != BEHIND)
			remote->invocation.progress[i] = LOST;
	finish_if_done(remote);
}

char *pss_remote_relay_command(PssRemote *remote, guint relay)
{
	if (!remote->home || remote->phase == PSS_PHASE_RAW || strpbrk(remote->home, "\n\r"))
		return NULL;
	g_autofree char *path = g_build_filename(remote->home, "relay", NULL);
	g_autoptr(GString) quoted = g_string_new(NULL);
	pss_words_quote(quoted, path);
	/* A restricted shell refuses `exec`, and then runs the rest. */
	return g_strdup_printf("exec /bin/sh %s %u; sh %s %u", quoted->str, relay, quoted->str, relay);
}

char *pss_remote_relay_mark(PssRemote *remote)
{
	return g_strdup_printf("\036%s", remote->key);
}

void pss_remote_relay_end(PssRemote *remote, guint relay)
{
	if (remote->phase != PSS_PHASE_IDLE || remote->control_ended)
		return;
	g_autoptr(GString) request = g_string_new(NULL);
	pss_request_end_relay(request, remote->family, relay);
	pss_engine_send_request(remote, request, TRUE);
}
