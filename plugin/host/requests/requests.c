/* SPDX-License-Identifier: MIT */
/* One function a request, and what waits for a link or for a holder's end. Called by client.c. */
#include "host/requests/requests.h"

#include "base/error.h"
#include "host/common/registry.h"
#include "host/peer/reply.h"
#include "host/session/session.h"
#include "wire/deadlines.h"

struct PssRequests {
	PssPeer *peer;
	PssFinds *finds;
	GPtrArray *removals; /* of Removal, which outlive this */
	GPtrArray *waiting;  /* of Waiting */
};

void pss_requests_on_ping(gpointer user, uint32_t id, struct pss_fields fields)
{
	PssRequests *requests = user;

	pss_reply_result(requests->peer, id, PSS_OK, NULL);
}

void pss_requests_on_list(gpointer user, uint32_t id, struct pss_fields fields)
{
	PssRequests *requests = user;
	GPtrArray *sessions = pss_registry_sessions();

	for (guint i = 0; i < sessions->len; i++)
		pss_reply_session(requests->peer, PSS_SESSION, id, sessions->pdata[i], NULL);
	pss_reply_result(requests->peer, id, PSS_OK, NULL);
}

/* ---- removing: the holder of a resilient session has to hear of it */

typedef struct {
	PssRequests *owner; /* NULL: the client has gone */
	uint32_t id;
	char *computer;
	guint idle_s;
} Removal;

static char *what_is_left(const Removal *removal, const char *reason)
{
	g_autofree char *until =
		removal->idle_s > 0 ? g_strdup_printf("there it ends by itself in %u s at the latest", removal->idle_s)
				    : g_strdup("there it goes on, as its IdleTimeoutSec is 0");

	return g_strdup_printf("the session is removed here, but its keeper on %s could not be reached (%s): %s",
			       removal->computer, reason, until);
}

static void reply_removed(const Removal *removal, const GError *cause)
{
	PssPeer *peer = removal->owner->peer;
	g_autofree char *text = cause ? what_is_left(removal, cause->message) : NULL;

	g_ptr_array_remove_fast(removal->owner->removals, (gpointer)removal);
	pss_reply_result(peer, removal->id, cause ? PSS_LINK_LOST : PSS_OK, text);
	pss_peer_flush(peer);
}

static void on_removed(gpointer user, const GError *cause)
{
	Removal *removal = user;

	if (removal->owner)
		reply_removed(removal, cause);
	g_free(removal->computer);
	g_free(removal);
}

void pss_requests_on_remove(gpointer user, uint32_t id, struct pss_fields fields)
{
	PssRequests *requests = user;
	PssSession *found = pss_registry_find(pss_fields_text(fields, PSS_TAG_INSTANCE));

	if (!found) {
		pss_reply_result(requests->peer, id, PSS_NO_SESSION, "the session has been removed already");
		return;
	}
	g_autoptr(PssSession) session = pss_session_ref(found);
	Removal *removal = g_new0(Removal, 1);
	removal->owner = requests;
	removal->id = id;
	removal->computer = g_strdup(pss_session_computer(session));
	removal->idle_s = pss_session_idle_seconds(session);
	g_ptr_array_add(requests->removals, removal);
	if (pss_session_close_and_report(session, "the session was removed", on_removed, removal))
		pss_reply_ack(requests->peer, id);
	else
		on_removed(removal, NULL);
	pss_registry_remove(session);
}

/* ---- what takes a while: a link has to be made or given up */

typedef struct {
	PssRequests *owner;
	uint32_t id;
	PssSession *session;
	gboolean adopted;     /* by this request: it is given back where that fails */
	PssSession *replaced; /* with adopted: what was listed in its place, or NULL */
	guint source;         /* of a DISCONNECT: when it has its RESULT whatever comes */
} Waiting;

static void free_waiting(gpointer data)
{
	Waiting *waiting = data;

	g_clear_handle_id(&waiting->source, g_source_remove);
	pss_session_forget_waiter(waiting->session, waiting);
	pss_session_unref(waiting->session);
	pss_session_unref(waiting->replaced);
	g_free(waiting);
}

static void give_up(const Waiting *waiting)
{
	if (waiting->adopted)
		pss_session_give_back(waiting->session, "it could not be connected");
}

static void on_link_made(gpointer user, const GError *error)
{
	Waiting *waiting = user;
	PssPeer *peer = waiting->owner->peer;

	if (error)
		pss_reply_error(peer, waiting->id, error);
	else
		pss_reply_session(peer, PSS_RESULT, waiting->id, waiting->session, NULL);
	pss_peer_flush(peer);
	if (error)
		give_up(waiting);
	else if (waiting->replaced)
		pss_registry_remove(waiting->replaced);
	g_ptr_array_remove_fast(waiting->owner->waiting, waiting);
}

static Waiting *wait_for_link(PssRequests *requests, uint32_t id, PssSession *session, PssLinkWaiterFunc func)
{
	Waiting *waiting = g_new0(Waiting, 1);

	waiting->owner = requests;
	waiting->id = id;
	waiting->session = pss_session_ref(session);
	g_ptr_array_add(requests->waiting, waiting);
	pss_session_add_waiter(session, func, waiting);
	pss_reply_ack(requests->peer, id);
	return waiting;
}

/* Behind what closes the connection, so that it is free for others, or this computer may sleep, when the command ends.
 */
static gboolean on_disconnected(gpointer user)
{
	Waiting *waiting = user;
	PssPeer *peer = waiting->owner->peer;

	waiting->source = 0;
	pss_reply_session(peer, PSS_RESULT, waiting->id, waiting->session, NULL);
	g_ptr_array_remove_fast(waiting->owner->waiting, waiting);
	pss_peer_flush(peer);
	return G_SOURCE_REMOVE;
}

static void on_link_given_up(gpointer user, const GError *error)
{
	Waiting *waiting = user;

	g_clear_handle_id(&waiting->source, g_source_remove);
	waiting->source = g_idle_add(on_disconnected, waiting);
}

void pss_requests_on_disconnect(gpointer user, uint32_t id, struct pss_fields fields)
{
	PssRequests *requests = user;
	PssSession *session = pss_registry_find(pss_fields_text(fields, PSS_TAG_INSTANCE));
	g_autoptr(GError) error = NULL;

	if (!session) {
		pss_reply_no_session(requests->peer, id);
		return;
	}
	if (!pss_session_disconnect(session, &error)) {
		pss_reply_error(requests->peer, id, error);
		return;
	}
	pss_session_take_buffering(session, fields);
	guint64 idle = pss_fields_number(fields, PSS_TAG_IDLE_TIMEOUT, G_MAXUINT64);
	if (!pss_session_park(session, idle <= G_MAXINT, (guint)idle)) {
		pss_reply_session(requests->peer, PSS_RESULT, id, session, NULL);
		return;
	}
	Waiting *waiting = wait_for_link(requests, id, session, on_link_given_up);
	waiting->source = g_timeout_add(pss_deadline(PSS_HOST_WAITS_MS), on_disconnected, waiting);
}

/* ---- CONNECT */

typedef struct {
	uint32_t id;
	const char *instance, *name; /* or NULL */
	gboolean force;
} Connect;

/* A session that a FIND of this client has found, in the place of one that has ended here. FALSE: there is no such. */
static gboolean adopt(PssRequests *requests, const Connect *connect, PssSession *ended)
{
	g_autoptr(PssSession) session = pss_finds_adopt(requests->finds, connect->instance, connect->force);
	g_autoptr(GError) error = NULL;

	if (!session)
		return FALSE;
	if (!pss_session_connect(session, connect->force, &error)) {
		pss_session_give_back(session, error->message);
		pss_reply_error(requests->peer, connect->id, error);
		return TRUE;
	}
	if (connect->name)
		pss_session_rename(session, connect->name);
	Waiting *waiting = wait_for_link(requests, connect->id, session, on_link_made);
	waiting->adopted = TRUE;
	waiting->replaced = ended ? pss_session_ref(ended) : NULL;
	return TRUE;
}

static void connect_listed(PssRequests *requests, const Connect *connect, PssSession *session)
{
	g_autoptr(GError) error = NULL;

	if (!pss_session_connect(session, connect->force, &error)) {
		pss_reply_error(requests->peer, connect->id, error);
		return;
	}
	if (connect->name)
		pss_session_rename(session, connect->name);
	if (pss_session_waits_for_link(session))
		wait_for_link(requests, connect->id, session, on_link_made);
	else
		pss_reply_session(requests->peer, PSS_RESULT, connect->id, session, NULL);
}

void pss_requests_on_connect(gpointer user, uint32_t id, struct pss_fields fields)
{
	PssRequests *requests = user;
	const Connect connect = {
		.id = id,
		.instance = pss_fields_text(fields, PSS_TAG_INSTANCE),
		.name = pss_fields_text(fields, PSS_TAG_NAME),
		.force = pss_fields_flag(fields, PSS_TAG_FORCE),
	};
	PssSession *session = pss_registry_find(connect.instance);
	g_autoptr(GError) error = NULL;

	if (connect.name && !pss_session_check_name(connect.name, &error)) {
		pss_reply_error(requests->peer, id, error);
		return;
	}
	if (connect.instance && (!session || pss_session_has_ended(session)) && adopt(requests, &connect, session))
		return;
	if (session)
		connect_listed(requests, &connect, session);
	else
		pss_reply_no_session(requests->peer, id);
}

/* ---- life */

PssRequests *pss_requests_new(PssPeer *peer, PssFinds *finds)
{
	PssRequests *requests = g_new0(PssRequests, 1);

	requests->peer = peer;
	requests->finds = finds;
	requests->removals = g_ptr_array_new();
	requests->waiting = g_ptr_array_new_with_free_func(free_waiting);
	return requests;
}

static void forget_removal(gpointer removal, gpointer unused)
{
	((Removal *)removal)->owner = NULL;
}

void pss_requests_free(PssRequests *requests)
{
	g_ptr_array_foreach(requests->removals, forget_removal, NULL);
	g_ptr_array_unref(requests->removals);
	while (requests->waiting->len > 0) {
		Waiting *waiting = requests->waiting->pdata[0];
		pss_session_forget_waiter(waiting->session, waiting);
		give_up(waiting);
		g_ptr_array_remove_index_fast(requests->waiting, 0);
	}
	g_ptr_array_unref(requests->waiting);
	g_free(requests);
}
