/* SPDX-License-Identifier: MIT */
/* Headers of an archive. Called by copy/trees for each file that goes into a stream. */
#include "copy/stream/writer.h"

#include <string.h>

#include "copy/stream/private.h"

#define RECORD (20 * PSS_TAR_BLOCK) /* what tars read at a time by default */

static void put_zeros(GByteArray *archive, gsize n)
{
	guint begin = archive->len;

	g_byte_array_set_size(archive, begin + (guint)n);
	memset(archive->data + begin, 0, n);
}

static void put_block(GByteArray *archive, PssTarBlock *block)
{
	memcpy(block->magic, PSS_TAR_MAGIC_GNU, sizeof block->magic);
	pss_tar_block_seal(block);
	g_byte_array_append(archive, (const guint8 *)block, sizeof *block);
}

static void set_numbers(PssTarBlock *block, const PssTarEntry *entry)
{
	pss_tar_put_number(block->mode, sizeof block->mode, entry->mode);
	pss_tar_put_number(block->uid, sizeof block->uid, entry->uid);
	pss_tar_put_number(block->gid, sizeof block->gid, entry->gid);
	pss_tar_put_number(block->size, sizeof block->size, (gint64)entry->size);
	pss_tar_put_number(block->mtime, sizeof block->mtime, entry->mtime);
}

/* A name that its field is too small for, in front of its header. */
static void put_long_name(GByteArray *archive, char type, const char *name)
{
	const PssTarEntry entry = { .mode = 0644, .size = strlen(name) + 1 };
	PssTarBlock block = { .name = "././@LongLink", .type = type };

	set_numbers(&block, &entry);
	put_block(archive, &block);
	g_byte_array_append(archive, (const guint8 *)name, (guint)entry.size);
	pss_tar_put_padding(archive, entry.size);
}

static void put_name(GByteArray *archive, char field[100], char long_type, const char *name)
{
	gsize n = strlen(name);

	if (n > 100)
		put_long_name(archive, long_type, name);
	memcpy(field, name, MIN(n, 100));
}

void pss_tar_put_entry(GByteArray *archive, const PssTarEntry *entry)
{
	static const char types[] = { [PSS_TAR_FILE] = '0', [PSS_TAR_DIRECTORY] = '5', [PSS_TAR_LINK] = '2' };
	gboolean is_bare = entry->kind == PSS_TAR_DIRECTORY && !g_str_has_suffix(entry->path, "/");
	g_autofree char *path = g_strconcat(entry->path, is_bare ? "/" : "", NULL);
	PssTarBlock block = { .type = types[entry->kind] };

	put_name(archive, block.name, 'L', path);
	if (entry->link)
		put_name(archive, block.link, 'K', entry->link);
	set_numbers(&block, entry);
	put_block(archive, &block);
}

void pss_tar_put_padding(GByteArray *archive, guint64 size)
{
	put_zeros(archive, (gsize)(-size % PSS_TAR_BLOCK));
}

void pss_tar_put_end(GByteArray *archive)
{
	put_zeros(archive, RECORD);
}
