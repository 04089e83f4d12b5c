/* SPDX-License-Identifier: MIT */
/* Values of CLIXML as JSON (RFC 8259), in the form that invoke-command -Json promises (SPEC §5). */
#pragma once

#include "psrp/clixml/value.h"

#define PSS_JSON_MAX (32 << 20) /* bytes of one value; the rest of it is null: references can repeat parts */

/* A string in quotes. Bytes that are no UTF-8 become U+FFFD. */
void pss_json_append_text(GString *out, const char *text, gsize n);

/* As ConvertTo-Json has it, but for what people read more easily: numbers, booleans, null, lists, bytes (as numbers)
 * and dictionaries as such; enums by name; dates (ISO 8601), durations (the same), versions and other simple values as
 * text; objects by their properties; those whose properties were not sent by ToString(). `only` (NULL: all) selects the
 * properties of the outermost object, or the entries of the outermost dictionary, in its order, without regard to case.
 */
void pss_json_append_value(GString *out, const PssValue *value, const char *const *only);
