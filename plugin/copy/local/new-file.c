/* SPDX-License-Identifier: MIT */
/* Writing beside and renaming. Called by copy/files and copy/trees for each file that is received. */
#include "copy/local/new-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "copy/local/beside.h"

#define BLOCK 4096 /* of zeros that become a hole */

struct PssNewFile {
	PssFolder *folder;
	char *name, *beside;
	int fd;
	guint64 part;
	guint64 end; /* of what there is in it */
};

#define FLAGS (O_RDWR | O_CLOEXEC | O_NOFOLLOW)

/* -1: there is none that is ours: a regular file of this user's with one name. */
static int open_part(PssNewFile *file)
{
	int fd = openat(pss_folder_fd(file->folder), file->beside, FLAGS | O_NONBLOCK);
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() && st.st_nlink == 1) {
		file->part = file->end = (guint64)st.st_size;
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

static int open_new(const PssNewFile *file)
{
	return openat(pss_folder_fd(file->folder), file->beside, FLAGS | O_CREAT | O_EXCL, 0600);
}

static int open_beside(PssNewFile *file, PssPartUse use)
{
	int fd = use == PSS_PART_CONTINUE ? open_part(file) : -1;

	if (fd < 0)
		fd = open_new(file);
	if (fd < 0 && errno == EEXIST && use != PSS_PART_NONE &&
	    unlinkat(pss_folder_fd(file->folder), file->beside, 0) == 0)
		fd = open_new(file);
	return fd;
}

PssNewFile *pss_new_file_open(PssFolder *folder, const char *name, const char *beside, PssPartUse use, GError **error)
{
	PssNewFile *file = g_new0(PssNewFile, 1);

	file->folder = pss_folder_ref(folder);
	file->name = g_strdup(name);
	file->beside = g_strdup(beside);
	file->fd = open_beside(file, use);
	if (file->fd >= 0)
		return file;
	pss_set_errno_bare(error, errno);
	pss_new_file_drop(file, TRUE);
	return NULL;
}

guint64 pss_new_file_part(const PssNewFile *file)
{
	return file->part;
}

int pss_new_file_fd(const PssNewFile *file)
{
	return file->fd;
}

static gboolean is_zero(const char *data, gsize n)
{
	return data[0] == 0 && memcmp(data, data + 1, n - 1) == 0;
}

/* How much of the n bytes is to be written in one piece; with *ret_skipped so many in front of it are a hole. */
static gsize next_piece(guint64 offset, const char *data, gsize n, gsize *ret_skipped)
{
	gsize at = 0;

	while (n - at >= BLOCK && (offset + at) % BLOCK == 0 && is_zero(data + at, BLOCK))
		at += BLOCK;
	*ret_skipped = at;
	gsize end = at;
	while (end < n) {
		gsize step = MIN(n - end, BLOCK - (offset + end) % BLOCK);
		if (end > at && step == BLOCK && is_zero(data + end, BLOCK))
			break;
		end += step;
	}
	return end - at;
}

static gboolean write_piece(PssNewFile *file, guint64 offset, const char *data, gsize n, GError **error)
{
	while (n > 0) {
		ssize_t written = pwrite(file->fd, data, n, (off_t)offset);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0) {
			pss_set_errno_bare(error, written < 0 ? errno : ENOSPC);
			return FALSE;
		}
		data += written;
		offset += (guint64)written;
		n -= (gsize)written;
	}
	file->end = MAX(file->end, offset);
	return TRUE;
}

gboolean pss_new_file_write(PssNewFile *file, guint64 offset, const void *data, gsize n, GError **error)
{
	const char *bytes = data;

	/* Over a part that was there zeros have to be written. */
	if (offset < file->part)
		return write_piece(file, offset, bytes, n, error);
	while (n > 0) {
		gsize skipped, piece = next_piece(offset, bytes, n, &skipped);
		if (!write_piece(file, offset + skipped, bytes + skipped, piece, error))
			return FALSE;
		offset += skipped + piece;
		bytes += skipped + piece;
		n -= skipped + piece;
	}
	return TRUE;
}

static void free_file(PssNewFile *file)
{
	if (file->fd >= 0)
		close(file->fd);
	pss_folder_unref(file->folder);
	g_free(file->name);
	g_free(file->beside);
	g_free(file);
}

void pss_new_file_drop(PssNewFile *file, gboolean keeps)
{
	if (!file)
		return;
	if (file->fd >= 0 && !keeps)
		unlinkat(pss_folder_fd(file->folder), file->beside, 0);
	free_file(file);
}

gboolean pss_new_file_finish(PssNewFile *file, guint64 size, const PssKept *kept, GError **error)
{
	int folder = pss_folder_fd(file->folder);
	gboolean good = TRUE;

	if (file->end != size && ftruncate(file->fd, (off_t)size) < 0) {
		pss_set_errno_bare(error, errno);
		good = FALSE;
	}
	good = good && pss_kept_apply(file->fd, kept, error);
	/* Some file systems say only now that the disk is full. */
	if (good && (close(file->fd) < 0 || renameat(folder, file->beside, folder, file->name) < 0)) {
		pss_set_errno_bare(error, errno);
		good = FALSE;
		file->fd = -1;
	} else if (good) {
		file->fd = -1;
	}
	if (!good)
		unlinkat(folder, file->beside, 0);
	free_file(file);
	return good;
}
