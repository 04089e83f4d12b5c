/* SPDX-License-Identifier: MIT */
#include "psrp/wire/message.h"

#include <string.h>

#define HEAD_LENGTH 40

static guint32 read_u32(const guint8 *bytes)
{
	return (guint32)bytes[0] | (guint32)bytes[1] << 8 | (guint32)bytes[2] << 16 | (guint32)bytes[3] << 24;
}

static void append_u32(GByteArray *out, guint32 number)
{
	guint8 bytes[] = { (guint8)number, (guint8)(number >> 8), (guint8)(number >> 16), (guint8)(number >> 24) };
	g_byte_array_append(out, bytes, sizeof bytes);
}

gboolean pss_message_parse(PssMessage *message, const guint8 *data, gsize n)
{
	if (n < HEAD_LENGTH)
		return FALSE;
	message->destination = read_u32(data);
	message->type = read_u32(data + 4);
	pss_guid_from_bytes(&message->pool, data + 8);
	pss_guid_from_bytes(&message->pipeline, data + 24);
	message->body = (const char *)data + HEAD_LENGTH;
	message->n_body = n - HEAD_LENGTH;
	return TRUE;
}

void pss_message_append(GByteArray *out, const PssMessage *message)
{
	guint8 guids[2 * PSS_GUID_BYTES];

	append_u32(out, message->destination);
	append_u32(out, message->type);
	pss_guid_to_bytes(&message->pool, guids);
	pss_guid_to_bytes(&message->pipeline, guids + PSS_GUID_BYTES);
	g_byte_array_append(out, guids, sizeof guids);
	g_byte_array_append(out, (const guint8 *)message->body, (guint)message->n_body);
}
