/* SPDX-License-Identifier: MIT */
/* LIST, REMOVE, DISCONNECT, CONNECT and PING: one function a request, each ends with its RESULT. */
#include "host/server/requests.h"

#include "base/error.h"
#include "host/server/discovery.h"
#include "host/server/registry.h"

#define DISCONNECT_PATIENCE_MS 2000 /* what waits to be run may wait longer */

void pss_requests_on_ping(PssPeer *peer, uint32_t id, struct pss_fields fields)
{
	pss_peer_result(peer, id, PSS_OK, NULL);
}

void pss_requests_on_list(PssPeer *peer, uint32_t id, struct pss_fields fields)
{
	GPtrArray *sessions = pss_registry_sessions();
	for (guint i = 0; i < sessions->len; i++)
		pss_peer_session(peer, PSS_SESSION, id, sessions->pdata[i]);
	pss_peer_result(peer, id, PSS_OK, NULL);
}

/* ---- removing: what keeps a resilient session there has to hear of it */

typedef struct {
	PssPeer *peer; /* NULL: it has gone */
	uint32_t id;
	char *computer;
	guint idle_s;
} Removal;

static GPtrArray *removals;

static char *what_is_left(const Removal *removal, const char *reason)
{
	g_autofree char *until =
		removal->idle_s > 0 ? g_strdup_printf("there it ends by itself in %u s at the latest", removal->idle_s)
				    : g_strdup("there it goes on, as its IdleTimeoutSec is 0");

	return g_strdup_printf("the session is removed here, but what keeps it on %s could not be told so (%s): %s",
			       removal->computer, reason, until);
}

static void on_removed(gpointer user, const GError *cause)
{
	Removal *removal = user;
	PssPeer *peer = removal->peer;

	g_ptr_array_remove_fast(removals, removal);
	if (peer && cause) {
		g_autofree char *text = what_is_left(removal, cause->message);
		g_autoptr(GError) error = g_error_new_literal(PSS_ERROR, PSS_LINK_LOST, text);
		pss_peer_error(peer, removal->id, error);
	} else if (peer) {
		pss_peer_result(peer, removal->id, PSS_OK, NULL);
	}
	if (peer)
		pss_peer_flush(peer);
	g_free(removal->computer);
	g_free(removal);
}

static void forget_removals(const PssPeer *peer)
{
	for (guint i = 0; removals && i < removals->len; i++) {
		Removal *removal = removals->pdata[i];
		if (removal->peer == peer)
			removal->peer = NULL;
	}
}

void pss_requests_on_remove(PssPeer *peer, uint32_t id, struct pss_fields fields)
{
	const char *instance = pss_fields_text(fields, PSS_TAG_INSTANCE);
	PssSession *found = instance ? pss_registry_find(instance) : NULL;

	if (!found) {
		pss_peer_result(peer, id, PSS_NO_SESSION, "the session has been removed already");
		return;
	}
	g_autoptr(PssSession) session = pss_session_ref(found);
	Removal *removal = g_new0(Removal, 1);
	removal->peer = peer;
	removal->id = id;
	removal->computer = g_strdup(pss_session_computer(session));
	removal->idle_s = pss_session_idle_seconds(session);
	removals = removals ? removals : g_ptr_array_new();
	g_ptr_array_add(removals, removal);
	if (pss_session_close_told(session, "the session was removed", on_removed, removal))
		pss_peer_ack(peer, id);
	else
		on_removed(removal, NULL);
	pss_registry_remove(session);
}

static PssSession *find(PssPeer *peer, uint32_t id, struct pss_fields fields)
{
	const char *instance = pss_fields_text(fields, PSS_TAG_INSTANCE);
	PssSession *found = instance ? pss_registry_find(instance) : NULL;

	if (!found)
		pss_peer_result(peer, id, PSS_NO_SESSION, "the session no longer exists");
	return found;
}

/* ---- what takes a while: a link has to be made or given up */

typedef struct {
	PssPeer *peer;
	uint32_t id;
	PssSession *session;
	gboolean adopted;     /* by this request: it is given back where that fails */
	PssSession *replaced; /* with adopted: what was listed in its place, or NULL */
	guint source;         /* of a DISCONNECT: when it has its RESULT whatever comes */
} Waiting;

static GPtrArray *all_waiting;

static void free_waiting(Waiting *waiting)
{
	g_clear_handle_id(&waiting->source, g_source_remove);
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

	g_ptr_array_remove_fast(all_waiting, waiting);
	if (error)
		pss_peer_error(waiting->peer, waiting->id, error);
	else
		pss_peer_session(waiting->peer, PSS_RESULT, waiting->id, waiting->session);
	pss_peer_flush(waiting->peer);
	if (error)
		give_up(waiting);
	else if (waiting->replaced)
		pss_registry_remove(waiting->replaced);
	free_waiting(waiting);
}

static Waiting *wait_for_link(PssPeer *peer, uint32_t id, PssSession *session, PssLinkWaiterFunc func)
{
	Waiting *waiting = g_new0(Waiting, 1);

	waiting->peer = peer;
	waiting->id = id;
	waiting->session = pss_session_ref(session);
	if (!all_waiting)
		all_waiting = g_ptr_array_new();
	g_ptr_array_add(all_waiting, waiting);
	pss_session_add_waiter(session, func, waiting);
	pss_peer_ack(peer, id);
	return waiting;
}

void pss_requests_forget(PssPeer *peer)
{
	forget_removals(peer);
	for (guint i = all_waiting ? all_waiting->len : 0; i-- > 0;) {
		Waiting *waiting = all_waiting->pdata[i];
		if (waiting->peer != peer)
			continue;
		pss_session_forget_waiter(waiting->session, waiting);
		give_up(waiting);
		g_ptr_array_remove_index_fast(all_waiting, i);
		free_waiting(waiting);
	}
}

/* Behind what closes the connection, so that it is free for others, or this computer may sleep, when the command ends.
 */
static gboolean on_disconnected(gpointer user)
{
	Waiting *waiting = user;
	PssPeer *peer = waiting->peer;

	waiting->source = 0;
	g_ptr_array_remove_fast(all_waiting, waiting);
	pss_session_forget_waiter(waiting->session, waiting);
	pss_peer_session(peer, PSS_RESULT, waiting->id, waiting->session);
	free_waiting(waiting);
	pss_peer_flush(peer);
	return G_SOURCE_REMOVE;
}

static void on_link_given_up(gpointer user, const GError *error)
{
	Waiting *waiting = user;

	g_clear_handle_id(&waiting->source, g_source_remove);
	waiting->source = g_idle_add(on_disconnected, waiting);
}

void pss_requests_on_disconnect(PssPeer *peer, uint32_t id, struct pss_fields fields)
{
	PssSession *session = find(peer, id, fields);
	g_autoptr(GError) error = NULL;

	if (!session)
		return;
	if (!pss_session_disconnect(session, &error)) {
		pss_peer_error(peer, id, error);
		return;
	}
	pss_session_take_buffering(session, fields);
	guint64 idle = pss_fields_number(fields, PSS_TAG_IDLE_TIMEOUT, G_MAXUINT64);
	if (!pss_session_park(session, idle <= G_MAXINT, (guint)idle)) {
		pss_peer_session(peer, PSS_RESULT, id, session);
		return;
	}
	Waiting *waiting = wait_for_link(peer, id, session, on_link_given_up);
	waiting->source = g_timeout_add(DISCONNECT_PATIENCE_MS, on_disconnected, waiting);
}

/* What a FIND of this client has found, in the place of one that has ended here. FALSE: it has found no such. */
static gboolean adopt(PssPeer *peer, uint32_t id, struct pss_fields fields, PssSession *ended, gboolean force)
{
	const char *instance = pss_fields_text(fields, PSS_TAG_INSTANCE);
	const char *name = pss_fields_text(fields, PSS_TAG_NAME);
	g_autoptr(PssSession) session = pss_finds_adopt(pss_peer_finds(peer), instance, force);
	g_autoptr(GError) error = NULL;

	if (!session)
		return FALSE;
	if (!pss_session_connect(session, force, &error)) {
		pss_session_give_back(session, error->message);
		pss_peer_error(peer, id, error);
		return TRUE;
	}
	if (name)
		pss_session_rename(session, name);
	Waiting *waiting = wait_for_link(peer, id, session, on_link_made);
	waiting->adopted = TRUE;
	waiting->replaced = ended ? pss_session_ref(ended) : NULL;
	return TRUE;
}

void pss_requests_on_connect(PssPeer *peer, uint32_t id, struct pss_fields fields)
{
	const char *instance = pss_fields_text(fields, PSS_TAG_INSTANCE);
	gboolean force = pss_fields_number(fields, PSS_TAG_FORCE, 0) != 0;
	const char *name = pss_fields_text(fields, PSS_TAG_NAME);
	PssSession *session = instance ? pss_registry_find(instance) : NULL;
	g_autoptr(GError) error = NULL;

	if (name && !pss_session_check_name(name, &error)) {
		pss_peer_error(peer, id, error);
		return;
	}
	if (instance && (!session || pss_session_has_ended(session)) && adopt(peer, id, fields, session, force))
		return;
	if (!session) {
		pss_peer_result(peer, id, PSS_NO_SESSION, "the session no longer exists");
		return;
	}
	if (!pss_session_connect(session, force, &error)) {
		pss_peer_error(peer, id, error);
		return;
	}
	if (name)
		pss_session_rename(session, name);
	if (pss_session_waits_for_link(session))
		wait_for_link(peer, id, session, on_link_made);
	else
		pss_peer_session(peer, PSS_RESULT, id, session);
}
