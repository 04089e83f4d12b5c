/* SPDX-License-Identifier: MIT */
/* The writer of writer.h. What it is asked to write comes from this tree, so that mistakes are assertions. */
#include "psrp/clixml/writer.h"

#include <string.h>

#include "psrp/clixml/text.h"

void pss_clixml_writer_init(PssClixmlWriter *writer, gsize room)
{
	*writer = (PssClixmlWriter){ .text = g_string_sized_new(room) };
}

GString *pss_clixml_writer_finish(PssClixmlWriter *writer)
{
	g_assert(writer->n_open == 0);
	return g_steal_pointer(&writer->text);
}

static void open_tag(PssClixmlWriter *writer, const char *tag, const char *name)
{
	g_string_append_printf(writer->text, "<%s", tag);
	if (name) {
		g_string_append(writer->text, " N=\"");
		pss_clixml_encode(writer->text, name, strlen(name));
		g_string_append_c(writer->text, '"');
	}
}

void pss_clixml_begin(PssClixmlWriter *writer, const char *tag, const char *name)
{
	g_assert(writer->n_open < PSS_CLIXML_OPEN_MAX);
	open_tag(writer, tag, name);
	if (strcmp(tag, "Obj") == 0)
		g_string_append_printf(writer->text, " RefId=\"%u\"", writer->n_references++);
	g_string_append_c(writer->text, '>');
	writer->open[writer->n_open++] = tag;
}

void pss_clixml_end(PssClixmlWriter *writer, guint n_elements)
{
	g_assert(n_elements <= writer->n_open);
	while (n_elements-- > 0)
		g_string_append_printf(writer->text, "</%s>", writer->open[--writer->n_open]);
}

void pss_clixml_begin_object(PssClixmlWriter *writer, const char *name)
{
	pss_clixml_begin(writer, "Obj", name);
	pss_clixml_begin(writer, "MS", NULL);
}

void pss_clixml_begin_list(PssClixmlWriter *writer, const char *name)
{
	pss_clixml_begin(writer, "Obj", name);
	pss_clixml_begin(writer, "LST", NULL);
}

void pss_clixml_begin_dictionary(PssClixmlWriter *writer, const char *name)
{
	pss_clixml_begin(writer, "Obj", name);
	pss_clixml_begin(writer, "DCT", NULL);
}

void pss_clixml_add_null(PssClixmlWriter *writer, const char *name)
{
	open_tag(writer, "Nil", name);
	g_string_append(writer->text, " />");
}

void pss_clixml_add_text(PssClixmlWriter *writer, const char *tag, const char *name, const char *text, gsize n)
{
	open_tag(writer, tag, name);
	g_string_append_c(writer->text, '>');
	pss_clixml_encode(writer->text, text, n);
	g_string_append_printf(writer->text, "</%s>", tag);
}

void pss_clixml_add_string(PssClixmlWriter *writer, const char *name, const char *text)
{
	if (text)
		pss_clixml_add_text(writer, "S", name, text, strlen(text));
	else
		pss_clixml_add_null(writer, name);
}

void pss_clixml_add_boolean(PssClixmlWriter *writer, const char *name, gboolean value)
{
	const char *text = value ? "true" : "false";
	pss_clixml_add_text(writer, "B", name, text, strlen(text));
}

void pss_clixml_add_integer(PssClixmlWriter *writer, const char *tag, const char *name, gint64 value)
{
	char digits[24];
	int n = g_snprintf(digits, sizeof digits, "%" G_GINT64_FORMAT, value);
	pss_clixml_add_text(writer, tag, name, digits, (gsize)n);
}
