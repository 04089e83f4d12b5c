/* SPDX-License-Identifier: MIT */
/* The members of PssInvoker, for command-queue.c, which keeps the order of the commands, and for what carries one of
 * them at a time: command-relays.c, command-runspace.c. */
#pragma once

#include "host/queue/command-queue.h"
#include "host/queue/relay.h"

typedef struct {
	PssRun base;
	PssInvoker *owner;  /* NULL: it is done */
	PssCommand command; /* with texts of its own */
	gboolean input;
	gboolean paused;
	GByteArray *early; /* input that came before it was begun */
	gboolean early_end;
} PssQueuedRun;

/* What carries commands into the shell and their streams back. The calls but is_ready and begin concern the command
 * that runs. */
typedef struct {
	/* FALSE: pss_queue_start_next() follows when one may begin, or pss_queue_fail_waiting(). */
	gboolean (*is_ready)(PssInvoker *invoker);
	gboolean (*begin)(PssInvoker *invoker, PssQueuedRun *run, GError **error);
	void (*write)(PssInvoker *invoker, const void *data, gsize n); /* n 0: the end of its input */
	void (*interrupt)(PssInvoker *invoker);
	void (*pause)(PssInvoker *invoker, gboolean paused);
	void (*free)(PssInvoker *invoker);
} PssCarrierOps;

struct PssInvoker {
	const PssInvokerOwner *owner;
	gpointer user; /* the owner's */
	const PssCarrierOps *carrier;
	GQueue waiting;          /* of PssQueuedRun */
	GPtrArray *elsewhere;    /* runs on channels of their own, where the shell is not ours to drive */
	gboolean running, begun; /* begun: the shell has taken it */
	PssQueuedRun *current;   /* what runs; NULL while running: nobody wants to hear of it any more */
	gboolean stale;          /* the last prompt is older than the last command */
	GByteArray *line, *keys; /* of the terminal, kept back; NULL: none */

	/* of command-relays.c */
	PssRemote *remote;
	PssRelay *relay, *next; /* in use or to be used; opened ahead */
	guint last_relay;
	gboolean has_waited;     /* the shell for the first relay: that is tried once */
	gboolean is_waiting;     /* it does so with the command that runs, which has not begun */
	gboolean is_interrupted; /* that command is to be none */
	GError *missing;         /* why it waits in vain; NULL: that is not known */

	/* of command-runspace.c */
	PssPsrp *client;
	PssRun *guest; /* the command that runs, or NULL */
};

/* ---- command-queue.c */
PssInvoker *pss_queue_new(const PssCarrierOps *carrier, const PssInvokerOwner *owner, gpointer user);
PssInvokerSession pss_queue_session(const PssInvoker *invoker); /* as it is now */
void pss_queue_start_next(PssInvoker *invoker);
void pss_queue_fail_waiting(PssInvoker *invoker, const GError *error);
void pss_queue_on_begun(PssInvoker *invoker); /* the shell has taken the command */
void pss_queue_on_stream(PssInvoker *invoker, gboolean is_stderr, const void *data, gsize n);
/* The command is over, and nothing is reported yet: the carrier makes itself ready for the next one in between. */
PssQueuedRun *pss_queue_take_current(PssInvoker *invoker);
/* It is the next one again, or has failed. `run` may be NULL. */
void pss_queue_take_back(PssInvoker *invoker, PssQueuedRun *run, const GError *error);
void pss_queue_finish(PssInvoker *invoker, PssQueuedRun *run, int status, const GError *error); /* `run` may be NULL */
