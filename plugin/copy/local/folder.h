/* SPDX-License-Identifier: MIT */
/* A directory that is held open. Every step starts from one and goes to a name in it, never over a link, so that a
 * process that swaps directories for links meanwhile leads us nowhere else. Names are one component. Blocks where the
 * file system does. Errors say the system's reason alone; who calls knows the path. */
#pragma once

#include <glib.h>
#include <sys/stat.h>

typedef struct PssFolder PssFolder;

/* `path` is the user's: links in it are followed. NULL and error. */
PssFolder *pss_folder_open(const char *path, GError **error);
/* NULL and error, also where `name` is a link or no directory. */
PssFolder *pss_folder_open_below(PssFolder *folder, const char *name, GError **error);
PssFolder *pss_folder_ref(PssFolder *folder);
void pss_folder_unref(PssFolder *folder); /* accepts NULL */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PssFolder, pss_folder_unref)

int pss_folder_fd(const PssFolder *folder);
/* The same for whatever path leads to it. Free with g_free(). */
char *pss_folder_identity(const PssFolder *folder);

/* What is there, a link as such. FALSE and error; errno of ENOENT: nothing. */
gboolean pss_folder_look(PssFolder *folder, const char *name, struct stat *ret_stat, GError **error);

/* Makes it, or takes what is there (*ret_existed). A new one can be written until pss_folder_set() gives it its mode.
 */
PssFolder *pss_folder_make(PssFolder *folder, const char *name, gboolean *ret_existed, GError **error);

/* What is to be kept of a file; members that are not wanted are -1. Nanoseconds are lost on the way. */
typedef struct {
	gint64 mode; /* permission bits */
	gint64 uid, gid;
	gint64 atime, mtime; /* seconds; both or none */
} PssKept;
#define PSS_KEPT_NOTHING                                                   \
	{                                                                  \
		.mode = -1, .uid = -1, .gid = -1, .atime = -1, .mtime = -1 \
	}

gboolean pss_folder_set(PssFolder *folder, const PssKept *kept, GError **error);

/* The names in it but for . and .., in no order. Of an error what came before it, or NULL. Free with
 * g_ptr_array_unref(). */
GPtrArray *pss_folder_list(PssFolder *folder, GError **error);

/* NULL and error. Free with g_free(). */
char *pss_folder_read_link(PssFolder *folder, const char *name, GError **error);
/* A link with that text, in the place of what is there, a directory excepted. */
gboolean pss_folder_make_link(PssFolder *folder, const char *name, const char *text, GError **error);

gboolean pss_folder_remove(PssFolder *folder, const char *name, GError **error);
