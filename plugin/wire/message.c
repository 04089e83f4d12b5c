/* SPDX-License-Identifier: MIT */
/* Writing and reading the tagged fields of a message. Every length that comes from the other end is
 * checked against what is really there; nothing is copied and nothing is allocated on reading. */
#include "wire/message.h"

#include <errno.h>
#include <string.h>

struct field_header {
	uint16_t tag;
	uint16_t reserved;
	uint32_t length;
};
_Static_assert(sizeof(struct field_header) == 8, "the field header is the wire format");

static const char *name_of(const char *const *names, size_t n_names, uint64_t value)
{
	return value < n_names && names[value] ? names[value] : "?";
}

const char *pss_state_name(uint64_t state)
{
	static const char *const names[] = {
		[PSS_STATE_OPENING] = "Opening",
		[PSS_STATE_OPENED] = "Opened",
		[PSS_STATE_DISCONNECTED] = "Disconnected",
		[PSS_STATE_BROKEN] = "Broken",
		[PSS_STATE_CLOSED] = "Closed",
	};
	return name_of(names, sizeof names / sizeof *names, state);
}

const char *pss_availability_name(uint64_t availability)
{
	static const char *const names[] = {
		[PSS_AVAILABILITY_NONE] = "None",
		[PSS_AVAILABILITY_AVAILABLE] = "Available",
		[PSS_AVAILABILITY_BUSY] = "Busy",
	};
	return name_of(names, sizeof names / sizeof *names, availability);
}

unsigned pss_note_level(enum pss_note_kind kind)
{
	static const unsigned levels[] = {
		[PSS_NOTE_VERBOSE] = 1, [PSS_NOTE_DEBUG] = 2, [PSS_NOTE_STEP] = PSS_VERBOSE_STEPS
	};

	return kind < sizeof levels / sizeof *levels ? levels[kind] : 0;
}

void pss_message_begin(struct pss_message *message, struct pss_buffer *buffer, enum pss_type type, uint32_t id)
{
	message->buffer = buffer;
	message->start = buffer->length;
	message->error = pss_frame_append(buffer, (uint16_t)type, id, 0, NULL, 0);
}

bool pss_message_has_room(const struct pss_message *message, size_t n)
{
	if (message->error || n > PSS_FRAME_PAYLOAD_MAX)
		return false;
	size_t payload = message->buffer->length - message->start - sizeof(struct pss_frame_header);
	return payload + sizeof(struct field_header) + n <= PSS_FRAME_PAYLOAD_MAX;
}

int pss_field_append(struct pss_buffer *buffer, enum pss_tag tag, const void *data, size_t n)
{
	struct field_header header = { .tag = (uint16_t)tag, .length = (uint32_t)n };
	unsigned char *room = pss_buffer_reserve(buffer, sizeof header + n);

	if (!room)
		return -ENOMEM;
	memcpy(room, &header, sizeof header);
	if (n > 0)
		memcpy(room + sizeof header, data, n);
	pss_buffer_commit(buffer, sizeof header + n);
	return 0;
}

void pss_message_bytes(struct pss_message *message, enum pss_tag tag, const void *data, size_t n)
{
	if (message->error)
		return;
	if (!pss_message_has_room(message, n)) {
		message->error = -E2BIG;
		return;
	}
	message->error = pss_field_append(message->buffer, tag, data, n);
}

void pss_message_number(struct pss_message *message, enum pss_tag tag, uint64_t value)
{
	pss_message_bytes(message, tag, &value, sizeof value);
}

void pss_message_text(struct pss_message *message, enum pss_tag tag, const char *text)
{
	if (text)
		pss_message_bytes(message, tag, text, strlen(text) + 1);
}

int pss_message_end(struct pss_message *message)
{
	struct pss_buffer *buffer = message->buffer;

	if (message->error) {
		buffer->length = message->start;
		return message->error;
	}
	unsigned char *at = buffer->data + buffer->start + message->start;
	uint32_t length = (uint32_t)(buffer->length - message->start - sizeof(struct pss_frame_header));
	memcpy(at + offsetof(struct pss_frame_header, length), &length, sizeof length);
	return 0;
}

struct pss_fields pss_frame_fields(const struct pss_frame *frame)
{
	return (struct pss_fields){ .data = frame->payload, .length = frame->header.length };
}

int pss_fields_next(struct pss_fields *fields, struct pss_field *ret_field)
{
	struct field_header header;

	if (fields->length == 0)
		return 0;
	if (fields->length < sizeof header)
		return -EPROTO;
	memcpy(&header, fields->data, sizeof header);
	if (header.length > fields->length - sizeof header)
		return -EPROTO;
	ret_field->tag = (enum pss_tag)header.tag;
	ret_field->data = fields->data + sizeof header;
	ret_field->length = header.length;
	fields->data += sizeof header + header.length;
	fields->length -= sizeof header + header.length;
	return 1;
}

const char *pss_field_text(const struct pss_field *field)
{
	const unsigned char *nul = memchr(field->data, 0, field->length);
	if (field->length == 0 || nul != field->data + field->length - 1)
		return NULL;
	return (const char *)field->data;
}

uint64_t pss_field_number(const struct pss_field *field, uint64_t fallback)
{
	uint64_t value;

	if (field->length != sizeof value)
		return fallback;
	memcpy(&value, field->data, sizeof value);
	return value;
}

int pss_fields_bytes(struct pss_fields fields, enum pss_tag tag, struct pss_field *ret_field)
{
	struct pss_field field;

	while (pss_fields_next(&fields, &field) > 0) {
		if (field.tag == tag) {
			*ret_field = field;
			return 0;
		}
	}
	return -ENOENT;
}

uint64_t pss_fields_number(struct pss_fields fields, enum pss_tag tag, uint64_t fallback)
{
	struct pss_field field;
	return pss_fields_bytes(fields, tag, &field) == 0 ? pss_field_number(&field, fallback) : fallback;
}

bool pss_fields_are_whole(struct pss_fields fields)
{
	struct pss_field field;
	int rc;

	do
		rc = pss_fields_next(&fields, &field);
	while (rc > 0);
	return rc == 0;
}

bool pss_fields_flag(struct pss_fields fields, enum pss_tag tag)
{
	return pss_fields_number(fields, tag, 0) != 0;
}

static unsigned side(struct pss_fields fields, enum pss_tag tag)
{
	uint64_t n = pss_fields_number(fields, tag, 0);

	return n < PSS_SIZE_MAX ? (unsigned)n : PSS_SIZE_MAX;
}

struct pss_size pss_fields_size(struct pss_fields fields)
{
	return (struct pss_size){ .columns = side(fields, PSS_TAG_COLUMNS), .rows = side(fields, PSS_TAG_ROWS) };
}

const char *pss_fields_text(struct pss_fields fields, enum pss_tag tag)
{
	struct pss_field field;
	return pss_fields_bytes(fields, tag, &field) == 0 ? pss_field_text(&field) : NULL;
}
