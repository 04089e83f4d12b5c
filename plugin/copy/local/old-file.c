/* SPDX-License-Identifier: MIT */
/* Reading a file with its holes. Called by copy/files and copy/trees for each file that is sent. */
#include "copy/local/old-file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"
#include "copy/local/beside.h"

#define STAT_BLOCK 512 /* bytes, of st_blocks */

struct PssOldFile {
	int fd;
	struct stat stat;
	guint64 data_end; /* where the next hole may begin */
};

const char *pss_kind_name(mode_t mode)
{
	static const struct {
		mode_t kind;
		const char *name;
	} kinds[] = {
		{ S_IFIFO, "a fifo" },   { S_IFSOCK, "a socket" },       { S_IFBLK, "a device" },
		{ S_IFCHR, "a device" }, { S_IFLNK, "a symbolic link" }, { S_IFDIR, "a directory" },
		{ S_IFREG, "a file" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (kinds[i].kind == (mode & S_IFMT))
			return kinds[i].name;
	return "no regular file";
}

PssOldFile *pss_old_file_open(PssFolder *folder, const char *name, gboolean follows, GError **error)
{
	PssOldFile *file = g_new0(PssOldFile, 1);

	file->fd = openat(pss_folder_fd(folder), name,
			  O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (follows ? 0 : O_NOFOLLOW));
	if (file->fd < 0 || fstat(file->fd, &file->stat) < 0) {
		pss_set_errno_bare(error, errno);
		pss_old_file_free(file);
		return NULL;
	}
	/* One that has all its blocks has no hole that is worth looking for. */
	if (file->stat.st_blocks * STAT_BLOCK >= file->stat.st_size)
		file->data_end = (guint64)file->stat.st_size;
	if (S_ISREG(file->stat.st_mode))
		return file;
	g_set_error(error, PSS_ERROR, PSS_FAILED, "it is %s", pss_kind_name(file->stat.st_mode));
	pss_old_file_free(file);
	return NULL;
}

void pss_old_file_free(PssOldFile *file)
{
	if (!file)
		return;
	if (file->fd >= 0)
		close(file->fd);
	g_free(file);
}

int pss_old_file_fd(const PssOldFile *file)
{
	return file->fd;
}

const struct stat *pss_old_file_stat(const PssOldFile *file)
{
	return &file->stat;
}

/* Moves over a hole. A file system that knows no holes has data everywhere. */
static void skip_hole(PssOldFile *file, guint64 *offset, guint64 size)
{
	off_t data = lseek(file->fd, (off_t)*offset, SEEK_DATA);

	if (data < 0) {
		*offset = errno == ENXIO ? size : *offset;
		file->data_end = size;
		return;
	}
	off_t hole = lseek(file->fd, data, SEEK_HOLE);
	*offset = MIN((guint64)data, size);
	file->data_end = hole > data ? (guint64)hole : size;
}

gssize pss_old_file_read(PssOldFile *file, guint64 *offset, void *buffer, gsize n, GError **error)
{
	guint64 size = (guint64)file->stat.st_size;
	ssize_t got;

	if (*offset < size && *offset >= file->data_end)
		skip_hole(file, offset, size);
	if (*offset >= size)
		return 0;
	n = MIN(n, MIN(size, MAX(file->data_end, *offset + 1)) - *offset);
	do {
		got = pread(file->fd, buffer, n, (off_t)*offset);
	} while (got < 0 && errno == EINTR);
	if (got > 0)
		return got;
	pss_set_errno_bare(error, got < 0 ? errno : EIO);
	if (got == 0 && error)
		g_clear_error(error);
	if (got == 0)
		g_set_error_literal(error, PSS_ERROR, PSS_FAILED, "it has become shorter while it was read");
	return -1;
}

gboolean pss_old_file_is_same(const PssOldFile *file, gboolean *ret_has_grown)
{
	const struct stat *before = &file->stat;
	struct stat now;

	if (fstat(file->fd, &now) < 0)
		return FALSE;
	*ret_has_grown = now.st_size > before->st_size;
	return *ret_has_grown || (now.st_size == before->st_size && now.st_mtim.tv_sec == before->st_mtim.tv_sec &&
				  now.st_mtim.tv_nsec == before->st_mtim.tv_nsec);
}
