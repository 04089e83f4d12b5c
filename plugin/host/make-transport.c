/* SPDX-License-Identifier: MIT */
#include "host/make-transport.h"

#include "link/libssh/link/transport-libssh.h"
#include "link/openssh/transport-openssh.h"
#include "link/shared.h"

PssTransport *pss_transport_new(PssTarget *target, const PssTransportEvents *events, gpointer user)
{
	if (target->share)
		return pss_transport_shared_new(target, pss_transport_new, events, user);
	return (target->by_program ? pss_transport_program_new : pss_transport_ssh_new)(target, events, user);
}
