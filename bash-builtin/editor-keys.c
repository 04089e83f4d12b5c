/* SPDX-License-Identifier: MIT */
/* The keys while entered. Whatever dotfiles or a line editor written in the shell's language have bound, Enter is
 * readline's own, and so is each key that types text: a `bind -x` there would have the line in its hands, and could run
 * it here. A macro that ends a line is off, as it would send what was not typed. Other keys keep what they have.
 * Called in the entered child alone, again after all that may have bound keys. */
#include <stdbool.h>
#include <stddef.h>

#include "bash-builtin/editor-readline.h"
#include "bash-builtin/editor.h"

#define KEYMAP_DEPTH_MAX 16
#define FIRST_TEXT 0x20
#define DELETE 0x7f
#define N_TEXT (DELETE - FIRST_TEXT) /* ASCII's */

static struct pss_keymap_entry *const roots[] = { emacs_standard_keymap, vi_insertion_keymap, vi_movement_keymap };
#define N_ROOTS (sizeof(roots) / sizeof(roots[0]))

static const char enter_keys[] = { '\r', '\n' };

/* Commands that end a line, when a macro comes to them. */
static const char *const ending_commands[] = { "accept-line", "operate-and-get-next", "insert-comment" };

/* A `bind -x` command, in its place: it may bind keys. */
static int run_widget(int count, int key)
{
	int rc = pss_bash_editor_run_fenced(count, key);

	pss_bash_editor_secure_keys();
	return rc;
}

static bool is_shell_command(const struct pss_keymap_entry *entry)
{
	return entry->type == PSS_KEYMAP_FUNCTION && entry->function &&
	       (entry->function == bash_execute_unix_command || entry->function == run_widget);
}

static bool is_foreign(const struct pss_keymap_entry *entry)
{
	return is_shell_command(entry) || (entry->type == PSS_KEYMAP_MACRO && entry->function);
}

static struct pss_keymap_entry *keymap_of(const struct pss_keymap_entry *entry)
{
	return __extension__((struct pss_keymap_entry *)(void *)entry->function);
}

static void bind_function(struct pss_keymap_entry *entry, pss_rl_command *command)
{
	entry->type = PSS_KEYMAP_FUNCTION;
	entry->function = command;
}

bool pss_bash_editor_is_taken(const struct pss_keymap_entry *keymap)
{
	size_t n = 0;

	for (size_t key = FIRST_TEXT; key < DELETE; key++)
		n += is_foreign(&keymap[key]);
	return n > N_TEXT / 2;
}

/* It ends the line whatever it was, and no longer key begins with it. */
static void secure_enter(struct pss_keymap_entry *entry)
{
	if (is_foreign(entry) || entry->type == PSS_KEYMAP_MAP || !entry->function ||
	    entry->function == pss_bash_editor_only_bell)
		bind_function(entry, rl_named_function("accept-line"));
}

static void secure_ending_keys(void)
{
	for (size_t i = 0; i < N_ROOTS; i++)
		for (size_t k = 0; k < sizeof(enter_keys); k++)
			secure_enter(&roots[i][(unsigned char)enter_keys[k]]);
}

/* Text is typed by itself, also where a longer key begins with it (`jj`). */
static void secure_text(struct pss_keymap_entry *keymap)
{
	for (size_t key = FIRST_TEXT; key < PSS_KEYMAP_SIZE - 1; key++) {
		struct pss_keymap_entry *entry = &keymap[key];

		if (entry->type == PSS_KEYMAP_MAP && entry->function)
			entry = &keymap_of(entry)[PSS_ANYOTHERKEY];
		if (key != DELETE && is_shell_command(entry))
			bind_function(entry, rl_insert);
	}
}

/* -- macros */

static bool ends_line(pss_rl_command *command)
{
	for (size_t i = 0; i < sizeof(ending_commands) / sizeof(ending_commands[0]); i++) {
		if (command == rl_named_function(ending_commands[i]))
			return true;
	}
	return false;
}

static bool macro_ends_line(const char *text, const struct pss_keymap_entry *root, int depth)
{
	const struct pss_keymap_entry *keymap = root;

	for (; *text; text++) {
		const struct pss_keymap_entry *entry = &keymap[(unsigned char)*text];

		keymap = root;
		if (!entry->function)
			continue;
		if (entry->type == PSS_KEYMAP_MAP)
			keymap = keymap_of(entry);
		else if (entry->type == PSS_KEYMAP_MACRO) {
			if (depth == 0 ||
			    macro_ends_line(__extension__((const char *)(void *)entry->function), root, depth - 1))
				return true;
		} else if (ends_line(entry->function))
			return true;
		else if (entry->function == rl_quoted_insert && text[1])
			text++;
	}
	return false;
}

/* Which keymap its keys will mean cannot be known: vi's commands change it. */
static bool ends_line_somewhere(const struct pss_keymap_entry *entry)
{
	for (size_t i = 0; i < N_ROOTS; i++) {
		if (macro_ends_line(__extension__((const char *)(void *)entry->function), roots[i], KEYMAP_DEPTH_MAX))
			return true;
	}
	return false;
}

/* -- all of a keymap */

static void secure_keymap(struct pss_keymap_entry *keymap, int depth)
{
	for (size_t i = 0; i < PSS_KEYMAP_SIZE; i++) {
		struct pss_keymap_entry *entry = &keymap[i];

		if (!entry->function)
			continue;
		if (entry->type == PSS_KEYMAP_MAP && depth > 0)
			secure_keymap(keymap_of(entry), depth - 1);
		else if (entry->type == PSS_KEYMAP_MACRO && ends_line_somewhere(entry))
			bind_function(entry, pss_bash_editor_only_bell);
		else if (is_shell_command(entry))
			entry->function = run_widget;
	}
}

void pss_bash_editor_secure_keys(void)
{
	secure_ending_keys();
	secure_text(emacs_standard_keymap);
	secure_text(vi_insertion_keymap);
	for (size_t i = 0; i < N_ROOTS; i++)
		secure_keymap(roots[i], KEYMAP_DEPTH_MAX);
}

static bool is_command(const struct pss_keymap_entry *entry)
{
	return entry->type == PSS_KEYMAP_FUNCTION && entry->function && !is_shell_command(entry);
}

bool pss_bash_editor_can_type(void)
{
	const struct pss_keymap_entry *keymap =
		rl_get_keymap() == emacs_standard_keymap ? emacs_standard_keymap : vi_insertion_keymap;

	return !pss_bash_editor_is_taken(keymap) && is_command(&keymap['\r']) && is_command(&keymap['\n']);
}
