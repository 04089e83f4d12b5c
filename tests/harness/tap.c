/* SPDX-License-Identifier: MIT */
/* The Test Anything Protocol; see tap.h. */
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int n_tests, n_failed;

void check(bool good, const char *name)
{
	printf("%s %d - %s\n", good ? "ok" : "not ok", ++n_tests, name);
	n_failed += !good;
}

void check_text(char *got, const char *wanted, const char *name)
{
	bool good = got && strcmp(got, wanted) == 0;

	check(good, name);
	if (!good)
		printf("# got    \"%s\"\n# wanted \"%s\"\n", got ? got : "(null)", wanted);
	free(got);
}

int check_end(void)
{
	printf("1..%d\n", n_tests);
	return n_failed > 0;
}
