/* SPDX-License-Identifier: MIT */
/* What is left of a text that a remote may have made up: no sequence but colours, no control, no letter that hides. */
#include <stdlib.h>
#include <string.h>

#include "../harness/tap.h"
#include "terminal/clean-text.h"

static char *clean(const char *text, enum pss_clean flags)
{
	return pss_clean_text(text, strlen(text), flags);
}

static void test_clean(void)
{
	static const struct {
		const char *name, *text, *wanted;
	} canaries[] = {
		{ "plain text stays", "~/src (main) $ ", "~/src (main) $ " },
		{ "UTF-8 stays", "\xc3\xa4\xe2\x9d\xaf \xf0\x9f\x90\xa7", "\xc3\xa4\xe2\x9d\xaf \xf0\x9f\x90\xa7" },
		{ "colours stay", "\033[1;31mred\033[0m", "\033[1;31mred\033[0m" },
		{ "a title is dropped", "a\033]0;owned\007b", "ab" },
		{ "a title ended by ST is dropped", "a\033]0;owned\033\\b", "ab" },
		{ "an unfinished title takes the rest with it", "a\033]0;owned", "a" },
		{ "a clipboard write is dropped", "a\033]52;c;ZXZpbA==\007b", "ab" },
		{ "DCS, APC, PM and SOS are dropped", "a\033Pq\033\\b\033_x\033\\c\033^x\033\\d\033Xx\033\\e",
		  "abcde" },
		{ "other CSI are dropped", "a\033[2J\033[6n\033[c\033[?1049hb\033[10;10Hc", "abc" },
		{ "a private SGR is dropped", "a\033[>4;2mb\033[?1mc", "abc" },
		{ "SGR with an intermediate byte is dropped", "a\033[1 mb", "ab" },
		{ "two-byte escapes are dropped", "a\033cb\0337c\033(0d\033#8e", "abcde" },
		{ "a lone ESC at the end is dropped", "a\033", "a" },
		{ "C0 controls are dropped", "a\001b\002c\007d\010e\rf\016g\177h", "abcdefgh" },
		{ "a tab is a blank", "a\tb", "a b" },
		{ "C1 controls are dropped",
		  "a\xc2\x9b"
		  "31mb\xc2\x9d"
		  "0;x\xc2\x9c",
		  "a31mb0;x" },
		{ "raw C1 bytes are no UTF-8",
		  "a\x9b"
		  "b",
		  "a\xef\xbf\xbd"
		  "b" },
		{ "overlong forms are replaced", "\xc0\xaf\xe0\x80\xaf",
		  "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "surrogates are replaced", "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "bidirectional controls are dropped",
		  "a\xe2\x80\xae"
		  "b\xe2\x81\xa6"
		  "c\xd8\x9c"
		  "d",
		  "abcd" },
		{ "zero-width and tag characters are dropped",
		  "a\xe2\x80\x8b"
		  "b\xef\xbb\xbf"
		  "c\xf3\xa0\x81\x81"
		  "d",
		  "abcd" },
		{ "nothing is expanded", "$(touch x)`id`!!%n\\u${x@P}", "$(touch x)`id`!!%n\\u${x@P}" },
	};

	for (size_t i = 0; i < sizeof(canaries) / sizeof(canaries[0]); i++)
		check_text(clean(canaries[i].text, PSS_CLEAN_SGR), canaries[i].wanted, canaries[i].name);
	check_text(clean("a\033[1mb", PSS_CLEAN_PLAIN), "ab", "without PSS_CLEAN_SGR colours go too");
	check_text(clean("a\nb", PSS_CLEAN_LINES), "a\nb", "newlines stay when asked");
	check_text(clean("a\xc3\xa4"
			 "b\x80",
			 PSS_CLEAN_ASCII),
		   "a?b?", "a character set that is no UTF-8");
	check_text(pss_clean_text("a\0b", 3, PSS_CLEAN_PLAIN), "ab", "a NUL is dropped");
	check_text(pss_clean_text(NULL, 0, PSS_CLEAN_PLAIN), "", "nothing gives an empty text");
}

/* Lines and tabs are kept, and nothing whose number ends like theirs, or in 00. */
static void test_visible_lines(void)
{
	check_text(pss_visible("a\nb\tc", true), "a\nb\tc", "lines and tabs are kept");
	check_text(pss_visible("a\nb\tc", false), "a?b?c", "or not");
	check_text(pss_visible("a\xf3\xa0\x84\x80"
			       "b\xf3\xa0\x80\x8a"
			       "c\xf3\xa0\x80\x89"
			       "d",
			       true),
		   "a?b?c?d", "invisible characters are shown");
}

static void test_clean_is_bounded(void)
{
	size_t n = 1 << 20;
	char *flood = malloc(n), *got;

	memset(flood, 'x', n);
	got = pss_clean_text(flood, n, PSS_CLEAN_SGR);
	check(got && strlen(got) == PSS_CLEAN_MAX, "a prompt of a megabyte is cut");
	free(got);
	for (size_t i = 0; i + 4 <= n; i += 4)
		memcpy(flood + i, "\033[0m", 4);
	got = pss_clean_text(flood, n, PSS_CLEAN_SGR);
	check(got && strlen(got) <= PSS_CLEAN_MAX, "so is one of colours");
	free(got);
	free(flood);
}

int main(void)
{
	test_clean();
	test_visible_lines();
	test_clean_is_bounded();
	return check_end();
}
