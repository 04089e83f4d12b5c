/* SPDX-License-Identifier: MIT */
/* What an ssh that is the master says on its standard error, and why it has failed. Up to 9.9 it tells a server that
 * hangs up at once from one that does so later. From 10.0 on it says the same of both, unless its LogLevel is DEBUG1:
 * where that is what it says, the login is tried once more with it. */
#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/said.h"
#include "link/openssh/master.h"

#define LINE_MAX_BYTES 4096

static gboolean is_refused(const PssProgramMaster *master)
{
	return master->heard.first != PSS_TURN_LINE_OTHER && !master->heard.greeted && !master->heard.asked;
}

/* LogVerbose writes "kex.c:FUNCTION():1347 (pid=1): " in the place of "FUNCTION: ". Takes the line over; in *ret_placed
 * whether it was so. */
static char *replace_place(char *line, gboolean *ret_placed)
{
	const char *place = strstr(line, PSS_PROGRAM_FILE PSS_PROGRAM_FUNCTION "():");
	const char *behind = place ? strstr(place, "): ") : NULL;

	*ret_placed = behind != NULL;
	if (!behind)
		return line;
	char *replaced = g_strdup_printf("%.*s" PSS_PROGRAM_FUNCTION ": %s", (int)(place - line), line, behind + 3);
	g_free(line);
	return replaced;
}

static void take_banner(PssProgramMaster *master, const char *line)
{
	static const char before[] = "remote software version ";
	const char *version = strstr(line, before);

	if (!version)
		return;
	g_free(master->banner);
	master->banner = g_strconcat("SSH-2.0-", version + strlen(before), NULL);
}

static void take_line(PssProgramMaster *master, PssLoginContext *person)
{
	gboolean is_placed;
	g_autofree char *clean = replace_place(pss_said_line(master->said->str), &is_placed);
	PssProgramHeard *heard = &master->heard;

	g_string_truncate(master->said, 0);
	if (is_placed && g_str_has_prefix(clean, "debug1: ")) {
		take_banner(master, clean);
		if (!master->detailed)
			return;
	}
	if (!*clean)
		return;
	if (master->detailed && g_str_has_prefix(clean, "debug1: ")) {
		heard->greeted |= strstr(clean, "Remote protocol version ") != NULL;
		return;
	}
	PssTurnLine line = pss_turn_read_line(clean);
	heard->n_servers += line == PSS_TURN_LINE_SERVER;
	if (heard->n_lines++ == 0)
		heard->first = line;
	pss_program_master_tell(master, person);
	master->last = g_steal_pointer(&clean);
}

void pss_program_master_tell(PssProgramMaster *master, PssLoginContext *person)
{
	if (master->last && !is_refused(master))
		pss_login_note(person, PSS_NOTE_BANNER, "%s", master->last);
	g_clear_pointer(&master->last, g_free);
}

gboolean pss_program_master_hear(PssProgramMaster *master, PssLoginContext *person)
{
	char block[1024];
	ssize_t n;

	while ((n = read(master->errors, block, sizeof block)) > 0) {
		for (ssize_t i = 0; i < n; i++) {
			if (block[i] == '\n' || master->said->len >= LINE_MAX_BYTES)
				take_line(master, person);
			if (block[i] != '\n' && block[i] != '\r' && block[i] != '\0')
				g_string_append_c(master->said, block[i]);
		}
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return TRUE;
	take_line(master, person);
	return FALSE;
}

gboolean pss_program_master_is_unsure(const PssProgramMaster *master)
{
	return is_refused(master) && master->heard.first != PSS_TURN_LINE_REFUSED && !master->detailed;
}

/* ssh says the same of a proxy that fails as of a server that hangs up. The one that the server has hung up on is an
 * ssh: it says so too, or would say why it fails itself. */
static gboolean is_proxys_failure(const PssProgramMaster *master)
{
	return is_refused(master) && master->mute_proxy && master->heard.n_servers == 0;
}

void pss_program_master_set_failure(PssProgramMaster *master, const PssTarget *target, GError **error)
{
	int status = 0;

	while (waitpid(master->pid, &status, 0) < 0 && errno == EINTR)
		;
	master->pid = 0;
	if (is_proxys_failure(master) && !pss_program_master_is_unsure(master))
		g_set_error(error, PSS_ERROR, PSS_UNREACHABLE,
			    "ssh cannot connect to %s: its ProxyCommand '%s' has ended before a server sent anything",
			    target->host, master->mute_proxy);
	else if (is_refused(master))
		g_set_error_literal(error, PSS_ERROR, PSS_THROTTLED, "refused");
	else if (master->last)
		g_set_error(error, PSS_ERROR, PSS_UNREACHABLE, "ssh cannot connect to %s: %s", target->host,
			    master->last);
	else
		g_set_error(error, PSS_ERROR, PSS_UNREACHABLE,
			    "ssh cannot connect to %s, and does not say why (status %d)", target->host,
			    WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}
