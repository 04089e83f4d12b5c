/* SPDX-License-Identifier: MIT */
/* CLIXML: strings, values, JSON, the writer. */
#include <string.h>

#include "psrp/clixml/json.h"
#include "psrp/clixml/text.h"
#include "psrp/clixml/value.h"
#include "psrp/clixml/writer.h"
#include "psrp/clixml/xml.h"

/* ---- strings */

static char *encode(const char *text, gsize n)
{
	GString *out = g_string_new(NULL);
	pss_clixml_encode(out, text, n);
	return g_string_free(out, FALSE);
}

static GString *decode(const char *raw, gsize n)
{
	GString *out = g_string_new(NULL);
	pss_clixml_decode(out, raw, n);
	return out;
}

static void test_encode(void)
{
	static const struct {
		const char *text, *raw;
	} cases[] = {
		{ "plain", "plain" },
		{ "<a href=\"x\">&'", "&lt;a href=&quot;x&quot;&gt;&amp;&apos;" },
		{ "a\tb\nc", "a_x0009_b_x000A_c" },
		{ "_x0041_", "_x005F_x0041_x005F_" },
		{ "\xf0\x9f\x98\x80", "_xD83D__xDE00_" },
		{ "\xef\xbf\xbe", "_xFFFE_" },
		{ "a\xff"
		  "b",
		  "a\xef\xbf\xbd"
		  "b" },
		{ "\xc3\xa4", "\xc3\xa4" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *raw = encode(cases[i].text, strlen(cases[i].text));
		g_assert_cmpstr(raw, ==, cases[i].raw);
	}
}

static void test_decode(void)
{
	static const struct {
		const char *raw, *text;
	} cases[] = {
		{ "plain", "plain" },
		{ "&lt;&#65;&#x42;&amp;lt;", "<AB&lt;" },
		{ "_x000A_", "\n" },
		{ "_x005F_x0041_", "_x0041_" },
		{ "_xD83D__xDE00_", "\xf0\x9f\x98\x80" },
		{ "_xD83D_", "\xef\xbf\xbd" },
		{ "_xDE00__xD83D_", "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "&#xFFFE;", "\xef\xbf\xbe" },
		{ "_x00g0_ _x12_ _", "_x00g0_ _x12_ _" },
		{ "&nothing; & &", "\xef\xbf\xbd & &" },
		{ "&#xD800;&#x110000;&#0;", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "__x0041_", "_A" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GString) text = decode(cases[i].raw, strlen(cases[i].raw));
		g_assert_cmpstr(text->str, ==, cases[i].text);
	}
}

/* Every character of the basic plane, and some of the others, come back as they went. */
static void test_characters(void)
{
	for (gunichar c = 0; c <= 0x10FFFF; c += c < 0x10400 ? 1 : 251) {
		g_autoptr(GString) text = g_string_new("a_");
		g_autoptr(GString) back = NULL;
		g_autofree char *raw = NULL;

		if (c >= 0xD800 && c <= 0xDFFF)
			continue;
		if (c == 0)
			g_string_append_c(text, '\0');
		else
			g_string_append_unichar(text, c);
		raw = encode(text->str, text->len);
		back = decode(raw, strlen(raw));
		g_assert_cmpmem(back->str, back->len, text->str, text->len);
	}
}

/* ---- the scanner */

static void test_malformed(void)
{
	static const char *const texts[] = {
		"<a>",      "</a>",         "<a></b>", "<a",    "<a b=>", "<a b='x>",        "<", "<>", "<a/",
		"<a/></a>", "<!DOCTYPE a>", "<?xml",   "<!-- ", "<a></a", "<a b='1' c></a>",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		PssXml xml;
		PssXmlToken token;
		pss_xml_init(&xml, texts[i], strlen(texts[i]));
		do
			token = pss_xml_next(&xml);
		while (token != PSS_XML_BAD && token != PSS_XML_END);
		g_assert_cmpint(token, ==, PSS_XML_BAD);
		g_assert_cmpint(pss_xml_next(&xml), ==, PSS_XML_BAD);
	}
}

static char *nest(guint levels)
{
	GString *text = g_string_new(NULL);
	for (guint i = 0; i < levels; i++)
		g_string_append(text, i % 2 ? "<LST>" : "<Obj>");
	for (guint i = levels; i-- > 0;)
		g_string_append(text, i % 2 ? "</LST>" : "</Obj>");
	return g_string_free(text, FALSE);
}

static void test_levels(void)
{
	g_autofree char *deep = nest(PSS_XML_LEVELS);
	g_autofree char *too_deep = nest(PSS_XML_LEVELS + 1);
	g_autoptr(PssValue) value = pss_value_parse(deep, strlen(deep));

	g_assert_nonnull(value);
	g_assert_null(pss_value_parse(too_deep, strlen(too_deep)));
}

static void test_number_of_values(void)
{
	g_autoptr(GString) text = g_string_new("<Obj><LST>");
	for (guint i = 0; i < PSS_VALUES_MAX; i++)
		g_string_append(text, "<Nil/>");
	g_string_append(text, "</LST></Obj>");
	g_assert_null(pss_value_parse(text->str, text->len));
}

/* ---- values */

static PssValue *parse(const char *xml)
{
	PssValue *value = pss_value_parse(xml, strlen(xml));
	g_assert_nonnull(value);
	return value;
}

static void test_nothing_is_null(void)
{
	g_autoptr(PssValue) nothing = parse("");
	g_autoptr(PssValue) mark = parse("\xef\xbb\xbf");
	g_assert_true(pss_value_is_null(nothing));
	g_assert_true(pss_value_is_null(mark));
}

static void test_get(void)
{
	g_autoptr(PssValue) value =
		parse("\xef\xbb\xbf<?xml version=\"1.0\"?><Obj RefId=\"0\"><MS><I64 N=\"ci\">-100</I64>"
		      "<Obj N=\"mi\" RefId=\"1\"><TN RefId=\"0\"><T>X</T><T>System.Enum</T></TN>"
		      "<ToString>WriteLine</ToString><I32>16</I32></Obj>"
		      "<Obj N=\"mp\" RefId=\"2\"><LST><S>a_x000A_b</S><Ref RefId=\"1\"/><B>true</B></LST></Obj>"
		      "</MS></Obj>");
	const PssValue *list = pss_value_get(value, "mp");

	g_assert_cmpint(pss_value_integer(pss_value_get(value, "ci"), 0), ==, -100);
	g_assert_cmpint(pss_value_integer(pss_value_get(value, "mi"), 0), ==, 16);
	g_assert_true(pss_value_is_of_type(pss_value_get(value, "mi"), "System.Enum"));
	g_assert_cmpuint(pss_value_n_items(list), ==, 3);
	g_assert_cmpstr(pss_value_text(pss_value_item(list, 0)), ==, "a\nb");
	g_assert_cmpint(pss_value_integer(pss_value_item(list, 1), 0), ==, 16);
	g_assert_true(pss_value_is_true(pss_value_item(list, 2)));
	g_assert_null(pss_value_item(list, 3));
	g_assert_null(pss_value_get(value, "none"));
	g_assert_null(pss_value_get(NULL, "none"));
}

/* ---- JSON */

static void test_json(void)
{
	static const struct {
		const char *xml, *json;
	} cases[] = {
		{ "", "null" },
		{ "<Nil />", "null" },
		{ "<I32>-7</I32>", "-7" },
		{ "<Db>1E+20</Db>", "1E+20" },
		{ "<Db>NaN</Db>", "\"NaN\"" },
		{ "<D>1.50</D>", "1.50" },
		{ "<I32>007</I32>", "\"007\"" },
		{ "<B>true</B>", "true" },
		{ "<C>65</C>", "\"A\"" },
		{ "<S>a&lt;\"_x0009__x0001_\\</S>", "\"a<\\\"\\t\\u0001\\\\\"" },
		{ "<DT>2026-11-29T12:00:00+00:00</DT>", "\"2026-11-29T12:00:00+00:00\"" },
		{ "<BA>AAEC</BA>", "[0,1,2]" },
		{ "<SS>c2VjcmV0</SS>", "null" },
		{ "<Obj RefId='0'><LST><I32>1</I32><S>x</S><Nil/></LST></Obj>", "[1,\"x\",null]" },
		{ "<Obj RefId='0'><DCT><En><S N='Key'>a</S><I32 N='Value'>1</I32></En></DCT></Obj>", "{\"a\":1}" },
		{ "<Obj RefId='0'><TN "
		  "RefId='0'><T>System.DayOfWeek</T><T>System.Enum</T></TN><ToString>Friday</ToString><I32>5</I32></"
		  "Obj>",
		  "\"Friday\"" },
		{ "<Obj RefId='0'><S>text</S><MS><S N='PSPath'>x</S></MS></Obj>", "\"text\"" },
		{ "<Obj RefId='0'><Props><S N='Name'>n</S><Obj N='Inner' "
		  "RefId='1'><ToString>flat</ToString></Obj></Props></Obj>",
		  "{\"Name\":\"n\",\"Inner\":\"flat\"}" },
		{ "<Obj RefId='0'><MS><Ref N='self' RefId='7'/></MS></Obj>", "{\"self\":null}" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(PssValue) value = parse(cases[i].xml);
		g_autoptr(GString) json = g_string_new(NULL);
		pss_json_append_value(json, value, NULL);
		g_assert_cmpstr(json->str, ==, cases[i].json);
	}
}

static void test_json_selected(void)
{
	static const char *const only[] = { "name", "None", NULL };
	g_autoptr(PssValue) value = parse("<Obj RefId='0'><Props><I32 N='Id'>1</I32><S N='Name'>n</S></Props></Obj>");
	g_autoptr(GString) json = g_string_new(NULL);

	pss_json_append_value(json, value, only);
	g_assert_cmpstr(json->str, ==, "{\"name\":\"n\",\"None\":null}");
}

/* An object in itself, and lists that double at each level: both end. */
static void test_json_is_bounded(void)
{
	g_autoptr(PssValue) circle = parse("<Obj RefId='0'><MS><Ref N='self' RefId='0'/></MS></Obj>");
	g_autoptr(GString) json = g_string_new(NULL);
	g_autoptr(GString) xml = g_string_new("<Obj RefId='0'><LST>");
	g_autoptr(PssValue) doubling = NULL;

	pss_json_append_value(json, circle, NULL);
	g_assert_cmpuint(json->len, <, 4096);
	for (guint i = 1; i <= 40; i++)
		g_string_append_printf(xml, "<Obj RefId='%u'><LST><Ref RefId='%u'/><Ref RefId='%u'/></LST></Obj>", i,
				       i - 1, i - 1);
	g_string_append(xml, "<Ref RefId='40'/></LST></Obj>");
	doubling = parse(xml->str);
	g_string_truncate(json, 0);
	pss_json_append_value(json, doubling, NULL);
	g_assert_cmpuint(json->len, <, 2 * PSS_JSON_MAX);
}

/* ---- the writer */

static void test_writer(void)
{
	PssClixmlWriter writer;
	g_autoptr(GString) text = NULL;

	pss_clixml_writer_init(&writer, 16);
	pss_clixml_begin_object(&writer, NULL);
	pss_clixml_add_string(&writer, "a", "x<\n");
	pss_clixml_add_null(&writer, "b");
	pss_clixml_begin_list(&writer, "c");
	pss_clixml_add_integer(&writer, "I32", NULL, -1);
	pss_clixml_add_boolean(&writer, NULL, TRUE);
	pss_clixml_end(&writer, 4);
	text = pss_clixml_writer_finish(&writer);
	g_assert_cmpstr(text->str, ==,
			"<Obj RefId=\"0\"><MS><S N=\"a\">x&lt;_x000A_</S><Nil N=\"b\" /><Obj N=\"c\" RefId=\"1\"><LST>"
			"<I32>-1</I32><B>true</B></LST></Obj></MS></Obj>");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/clixml/strings are encoded", test_encode);
	g_test_add_func("/clixml/strings are decoded", test_decode);
	g_test_add_func("/clixml/characters come back", test_characters);
	g_test_add_func("/clixml/malformed XML is refused", test_malformed);
	g_test_add_func("/clixml/levels are bounded", test_levels);
	g_test_add_func("/clixml/values are bounded", test_number_of_values);
	g_test_add_func("/clixml/nothing is a null", test_nothing_is_null);
	g_test_add_func("/clixml/values are found", test_get);
	g_test_add_func("/clixml/values as JSON", test_json);
	g_test_add_func("/clixml/selected properties as JSON", test_json_selected);
	g_test_add_func("/clixml/JSON is bounded", test_json_is_bounded);
	g_test_add_func("/clixml/the writer writes", test_writer);
	return g_test_run();
}
