/* SPDX-License-Identifier: MIT */
/* What the files of this folder share; nobody else includes it. */
#pragma once

#include "copy/stream/writer.h"

/* A header block (POSIX.1-2001, "ustar Interchange Format"; GNU tar's manual, "Basic Tar Format"). */
typedef struct {
	char name[100];
	char mode[8], uid[8], gid[8];
	char size[12], mtime[12];
	char checksum[8];
	char type;
	char link[100];
	char magic[8]; /* with the version */
	char owner[32], group[32];
	char major[8], minor[8];
	union {
		char prefix[155]; /* where the magic is POSIX's */
		struct {
			char atime[12], ctime[12], offset[12], long_names[4], unused;
			char map[4][24];
			char is_extended;
			char real_size[12];
		} gnu;
	};
	char padding[12];
} PssTarBlock;

G_STATIC_ASSERT(sizeof(PssTarBlock) == PSS_TAR_BLOCK);

#define PSS_TAR_MAGIC_POSIX "ustar\00000"
#define PSS_TAR_MAGIC_GNU "ustar  "

/* ---- block.c */

/* Octal digits, or base-256 where the first byte has its top bit set. FALSE: it is no number, or not within gint64. */
gboolean pss_tar_get_number(const char *field, gsize n, gint64 *ret_number);
/* Octal where it fits into n - 1 digits, else base-256. */
void pss_tar_put_number(char *field, gsize n, gint64 number);
gboolean pss_tar_block_is_zero(const PssTarBlock *block);
gboolean pss_tar_block_is_right(const PssTarBlock *block); /* its checksum */
void pss_tar_block_seal(PssTarBlock *block);

/* ---- pax.c: the records in front of an entry, which take the place of fields of its header */

typedef struct {
	char *path, *link;
	gint64 size, uid, gid; /* -1: not said */
	gboolean has_mtime;
	gint64 mtime;
	guint32 mtime_nanoseconds;
	/* GNU's sparse files, format 1.0 */
	gint64 sparse_major, sparse_minor, real_size; /* -1: not said */
	char *sparse_name;
	gboolean is_older_sparse; /* format 0.0 or 0.1 */
} PssTarPax;

void pss_tar_pax_init(PssTarPax *pax);
void pss_tar_pax_clear(PssTarPax *pax); /* and init */
/* FALSE: these are no records. */
gboolean pss_tar_pax_parse(PssTarPax *pax, const char *records, gsize n);

/* ---- sparse.c: where the pieces of a sparse file stand */

typedef struct {
	guint64 offset, n;
} PssTarPiece;

typedef struct {
	GArray *pieces; /* of PssTarPiece */
	/* the text of format 1.0 that is being read */
	guint64 number, n_wanted; /* n_wanted: numbers, of which the first says how many pieces there are */
	guint64 n_numbers;
	gboolean has_digit;
} PssTarMap;

void pss_tar_map_init(PssTarMap *map);
void pss_tar_map_clear(PssTarMap *map);
/* Fields of 24 bytes, up to the first empty one. FALSE: malformed. */
gboolean pss_tar_map_add_fields(PssTarMap *map, const char (*fields)[24], gsize n);
/* A block of format 1.0. FALSE: malformed. */
gboolean pss_tar_map_add_block(PssTarMap *map, const char *block, gboolean *ret_is_whole);
/* Do the pieces stand one behind the other in a file of `real_size` bytes, and are `n_data` bytes in all? */
gboolean pss_tar_map_is_right(const PssTarMap *map, guint64 real_size, guint64 n_data);
