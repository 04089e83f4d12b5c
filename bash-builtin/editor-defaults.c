/* SPDX-License-Identifier: MIT */
/* Readline's own keymaps in the place of those that a line editor written in the shell's language has taken whole
 * (ble.sh binds each key by `bind -x`). readline keeps no copy of its defaults: a second bash, started from the running
 * one's program and without any of the user's files, is asked for them. The user's inputrc is read over them then. Only
 * in the entered child, so there is no way back to be found. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bash-builtin/adapter.h"
#include "bash-builtin/editor-readline.h"
#include "bash-builtin/editor.h"
#include "client/base/system.h"

#define ESCAPE 0x1b
#define CTRL_X 0x18
#define FIRST_BEYOND_ASCII 0x80

/* Meta keys are written as ESC and a key where convert-meta is off. */
static const char question[] = "bind 'set convert-meta off'; "
			       "for map in emacs-standard vi-insert vi-command; do "
			       "echo \"keymap $map\"; bind -m $map -p; done; echo end";

static struct taken {
	const char *name;
	struct pss_keymap_entry *keymap;
	bool types_text, is_taken;
} keymaps[] = {
	{ "emacs-standard", emacs_standard_keymap, true, false },
	{ "vi-insert", vi_insertion_keymap, true, false },
	{ "vi-command", vi_movement_keymap, false, false },
};
#define N_KEYMAPS (sizeof(keymaps) / sizeof(keymaps[0]))

static bool find_taken(void)
{
	bool any = false;

	for (size_t i = 0; i < N_KEYMAPS; i++)
		any |= keymaps[i].is_taken = pss_bash_editor_is_taken(keymaps[i].keymap);
	return any;
}

/* -- the other bash */

static int spawn(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes, pid_t *ret_pid)
{
	char term[128] = "TERM=dumb";
	const char *value = pss_bash_get_variable("TERM");
	const char *const argv[] = { "bash", "--norc", "--noprofile", "-c", question, NULL };
	const char *const environment[] = { "INPUTRC=/dev/null", "LC_ALL=C", term, NULL };

	if (value)
		snprintf(term, sizeof(term), "TERM=%s", value);
	return posix_spawn(ret_pid, pss_own_program, actions, attributes, (char *const *)argv,
			   (char *const *)environment);
}

/* Its output, or NULL. The caller has SIGCHLD blocked. */
static FILE *start_bash(pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	FILE *output = NULL;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return NULL;
	sigemptyset(&none);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	if (spawn(&actions, &attributes, ret_pid) == 0)
		output = fdopen(ends[0], "r");
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	close(ends[1]);
	if (!output)
		close(ends[0]);
	return output;
}

/* -- the keymaps */

static void clear(struct pss_keymap_entry *keymap)
{
	memset(keymap, 0, PSS_KEYMAP_SIZE * sizeof(*keymap));
}

static void lead_to(struct pss_keymap_entry *entry, struct pss_keymap_entry *keymap)
{
	entry->type = PSS_KEYMAP_MAP;
	entry->function = __extension__((pss_rl_command *)(void *)keymap);
}

static void make_bare(const struct taken *taken)
{
	clear(taken->keymap);
	for (size_t key = FIRST_BEYOND_ASCII; taken->types_text && key < PSS_ANYOTHERKEY; key++)
		taken->keymap[key].function = rl_insert;
	if (taken->keymap != emacs_standard_keymap)
		return;
	clear(emacs_meta_keymap);
	clear(emacs_ctlx_keymap);
	lead_to(&emacs_standard_keymap[ESCAPE], emacs_meta_keymap);
	lead_to(&emacs_standard_keymap[CTRL_X], emacs_ctlx_keymap);
}

static const struct taken *keymap_named(const char *name)
{
	for (size_t i = 0; i < N_KEYMAPS; i++) {
		if (strcmp(keymaps[i].name, name) == 0)
			return &keymaps[i];
	}
	return NULL;
}

/* `"\200"` is a byte to readline, or ESC and NUL: make_bare() has those. */
static bool is_binding(const char *line)
{
	return line[0] == '"' && !(line[1] == '\\' && (line[2] == '2' || line[2] == '3'));
}

/* True: all that was asked for has come. */
static bool take_bindings(FILE *output)
{
	const struct taken *taken = NULL;
	char *line = NULL;
	size_t size = 0;
	ssize_t n;
	bool ended = false;

	while (!ended && (n = getline(&line, &size, output)) > 0) {
		line[n - 1] = '\0';
		ended = strcmp(line, "end") == 0;
		if (strncmp(line, "keymap ", 7) == 0) {
			taken = keymap_named(line + 7);
			if (taken && taken->is_taken) {
				make_bare(taken);
				rl_set_keymap(taken->keymap);
			}
		} else if (taken && taken->is_taken && is_binding(line)) {
			rl_parse_and_bind(line);
		}
	}
	free(line);
	return ended;
}

static bool take_defaults(void)
{
	sigset_t child, before;
	pid_t pid = -1;
	bool complete = false;
	FILE *output;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigaddset(&child, SIGWINCH); /* nor shall a change of size cut its answer short */
	sigaddset(&child, SIGCONT);
	sigprocmask(SIG_BLOCK, &child, &before); /* bash's handler would take the status of any child */
	output = start_bash(&pid);
	if (output) {
		complete = take_bindings(output);
		fclose(output);
	}
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	sigprocmask(SIG_SETMASK, &before, NULL);
	return complete;
}

/* As it was written down, so it is read. */
static bool take_defaults_without_meta(void)
{
	const char *value = rl_variable_value("convert-meta");
	char *before = value ? strdup(value) : NULL;
	bool complete;

	rl_variable_bind("convert-meta", "off");
	complete = take_defaults();
	if (before)
		rl_variable_bind("convert-meta", before);
	free(before);
	return complete;
}

/* It may say `set editing-mode` or `set keymap`, and the shell has said otherwise since. */
static void read_inputrc(void)
{
	const char *mode = rl_variable_value("editing-mode");
	char *before = mode ? strdup(mode) : NULL;

	rl_set_keymap_from_edit_mode();
	rl_read_init_file(NULL);
	if (before)
		rl_variable_bind("editing-mode", before);
	rl_set_keymap_from_edit_mode();
	free(before);
}

int pss_bash_editor_take_back_keymaps(void)
{
	if (!find_taken())
		return 0;
	if (!take_defaults_without_meta())
		return -ENOKEY;
	read_inputrc();
	return 0;
}
