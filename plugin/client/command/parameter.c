/* SPDX-License-Identifier: MIT */
/* Arguments to values, by the rows of a verb. verb.c calls it for every verb before anything happens.
 * Named parameters are taken first; then the unnamed arguments go to the positions that are still free,
 * so that `invoke-command -Session 1 'uptime'` finds its command. It never prints and asks the shell nothing. */
#include "client/command/parameter.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "terminal/clean-text.h"
#include "wire/cleanup.h"

struct parse {
	const struct pss_parameter_group *groups;
	size_t n_groups;
	const char *const *next; /* the argument that is looked at */
	const char **unnamed;    /* room for all of them */
	size_t n_unnamed;
	bool only_words;  /* the rest is a command's, whatever it looks like */
	const char *word; /* the first of a command, behind which a parameter stands, or NULL */
	char *error;
};

/* One row with its value. */
struct slot {
	const struct pss_parameter *row;
	struct pss_value *value;
};

__attribute__((format(printf, 2, 3))) static int fail(struct parse *parse, const char *format, ...)
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

static bool next_slot(const struct parse *parse, size_t *group, size_t *row, struct slot *ret_slot)
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

#define FOR_EACH_SLOT(parse, slot) for (size_t group_ = 0, row_ = 0; next_slot((parse), &group_, &row_, (slot));)

/* -- what a value must be */

static char *wants_choice(const char *const *choices)
{
	char *text = strdup(choices[0]);

	for (size_t i = 1; text && choices[i]; i++) {
		char *longer = pss_format("%s%s%s", text, choices[i + 1] ? ", " : " or ", choices[i]);
		free(text);
		text = longer;
	}
	return text;
}

char *pss_parameter_wants(const struct pss_parameter *parameter)
{
	if (parameter->wants)
		return strdup(parameter->wants);
	switch (parameter->kind) {
	case PSS_KIND_SWITCH:
		return strdup("true or false");
	case PSS_KIND_CHOICE:
		return wants_choice(parameter->choices);
	case PSS_KIND_VARIABLE:
		return strdup("the name of a variable");
	case PSS_KIND_NUMBER:
	case PSS_KIND_NUMBERS:
		if (parameter->max == LLONG_MAX)
			return pss_format("a number of at least %lld", parameter->min);
		return pss_format("a number from %lld to %lld", parameter->min, parameter->max);
	default:
		return strdup("a value");
	}
}

static int refuse_value(struct parse *parse, const struct pss_parameter *row, const char *text)
{
	_cleanup_(pss_free_pointer) char *wants = pss_parameter_wants(row);

	return fail(parse, "-%s wants %s, not '%s'", row->name, wants ? wants : "another value", text);
}

/* -- one value of each kind */

static int take_switch(struct parse *parse, struct slot slot, const char *text)
{
	static const char *const words[] = { "false", "true", "$false", "$true", "0", "1" };

	if (!text) {
		slot.value->on = true;
		return 0;
	}
	if (!*text)
		return fail(parse,
			    "-%s: has an empty value; $false and $true are the shell's own variables: write -%s:false",
			    slot.row->name, slot.row->name);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strcasecmp(text, words[i]) == 0) {
			slot.value->on = i % 2;
			return 0;
		}
	}
	return refuse_value(parse, slot.row, text);
}

static bool read_number(const struct pss_parameter *row, const char *text, long long *ret_number)
{
	char *end;

	if (!isdigit((unsigned char)text[text[0] == '-']))
		return false;
	errno = 0;
	long long number = strtoll(text, &end, 10);
	bool too_small = number < row->min || (number != 0 && number < row->least);
	if (errno || *end || too_small || number > row->max)
		return false;
	*ret_number = number;
	return true;
}

static int take_choice(struct parse *parse, struct slot slot, const char *text)
{
	size_t n = strlen(text), n_found = 0, found = 0;

	if (slot.row->max > 0 && read_number(slot.row, text, &slot.value->number))
		return 0;
	for (size_t i = 0; n > 0 && slot.row->choices[i]; i++) {
		if (strncasecmp(text, slot.row->choices[i], n) != 0)
			continue;
		found = i;
		n_found++;
		if (slot.row->choices[i][n] == '\0') {
			n_found = 1;
			break;
		}
	}
	if (n_found != 1)
		return refuse_value(parse, slot.row, text);
	slot.value->number = (long long)found;
	return 0;
}

/* How long the item at `text` is: up to a comma or newline that is not inside [ ]. */
static size_t item_length(const char *text)
{
	size_t n = 0;

	while (text[n] && text[n] != ',' && text[n] != '\n') {
		const char *close = text[n] == '[' ? strpbrk(text + n, "]\n") : NULL;
		n = close && *close == ']' ? (size_t)(close - text) : n;
		n++;
	}
	return n;
}

static int take_list(struct parse *parse, struct slot slot, const char *text)
{
	size_t before = slot.value->list.n_items;

	for (const char *at = text; *at;) {
		size_t n = item_length(at);
		long long number;
		char *item = strndup(at, n);
		if (n == 0) {
			free(item);
		} else if (pss_texts_add(&slot.value->list, item) < 0) {
			return fail(parse, "not enough memory");
		} else if (slot.row->kind == PSS_KIND_NUMBERS && !read_number(slot.row, item, &number)) {
			return refuse_value(parse, slot.row, item);
		}
		at += n + (at[n] != '\0');
	}
	return slot.value->list.n_items > before ? 0 : refuse_value(parse, slot.row, text);
}

/* PowerShell's "a, b": the shell has made two arguments of it. */
static int check_comma(struct parse *parse, struct slot slot, const char *text, const char *next)
{
	bool list = slot.row->kind == PSS_KIND_LIST || slot.row->kind == PSS_KIND_NUMBERS;

	bool cut = *text && next && (text[strlen(text) - 1] == ',' || next[0] == ',');
	if (!list || slot.row->rest || !cut || pss_parameter_looks_like(next))
		return 0;
	return fail(parse,
		    "-%s: the blank between '%s' and '%s' ends the list; write it without blanks (a,b) or in quotes",
		    slot.row->name, text, next);
}

static int take_value(struct parse *parse, struct slot slot, const char *text)
{
	slot.value->given = true;
	text = text && !*text && slot.row->absent ? slot.row->absent : text;
	switch (slot.row->kind) {
	case PSS_KIND_SWITCH:
		return take_switch(parse, slot, text);
	case PSS_KIND_NUMBER:
		return read_number(slot.row, text, &slot.value->number) ? 0 : refuse_value(parse, slot.row, text);
	case PSS_KIND_CHOICE:
		return take_choice(parse, slot, text);
	case PSS_KIND_LIST:
	case PSS_KIND_NUMBERS:
		return take_list(parse, slot, text);
	case PSS_KIND_WORDS:
		if (!*text && slot.value->list.n_items == 0)
			return refuse_value(parse, slot.row, text);
		__attribute__((fallthrough));
	case PSS_KIND_TEXTS:
	case PSS_KIND_ARGV:
		return pss_texts_add(&slot.value->list, strdup(text)) < 0 ? fail(parse, "not enough memory") : 0;
	case PSS_KIND_VARIABLE:
		slot.value->append = text[0] == '+';
		text += slot.value->append;
		break;
	case PSS_KIND_TEXT:
	case PSS_KIND_REFUSED:
		break;
	}
	slot.value->text = text;
	return *text ? 0 : refuse_value(parse, slot.row, text);
}

/* -- names */

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

static int refuse_ambiguous(struct parse *parse, const char *name, size_t n)
{
	_cleanup_(pss_free_pointer) char *names = strdup("");
	struct slot slot;

	FOR_EACH_SLOT(parse, &slot)
	{
		if (pss_parameter_compare(slot.row, name, n) == 0)
			continue;
		char *longer = names ? pss_format("%s%s-%s", names, *names ? ", " : "", slot.row->name) : NULL;
		free(names);
		names = longer;
	}
	return fail(parse, "-%.*s is ambiguous: %s", (int)n, name, names ? names : "");
}

static int find_slot(struct parse *parse, const char *name, size_t n, struct slot *ret_slot)
{
	struct slot slot;
	size_t n_prefixed = 0;

	FOR_EACH_SLOT(parse, &slot)
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
	return n_prefixed == 1 ? 0 : fail(parse, "-%.*s: there is no such parameter", (int)n, name);
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

/* The value of a named parameter that does not stand in the same argument. */
static int next_value(struct parse *parse, const struct pss_parameter *row, const char **ret_value)
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
		return fail(
			parse,
			"-%s wants %s, not the parameter '%s' (a value that begins with a dash is given as -%s:VALUE)",
			row->name, wants ? wants : "a value", value, row->name);
	return fail(parse, "-%s wants %s", row->name, wants ? wants : "a value");
}

static const struct pss_letter *find_letter(const struct parse *parse, const char *argument, struct slot *ret_slot)
{
	const struct pss_letter *found = pss_letter_find(argument);
	size_t n_prefixed = 0;
	struct slot slot;
	bool known = false;

	if (!found)
		return NULL;
	FOR_EACH_SLOT(parse, &slot)
	{
		n_prefixed += pss_parameter_compare(slot.row, argument + 1, 1) > 0;
		if (slot.row->name && strcmp(slot.row->name, found->parameter) == 0) {
			*ret_slot = slot;
			known = true;
		}
	}
	return known && (n_prefixed != 1 || found->wins) ? found : NULL;
}

static int take_letter(struct parse *parse, const struct pss_letter *letter, struct slot slot)
{
	const char *value = letter->value;

	if (slot.value->given && !pss_parameter_repeats(slot.row->kind))
		return fail(parse, "-%s is given twice", slot.row->name);
	int rc = letter->alone ? 0 : next_value(parse, slot.row, &value);
	if (rc < 0 || letter->alone || !letter->value)
		return rc < 0 ? rc : take_value(parse, slot, value);
	_cleanup_(pss_free_pointer) char *option = pss_format("%s%s", letter->value, value);
	return option ? take_value(parse, slot, option) : fail(parse, "not enough memory");
}

static int take_named(struct parse *parse)
{
	const char *argument = parse->next[0];
	const char *name = argument + 1 + (argument[1] == '-');
	size_t n = strcspn(name, ":=");
	const char *value = name[n] ? name + n + 1 : NULL;
	struct slot slot;

	const struct pss_letter *letter = find_letter(parse, argument, &slot);
	if (letter)
		return take_letter(parse, letter, slot);
	if (strcmp(argument, "-?") == 0 || (!value && compare_name(name, n, "help") == 2))
		return PSS_PARSED_HELP;
	if (!value && compare_name(name, n, "version") == 2)
		return PSS_PARSED_VERSION;
	int rc = find_slot(parse, name, n, &slot);
	if (rc < 0)
		return rc;
	if (slot.row->kind == PSS_KIND_REFUSED)
		return fail(parse, "-%s: %s", slot.row->name, slot.row->help);
	if (slot.value->given && !pss_parameter_repeats(slot.row->kind))
		return fail(parse, "-%s is given twice", slot.row->name);
	bool is_empty = value && !*value && name[n] == ':' && !slot.row->absent;
	if (slot.row->kind != PSS_KIND_SWITCH && (!value || is_empty)) {
		rc = next_value(parse, slot.row, &value);
		if (rc < 0)
			return rc;
	}
	rc = value ? check_comma(parse, slot, value, parse->next[0] ? parse->next[1] : NULL) : 0;
	return rc < 0 ? rc : take_value(parse, slot, value);
}

/* -- the whole */

static bool set_is_taken(const struct parse *parse, unsigned set)
{
	struct slot slot;

	FOR_EACH_SLOT(parse, &slot)
	{
		if (set && slot.row->set == set && slot.value->given)
			return true;
	}
	return false;
}

static int take_unnamed(struct parse *parse)
{
	unsigned position = 1;

	for (size_t i = 0; i < parse->n_unnamed;) {
		struct slot slot, free_slot = { NULL, NULL };
		bool exists = false;
		FOR_EACH_SLOT(parse, &slot)
		{
			exists = exists || slot.row->position == position;
			if (slot.row->position == position && !slot.value->given && !set_is_taken(parse, slot.row->set))
				free_slot = slot;
		}
		if (!exists)
			return fail(parse, "a positional parameter cannot be found that accepts argument '%s'",
				    parse->unnamed[i]);
		position++;
		if (!free_slot.row)
			continue;
		do {
			const char *next = i + 1 < parse->n_unnamed ? parse->unnamed[i + 1] : NULL;
			int rc = check_comma(parse, free_slot, parse->unnamed[i], next);
			if (rc == 0)
				rc = take_value(parse, free_slot, parse->unnamed[i++]);
			if (rc < 0)
				return rc;
		} while (free_slot.row->rest && i < parse->n_unnamed);
	}
	return 0;
}

/* All that follows "--": the verb's argument vector, or plain unnamed arguments. */
static int take_rest(struct parse *parse)
{
	struct slot slot, argv = { NULL, NULL };

	FOR_EACH_SLOT(parse, &slot)
	{
		if (slot.row->kind == PSS_KIND_ARGV)
			argv = slot;
	}
	for (; parse->next[0]; parse->next++) {
		if (!argv.row)
			parse->unnamed[parse->n_unnamed++] = parse->next[0];
		else if (take_value(parse, argv, parse->next[0]) < 0)
			return -EINVAL;
	}
	return 0;
}

static int check_sets(struct parse *parse)
{
	struct slot slot, other;

	FOR_EACH_SLOT(parse, &slot)
	{
		if (!slot.value->given || !slot.row->set)
			continue;
		for (size_t group = 0, row = 0; next_slot(parse, &group, &row, &other) && other.row != slot.row;)
			if (other.value->given && other.row->set == slot.row->set)
				return fail(parse, "-%s and -%s exclude each other", other.row->name, slot.row->name);
	}
	return 0;
}

/* The first of the unnamed arguments that will be words of a command, or NULL: there is none yet. */
static const char *first_word(const struct parse *parse)
{
	struct slot slot, command = { NULL, NULL };
	size_t n_before = 0;

	FOR_EACH_SLOT(parse, &slot)
	{
		if (slot.row->kind == PSS_KIND_WORDS)
			command = slot;
	}
	if (!command.row || command.value->given || set_is_taken(parse, command.row->set))
		return NULL;
	FOR_EACH_SLOT(parse, &slot)
	{
		bool before = slot.row->position > 0 && slot.row->position < command.row->position;
		n_before += before && !slot.value->given && !set_is_taken(parse, slot.row->set);
	}
	return parse->n_unnamed > n_before ? parse->unnamed[n_before] : NULL;
}

/* `ls -l` behind a computer, as ssh takes it: what is no parameter of ours, with all that follows it. A command that
 * came in quotes is whole already, and what looks like a parameter behind it is one, or a mistake. */
static bool begins_words(const struct parse *parse, const char *argument)
{
	const char *word = first_word(parse), *name = argument + 1 + (argument[1] == '-');
	size_t n = strcspn(name, ":=");
	struct slot slot;
	int best = 0;

	if (!word || strpbrk(word, " \t\n"))
		return false;
	FOR_EACH_SLOT(parse, &slot)
	{
		int result = pss_parameter_compare(slot.row, name, n);
		best = result > best ? result : best;
	}
	return best == 0 || (best == 1 && n == 1);
}

/* `web1 ps -Id 2`: with a session named behind them the words would be others. */
static int check_words(struct parse *parse)
{
	struct slot slot;

	FOR_EACH_SLOT(parse, &slot)
	{
		const struct pss_texts *words = &slot.value->list;
		if (slot.row->kind == PSS_KIND_WORDS && parse->word && words->n_items > 0 &&
		    strcmp(words->items[0], parse->word) != 0)
			return fail(parse, "'%s' is the computer, and a parameter behind the command names another",
				    words->items[0]);
	}
	return 0;
}

static int take_argument(struct parse *parse)
{
	const char *argument = parse->next[0];

	if (!parse->only_words && pss_parameter_looks_like(argument)) {
		parse->only_words = begins_words(parse, argument);
		if (!parse->only_words && !parse->word)
			parse->word = first_word(parse);
	}
	if (!parse->only_words && pss_parameter_looks_like(argument))
		return take_named(parse);
	parse->unnamed[parse->n_unnamed++] = argument;
	return 0;
}

static int parse_arguments(struct parse *parse)
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
	return rc == 0 ? check_words(parse) : rc;
}

static int parse_all(struct parse *parse)
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
	struct parse parse = { .groups = groups, .n_groups = n_groups, .next = arguments };
	size_t n_arguments = 0;

	while (arguments[n_arguments])
		n_arguments++;
	parse.unnamed = calloc(n_arguments + 1, sizeof *parse.unnamed);
	int rc = parse.unnamed ? parse_all(&parse) : fail(&parse, "not enough memory");
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
