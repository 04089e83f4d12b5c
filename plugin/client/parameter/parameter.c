/* SPDX-License-Identifier: MIT */
/* Arguments to values, by the rows of a verb. run.c calls it for every verb before anything happens.
 * Named parameters are taken first; then the unnamed arguments go to the positions that are still free,
 * so that `invoke-command -Session 1 'uptime'` finds its command. It never prints and asks the shell nothing. */
#include "client/parameter/parameter-parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "wire/cleanup.h"

/* -- named parameters */

/* The value of a named parameter that does not stand in the same argument. */
static int next_value(struct pss_parse *parse, const struct pss_parameter *row, const char **ret_value)
{
	const char *value = parse->next[0] ? parse->next[1] : NULL;

	if (value && !pss_parameter_looks_like(value)) {
		parse->next++;
		*ret_value = value;
		return 0;
	}
	if (row->absent) {
		*ret_value = row->absent;
		return 0;
	}
	_cleanup_(pss_free_pointer) char *wants = pss_parameter_wants(row);
	if (value && strcmp(value, "--") != 0)
		return pss_parse_fail(
			parse,
			"-%s wants %s, not the parameter '%s' (a value that begins with a dash is given as -%s:VALUE)",
			row->name, wants ? wants : "a value", value, row->name);
	return pss_parse_fail(parse, "-%s wants %s", row->name, wants ? wants : "a value");
}

static int take_letter(struct pss_parse *parse, const struct pss_letter *letter, struct pss_slot slot)
{
	const char *value = letter->value;

	if (slot.value->given && !pss_parameter_repeats(slot.row->kind))
		return pss_parse_fail(parse, "-%s is given twice", slot.row->name);
	int rc = letter->alone ? 0 : next_value(parse, slot.row, &value);
	if (rc < 0 || letter->alone || !letter->value)
		return rc < 0 ? rc : pss_parse_take_value(parse, slot, value);
	_cleanup_(pss_free_pointer) char *option = pss_format("%s%s", letter->value, value);
	return option ? pss_parse_take_value(parse, slot, option) : pss_parse_fail(parse, "not enough memory");
}

static bool is_name(const char *name, size_t n, const char *full)
{
	const struct pss_parameter row = { .name = full };

	return pss_parameter_compare(&row, name, n) == 2;
}

static int take_named(struct pss_parse *parse)
{
	const char *argument = parse->next[0];
	const char *name = argument + 1 + (argument[1] == '-');
	size_t n = strcspn(name, ":=");
	const char *value = name[n] ? name + n + 1 : NULL;
	struct pss_slot slot;

	const struct pss_letter *letter = pss_parse_find_letter(parse, argument, &slot);
	if (letter)
		return take_letter(parse, letter, slot);
	if (strcmp(argument, "-?") == 0 || (!value && is_name(name, n, "help")))
		return PSS_PARSED_HELP;
	if (!value && is_name(name, n, "version"))
		return PSS_PARSED_VERSION;
	int rc = pss_parse_find_slot(parse, name, n, &slot);
	if (rc < 0)
		return rc;
	if (slot.row->kind == PSS_KIND_REFUSED)
		return pss_parse_fail(parse, "-%s: %s", slot.row->name, slot.row->help);
	if (slot.value->given && !pss_parameter_repeats(slot.row->kind))
		return pss_parse_fail(parse, "-%s is given twice", slot.row->name);
	bool is_empty = value && !*value && name[n] == ':' && !slot.row->absent;
	if (slot.row->kind != PSS_KIND_SWITCH && (!value || is_empty)) {
		rc = next_value(parse, slot.row, &value);
		if (rc < 0)
			return rc;
	}
	rc = value ? pss_parse_check_comma(parse, slot, value, parse->next[0] ? parse->next[1] : NULL) : 0;
	return rc < 0 ? rc : pss_parse_take_value(parse, slot, value);
}

static int take_unnamed(struct pss_parse *parse)
{
	unsigned position = 1;

	for (size_t i = 0; i < parse->n_unnamed;) {
		struct pss_slot slot, free_slot = { NULL, NULL };
		bool exists = false;
		PSS_FOR_EACH_SLOT(parse, &slot)
		{
			exists = exists || slot.row->position == position;
			if (slot.row->position == position && !slot.value->given &&
			    !pss_parse_set_is_taken(parse, slot.row->set))
				free_slot = slot;
		}
		if (!exists)
			return pss_parse_fail(parse,
					      "a positional parameter cannot be found that accepts argument '%s'",
					      parse->unnamed[i]);
		position++;
		if (!free_slot.row)
			continue;
		do {
			const char *next = i + 1 < parse->n_unnamed ? parse->unnamed[i + 1] : NULL;
			int rc = pss_parse_check_comma(parse, free_slot, parse->unnamed[i], next);
			if (rc == 0)
				rc = pss_parse_take_value(parse, free_slot, parse->unnamed[i++]);
			if (rc < 0)
				return rc;
		} while (free_slot.row->rest && i < parse->n_unnamed);
	}
	return 0;
}

/* All that follows "--": the verb's argument vector, or plain unnamed arguments. */
static int take_rest(struct pss_parse *parse)
{
	struct pss_slot slot, argv = { NULL, NULL };

	PSS_FOR_EACH_SLOT(parse, &slot)
	{
		if (slot.row->kind == PSS_KIND_ARGV)
			argv = slot;
	}
	for (; parse->next[0]; parse->next++) {
		if (!argv.row)
			parse->unnamed[parse->n_unnamed++] = parse->next[0];
		else if (pss_parse_take_value(parse, argv, parse->next[0]) < 0)
			return -EINVAL;
	}
	return 0;
}

static int check_sets(struct pss_parse *parse)
{
	struct pss_slot slot, other;

	PSS_FOR_EACH_SLOT(parse, &slot)
	{
		if (!slot.value->given || !slot.row->set)
			continue;
		for (size_t group = 0, row = 0;
		     pss_parse_next_slot(parse, &group, &row, &other) && other.row != slot.row;)
			if (other.value->given && other.row->set == slot.row->set)
				return pss_parse_fail(parse, "-%s and -%s exclude each other", other.row->name,
						      slot.row->name);
	}
	return 0;
}

static int take_argument(struct pss_parse *parse)
{
	const char *argument = parse->next[0];

	if (!parse->only_words && pss_parameter_looks_like(argument)) {
		parse->only_words = pss_parse_begins_words(parse, argument);
		if (!parse->only_words && !parse->word)
			parse->word = pss_parse_first_word(parse);
	}
	if (!parse->only_words && pss_parameter_looks_like(argument))
		return take_named(parse);
	parse->unnamed[parse->n_unnamed++] = argument;
	return 0;
}

static int parse_arguments(struct pss_parse *parse)
{
	int rc = 0;

	while (rc == 0 && parse->next[0]) {
		if (!parse->only_words && strcmp(parse->next[0], "--") == 0) {
			parse->next++;
			rc = take_rest(parse);
			break;
		}
		rc = take_argument(parse);
		parse->next++;
	}
	if (rc == 0)
		rc = take_unnamed(parse);
	if (rc == 0)
		rc = check_sets(parse);
	return rc == 0 ? pss_parse_check_words(parse) : rc;
}

static int parse_all(struct pss_parse *parse)
{
	int rc = parse_arguments(parse);

	if (rc >= 0 || !parse->word || !parse->error)
		return rc;
	char *longer = pss_format("%s (words of the command go behind --, or into quotes)", parse->error);
	free(parse->error);
	parse->error = longer;
	return rc;
}

int pss_parameters_parse(const struct pss_parameter_group *groups, size_t n_groups, const char *const *arguments,
			 char **ret_error)
{
	struct pss_parse parse = { .groups = groups, .n_groups = n_groups, .next = arguments };
	size_t n_arguments = 0;

	while (arguments[n_arguments])
		n_arguments++;
	parse.unnamed = calloc(n_arguments + 1, sizeof *parse.unnamed);
	int rc = parse.unnamed ? parse_all(&parse) : pss_parse_fail(&parse, "not enough memory");
	free(parse.unnamed);
	if (rc < 0)
		*ret_error = parse.error;
	return rc;
}

void pss_values_finish(struct pss_value *values, size_t n_values)
{
	for (size_t i = 0; i < n_values; i++)
		pss_texts_finish(&values[i].list);
}
