/* SPDX-License-Identifier: MIT */
/* A directory that cannot be listed is an error that says why, and leaves nothing open. */
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "copy/local/folder.h"

static int lowest_free_fd(void)
{
	int fd = open("/", O_RDONLY | O_CLOEXEC);

	close(fd);
	return fd;
}

static void test_no_descriptor(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(PssFolder) folder = pss_folder_open("/", &error);
	struct rlimit limit, before;

	g_assert_no_error(error);
	g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &before), ==, 0);
	limit = before;
	limit.rlim_cur = (rlim_t)lowest_free_fd();
	g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &limit), ==, 0);
	g_assert_null(pss_folder_list(folder, &error));
	setrlimit(RLIMIT_NOFILE, &before);
	g_assert_nonnull(error);
	g_test_message("%s", error->message);
	g_assert_null(strstr(error->message, "Success"));
	g_assert_cmpint(lowest_free_fd(), ==, (int)limit.rlim_cur);
	g_clear_error(&error);

	g_autoptr(GPtrArray) names = pss_folder_list(folder, &error);
	g_assert_no_error(error);
	g_assert_true(g_ptr_array_find_with_equal_func(names, "tmp", g_str_equal, NULL));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/folder/no descriptor is left", test_no_descriptor);
	return g_test_run();
}
