/* SPDX-License-Identifier: MIT */
/* The filter of output that is shown later than it was printed: nothing that comes out makes a terminal answer or
 * changes what it is, and how the bytes were cut makes no difference. The first byte says how they are cut. */
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "terminal/replay-filter.h"

/* The length of the sequence that begins with the ESC at `at`, 0 where it is none that may be shown. */
static gsize safe_length(const guint8 *at, gsize n)
{
	gsize i = 2;

	if (n >= 2 && at[1] && strchr("78DEM", at[1]))
		return 2;
	if (n < 3 || at[1] != '[')
		return 0;
	while (i < n && at[i] >= 0x30 && at[i] <= 0x3b)
		i++;
	return i < n && at[i] && strchr("@ABCDEFGHIJKLMPSTXZ`abdefmr", at[i]) ? i + 1 : 0;
}

static void check_safe(const GByteArray *out)
{
	for (gsize i = 0, n; i < out->len; i += n) {
		guint8 byte = out->data[i];
		n = byte == 0x1b ? safe_length(out->data + i, out->len - i) : 1;
		if (n == 0 || byte == 0x05)
			abort();
		if (byte == 0xc2 && i + 1 < out->len && out->data[i + 1] >= 0x80 && out->data[i + 1] < 0xa0)
			abort();
	}
}

/* Appends what the filter lets through. */
static void filter(struct pss_replay *replay, const void *data, gsize n, GByteArray *out)
{
	guint before = out->len;

	g_byte_array_set_size(out, before + (guint)n + PSS_REPLAY_HELD);
	g_byte_array_set_size(out, before + (guint)pss_replay_feed(replay, data, n, out->data + before));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GByteArray) whole = g_byte_array_new(), pieces = g_byte_array_new();
	struct pss_replay replay = { 0 }, cut = { 0 };
	gsize step = size > 0 && data[0] > 0 ? data[0] : 1;

	filter(&replay, data, size, whole);
	for (gsize at = 0; at < size; at += step)
		filter(&cut, data + at, MIN(step, size - at), pieces);
	if (whole->len != pieces->len || (whole->len > 0 && memcmp(whole->data, pieces->data, whole->len) != 0))
		abort();
	check_safe(whole);
	return 0;
}
