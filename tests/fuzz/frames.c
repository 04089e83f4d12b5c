/* SPDX-License-Identifier: MIT */
/* See frames.h. */
#include "frames.h"

#include "frame-types.h" /* list-types.py makes it of wire/message.h */

#define RAW_PAYLOAD 255
#define FIELDS_MAX 24

/* The kinds of a field; a smaller number is the length of a text. */
enum { FIELD_NUMBER = 200, FIELD_LARGE_NUMBER, FIELD_INSTANCE };

static void add_field(struct pss_message *message, struct input *input, const char *instance)
{
	enum pss_tag tag = (enum pss_tag)input_byte(input);
	uint8_t kind = input_byte(input);
	char text[256];
	size_t n;

	if (kind == FIELD_INSTANCE) {
		pss_message_text(message, tag, instance);
	} else if (kind == FIELD_LARGE_NUMBER) {
		pss_message_number(message, tag, UINT64_MAX - input_byte(input));
	} else if (kind >= FIELD_NUMBER) {
		pss_message_number(message, tag, input_byte(input));
	} else {
		const uint8_t *bytes = input_bytes(input, kind, &n);
		memcpy(text, bytes, n);
		text[n] = '\0';
		pss_message_text(message, tag, text);
	}
}

struct types {
	const uint16_t *numbers;
	size_t n;
};

#define TYPES(table)                                \
	{                                           \
		table, sizeof table / sizeof *table \
	}
static const struct types types[] = {
	[FRAME_OF_CLIENT] = TYPES(client_types),
	[FRAME_OF_HOST] = TYPES(host_types),
};

static bool is_among(const struct types *some, uint16_t number)
{
	for (size_t i = 0; i < some->n; i++)
		if (some->numbers[i] == number)
			return true;
	return false;
}

static uint16_t type_of(uint8_t byte, enum frame_sender sender)
{
	if (is_among(&types[FRAME_OF_CLIENT], byte) || is_among(&types[FRAME_OF_HOST], byte))
		return byte;
	return types[sender].numbers[byte % types[sender].n];
}

void frame_from_input(struct pss_buffer *out, struct input *input, enum frame_sender sender, const char *instance)
{
	uint16_t type = type_of(input_byte(input), sender);
	uint32_t id = input_byte(input) & 7;
	uint8_t n_fields = input_byte(input);
	struct pss_message message;
	size_t n;

	if (n_fields == RAW_PAYLOAD) {
		uint16_t flags = input_byte(input) & PSS_FRAME_MORE;
		const uint8_t *bytes = input_block(input, &n);
		pss_frame_append(out, type, id, flags, bytes, n);
		return;
	}
	pss_message_begin(&message, out, type, id);
	for (unsigned i = 0; i < n_fields % FIELDS_MAX; i++)
		add_field(&message, input, instance);
	(void)pss_message_end(&message);
}
