/* SPDX-License-Identifier: MIT */
/* Asks a master for what LocalForward, DynamicForward and RemoteForward name, one after the other (ssh(1), -O forward),
 * instead of letting it do that by itself: so it is known which ones work, and which port the server has chosen. */
#include <string.h>

#include "base/error.h"
#include "base/said.h"
#include "link/login/child-run.h"
#include "link/openssh/master.h"

#define PORT_TEXT_MAX 16
#define COMPLAINT_MAX 512

typedef struct {
	const char *keyword, *option;
	GPtrArray *texts; /* "LISTEN CONNECT" or "LISTEN" */
} Kind;

typedef struct {
	char port[PORT_TEXT_MAX]; /* that the server has chosen, or "" */
	char complaint[COMPLAINT_MAX];
} Answer;

/* Where the server is to listen for a SOCKS client, `ssh -G` says that it leads to "[socks]:0". */
static gboolean is_somewhere(const char *to)
{
	return to && !g_str_equal(to, "[socks]:0");
}

/* FALSE and an error: nobody waits any more. What ssh says of it is in the answer: `ret_good`. */
static gboolean ask(const PssProgramMaster *master, PssLoginContext *person, const char *host, const char *option,
		    const char *value, Answer *answer, gboolean *ret_good, GError **error)
{
	const char *const argv[] = {
		master->ssh, "-T",  "-F", "none", "-o", "LogLevel=ERROR", "-S", master->control, "-O", "forward",
		option,      value, "--", host,   NULL
	};
	g_auto(GStrv) environment = pss_spawn_environment(master->environment);
	PssChildOutput output = { .bytes = answer->port, .size = PORT_TEXT_MAX - 1 };
	PssChildOutput errors = { .bytes = answer->complaint, .size = COMPLAINT_MAX - 1 };
	PssSpawn spawn = { .argv = argv, .environment = (const char *const *)environment, .fds = { -1, -1, -1 } };

	if (!pss_child_run(person, &spawn, &output, &errors, "asking ssh to forward a port", error))
		return FALSE;
	g_strchomp(answer->port);
	g_strchomp(answer->complaint);
	*ret_good = output.exit_status == 0;
	return TRUE;
}

static void describe(GString *all, char letter, const char *from, const char *to, const char *port)
{
	g_string_append_printf(all, "%s%c ", all->len > 0 ? ", " : "", letter);
	if (*port)
		g_string_append_printf(all, "%.*s%s", (int)(strlen(from) - 1), from, port);
	else
		g_string_append(all, from);
	if (is_somewhere(to))
		g_string_append_printf(all, " -> %s", to);
}

static gboolean forward(PssProgramMaster *master, PssLoginContext *person, const PssSshConfig *config, const char *host,
			const Kind *kind, const char *text, GString *all, GError **error)
{
	g_auto(GStrv) ends = g_strsplit(text, " ", 2);
	g_autofree char *value = is_somewhere(ends[1]) ? g_strdup_printf("%s:%s", ends[0], ends[1]) : g_strdup(ends[0]);
	gboolean is_chosen_there = g_str_equal(ends[0], "0") || g_str_has_suffix(ends[0], ":0");
	Answer answer = { "", "" };
	gboolean good;

	if (!ask(master, person, host, kind->option, value, &answer, &good, error))
		return FALSE;
	if (good) {
		describe(all, kind->option[1], ends[0], ends[1], is_chosen_there ? answer.port : "");
		if (is_chosen_there)
			pss_login_note(person, PSS_NOTE_WARNING, "%s '%s': the server listens on port %s",
				       kind->keyword, text, answer.port);
		return TRUE;
	}
	g_autofree char *why = pss_said_line(answer.complaint);
	if (config->exit_on_forward_failure) {
		g_set_error(error, PSS_ERROR, PSS_SSH_ENDS, "%s '%s' failed: %s", kind->keyword, text, why);
		return FALSE;
	}
	pss_login_note(person, PSS_NOTE_WARNING, "%s '%s' failed: %s", kind->keyword, text, why);
	return TRUE;
}

gboolean pss_program_forward(PssProgramMaster *master, PssLoginContext *person, const PssSshConfig *config,
			     const char *host, GError **error)
{
	const Kind kinds[] = {
		{ "LocalForward", "-L", config->local_forwards },
		{ "DynamicForward", "-D", config->dynamic_forwards },
		{ "RemoteForward", "-R", config->remote_forwards },
	};
	g_autoptr(GString) all = g_string_new(NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
		for (guint j = 0; j < kinds[i].texts->len; j++)
			if (!forward(master, person, config, host, &kinds[i], kinds[i].texts->pdata[j], all, error))
				return FALSE;
	if (all->len > 0)
		master->forwards = g_strdup(all->str);
	return TRUE;
}
