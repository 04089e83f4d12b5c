/* SPDX-License-Identifier: MIT */
/* A client inside a session: its frames become lines and keys, the session's events become frames. */
#pragma once

#include "host/server/peer.h"

PssAttachment *pss_attachment_new(PssPeer *peer);
void pss_attachment_free(PssAttachment *attachment); /* leaves, without a word; accepts NULL */

/* Enters the session and says so with the RESULT of `id`; a refusal is that RESULT too. */
void pss_attachment_enter(PssAttachment *attachment, uint32_t id, PssSession *session, guint columns, guint rows,
			  gboolean force);

/* Back-pressure: the client takes its output no longer, or again. */
void pss_attachment_stop_output(PssAttachment *attachment, gboolean stopped);

/* Gives up the COMPLETE of this id. FALSE: there is none. */
gboolean pss_attachment_cancel(PssAttachment *attachment, uint32_t id);

/* Handlers of ATTACH and of what follows it. */
void pss_attachment_on_attach(PssPeer *peer, uint32_t id, struct pss_fields fields);
void pss_attachment_on_complete(PssPeer *peer, uint32_t id, struct pss_fields fields);
void pss_attachment_on_line(PssPeer *peer, const struct pss_frame *frame);
void pss_attachment_on_input(PssPeer *peer, const struct pss_frame *frame);
void pss_attachment_on_resize(PssPeer *peer, uint32_t id, struct pss_fields fields);
void pss_attachment_on_interrupt(PssPeer *peer, uint32_t id, struct pss_fields fields);
void pss_attachment_on_discard(PssPeer *peer, uint32_t id, struct pss_fields fields);
void pss_attachment_on_leave(PssPeer *peer, uint32_t id, struct pss_fields fields);
