/* SPDX-License-Identifier: MIT */
/* A transport without a network: each channel is a child process of this machine, and the "link" is up until somebody
 * breaks it. It exists to prove that sessions and the remote engine need nothing of libssh. */
#include "link/local.h"

#include <signal.h>

#include "base/error.h"
#include "link/process/child-channel.h"
#include "link/transport/transport.h"

typedef struct {
	PssTransport base;
	PssTarget *target;
	const PssTransportEvents *events;
	gpointer user;
	GPtrArray *channels; /* every channel not yet closed by its owner; one reference each */
	guint idle;
	GError *cause; /* of on_lost, until that has been called */
	gboolean lost;
} NullTransport;

static void remove_source(guint *id)
{
	if (*id)
		g_source_remove(*id);
	*id = 0;
}

static char **child_environment(const NullTransport *transport, const PssChannelRequest *request)
{
	char **environment = pss_spawn_environment(transport->target->environment);

	if (request->pty)
		return g_environ_setenv(environment, "TERM", request->term, TRUE);
	return g_environ_unsetenv(environment, "TERM");
}

static void start_child(const NullTransport *transport, PssChildChannel *channel, const PssChannelRequest *request)
{
	g_auto(GStrv) environment = child_environment(transport, request);
	const char *shell = g_environ_getenv(environment, "SHELL");

	shell = shell && *shell ? shell : "/bin/sh";
	g_autofree char *base = g_path_get_basename(shell);
	g_autofree char *dashed = g_strconcat("-", base, NULL);
	const char *const login[] = { dashed, NULL };
	const char *const command[] = { "sh", "-c", request->command, NULL };
	PssSpawn spawn = {
		.argv = request->command ? command : login,
		.program = request->command ? "/bin/sh" : shell,
		.environment = (const char *const *)environment,
		.directory = g_environ_getenv(environment, "HOME"),
		.limits = &transport->target->limits,
	};
	pss_child_channel_start(channel, request, &spawn);
}

/* There are no subsystems here. */
static void start_request(const NullTransport *transport, PssChildChannel *channel, const PssChannelRequest *request)
{
	if (request->subsystem && !request->command)
		pss_child_channel_refuse_subsystem(channel, request->subsystem);
	else
		start_child(transport, channel, request);
}

static PssChannel *null_open(PssTransport *base, const PssChannelRequest *request, const PssChannelEvents *events,
			     gpointer user)
{
	NullTransport *transport = (NullTransport *)base;
	PssChildChannel *channel = pss_child_channel_new(base, transport->lost ? NULL : events, user);

	g_ptr_array_add(transport->channels, channel);
	if (!transport->lost)
		start_request(transport, channel, request);
	return (PssChannel *)channel;
}

static void null_close(PssChannel *base)
{
	NullTransport *transport = (NullTransport *)base->transport;

	pss_child_channel_shut((PssChildChannel *)base);
	g_ptr_array_remove_fast(transport->channels, base);
}

static void null_free(PssTransport *base)
{
	NullTransport *transport = (NullTransport *)base;

	remove_source(&transport->idle);
	for (guint i = 0; i < transport->channels->len; i++)
		pss_child_channel_shut(g_ptr_array_index(transport->channels, i));
	g_ptr_array_unref(transport->channels);
	g_clear_error(&transport->cause);
	pss_target_free(transport->target);
	g_free(transport);
}

static gboolean on_link_event(gpointer user)
{
	NullTransport *transport = user;

	transport->idle = 0;
	if (transport->lost) {
		transport->events->on_lost(transport->user, transport->cause);
		return G_SOURCE_REMOVE;
	}
	g_autofree char *key = g_strdup_printf("%s@%s:22", g_get_user_name(), transport->target->host);
	transport->events->on_ready(transport->user, g_get_user_name(), key, NULL);
	return G_SOURCE_REMOVE;
}

static void null_connect(PssTransport *base)
{
	NullTransport *transport = (NullTransport *)base;

	if (!transport->idle)
		transport->idle = g_idle_add(on_link_event, transport);
}

void pss_transport_null_break(PssTransport *base, const GError *cause)
{
	NullTransport *transport = (NullTransport *)base;

	if (transport->lost)
		return;
	transport->lost = TRUE;
	transport->cause = g_error_copy(cause);
	for (guint i = 0; i < transport->channels->len; i++)
		pss_child_channel_shut(g_ptr_array_index(transport->channels, i));
	remove_source(&transport->idle);
	transport->idle = g_idle_add(on_link_event, transport);
}

PssTransport *pss_transport_null_new(PssTarget *target, const PssTransportEvents *events, gpointer user)
{
	static const PssTransportOps ops = {
		.connect = null_connect,
		.open = null_open,
		.write = pss_child_channel_write,
		.pending = pss_child_channel_pending,
		.pause = pss_child_channel_pause,
		.resize = pss_child_channel_resize,
		.signal = pss_child_channel_signal,
		.eof = pss_child_channel_eof,
		.close = null_close,
		.free = null_free,
	};
	NullTransport *transport = g_new0(NullTransport, 1);

	signal(SIGPIPE, SIG_IGN); /* a child that closed its input is no reason to die */
	transport->base.ops = &ops;
	transport->target = target;
	transport->events = events;
	transport->user = user;
	transport->channels = g_ptr_array_new_with_free_func(pss_child_channel_unref);
	return &transport->base;
}
