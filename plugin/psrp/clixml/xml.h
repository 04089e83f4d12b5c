/* SPDX-License-Identifier: MIT */
/* A scanner for the XML that CLIXML uses ([MS-PSRP] 2.2.5): elements, attributes, text and character references, no
 * document type, no namespaces. It reads a whole text in memory and allocates nothing. GMarkup cannot serve: PowerShell
 * sends character references (&#xFFFE;) that XML forbids. */
#pragma once

#include <glib.h>

#define PSS_XML_LEVELS 64 /* elements inside each other; deeper text is malformed */

typedef enum {
	PSS_XML_OPEN,  /* an element begins: `name`, attributes. `<x/>` is followed by its own PSS_XML_CLOSE */
	PSS_XML_CLOSE, /* the element `name` ends */
	PSS_XML_TEXT,  /* `text`, with its references as they stand there */
	PSS_XML_END,   /* the whole text has been read, and every element is closed */
	PSS_XML_BAD,   /* malformed; stays so */
} PssXmlToken;

typedef struct {
	const char *at;
	gsize n;
} PssXmlSlice;

/* All slices point into the text. */
typedef struct {
	const char *at, *end;
	PssXmlSlice name, attributes, text;
	guint level;
	gboolean closes_next; /* an empty element has been opened */
	PssXmlSlice open[PSS_XML_LEVELS];
} PssXml;

/* The text is borrowed until the last call. */
void pss_xml_init(PssXml *xml, const char *text, gsize n);
PssXmlToken pss_xml_next(PssXml *xml);

/* After PSS_XML_OPEN or PSS_XML_CLOSE. */
gboolean pss_xml_is(const PssXml *xml, const char *name);

/* After PSS_XML_OPEN: the value of an attribute, with its references as they stand there. FALSE: it has none. */
gboolean pss_xml_attribute(const PssXml *xml, const char *name, PssXmlSlice *ret_value);
