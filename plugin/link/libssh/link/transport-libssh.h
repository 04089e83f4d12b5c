/* SPDX-License-Identifier: MIT */
/* The transport that libssh makes. */
#pragma once

#include "link/transport/transport.h"

/* Takes the target over. `events` must outlive it. Never NULL. */
PssTransport *pss_transport_ssh_new(PssTarget *target, const PssTransportEvents *events, gpointer user);
