/* SPDX-License-Identifier: MIT */
/* Names that known_hosts holds hashed (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"): HMAC-SHA1 (RFC 2104, RFC 3174) with a
 * salt of each line's own. A name that is looked up is compared with all of them, so each salt's part of the work is
 * done once, and each name's. */
#pragma once

#include <glib.h>

#define PSS_NAME_HASH_BYTES 20

/* A line's salt and digest. */
typedef struct {
	guint32 inner[5], outer[5]; /* SHA-1's state behind the padded salt */
	guint32 digest[5];
} PssNameHash;

/* "|1|SALT|DIGEST" as the line has it, `n` bytes. FALSE: it does not have that form, and matches no name. */
gboolean pss_name_hash_parse(const char *text, gsize n, PssNameHash *ret_hash) G_GNUC_WARN_UNUSED_RESULT;

/* A name on its way through the hashes. */
typedef struct PssHashedName PssHashedName;
PssHashedName *pss_hashed_name_new(const char *name);
void pss_hashed_name_free(PssHashedName *name);
gboolean pss_hashed_name_is(const PssHashedName *name, const PssNameHash *hash);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PssHashedName, pss_hashed_name_free)
