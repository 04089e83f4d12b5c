/* SPDX-License-Identifier: MIT */
/* The start: the control script and the terminal's command meet, the shell reads its start-up files, and
 * the request 0 that its start-up file holds ends like any other (line.c). Where something of that cannot
 * be, the terminal becomes a plain one and the user sees why, once. It must never leave the terminal's
 * command waiting, and never interrupt a program that is not our own launcher. */
#include "remote/engine/private.h"

#include <string.h>

#include "remote/engine/crowd.h"
#include "wire/deadlines.h"

#define PROGRAM_NAME_MAX 32
#define CONTROL_GRACE_MS 300   /* for the terminal, where the control channel has ended first */
#define REASON_GRACE_MS 3000   /* for the control channel, where the terminal has found that it cannot be */
#define LAUNCHER_GRACE_MS 3000 /* for a launcher that has not spoken, where it is to give up */
#define LOOK_MS 500            /* for a late one, whether it still may be */
#define MOTD_MAX 65536
#define MISSED_MAX 3

/* ---- a plain terminal */

/* The interrupt that the launcher will get takes with it what the terminal has got before, as a terminal does. */
static gboolean awaits_launcher(const PssRemote *remote)
{
	return remote->start.verdict == PSS_START_UNFIT && remote->start.launcher == PSS_LAUNCHER_SILENT;
}

static void send_held(PssRemote *remote)
{
	if (awaits_launcher(remote))
		return;
	if (remote->keys.held->len > 0)
		pss_engine_send_keys(remote, remote->keys.held->data, remote->keys.held->len);
	g_byte_array_set_size(remote->keys.held, 0);
}

static gboolean has_launched(const PssRemote *remote)
{
	return remote->start.launcher == PSS_LAUNCHER_WAITS || remote->start.launcher == PSS_LAUNCHER_OVER;
}

/* The notice has come behind a prompt, say: what that program has asked is asked again. */
static void repeat_tail(PssRemote *remote)
{
	const GString *tail = remote->start.prelude.tail;

	if ((remote->start.prelude.shown || has_launched(remote)) && tail->len > 0 && pss_paint_is_line(tail->str))
		pss_line_on_output(remote, tail->str, tail->len);
}

static void become_plain(PssRemote *remote, const char *reason)
{
	if (!pss_engine_enter(remote, PSS_PHASE_ON_PLAIN))
		return;
	pss_engine_set_timer(remote, 0, NULL);
	remote->events->on_notice(remote->user, reason);
	if (remote->start.prelude.line->len > 0) /* the tail, which was kept back so far: it is shown once */
		pss_prelude_flush(remote);
	else
		repeat_tail(remote);
	pss_prelude_show(remote);
	remote->events->on_busy(remote->user);
	send_held(remote);
}

/* What runs there has been started by the login, and may end at its prompt. */
static void become_plain_for_now(PssRemote *remote, const char *reason)
{
	g_autofree char *text = g_strdup_printf("%s; raw terminal until the shell comes to its prompt", reason);
	become_plain(remote, text);
}

/* The launcher takes an interrupt as "start the login shell as it is". */
static void release_launcher(PssRemote *remote)
{
	if (remote->start.launcher != PSS_LAUNCHER_WAITS)
		return;
	pss_launcher_next(&remote->start.launcher, PSS_LAUNCHER_ON_GO);
	remote->events->send_terminal(remote->user, "\003", 1);
}

static gboolean on_no_launcher(gpointer user)
{
	PssRemote *remote = user;
	remote->timer.source = 0;
	remote->start.verdict = PSS_START_LATE;
	send_held(remote);
	return G_SOURCE_REMOVE;
}

static void fail(PssRemote *remote, const char *reason)
{
	g_autofree char *text = g_strdup_printf("local editing is unavailable: %s; raw terminal", reason);
	remote->start.verdict = MAX(remote->start.verdict, PSS_START_UNFIT);
	release_launcher(remote);
	become_plain(remote, text);
	if (awaits_launcher(remote))
		pss_engine_set_timer(remote, LAUNCHER_GRACE_MS, on_no_launcher);
}

static gboolean on_no_reason(gpointer user)
{
	PssRemote *remote = user;
	remote->timer.source = 0;
	fail(remote, "the remote shell could not be prepared");
	return G_SOURCE_REMOVE;
}

/* How long a start-up may take; .NET's own is seconds where a computer is slow. */
static guint start_deadline(const PssRemote *remote)
{
	return g_strcmp0(remote->program, "pwsh") == 0 ? 2 * remote->start.deadline_ms : remote->start.deadline_ms;
}

static gboolean on_deadline(gpointer user)
{
	PssRemote *remote = user;
	remote->timer.source = 0;
	if (pss_crowd_excuses(remote)) {
		pss_engine_set_timer(remote, LOOK_MS, on_deadline);
		return G_SOURCE_REMOVE;
	}
	remote->start.is_slow = remote->phase == PSS_PHASE_STARTING;
	if (remote->phase == PSS_PHASE_STARTING)
		become_plain_for_now(remote, "start-up files have come to no prompt yet (they wait for something, or "
					     "have replaced the shell)");
	else if (remote->start.launcher == PSS_LAUNCHER_PRECEDED && remote->home)
		become_plain_for_now(remote, "the login has come to no shell yet (it waits for something)");
	else {
		remote->start.verdict = PSS_START_LATE;
		fail(remote, "the remote shell could not be prepared in time");
	}
	return G_SOURCE_REMOVE;
}

void pss_boot_begin(PssRemote *remote)
{
	if (remote->start.deadline_ms == 0)
		remote->start.deadline_ms = pss_deadline(PSS_SHELL_START_MS);
	pss_crowd_join(remote);
	pss_engine_set_timer(remote, remote->start.deadline_ms, on_deadline);
}

/* ---- the terminal's output and its keys */

static gboolean is_before_launcher(const PssRemote *remote)
{
	return remote->start.launcher == PSS_LAUNCHER_SILENT || remote->start.launcher == PSS_LAUNCHER_PRECEDED;
}

static gboolean is_another_program(PssRemote *remote, const void *data, gsize n)
{
	return (remote->phase == PSS_PHASE_MEETING || remote->phase == PSS_PHASE_STARTING) && !remote->start.paints &&
	       pss_paint_takes_keyboard(&remote->start.paint, data, n);
}

void pss_boot_on_output(PssRemote *remote, const void *data, gsize n)
{
	gsize n_noise = is_before_launcher(remote) ? pss_pwsh_start_length(data, n) : 0;

	data = (const char *)data + n_noise;
	n -= n_noise;
	if (n == 0)
		return;
	if (is_another_program(remote, data, n))
		become_plain_for_now(remote, "start-up files run a program that takes the keyboard");
	pss_prelude_follow(&remote->start.prelude, data, n);
	if (is_before_launcher(remote)) {
		pss_launcher_next(&remote->start.launcher, PSS_LAUNCHER_ON_OUTPUT);
		if (remote->start.verdict != PSS_START_FITS)
			send_held(remote);
		pss_prelude_take(remote, data, n);
		return;
	}
	/* The launcher shows what a login shows. */
	if (remote->start.motd && remote->start.launcher == PSS_LAUNCHER_WAITS &&
	    remote->start.motd->len + n <= MOTD_MAX)
		g_string_append_len(remote->start.motd, data, (gssize)n);
	pss_prelude_filter(remote, data, n);
}

/* A program whose output is shown may read keys. */
static gboolean is_heard(const PssRemote *remote)
{
	return is_before_launcher(remote) && remote->start.prelude.shown;
}

void pss_boot_on_prelude(PssRemote *remote)
{
	if (remote->phase == PSS_PHASE_MEETING)
		send_held(remote);
}

void pss_boot_on_keys(PssRemote *remote, const void *data, gsize n)
{
	if (remote->phase == PSS_PHASE_RAW ? !awaits_launcher(remote) : is_heard(remote))
		pss_engine_send_keys(remote, data, n);
	else
		g_byte_array_append(remote->keys.held, data, (guint)n);
}

void pss_boot_on_interrupt(PssRemote *remote)
{
	if (is_heard(remote))
		pss_engine_send_keys(remote, "\003", 1);
}

static void tell_motd(PssRemote *remote)
{
	if (remote->start.motd && remote->start.motd->len > 0)
		remote->events->on_motd(remote->user, remote->start.motd->str);
	if (remote->start.motd)
		g_string_free(g_steal_pointer(&remote->start.motd), TRUE);
}

/* `is_repeated`: what came so far the login shell prints again, as far as it does so with ssh, and where. */
static void end_prelude(PssRemote *remote, gboolean is_repeated)
{
	if (is_repeated && !remote->keys.n_sent)
		pss_prelude_drop(remote);
	else
		pss_prelude_show(remote);
}

static void on_launcher(PssRemote *remote, gboolean is_repeated)
{
	pss_launcher_next(&remote->start.launcher, PSS_LAUNCHER_ON_WAIT);
	end_prelude(remote, is_repeated);
	/* What a person has answered is asked again. */
	if (remote->keys.n_sent)
		pss_prelude_forget(remote);
	if (remote->start.verdict != PSS_START_FITS) {
		release_launcher(remote);
		send_held(remote);
	} else if (remote->control_ended)
		fail(remote, "the remote computer runs no commands beside the terminal");
}

/* It has gone on to the login shell already. The control channel finds the same reason, and says it. */
static void on_plain_launcher(PssRemote *remote, gboolean is_repeated)
{
	pss_launcher_next(&remote->start.launcher, PSS_LAUNCHER_ON_GO);
	remote->start.paints = TRUE;
	end_prelude(remote, is_repeated);
	if (remote->phase == PSS_PHASE_MEETING)
		pss_engine_set_timer(remote, REASON_GRACE_MS, on_no_reason);
	else
		send_held(remote);
}

void pss_boot_on_mark(PssRemote *remote, char kind, const char *argument)
{
	if (kind == 'w') {
		on_launcher(remote, *argument != '\0');
	} else if (kind == 'p') {
		on_plain_launcher(remote, *argument != '\0');
	} else if (kind == 's') {
		pss_launcher_next(&remote->start.launcher, PSS_LAUNCHER_ON_GO);
		remote->start.paints = *argument != '\0';
		if (!pss_engine_enter(remote, PSS_PHASE_ON_START))
			return;
		tell_motd(remote);
		remote->start.began = g_get_monotonic_time();
		pss_engine_set_timer(remote, start_deadline(remote), on_deadline);
		/* These were held until somebody could read them. */
		send_held(remote);
	}
}

/* ---- the control channel's word */

/* `what`: the shell's name, or a reason of several words. */
static void on_unsupported(PssRemote *remote, const char *what)
{
	g_autofree char *text =
		g_strdup_printf("local editing unavailable%s %s; raw terminal; invoke-command runs statelessly",
				strchr(what, ' ') ? ":" : " for", what);
	become_plain(remote, text);
}

/* The process of the terminal's command is another program's, or is not there. A terminal that has printed nothing may
 * not have begun. */
static void on_other_program(PssRemote *remote, const char *program)
{
	if (remote->phase == PSS_PHASE_STARTING) {
		g_autofree char *text =
			g_strdup_printf("local editing is unavailable: start-up files have replaced the shell by %s; "
					"raw terminal",
					program);
		become_plain(remote, text);
	} else if (is_before_launcher(remote) &&
		   (remote->start.launcher == PSS_LAUNCHER_PRECEDED || ++remote->start.n_missed >= MISSED_MAX)) {
		become_plain_for_now(remote, "the login runs a program of its own");
	}
}

/* A word that people are shown. */
static void take_program(PssRemote *remote, const char *name)
{
	gsize n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789");

	if (n == 0 || name[n] || n > PROGRAM_NAME_MAX)
		return;
	g_free(remote->program);
	remote->program = g_strdup(name);
}

void pss_boot_on_reply(PssRemote *remote, const PssReply *reply)
{
	pss_opening_on_reply(remote, reply);
	if (remote->phase != PSS_PHASE_MEETING && remote->phase != PSS_PHASE_STARTING && reply->type != 'r')
		return;
	switch (reply->type) {
	case 'd':
		g_free(remote->home);
		remote->home = g_strdup(reply->field[0]);
		take_program(remote, reply->field[1]);
		if (remote->phase == PSS_PHASE_STARTING)
			pss_engine_set_timer(remote, start_deadline(remote), on_deadline);
		break;
	case 'h':
		g_free(remote->boot);
		remote->boot = *reply->field[0] ? g_strdup(reply->field[0]) : NULL;
		break;
	case 'x':
		fail(remote, reply->field[0]);
		break;
	case 'u':
		remote->refusal = g_strdup(reply->field[0]);
		pss_engine_end(remote, PSS_REMOTE_REFUSED, 1);
		break;
	case 'n':
		on_unsupported(remote, reply->field[0]);
		break;
	case 'o':
		on_other_program(remote, reply->field[0]);
		break;
	case 'r':
		remote->family = pss_family_from_name(reply->field[0]);
		break;
	default:
		break;
	}
}

/* ---- the ends of the channels */

static gboolean on_no_control(gpointer user)
{
	PssRemote *remote = user;
	remote->timer.source = 0;
	remote->start.is_unproven = TRUE;
	fail(remote, "the remote computer runs no commands beside the terminal");
	return G_SOURCE_REMOVE;
}

void pss_boot_on_control_closed(PssRemote *remote)
{
	if (remote->phase == PSS_PHASE_STARTING)
		become_plain(remote, "local editing is unavailable: the control channel has ended; raw terminal");
	else if (remote->phase == PSS_PHASE_MEETING && has_launched(remote))
		fail(remote, "the remote computer runs no commands beside the terminal");
	else if (remote->phase == PSS_PHASE_MEETING)
		pss_engine_set_timer(remote, CONTROL_GRACE_MS, on_no_control);
}

void pss_boot_open_login_shell(PssRemote *remote, const char *reason)
{
	pss_launcher_next(&remote->start.launcher, PSS_LAUNCHER_ON_REPLACE);
	remote->start.is_unproven = TRUE;
	remote->events->open_login_shell(remote->user);
	if (remote->phase == PSS_PHASE_MEETING)
		fail(remote, reason);
}

/* A server that runs something else in the place of our command, or nothing, may have a login shell all the same.
 * A program that has been sent keys has had its chance. */
gboolean pss_boot_try_login_shell(PssRemote *remote)
{
	if (!is_before_launcher(remote) || remote->keys.n_sent)
		return FALSE;
	pss_prelude_drop(remote);
	pss_boot_open_login_shell(remote, "the server runs no commands");
	return TRUE;
}

gboolean pss_boot_on_terminal_closed(PssRemote *remote)
{
	if (pss_boot_try_login_shell(remote))
		return TRUE;
	pss_prelude_show(remote);
	if (remote->phase == PSS_PHASE_MEETING || remote->phase == PSS_PHASE_STARTING)
		remote->events->on_notice(remote->user, "remote shell exited in start-up");
	return FALSE;
}
