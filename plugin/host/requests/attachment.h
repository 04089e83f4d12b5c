/* SPDX-License-Identifier: MIT */
/* A client attached to a session: its frames become lines and keys, the session's events become frames. */
#pragma once

#include "host/peer/peer.h"
#include "host/session/session.h"

typedef struct PssAttachment PssAttachment;

PssAttachment *pss_attachment_new(PssPeer *peer);
void pss_attachment_free(PssAttachment *attachment); /* detaches, and sends nothing */

/* Attaches to the session, and confirms it by the RESULT of `id`; a refusal is that RESULT too. */
void pss_attachment_enter(PssAttachment *attachment, uint32_t id, PssSession *session, struct pss_size size,
			  gboolean force);

/* LEAVE. FALSE: the request `id` is not attached. `keep`: the session becomes a kept one. */
gboolean pss_attachment_leave(PssAttachment *attachment, uint32_t id, gboolean keep);

/* Back-pressure: while stopped, nothing more is read from the session. */
void pss_attachment_stop_output(PssAttachment *attachment, gboolean stopped);

/* Gives up the COMPLETE of this id. FALSE: no completion has that id. */
gboolean pss_attachment_cancel(PssAttachment *attachment, uint32_t id);

/* Handlers of ATTACH, and of what is sent while attached. */
void pss_attachment_on_attach(gpointer attachment, uint32_t id, struct pss_fields fields);
void pss_attachment_on_complete(gpointer attachment, uint32_t id, struct pss_fields fields);
void pss_attachment_on_line(gpointer attachment, const struct pss_frame *frame);
void pss_attachment_on_input(gpointer attachment, const struct pss_frame *frame);
void pss_attachment_on_resize(gpointer attachment, uint32_t id, struct pss_fields fields);
void pss_attachment_on_interrupt(gpointer attachment, uint32_t id, struct pss_fields fields);
void pss_attachment_on_discard(gpointer attachment, uint32_t id, struct pss_fields fields);
