/* SPDX-License-Identifier: MIT */
/* Fills the shell sources (built in by embed.sh) with one session's values. Called by pss_remote_new(). The
 * terminal's command stands in argv and may hold nothing secret; it is one word in single quotes that any
 * login shell passes on, so it holds no single quote, backslash, exclamation mark or newline. */
#include "remote/protocol/script.h"

#include <gio/gio.h>
#include <string.h>

#include "remote/protocol/sources.h"

/* What one completion may carry over, so that it stays below the longest reply and the longest frame. */
#define PSS_COMPLETIONS_MAX 4000
#define PSS_PROMPT_LONGEST 60000       /* letters, of four bytes at most */
#define PSS_COMPLETIONS_LONGEST 160000 /* bytes */

void pss_script_replace(GString *text, const char *from, const char *to)
{
	g_string_replace(text, from, to, 0);
}

static void fill(GString *text, const PssScriptValues *values)
{
	g_autofree char *shell = g_shell_quote(values->shell ? values->shell : "");
	pss_script_replace(text, "@NAME@", values->name);
	g_autofree char *call = g_strndup(values->first, 8);
	pss_script_replace(text, "@FIRST@", values->first);
	pss_script_replace(text, "@CALL@", call);
	pss_script_replace(text, "@KEPT@", values->kept ? "1" : "");
	pss_script_replace(text, "@RESILIENT@", values->resilient ? "1" : "");
	pss_script_replace(text, "@SHELL@", shell);
}

/* The last newline would stand before a line of its own. */
void pss_script_include(GString *text, const char *mark, const char *source)
{
	g_autofree char *copy = g_strdup(source);
	g_strchomp(copy);
	pss_script_replace(text, mark, copy);
}

void pss_script_number(GString *text, const char *from, guint number)
{
	g_autofree char *digits = g_strdup_printf("%u", number);

	pss_script_replace(text, from, digits);
}

void pss_script_stay(GString *text)
{
	pss_script_replace(text, "\"$XDG_RUNTIME_DIR\" /dev/shm \"${TMPDIR:-/tmp}\"", "\"${TMPDIR:-/tmp}\"");
}

char *pss_script_quote(GString *text)
{
	g_strdelimit(text->str, "\n", ' ');
	g_strchomp(text->str);
	g_assert(!strpbrk(text->str, "'\\!"));
	return g_strdup_printf("'%s'", text->str);
}

char *pss_script_word(GString *text)
{
	g_autofree char *quoted = pss_script_quote(text);

	/* A restricted shell refuses `exec`, and then runs the rest. */
	return g_strdup_printf("exec /bin/sh -c %s; sh -c %s", quoted, quoted);
}

/* ---- the control channel */

/* The start-up files of a family, and its part of late.sh. In the order of their frequency. */
static const struct {
	PssFamily family;
	const char *start, *complete; /* NULL: it completes by itself */
} parts[] = {
	{ PSS_FAMILY_BASH, pss_source_start_bash, pss_source_complete_bash },
	{ PSS_FAMILY_ZSH, pss_source_start_zsh, pss_source_complete_zsh },
	{ PSS_FAMILY_POSIX, pss_source_start_posix, pss_source_complete_posix },
	{ PSS_FAMILY_FISH, pss_source_start_fish, NULL },
	{ PSS_FAMILY_PWSH, pss_source_start_pwsh, NULL },
};

#define EVERY_FAMILY (~0u)

static guint only(PssFamily family)
{
	return 1u << family;
}

/* In a start-up file: what follows can come with the other command, and is sourced by a line in this place. So no
 * request is as long as 8 KiB: libssh keeps two buffers as large as the longest, rounded up to a power of two, as long
 * as the connection lives. */
#define MORE "@MORE@\n"
#define SOURCE_MORE "\\builtin . \"$__pss_d/more\""
#define SOURCE_ESCAPES ". \"$__pss_d/escapes\""
#define PUT_ESCAPES "[ $f != bash ] || put escapes <<'@END@'\n@ESCAPES@\n@END@\n"

static void include_parts(GString *text, guint families)
{
	g_autoptr(GString) start = g_string_new(NULL), complete = g_string_new(NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(parts); i++)
		if (families & only(parts[i].family)) {
			g_string_append(start, parts[i].start);
			g_string_append(complete, parts[i].complete ? parts[i].complete : "");
		}
	pss_script_include(text, "@START@", start->str);
	pss_script_include(text, "@COMPLETE@", complete->str);
}

static void include_sources(GString *text)
{
	const struct {
		const char *mark, *source;
	} sources[] = {
		{ "@RENDEZVOUS@", pss_source_rendezvous },
		{ "@ESCAPES@", pss_source_escapes },
		{ "@BASH@", pss_source_bash },
		{ "@BASH_TRAPS@", pss_source_bash_traps },
		{ "@BASH_HOOKS@", pss_source_bash_hooks },
		{ "@ZSH_HOOKS@", pss_source_zsh_hooks },
		{ "@ZSH_EDITOR@", pss_source_zsh_editor },
		{ "@ZSH@", pss_source_zsh },
		{ "@FISH@", pss_source_fish },
		{ "@PWSH@", pss_source_pwsh },
		{ "@POSIX@", pss_source_posix },
		{ "@BASH_COMPLETE@", pss_source_bash_complete },
		{ "@ZSH_COMPLETE@", pss_source_zsh_complete },
		{ "@POSIX_COMPLETE@", pss_source_posix_complete },
		{ "@RELAY@", pss_source_relay },
		{ "@TYPED@", pss_source_typed },
		{ "@WHERE@", pss_source_where },
		{ "@LAUNCH@", pss_source_launch },
		{ "@LOADER@", pss_source_loader },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(sources); i++)
		pss_script_include(text, sources[i].mark, sources[i].source);
	pss_script_number(text, "@INPUTS@", PSS_RELAY_INPUTS);
	pss_script_number(text, "@PROMPT@", PSS_PROMPT_LONGEST);
	pss_script_number(text, "@MOST@", PSS_COMPLETIONS_MAX);
	pss_script_number(text, "@LONGEST@", PSS_COMPLETIONS_LONGEST);
}

static void compose(GString *text, guint families, gboolean resilient)
{
	include_parts(text, families);
	include_sources(text);
	pss_script_replace(text, MORE, "");
	if (resilient)
		pss_script_stay(text);
}

GString *pss_script_control(const PssScriptValues *values)
{
	/* Start-up files that read lines eat these. */
	GString *text = g_string_new(PSS_SCRIPT_EMPTY_LINES);

	g_string_append_printf(text, "key=%s\n%s", values->key, pss_source_control);
	g_string_append(text, pss_source_late);
	g_string_append(text, pss_source_plain);
	compose(text, EVERY_FAMILY, values->resilient);
	fill(text, values);
	return text;
}

/* ---- the same as a word */

char *pss_script_pack(const GString *text)
{
	g_autoptr(GZlibCompressor) gzip = g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP, 9);
	g_autoptr(GByteArray) packed = g_byte_array_new();
	GConverterResult result = G_CONVERTER_CONVERTED;
	guint8 room[4096];
	gsize at = 0;

	while (result != G_CONVERTER_FINISHED) {
		g_autoptr(GError) error = NULL;
		gsize n_read, n;
		result = g_converter_convert(G_CONVERTER(gzip), text->str + at, text->len - at, room, sizeof room,
					     G_CONVERTER_INPUT_AT_END, &n_read, &n, &error);
		g_assert_no_error(error);
		at += n_read;
		g_byte_array_append(packed, room, (guint)n);
	}
	return g_base64_encode(packed->data, packed->len);
}

/* Takes the second half of the start-up file, and what it sources, out of a script, and packs it. NULL: it has none. */
static char *pack_half(GString *text)
{
	g_autoptr(GString) more = g_string_new(NULL);

	pss_script_include(text, "@BASH@", pss_source_bash);
	const char *start = strstr(text->str, MORE), *end = start ? strstr(start, "\n@END@") : NULL;
	if (!end)
		return NULL;
	const gssize at = start - text->str;
	g_string_append_len(more, start + strlen(MORE), end - start - (gssize)strlen(MORE));
	pss_script_include(more, SOURCE_ESCAPES, "@ESCAPES@");
	g_string_erase(text, at, end - start);
	g_string_insert(text, at, SOURCE_MORE);
	pss_script_replace(text, PUT_ESCAPES, "");
	include_sources(more);
	return pss_script_pack(more);
}

/* All of a session's values but the shell come as arguments, so one packed text serves all sessions. */
typedef struct {
	char *control;
	char *terminal; /* the second half of the start-up file, in the terminal's command; NULL: it is in the other */
} Packed;

static const Packed *packed_text(PssFamily family, gboolean resilient, gboolean in_halves)
{
	static Packed made[PSS_FAMILY_PWSH + 1][2][2];
	Packed *place = &made[family][resilient][in_halves];

	if (!place->control) {
		g_autoptr(GString) text = g_string_new(pss_source_drawn);
		g_string_append(text, pss_source_control);
		pss_script_include(text, "@RENDEZVOUS@", ""); /* stage.sh has it */
		g_string_prepend(text, pss_source_stage);
		g_string_append(text, pss_source_packed);
		include_parts(text, only(family));
		place->terminal = in_halves ? pack_half(text) : NULL;
		compose(text, only(family), resilient);
		pss_script_replace(text, "@LENGTH@", "$m");
		pss_script_replace(text, "@EVALUATE@", "eval \"$(printf %s \"$t\" | base64 -d | gzip -dc)\"");
		pss_script_replace(text, "@SHELL@", "$1");
		place->control = pss_script_pack(text);
	}
	return place;
}

/* Where the family is another its start-up files come first. */
GString *pss_script_late(const PssScriptValues *values, PssFamily family, PssFamily packed)
{
	g_autoptr(GString) text = g_string_new(family == packed ? "" : "@START@\n");

	g_string_append(text, pss_source_late);
	compose(text, only(family), values->resilient);
	fill(text, values);
	g_autofree char *body = pss_script_pack(text);
	GString *late = g_string_new(NULL);
	g_string_printf(late, "%" G_GSIZE_FORMAT "\n%s", strlen(body), body);
	return late;
}

static gboolean is_a_word(const char *text)
{
	return !text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+-")];
}

static char *quote_source(const char *source)
{
	g_autoptr(GString) text = g_string_new(source);

	pss_script_replace(text, "@RS@", "\036");
	return pss_script_quote(text);
}

char *pss_script_control_command(const PssScriptValues *values, PssFamily family, gboolean in_halves)
{
	const char *shell = values->shell ? values->shell : "";

	if (!is_a_word(shell))
		return NULL;
	g_autofree char *unpack = quote_source(pss_source_unpack), *refused = quote_source(pss_source_unpack_not);
	return g_strdup_printf("exec /bin/sh -c %s sh %s %s %s %.8s '%s' '%s' '%s'; sh -c %s %s", unpack,
			       packed_text(family, values->resilient, in_halves)->control, values->name, values->first,
			       values->first, values->kept ? "1" : "", values->resilient ? "1" : "", shell, refused,
			       values->name);
}

static char *quote_terminal(const PssScriptValues *values)
{
	g_autoptr(GString) text = g_string_new("n=@NAME@;");
	g_string_append(text, pss_source_rendezvous);
	g_string_append(text, pss_source_terminal);
	if (values->resilient)
		pss_script_stay(text);
	fill(text, values);
	pss_script_replace(text, "@ESC@", "\033");
	pss_script_replace(text, "@BEL@", "\007");
	return pss_script_quote(text);
}

char *pss_script_terminal_command(const PssScriptValues *values)
{
	g_autofree char *quoted = quote_terminal(values);

	/* As in pss_script_word(). */
	return g_strdup_printf("exec /bin/sh -c %s; sh -c %s", quoted, quoted);
}

char *pss_script_terminal_command_for(const PssScriptValues *values, PssFamily family, gboolean in_halves)
{
	const char *more = in_halves ? packed_text(family, values->resilient, TRUE)->terminal : NULL;
	g_autofree char *quoted = quote_terminal(values);

	return g_strdup_printf("exec /bin/sh -c %s sh %s", quoted, more ? more : "");
}
