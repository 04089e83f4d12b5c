/* SPDX-License-Identifier: MIT */
/* One command that runs somewhere: in a session's shell (command-queue.c) or on a channel of its own
 * (command-channel.c). */
#pragma once

#include <glib.h>

#include "link/transport/question.h"
#include "remote/protocol/words.h"

typedef struct PssRun PssRun;

/* No call may free the run but after on_done. */
typedef struct {
	void (*on_data)(gpointer user, gboolean is_stderr, const void *data, gsize n);
	/* So many bytes of input have left. */
	void (*on_taken)(gpointer user, gsize n);
	/* The last event. `status` is the command's, 0-255, where `error` is NULL. */
	void (*on_done)(gpointer user, int status, const GError *error);
	/* The last event in the place of on_done: the session was disconnected. A command goes on; its owner no
	 * longer owns the run, and must not free it. NULL: it stays its owner's. */
	void (*on_let_go)(gpointer user);
	/* Of a command with objects or records: a part of the payload of a RECORD (wire/PROTOCOL.md), and whether it
	 * goes on. NULL: all is text, and comes as on_data. */
	void (*on_record)(gpointer user, const void *data, gsize n, gboolean more);
	/* The command asks somebody, as PowerShell's do. NULL: nobody can be asked. */
	void (*on_question)(gpointer user, PssQuestion *question);
} PssRunEvents;

typedef struct {
	void (*start)(PssRun *run); /* once, when its owner is ready for events; NULL: it has started by itself */
	void (*input)(PssRun *run, const void *data, gsize n); /* n 0: its end */
	void (*interrupt)(PssRun *run);
	void (*pause)(PssRun *run, gboolean paused);
	void (*free)(PssRun *run); /* what still runs is given up: no event follows */
} PssRunOps;

/* Each kind embeds this as its first member. */
struct PssRun {
	const PssRunOps *ops;
	const PssRunEvents *events;
	gpointer user;
};

static inline void pss_run_free(PssRun *run)
{
	if (run)
		run->ops->free(run);
}
