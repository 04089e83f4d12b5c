/* SPDX-License-Identifier: MIT */
/* The text of one -SSHConnection, taken apart into arguments, which the parser of parameters reads by the rows of the
 * link: so names, values and messages are those of -UserName and the like. PowerShell's @{ } and quotes around a value
 * are taken too. Called by new-pssession and invoke-command before anything happens. */
#include "client/command/ssh-connection.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/clean-text.h"
#include "wire/cleanup.h"

#define BLANKS " \t\r"

static const struct pss_parameter computer_row = { "HostName", "ComputerName Cn", PSS_KIND_TEXT, "HOST",
						   .wants = "the name of a computer" };

/* The n bytes at `text` without blanks around them, and without quotes around what is left. */
static char *take_apart(const char *text, size_t n, bool quotes)
{
	while (n > 0 && strchr(BLANKS, text[n - 1]))
		n--;
	while (n > 0 && strchr(BLANKS, *text)) {
		text++;
		n--;
	}
	if (quotes && n > 1 && (*text == '\'' || *text == '"') && text[n - 1] == *text) {
		text++;
		n -= 2;
	}
	return strndup(text, n);
}

/* "Key=Value" as an argument. False: malformed. */
static bool add_setting(struct pss_texts *words, const char *text, size_t n)
{
	const char *equals = memchr(text, '=', n);
	_cleanup_(pss_free_pointer) char *key = equals ? take_apart(text, (size_t)(equals - text), false) : NULL;
	_cleanup_(pss_free_pointer) char *value =
		equals ? take_apart(equals + 1, n - (size_t)(equals + 1 - text), true) : NULL;

	if (!key || !value || !isalpha((unsigned char)*key))
		return false;
	return pss_texts_add(words, pss_format("--%s=%s", key, value)) == 0;
}

/* How long a setting is: up to a semicolon or newline that is not inside quotes. */
static size_t setting_length(const char *text)
{
	char quote = '\0';
	size_t n = 0;

	for (; text[n] && (quote || !strchr(";\n", text[n])); n++) {
		if (text[n] == quote)
			quote = '\0';
		else if (!quote && (text[n] == '\'' || text[n] == '"') && n > 0 && strchr("= ", text[n - 1]))
			quote = text[n];
	}
	return n;
}

static bool add_settings(struct pss_texts *words, const char *text)
{
	_cleanup_(pss_free_pointer) char *inside = take_apart(text, strlen(text), false);
	const char *at = inside;
	bool good = inside != NULL;

	size_t n = inside ? strlen(inside) : 0;
	if (n > 2 && strncmp(inside, "@{", 2) == 0 && inside[n - 1] == '}') {
		inside[n - 1] = '\0';
		at += 2;
	}
	while (good && *at) {
		n = setting_length(at);
		if (strspn(at, BLANKS) < n)
			good = add_setting(words, at, n);
		at += n + (at[n] != '\0');
	}
	return good && pss_texts_terminate(words) == 0;
}

/* Its own values in front of the call's: of options the first one counts, as in ssh. */
static bool merge(const struct pss_value *link, struct pss_ssh_connection *connection)
{
	const struct pss_texts *more = &link[PSS_LINK_OPTIONS].list;
	struct pss_value *options = &connection->own[PSS_LINK_OPTIONS];

	for (size_t i = 0; options->given && i < more->n_items; i++)
		if (pss_texts_add(&options->list, strdup(more->items[i])) < 0)
			return false;
	for (size_t i = 0; i < PSS_LINK_COUNT; i++)
		connection->link[i] = connection->own[i].given ? connection->own[i] : link[i];
	return true;
}

/* False and a heap sentence (NULL: memory is short). */
static bool read_one(const struct pss_value *link, const char *text, struct pss_ssh_connection *connection,
		     char **ret_error)
{
	struct pss_value computer = { 0 };
	const struct pss_parameter_group groups[] = {
		{ &computer_row, 1, &computer },
		{ pss_link_rows, PSS_LINK_COUNT, connection->own },
	};

	if (!add_settings(&connection->words, text)) {
		_cleanup_(pss_free_pointer) char *visible = pss_visible(text, false);
		*ret_error = pss_format("it wants Key=Value with ; between them, not '%s'", visible ? visible : "");
		return false;
	}
	if (pss_parameters_parse(groups, 2, (const char *const *)connection->words.items, ret_error) < 0)
		return false;
	if (!computer.given) {
		*ret_error = strdup("it has no HostName");
		return false;
	}
	connection->label = computer.text;
	return pss_target_parse(computer.text, &connection->target, ret_error) == 0 && merge(link, connection) &&
	       pss_link_check(connection->link, ret_error) == 0;
}

bool pss_ssh_connections_read(struct pss_call *call, const struct pss_value *value,
			      struct pss_ssh_connections *ret_connections)
{
	ret_connections->items = calloc(value->list.n_items + 1, sizeof *ret_connections->items);
	for (size_t i = 0; ret_connections->items && i < value->list.n_items; i++) {
		_cleanup_(pss_free_pointer) char *error = NULL;
		ret_connections->n_items++;
		if (read_one(call->link, value->list.items[i], &ret_connections->items[i], &error))
			continue;
		pss_call_usage(call, "-SSHConnection: %s", error ? error : "not enough memory");
		return false;
	}
	return ret_connections->items != NULL;
}

void pss_ssh_connections_finish(struct pss_ssh_connections *connections)
{
	for (size_t i = 0; i < connections->n_items; i++) {
		struct pss_ssh_connection *connection = &connections->items[i];
		pss_target_finish(&connection->target);
		pss_values_finish(connection->own, PSS_LINK_COUNT);
		pss_texts_finish(&connection->words);
	}
	free(connections->items);
	*connections = (struct pss_ssh_connections){ 0 };
}
