/* SPDX-License-Identifier: MIT */
/* One function a state. A byte above 0x7f ends a sequence other than a string, as it begins a character of UTF-8; the
 * 8-bit forms of the controls are text here, and clean-text.c's and replay-filter.c's business. */
#include "terminal/tokenizer.h"

#include <string.h>

#define ESC 0x1b
#define BEL 0x07
#define CAN 0x18
#define SUB 0x1a
#define DEL 0x7f
#define SGR_MAX 64

bool pss_tokenizer_is_cut(const struct pss_tokenizer *tokenizer)
{
	return tokenizer->n_text > PSS_SEQUENCE_KEPT;
}

static enum pss_token end(struct pss_tokenizer *tokenizer, enum pss_token token)
{
	tokenizer->state = PSS_SEQUENCE_NONE;
	tokenizer->length = 0;
	tokenizer->text[tokenizer->n_text < PSS_SEQUENCE_KEPT ? tokenizer->n_text : PSS_SEQUENCE_KEPT] = '\0';
	return token;
}

static enum pss_token enter(struct pss_tokenizer *tokenizer, enum pss_sequence state)
{
	tokenizer->state = state;
	return PSS_TOKEN_PART;
}

static enum pss_token keep(struct pss_tokenizer *tokenizer, unsigned char byte)
{
	if (tokenizer->n_text < PSS_SEQUENCE_KEPT)
		tokenizer->text[tokenizer->n_text] = (char)byte;
	tokenizer->n_text++;
	tokenizer->last = (char)byte;
	return PSS_TOKEN_PART;
}

static enum pss_token begin(struct pss_tokenizer *tokenizer)
{
	tokenizer->n_text = 0;
	tokenizer->intermediate = '\0';
	if (tokenizer->state != PSS_SEQUENCE_STRING_ESCAPE)
		tokenizer->length = 0;
	return enter(tokenizer, PSS_SEQUENCE_ESCAPE);
}

static enum pss_token in_text(struct pss_tokenizer *tokenizer, unsigned char byte)
{
	return byte == ESC ? begin(tokenizer) : PSS_TOKEN_TEXT;
}

static enum pss_token in_escape(struct pss_tokenizer *tokenizer, unsigned char byte)
{
	if (byte >= 0x20 && byte <= 0x2f) {
		tokenizer->intermediate = tokenizer->intermediate ? tokenizer->intermediate : (char)byte;
		return PSS_TOKEN_PART;
	}
	if (!tokenizer->intermediate && byte == '[')
		return enter(tokenizer, PSS_SEQUENCE_CSI);
	if (!tokenizer->intermediate && memchr("]P_^X", byte, 5)) {
		tokenizer->introducer = (char)byte;
		return enter(tokenizer, PSS_SEQUENCE_STRING);
	}
	tokenizer->final = (char)byte;
	return end(tokenizer, PSS_TOKEN_ESCAPE);
}

static enum pss_token in_csi(struct pss_tokenizer *tokenizer, unsigned char byte)
{
	if (byte < 0x40)
		return keep(tokenizer, byte);
	tokenizer->final = (char)byte;
	return end(tokenizer, PSS_TOKEN_CSI);
}

static enum pss_token in_string(struct pss_tokenizer *tokenizer, unsigned char byte)
{
	if (byte == BEL)
		return end(tokenizer, PSS_TOKEN_STRING);
	if (byte == ESC)
		return enter(tokenizer, PSS_SEQUENCE_STRING_ESCAPE);
	return keep(tokenizer, byte);
}

/* Controls, DEL and the bytes above it mean the same inside an escape and a CSI. */
static enum pss_token in_sequence(struct pss_tokenizer *tokenizer, unsigned char byte)
{
	if (byte < 0x20)
		return PSS_TOKEN_CONTROL;
	if (byte == DEL)
		return PSS_TOKEN_PART;
	if (byte > DEL)
		return end(tokenizer, PSS_TOKEN_TEXT);
	return tokenizer->state == PSS_SEQUENCE_ESCAPE ? in_escape(tokenizer, byte) : in_csi(tokenizer, byte);
}

/* An ESC that was not the first half of ST has aborted the string. */
static enum pss_token behind_string_escape(struct pss_tokenizer *tokenizer, unsigned char byte)
{
	if (byte == '\\')
		return end(tokenizer, PSS_TOKEN_STRING);
	begin(tokenizer);
	return byte == ESC ? PSS_TOKEN_PART : in_sequence(tokenizer, byte);
}

static enum pss_token step(struct pss_tokenizer *tokenizer, unsigned char byte)
{
	if (tokenizer->state == PSS_SEQUENCE_NONE)
		return in_text(tokenizer, byte);
	if (byte == CAN || byte == SUB)
		return end(tokenizer, PSS_TOKEN_CANCEL);
	if (tokenizer->state == PSS_SEQUENCE_STRING)
		return in_string(tokenizer, byte);
	if (tokenizer->state == PSS_SEQUENCE_STRING_ESCAPE)
		return behind_string_escape(tokenizer, byte);
	return byte == ESC ? begin(tokenizer) : in_sequence(tokenizer, byte);
}

enum pss_token pss_tokenizer_step(struct pss_tokenizer *tokenizer, unsigned char byte)
{
	enum pss_token token = step(tokenizer, byte);

	if (tokenizer->state != PSS_SEQUENCE_NONE)
		tokenizer->length++;
	return token;
}

size_t pss_sequence_length(const unsigned char *at, size_t n)
{
	struct pss_tokenizer tokenizer = { .state = PSS_SEQUENCE_NONE };

	for (size_t i = 0; i < n; i++) {
		bool behind_escape = tokenizer.state == PSS_SEQUENCE_STRING_ESCAPE;
		enum pss_token token = pss_tokenizer_step(&tokenizer, at[i]);

		if (behind_escape && token != PSS_TOKEN_STRING && token != PSS_TOKEN_CANCEL)
			return i - 1;
		if (token == PSS_TOKEN_TEXT || (i > 0 && tokenizer.length == 1))
			return i;
		if (tokenizer.state == PSS_SEQUENCE_NONE)
			return i + 1;
	}
	return n;
}

bool pss_sequence_is_sgr(const unsigned char *at, size_t length)
{
	if (length < 3 || length > SGR_MAX || at[1] != '[' || at[length - 1] != 'm')
		return false;
	for (size_t i = 2; i < length - 1; i++) {
		if (!(at[i] >= '0' && at[i] <= '9') && at[i] != ';' && at[i] != ':')
			return false;
	}
	return true;
}
