/* SPDX-License-Identifier: MIT */
/* Tells marks from output. Called by the engine with every byte of the terminal channel, and by unit
 * tests and the fuzzer alone. A sequence counts only when it carries a nonce that is expected right now;
 * any other one, old or forged, is output like the rest. It must never swallow a byte of output, and
 * never keep one back that cannot become a mark. */
#include "remote/protocol/marks.h"

#include <string.h>

#define ESC '\033'
#define BEL '\007'

void pss_marks_init(PssMarks *marks)
{
	memset(marks, 0, sizeof *marks);
}

void pss_marks_expect(PssMarks *marks, guint slot, const char *nonce)
{
	g_assert(slot < PSS_MARK_NONCES);
	if (!nonce) {
		marks->expected[slot][0] = '\0';
		return;
	}
	g_assert(strlen(nonce) == PSS_NONCE_LENGTH);
	g_snprintf(marks->expected[slot], sizeof marks->expected[slot], "\033]7337;%s;", nonce);
}

/* Behind the nonce: one letter, and either nothing or `;` and digits. */
static gboolean tail_can_be(const char *tail, gsize n)
{
	if (n > 0 && !g_ascii_islower(tail[0]))
		return FALSE;
	if (n > 1 && tail[1] != ';')
		return FALSE;
	if (n > 2 + PSS_MARK_ARGUMENT_MAX)
		return FALSE;
	for (gsize i = 2; i < n; i++) {
		if (!g_ascii_isdigit(tail[i]))
			return FALSE;
	}
	return TRUE;
}

/* Whether the kept bytes can still become a mark of this slot. */
static gboolean can_become(const PssMarks *marks, guint slot)
{
	const char *expected = marks->expected[slot];
	gsize n_expected = strlen(expected);
	if (n_expected == 0)
		return FALSE;
	if (marks->n_held <= n_expected)
		return memcmp(marks->held, expected, marks->n_held) == 0;
	return memcmp(marks->held, expected, n_expected) == 0 &&
	       tail_can_be(marks->held + n_expected, marks->n_held - n_expected);
}

/* The same of a mark with whatever nonce. */
static gboolean can_become_another(const PssMarks *marks)
{
	static const char start[] = "\033]7337;";
	const gsize n_start = sizeof start - 1, n_whole = n_start + PSS_NONCE_LENGTH;

	if (!marks->drops_others || memcmp(marks->held, start, MIN(marks->n_held, n_start)) != 0)
		return FALSE;
	for (gsize i = n_start; i < MIN(marks->n_held, n_whole); i++)
		if (!g_ascii_isxdigit(marks->held[i]))
			return FALSE;
	return marks->n_held <= n_whole ||
	       (marks->held[n_whole] == ';' && tail_can_be(marks->held + n_whole + 1, marks->n_held - n_whole - 1));
}

static gboolean can_become_any(const PssMarks *marks)
{
	for (guint slot = 0; slot < PSS_MARK_NONCES; slot++) {
		if (can_become(marks, slot))
			return TRUE;
	}
	return can_become_another(marks);
}

/* With BEL the kept bytes are a mark, if there is a kind. */
static gboolean complete(PssMarks *marks, const PssMarksEvents *events, gpointer user)
{
	for (guint slot = 0; slot < PSS_MARK_NONCES; slot++) {
		gsize n_expected = strlen(marks->expected[slot]);
		if (n_expected == 0 || marks->n_held <= n_expected || !can_become(marks, slot))
			continue;
		char argument[PSS_MARK_ARGUMENT_MAX + 1] = "";
		gsize n_tail = marks->n_held - n_expected;
		const char *tail = marks->held + n_expected;
		if (n_tail > 2)
			memcpy(argument, tail + 2, n_tail - 2);
		marks->n_held = 0;
		events->on_mark(user, slot, tail[0], argument);
		return TRUE;
	}
	if (marks->n_held <= 8 + PSS_NONCE_LENGTH || !can_become_another(marks))
		return FALSE;
	marks->n_held = 0;
	return TRUE;
}

static void release(PssMarks *marks, const PssMarksEvents *events, gpointer user)
{
	char held[sizeof marks->held];
	gsize n = marks->n_held;
	memcpy(held, marks->held, n);
	marks->n_held = 0;
	if (n > 0)
		events->on_plain(user, held, n);
}

/* One byte while some are kept back, or an ESC. */
static void take(PssMarks *marks, char c, const PssMarksEvents *events, gpointer user)
{
	if (c == BEL && complete(marks, events, user))
		return;
	if (c == ESC)
		release(marks, events, user);
	marks->held[marks->n_held++] = c;
	if (!can_become_any(marks))
		release(marks, events, user);
}

void pss_marks_feed(PssMarks *marks, const void *data, gsize n, const PssMarksEvents *events, gpointer user)
{
	const char *at = data;
	const char *end = at + n;
	while (at < end) {
		if (marks->n_held > 0) {
			take(marks, *at++, events, user);
			continue;
		}
		const char *escape = memchr(at, ESC, (gsize)(end - at));
		const char *stop = escape ? escape : end;
		/* Any other escape sequence goes out with its surroundings. */
		while (escape && escape + 1 < end && escape[1] != ']') {
			escape = memchr(escape + 1, ESC, (gsize)(end - escape - 1));
			stop = escape ? escape : end;
		}
		if (stop > at)
			events->on_plain(user, at, (gsize)(stop - at));
		at = stop;
		if (escape) {
			take(marks, ESC, events, user);
			at++;
		}
	}
}

void pss_marks_flush(PssMarks *marks, const PssMarksEvents *events, gpointer user)
{
	release(marks, events, user);
}
