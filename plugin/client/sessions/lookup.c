/* SPDX-License-Identifier: MIT */
/* Finding sessions on computers. A name with a wildcard only filters; so does one that means a session which lives
 * here, as that needs no network. Called by get, connect and receive. */
#include "client/sessions/lookup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "wire/cleanup.h"

struct search {
	struct pss_sessions *sessions;
	size_t n_known; /* of them: those that live here */
	const struct pss_open *opens;
	bool failed;
};

static bool has_ended(const struct pss_session *session)
{
	return session->state == PSS_STATE_BROKEN || session->state == PSS_STATE_CLOSED;
}

/* In the order in which the computers were named, whichever answers first. */
static void put_in_order(struct search *search)
{
	struct pss_session *items = search->sessions->items;

	for (size_t i = search->sessions->n_items - 1; i > search->n_known && items[i - 1].place > items[i].place;
	     i--) {
		struct pss_session later = items[i - 1];
		items[i - 1] = items[i];
		items[i] = later;
	}
}

/* One that lives here is the same that was found; one that has ended here gives its place to it. */
static void merge(struct search *search, struct pss_session *found)
{
	struct pss_sessions *sessions = search->sessions;

	for (size_t i = 0; i < sessions->n_items; i++) {
		struct pss_session *known = &sessions->items[i];
		if (strcmp(known->instance, found->instance) != 0)
			continue;
		if (!has_ended(known)) {
			known->found = true;
			pss_session_finish(found);
			return;
		}
		pss_session_finish(known);
		*known = *found;
		return;
	}
	if (pss_sessions_put(sessions, found) < 0)
		search->failed = true;
	else
		put_in_order(search);
}

static void on_found(struct pss_call *call, struct pss_open *open, struct pss_fields fields, void *user)
{
	struct search *search = user;
	struct pss_session session;

	if (pss_session_read(fields, &session) < 0) {
		search->failed = true;
		return;
	}
	session.found = true;
	session.place = (size_t)(open - search->opens);
	merge(search, &session);
}

/* Where a plain session has ended, nothing of it is there either; of a resilient one something may be, with another
 * client. */
static bool means_one_here(const struct pss_selection *selection, enum pss_open_kind kind, const char *computer,
			   const struct pss_sessions *sessions)
{
	for (size_t i = 0; i < sessions->n_items; i++) {
		const struct pss_session *session = &sessions->items[i];
		bool is_here = !has_ended(session) || (kind == PSS_OPEN_LISTED && !session->resilient);
		if (is_here && pss_select_matches(selection, computer, session))
			return true;
	}
	return false;
}

/* Those that are to be asked. -EINVAL: one cannot be, which is reported. */
static int choose(struct pss_call *call, const struct pss_selection *selection, enum pss_open_kind kind,
		  const struct pss_sessions *sessions, struct pss_open *opens, size_t *ret_n_opens)
{
	const struct pss_texts *names = &selection->computer->list;

	*ret_n_opens = 0;
	for (size_t i = 0; i < names->n_items; i++) {
		_cleanup_(pss_free_pointer) char *error = NULL;
		const char *name = names->items[i];
		if (means_one_here(selection, kind, name, sessions))
			continue;
		if (pss_target_parse(name, &opens[*ret_n_opens].target, &error) == 0) {
			++*ret_n_opens; /* "[::1]:22" is no wildcard */
		} else if (!pss_select_is_pattern(name)) {
			pss_call_usage(call, "-ComputerName: %s", error ? error : "not enough memory");
			return -EINVAL;
		}
	}
	return 0;
}

static int ask(struct pss_call *call, struct pss_open *opens, size_t n_opens, size_t throttle, enum pss_open_kind kind,
	       struct pss_connection *connection, struct pss_sessions *sessions)
{
	struct search search = { .sessions = sessions, .n_known = sessions->n_items, .opens = opens };
	const struct pss_open_events events = { .on_opened = on_found, .user = &search };
	int rc = 0;

	if (connection->fd < 0)
		rc = pss_request_connect(call, true, connection);
	if (rc == 0 && !pss_request_needs(call, connection, 2))
		return -EPROTO;
	if (rc == 0)
		rc = pss_request_open(call, connection, opens, n_opens, throttle ? throttle : PSS_THROTTLE_DEFAULT,
				      kind, NULL, &events);
	if (rc == 0 && search.failed)
		pss_call_error(call, PSS_FAILED, NULL, "not enough memory");
	return rc;
}

int pss_lookup_select(struct pss_call *call, const struct pss_selection *selection, enum pss_open_kind kind,
		      struct pss_connection *ret_connection, struct pss_sessions *ret_sessions)
{
	size_t n_computers = selection->computer ? selection->computer->list.n_items : 0, n_opens = 0;
	_cleanup_(pss_free_pointer) struct pss_open *opens = calloc(n_computers + 1, sizeof *opens);
	struct pss_selection meant = *selection;
	struct pss_sessions sessions = { 0 };

	*ret_connection = (struct pss_connection){ .fd = -1 };
	int rc = pss_request_connect(call, false, ret_connection);
	if (rc == 0)
		rc = pss_request_list(call, ret_connection, &sessions);
	bool may_go_on = rc == 0 || rc == -ENOENT;
	/* An Id is one of here. */
	if (may_go_on && opens && n_computers > 0 && !selection->selectors[PSS_BY_ID]->given) {
		meant.computers_are_asked = true;
		int chosen = choose(call, selection, kind, &sessions, opens, &n_opens);
		if (chosen == 0 && n_opens > 0)
			chosen = ask(call, opens, n_opens, selection->throttle, kind, ret_connection, &sessions);
		rc = chosen < 0 || n_opens > 0 ? chosen : rc;
	}
	for (size_t i = 0; i < n_opens; i++)
		pss_target_finish(&opens[i].target);
	if (rc == 0 || rc == -ENOENT)
		pss_select(call, &meant, &sessions);
	*ret_sessions = sessions;
	return rc;
}
