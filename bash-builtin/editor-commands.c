/* SPDX-License-Identifier: MIT */
/* readline's commands while entered. Those that would complete, expand or run something on the local
 * machine are replaced in all keymaps and in the table of names, so that neither a key nor a reread
 * inputrc reaches them. The user's own `bind -x` stays. Called once, in the entered child. */
#include <stddef.h>
#include <string.h>

#include "bash-builtin/editor-readline.h"
#include "bash-builtin/editor.h"

#define KEYMAP_DEPTH_MAX 16

static const struct {
	const char *name, *instead; /* NULL: only the bell */
} local_commands[] = {
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

static int only_bell(int count, int key)
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
			disarm_keymap((struct pss_keymap_entry *)(void *)keymap[i].function, depth + 1);
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

void pss_editor_disarm_commands(void)
{
	for (size_t i = 0; i < N_LOCAL_COMMANDS; i++) {
		pss_rl_command *instead =
			local_commands[i].instead ? rl_named_function(local_commands[i].instead) : NULL;

		replacements[i].local = rl_named_function(local_commands[i].name);
		replacements[i].instead = instead ? instead : only_bell;
	}
	disarm_nameless('\\', only_bell);
	disarm_nameless('*', only_bell);
	disarm_nameless('=', only_bell);
	disarm_nameless('@', bell_and_key);
	disarm_nameless('v', only_bell); /* edit-and-execute; it has a name from bash 5.2 on */
	disarm_keymap(emacs_standard_keymap, 0);
	disarm_keymap(vi_insertion_keymap, 0);
	disarm_keymap(vi_movement_keymap, 0);
	disarm_keymap(rl_get_keymap(), 0);
	for (struct pss_funmap **row = funmap; row && *row; row++)
		(*row)->function = replacement_of((*row)->function);
}
