/* SPDX-License-Identifier: MIT */
/* Files through a remote POSIX sh, for servers without SFTP: seen from here it is an SFTP server (copy/sftp speaks to
 * it), at the other end it runs stat, dd, mv and the like for each request (server.sh). Slow where there are many
 * files: some processes for each. */
#pragma once

#include <glib.h>

/* What the channel is to execute; for any login shell. Static. */
const char *pss_copy_shell_command(void);

/* Appends a blank and the path as one word, of which `printf %b "${word#=}"` makes it again; a relative one begins with
 * "./". There is no blank in it, and nothing that a shell takes for anything. */
void pss_copy_shell_append_path(GString *line, const char *path);

/* Serves over that channel's descriptor, which it takes over, from the default main context. Returns the descriptor for
 * pss_sftp_new(); when that is closed, or the channel ends, all of this ends by itself. -1 and errno. */
int pss_copy_shell_serve(int channel);
