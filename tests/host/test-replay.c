/* SPDX-License-Identifier: MIT */
/* Unwatched output: bounded, counted, and unable to make a terminal answer. */
#include <glib.h>
#include <string.h>

#include "host/unseen/output-buffer.h"
#include "terminal/replay-filter.h"

static const struct {
	const char *what, *in, *out;
} cases[] = {
	{ "text", "plain\r\nlines\n", "plain\r\nlines\n" },
	{ "utf-8", "gr\303\274n", "gr\303\274n" },
	{ "sgr", "\033[1;31mred\033[m", "\033[1;31mred\033[m" },
	{ "cursor movement", "a\033[2Kb\033[10;3Hc", "a\033[2Kb\033[10;3Hc" },
	{ "device attributes", "a\033[cb\033[>0cd\033[=ce", "abde" },
	{ "status report", "a\033[6nb\033[?6nc", "abc" },
	{ "mode query", "a\033[?2026$pb", "ab" },
	{ "xtversion", "a\033[>qb", "ab" },
	{ "window report", "a\033[21tb", "ab" },
	{ "kitty keyboard query", "a\033[?ub", "ab" },
	{ "mouse mode", "a\033[?1000hb", "ab" },
	{ "title", "a\033]0;t\ab\033]52;c;?\033\\c", "abc" },
	{ "dcs", "a\033P$qm\033\\b", "ab" },
	{ "apc, pm, sos", "a\033_x\033\\b\033^y\033\\c\033Xz\033\\d", "abcd" },
	{ "enquiry", "a\005b", "ab" },
	{ "identify", "a\033Zb", "ab" },
	{ "reset", "a\033cb", "ab" },
	{ "cut at the end", "a\033[3", "a" },
	{ "escape at the end", "a\033", "a" },
	{ "unfinished string", "a\033]0;never", "a" },
	{ "string ended by another escape", "a\033]0;t\033[1mb", "a\033[1mb" },
	{ "control inside a sequence", "a\033[\ncb", "a\nb" },
	{ "control strings as single bytes", "a\2330cb\220$qm\234c\2350;t\234", "a0cb$qmc0;t" },
	{ "the same in UTF-8", "a\302\2330c\302\2350;t", "a0c0;t" },
	{ "no-break space", "a\302\240b", "a\302\240b" },
	{ "an arrow, whose middle byte is no control", "\342\206\222", "\342\206\222" },
	{ "a character that breaks off", "\342\233c", "\342c" },
};

/* Appends what the filter lets through. */
static void filter(struct pss_replay *replay, const void *data, gsize n, GByteArray *out)
{
	guint before = out->len;

	g_byte_array_set_size(out, before + (guint)n + PSS_REPLAY_HELD);
	g_byte_array_set_size(out, before + (guint)pss_replay_feed(replay, data, n, out->data + before));
}

static void test_filter(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GByteArray) out = g_byte_array_new();
		g_test_message("%s", cases[i].what);
		struct pss_replay replay = { 0 };
		filter(&replay, cases[i].in, strlen(cases[i].in), out);
		g_assert_cmpmem(out->data, out->len, cases[i].out, strlen(cases[i].out));
	}
}

/* Wherever it is cut, the same comes out. */
static void test_pieces(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		const guint8 *in = (const guint8 *)cases[i].in;
		gsize n = strlen(cases[i].in);
		for (gsize cut = 0; cut <= n; cut++) {
			g_autoptr(GByteArray) out = g_byte_array_new();
			struct pss_replay replay = { 0 };
			filter(&replay, in, cut, out);
			filter(&replay, in + cut, n - cut, out);
			g_assert_cmpmem(out->data, out->len, cases[i].out, strlen(cases[i].out));
		}
	}
}

static void test_long_sequence(void)
{
	g_autoptr(GString) in = g_string_new("a\033[");
	g_autoptr(GByteArray) out = g_byte_array_new();
	struct pss_replay replay = { 0 };

	for (int i = 0; i < 10000; i++)
		g_string_append(in, "1;");
	g_string_append(in, "nb\033[1mc");
	filter(&replay, in->str, in->len, out);
	g_assert_cmpmem(out->data, out->len, "ab\033[1mc", 7);
}

static void test_ring(void)
{
	PssRing ring;
	guint64 sent = 0;
	g_autofree char *block = g_malloc(1000);

	pss_ring_init(&ring, 4096);
	g_assert_true(pss_ring_is_empty(&ring));
	for (int i = 0; i < 1000; i++) {
		memset(block, 'a' + i % 26, 1000);
		pss_ring_append(&ring, PSS_RING_TERMINAL, block, 1000, FALSE);
		g_assert_cmpuint(pss_ring_cost(&ring), <=, 2 * 4096);
		sent += 1000;
	}
	pss_ring_cut(&ring);
	g_assert_cmpuint(pss_ring_cost(&ring), <=, 4096);
	guint64 dropped = ring.dropped;
	g_autoptr(GByteArray) kept = pss_ring_take_stream(&ring, PSS_RING_TERMINAL);
	g_assert_cmpuint(kept->len, >, 4000);
	g_assert_cmpuint(dropped + kept->len, ==, sent);
	g_assert_cmpint(kept->data[kept->len - 1], ==, 'a' + 999 % 26);
	g_assert_true(pss_ring_is_empty(&ring));

	g_autofree char *big = g_malloc0(10000);
	ring.dropped = 0;
	pss_ring_append(&ring, PSS_RING_TERMINAL, big, 10000, FALSE);
	pss_ring_cut(&ring);
	g_assert_cmpuint(ring.dropped + pss_ring_cost(&ring), >=, 10000);
	g_assert_cmpuint(pss_ring_cost(&ring), <=, 4096);
	pss_ring_finish(&ring);
}

/* Streams that alternate byte by byte: bounded all the same, and in order. */
static void test_streams(void)
{
	PssRing ring;
	PssRingStream stream;
	const guint8 *data;
	gsize n;

	pss_ring_init(&ring, 4096);
	for (guint i = 0; i < 100000; i++) {
		guint8 byte = (guint8)(i % 251);
		pss_ring_append(&ring, i % 2 ? PSS_RING_ERR : PSS_RING_OUT, &byte, 1, FALSE);
		g_assert_cmpuint(pss_ring_cost(&ring), <=, 2 * 4096);
		g_assert_cmpuint(ring.bytes->len + ring.parts->len, <, 4 * 4096);
	}
	guint64 next = ring.dropped;
	for (; pss_ring_peek(&ring, &stream, &data, &n); pss_ring_advance(&ring, n)) {
		g_assert_cmpuint(n, ==, 1);
		g_assert_cmpint(stream, ==, next % 2 ? PSS_RING_ERR : PSS_RING_OUT);
		g_assert_cmpint(*data, ==, next % 251);
		next++;
	}
	g_assert_cmpuint(next, ==, 100000);
	g_assert_true(pss_ring_is_empty(&ring));
}

/* What is to be kept whole is, and what is taken of one stream leaves the others as they were. */
static void test_all(void)
{
	PssRing ring;
	PssRingStream stream;
	const guint8 *data;
	gsize n;

	pss_ring_init(&ring, 4096);
	for (int i = 0; i < 10000; i++) {
		pss_ring_append(&ring, PSS_RING_OUT, "o", 1, TRUE);
		pss_ring_append(&ring, PSS_RING_TERMINAL, "t", 1, TRUE);
	}
	g_autoptr(GByteArray) terminal = pss_ring_take_stream(&ring, PSS_RING_TERMINAL);
	g_assert_cmpuint(terminal->len, ==, 10000);
	g_assert_true(pss_ring_peek(&ring, &stream, &data, &n));
	g_assert_cmpint(stream, ==, PSS_RING_OUT);
	g_assert_cmpuint(n, ==, 10000);
	g_assert_cmpuint(ring.dropped, ==, 0);
	g_assert_null(pss_ring_take_stream(&ring, PSS_RING_TERMINAL));
	pss_ring_finish(&ring);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/replay/what draws is kept, what asks is dropped", test_filter);
	g_test_add_func("/replay/pieces give what the whole gives", test_pieces);
	g_test_add_func("/replay/a sequence too long is dropped", test_long_sequence);
	g_test_add_func("/replay/streams keep their order within the bound", test_streams);
	g_test_add_func("/replay/nothing is dropped where all is kept", test_all);
	g_test_add_func("/replay/memory is bounded and drops are counted", test_ring);
	return g_test_run();
}
