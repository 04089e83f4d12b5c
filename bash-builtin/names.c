/* SPDX-License-Identifier: MIT */
/* The builtins' descriptions under the names that bash looks up, and the load hook. One `enable -f pssession.so NAME`
 * registers all names: bash calls the hook of NAME, and that calls enable for the others. Nothing else in the
 * loadable is visible from outside. The list of verbs is client/verb.h's. */
#include <config.h>

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builtins.h"
#include "shell.h"
#include "builtins/common.h"

#include "bash-builtin/adapter.h"
#include "bash-builtin/bash.h"
#include "bash-builtin/help-texts.h" /* made by help-compose.c */

#define HIDDEN __attribute__((visibility("hidden"), used))

int pss_bash_load(char *name) HIDDEN;
void pss_bash_unload(char *name) HIDDEN;

/* A C identifier cannot hold the hyphen that bash looks for, an assembler symbol can. */
#define EXPORT_AS(name, target) __asm__(".globl \"" name "\"\n.set \"" name "\", " #target "\n");

#define BUILTIN(identifier, verb, name_)                \
	extern struct builtin identifier##_struct;      \
	HIDDEN struct builtin identifier##_struct = {   \
		.name = (char *)(name_),                \
		.function = run_##verb,                 \
		.flags = BUILTIN_ENABLED,               \
		.short_doc = usage_##verb,              \
		.long_doc = help_##verb,                \
	};                                              \
	EXPORT_AS(name_ "_struct", identifier##_struct) \
	EXPORT_AS(name_ "_builtin_load", pss_bash_load) \
	EXPORT_AS(name_ "_builtin_unload", pss_bash_unload)

#define DEFINE(verb, Verb, name, capital_name)               \
	static int run_##verb(WORD_LIST *list)               \
	{                                                    \
		return pss_bash_run(&pss_verb_##verb, list); \
	}                                                    \
	BUILTIN(pss_bash_##verb, verb, name)                 \
	BUILTIN(pss_bash_##Verb, verb, capital_name)

PSS_VERBS(DEFINE)

static struct builtin *const builtins[] = {
#define ROWS(verb, Verb, name, capital_name) &pss_bash_##verb##_struct, &pss_bash_##Verb##_struct,
	PSS_VERBS(ROWS)
};
#define N_BUILTINS (sizeof builtins / sizeof *builtins)

/* The internals of bash that we use are known to be alike from 5.1 to 5.3. */
static bool version_is_known(void)
{
	char *end;
	long major = strtol(dist_version, &end, 10);
	long minor = *end == '.' ? strtol(end + 1, NULL, 10) : 0;

	return major == 5 && minor >= 1 && minor <= 3;
}

/* `enable -f OURSELVES` for every name that is not there but `skip`, which bash is just enabling. */
static void register_others(const char *skip)
{
	WORD_LIST *list = NULL;
	Dl_info self;

	if (!dladdr(&builtins, &self))
		return;
	for (size_t i = N_BUILTINS; i-- > 0;) {
		char *name = builtins[i]->name;
		if (strcmp(name, skip) != 0 && !builtin_address_internal(name, 1))
			list = make_word_list(make_word(name), list);
	}
	if (!list)
		return;
	list = make_word_list(make_word("-f"), make_word_list(make_word(self.dli_fname), list));
	enable_builtin(list);
	dispose_words(list);
}

/* For prompts, dotfiles and bug reports, as BASH_VERSION is. Global, also where a function loads us; a readonly one is
 * the user's, and bash's refusal would end a script. */
static void set_version(void)
{
	SHELL_VAR *variable = find_global_variable("PSSESSION_VERSION");

	if (!variable || !(readonly_p(variable) || noassign_p(variable)))
		bind_global_variable("PSSESSION_VERSION", (char *)PSSESSION_VERSION, 0);
}

/* Returns 0 to refuse. */
int pss_bash_load(char *name)
{
	static bool registering;

	if (registering)
		return 1;
	if (!version_is_known()) {
		builtin_error("pssession supports bash 5.1 to 5.3, not %s", dist_version);
		return 0;
	}
	set_version();
	/* bash holds a pointer into its table when the name is there already: the table must not grow now. */
	if (builtin_address_internal(name, 1))
		return 1;
	registering = true;
	register_others(name);
	registering = false;
	return 1;
}

/* The loadable stays in memory (-z nodelete), and the table is bash's own affair. */
void pss_bash_unload(char *name)
{
}
