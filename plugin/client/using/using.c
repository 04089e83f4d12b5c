/* SPDX-License-Identifier: MIT */
/* Finds `$using:NAME` the way a shell reads its input: quotes, comments, substitutions inside double quotes, arithmetic
 * and here-documents are distinguished, so that a value is one word wherever it stands. Called by invoke-command.
 * It sees no values; those travel apart from the text. */
#include "client/using/using.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "wire/buffer.h"
#include "wire/cleanup.h"

#define DEPTH_MAX 64
#define DOCUMENTS_MAX 16
#define REFERENCE "__pss_using_"

enum context {
	PLAIN,      /* words; ends with the text or with `)` of a substitution */
	DOUBLE,     /* "…" */
	ARITHMETIC, /* ((…)) */
	BRACE,      /* ${…} */
};

struct document {
	const char *delimiter;
	size_t n;
	bool quoted, tabs;
};

struct scan {
	const char *at;
	struct pss_buffer out;
	struct pss_texts *names;
	pss_using_is_list is_list;
	void *user;
	enum context stack[DEPTH_MAX];
	bool quoted[DEPTH_MAX];    /* we have put a quote in front of that one */
	size_t n_cases[DEPTH_MAX]; /* `case` without its `esac` in it: a `)` ends a pattern */
	size_t depth;              /* stack[depth] is the present one */
	struct document documents[DOCUMENTS_MAX];
	size_t n_documents;
	int error;
};

static void step(struct scan *scan, const char *text);

static void put(struct scan *scan, const char *bytes, size_t n)
{
	if (scan->error == 0)
		scan->error = pss_buffer_append(&scan->out, bytes, n);
}

static void copy(struct scan *scan, size_t n)
{
	put(scan, scan->at, n);
	scan->at += n;
}

static void push(struct scan *scan, enum context context)
{
	if (scan->depth + 1 >= DEPTH_MAX)
		return;
	scan->stack[++scan->depth] = context;
	scan->quoted[scan->depth] = false;
	scan->n_cases[scan->depth] = 0;
}

static void pop(struct scan *scan)
{
	if (scan->depth > 0)
		scan->depth--;
}

/* Remembers the name. Is it that of a list? */
static bool take_name(struct scan *scan, const char *name, size_t n)
{
	size_t i = 0;

	while (i < scan->names->n_items && (strncmp(scan->names->items[i], name, n) != 0 || scan->names->items[i][n]))
		i++;
	int rc = i < scan->names->n_items ? 0 : pss_texts_add(scan->names, strndup(name, n));
	scan->error = rc < 0 ? rc : scan->error;
	return rc == 0 && scan->is_list && scan->is_list(scan->names->items[i], scan->user);
}

/* The length of the name that begins at `text`, 0: none. */
static size_t name_length(const char *text)
{
	size_t n = 0;

	if (isdigit((unsigned char)*text))
		return 0;
	while (isalnum((unsigned char)text[n]) || text[n] == '_')
		n++;
	return n;
}

/* The length of what may stand between `${` and the name of a variable: `#`, `!`, zsh's flags. */
static size_t prefix_length(const char *text)
{
	size_t n = strspn(text, "#!");

	if (n > 0)
		return n == 1;
	if (*text != '(')
		return 0;
	n = 1 + strspn(text + 1, "@kviouOafnPULcsq");
	return n > 1 && text[n] == ')' ? n + 1 : 0;
}

/* `${using:NAME[KEY]}` and its like: the rest is the remote shell's, up to its brace (take_inside()). */
static bool take_subscripted(struct scan *scan, bool quote)
{
	size_t n_prefix = scan->at[1] == '{' ? prefix_length(scan->at + 2) : 0;
	const char *name = scan->at + 2 + n_prefix;

	if (scan->at[1] != '{' || strncmp(name, "using:", 6) != 0 || scan->depth + 1 >= DEPTH_MAX)
		return false;
	name += 6;
	size_t n = name_length(name);
	if (n == 0 || (name[n] != '[' && (n_prefix == 0 || name[n] != '}')))
		return false;
	take_name(scan, name, n);
	/* With flags it is zsh's, which splits nothing, and in quotes joins what is no array by itself. */
	quote = quote && scan->at[2] != '(';
	put(scan, "\"", quote);
	copy(scan, 2 + n_prefix);
	put(scan, REFERENCE, strlen(REFERENCE));
	put(scan, name, n);
	scan->at = name + n;
	push(scan, BRACE);
	scan->quoted[scan->depth] = quote;
	return true;
}

/* At a `$`: is it ours? Then what it stands for is written. */
static bool take_using(struct scan *scan, bool quote)
{
	bool braces = scan->at[1] == '{';
	const char *name = scan->at + 1 + braces;

	if (strncmp(name, "using:", 6) != 0)
		return false;
	name += 6;
	size_t n = name_length(name);
	if (n == 0 || (braces && name[n] != '}'))
		return false;
	bool list = take_name(scan, name, n);
	put(scan, "\"", quote);
	put(scan, "${" REFERENCE, 2 + strlen(REFERENCE));
	put(scan, name, n);
	put(scan, quote ? "[@]" : "[*]", list ? 3 : 0);
	put(scan, "}", 1);
	put(scan, "\"", quote);
	scan->at = name + n + braces;
	return true;
}

static void take_single(struct scan *scan, bool escapes)
{
	copy(scan, 1);
	while (*scan->at && *scan->at != '\'')
		copy(scan, escapes && *scan->at == '\\' && scan->at[1] ? 2 : 1);
	copy(scan, *scan->at != '\0');
}

static void take_dollar(struct scan *scan)
{
	enum context context = scan->stack[scan->depth];

	if (take_using(scan, context == PLAIN) || take_subscripted(scan, context == PLAIN))
		return;
	if (strncmp(scan->at, "$((", 3) == 0) {
		copy(scan, 3);
		push(scan, ARITHMETIC);
	} else if (scan->at[1] == '(') {
		copy(scan, 2);
		push(scan, PLAIN);
	} else if (scan->at[1] == '{') {
		copy(scan, 2);
		push(scan, BRACE);
	} else if (scan->at[1] == '\'' && context == PLAIN) {
		copy(scan, 1);
		take_single(scan, true);
	} else {
		copy(scan, 1);
	}
}

/* `<<`, `<<-`: the body begins behind the next newline. */
static void take_document(struct scan *scan)
{
	copy(scan, 2);
	if (*scan->at == '<') {
		copy(scan, 1);
		return;
	}
	bool tabs = *scan->at == '-';
	copy(scan, tabs);
	copy(scan, strspn(scan->at, " \t"));
	char quote = *scan->at == '\'' || *scan->at == '"' ? *scan->at : '\0';
	bool quoted = quote || *scan->at == '\\';
	copy(scan, quoted);
	const char *delimiter = scan->at;
	char until[2] = { quote, '\0' };
	size_t n = strcspn(delimiter, quote ? until : " \t\n;|&<>()");
	if (n > 0 && scan->n_documents < DOCUMENTS_MAX)
		scan->documents[scan->n_documents++] = (struct document){ delimiter, n, quoted, tabs };
	copy(scan, n + (quote && delimiter[n]));
}

static bool ends_document(const char *line, const struct document *document)
{
	line += document->tabs ? strspn(line, "\t") : 0;
	return strncmp(line, document->delimiter, document->n) == 0 &&
	       (line[document->n] == '\n' || !line[document->n]);
}

static bool take_in_body(struct scan *scan)
{
	size_t depth = scan->depth;

	if (take_using(scan, false))
		return true;
	bool taken = take_subscripted(scan, false);
	while (taken && scan->depth > depth && *scan->at && *scan->at != '\n')
		step(scan, scan->at);
	scan->depth = depth;
	return taken;
}

/* In a body quotes mean nothing, and variables do unless the delimiter was quoted. */
static void take_body(struct scan *scan, const struct document *document)
{
	bool line_begins = true;

	while (*scan->at && !(line_begins && ends_document(scan->at, document))) {
		line_begins = *scan->at == '\n';
		if (*scan->at == '\\' && scan->at[1] && !document->quoted)
			copy(scan, 2);
		else if (*scan->at != '$' || document->quoted || !take_in_body(scan))
			copy(scan, 1);
	}
	copy(scan, strcspn(scan->at, "\n"));
}

static void take_newline(struct scan *scan)
{
	copy(scan, 1);
	for (size_t i = 0; i < scan->n_documents; i++) {
		take_body(scan, &scan->documents[i]);
		copy(scan, *scan->at == '\n');
	}
	scan->n_documents = 0;
}

static bool begins_word(const struct scan *scan, const char *text)
{
	return scan->at == text || strchr(" \t\n;|&()", scan->at[-1]);
}

static bool ends_with(const char *start, const char *end, const char *word)
{
	size_t n = strlen(word);

	return (size_t)(end - start) >= n && memcmp(end - n, word, n) == 0 &&
	       (end - n == start || strchr(" \t\n;&|(){`", end[-(ptrdiff_t)n - 1]));
}

/* May a keyword stand here? */
static bool begins_command(const struct scan *scan, const char *text)
{
	static const char *const leading[] = { "do", "then", "else", "elif", "if", "while", "until", "!", "time" };
	const char *before = scan->at;

	while (before > text && strchr(" \t", before[-1]))
		before--;
	if (before == text || strchr("\n;&|(){`", before[-1]))
		return true;
	for (size_t i = 0; i < sizeof leading / sizeof *leading; i++)
		if (ends_with(text, before, leading[i]))
			return true;
	return false;
}

static bool is_keyword(const struct scan *scan, const char *text, const char *word)
{
	size_t n = strlen(word);

	return strncmp(scan->at, word, n) == 0 && (!scan->at[n] || strchr(" \t\n;&|)", scan->at[n])) &&
	       begins_word(scan, text) && begins_command(scan, text);
}

static void count_cases(struct scan *scan, const char *text)
{
	size_t *n_cases = &scan->n_cases[scan->depth];

	if (is_keyword(scan, text, "case"))
		++*n_cases;
	else if (*n_cases > 0 && is_keyword(scan, text, "esac"))
		--*n_cases;
}

static void take_plain(struct scan *scan, const char *text)
{
	count_cases(scan, text);
	switch (*scan->at) {
	case '\'':
		take_single(scan, false);
		break;
	case '"':
		copy(scan, 1);
		push(scan, DOUBLE);
		break;
	case '#':
		copy(scan, begins_word(scan, text) ? strcspn(scan->at, "\n") : 1);
		break;
	case '\n':
		take_newline(scan);
		break;
	case '(':
		if (scan->at[1] == '(') {
			copy(scan, 2);
			push(scan, ARITHMETIC);
			break;
		}
		copy(scan, 1);
		push(scan, PLAIN);
		break;
	case ')':
		copy(scan, 1);
		if (scan->n_cases[scan->depth] == 0)
			pop(scan);
		break;
	case '<':
		if (scan->at[1] == '<') {
			take_document(scan);
			break;
		}
		__attribute__((fallthrough));
	default:
		copy(scan, 1);
	}
}

static void take_inside(struct scan *scan)
{
	enum context context = scan->stack[scan->depth];

	if (context == ARITHMETIC && scan->at[0] == ')' && scan->at[1] == ')') {
		copy(scan, 2);
		pop(scan);
		return;
	}
	bool ends = (context == DOUBLE && *scan->at == '"') || (context == BRACE && *scan->at == '}');
	bool quoted = ends && scan->quoted[scan->depth];
	if (ends)
		pop(scan);
	copy(scan, 1);
	put(scan, "\"", quoted);
}

static void step(struct scan *scan, const char *text)
{
	if (*scan->at == '\\' && scan->at[1])
		copy(scan, 2);
	else if (*scan->at == '$')
		take_dollar(scan);
	else if (scan->stack[scan->depth] == PLAIN)
		take_plain(scan, text);
	else
		take_inside(scan);
}

int pss_using_expand(const char *text, pss_using_is_list is_list, void *user, char **ret_text,
		     struct pss_texts *ret_names)
{
	struct scan scan = { .at = text, .names = ret_names, .is_list = is_list, .user = user };

	pss_buffer_init(&scan.out);
	while (*scan.at && scan.error == 0)
		step(&scan, text);
	put(&scan, "", 1);
	if (scan.error == 0)
		*ret_text = strdup((const char *)pss_buffer_bytes(&scan.out));
	if (scan.error == 0 && !*ret_text)
		scan.error = -ENOMEM;
	pss_buffer_finish(&scan.out);
	return scan.error;
}
