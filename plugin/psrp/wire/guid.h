/* SPDX-License-Identifier: MIT */
/* GUIDs: text in lower case everywhere ("01234567-89ab-cdef-0123-456789abcdef"), 16 bytes in the head of a message. */
#pragma once

#include <glib.h>

#define PSS_GUID_LENGTH 36
#define PSS_GUID_BYTES 16
#define PSS_GUID_ZERO "00000000-0000-0000-0000-000000000000"

typedef struct {
	char text[PSS_GUID_LENGTH + 1];
} PssGuid;

void pss_guid_draw(PssGuid *guid); /* a random one (RFC 9562, version 4) */

/* Takes either case. FALSE: the text is not one, and `guid` is untouched. */
gboolean pss_guid_parse(PssGuid *guid, const char *text, gsize n) G_GNUC_WARN_UNUSED_RESULT;

/* As .NET's Guid.ToByteArray() has them: the first three fields little-endian. */
void pss_guid_to_bytes(const PssGuid *guid, guint8 *bytes);
void pss_guid_from_bytes(PssGuid *guid, const guint8 *bytes);

gboolean pss_guid_equal(const PssGuid *a, const PssGuid *b);
gboolean pss_guid_is_zero(const PssGuid *guid);
