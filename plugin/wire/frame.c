/* SPDX-License-Identifier: MIT */
/* Putting frames together and taking them apart. Pure: it sees bytes in memory, no descriptors. */
#include "wire/frame.h"

#include <errno.h>
#include <string.h>

int pss_frame_parse(const struct pss_buffer *buffer, struct pss_frame *ret_frame)
{
	struct pss_frame_header header;

	if (buffer->length < sizeof header)
		return 0;
	memcpy(&header, pss_buffer_bytes(buffer), sizeof header);
	if (header.length > PSS_FRAME_PAYLOAD_MAX)
		return -EMSGSIZE;
	if (buffer->length - sizeof header < header.length)
		return 0;
	ret_frame->header = header;
	ret_frame->payload = pss_buffer_bytes(buffer) + sizeof header;
	return 1;
}

int pss_frame_append(struct pss_buffer *buffer, uint16_t type, uint32_t id, uint16_t flags, const void *payload,
		     size_t length)
{
	if (length > PSS_FRAME_PAYLOAD_MAX)
		return -EMSGSIZE;
	struct pss_frame_header header = {
		.length = (uint32_t)length,
		.type = type,
		.flags = flags,
		.id = id,
	};
	unsigned char *room = pss_buffer_reserve(buffer, sizeof header + length);
	if (!room)
		return -ENOMEM;
	memcpy(room, &header, sizeof header);
	if (length > 0)
		memcpy(room + sizeof header, payload, length);
	pss_buffer_commit(buffer, sizeof header + length);
	return 0;
}
