/* SPDX-License-Identifier: MIT */
/* One request: sent, begun, running, done. Done is said twice, by the mark `q` behind all output on the
 * terminal and by the reply `E` with the prompt on the control channel; both are waited for. Keys meanwhile are
 * typed.c's affair. Called by engine.c. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/secret.h"
#include "remote/engine/private.h"
#include "remote/protocol/completeness.h"
#include "wire/status.h"

#define REPORT_DEADLINE_MS 1000 /* after the mark */
#define SECOND_DELAY_MS 200
#define LATE_SECOND_MS 200 /* most commands are over by then */
#define BEGIN_DEADLINE_MS 2000
#define SLOWEST_BYTES_A_MS 8 /* a long request on a slow link */
#define MAX_SENT 5
#define MAX_SECONDS 50 /* a program that takes Ctrl-C as a key lets them pile up in the fifo */
#define MAX_DROPPED 65536

/* ---- output */

void pss_line_show(PssRemote *remote, const void *data, gsize n)
{
	pss_column_feed(&remote->column, data, n);
	remote->events->on_output(remote->user, data, n);
}

void pss_line_on_output(PssRemote *remote, const void *data, gsize n)
{
	if (remote->dropping && remote->n_dropped + n <= MAX_DROPPED) {
		remote->n_dropped += n;
		pss_reader_on_paint(remote, data, n);
		return;
	}
	remote->dropping = FALSE;
	if (!pss_invoke_hold_trace(remote, data, n))
		pss_line_show(remote, data, n);
}

/* ---- the prompt */

static int parse_status(const char *text)
{
	return atoi(text) & 255;
}

static void get_prompt(PssRemote *remote, PssRemotePrompt *ret_prompt)
{
	*ret_prompt = (PssRemotePrompt){
		.kind = 1,
		.status = remote->prompt.status,
		.text = remote->prompt.text->str,
		.n_text = remote->prompt.text->len,
		.directory = remote->prompt.directory->str,
		.n_directory = remote->prompt.directory->len,
		.fresh = remote->prompt.fresh,
		.right = remote->prompt.right->str,
		.n_right = remote->prompt.right->len,
	};
}

gboolean pss_remote_last_prompt(PssRemote *remote, PssRemotePrompt *ret_prompt)
{
	if (!remote->prompt.is_known)
		return FALSE;
	get_prompt(remote, ret_prompt);
	return TRUE;
}

void pss_line_to_first_prompt(PssRemote *remote)
{
	if (!pss_engine_enter(remote, PSS_PHASE_ON_PROMPT))
		return;
	pss_engine_set_timer(remote, 0, NULL);
	g_string_truncate(remote->request.text, 0);
	remote->prompt.is_known = TRUE;
	remote->prompt.fresh = pss_column_is_first(&remote->column);
	int exit_status = remote->prompt.exit_status;
	remote->prompt.exit_status = -1;
	if (exit_status >= 0)
		remote->events->on_kept_exit(remote->user, exit_status);
	PssRemotePrompt prompt;
	get_prompt(remote, &prompt);
	remote->events->on_prompt(remote->user, &prompt);
	pss_typed_emit(remote);
}

/* The shell has rendered its prompt again while it waits. Behind unfinished lines it is seen later. */
static void on_repainted(PssRemote *remote, const PssReply *reply)
{
	gboolean same = strcmp(remote->prompt.text->str, reply->field[1]) == 0 &&
			strcmp(remote->prompt.right->str, reply->field[2]) == 0;

	g_string_assign(remote->prompt.text, reply->field[1]);
	g_string_assign(remote->prompt.right, reply->field[2]);
	if (same || remote->phase != PSS_PHASE_IDLE || remote->request.text->len > 0)
		return;
	PssRemotePrompt prompt;
	get_prompt(remote, &prompt);
	prompt.repaint = TRUE;
	remote->events->on_prompt(remote->user, &prompt);
}

static void to_second_prompt(PssRemote *remote, const char *text)
{
	if (!pss_engine_enter(remote, PSS_PHASE_ON_PROMPT))
		return;
	pss_engine_set_timer(remote, 0, NULL);
	PssRemotePrompt prompt = {
		.kind = 2,
		.status = remote->prompt.status,
		.text = text,
		.n_text = strlen(text),
		.directory = remote->prompt.directory->str,
		.n_directory = remote->prompt.directory->len,
		.fresh = pss_column_is_first(&remote->column),
	};
	remote->events->on_prompt(remote->user, &prompt);
	pss_typed_emit(remote);
}

/* ---- done */

static void done(PssRemote *remote)
{
	pss_line_stop_seconds(remote);
	pss_typed_stop(remote);
	pss_engine_set_timer(remote, 0, NULL);
	pss_reader_on_done(remote);
	if (remote->control_ended)
		pss_line_on_control_closed(remote);
	else if (remote->keys.n_sent > 0)
		pss_typed_ask(remote);
	else
		pss_line_to_first_prompt(remote);
}

static gboolean on_report_deadline(gpointer user)
{
	PssRemote *remote = user;
	remote->timer.source = 0;
	remote->prompt.status = remote->request.mark_status;
	if (!remote->deaf)
		remote->events->on_notice(remote->user,
					  "the control directory was lost; prompts show what was last known");
	remote->deaf = TRUE;
	remote->keys.n_sent = 0;
	done(remote);
	return G_SOURCE_REMOVE;
}

void pss_line_on_mark(PssRemote *remote, char kind, const char *argument)
{
	if (kind == 'q')
		pss_invoke_end_trace(remote);
	if (kind == 'q' && remote->invocation.events) {
		remote->dropping = FALSE;
		pss_invoke_on_mark(remote, argument);
		return;
	}
	/* The shell repeats itself when it was interrupted while it reported. */
	if (remote->request.has_mark)
		return;
	if (kind == 'p') {
		remote->dropping = TRUE;
		remote->n_dropped = 0;
		return;
	}
	if (kind != 'q')
		return;
	remote->dropping = FALSE;
	/* An invocation does not wait for it. */
	if (remote->phase == PSS_PHASE_IDLE)
		return;
	remote->request.has_mark = TRUE;
	remote->request.mark_status = parse_status(argument);
	if (remote->request.has_report)
		done(remote);
	else
		pss_engine_set_timer(remote, remote->deaf ? 1 : REPORT_DEADLINE_MS, on_report_deadline);
}

static void on_report(PssRemote *remote, const PssReply *reply)
{
	remote->request.has_report = TRUE;
	remote->prompt.status = parse_status(reply->field[1]);
	g_string_assign(remote->prompt.directory, reply->field[2]);
	if (remote->invocation.events) {
		pss_invoke_on_report(remote, reply);
		return;
	}
	g_string_assign(remote->prompt.text, reply->field[3]);
	if (remote->request.has_mark)
		done(remote);
}

/* ---- begun */

static void send_second(PssRemote *remote, gboolean again)
{
	if (remote->request.n_seconds >= MAX_SECONDS || remote->control_ended)
		return;
	remote->request.n_seconds++;
	g_autoptr(GString) request = g_string_new(NULL);
	pss_request_second(request, remote->family, remote->request.nonce, again);
	if (request->len > 0)
		pss_engine_send_request(remote, request, TRUE);
}

static void send_request(PssRemote *remote);

static gboolean on_second_time(gpointer user)
{
	PssRemote *remote = user;
	remote->request.second_timer = 0;
	pss_reader_call_again(remote);
	if (remote->request.resuming) /* it may have been dropped, read ahead */
		send_request(remote);
	else
		send_second(remote, TRUE);
	return G_SOURCE_REMOVE;
}

/* A shell that is interrupted drops what it has read ahead, the second line with it, and the terminal drops
 * output, the mark with it. Once no interrupt can be on its way any more, both are asked for again. */
void pss_line_ask_again(PssRemote *remote)
{
	pss_line_stop_seconds(remote);
	remote->request.second_timer = g_timeout_add(SECOND_DELAY_MS, on_second_time, remote);
}

void pss_line_stop_seconds(PssRemote *remote)
{
	if (remote->request.second_timer)
		g_source_remove(remote->request.second_timer);
	remote->request.second_timer = 0;
}

static gboolean on_late_second(gpointer user)
{
	PssRemote *remote = user;
	remote->request.second_timer = 0;
	send_second(remote, FALSE);
	return G_SOURCE_REMOVE;
}

/* Where the shell says by itself that an invocation has been cut short, it has to be asked only where that was as well.
 */
static void send_second_in_time(PssRemote *remote)
{
	if (remote->invocation.events && pss_family_ends_by_itself(remote->family))
		remote->request.second_timer = g_timeout_add(LATE_SECOND_MS, on_late_second, remote);
	else
		send_second(remote, FALSE);
}

void pss_line_on_begun(PssRemote *remote)
{
	if (!pss_engine_enter(remote, PSS_PHASE_ON_BEGUN))
		return;
	remote->tell_kept = remote->tell_kept && !remote->request.says_kept;
	remote->request.resuming = FALSE;
	pss_invoke_on_begun(remote);
	if (!remote->invocation.events)
		g_string_truncate(remote->prompt.right, 0);
	/* The terminal can be faster than the control channel: then the report is being waited for. */
	if (!remote->request.has_mark)
		pss_engine_set_timer(remote, 0, NULL);
	send_second_in_time(remote);
	if (remote->request.interrupted)
		pss_remote_interrupt(remote);
	remote->request.interrupted = FALSE;
	pss_typed_on_begun(remote);
	if (remote->invocation.events && remote->invocation.events->on_begun)
		remote->invocation.events->on_begun(remote->invocation.user);
}

void pss_line_on_reply(PssRemote *remote, const PssReply *reply)
{
	if (reply->n_fields == 0 || strcmp(reply->field[0], remote->request.nonce) != 0)
		return;
	remote->deaf = FALSE;
	remote->invocation.is_taken = remote->invocation.events && (remote->invocation.is_taken || reply->type == 'b');
	if ((reply->type == 'k' || reply->type == 'm') && remote->phase == PSS_PHASE_TYPED)
		pss_typed_on_reply(remote, reply);
	else if (reply->type == 'b' && (remote->phase == PSS_PHASE_SENT || remote->request.resuming))
		pss_line_on_begun(remote);
	else if (reply->type == 'v' && remote->phase == PSS_PHASE_SENT)
		to_second_prompt(remote, reply->field[1]);
	else if (reply->type == 'y' && remote->phase == PSS_PHASE_SENT && remote->invocation.events)
		pss_invoke_on_late(remote);
	else if (reply->type == 'R' && !remote->request.has_report && !remote->invocation.events)
		g_string_assign(remote->prompt.right, reply->field[1]);
	else if (reply->type == 'P' && (remote->phase == PSS_PHASE_IDLE || remote->phase == PSS_PHASE_TYPED) &&
		 remote->prompt.is_known && !remote->invocation.events)
		on_repainted(remote, reply);
	else if (reply->type == 'X' && remote->phase == PSS_PHASE_RUNNING && remote->kept)
		remote->prompt.exit_status = parse_status(reply->field[1]);
	else if (reply->type == 'E' && !remote->request.has_report &&
		 (remote->phase == PSS_PHASE_RUNNING || remote->phase == PSS_PHASE_SENT ||
		  remote->phase == PSS_PHASE_ENDING || pss_engine_is_booting(remote)))
		on_report(remote, reply);
}

/* ---- sent */

/* A signal that hits the idle shell, or a killed pump, may have cost the request. The shell runs one nonce
 * once, so that a slow link costs no more than the bytes. */
static gboolean on_begin_deadline(gpointer user)
{
	PssRemote *remote = user;
	remote->timer.source = 0;
	if (pss_invoke_is_paused(remote)) /* it may have begun: its streams would say so */
		pss_engine_set_timer(remote, BEGIN_DEADLINE_MS, on_begin_deadline);
	else if (remote->request.n_sent < MAX_SENT)
		send_request(remote);
	else if (!remote->request.resuming) /* what another engine has begun may run for days */
		pss_engine_end(remote, PSS_REMOTE_SILENT, remote->prompt.status);
	return G_SOURCE_REMOVE;
}

static gsize length_of_request(const PssRemote *remote)
{
	return remote->invocation.events ? remote->invocation.request->len : remote->request.text->len;
}

void pss_line_write_request(PssRemote *remote)
{
	g_autoptr(PssSecret) request = pss_secret_new(length_of_request(remote) + 256);

	if (remote->reader.may_be_extra)
		pss_request_drain(request);
	remote->reader.may_be_extra = FALSE;
	if (remote->tell_kept)
		pss_request_keep(request, remote->family);
	remote->request.says_kept = remote->request.says_kept || remote->tell_kept;
	if (remote->invocation.events)
		g_string_append_len(request, remote->invocation.request->str, (gssize)remote->invocation.request->len);
	else
		pss_request_line(request, remote->family, remote->request.nonce, remote->request.text->str,
				 remote->request.text->len, remote->request.ask);
	pss_engine_send_request(remote, request, FALSE);
}

static void send_request(PssRemote *remote)
{
	const guint for_its_length = (guint)(length_of_request(remote) / SLOWEST_BYTES_A_MS);

	remote->request.n_sent++;
	pss_engine_set_timer(remote, BEGIN_DEADLINE_MS * remote->request.n_sent + for_its_length, on_begin_deadline);
	pss_line_write_request(remote);
}

gboolean pss_remote_line(PssRemote *remote, const void *data, gsize n, GError **error)
{
	if (remote->phase != PSS_PHASE_IDLE || remote->control_ended) {
		g_set_error_literal(error, PSS_ERROR, PSS_BUSY, "the remote shell is not at its prompt");
		return FALSE;
	}
	if (memchr(data, '\0', n)) {
		g_set_error_literal(error, PSS_ERROR, PSS_USAGE, "a line cannot hold a NUL byte");
		return FALSE;
	}
	pss_complete_give_up(remote);
	if (remote->request.text->len > 0)
		g_string_append_c(remote->request.text, '\n');
	g_string_append_len(remote->request.text, data, (gssize)n);
	remote->request.ask = pss_family_has_records(remote->family) ||
			      !pss_text_is_surely_complete(remote->request.text->str, remote->request.text->len);
	pss_line_new_nonce(remote);
	pss_line_begin(remote);
	remote->events->on_busy(remote->user);
	if (remote->deaf)
		pss_line_on_begun(remote);
	return TRUE;
}

void pss_line_new_nonce(PssRemote *remote)
{
	pss_invoke_drop_trace(remote);
	/* A late repetition of the last mark is no output either. */
	pss_marks_expect(&remote->marks, PSS_SLOT_NAME, remote->request.mark_nonce);
	memcpy(remote->request.old_nonce, remote->request.mark_nonce, sizeof remote->request.old_nonce);
	remote->slot_is_name = FALSE;
	pss_engine_draw_nonce(remote->request.nonce);
	memcpy(remote->request.mark_nonce, remote->request.nonce, sizeof remote->request.mark_nonce);
	pss_marks_expect(&remote->marks, PSS_SLOT_REQUEST, remote->request.nonce);
	if (remote->family != PSS_FAMILY_FISH) /* its reader may paint yet */
		remote->dropping = FALSE;
}

static void begin(PssRemote *remote, PssPhaseEvent event)
{
	if (!pss_engine_enter(remote, event))
		return;
	pss_column_reset(&remote->column);
	remote->request.has_mark = remote->request.has_report = FALSE;
	remote->request.n_seconds = 0;
	remote->request.interrupted = FALSE;
	remote->request.n_sent = 0;
	remote->request.says_kept = FALSE;
	send_request(remote);
}

void pss_line_begin(PssRemote *remote)
{
	begin(remote, PSS_PHASE_ON_SEND);
}

/* Keys are for what may run. */
void pss_line_resume(PssRemote *remote)
{
	pss_line_new_nonce(remote);
	g_string_truncate(remote->request.text, 0);
	remote->request.ask = FALSE;
	remote->request.resuming = TRUE;
	begin(remote, PSS_PHASE_ON_RESUME);
}

void pss_remote_discard(PssRemote *remote)
{
	pss_complete_give_up(remote);
	if (remote->phase == PSS_PHASE_IDLE)
		g_string_truncate(remote->request.text, 0);
}

void pss_line_on_control_closed(PssRemote *remote)
{
	/* Nothing can reach the shell any more. What runs may end; its mark says when. */
	if (remote->phase == PSS_PHASE_RUNNING && !remote->request.has_mark && !remote->invocation.events)
		return;
	if (!pss_invoke_await_streams(remote, PSS_REMOTE_UNLED, remote->prompt.status))
		pss_engine_end(remote, PSS_REMOTE_UNLED, remote->prompt.status);
}
