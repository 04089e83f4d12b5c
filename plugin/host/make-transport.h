/* SPDX-License-Identifier: MIT */
/* The transport that a target asks for: the one place that knows all kinds. */
#pragma once

#include "link/transport/transport.h"

/* Takes the target over. `events` must outlive it. Never NULL. */
PssTransport *pss_transport_new(PssTarget *target, const PssTransportEvents *events, gpointer user);
