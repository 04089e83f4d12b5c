/* SPDX-License-Identifier: MIT */
/* Composes prompts. What comes out of here holds printable characters, SGR sequences and newlines only. Never expands
 * what the remote sent. Called by entered-screen.c. */
#include "client/prompt/prompt.h"

#include <stdlib.h>
#include <string.h>

#include "terminal/clean-text.h"
#include "wire/buffer.h"
#include "wire/cleanup.h"

#define ESC 0x1b
#define SGR_RESET "\033[m"

/* Cuts off what precedes the last line and returns that; *ret_before is what stays, its last lines only. */
static char *last_line(char *text, char **ret_before)
{
	char *newline = strrchr(text, '\n');
	char *first = newline;
	int n_lines = 1;

	*ret_before = NULL;
	if (!newline)
		return text;
	while (first > text && (first[-1] != '\n' || ++n_lines < PSS_PROMPT_LINES_MAX))
		first--;
	*newline = '\0';
	*ret_before = first;
	return newline + 1;
}

struct composition {
	struct pss_buffer text;
	int error;
};

static void put(struct composition *composition, const char *text)
{
	if (text && composition->error == 0)
		composition->error = pss_buffer_append(&composition->text, text, strlen(text));
}

static void put_clean(struct composition *composition, const char *text, enum pss_clean flags)
{
	_cleanup_(pss_free_pointer) char *clean = pss_clean_text(text, text ? strlen(text) : 0, flags);

	if (!clean)
		composition->error = -1;
	put(composition, clean);
}

static void put_form(struct composition *composition, const struct pss_prompt *prompt, const char *remote,
		     const char *directory, enum pss_clean flags)
{
	_cleanup_(pss_free_pointer) char *form = NULL;
	const char *at = prompt->form ? prompt->form : "[%n]: %p";

	form = pss_clean_text(at, strlen(at), flags);
	if (!form)
		composition->error = -1;
	for (at = form; at && *at; at++) {
		char plain[2] = { *at, '\0' };

		if (*at != '%' || !at[1]) {
			put(composition, plain);
			continue;
		}
		switch (*++at) {
		case 'h':
			put_clean(composition, prompt->name, flags);
			break;
		case 'u':
			put_clean(composition, prompt->user, flags);
			break;
		case 'n':
			put_clean(composition, prompt->prompt_name, flags);
			break;
		case 'p':
			put(composition, remote);
			if (remote && strchr(remote, ESC))
				put(composition, SGR_RESET);
			break;
		case 'w':
			put(composition, directory);
			break;
		case '%':
			put(composition, "%");
			break;
		default:
			put(composition, plain);
			plain[0] = *at;
			put(composition, plain);
		}
	}
}

char *pss_prompt_compose(const struct pss_prompt *prompt)
{
	enum pss_clean charset = prompt->utf8 ? PSS_CLEAN_PLAIN : PSS_CLEAN_ASCII;
	enum pss_clean sgr = charset | (prompt->plain ? PSS_CLEAN_PLAIN : PSS_CLEAN_SGR);
	_cleanup_(pss_free_pointer) char *remote =
		pss_clean_text(prompt->remote, prompt->n_remote, sgr | PSS_CLEAN_LINES);
	_cleanup_(pss_free_pointer) char *directory = pss_clean_text(prompt->directory, prompt->n_directory, charset);
	struct composition composition = { .error = remote && directory ? 0 : -1 };
	char *before = NULL, *line = remote ? last_line(remote, &before) : NULL;

	pss_buffer_init(&composition.text);
	if (before) {
		put(&composition, before);
		put(&composition, strchr(before, ESC) ? SGR_RESET "\n" : "\n");
	}
	put_form(&composition, prompt, line, directory, sgr | PSS_CLEAN_LINES);
	if (prompt->form && strchr(prompt->form, ESC) && !prompt->plain)
		put(&composition, SGR_RESET);
	if (composition.error == 0)
		composition.error = pss_buffer_append(&composition.text, "", 1);
	if (composition.error < 0)
		pss_buffer_finish(&composition.text);
	return (char *)composition.text.data;
}
