/* SPDX-License-Identifier: MIT */
/* Takes control sequences out of bytes that come in pieces: ECMA-48 in its 7-bit form, by the states of the DEC VT500
 * (vt100.net, "A parser for DEC's ANSI-compatible video terminals"). Knows their form and not their meaning. No
 * allocation; blocks nowhere. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define PSS_SEQUENCE_KEPT 256

/* What a byte is, or completes. */
enum pss_token {
	PSS_TOKEN_TEXT,    /* outside of sequences: text, or a control character */
	PSS_TOKEN_CONTROL, /* a control character inside a sequence, which goes on: terminals obey it at once */
	PSS_TOKEN_PART,    /* of a sequence that is unfinished */
	PSS_TOKEN_ESCAPE,  /* the end of `ESC intermediates final` */
	PSS_TOKEN_CSI,     /* … of `CSI parameters intermediates final` */
	PSS_TOKEN_STRING,  /* … of an OSC, DCS, APC, PM or SOS */
	PSS_TOKEN_CANCEL,  /* CAN or SUB: the sequence does nothing */
};

enum pss_sequence {
	PSS_SEQUENCE_NONE,
	PSS_SEQUENCE_ESCAPE,
	PSS_SEQUENCE_CSI,
	PSS_SEQUENCE_STRING,
	PSS_SEQUENCE_STRING_ESCAPE, /* behind an ESC inside it: the first half of ST, or another sequence begins */
};

/* All zero at first. */
struct pss_tokenizer {
	enum pss_sequence state;
	size_t length;     /* bytes of the unfinished sequence, an aborted string in front of it included; 0: none */
	char introducer;   /* of a string: ] P _ ^ X */
	char intermediate; /* of an escape: the first; 0: none */
	char final;        /* of an escape and of a CSI */
	size_t n_text;     /* between CSI and its final byte, or inside the string; also what was not kept */
	char text[PSS_SEQUENCE_KEPT + 1]; /* its first bytes; a NUL behind them when it is complete */
	char last;                        /* byte of a string */
};

/* A part of the text of the sequence that has just ended is not in `text`. */
bool pss_tokenizer_is_cut(const struct pss_tokenizer *tokenizer);

enum pss_token pss_tokenizer_step(struct pss_tokenizer *tokenizer, unsigned char byte);

/* How many of the n bytes at `at`, of which the first is ESC, belong to the sequence that begins there; all of them
 * where it does not end. */
size_t pss_sequence_length(const unsigned char *at, size_t n);

/* Does the sequence, of that length, set colours and attributes and nothing else (SGR)? */
bool pss_sequence_is_sgr(const unsigned char *at, size_t length);
