/* SPDX-License-Identifier: MIT */
/* pssession-host: one process per user that owns every SSH connection. Started on demand by the first
 * command (plugin/client/requests/connection.c), or with its socket by systemd; leaves by itself when nothing has
 * needed it for a while. This file is its command line, its surroundings and its end; what it does begins
 * in server.c. */
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <libssh/libssh.h>
#include <locale.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/resource-limits.h"
#include "base/shortage.h"
#include "base/system.h"
#include "host/make-transport.h"
#include "host/server/activation.h"
#include "host/common/registry.h"
#include "host/server/server.h"
#include "host/state/known-shells.h"
#include "host/state/session-file.h"
#include "link/login/room.h"
#include "link/openssh/child-modes.h"
#include "link/openssh/master.h"
#include "link/process/spawn.h"
#include "wire/deadlines.h"

#define IDLE_SECONDS 300
#define DESCRIPTORS_AT_START 12 /* socket, watches, GLib's and libssh's own, the reserve, a client */

static int ready_fd = -1;
static int idle_seconds = IDLE_SECONDS;
static gboolean show_version;

static const GOptionEntry option_entries[] = {
	{ "ready-fd", 0, 0, G_OPTION_ARG_INT, &ready_fd, "Write an int to N: 0 when listening, else an errno", "N" },
	{ "idle-seconds", 0, 0, G_OPTION_ARG_INT, &idle_seconds, "Leave after S seconds without sessions (0: never)",
	  "S" },
	{ "version", 0, 0, G_OPTION_ARG_NONE, &show_version, "Show the version", NULL },
	G_OPTION_ENTRY_NULL
};

static void tell_ready(int outcome)
{
	if (ready_fd < 0)
		return;
	if (write(ready_fd, &outcome, sizeof outcome) < 0)
		g_debug("the process that started this one has gone");
	close(ready_fd);
	ready_fd = -1;
}

/* These come with each open, from its caller (SPEC §8): those of the client that happened to start this process belong
 * to no request. libkrb5 and child processes would take them. */
static gboolean is_callers_own(const char *name)
{
	static const char *const names[] = { "SSH_AUTH_SOCK", "SSH_ASKPASS", "SSH_ASKPASS_REQUIRE",
					     "KRB5CCNAME",    "DISPLAY",     "WAYLAND_DISPLAY",
					     "LANG",          "COLORTERM",   NULL };

	return g_strv_contains(names, name) || g_str_has_prefix(name, "LC_");
}

static void forget_callers_own(char **environment)
{
	for (; *environment; environment++) {
		g_autofree char *name = g_strndup(*environment, strcspn(*environment, "="));
		if (is_callers_own(name))
			g_unsetenv(name);
	}
}

/* GLib makes its C locale at the first number it parses. Two threads that meet there leave an errno behind, which
 * g_ascii_string_to_unsigned() then takes for a bad number (GLib 2.74, gstrfuncs.c: get_C_locale). */
static void prepare_number_parser(void)
{
	g_ascii_strtoull("0", NULL, 10);
}

static gpointer do_nothing(gpointer unused)
{
	return NULL;
}

static void do_nothing_either(gpointer unused, gpointer unused_too)
{
}

/* What GLib makes when it is first needed, and ends the process if it cannot: a thread for signals, with descriptors of
 * its own, and one for pools of threads. What is random gets its seed as long as its file can be opened. 0, or the
 * errno of what there is too little of. */
static int prepare_glib(void)
{
	GThread *thread = pss_descriptors_can_open(DESCRIPTORS_AT_START)
				  ? g_thread_try_new("pss-probe", do_nothing, NULL, NULL)
				  : NULL;

	if (!thread)
		return pss_descriptors_can_open(DESCRIPTORS_AT_START) ? EAGAIN : EMFILE;
	g_thread_join(thread);
	g_thread_pool_free(g_thread_pool_new(do_nothing_either, NULL, 1, FALSE, NULL), TRUE, FALSE);
	g_random_int();
	return 0;
}

static gboolean on_end_signal(gpointer loop)
{
	g_main_loop_quit(loop);
	return G_SOURCE_CONTINUE;
}

static void on_idle(gpointer loop)
{
	g_main_loop_quit(loop);
}

/* The resilient ones go on: the end of the clients must not interrupt what runs in them. */
static void leave_sessions(void)
{
	GPtrArray *sessions = pss_registry_sessions();

	for (guint i = 0; i < sessions->len; i++)
		pss_session_leave(sessions->pdata[i]);
}

static void close_sessions(void)
{
	GPtrArray *sessions = pss_registry_sessions();
	while (sessions->len > 0) {
		g_autoptr(PssSession) session = pss_session_ref(sessions->pdata[0]);
		pss_session_close(session, "the pssession host process was ended");
		pss_registry_remove(session);
	}
	while (g_main_context_iteration(NULL, pss_session_any_going()))
		;
}

static int serve(char *const *environment)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
	struct pss_runtime runtime;

	int rc = pss_runtime_find(geteuid(), &runtime);
	if (rc < 0) {
		tell_ready(-rc);
		g_printerr("pssession-host: %s: %s\n", runtime.directory, g_strerror(-rc));
		return 1;
	}
	int passed_fd = pss_activation_take(runtime.socket, &error);
	if (error) {
		g_printerr("pssession-host: %s\n", error->message);
		return 1;
	}
	PssServerOptions options = {
		.new_transport = pss_transport_new,
		.newest = PSS_PROTOCOL_VERSION,
		.idle_seconds = (guint)MAX(idle_seconds, 0),
		.passed_fd = passed_fd,
		.on_idle = on_idle,
		.user = loop,
	};
	PssServer *server = pss_server_new(&runtime, &options, &error);
	if (!server) {
		tell_ready(errno ? errno : EIO);
		g_printerr("pssession-host: %s\n", error->message);
		return 1;
	}
	pss_program_master_sweep(runtime.directory);
	char saved[PSS_RUNTIME_SAVED_MAX];
	if (pss_runtime_saved(geteuid(), saved, sizeof saved) == 0) {
		g_autofree char *beside = g_path_get_dirname(saved);
		g_autofree char *shells = g_build_filename(beside, "shells", NULL);
		pss_saved_set_directory(saved, environment);
		pss_known_shells_set_file(shells);
	}
	pss_session_restore_all(pss_transport_new);
	guint term = g_unix_signal_add(SIGTERM, on_end_signal, loop);
	guint interrupt = g_unix_signal_add(SIGINT, on_end_signal, loop);
	tell_ready(0);
	g_main_loop_run(loop);
	leave_sessions();
	pss_server_free(server);
	close_sessions();
	pss_room_close(pss_deadline(PSS_LOGIN_END_MS));
	g_source_remove(term);
	g_source_remove(interrupt);
	return 0;
}

int main(int argc, char **argv)
{
	const char *ask = g_getenv(PSS_PROGRAM_ASK);
	if (argc > 3 && g_str_equal(argv[1], "--tied"))
		return pss_program_tied(argv + 2);
	if (ask && argc == 2 && *argv[1] != '-')
		return pss_program_ask(ask, argv[1]);

	g_autoptr(GError) error = NULL;
	g_auto(GStrv) environment = g_get_environ();
	g_autoptr(GOptionContext) context = g_option_context_new("- owns the SSH connections of pssession");

	setlocale(LC_ALL, "");
	g_option_context_add_main_entries(context, option_entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error)) {
		g_printerr("pssession-host: %s\n", error->message);
		return 2;
	}
	if (show_version) {
		g_print("pssession-host %s (libssh %s)\n", PSSESSION_VERSION, ssh_version(0));
		return 0;
	}
	if (ready_fd >= 0)
		fcntl(ready_fd, F_SETFD, FD_CLOEXEC);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a write beyond `ulimit -f` fails, as one to a full disk does */
	umask(077);
	pss_system_set_name("pssession-host");
	/* This process outlives the shell that happened to start it, and serves all others: that shell's `ulimit` is
	 * not theirs. Beyond processor time or memory it would be killed, with all sessions. */
	pss_limits_raise();
	pss_system_protect_memory(); /* secrets pass through */
	pss_system_share_heap();
	prepare_number_parser();
	forget_callers_own(environment);
	int failed = prepare_glib();
	if (failed) {
		tell_ready(failed);
		g_printerr("pssession-host: cannot start: %s\n", g_strerror(failed));
		return 1;
	}
	ssh_init();
	int status = serve(environment);
	ssh_finalize();
	return status;
}
