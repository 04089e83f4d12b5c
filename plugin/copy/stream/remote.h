/* SPDX-License-Identifier: MIT */
/* A remote tar between the lines of a POSIX sh (PROTOCOL.md, "Trees through a remote tar"): the programs for that sh,
 * and what it says. */
#pragma once

#include <glib.h>

/* So many files are sooner there one by one. */
#define PSS_REMOTE_TAR_MIN 200

typedef struct {
	char nonce[17]; /* in each of its lines */
} PssRemoteTar;

void pss_remote_tar_init(PssRemoteTar *remote);

/* Lines for pss_copy_shell_command(), up to its dot; free with g_free(). A line with paths is to follow, as
 * pss_copy_shell_append_path() writes them. */
char *pss_remote_tar_packer(const PssRemoteTar *remote);
/* `preserves`: times are kept, and owners where the caller is root there. */
char *pss_remote_tar_unpacker(const PssRemoteTar *remote, gboolean preserves);

/* What unpack.sh wants of an archive: a directory that all is in, and behind it a file. Free with g_free(). */
char *pss_remote_tar_top(const PssRemoteTar *remote);
#define PSS_REMOTE_TAR_MARK "whole"

/* A line of it among these bytes: the words behind the nonce, which *ret_words borrows and which end at the line's end
 * (*ret_n_words bytes). How many bytes that and what is in front of it are; 0: there is none. */
gsize pss_remote_tar_find_line(const PssRemoteTar *remote, const char *bytes, gsize n, const char **ret_words,
			       gsize *ret_n_words);
