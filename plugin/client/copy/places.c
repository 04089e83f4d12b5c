/* SPDX-License-Identifier: MIT */
/* Which places the operands name: a kept session where one has the name, else a computer. One place for each, so that
 * one connection serves all that is copied there. Called by verb-copy.c before anything happens. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "client/copy/copy.h"
#include "client/copy/operand.h"
#include "client/requests/requests.h"
#include "client/sessions/selection.h"
#include "wire/cleanup.h"

static bool fail_memory(struct pss_copy *copy)
{
	pss_call_error(copy->call, PSS_FAILED, NULL, "not enough memory");
	return false;
}

/* Takes the place over. */
static bool add_place(struct pss_copy *copy, struct pss_copy_place place, size_t *ret_place)
{
	struct pss_copy_place *more = realloc(copy->places, (copy->n_places + 1) * sizeof *more);

	if (more)
		copy->places = more;
	if (!more || (copy->n_places > 0 && (!place.label || !place.computer.host))) {
		free(place.label);
		free(place.instance);
		pss_target_finish(&place.computer);
		return fail_memory(copy);
	}
	*ret_place = copy->n_places;
	copy->places[copy->n_places++] = place;
	return true;
}

static bool add_here(struct pss_copy *copy)
{
	size_t here;

	return copy->n_places > 0 || add_place(copy, (struct pss_copy_place){ 0 }, &here);
}

bool pss_copy_add_at(struct pss_copy *copy, size_t place, const char *path, bool is_literal,
		     struct pss_copy_operands *operands)
{
	struct pss_copy_operand *more = realloc(operands->items, (operands->n_items + 1) * sizeof *more);

	if (!more || !add_here(copy))
		return fail_memory(copy);
	operands->items = more;
	more[operands->n_items++] = (struct pss_copy_operand){ .place = place, .path = path, .is_literal = is_literal };
	return true;
}

/* ---- sessions */

bool pss_copy_list_sessions(struct pss_copy *copy)
{
	if (copy->is_listed)
		return true;
	copy->is_listed = true;
	if (copy->connection.fd >= 0)
		return pss_request_list(copy->call, &copy->connection, &copy->sessions) == 0;
	return pss_request_list_running(copy->call, &copy->connection, &copy->sessions) == 0;
}

static bool use_session(struct pss_copy *copy, const struct pss_session *session, const char *label, size_t *ret_place)
{
	for (size_t i = 1; i < copy->n_places; i++)
		if (copy->places[i].instance && strcmp(copy->places[i].instance, session->instance) == 0) {
			*ret_place = i;
			return true;
		}
	struct pss_copy_place place = { .label = strdup(label),
					.instance = strdup(session->instance),
					.computer.host = strdup(session->computer) };
	return add_place(copy, place, ret_place);
}

bool pss_copy_find_session(struct pss_copy *copy, const char *text, size_t *ret_place)
{
	if (!add_here(copy) || !pss_copy_list_sessions(copy))
		return false;
	const struct pss_session *session = pss_select_one(copy->call, PSS_BY_SESSION, text, &copy->sessions);
	if (!session)
		return false;
	/* As a name for a directory, an Id or InstanceId says less than the session's own. */
	return use_session(copy, session, session->name, ret_place);
}

static bool is_named(const struct pss_session *session, const char *text)
{
	_cleanup_(pss_free_pointer) char *id = pss_property_value(session, PSS_PROPERTY_ID);

	return strcasecmp(session->name, text) == 0 || strcasecmp(session->instance, text) == 0 ||
	       (id && strcmp(id, text) == 0);
}

static const struct pss_session *session_named(const struct pss_copy *copy, const char *text)
{
	for (size_t i = 0; i < copy->sessions.n_items; i++)
		if (is_named(&copy->sessions.items[i], text))
			return &copy->sessions.items[i];
	return NULL;
}

/* ---- computers */

/* `hint` stands behind the reason why it can be no computer's name. */
static bool find_computer(struct pss_copy *copy, const char *text, const char *hint, size_t *ret_place)
{
	_cleanup_(pss_free_pointer) char *error = NULL;
	struct pss_copy_place place = { .label = strdup(text) };

	if (!add_here(copy))
		return false;
	for (size_t i = 1; i < copy->n_places; i++)
		if (!copy->places[i].instance && strcmp(copy->places[i].label, text) == 0) {
			free(place.label);
			*ret_place = i;
			return true;
		}
	if (pss_target_parse(text, &place.computer, &error) < 0) {
		free(place.label);
		if (!copy->is_quiet)
			pss_call_usage(copy->call, "%s%s", error ? error : "not enough memory", hint);
		return false;
	}
	return add_place(copy, place, ret_place);
}

bool pss_copy_find_computer(struct pss_copy *copy, const char *text, size_t *ret_place)
{
	return find_computer(copy, text, "", ret_place);
}

bool pss_copy_find_place(struct pss_copy *copy, const char *name, size_t *ret_place)
{
	if (!add_here(copy) || !pss_copy_list_sessions(copy))
		return false;
	const struct pss_session *session = session_named(copy, name);
	return session ? use_session(copy, session, name, ret_place)
		       : find_computer(copy, name, " (a file of here whose name holds a colon is given as ./NAME)",
				       ret_place);
}

bool pss_copy_add_operand(struct pss_copy *copy, const char *text, bool is_literal, struct pss_copy_operands *operands)
{
	_cleanup_(pss_free_pointer) char *name = NULL;
	const char *path;
	size_t place = 0;

	if (!pss_copy_split(text, &name, &path))
		return fail_memory(copy);
	if (!name)
		return pss_copy_add_at(copy, 0, path, true, operands);
	return pss_copy_find_place(copy, name, &place) && pss_copy_add_at(copy, place, path, is_literal, operands);
}

void pss_copy_finish(struct pss_copy *copy)
{
	pss_connection_close(&copy->connection);
	for (size_t i = 0; i < copy->n_places; i++) {
		free(copy->places[i].label);
		free(copy->places[i].instance);
		pss_target_finish(&copy->places[i].computer);
	}
	free(copy->places);
	free(copy->sources.items);
	free(copy->destinations.items);
	pss_sessions_finish(&copy->sessions);
}
