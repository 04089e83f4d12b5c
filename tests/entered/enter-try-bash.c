/* SPDX-License-Identifier: MIT */
/* enter_try as a bash builtin. */
#include <config.h>

#include "builtins.h"
#include "shell.h"

#include "bash-builtin/adapter.h"
#include "enter-try.h"

#define EXPORTED __attribute__((visibility("default")))

static int run_builtin(WORD_LIST *list)
{
	const char *words[4] = { NULL };

	for (size_t i = 0; i < 3 && list; i++, list = list->next)
		words[i] = list->word->word;
	return enter_try(&pss_bash_shell, words);
}

static char *const help[] = { (char *)"Enters a scripted session.", NULL };

extern struct builtin enter_try_struct;
EXPORTED struct builtin enter_try_struct = {
	(char *)"enter_try", run_builtin, BUILTIN_ENABLED, help, "enter_try SOCKET [kept] [v1]", NULL
};
