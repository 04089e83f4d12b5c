/* SPDX-License-Identifier: MIT */
/* What is to be copied, as the program gets it (wire/copy.h). Called once, when the program has been started. */
#include <errno.h>
#include <string.h>

#include "client/copy/private.h"
#include "wire/cleanup.h"
#include "wire/copy.h"
#include "wire/frame.h"

static int add(struct pss_buffer *words, const char *key, const char *value)
{
	_cleanup_(pss_free_pointer) char *word = pss_format("%s=%s", key, value);

	return word ? pss_buffer_append(words, word, strlen(word) + 1) : -ENOMEM;
}

static int add_number(struct pss_buffer *words, const char *key, size_t number, const char *rest)
{
	_cleanup_(pss_free_pointer) char *value = rest ? pss_format("%zu %s", number, rest) : pss_format("%zu", number);

	return value ? add(words, key, value) : -ENOMEM;
}

static int add_all(struct pss_buffer *words, const char *key, const struct pss_texts *texts)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && texts && i < texts->n_items; i++)
		rc = add(words, key, texts->items[i]);
	return rc;
}

static int add_operands(struct pss_buffer *words, const struct pss_copy *copy)
{
	int rc = 0;

	for (size_t i = 1; rc == 0 && i < copy->n_places; i++) {
		rc = add(words, PSS_COPY_PLACE, copy->places[i].label);
		if (rc == 0)
			rc = add(words, PSS_COPY_COMPUTER, copy->places[i].computer.host);
		if (rc == 0 && copy->places[i].instance)
			rc = add(words, PSS_COPY_CONNECTED, "");
	}
	for (size_t i = 0; rc == 0 && i < copy->sources.n_items; i++) {
		const struct pss_copy_operand *source = &copy->sources.items[i];
		rc = add_number(words, source->is_literal ? PSS_COPY_LITERAL : PSS_COPY_SOURCE, source->place,
				source->path);
	}
	for (size_t i = 0; rc == 0 && i < copy->destinations.n_items; i++)
		rc = add_number(words, PSS_COPY_DESTINATION, copy->destinations.items[i].place,
				copy->destinations.items[i].path);
	return rc;
}

static int write_words(const struct pss_copy *copy, struct pss_buffer *words)
{
	int rc = add(words, PSS_COPY_VERSION, PSSESSION_VERSION);

	if (rc == 0)
		rc = add(words, PSS_COPY_FLAGS, copy->flags);
	if (rc == 0)
		rc = add_number(words, PSS_COPY_THROTTLE, copy->throttle, NULL);
	if (rc == 0 && copy->filter)
		rc = add(words, PSS_COPY_FILTER, copy->filter);
	if (rc == 0)
		rc = add_all(words, PSS_COPY_INCLUDE, copy->include);
	if (rc == 0)
		rc = add_all(words, PSS_COPY_EXCLUDE, copy->exclude);
	return rc == 0 ? add_operands(words, copy) : rc;
}

int pss_copy_send_request(struct pss_copy_run *run)
{
	struct pss_buffer words, frames;

	pss_buffer_init(&words);
	pss_buffer_init(&frames);
	int rc = write_words(run->copy, &words);
	while (rc == 0 && words.length > 0) {
		size_t n = words.length < PSS_FRAME_PAYLOAD_MAX ? words.length : PSS_FRAME_PAYLOAD_MAX;
		rc = pss_frame_append(&frames, PSS_COPY_REQUEST, 0, n < words.length ? PSS_FRAME_MORE : 0,
				      pss_buffer_bytes(&words), n);
		pss_buffer_consume(&words, n);
	}
	if (rc == 0)
		rc = pss_copy_program_send(run, &frames, -1);
	pss_buffer_finish(&words);
	pss_buffer_finish(&frames);
	return rc;
}
