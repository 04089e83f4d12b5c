/* SPDX-License-Identifier: MIT */
/* An archive of tar, read from pieces as they come: ustar (POSIX.1-1988), pax (POSIX.1-2001, "pax Interchange Format"),
 * GNU's long names and base-256 numbers, its old sparse files and those of pax format 1.0. Nothing blocks; nothing of a
 * file's content is kept. Names are bytes, as the archive has them: who reads them decides where they may lead. */
#pragma once

#include <glib.h>

typedef enum {
	PSS_TAR_FILE,
	PSS_TAR_DIRECTORY,
	PSS_TAR_LINK,      /* symbolic */
	PSS_TAR_HARD_LINK, /* to an earlier entry */
	PSS_TAR_FIFO,
	PSS_TAR_DEVICE,
	PSS_TAR_OTHER, /* what no file is made of, or a file in a form that is not read */
} PssTarKind;

typedef struct {
	PssTarKind kind;
	char *path;   /* no NUL in it, not empty */
	char *link;   /* the text of a link; NULL for others */
	guint32 mode; /* permission bits, with those of 07000 */
	guint32 uid, gid;
	guint64 size; /* of a file, with its holes; below 2^63 */
	gint64 mtime; /* seconds since 1970 */
	guint32 mtime_nanoseconds;
} PssTarEntry;

typedef struct PssTarReader PssTarReader;

typedef enum {
	PSS_TAR_NEEDS_MORE, /* all bytes have been taken */
	PSS_TAR_ENTRY,      /* pss_tar_reader_entry() */
	PSS_TAR_DATA,       /* a piece of its content: pss_tar_reader_data() */
	PSS_TAR_ENTRY_END,  /* all of its content has come */
	PSS_TAR_END,        /* two blocks of zeros: the archive is whole. What follows is not of it */
	PSS_TAR_MALFORMED,  /* this is no archive, or one in a form that is not read; for good */
} PssTarEvent;

PssTarReader *pss_tar_reader_new(void);
void pss_tar_reader_free(PssTarReader *reader); /* accepts NULL */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PssTarReader, pss_tar_reader_free)

/* Takes bytes off the front of *bytes, up to where there is something to be said. */
PssTarEvent pss_tar_reader_next(PssTarReader *reader, const guint8 **bytes, gsize *n);

/* Of the last PSS_TAR_ENTRY; until the next one. */
const PssTarEntry *pss_tar_reader_entry(const PssTarReader *reader);

/* Of PSS_TAR_DATA, until the next call; a part of what was passed there. *ret_offset is where it stands in the file:
 * offsets rise, and what lies between the pieces, or behind the last one, is a hole. */
const guint8 *pss_tar_reader_data(const PssTarReader *reader, guint64 *ret_offset, gsize *ret_n);
