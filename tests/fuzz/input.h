/* SPDX-License-Identifier: MIT */
/* A fuzzer's input as a list of small things: bytes, numbers, texts. What is missing is 0 or empty. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct input {
	const uint8_t *at;
	size_t left;
};

static inline uint8_t input_byte(struct input *input)
{
	if (input->left == 0)
		return 0;
	input->left--;
	return *input->at++;
}

/* At most n bytes, borrowed; *ret_n is how many there are. */
static inline const uint8_t *input_bytes(struct input *input, size_t n, size_t *ret_n)
{
	const uint8_t *bytes = input->at;

	*ret_n = n < input->left ? n : input->left;
	input->at += *ret_n;
	input->left -= *ret_n;
	return bytes;
}

/* Up to 255 bytes behind their length. */
static inline const uint8_t *input_block(struct input *input, size_t *ret_n)
{
	return input_bytes(input, input_byte(input), ret_n);
}

/* The same as text without NUL inside, into `ret` of 256 bytes. */
static inline void input_text(struct input *input, char ret[256])
{
	size_t n;
	const uint8_t *bytes = input_block(input, &n);

	memcpy(ret, bytes, n);
	ret[n] = '\0';
}
