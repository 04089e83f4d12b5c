/* SPDX-License-Identifier: MIT */
/* readline's commands while entered. Those that would complete, expand or run something on the local
 * machine are replaced in all keymaps and in the table of names, so that neither a key nor a reread
 * inputrc reaches them; those that end a line do so for keys that were typed. Called once, in the entered child. */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "bash-builtin/editor-readline.h"
#include "bash-builtin/editor.h"

#define KEYMAP_DEPTH_MAX 16
#define MACRO_DEPTH_MAX 32 /* readline's own limit is 16 */

static pss_rl_command end_line, end_and_get_next, end_as_comment;

static const struct {
	const char *name, *instead; /* NULL: `function`, or only the bell */
	pss_rl_command *function;
} local_commands[] = {
	{ "accept-line", NULL, end_line },
	{ "operate-and-get-next", NULL, end_and_get_next },
	{ "insert-comment", NULL, end_as_comment },
	{ "edit-and-execute-command", NULL },
	{ "vi-edit-and-execute-command", NULL },
	{ "shell-expand-line", NULL },
	{ "alias-expand-line", NULL },
	{ "history-and-alias-expand-line", "history-expand-line" },
	{ "tilde-expand", NULL },
	{ "vi-tilde-expand", NULL },
	{ "spell-correct-word", NULL },
	{ "glob-complete-word", NULL },
	{ "glob-expand-word", NULL },
	{ "glob-list-expansions", NULL },
	{ "complete-into-braces", NULL },
	{ "complete-filename", "complete" },
	{ "possible-filename-completions", "possible-completions" },
	{ "complete-username", NULL },
	{ "possible-username-completions", NULL },
	{ "complete-hostname", NULL },
	{ "possible-hostname-completions", NULL },
	{ "complete-variable", NULL },
	{ "possible-variable-completions", NULL },
	{ "complete-command", NULL },
	{ "possible-command-completions", NULL },
	{ "bash-vi-complete", NULL }, /* bash 5.3; without a name before */
};
#define N_LOCAL_COMMANDS (sizeof(local_commands) / sizeof(local_commands[0]))

static struct {
	pss_rl_command *local, *instead;
} replacements[N_LOCAL_COMMANDS];

int pss_bash_editor_only_bell(int count, int key)
{
	rl_ding();
	return 0;
}

/* For a command that reads the name of what it shall run from the next key. */
static int bell_and_key(int count, int key)
{
	rl_read_key();
	rl_ding();
	return 0;
}

/* -- ends of lines */

bool pss_bash_editor_is_in_macro(void)
{
	return (rl_readline_state & PSS_RL_STATE_MACROINPUT) != 0;
}

void pss_bash_editor_stop_macros(void)
{
	for (int i = 0; i < MACRO_DEPTH_MAX && (rl_readline_state & PSS_RL_STATE_MACROINPUT); i++) {
		if (&_rl_pop_executing_macro)
			_rl_pop_executing_macro();
		else
			rl_executing_macro = NULL;
	}
	rl_readline_state &= ~PSS_RL_STATE_MACROINPUT;
}

static int call_original(pss_rl_command *instead, int count, int key)
{
	for (size_t i = 0; i < N_LOCAL_COMMANDS; i++) {
		if (replacements[i].instead == instead && replacements[i].local)
			return replacements[i].local(count, key);
	}
	return rl_ding();
}

/* A line ends by a key of the user's: what a macro has made of it (a tool's command for this computer, as a rule) would
 * go to the remote unseen. It stays on the line, and the rest of the macro is dropped. */
static int end_if_typed(pss_rl_command *instead, int count, int key)
{
	if (!pss_bash_editor_is_in_macro())
		return call_original(instead, count, key);
	pss_bash_editor_stop_macros();
	return rl_ding();
}

static int end_line(int count, int key)
{
	return end_if_typed(end_line, count, key);
}

static int end_and_get_next(int count, int key)
{
	return end_if_typed(end_and_get_next, count, key);
}

static int end_as_comment(int count, int key)
{
	return end_if_typed(end_as_comment, count, key);
}

/* -- replacing */

static pss_rl_command *replacement_of(pss_rl_command *command)
{
	for (size_t i = 0; i < N_LOCAL_COMMANDS; i++) {
		if (replacements[i].local == command && command)
			return replacements[i].instead;
	}
	return command;
}

static void disarm_keymap(struct pss_keymap_entry *keymap, int depth)
{
	for (size_t i = 0; i < PSS_KEYMAP_SIZE; i++) {
		if (!keymap[i].function)
			continue;
		if (keymap[i].type == PSS_KEYMAP_FUNCTION)
			keymap[i].function = replacement_of(keymap[i].function);
		else if (keymap[i].type == PSS_KEYMAP_MAP && depth < KEYMAP_DEPTH_MAX)
			disarm_keymap(__extension__((struct pss_keymap_entry *)(void *)keymap[i].function), depth + 1);
	}
}

static int has_name(pss_rl_command *command)
{
	for (struct pss_funmap **row = funmap; row && *row; row++) {
		if ((*row)->function == command)
			return 1;
	}
	return 0;
}

/* bash puts commands without a name into vi's keymap: completion of local files, running an alias as keys, an editor.
 * What else has no name there is the user's `bind -x`. */
static void disarm_nameless(char key, pss_rl_command *instead)
{
	struct pss_keymap_entry *entry = &vi_movement_keymap[(unsigned char)key];

	if (entry->type == PSS_KEYMAP_FUNCTION && entry->function && !has_name(entry->function) &&
	    entry->function != bash_execute_unix_command)
		entry->function = instead;
}

void pss_bash_editor_disarm_commands(void)
{
	for (size_t i = 0; i < N_LOCAL_COMMANDS; i++) {
		pss_rl_command *instead =
			local_commands[i].instead ? rl_named_function(local_commands[i].instead) : NULL;

		replacements[i].local = rl_named_function(local_commands[i].name);
		if (!instead)
			instead = local_commands[i].function ? local_commands[i].function : pss_bash_editor_only_bell;
		replacements[i].instead = instead;
	}
	disarm_nameless('\\', pss_bash_editor_only_bell);
	disarm_nameless('*', pss_bash_editor_only_bell);
	disarm_nameless('=', pss_bash_editor_only_bell);
	disarm_nameless('@', bell_and_key);
	disarm_nameless('v', pss_bash_editor_only_bell); /* edit-and-execute; it has a name from bash 5.2 on */
	disarm_keymap(emacs_standard_keymap, 0);
	disarm_keymap(vi_insertion_keymap, 0);
	disarm_keymap(vi_movement_keymap, 0);
	disarm_keymap(rl_get_keymap(), 0);
	for (struct pss_funmap **row = funmap; row && *row; row++)
		(*row)->function = replacement_of((*row)->function);
}
