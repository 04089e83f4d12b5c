/* SPDX-License-Identifier: MIT */
/* Whether the server is the one it claims to be: known_hosts and StrictHostKeyChecking applied to its key. */
#pragma once

#include <libssh/libssh.h>

#include "link/config/ssh-config.h"
#include "link/libssh/hostkey/offer.h"

/* After the key exchange, before anything secret goes out. FALSE with PSS_HOST_KEY unless the key is known or
 * the person accepts it, which adds it to known_hosts. `address` is numeric, or NULL behind a proxy. */
gboolean pss_ssh_hostkey_check(PssLoginContext *person, const PssSshConfig *config, const char *address,
			       ssh_session session, const PssSshOffer *offer, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* HostKeyAlgorithms with the types that known_hosts has for this host in front, as ssh orders them, so
 * that a server with several keys shows one that is known. NULL: as it is. */
char *pss_ssh_hostkey_algorithms(const PssSshConfig *config, const char *available);
