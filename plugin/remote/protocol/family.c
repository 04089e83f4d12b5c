/* SPDX-License-Identifier: MIT */
/* Names and quoting of the families. Called wherever a user's text becomes part of what a remote shell reads. */
#include "remote/protocol/family.h"

#include <string.h>

static const struct {
	PssFamily family;
	const char *word; /* in the reply `r` */
	const char *name;
} families[] = {
	{ PSS_FAMILY_BASH, "bash", "bash" }, { PSS_FAMILY_ZSH, "zsh", "zsh" },    { PSS_FAMILY_FISH, "fish", "fish" },
	{ PSS_FAMILY_POSIX, "posix", "sh" }, { PSS_FAMILY_PWSH, "pwsh", "pwsh" },
};

PssFamily pss_family_from_name(const char *name)
{
	for (gsize i = 0; i < G_N_ELEMENTS(families); i++) {
		if (strcmp(families[i].word, name) == 0)
			return families[i].family;
	}
	return PSS_FAMILY_NONE;
}

const char *pss_family_word(PssFamily family)
{
	for (gsize i = 0; i < G_N_ELEMENTS(families); i++) {
		if (families[i].family == family)
			return families[i].word;
	}
	return NULL;
}

const char *pss_family_name(PssFamily family)
{
	for (gsize i = 0; i < G_N_ELEMENTS(families); i++) {
		if (families[i].family == family)
			return families[i].name;
	}
	return NULL;
}

gboolean pss_family_has_records(PssFamily family)
{
	return family == PSS_FAMILY_FISH || family == PSS_FAMILY_PWSH;
}

gboolean pss_family_ends_by_itself(PssFamily family)
{
	return family == PSS_FAMILY_BASH || family == PSS_FAMILY_ZSH;
}

gboolean pss_family_waits_for_relay(PssFamily family)
{
	return family == PSS_FAMILY_BASH || family == PSS_FAMILY_ZSH;
}

/* $'…': every byte that is not plain ASCII as three octal digits; `!` too, for history expansion. */
static void quote_ansi(GString *out, const char *text, gsize n)
{
	g_string_append(out, "$'");
	for (gsize i = 0; i < n; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c == '\n')
			g_string_append(out, "\\n");
		else if (c < ' ' || c >= 0x7f || c == '\'' || c == '\\' || c == '!')
			g_string_append_printf(out, "\\%03o", c);
		else
			g_string_append_c(out, (char)c);
	}
	g_string_append_c(out, '\'');
}

/* A word of fish: bytes as \\Xhh. */
static void quote_bytes(GString *out, const char *text, gsize n)
{
	if (n == 0)
		g_string_append(out, "''");
	for (gsize i = 0; i < n; i++) {
		if (g_ascii_isalnum(text[i]) || (text[i] && strchr("_-./:,+@", text[i])))
			g_string_append_c(out, text[i]);
		else
			g_string_append_printf(out, "\\X%02x", (unsigned char)text[i]);
	}
}

/* '…', which has no escapes: a quote ends it, stands outside, and begins the next. */
static void quote_plain(GString *out, const char *text, gsize n)
{
	g_string_append_c(out, '\'');
	for (gsize i = 0; i < n; i++) {
		if (text[i] == '\'')
			g_string_append(out, "'\\''");
		else
			g_string_append_c(out, text[i]);
	}
	g_string_append_c(out, '\'');
}

/* PowerShell's '…', which U+2018 to U+201B end as well: a quote that is doubled stands for itself. */
static void quote_doubled(GString *out, const char *text, gsize n)
{
	static const char typographic[] = "\342\200";

	g_string_append_c(out, '\'');
	for (gsize i = 0; i < n; i++) {
		gboolean is_wide = n - i > 2 && memcmp(text + i, typographic, 2) == 0 && (guint8)text[i + 2] >= 0x98 &&
				   (guint8)text[i + 2] <= 0x9b;
		gsize n_letter = is_wide ? 3 : 1;
		for (int times = is_wide || text[i] == '\'' ? 2 : 1; times > 0; times--)
			g_string_append_len(out, text + i, (gssize)n_letter);
		i += n_letter - 1;
	}
	g_string_append_c(out, '\'');
}

void pss_family_quote(GString *out, PssFamily family, const char *text, gsize n)
{
	if (family == PSS_FAMILY_POSIX)
		quote_plain(out, text, n);
	else if (family == PSS_FAMILY_FISH)
		quote_bytes(out, text, n);
	else if (family == PSS_FAMILY_PWSH)
		quote_doubled(out, text, n);
	else
		quote_ansi(out, text, n);
}
