/* SPDX-License-Identifier: MIT */
/* A growable run of bytes with a cheap front: appended at the end, consumed from the start. */
#pragma once

#include <stddef.h>

struct pss_buffer {
	unsigned char *data; /* owned; the live bytes are data[start .. start + length) */
	size_t start;
	size_t length;
	size_t capacity;
};

void pss_buffer_init(struct pss_buffer *buffer);

/* Frees the bytes and leaves an empty, usable buffer. */
void pss_buffer_finish(struct pss_buffer *buffer);

/* As finish, but overwrites the bytes first: for anything that held a secret. */
void pss_buffer_wipe(struct pss_buffer *buffer);

/* Makes room for n more bytes behind the live ones and returns where they go, or NULL (out of
 * memory; the buffer is unchanged). They count only after pss_buffer_commit(). Growing may move
 * the bytes: a buffer that holds secrets is reserved once, in full. */
unsigned char *pss_buffer_reserve(struct pss_buffer *buffer, size_t n);
void pss_buffer_commit(struct pss_buffer *buffer, size_t n);

/* 0, or -ENOMEM with the buffer unchanged. */
int pss_buffer_append(struct pss_buffer *buffer, const void *data, size_t n);

/* Drops the first n live bytes; n is at most the length. */
void pss_buffer_consume(struct pss_buffer *buffer, size_t n);

static inline const unsigned char *pss_buffer_bytes(const struct pss_buffer *buffer)
{
	return buffer->data ? buffer->data + buffer->start : NULL;
}

/* memset that the compiler keeps. */
void pss_wipe(void *data, size_t n);
