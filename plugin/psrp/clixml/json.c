/* SPDX-License-Identifier: MIT */
/* Writes JSON. References make a tree of values a graph, with circles in it too, so both depth and size are bounded. */
#include "psrp/clixml/json.h"

#include <string.h>

#define LEVELS_MAX 64

typedef struct {
	GString *out;
	gsize end; /* no value is begun beyond it */
} Json;

static void append_value(Json *json, const PssValue *value, guint level);

static void append_escape(GString *out, gunichar c)
{
	static const char letters[] = "btn\0fr"; /* from 8 on */

	if (c == '"' || c == '\\')
		g_string_append_printf(out, "\\%c", (char)c);
	else if (c >= '\b' && c <= '\r' && letters[c - '\b'])
		g_string_append_printf(out, "\\%c", letters[c - '\b']);
	else
		g_string_append_printf(out, "\\u%04x", c);
}

void pss_json_append_text(GString *out, const char *text, gsize n)
{
	const char *end = text + n;

	g_string_append_c(out, '"');
	while (text < end) {
		gunichar c = *text ? g_utf8_get_char_validated(text, end - text) : 0;
		if (c == (gunichar)-1 || c == (gunichar)-2) {
			g_string_append(out, "\xef\xbf\xbd");
			text++;
			continue;
		}
		if (c < 0x20 || c == 0x7F || c == '"' || c == '\\')
			append_escape(out, c);
		else
			g_string_append_unichar(out, c);
		text = c < 0x80 ? text + 1 : g_utf8_next_char(text);
	}
	g_string_append_c(out, '"');
}

/* Digits, a fraction, an exponent: what .NET writes of finite numbers, but for a sign in front. */
static gboolean is_json_number(const char *text)
{
	const char *digits;

	if (*text == '-')
		text++;
	digits = text;
	text += strspn(text, "0123456789");
	if (text == digits || (*digits == '0' && text > digits + 1))
		return FALSE;
	if (*text == '.') {
		gsize n = strspn(++text, "0123456789");
		if (n == 0)
			return FALSE;
		text += n;
	}
	if (*text == 'e' || *text == 'E') {
		text++;
		if (*text == '+' || *text == '-')
			text++;
		digits = text;
		text += strspn(text, "0123456789");
		if (text == digits)
			return FALSE;
	}
	return *text == '\0';
}

static void append_own_text(Json *json, const PssValue *value)
{
	if (value->text && value->kind != PSS_VALUE_SECRET)
		pss_json_append_text(json->out, value->text, value->n_text);
	else
		g_string_append(json->out, "null");
}

static void append_character(Json *json, const PssValue *value)
{
	gint64 unit = g_ascii_strtoll(value->text ? value->text : "", NULL, 10);
	gboolean is_character = unit >= 0 && unit <= 0xFFFF && !(unit >= 0xD800 && unit <= 0xDFFF);
	char utf8[6];

	pss_json_append_text(json->out, utf8, (gsize)g_unichar_to_utf8(is_character ? (gunichar)unit : 0xFFFD, utf8));
}

/* .NET's numbers that JSON has not. */
static void append_infinite(Json *json, const PssValue *value)
{
	const char *text = value->text ? value->text : "";

	if (strcmp(text, "INF") == 0 || strcmp(text, "-INF") == 0)
		g_string_append_printf(json->out, "\"%sInfinity\"", *text == '-' ? "-" : "");
	else
		append_own_text(json, value);
}

static void append_bytes(Json *json, const PssValue *value)
{
	gsize n = 0;
	g_autofree guchar *bytes = value->text && value->n_text > 0 ? g_base64_decode(value->text, &n) : NULL;

	g_string_append_c(json->out, '[');
	for (gsize i = 0; i < n && json->out->len < json->end; i++)
		g_string_append_printf(json->out, "%s%u", i > 0 ? "," : "", bytes[i]);
	g_string_append_c(json->out, ']');
}

static void append_simple(Json *json, const PssValue *value)
{
	switch (value->kind) {
	case PSS_VALUE_BOOLEAN:
		g_string_append(json->out, g_strcmp0(value->text, "true") == 0 ? "true" : "false");
		break;
	case PSS_VALUE_NUMBER:
		if (value->text && is_json_number(value->text))
			g_string_append(json->out, value->text);
		else
			append_infinite(json, value);
		break;
	case PSS_VALUE_CHARACTER:
		append_character(json, value);
		break;
	case PSS_VALUE_BYTES:
		append_bytes(json, value);
		break;
	case PSS_VALUE_TEXT:
		append_own_text(json, value);
		break;
	default:
		g_string_append(json->out, "null");
	}
}

static void append_list(Json *json, const PssValue *list, guint level)
{
	g_string_append_c(json->out, '[');
	for (guint i = 0; i < list->items->len; i++) {
		if (i > 0)
			g_string_append_c(json->out, ',');
		append_value(json, list->items->pdata[i], level);
	}
	g_string_append_c(json->out, ']');
}

static void append_key(Json *json, const char *key, gboolean is_first)
{
	if (!is_first)
		g_string_append_c(json->out, ',');
	pss_json_append_text(json->out, key ? key : "", key ? strlen(key) : 0);
	g_string_append_c(json->out, ':');
}

static void append_dictionary(Json *json, const PssValue *dictionary, guint level)
{
	g_string_append_c(json->out, '{');
	for (guint i = 0; i + 1 < dictionary->items->len; i += 2) {
		append_key(json, pss_value_text(dictionary->items->pdata[i]), i == 0);
		append_value(json, dictionary->items->pdata[i + 1], level);
	}
	g_string_append_c(json->out, '}');
}

static void append_properties(Json *json, const PssValue *object, guint level)
{
	g_string_append_c(json->out, '{');
	for (guint i = 0; i < object->properties->len; i++) {
		const PssValue *property = object->properties->pdata[i];
		append_key(json, property->name, i == 0);
		append_value(json, property, level);
	}
	g_string_append_c(json->out, '}');
}

static gboolean is_called(const char *name, const char *wanted)
{
	return name && g_ascii_strcasecmp(name, wanted) == 0;
}

static const PssValue *find_property(const PssValue *object, const char *name)
{
	gboolean is_dictionary = object->kind == PSS_VALUE_DICTIONARY;

	for (guint i = 0; is_dictionary && i + 1 < object->items->len; i += 2)
		if (is_called(pss_value_text(object->items->pdata[i]), name))
			return object->items->pdata[i + 1];
	for (guint i = 0; object->properties && i < object->properties->len; i++) {
		const PssValue *property = object->properties->pdata[i];
		if (is_called(property->name, name))
			return property;
	}
	return NULL;
}

static void append_selected(Json *json, const PssValue *object, const char *const *only)
{
	g_string_append_c(json->out, '{');
	for (guint i = 0; only[i]; i++) {
		append_key(json, only[i], i == 0);
		append_value(json, find_property(object, only[i]), 1);
	}
	g_string_append_c(json->out, '}');
}

/* ---- objects that are one value to JSON */

static gboolean append_number(Json *json, const PssValue *object)
{
	if (!object->text || !is_json_number(object->text))
		return FALSE;
	g_string_append(json->out, object->text);
	return TRUE;
}

static gboolean append_enum(Json *json, const PssValue *object)
{
	append_own_text(json, object);
	return TRUE;
}

static gboolean append_null(Json *json, const PssValue *object)
{
	g_string_append(json->out, "null");
	return TRUE;
}

/* ToString() has it as the server's culture has dates. */
static gboolean append_date(Json *json, const PssValue *object)
{
	int year = (int)pss_value_integer(pss_value_get(object, "Year"), 0);
	int month = (int)pss_value_integer(pss_value_get(object, "Month"), 0);
	int day = (int)pss_value_integer(pss_value_get(object, "Day"), 0);

	if (year < 1 || year > 9999)
		return FALSE;
	g_string_append_printf(json->out, "\"%04d-%02d-%02d\"", year, month, day);
	return TRUE;
}

static gboolean append_date_with_offset(Json *json, const PssValue *object)
{
	const PssValue *date = pss_value_get(object, "DateTime");
	const char *text = pss_value_text(date);
	int minutes = (int)pss_value_integer(pss_value_get(object, "TotalOffsetMinutes"), G_MAXINT);
	g_autofree char *whole = NULL;

	if (!text || minutes > 24 * 60 || minutes < -24 * 60)
		return FALSE;
	whole = g_strdup_printf("%s%c%02d:%02d", text, minutes < 0 ? '-' : '+', ABS(minutes) / 60, ABS(minutes) % 60);
	pss_json_append_text(json->out, whole, strlen(whole));
	return TRUE;
}

static gboolean append_as_one(Json *json, const PssValue *object)
{
	static const struct {
		const char *type;
		gboolean (*append)(Json *json, const PssValue *object); /* FALSE: it is not as expected */
	} rows[] = {
		{ "System.Enum", append_enum },
		{ "System.Numerics.BigInteger", append_number },
		{ "System.DBNull", append_null },
		{ "System.DateOnly", append_date },
		{ "System.DateTimeOffset", append_date_with_offset },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		if (pss_value_is_of_type(object, rows[i].type) && rows[i].append(json, object))
			return TRUE;
	return FALSE;
}

static void append_object(Json *json, const PssValue *object, guint level)
{
	if (append_as_one(json, object))
		return;
	if (object->base)
		append_value(json, object->base, level);
	else if (object->properties && object->properties->len > 0)
		append_properties(json, object, level);
	else
		append_own_text(json, object);
}

static void append_value(Json *json, const PssValue *value, guint level)
{
	if (value && value->kind == PSS_VALUE_REFERENCE)
		value = value->target;
	if (!value || json->out->len >= json->end) {
		g_string_append(json->out, "null");
		return;
	}
	if (level == LEVELS_MAX) {
		append_own_text(json, value);
		return;
	}
	if (value->kind == PSS_VALUE_LIST)
		append_list(json, value, level + 1);
	else if (value->kind == PSS_VALUE_DICTIONARY)
		append_dictionary(json, value, level + 1);
	else if (value->kind == PSS_VALUE_OBJECT)
		append_object(json, value, level + 1);
	else
		append_simple(json, value);
}

void pss_json_append_value(GString *out, const PssValue *value, const char *const *only)
{
	Json json = { .out = out, .end = out->len + PSS_JSON_MAX };
	const PssValue *object = value && value->kind == PSS_VALUE_REFERENCE ? value->target : value;

	if (only && object && (object->properties || object->kind == PSS_VALUE_DICTIONARY))
		append_selected(&json, object, only);
	else
		append_value(&json, value, 0);
}
