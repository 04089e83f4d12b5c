/* SPDX-License-Identifier: MIT */
/* get-pssession: lists the kept sessions of this user, whichever terminal they were opened from. Without a host
 * process there are none, and it is not started for that. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/requests/requests.h"
#include "client/sessions/lookup.h"
#include "client/sessions/print-sessions.h"
#include "client/sessions/selection.h"
#include "wire/cleanup.h"

enum { COMPUTER_NAME, STATE, FORMAT, PROPERTY };
enum format { TABLE, LIST, JSON };

static const char *const formats[] = { "table", "list", "json", NULL };

static const struct pss_parameter rows[] = {
	[COMPUTER_NAME] = PSS_COMPUTER_FILTER_ROW(
		"only those on these computers, wildcards too; a computer that no session here is on is asked"),
	[STATE] = PSS_STATE_ROW("only those in this state"),
	[FORMAT] = { "Format", NULL, PSS_KIND_CHOICE, "FORMAT", .choices = formats, .help = "how to print" },
	[PROPERTY] = { "Property", NULL, PSS_KIND_LIST, "NAME", .wants = "the name of a property",
		       .help = "print bare values of these properties, for scripts; with -Format these alone" },
};

struct properties {
	int indices[PSS_TABLE_COLUMNS_MAX];
	size_t n;
};

static void refuse_property(struct pss_call *call, const char *name)
{
	char *all = strdup(pss_property_names[0]);

	for (size_t i = 1; all && pss_property_names[i]; i++) {
		char *longer =
			pss_format("%s%s%s", all, pss_property_names[i + 1] ? ", " : " or ", pss_property_names[i]);
		free(all);
		all = longer;
	}
	pss_call_usage(call, "-Property wants %s, not '%s'", all ? all : "a property", name);
	free(all);
}

static bool read_properties(struct pss_call *call, struct properties *ret_properties)
{
	const struct pss_texts *names = &call->own[PROPERTY].list;
	struct properties properties = { .n = 0 };

	for (size_t i = 0; i < names->n_items; i++) {
		int index = pss_property_find(names->items[i]);
		if (index < 0 || properties.n == sizeof properties.indices / sizeof *properties.indices) {
			refuse_property(call, names->items[i]);
			return false;
		}
		properties.indices[properties.n++] = index;
	}
	for (int i = 0; names->n_items == 0 && pss_property_names[i]; i++)
		properties.indices[properties.n++] = i;
	*ret_properties = properties;
	return true;
}

static void print(const struct pss_call *call, const struct pss_sessions *sessions, const struct properties *properties)
{
	enum format format = (enum format)call->own[FORMAT].number;
	struct pss_table table;

	if (call->own[PROPERTY].given && !call->own[FORMAT].given) {
		pss_print_values(sessions, properties->indices, properties->n);
	} else if (format == JSON) {
		pss_print_json(sessions, properties->indices, properties->n);
	} else if (format == LIST) {
		pss_print_list(sessions, properties->indices, properties->n);
	} else if (sessions->n_items > 0) {
		bool chosen = call->own[PROPERTY].given;
		pss_table_init(&table, chosen ? properties->indices : pss_table_properties,
			       chosen ? properties->n : PSS_TABLE_PROPERTIES, sessions, pss_output_width());
		pss_table_header(&table);
		for (size_t i = 0; i < sessions->n_items; i++)
			pss_table_row(&table, &sessions->items[i]);
	}
}

static void run(struct pss_call *call)
{
	struct pss_connection connection = { .fd = -1 };
	struct pss_sessions sessions = { 0 };
	struct properties properties;
	struct pss_selection selection = pss_selection_of(call);

	selection.computer = &call->own[COMPUTER_NAME];
	selection.state = &call->own[STATE];
	selection.shell = &call->link[PSS_LINK_CONFIGURATION_NAME];
	if (!read_properties(call, &properties) || pss_select_read_input(call, &call->selectors[PSS_BY_SESSION]) < 0)
		return;
	int rc = pss_lookup_select(call, &selection, PSS_OPEN_LISTED, &connection, &sessions);
	pss_connection_close(&connection);
	if (rc == 0 || rc == -ENOENT) {
		for (size_t i = 0; i < sessions.n_items; i++)
			pss_call_output(call, sessions.items[i].instance);
		print(call, &sessions, &properties);
	}
	pss_sessions_finish(&sessions);
}

const struct pss_verb pss_verb_get = {
	.name = "get-pssession",
	.summary = "List the sessions that are kept",
	.details = "Without parameters it lists all of them, from whichever terminal they were opened. Broken and "
		   "Closed ones stay listed, with their cause, until remove-pssession.\nWith the name of a computer "
		   "that no session here is on it asks that computer for the resilient sessions that live there, from "
		   "whichever computer they were opened. Busy: another one has it.\n",
	.rows = rows,
	.n_rows = sizeof rows / sizeof *rows,
	.uses = PSS_USES_SELECTORS | PSS_USES_LINK,
	.run = run,
};
