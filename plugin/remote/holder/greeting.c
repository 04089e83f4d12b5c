/* SPDX-License-Identifier: MIT */
/* Takes a holder's greeting apart. Called by the resilient transport's link, tests and the fuzzer. A holder may be of
 * another version, and any program of the remote account may write in its name: without a word, or with a number out of
 * range, it is malformed. */
#include "remote/holder/greeting.h"

#include <string.h>

#include "remote/holder/holder.h"

/* Of HELD, behind its letter. */
enum { HAVE, START, KEEPER, END, LAST_CHILD, MEMO, N_WORDS };
#define N_WORDS_LEAST (KEEPER + 1)

/* A holder keeps 1 MiB, and as much again from the time without a link. */
#define BEHIND_MAX (64u * 1024u * 1024u)

static const struct {
	char letter;
	PssGreetingKind kind;
} kinds[] = {
	{ 'h', PSS_GREETING_HELD },  { 'n', PSS_GREETING_NO_KEEPER }, { 'g', PSS_GREETING_GONE },
	{ 'o', PSS_GREETING_TAKEN }, { 'b', PSS_GREETING_BUSY },
};

static PssGreetingKind kind_of(const char *line)
{
	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (line[0] == kinds[i].letter && (line[1] == ' ' || line[1] == '\0'))
			return kinds[i].kind;
	return PSS_GREETING_NONE;
}

static gboolean read_number(const char *word, guint64 max, guint64 *ret)
{
	return g_ascii_string_to_unsigned(word, 10, 0, max, ret, NULL);
}

/* Those behind the keeper's name are there or not. */
static gboolean read_numbers(char *const *words, guint n, PssGreeting *greeting)
{
	guint64 last_child = 0;

	if (n < N_WORDS_LEAST || !read_number(words[HAVE], G_MAXINT64, &greeting->have) ||
	    !read_number(words[START], G_MAXINT64, &greeting->start))
		return FALSE;
	if (n > END && (!read_number(words[END], G_MAXINT64, &greeting->end) || greeting->end < greeting->start ||
			greeting->end - greeting->start > BEHIND_MAX))
		return FALSE;
	if (n > LAST_CHILD && !read_number(words[LAST_CHILD], G_MAXINT32, &last_child))
		return FALSE;
	greeting->last_child = (guint)last_child;
	return TRUE;
}

static void read_held(const char *rest, PssGreeting *greeting)
{
	g_auto(GStrv) words = g_strsplit(rest, " ", N_WORDS);
	guint n = g_strv_length(words);

	if (!read_numbers(words, n, greeting)) {
		greeting->kind = PSS_GREETING_NONE;
		return;
	}
	const char *version = strrchr(words[KEEPER], '-');
	greeting->takes_raw = version && g_ascii_strtoull(version + 1, NULL, 10) >= 2;
	greeting->takes_unseen = version && g_ascii_strtoull(version + 1, NULL, 10) >= 3;
	if (n > MEMO) {
		g_free(greeting->text);
		greeting->text = pss_holder_unescape(words[MEMO]);
	}
}

void pss_greeting_read(const char *line, PssGreeting *ret_greeting)
{
	const char *rest = line + MIN(strlen(line), 2);

	*ret_greeting = (PssGreeting){ .kind = kind_of(line), .text = g_strdup("") };
	if (ret_greeting->kind == PSS_GREETING_HELD) {
		read_held(rest, ret_greeting);
	} else {
		g_free(ret_greeting->text);
		ret_greeting->text =
			ret_greeting->kind == PSS_GREETING_BUSY ? pss_holder_unescape(rest) : g_strdup(rest);
	}
}

void pss_greeting_clear(PssGreeting *greeting)
{
	g_clear_pointer(&greeting->text, g_free);
}
