/* SPDX-License-Identifier: MIT */
/* ssh's letters, one a word or with their value in the same word. Called by main.c. */
#include "rsh/arguments.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "wire/cleanup.h"

static const struct {
	char letter;
	int link; /* enum pss_link_parameter that its value is; -1: it has none, and says nothing here */
} letters[] = {
	{ 'l', PSS_LINK_USER_NAME },
	{ 'p', PSS_LINK_PORT },
	{ 'i', PSS_LINK_KEY_FILE },
	{ 'F', PSS_LINK_CONFIG_FILE },
	{ 'o', PSS_LINK_OPTIONS },
	{ 'n', -1 },
	{ 'q', -1 },
	{ 'T', -1 },
	{ 'x', -1 },
	{ 'a', -1 },
	{ 'k', -1 },
};

static int set_value(struct pss_call *call, int link, const char *text)
{
	struct pss_value *value = &call->link[link];
	char *end;

	value->given = true;
	value->text = text;
	if (link == PSS_LINK_OPTIONS)
		return pss_texts_add(&value->list, strdup(text));
	if (link != PSS_LINK_PORT)
		return 0;
	value->number = strtoll(text, &end, 10);
	return *text && !*end && value->number >= 1 && value->number <= 65535 ? 0 : -EINVAL;
}

/* How many words it takes, or -EINVAL. */
static int take_letter(struct pss_rsh *rsh, struct pss_call *call, char *const *arguments)
{
	const char *word = arguments[0];

	for (size_t i = 0; i < sizeof letters / sizeof *letters; i++) {
		if (letters[i].letter != word[1])
			continue;
		if (letters[i].link < 0 && word[2])
			break;
		if (letters[i].link < 0) {
			rsh->no_input |= word[1] == 'n';
			return 1;
		}
		const char *value = word[2] ? word + 2 : arguments[1];
		if (!value || set_value(call, letters[i].link, value) < 0)
			break;
		return word[2] ? 1 : 2;
	}
	pss_call_usage(call, "%s is not known here, or its value is wrong", word);
	return -EINVAL;
}

static char *join(char *const *words)
{
	char *text = strdup("");

	for (; text && *words; words++) {
		_cleanup_(pss_free_pointer) char *before = text;
		text = pss_format("%s%s%s", before, *before ? " " : "", *words);
	}
	return text;
}

int pss_rsh_read(struct pss_rsh *rsh, struct pss_call *call, char *const *arguments)
{
	_cleanup_(pss_free_pointer) char *error = NULL;

	while (*arguments && **arguments == '-') {
		if (strcmp(*arguments, "--help") == 0)
			return PSS_RSH_HELP;
		if (strcmp(*arguments, "--version") == 0)
			return PSS_RSH_VERSION;
		if (strcmp(*arguments, "--") == 0) {
			arguments++;
			break;
		}
		int n = take_letter(rsh, call, arguments);
		if (n < 0)
			return n;
		arguments += n;
	}
	if (!arguments[0] || !arguments[1]) {
		pss_call_usage(call, "a computer or a session is wanted, and a command for it");
		return -EINVAL;
	}
	rsh->host = arguments[0];
	rsh->command = join(arguments + 1);
	if (pss_link_check(call->link, &error) < 0) {
		pss_call_usage(call, "%s", error ? error : "not enough memory");
		return -EINVAL;
	}
	return rsh->command ? 0 : -ENOMEM;
}

void pss_rsh_finish(struct pss_rsh *rsh, struct pss_call *call)
{
	pss_values_finish(call->link, PSS_LINK_COUNT);
	if (rsh->target.host)
		pss_target_finish(&rsh->target);
	free(rsh->command);
}
