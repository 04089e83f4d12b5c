/* SPDX-License-Identifier: MIT */
/* Tab for paths. A directory elsewhere is listed by the program that copies, over a channel like that of a copy. Called
 * by verb-copy.c. */
#include "client/copy/suggest-paths.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "client/base/poll.h"
#include "client/copy/copy.h"
#include "client/copy/operand.h"
#include "client/requests/requests.h"
#include "terminal/clean-text.h"
#include "wire/cleanup.h"
#include "wire/copy.h"
#include "wire/deadlines.h"

#define CONNECT_DEADLINE_MS 100

/* The answer has a name and its meaning on one line: what is not printable is not offered. */
static bool can_be_offered(const char *name)
{
	_cleanup_(pss_free_pointer) char *visible = pss_visible(name, false);

	return visible && strcmp(visible, name) == 0;
}

/* Of names of files case counts. */
static void add_name(void *user, const char *name)
{
	struct pss_suggestions *suggestions = user;
	const char *wanted = suggestions->wanted;

	if (strncmp(name, wanted, strlen(wanted)) == 0 && (name[0] != '.' || wanted[0] == '.') && can_be_offered(name))
		pss_suggestions_add(suggestions, name, NULL);
}

static void list(struct pss_copy *copy, size_t place, const char *directory, struct pss_suggestions *suggestions)
{
	copy->flags[0] = PSS_COPY_LIST;
	copy->on_output = add_name;
	copy->user = suggestions;
	copy->deadline = pss_now_ms() + pss_deadline(PSS_COMPLETION_MS);
	if (pss_copy_add_at(copy, place, directory, true, &copy->sources))
		pss_copy_run(copy);
}

/* Up to its last slash the path stays. */
static void suggest_there(struct pss_copy *copy, const char *session, struct pss_suggestions *suggestions)
{
	_cleanup_(pss_free_pointer) char *name = NULL;
	const char *path = suggestions->wanted;
	size_t place;

	if (!session && !pss_copy_split(suggestions->wanted, &name, &path))
		return;
	const char *slash = strrchr(path, '/');
	_cleanup_(pss_free_pointer) char *directory = strndup(path, slash ? (size_t)(slash + 1 - path) : 0);
	if (!directory)
		return;
	pss_suggestions_keep(suggestions, (size_t)(path - suggestions->wanted) + strlen(directory));
	if (session ? pss_copy_find_session(copy, session, &place) : pss_copy_find_place(copy, name, &place))
		list(copy, place, directory, suggestions);
}

static void add_sessions(struct pss_copy *copy, struct pss_suggestions *suggestions)
{
	for (size_t i = 0; pss_copy_list_sessions(copy) && i < copy->sessions.n_items; i++) {
		const struct pss_session *session = &copy->sessions.items[i];
		_cleanup_(pss_free_pointer) char *word = pss_format("%s:", session->name);
		if (word)
			pss_suggestions_add(suggestions, word, session->computer);
	}
}

static void add_computers(struct pss_call *call, struct pss_suggestions *suggestions)
{
	const struct pss_value *config = &call->link[PSS_LINK_CONFIG_FILE];
	struct pss_texts hosts = { 0 };

	pss_suggest_hosts(call->shell->get_variable("HOME"), config->given ? config->text : NULL, &hosts);
	for (size_t i = 0; i < hosts.n_items; i++) {
		_cleanup_(pss_free_pointer) char *word = pss_format("%s:", hosts.items[i]);
		if (word)
			pss_suggestions_add(suggestions, word, NULL);
	}
	pss_texts_finish(&hosts);
}

static bool is_elsewhere(const char *word)
{
	_cleanup_(pss_free_pointer) char *name = NULL;
	const char *path;

	return pss_copy_split(word, &name, &path) && name;
}

void pss_copy_suggest(struct pss_call *call, const char *session, struct pss_suggestions *suggestions)
{
	_cleanup_(pss_free_pointer) char *program =
		pss_format("pssession %s (%s)", PSSESSION_VERSION, call->shell->name);
	struct pss_copy copy = { .call = call, .is_quiet = true, .throttle = 1 };
	bool there = session || is_elsewhere(suggestions->wanted);

	int rc = pss_connection_try(&copy.connection, CONNECT_DEADLINE_MS, program, call->shell->interrupted);
	if (!there) {
		suggestions->kind = "files";
		if (*suggestions->wanted && !strchr(suggestions->wanted, '/')) {
			add_computers(call, suggestions);
			if (rc == 0)
				add_sessions(&copy, suggestions);
		}
	} else if (rc == 0) {
		suggest_there(&copy, session, suggestions);
	}
	pss_copy_finish(&copy);
}
