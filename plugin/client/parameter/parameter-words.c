/* SPDX-License-Identifier: MIT */
/* Words of a command behind a computer, as ssh takes them: `invoke-command web1 ls -l`. Where do they begin? */
#include "client/parameter/parameter-parse.h"

#include <string.h>

const char *pss_parse_first_word(const struct pss_parse *parse)
{
	struct pss_slot slot, command = { NULL, NULL };
	size_t n_before = 0;

	PSS_FOR_EACH_SLOT(parse, &slot)
	{
		if (slot.row->kind == PSS_KIND_WORDS)
			command = slot;
	}
	if (!command.row || command.value->given || pss_parse_set_is_taken(parse, command.row->set))
		return NULL;
	PSS_FOR_EACH_SLOT(parse, &slot)
	{
		bool before = slot.row->position > 0 && slot.row->position < command.row->position;
		n_before += before && !slot.value->given && !pss_parse_set_is_taken(parse, slot.row->set);
	}
	return parse->n_unnamed > n_before ? parse->unnamed[n_before] : NULL;
}

/* `ls -l` behind a computer, as ssh takes it: what is no parameter of the verb, with all that follows it. A command
 * that came in quotes is whole already, and what looks like a parameter behind it is one, or a mistake. */
bool pss_parse_begins_words(const struct pss_parse *parse, const char *argument)
{
	const char *word = pss_parse_first_word(parse), *name = argument + 1 + (argument[1] == '-');
	size_t n = strcspn(name, ":=");
	struct pss_slot slot;
	int best = 0;

	if (!word || strpbrk(word, " \t\n"))
		return false;
	PSS_FOR_EACH_SLOT(parse, &slot)
	{
		int result = pss_parameter_compare(slot.row, name, n);
		best = result > best ? result : best;
	}
	return best == 0 || (best == 1 && n == 1);
}

/* `web1 ps -Id 2`: with a session named behind them the words would be others. */
int pss_parse_check_words(struct pss_parse *parse)
{
	struct pss_slot slot;

	PSS_FOR_EACH_SLOT(parse, &slot)
	{
		const struct pss_texts *words = &slot.value->list;
		if (slot.row->kind == PSS_KIND_WORDS && parse->word && words->n_items > 0 &&
		    strcmp(words->items[0], parse->word) != 0)
			return pss_parse_fail(parse,
					      "'%s' is the computer, and a parameter behind the command names another",
					      words->items[0]);
	}
	return 0;
}
