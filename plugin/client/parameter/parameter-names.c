/* SPDX-License-Identifier: MIT */
/* Which parameter a name means: in any case, with or without dashes inside, by an alias or a prefix that no other has,
 * or by one of ssh's letters. The lowest file of the parser. */
#include "client/parameter/parameter-parse.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/clean-text.h"
#include "wire/cleanup.h"

int pss_parse_fail(struct pss_parse *parse, const char *format, ...)
{
	_cleanup_(pss_free_pointer) char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	int n = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (n < 0)
		text = NULL;
	parse->error = text ? pss_visible(text, false) : NULL;
	return -EINVAL;
}

bool pss_parse_next_slot(const struct pss_parse *parse, size_t *group, size_t *row, struct pss_slot *ret_slot)
{
	while (*group < parse->n_groups && *row >= parse->groups[*group].n_rows) {
		(*group)++;
		*row = 0;
	}
	if (*group >= parse->n_groups)
		return false;
	ret_slot->row = &parse->groups[*group].rows[*row];
	ret_slot->value = &parse->groups[*group].values[*row];
	(*row)++;
	return true;
}

bool pss_parse_set_is_taken(const struct pss_parse *parse, unsigned set)
{
	struct pss_slot slot;

	PSS_FOR_EACH_SLOT(parse, &slot)
	{
		if (set && slot.row->set == set && slot.value->given)
			return true;
	}
	return false;
}

/* Does `name` (n bytes, dashes do not count: "computer-name") begin `full` (which ends at a blank or NUL)?
 * 0 no, 1 as a prefix, 2 as the whole. */
static int compare_name(const char *name, size_t n, const char *full)
{
	for (size_t i = 0; i < n; i++) {
		if (name[i] == '-')
			continue;
		if (tolower((unsigned char)name[i]) != tolower((unsigned char)*full))
			return 0;
		full++;
	}
	return *full == '\0' || *full == ' ' ? 2 : 1;
}

int pss_parameter_compare(const struct pss_parameter *row, const char *name, size_t n)
{
	int best = row->name ? compare_name(name, n, row->name) : 0;

	for (const char *alias = row->aliases; alias && *alias && best < 2;) {
		int result = compare_name(name, n, alias);
		best = result > best ? result : best;
		alias += strcspn(alias, " ");
		alias += strspn(alias, " ");
	}
	return best;
}

static int refuse_ambiguous(struct pss_parse *parse, const char *name, size_t n)
{
	_cleanup_(pss_free_pointer) char *names = strdup("");
	struct pss_slot slot;

	PSS_FOR_EACH_SLOT(parse, &slot)
	{
		if (pss_parameter_compare(slot.row, name, n) == 0)
			continue;
		char *longer = names ? pss_format("%s%s-%s", names, *names ? ", " : "", slot.row->name) : NULL;
		free(names);
		names = longer;
	}
	return pss_parse_fail(parse, "-%.*s is ambiguous: %s", (int)n, name, names ? names : "");
}

int pss_parse_find_slot(struct pss_parse *parse, const char *name, size_t n, struct pss_slot *ret_slot)
{
	struct pss_slot slot;
	size_t n_prefixed = 0;

	PSS_FOR_EACH_SLOT(parse, &slot)
	{
		int result = pss_parameter_compare(slot.row, name, n);
		if (result == 0)
			continue;
		*ret_slot = slot;
		if (result == 2)
			return 0;
		n_prefixed++;
	}
	if (n_prefixed > 1)
		return refuse_ambiguous(parse, name, n);
	return n_prefixed == 1 ? 0 : pss_parse_fail(parse, "-%.*s: there is no such parameter", (int)n, name);
}

bool pss_parameter_looks_like(const char *argument)
{
	const char *name = argument + 1 + (argument[0] == '-' && argument[1] == '-');

	return argument[0] == '-' &&
	       (isalpha((unsigned char)*name) || (name == argument + 2 && !*name) || strcmp(argument, "-?") == 0);
}

bool pss_parameter_repeats(enum pss_parameter_kind kind)
{
	return kind == PSS_KIND_LIST || kind == PSS_KIND_NUMBERS || kind == PSS_KIND_TEXTS || kind == PSS_KIND_ARGV;
}

const struct pss_letter *pss_parse_find_letter(const struct pss_parse *parse, const char *argument,
					       struct pss_slot *ret_slot)
{
	const struct pss_letter *found = pss_letter_find(argument);
	size_t n_prefixed = 0;
	struct pss_slot slot;
	bool known = false;

	if (!found)
		return NULL;
	PSS_FOR_EACH_SLOT(parse, &slot)
	{
		n_prefixed += pss_parameter_compare(slot.row, argument + 1, 1) > 0;
		if (slot.row->name && strcmp(slot.row->name, found->parameter) == 0) {
			*ret_slot = slot;
			known = true;
		}
	}
	return known && (n_prefixed != 1 || found->wins) ? found : NULL;
}
