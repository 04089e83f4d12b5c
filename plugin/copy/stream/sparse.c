/* SPDX-License-Identifier: MIT */
/* Maps of sparse files: GNU's old ones in header blocks, and those of pax format 1.0 in front of the content (GNU tar's
 * manual, "Storing Sparse Files"). Called by reader.c. */
#include "copy/stream/private.h"

#define PIECES_MAX 65536u /* 1 MiB; what has more is no file for a stream */

void pss_tar_map_init(PssTarMap *map)
{
	*map = (PssTarMap){ .pieces = g_array_new(FALSE, FALSE, sizeof(PssTarPiece)), .n_wanted = 1 };
}

void pss_tar_map_clear(PssTarMap *map)
{
	g_array_set_size(map->pieces, 0);
	map->number = map->n_numbers = 0;
	map->n_wanted = 1;
	map->has_digit = FALSE;
}

gboolean pss_tar_map_add_fields(PssTarMap *map, const char (*fields)[24], gsize n)
{
	for (gsize i = 0; i < n && fields[i][12] != '\0'; i++) {
		gint64 offset, length;
		if (!pss_tar_get_number(fields[i], 12, &offset) || !pss_tar_get_number(fields[i] + 12, 12, &length) ||
		    offset < 0 || length < 0 || map->pieces->len >= PIECES_MAX)
			return FALSE;
		const PssTarPiece piece = { (guint64)offset, (guint64)length };
		g_array_append_val(map->pieces, piece);
	}
	return TRUE;
}

/* A number of the text is complete: how many pieces there are, or the offset or length of one. */
static gboolean take_number(PssTarMap *map)
{
	guint64 index = map->n_numbers++;

	if (index == 0) {
		map->n_wanted = 1 + 2 * map->number;
		return map->number <= PIECES_MAX;
	}
	if (index % 2 == 1) {
		const PssTarPiece piece = { .offset = map->number };
		g_array_append_val(map->pieces, piece);
	} else {
		g_array_index(map->pieces, PssTarPiece, map->pieces->len - 1).n = map->number;
	}
	return TRUE;
}

gboolean pss_tar_map_add_block(PssTarMap *map, const char *block, gboolean *ret_is_whole)
{
	for (gsize i = 0; i < PSS_TAR_BLOCK && map->n_numbers < map->n_wanted; i++) {
		if (g_ascii_isdigit(block[i]) && map->number <= G_MAXINT64 / 10 - 1) {
			map->number = map->number * 10 + (guint64)(block[i] - '0');
			map->has_digit = TRUE;
			continue;
		}
		if (block[i] != '\n' || !map->has_digit || !take_number(map))
			return FALSE;
		map->number = 0;
		map->has_digit = FALSE;
	}
	*ret_is_whole = map->n_numbers == map->n_wanted;
	return TRUE;
}

gboolean pss_tar_map_is_right(const PssTarMap *map, guint64 real_size, guint64 n_data)
{
	guint64 end = 0, sum = 0;

	for (guint i = 0; i < map->pieces->len; i++) {
		const PssTarPiece *piece = &g_array_index(map->pieces, PssTarPiece, i);
		if (piece->offset < end || piece->offset > real_size || piece->n > real_size - piece->offset)
			return FALSE;
		end = piece->offset + piece->n;
		sum += piece->n;
	}
	return sum == n_data;
}
