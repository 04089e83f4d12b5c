/* SPDX-License-Identifier: MIT */
/* The prompt of an entered session: composed here, with what the remote says taken as data. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* What remains of a remote prompt at most, in lines. */
#define PSS_PROMPT_LINES_MAX 8

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
