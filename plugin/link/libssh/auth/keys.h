/* SPDX-License-Identifier: MIT */
/* The keys that may log in, in the order of trial: files and the agent's. */
#pragma once

#include <libssh/libssh.h>

#include "link/config/ssh-config.h"
#include "link/libssh/auth/agent.h"

/* A key, or a certificate of one. What signs is the private half in `path`, or the agent. */
typedef struct {
	char *path;       /* of the private key; of a certificate that CertificateFile names, its own. NULL: agent */
	gint agent_index; /* the agent signs with its key of that number; -1: it does not have it */
	GBytes *blob;     /* the public key in wire form; NULL: not known before the private half is */
	gboolean is_certificate; /* blob is one */
	ssh_key private_key;     /* or NULL */
} PssKey;

/* Array of PssKey*, in ssh's order; -KeyFilePath's goes before all others. Nothing that is secret is read yet. */
GPtrArray *pss_keys_collect(const PssSshConfig *config, PssAgent *agent);

/* The key among `keys` that a certificate is of, or NULL. Of another key: itself. */
PssKey *pss_key_signer(const GPtrArray *keys, PssKey *key);

typedef enum {
	PSS_KEY_LOADED,
	PSS_KEY_LOCKED, /* it has a passphrase */
	PSS_KEY_UNUSABLE,
} PssKeyState;

/* Reads the private half of a key that is a file, unless that has been done. A file that others may read, and one that
 * holds another key than its .pub, are reported and not used, as in ssh. `ret_why` (or NULL) gets the reason why a key
 * cannot sign. */
PssKeyState pss_key_load(PssKey *key, PssLoginContext *person, const char **ret_why);

/* Asks for the passphrase, three times at most. FALSE: declined. */
gboolean pss_key_unlock(PssKey *key, PssLoginContext *person);

/* The public half for libssh; NULL: there is none, or libssh does not know its kind. To be freed. */
ssh_key pss_key_public(const PssKey *key);

/* The private half of `signer` in the name of the certificate `key`; NULL: libssh cannot. To be freed. */
ssh_key pss_key_certified(const PssKey *key, const PssKey *signer);

char *pss_key_describe(const PssKey *key, PssAgent *agent);
