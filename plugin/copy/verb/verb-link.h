/* SPDX-License-Identifier: MIT */
/* The program's end of the socket to the verb (wire/copy.h). In the default main context; nothing blocks. */
#pragma once

#include <glib.h>

#include "wire/copy.h"
#include "wire/message.h"
#include "wire/status.h"

typedef struct PssVerbLink PssVerbLink;

typedef struct {
	void (*on_request)(gpointer user, const char *words, gsize n);
	/* The channel; fd is the callee's. `directory` may be NULL. `survives`: of a resilient session. */
	void (*on_opened)(gpointer user, guint32 id, int fd, const char *directory, gboolean survives);
	/* It is no more, or there is none. `message` may be NULL. */
	void (*on_ended)(gpointer user, guint32 id, enum pss_status status, int exit_status, const char *message);
	void (*on_go_on)(gpointer user); /* after an error, once for each */
	/* The verb wants an end of it, or is gone. May come more than once. */
	void (*on_stop)(gpointer user);
	void (*on_room)(gpointer user); /* pss_verb_link_is_full() no more */
} PssVerbLinkEvents;

/* Takes the descriptor over. */
PssVerbLink *pss_verb_link_new(int fd, const PssVerbLinkEvents *events, gpointer user);
void pss_verb_link_free(PssVerbLink *link); /* accepts NULL; what is queued is lost */

/* Asks for a channel to a place: of the subsystem sftp, or of a command. Its id. */
guint32 pss_verb_link_open(PssVerbLink *link, guint place, const char *command);

/* A line for the user. The verb decides whether that ends all. */
void pss_verb_link_error(PssVerbLink *link, guint place, enum pss_status status, const char *message);
void pss_verb_link_note(PssVerbLink *link, enum pss_note_kind kind, const char *message);
void pss_verb_link_output(PssVerbLink *link, const char *text);
void pss_verb_link_progress(PssVerbLink *link, const char *text);

/* Is more queued than the verb takes? */
gboolean pss_verb_link_is_full(const PssVerbLink *link);

/* The last frame; waits until it is out, or the verb is gone. */
void pss_verb_link_done(PssVerbLink *link, enum pss_status status);
