/* SPDX-License-Identifier: MIT */
/* Our reader and writer as programs, for test-tar.py:
 *
 *   tar-tool list      an archive on standard input; a line for each entry, and "end" or "malformed"
 *   tar-tool pack      lines "KIND MODE UID GID SIZE MTIME PATH LINK"; an archive whose content counts up
 *
 * Names are hexadecimal. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "copy/stream/reader.h"
#include "copy/stream/writer.h"

static const char kinds[] = {
	[PSS_TAR_FILE] = 'f', [PSS_TAR_DIRECTORY] = 'd', [PSS_TAR_LINK] = 'l', [PSS_TAR_HARD_LINK] = 'h',
	[PSS_TAR_FIFO] = 'p', [PSS_TAR_DEVICE] = 'b',    [PSS_TAR_OTHER] = '?'
};

static void print_hex(const char *text)
{
	putchar(' ');
	for (; text && *text; text++)
		printf("%02x", (unsigned char)*text);
}

static void print_entry(const PssTarEntry *entry)
{
	printf("%c %o %u %u %" G_GUINT64_FORMAT " %" G_GINT64_FORMAT ".%09u", kinds[entry->kind], entry->mode,
	       entry->uid, entry->gid, entry->size, entry->mtime, entry->mtime_nanoseconds);
	print_hex(entry->path);
	print_hex(entry->link);
}

/* What the pieces that are not zero add up to, wherever the holes are. */
static guint64 add_up(guint64 sum, const PssTarReader *reader)
{
	guint64 offset;
	gsize n;
	const guint8 *data = pss_tar_reader_data(reader, &offset, &n);

	for (gsize i = 0; i < n; i++)
		sum += data[i] * ((offset + i) % 65521 + 1);
	return sum;
}

static int list(void)
{
	g_autoptr(PssTarReader) reader = pss_tar_reader_new();
	guint8 bytes[10007];
	const guint8 *at = bytes;
	gsize n = 0;
	guint64 sum = 0;

	while (TRUE) {
		switch (pss_tar_reader_next(reader, &at, &n)) {
		case PSS_TAR_NEEDS_MORE:
			n = fread(bytes, 1, sizeof bytes, stdin);
			at = bytes;
			if (n == 0)
				return puts("short") < 0;
			break;
		case PSS_TAR_ENTRY:
			sum = 0;
			print_entry(pss_tar_reader_entry(reader));
			break;
		case PSS_TAR_DATA:
			sum = add_up(sum, reader);
			break;
		case PSS_TAR_ENTRY_END:
			printf(" %" G_GUINT64_FORMAT "\n", sum);
			break;
		case PSS_TAR_END:
			return puts("end") < 0;
		case PSS_TAR_MALFORMED:
			return puts("malformed") < 0;
		}
	}
}

static char *from_hex(const char *hex)
{
	GString *text = g_string_new(NULL);

	for (; *hex && strcmp(hex, "-") != 0; hex += 2)
		g_string_append_c(text, (char)(g_ascii_xdigit_value(hex[0]) << 4 | g_ascii_xdigit_value(hex[1])));
	return g_string_free(text, FALSE);
}

static void flush(GByteArray *archive)
{
	if (fwrite(archive->data, 1, archive->len, stdout) != archive->len)
		exit(1);
	g_byte_array_set_size(archive, 0);
}

/* The content of a file whose size is below a MiB; for a larger one whoever reads has only the header. */
static void put_content(GByteArray *archive, guint64 size)
{
	for (guint64 i = 0; i < size; i++) {
		guint8 byte = (guint8)i;
		g_byte_array_append(archive, &byte, 1);
	}
	pss_tar_put_padding(archive, size);
}

static void pack_line(GByteArray *archive, const char *line)
{
	g_auto(GStrv) words = g_strsplit(line, " ", 0);
	g_autofree char *path = from_hex(words[6]), *link = from_hex(words[7]);
	const PssTarEntry entry = {
		.kind = (PssTarKind)((const char *)memchr(kinds, *words[0], sizeof kinds) - kinds),
		.mode = (guint32)strtoul(words[1], NULL, 8),
		.uid = (guint32)strtoul(words[2], NULL, 10),
		.gid = (guint32)strtoul(words[3], NULL, 10),
		.size = strtoull(words[4], NULL, 10),
		.mtime = strtoll(words[5], NULL, 10),
		.path = path,
		.link = *link ? link : NULL,
	};

	pss_tar_put_entry(archive, &entry);
	if (entry.size < 1 << 20)
		put_content(archive, entry.size);
	flush(archive);
}

static int pack(void)
{
	g_autoptr(GByteArray) archive = g_byte_array_new();
	static char line[1 << 20];

	while (fgets(line, sizeof line, stdin))
		pack_line(archive, g_strchomp(line));
	pss_tar_put_end(archive);
	flush(archive);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "list") == 0)
		return list();
	if (argc == 2 && strcmp(argv[1], "pack") == 0)
		return pack();
	return 2;
}
