/* SPDX-License-Identifier: MIT */
/* One INVOKE or RECEIVE of a client: what it asks for, the run of it, and the run's events as frames. */
#pragma once

#include "host/common/client-context.h"
#include "host/session/session.h"

/* The fields of an INVOKE, and what its VARIABLES frames add. Each array ends with NULL. */
typedef struct {
	GPtrArray *words, *arguments, *variables;
	gsize n_variables; /* bytes of the VARIABLES frames */
	char *shell;       /* -ConfigurationName, or NULL */
	gboolean input, wait, tty, is_script;
	gboolean job, disconnect; /* it outlives this client, in the session */
	struct pss_size size;     /* of its terminal */
	/* for PowerShell by remoting: words.h */
	GPtrArray *properties; /* ends with NULL */
	GString *as_written;   /* "": the text is */
	gboolean has_objects, has_records;
	guint width;
} PssInvokeRequest;

typedef struct PssInvocation PssInvocation;

/* `on_over` is the last call: the RESULT has been sent, and the callee frees the invocation. */
PssInvocation *pss_invocation_new(const PssClientContext *context, uint32_t id,
				  void (*on_over)(gpointer user, uint32_t id), gpointer user);
void pss_invocation_free(PssInvocation *invocation); /* what runs is given up */

/* ---- INVOKE */

/* Until the command is complete: to be filled in. */
PssInvokeRequest *pss_invocation_request(PssInvocation *invocation);

/* Where it runs: a session by its instance, else (NULL) the computer that the fields name. FALSE: error is set. */
gboolean pss_invocation_find_place(PssInvocation *invocation, const char *instance, struct pss_fields fields,
				   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A part of the command's text; the last one starts it. FALSE: it is too long, or has been complete before. */
gboolean pss_invocation_add_text(PssInvocation *invocation, const void *data, gsize n,
				 gboolean more) G_GNUC_WARN_UNUSED_RESULT;
gboolean pss_invocation_is_started(const PssInvocation *invocation);

/* ---- RECEIVE: hands out what the session printed while no terminal was attached. */
void pss_invocation_receive(PssInvocation *invocation, struct pss_fields fields);

/* ---- while it runs */

/* Input, n 0: its end. FALSE: more than the client has been granted. */
gboolean pss_invocation_input(PssInvocation *invocation, const void *data, gsize n) G_GNUC_WARN_UNUSED_RESULT;
void pss_invocation_resize(PssInvocation *invocation, struct pss_size size);
void pss_invocation_pause(PssInvocation *invocation, gboolean paused);
/* Interrupts it; with `force`, or where it does not run yet, it is given up. */
void pss_invocation_stop(PssInvocation *invocation, gboolean force);

/* Ends it with this error. */
void pss_invocation_fail(PssInvocation *invocation, const GError *error);
