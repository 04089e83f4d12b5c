/* SPDX-License-Identifier: MIT */
/* The INVOKEs and RECEIVEs of one client, by their ids. */
#pragma once

#include "host/common/client-context.h"

typedef struct PssInvocations PssInvocations;

PssInvocations *pss_invocations_new(const PssClientContext *context);
void pss_invocations_free(PssInvocations *invocations); /* what runs is given up */

/* Back-pressure: while stopped, nothing more is read from any of them. */
void pss_invocations_stop_output(PssInvocations *invocations, gboolean stopped);

void pss_invocations_on_invoke(gpointer invocations, uint32_t id, struct pss_fields fields);
void pss_invocations_on_receive(gpointer invocations, uint32_t id, struct pss_fields fields);
void pss_invocations_on_variables(gpointer invocations, uint32_t id, struct pss_fields fields);
void pss_invocations_on_command(gpointer invocations, const struct pss_frame *frame);
void pss_invocations_on_stdin(gpointer invocations, const struct pss_frame *frame);
void pss_invocations_on_size(gpointer invocations, uint32_t id, struct pss_fields fields);
void pss_invocations_on_stop(gpointer invocations, uint32_t id, struct pss_fields fields);
