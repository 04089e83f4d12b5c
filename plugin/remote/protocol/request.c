/* SPDX-License-Identifier: MIT */
/* Encodes requests. Called by the engine and the unit tests. A request is one line (the POSIX family's may
 * hold newlines inside quotes), behind an empty one that absorbs what an interrupt at the prompt makes the
 * shell drop; for fish and pwsh it is a record that NUL ends, behind a NUL that ends what was cut short. User text
 * appears in it quoted only: no byte of it can be read as part of the request. */
#include "remote/protocol/request.h"

#include <string.h>

#include "base/secret.h"
#include "remote/protocol/variables.h"

#define STREAMS " 0<\"$__pss_in\" 1<>\"$__pss_d/o$__pss_relay\" 2<>\"$__pss_d/e$__pss_relay\""

/* mksh and busybox fail to open a fifo when a job ends meanwhile (EINTR), and then it is tried again: a group, unlike
 * `eval`, is nothing whose redirection's failure ends the line. */
#define EVALUATE_OPEN "{ \\eval \"__pss_open=1;$__pss_x$__pss_c$__pss_y\"; }" STREAMS

/* zsh keeps the places of words in a line as short (hist.c), and writes astray behind 32767 bytes. */
#define ZSH_LINE_MAX 16384 /* of a word in it */
#define ZSH_PART_MAX (ZSH_LINE_MAX / PSS_FAMILY_QUOTED)

/* However the text has ended: what a function sets of these options is put back when it returns. */
#define ZSH_ALWAYS "always { { \\builtin eval \"${__pss_undo-$__pss_y}\"; } 2>/dev/null; __pss_end; }"

static const struct {
	PssFamily family;
	const char *evaluate; /* behind the quoted text */
	const char *invoke;   /* the same, for an invocation */
} families[] = {
	{ PSS_FAMILY_BASH, "; } >/dev/null 2>&1 && \\builtin eval \"$__pss_x$__pss_c$__pss_y\" 0<>\"$__pss_t\"\n",
	  "; } && \\builtin eval \"$__pss_x$__pss_c$__pss_y$__pss_fin\"" STREAMS "\n" },
	{ PSS_FAMILY_ZSH,
	  "; } >/dev/null 2>&1 && { __pss_preexec; \\builtin eval \"$__pss_x$__pss_c$__pss_y\" 0<>\"$__pss_t\"; "
	  "} " ZSH_ALWAYS "; { \\builtin eval \"$__pss_go\"; } 2>/dev/null\n",
	  "; } >/dev/null 2>&1 && { __pss_give; \\builtin eval \"$__pss_x$__pss_c$__pss_y\"" STREAMS "; } " ZSH_ALWAYS
	  "; { __pss_watch; } 2>/dev/null\n" },
	{ PSS_FAMILY_FISH, NULL, NULL }, /* records, not lines */
	{ PSS_FAMILY_PWSH, NULL, NULL },
	{ PSS_FAMILY_POSIX,
	  "; } >/dev/null 2>&1 && \\eval \"$__pss_x$__pss_c$__pss_y\" 0<>\"$__pss_t\"; { __pss_end; } 2>/dev/null\n",
	  "; } >/dev/null 2>&1 && { __pss_open=; " EVALUATE_OPEN "; __pss_shut $? && " EVALUATE_OPEN
	  "; __pss_shut $? && " EVALUATE_OPEN "; } 2>/dev/null; { __pss_end; } 2>/dev/null\n" },
};

static void begin_line(GString *out, PssFamily family)
{
	g_string_append(out, family == PSS_FAMILY_ZSH ? "\n " : "\n");
}

/* `form` holds one %s. */
static void append_form(GString *out, PssFamily family, const char *form, const char *nonce)
{
	begin_line(out, family);
	const char *at = strstr(form, "%s");
	g_string_append_len(out, form, at - form);
	g_string_append(out, nonce);
	g_string_append(out, at + 2);
}

/* A word of a record, for `printf %b` (fish) and Regex.Unescape (pwsh). No blank, so that a record splits at blanks. */
static void append_text(GString *record, const char *text, gsize n)
{
	g_string_append_c(record, ' ');
	for (gsize i = 0; i < n; i++) {
		if (g_ascii_isgraph(text[i]) && text[i] != '\\')
			g_string_append_c(record, text[i]);
		else
			g_string_append_printf(record, "\\x%02x", (unsigned char)text[i]);
	}
}

static void append_record(GString *out, const char *kind, const char *nonce, const char *rest)
{
	g_string_append_c(out, '\0');
	g_string_append_printf(out, "%s %s%s", kind, nonce, rest);
	g_string_append_c(out, '\0');
}

/* Lines for zsh that make `text` its __pss_text, in the request `nonce`. How many there are. */
static guint send_ahead(GString *out, const char *nonce, const char *text, gsize n)
{
	guint n_parts = 0;

	for (gsize at = 0; at < n; at += ZSH_PART_MAX) {
		append_form(out, PSS_FAMILY_ZSH, "{ __pss_part %s ", nonce);
		g_string_append_printf(out, "%u ", ++n_parts);
		pss_family_quote(out, PSS_FAMILY_ZSH, text + at, MIN(n - at, ZSH_PART_MAX));
		g_string_append(out, "; } 2>/dev/null\n");
	}
	return n_parts;
}

/* Begins a line that calls `function` with `nonce` and `text`. */
static void append_call(GString *out, PssFamily family, const char *function, const char *nonce, const char *text,
			gsize n)
{
	guint n_parts = family == PSS_FAMILY_ZSH && n > ZSH_PART_MAX ? send_ahead(out, nonce, text, n) : 0;

	append_form(out, family, "{ %s", "");
	if (n_parts > 0)
		g_string_append_printf(out, "__pss_whole %s %u && ", nonce, n_parts);
	g_string_append_printf(out, "%s %s ", function, nonce);
	if (n_parts > 0)
		g_string_append(out, "\"$__pss_text\"");
	else
		pss_family_quote(out, family, text, n);
}

/* One request: a command, and the words behind it. */
static void append_command(GString *out, PssFamily family, const char *nonce, const char *command, const char *words)
{
	gsize n = strlen(words);
	gboolean is_long = family == PSS_FAMILY_ZSH && n > ZSH_LINE_MAX;
	guint n_parts = is_long ? send_ahead(out, nonce, words, n) : 0;

	append_form(out, family, "{ %s", "");
	if (is_long)
		g_string_append_printf(out, "__pss_whole %s %u && \\builtin eval \"", nonce, n_parts);
	g_string_append(out, command);
	g_string_append(out, is_long ? " $__pss_text\"" : words);
	g_string_append(out, "; } >/dev/null 2>&1\n");
}

/* Behind what zsh and fish do at rest: there they wait for what the user's handlers watch, too. */
static void rest(GString *out, PssFamily family)
{
	if (family == PSS_FAMILY_ZSH)
		append_form(out, family, "{ __pss_watch%s; } 2>/dev/null\n", "");
	else if (family == PSS_FAMILY_FISH)
		append_record(out, "w", "-", "");
}

void pss_request_line(GString *out, PssFamily family, const char *nonce, const char *text, gsize n, gboolean ask)
{
	if (pss_family_has_records(family)) {
		g_autoptr(GString) word = g_string_sized_new(n + 64);
		append_text(word, text, n);
		append_record(out, ask ? "v" : "b", nonce, word->str);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(families); i++) {
		if (families[i].family != family || !families[i].evaluate)
			continue;
		append_call(out, family, ask ? "__pss_v" : "__pss_b", nonce, text, n);
		g_string_append(out, families[i].evaluate);
	}
}

/* An older shell source, of a session that has been taken over, passes over the word `short`. */
static char *stream_words(const PssRequestStreams *streams)
{
	GString *words = g_string_new(NULL);

	g_string_printf(words, " %u", streams->relay);
	if (streams->input)
		g_string_append_printf(words, " %u", streams->input);
	else if (streams->is_short || streams->is_awaited)
		g_string_append(words, " ''");
	if (streams->is_short || streams->is_awaited)
		g_string_append(words, streams->is_short ? " short" : " ''");
	if (streams->is_awaited)
		g_string_append(words, " await");
	return g_string_free(words, FALSE);
}

void pss_request_invoke(GString *out, PssFamily family, const char *nonce, const char *text, gsize n,
			const PssRequestStreams *streams)
{
	if (pss_family_has_records(family)) {
		g_autofree char *input = streams->input ? g_strdup_printf("%u", streams->input) : g_strdup("n");
		g_autoptr(PssSecret) rest = pss_secret_new(PSS_FAMILY_QUOTED * n + 64);
		g_string_append_printf(rest, " %u %s", streams->relay, input);
		append_text(rest, text, n);
		append_record(out, "i", nonce, rest->str);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(families); i++) {
		if (families[i].family != family || !families[i].invoke)
			continue;
		g_autofree char *words = stream_words(streams);
		append_call(out, family, "__pss_i", nonce, text, n);
		g_string_append(out, words);
		g_string_append(out, families[i].invoke);
	}
}

void pss_request_end_relay(GString *out, PssFamily family, guint relay)
{
	g_autofree char *number = g_strdup_printf("%u", relay);
	if (pss_family_has_records(family))
		append_record(out, "f", number, "");
	else
		append_form(out, family, "{ __pss_f %s; } >/dev/null 2>&1\n", number);
	rest(out, family);
}

void pss_request_second(GString *out, PssFamily family, const char *nonce, gboolean again)
{
	if (family == PSS_FAMILY_BASH)
		append_form(out, family,
			    again ? "{ \\builtin eval \"$__pss_l\"; __pss_z %s again; } >/dev/null 2>&1\n"
				  : "{ \\builtin eval \"$__pss_l\"; __pss_z %s; } >/dev/null 2>&1\n",
			    nonce);
	else if (!pss_family_has_records(family))
		append_form(out, family,
			    again ? "{ __pss_z %s again; } 2>/dev/null\n" : "{ __pss_z %s; } 2>/dev/null\n", nonce);
	else if (again) { /* the next call of its reader reports what was interrupted */
		append_record(out, "z", nonce, "");
		rest(out, family);
	}
}

static char *hexadecimal(const char *text)
{
	GString *digits = g_string_new(NULL);
	for (; *text; text++)
		g_string_append_printf(digits, "%02x", (guint8)*text);
	return g_string_free(digits, FALSE);
}

void pss_request_typed(GString *out, PssFamily family, const char *nonce, const char *sentinel)
{
	g_autofree char *digits = hexadecimal(sentinel);
	if (pss_family_has_records(family)) {
		g_autofree char *word = g_strconcat(" ", digits, NULL);
		append_record(out, "g", nonce, family == PSS_FAMILY_FISH ? "" : word);
		rest(out, family);
		return;
	}
	begin_line(out, family);
	g_string_append_printf(out, "{ __pss_g %s %s; } 2>/dev/null\n", nonce, digits);
	rest(out, family);
}

void pss_request_keep(GString *out, PssFamily family)
{
	if (pss_family_has_records(family))
		append_record(out, "k", "-", "");
	else
		append_form(out, family, "__pss_kept=%s\n", "1");
}

void pss_request_forget(GString *out, PssFamily family, gboolean arguments, const char *const *variables)
{
	g_autoptr(GString) names = g_string_new(NULL);
	pss_variables_names(names, variables);
	if (!arguments && names->len == 0)
		return;
	if (pss_family_has_records(family)) {
		append_record(out, "u", "argv", names->str);
		rest(out, family);
		return;
	}
	if (arguments)
		append_form(out, family, "set --%s\n", "");
	if (names->len > 0)
		append_command(out, family, "-", "unset -v", names->str);
	rest(out, family);
}

static void append_word(GString *out, PssFamily family, const char *text, gsize n)
{
	g_string_append_c(out, ' ');
	pss_family_quote(out, family, text, n);
}

static void append_number(GString *out, gsize number)
{
	g_string_append_printf(out, " %" G_GSIZE_FORMAT, number);
}

void pss_request_complete(GString *out, PssFamily family, const char *nonce, const PssCursor *cursor, const char *line,
			  gsize n, gsize point)
{
	if (pss_family_has_records(family)) { /* it knows its own language */
		g_autoptr(GString) words = g_string_new(NULL);
		append_number(words, point);
		append_text(words, line, point);
		append_record(out, "c", nonce, words->str);
		rest(out, family);
		return;
	}
	g_autoptr(GString) words = g_string_new(NULL);
	append_word(words, family, &cursor->kind, 1);
	append_word(words, family, &cursor->quote, cursor->quote ? 1 : 0);
	append_number(words, cursor->start);
	append_word(words, family, cursor->head->str, cursor->head->len);
	append_word(words, family, cursor->directory->str, cursor->directory->len);
	append_word(words, family, cursor->base->str, cursor->base->len);
	append_number(words, point);
	append_number(words, cursor->segment);
	append_word(words, family, line, n);
	for (guint i = 0; i < cursor->words->len; i++) {
		const char *word = cursor->words->pdata[i];
		append_word(words, family, word, strlen(word));
	}
	g_autofree char *command = g_strconcat("__pss_c ", nonce, NULL);
	append_command(out, family, nonce, command, words->str);
	rest(out, family);
}

void pss_request_abandon(GString *out, PssFamily family)
{
	if (pss_family_has_records(family))
		return;
	append_form(out, family, "{ __pss_a%s; } >/dev/null 2>&1\n", "");
	rest(out, family);
}

void pss_request_drain(GString *out)
{
	append_record(out, "d", "-", "");
}

void pss_request_hang_up(GString *out, PssFamily family)
{
	if (pss_family_has_records(family))
		append_record(out, "h", "-", "");
	else
		append_form(out, family, "\\command kill -HUP $$%s\n", "");
}
