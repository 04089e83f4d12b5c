/* SPDX-License-Identifier: MIT */
/* What a session consists of. For session.c, which lives it, and session-fields.c, which tells of it. */
#pragma once

#include "host/invoker.h"
#include "host/session.h"

struct PssSession {
	guint refs;
	guint id; /* 0 for a temporary session */
	char *name;
	char *instance;
	char *computer;
	char *prompt_name;
	char *remote_user;
	char *history_key;
	char *wanted_shell;
	char *term;
	char *cause;
	guint columns, rows;
	gboolean kept;
	gboolean attach_too;
	gboolean was_opened;     /* it has been usable once */
	gboolean left_to_itself; /* its opener has detached: the list tells what becomes of it */
	enum pss_state state;

	gboolean resilient; /* a holder keeps the remote shell: a lost link is no end */
	guint idle_s;       /* of that holder */
	gboolean link_lost; /* it is Disconnected by that */

	PssTransport *transport;
	PssChannel *control, *terminal;
	PssRemote *remote;
	guint end_source;      /* the idle call that frees the three above */
	guint patience_source; /* start-up files take long */

	const PssOpenerEvents *opener;
	gpointer opener_user;
	const PssWatcherEvents *watcher;
	gpointer watcher_user;
	gboolean watcher_at_prompt; /* it edits a line */
	PssRing unseen;
	PssInvoker *invoker; /* commands beside the terminal; NULL without a link */
};
