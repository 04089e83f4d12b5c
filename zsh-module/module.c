/* SPDX-License-Identifier: MIT */
/* The zsh module: a builtin for each name of client/verb.h's list, and the six functions that zsh looks up.
 * zsh guards no ABI, so that a zsh of another version than that of the headers is refused before anything of
 * it is touched. */
#include <stdbool.h>
#include <string.h>

#include "zsh-module/zsh.h"

#include "zsh-module/adapter.h"

#define EXPORTED __attribute__((visibility("default")))

static const struct pss_verb *const verbs[] = {
#define VERB(verb, Verb, name, capital_name) &pss_verb_##verb,
	PSS_VERBS(VERB)
};

enum {
#define NUMBER(verb, Verb, name, capital_name) NUMBER_##verb,
	PSS_VERBS(NUMBER)
};

static int run(char *name, char **words, Options options, int number)
{
	return pss_zsh_run(verbs[number], words);
}

static struct builtin builtins[] = {
#define ONE(name, number) BUILTIN((char *)(name), BINF_HANDLES_OPTS, run, 0, -1, number, NULL, NULL)
#define BOTH(verb, Verb, name, capital_name) ONE(name, NUMBER_##verb), ONE(capital_name, NUMBER_##verb),
	PSS_VERBS(BOTH)
};

static struct features features = { .bn_list = builtins, .bn_size = sizeof builtins / sizeof *builtins };

/* The version that the headers are of, and one number of its that moves from version to version. ZSH_PATCHLEVEL says
 * nothing: the headers have upstream's, the shell has what its packager made of it, and changes with each rebuild. */
static bool is_our_zsh(void)
{
	const char *version = getsparam((char *)"ZSH_VERSION");

	return version && strcmp(version, ZSH_VERSION) == 0 && optlookup("zle") == USEZLE;
}

EXPORTED int setup_(Module module)
{
	if (is_our_zsh())
		return 0;
	const char *version = getsparam((char *)"ZSH_VERSION");
	zwarn("pssession: this module is for zsh " ZSH_VERSION
	      ", and this is zsh %s: use that zsh or bash, or build pssession with the headers of this zsh",
	      version ? version : "of an unknown version");
	return 1;
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

/* For prompts, dotfiles and bug reports, as ZSH_VERSION is. No parameter of the module's features: zsh would refuse the
 * module where the environment has one of that name. A readonly one is the user's. */
static char version_name[] = "PSSESSION_VERSION";

static bool version_is_ours(void)
{
	Param parameter = (Param)paramtab->getnode(paramtab, version_name);

	return !parameter || !(parameter->node.flags & PM_READONLY);
}

EXPORTED int boot_(Module module)
{
	if (version_is_ours())
		assignsparam(version_name, ztrdup(PSSESSION_VERSION), 0);
	return 0;
}

/* A widget may ask for it in the middle of our loop. */
EXPORTED int cleanup_(Module module)
{
	if (pss_zsh_is_entered()) {
		zwarn("pssession: a session is entered");
		return 1;
	}
	if (version_is_ours())
		unsetparam(version_name);
	return setfeatureenables(module, &features, NULL);
}

EXPORTED int finish_(Module module)
{
	return 0;
}
