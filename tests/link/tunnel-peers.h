/* SPDX-License-Identifier: MIT */
/* Both ends of a tunnel, on loopback: servers and clients that block, each in a thread of its own, while the main loop
 * carries their bytes. */
#pragma once

#include <glib.h>

int listen_at(guint *ret_port); /* at a port of the kernel's choice */
guint free_port(void);
int connect_to(guint port); /* -1: nobody listens */
gboolean has_ended(int fd); /* the other end has closed it */

/* A thread that takes one connection of that listener (GINT_TO_POINTER), sends everything back in upper case until that
 * ends, and then ends itself. */
gpointer shouting_thread(gpointer listener);
void join_shouting(GThread *server); /* the main loop carries the end to it meanwhile */

#define A_LOT (3 * 1024 * 1024)

typedef struct {
	int fd;
	gsize n_sent, n_received, n_wrong;
	gint ended; /* atomic */
} Talk;

/* A thread that sends A_LOT while it reads, ends its half, and reads to the end: of one that shouts. Takes a Talk. */
gpointer talking_thread(gpointer talk);

/* What a thread of the test says, and the answers that it must get. */
typedef struct {
	const char *say;
	gsize n_say;
	const char *hear;
	gsize n_hear;
} Exchange;

typedef struct {
	guint port; /* in SOCKS requests, in the place of two bytes PP */
	int fd;
	const Exchange *exchanges;
	gint done; /* atomic: 1 all was heard, -1 not */
} Client;

#define SAY(text) (text), sizeof(text) - 1

/* Has the client say and hear all of `exchanges` (to one whose `say` is NULL), and closes it. The test fails unless
 * that ends as expected: 1 or -1, as `done`. */
void converse(Client *client, const Exchange *exchanges, gint expected);
