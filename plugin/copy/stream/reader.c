/* SPDX-License-Identifier: MIT */
/* One step of a state machine for what is expected next: a header, the text of an extended one, a map, content,
 * padding. Called by copy/trees with what a remote tar sends. */
#include "copy/stream/reader.h"

#include <string.h>

#include "copy/stream/private.h"

#define TEXT_MAX (1024u * 1024u) /* of an extended header or a long name */

typedef enum { AT_HEADER, IN_TEXT, IN_EXTENSION, IN_MAP, IN_CONTENT, IN_PADDING, AT_END, IS_MALFORMED } State;

#define GO_ON ((PssTarEvent)-1)

struct PssTarReader {
	State state;
	PssTarBlock block;
	gsize n_block; /* bytes of it that have come */
	guint n_zero_blocks;
	/* in front of the entry */
	GByteArray *text; /* of an extended header, with its padding */
	gsize n_text;     /* without */
	char text_type;
	PssTarPax pax;
	char *long_path, *long_link; /* GNU's */
	/* the entry */
	PssTarEntry entry;
	guint64 left;    /* bytes of its content in the archive that have not come */
	gsize n_padding; /* behind them */
	gboolean is_sparse;
	PssTarMap map;
	guint piece;        /* that comes now */
	guint64 n_of_piece; /* bytes of it that have come */
	guint64 offset;     /* in the file, of what comes now */
	const guint8 *data; /* of the last event */
	guint64 data_offset;
	gsize n_data;
};

PssTarReader *pss_tar_reader_new(void)
{
	PssTarReader *reader = g_new0(PssTarReader, 1);

	reader->text = g_byte_array_new();
	pss_tar_pax_init(&reader->pax);
	pss_tar_map_init(&reader->map);
	return reader;
}

static void clear_entry(PssTarReader *reader)
{
	g_free(reader->entry.path);
	g_free(reader->entry.link);
	reader->entry = (PssTarEntry){ 0 };
}

void pss_tar_reader_free(PssTarReader *reader)
{
	if (!reader)
		return;
	clear_entry(reader);
	pss_tar_pax_clear(&reader->pax);
	g_array_unref(reader->map.pieces);
	g_byte_array_unref(reader->text);
	g_free(reader->long_path);
	g_free(reader->long_link);
	g_free(reader);
}

const PssTarEntry *pss_tar_reader_entry(const PssTarReader *reader)
{
	return &reader->entry;
}

const guint8 *pss_tar_reader_data(const PssTarReader *reader, guint64 *ret_offset, gsize *ret_n)
{
	*ret_offset = reader->data_offset;
	*ret_n = reader->n_data;
	return reader->data;
}

static PssTarEvent refuse(PssTarReader *reader)
{
	reader->state = IS_MALFORMED;
	return PSS_TAR_MALFORMED;
}

/* ---- taking bytes */

static gsize take(const guint8 **bytes, gsize *n, guint64 wanted)
{
	gsize taken = (gsize)MIN(wanted, *n);

	*bytes += taken;
	*n -= taken;
	return taken;
}

/* FALSE: it is not whole. */
static gboolean fill_block(PssTarReader *reader, const guint8 **bytes, gsize *n)
{
	const guint8 *from = *bytes;
	gsize taken = take(bytes, n, sizeof reader->block - reader->n_block);

	memcpy((char *)&reader->block + reader->n_block, from, taken);
	reader->n_block += taken;
	if (reader->n_block < sizeof reader->block)
		return FALSE;
	reader->n_block = 0;
	return TRUE;
}

static gsize padding_of(guint64 size)
{
	return (gsize)(-size % PSS_TAR_BLOCK);
}

/* ---- an extended header, or a long name of GNU's */

static PssTarEvent begin_text(PssTarReader *reader, gint64 size)
{
	if (size <= 0 || size > TEXT_MAX)
		return refuse(reader);
	reader->text_type = reader->block.type;
	reader->n_text = (gsize)size;
	g_byte_array_set_size(reader->text, 0);
	reader->state = IN_TEXT;
	return GO_ON;
}

static gboolean take_name(const PssTarReader *reader, char **name)
{
	g_free(*name);
	*name = g_strndup((const char *)reader->text->data, reader->n_text);
	return **name != '\0';
}

static gboolean take_records(PssTarReader *reader)
{
	return pss_tar_pax_parse(&reader->pax, (const char *)reader->text->data, reader->n_text);
}

/* For all entries: none of those that are read here says there what is of use. */
static gboolean skip_records(PssTarReader *reader)
{
	return TRUE;
}

static gboolean take_long_path(PssTarReader *reader)
{
	return take_name(reader, &reader->long_path);
}

static gboolean take_long_link(PssTarReader *reader)
{
	return take_name(reader, &reader->long_link);
}

static const struct {
	char type;
	gboolean (*take)(PssTarReader *reader);
} texts[] = { { 'x', take_records }, { 'g', skip_records }, { 'L', take_long_path }, { 'K', take_long_link } };

static gboolean is_text(char type)
{
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
		if (texts[i].type == type)
			return TRUE;
	return FALSE;
}

static PssTarEvent in_text(PssTarReader *reader, const guint8 **bytes, gsize *n)
{
	gsize whole = reader->n_text + padding_of(reader->n_text);
	const guint8 *from = *bytes;
	gsize taken = take(bytes, n, whole - reader->text->len);

	g_byte_array_append(reader->text, from, (guint)taken);
	if (reader->text->len < whole)
		return PSS_TAR_NEEDS_MORE;
	reader->state = AT_HEADER;
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
		if (texts[i].type == reader->text_type && !texts[i].take(reader))
			return refuse(reader);
	return GO_ON;
}

/* ---- an entry: what its header and those in front of it say */

static const struct {
	char type;
	PssTarKind kind;
	gboolean has_content;
} types[] = {
	{ '0', PSS_TAR_FILE, TRUE },       { '\0', PSS_TAR_FILE, TRUE },      { '7', PSS_TAR_FILE, TRUE },
	{ 'S', PSS_TAR_FILE, TRUE },       { '5', PSS_TAR_DIRECTORY, FALSE }, { '2', PSS_TAR_LINK, FALSE },
	{ '1', PSS_TAR_HARD_LINK, FALSE }, { '6', PSS_TAR_FIFO, FALSE },      { '3', PSS_TAR_DEVICE, FALSE },
	{ '4', PSS_TAR_DEVICE, FALSE },
};

/* FALSE: it has no content, whatever its size says. */
static gboolean find_kind(char type, PssTarKind *ret_kind)
{
	for (gsize i = 0; i < G_N_ELEMENTS(types); i++)
		if (types[i].type == type) {
			*ret_kind = types[i].kind;
			return types[i].has_content;
		}
	*ret_kind = PSS_TAR_OTHER;
	return TRUE;
}

static char *header_path(const PssTarBlock *block)
{
	g_autofree char *name = g_strndup(block->name, sizeof block->name);

	if (memcmp(block->magic, PSS_TAR_MAGIC_POSIX, 6) != 0 || !*block->prefix)
		return g_steal_pointer(&name);
	g_autofree char *prefix = g_strndup(block->prefix, sizeof block->prefix);
	return g_strconcat(prefix, "/", name, NULL);
}

/* The first that is there, which is taken; else the header's. */
static char *choose(char **first, char **second, char *fallback)
{
	char **chosen = *first ? first : *second ? second : &fallback;
	char *text = g_steal_pointer(chosen);

	g_free(fallback);
	return text;
}

static void take_names(PssTarReader *reader)
{
	PssTarPax *pax = &reader->pax;
	char **path = pax->sparse_name ? &pax->sparse_name : &pax->path;

	reader->entry.path = choose(path, &reader->long_path, header_path(&reader->block));
	if (reader->entry.kind == PSS_TAR_LINK || reader->entry.kind == PSS_TAR_HARD_LINK)
		reader->entry.link = choose(&pax->link, &reader->long_link,
					    g_strndup(reader->block.link, sizeof reader->block.link));
}

static gboolean take_owner(const char field[8], gint64 said, guint32 *ret_owner)
{
	gint64 number = said;

	if (said < 0 && !pss_tar_get_number(field, 8, &number))
		return FALSE;
	*ret_owner = (guint32)number;
	return number >= 0 && number <= G_MAXUINT32;
}

static gboolean take_times(PssTarReader *reader)
{
	PssTarEntry *entry = &reader->entry;

	if (!reader->pax.has_mtime)
		return pss_tar_get_number(reader->block.mtime, sizeof reader->block.mtime, &entry->mtime);
	entry->mtime = reader->pax.mtime;
	entry->mtime_nanoseconds = reader->pax.mtime_nanoseconds;
	return TRUE;
}

static gboolean take_mode(PssTarReader *reader)
{
	gint64 mode;

	if (!pss_tar_get_number(reader->block.mode, sizeof reader->block.mode, &mode))
		return FALSE;
	reader->entry.mode = (guint32)mode & 07777;
	return TRUE;
}

/* Of the content in the archive. FALSE: no size, or too large a one. */
static gboolean take_size(PssTarReader *reader, gboolean has_content)
{
	gint64 size = reader->pax.size;

	if (size < 0 && !pss_tar_get_number(reader->block.size, sizeof reader->block.size, &size))
		return FALSE;
	/* Some write the content of a file again behind a hard link to it, others only its size. */
	if (size < 0 || size > G_MAXINT64 - PSS_TAR_BLOCK || (reader->entry.kind == PSS_TAR_HARD_LINK && size > 0))
		return FALSE;
	reader->left = has_content ? (guint64)size : 0;
	reader->entry.size = reader->left;
	return TRUE;
}

static void begin_entry(PssTarReader *reader)
{
	reader->n_padding = padding_of(reader->left);
	reader->offset = 0;
	reader->is_sparse = FALSE;
	reader->piece = 0;
	reader->n_of_piece = 0;
	pss_tar_map_clear(&reader->map);
}

static PssTarEvent say_entry(PssTarReader *reader)
{
	pss_tar_pax_clear(&reader->pax);
	g_clear_pointer(&reader->long_path, g_free);
	g_clear_pointer(&reader->long_link, g_free);
	reader->state = IN_CONTENT;
	return PSS_TAR_ENTRY;
}

/* ---- sparse files: first where their pieces stand */

static PssTarEvent say_sparse_entry(PssTarReader *reader)
{
	if (!pss_tar_map_is_right(&reader->map, reader->entry.size, reader->left))
		return refuse(reader);
	reader->is_sparse = TRUE;
	return say_entry(reader);
}

static PssTarEvent begin_old_sparse(PssTarReader *reader)
{
	gint64 size;

	if (!pss_tar_get_number(reader->block.gnu.real_size, sizeof reader->block.gnu.real_size, &size) || size < 0 ||
	    !pss_tar_map_add_fields(&reader->map, (const char(*)[24])reader->block.gnu.map, 4))
		return refuse(reader);
	reader->entry.size = (guint64)size;
	if (!reader->block.gnu.is_extended)
		return say_sparse_entry(reader);
	reader->state = IN_EXTENSION;
	return GO_ON;
}

static PssTarEvent in_extension(PssTarReader *reader, const guint8 **bytes, gsize *n)
{
	const char *block = (const char *)&reader->block;

	if (!fill_block(reader, bytes, n))
		return PSS_TAR_NEEDS_MORE;
	if (!pss_tar_map_add_fields(&reader->map, (const char(*)[24])block, 21))
		return refuse(reader);
	return block[21 * 24] ? GO_ON : say_sparse_entry(reader);
}

static PssTarEvent begin_map(PssTarReader *reader)
{
	const PssTarPax *pax = &reader->pax;

	if (pax->sparse_major != 1 || pax->sparse_minor != 0 || pax->real_size < 0)
		return refuse(reader);
	reader->entry.size = (guint64)pax->real_size;
	reader->state = IN_MAP;
	return GO_ON;
}

static PssTarEvent in_map(PssTarReader *reader, const guint8 **bytes, gsize *n)
{
	gboolean is_whole;

	if (!fill_block(reader, bytes, n))
		return PSS_TAR_NEEDS_MORE;
	if (reader->left < PSS_TAR_BLOCK ||
	    !pss_tar_map_add_block(&reader->map, (const char *)&reader->block, &is_whole))
		return refuse(reader);
	reader->left -= PSS_TAR_BLOCK;
	return is_whole ? say_sparse_entry(reader) : GO_ON;
}

/* ---- headers */

static PssTarEvent take_header(PssTarReader *reader)
{
	const PssTarPax *pax = &reader->pax;
	PssTarEntry *entry = &reader->entry;

	clear_entry(reader);
	gboolean has_content = find_kind(reader->block.type, &entry->kind);
	take_names(reader);
	if (entry->kind == PSS_TAR_FILE && g_str_has_suffix(entry->path, "/")) {
		entry->kind = PSS_TAR_DIRECTORY; /* before POSIX */
		has_content = FALSE;
	}
	if (!*entry->path || (entry->link && !*entry->link) || !take_size(reader, has_content) || !take_mode(reader) ||
	    !take_times(reader) || !take_owner(reader->block.uid, pax->uid, &entry->uid) ||
	    !take_owner(reader->block.gid, pax->gid, &entry->gid))
		return refuse(reader);
	begin_entry(reader);
	if (pax->is_older_sparse)
		entry->kind = PSS_TAR_OTHER;
	if (reader->block.type == 'S')
		return begin_old_sparse(reader);
	return pax->sparse_major >= 0 && entry->kind == PSS_TAR_FILE ? begin_map(reader) : say_entry(reader);
}

static PssTarEvent at_header(PssTarReader *reader, const guint8 **bytes, gsize *n)
{
	gint64 size;

	if (!fill_block(reader, bytes, n))
		return PSS_TAR_NEEDS_MORE;
	if (pss_tar_block_is_zero(&reader->block)) {
		if (++reader->n_zero_blocks == 2)
			reader->state = AT_END;
		return GO_ON;
	}
	if (reader->n_zero_blocks > 0 || !pss_tar_block_is_right(&reader->block))
		return refuse(reader);
	if (!is_text(reader->block.type))
		return take_header(reader);
	if (!pss_tar_get_number(reader->block.size, sizeof reader->block.size, &size))
		return refuse(reader);
	return begin_text(reader, size);
}

/* ---- content */

static PssTarEvent say_data(PssTarReader *reader, const guint8 **bytes, gsize *n, guint64 offset, guint64 wanted)
{
	reader->data = *bytes;
	reader->data_offset = offset;
	reader->n_data = take(bytes, n, wanted);
	reader->left -= reader->n_data;
	if (reader->n_data == 0)
		return PSS_TAR_NEEDS_MORE;
	return reader->entry.kind == PSS_TAR_FILE ? PSS_TAR_DATA : GO_ON;
}

static PssTarEvent in_piece(PssTarReader *reader, const guint8 **bytes, gsize *n)
{
	const PssTarPiece *piece = &g_array_index(reader->map.pieces, PssTarPiece, reader->piece);

	if (reader->n_of_piece == piece->n) {
		reader->piece++;
		reader->n_of_piece = 0;
		return GO_ON;
	}
	PssTarEvent event =
		say_data(reader, bytes, n, piece->offset + reader->n_of_piece, piece->n - reader->n_of_piece);
	reader->n_of_piece += reader->n_data;
	return event;
}

static PssTarEvent in_content(PssTarReader *reader, const guint8 **bytes, gsize *n)
{
	if (reader->left == 0) {
		reader->state = IN_PADDING;
		return PSS_TAR_ENTRY_END;
	}
	if (reader->is_sparse)
		return in_piece(reader, bytes, n);
	PssTarEvent event = say_data(reader, bytes, n, reader->offset, reader->left);
	reader->offset += reader->n_data;
	return event;
}

static PssTarEvent in_padding(PssTarReader *reader, const guint8 **bytes, gsize *n)
{
	reader->n_padding -= take(bytes, n, reader->n_padding);
	if (reader->n_padding > 0)
		return PSS_TAR_NEEDS_MORE;
	reader->state = AT_HEADER;
	return GO_ON;
}

static PssTarEvent at_end(PssTarReader *reader, const guint8 **bytes, gsize *n)
{
	return PSS_TAR_END;
}

static PssTarEvent is_malformed(PssTarReader *reader, const guint8 **bytes, gsize *n)
{
	return PSS_TAR_MALFORMED;
}

PssTarEvent pss_tar_reader_next(PssTarReader *reader, const guint8 **bytes, gsize *n)
{
	static PssTarEvent (*const steps[])(PssTarReader * reader, const guint8 **bytes, gsize *n) = {
		[AT_HEADER] = at_header, [IN_TEXT] = in_text,           [IN_EXTENSION] = in_extension,
		[IN_MAP] = in_map,       [IN_CONTENT] = in_content,     [IN_PADDING] = in_padding,
		[AT_END] = at_end,       [IS_MALFORMED] = is_malformed,
	};
	PssTarEvent event;

	do {
		event = steps[reader->state](reader, bytes, n);
	} while (event == GO_ON);
	return event;
}
