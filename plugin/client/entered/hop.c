/* SPDX-License-Identifier: MIT */
/* Recognises lines of the entered loop that lead on to another computer. Called by entered-edit.c and hop-run.c.
 * Nothing that a shell would expand, redirect or combine is ever taken: such a line is the remote's. */
#include "client/entered/hop.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "client/base/strings.h"

#define PLAIN "_@%+:,./-="

static const struct {
	const char *name;
	enum pss_hop_command command;
} names[] = {
	{ "enter-pssession", PSS_HOP_ENTER },
	{ "new-pssession", PSS_HOP_NEW },
	{ "invoke-command", PSS_HOP_INVOKE },
	{ "etsn", PSS_HOP_ENTER },
	{ "nsn", PSS_HOP_NEW },
	{ "icm", PSS_HOP_INVOKE },
};

/* The length of one word. 0: not every shell reads it in the same way. */
static size_t read_word(const char *at, struct pss_buffer *word)
{
	const char *start = at;

	if (*at == '=')
		return 0;
	while (*at && *at != ' ' && *at != '\t') {
		const char quote = *at == '\'' || *at == '"' ? *at : '\0';
		size_t n = quote ? strcspn(at + 1, quote == '"' ? "\"$`\\!\n" : "'\n!\\") : 1;
		bool good = quote ? at[1 + n] == quote : isalnum((unsigned char)*at) || strchr(PLAIN, *at);
		if (!good || pss_buffer_append(word, quote ? at + 1 : at, n) < 0)
			return 0;
		at += quote ? n + 2 : 1;
	}
	return (size_t)(at - start);
}

/* False: it is not to be taken. */
static bool read_words(const char *line, struct pss_texts *ret_words)
{
	for (line += strspn(line, " \t"); *line; line += strspn(line, " \t")) {
		struct pss_buffer word;
		pss_buffer_init(&word);
		size_t n = read_word(line, &word);
		bool good = n > 0 && pss_buffer_append(&word, "", 1) == 0 &&
			    pss_texts_add(ret_words, strdup((const char *)pss_buffer_bytes(&word))) == 0;
		pss_buffer_finish(&word);
		if (!good)
			return false;
		line += n;
	}
	return ret_words->n_items > 1;
}

static enum pss_hop_command find_command(const char *word)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcasecmp(word, names[i].name) == 0)
			return names[i].command;
	return PSS_HOP_NONE;
}

enum pss_hop_command pss_hop_read(const char *line, struct pss_texts *ret_words)
{
	return read_words(line, ret_words) ? find_command(ret_words->items[0]) : PSS_HOP_NONE;
}

bool pss_hop_is_one(const char *line)
{
	struct pss_texts words = { 0 };
	enum pss_hop_command command = pss_hop_read(line, &words);

	pss_texts_finish(&words);
	return command != PSS_HOP_NONE;
}
