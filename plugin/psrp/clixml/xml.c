/* SPDX-License-Identifier: MIT */
/* The scanner of xml.h. It checks that elements are closed in the order of their opening, and bounds how deep they
 * stand; what the elements mean is value.c's affair. */
#include "psrp/clixml/xml.h"

#include <string.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

void pss_xml_init(PssXml *xml, const char *text, gsize n)
{
	*xml = (PssXml){ .at = text, .end = text + n };
	if (n >= 3 && memcmp(text, BYTE_ORDER_MARK, 3) == 0)
		xml->at += 3;
}

static PssXmlToken malformed(PssXml *xml)
{
	xml->at = xml->end;
	xml->level = PSS_XML_LEVELS + 1;
	xml->closes_next = FALSE;
	return PSS_XML_BAD;
}

static gboolean is_name_byte(char byte)
{
	return g_ascii_isalnum(byte) || byte == '_' || byte == '-' || byte == '.' || byte == ':';
}

static gboolean is_blank(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static gboolean is_slice(PssXmlSlice slice, const char *text)
{
	return strlen(text) == slice.n && memcmp(slice.at, text, slice.n) == 0;
}

gboolean pss_xml_is(const PssXml *xml, const char *name)
{
	return is_slice(xml->name, name);
}

static PssXmlSlice take_name(const char **at, const char *end)
{
	PssXmlSlice name = { .at = *at };
	while (*at < end && is_name_byte(**at))
		(*at)++;
	name.n = (gsize)(*at - name.at);
	return name;
}

static void skip_blanks(const char **at, const char *end)
{
	while (*at < end && is_blank(**at))
		(*at)++;
}

/* `name = "value"` at *at. FALSE: there is none. */
static gboolean take_attribute(const char **at, const char *end, PssXmlSlice *ret_name, PssXmlSlice *ret_value)
{
	const char *close;

	skip_blanks(at, end);
	*ret_name = take_name(at, end);
	if (ret_name->n == 0)
		return FALSE;
	skip_blanks(at, end);
	if (*at == end || *(*at)++ != '=')
		return FALSE;
	skip_blanks(at, end);
	if (*at == end || (**at != '"' && **at != '\''))
		return FALSE;
	close = memchr(*at + 1, **at, (gsize)(end - *at - 1));
	if (!close)
		return FALSE;
	*ret_value = (PssXmlSlice){ .at = *at + 1, .n = (gsize)(close - *at - 1) };
	*at = close + 1;
	return TRUE;
}

gboolean pss_xml_attribute(const PssXml *xml, const char *name, PssXmlSlice *ret_value)
{
	const char *at = xml->attributes.at;
	const char *end = at + xml->attributes.n;
	PssXmlSlice found, value;

	while (take_attribute(&at, end, &found, &value))
		if (is_slice(found, name)) {
			*ret_value = value;
			return TRUE;
		}
	return FALSE;
}

static PssXmlToken close_element(PssXml *xml)
{
	xml->name = xml->open[--xml->level];
	return PSS_XML_CLOSE;
}

/* Behind `</`. */
static PssXmlToken read_end_tag(PssXml *xml)
{
	PssXmlSlice name = take_name(&xml->at, xml->end);

	skip_blanks(&xml->at, xml->end);
	if (xml->at == xml->end || *xml->at++ != '>')
		return malformed(xml);
	if (xml->level == 0 || name.n != xml->open[xml->level - 1].n ||
	    memcmp(name.at, xml->open[xml->level - 1].at, name.n) != 0)
		return malformed(xml);
	return close_element(xml);
}

/* Behind `<`. */
static PssXmlToken read_start_tag(PssXml *xml)
{
	PssXmlSlice name, value;
	const char *start;

	xml->name = take_name(&xml->at, xml->end);
	if (xml->name.n == 0 || xml->level == PSS_XML_LEVELS)
		return malformed(xml);
	start = xml->at;
	while (take_attribute(&xml->at, xml->end, &name, &value))
		continue;
	xml->attributes = (PssXmlSlice){ .at = start, .n = (gsize)(xml->at - start) };
	xml->closes_next = xml->at < xml->end && *xml->at == '/';
	if (xml->closes_next)
		xml->at++;
	if (xml->at == xml->end || *xml->at++ != '>')
		return malformed(xml);
	xml->open[xml->level++] = xml->name;
	return PSS_XML_OPEN;
}

/* `<?…?>` or a comment, which say nothing. FALSE: it has no end. */
static gboolean skip_until(PssXml *xml, const char *close)
{
	const char *found = memmem(xml->at, (gsize)(xml->end - xml->at), close, strlen(close));
	if (!found)
		return FALSE;
	xml->at = found + strlen(close);
	return TRUE;
}

static gboolean starts_with(const PssXml *xml, const char *text)
{
	return (gsize)(xml->end - xml->at) >= strlen(text) && memcmp(xml->at, text, strlen(text)) == 0;
}

static PssXmlToken read_text(PssXml *xml)
{
	const char *close = memchr(xml->at, '<', (gsize)(xml->end - xml->at));
	if (!close)
		close = xml->end;
	xml->text = (PssXmlSlice){ .at = xml->at, .n = (gsize)(close - xml->at) };
	xml->at = close;
	return PSS_XML_TEXT;
}

PssXmlToken pss_xml_next(PssXml *xml)
{
	if (xml->level > PSS_XML_LEVELS)
		return PSS_XML_BAD;
	if (xml->closes_next) {
		xml->closes_next = FALSE;
		return close_element(xml);
	}
	while (starts_with(xml, "<?") || starts_with(xml, "<!--"))
		if (!skip_until(xml, starts_with(xml, "<?") ? "?>" : "-->"))
			return malformed(xml);
	if (xml->at == xml->end)
		return xml->level == 0 ? PSS_XML_END : malformed(xml);
	if (*xml->at != '<')
		return read_text(xml);
	xml->at++;
	if (xml->at < xml->end && *xml->at == '/') {
		xml->at++;
		return read_end_tag(xml);
	}
	return read_start_tag(xml);
}
