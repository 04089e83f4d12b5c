/* SPDX-License-Identifier: MIT */
/* What rows of several torture tables call: long lines, all bytes, keys typed ahead, and a fifo that something of the
 * shell's waits at. See torture.h. */
#include "torture.h"

#include <string.h>

#define LETTERS "äß漢🙂"

void send_100_kb(Drive *drive)
{
	g_autoptr(GString) line = g_string_new("printf %s '");

	for (int i = 0; i < 100 * 1024; i++)
		g_string_append_c(line, (char)('a' + i % 26));
	g_string_append(line, "' | wc -c");
	drive_line(drive, line->str, line->len);
}

/* ---- every byte */

static GString *bytes_of(const TortureBytes *kind)
{
	GString *bytes = g_string_new(NULL);

	for (int c = 1; c < (kind->all ? 256 : 128); c++)
		g_string_append_c(bytes, (char)c);
	if (!kind->all)
		g_string_append(bytes, LETTERS);
	return bytes;
}

void send_bytes(Drive *drive, const TortureBytes *kind)
{
	g_autoptr(GString) bytes = bytes_of(kind), line = g_string_new(kind->begin);

	for (gsize i = 0; i < bytes->len; i++) {
		if (strchr(kind->special, bytes->str[i]))
			g_string_append(line, kind->escape);
		g_string_append_c(line, bytes->str[i]);
	}
	g_string_append(line, kind->end);
	drive_line(drive, line->str, line->len);
}

void expect_bytes(Drive *drive, const TortureBytes *kind)
{
	g_autoptr(GString) bytes = bytes_of(kind), wanted = g_string_new(NULL);
	gsize n;
	const char *output = drive_output(drive, &n);

	for (gsize i = 0; i < bytes->len; i++)
		g_string_append_printf(wanted, "%02x", (unsigned char)bytes->str[i]);
	g_autofree char *shown = g_ascii_strdown(output, (gssize)n);
	if (kind->all ? strcmp(shown, wanted->str) != 0 : !strstr(shown, wanted->str))
		drive_fail(drive, "not all bytes arrived");
}

/* ---- keys */

/* Lines as a person or a paste types them. */
static GString *lines_of(gsize size)
{
	GString *keys = g_string_new(NULL);

	for (int i = 0; keys->len < size; i++)
		g_string_append_printf(keys, "echo line %d ä >>file\r", i);
	return keys;
}

static void type_lines(Drive *drive, gsize size)
{
	g_autoptr(GString) keys = lines_of(size);

	drive_keys(drive, keys->str, keys->len);
}

static void expect_lines(Drive *drive, gsize size)
{
	g_autoptr(GString) keys = lines_of(size);
	gsize n;
	const char *typed = drive_typed(drive, &n);

	for (gsize i = 0; i < n && i < keys->len; i++)
		if (typed[i] != keys->str[i]) {
			g_autofree char *what = g_strdup_printf("byte %" G_GSIZE_FORMAT " is another", i);
			drive_fail(drive, what);
		}
	if (n != keys->len)
		drive_fail(drive, "not all came back");
}

void type_8_kb(Drive *drive)
{
	type_lines(drive, 8 * 1024);
}

void expect_8_kb(Drive *drive)
{
	expect_lines(drive, 8 * 1024);
}

void type_100_kb(Drive *drive)
{
	type_lines(drive, 100 * 1024);
}

void expect_100_kb(Drive *drive)
{
	expect_lines(drive, 100 * 1024);
}

/* ---- the shell */

void let_go(Drive *drive)
{
	g_autofree char *path = g_build_filename(drive_home(drive), "go", NULL);
	const char *const argv[] = { "timeout", "10", "sh", "-c", "echo x >\"$0\"", path, NULL };
	int status;

	if (!g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status, NULL) ||
	    status != 0)
		drive_fail(drive, "nobody reads the fifo");
}

void expect_one_request(Drive *drive)
{
	static guint before;

	if (before > 0 && drive_n_requests(drive) - before != 1)
		drive_fail(drive, "a completion took more than one request");
	before = before > 0 ? 0 : drive_n_requests(drive);
}
