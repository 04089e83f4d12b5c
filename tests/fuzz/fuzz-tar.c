/* SPDX-License-Identifier: MIT */
/* Whatever an archive is: what comes out of it is in order and within what was said, and the same however the bytes are
 * cut. */
#include <stdlib.h>
#include <string.h>

#include "copy/stream/reader.h"
#include "fuzz.h"

typedef struct {
	guint64 end;  /* of what has come of the file */
	guint64 hash; /* of all that has been said, with content byte by byte */
} Said;

static void add(Said *said, const void *bytes, gsize n)
{
	const guint8 *at = bytes;

	for (gsize i = 0; i < n; i++)
		said->hash = (said->hash ^ at[i]) * G_GUINT64_CONSTANT(0x100000001b3);
}

static void on_entry(Said *said, const PssTarEntry *entry)
{
	if (!*entry->path || entry->mode > 07777 || entry->size > G_MAXINT64 || entry->mtime_nanoseconds >= 1000000000)
		abort();
	if ((entry->kind == PSS_TAR_LINK || entry->kind == PSS_TAR_HARD_LINK) == !entry->link)
		abort();
	add(said, entry->path, strlen(entry->path));
	add(said, &entry->size, sizeof entry->size);
	add(said, &entry->mtime, sizeof entry->mtime);
	said->end = 0;
}

static void on_data(Said *said, const PssTarReader *reader)
{
	guint64 offset;
	gsize n;
	const guint8 *data = pss_tar_reader_data(reader, &offset, &n);

	if (n == 0 || offset < said->end || offset + n > pss_tar_reader_entry(reader)->size ||
	    pss_tar_reader_entry(reader)->kind != PSS_TAR_FILE)
		abort();
	said->end = offset + n;
	add(said, data, n);
}

/* All that comes of these bytes; at the end of the archive, or of them. */
static void feed(PssTarReader *reader, Said *said, const guint8 *data, gsize n)
{
	while (TRUE) {
		PssTarEvent event = pss_tar_reader_next(reader, &data, &n);
		if (event == PSS_TAR_ENTRY)
			on_entry(said, pss_tar_reader_entry(reader));
		else if (event == PSS_TAR_DATA)
			on_data(said, reader);
		else if (event == PSS_TAR_NEEDS_MORE && n > 0)
			abort();
		else if (event != PSS_TAR_ENTRY_END)
			return;
	}
}

static guint64 read_in_pieces(const guint8 *data, gsize size, gsize piece)
{
	g_autoptr(PssTarReader) reader = pss_tar_reader_new();
	Said said = { 0 };

	for (gsize at = 0; at < size; at += piece)
		feed(reader, &said, data + at, MIN(piece, size - at));
	return said.hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (read_in_pieces(data, size, MAX(size, 1)) != read_in_pieces(data, size, 97))
		abort();
	return 0;
}
