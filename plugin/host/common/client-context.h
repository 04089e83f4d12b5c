/* SPDX-License-Identifier: MIT */
/* What the parts of one client (openings, invocations, …) have in common. Made by client.c, and outlives them. */
#pragma once

#include "host/peer/peer.h"
#include "host/peer/questions.h"
#include "link/transport/transport.h"

typedef struct {
	PssPeer *peer;
	PssQuestions *questions;
	PssTransportNewFunc new_transport;
	guint64 number; /* of each client another, never 0: what logs in for it asks in turn (target.h) */
	/* A login for a session has ended, well or not; or NULL. */
	void (*on_login_over)(gpointer user);
	gpointer user;
} PssClientContext;
