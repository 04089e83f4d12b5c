/* SPDX-License-Identifier: MIT */
/* Texts to values, of each kind of parameter, and what to say where one is wrong. */
#include "client/parameter/parameter-parse.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "wire/cleanup.h"

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

static int refuse_value(struct pss_parse *parse, const struct pss_parameter *row, const char *text)
{
	_cleanup_(pss_free_pointer) char *wants = pss_parameter_wants(row);

	return pss_parse_fail(parse, "-%s wants %s, not '%s'", row->name, wants ? wants : "another value", text);
}

/* -- one value of each kind */

static int take_switch(struct pss_parse *parse, struct pss_slot slot, const char *text)
{
	static const char *const words[] = { "false", "true", "$false", "$true", "0", "1" };

	if (!text) {
		slot.value->on = true;
		return 0;
	}
	if (!*text)
		return pss_parse_fail(
			parse,
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

static int take_choice(struct pss_parse *parse, struct pss_slot slot, const char *text)
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

static int take_list(struct pss_parse *parse, struct pss_slot slot, const char *text)
{
	size_t before = slot.value->list.n_items;

	for (const char *at = text; *at;) {
		size_t n = item_length(at);
		long long number;
		char *item = strndup(at, n);
		if (n == 0) {
			free(item);
		} else if (pss_texts_add(&slot.value->list, item) < 0) {
			return pss_parse_fail(parse, "not enough memory");
		} else if (slot.row->kind == PSS_KIND_NUMBERS && !read_number(slot.row, item, &number)) {
			return refuse_value(parse, slot.row, item);
		}
		at += n + (at[n] != '\0');
	}
	return slot.value->list.n_items > before ? 0 : refuse_value(parse, slot.row, text);
}

/* PowerShell's "a, b": the shell has made two arguments of it. */
int pss_parse_check_comma(struct pss_parse *parse, struct pss_slot slot, const char *text, const char *next)
{
	bool list = slot.row->kind == PSS_KIND_LIST || slot.row->kind == PSS_KIND_NUMBERS;

	bool cut = *text && next && (text[strlen(text) - 1] == ',' || next[0] == ',');
	if (!list || slot.row->rest || !cut || pss_parameter_looks_like(next))
		return 0;
	return pss_parse_fail(
		parse, "-%s: the blank between '%s' and '%s' ends the list; write it without blanks (a,b) or in quotes",
		slot.row->name, text, next);
}

int pss_parse_take_value(struct pss_parse *parse, struct pss_slot slot, const char *text)
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
		return pss_texts_add(&slot.value->list, strdup(text)) < 0 ? pss_parse_fail(parse, "not enough memory")
									  : 0;
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
