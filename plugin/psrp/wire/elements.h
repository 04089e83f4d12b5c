/* SPDX-License-Identifier: MIT */
/* The outermost layer of PowerShell remoting over SSH: one XML element a line, in both directions ([MS-PSRP] leaves it
 * to the transport; ours is that of `pwsh -sshs`). Everything else in the stream is noise: what start-up files print,
 * what a program writes past PowerShell. */
#pragma once

#include <glib.h>

#include "psrp/wire/guid.h"

#define PSS_ELEMENT_MAX                                                                             \
	(4 << 20) /* bytes of a line; the rest of a longer one is dropped (the server's have 44 KB) \
		   */

typedef enum {
	PSS_ELEMENT_DATA,
	PSS_ELEMENT_DATA_ACK,
	PSS_ELEMENT_COMMAND,
	PSS_ELEMENT_COMMAND_ACK,
	PSS_ELEMENT_CLOSE,
	PSS_ELEMENT_CLOSE_ACK,
	PSS_ELEMENT_SIGNAL,
	PSS_ELEMENT_SIGNAL_ACK,
} PssElementKind;

typedef struct {
	PssElementKind kind;
	PssGuid guid;       /* of the pipeline, zero for the pool */
	gboolean is_answer; /* Data: the stream PromptResponse */
	const guint8 *data; /* Data: fragments, decoded; borrowed */
	gsize n_data;
} PssElement;

/* The events may not free the reader. What they are given is borrowed. */
typedef struct {
	void (*on_element)(gpointer user, const PssElement *element);
	void (*on_noise)(gpointer user, const char *text, gsize n); /* without its newline; never empty */
	void (*on_malformed)(gpointer user); /* Data without good content: the stream cannot be followed any more */
} PssElementEvents;

typedef struct PssElementReader PssElementReader;

PssElementReader *pss_element_reader_new(const PssElementEvents *events, gpointer user);
void pss_element_reader_free(PssElementReader *reader); /* accepts NULL */
void pss_element_reader_feed(PssElementReader *reader, const void *data, gsize n);

/* Appends an element, without a newline: what must be obeyed in order stands in one line. */
void pss_element_append(GString *line, PssElementKind kind, const PssGuid *guid);
void pss_element_append_data(GString *line, const PssGuid *guid, gboolean is_answer, const void *data, gsize n);
