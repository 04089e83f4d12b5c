/* SPDX-License-Identifier: MIT */
/* Fills the shell sources (built in by embed.sh) with one session's values. Called by pss_remote_new(). The
 * terminal's command stands in argv and may hold nothing secret; it is one word in single quotes that any
 * login shell passes on, so it holds no single quote, backslash, exclamation mark or newline. */
#include "remote/protocol/script.h"

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
	pss_script_replace(text, "@KEY@", values->key);
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

char *pss_script_word(GString *text)
{
	g_strdelimit(text->str, "\n", ' ');
	g_strchomp(text->str);
	g_assert(!strpbrk(text->str, "'\\!"));
	/* A restricted shell refuses `exec`, and then runs the rest. */
	return g_strdup_printf("exec /bin/sh -c '%s'; sh -c '%s'", text->str, text->str);
}

char *pss_script_control(const PssScriptValues *values, gsize *ret_n)
{
	/* Start-up files that read lines eat these. */
	GString *text = g_string_new("\n\n\n\n\n\n\n\n");
	g_string_append(text, pss_source_control);
	pss_script_include(text, "@RENDEZVOUS@", pss_source_rendezvous);
	pss_script_include(text, "@ESCAPES@", pss_source_escapes);
	pss_script_include(text, "@BASH@", pss_source_bash);
	pss_script_include(text, "@BASH_TRAPS@", pss_source_bash_traps);
	pss_script_include(text, "@BASH_HOOKS@", pss_source_bash_hooks);
	pss_script_include(text, "@ZSH_HOOKS@", pss_source_zsh_hooks);
	pss_script_include(text, "@ZSH_EDITOR@", pss_source_zsh_editor);
	pss_script_include(text, "@ZSH@", pss_source_zsh);
	pss_script_include(text, "@FISH@", pss_source_fish);
	pss_script_include(text, "@PWSH@", pss_source_pwsh);
	pss_script_include(text, "@POSIX@", pss_source_posix);
	pss_script_include(text, "@BASH_COMPLETE@", pss_source_bash_complete);
	pss_script_include(text, "@ZSH_COMPLETE@", pss_source_zsh_complete);
	pss_script_include(text, "@POSIX_COMPLETE@", pss_source_posix_complete);
	pss_script_include(text, "@RELAY@", pss_source_relay);
	pss_script_include(text, "@TYPED@", pss_source_typed);
	pss_script_include(text, "@WHERE@", pss_source_where);
	pss_script_include(text, "@LAUNCH@", pss_source_launch);
	pss_script_number(text, "@INPUTS@", PSS_RELAY_INPUTS);
	pss_script_number(text, "@PROMPT@", PSS_PROMPT_LONGEST);
	pss_script_number(text, "@MOST@", PSS_COMPLETIONS_MAX);
	pss_script_number(text, "@LONGEST@", PSS_COMPLETIONS_LONGEST);
	if (values->resilient)
		pss_script_stay(text);
	fill(text, values);
	*ret_n = text->len;
	return g_string_free(text, FALSE);
}

char *pss_script_terminal_command(const PssScriptValues *values)
{
	g_autoptr(GString) text = g_string_new("n=@NAME@;");
	g_string_append(text, pss_source_rendezvous);
	g_string_append(text, pss_source_terminal);
	if (values->resilient)
		pss_script_stay(text);
	fill(text, values);
	pss_script_replace(text, "@ESC@", "\033");
	pss_script_replace(text, "@BEL@", "\007");
	return pss_script_word(text);
}
