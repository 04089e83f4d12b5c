/* SPDX-License-Identifier: MIT */
/* What is written to the remote shell's fifo (PROTOCOL.md, "Requests"). Pure: text in, text out. */
#pragma once

#include <glib.h>

#include "remote/protocol/cursor.h"
#include "remote/protocol/family.h"

/* Room for a request with a text of `n` bytes, whatever they are. */
#define PSS_REQUEST_ROOM(n) (PSS_FAMILY_QUOTED * (n) + (n) / 32 + 512)

/* Runs `text`, once, however often the request comes; with `ask` the shell first looks whether it is complete, and says
 * so if it is not. */
void pss_request_line(GString *out, PssFamily family, const char *nonce, const char *text, gsize n, gboolean ask);

/* What an invocation has as its standard output, error and input: fifos of a relay. */
typedef struct {
	guint relay;         /* its number */
	guint input;         /* the number of its input; 0: none */
	gboolean is_short;   /* the streams may say alone that it has begun: no reply `b` comes then */
	gboolean is_awaited; /* the relay is not ready: the shell waits for it, or says `y` */
} PssRequestStreams;

/* Runs `text` with those streams. */
void pss_request_invoke(GString *out, PssFamily family, const char *nonce, const char *text, gsize n,
			const PssRequestStreams *streams);

/* Ends a relay: its channel may be closed then. */
void pss_request_end_relay(GString *out, PssFamily family, guint relay);

/* Goes behind each line once that has begun: reports what was interrupted. Any number of times. With
 * `again` the mark of a report is repeated: the terminal drops output when an interrupt comes. */
void pss_request_second(GString *out, PssFamily family, const char *nonce, gboolean again);

/* Asks for what was typed and not read. */
void pss_request_typed(GString *out, PssFamily family, const char *nonce, const char *sentinel);

/* Asks for the completion of `line` at `point`, where `cursor` stands. */
void pss_request_complete(GString *out, PssFamily family, const char *nonce, const PssCursor *cursor, const char *line,
			  gsize n, gsize point);

/* Ends the completion that runs. */
void pss_request_abandon(GString *out, PssFamily family);

/* From now on `exit` in a line leaves the session and the shell stays: goes before the next line. */
void pss_request_keep(GString *out, PssFamily family);

/* Forgets a command's positional parameters and `$using:` variables; both may be nothing. */
void pss_request_forget(GString *out, PssFamily family, gboolean arguments, const char *const *variables);

/* fish: reads what lies in the terminal, and forgets it. */
void pss_request_drain(GString *out);

/* Ends the idle shell by a hang-up. */
void pss_request_hang_up(GString *out, PssFamily family);
