/* SPDX-License-Identifier: MIT */
/* The control channel and the terminal meet in one directory, however they run beside each other. */
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "remote/protocol/script.h"
#include "remote/protocol/sources.h"

/* An `rm` in which whoever comes first waits for the other, and which fails for what is not there, as that of busybox
 * does where somebody else has just removed it. */
static const char slow_rm[] = "#!/bin/sh\n"
			      "for f; do :; done\n"
			      "case $f in *room*)\n"
			      "	echo >>\"$PLACE/comers\"\n"
			      "	while [ \"$(wc -l <\"$PLACE/comers\")\" -lt 2 ]; do :; done\n"
			      "	mv \"$f\" \"$PLACE/removed.$$\" 2>/dev/null\n"
			      "	exit\n"
			      "esac\n"
			      "PATH=${PATH#*:} exec rm \"$@\"\n";

typedef struct {
	GSubprocess *process;
	GBytes *output;
} Side;

static char *place;

static void begin(Side *side, const char *const *shell)
{
	g_autofree char *path = g_strdup_printf("%s/bin:%s", place, g_getenv("PATH"));
	g_autofree char *text = g_strconcat("n=rendezvous;", pss_source_rendezvous, "pss_meet; pwd", NULL);
	const char *argv[5] = { shell[0], "-c", text };

	if (shell[1]) {
		argv[1] = shell[1];
		argv[2] = "-c";
		argv[3] = text;
	}
	g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE);
	g_subprocess_launcher_setenv(launcher, "PATH", path, TRUE);
	g_subprocess_launcher_setenv(launcher, "PLACE", place, TRUE);
	g_subprocess_launcher_setenv(launcher, "XDG_RUNTIME_DIR", place, TRUE);
	side->process = g_subprocess_launcher_spawnv(launcher, argv, NULL);
	g_assert_nonnull(side->process);
}

static void finish(Side *side, const char *wanted)
{
	gsize n;

	g_assert_true(g_subprocess_communicate(side->process, NULL, NULL, &side->output, NULL, NULL));
	const char *said = g_bytes_get_data(side->output, &n);
	g_assert_cmpmem(said, n, wanted, strlen(wanted));
	g_bytes_unref(side->output);
	g_object_unref(side->process);
}

static void remove_place(void)
{
	const char *const argv[] = { "rm", "-rf", place, NULL };

	g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL);
	g_free(place);
}

static void test_at_once(gconstpointer shell)
{
	Side sides[2];

	place = g_dir_make_tmp("pss-rendezvous-XXXXXX", NULL);
	g_autofree char *programs = g_build_filename(place, "bin", NULL);
	g_autofree char *rm = g_build_filename(programs, "rm", NULL);
	g_autofree char *wanted = g_strconcat(place, "/.pss-rendezvous\n", NULL);
	g_assert_cmpint(g_mkdir(programs, 0755), ==, 0);
	g_assert_true(g_file_set_contents(rm, slow_rm, -1, NULL));
	g_assert_cmpint(g_chmod(rm, 0755), ==, 0);
	begin(&sides[0], shell);
	begin(&sides[1], shell);
	finish(&sides[0], wanted);
	finish(&sides[1], wanted);
	remove_place();
}

/* ---- the terminal alone: the connection has ended before the control channel was there */

static GString *terminal_text(void)
{
	GString *text = g_string_new("n=rendezvous;");

	g_string_append(text, pss_source_rendezvous);
	g_string_append(text, pss_source_terminal);
	pss_script_replace(text, "@ESC@", "\033");
	pss_script_replace(text, "@BEL@", "\a");
	return text;
}

static gboolean has_process(const char *path, int *ret_pid)
{
	g_autofree char *text = NULL;

	*ret_pid = g_file_get_contents(path, &text, NULL, NULL) ? atoi(text) : 0;
	return *ret_pid > 0;
}

static void await_process(const char *path, int *ret_pid)
{
	const gint64 end = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;

	while (!has_process(path, ret_pid) && g_get_monotonic_time() < end)
		g_thread_yield();
	g_assert_cmpint(*ret_pid, >, 0);
}

/* A signal in front of that is the shell's affair: it looks for those that have come between two commands. */
static gboolean waits_for_launcher(int pid)
{
	g_autofree char *link = g_strdup_printf("/proc/%d/fd/3", pid), *file = g_file_read_link(link, NULL);
	g_autofree char *path = g_strdup_printf("/proc/%d/stat", pid), *text = NULL;
	const char *state = g_file_get_contents(path, &text, NULL, NULL) ? strrchr(text, ')') : NULL;

	return file && g_str_has_suffix(file, "/go") && state && g_str_has_prefix(state, ") S");
}

static void await_waiting(int pid)
{
	const gint64 end = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;

	while (!waits_for_launcher(pid) && g_get_monotonic_time() < end)
		g_thread_yield();
	g_assert_true(waits_for_launcher(pid));
}

static void test_hung_up(gconstpointer data)
{
	const char *const *shell = data;
	int pid;

	place = g_dir_make_tmp("pss-rendezvous-XXXXXX", NULL);
	g_autofree char *directory = g_build_filename(place, ".pss-rendezvous", NULL);
	g_autofree char *top = g_build_filename(directory, "top", NULL);
	g_autofree char *line = g_strdup_printf("exec %s %s -c \"$TEXT\"", shell[0], shell[1] ? shell[1] : "");
	const char *const argv[] = { "script", "-qec", line, "/dev/null", NULL };
	g_autoptr(GString) text = terminal_text();
	g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
	g_subprocess_launcher_setenv(launcher, "TEXT", text->str, TRUE);
	g_subprocess_launcher_setenv(launcher, "XDG_RUNTIME_DIR", place, TRUE);
	g_autoptr(GSubprocess) process = g_subprocess_launcher_spawnv(launcher, argv, NULL);
	g_assert_nonnull(process);
	await_process(top, &pid);
	await_waiting(pid);
	g_assert_cmpint(kill(pid, SIGHUP), ==, 0);
	g_assert_true(g_subprocess_wait(process, NULL, NULL));
	g_assert_false(g_file_test(directory, G_FILE_TEST_EXISTS));
	remove_place();
}

int main(int argc, char **argv)
{
	static const char *const shells[][2] = { { "dash" }, { "bash" }, { "busybox", "sh" }, { "mksh" }, { "ksh93" } };

	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(shells); i++) {
		g_autofree char *path = g_strdup_printf("/rendezvous/%s/at once", shells[i][0]);
		g_autofree char *program = g_find_program_in_path(shells[i][0]);
		g_autofree char *hung_up = g_strdup_printf("/rendezvous/%s/hung up", shells[i][0]);
		if (!program)
			continue;
		g_test_add_data_func(path, shells[i], test_at_once);
		g_test_add_data_func(hung_up, shells[i], test_hung_up);
	}
	return g_test_run();
}
