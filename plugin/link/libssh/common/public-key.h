/* SPDX-License-Identifier: MIT */
/* Public keys and certificates in SSH's wire form (RFC 4253, 6.6; PROTOCOL.certkeys), and the files that hold them. */
#pragma once

#include <glib.h>
#include <libssh/libssh.h>

/* What ssh takes for the public half of an identity: of `path` itself, of "PATH.pub", or of what an OpenSSH private key
 * says without its passphrase. NULL: nowhere. Blocks on the file system. */
GBytes *pss_public_load(const char *path);

/* The first line of a file that is a public key or a certificate, as bytes. NULL: there is none, or a private key. */
GBytes *pss_public_read(const char *text);

gboolean pss_public_is_certificate(GBytes *blob);
gboolean pss_public_is_user_certificate(GBytes *blob); /* not a host's */
gboolean pss_public_is_on_token(GBytes *blob);         /* sk-…: FIDO */

/* Whether the certificate is of that key. */
gboolean pss_public_is_of(GBytes *certificate, GBytes *key);

GBytes *pss_public_of(ssh_key key);      /* NULL: libssh cannot tell */
ssh_key pss_public_import(GBytes *blob); /* NULL: libssh does not know its kind */

/* The bytes of the key that stands in a file as `type` and base64, or NULL when it is none of that type. */
GBytes *pss_public_parse(const char *type, const char *text);
