/* SPDX-License-Identifier: MIT */
/* Finds the elements in what a server's standard output carries. A line is looked at when it is whole; known elements
 * count wherever they stand in it. */
#include "psrp/wire/elements.h"

#include <string.h>

struct PssElementReader {
	const PssElementEvents *events;
	gpointer user;
	GByteArray *line;
	gboolean is_dropping; /* the rest of a line that was too long */
};

/* PssElementKind is the index. */
static const char *const names[] = {
	"Data", "DataAck", "Command", "CommandAck", "Close", "CloseAck", "Signal", "SignalAck",
};

typedef struct {
	const char *at, *end;
} Rest;

PssElementReader *pss_element_reader_new(const PssElementEvents *events, gpointer user)
{
	PssElementReader *reader = g_new0(PssElementReader, 1);
	reader->events = events;
	reader->user = user;
	reader->line = g_byte_array_new();
	return reader;
}

void pss_element_reader_free(PssElementReader *reader)
{
	if (!reader)
		return;
	g_byte_array_unref(reader->line);
	g_free(reader);
}

/* ---- one element */

static gboolean take(Rest *rest, const char *text)
{
	gsize n = strlen(text);
	if ((gsize)(rest->end - rest->at) < n || memcmp(rest->at, text, n) != 0)
		return FALSE;
	rest->at += n;
	return TRUE;
}

/* `NAME='VALUE'` in either kind of quotes. */
static gboolean take_attribute(Rest *rest, const char *name, const char **ret_value, gsize *ret_n)
{
	const char *close;
	Rest at = *rest;

	if (!take(&at, " ") || !take(&at, name) || !take(&at, "=") || at.at == at.end)
		return FALSE;
	if (*at.at != '\'' && *at.at != '"')
		return FALSE;
	close = memchr(at.at + 1, *at.at, (gsize)(at.end - at.at - 1));
	if (!close)
		return FALSE;
	*ret_value = at.at + 1;
	*ret_n = (gsize)(close - *ret_value);
	rest->at = close + 1;
	return TRUE;
}

/* `<NAME` and what follows it up to the `>` or `/>`. FALSE: no element that is known. */
static gboolean take_head(Rest *rest, PssElement *element, gboolean *ret_is_empty)
{
	const char *value;
	gsize n, i;

	if (!take(rest, "<"))
		return FALSE;
	for (i = 0; i < G_N_ELEMENTS(names); i++) {
		Rest at = *rest;
		if (take(&at, names[i]) && at.at < at.end && *at.at == ' ') {
			*rest = at;
			break;
		}
	}
	if (i == G_N_ELEMENTS(names))
		return FALSE;
	*element = (PssElement){ .kind = (PssElementKind)i };
	if (take_attribute(rest, "Stream", &value, &n))
		element->is_answer = n == strlen("PromptResponse") && memcmp(value, "PromptResponse", n) == 0;
	if (!take_attribute(rest, "PSGuid", &value, &n) || !pss_guid_parse(&element->guid, value, n))
		return FALSE;
	take(rest, " ");
	*ret_is_empty = take(rest, "/");
	return take(rest, ">");
}

/* Base64 and the end tag. NULL: malformed. */
static guchar *take_content(Rest *rest, gsize *ret_n)
{
	const char *close = memchr(rest->at, '<', (gsize)(rest->end - rest->at));
	g_autofree char *base64 = NULL;
	Rest at = { .at = close, .end = rest->end };
	gsize n;

	if (!close || !take(&at, "</Data>"))
		return NULL;
	n = (gsize)(close - rest->at);
	for (gsize i = 0; i < n; i++)
		if (!g_ascii_isalnum(rest->at[i]) && !strchr("+/=", rest->at[i]))
			return NULL;
	base64 = g_strndup(rest->at, n);
	rest->at = at.at;
	return g_base64_decode(base64, ret_n);
}

typedef enum { FOUND, NOT_FOUND, MALFORMED } Found;

/* An element at the begin of `rest`, which moves behind it. Its data is the caller's. */
static Found take_element(Rest *rest, PssElement *element, guchar **ret_data)
{
	gboolean is_empty;
	Rest at = *rest;

	if (!take_head(&at, element, &is_empty))
		return NOT_FOUND;
	if (!is_empty) {
		if (element->kind != PSS_ELEMENT_DATA)
			return NOT_FOUND;
		*ret_data = take_content(&at, &element->n_data);
		if (!*ret_data)
			return MALFORMED;
		element->data = *ret_data;
	}
	*rest = at;
	return FOUND;
}

/* ---- lines */

static void report_noise(PssElementReader *reader, const char *start, const char *end)
{
	if (end > start)
		reader->events->on_noise(reader->user, start, (gsize)(end - start));
}

/* What begins at a `<`: an element, behind the noise before it. */
static Found read_element(PssElementReader *reader, Rest *rest, const char *noise)
{
	g_autofree guchar *data = NULL;
	const char *start = rest->at;
	PssElement element;
	Found found = take_element(rest, &element, &data);

	if (found == FOUND) {
		report_noise(reader, noise, start);
		reader->events->on_element(reader->user, &element);
	}
	return found;
}

static void read_line(PssElementReader *reader, const char *line, gsize n)
{
	Rest rest = { .at = line, .end = line + n };
	const char *noise = line;

	if (n > 0 && rest.end[-1] == '\r')
		rest.end--;
	while (rest.at < rest.end) {
		const char *start = memchr(rest.at, '<', (gsize)(rest.end - rest.at));
		if (!start)
			break;
		rest.at = start;
		switch (read_element(reader, &rest, noise)) {
		case FOUND:
			noise = rest.at;
			break;
		case NOT_FOUND:
			rest.at++;
			break;
		case MALFORMED:
			reader->events->on_malformed(reader->user);
			return;
		}
	}
	report_noise(reader, noise, rest.end);
}

static void read_kept(PssElementReader *reader)
{
	read_line(reader, (const char *)reader->line->data, reader->line->len);
	g_byte_array_set_size(reader->line, 0);
}

static void end_line(PssElementReader *reader)
{
	read_kept(reader);
	reader->is_dropping = FALSE;
}

/* A line that is too long is read as far as it is kept: so an element that is cut is malformed, and nothing waits for
 * it. */
static void keep(PssElementReader *reader, const char *data, gsize n)
{
	gsize n_kept = MIN(n, PSS_ELEMENT_MAX - reader->line->len);

	if (reader->is_dropping)
		return;
	g_byte_array_append(reader->line, (const guint8 *)data, (guint)n_kept);
	if (n_kept < n) {
		reader->is_dropping = TRUE;
		read_kept(reader);
	}
}

void pss_element_reader_feed(PssElementReader *reader, const void *data, gsize n)
{
	const char *at = data;
	const char *end = at + n;

	while (at < end) {
		const char *newline = memchr(at, '\n', (gsize)(end - at));
		keep(reader, at, (gsize)((newline ? newline : end) - at));
		if (!newline)
			return;
		end_line(reader);
		at = newline + 1;
	}
}

/* ---- writing */

void pss_element_append(GString *line, PssElementKind kind, const PssGuid *guid)
{
	g_string_append_printf(line, "<%s PSGuid='%s' />", names[kind], guid->text);
}

void pss_element_append_data(GString *line, const PssGuid *guid, gboolean is_answer, const void *data, gsize n)
{
	g_autofree char *base64 = g_base64_encode(data, n);
	g_string_append_printf(line, "<Data Stream='%s' PSGuid='%s'>%s</Data>",
			       is_answer ? "PromptResponse" : "Default", guid->text, base64);
	explicit_bzero(base64, strlen(base64)); /* the answer may be a password */
}
