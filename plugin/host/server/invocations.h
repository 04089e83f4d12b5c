/* SPDX-License-Identifier: MIT */
/* INVOKE and RECEIVE, and what belongs to them: the commands that one client runs, in sessions and on computers, and
 * what it is given of others. */
#pragma once

#include "host/server/peer.h"

PssInvocations *pss_invocations_new(PssPeer *peer);
void pss_invocations_free(PssInvocations *invocations); /* what runs is given up; accepts NULL */

/* Back-pressure: while stopped, nothing more is read from any of them. */
void pss_invocations_stop_output(PssInvocations *invocations, gboolean stopped);

void pss_invocations_on_invoke(PssPeer *peer, uint32_t id, struct pss_fields fields);
void pss_invocations_on_receive(PssPeer *peer, uint32_t id, struct pss_fields fields);
void pss_invocations_on_variables(PssPeer *peer, uint32_t id, struct pss_fields fields);
void pss_invocations_on_command(PssPeer *peer, const struct pss_frame *frame);
void pss_invocations_on_stdin(PssPeer *peer, const struct pss_frame *frame);
void pss_invocations_on_size(PssPeer *peer, uint32_t id, struct pss_fields fields);
void pss_invocations_on_stop(PssPeer *peer, uint32_t id, struct pss_fields fields);
