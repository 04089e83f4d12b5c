/* SPDX-License-Identifier: MIT */
/* The runtime directory: made where it is missing, refused where somebody else could have put it. */
#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wire/runtime.h"
#include "wire/system.h"

struct place {
	char *root;
	char *run;  /* root/run/user/UID */
	char *home; /* root/home */
	struct pss_runtime runtime;
};

static void set_up(struct place *place, gconstpointer data)
{
	/* Below /tmp, because paths of sockets are short. */
	place->root = g_strdup("/tmp/pss-unit-XXXXXX");
	g_assert_nonnull(mkdtemp(place->root));
	place->run = g_strdup_printf("%s/run/user/%u", place->root, geteuid());
	place->home = g_strdup_printf("%s/home", place->root);
	g_assert_cmpint(g_mkdir_with_parents(place->run, 0700), ==, 0);
	g_assert_cmpint(g_mkdir(place->home, 0755), ==, 0);
}

static void remove_tree(const char *path)
{
	GDir *directory = g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
	const char *name;

	while (directory && (name = g_dir_read_name(directory))) {
		g_autofree char *below = g_build_filename(path, name, NULL);
		remove_tree(below);
	}
	if (directory)
		g_dir_close(directory);
	g_remove(path);
}

static void tear_down(struct place *place, gconstpointer data)
{
	remove_tree(place->root);
	g_free(place->root);
	g_free(place->run);
	g_free(place->home);
}

static int find(struct place *place)
{
	return pss_runtime_find_below(place->root, place->home, geteuid(), &place->runtime);
}

static char *in_run(struct place *place)
{
	return g_strdup_printf("%s/pssession", place->run);
}

static void assert_private(const char *path)
{
	struct stat st;
	g_assert_cmpint(lstat(path, &st), ==, 0);
	g_assert_true(S_ISDIR(st.st_mode));
	g_assert_cmpint(st.st_mode & 07777, ==, 0700);
}

static void it_is_made(struct place *place, gconstpointer data)
{
	g_autofree char *wanted = in_run(place);

	g_assert_cmpint(find(place), ==, 0);
	g_assert_cmpstr(place->runtime.directory, ==, wanted);
	g_assert_true(g_str_has_prefix(place->runtime.socket, wanted));
	g_assert_true(g_str_has_prefix(place->runtime.lock, wanted));
	assert_private(wanted);
	g_assert_cmpint(find(place), ==, 0);
}

static void a_symlink_is_refused(struct place *place, gconstpointer data)
{
	g_autofree char *path = in_run(place);
	g_autofree char *target = g_build_filename(place->root, "elsewhere", NULL);

	g_assert_cmpint(g_mkdir(target, 0700), ==, 0);
	g_assert_cmpint(symlink(target, path), ==, 0);
	g_assert_cmpint(find(place), ==, -EPERM);
	g_assert_cmpstr(place->runtime.directory, ==, path);
}

static void an_open_mode_is_refused(struct place *place, gconstpointer data)
{
	g_autofree char *path = in_run(place);

	g_assert_cmpint(g_mkdir(path, 0700), ==, 0);
	for (unsigned bit = 0; bit < 6; bit++) {
		g_assert_cmpint(chmod(path, 0700 | 1u << bit), ==, 0);
		g_assert_cmpint(find(place), ==, -EPERM);
	}
	g_assert_cmpint(chmod(path, 0700), ==, 0);
	g_assert_cmpint(find(place), ==, 0);
}

static void a_file_is_refused(struct place *place, gconstpointer data)
{
	g_autofree char *path = in_run(place);

	g_assert_true(g_file_set_contents(path, "", 0, NULL));
	g_assert_cmpint(find(place), ==, -EPERM);
}

static void anothers_directory_is_refused(struct place *place, gconstpointer data)
{
	g_autofree char *path = in_run(place);

	if (geteuid() != 0) {
		g_test_skip("only root can give a directory away");
		return;
	}
	g_assert_cmpint(g_mkdir(path, 0700), ==, 0);
	g_assert_cmpint(chown(path, 65534, 65534), ==, 0);
	g_assert_cmpint(find(place), ==, -EPERM);
}

static void without_run_it_is_below_the_home(struct place *place, gconstpointer data)
{
	g_autofree char *prefix = g_strdup_printf("%s/.local/state/pssession/run-", place->home);

	remove_tree(place->run);
	g_assert_cmpint(find(place), ==, 0);
	g_assert_true(g_str_has_prefix(place->runtime.directory, prefix));
	assert_private(place->runtime.directory);
}

static void a_run_that_is_open_to_others_is_left_alone(struct place *place, gconstpointer data)
{
	g_assert_cmpint(chmod(place->run, 0755), ==, 0);
	g_assert_cmpint(find(place), ==, 0);
	g_assert_true(g_str_has_prefix(place->runtime.directory, place->home));
}

static void a_parent_that_others_can_write_is_refused(struct place *place, gconstpointer data)
{
	g_autofree char *local = g_build_filename(place->home, ".local", NULL);

	remove_tree(place->run);
	g_assert_cmpint(g_mkdir(local, 0700), ==, 0);
	g_assert_cmpint(chmod(local, 0777), ==, 0);
	g_assert_cmpint(find(place), ==, -EPERM);
}

static void a_long_home_is_an_error(struct place *place, gconstpointer data)
{
	g_autofree char *name = g_strnfill(100, 'x');
	g_autofree char *home = g_build_filename(place->root, name, NULL);

	remove_tree(place->run);
	g_assert_cmpint(g_mkdir(home, 0700), ==, 0);
	g_assert_cmpint(pss_runtime_find_below(place->root, home, geteuid(), &place->runtime), ==, -ENAMETOOLONG);
}

static void no_place_at_all_is_an_error(struct place *place, gconstpointer data)
{
	remove_tree(place->run);
	g_assert_cmpint(pss_runtime_find_below(place->root, NULL, geteuid(), &place->runtime), ==, -ENOENT);
}

static void an_override_that_is_not_private_is_ignored(struct place *place, gconstpointer data)
{
	g_autofree char *path = g_build_filename(place->root, "own", NULL);
	const char *before = g_getenv("PSSESSION_RUNTIME_DIR");

	g_assert_cmpint(g_mkdir(path, 0700), ==, 0);
	g_setenv("PSSESSION_RUNTIME_DIR", path, TRUE);
	g_assert_cmpint(pss_runtime_find(geteuid(), &place->runtime), ==, 0);
	g_assert_cmpstr(place->runtime.directory, ==, path);
	g_assert_cmpint(chmod(path, 0750), ==, 0);
	/* What is found instead depends on this machine; it must not be that one. */
	pss_runtime_find(geteuid(), &place->runtime);
	g_assert_cmpstr(place->runtime.directory, !=, path);
	if (before)
		g_setenv("PSSESSION_RUNTIME_DIR", before, TRUE);
	else
		g_unsetenv("PSSESSION_RUNTIME_DIR");
}

static void the_peer_is_known(struct place *place, gconstpointer data)
{
	int ends[2];
	uid_t uid;
	pid_t pid;

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), ==, 0);
	g_assert_cmpint(pss_peer(ends[0], &uid, &pid), ==, 0);
	g_assert_cmpint(uid, ==, geteuid());
	g_assert_cmpint(pid, ==, getpid());
	close(ends[0]);
	close(ends[1]);
	g_assert_cmpint(pss_peer(ends[0], &uid, &pid), ==, -EBADF);
}

#define ADD(name, function) g_test_add("/runtime/" name, struct place, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("it is made, and found again", it_is_made);
	ADD("a symlink is refused", a_symlink_is_refused);
	ADD("an open mode is refused", an_open_mode_is_refused);
	ADD("a file is refused", a_file_is_refused);
	ADD("another's directory is refused", anothers_directory_is_refused);
	ADD("without a run directory it is below the home", without_run_it_is_below_the_home);
	ADD("a run directory that is open to others is left alone", a_run_that_is_open_to_others_is_left_alone);
	ADD("a parent that others can write is refused", a_parent_that_others_can_write_is_refused);
	ADD("a long home is an error", a_long_home_is_an_error);
	ADD("no place at all is an error", no_place_at_all_is_an_error);
	ADD("an override that is not private is ignored", an_override_that_is_not_private_is_ignored);
	ADD("the peer is known", the_peer_is_known);
	return g_test_run();
}
