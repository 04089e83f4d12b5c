/* SPDX-License-Identifier: MIT */
/* ProxyCommand and ProxyJump: a child process on one end of a socket pair. libssh's own way to run
 * proxies would block in waitpid() when a session ends. ProxyCommand is a shell command by definition
 * (ssh_config(5)), the names put into it have been checked for shell syntax; ProxyJump is an ssh that
 * forwards its standard input and output, by argv. Runs in the login thread. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/said.h"
#include "base/shortage.h"
#include "base/system.h"
#include "link/config/ssh-config-expand.h"
#include "link/libssh/connect/tcp-connect.h"
#include "link/process/spawn.h"

#define SAID_MAX 4096

static void add(GPtrArray *argv, const char *text)
{
	g_ptr_array_add(argv, g_strdup(text));
}

/* "user@host:port" or "ssh://…" as -l, -p and a host. */
static gboolean add_jump(GPtrArray *argv, const char *jump, GError **error)
{
	g_autofree char *rest = g_strdup(g_str_has_prefix(jump, "ssh://") ? jump + strlen("ssh://") : jump);
	char *host = rest, *port = NULL;
	char *at = strrchr(rest, '@');

	if (at) {
		*at = '\0';
		host = at + 1;
		if (!pss_target_check_user("the user of ProxyJump", rest, error))
			return FALSE;
		add(argv, "-l");
		add(argv, rest);
	}
	if (*host == '[') {
		char *end = strchr(++host, ']');
		if (end) {
			port = end[1] == ':' ? end + 2 : NULL;
			*end = '\0';
		}
	} else if (strchr(host, ':') && strchr(host, ':') == strrchr(host, ':')) {
		port = strchr(host, ':');
		*port++ = '\0';
	}
	if (port) {
		add(argv, "-p");
		add(argv, port);
	}
	add(argv, "--");
	add(argv, host);
	return pss_target_check_name("the host of ProxyJump", host, error);
}

/* As ssh builds it: the last of several jumps is reached through the ones before it. */
static char **jump_arguments(const PssSshConfig *config, const PssTarget *target, GError **error)
{
	GPtrArray *argv = g_ptr_array_new();
	const char *last = strrchr(config->proxy_jump, ',');
	gboolean is_v6 = strchr(config->hostname, ':') != NULL;
	g_autofree char *forward = g_strdup_printf(is_v6 ? "[%s]:%u" : "%s:%u", config->hostname, config->port);

	add(argv, "ssh");
	if (target->config_file) {
		add(argv, "-F");
		add(argv, target->config_file);
	}
	if (last) {
		g_autofree char *before = g_strndup(config->proxy_jump, (gsize)(last - config->proxy_jump));
		add(argv, "-J");
		add(argv, before);
	}
	add(argv, "-W");
	add(argv, forward);
	gboolean good = add_jump(argv, last ? last + 1 : config->proxy_jump, error);
	g_ptr_array_add(argv, NULL);
	char **strings = (char **)g_ptr_array_free(argv, FALSE);
	if (!good)
		g_clear_pointer(&strings, g_strfreev);
	return strings;
}

static char **command_arguments(const PssSshConfig *config, GError **error)
{
	g_autofree char *expanded = pss_ssh_config_expand(config, config->proxy_command);

	if (!expanded) {
		g_set_error(error, PSS_ERROR, PSS_SSH_ENDS, "ProxyCommand '%s' holds a token that is not known",
			    config->proxy_command);
		return NULL;
	}
	g_autofree char *replaced = g_strdup_printf("exec %s", expanded);
	const char *const argv[] = { "/bin/sh", "-c", replaced, NULL };
	return g_strdupv((char **)argv);
}

/* It can hold so much and no more, whatever the proxy says in the days that it may run. */
static int new_file_of_complaints(void)
{
	return pss_system_memory_file("pss-proxy-said", SAID_MAX);
}

static void read_said(const PssSshStream *stream, char text[SAID_MAX + 1])
{
	memset(text, 0, SAID_MAX + 1);
	if (stream->proxy && stream->said >= 0 && pread(stream->said, text, SAID_MAX, 0) < 0)
		g_debug("what the proxy said: %s", g_strerror(errno));
}

/* The first line counts: behind others this is what comes of something else. */
gboolean pss_ssh_proxy_was_refused(const PssSshStream *stream)
{
	char text[SAID_MAX + 1];

	read_said(stream, text);
	g_auto(GStrv) lines = g_strsplit_set(text, "\r\n", -1);
	for (char **line = lines; *line; line++)
		if (**line)
			return pss_turn_read_line(*line) == PSS_TURN_LINE_REFUSED ||
			       pss_turn_read_line(*line) == PSS_TURN_LINE_SERVER;
	return FALSE;
}

gboolean pss_ssh_proxy_is_ssh(const char *command)
{
	g_auto(GStrv) words = g_strsplit_set(command, " \t", -1);
	char **word = words;

	while (*word && (!**word || g_str_equal(*word, "exec")))
		word++;
	g_autofree char *program = *word ? g_path_get_basename(*word) : NULL;
	return g_strcmp0(program, "ssh") == 0;
}

char *pss_ssh_proxy_said(const PssSshStream *stream)
{
	char text[SAID_MAX + 1];

	read_said(stream, text);
	char *said = pss_said_sentences(text);
	if (!*said)
		g_clear_pointer(&said, g_free);
	return said;
}

gboolean pss_ssh_proxy_start(const PssSshConfig *config, const PssTarget *target, PssSshStream *ret_stream,
			     GError **error)
{
	g_auto(GStrv) environment = pss_spawn_environment(target->environment);
	g_auto(GStrv) argv =
		config->proxy_command ? command_arguments(config, error) : jump_arguments(config, target, error);
	int pair[2];
	pid_t pid;

	if (!argv)
		return FALSE;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0) {
		pss_set_errno(error, errno, "cannot start the proxy for %s", config->hostname);
		return FALSE;
	}
	int said = new_file_of_complaints();
	/* Its end blocks: programs such as nc do not expect anything else. */
	fcntl(pair[1], F_SETFL, 0);
	PssSpawn spawn = {
		.argv = (const char *const *)argv,
		.environment = (const char *const *)environment,
		.directory = target->cwd,
		.limits = &target->limits,
		.fds = { pair[1], pair[1], said },
	};
	gboolean good = pss_spawn(&spawn, &pid, error);
	close(pair[1]);
	if (!good) {
		g_prefix_error(error, "the proxy for %s: ", config->hostname);
		close(pair[0]);
		if (said >= 0)
			close(said);
		return FALSE;
	}
	*ret_stream = (PssSshStream){ .fd = pair[0], .proxy = pid, .said = said };
	return TRUE;
}

static void on_proxy_ended(GPid pid, gint status, gpointer user)
{
	g_debug("proxy %d has ended", (int)pid);
}

void pss_ssh_stream_reap_proxy(PssSshStream *stream)
{
	if (stream->proxy <= 0)
		return;
	if (stream->said >= 0)
		close(stream->said);
	kill(-stream->proxy, SIGHUP);
	g_child_watch_add(stream->proxy, on_proxy_ended, NULL); /* in the main context, from any thread */
	stream->proxy = 0;
}
