/* SPDX-License-Identifier: MIT */
#include "home.h"

#include <glib/gstdio.h>

char *home_make(void)
{
	GError *error = NULL;
	char *home = g_dir_make_tmp("pss-home-XXXXXX", &error);

	g_assert_no_error(error);
	return home;
}

void home_write(const char *home, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(home, name, NULL);
	g_autofree char *folder = g_path_get_dirname(path);

	if (g_mkdir_with_parents(folder, 0700) != 0 || !g_file_set_contents(path, text, -1, NULL))
		g_error("cannot write %s", path);
}

void home_remove(const char *home)
{
	const char *const argv[] = { "rm", "-rf", home, NULL };
	g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL);
}

Drive *home_start_bash(const char *home)
{
	g_autofree char *program = g_find_program_in_path("bash");
	const DriveOptions options = { .shell = program, .home = home };
	return drive_new(&options);
}
