/* SPDX-License-Identifier: MIT */
/* What a remote computer offers for the word under the cursor, made fit to be shown and inserted. Used by the entered
 * loop, and by the fuzzer alone. Nothing of it may reach the terminal or the line that is not printable text. */
#include "client/prompt/candidates.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/clean-text.h"
#include "wire/cleanup.h"
#include "wire/status.h"

void pss_completion_finish(struct pss_completion *completion)
{
	for (size_t i = 0; i < completion->n; i++) {
		free(completion->words[i]);
		free(completion->descriptions[i]);
	}
	free(completion->words);
	free(completion->descriptions);
	*completion = (struct pss_completion){ 0 };
}

static size_t count_candidates(struct pss_fields fields)
{
	struct pss_field field;
	size_t n = 0;

	while (pss_fields_next(&fields, &field) > 0)
		n += field.tag == PSS_TAG_CANDIDATE;
	return n;
}

static bool is_printable(const char *word)
{
	_cleanup_(pss_free_pointer) char *clean = pss_clean_text(word, strlen(word), PSS_CLEAN_PLAIN);

	return *word && clean && strcmp(clean, word) == 0;
}

static int take_word(struct pss_completion *completion, const char *word)
{
	completion->words[completion->n] = strdup(word);
	completion->descriptions[completion->n] = NULL;
	if (!completion->words[completion->n])
		return -ENOMEM;
	completion->n++;
	return 0;
}

static int read_candidates(struct pss_fields fields, struct pss_completion *completion)
{
	struct pss_field field;
	bool taken = false; /* the last word was; its description may follow */
	int rc;

	while ((rc = pss_fields_next(&fields, &field)) > 0) {
		const char *text = pss_field_text(&field);

		if (field.tag == PSS_TAG_CANDIDATE) {
			taken = text && is_printable(text);
			if (!taken)
				completion->n_more++;
			else if (take_word(completion, text) < 0)
				return -ENOMEM;
		} else if (field.tag == PSS_TAG_DESCRIPTION && taken && text) {
			completion->descriptions[completion->n - 1] =
				pss_clean_text(text, strlen(text), PSS_CLEAN_PLAIN);
			taken = false;
		}
	}
	return rc;
}

int pss_completion_read(struct pss_fields fields, size_t point, struct pss_completion *ret)
{
	struct pss_completion completion = { 0 };
	uint64_t start = pss_fields_number(fields, PSS_TAG_START, point);
	size_t n = count_candidates(fields);
	int rc;

	if (pss_fields_number(fields, PSS_TAG_STATUS, PSS_FAILED) != PSS_OK)
		n = 0;
	if (n == 0 || start > point) {
		*ret = (struct pss_completion){ .start = point };
		return 0;
	}
	completion.start = (size_t)start;
	completion.no_space = pss_fields_number(fields, PSS_TAG_NO_SPACE, 0) == 1;
	completion.n_more = (size_t)pss_fields_number(fields, PSS_TAG_MORE, 0);
	completion.words = calloc(n + 1, sizeof(char *));
	completion.descriptions = calloc(n + 1, sizeof(char *));
	rc = completion.words && completion.descriptions ? read_candidates(fields, &completion) : -ENOMEM;
	if (rc < 0) {
		pss_completion_finish(&completion);
		return rc;
	}
	*ret = completion;
	return 0;
}
