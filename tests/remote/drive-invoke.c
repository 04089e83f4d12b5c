/* SPDX-License-Identifier: MIT */
/* The driver's invocations: a relay channel of its own for each, as the host process has them, without input. */
#include "drive.h"
#include "host/session/relay.h"

typedef struct {
	PssRelay *relay;
	GString *output;
	gboolean ready, closed, done, whole;
	int status;
} Invocation;

static void on_ready(gpointer user, PssRelay *relay)
{
	((Invocation *)user)->ready = TRUE;
}

static void on_taken(gpointer user, PssRelay *relay, gsize n)
{
}

static void on_closed(gpointer user, PssRelay *relay, const GError *error)
{
	Invocation *invocation = user;

	invocation->closed = TRUE;
	pss_relay_free(g_steal_pointer(&invocation->relay));
}

static void on_stream(gpointer user, gboolean is_stderr, const void *data, gsize n)
{
	Invocation *invocation = user;

	g_string_append(invocation->output, is_stderr ? "2:" : "");
	g_string_append_len(invocation->output, data, (gssize)n);
}

static gboolean on_silence(gpointer user)
{
	return FALSE;
}

static void on_done(gpointer user, int status, gboolean background, gboolean whole)
{
	Invocation *invocation = user;

	invocation->done = TRUE;
	invocation->whole = whole;
	invocation->status = status;
}

static const PssRelayEvents relay_events = { on_ready, on_taken, on_closed };
static const PssInvokeEvents invoke_events = { NULL, on_stream, on_silence, on_done };

static gboolean is_open(gpointer user)
{
	const Invocation *invocation = user;
	return invocation->ready || invocation->closed;
}

static gboolean is_over(gpointer user)
{
	return ((Invocation *)user)->done;
}

char *drive_invoke(Drive *drive, guint relay, const char *text, int *ret_status)
{
	Invocation invocation = { .output = g_string_new(NULL), .status = -1 };
	const PssCommand command = { .text = text, .n_text = strlen(text) };
	PssRemote *remote = drive_remote(drive);

	invocation.relay = pss_relay_open(drive_transport(drive), remote, relay, &relay_events, &invocation);
	if (!drive_await(drive, is_open, &invocation) || invocation.closed)
		drive_fail(drive, "the relay did not come");
	if (!pss_remote_invoke(remote, &command, relay, 0, &invoke_events, &invocation, NULL))
		drive_fail(drive, "the invocation was refused");
	if (!drive_await(drive, is_over, &invocation))
		drive_fail(drive, "the invocation did not end");
	if (!invocation.whole)
		drive_fail(drive, "the invocation's output was not whole");
	if (invocation.relay)
		pss_relay_end(invocation.relay);
	*ret_status = invocation.status;
	return g_string_free(invocation.output, FALSE);
}
