/* SPDX-License-Identifier: MIT */
/* Writes CLIXML as PowerShell reads it ([MS-PSRP] 2.2.5): objects with properties, lists, dictionaries, simple values.
 * Type names are left out, since the server does without; RefIds are given by the writer. */
#pragma once

#include <glib.h>

#define PSS_CLIXML_OPEN_MAX 24 /* elements that are open at the same time */

typedef struct {
	GString *text;
	guint n_references;
	guint n_open;
	const char *open[PSS_CLIXML_OPEN_MAX];
} PssClixmlWriter;

/* With room for so many bytes: text that may be a secret must fit, as text that moves leaves a copy behind. */
void pss_clixml_writer_init(PssClixmlWriter *writer, gsize room);
GString *pss_clixml_writer_finish(PssClixmlWriter *writer); /* the caller's; everything must be closed */

/* An element, up to pss_clixml_end(). `name` is its N, or NULL. The tag is a literal: it is not copied. */
void pss_clixml_begin(PssClixmlWriter *writer, const char *tag, const char *name);
void pss_clixml_end(PssClixmlWriter *writer, guint n_elements);

/* `<Obj><MS>`, `<Obj><LST>`, `<Obj><DCT>`: two elements to end. */
void pss_clixml_begin_object(PssClixmlWriter *writer, const char *name);
void pss_clixml_begin_list(PssClixmlWriter *writer, const char *name);
void pss_clixml_begin_dictionary(PssClixmlWriter *writer, const char *name);

void pss_clixml_add_null(PssClixmlWriter *writer, const char *name);
void pss_clixml_add_boolean(PssClixmlWriter *writer, const char *name, gboolean value);
void pss_clixml_add_integer(PssClixmlWriter *writer, const char *tag, const char *name, gint64 value);
void pss_clixml_add_text(PssClixmlWriter *writer, const char *tag, const char *name, const char *text, gsize n);
void pss_clixml_add_string(PssClixmlWriter *writer, const char *name, const char *text); /* `S`; NULL is a null */
