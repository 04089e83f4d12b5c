/* SPDX-License-Identifier: MIT */
/* What the client needs of the shell it lives in. bash-builtin and zsh-module each fill in one of
 * these; nothing below plugin/client knows which one it talks to. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "client/base/strings.h"

struct pss_shell;
struct pss_typed;

/* How reading one line ended. */
enum pss_read {
	PSS_READ_LINE,      /* ret_line holds it (heap, caller frees), without its newline */
	PSS_READ_EOF,       /* Ctrl-D on an empty line */
	PSS_READ_INTERRUPT, /* Ctrl-C: the line is gone, the prompt comes again */
	PSS_READ_LEAVE,     /* on_wake said so, or the shell is being ended (SIGHUP, SIGTERM);
			     * ret_line then holds what was typed so far, if anything */
};

/* What history expansion made of a line. */
enum pss_expand {
	PSS_EXPAND_RUN,   /* the line as it shall run; *ret_changed: it differs and is to be shown first */
	PSS_EXPAND_SHOW,  /* `:p`: shown and remembered, not run */
	PSS_EXPAND_EDIT,  /* histverify: back into the editor */
	PSS_EXPAND_ERROR, /* the shell's message ("!x: event not found"); nothing runs */
};

/* What may stand at the cursor. */
struct pss_completion {
	size_t start;        /* the bytes of the line from here to the cursor are what a word replaces */
	char **words;        /* n of them: printable, quoted for the remote shell already */
	char **descriptions; /* n of them, for the user to read; NULL where there is none */
	size_t n;
	size_t n_more; /* further ones, that were left out */
	bool no_space; /* if it is the only one, no space ends the word */
};
void pss_completion_finish(struct pss_completion *completion); /* what it points to; idempotent */

struct pss_read_request {
	const char *prompt;          /* final, already sanitised, SGR sequences allowed; borrowed */
	const char *before, *behind; /* control sequences that take no room, at its two ends; part of it; "": none */
	const char *right;  /* the same, one line, at the right margin; NULL: none. It is shown where the editor can */
	bool continuation;  /* a second prompt: history joins this line to the ones before */
	const char *insert; /* text to start with (may hold newlines, which do not run it), or NULL */
	struct pss_typed
		*typed; /* typed ahead: these keys are read before the terminal's, what is left of them stays */
	int wake_fd;    /* polled beside the keyboard */
	/* Called when wake_fd is readable. True ends the reading with PSS_READ_LEAVE. May print above
	 * the line only through pss_shell.print_above(), and change the prompt by pss_shell.set_prompt(). */
	bool (*on_wake)(void *user);
	/* The shell ends while it reads (zsh, whose terminal has gone): read_line() will not return. `typed` is what
	 * the line was so far, or NULL. What has to be saved is saved now, nothing may be printed. */
	void (*on_exit)(void *user, const char *typed);
	/* Asks the remote what may stand behind `point` bytes of the line. NULL: it cannot be asked (an older host
	 * process), and nothing is completed. Blocks until the answer (0: *ret, also with no words, is the caller's to
	 * finish), or until the next key (which stays to be read), a signal or the deadline: -EINTR; may print above
	 * the line meanwhile. -ECONNRESET: the editing is over, as when on_wake says true. Else another -errno. */
	int (*complete)(void *user, const char *line, size_t length, size_t point, struct pss_completion *ret);
	void *user;
};

/* The values of an array or a map, in the shell's order. Of an array a key is an index that counts from 0, in decimal;
 * those that have no value are left out. */
struct pss_items {
	bool is_map;
	struct pss_texts keys, values; /* as many of one as of the other */
};
void pss_items_finish(struct pss_items *items); /* wiped, as they may be secrets; idempotent */

struct pss_shell {
	const char *name; /* "bash", "zsh" */

	/* -- speaking: one line on stderr in the shell's own style, "bash: COMMAND: MESSAGE". */
	void (*error)(const char *command, const char *message);

	/* -- variables of the calling shell */
	/* The value of a scalar, or NULL. Borrowed until the next call into the shell. */
	const char *(*get_variable)(const char *name);
	/* The values of an array or map. 0 and *ret_items, which the caller finishes; -ENOENT: there is no such
	 * variable, or it is neither; -EILSEQ: a NUL byte is in it. NULL: the shell has none. */
	int (*get_items)(const char *name, struct pss_items *ret_items);
	/* What a program started now would have as its environment, "NAME=value" and a NULL. Borrowed until the next
	 * call into the shell. NULL: libc's environ is kept up to date. */
	char *const *(*get_environment)(void);
	/* Can `name` take an array? 0, -EINVAL (no identifier), -EROFS (readonly), -EEXIST (associative, integer, …),
	 * -EPERM (the shell sets it itself, or cannot do without it). */
	int (*check_array)(const char *name);
	/* Sets or appends. Only after check_array() said 0. Metafying and the like is the adapter's work. */
	int (*set_array)(const char *name, const char *const *values, size_t n_values, bool append);

	/* -- signals */
	/* Has Ctrl-C been pressed since the builtin began? Does not clear it: the shell does that itself. */
	bool (*interrupted)(void);

	/* Does the user have a trap on this signal, which runs when the builtin is done? NULL: there are no traps. */
	bool (*has_trap)(int signal);

	/* Has the editor caught a signal that it has not acted on yet? Asked with signals blocked. NULL: no editor
	 * of this shell catches signals itself. */
	bool (*signal_pending)(void);

	/* -- entering */
	/* NULL when this is an interactive shell's own process in the foreground of a terminal; else a
	 * static sentence that says why not ("… use invoke-command"). */
	const char *(*why_not_enter)(void);
	/* Runs loop(argument) where the shell wants an entered session to run (bash: in a forked child that
	 * is a job called `label`, "enter-pssession HOST"; zsh: in place) and returns its result, or 128+n, or
	 * 148 when it was suspended. */
	int (*run_entered)(const char *label, int (*loop)(void *argument), void *argument);
	/* Before the first and after the last read_line(): swaps editor state, history and completion.
	 * `history` are the lines of the host's history, oldest first. -ENOKEY: another line editor has the keys. */
	int (*editor_begin)(char *const *history, size_t n_history);
	void (*editor_end)(void);
	enum pss_read (*read_line)(const struct pss_read_request *request, char **ret_line);
	/* Expands `!!` and friends against the history shown (SPEC §3). What it says about *ret (heap): */
	enum pss_expand (*expand_history)(const char *line, char **ret, bool *ret_changed);
	/* Adds the line to the shown history, if HISTCONTROL/HIST_IGNORE_* want that. True: it is to be
	 * written to the host's file too. */
	bool (*add_history)(const char *line);
	/* Shows text above the line being edited and its prompt, and draws these again. Whole lines. */
	void (*print_above)(const char *text, size_t n);
	/* Puts other prompts (as in pss_read_request; copied) in the place of those of the line being edited, which
	 * stays as it is with its cursor. */
	void (*set_prompt)(const char *prompt, const char *right);
};
