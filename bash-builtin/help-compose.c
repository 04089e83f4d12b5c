/* SPDX-License-Identifier: MIT */
/* Runs when the loadable is built: writes what `help NAME` shows of each verb as C, from the rows that the parser
 * reads. To make these texts when a shell loads us would take three times as long as all the rest of loading. */
#include <stdio.h>
#include <stdlib.h>

#include "client/command/verb.h"

static void print_string(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if (c < ' ' || c > '~' || c == '"' || c == '\\' || c == '?')
			printf("\\%03o", c);
		else
			putchar(c);
	}
	putchar('"');
}

static int print_verb(const char *identifier, const struct pss_verb *verb)
{
	struct pss_texts lines = { 0 };
	char *synopsis = pss_verb_synopsis(verb);

	if (!synopsis || pss_verb_help(verb, &lines) < 0)
		return EXIT_FAILURE;
	printf("static const char usage_%s[] = ", identifier);
	print_string(synopsis);
	printf(";\nstatic char *const help_%s[] = {\n", identifier);
	for (size_t i = 0; i < lines.n_items; i++) {
		printf("\t(char *)");
		print_string(lines.items[i]);
		printf(",\n");
	}
	printf("\tNULL,\n};\n");
	pss_texts_finish(&lines);
	free(synopsis);
	return EXIT_SUCCESS;
}

int main(void)
{
	int rc = EXIT_SUCCESS;

#define PRINT(verb, Verb, name, capital_name) rc |= print_verb(#verb, &pss_verb_##verb);
	PSS_VERBS(PRINT)
	return rc != EXIT_SUCCESS || fflush(stdout) == EOF ? EXIT_FAILURE : EXIT_SUCCESS;
}
