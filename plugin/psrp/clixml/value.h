/* SPDX-License-Identifier: MIT */
/* A value as CLIXML carries it ([MS-PSRP] 2.2.5): a tree in memory, read from the body of one message. */
#pragma once

#include <glib.h>

#define PSS_VALUES_MAX 1000000 /* in one message; with more it is malformed */

typedef enum {
	PSS_VALUE_NULL,
	PSS_VALUE_BOOLEAN,
	PSS_VALUE_NUMBER,    /* `text` is one as .NET writes it: 1, -0.5, 1E+20, NaN, INF */
	PSS_VALUE_TEXT,      /* a string, date, GUID, version, URI … */
	PSS_VALUE_CHARACTER, /* `text` is the number of a UTF-16 unit */
	PSS_VALUE_BYTES,     /* `text` is base64 */
	PSS_VALUE_SECRET,    /* a SecureString; `text` is never shown */
	PSS_VALUE_OBJECT,
	PSS_VALUE_LIST,       /* an object that holds a list: `items` */
	PSS_VALUE_DICTIONARY, /* an object that holds a dictionary: `items` are key, value, key, value … */
	PSS_VALUE_REFERENCE,  /* to an object of the same tree: `target` */
} PssValueKind;

typedef struct PssValue PssValue;

/* Members that a kind does not have are NULL. */
struct PssValue {
	PssValueKind kind;
	const char *simple_type; /* of simple kinds: "System.Int32" */
	char *name;              /* of a property */
	char *text;              /* simple kinds: the value; objects: ToString(). UTF-8, NUL-terminated, may hold NUL */
	gsize n_text;
	GPtrArray *types;       /* char *, the most derived first */
	PssValue *base;         /* a simple value that an object wraps, as enums do */
	GPtrArray *items;       /* PssValue * */
	GPtrArray *properties;  /* PssValue * with names: the type's own, then those added to the object */
	const PssValue *target; /* borrowed */
};

/* Reads a message's body. Nothing at all is a null, as PowerShell sends it. NULL: malformed. */
PssValue *pss_value_parse(const char *xml, gsize n);
void pss_value_free(PssValue *value); /* accepts NULL */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PssValue, pss_value_free)

/* What follows accepts NULL for a value, follows references, and allocates nothing that is not said. */

/* A property of an object, or an entry of a dictionary, by name; NULL: it has none. */
const PssValue *pss_value_get(const PssValue *value, const char *name);

/* An item of a list, NULL: it has fewer. */
const PssValue *pss_value_item(const PssValue *value, guint index);
guint pss_value_n_items(const PssValue *value);

/* As a string; NULL: it has none. Of objects the wrapped one, else ToString(). */
const char *pss_value_text(const PssValue *value);

/* As ToString() has it, newly allocated, *ret_n bytes and a NUL: of what has none the name of its type, "" of a null.
 */
char *pss_value_to_string(const PssValue *value, gsize *ret_n);

/* As a whole number; `otherwise` where it is not one. Of an enum its number. */
gint64 pss_value_integer(const PssValue *value, gint64 otherwise);
gboolean pss_value_is_true(const PssValue *value);
gboolean pss_value_is_null(const PssValue *value);
/* The name of its type, of simple values too; NULL where it is not known. */
const char *pss_value_type(const PssValue *value);
gboolean pss_value_is_of_type(const PssValue *value, const char *type);
