/* SPDX-License-Identifier: MIT */
/* Computers that lack something: each program that the start uses, missing one by one, for each remote shell; places
 * that cannot be written to or executed from; a terminal without a name; a home that is not there. What a person has
 * there by a plain login is what the session must give: a prompt that answers, an interrupt that works, the same
 * directory. Each row runs in a mount namespace of its own. */
#include <glib.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "home.h"

#define SKIPPED 77

typedef struct {
	const char *lacks;    /* program */
	const char *notice;   /* of a plain terminal; NULL: a whole session */
	const char *but;      /* in this shell an interrupt does not work natively either */
	const char *prepare;  /* shell commands, in the namespace */
	gboolean home_is_out; /* the directory is / */
} Row;

/* As in a chroot: tty(1) does not find it. */
#define NAMELESS                                                                                               \
	"mount -t tmpfs x /mnt; printf \"#!/bin/sh\necho not a tty; exit 1\n\" >/mnt/tty; chmod 755 /mnt/tty;" \
	"mount --bind /mnt/tty /usr/bin/tty;"

/* The one that writes the launcher is killed. */
#define KILLED_CAT                                                                                                    \
	"mount -t tmpfs x /mnt; cp /usr/bin/cat /mnt/real;"                                                           \
	"printf '#!/bin/sh\ncase $(readlink /proc/$$/fd/1) in */launch) kill -9 $$ ;; esac; exec /mnt/real \"$@\"\n'" \
	" >/mnt/cat; chmod 755 /mnt/cat; mount --bind /mnt/cat /usr/bin/cat"

static const Row rows[] = {
	{ .lacks = "cat", .notice = "there is no cat" },
	{ .lacks = "dd", .notice = "there is no dd" },
	{ .lacks = "ls", .notice = "there is no ls" },
	{ .lacks = "mkdir", .notice = "there is no mkdir" },
	{ .lacks = "mkfifo", .notice = "there is no mkfifo" },
	{ .lacks = "od", .notice = "there is no od" },
	{ .lacks = "rm", .notice = "there is no rm" },
	{ .lacks = "rmdir", .notice = "there is no rmdir" },
	{ .lacks = "stty", .notice = "there is no stty" },
	{ .lacks = "base64" },
	{ .lacks = "find" },
	{ .lacks = "grep" },
	{ .lacks = "gzip" },
	{ .lacks = "id" },
	{ .lacks = "kill" },
	{ .lacks = "mv" },
	{ .lacks = "readlink" },
	{ .lacks = "sed" },
	{ .lacks = "sleep" },
	{ .lacks = "touch" },
	{ .lacks = "tr", .notice = "there is no tr" },
	{ .lacks = "tty" },
	{ .notice = "launch could not be written", .prepare = KILLED_CAT },
	{ .prepare = NAMELESS },
	{ .prepare = NAMELESS "mount --bind /etc/hostname /dev/tty", .but = "mksh" },
	{ .prepare = "for d in /dev/shm /tmp /var/tmp; do mount -t tmpfs -o ro x $d; done" },
	{ .prepare = "for d in /dev/shm /tmp /var/tmp; do mount -t tmpfs -o noexec x $d; done" },
	{ .notice = "no private directory",
	  .prepare = "for d in /dev/shm /tmp /var/tmp $HOME; do mount -t tmpfs -o ro x $d; done" },
	{ .prepare = "rmdir $HOME", .home_is_out = TRUE },
	{ .prepare = "mount -t tmpfs -o ro x $HOME" },
};

static char *directory; /* for all rows */
static const char *const shells[] = { "bash", "zsh", "dash", "ash", "ksh93", "mksh", "fish" };

/* Busybox is what its name says. */
static char *find_shell(const char *name)
{
	g_autofree char *busybox = g_str_equal(name, "ash") ? g_find_program_in_path("busybox") : NULL;

	if (!busybox)
		return g_find_program_in_path(name);
	char *ash = g_build_filename(directory, name, NULL);
	if (!g_file_test(ash, G_FILE_TEST_EXISTS) && symlink(busybox, ash) != 0)
		g_error("cannot make %s", ash);
	return ash;
}

/* ---- the namespace */

static const char links[] = "set -e\n"
			    "mount -t tmpfs x /mnt\n"
			    "mkdir /mnt/all /mnt/bin\n"
			    "mount --bind /usr/bin /mnt/all\n"
			    "ln -s /mnt/all/* /mnt/bin\n"
			    "rm -f /mnt/bin/\"$0\"\n"
			    "mount --bind /mnt/bin /usr/bin\n";

static gboolean run_sh(const char *script, const char *word)
{
	const char *const argv[] = { "/bin/sh", "-c", script, word, NULL };
	int status;

	return g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, NULL, &status, NULL) &&
	       status == 0;
}

static gboolean enter_namespace(void)
{
	return unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

static void prepare(const Row *row, const char *home)
{
	g_setenv("HOME", home, TRUE);
	if (row->lacks && !run_sh(links, row->lacks))
		g_error("cannot hide %s", row->lacks);
	if (row->prepare && !run_sh(row->prepare, "sh"))
		g_error("cannot do: %s", row->prepare);
}

/* ---- what a person does there */

static const char *sum_of(const char *shell)
{
	return g_str_equal(shell, "fish") ? "echo a(math 6 \"*\" 7)" : "echo a$((6*7))";
}

#define LOOP "sh -c \"echo begun; while :; do :; done\""

static void check_whole(Drive *drive, const Row *row, const char *shell, const char *home)
{
	const Step steps[] = {
		PROMPT(0),           DIRECTORY(row->home_is_out ? "/" : home),
		LINE(LOOP),          UNTIL("begun\n"),
		KEYS("\003"),        PROMPT(ANY),
		LINE("head -n 1"),   KEYS("typed\r"),
		PROMPT(0),           HAS("typed\n"),
		LINE(sum_of(shell)), PROMPT(0),
		HAS("a42\n"),        DONE,
	};
	drive_steps(drive, shell, steps);
}

static void check_plain(Drive *drive, const Row *row, const char *shell, const char *home)
{
	g_autofree char *sum = g_strconcat(sum_of(shell), "\r", NULL);
	g_autofree char *here = g_strdup_printf("at:%s:", row->home_is_out ? "/" : home);
	/* ksh93 forgets what comes with an interrupt. */
	const Step steps[] = {
		NOTICE(row->notice),
		STATE(PSS_REMOTE_RAW),
		KEYS(sum),
		UNTIL("a42"),
		KEYS("echo at:$PWD:\r"),
		UNTIL(here),
		KEYS(LOOP "\r"),
		UNTIL("begun\n"),
		KEYS("\003"),
		PRESS("exit\r"),
		ENDS(ANY),
		DONE,
	};
	drive_steps(drive, shell, steps);
}

static int run_in_namespace(const Row *row, const char *shell)
{
	g_autofree char *home = g_mkdtemp(g_build_filename(directory, "home-XXXXXX", NULL));
	g_autofree char *program = find_shell(shell);
	const DriveOptions options = { .shell = program, .home = home };

	if (!enter_namespace())
		return SKIPPED;
	prepare(row, home);
	Drive *drive = drive_new(&options);
	if (row->notice)
		check_plain(drive, row, shell, home);
	else
		check_whole(drive, row, shell, home);
	drive_free(drive);
	return 0;
}

/* ---- all rows of a shell, some of them at a time: they wait more than they compute */

#define AT_A_TIME 6

static pid_t start_row(const Row *row, const char *shell)
{
	pid_t child = fork();

	g_assert_cmpint(child, >=, 0);
	if (child == 0)
		_exit(run_in_namespace(row, shell));
	return child;
}

static void await_row(const char *shell, const pid_t *children)
{
	int status;
	pid_t child = wait(&status);

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		if (children[i] != child)
			continue;
		if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED)
			g_test_skip("needs a mount namespace");
		else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			g_error("%s: row %" G_GSIZE_FORMAT " (%s) has failed", shell, i,
				rows[i].lacks ? rows[i].lacks : rows[i].prepare);
	}
}

static void run(gconstpointer data)
{
	const char *shell = data;
	pid_t children[G_N_ELEMENTS(rows)] = { 0 };

	for (gsize i = 0; i < G_N_ELEMENTS(rows) + AT_A_TIME; i++) {
		if (i < G_N_ELEMENTS(rows) && g_strcmp0(rows[i].but, shell) != 0)
			children[i] = start_row(&rows[i], shell);
		if (i >= AT_A_TIME && children[i - AT_A_TIME] != 0)
			await_row(shell, children);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	drive_choose_programs();
	g_unsetenv("XDG_RUNTIME_DIR");
	g_unsetenv("ENV");
	/* Not below /tmp, which rows hide. */
	directory = g_mkdtemp(g_strdup(getuid() == 0 ? "/run/pss-lacking-XXXXXX" : "/tmp/pss-lacking-XXXXXX"));
	for (gsize i = 0; i < G_N_ELEMENTS(shells); i++) {
		g_autofree char *program = find_shell(shells[i]);
		g_autofree char *path = g_strconcat("/lacking/", shells[i], NULL);
		if (program)
			g_test_add_data_func(path, shells[i], run);
	}
	int status = g_test_run();
	home_remove(directory);
	return status;
}
