/* SPDX-License-Identifier: MIT */
/* Fills the shell sources (built in by embed.sh) with one session's values. Called by pss_remote_new(). The
 * terminal's command stands in argv and may hold nothing secret; it is one word in single quotes that any
 * login shell passes on, so it holds no single quote, backslash, exclamation mark or newline. */
#include "remote/script.h"

#include <string.h>

#include "remote/sources.h"

/* What one completion may carry over, so that it stays below the longest reply and the longest frame. */
#define PSS_COMPLETIONS_MAX 4000
#define PSS_COMPLETIONS_LONGEST 160000 /* bytes */

static void replace_all(GString *text, const char *from, const char *to)
{
	g_string_replace(text, from, to, 0);
}

static void fill(GString *text, const PssScriptValues *values)
{
	g_autofree char *shell = g_shell_quote(values->shell ? values->shell : "");
	replace_all(text, "@NAME@", values->name);
	replace_all(text, "@KEY@", values->key);
	g_autofree char *call = g_strndup(values->first, 8);
	replace_all(text, "@FIRST@", values->first);
	replace_all(text, "@CALL@", call);
	replace_all(text, "@KEPT@", values->kept ? "1" : "");
	replace_all(text, "@SHELL@", shell);
}

/* The last newline would stand before a line of its own. */
static void include(GString *text, const char *mark, const char *source)
{
	g_autofree char *copy = g_strdup(source);
	g_strchomp(copy);
	replace_all(text, mark, copy);
}

char *pss_script_control(const PssScriptValues *values, gsize *ret_n)
{
	GString *text = g_string_new(pss_source_control);
	include(text, "@RENDEZVOUS@", pss_source_rendezvous);
	include(text, "@BASH@", pss_source_bash);
	include(text, "@ZSH@", pss_source_zsh);
	include(text, "@FISH@", pss_source_fish);
	include(text, "@POSIX@", pss_source_posix);
	include(text, "@BASH_COMPLETE@", pss_source_bash_complete);
	include(text, "@ZSH_COMPLETE@", pss_source_zsh_complete);
	include(text, "@POSIX_COMPLETE@", pss_source_posix_complete);
	include(text, "@RELAY@", pss_source_relay);
	include(text, "@LAUNCH@", pss_source_launch);
	replace_all(text, "@MOST@", G_STRINGIFY(PSS_COMPLETIONS_MAX));
	replace_all(text, "@LONGEST@", G_STRINGIFY(PSS_COMPLETIONS_LONGEST));
	fill(text, values);
	*ret_n = text->len;
	return g_string_free(text, FALSE);
}

char *pss_script_terminal_command(const PssScriptValues *values)
{
	g_autoptr(GString) text = g_string_new("n=@NAME@;");
	g_string_append(text, pss_source_rendezvous);
	g_string_append(text, pss_source_terminal);
	fill(text, values);
	replace_all(text, "@ESC@", "\033");
	replace_all(text, "@BEL@", "\007");
	g_strdelimit(text->str, "\n", ' ');
	g_strchomp(text->str);
	g_assert(!strpbrk(text->str, "'\\!"));
	/* A restricted shell refuses `exec`, and then runs the rest. */
	return g_strdup_printf("exec sh -c '%s'; sh -c '%s'", text->str, text->str);
}
