/* SPDX-License-Identifier: MIT */
/* The life of one call of a verb: parse, check what can be checked before anything happens, run, set the
 * variables. Both shells call pss_verb_run() for every command line of pssession. */
#include "client/command/verb.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/command/call.h"
#include "client/command/via.h"
#include "client/suggest/suggest.h"
#include "wire/cleanup.h"

/* The common parameters that name a variable, and the stream that goes there. */
static const struct {
	enum pss_common parameter;
	enum pss_stream stream;
} variables[] = {
	{ PSS_COMMON_ERROR_VARIABLE, PSS_STREAM_ERROR },
	{ PSS_COMMON_WARNING_VARIABLE, PSS_STREAM_WARNING },
	{ PSS_COMMON_INFORMATION_VARIABLE, PSS_STREAM_INFORMATION },
	{ PSS_COMMON_OUT_VARIABLE, PSS_STREAM_OUTPUT },
};
#define N_VARIABLES (sizeof variables / sizeof *variables)

static int check_variable(const struct pss_call *call, enum pss_common parameter, char **ret_error)
{
	const char *option = pss_common_rows[parameter].name;
	const char *name = call->common[parameter].text;

	switch (call->shell->check_array(name)) {
	case 0:
		return 0;
	case -EROFS:
		*ret_error = pss_format("-%s: %s is a readonly variable", option, name);
		return -EINVAL;
	case -EEXIST:
		*ret_error = pss_format("-%s: %s is a variable that cannot become an array", option, name);
		return -EINVAL;
	case -EPERM:
		*ret_error = pss_format("-%s: %s is a variable of the shell's own", option, name);
		return -EINVAL;
	default:
		*ret_error = pss_format("-%s wants the name of a variable, not '%s'", option, name);
		return -EINVAL;
	}
}

/* Two streams in one variable: the later would take the earlier's place. Appending, they follow one another. */
static int check_shared(const struct pss_call *call, size_t i, char **ret_error)
{
	const struct pss_value *value = &call->common[variables[i].parameter];

	for (size_t j = 0; j < i; j++) {
		const struct pss_value *other = &call->common[variables[j].parameter];
		if (!other->given || value->append || strcmp(other->text, value->text) != 0)
			continue;
		*ret_error = pss_format("-%s and -%s name the same variable, %s",
					pss_common_rows[variables[j].parameter].name,
					pss_common_rows[variables[i].parameter].name, value->text);
		return -EINVAL;
	}
	return 0;
}

/* What names no computer would be meant for sessions of here. */
static int check_via(const struct pss_call *call, char **ret_error)
{
	if (!call->via || call->own[0].given)
		return 0;
	*ret_error =
		pss_format("through %s only computers are reached: -ComputerName is needed (for sessions of here leave "
			   "first)",
			   call->via->computer);
	return -EINVAL;
}

static int check(const struct pss_call *call, char **ret_error)
{
	if (check_via(call, ret_error) < 0)
		return -EINVAL;
	for (size_t i = 0; i < N_VARIABLES; i++) {
		if (!call->common[variables[i].parameter].given)
			continue;
		int rc = check_variable(call, variables[i].parameter, ret_error);
		if (rc == 0)
			rc = check_shared(call, i, ret_error);
		if (rc < 0)
			return rc;
	}
	return call->verb->uses & PSS_USES_LINK ? pss_link_check(call->link, ret_error) : 0;
}

static void set_variables(const struct pss_call *call)
{
	for (size_t i = 0; i < N_VARIABLES; i++) {
		const struct pss_value *value = &call->common[variables[i].parameter];
		const struct pss_texts *texts = &call->streams[variables[i].stream];
		if (value->given)
			call->shell->set_array(value->text, (const char *const *)texts->items, texts->n_items,
					       value->append);
	}
}

static void print_help(const struct pss_verb *verb)
{
	struct pss_texts lines = { 0 };

	if (pss_verb_help(verb, &lines) == 0)
		for (size_t i = 0; i < lines.n_items; i++)
			puts(lines.items[i]);
	pss_texts_finish(&lines);
}

static int usage_error(const struct pss_call *call, char *sentence)
{
	call->shell->error(call->verb->name, sentence ? sentence : "not enough memory");
	free(sentence);
	return pss_status_exit(PSS_USAGE);
}

static void finish(struct pss_call *call)
{
	pss_values_finish(call->selectors, PSS_SELECTOR_COUNT);
	pss_values_finish(call->own, PSS_OWN_MAX);
	pss_values_finish(call->link, PSS_LINK_COUNT);
	pss_values_finish(call->confirm, PSS_CONFIRM_COUNT);
	pss_values_finish(call->common, PSS_COMMON_COUNT);
	for (size_t i = 0; i < PSS_STREAM_COUNT; i++)
		pss_texts_finish(&call->streams[i]);
	free(call);
}

static int run(struct pss_call *call, const char *const *arguments)
{
	struct pss_parameter_group groups[PSS_GROUPS_MAX];
	char *sentence = NULL;

	if (arguments[0] && strcmp(arguments[0], PSS_SUGGEST) == 0)
		return pss_suggest(call, arguments + 1);
	size_t n_groups = pss_verb_groups(call->verb, call, groups);
	int rc = pss_parameters_parse(groups, n_groups, arguments, &sentence);
	if (rc == PSS_PARSED_HELP) {
		print_help(call->verb);
		return 0;
	}
	if (rc == PSS_PARSED_VERSION) {
		printf("pssession %s\n", PSSESSION_VERSION);
		return 0;
	}
	if (rc == 0)
		rc = check(call, &sentence);
	if (rc < 0)
		return usage_error(call, sentence);
	call->verb->run(call);
	if (!call->refused)
		set_variables(call);
	return call->status;
}

int pss_verb_run(const struct pss_verb *verb, const struct pss_shell *shell, const char *const *arguments)
{
	return pss_verb_run_via(verb, shell, arguments, NULL);
}

int pss_verb_run_via(const struct pss_verb *verb, const struct pss_shell *shell, const char *const *arguments,
		     const struct pss_via *via)
{
	struct pss_call *call = calloc(1, sizeof *call);

	if (!call) {
		shell->error(verb->name, "not enough memory");
		return pss_status_exit(PSS_FAILED);
	}
	call->shell = shell;
	call->verb = verb;
	call->via = via;
	int status = run(call, arguments);
	finish(call);
	return status;
}
