/* SPDX-License-Identifier: MIT */
/* The wire format of SFTP version 3. Every length that a server says is checked against the packet that it stands in.
 */
#include "copy/sftp/codec.h"

#include <string.h>

/* SSH_FILEXFER_ATTR_*; the first four are those of PssSftpHas. */
enum { ATTR_KNOWN = 15 };
#define ATTR_EXTENDED 0x80000000u

/* ---- putting together */

GByteArray *pss_fxp_new(PssFxp type)
{
	GByteArray *packet = g_byte_array_sized_new(64);
	guint8 byte = (guint8)type;

	pss_fxp_put_u32(packet, 0);
	g_byte_array_append(packet, &byte, 1);
	return packet;
}

void pss_fxp_put_u32(GByteArray *packet, guint32 value)
{
	guint32 wire = GUINT32_TO_BE(value);
	g_byte_array_append(packet, (const guint8 *)&wire, sizeof wire);
}

void pss_fxp_put_u64(GByteArray *packet, guint64 value)
{
	guint64 wire = GUINT64_TO_BE(value);
	g_byte_array_append(packet, (const guint8 *)&wire, sizeof wire);
}

void pss_fxp_put_string(GByteArray *packet, const void *bytes, gsize n)
{
	pss_fxp_put_u32(packet, (guint32)n);
	g_byte_array_append(packet, bytes, (guint)n);
}

void pss_fxp_put_text(GByteArray *packet, const char *text)
{
	pss_fxp_put_string(packet, text, strlen(text));
}

void pss_fxp_put_attributes(GByteArray *packet, const PssSftpAttributes *attributes)
{
	guint32 has = attributes ? attributes->has & ATTR_KNOWN : 0;

	pss_fxp_put_u32(packet, has);
	if (has & PSS_SFTP_HAS_SIZE)
		pss_fxp_put_u64(packet, attributes->size);
	if (has & PSS_SFTP_HAS_OWNER) {
		pss_fxp_put_u32(packet, attributes->uid);
		pss_fxp_put_u32(packet, attributes->gid);
	}
	if (has & PSS_SFTP_HAS_MODE)
		pss_fxp_put_u32(packet, attributes->mode);
	if (has & PSS_SFTP_HAS_TIMES) {
		pss_fxp_put_u32(packet, attributes->atime);
		pss_fxp_put_u32(packet, attributes->mtime);
	}
}

void pss_fxp_set_u32(GByteArray *packet, guint at, guint32 value)
{
	guint32 wire = GUINT32_TO_BE(value);
	memcpy(packet->data + at, &wire, sizeof wire);
}

void pss_fxp_set_u64(GByteArray *packet, guint at, guint64 value)
{
	guint64 wire = GUINT64_TO_BE(value);
	memcpy(packet->data + at, &wire, sizeof wire);
}

void pss_fxp_seal(GByteArray *packet)
{
	pss_fxp_set_u32(packet, 0, packet->len - 4);
}

/* ---- taking apart */

static const guint8 *take(PssFxpReader *reader, gsize n)
{
	const guint8 *at = reader->at;

	if (reader->is_bad || n > reader->left) {
		reader->is_bad = TRUE;
		return NULL;
	}
	reader->at += n;
	reader->left -= n;
	return at;
}

guint8 pss_fxp_get_u8(PssFxpReader *reader)
{
	const guint8 *at = take(reader, 1);
	return at ? *at : 0;
}

guint32 pss_fxp_get_u32(PssFxpReader *reader)
{
	const guint8 *at = take(reader, 4);
	guint32 wire = 0;

	if (at)
		memcpy(&wire, at, sizeof wire);
	return GUINT32_FROM_BE(wire);
}

guint64 pss_fxp_get_u64(PssFxpReader *reader)
{
	const guint8 *at = take(reader, 8);
	guint64 wire = 0;

	if (at)
		memcpy(&wire, at, sizeof wire);
	return GUINT64_FROM_BE(wire);
}

const guint8 *pss_fxp_get_string(PssFxpReader *reader, gsize *ret_n)
{
	guint32 n = pss_fxp_get_u32(reader);
	const guint8 *at = take(reader, n);

	*ret_n = at ? n : 0;
	return at;
}

char *pss_fxp_get_text(PssFxpReader *reader)
{
	gsize n;
	const guint8 *at = pss_fxp_get_string(reader, &n);

	return at && !memchr(at, '\0', n) ? g_strndup((const char *)at, n) : NULL;
}

static void skip_extended(PssFxpReader *reader)
{
	gsize n;
	guint32 pairs = pss_fxp_get_u32(reader);

	for (guint32 i = 0; i < pairs && !reader->is_bad; i++) {
		pss_fxp_get_string(reader, &n);
		pss_fxp_get_string(reader, &n);
	}
}

void pss_fxp_get_attributes(PssFxpReader *reader, PssSftpAttributes *ret_attributes)
{
	PssSftpAttributes attributes = { 0 };
	guint32 flags = pss_fxp_get_u32(reader);

	if (flags & ~(ATTR_KNOWN | ATTR_EXTENDED))
		reader->is_bad = TRUE;
	attributes.has = flags & ATTR_KNOWN;
	if (flags & PSS_SFTP_HAS_SIZE)
		attributes.size = pss_fxp_get_u64(reader);
	if (flags & PSS_SFTP_HAS_OWNER) {
		attributes.uid = pss_fxp_get_u32(reader);
		attributes.gid = pss_fxp_get_u32(reader);
	}
	if (flags & PSS_SFTP_HAS_MODE)
		attributes.mode = pss_fxp_get_u32(reader);
	if (flags & PSS_SFTP_HAS_TIMES) {
		attributes.atime = pss_fxp_get_u32(reader);
		attributes.mtime = pss_fxp_get_u32(reader);
	}
	if (flags & ATTR_EXTENDED)
		skip_extended(reader);
	*ret_attributes = attributes;
}

int pss_fxp_parse(const guint8 *bytes, gsize n, PssFxp *ret_type, PssFxpReader *ret_payload, gsize *ret_size)
{
	PssFxpReader reader = { bytes, n, FALSE };

	if (n < 4)
		return 0;
	guint32 length = pss_fxp_get_u32(&reader);
	if (length < 1 || length > PSS_SFTP_PACKET_MAX)
		return -1;
	if (reader.left < length)
		return 0;
	reader.left = length;
	*ret_type = (PssFxp)pss_fxp_get_u8(&reader);
	*ret_payload = reader;
	*ret_size = 4 + (gsize)length;
	return 1;
}
