/* SPDX-License-Identifier: MIT */
/* The prompt of an entered session: composed here, with what the remote says taken as data. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* What remains of a remote prompt at most, in bytes and in lines. */
#define PSS_PROMPT_MAX 8192
#define PSS_PROMPT_LINES_MAX 8

enum pss_clean {
	PSS_CLEAN_PLAIN = 0,
	PSS_CLEAN_SGR = 1,   /* colours and attributes (CSI … m) stay */
	PSS_CLEAN_LINES = 2, /* newlines stay */
	PSS_CLEAN_ASCII = 4, /* the local character set is no UTF-8: the rest becomes '?' */
};

/* A heap copy of what is printable in `data`: valid UTF-8 without control, bidirectional and invisible
 * formatting characters; bytes that are no UTF-8 become U+FFFD. Every other escape sequence is dropped
 * whole. At most PSS_PROMPT_MAX bytes. NULL when memory is short. */
char *pss_clean_text(const void *data, size_t n, enum pss_clean flags);

/* How many of the n bytes at `at`, of which the first is ESC, are one escape sequence; all of them where it does not
 * end. */
size_t pss_escape_length(const unsigned char *at, size_t n);
/* Does the sequence, of that length, set colours and attributes and nothing else? */
bool pss_is_sgr(const unsigned char *at, size_t length);

struct pss_prompt {
	const char *form;        /* PSSESSION_PROMPT, or NULL for "[%n]: %p" */
	const char *name;        /* %h */
	const char *user;        /* %u; NULL: empty */
	const char *prompt_name; /* %n */
	const void *remote;      /* %p: its last line; the lines before it go before the form. Untrusted */
	size_t n_remote;
	const void *directory; /* %w. Untrusted */
	size_t n_directory;
	bool utf8;  /* the local character set */
	bool plain; /* no SGR */
};

/* The whole prompt, for pss_read_request.prompt: several lines, SGR sequences, nothing else. */
char *pss_prompt_compose(const struct pss_prompt *prompt);
