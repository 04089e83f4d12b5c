/* SPDX-License-Identifier: MIT */
/* Reads CLIXML into a tree. The nesting is bounded by the scanner, the number of values here, so that both reading and
 * freeing may recurse. Elements that are not known count as null: newer servers may send some. */
#include "psrp/clixml/value.h"

#include <string.h>

#include "psrp/clixml/text.h"
#include "psrp/clixml/xml.h"

typedef struct {
	PssXml xml;
	GHashTable *objects; /* RefId → PssValue, borrowed */
	GHashTable *types;   /* RefId → GPtrArray, owned */
	guint n_values;
} Reader;

static const struct {
	const char *tag;
	PssValueKind kind;
	const char *type;
} simple_tags[] = {
	{ "S", PSS_VALUE_TEXT, "System.String" },
	{ "I32", PSS_VALUE_NUMBER, "System.Int32" },
	{ "B", PSS_VALUE_BOOLEAN, "System.Boolean" },
	{ "Nil", PSS_VALUE_NULL, NULL },
	{ "I64", PSS_VALUE_NUMBER, "System.Int64" },
	{ "Db", PSS_VALUE_NUMBER, "System.Double" },
	{ "DT", PSS_VALUE_TEXT, "System.DateTime" },
	{ "TS", PSS_VALUE_TEXT, "System.TimeSpan" },
	{ "C", PSS_VALUE_CHARACTER, "System.Char" },
	{ "By", PSS_VALUE_NUMBER, "System.Byte" },
	{ "SB", PSS_VALUE_NUMBER, "System.SByte" },
	{ "U16", PSS_VALUE_NUMBER, "System.UInt16" },
	{ "I16", PSS_VALUE_NUMBER, "System.Int16" },
	{ "U32", PSS_VALUE_NUMBER, "System.UInt32" },
	{ "U64", PSS_VALUE_NUMBER, "System.UInt64" },
	{ "Sg", PSS_VALUE_NUMBER, "System.Single" },
	{ "D", PSS_VALUE_NUMBER, "System.Decimal" },
	{ "G", PSS_VALUE_TEXT, "System.Guid" },
	{ "URI", PSS_VALUE_TEXT, "System.Uri" },
	{ "BA", PSS_VALUE_BYTES, "System.Byte[]" },
	{ "SS", PSS_VALUE_SECRET, "System.Security.SecureString" },
	{ "Version", PSS_VALUE_TEXT, "System.Version" },
	{ "XD", PSS_VALUE_TEXT, "System.Xml.XmlDocument" },
	{ "SBK", PSS_VALUE_TEXT, "System.Management.Automation.ScriptBlock" },
};

static PssValue *read_value(Reader *reader);

/* ---- memory */

static PssValue *new_value(Reader *reader, PssValueKind kind)
{
	PssValue *value;
	if (++reader->n_values > PSS_VALUES_MAX)
		return NULL;
	value = g_new0(PssValue, 1);
	value->kind = kind;
	return value;
}

void pss_value_free(PssValue *value)
{
	if (!value)
		return;
	if (value->kind == PSS_VALUE_SECRET && value->text)
		explicit_bzero(value->text, value->n_text);
	g_clear_pointer(&value->items, g_ptr_array_unref);
	g_clear_pointer(&value->properties, g_ptr_array_unref);
	g_clear_pointer(&value->types, g_ptr_array_unref);
	pss_value_free(value->base);
	g_free(value->name);
	g_free(value->text);
	g_free(value);
}

static GPtrArray *new_values(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)pss_value_free);
}

/* ---- parts of an element */

static void take_text(PssValue *value, GString *text)
{
	g_free(value->text);
	value->n_text = text->len;
	value->text = g_string_free(text, FALSE);
}

static GString *decode_attribute(Reader *reader, const char *name)
{
	PssXmlSlice raw;
	GString *text;
	if (!pss_xml_attribute(&reader->xml, name, &raw))
		return NULL;
	text = g_string_new(NULL);
	pss_clixml_decode(text, raw.at, raw.n);
	return text;
}

/* The key in a table of references; FALSE: the element has none. */
static gboolean read_number(Reader *reader, gpointer *ret_key)
{
	PssXmlSlice raw;
	guint64 number = 0;
	if (!pss_xml_attribute(&reader->xml, "RefId", &raw) || raw.n == 0 || raw.n > 9)
		return FALSE;
	for (gsize i = 0; i < raw.n; i++) {
		if (!g_ascii_isdigit(raw.at[i]))
			return FALSE;
		number = number * 10 + (guint64)(raw.at[i] - '0');
	}
	*ret_key = GUINT_TO_POINTER((guint)number + 1);
	return TRUE;
}

/* Reads up to the end of the element that was opened. Elements inside are passed over. NULL: malformed. */
static GString *read_text(Reader *reader)
{
	g_autoptr(GString) text = g_string_new(NULL);
	guint level = reader->xml.level;

	for (;;) {
		switch (pss_xml_next(&reader->xml)) {
		case PSS_XML_TEXT:
			if (reader->xml.level == level)
				pss_clixml_decode(text, reader->xml.text.at, reader->xml.text.n);
			break;
		case PSS_XML_CLOSE:
			if (reader->xml.level < level)
				return g_steal_pointer(&text);
			break;
		case PSS_XML_OPEN:
			break;
		default:
			return NULL;
		}
	}
}

/* The next element inside the one that was opened at `level`. FALSE: that has ended, or is malformed. */
static gboolean next_child(Reader *reader, guint level, gboolean *ret_good)
{
	PssXmlToken token;
	do
		token = pss_xml_next(&reader->xml);
	while (token == PSS_XML_TEXT);
	*ret_good = token == PSS_XML_OPEN || (token == PSS_XML_CLOSE && reader->xml.level < level);
	return token == PSS_XML_OPEN;
}

/* Values up to the end of the element. NULL: malformed. */
static GPtrArray *read_values(Reader *reader, GPtrArray *values)
{
	guint level = reader->xml.level;
	gboolean good;

	while (next_child(reader, level, &good)) {
		PssValue *value = read_value(reader);
		if (!value)
			return NULL;
		g_ptr_array_add(values, value);
	}
	return good ? values : NULL;
}

/* ---- objects */

typedef gboolean (*ReadPart)(Reader *reader, PssValue *object);

static gboolean read_types(Reader *reader, PssValue *object)
{
	g_autoptr(GPtrArray) types = g_ptr_array_new_with_free_func(g_free);
	guint level = reader->xml.level;
	gpointer key = NULL;
	gboolean good, numbered = read_number(reader, &key);

	while (next_child(reader, level, &good)) {
		GString *type = read_text(reader);
		if (!type)
			return FALSE;
		g_ptr_array_add(types, g_string_free(type, FALSE));
	}
	if (!good)
		return FALSE;
	g_clear_pointer(&object->types, g_ptr_array_unref);
	object->types = g_ptr_array_ref(types);
	if (numbered)
		g_hash_table_insert(reader->types, key, g_steal_pointer(&types));
	return TRUE;
}

static gboolean read_types_reference(Reader *reader, PssValue *object)
{
	gpointer key = NULL;
	GPtrArray *types = read_number(reader, &key) ? g_hash_table_lookup(reader->types, key) : NULL;
	g_autoptr(GString) text = read_text(reader);

	if (types) {
		g_clear_pointer(&object->types, g_ptr_array_unref);
		object->types = g_ptr_array_ref(types);
	}
	return text != NULL;
}

static gboolean read_to_string(Reader *reader, PssValue *object)
{
	GString *text = read_text(reader);
	if (!text)
		return FALSE;
	take_text(object, text);
	return TRUE;
}

static gboolean read_properties(Reader *reader, PssValue *object)
{
	if (!object->properties)
		object->properties = new_values();
	return read_values(reader, object->properties) != NULL;
}

static gboolean read_list(Reader *reader, PssValue *object)
{
	object->kind = PSS_VALUE_LIST;
	if (!object->items)
		object->items = new_values();
	return read_values(reader, object->items) != NULL;
}

/* One `En`: its two values are called Key and Value. */
static gboolean read_entry(Reader *reader, GPtrArray *items)
{
	g_autoptr(GPtrArray) pair = new_values();
	if (!read_values(reader, pair))
		return FALSE;
	if (pair->len != 2)
		return FALSE;
	g_ptr_array_set_free_func(pair, NULL);
	g_ptr_array_add(items, pair->pdata[0]);
	g_ptr_array_add(items, pair->pdata[1]);
	return TRUE;
}

static gboolean read_dictionary(Reader *reader, PssValue *object)
{
	guint level = reader->xml.level;
	gboolean good;

	object->kind = PSS_VALUE_DICTIONARY;
	if (!object->items)
		object->items = new_values();
	while (next_child(reader, level, &good))
		if (!read_entry(reader, object->items))
			return FALSE;
	return good;
}

/* One alone: what has been read may be referred to, and is not freed before the whole tree is. */
static gboolean read_base(Reader *reader, PssValue *object)
{
	PssValue *base = read_value(reader);
	if (!base)
		return FALSE;
	if (base->kind == PSS_VALUE_NULL) {
		pss_value_free(base);
		return TRUE;
	}
	if (object->base) {
		pss_value_free(base);
		return FALSE;
	}
	object->base = base;
	return TRUE;
}

static ReadPart reader_of_part(const Reader *reader)
{
	static const struct {
		const char *tag;
		ReadPart read;
	} parts[] = {
		{ "TN", read_types },
		{ "TNRef", read_types_reference },
		{ "ToString", read_to_string },
		{ "Props", read_properties },
		{ "MS", read_properties },
		{ "LST", read_list },
		{ "IE", read_list },
		{ "QUE", read_list },
		{ "STK", read_list },
		{ "DCT", read_dictionary },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(parts); i++)
		if (pss_xml_is(&reader->xml, parts[i].tag))
			return parts[i].read;
	return read_base;
}

static gboolean read_object(Reader *reader, PssValue *object)
{
	guint level = reader->xml.level;
	gpointer key;
	gboolean good;

	if (read_number(reader, &key))
		g_hash_table_insert(reader->objects, key, object);
	while (next_child(reader, level, &good))
		if (!reader_of_part(reader)(reader, object))
			return FALSE;
	return good;
}

static gboolean read_reference(Reader *reader, PssValue *value)
{
	gpointer key = NULL;
	g_autoptr(GString) text = NULL;

	if (read_number(reader, &key))
		value->target = g_hash_table_lookup(reader->objects, key);
	if (!value->target)
		value->kind = PSS_VALUE_NULL;
	text = read_text(reader);
	return text != NULL;
}

static gboolean read_simple(Reader *reader, PssValue *value)
{
	GString *text = read_text(reader);
	if (!text)
		return FALSE;
	if (value->kind == PSS_VALUE_NULL)
		g_string_free(text, TRUE);
	else
		take_text(value, text);
	return TRUE;
}

static PssValueKind kind_of_tag(const Reader *reader, const char **ret_type)
{
	*ret_type = NULL;
	if (pss_xml_is(&reader->xml, "Obj"))
		return PSS_VALUE_OBJECT;
	if (pss_xml_is(&reader->xml, "Ref"))
		return PSS_VALUE_REFERENCE;
	for (gsize i = 0; i < G_N_ELEMENTS(simple_tags); i++)
		if (pss_xml_is(&reader->xml, simple_tags[i].tag)) {
			*ret_type = simple_tags[i].type;
			return simple_tags[i].kind;
		}
	return PSS_VALUE_NULL;
}

/* The element that was opened, up to its end. NULL: malformed. */
static PssValue *read_value(Reader *reader)
{
	const char *type;
	PssValue *value = new_value(reader, kind_of_tag(reader, &type));
	GString *name;
	gboolean good;

	if (!value)
		return NULL;
	value->simple_type = type;
	name = decode_attribute(reader, "N");
	if (name)
		value->name = g_string_free(name, FALSE);
	if (value->kind == PSS_VALUE_OBJECT)
		good = read_object(reader, value);
	else if (value->kind == PSS_VALUE_REFERENCE)
		good = read_reference(reader, value);
	else
		good = read_simple(reader, value);
	if (good)
		return value;
	pss_value_free(value);
	return NULL;
}

/* The only value of the text. NULL: malformed, and all that has been read is freed. */
static PssValue *read_all(Reader *reader)
{
	g_autoptr(PssValue) value = NULL;
	gboolean good;

	if (!next_child(reader, 1, &good))
		return reader->xml.level == 0 && !good && reader->xml.at == reader->xml.end
			       ? new_value(reader, PSS_VALUE_NULL)
			       : NULL;
	value = read_value(reader);
	if (!value || next_child(reader, 1, &good) || reader->xml.level != 0)
		return NULL;
	return g_steal_pointer(&value);
}

PssValue *pss_value_parse(const char *xml, gsize n)
{
	g_autofree char *valid = NULL;
	Reader reader = {
		.objects = g_hash_table_new(NULL, NULL),
		.types = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_ptr_array_unref),
	};
	PssValue *value;

	if (!g_utf8_validate_len(xml, n, NULL)) {
		valid = g_utf8_make_valid(xml, (gssize)n);
		xml = valid;
		n = strlen(valid);
	}
	pss_xml_init(&reader.xml, xml, n);
	value = read_all(&reader);
	g_hash_table_unref(reader.objects);
	g_hash_table_unref(reader.types);
	return value;
}

/* ---- looking at values */

static const PssValue *resolve(const PssValue *value)
{
	return value && value->kind == PSS_VALUE_REFERENCE ? value->target : value;
}

static const PssValue *find_entry(const PssValue *dictionary, const char *name)
{
	for (guint i = 0; i + 1 < dictionary->items->len; i += 2)
		if (g_strcmp0(pss_value_text(dictionary->items->pdata[i]), name) == 0)
			return resolve(dictionary->items->pdata[i + 1]);
	return NULL;
}

const PssValue *pss_value_get(const PssValue *value, const char *name)
{
	value = resolve(value);
	if (!value)
		return NULL;
	for (guint i = 0; value->properties && i < value->properties->len; i++) {
		const PssValue *property = value->properties->pdata[i];
		if (g_strcmp0(property->name, name) == 0)
			return resolve(property);
	}
	return value->kind == PSS_VALUE_DICTIONARY ? find_entry(value, name) : NULL;
}

guint pss_value_n_items(const PssValue *value)
{
	value = resolve(value);
	return value && value->kind == PSS_VALUE_LIST ? value->items->len : 0;
}

const PssValue *pss_value_item(const PssValue *value, guint index)
{
	value = resolve(value);
	return index < pss_value_n_items(value) ? resolve(value->items->pdata[index]) : NULL;
}

const char *pss_value_text(const PssValue *value)
{
	value = resolve(value);
	if (!value || value->kind == PSS_VALUE_SECRET)
		return NULL;
	if (value->base && value->base->kind == PSS_VALUE_TEXT)
		return value->base->text;
	return value->text;
}

/* A UTF-16 unit; half of a pair is no character. */
static GString *character_of(const PssValue *value)
{
	gint64 unit = g_ascii_strtoll(value->text ? value->text : "", NULL, 10);
	gboolean is_character = unit >= 0 && unit <= 0xFFFF && !(unit >= 0xD800 && unit <= 0xDFFF);

	return g_string_append_unichar(g_string_new(NULL), is_character ? (gunichar)unit : 0xFFFD);
}

static GString *string_of(const PssValue *value)
{
	switch (value->kind) {
	case PSS_VALUE_NULL:
		return g_string_new(NULL);
	case PSS_VALUE_BOOLEAN:
		return g_string_new(g_strcmp0(value->text, "true") == 0 ? "True" : "False");
	case PSS_VALUE_CHARACTER:
		return character_of(value);
	case PSS_VALUE_BYTES:
	case PSS_VALUE_SECRET:
		return g_string_new(value->simple_type);
	default:
		return value->text ? g_string_new_len(value->text, (gssize)value->n_text)
				   : g_string_new(pss_value_type(value));
	}
}

char *pss_value_to_string(const PssValue *value, gsize *ret_n)
{
	GString *text;

	value = resolve(value);
	if (value && value->base && !value->text)
		value = value->base;
	text = value ? string_of(value) : g_string_new(NULL);
	*ret_n = text->len;
	return g_string_free(text, FALSE);
}

gint64 pss_value_integer(const PssValue *value, gint64 otherwise)
{
	gint64 number;
	value = resolve(value);
	if (value && value->base)
		value = value->base;
	if (!value || value->kind != PSS_VALUE_NUMBER ||
	    !g_ascii_string_to_signed(value->text, 10, G_MININT64, G_MAXINT64, &number, NULL))
		return otherwise;
	return number;
}

gboolean pss_value_is_true(const PssValue *value)
{
	value = resolve(value);
	if (value && value->base)
		value = value->base;
	return value && value->kind == PSS_VALUE_BOOLEAN && g_strcmp0(value->text, "true") == 0;
}

gboolean pss_value_is_null(const PssValue *value)
{
	value = resolve(value);
	return !value || value->kind == PSS_VALUE_NULL;
}

const char *pss_value_type(const PssValue *value)
{
	value = resolve(value);
	if (value && value->types && value->types->len > 0)
		return value->types->pdata[0];
	if (value && value->base)
		return value->base->simple_type;
	return value ? value->simple_type : NULL;
}

gboolean pss_value_is_of_type(const PssValue *value, const char *type)
{
	value = resolve(value);
	for (guint i = 0; value && value->types && i < value->types->len; i++)
		if (g_strcmp0(value->types->pdata[i], type) == 0)
			return TRUE;
	return FALSE;
}
