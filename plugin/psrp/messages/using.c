/* SPDX-License-Identifier: MIT */
/* The key under which PowerShell looks for a value is the expression as it stands in the text, in base64 of UTF-16;
 * that of a variable alone in lower case. Whether it stands in a string or a comment does not matter: what is not
 * looked for is not found. */
#include "psrp/messages/using.h"

#include <string.h>

#define ROOM_A_BYTE 7     /* as none takes more: _xHHHH_ */
#define ROOM_A_KEY_BYTE 3 /* base64 of UTF-16 */
#define ROOM_AN_ENTRY 128

/* One entry of the dictionary: a variable, an item of it, or the number of its items. */
typedef struct {
	char *key;
	const PssUsing *whole; /* or NULL */
	const char *item;      /* or NULL */
	gint64 count;          /* or -1; with nothing at all it is null */
} Entry;

static void clear_entry(gpointer entry)
{
	g_free(((Entry *)entry)->key);
}

static char *key_of(const char *expression)
{
	glong n = 0;
	g_autofree gunichar2 *units = g_utf8_to_utf16(expression, -1, NULL, &n, NULL);

	for (glong i = 0; i < n; i++)
		units[i] = GUINT16_TO_LE(units[i]);
	return g_base64_encode((const guchar *)units, (gsize)n * 2);
}

/* ---- what an accessor gives */

/* -1: it is no UTF-8. */
static gint64 count_units(const char *text)
{
	gint64 n = 0;

	if (!g_utf8_validate(text, -1, NULL))
		return -1;
	for (; *text; text = g_utf8_next_char(text))
		n += g_utf8_get_char(text) > 0xFFFF ? 2 : 1;
	return n;
}

static const char *find_item(const PssUsing *value, const char *key, gsize n_key)
{
	for (gsize i = 0; i < value->n_values; i++)
		if (strlen(value->keys[i]) == n_key && g_ascii_strncasecmp(value->keys[i], key, n_key) == 0)
			return value->values[i];
	return NULL;
}

static gboolean is_word(const char *name, const char *text, gsize n)
{
	return strlen(name) == n && g_ascii_strncasecmp(name, text, n) == 0;
}

static void take_member(Entry *entry, const PssUsing *value, const char *name, gsize n)
{
	gboolean is_count = is_word("Count", name, n) || is_word("Length", name, n);

	if (value->kind == PSS_USING_DICTIONARY)
		entry->item = find_item(value, name, n);
	if (!entry->item && is_count)
		entry->count = value->kind == PSS_USING_TEXT ? count_units(value->values[0]) : (gint64)value->n_values;
}

static void take_index(Entry *entry, const PssUsing *value, const char *index)
{
	gint64 at = g_ascii_strtoll(index, NULL, 10);

	if (at < 0)
		at += (gint64)value->n_values;
	if (value->kind == PSS_USING_LIST && at >= 0 && (gsize)at < value->n_values)
		entry->item = value->values[at];
}

/* ---- the expressions of a text */

/* The length of ".NAME", no call behind it; 0: there is none. */
static gsize read_member(const char *at, const PssUsing *value, Entry *entry)
{
	gsize n = 1;

	if (at[0] != '.' || g_ascii_isdigit(at[1]))
		return 0;
	while (g_ascii_isalnum(at[n]) || at[n] == '_')
		n++;
	if (n == 1 || at[n] == '(')
		return 0;
	take_member(entry, value, at + 1, n - 1);
	return n;
}

/* The length of "[NUMBER]" or "['KEY']"; 0: there is none. */
static gsize read_subscript(const char *at, const PssUsing *value, Entry *entry)
{
	gboolean is_quoted = at[0] == '[' && (at[1] == '\'' || at[1] == '"');
	gsize n = is_quoted ? 2 : 1;

	if (at[0] != '[')
		return 0;
	if (is_quoted) {
		while (at[n] && at[n] != at[1] && at[n] != '\n')
			n++;
		if (at[n] != at[1] || at[n + 1] != ']')
			return 0;
		if (value->kind == PSS_USING_DICTIONARY)
			entry->item = find_item(value, at + 2, n - 2);
		return n + 2;
	}
	n += at[n] == '-';
	n += strspn(at + n, "0123456789");
	if (at[n] != ']' || !g_ascii_isdigit(at[n - 1]))
		return 0;
	take_index(entry, value, at + 1);
	return n + 1;
}

static const PssUsing *find_value(const PssUsing *values, gsize n_values, const char *name, gsize n)
{
	for (gsize i = 0; i < n_values; i++)
		if (is_word(values[i].name, name, n))
			return &values[i];
	return NULL;
}

/* The length of "$using:NAME" or "${using:NAME}" at a `$`, and whose name that is; 0: neither stands there. */
static gsize read_variable(const char *at, const PssUsing *values, gsize n_values, const PssUsing **ret_value)
{
	static const char prefix[] = "using:";
	gboolean has_braces = at[1] == '{';
	const char *name = at + 1 + has_braces + strlen(prefix);
	gsize n = 0;

	if (g_ascii_strncasecmp(at + 1 + has_braces, prefix, strlen(prefix)) != 0)
		return 0;
	while (g_ascii_isalnum(name[n]) || name[n] == '_')
		n++;
	*ret_value = find_value(values, n_values, name, n);
	if (!*ret_value || (has_braces && name[n] != '}'))
		return 0;
	return (gsize)(name + n + has_braces - at);
}

static void add_entry(GArray *entries, GHashTable *seen, Entry *entry)
{
	if (g_hash_table_add(seen, entry->key))
		g_array_append_vals(entries, entry, 1);
	else
		g_free(entry->key);
}

static void add_expressions(GArray *entries, GHashTable *seen, const char *text, const PssUsing *values, gsize n_values)
{
	const char *at = text;

	while ((at = strchr(at, '$'))) {
		Entry entry = { .count = -1 };
		const PssUsing *value = NULL;
		gsize n = read_variable(at, values, n_values, &value);
		gsize n_accessor = n > 0 ? read_member(at + n, value, &entry) : 0;

		if (n > 0 && n_accessor == 0)
			n_accessor = read_subscript(at + n, value, &entry);
		if (n_accessor > 0) {
			entry.key = g_strndup(at, n + n_accessor);
			add_entry(entries, seen, &entry);
		}
		at += n + n_accessor + (n == 0);
	}
}

/* Both spellings of each variable, and the expressions. */
static GArray *make_entries(const char *text, const PssUsing *values, gsize n_values)
{
	GArray *entries = g_array_new(FALSE, FALSE, sizeof(Entry));
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

	g_array_set_clear_func(entries, clear_entry);
	for (gsize i = 0; i < n_values; i++) {
		g_autofree char *lower = g_utf8_strdown(values[i].name, -1);
		Entry plain = { g_strdup_printf("$using:%s", lower), &values[i], NULL, -1 };
		Entry braced = { g_strdup_printf("${using:%s}", lower), &values[i], NULL, -1 };
		add_entry(entries, seen, &plain);
		add_entry(entries, seen, &braced);
	}
	add_expressions(entries, seen, text, values, n_values);
	return entries;
}

/* ---- writing */

static void append_list(PssClixmlWriter *writer, const PssUsing *value)
{
	pss_clixml_begin_list(writer, "Value");
	for (gsize i = 0; i < value->n_values; i++)
		pss_clixml_add_string(writer, NULL, value->values[i]);
	pss_clixml_end(writer, 2);
}

static void append_dictionary(PssClixmlWriter *writer, const PssUsing *value)
{
	pss_clixml_begin_dictionary(writer, "Value");
	for (gsize i = 0; i < value->n_values; i++) {
		pss_clixml_begin(writer, "En", NULL);
		pss_clixml_add_string(writer, "Key", value->keys[i]);
		pss_clixml_add_string(writer, "Value", value->values[i]);
		pss_clixml_end(writer, 1);
	}
	pss_clixml_end(writer, 2);
}

static void append_value(PssClixmlWriter *writer, const Entry *entry)
{
	if (entry->whole && entry->whole->kind == PSS_USING_LIST)
		append_list(writer, entry->whole);
	else if (entry->whole && entry->whole->kind == PSS_USING_DICTIONARY)
		append_dictionary(writer, entry->whole);
	else if (entry->count >= 0)
		pss_clixml_add_integer(writer, "I32", "Value", entry->count);
	else
		pss_clixml_add_string(writer, "Value", entry->whole ? entry->whole->values[0] : entry->item);
}

void pss_using_append(PssClixmlWriter *writer, const char *text, const PssUsing *values, gsize n_values)
{
	g_autoptr(GArray) entries = make_entries(text, values, n_values);

	if (n_values == 0)
		return;
	pss_clixml_begin_object(writer, NULL);
	pss_clixml_add_string(writer, "N", "--%");
	pss_clixml_begin_dictionary(writer, "V");
	for (guint i = 0; i < entries->len; i++) {
		const Entry *entry = &g_array_index(entries, Entry, i);
		g_autofree char *key = key_of(entry->key);
		pss_clixml_begin(writer, "En", NULL);
		pss_clixml_add_string(writer, "Key", key);
		append_value(writer, entry);
		pss_clixml_end(writer, 1);
	}
	pss_clixml_end(writer, 4);
}

static gsize room_of_value(const PssUsing *value)
{
	gsize room = 0;

	for (gsize i = 0; i < value->n_values; i++)
		room += ROOM_AN_ENTRY +
			ROOM_A_BYTE * (strlen(value->values[i]) + (value->keys ? strlen(value->keys[i]) : 0));
	return room;
}

gsize pss_using_room(const char *text, const PssUsing *values, gsize n_values)
{
	g_autoptr(GArray) entries = make_entries(text, values, n_values);
	gsize room = ROOM_AN_ENTRY;

	for (guint i = 0; i < entries->len; i++) {
		const Entry *entry = &g_array_index(entries, Entry, i);
		room += ROOM_AN_ENTRY + ROOM_A_KEY_BYTE * strlen(entry->key);
		room += entry->whole ? room_of_value(entry->whole) : 0;
		room += entry->item ? ROOM_A_BYTE * strlen(entry->item) : 0;
	}
	return room;
}
