/* SPDX-License-Identifier: MIT */
/* This computer as an end of a transfer. Everything is done at once; the answers come before the calls return. Called
 * by copy/items through pss_side_local. */
#include "copy/sides/sides.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

PssSftpAttributes pss_local_attributes(const struct stat *st)
{
	return (PssSftpAttributes){
		.has = PSS_SFTP_HAS_SIZE | PSS_SFTP_HAS_OWNER | PSS_SFTP_HAS_MODE | PSS_SFTP_HAS_TIMES,
		.size = (guint64)st->st_size,
		.uid = st->st_uid,
		.gid = st->st_gid,
		.mode = st->st_mode,
		.atime = (guint32)st->st_atime,
		.mtime = (guint32)st->st_mtime,
	};
}

/* The directory that a path is in, and its name there; without slashes at its end. */
static void split(const char *path, char **ret_directory, char **ret_name)
{
	*ret_directory = g_path_get_dirname(path);
	*ret_name = g_path_get_basename(path);
	if (*path && path[strlen(path) - 1] == '/') {
		g_autofree char *bare = g_strdup(path);
		for (gsize n = strlen(bare); n > 1 && bare[n - 1] == '/'; n--)
			bare[n - 1] = '\0';
		g_free(*ret_directory);
		*ret_directory = g_path_get_dirname(bare);
	}
}

/* ---- source */

static void find(PssTransfer *transfer, const PssOperand *operand)
{
	g_autofree char *directory = NULL, *name = NULL;
	g_autoptr(GError) error = NULL;
	struct stat st;

	split(operand->path, &directory, &name);
	g_autoptr(PssFolder) folder = pss_folder_open(directory, &error);
	if (folder && fstatat(pss_folder_fd(folder), name, &st, 0) < 0)
		g_set_error_literal(&error, PSS_ERROR, PSS_FAILED, g_strerror(errno));
	if (error) {
		pss_report_source(transfer, operand->path, error->message);
	} else {
		PssSftpAttributes attributes = pss_local_attributes(&st);
		pss_transfer_found(transfer, operand->path, folder, name, &attributes);
	}
	pss_transfer_searched(transfer);
}

/* A directory of the user's own may be named by a link; below it none is followed. */
PssFolder *pss_local_open_source(PssItem *directory, GError **error)
{
	if (directory->is_operand)
		return pss_folder_open(directory->source_path, error);
	return pss_folder_open_below(directory->parent->source_folder, directory->name, error);
}

static void found(PssItem *directory, const char *name)
{
	g_autoptr(GError) error = NULL;
	struct stat st;

	if (!pss_folder_look(directory->source_folder, name, &st, &error)) {
		g_autofree char *path = pss_path_join(directory->source_path, name);
		pss_report_source(directory->transfer, path, error->message);
		return;
	}
	PssSftpAttributes attributes = pss_local_attributes(&st);
	pss_item_found(directory, name, &attributes);
}

static void list(PssItem *directory)
{
	g_autoptr(GError) error = NULL;
	PssFolder *folder = pss_local_open_source(directory, &error);
	g_autoptr(GPtrArray) names = NULL;

	pss_folder_unref(directory->source_folder);
	directory->source_folder = folder;
	if (folder)
		names = pss_folder_list(folder, &error);
	for (guint i = 0; names && i < names->len; i++)
		found(directory, names->pdata[i]);
	pss_item_listed(directory, error);
}

static void read_link(PssItem *link)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *text = pss_folder_read_link(link->parent->source_folder, link->name, &error);

	pss_item_link_read(link, text, error);
}

/* ---- destination */

/* The target is a directory, or is to be one. */
static void resolve_directory(PssTransfer *transfer, const char *path)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *below = transfer->subdirectory ? pss_path_join(path, transfer->subdirectory) : g_strdup(path);

	if (mkdir(path, 0777) < 0 && errno != EEXIST)
		g_set_error_literal(&error, PSS_ERROR, PSS_FAILED, g_strerror(errno));
	else if (transfer->subdirectory && mkdir(below, 0777) < 0 && errno != EEXIST)
		g_set_error_literal(&error, PSS_ERROR, PSS_FAILED, g_strerror(errno));
	g_autoptr(PssFolder) folder = error ? NULL : pss_folder_open(below, &error);
	pss_transfer_resolved(transfer, below, folder, NULL, TRUE, error);
}

static void resolve(PssTransfer *transfer)
{
	g_autofree char *directory = NULL, *name = NULL;
	g_autoptr(GError) error = NULL;
	const char *path = *transfer->target ? transfer->target : ".";
	struct stat st;
	gboolean exists = stat(path, &st) == 0;

	if ((exists && S_ISDIR(st.st_mode)) ||
	    (!exists && (transfer->needs_directory || g_str_has_suffix(path, "/")))) {
		resolve_directory(transfer, path);
		return;
	}
	/* A link to a file that the user names is written through, as by scp. */
	g_autofree char *real = exists ? realpath(path, NULL) : NULL;
	split(real ? real : path, &directory, &name);
	g_autoptr(PssFolder) folder = pss_folder_open(directory, &error);
	if (exists && transfer->needs_directory)
		g_set_error_literal(&error, PSS_ERROR, PSS_FAILED, "it is no directory");
	pss_transfer_resolved(transfer,
			      error                                         ? path
			      : strcmp(directory, ".") == 0 && *path != '.' ? ""
									    : directory,
			      folder, name, TRUE, error);
}

static void make(PssItem *directory)
{
	g_autoptr(GError) error = NULL;
	gboolean existed = FALSE;

	directory->target_folder = pss_folder_make(directory->into->target_folder, directory->as, &existed, &error);
	pss_item_made(directory, existed, error);
}

static void look(PssItem *item)
{
	g_autoptr(GError) error = NULL;
	struct stat st;

	if (fstatat(pss_folder_fd(item->into->target_folder), item->as, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		PssSftpAttributes there = pss_local_attributes(&st);
		pss_item_looked(item, &there, NULL);
		return;
	}
	if (errno != ENOENT)
		g_set_error_literal(&error, PSS_ERROR, PSS_FAILED, g_strerror(errno));
	pss_item_looked(item, NULL, error);
}

static void make_link(PssItem *link, const char *text)
{
	g_autoptr(GError) error = NULL;

	if (pss_folder_make_link(link->into->target_folder, link->as, text, &error))
		pss_item_done(link, NULL);
	else
		pss_item_failed_there(link, error);
}

static void set(PssItem *directory)
{
	g_autoptr(GError) error = NULL;
	PssKept kept = pss_item_kept(directory);
	struct stat st;

	/* The group that it has from the directory it is in, and hands on. */
	if (!directory->transfer->copy->request->preserve && fstat(pss_folder_fd(directory->target_folder), &st) == 0)
		kept.mode |= st.st_mode & S_ISGID;
	pss_folder_set(directory->target_folder, &kept, &error);
	pss_item_set(directory, error);
}

const PssSide pss_side_local = {
	.find = find,
	.list = list,
	.read_link = read_link,
	.resolve = resolve,
	.make = make,
	.look = look,
	.make_link = make_link,
	.set = set,
};
