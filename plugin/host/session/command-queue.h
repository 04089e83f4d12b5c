/* SPDX-License-Identifier: MIT */
/* The commands that run in one session's shell beside its terminal. Private to session*.c. */
#pragma once

#include "host/commands/command.h"
#include "link/transport/transport.h"
#include "remote/engine/engine.h"
#include "wire/status.h"

typedef struct PssInvoker PssInvoker;
typedef struct PssSession PssSession;
typedef struct PssCarrierOps PssCarrierOps; /* queue-private.h */

extern const PssCarrierOps pss_carrier_relays;   /* command-relays.c: where remote/engine drives the shell */
extern const PssCarrierOps pss_carrier_runspace; /* command-runspace.c: where psrp/client does */

/* Borrows the session; lives as long as its link. */
PssInvoker *pss_invoker_new(PssSession *session, const PssCarrierOps *carrier);
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
