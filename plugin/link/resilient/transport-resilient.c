/* SPDX-License-Identifier: MIT */
/* The operations of the resilient transport: what a session asks of a channel becomes lines for the holder.
 * What comes back is channels.c's. Where there is no holder plain.c has the channels; links are link.c's. */
#include <string.h>

#include "base/error.h"
#include "link/resilient/private.h"
#include "remote/holder/holder.h"

#define LINE_BYTES 4096u /* of a child's input: as long as a shell reads in a moment */
#define RAW_BYTES 65536u /* the same, as it is: as much as a pipe takes at once */

G_STATIC_ASSERT(sizeof(((PssResilient *)0)->name) == 33);

/* ---- operations */

static void start(PssResilientChannel *channel, const PssChannelRequest *request)
{
	g_autoptr(GString) head = g_string_new(NULL);

	if (!channel->pty) {
		g_string_printf(head, "p %u", channel->number);
	} else {
		g_string_printf(head, "o %u %u %u ", channel->number, channel->columns, channel->rows);
		pss_holder_escape(head, request->term, strlen(request->term));
	}
	/* No command: the login shell, as sshd would start it. */
	const char *command = request->command ? request->command : "exec \"$SHELL\" -l";
	pss_resilient_channel_say(channel, head->str, command, strlen(command));
}

static PssResilientPlainRequest *copy_request(const PssChannelRequest *request)
{
	PssResilientPlainRequest *copy = g_new(PssResilientPlainRequest, 1);

	copy->command = g_strdup(request->command);
	copy->subsystem = g_strdup(request->subsystem);
	copy->term = g_strdup(request->term);
	copy->input = g_byte_array_new();
	g_byte_array_append(copy->input, request->first_bytes, (guint)request->n_first_bytes);
	return copy;
}

/* TRUE: the holder has nothing to do with it. */
static gboolean open_beside(PssResilient *resilient, PssResilientChannel *channel, const PssChannelRequest *request)
{
	gboolean is_held = resilient->state != PSS_RESILIENT_PLAIN;

	if (is_held && request->subsystem && !request->command && !request->beside) {
		pss_resilient_refuse_soon(channel, PSS_UNSUPPORTED,
					  "a resilient connection has no subsystems, only commands");
		return TRUE;
	}
	if (!is_held || !request->beside)
		return FALSE;
	channel->ends_with_link = TRUE;
	if (!pss_resilient_is_greeted(resilient)) {
		pss_resilient_refuse_soon(channel, PSS_LINK_LOST, "the connection is lost for the time being");
		return TRUE;
	}
	channel->plain_request = copy_request(request);
	pss_resilient_open_plain(resilient, channel);
	return TRUE;
}

static void held_write(PssChannel *base, const void *data, gsize n);

static PssChannel *held_open(PssTransport *base, const PssChannelRequest *request, const PssChannelEvents *events,
			     gpointer user)
{
	PssResilient *resilient = (PssResilient *)base;
	PssResilientChannel *channel = g_rc_box_new0(PssResilientChannel);

	channel->base.transport = base;
	channel->number = request->beside ? 0 : ++resilient->last_child;
	channel->pty = request->pty;
	channel->columns = request->columns;
	channel->rows = request->rows;
	channel->user = user;
	g_queue_init(&channel->kept);
	g_ptr_array_add(resilient->channels, channel);
	if (resilient->state == PSS_RESILIENT_LOST)
		return &channel->base;
	channel->events = events;
	if (open_beside(resilient, channel, request))
		return &channel->base;
	if (resilient->state == PSS_RESILIENT_OPENING || resilient->state == PSS_RESILIENT_PLAIN)
		channel->plain_request = copy_request(request);
	if (resilient->state == PSS_RESILIENT_PLAIN) {
		pss_resilient_open_plain(resilient, channel);
		return &channel->base;
	}
	start(channel, request);
	if (request->n_first_bytes > 0)
		held_write(&channel->base, request->first_bytes, request->n_first_bytes);
	/* These were in `input` already. */
	if (channel->plain_request)
		g_byte_array_set_size(channel->plain_request->input, (guint)request->n_first_bytes);
	return &channel->base;
}

static void held_write(PssChannel *base, const void *data, gsize n)
{
	PssResilientChannel *channel = (PssResilientChannel *)base;
	gboolean raw = pss_resilient_of(channel)->takes_raw;
	g_autofree char *head = g_strdup_printf("%s %u", raw ? "b" : "d", channel->number);
	const char *at = data;

	if (channel->plain) {
		pss_channel_write(channel->plain, data, n);
		return;
	}
	if (!channel->events || channel->eof || n == 0)
		return;
	if (channel->plain_request)
		g_byte_array_append(channel->plain_request->input, data, (guint)n);
	channel->n_sent += n;
	channel->drain_wanted = TRUE;
	while (n > 0) {
		gsize part = MIN(n, raw ? RAW_BYTES : LINE_BYTES);
		if (raw)
			pss_resilient_say_raw(pss_resilient_of(channel), head, at, part);
		else
			pss_resilient_channel_say(channel, head, at, part);
		at += part;
		n -= part;
	}
}

static gsize held_pending(PssChannel *base)
{
	PssResilientChannel *channel = (PssResilientChannel *)base;
	return channel->plain ? pss_channel_pending(channel->plain) : (gsize)(channel->n_sent - channel->n_taken);
}

static void held_pause(PssChannel *base, gboolean paused)
{
	PssResilientChannel *channel = (PssResilientChannel *)base;

	if (channel->plain) {
		pss_channel_pause(channel->plain, paused);
		return;
	}
	if (!channel->events || channel->paused == paused)
		return;
	channel->paused = paused;
	pss_resilient_channel_mind_pause(channel);
}

static void held_resize(PssChannel *base, guint columns, guint rows)
{
	PssResilientChannel *channel = (PssResilientChannel *)base;
	g_autofree char *size = g_strdup_printf("%u %u", columns, rows);

	channel->columns = columns;
	channel->rows = rows;
	if (channel->plain)
		pss_channel_resize(channel->plain, columns, rows);
	else if (channel->events && channel->pty)
		pss_resilient_channel_say_short(channel, "w", size);
}

static void held_signal(PssChannel *base, const char *name)
{
	PssResilientChannel *channel = (PssResilientChannel *)base;

	if (channel->plain)
		pss_channel_signal(channel->plain, name);
	else if (channel->events)
		pss_resilient_channel_say_short(channel, "s", name);
}

static void held_eof(PssChannel *base)
{
	PssResilientChannel *channel = (PssResilientChannel *)base;

	if (channel->plain) {
		pss_channel_eof(channel->plain);
	} else if (channel->events && !channel->eof) {
		channel->eof = TRUE;
		pss_resilient_channel_say_short(channel, "e", "");
	}
}

static void held_close(PssChannel *base)
{
	PssResilientChannel *channel = (PssResilientChannel *)base;
	PssResilient *resilient = pss_resilient_of(channel);

	channel->events = NULL;
	if (channel->plain)
		pss_channel_close(g_steal_pointer(&channel->plain));
	else if (!channel->ended && resilient->state != PSS_RESILIENT_LOST)
		pss_resilient_channel_say_short(channel, "c", "");
	g_ptr_array_remove_fast(resilient->channels, channel);
}

static void held_connect(PssTransport *base)
{
	pss_resilient_start((PssResilient *)base);
}

static void held_free(PssTransport *base)
{
	pss_resilient_end((PssResilient *)base);
}

static void draw_name(char *name)
{
	g_autofree char *uuid = g_uuid_string_random();
	gsize n = 0;

	for (const char *at = uuid; *at; at++)
		if (*at != '-')
			name[n++] = *at;
	name[n] = '\0';
}

void pss_channel_held_set_drop(PssChannel *base, gboolean drop)
{
	PssResilientChannel *channel = (PssResilientChannel *)base;

	if (channel->drop == drop || channel->plain || channel->ended || !channel->events)
		return;
	channel->drop = drop;
	pss_resilient_channel_say_short(channel, "k", drop ? "1" : "0");
}

void pss_channel_held_set_passing(PssChannel *base, gboolean passes_on)
{
	PssResilientChannel *channel = (PssResilientChannel *)base;

	if (channel->passes_on == passes_on)
		return;
	channel->passes_on = passes_on;
	if (channel->events && channel->paused && !channel->plain)
		pss_resilient_channel_mind_pause(channel);
}

guint pss_channel_held_number(PssChannel *base)
{
	return ((PssResilientChannel *)base)->number;
}

const char *pss_transport_held_name(PssTransport *base)
{
	return ((PssResilient *)base)->name;
}

void pss_transport_held_leave(PssTransport *base)
{
	pss_transport_held_confirm(base);
	((PssResilient *)base)->leaving = TRUE;
}

PssChannel *pss_transport_held_adopt(PssTransport *base, guint number, gboolean pty, const PssChannelEvents *events,
				     gpointer user)
{
	PssResilientChannel *channel = g_rc_box_new0(PssResilientChannel);

	channel->base.transport = base;
	channel->number = number;
	channel->pty = pty;
	channel->drop = channel->stopped = -1;
	channel->events = events;
	channel->user = user;
	g_queue_init(&channel->kept);
	g_ptr_array_add(((PssResilient *)base)->channels, channel);
	return &channel->base;
}

void pss_transport_held_describe(PssTransport *base, const char *instance, const char *name, const char *shell)
{
	PssResilient *resilient = (PssResilient *)base;

	resilient->instance = g_strdup(instance);
	resilient->called = g_strdup(name);
	resilient->shell = g_strdup(shell);
}

PssTransport *pss_transport_held_restore(PssTarget *target, PssTransportNewFunc new_link, const PssHolderThere *there,
					 const PssTransportEvents *events, gpointer user)
{
	PssTransport *base = pss_transport_held_new(target, new_link, there->idle_s, events, user);
	PssResilient *resilient = (PssResilient *)base;

	g_strlcpy(resilient->name, there->name, sizeof resilient->name);
	g_free(resilient->greeting_start);
	resilient->greeting_start = pss_holder_greeting_start(resilient->name);
	resilient->state = PSS_RESILIENT_PARKED;
	resilient->takeover = (PssResilientTakeover){
		.stage = PSS_RESILIENT_TAKING,
		.if_free = there->if_free,
		.beside = there->beside,
	};
	resilient->takes_raw = resilient->takes_unseen = FALSE; /* it may be an older one, until it says who it is */
	return base;
}

static gboolean held_lead(PssTransport *base, int fd)
{
	PssResilient *resilient = (PssResilient *)base;
	return resilient->connection.link && resilient->connection.link->transport &&
	       pss_transport_lead(resilient->connection.link->transport, fd);
}

static const char *held_banner(PssTransport *base)
{
	const PssResilient *resilient = (PssResilient *)base;
	return resilient->connection.link && resilient->connection.link->transport
		       ? pss_transport_banner(resilient->connection.link->transport)
		       : NULL;
}

PssTransport *pss_transport_held_new(PssTarget *target, PssTransportNewFunc new_link, guint idle_s,
				     const PssTransportEvents *events, gpointer user)
{
	static const PssTransportOps ops = {
		.lead = held_lead,
		.banner = held_banner,
		.connect = held_connect,
		.open = held_open,
		.write = held_write,
		.pending = held_pending,
		.pause = held_pause,
		.resize = held_resize,
		.signal = held_signal,
		.eof = held_eof,
		.close = held_close,
		.free = held_free,
	};
	PssResilient *resilient = g_new0(PssResilient, 1);

	resilient->base.ops = &ops;
	resilient->target = target;
	resilient->new_link = new_link;
	resilient->idle_s = idle_s;
	resilient->events = events;
	resilient->user = user;
	draw_name(resilient->name);
	draw_name(resilient->owner);
	resilient->origin = pss_holder_origin();
	resilient->takes_raw = resilient->takes_unseen = TRUE;
	resilient->greeting_start = pss_holder_greeting_start(resilient->name);
	resilient->channels = g_ptr_array_new_with_free_func(pss_resilient_channel_unref);
	resilient->old_links = g_ptr_array_new_with_free_func((GDestroyNotify)pss_resilient_free_link);
	pss_numbered_init(&resilient->numbered);
	pss_resilient_unseen_init(resilient);
	return &resilient->base;
}
