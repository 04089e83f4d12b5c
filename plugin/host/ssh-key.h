/* SPDX-License-Identifier: MIT */
/* The keys that may log in, in the order of trial: files and the agent's. */
#pragma once

#include <libssh/libssh.h>

#include "host/ssh-agent.h"
#include "host/ssh-config.h"

typedef struct {
	char *path; /* of the private key; NULL: the agent's key number `agent_index` */
	guint agent_index;
	GBytes *blob; /* the public key in wire form; NULL: not known before the passphrase is */
	ssh_key public_key, private_key, certificate; /* each may be NULL */
	gboolean encrypted;
} PssKey;

/* Array of PssKey*. A file that is no key, or that others may read, is left out with a note, as in ssh. */
GPtrArray *pss_keys_collect(PssPerson *person, const PssSshConfig *config, PssAgent *agent);

/* Loads the private key of an encrypted file; asks for the passphrase, three times at most. FALSE: declined. */
gboolean pss_key_unlock(PssKey *key, PssPerson *person);

char *pss_key_describe(const PssKey *key, PssAgent *agent);
GBytes *pss_key_blob(ssh_key key);
