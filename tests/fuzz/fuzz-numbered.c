/* SPDX-License-Identifier: MIT */
/* The down stream of a holder, cut in any way: the same bytes make the same events, nothing is counted that has not
 * come, and a frame's end is where its bytes end. The first byte says how the stream is cut. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "link/resilient/resend-log.h"

#define LINES 9

static void on_bytes(gpointer user, guint child, gboolean is_stderr, const void *data, gsize n)
{
	g_string_append_len(user, data, (gssize)n);
}

static void on_taken(gpointer user, guint child, guint64 n)
{
	g_string_append_printf(user, "<t%u %" G_GUINT64_FORMAT ">", child, n);
}

static void on_ended(gpointer user, guint child, int status)
{
	g_string_append_printf(user, "<x%u %d>", child, status);
}

static void on_dropped(gpointer user, guint child, guint64 n)
{
	g_string_append_printf(user, "<l%u %" G_GUINT64_FORMAT ">", child, n);
}

static void on_unseen(gpointer user, guint kind, const void *data, gsize n)
{
	for (gsize i = 0; i < n; i++)
		g_string_append_printf(user, "<u%u %02x>", kind, ((const guint8 *)data)[i]);
}

static const PssNumberedEvents events = { on_bytes, on_taken, on_ended, on_dropped, on_unseen };

/* What came out of it, and whether all of it could be understood. */
static char *feed(const uint8_t *data, size_t size, gsize step, gboolean *ret_good)
{
	GString *heard = g_string_new(NULL);
	g_autoptr(GString) again = g_string_new(NULL);
	PssNumbered numbered;
	gboolean good = TRUE;

	pss_numbered_init(&numbered);
	for (int i = 0; i < LINES; i++)
		pss_numbered_add(&numbered, "d 1", "x\n%", 3);
	for (gsize at = 0; at < size && good; at += step)
		good = pss_numbered_feed(&numbered, data + at, MIN(step, size - at), &events, heard);
	if (numbered.boundary > numbered.count || numbered.count > size || (good && numbered.count != size))
		abort();
	pss_numbered_append(&numbered, again);
	g_string_append_printf(heard, "<%u lines>", g_queue_get_length(&numbered.lines));
	pss_numbered_finish(&numbered);
	*ret_good = good;
	return g_string_free(heard, FALSE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	gboolean good, good_in_pieces;
	gsize step = size > 0 && data[0] > 0 ? data[0] : 1;

	if (size > 0)
		data++, size--;
	g_autofree char *whole = feed(data, size, MAX(size, 1), &good);
	g_autofree char *pieces = feed(data, size, step, &good_in_pieces);
	if (good != good_in_pieces || strcmp(whole, pieces) != 0)
		abort();
	return 0;
}
