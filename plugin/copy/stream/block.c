/* SPDX-License-Identifier: MIT */
/* The fields of a header block. Called by the reader and the writer. */
#include "copy/stream/private.h"

#include <string.h>

static gboolean get_octal(const char *field, gsize n, gint64 *ret_number)
{
	gint64 number = 0;
	gsize at = 0;

	while (at < n && field[at] == ' ')
		at++;
	for (; at < n && field[at] >= '0' && field[at] <= '7'; at++) {
		if (number > G_MAXINT64 >> 3)
			return FALSE;
		number = number << 3 | (field[at] - '0');
	}
	if (at < n && field[at] != ' ' && field[at] != '\0')
		return FALSE;
	*ret_number = number;
	return TRUE;
}

/* Two's complement, whose top bit is not of the number: 0x80 in front of a positive one, 0xff of a negative one. */
static gboolean get_base_256(const char *field, gsize n, gint64 *ret_number)
{
	gboolean is_negative = (guint8)field[0] == 0xff;
	guint8 sign = is_negative ? 0xff : 0;
	guint64 number = is_negative ? G_MAXUINT64 : 0;

	for (gsize i = 0; i < n; i++) {
		guint8 byte = i == 0 && !is_negative ? (guint8)field[i] & 0x7f : (guint8)field[i];
		if ((guint8)(number >> 56) != sign)
			return FALSE;
		number = number << 8 | byte;
	}
	if (((gint64)number < 0) != is_negative)
		return FALSE;
	*ret_number = (gint64)number;
	return TRUE;
}

gboolean pss_tar_get_number(const char *field, gsize n, gint64 *ret_number)
{
	return (guint8)field[0] & 0x80 ? get_base_256(field, n, ret_number) : get_octal(field, n, ret_number);
}

void pss_tar_put_number(char *field, gsize n, gint64 number)
{
	if (number >= 0 && number >> (3 * (n - 1)) == 0) {
		g_snprintf(field, n, "%0*" G_GINT64_MODIFIER "o", (int)n - 1, (guint64)number);
		return;
	}
	for (gsize i = n; i-- > 0; number >>= 8)
		field[i] = (char)number;
	field[0] = number < 0 ? (char)0xff : (char)0x80;
}

gboolean pss_tar_block_is_zero(const PssTarBlock *block)
{
	const char *bytes = (const char *)block;

	return bytes[0] == 0 && memcmp(bytes, bytes + 1, sizeof *block - 1) == 0;
}

/* The sum of all bytes, in which the checksum itself counts as blanks. Some old writers add signed bytes. */
static void add_up(const PssTarBlock *block, gint64 *ret_unsigned, gint64 *ret_signed)
{
	const char *bytes = (const char *)block;
	gsize begin = G_STRUCT_OFFSET(PssTarBlock, checksum), end = begin + sizeof block->checksum;

	*ret_unsigned = *ret_signed = 0;
	for (gsize i = 0; i < sizeof *block; i++) {
		char byte = i >= begin && i < end ? ' ' : bytes[i];
		*ret_unsigned += (guint8)byte;
		*ret_signed += (gint8)byte;
	}
}

gboolean pss_tar_block_is_right(const PssTarBlock *block)
{
	gint64 said, by_unsigned, by_signed;

	add_up(block, &by_unsigned, &by_signed);
	return pss_tar_get_number(block->checksum, sizeof block->checksum, &said) &&
	       (said == by_unsigned || said == by_signed);
}

void pss_tar_block_seal(PssTarBlock *block)
{
	gint64 sum, by_signed;

	add_up(block, &sum, &by_signed);
	g_snprintf(block->checksum, sizeof block->checksum, "%06o", (guint)sum);
	block->checksum[7] = ' ';
}
