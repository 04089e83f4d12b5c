/* SPDX-License-Identifier: MIT */
/* enter_try as a builtin of a zsh module. */
#include <stdbool.h>
#include <stdlib.h>

#include "zsh-module/zsh.h"

#include "enter-try.h"
#include "zsh-module/adapter.h"

#define EXPORTED __attribute__((visibility("default")))

static int run_builtin(char *name, char **words, Options options, int number)
{
	const char *plain[4] = { NULL };
	int status;

	queue_signals();
	for (size_t i = 0; i < 3 && words[i]; i++)
		plain[i] = words[i]; /* ASCII */
	status = enter_try(&pss_zsh_shell, plain);
	unqueue_signals();
	return status;
}

static struct builtin builtins[] = {
	BUILTIN((char *)"enter_try", BINF_HANDLES_OPTS, run_builtin, 0, 3, 0, NULL, NULL),
};
static struct features features = { .bn_list = builtins, .bn_size = 1 };

EXPORTED int setup_(Module module)
{
	return 0;
}

EXPORTED int features_(Module module, char ***ret_features)
{
	*ret_features = featuresarray(module, &features);
	return 0;
}

EXPORTED int enables_(Module module, int **ret_enables)
{
	return handlefeatures(module, &features, ret_enables);
}

EXPORTED int boot_(Module module)
{
	return 0;
}

EXPORTED int cleanup_(Module module)
{
	return pss_zsh_is_entered() ? 1 : setfeatureenables(module, &features, NULL);
}

EXPORTED int finish_(Module module)
{
	return 0;
}
