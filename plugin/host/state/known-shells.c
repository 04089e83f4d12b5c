/* SPDX-License-Identifier: MIT */
/* The families of shells, in memory and in one file of lines, "FAMILY PLACE", of which the last of a place counts.
 * Called by the session. What cannot be read or written is not known the next time, and that is no error. */
#include "host/state/known-shells.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX (256 * 1024) /* then a new one is begun */

static GHashTable *known; /* place → family */
static char *file;

static GHashTable *table(void)
{
	if (!known)
		known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return known;
}

static void take_line(const char *line)
{
	const char *blank = strchr(line, ' ');

	if (blank && blank > line && blank[1])
		g_hash_table_insert(table(), g_strdup(blank + 1), g_strndup(line, (gsize)(blank - line)));
}

static gboolean is_ours(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() && st.st_size <= FILE_MAX;
}

static void load(int fd)
{
	g_autofree char *text = g_malloc0(FILE_MAX + 1);
	gssize n, length = 0;

	while (length < FILE_MAX && (n = read(fd, text + length, (gsize)(FILE_MAX - length))) > 0)
		length += n;
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++)
		take_line(*line);
}

void pss_known_shells_set_file(const char *path)
{
	file = g_strdup(path);
	int fd = open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return;
	if (is_ours(fd))
		load(fd);
	else
		unlink(file);
	close(fd);
}

const char *pss_known_shell(const char *place)
{
	return g_hash_table_lookup(table(), place);
}

static void write_down(const char *place, const char *family)
{
	g_autofree char *line = g_strdup_printf("%s %s\n", family, place);
	g_autofree char *directory = file ? g_path_get_dirname(file) : NULL;

	if (!directory || g_mkdir_with_parents(directory, 0700) < 0)
		return;
	int fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	if (is_ours(fd) && write(fd, line, strlen(line)) < 0)
		g_debug("%s cannot be written", file);
	close(fd);
}

void pss_known_shell_note(const char *place, const char *family)
{
	if (g_strcmp0(pss_known_shell(place), family) == 0 || strpbrk(place, "\n"))
		return;
	g_hash_table_insert(table(), g_strdup(place), g_strdup(family));
	write_down(place, family);
}
