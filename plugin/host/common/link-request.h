/* SPDX-License-Identifier: MIT */
/* A request with a connection of its own that it is answered over (FIND, WATCH, AWAIT): its questions, notes and
 * errors, and its end. Each kind embeds PssLinkRequest as its first member. */
#pragma once

#include "host/common/client-context.h"

typedef struct PssLinkRequest PssLinkRequest;

/* All of one kind that a client has made. */
typedef struct {
	const PssClientContext *context;
	GPtrArray *all; /* of PssLinkRequest */
} PssLinkRequests;

struct PssLinkRequest {
	PssLinkRequests *owner;                  /* NULL: it has ended, and is freed from the main loop */
	uint32_t id;                             /* what it is answered with; 0: it is not waited for (any more) */
	PssTarget *target;                       /* as it was asked for */
	PssTransport *transport;                 /* NULL: there is no link now */
	void (*finish)(PssLinkRequest *request); /* frees what the kind has beside this, the memory not included */
};

void pss_link_requests_init(PssLinkRequests *requests, const PssClientContext *context);
void pss_link_requests_finish(PssLinkRequests *requests); /* gives them all up; not from a transport's callback */

/* Owned by `requests`. Takes the target over; `size` is that of the embedding struct, which is zeroed. */
gpointer pss_link_request_new(PssLinkRequests *requests, gsize size, uint32_t id, PssTarget *target,
			      void (*finish)(PssLinkRequest *request));

/* The one that is waited for under this id, or NULL. */
gpointer pss_link_request_find(const PssLinkRequests *requests, uint32_t id);

/* It has ended, or its client no longer waits for it: further events of its link are ignored. */
gboolean pss_link_request_is_over(const PssLinkRequest *request);

/* Makes the link. The target is copied; `events` get the request as their user. */
void pss_link_request_connect(PssLinkRequest *request, PssTarget *target, const PssTransportEvents *events);

/* Nobody waits under its id any more: its questions are withdrawn. The request stays. Returns that id. */
uint32_t pss_link_request_end_wait(PssLinkRequest *request);

/* Ends it; it is freed from the main loop, as its transport may be the caller. */
void pss_link_request_end(PssLinkRequest *request);

/* The same, with this error for those who wait. */
void pss_link_request_fail(PssLinkRequest *request, const GError *error);

/* CANCEL. FALSE: no request has that id. */
gboolean pss_link_request_cancel(const PssLinkRequests *requests, uint32_t id, const char *text);

/* ---- events of its transport; `user` is the request */

void pss_link_request_on_question(gpointer user, PssQuestion *question);
/* What the target wants to hear. */
void pss_link_request_on_note(gpointer user, enum pss_note_kind kind, const char *text);
