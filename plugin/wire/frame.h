/* SPDX-License-Identifier: MIT */
/* Frames: the unit in which client and host process speak over their Unix stream socket.
 * Normative description: plugin/wire/PROTOCOL.md. Both ends are one machine and one build family,
 * so integers are in the machine's own byte order. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "wire/buffer.h"

/* Don't forget to bump PSS_PROTOCOL_VERSION when a frame or a field changes its meaning (a new
 * field that may be left out does not need it), and to keep serving the one before. */
#define PSS_PROTOCOL_VERSION 2u
#define PSS_PROTOCOL_OLDEST 1u

/* The largest payload. Longer lines go as several LINE frames with PSS_FRAME_MORE. */
#define PSS_FRAME_PAYLOAD_MAX (256u * 1024u)

enum pss_frame_flags {
	PSS_FRAME_MORE = 1, /* the payload goes on in the next frame of this type and id */
};

struct pss_frame_header {
	uint32_t length; /* bytes of payload that follow */
	uint16_t type;   /* enum pss_type */
	uint16_t flags;  /* enum pss_frame_flags */
	uint32_t id;     /* the request this belongs to; 0 where there is none */
};
_Static_assert(sizeof(struct pss_frame_header) == 12, "the header is the wire format");

struct pss_frame {
	struct pss_frame_header header;
	const unsigned char *payload; /* borrowed from the buffer it was parsed from */
};

/* Looks at the front of `buffer`. 1: *ret_frame is whole; the caller consumes
 * pss_frame_size(ret_frame) bytes when done with it. 0: more bytes are needed. -EMSGSIZE: the
 * length is over the limit; nothing after it can be trusted and the connection must end. */
int pss_frame_parse(const struct pss_buffer *buffer, struct pss_frame *ret_frame);

static inline size_t pss_frame_size(const struct pss_frame *frame)
{
	return sizeof(struct pss_frame_header) + frame->header.length;
}

/* Appends one frame whose payload is raw bytes. 0, -EMSGSIZE or -ENOMEM (buffer unchanged). */
int pss_frame_append(struct pss_buffer *buffer, uint16_t type, uint32_t id, uint16_t flags, const void *payload,
		     size_t length);
