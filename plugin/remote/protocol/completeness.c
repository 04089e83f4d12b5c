/* SPDX-License-Identifier: MIT */
/* Decides locally whether a line is complete, where it can. Called by the engine for each line. It knows simple
 * commands in pipelines and lists with plain quotes; whatever else it meets (reserved words, groups,
 * substitutions, here-documents, several lines) is in doubt, and the remote shell decides. It must never
 * call an unfinished text complete. */
#include "remote/protocol/completeness.h"

#include <string.h>

typedef struct {
	const char *at;
	const char *end;
	gboolean command_position; /* the next word is a command's name */
	gboolean needs_more;       /* after `|`, `&&`, `||` */
} Scan;

static gboolean is_reserved(const char *word, gsize n)
{
	static const char *const reserved[] = {
		"if",        "then",   "else",   "elif",     "fi",    "do",   "done",   "case",    "esac",    "while",
		"until",     "for",    "select", "function", "in",    "time", "coproc", "repeat",  "foreach", "end",
		"nocorrect", "noglob", "always", "!",        "alias", "-",    "exec",   "command", "builtin",
	};
	for (gsize i = 0; i < G_N_ELEMENTS(reserved); i++) {
		if (strlen(reserved[i]) == n && memcmp(reserved[i], word, n) == 0)
			return TRUE;
	}
	return FALSE;
}

/* Past a quoted string that holds nothing which could open something else. */
static gboolean skip_quoted(Scan *scan)
{
	char quote = *scan->at++;
	while (scan->at < scan->end && *scan->at != quote) {
		if (quote == '"' && strchr("\\`$", *scan->at) && *scan->at) {
			if (*scan->at != '$' || scan->at + 1 == scan->end || strchr("({[\"", scan->at[1]))
				return FALSE;
		}
		scan->at++;
	}
	if (scan->at == scan->end)
		return FALSE;
	scan->at++;
	return TRUE;
}

static gboolean is_plain(char c)
{
	return g_ascii_isalnum(c) || (c && strchr("_./:,@%+-=~^*?", c)) || (unsigned char)c >= 0x80;
}

/* One word of plain bytes, quoted strings and simple variables. */
static gboolean skip_word(Scan *scan)
{
	const char *start = scan->at;
	while (scan->at < scan->end) {
		char c = *scan->at;
		if (c == '\'' || c == '"') {
			if (!skip_quoted(scan))
				return FALSE;
		} else if (c == '$' && scan->at + 1 < scan->end &&
			   (g_ascii_isalnum(scan->at[1]) || strchr("_?#@*!", scan->at[1]))) {
			scan->at += 2;
		} else if (is_plain(c)) {
			scan->at++;
		} else {
			break;
		}
	}
	gsize n = (gsize)(scan->at - start);
	if (n == 0 || (scan->command_position && is_reserved(start, n)))
		return FALSE;
	scan->command_position = FALSE;
	scan->needs_more = FALSE;
	return TRUE;
}

/* `;`, `&`, `|`, `&&`, `||`, `>`, `>>`, `<`. */
static gboolean skip_operator(Scan *scan)
{
	char c = *scan->at++;
	gboolean doubled = scan->at < scan->end && *scan->at == c;
	if (c == '<' && doubled)
		return FALSE;
	if (c == ';' && doubled)
		return FALSE;
	if (doubled)
		scan->at++;
	if (c == '<' || c == '>') {
		while (scan->at < scan->end && (*scan->at == ' ' || *scan->at == '&'))
			scan->at++;
		gboolean position = scan->command_position;
		if (scan->at == scan->end || !skip_word(scan))
			return FALSE;
		scan->command_position = position;
		return TRUE;
	}
	if (scan->command_position)
		return FALSE;
	scan->command_position = TRUE;
	scan->needs_more = c == '|' || (c == '&' && doubled);
	return TRUE;
}

gboolean pss_text_is_surely_complete(const char *text, gsize n)
{
	Scan scan = { .at = text, .end = text + n, .command_position = TRUE };
	while (scan.at < scan.end) {
		char c = *scan.at;
		if (c == ' ' || c == '\t') {
			scan.at++;
		} else if (c == '#' && (scan.at == text || scan.at[-1] == ' ')) {
			return !scan.needs_more && !memchr(scan.at, '\n', (gsize)(scan.end - scan.at));
		} else if (c == ';' || c == '&' || c == '|' || c == '<' || c == '>') {
			if (!skip_operator(&scan))
				return FALSE;
		} else if (!skip_word(&scan)) {
			return FALSE;
		}
	}
	return !scan.needs_more;
}
