/* SPDX-License-Identifier: MIT */
/* Many names from few: ranges, files of names, standard input. Called once by the verbs that name computers;
 * the names that come out are not checked here. */
#include "client/command/computer.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/clean-text.h"
#include "wire/cleanup.h"

#define NAMES_MAX 65536

static int expand_name(const char *name, struct pss_texts *texts, char **ret_error);

static int add(struct pss_texts *texts, char *name, char **ret_error)
{
	if (texts->n_items >= NAMES_MAX) {
		free(name);
		*ret_error = pss_format("-ComputerName stands for more than %d names", NAMES_MAX);
		return -EINVAL;
	}
	return pss_texts_add(texts, name);
}

/* Is what begins at `text` with '[' a range, "[1-3,07]"? An address "[fe80::1]" is not. */
static bool is_range(const char *text)
{
	const char *end = text + 1 + strspn(text + 1, "0123456789-,");
	return *end == ']' && isdigit((unsigned char)text[1]);
}

/* One part of a range, "7" or "08-12". A leading zero fixes the width. Moves *part behind it. */
static int expand_part(const char *prefix, size_t n_prefix, const char **part, const char *suffix,
		       struct pss_texts *texts, char **ret_error)
{
	char *end;
	const char *digits = *part;
	unsigned long first = strtoul(digits, &end, 10), last = first;
	int width = *digits == '0' ? (int)(end - digits) : 0;

	if (end != digits && *end == '-')
		last = strtoul(end + 1, &end, 10);
	if (end == digits || !strchr(",]", *end) || last < first || last - first >= NAMES_MAX) {
		*ret_error = pss_format("-ComputerName wants a range like [1-3,7], not '%s'", prefix);
		return -EINVAL;
	}
	*part = end;
	for (unsigned long i = first; i <= last; i++) {
		_cleanup_(pss_free_pointer) char *name =
			pss_format("%.*s%0*lu%s", (int)n_prefix, prefix, width, i, suffix);
		int rc = name ? expand_name(name, texts, ret_error) : -ENOMEM;
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int expand_name(const char *name, struct pss_texts *texts, char **ret_error)
{
	const char *open = strchr(name, '[');

	while (open && !is_range(open))
		open = strchr(open + 1, '[');
	if (!open)
		return add(texts, strdup(name), ret_error);
	const char *part = open, *suffix = strchr(open, ']') + 1;
	while (*part != ']') {
		part++;
		int rc = expand_part(name, (size_t)(open - name), &part, suffix, texts, ret_error);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* What stands behind a blank and # is a comment. */
static void cut_comment(char *line)
{
	for (char *at = line + 1; line[0] && *at; at++)
		if (*at == '#' && isspace((unsigned char)at[-1])) {
			while (at > line && isspace((unsigned char)at[-1]))
				at--;
			*at = '\0';
			return;
		}
}

static int expand_file(const char *path, bool (*interrupted)(void), struct pss_texts *texts, char **ret_error)
{
	struct pss_texts lines = { 0 };
	int rc = pss_texts_read(&lines, path, interrupted);

	if (rc < 0) {
		_cleanup_(pss_free_pointer) char *visible = pss_visible(path ? path : "standard input", false);
		*ret_error = pss_format("-ComputerName: %s cannot be read: %s", visible, strerror(-rc));
	}
	for (size_t i = 0; rc == 0 && i < lines.n_items; i++) {
		cut_comment(lines.items[i]);
		rc = expand_name(lines.items[i], texts, ret_error);
	}
	pss_texts_finish(&lines);
	return rc;
}

int pss_targets_expand(const struct pss_texts *names, bool (*interrupted)(void), struct pss_texts *ret_names,
		       char **ret_error)
{
	struct pss_texts texts = { 0 };
	int rc = 0;

	*ret_error = NULL;
	for (size_t i = 0; rc == 0 && i < names->n_items; i++) {
		const char *name = names->items[i];
		if (strcmp(name, "-") == 0)
			rc = expand_file(NULL, interrupted, &texts, ret_error);
		else if (name[0] == '@')
			rc = expand_file(name + 1, interrupted, &texts, ret_error);
		else
			rc = expand_name(name, &texts, ret_error);
	}
	if (rc < 0)
		pss_texts_finish(&texts);
	else
		*ret_names = texts;
	return rc;
}
