/* SPDX-License-Identifier: MIT */
/* The values that a parameter could take: its own choices, or what its row's `value` stands for. suggest.c calls it
 * once for a Tab. Of sessions it knows what a running host process says; it starts none, and one that does not answer
 * is not waited for. */
#include "client/suggest/suggest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/command/computer.h"
#include "client/requests/connection.h"
#include "client/requests/session-info.h"
#include "wire/cleanup.h"

#define CONNECT_DEADLINE_MS 100
#define LIST_DEADLINE_MS 100

/* -- sessions */

/* As many as there was memory for. */
static void ask(struct pss_call *call, struct pss_connection *connection, struct pss_sessions *sessions)
{
	struct pss_message message;
	struct pss_frame frame;
	uint32_t id = pss_connection_new_id(connection);
	bool more = true;

	pss_message_begin(&message, &connection->out, PSS_LIST, id);
	if (pss_message_end(&message) < 0)
		return;
	while (more && pss_connection_wait(connection, LIST_DEADLINE_MS, call->shell->interrupted, &frame) > 0) {
		more = frame.header.id != id || frame.header.type != PSS_RESULT;
		if (frame.header.id == id && frame.header.type == PSS_SESSION)
			more = pss_sessions_add(sessions, pss_frame_fields(&frame)) == 0;
		pss_connection_done(connection, &frame);
	}
}

static void list_sessions(struct pss_call *call, struct pss_sessions *sessions)
{
	_cleanup_(pss_free_pointer) char *program =
		pss_format("pssession %s (%s)", PSSESSION_VERSION, call->shell->name);
	struct pss_connection connection;

	if (pss_connection_try(&connection, CONNECT_DEADLINE_MS, program, call->shell->interrupted) < 0)
		return;
	ask(call, &connection, sessions);
	pss_connection_close(&connection);
}

static void add_property(const struct pss_sessions *sessions, const char *property, struct pss_suggestions *suggestions)
{
	for (size_t i = 0; i < sessions->n_items; i++) {
		const struct pss_session *session = &sessions->items[i];
		_cleanup_(pss_free_pointer) char *word = pss_property_value(session, pss_property_find(property));
		_cleanup_(pss_free_pointer) char *state = pss_property_value(session, pss_property_find("State"));
		_cleanup_(pss_free_pointer) char *help =
			state ? pss_format("%s, %s, %s", session->name, session->computer, state) : NULL;
		if (word && *word)
			pss_suggestions_add(suggestions, word, help);
	}
}

/* Of these properties; of the last one only when the others give nothing, where `reluctant`. */
static void add_sessions_by(struct pss_call *call, const char *const *properties, bool reluctant,
			    struct pss_suggestions *suggestions)
{
	struct pss_sessions sessions = { 0 };

	list_sessions(call, &sessions);
	for (size_t i = 0; properties[i]; i++)
		if (!reluctant || properties[i + 1] || suggestions->words.n_items == 0)
			add_property(&sessions, properties[i], suggestions);
	pss_sessions_finish(&sessions);
}

static void add_ids(struct pss_call *call, const struct pss_parameter *row, struct pss_suggestions *suggestions)
{
	add_sessions_by(call, (const char *const[]){ "Id", NULL }, false, suggestions);
}

static void add_instances(struct pss_call *call, const struct pss_parameter *row, struct pss_suggestions *suggestions)
{
	add_sessions_by(call, (const char *const[]){ "InstanceId", NULL }, false, suggestions);
}

/* -Name selects where it is one of several ways to name a session; else it names a new one. */
static void add_session_names(struct pss_call *call, const struct pss_parameter *row,
			      struct pss_suggestions *suggestions)
{
	if (row->set)
		add_sessions_by(call, (const char *const[]){ "Name", NULL }, false, suggestions);
}

/* InstanceIds are for scripts; only who begins one wants to see them. */
static void add_sessions(struct pss_call *call, const struct pss_parameter *row, struct pss_suggestions *suggestions)
{
	add_sessions_by(call, (const char *const[]){ "Name", "Id", "InstanceId", NULL }, true, suggestions);
}

/* -- the others */

/* Who opens sessions, or finds them elsewhere, can reach any computer; who chooses among them, those that have one. */
static void add_computers(struct pss_call *call, const struct pss_parameter *row, struct pss_suggestions *suggestions)
{
	const struct pss_value *config = &call->link[PSS_LINK_CONFIG_FILE];
	struct pss_texts hosts = { 0 };

	if (!row->position)
		add_sessions_by(call, (const char *const[]){ "ComputerName", NULL }, false, suggestions);
	if (!(call->verb->uses & PSS_USES_LINK))
		return;
	if (suggestions->wanted[0] == '@' && row->kind == PSS_KIND_LIST) {
		pss_suggestions_keep(suggestions, 1);
		suggestions->kind = "files";
		return;
	}
	if (strncasecmp(suggestions->wanted, "ssh://", 6) == 0)
		pss_suggestions_keep(suggestions, 6);
	const char *at = strrchr(suggestions->wanted, '@');
	if (at)
		pss_suggestions_keep(suggestions, (size_t)(at + 1 - suggestions->wanted));
	pss_suggest_hosts(call->shell->get_variable("HOME"), config->given ? config->text : NULL, &hosts);
	for (size_t i = 0; i < hosts.n_items; i++)
		pss_suggestions_add(suggestions, hosts.items[i], NULL);
	pss_texts_finish(&hosts);
}

static void add_shells(struct pss_call *call, const struct pss_parameter *row, struct pss_suggestions *suggestions)
{
	static const char *const shells[] = { "bash", "zsh", "fish", "sh", "dash", "ksh93", "mksh" };

	for (size_t i = 0; i < sizeof shells / sizeof *shells; i++)
		pss_suggestions_add(suggestions, shells[i], NULL);
	pss_suggestions_add(suggestions, "pwsh", "PowerShell in a terminal");
	pss_suggestions_add(suggestions, "Microsoft.PowerShell", "PowerShell remoting, also on Windows");
}

/* What the server calls it is its own affair; this is what PowerShell's documentation says. */
static void add_subsystems(struct pss_call *call, const struct pss_parameter *row, struct pss_suggestions *suggestions)
{
	pss_suggestions_add(suggestions, "powershell", NULL);
}

static void add_properties(struct pss_call *call, const struct pss_parameter *row, struct pss_suggestions *suggestions)
{
	for (size_t i = 0; pss_property_names[i]; i++)
		pss_suggestions_add(suggestions, pss_property_names[i], NULL);
}

static void want_files(struct pss_call *call, const struct pss_parameter *row, struct pss_suggestions *suggestions)
{
	suggestions->kind = "files";
}

/* -- the settings of -SSHConnection */

static const struct pss_parameter *row_of_setting(const char *key, size_t n)
{
	static const struct pss_parameter host = { "HostName", NULL, PSS_KIND_TEXT, "HOST", .position = 1 };

	if (strncasecmp(key, host.name, n) == 0 && !host.name[n])
		return &host;
	for (size_t i = 0; i < PSS_LINK_COUNT; i++)
		if (pss_parameter_compare(&pss_link_rows[i], key, n) == 2)
			return &pss_link_rows[i];
	return NULL;
}

static void add_key(struct pss_suggestions *suggestions, const char *name, const char *help)
{
	_cleanup_(pss_free_pointer) char *word = pss_format("%s=", name);

	if (word && !(suggestions->kept && strcasestr(suggestions->kept, word)))
		pss_suggestions_add(suggestions, word, help);
}

/* A key, or behind its = a value; what stands in front of the last semicolon is whole. */
static void add_settings(struct pss_call *call, const struct pss_parameter *row, struct pss_suggestions *suggestions)
{
	const char *start = strrchr(suggestions->wanted, ';'), *equals;

	if (!start && strncmp(suggestions->wanted, "@{", 2) == 0)
		start = suggestions->wanted + 1;
	start = start ? start + 1 : suggestions->wanted;
	pss_suggestions_keep(suggestions, (size_t)(start - suggestions->wanted) + strspn(start, " \t"));
	equals = strchr(suggestions->wanted, '=');
	if (equals) {
		row = row_of_setting(suggestions->wanted, (size_t)(equals - suggestions->wanted));
		pss_suggestions_keep(suggestions, (size_t)(equals + 1 - suggestions->wanted));
		if (row)
			pss_suggest_values(call, row, suggestions);
		return;
	}
	add_key(suggestions, "HostName", "the computer");
	for (size_t i = 0; i < PSS_LINK_COUNT; i++)
		if (pss_link_rows[i].kind != PSS_KIND_SWITCH)
			add_key(suggestions, pss_link_rows[i].name, pss_link_rows[i].help);
}

/* What a row's `value` stands for; with the name of the parameter where that decides. */
static const struct {
	const char *value, *name;
	void (*add)(struct pss_call *call, const struct pss_parameter *row, struct pss_suggestions *suggestions);
} sources[] = {
	{ "HOST", NULL, add_computers },       { "SESSION", NULL, add_sessions },
	{ "UUID", NULL, add_instances },       { "N", "Id", add_ids },
	{ "NAME", "Name", add_session_names }, { "NAME", "Property", add_properties },
	{ "SHELL", NULL, add_shells },         { "FILE", NULL, want_files },
	{ "SETTINGS", NULL, add_settings },    { "NAME", "Subsystem", add_subsystems },
};

static void add_choices(const struct pss_parameter *row, struct pss_suggestions *suggestions)
{
	for (size_t i = 0; row->choices[i]; i++)
		pss_suggestions_add(suggestions, row->choices[i], NULL);
}

/* What is before the last comma stays. */
static void keep_items(struct pss_suggestions *suggestions)
{
	const char *comma = strrchr(suggestions->wanted, ',');

	if (comma)
		pss_suggestions_keep(suggestions, (size_t)(comma + 1 - suggestions->wanted));
}

bool pss_suggest_values(struct pss_call *call, const struct pss_parameter *row, struct pss_suggestions *suggestions)
{
	if (call->verb->suggest && call->verb->suggest(call, row, suggestions))
		return true;
	if (row->kind == PSS_KIND_SWITCH) {
		pss_suggestions_add(suggestions, "true", NULL);
		pss_suggestions_add(suggestions, "false", NULL);
		return true;
	}
	if (row->kind == PSS_KIND_VARIABLE) {
		pss_suggestions_keep(suggestions, suggestions->wanted[0] == '+');
		suggestions->kind = "variables";
		return true;
	}
	if (row->choices) {
		add_choices(row, suggestions);
		return true;
	}
	if (row->kind == PSS_KIND_LIST || row->kind == PSS_KIND_NUMBERS)
		keep_items(suggestions);
	for (size_t i = 0; row->value && i < sizeof sources / sizeof *sources; i++) {
		if (strcmp(sources[i].value, row->value) != 0 ||
		    (sources[i].name && strcmp(sources[i].name, row->name) != 0))
			continue;
		sources[i].add(call, row, suggestions);
		return true;
	}
	return false;
}
