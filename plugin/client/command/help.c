/* SPDX-License-Identifier: MIT */
/* Usage lines and help texts, made from the rows that the parser reads, so that they cannot disagree.
 * Called for --help, and when a shell registers the commands. */
#include "client/command/verb.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/command/call.h"
#include "wire/cleanup.h"

#define WIDTH 76 /* bash's `help` indents by four columns, and terminals have 80 */
#define COLUMN_OF_HELP 35

static const char *value_of(const struct pss_parameter *row)
{
	return row->value ? row->value : "VALUE";
}

static char *usage_of(const struct pss_parameter *row)
{
	const char *more = row->kind == PSS_KIND_LIST || row->kind == PSS_KIND_NUMBERS ? "[,…]"
			   : row->kind == PSS_KIND_TEXTS                               ? "…"
										       : "";

	if (row->kind == PSS_KIND_REFUSED)
		return strdup("");
	if (row->kind == PSS_KIND_ARGV)
		return strdup(" [-- ARGUMENT…]");
	if (row->kind == PSS_KIND_SWITCH)
		return pss_format(" [-%s]", row->name);
	if (row->position)
		return pss_format(" [[-%s] %s%s]", row->name, value_of(row), more);
	return pss_format(" [-%s %s%s]", row->name, value_of(row), more);
}

char *pss_verb_usage(const struct pss_verb *verb)
{
	struct pss_call call = { 0 };
	struct pss_parameter_group groups[PSS_GROUPS_MAX];
	size_t n_groups = pss_verb_groups(verb, &call, groups);
	char *usage = strdup(verb->name);

	/* The last group is that of the common parameters. */
	for (size_t i = 0; i + 1 < n_groups; i++) {
		for (size_t j = 0; usage && j < groups[i].n_rows; j++) {
			_cleanup_(pss_free_pointer) char *part = usage_of(&groups[i].rows[j]);
			char *longer = part ? pss_format("%s%s", usage, part) : NULL;
			free(usage);
			usage = longer;
		}
	}
	char *whole = usage ? pss_format("%s [common parameters]", usage) : NULL;
	free(usage);
	return whole;
}

char *pss_verb_synopsis(const struct pss_verb *verb)
{
	struct pss_call call = { 0 };
	struct pss_parameter_group groups[PSS_GROUPS_MAX];
	size_t n_groups = pss_verb_groups(verb, &call, groups);
	char *synopsis = strdup(verb->name);

	for (size_t i = 0; i < n_groups; i++) {
		for (size_t j = 0; synopsis && j < groups[i].n_rows; j++) {
			if (groups[i].rows[j].position == 0)
				continue;
			char *longer = pss_format("%s [%s]", synopsis, value_of(&groups[i].rows[j]));
			free(synopsis);
			synopsis = longer;
		}
	}
	char *whole = synopsis ? pss_format("%s [PARAMETER…]", synopsis) : NULL;
	free(synopsis);
	return whole;
}

char *pss_parameter_names(const struct pss_parameter *row)
{
	char *names = row->kind == PSS_KIND_ARGV ? strdup("-- ARGUMENT…")
		      : row->kind == PSS_KIND_SWITCH || row->kind == PSS_KIND_REFUSED
			      ? pss_format("-%s", row->name)
			      : pss_format("-%s %s", row->name, value_of(row));

	for (const char *alias = row->aliases; names && alias && *alias;) {
		size_t n = strcspn(alias, " ");
		char *longer = pss_format("%s, -%.*s", names, (int)n, alias);
		free(names);
		names = longer;
		alias += n + strspn(alias + n, " ");
	}
	return names;
}

/* -- lines of 80 columns */

/* Letters rather than bytes; each letter of these texts is one column wide. */
static size_t columns_of(const char *text, size_t n)
{
	size_t columns = 0;

	for (size_t i = 0; i < n; i++)
		columns += ((unsigned char)text[i] & 0xc0) != 0x80;
	return columns;
}

/* Up to the blank where a line may end: none within brackets. */
static size_t length_of_word(const char *text)
{
	size_t n = 0;

	for (int depth = 0; text[n] && (text[n] != ' ' || depth > 0); n++)
		depth += (text[n] == '[') - (text[n] == ']');
	return n;
}

/* How much of `text` fits into so many columns, a word at least. */
static size_t length_of_line(const char *text, size_t columns)
{
	size_t n = length_of_word(text);

	while (text[n]) {
		size_t longer = n + 1 + length_of_word(text + n + 1);
		if (columns_of(text, longer) > columns)
			break;
		n = longer;
	}
	return n;
}

/* The text in lines, the first of them behind `head`, all from that column on. */
static int add_filled(struct pss_texts *lines, const char *head, size_t column, const char *text)
{
	int rc = 0;

	do {
		size_t n = length_of_line(text, WIDTH - column);
		int blanks = (int)(column - columns_of(head, strlen(head)));
		rc = pss_texts_add(lines, pss_format("%s%*s%.*s", head, n > 0 ? blanks : 0, "", (int)n, text));
		text += n + (text[n] == ' ');
		head = "";
	} while (rc == 0 && *text);
	return rc;
}

static int add_row(struct pss_texts *lines, const struct pss_parameter *row)
{
	_cleanup_(pss_free_pointer) char *bare = pss_parameter_names(row);
	_cleanup_(pss_free_pointer) char *names = bare ? pss_format("  %s", bare) : NULL;
	_cleanup_(pss_free_pointer) char *choices = row->choices && row->max == 0 ? pss_parameter_wants(row) : NULL;
	_cleanup_(pss_free_pointer) char *text =
		pss_format("%s%s%s", row->help ? row->help : "", choices ? ": " : "", choices ? choices : "");

	if (!names || !text)
		return -ENOMEM;
	if (columns_of(names, strlen(names)) + 1 < COLUMN_OF_HELP)
		return add_filled(lines, names, COLUMN_OF_HELP, text);
	int rc = add_filled(lines, "  ", 2, bare);
	return rc == 0 ? add_filled(lines, "", COLUMN_OF_HELP, text) : rc;
}

static int add_lines(struct pss_texts *lines, const char *text)
{
	int rc = 0;

	while (rc == 0 && text && *text) {
		size_t n = strcspn(text, "\n");
		_cleanup_(pss_free_pointer) char *line = strndup(text, n);
		rc = line ? add_filled(lines, "", 0, line) : -ENOMEM;
		text += n + (text[n] == '\n');
	}
	return rc;
}

static int add_usage(struct pss_texts *lines, const struct pss_verb *verb)
{
	_cleanup_(pss_free_pointer) char *usage = pss_verb_usage(verb);
	_cleanup_(pss_free_pointer) char *head = pss_format("usage: %s", verb->name);

	if (!usage || !head)
		return -ENOMEM;
	return add_filled(lines, head, strlen(head) + 1, usage + strlen(verb->name) + 1);
}

static int add_groups(struct pss_texts *lines, const struct pss_verb *verb)
{
	struct pss_call call = { 0 };
	struct pss_parameter_group groups[PSS_GROUPS_MAX];
	size_t n_groups = pss_verb_groups(verb, &call, groups);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n_groups; i++) {
		if (groups[i].n_rows > 0 && (i == 0 || i + 1 == n_groups))
			rc = add_lines(lines, i == 0 ? "\nParameters (any case, any unambiguous prefix):"
						     : "\nCommon parameters:");
		for (size_t j = 0; rc == 0 && j < groups[i].n_rows; j++)
			rc = add_row(lines, &groups[i].rows[j]);
	}
	return rc;
}

int pss_verb_help(const struct pss_verb *verb, struct pss_texts *ret_lines)
{
	_cleanup_(pss_free_pointer) char *summary = pss_format("\n%s.", verb->summary);
	struct pss_texts lines = { 0 };

	int rc = summary ? add_usage(&lines, verb) : -ENOMEM;
	if (rc == 0)
		rc = add_lines(&lines, summary);
	if (rc == 0 && verb->details) {
		rc = pss_texts_add(&lines, strdup(""));
		rc = rc == 0 ? add_lines(&lines, verb->details) : rc;
	}
	if (rc == 0)
		rc = add_groups(&lines, verb);
	if (rc == 0)
		rc = add_lines(
			&lines,
			"\nACTION is SilentlyContinue, Stop, Continue, Inquire or Ignore, or its number (0 to 4). "
			"Stop gives up what is left to do. Inquire asks on the terminal, and is Stop without one. "
			"SilentlyContinue shows nothing and collects, Ignore does neither. The exit status tells "
			"what happened with each of them.");
	if (rc < 0)
		pss_texts_finish(&lines);
	else
		*ret_lines = lines;
	return rc;
}
