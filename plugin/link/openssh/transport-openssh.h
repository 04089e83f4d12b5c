/* SPDX-License-Identifier: MIT */
/* The transport that the ssh program makes, as a private ControlMaster and its clients, for what libssh cannot do. */
#pragma once

#include "link/transport/transport.h"

/* Takes the target over. `events` must outlive it. Never NULL. */
PssTransport *pss_transport_program_new(PssTarget *target, const PssTransportEvents *events, gpointer user);
