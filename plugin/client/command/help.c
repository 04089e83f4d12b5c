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

#define WIDTH_OF_NAMES 34

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

static int add_row(struct pss_texts *lines, const struct pss_parameter *row)
{
	_cleanup_(pss_free_pointer) char *bare = pss_parameter_names(row);
	_cleanup_(pss_free_pointer) char *names = bare ? pss_format("  %s", bare) : NULL;
	_cleanup_(pss_free_pointer) char *choices = row->choices && row->max == 0 ? pss_parameter_wants(row) : NULL;

	if (!names)
		return -ENOMEM;
	if (strlen(names) >= WIDTH_OF_NAMES) {
		int rc = pss_texts_add(lines, strdup(names));
		if (rc < 0)
			return rc;
		names[0] = '\0';
	}
	return pss_texts_add(lines, pss_format("%-*s %s%s%s", WIDTH_OF_NAMES, names, row->help ? row->help : "",
					       choices ? ": " : "", choices ? choices : ""));
}

static int add_lines(struct pss_texts *lines, const char *text)
{
	int rc = 0;

	while (rc == 0 && text && *text) {
		size_t n = strcspn(text, "\n");
		rc = pss_texts_add(lines, strndup(text, n));
		text += n + (text[n] == '\n');
	}
	return rc;
}

int pss_verb_help(const struct pss_verb *verb, struct pss_texts *ret_lines)
{
	struct pss_call call = { 0 };
	struct pss_parameter_group groups[PSS_GROUPS_MAX];
	size_t n_groups = pss_verb_groups(verb, &call, groups);
	struct pss_texts lines = { 0 };

	int rc = pss_texts_add(&lines, pss_format("%s.", verb->summary));
	if (rc == 0 && verb->details) {
		rc = pss_texts_add(&lines, strdup(""));
		rc = rc == 0 ? add_lines(&lines, verb->details) : rc;
	}
	for (size_t i = 0; rc == 0 && i < n_groups; i++) {
		if (groups[i].n_rows > 0 && (i == 0 || i + 1 == n_groups))
			rc = add_lines(&lines, i == 0 ? "\nParameters (any case, any unambiguous prefix):"
						      : "\nCommon parameters:");
		for (size_t j = 0; rc == 0 && j < groups[i].n_rows; j++)
			rc = add_row(&lines, &groups[i].rows[j]);
	}
	if (rc == 0)
		rc = add_lines(
			&lines,
			"\nACTION is SilentlyContinue, Stop, Continue, Inquire or Ignore, or its number (0 to 4).\n"
			"Stop gives up what is left to do. Inquire asks on the terminal, and is Stop without\n"
			"one. SilentlyContinue shows nothing and collects, Ignore does neither; the exit status\n"
			"says what happened with every one of them.");
	if (rc < 0)
		pss_texts_finish(&lines);
	else
		*ret_lines = lines;
	return rc;
}
