/* SPDX-License-Identifier: MIT */
/* Finds the word under the cursor, the command that it belongs to, and its quoting, in the language that
 * bash and the POSIX shells share. Called for each completion, and by the unit tests. It reads what stands
 * before the cursor only, and it must never hand on a byte of the line as shell language that runs
 * something: a directory is made of literal text, `~name` and `${name}` alone. */
#include "remote/protocol/cursor.h"

#include <string.h>

#define DEPTH_MAX 32

/* A simple command that is being read; one for each open parenthesis or backquote. */
typedef struct {
	gsize segment;
	GArray *words; /* of gsize pairs: start, end */
	gsize word;
	gboolean in_word;
	gboolean in_quotes; /* double ones */
	gboolean wants_command;
	gboolean wants_file;
	char closer; /* ) ` or 0 */
} Frame;

typedef struct {
	const char *line;
	gsize at, end;
	Frame frames[DEPTH_MAX];
	guint depth;
	gboolean nothing;
} Scan;

static gboolean is_name(char c)
{
	return g_ascii_isalnum(c) || c == '_';
}

static Frame *top(Scan *scan)
{
	return &scan->frames[scan->depth];
}

static char peek(const Scan *scan, gsize ahead)
{
	return scan->at + ahead < scan->end ? scan->line[scan->at + ahead] : '\0';
}

static void begin_segment(Frame *frame, gsize at)
{
	frame->segment = at;
	frame->in_word = frame->wants_file = FALSE;
	frame->wants_command = TRUE;
	g_array_set_size(frame->words, 0);
}

static void push(Scan *scan, char closer)
{
	if (scan->depth + 1 == DEPTH_MAX) {
		scan->nothing = TRUE;
		scan->at = scan->end;
		return;
	}
	Frame *frame = &scan->frames[++scan->depth];
	*frame = (Frame){ .closer = closer, .words = g_array_new(FALSE, FALSE, sizeof(gsize)) };
	begin_segment(frame, scan->at);
}

static void pop(Scan *scan)
{
	g_array_unref(top(scan)->words);
	scan->depth--;
}

static gboolean begins_commands(const char *word, gsize n)
{
	static const char *const reserved[] = {
		"if", "then", "else", "elif", "while", "until", "do", "!", "{", "time", "coproc",
	};
	for (gsize i = 0; i < G_N_ELEMENTS(reserved); i++) {
		if (strlen(reserved[i]) == n && memcmp(reserved[i], word, n) == 0)
			return TRUE;
	}
	return FALSE;
}

/* The length of `name=` or `name+=` at the front, else 0. */
static gsize assignment_length(const char *word, gsize n)
{
	gsize i = 0;
	while (i < n && is_name(word[i]))
		i++;
	if (i == 0 || g_ascii_isdigit(word[0]))
		return 0;
	if (i < n && word[i] == '+')
		i++;
	return i < n && word[i] == '=' ? i + 1 : 0;
}

static void begin_word(Scan *scan)
{
	Frame *frame = top(scan);
	if (!frame->in_word)
		frame->word = scan->at;
	frame->in_word = TRUE;
}

static void end_word(Scan *scan)
{
	Frame *frame = top(scan);
	if (!frame->in_word)
		return;
	frame->in_word = FALSE;
	const char *word = scan->line + frame->word;
	gsize n = scan->at - frame->word;
	if (frame->wants_file) {
		frame->wants_file = FALSE;
	} else if (frame->wants_command && assignment_length(word, n) > 0) {
		frame->segment = scan->at;
	} else if (frame->wants_command && begins_commands(word, n)) {
		begin_segment(frame, scan->at);
	} else {
		if (frame->wants_command)
			frame->segment = frame->word;
		frame->wants_command = FALSE;
		g_array_append_val(frame->words, frame->word);
		g_array_append_val(frame->words, scan->at);
	}
}

/* ---- one byte after the other */

static void skip_single_quotes(Scan *scan)
{
	begin_word(scan);
	const char *end = memchr(scan->line + scan->at + 1, '\'', scan->end - scan->at - 1);
	scan->at = end ? (gsize)(end - scan->line) + 1 : scan->end;
}

/* $'…' has rules of its own: nothing is completed inside. */
static void skip_ansi_quotes(Scan *scan)
{
	begin_word(scan);
	scan->at += 2;
	while (scan->at < scan->end && scan->line[scan->at] != '\'')
		scan->at += scan->line[scan->at] == '\\' ? 2 : 1;
	if (scan->at >= scan->end)
		scan->nothing = TRUE;
	scan->at = MIN(scan->at + 1, scan->end);
}

static void skip_dollar(Scan *scan)
{
	begin_word(scan);
	if (peek(scan, 1) == '(') {
		scan->at += 2;
		push(scan, ')');
	} else if (peek(scan, 1) == '\'' && !top(scan)->in_quotes) {
		skip_ansi_quotes(scan);
	} else {
		scan->at++;
	}
}

static void take_backquote(Scan *scan)
{
	if (top(scan)->closer == '`') {
		pop(scan);
		scan->at++;
		return;
	}
	begin_word(scan);
	scan->at++;
	push(scan, '`');
}

static void skip_comment(Scan *scan)
{
	const char *end = memchr(scan->line + scan->at, '\n', scan->end - scan->at);
	scan->nothing = !end;
	scan->at = end ? (gsize)(end - scan->line) : scan->end;
}

static void take_redirection(Scan *scan)
{
	Frame *frame = top(scan);
	gsize i = frame->word;
	while (frame->in_word && i < scan->at && g_ascii_isdigit(scan->line[i]))
		i++;
	if (frame->in_word && i == scan->at)
		frame->in_word = FALSE; /* the number of a descriptor */
	end_word(scan);
	char c = scan->line[scan->at++];
	if (peek(scan, 0) == '(') {
		begin_word(scan);
		scan->at++;
		push(scan, ')');
		return;
	}
	while (peek(scan, 0) == c || (peek(scan, 0) && strchr("&|>-", peek(scan, 0))))
		scan->at++;
	frame->wants_file = TRUE;
}

static void take_operator(Scan *scan)
{
	char c = scan->line[scan->at];
	gboolean in_word = top(scan)->in_word;
	if (c == '(' && in_word) {
		scan->at++;
		push(scan, ')');
		return;
	}
	if (c == ')' && top(scan)->closer == ')') {
		end_word(scan);
		pop(scan);
		scan->at++;
		return;
	}
	if (c == '&' && peek(scan, 1) == '>') {
		end_word(scan);
		scan->at++;
		take_redirection(scan);
		return;
	}
	end_word(scan);
	scan->at++;
	if (c == '(')
		push(scan, ')');
	else
		begin_segment(top(scan), scan->at);
}

static void step(Scan *scan)
{
	Frame *frame = top(scan);
	char c = scan->line[scan->at];
	if (c == '\\') {
		begin_word(scan);
		scan->at = MIN(scan->at + 2, scan->end);
	} else if (c == '"') {
		begin_word(scan);
		frame->in_quotes = !frame->in_quotes;
		scan->at++;
	} else if (c == '$') {
		skip_dollar(scan);
	} else if (c == '`') {
		take_backquote(scan);
	} else if (frame->in_quotes) {
		scan->at++;
	} else if (c == '\'') {
		skip_single_quotes(scan);
	} else if (c == ' ' || c == '\t') {
		end_word(scan);
		scan->at++;
	} else if (c == '#' && !frame->in_word) {
		skip_comment(scan);
	} else if (c == '<' || c == '>') {
		take_redirection(scan);
	} else if (c && strchr("\n;&|()", c)) {
		take_operator(scan);
	} else {
		begin_word(scan);
		scan->at++;
	}
}

/* ---- the word itself */

typedef struct {
	PssCursor *cursor;
	const char *word;
	gsize at, n;
	char quote;
	char head_quote;  /* at the end of the head */
	gsize head;       /* its length */
	gsize variable;   /* where the last one begins */
	gsize name;       /* where its name begins */
	GString *piece;   /* of the directory, since the last slash */
	gboolean has_any; /* a variable since the last slash */
	gboolean unknown;
} Word;

static void append_literal(GString *out, char c)
{
	if (g_ascii_isalnum(c) || strchr("._-/", c) || (unsigned char)c >= 0x80)
		g_string_append_c(out, c);
	else if (c == '\'')
		g_string_append(out, "\\'");
	else
		g_string_append_printf(out, "'%c'", c);
}

static void take_literal(Word *word, char c)
{
	g_string_append_c(word->cursor->base, c);
	append_literal(word->piece, c);
	word->at++;
	if (c != '/')
		return;
	g_string_append(word->cursor->directory, word->piece->str);
	g_string_truncate(word->piece, 0);
	g_string_truncate(word->cursor->base, 0);
	word->has_any = FALSE;
	word->head = word->at;
	word->head_quote = word->quote;
}

static void take_variable(Word *word)
{
	gsize start = word->at++;
	gboolean braces = word->at < word->n && word->word[word->at] == '{';
	if (braces)
		word->at++;
	gsize name = word->at;
	while (word->at < word->n && is_name(word->word[word->at]))
		word->at++;
	gboolean is_last = word->at == word->n;
	if (is_last && !(word->at > name && g_ascii_isdigit(word->word[name]))) {
		word->variable = start;
		word->name = name;
	}
	gboolean is_name_whole = word->at > name && !g_ascii_isdigit(word->word[name]) &&
				 (!braces || is_last || word->word[word->at] == '}');
	if (is_name_whole)
		g_string_append_printf(word->piece, "\"${%.*s-}\"", (int)(word->at - name), word->word + name);
	else if (!is_last)
		word->unknown = TRUE;
	if (braces && !is_last)
		word->at++;
	word->has_any = TRUE;
}

static void take_backslash(Word *word)
{
	word->at++;
	if (word->at == word->n)
		return;
	char next = word->word[word->at];
	if (word->quote == '"' && !strchr("\\\"$`", next))
		append_literal(word->piece, '\\'), g_string_append_c(word->cursor->base, '\\');
	take_literal(word, next);
}

static void word_step(Word *word)
{
	char c = word->word[word->at];
	if (word->quote == '\'' && c != '\'') {
		take_literal(word, c);
	} else if (c == '\\' && word->quote != '\'') {
		take_backslash(word);
	} else if ((c == '"' || c == '\'') && (word->quote == 0 || word->quote == c)) {
		word->quote = word->quote ? 0 : c;
		word->at++;
	} else if (c == '$' && word->quote != '\'') {
		take_variable(word);
	} else if (c == '`' || (!word->quote && c && strchr("()<>", c))) {
		word->unknown = TRUE;
		word->at++;
	} else {
		take_literal(word, c);
	}
}

/* `~` or `~name` at the front. */
static void take_tilde(Word *word)
{
	gsize n = 1;
	if (word->n == 0 || word->word[0] != '~')
		return;
	while (n < word->n && (is_name(word->word[n]) || strchr(".-", word->word[n])))
		n++;
	if (n < word->n && word->word[n] != '/')
		return;
	if (n == word->n) {
		word->cursor->kind = PSS_CURSOR_USER;
		return;
	}
	g_string_append_len(word->cursor->directory, word->word, (gssize)n + 1);
	word->at = word->head = n + 1;
}

static void close_head(const Word *word)
{
	GString *head = word->cursor->head;
	g_string_append_len(head, word->word, (gssize)word->head);
	if (word->head_quote == word->quote)
		return;
	if (word->head_quote)
		g_string_append_c(head, word->head_quote);
	if (word->quote)
		g_string_append_c(head, word->quote);
}

static void read_word(PssCursor *cursor, const char *text, gsize n)
{
	Word word = { .cursor = cursor, .word = text, .n = n, .piece = g_string_new(NULL), .variable = n + 1 };
	char kind = cursor->kind;
	take_tilde(&word);
	if (cursor->kind == PSS_CURSOR_USER) {
		g_string_assign(cursor->head, "~");
		g_string_append_len(cursor->base, text + 1, (gssize)n - 1);
		g_string_free(word.piece, TRUE);
		return;
	}
	while (word.at < word.n)
		word_step(&word);
	cursor->quote = word.quote;
	if (word.variable < n) {
		cursor->kind = PSS_CURSOR_VARIABLE;
		cursor->start += word.variable;
		g_string_append_len(cursor->head, text + word.variable, (gssize)(word.name - word.variable));
		g_string_truncate(cursor->base, 0);
		g_string_append_len(cursor->base, text + word.name, (gssize)(n - word.name));
	} else {
		close_head(&word);
		cursor->kind = word.unknown || word.has_any ? PSS_CURSOR_NOTHING : kind;
	}
	g_string_free(word.piece, TRUE);
}

/* Behind the last unquoted `=` or `:` of an assignment. */
static gsize value_start(const char *word, gsize n)
{
	gsize start = assignment_length(word, n);
	for (gsize i = start; i < n && !strchr("\\'\"", word[i]); i++) {
		if (word[i] == ':')
			start = i + 1;
	}
	return start;
}

static void take_words(PssCursor *cursor, const Scan *scan, const Frame *frame)
{
	for (guint i = 0; i + 1 < frame->words->len; i += 2) {
		gsize start = g_array_index(frame->words, gsize, i);
		gsize end = g_array_index(frame->words, gsize, i + 1);
		g_ptr_array_add(cursor->words, g_strndup(scan->line + start, end - start));
	}
	g_ptr_array_add(cursor->words, g_strndup(scan->line + cursor->start, scan->end - cursor->start));
}

void pss_cursor_find(PssCursor *ret_cursor, const char *line, gsize n, gsize point)
{
	Scan scan = { .line = line, .end = MIN(point, n) };
	PssCursor *cursor = ret_cursor;
	*cursor = (PssCursor){
		.head = g_string_new(NULL),
		.directory = g_string_new(NULL),
		.base = g_string_new(NULL),
		.words = g_ptr_array_new_with_free_func(g_free),
	};
	scan.frames[0].words = g_array_new(FALSE, FALSE, sizeof(gsize));
	begin_segment(&scan.frames[0], 0);
	while (scan.at < scan.end)
		step(&scan);

	const Frame *frame = top(&scan);
	cursor->start = frame->in_word ? frame->word : scan.end;
	cursor->segment = frame->wants_command ? cursor->start : frame->segment;
	cursor->kind = frame->wants_file      ? PSS_CURSOR_FILE
		       : frame->wants_command ? PSS_CURSOR_COMMAND
					      : PSS_CURSOR_ARGUMENT;
	take_words(cursor, &scan, frame);
	gsize value = 0;
	if (cursor->kind == PSS_CURSOR_COMMAND)
		value = value_start(line + cursor->start, scan.end - cursor->start);
	if (value > 0)
		cursor->kind = PSS_CURSOR_FILE;
	cursor->start += value;
	if (scan.nothing)
		cursor->kind = PSS_CURSOR_NOTHING;
	else
		read_word(cursor, line + cursor->start, scan.end - cursor->start);
	for (guint i = 0; i <= scan.depth; i++)
		g_array_unref(scan.frames[i].words);
}

void pss_cursor_finish(PssCursor *cursor)
{
	g_string_free(cursor->head, TRUE);
	g_string_free(cursor->directory, TRUE);
	g_string_free(cursor->base, TRUE);
	g_ptr_array_unref(cursor->words);
}
