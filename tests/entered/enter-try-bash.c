/* SPDX-License-Identifier: MIT */
/* enter_try as a bash builtin. */
#include <config.h>

#include <stdio.h>

#include "builtins.h"
#include "shell.h"

#include "bash-builtin/adapter.h"
#include "enter-try.h"

#define EXPORTED __attribute__((visibility("default")))

const char *pss_bash_get_variable(const char *name)
{
	return get_string_value(name);
}

static void say_error(const char *command, const char *message)
{
	fprintf(stderr, "bash: %s: %s\n", command, message);
}

static const struct pss_shell try_shell = {
	.name = "bash",
	.error = say_error,
	.get_variable = pss_bash_get_variable,
	.signal_pending = pss_bash_signal_pending,
	.why_not_enter = pss_bash_why_not_enter,
	.run_entered = pss_bash_run_entered,
	.editor_begin = pss_bash_editor_begin,
	.editor_end = pss_bash_editor_end,
	.read_line = pss_bash_read_line,
	.expand_history = pss_bash_expand_history,
	.add_history = pss_bash_add_history,
	.print_above = pss_bash_print_above,
	.set_prompt = pss_bash_set_prompt,
};

static int run_builtin(WORD_LIST *list)
{
	const char *words[4] = { NULL };

	for (size_t i = 0; i < 3 && list; i++, list = list->next)
		words[i] = list->word->word;
	return enter_try(&try_shell, words);
}

static char *const help[] = { (char *)"Enters a scripted session.", NULL };

extern struct builtin enter_try_struct;
EXPORTED struct builtin enter_try_struct = {
	(char *)"enter_try", run_builtin, BUILTIN_ENABLED, help, "enter_try SOCKET [kept] [v1]", NULL
};
