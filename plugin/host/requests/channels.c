/* SPDX-License-Identifier: MIT */
/* CHANNEL: one channel, whose bytes go over a pair of sockets, of which the client gets one. It is opened on a
 * session's connection, or on one that is made for it, which other CHANNELs of the client may use too, and which ends
 * with the last of them. Called by client.c. */
#include "host/requests/channels.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/shortage.h"
#include "host/commands/channel-socket.h"
#include "host/peer/reply.h"
#include "host/common/link-request.h"
#include "host/common/registry.h"
#include "host/common/request-target.h"
#include "host/session/session.h"

/* OpenSSH allows ten on a connection; a session has two, and three are left for what its user does meanwhile. */
#define ON_A_CONNECTION_MAX 5u
#define LINGER_S 2

/* A connection that was made for a CHANNEL. */
typedef struct {
	PssLinkRequest base; /* its id: of that one, until it is logged in */
	PssClientChannels *channels;
	GPtrArray *open; /* of PssChannelSocket, for their end */
	gboolean is_ready;
	guint n_used;
	GArray *ids;  /* uint32_t: of those that it was used by */
	guint linger; /* source: nobody uses it just now; 0: none */
} Way;

typedef struct {
	PssClientChannels *owner;
	uint32_t id;
	char *subsystem, *command; /* one of them */
	Way *way;
	PssSession *session;       /* one of them */
	PssChannelSocket *channel; /* NULL: it waits for the login */
} Asked;

struct PssClientChannels {
	PssLinkRequests ways; /* of Way */
	GPtrArray *all;       /* of Asked */
	gboolean output_stopped;
};

/* ---- the ends */

static Asked *find(const PssClientChannels *channels, uint32_t id)
{
	for (guint i = 0; i < channels->all->len; i++) {
		Asked *asked = channels->all->pdata[i];
		if (asked->id == id)
			return asked;
	}
	return NULL;
}

static gboolean on_lingered(gpointer user)
{
	Way *way = user;

	way->linger = 0;
	pss_link_request_end(&way->base);
	return G_SOURCE_REMOVE;
}

/* A client that found no SFTP opens another channel at once, without another login. */
static void leave_way(Way *way)
{
	if (!way || --way->n_used > 0)
		return;
	if (way->is_ready)
		way->linger = g_timeout_add_seconds(LINGER_S, on_lingered, way);
	else
		pss_link_request_end(&way->base);
}

static void free_stream(gpointer data)
{
	Asked *asked = data;

	pss_channel_socket_free(asked->channel);
	if (asked->session)
		pss_session_forget_waiter(asked->session, asked);
	leave_way(asked->way);
	pss_session_unref(asked->session);
	g_free(asked->subsystem);
	g_free(asked->command);
	g_free(asked);
}

static void finish(Asked *asked)
{
	pss_questions_drop(asked->owner->ways.context->questions, asked->id);
	g_ptr_array_remove_fast(asked->owner->all, asked);
}

static void fail(Asked *asked, const GError *error)
{
	PssPeer *peer = asked->owner->ways.context->peer;

	pss_reply_error(peer, asked->id, error);
	finish(asked);
	pss_peer_flush(peer);
}

static void end_well(Asked *asked, int status)
{
	PssPeer *peer = asked->owner->ways.context->peer;
	struct pss_message message;

	pss_message_begin(&message, pss_peer_out(peer), PSS_RESULT, asked->id);
	pss_message_number(&message, PSS_TAG_STATUS, PSS_OK);
	pss_message_number(&message, PSS_TAG_EXIT_STATUS, (uint64_t)status);
	pss_peer_send(peer, &message);
	finish(asked);
	pss_peer_flush(peer);
}

/* ---- the channel */

static void on_stderr(gpointer user, const void *data, gsize n)
{
	const Asked *asked = user;
	PssPeer *peer = asked->owner->ways.context->peer;

	pss_peer_send_bytes(peer, PSS_STDERR, asked->id, data, n);
	pss_peer_flush(peer);
}

static void on_done(gpointer user, int status, const GError *error)
{
	Asked *asked = user;

	asked->channel = NULL; /* frees itself */
	if (error || status >= 0) {
		if (error)
			fail(asked, error);
		else
			end_well(asked, status);
		return;
	}
	g_autoptr(GError) lost =
		g_error_new_literal(PSS_ERROR, PSS_LINK_LOST, "the server closed the channel and gave no exit status");
	fail(asked, lost);
}

static const PssChannelSocketEvents stream_events = { .on_stderr = on_stderr, .on_done = on_done };

static void tell_opened(const Asked *asked, int socket)
{
	PssPeer *peer = asked->owner->ways.context->peer;
	g_autofree char *directory = asked->session ? pss_session_directory(asked->session) : NULL;
	struct pss_message message;

	pss_message_begin(&message, pss_peer_out(peer), PSS_OPENED, asked->id);
	pss_message_text(&message, PSS_TAG_DIRECTORY, directory);
	if (asked->session && pss_session_survives(asked->session))
		pss_message_number(&message, PSS_TAG_RESILIENT, 1);
	pss_peer_send_descriptor(peer, &message, socket);
	pss_peer_flush(peer);
}

/* The socket is the asked's, or closed. NULL: error is set. */
static PssChannelSocket *open_in(Asked *asked, int socket, GError **error)
{
	const PssChannelRequest request = {
		.subsystem = asked->subsystem,
		.command = asked->command,
		.with_environment = asked->command != NULL,
		.beside = TRUE,
	};

	if (asked->session)
		return pss_session_open_channel(asked->session, &request, socket, &stream_events, asked, error);
	return pss_channel_socket_new(asked->way->base.transport, &request, socket, asked->way->open, &stream_events,
				      asked);
}

static void start(Asked *asked)
{
	g_autoptr(GError) error = NULL;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		pss_set_errno(&error, errno, "there is no socket for a channel");
		fail(asked, error);
		return;
	}
	asked->channel = open_in(asked, pair[0], &error);
	if (!asked->channel) {
		close(pair[1]);
		fail(asked, error);
		return;
	}
	if (asked->owner->output_stopped)
		pss_channel_socket_pause(asked->channel, TRUE);
	tell_opened(asked, pair[1]);
}

/* The link of a resilient session has been cut: it is there again, or the session waits no longer. */
static void on_link(gpointer user, const GError *error)
{
	Asked *asked = user;

	if (error && pss_session_reconnects(asked->session))
		pss_session_add_waiter(asked->session, on_link, asked);
	else if (error)
		fail(asked, error);
	else
		start(asked);
}

static void start_when_possible(Asked *asked)
{
	if (asked->session && pss_session_reconnects(asked->session))
		pss_session_add_waiter(asked->session, on_link, asked);
	else if (asked->session || asked->way->is_ready)
		start(asked);
}

/* ---- a connection's events */

/* Each of its channels, whatever `func` does to it. */
static void each_of(const Way *way, void (*func)(Asked *asked, const GError *error), const GError *error)
{
	const GPtrArray *all = way->channels->all;
	g_autoptr(GPtrArray) mine = g_ptr_array_new();

	for (guint i = 0; i < all->len; i++)
		if (((const Asked *)all->pdata[i])->way == way)
			g_ptr_array_add(mine, all->pdata[i]);
	for (guint i = 0; i < mine->len; i++)
		func(mine->pdata[i], error);
}

static void start_one(Asked *asked, const GError *unused)
{
	if (!asked->channel)
		start(asked);
}

static void on_ready(gpointer user, const char *remote_user, const char *history_key, const char *forwards)
{
	Way *way = user;

	if (pss_link_request_is_over(&way->base))
		return;
	pss_link_request_end_wait(&way->base);
	way->is_ready = TRUE;
	each_of(way, start_one, NULL);
}

static void on_lost(gpointer user, const GError *error)
{
	Way *way = user;

	if (!way->base.owner)
		return;
	g_clear_handle_id(&way->linger, g_source_remove);
	way->is_ready = FALSE;
	way->n_used++;
	pss_link_request_end_wait(&way->base);
	pss_channel_sockets_end(way->open, error);
	each_of(way, fail, error); /* those that waited for the login */
	leave_way(way);
}

static const PssTransportEvents transport_events = {
	.on_ready = on_ready,
	.on_question = pss_link_request_on_question,
	.on_note = pss_link_request_on_note,
	.on_lost = on_lost,
};

static void finish_way(PssLinkRequest *request)
{
	Way *way = (Way *)request;

	g_clear_handle_id(&way->linger, g_source_remove);
	g_ptr_array_unref(way->open);
	g_array_unref(way->ids);
}

static Way *make_way(PssClientChannels *channels, uint32_t id, PssTarget *target)
{
	Way *way = pss_link_request_new(&channels->ways, sizeof *way, id, target, finish_way);
	PssTarget *copy = pss_target_copy(target);

	way->channels = channels;
	way->open = g_ptr_array_new();
	way->ids = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	copy->share = MIN(copy->share, 1);
	pss_target_forget_forwards(copy);
	pss_link_request_connect(&way->base, copy, &transport_events);
	return way;
}

/* ---- requests */

static gboolean use_way(Asked *asked, Way *way, GError **error)
{
	if (way->n_used >= ON_A_CONNECTION_MAX) {
		g_set_error(error, PSS_ERROR, PSS_BUSY,
			    "%u channels are open on this connection to %s already; wait until a copy ends",
			    ON_A_CONNECTION_MAX, way->base.target->host);
		return FALSE;
	}
	g_clear_handle_id(&way->linger, g_source_remove);
	g_array_append_val(way->ids, asked->id);
	way->n_used++;
	asked->way = way;
	return TRUE;
}

static gboolean use_session(Asked *asked, const char *instance, GError **error)
{
	PssSession *session = pss_registry_find(instance);
	guint n = 0;

	session = session ? session : pss_session_find_living(instance);
	if (!session) {
		g_set_error_literal(error, PSS_ERROR, PSS_NO_SESSION, "the session no longer exists");
		return FALSE;
	}
	for (guint i = 0; i < asked->owner->all->len; i++)
		n += ((const Asked *)asked->owner->all->pdata[i])->session == session;
	if (n >= ON_A_CONNECTION_MAX) {
		g_set_error(error, PSS_ERROR, PSS_BUSY,
			    "%u channels are open on the connection of this session already", ON_A_CONNECTION_MAX);
		return FALSE;
	}
	asked->session = pss_session_ref(session);
	return TRUE;
}

static gboolean use_computer(Asked *asked, struct pss_fields fields, GError **error)
{
	PssTarget *target = pss_request_target(asked->owner->ways.context, fields, error);

	return target && use_way(asked, make_way(asked->owner, asked->id, target), error);
}

/* The connection that a channel of this id has used, or NULL. */
static Way *find_way(const PssClientChannels *channels, uint32_t id)
{
	for (guint i = 0; id != 0 && i < channels->ways.all->len; i++) {
		Way *way = channels->ways.all->pdata[i];
		for (guint j = 0; j < way->ids->len; j++)
			if (g_array_index(way->ids, uint32_t, j) == id)
				return way;
	}
	return NULL;
}

/* Where its channel is opened: as an earlier one, if that is still there. */
static gboolean find_place(Asked *asked, struct pss_fields fields, GError **error)
{
	uint32_t id = (uint32_t)pss_fields_number(fields, PSS_TAG_CHANNEL, 0);
	const Asked *earlier = find(asked->owner, id);
	const char *instance = pss_fields_text(fields, PSS_TAG_INSTANCE);
	Way *way = find_way(asked->owner, id);

	if (way)
		return use_way(asked, way, error);
	if (earlier && earlier->session)
		return use_session(asked, pss_session_instance(earlier->session), error);
	return instance ? use_session(asked, instance, error) : use_computer(asked, fields, error);
}

static Asked *add(PssClientChannels *channels, uint32_t id, struct pss_fields fields)
{
	Asked *asked = g_new0(Asked, 1);

	asked->owner = channels;
	asked->id = id;
	asked->subsystem = g_strdup(pss_fields_text(fields, PSS_TAG_SUBSYSTEM));
	asked->command = g_strdup(pss_fields_text(fields, PSS_TAG_WORD));
	g_ptr_array_add(channels->all, asked);
	return asked;
}

void pss_client_channels_on_channel(gpointer user, uint32_t id, struct pss_fields fields)
{
	PssClientChannels *channels = user;
	PssPeer *peer = channels->ways.context->peer;
	g_autoptr(GError) error = NULL;

	if (id == 0 || find(channels, id)) {
		pss_peer_fail(peer, "a request id that is in use");
		return;
	}
	pss_reply_ack(peer, id);
	Asked *asked = add(channels, id, fields);
	if (!asked->subsystem == !asked->command)
		g_set_error_literal(&error, PSS_ERROR, PSS_USAGE, "a channel is for a subsystem or for a command");
	else
		find_place(asked, fields, &error);
	if (error)
		fail(asked, error);
	else
		start_when_possible(asked);
}

gboolean pss_client_channels_cancel(PssClientChannels *channels, uint32_t id)
{
	Asked *asked = find(channels, id);
	g_autoptr(GError) error = g_error_new_literal(PSS_ERROR, PSS_INTERRUPTED, "the channel was given up");

	if (!asked)
		return FALSE;
	fail(asked, error);
	return TRUE;
}

void pss_client_channels_stop_output(PssClientChannels *channels, gboolean stopped)
{
	channels->output_stopped = stopped;
	for (guint i = 0; i < channels->all->len; i++) {
		const Asked *asked = channels->all->pdata[i];
		if (asked->channel)
			pss_channel_socket_pause(asked->channel, stopped);
	}
}

/* ---- life */

PssClientChannels *pss_client_channels_new(const PssClientContext *context)
{
	PssClientChannels *channels = g_new0(PssClientChannels, 1);

	pss_link_requests_init(&channels->ways, context);
	channels->all = g_ptr_array_new_with_free_func(free_stream);
	return channels;
}

void pss_client_channels_free(PssClientChannels *channels)
{
	g_ptr_array_unref(channels->all);
	pss_link_requests_finish(&channels->ways);
	g_free(channels);
}
