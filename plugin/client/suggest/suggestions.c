/* SPDX-License-Identifier: MIT */
/* The list that an answer to Tab is made of. Called by suggest.c and suggest-values.c. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "client/base/strings.h"
#include "client/suggest/suggest.h"

void pss_suggestions_add(struct pss_suggestions *suggestions, const char *word, const char *help)
{
	if (strncasecmp(word, suggestions->wanted, strlen(suggestions->wanted)) == 0)
		pss_texts_add(&suggestions->words, pss_format("%s\t%s", word, help ? help : ""));
}

void pss_suggestions_keep(struct pss_suggestions *suggestions, size_t n)
{
	char *kept = pss_format("%s%.*s", suggestions->kept ? suggestions->kept : "", (int)n, suggestions->wanted);

	free(suggestions->kept);
	suggestions->kept = kept;
	suggestions->wanted += n;
}
