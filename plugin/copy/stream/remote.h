/* SPDX-License-Identifier: MIT */
/* A remote tar in the channel of an `exec`, and the lines that its sh says in front of the archive and behind it
 * (PROTOCOL.md, "Trees through a remote tar"). */
#pragma once

#include <glib.h>

/* So many files are worth a stream: fewer are sooner there one by one. */
#define PSS_REMOTE_TAR_MIN 200

typedef struct {
	char nonce[17]; /* in each of its lines */
} PssRemoteTar;

void pss_remote_tar_init(PssRemoteTar *remote);

/* What the channel is to execute, for any login shell; free with g_free(). It reads a line with paths, as
 * pss_copy_shell_append_path() writes them: of the directory that is to be packed. */
char *pss_remote_tar_pack_command(const PssRemoteTar *remote);

/* The same; the paths are those of a directory that is made for the time of the copy, and of the one that is to be
 * there when all has come. The archive has all in the directory pss_remote_tar_top(), and ends with a file
 * pss_remote_tar_mark(). `preserves`: owners and times are as in the archive, else the caller's and now; `sets_owner`:
 * the caller is root. */
char *pss_remote_tar_unpack_command(const PssRemoteTar *remote, gboolean preserves, gboolean sets_owner);
char *pss_remote_tar_top(const PssRemoteTar *remote);
#define PSS_REMOTE_TAR_MARK "whole"

/* A line of it among these bytes: the words behind the nonce, which *ret_words borrows and which end at the line's end
 * (*ret_n_words bytes). How many bytes that and what is in front of it are; 0: there is none. */
gsize pss_remote_tar_find_line(const PssRemoteTar *remote, const char *bytes, gsize n, const char **ret_words,
			       gsize *ret_n_words);
