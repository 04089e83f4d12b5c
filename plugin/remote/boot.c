/* SPDX-License-Identifier: MIT */
/* The start: the control script and the terminal's command meet, the shell reads its start-up files, and
 * the request 0 that its start-up file holds ends like any other (line.c). Where something of that cannot
 * be, the terminal becomes a plain one and the user is told why, once. It must never leave the terminal's
 * command waiting, and never interrupt a program that is not our own launcher. */
#include "remote/engine.h"

#include <string.h>

#define DEFAULT_DEADLINE_MS 10000
#define MOTD_MAX 65536

static void become_plain(PssRemote *remote, const char *reason)
{
	pss_engine_set_timer(remote, 0, NULL);
	remote->phase = PSS_PHASE_RAW;
	remote->events->on_notice(remote->user, reason);
	remote->events->on_busy(remote->user);
	if (remote->held->len > 0)
		pss_engine_send_keys(remote, remote->held->data, remote->held->len);
	g_byte_array_set_size(remote->held, 0);
}

/* The launcher takes an interrupt as "start the login shell as it is". */
static void release_launcher(PssRemote *remote)
{
	if (!remote->waits)
		return;
	remote->waits = FALSE;
	remote->events->send_terminal(remote->user, "\003", 1);
}

static void fail(PssRemote *remote, const char *reason)
{
	g_autofree char *text = g_strdup_printf("local editing is unavailable: %s; raw terminal", reason);
	become_plain(remote, text);
	release_launcher(remote);
}

static gboolean on_deadline(gpointer user)
{
	PssRemote *remote = user;
	remote->timer = 0;
	if (remote->phase == PSS_PHASE_MEETING) {
		fail(remote, "the remote shell could not be prepared in time");
	} else {
		become_plain(remote, "start-up files have come to no prompt yet (they wait for something, or have "
				     "replaced the shell); raw terminal until they do");
	}
	return G_SOURCE_REMOVE;
}

void pss_boot_begin(PssRemote *remote)
{
	if (remote->boot_deadline_ms == 0)
		remote->boot_deadline_ms = DEFAULT_DEADLINE_MS;
	pss_engine_set_timer(remote, remote->boot_deadline_ms, on_deadline);
}

/* Nothing but the launcher writes before the mark `s`, and that only what a login shows. */
void pss_boot_on_output(PssRemote *remote, const void *data, gsize n)
{
	if (remote->motd && remote->phase == PSS_PHASE_MEETING && remote->motd->len + n <= MOTD_MAX)
		g_string_append_len(remote->motd, data, (gssize)n);
}

static void tell_motd(PssRemote *remote)
{
	if (remote->motd && remote->motd->len > 0)
		remote->events->on_motd(remote->user, remote->motd->str);
	if (remote->motd)
		g_string_free(g_steal_pointer(&remote->motd), TRUE);
}

void pss_boot_on_mark(PssRemote *remote, char kind)
{
	if (kind == 'w') {
		remote->waits = TRUE;
		if (remote->phase == PSS_PHASE_RAW)
			release_launcher(remote);
	} else if (kind == 's') {
		remote->waits = FALSE;
		if (remote->phase != PSS_PHASE_MEETING)
			return;
		tell_motd(remote);
		remote->phase = PSS_PHASE_STARTING;
		pss_engine_set_timer(remote, remote->boot_deadline_ms, on_deadline);
		/* These were held until somebody could read them. */
		if (remote->held->len > 0)
			pss_engine_send_keys(remote, remote->held->data, remote->held->len);
		g_byte_array_set_size(remote->held, 0);
	}
}

static void on_unsupported(PssRemote *remote, const char *what)
{
	g_autofree char *text =
		strchr(what, ' ')
			? g_strdup_printf("local editing unavailable: %s; raw terminal", what)
			: g_strdup_printf(
				  "local editing unavailable for %s; raw terminal; invoke-command runs statelessly",
				  what);
	become_plain(remote, text);
}

void pss_boot_on_reply(PssRemote *remote, const PssReply *reply)
{
	if (remote->phase != PSS_PHASE_MEETING && remote->phase != PSS_PHASE_STARTING && reply->type != 'r')
		return;
	switch (reply->type) {
	case 'd':
		g_free(remote->home);
		remote->home = g_strdup(reply->field[0]);
		pss_engine_forget_script(remote);
		break;
	case 'x':
		fail(remote, reply->field[0]);
		break;
	case 'n':
		on_unsupported(remote, reply->field[0]);
		break;
	case 'r':
		remote->family = pss_family_from_name(reply->field[0]);
		break;
	default:
		break;
	}
}

void pss_boot_on_control_closed(PssRemote *remote)
{
	if (remote->phase == PSS_PHASE_MEETING)
		fail(remote, "the remote computer runs no commands beside the terminal");
	else if (remote->phase == PSS_PHASE_STARTING)
		become_plain(remote, "local editing is unavailable: the control channel has ended; raw terminal");
}

void pss_boot_on_terminal_closed(PssRemote *remote)
{
	if (remote->phase == PSS_PHASE_MEETING || remote->phase == PSS_PHASE_STARTING)
		remote->events->on_notice(remote->user, "remote shell exited in start-up");
}
