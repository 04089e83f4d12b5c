/* SPDX-License-Identifier: MIT */
/* The commands that run in one session's shell beside its terminal. They know the session by PssInvokerOwner alone. */
#pragma once

#include "host/commands/command.h"
#include "link/transport/transport.h"
#include "psrp/client/client.h"
#include "remote/engine/engine.h"
#include "wire/status.h"

typedef struct PssInvoker PssInvoker;

/* The session as it is now. */
typedef struct {
	const char *name; /* for messages; never NULL */
	PssTransport *transport;
	PssRemoteState state; /* of its shell */
	gboolean is_entered;  /* a terminal has entered it, … */
	gboolean edits;       /* … which edits a line */
	gboolean is_cut;      /* its link is lost: what is sent arrives when that is back */
} PssInvokerSession;

/* What the commands need of their session; `user` is the session's. */
typedef struct {
	void (*look)(gpointer user, PssInvokerSession *ret_session); /* what it points to is borrowed, for the moment */

	/* Of its shell, as those of remote/engine/engine.h. */
	gboolean (*line)(gpointer user, const void *data, gsize n, GError **error);
	void (*keys)(gpointer user, const void *data, gsize n);
	gboolean (*last_prompt)(gpointer user, PssRemotePrompt *ret_prompt);

	/* For the terminal that has entered it; only while there is one. */
	void (*on_prompt)(gpointer user, const PssRemotePrompt *prompt);
	void (*on_typed)(gpointer user, const void *data, gsize n);
	void (*on_warning)(gpointer user, const char *text);

	/* Of the command that runs. */
	void (*on_given)(gpointer user); /* it waits no longer */
	void (*on_begun)(gpointer user); /* its shell has taken it */
	void (*on_pause)(gpointer user, gboolean paused);
	void (*on_ending)(gpointer user);             /* nothing is reported yet */
	void (*on_status)(gpointer user, int status); /* its caller is notified next */
	void (*on_over)(gpointer user);               /* and the next one may have been given */

	void (*on_unable)(gpointer user, const char *cause); /* no more commands can be run beside the terminal */
} PssInvokerOwner;

/* Both live as long as the link: where remote/engine drives the shell, and where psrp/client does. All is borrowed. */
PssInvoker *pss_invoker_new_relays(PssRemote *remote, const PssInvokerOwner *owner, gpointer user);
PssInvoker *pss_invoker_new_runspace(PssPsrp *client, const PssInvokerOwner *owner, gpointer user);
void pss_invoker_free(PssInvoker *invoker); /* accepts NULL */

PssRun *pss_invoker_run(PssInvoker *invoker, const PssCommand *command, gboolean input, gboolean wait,
			const PssRunEvents *events, gpointer user, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The shell is at its prompt. */
void pss_invoker_on_idle(PssInvoker *invoker);

/* Relays get numbers above this one. */
void pss_invoker_begin_at(PssInvoker *invoker, guint last_relay);

/* The command that runs, or NULL. */
const PssRun *pss_invoker_current_run(PssInvoker *invoker);

/* … and what it is. Borrowed. */
const PssCommand *pss_invoker_current_command(PssInvoker *invoker);

/* What carries the streams of the command that runs, or NULL. */
PssChannel *pss_invoker_current_channel(PssInvoker *invoker);

/* All that was to be run has been taken by the shell. */
gboolean pss_invoker_has_begun(PssInvoker *invoker);

/* Nothing waits to be run. */
gboolean pss_invoker_is_settled(PssInvoker *invoker);

/* Each of them, those on channels of their own too. `func` may change whom a run's events go to, and nothing else. */
void pss_invoker_each(PssInvoker *invoker, void (*func)(PssRun *run, gpointer user), gpointer user);

/* The session has ended: all that runs or waits is done, with this error. */
void pss_invoker_end(PssInvoker *invoker, enum pss_status status, const char *cause);

/* ---- for the terminal that has entered the session and edits a line meanwhile */

/* A command is running: the line is kept until it is over. TRUE: kept. */
gboolean pss_invoker_holds_line(PssInvoker *invoker, const void *data, gsize n);

/* Keys for a line that is kept, or for an editor: they must not reach the command. TRUE: taken. */
gboolean pss_invoker_holds_keys(PssInvoker *invoker, const void *data, gsize n);
void pss_invoker_drop_line(PssInvoker *invoker);

/* The last prompt is older than the last command: asks the shell for a new one. TRUE: on_busy and on_prompt follow. */
gboolean pss_invoker_refresh(PssInvoker *invoker);
