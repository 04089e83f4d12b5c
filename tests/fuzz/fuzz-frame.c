/* SPDX-License-Identifier: MIT */
/* The wire's frames and the fields inside them, from bytes that a peer may have made up. What the parser
 * hands out must lie inside the buffer, and parsing must end. */
#include <errno.h>
#include <stdlib.h>

#include "fuzz.h"
#include "wire/message.h"

static void check_fields(const struct pss_frame *frame)
{
	struct pss_fields fields = pss_frame_fields(frame);
	const unsigned char *end = frame->payload + frame->header.length;
	struct pss_field field;
	int result;

	while ((result = pss_fields_next(&fields, &field)) == 1) {
		if (field.data < frame->payload || field.length > (size_t)(end - field.data))
			abort();
		pss_field_text(&field);
		pss_field_number(&field, 0);
	}
	if (result != 0 && result != -EPROTO)
		abort();
	pss_fields_text(pss_frame_fields(frame), PSS_TAG_MESSAGE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pss_buffer buffer;
	struct pss_frame frame;
	int result;

	pss_buffer_init(&buffer);
	if (pss_buffer_append(&buffer, data, size) < 0)
		return 0;
	while ((result = pss_frame_parse(&buffer, &frame)) == 1) {
		if (frame.header.length > PSS_FRAME_PAYLOAD_MAX || pss_frame_size(&frame) > buffer.length)
			abort();
		check_fields(&frame);
		pss_buffer_consume(&buffer, pss_frame_size(&frame));
	}
	if (result != 0 && result != -EMSGSIZE)
		abort();
	pss_buffer_finish(&buffer);
	return 0;
}
