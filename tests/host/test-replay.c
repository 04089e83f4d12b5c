/* SPDX-License-Identifier: MIT */
/* Unwatched output: bounded, counted, and unable to make a terminal answer. */
#include <glib.h>
#include <string.h>

#include "host/replay.h"
#include "host/ring.h"

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
};

static void test_filter(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GByteArray) out = g_byte_array_new();
		g_test_message("%s", cases[i].what);
		pss_replay_filter((const guint8 *)cases[i].in, strlen(cases[i].in), out);
		g_assert_cmpmem(out->data, out->len, cases[i].out, strlen(cases[i].out));
	}
}

static void test_ring(void)
{
	PssRing ring;
	guint64 dropped, sent = 0;
	g_autofree char *block = g_malloc(1000);

	pss_ring_init(&ring, 4096);
	g_assert_true(pss_ring_is_empty(&ring));
	for (int i = 0; i < 1000; i++) {
		memset(block, 'a' + i % 26, 1000);
		pss_ring_append(&ring, block, 1000);
		g_assert_cmpuint(ring.bytes->len, <=, 2 * 4096);
		sent += 1000;
	}
	g_autoptr(GByteArray) kept = pss_ring_take(&ring, &dropped);
	g_assert_cmpuint(kept->len, ==, 4096);
	g_assert_cmpuint(dropped + kept->len, ==, sent);
	g_assert_cmpint(kept->data[kept->len - 1], ==, 'a' + 999 % 26);
	g_assert_true(pss_ring_is_empty(&ring));

	g_autofree char *big = g_malloc0(10000);
	pss_ring_append(&ring, big, 10000);
	g_byte_array_unref(pss_ring_take(&ring, &dropped));
	g_assert_cmpuint(dropped, ==, 10000 - 4096);
	pss_ring_finish(&ring);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/replay/what draws is kept, what asks is dropped", test_filter);
	g_test_add_func("/replay/memory is bounded and drops are counted", test_ring);
	return g_test_run();
}
