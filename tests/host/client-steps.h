/* SPDX-License-Identifier: MIT */
/* The steps of a client of the host process, whose frames they put into its buffer, and of the link of its first
 * request, which do what they say at once. A flow names them. */
#pragma once

#include <glib.h>

#include "wire/message.h"

typedef struct {
	int fd; /* the client's end; -1: closed */
	guint n_gone;
	struct pss_buffer out;
	struct pss_message message;
	GString *replies; /* a letter for each frame that it was sent */
} Client;

typedef struct {
	const char *name; /* as in a flow */
	void (*run)(Client *client);
	gboolean of_link; /* its link does it, not the client */
} Step;

/* The test fails where there is none. */
const Step *step_find(const char *name);
