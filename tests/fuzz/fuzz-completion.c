/* SPDX-License-Identifier: MIT */
/* The answer to a COMPLETE, from bytes that a peer may have made up: what is handed to the editor must lie in the line,
 * and be printable text. */
#include <stdlib.h>
#include <string.h>

#include "client/prompt/candidates.h"
#include "fuzz.h"
#include "wire/status.h"

static void check_text(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			abort();
	}
}

static void check(struct pss_fields fields, size_t point)
{
	struct pss_completion completion;

	if (pss_completion_read(fields, point, &completion) < 0)
		return;
	if (completion.start > point)
		abort();
	for (size_t i = 0; i < completion.n; i++) {
		if (!*completion.words[i])
			abort();
		check_text(completion.words[i]);
		if (completion.descriptions[i])
			check_text(completion.descriptions[i]);
	}
	pss_completion_finish(&completion);
	pss_completion_finish(&completion);
}

/* Once as it is, and once behind a STATUS of ok, as candidates of which each line of the input is one. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pss_message message;
	struct pss_buffer buffer;
	struct pss_frame frame;

	check((struct pss_fields){ data, size }, size);
	pss_buffer_init(&buffer);
	pss_message_begin(&message, &buffer, PSS_RESULT, 1);
	pss_message_number(&message, PSS_TAG_STATUS, PSS_OK);
	pss_message_number(&message, PSS_TAG_START, size > 0 ? data[0] : 0);
	while (size > 0) {
		const uint8_t *end = memchr(data, '\n', size);
		size_t n = end ? (size_t)(end - data) : size;
		char *text = strndup((const char *)data, n);

		pss_message_text(&message, *data & 1 ? PSS_TAG_CANDIDATE : PSS_TAG_DESCRIPTION, text);
		free(text);
		data += n + (end != NULL);
		size -= n + (end != NULL);
	}
	if (pss_message_end(&message) == 0 && pss_frame_parse(&buffer, &frame) == 1)
		check(pss_frame_fields(&frame), 5);
	pss_buffer_finish(&buffer);
	return 0;
}
