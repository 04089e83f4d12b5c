/* SPDX-License-Identifier: MIT */
/* Kerberos for the method gssapi-with-mic (RFC 4462, section 3): is there a ticket of the caller's, and does the KDC
 * give one for the server? Asked before libssh is, which would ask the KDC itself, in the middle of the login and
 * for as long as that may take: when it comes to libssh, what it needs lies in the caller's cache. */
#pragma once

#include <libssh/libssh.h>

#include "link/config/ssh-config.h"

/* Is there a ticket, still valid? Nothing is asked over the network but what the cache itself may ask. Blocks for half
 * of the time that the person's deadline leaves, at most. NULL: yes; else why not, to be freed. */
char *pss_gssapi_find_ticket(PssLoginContext *person, const PssSshConfig *config) G_GNUC_WARN_UNUSED_RESULT;

/* The same, and has the KDC put one for this server beside it. */
char *pss_gssapi_fetch_ticket(PssLoginContext *person, const PssSshConfig *config) G_GNUC_WARN_UNUSED_RESULT;

/* Before ssh_userauth_gssapi(), in the same thread: which cache, whose ticket and for whom. */
void pss_gssapi_prepare(ssh_session session, const PssSshConfig *config);
