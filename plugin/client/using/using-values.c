/* SPDX-License-Identifier: MIT */
/* Looks up what `$using:NAME` stands for as the text is read (using.c), since an array is written otherwise than one
 * value. Called by invoke-command, for texts only: words and scripts are taken as they are. */
#include "client/using/using-values.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "client/using/using.h"
#include "wire/cleanup.h"

/* A message holds one at least. */
#define VALUE_MAX (255 * 1024)

struct binding {
	struct pss_call *call;
	struct pss_texts *variables;
	bool failed; /* and reported */
};

/* Takes the text over. */
static bool add(struct binding *binding, const char *name, char *text)
{
	if (text && strlen(text) > VALUE_MAX) {
		pss_wipe(text, strlen(text));
		free(text);
		pss_call_usage(
			binding->call,
			"$using:%s cannot be sent: a value in it is longer than %d bytes; standard input takes any",
			name, VALUE_MAX);
		return false;
	}
	if (pss_texts_add(binding->variables, text) == 0)
		return true;
	pss_call_error(binding->call, PSS_FAILED, NULL, "not enough memory");
	return false;
}

static bool add_items(struct binding *binding, const char *name, const struct pss_items *items)
{
	bool good = add(binding, name, pss_format("%s(%c", name, items->is_map ? 'm' : 'a'));

	for (size_t i = 0; good && i < items->keys.n_items; i++)
		good = add(binding, name, pss_format("[%s", items->keys.items[i])) &&
		       add(binding, name, pss_format("=%s", items->values.items[i]));
	return good;
}

static bool add_scalar(struct binding *binding, const char *name)
{
	const char *value = binding->call->shell->get_variable(name);

	if (value)
		return add(binding, name, pss_format("%s=%s", name, value));
	pss_call_usage(binding->call, "$using:%s: there is no such variable here", name);
	return false;
}

/* Whatever the variable is. */
static bool bind(struct binding *binding, const char *name)
{
	const struct pss_shell *shell = binding->call->shell;
	struct pss_items items = { 0 };
	int rc = shell->get_items ? shell->get_items(name, &items) : -ENOENT;
	bool good = false;

	if (rc == -ENOENT)
		good = add_scalar(binding, name);
	else if (rc == 0)
		good = add_items(binding, name, &items);
	else
		pss_call_usage(binding->call, "$using:%s cannot be sent: %s", name,
			       rc == -EILSEQ ? "a value in it holds a NUL byte" : strerror(-rc));
	pss_items_finish(&items);
	return good;
}

/* The entry that begins this variable, or NULL. */
static const char *find(const struct binding *binding, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < binding->variables->n_items; i++) {
		const char *entry = binding->variables->items[i];
		if (strncmp(entry, name, n) == 0 && (entry[n] == '=' || entry[n] == '('))
			return entry;
	}
	return NULL;
}

static bool is_list(const char *name, void *user)
{
	struct binding *binding = user;

	if (!find(binding, name) && !binding->failed)
		binding->failed = !bind(binding, name);
	const char *entry = find(binding, name);
	return entry && entry[strlen(name)] == '(';
}

bool pss_using_bind(struct pss_call *call, const char *text, char **ret_text, struct pss_texts *variables)
{
	struct binding binding = { .call = call, .variables = variables };
	struct pss_texts names = { 0 };

	int rc = pss_using_expand(text, is_list, &binding, ret_text, &names);
	pss_texts_finish(&names);
	if (rc < 0)
		pss_call_error(call, PSS_FAILED, NULL, "not enough memory");
	return rc == 0 && !binding.failed;
}

/* The name behind a `$` that begins a reference, 0 bytes: none does. */
static size_t name_of_reference(const char *dollar, const char **ret_name)
{
	static const char using[] = "using:";
	bool braces = dollar[1] == '{';
	const char *name = dollar + 1 + braces + strlen(using);
	size_t n = 0;

	if (strncasecmp(dollar + 1 + braces, using, strlen(using)) != 0)
		return 0;
	while (isalnum((unsigned char)name[n]) || name[n] == '_')
		n++;
	*ret_name = name;
	return isdigit((unsigned char)*name) ? 0 : n;
}

static bool exists(const struct pss_shell *shell, const char *name)
{
	struct pss_items items = { 0 };
	bool has_items = shell->get_items && shell->get_items(name, &items) == 0;

	pss_items_finish(&items);
	return has_items || shell->get_variable(name);
}

bool pss_using_bind_for_powershell(struct pss_call *call, const char *text, struct pss_texts *variables)
{
	struct binding binding = { .call = call, .variables = variables };

	for (const char *at = strchr(text, '$'); at && !binding.failed; at = strchr(at + 1, '$')) {
		const char *start = at;
		size_t n = name_of_reference(at, &start);
		_cleanup_(pss_free_pointer) char *name = n > 0 ? strndup(start, n) : NULL;
		if (name && !find(&binding, name) && exists(call->shell, name))
			binding.failed = !bind(&binding, name);
	}
	return !binding.failed;
}

void pss_using_wipe(struct pss_texts *variables)
{
	for (size_t i = 0; i < variables->n_items; i++)
		pss_wipe(variables->items[i], strlen(variables->items[i]));
	pss_texts_finish(variables);
}

bool pss_values_fit(struct pss_call *call, const struct pss_texts *values, const char *what)
{
	for (size_t i = 0; i < values->n_items; i++) {
		if (strlen(values->items[i]) <= VALUE_MAX)
			continue;
		pss_call_usage(call, "%s cannot be sent: it is longer than %d bytes; standard input takes any", what,
			       VALUE_MAX);
		return false;
	}
	return true;
}
