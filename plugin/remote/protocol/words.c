/* SPDX-License-Identifier: MIT */
/* Puts commands together. Called by the engine (for its own shell, whose family is known) and by the host process
 * (for a channel on a computer, whose login shell may be any). A user's text is never changed; values appear as
 * quoted words only, so no byte of one can be read as part of the command. */
#include "remote/protocol/words.h"

#include <string.h>

#include "remote/protocol/sources.h"
#include "remote/protocol/variables.h"

void pss_command_copy(PssCommand *ret_copy, const PssCommand *command)
{
	*ret_copy = (PssCommand){
		.text = g_memdup2(command->text, command->n_text),
		.n_text = command->n_text,
		.words = (const char *const *)g_strdupv((char **)command->words),
		.arguments = (const char *const *)g_strdupv((char **)command->arguments),
		.variables = (const char *const *)g_strdupv((char **)command->variables),
	};
}

/* Variables may be secrets. */
void pss_command_clear(PssCommand *command)
{
	for (const char *const *at = command->variables; at && *at; at++)
		explicit_bzero((char *)*at, strlen(*at));
	g_free((char *)command->text);
	g_strfreev((char **)command->words);
	g_strfreev((char **)command->arguments);
	g_strfreev((char **)command->variables);
	*command = (PssCommand){ .text = NULL };
}

static gboolean has(const char *const *list)
{
	return list && list[0];
}

static void append_words(GString *out, PssFamily family, const char *const *words)
{
	for (; words && *words; words++) {
		g_string_append_c(out, ' ');
		pss_family_quote(out, family, *words, strlen(*words));
	}
}

gsize pss_words_room(const PssCommand *command)
{
	const char *const *const lists[] = { command->words, command->arguments };
	gsize room = command->n_text + pss_variables_room(command->variables) + 256;

	for (gsize i = 0; i < G_N_ELEMENTS(lists); i++)
		for (const char *const *at = lists[i]; at && *at; at++)
			room += PSS_FAMILY_QUOTED * strlen(*at) + 64;
	return room;
}

void pss_words_command(GString *out, PssFamily family, const PssCommand *command)
{
	pss_variables_append(out, family, command->variables);
	if (has(command->arguments)) {
		g_string_append(out, family == PSS_FAMILY_FISH ? "set -g argv" : "set --");
		append_words(out, family, command->arguments);
		g_string_append(out, "; ");
	}
	if (has(command->words))
		append_words(out, family, command->words);
	else
		g_string_append_len(out, command->text, (gssize)command->n_text);
	if (family == PSS_FAMILY_FISH)
		pss_variables_unbrace(out, command->variables);
}

void pss_words_undo(GString *out, PssFamily family, const PssCommand *command)
{
	pss_request_forget(out, family, has(command->arguments), command->variables);
}

/* Inside '…' a backslash is a backslash but for fish, and ! is no history but for csh: both stand outside. */
void pss_words_quote(GString *out, const char *text)
{
	gboolean inside = FALSE;

	if (!*text)
		g_string_append(out, "''");
	for (; *text; text++) {
		gboolean bare = *text == '\'' || *text == '\\' || *text == '!';
		gboolean plain = g_ascii_isalnum(*text) || strchr("_./,:+-", *text);
		if (inside ? bare : !bare && !plain) {
			g_string_append_c(out, '\'');
			inside = !inside;
		}
		if (bare)
			g_string_append_c(out, '\\');
		g_string_append_c(out, *text);
	}
	if (inside)
		g_string_append_c(out, '\'');
}

/* The words behind "#!" of a script's first line. */
static char *find_interpreter(const PssCommand *command)
{
	const char *text = command->text;

	if (command->n_text < 3 || text[0] != '#' || text[1] != '!')
		return NULL;
	const char *end = memchr(text, '\n', command->n_text);
	g_autofree char *line = g_strndup(text + 2, (end ? (gsize)(end - text) : command->n_text) - 2);
	g_strstrip(line);
	return *line ? g_steal_pointer(&line) : NULL;
}

/* In front of a script goes a head that /bin/sh runs: the interpreter's words as `i`, and the parameters. */
static char *make_first(const PssCommand *command, const char *interpreter, gsize *ret_n_head, gsize *ret_n)
{
	GString *first = g_string_sized_new(pss_words_room(command) + PSS_FAMILY_QUOTED * strlen(interpreter));

	/* What no name tells apart is taken for a shell of sh's language. */
	PssFamily family = strcmp(interpreter, "fish") == 0 ? PSS_FAMILY_FISH : PSS_FAMILY_POSIX;
	g_string_append(first, "i=");
	pss_family_quote(first, PSS_FAMILY_POSIX, interpreter, strlen(interpreter));
	g_string_append(first, "\nset --");
	append_words(first, PSS_FAMILY_POSIX, command->arguments);
	g_string_append_c(first, '\n');
	*ret_n_head = first->len;
	pss_variables_append(first, family, command->variables);
	if (has(command->words))
		append_words(first, family, command->words);
	else
		g_string_append_len(first, command->text, (gssize)command->n_text);
	if (family == PSS_FAMILY_FISH)
		pss_variables_unbrace(first, command->variables);
	*ret_n = first->len;
	return g_string_free(first, FALSE);
}

char *pss_words_exec(const PssCommand *command, const char *shell, gboolean is_script, char **ret_first, gsize *ret_n)
{
	g_autofree char *named = is_script ? find_interpreter(command) : NULL;
	g_autoptr(GString) exec = g_string_new(NULL);
	gsize n_head;

	*ret_first = NULL;
	*ret_n = 0;
	if (!shell && !is_script && !has(command->arguments) && !has(command->variables)) {
		if (!has(command->words))
			return g_strndup(command->text, command->n_text);
		for (const char *const *at = command->words; *at; at++) {
			g_string_append(exec, at == command->words ? "" : " ");
			pss_words_quote(exec, *at);
		}
		return g_string_free(g_steal_pointer(&exec), FALSE);
	}
	*ret_first = make_first(command, shell ? shell : named ? named : "", &n_head, ret_n);
	g_string_append(exec, pss_source_exec);
	g_strdelimit(exec->str, "\n", ' ');
	g_strchomp(exec->str);
	g_assert(!strpbrk(exec->str, "'\\!"));
	return g_strdup_printf("exec /bin/sh -c '%s' sh %" G_GSIZE_FORMAT " %" G_GSIZE_FORMAT, exec->str, n_head,
			       *ret_n - n_head);
}
