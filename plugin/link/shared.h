/* SPDX-License-Identifier: MIT */
/* One transport for all that ask for it and name the same target, as long as there is room. */
#pragma once

#include "link/transport/transport.h"

/* `make` makes the one that is shared. Takes the target over. `events` must outlive it. Never NULL. */
PssTransport *pss_transport_shared_new(PssTarget *target, PssTransportNewFunc make, const PssTransportEvents *events,
				       gpointer user);
