/* SPDX-License-Identifier: MIT */
/* openat(2) and its like, with O_NOFOLLOW in each. Called by copy/items and copy/sides for both ends of a copy, and by
 * the files of this folder. */
#include "copy/local/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/shortage.h"
#include "copy/local/beside.h"

struct PssFolder {
	guint n_references;
	int fd;
};

#define OPEN_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

static void set_error(GError **error)
{
	pss_set_errno_bare(error, errno);
}

static PssFolder *take(int fd, GError **error)
{
	if (fd < 0) {
		set_error(error);
		return NULL;
	}
	PssFolder *folder = g_new0(PssFolder, 1);
	folder->n_references = 1;
	folder->fd = fd;
	return folder;
}

PssFolder *pss_folder_open(const char *path, GError **error)
{
	return take(open(*path ? path : ".", OPEN_FLAGS), error);
}

PssFolder *pss_folder_open_below(PssFolder *folder, const char *name, GError **error)
{
	return take(openat(folder->fd, name, OPEN_FLAGS | O_NOFOLLOW), error);
}

PssFolder *pss_folder_ref(PssFolder *folder)
{
	folder->n_references++;
	return folder;
}

void pss_folder_unref(PssFolder *folder)
{
	if (!folder || --folder->n_references > 0)
		return;
	close(folder->fd);
	g_free(folder);
}

int pss_folder_fd(const PssFolder *folder)
{
	return folder->fd;
}

char *pss_folder_identity(const PssFolder *folder)
{
	struct stat st = { 0 };

	if (fstat(folder->fd, &st) < 0)
		return g_strdup("");
	return g_strdup_printf("%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT, (guint64)st.st_dev, (guint64)st.st_ino);
}

gboolean pss_folder_look(PssFolder *folder, const char *name, struct stat *ret_stat, GError **error)
{
	if (fstatat(folder->fd, name, ret_stat, AT_SYMLINK_NOFOLLOW) == 0)
		return TRUE;
	set_error(error);
	return FALSE;
}

PssFolder *pss_folder_make(PssFolder *folder, const char *name, gboolean *ret_existed, GError **error)
{
	gboolean existed = FALSE;

	if (mkdirat(folder->fd, name, 0700) < 0) {
		existed = errno == EEXIST;
		if (!existed) {
			set_error(error);
			return NULL;
		}
	}
	*ret_existed = existed;
	return pss_folder_open_below(folder, name, error);
}

gboolean pss_folder_set(PssFolder *folder, const PssKept *kept, GError **error)
{
	return pss_kept_apply(folder->fd, kept, error);
}

GPtrArray *pss_folder_list(PssFolder *folder, GError **error)
{
	int fd = openat(folder->fd, ".", OPEN_FLAGS);
	DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;

	if (!directory) {
		set_error(error);
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	while ((errno = 0, entry = readdir(directory)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			g_ptr_array_add(names, g_strdup(entry->d_name));
	if (errno != 0)
		set_error(error);
	closedir(directory);
	return names;
}

char *pss_folder_read_link(PssFolder *folder, const char *name, GError **error)
{
	char text[4097];
	ssize_t n = readlinkat(folder->fd, name, text, sizeof text - 1);

	if (n < 0) {
		set_error(error);
		return NULL;
	}
	text[n] = '\0';
	return g_strdup(text);
}

gboolean pss_folder_make_link(PssFolder *folder, const char *name, const char *text, GError **error)
{
	g_autofree char *beside = pss_beside_name(name);

	if (symlinkat(text, folder->fd, beside) < 0) {
		set_error(error);
		return FALSE;
	}
	if (renameat(folder->fd, beside, folder->fd, name) == 0)
		return TRUE;
	set_error(error);
	unlinkat(folder->fd, beside, 0);
	return FALSE;
}

gboolean pss_folder_remove(PssFolder *folder, const char *name, GError **error)
{
	if (unlinkat(folder->fd, name, 0) == 0)
		return TRUE;
	set_error(error);
	return FALSE;
}
