/* SPDX-License-Identifier: MIT */
/* The functions of engine.h: each event goes to boot.c before the first prompt and to line.c after it. It knows two
 * byte streams and no network; it never blocks. No secret of it ever leaves but through the control channel. */
#include "remote/engine/engine.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/system.h"
#include "remote/engine/crowd.h"
#include "remote/engine/private.h"

/* ---- what the files share */

void pss_engine_draw_nonce(char *nonce)
{
	guchar bytes[PSS_NONCE_LENGTH / 2];

	if (!pss_system_random(bytes, sizeof bytes))
		g_error("no random bytes: %s", g_strerror(errno));
	for (gsize i = 0; i < sizeof bytes; i++)
		g_snprintf(nonce + 2 * i, 3, "%02x", bytes[i]);
}

void pss_engine_set_timer(PssRemote *remote, guint milliseconds, GSourceFunc on_timer)
{
	if (remote->timer.source)
		g_source_remove(remote->timer.source);
	remote->timer.milliseconds = milliseconds;
	remote->timer.func = milliseconds ? on_timer : NULL;
	remote->timer.source =
		milliseconds && !remote->timer.stands_still ? g_timeout_add(milliseconds, on_timer, remote) : 0;
}

void pss_remote_set_link(PssRemote *remote, gboolean up)
{
	/* One that has come has set `timer` to 0 itself, and is not to come again. */
	if (!up && !remote->timer.stands_still && remote->timer.source == 0)
		remote->timer.func = NULL;
	remote->timer.stands_still = !up;
	if (remote->timer.func)
		pss_engine_set_timer(remote, remote->timer.milliseconds, remote->timer.func);
}

void pss_engine_send_keys(PssRemote *remote, const void *data, gsize n)
{
	remote->keys.n_sent += n;
	pss_reader_on_keys(remote, data, n);
	pss_pwsh_on_keys(remote, data, n);
	remote->events->send_terminal(remote->user, data, n);
}

void pss_engine_send_request(PssRemote *remote, const GString *request, gboolean is_at_rest)
{
	if (request->len == 0)
		return;
	remote->events->send_control(remote->user, request->str, request->len);
	pss_reader_on_request(remote, is_at_rest);
}

void pss_engine_end(PssRemote *remote, PssRemoteEnd how, int status)
{
	if (remote->phase == PSS_PHASE_ENDED)
		return;
	pss_engine_set_timer(remote, 0, NULL);
	pss_line_stop_seconds(remote);
	pss_typed_stop(remote);
	pss_reader_stop(&remote->reader);
	pss_complete_give_up(remote);
	pss_engine_enter(remote, PSS_PHASE_ON_END);
	remote->events->on_ended(remote->user, how, status, remote->refusal);
}

gboolean pss_engine_enter(PssRemote *remote, PssPhaseEvent event)
{
	return pss_phase_next(&remote->phase, event);
}

gboolean pss_engine_is_booting(const PssRemote *remote)
{
	return remote->phase == PSS_PHASE_MEETING || remote->phase == PSS_PHASE_STARTING ||
	       remote->phase == PSS_PHASE_RAW;
}

/* ---- life */

PssRemote *pss_remote_new(const PssRemoteOptions *options, const PssRemoteEvents *events, gpointer user)
{
	PssRemote *remote = g_new0(PssRemote, 1);
	remote->events = events;
	remote->user = user;
	remote->kept = options->kept;
	remote->start.deadline_ms = options->boot_deadline_ms;
	remote->prompt.exit_status = -1;
	remote->slot_is_name = TRUE;
	pss_engine_draw_nonce(remote->name);
	pss_engine_draw_nonce(remote->key);
	pss_engine_draw_nonce(remote->request.nonce);
	pss_engine_draw_nonce(remote->keys.sentinel);
	memcpy(remote->request.mark_nonce, remote->request.nonce, sizeof remote->request.mark_nonce);

	pss_reader_init(&remote->reader, remote->request.nonce);
	pss_opening_init(remote, options);

	pss_prelude_init(&remote->start.prelude);
	pss_marks_init(&remote->marks);
	pss_marks_expect(&remote->marks, PSS_SLOT_NAME, remote->name);
	pss_marks_expect(&remote->marks, PSS_SLOT_REQUEST, remote->request.nonce);
	pss_replies_init(&remote->replies, remote->key);
	pss_column_reset(&remote->column);
	remote->request.text = g_string_new(NULL);
	remote->keys.held = g_byte_array_new();
	remote->keys.unread = g_byte_array_new();
	remote->start.motd = options->tell_motd ? g_string_new(NULL) : NULL;
	remote->prompt.text = g_string_new(NULL);
	remote->prompt.right = g_string_new(NULL);
	remote->prompt.directory = g_string_new(NULL);
	remote->phase = PSS_PHASE_MEETING;
	return remote;
}

void pss_remote_begin(PssRemote *remote)
{
	pss_boot_begin(remote);
}

void pss_remote_begin_plain(PssRemote *remote, const char *reason)
{
	pss_boot_open_login_shell(remote, reason);
}

gboolean pss_remote_may_be_late(const PssRemote *remote)
{
	return remote && pss_crowd_excuses(remote);
}

void pss_remote_free(PssRemote *remote)
{
	if (!remote)
		return;
	pss_crowd_leave(remote);
	pss_engine_set_timer(remote, 0, NULL);
	pss_line_stop_seconds(remote);
	pss_typed_stop(remote);
	g_clear_handle_id(&remote->completion.timer, g_source_remove);
	pss_reader_finish(&remote->reader);
	pss_prelude_finish(&remote->start.prelude);
	pss_replies_finish(&remote->replies);
	pss_opening_finish(remote);
	g_free(remote->refusal);
	g_free(remote->program);
	g_free(remote->home);
	g_free(remote->boot);
	pss_invoke_forget(remote);
	g_string_free(remote->request.text, TRUE);
	g_byte_array_unref(remote->keys.held);
	g_byte_array_unref(remote->keys.unread);
	if (remote->start.motd)
		g_string_free(remote->start.motd, TRUE);
	g_string_free(remote->prompt.text, TRUE);
	g_string_free(remote->prompt.right, TRUE);
	g_string_free(remote->prompt.directory, TRUE);
	explicit_bzero(remote, sizeof *remote);
	g_free(remote);
}

void pss_remote_keep(PssRemote *remote)
{
	remote->tell_kept = remote->tell_kept || !remote->kept;
	remote->kept = TRUE;
}

/* ---- what arrives */

static void on_mark(gpointer user, guint slot, char kind, const char *argument)
{
	PssRemote *remote = user;
	pss_prelude_flush(remote);
	pss_reader_release(remote, kind == 'n');
	pss_pwsh_on_mark(remote, kind);
	if (slot == PSS_SLOT_REQUEST && kind == 'q')
		remote->marks.drops_others = FALSE; /* what follows is this engine's */
	if (slot == PSS_SLOT_NAME && remote->slot_is_name)
		pss_boot_on_mark(remote, kind, argument);
	else if (strchr("anrst", kind))
		pss_reader_on_mark(remote, slot, kind, argument);
	else if (slot == PSS_SLOT_REQUEST)
		pss_line_on_mark(remote, kind, argument);
	if (kind == 'q')
		pss_prelude_forget(remote);
}

static void on_plain(gpointer user, const void *data, gsize n)
{
	PssRemote *remote = user;
	if (pss_engine_is_booting(remote))
		pss_boot_on_output(remote, data, n);
	else if (remote->family == PSS_FAMILY_FISH)
		pss_reader_on_output(remote, data, n);
	else if (remote->family == PSS_FAMILY_PWSH)
		pss_pwsh_on_output(remote, data, n);
	else
		pss_line_on_output(remote, data, n);
}

static const PssMarksEvents marks_events = { .on_plain = on_plain, .on_mark = on_mark };

static void on_reply(gpointer user, const PssReply *reply)
{
	PssRemote *remote = user;
	if (remote->phase == PSS_PHASE_ENDED)
		return;
	if (pss_engine_is_booting(remote))
		pss_boot_on_reply(remote, reply);
	pss_complete_on_reply(remote, reply);
	pss_line_on_reply(remote, reply);
}

void pss_remote_control_data(PssRemote *remote, const void *data, gsize n)
{
	pss_replies_feed(&remote->replies, data, n, on_reply, remote);
}

void pss_remote_terminal_data(PssRemote *remote, const void *data, gsize n)
{
	if (remote->phase != PSS_PHASE_ENDED)
		pss_marks_feed(&remote->marks, data, n, &marks_events, remote);
}

void pss_remote_control_closed(PssRemote *remote)
{
	if (remote->control_ended || remote->phase == PSS_PHASE_ENDED)
		return;
	remote->control_ended = TRUE;
	if (pss_engine_is_booting(remote))
		pss_boot_on_control_closed(remote);
	else
		pss_line_on_control_closed(remote);
}

void pss_remote_terminal_closed(PssRemote *remote, int exit_status)
{
	if (remote->phase == PSS_PHASE_ENDED)
		return;
	pss_marks_flush(&remote->marks, &marks_events, remote);
	pss_reader_release(remote, FALSE);
	if (pss_engine_is_booting(remote) && pss_boot_on_terminal_closed(remote))
		return;
	pss_prelude_flush(remote);
	PssRemoteEnd how = exit_status < 0 ? PSS_REMOTE_HUNG_UP : PSS_REMOTE_EXITED;
	int status = exit_status < 0 ? remote->prompt.status : exit_status;
	if (!pss_invoke_await_streams(remote, how, status))
		pss_engine_end(remote, how, status);
}

gboolean pss_remote_terminal_refused(PssRemote *remote)
{
	return pss_engine_is_booting(remote) && pss_boot_try_login_shell(remote);
}

/* ---- what the user does */

static void give_back_keys(PssRemote *remote, const void *data, gsize n)
{
	remote->events->on_typed(remote->user, data, n);
}

static void take_keys(PssRemote *remote, const void *data, gsize n)
{
	pss_invoke_show_trace(remote); /* somebody sees what comes of them */
	pss_typed_on_keys(remote, data, n);
}

static void remember_interrupt(PssRemote *remote)
{
	remote->request.interrupted = TRUE;
}

static void type_interrupt(PssRemote *remote)
{
	pss_remote_keys(remote, "\003", 1);
}

static void interrupt_command(PssRemote *remote)
{
	pss_typed_on_keys(remote, "\003", 1);
	pss_invoke_on_interrupt(remote);
}

/* What each phase is to the outside; a NULL handler: nothing happens. */
static const struct {
	PssRemoteState state;
	void (*on_keys)(PssRemote *remote, const void *data, gsize n);
	void (*on_interrupt)(PssRemote *remote);
} outside[PSS_N_PHASES] = {
	[PSS_PHASE_MEETING] = { PSS_REMOTE_BOOT, pss_boot_on_keys, pss_boot_on_interrupt },
	[PSS_PHASE_STARTING] = { PSS_REMOTE_BOOT, pss_engine_send_keys, type_interrupt },
	[PSS_PHASE_IDLE] = { PSS_REMOTE_IDLE, give_back_keys, NULL },
	[PSS_PHASE_SENT] = { PSS_REMOTE_BUSY, take_keys, remember_interrupt },
	[PSS_PHASE_RUNNING] = { PSS_REMOTE_BUSY, take_keys, interrupt_command },
	[PSS_PHASE_TYPED] = { PSS_REMOTE_BUSY, take_keys, NULL },
	[PSS_PHASE_RAW] = { PSS_REMOTE_RAW, pss_boot_on_keys, type_interrupt },
	[PSS_PHASE_ENDING] = { PSS_REMOTE_BUSY, NULL, NULL },
	[PSS_PHASE_ENDED] = { PSS_REMOTE_ENDED, NULL, NULL },
};

void pss_remote_keys(PssRemote *remote, const void *data, gsize n)
{
	if (outside[remote->phase].on_keys)
		outside[remote->phase].on_keys(remote, data, n);
}

void pss_remote_interrupt(PssRemote *remote)
{
	if (outside[remote->phase].on_interrupt)
		outside[remote->phase].on_interrupt(remote);
}

gboolean pss_remote_hang_up(PssRemote *remote)
{
	if (remote->phase != PSS_PHASE_IDLE || remote->control_ended)
		return FALSE;
	pss_complete_give_up(remote);
	g_autoptr(GString) request = g_string_new(NULL);
	pss_request_hang_up(request, remote->family);
	pss_engine_send_request(remote, request, FALSE);
	return TRUE;
}

/* ---- going on with another engine's shell */

typedef struct {
	char name[PSS_NONCE_LENGTH + 1], key[PSS_NONCE_LENGTH + 1], nonce[PSS_NONCE_LENGTH + 1];
	char reader_key[9];
	char family[8];
	int home;
} Memo;

G_STATIC_ASSERT(PSS_NONCE_LENGTH == 32);

char *pss_remote_memo(PssRemote *remote)
{
	if (pss_engine_is_booting(remote) || remote->phase >= PSS_PHASE_ENDING || !remote->home ||
	    remote->family == PSS_FAMILY_NONE)
		return NULL;
	const char *call = remote->reader.key + (*remote->reader.key == '\036');
	return g_strdup_printf("1 %s %s %s %.8s %s %s", remote->name, remote->key, remote->request.mark_nonce, call,
			       pss_family_name(remote->family), remote->home);
}

static gboolean read_memo(const char *text, Memo *memo)
{
	memo->home = 0;
	return sscanf(text, "1 %32s %32s %32s %8s %7s %n", memo->name, memo->key, memo->nonce, memo->reader_key,
		      memo->family, &memo->home) == 5 &&
	       memo->home > 0 && text[memo->home] == '/' && strlen(memo->name) == PSS_NONCE_LENGTH &&
	       strlen(memo->key) == PSS_NONCE_LENGTH && strlen(memo->nonce) == PSS_NONCE_LENGTH;
}

gboolean pss_remote_memo_is_good(const char *text)
{
	Memo memo;
	return read_memo(text, &memo);
}

void pss_remote_await(PssRemote *remote)
{
	pss_engine_enter(remote, PSS_PHASE_ON_RESUME);
}

void pss_remote_resume(PssRemote *remote, const char *text)
{
	Memo memo;

	if (!read_memo(text, &memo))
		return;
	memcpy(remote->name, memo.name, sizeof remote->name);
	memcpy(remote->key, memo.key, sizeof remote->key);
	memcpy(remote->request.mark_nonce, memo.nonce, sizeof remote->request.mark_nonce);
	pss_reader_init_key(&remote->reader, memo.reader_key);
	remote->family = pss_family_from_name(strcmp(memo.family, "sh") == 0 ? "posix" : memo.family);
	g_free(remote->home);
	remote->home = g_strdup(text + memo.home);
	pss_replies_finish(&remote->replies);
	pss_replies_init(&remote->replies, remote->key);
	remote->marks.drops_others = TRUE;
	remote->is_taken_over = TRUE;
	pss_line_resume(remote);
	explicit_bzero(&memo, sizeof memo);
}

PssRemoteState pss_remote_state(PssRemote *remote)
{
	return outside[remote->phase].state;
}

gboolean pss_remote_is_slow_to_start(const PssRemote *remote, gboolean *ret_asks)
{
	*ret_asks = !pss_column_is_first(&remote->column);
	return remote->phase == PSS_PHASE_RAW && remote->start.is_slow;
}

gboolean pss_remote_is_unproven(PssRemote *remote)
{
	return remote->start.is_unproven;
}

const char *pss_remote_boot_id(const PssRemote *remote)
{
	return remote->boot;
}

const char *pss_remote_family(const PssRemote *remote)
{
	return remote->prompt.is_known ? pss_family_word(remote->family) : NULL;
}

const char *pss_remote_shell_name(PssRemote *remote)
{
	if (remote->phase == PSS_PHASE_RAW)
		return NULL;
	return remote->family == PSS_FAMILY_POSIX && remote->program ? remote->program
								     : pss_family_name(remote->family);
}
