/* SPDX-License-Identifier: MIT */
/* The filter of output that is shown later than it was printed: nothing that comes out makes a terminal answer or
 * changes what it is, and how the bytes were cut makes no difference. The first byte says how they are cut. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "host/replay.h"

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GByteArray) whole = g_byte_array_new(), pieces = g_byte_array_new(), at_once = g_byte_array_new();
	PssReplay replay = { 0 }, cut = { 0 };
	gsize step = size > 0 && data[0] > 0 ? data[0] : 1;

	pss_replay_feed(&replay, data, size, whole);
	for (gsize at = 0; at < size; at += step)
		pss_replay_feed(&cut, data + at, MIN(step, size - at), pieces);
	pss_replay_filter(data, size, at_once);
	if (whole->len != pieces->len || (whole->len > 0 && memcmp(whole->data, pieces->data, whole->len) != 0))
		abort();
	check_safe(whole);
	check_safe(at_once);
	return 0;
}
