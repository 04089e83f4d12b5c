/* SPDX-License-Identifier: MIT */
/* What earlier sessions have left behind is removed by the next one; what belongs to a living one is not, wherever that
 * lives. */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "home.h"

static const Step ready[] = { PROMPT(0), DONE };

#define NOBODY 4194305 /* above every possible process id */
#define SELF (-1)

/* Directories that are there already. */
typedef struct {
	const char *name;
	int owner;         /* process id; 0: none */
	const char *where; /* NULL: as an earlier version had it */
	gboolean old, held, stays;
} Left;

static char *here;  /* what `where` says for those of this computer and namespace */
static char *place; /* where they are */

static const char *where_of(const Left *left)
{
	return g_strcmp0(left->where, "here") == 0 ? here : left->where;
}

static void make_left(const Left *left, char **ret_path, int *ret_fd)
{
	const struct timespec long_ago[2] = { { .tv_sec = 1000000000 }, { .tv_sec = 1000000000 } };
	g_autofree char *pid = g_strdup_printf("%d\n", left->owner == SELF ? getpid() : left->owner);
	*ret_path = g_strdup_printf("%s/.pss-%s", place, left->name);
	g_autofree char *fifo = g_build_filename(*ret_path, "q", NULL);
	g_autofree char *owner = g_build_filename(*ret_path, "pid", NULL);
	g_autofree char *where = g_build_filename(*ret_path, "where", NULL);

	g_assert_cmpint(g_mkdir(*ret_path, 0700), ==, 0);
	g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
	*ret_fd = left->held ? g_open(fifo, O_RDWR | O_CLOEXEC, 0) : -1;
	if (left->owner)
		g_assert_true(g_file_set_contents(owner, pid, -1, NULL));
	if (left->where)
		g_assert_true(g_file_set_contents(where, where_of(left), -1, NULL));
	if (left->old)
		g_assert_cmpint(utimensat(AT_FDCWD, *ret_path, long_ago, 0), ==, 0);
}

static void await_swept(const char *path)
{
	const gint64 end = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;

	while (g_file_test(path, G_FILE_TEST_EXISTS) && g_get_monotonic_time() < end)
		g_main_context_iteration(NULL, FALSE);
	g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
}

/* The last one, by its name, has been looked at when all have. */
static void test_stale_directories_are_swept(void)
{
	static const Left rows[] = {
		{ "a-dead", NOBODY, NULL },
		{ "b-living", SELF, NULL, .stays = TRUE },
		{ "c-dead-here", NOBODY, "here" },
		{ "d-living-here", SELF, "here", .old = TRUE, .stays = TRUE },
		{ "e-young-elsewhere", NOBODY, "elsewhere", .stays = TRUE },
		{ "f-old-elsewhere", NOBODY, "elsewhere", .old = TRUE },
		{ "g-old-elsewhere-same-number", SELF, "elsewhere", .old = TRUE },
		{ "h-old-elsewhere-living", NOBODY, "elsewhere", .old = TRUE, .held = TRUE, .stays = TRUE },
		{ "i-young-without", 0, NULL, .stays = TRUE },
		{ "j-old-without", 0, NULL, .old = TRUE },
		{ "z-last", NOBODY, NULL },
	};
	g_autofree char *home = home_make();
	char *paths[G_N_ELEMENTS(rows)];
	int fds[G_N_ELEMENTS(rows)];

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		make_left(&rows[i], &paths[i], &fds[i]);
	Drive *drive = home_start_bash(home);
	drive_steps(drive, "sweep", ready);
	await_swept(paths[G_N_ELEMENTS(rows) - 1]);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		if (g_file_test(paths[i], G_FILE_TEST_EXISTS) != rows[i].stays)
			g_error("%s: %s", rows[i].name, rows[i].stays ? "is gone" : "is left");
		if (rows[i].stays)
			home_remove(paths[i]);
		g_free(paths[i]);
		if (fds[i] >= 0)
			g_close(fds[i], NULL);
	}
	drive_free(drive);
	home_remove(home);
}

/* As a container that shares /dev/shm: the process ids of those outside mean nothing there. */
static void sweep_in_namespace(const char *last)
{
	g_autofree char *home = home_make();
	pid_t child = unshare(CLONE_NEWPID) == 0 ? fork() : -1;
	int status = 0;

	if (child == 0) {
		Drive *drive = home_start_bash(home);
		drive_steps(drive, "sweep", ready);
		await_swept(last);
		drive_free(drive);
		_exit(0);
	}
	if (child > 0)
		waitpid(child, &status, 0);
	home_remove(home);
	_exit(child < 0 ? 77 : status != 0);
}

static void test_sweep_in_another_namespace(void)
{
	static const Left last = { "z-last", NOBODY, NULL };
	g_autofree char *home = home_make();
	char *path;
	int fd, status;

	make_left(&last, &path, &fd);
	Drive *drive = home_start_bash(home);
	drive_steps(drive, "outside", ready);
	g_autofree char *directory = drive_find_directory(drive);
	pid_t child = fork();
	if (child == 0)
		sweep_in_namespace(path);
	g_assert_cmpint(waitpid(child, &status, 0), ==, child);
	if (WEXITSTATUS(status) == 77)
		g_test_skip("needs a namespace for process ids");
	else
		g_assert_cmpint(status, ==, 0);
	g_assert_true(g_file_test(directory, G_FILE_TEST_EXISTS));
	drive_free(drive);
	if (g_file_test(path, G_FILE_TEST_EXISTS))
		home_remove(path);
	g_free(path);
	home_remove(home);
}

static void find_here(void)
{
	g_autofree char *boot = NULL;
	g_autofree char *namespace = g_file_read_link("/proc/self/ns/pid", NULL);

	g_assert_true(g_file_get_contents("/proc/sys/kernel/random/boot_id", &boot, NULL, NULL));
	here = g_strdup_printf("%s %s\n", g_strchomp(boot), namespace);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	place = g_dir_make_tmp("pss-sweep-XXXXXX", NULL);
	g_setenv("XDG_RUNTIME_DIR", place, TRUE);
	g_unsetenv("ENV");
	find_here();
	g_test_add_func("/sweep/those of dead owners, and no others", test_stale_directories_are_swept);
	g_test_add_func("/sweep/owners in another namespace live on", test_sweep_in_another_namespace);
	int status = g_test_run();
	home_remove(place);
	return status;
}
