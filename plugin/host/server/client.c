/* SPDX-License-Identifier: MIT */
/* A client owns its connection and its parts. One table says which part handles which frame; what CANCEL and LEAVE
 * mean, which any of several parts may be waiting for, is decided here. Called by server.c. */
#include "host/server/client.h"

#include <stddef.h>

#include "host/requests/attachment.h"
#include "host/requests/awaits.h"
#include "host/common/client-context.h"
#include "host/requests/discovery.h"
#include "host/requests/invocations.h"
#include "host/requests/openings.h"
#include "host/peer/reply.h"
#include "host/requests/requests.h"
#include "host/requests/channels.h"

struct PssClient {
	PssClient *client; /* itself, as the part that CANCEL and LEAVE are for */
	PssClientContext context;
	PssAttachment *attachment;
	PssInvocations *invocations;
	PssOpenings *openings;
	PssFinds *finds;
	PssAwaits *awaits;
	PssRequests *requests;
	PssClientChannels *channels;
	void (*on_gone)(gpointer user, PssClient *client); /* or NULL */
	gpointer user;
};

/* ---- what concerns several parts */

static void on_cancel(gpointer user, uint32_t id, struct pss_fields fields)
{
	const PssClient *client = user;

	/* An id that no part has is of a request whose RESULT is on its way. */
	(void)(pss_attachment_cancel(client->attachment, id) || pss_finds_cancel(client->finds, id) ||
	       pss_awaits_cancel(client->awaits, id) || pss_openings_cancel(client->openings, id) ||
	       pss_client_channels_cancel(client->channels, id));
}

static void on_leave(gpointer user, uint32_t id, struct pss_fields fields)
{
	const PssClient *client = user;
	gboolean keep = pss_fields_flag(fields, PSS_TAG_KEEP);

	pss_reply_ack(client->context.peer, id);
	if (!pss_attachment_leave(client->attachment, id, keep) && keep)
		pss_openings_detach(client->openings, id);
}

/* ---- frames */

struct handler {
	gsize part; /* where in PssClient is the part that handles it */
	void (*on_fields)(gpointer part, uint32_t id, struct pss_fields fields);
	void (*on_frame)(gpointer part, const struct pss_frame *frame);
	guint64 since;   /* version; 0: the oldest */
	gboolean secret; /* it may hold one, and is wiped */
};

#define PART(name) .part = offsetof(PssClient, name)

static const struct handler handlers[] = {
	[PSS_OPEN] = { PART(openings), .on_fields = pss_openings_on_open },
	[PSS_CANCEL] = { PART(client), .on_fields = on_cancel },
	[PSS_ANSWER] = { PART(context.questions), .on_fields = pss_questions_on_answer, .secret = TRUE },
	[PSS_LIST] = { PART(requests), .on_fields = pss_requests_on_list },
	[PSS_REMOVE] = { PART(requests), .on_fields = pss_requests_on_remove },
	[PSS_PING] = { PART(requests), .on_fields = pss_requests_on_ping },
	[PSS_ATTACH] = { PART(attachment), .on_fields = pss_attachment_on_attach },
	[PSS_COMPLETE] = { PART(attachment), .on_fields = pss_attachment_on_complete, .since = 2 },
	[PSS_LINE] = { PART(attachment), .on_frame = pss_attachment_on_line },
	[PSS_INPUT] = { PART(attachment), .on_frame = pss_attachment_on_input },
	[PSS_RESIZE] = { PART(attachment), .on_fields = pss_attachment_on_resize },
	[PSS_INTERRUPT] = { PART(attachment), .on_fields = pss_attachment_on_interrupt },
	[PSS_DISCARD] = { PART(attachment), .on_fields = pss_attachment_on_discard },
	[PSS_LEAVE] = { PART(client), .on_fields = on_leave },
	[PSS_DISCONNECT] = { PART(requests), .on_fields = pss_requests_on_disconnect, .since = 2 },
	[PSS_CONNECT] = { PART(requests), .on_fields = pss_requests_on_connect, .since = 2 },
	[PSS_FIND] = { PART(finds), .on_fields = pss_finds_on_find, .since = 2 },
	[PSS_WATCH] = { PART(awaits), .on_fields = pss_awaits_on_watch, .since = 2 },
	[PSS_AWAIT] = { PART(awaits), .on_fields = pss_awaits_on_await, .since = 2 },
	[PSS_CHANNEL] = { PART(channels), .on_fields = pss_client_channels_on_channel, .since = 2 },
	[PSS_RECEIVE] = { PART(invocations), .on_fields = pss_invocations_on_receive, .since = 2 },
	[PSS_INVOKE] = { PART(invocations), .on_fields = pss_invocations_on_invoke, .since = 2, .secret = TRUE },
	[PSS_VARIABLES] = { PART(invocations), .on_fields = pss_invocations_on_variables, .since = 2, .secret = TRUE },
	[PSS_COMMAND] = { PART(invocations), .on_frame = pss_invocations_on_command, .since = 2 },
	[PSS_STDIN] = { PART(invocations), .on_frame = pss_invocations_on_stdin, .since = 2 },
	[PSS_SIZE] = { PART(invocations), .on_fields = pss_invocations_on_size, .since = 2 },
	[PSS_STOP] = { PART(invocations), .on_fields = pss_invocations_on_stop, .since = 2 },
};

static gboolean is_handled(const struct handler *handler, guint64 version)
{
	return (handler->on_fields || handler->on_frame) && handler->since <= version;
}

static void on_frame(gpointer user, const struct pss_frame *frame)
{
	PssClient *client = user;
	static const struct handler none;
	const struct handler *handler =
		frame->header.type < G_N_ELEMENTS(handlers) ? &handlers[frame->header.type] : &none;
	gpointer part = G_STRUCT_MEMBER(gpointer, client, handler->part);
	struct pss_fields fields = pss_frame_fields(frame);

	if (!is_handled(handler, pss_peer_version(client->context.peer)))
		pss_peer_fail(client->context.peer, "unexpected frame type");
	else if (handler->on_frame)
		handler->on_frame(part, frame);
	else if (frame->header.flags || !pss_fields_are_whole(fields))
		pss_peer_fail(client->context.peer, "malformed message");
	else
		handler->on_fields(part, frame->header.id, fields);
	if (handler->secret)
		pss_wipe((void *)frame->payload, frame->header.length);
}

/* ---- life */

static void on_output_stopped(gpointer user, gboolean stopped)
{
	const PssClient *client = user;

	pss_attachment_stop_output(client->attachment, stopped);
	pss_invocations_stop_output(client->invocations, stopped);
	pss_client_channels_stop_output(client->channels, stopped);
}

static void on_end(gpointer user)
{
	PssClient *client = user;

	pss_attachment_free(client->attachment);
	pss_invocations_free(client->invocations);
	pss_openings_free(client->openings);
	pss_client_channels_free(client->channels);
	pss_questions_free(client->context.questions); /* before the links that ask */
	pss_requests_free(client->requests);
	pss_finds_free(client->finds);
	pss_awaits_free(client->awaits);
	pss_peer_free(client->context.peer);
	if (client->on_gone)
		client->on_gone(client->user, client);
	g_free(client);
}

PssClient *pss_client_new(int fd, const PssClientOptions *options)
{
	static const PssPeerEvents events = {
		.on_frame = on_frame,
		.on_output_stopped = on_output_stopped,
		.on_end = on_end,
	};
	static guint64 n_clients;
	PssClient *client = g_new0(PssClient, 1);
	PssPeer *peer = pss_peer_new(fd, options->newest, &events, client);

	client->client = client;
	client->context = (PssClientContext){
		.peer = peer,
		.questions = pss_questions_new(peer),
		.new_transport = options->new_transport,
		.number = ++n_clients,
		.on_login_over = options->on_login_over,
		.user = options->user,
	};
	client->attachment = pss_attachment_new(peer);
	client->invocations = pss_invocations_new(&client->context);
	client->openings = pss_openings_new(&client->context, client->attachment);
	client->finds = pss_finds_new(&client->context);
	client->awaits = pss_awaits_new(&client->context);
	client->channels = pss_client_channels_new(&client->context);
	client->requests = pss_requests_new(peer, client->finds);
	client->on_gone = options->on_gone;
	client->user = options->user;
	return client;
}

void pss_client_forget_user(PssClient *client)
{
	client->context.on_login_over = NULL;
	client->on_gone = NULL;
}
