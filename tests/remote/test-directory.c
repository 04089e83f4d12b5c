/* SPDX-License-Identifier: MIT */
/* The private directory in which a session's two channels meet: who can read it, and what becomes of a session that
 * loses it, a request or the control channel. */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "home.h"
#include "remote/protocol/script.h"

static const Step ready[] = { PROMPT(0), DONE };

static void test_directory_is_private(void)
{
	static const Step secret[] = { LINE("cat /proc/$$/environ /proc/$$/cmdline | tr '\\0' '\\n'; ps -eo args"),
				       PROMPT(0), DONE };
	g_autofree char *home = home_make();
	Drive *drive = home_start_bash(home);
	drive_steps(drive, "private", ready);
	g_autofree char *directory = drive_find_directory(drive);
	g_assert_nonnull(directory);
	struct stat status;
	g_assert_cmpint(lstat(directory, &status), ==, 0);
	g_assert_cmpint(status.st_mode & 07777, ==, 0700);
	g_assert_cmpint(status.st_uid, ==, getuid());

	/* The key that begins replies is in no argv and no environment. */
	g_autofree char *file = g_build_filename(directory, "key", NULL);
	g_autofree char *key = NULL;
	g_assert_true(g_file_get_contents(file, &key, NULL, NULL));
	g_strchomp(key);
	g_assert_cmpint(strlen(key), ==, 32);
	drive_steps(drive, "private", secret);
	gsize n;
	g_assert_null(strstr(drive_output(drive, &n), key));
	drive_free(drive);
	home_remove(home);
}

static void test_lost_directory(void)
{
	static const Step steps[] = { LINE("rm -rf $__pss_d; echo gone"),
				      PROMPT(0),
				      OUTPUT("gone\n"),
				      NOTICE("lost"),
				      LINE("(exit 4)"),
				      PROMPT(4),
				      LINE("head -n 1"),
				      KEYS("a\r"),
				      PROMPT(0),
				      OUTPUT("a\na\n"),
				      DONE };
	g_autofree char *home = home_make();
	Drive *drive = home_start_bash(home);
	drive_steps(drive, "lost", ready);
	drive_steps(drive, "lost", steps);
	drive_free(drive);
	home_remove(home);
}

static void test_lost_request(void)
{
	static const Step steps[] = { CALL(drive_lose_next_request),
				      LINE("echo once"),
				      PROMPT(0),
				      OUTPUT("once\n"),
				      LINE("echo ok"),
				      PROMPT(0),
				      OUTPUT("ok\n"),
				      DONE };
	g_autofree char *home = home_make();
	Drive *drive = home_start_bash(home);
	drive_steps(drive, "lost request", ready);
	drive_steps(drive, "lost request", steps);
	drive_free(drive);
	home_remove(home);
}

static void test_control_cut(void)
{
	static const Step cut[] = { ENDS(ANY), DONE };
	g_autofree char *home = home_make();
	Drive *drive = home_start_bash(home);
	drive_steps(drive, "cut", ready);
	drive_close_control(drive);
	drive_steps(drive, "cut", cut);
	drive_free(drive); /* and its directory goes */
	home_remove(home);
}

static void test_control_cut_while_running(void)
{
	static const Step before[] = { LINE("head -n 1; echo on; head -n 1; (exit 6)"), KEYS("x\r"), UNTIL("on\n"),
				       DONE };
	static const Step after[] = { KEYS("a\r"), ENDS(6), HAS("a\na\n"), DONE };
	g_autofree char *home = home_make();
	Drive *drive = home_start_bash(home);
	drive_steps(drive, "cut while running", ready);
	drive_steps(drive, "cut while running", before);
	drive_close_control(drive);
	drive_steps(drive, "cut while running", after);
	g_assert_cmpint(drive_end_how(drive), ==, PSS_REMOTE_UNLED);
	drive_free(drive);
	home_remove(home);
}

/* The control channel alone, whose client goes when it has read so many bytes of what it says. */
static void run_control(const char *home, const char *command, gsize n_bytes)
{
	int input[2], output[2];
	char byte;

	g_assert_cmpint(pipe2(input, O_CLOEXEC), ==, 0);
	g_assert_cmpint(pipe2(output, O_CLOEXEC), ==, 0);
	pid_t pid = fork();
	if (pid == 0) {
		signal(SIGPIPE, SIG_DFL);
		dup2(input[0], STDIN_FILENO);
		dup2(output[1], STDOUT_FILENO);
		dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
		execle("/bin/sh", "sh", "-c", command, NULL,
		       (char *[]){ g_strconcat("HOME=", home, NULL), g_strconcat("XDG_RUNTIME_DIR=", home, NULL),
				   g_strconcat("PATH=", g_getenv("PATH"), NULL), g_strdup("SHELL=/bin/bash"), NULL });
		_exit(127);
	}
	close(input[0]);
	close(output[1]);
	while (n_bytes-- > 0)
		g_assert_cmpint(read(output[0], &byte, 1), ==, 1);
	close(output[0]);
	close(input[1]);
	g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
}

static void test_control_cut_while_starting(void)
{
	const PssScriptValues values = {
		.name = "0123456789abcdef0123456789abcdef",
		.first = "0123456789abcdef0123456789abcdef",
	};
	g_autofree char *command = pss_script_control_command(&values, PSS_FAMILY_BASH, TRUE);
	g_autofree char *home = home_make();
	g_autofree char *directory = g_strdup_printf("%s/.pss-%s", home, values.name);

	for (gsize n = 0; n <= 70; n += n < 2 ? 1 : 17) {
		run_control(home, command, n);
		g_assert_false(g_file_test(directory, G_FILE_TEST_EXISTS));
	}
	home_remove(home);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	drive_choose_programs();
	g_unsetenv("XDG_RUNTIME_DIR");
	g_unsetenv("ENV");
	g_test_add_func("/directory/is private and its key is nowhere else", test_directory_is_private);
	g_test_add_func("/line/is sent again when it was lost", test_lost_request);
	g_test_add_func("/directory/may vanish", test_lost_directory);
	g_test_add_func("/directory/goes when the control channel is cut", test_control_cut);
	g_test_add_func("/directory/goes when the control channel is cut while it starts",
			test_control_cut_while_starting);
	g_test_add_func("/line/may finish when the control channel is cut", test_control_cut_while_running);
	return g_test_run();
}
