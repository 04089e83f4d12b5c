/* SPDX-License-Identifier: MIT */
/* The prompt as data. zsh expands prompts, under promptsubst even commands in them; only the elements of psvar
 * come out as they are. So each piece of the text becomes one of these, and the prompt that zsh expands holds
 * nothing but %1v, %2v, …, colours and newlines. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zsh-module/zsh.h"

#include "zsh-module/adapter.h"
#include "zsh-module/editor.h"

#define PIECE_MAX 16 /* "%12345v", "%{" and "%}" */

/* The length of an SGR sequence at `text`, or 0: digits, semicolons and colons alone, so that nothing in it
 * means anything to zsh. */
static size_t colour_length(const char *text)
{
	size_t n;

	if (text[0] != '\033' || text[1] != '[')
		return 0;
	n = 2 + strspn(text + 2, "0123456789;:");
	return text[n] == 'm' ? n + 1 : 0;
}

static size_t text_length(const char *text)
{
	size_t n = 0;

	while (text[n] && text[n] != '\n' && (n == 0 || colour_length(text + n) == 0))
		n++;
	return n;
}

/* One piece: its form for zsh to `to`, its text to psvar. Returns how much of `text` it was. */
static size_t add_piece(char **to, const char *text, char **values, size_t *n_values)
{
	size_t n = colour_length(text);

	if (n > 0) {
		*to += sprintf(*to, "%%{%.*s%%}", (int)n, text);
		return n;
	}
	if (*text == '\n') {
		*(*to)++ = '\n';
		return 1;
	}
	n = text_length(text);
	values[(*n_values)++] = pss_zsh_metafied(text, n);
	*to += sprintf(*to, "%%%zuv", *n_values);
	return n;
}

/* Control sequences of the client's own, which hold nothing that means anything to zsh. */
static void add_of_no_width(char **to, const char *text)
{
	if (*text)
		*to += sprintf(*to, "%%{%s%%}", text);
}

static char *make_form(const char *before, const char *text, const char *behind, char **values, size_t *n_values)
{
	size_t n_marks = strlen(before) + strlen(behind), length = strlen(text), at = 0;
	char *form = zalloc((length + 2) * PIECE_MAX + n_marks + 1), *to = form;

	add_of_no_width(&to, before);
	while (at < length)
		at += add_piece(&to, text + at, values, n_values);
	add_of_no_width(&to, behind);
	*to = '\0';
	return form;
}

void pss_zsh_editor_make_prompts(const struct pss_read_request *request, char **ret_left, char **ret_right)
{
	const char *left = request->prompt, *right = request->right;
	size_t n_values = 0;
	char **values = zshcalloc((strlen(left) + (right ? strlen(right) : 0) + 1) * sizeof *values);

	*ret_left = make_form(request->before, left, request->behind, values, &n_values);
	*ret_right = right ? make_form("", right, "", values, &n_values) : NULL;
	if (psvar)
		freearray(psvar);
	psvar = values;
}
