/* SPDX-License-Identifier: MIT */
/* The byte queue under frames in both directions. It neither reads nor writes descriptors. */
#include "wire/buffer.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 512

void pss_wipe(void *data, size_t n)
{
	if (n > 0)
		explicit_bzero(data, n);
}

void pss_buffer_init(struct pss_buffer *buffer)
{
	*buffer = (struct pss_buffer){ 0 };
}

void pss_buffer_finish(struct pss_buffer *buffer)
{
	free(buffer->data);
	pss_buffer_init(buffer);
}

void pss_buffer_wipe(struct pss_buffer *buffer)
{
	if (buffer->data)
		pss_wipe(buffer->data, buffer->capacity);
	pss_buffer_finish(buffer);
}

/* It may hold secrets: where bytes have been, none stay. */
static void slide_to_front(struct pss_buffer *buffer)
{
	if (buffer->start == 0)
		return;
	memmove(buffer->data, buffer->data + buffer->start, buffer->length);
	pss_wipe(buffer->data + buffer->length, buffer->start);
	buffer->start = 0;
}

/* realloc() would leave a copy behind. */
static bool move(struct pss_buffer *buffer, size_t capacity)
{
	unsigned char *data = malloc(capacity);

	if (!data)
		return false;
	if (buffer->length > 0)
		memcpy(data, buffer->data + buffer->start, buffer->length);
	if (buffer->data)
		pss_wipe(buffer->data, buffer->capacity);
	free(buffer->data);
	buffer->data = data;
	buffer->capacity = capacity;
	buffer->start = 0;
	return true;
}

unsigned char *pss_buffer_reserve(struct pss_buffer *buffer, size_t n)
{
	if (n > SIZE_MAX / 2 - buffer->length)
		return NULL;
	size_t wanted = buffer->length + n;
	if (wanted > buffer->capacity) {
		size_t capacity = buffer->capacity ? buffer->capacity : FIRST_CAPACITY;
		while (capacity < wanted)
			capacity *= 2;
		if (!move(buffer, capacity))
			return NULL;
	}
	if (buffer->start + wanted > buffer->capacity)
		slide_to_front(buffer);
	return buffer->data + buffer->start + buffer->length;
}

void pss_buffer_commit(struct pss_buffer *buffer, size_t n)
{
	assert(buffer->start + buffer->length + n <= buffer->capacity);
	buffer->length += n;
}

int pss_buffer_append(struct pss_buffer *buffer, const void *data, size_t n)
{
	if (n == 0)
		return 0;
	unsigned char *room = pss_buffer_reserve(buffer, n);
	if (!room)
		return -ENOMEM;
	memcpy(room, data, n);
	pss_buffer_commit(buffer, n);
	return 0;
}

void pss_buffer_consume(struct pss_buffer *buffer, size_t n)
{
	assert(n <= buffer->length);
	buffer->length -= n;
	buffer->start = buffer->length ? buffer->start + n : 0;
}
