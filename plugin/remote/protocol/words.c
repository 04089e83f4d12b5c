/* SPDX-License-Identifier: MIT */
/* Puts commands together. Called by the engine (for its own shell, whose family is known) and by the host process
 * (for a channel on a computer, whose login shell may be any). A user's text is never changed; values appear as
 * quoted words only, so no byte of one can be read as part of the command. */
#include "remote/protocol/words.h"

#include <string.h>

#include "remote/protocol/sources.h"
#include "remote/protocol/variables.h"

/* What a server hands to the login shell is one argument, of which Linux takes 128 KiB; and what is longer than 256 KiB
 * is no packet to sshd, which ends the connection without a word. */
#define LINE_MAX_BYTES (100 * 1024)

void pss_command_copy(PssCommand *ret_copy, const PssCommand *command)
{
	*ret_copy = (PssCommand){
		.text = g_memdup2(command->text, command->n_text),
		.n_text = command->n_text,
		.words = (const char *const *)g_strdupv((char **)command->words),
		.arguments = (const char *const *)g_strdupv((char **)command->arguments),
		.variables = (const char *const *)g_strdupv((char **)command->variables),
		.as_written = g_strdup(command->as_written),
		.properties = (const char *const *)g_strdupv((char **)command->properties),
		.has_objects = command->has_objects,
		.has_records = command->has_records,
		.columns = command->columns,
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
	g_free((char *)command->as_written);
	g_strfreev((char **)command->properties);
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

/* PowerShell's list. */
static void append_list(GString *out, const char *const *words)
{
	for (const char *const *at = words; at && *at; at++) {
		g_string_append(out, at == words ? "" : ", ");
		pss_family_quote(out, PSS_FAMILY_PWSH, *at, strlen(*at));
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

/* The words, or the text. */
static void append_text(GString *out, PssFamily family, const PssCommand *command)
{
	g_autoptr(GString) text = g_string_new(NULL);

	if (has(command->words)) {
		g_string_append(text, family == PSS_FAMILY_PWSH ? "&" : "");
		append_words(text, family, command->words);
	} else {
		g_string_append_len(text, command->text, (gssize)command->n_text);
	}
	pss_variables_adapt(text, family, command->variables);
	g_string_append_len(out, text->str, (gssize)text->len);
}

/* For a session of pwsh: how many bytes there are of what sets the variables, and makes the parameters `$__pss.args`;
 * these; and the text, which may begin with `param`. */
static void append_pwsh(GString *out, const PssCommand *command)
{
	char number[12];
	gsize at = out->len;

	g_string_append(out, "0000000000 ");
	gsize start = out->len;
	pss_variables_append(out, PSS_FAMILY_PWSH, command->variables);
	if (has(command->arguments)) {
		g_string_append(out, "$global:__pss.args = @(");
		append_list(out, command->arguments);
		g_string_append_c(out, ')');
	}
	g_snprintf(number, sizeof number, "%010u", (guint)(out->len - start));
	memcpy(out->str + at, number, 10);
	append_text(out, PSS_FAMILY_PWSH, command);
}

/* The same as a script, whose status is that of the last program where that is why its last command has failed. */
static void append_pwsh_script(GString *out, const PssCommand *command)
{
	pss_variables_append(out, PSS_FAMILY_PWSH, command->variables);
	g_string_append(out, "$__pss_args = @(");
	append_list(out, command->arguments);
	g_string_append(out, ")\n. {\n");
	append_text(out, PSS_FAMILY_PWSH, command);
	g_string_append(out, "\nif (-not $?) { if ($LASTEXITCODE) { exit $LASTEXITCODE } exit 1 }\n} @__pss_args\n");
}

void pss_words_command(GString *out, PssFamily family, const PssCommand *command)
{
	if (family == PSS_FAMILY_PWSH) {
		append_pwsh(out, command);
		return;
	}
	pss_variables_append(out, family, command->variables);
	if (has(command->arguments)) {
		g_string_append(out, family == PSS_FAMILY_FISH ? "set -g argv" : "set --");
		append_words(out, family, command->arguments);
		g_string_append(out, "; ");
	}
	append_text(out, family, command);
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

/* What no name tells apart is taken for a shell of sh's language. */
static PssFamily family_of(const char *interpreter)
{
	if (strcmp(interpreter, "fish") == 0)
		return PSS_FAMILY_FISH;
	if (g_str_has_suffix(interpreter, "pwsh") || g_str_has_suffix(interpreter, "pwsh-preview"))
		return PSS_FAMILY_PWSH;
	return PSS_FAMILY_POSIX;
}

/* The command as one line for the login shell. */
static char *make_line(const PssCommand *command)
{
	g_autoptr(GString) line = g_string_new(NULL);

	if (!has(command->words))
		return g_strndup(command->text, command->n_text);
	for (const char *const *at = command->words; *at; at++) {
		g_string_append(line, at == command->words ? "" : " ");
		pss_words_quote(line, *at);
	}
	return g_string_free(g_steal_pointer(&line), FALSE);
}

/* A login shell may be of any family, and words are to be read by each of them. */
static void append_script(GString *out, PssFamily family, const char *interpreter, const PssCommand *command)
{
	g_autofree char *line = !*interpreter && has(command->words) ? make_line(command) : NULL;

	if (line)
		g_string_append(out, line);
	else
		append_text(out, family, command);
}

/* In front of a script goes a head that /bin/sh runs: the interpreter's words as `i`, and the parameters. */
static char *make_first(const PssCommand *command, const char *interpreter, gsize *ret_n_head, gsize *ret_n)
{
	GString *first = g_string_sized_new(pss_words_room(command) + PSS_FAMILY_QUOTED * strlen(interpreter));
	PssFamily family = family_of(interpreter);

	g_string_append(first, "i=");
	pss_family_quote(first, PSS_FAMILY_POSIX, interpreter, strlen(interpreter));
	g_string_append(first, "\nset --");
	append_words(first, PSS_FAMILY_POSIX, command->arguments);
	g_string_append_c(first, '\n');
	*ret_n_head = first->len;
	if (family == PSS_FAMILY_PWSH) {
		append_pwsh_script(first, command);
	} else {
		pss_variables_append(first, family, command->variables);
		append_script(first, family, interpreter, command);
	}
	*ret_n = first->len;
	return g_string_free(first, FALSE);
}

char *pss_words_exec(const PssCommand *command, const char *shell, gboolean is_script, const char *token,
		     char **ret_first, gsize *ret_n)
{
	g_autofree char *named = is_script ? find_interpreter(command) : NULL;
	g_autoptr(GString) exec = g_string_new(NULL);
	gsize n_head;

	*ret_first = NULL;
	*ret_n = 0;
	if (!shell && !is_script && !has(command->arguments) && !has(command->variables)) {
		g_autofree char *line = make_line(command);
		if (strlen(line) <= LINE_MAX_BYTES)
			return g_steal_pointer(&line);
	}
	*ret_first = make_first(command, shell ? shell : named ? named : "", &n_head, ret_n);
	g_string_append(exec, pss_source_exec);
	g_strdelimit(exec->str, "\n", ' ');
	g_strchomp(exec->str);
	g_assert(!strpbrk(exec->str, "'\\!"));
	return g_strdup_printf("exec /bin/sh -c '%s' sh %" G_GSIZE_FORMAT " %" G_GSIZE_FORMAT "%s%s", exec->str, n_head,
			       *ret_n - n_head, token ? " " : "", token ? token : "");
}
