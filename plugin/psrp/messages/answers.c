/* SPDX-License-Identifier: MIT */
/* The bodies of host responses ([MS-PSRP] 2.2.3.18): what was answered, and which call that answers. Texts of secrets
 * have room from the start, so that none is left behind where a buffer moves. */
#include "psrp/messages/answers.h"

#include <string.h>

#include "psrp/clixml/writer.h"

#define ROOM 32768

static const char result_name[] = "mr";

static GString *finish(PssClixmlWriter *writer, gint64 call, gint64 method)
{
	pss_clixml_add_integer(writer, "I64", "ci", call);
	pss_clixml_add_integer(writer, "I32", "mi", method);
	pss_clixml_end(writer, 2);
	return pss_clixml_writer_finish(writer);
}

static void begin(PssClixmlWriter *writer)
{
	pss_clixml_writer_init(writer, ROOM);
	pss_clixml_begin_object(writer, NULL);
}

GString *pss_answer_null(gint64 call, gint64 method)
{
	PssClixmlWriter writer;
	begin(&writer);
	pss_clixml_add_null(&writer, result_name);
	return finish(&writer, call, method);
}

/* As plain text in UTF-16, in base64: what a SecureString is on the wire since protocol 2.4. */
static void add_secret(PssClixmlWriter *writer, const char *name, const PssSecret *secret)
{
	glong n = 0;
	gunichar2 *units = g_utf8_to_utf16(secret->str, (glong)secret->len, NULL, &n, NULL);
	char *base64;

	for (glong i = 0; i < n; i++)
		units[i] = GUINT16_TO_LE(units[i]);
	base64 = g_base64_encode((const guchar *)units, (gsize)n * 2);
	pss_clixml_add_text(writer, "SS", name, base64, strlen(base64));
	pss_secret_free_text(base64);
	if (units)
		explicit_bzero(units, (gsize)n * 2);
	g_free(units);
}

static void add_answer(PssClixmlWriter *writer, const char *name, const PssSecret *text, gboolean is_secret)
{
	if (is_secret)
		add_secret(writer, name, text);
	else
		pss_clixml_add_text(writer, "S", name, text->str, text->len);
}

GString *pss_answer_text(gint64 call, gint64 method, const PssSecret *text, gboolean is_secret)
{
	PssClixmlWriter writer;
	begin(&writer);
	add_answer(&writer, result_name, text, is_secret);
	return finish(&writer, call, method);
}

static void add_list(PssClixmlWriter *writer, const char *name, const GPtrArray *items, gboolean are_secret)
{
	pss_clixml_begin_list(writer, name);
	for (guint i = 0; i < items->len; i++)
		add_answer(writer, NULL, items->pdata[i], are_secret);
	pss_clixml_end(writer, 2);
}

static void add_field(PssClixmlWriter *writer, const PssField *field)
{
	pss_clixml_begin(writer, "En", NULL);
	pss_clixml_add_string(writer, "Key", field->name);
	if (field->is_list)
		add_list(writer, "Value", field->answers, field->is_secret);
	else
		add_answer(writer, "Value", field->answers->pdata[0], field->is_secret);
	pss_clixml_end(writer, 1);
}

GString *pss_answer_fields(gint64 call, gint64 method, const GPtrArray *fields)
{
	PssClixmlWriter writer;
	begin(&writer);
	pss_clixml_begin_dictionary(&writer, result_name);
	for (guint i = 0; i < fields->len; i++)
		add_field(&writer, fields->pdata[i]);
	pss_clixml_end(&writer, 2);
	return finish(&writer, call, method);
}

GString *pss_answer_credential(gint64 call, gint64 method, const PssSecret *name, const PssSecret *password)
{
	PssClixmlWriter writer;
	begin(&writer);
	pss_clixml_begin_object(&writer, result_name);
	pss_clixml_add_text(&writer, "S", "UserName", name->str, name->len);
	add_secret(&writer, "Password", password);
	pss_clixml_end(&writer, 2);
	return finish(&writer, call, method);
}

GString *pss_answer_choices(gint64 call, gint64 method, const GArray *choices, gboolean is_list)
{
	PssClixmlWriter writer;
	begin(&writer);
	if (is_list) {
		pss_clixml_begin_list(&writer, result_name);
		for (guint i = 0; i < choices->len; i++)
			pss_clixml_add_integer(&writer, "I32", NULL, g_array_index(choices, int, i));
		pss_clixml_end(&writer, 2);
	} else {
		pss_clixml_add_integer(&writer, "I32", result_name,
				       choices->len > 0 ? g_array_index(choices, int, 0) : 0);
	}
	return finish(&writer, call, method);
}

GString *pss_answer_key(gint64 call, gint64 method, gunichar key)
{
	PssClixmlWriter writer;
	begin(&writer);
	pss_clixml_begin_object(&writer, result_name);
	pss_clixml_add_integer(&writer, "I32", "virtualKeyCode",
			       g_unichar_isalnum(key) ? (gint64)g_unichar_toupper(key) : key);
	pss_clixml_add_integer(&writer, "C", "character", key > 0xFFFF ? 0xFFFD : key);
	pss_clixml_add_integer(&writer, "I32", "controlKeyState", 0);
	pss_clixml_add_boolean(&writer, "keyDown", TRUE);
	pss_clixml_end(&writer, 2);
	return finish(&writer, call, method);
}
