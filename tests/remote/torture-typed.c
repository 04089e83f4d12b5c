/* SPDX-License-Identifier: MIT */
/* The torture table's rows about keys that were typed ahead, for all shells. What a program does not read comes back as
 * it was typed and in its order, whatever the amount. */
#include "torture.h"

#define EVERY (ALL | FISH)

static void type_in_the_middle_of_a_letter(Drive *drive)
{
	drive_keys(drive, "echo \303", 6);
	drive_keys(drive, "\244\r", 2);
}

static void type_a_key_of_zero(Drive *drive)
{
	drive_keys(drive, "a\0b\r", 4);
}

#define WAITS "sh -c 'echo on; exec sleep 0.5'"

static const Row rows[] = {
	{ "typed ahead: lines come back with their ends",
	  EVERY,
	  NULL,
	  NULL,
	  FALSE,
	  { LINE(WAITS), UNTIL("on\n"), KEYS("echo a\r\recho b"), KEYS("\r"), PROMPT(0), TYPED("echo a\r\recho b\r"),
	    DONE } },
	{ "typed ahead: erased keys do not come back",
	  ALL,
	  "fish's reader keeps the keys of a line that is not ended",
	  NULL,
	  FALSE,
	  { LINE(WAITS), UNTIL("on\n"), KEYS("echo x\177y\rab\025c"), PROMPT(0), TYPED("echo y\rc"), DONE } },
	{ "typed ahead: more than a terminal holds",
	  EVERY,
	  NULL,
	  NULL,
	  FALSE,
	  { LINE(WAITS), UNTIL("on\n"), CALL(type_8_kb), PROMPT(0), CALL(expect_8_kb), LINE("echo ok"), PROMPT(0),
	    HAS("ok\n"), DONE } },
	{ "typed ahead: 100 KB",
	  ALL,
	  "fish's reader takes a minute for so much",
	  NULL,
	  FALSE,
	  { LINE(WAITS), UNTIL("on\n"), CALL(type_100_kb), PROMPT(0), CALL(expect_100_kb), LINE("echo ok"), PROMPT(0),
	    OUTPUT("ok\n"), DONE } },
	{ "typed ahead: half a letter waits for the other half",
	  EVERY,
	  NULL,
	  NULL,
	  FALSE,
	  { LINE(WAITS), UNTIL("on\n"), CALL(type_in_the_middle_of_a_letter), PROMPT(0), TYPED("echo \303\244\r"),
	    DONE } },
	{ "typed ahead: a key of zero is dropped",
	  ALL,
	  "fish binds it",
	  NULL,
	  FALSE,
	  { LINE(WAITS), UNTIL("on\n"), CALL(type_a_key_of_zero), PROMPT(0), TYPED("ab\r"), DONE } },
	{ "typed ahead: Ctrl-C drops what was typed before it",
	  EVERY,
	  NULL,
	  NULL,
	  FALSE,
	  { LINE("sh -c 'echo on; exec sleep 100'"), UNTIL("on\n"), KEYS("echo evil\r"), UNTIL("evil\n"), KEYS("\003"),
	    PROMPT(130), TYPED(""), DONE } },
	{ "typed ahead: what a raw program leaves",
	  EVERY,
	  NULL,
	  NULL,
	  FALSE,
	  { LINE("sh -c 'stty raw -echo; echo on; dd bs=1 count=3 2>/dev/null; sleep 0.3; stty sane'"), UNTIL("on\n"),
	    KEYS("abcd\033[Ae\r"), PROMPT(0), TYPED("d\033[Ae\r"), DONE } },
	{ "typed ahead: keys that meet a short command",
	  EVERY,
	  NULL,
	  NULL,
	  FALSE,
	  { LINE("echo one"), KEYS("read x\rfoo\r"), PROMPT(0), TYPED("read x\rfoo\r"), DONE } },
	{ "typed ahead: a program reads a part",
	  EVERY,
	  NULL,
	  NULL,
	  FALSE,
	  { LINE("sh -c 'read x; read y; echo got $x $y'"), KEYS("a\rb\recho c\r"), PROMPT(0), HAS("got a b\n"),
	    TYPED("echo c\r"), DONE } },
};

const Rows torture_typed = { rows, G_N_ELEMENTS(rows) };
