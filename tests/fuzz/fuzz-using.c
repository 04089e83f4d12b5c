/* SPDX-License-Identifier: MIT */
/* `$using:` in any text: without one the text stays as it is, every name is a name and is there once, and what was
 * written has none left that a second look would find. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "client/using/using.h"
#include "fuzz.h"

#define TEXT_MAX 4096

static bool is_name(const char *text)
{
	if (!*text || isdigit((unsigned char)*text))
		return false;
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && *text != '_')
			return false;
	return true;
}

static void check_names(const struct pss_texts *names, const char *expanded)
{
	for (size_t i = 0; i < names->n_items; i++) {
		if (!is_name(names->items[i]) || !strstr(expanded, names->items[i]))
			abort();
		for (size_t j = 0; j < i; j++)
			if (strcmp(names->items[i], names->items[j]) == 0)
				abort();
	}
}

/* The expanded text; *ret_n is how many names there were. */
static char *expand(const char *text, size_t *ret_n)
{
	struct pss_texts names = { 0 };
	char *expanded = NULL;

	if (pss_using_expand(text, NULL, NULL, &expanded, &names) < 0)
		abort();
	check_names(&names, expanded);
	*ret_n = names.n_items;
	pss_texts_finish(&names);
	return expanded;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t n_names, n_again;
	char *text = strndup((const char *)data, size < TEXT_MAX ? size : TEXT_MAX);
	char *once = expand(text, &n_names);
	char *twice = expand(once, &n_again);

	if (n_names == 0 && strcmp(text, once) != 0)
		abort();
	/* Contexts nest 64 deep at most; what is deeper may be read in another way the second time. */
	if (strlen(text) < 64 && (n_again > 0 || strcmp(once, twice) != 0))
		abort();
	free(text);
	free(once);
	free(twice);
	return 0;
}
