/* SPDX-License-Identifier: MIT */
/* The held transport's operations and channels: what a session asks of a channel becomes lines for the holder, and
 * its frames become the channel's events. Where there is no holder plain.c has them. Links are link.c's. */
#include <string.h>

#include "link/resilient/private.h"
#include "remote/holder/holder.h"

#define LINE_BYTES 4096u /* of a child's input: as long as a shell reads in a moment */
#define RAW_BYTES 16384u /* the same, as it is */
/* So much may be under way when more is wanted: what is taken is told late where it is little. */
#define DRAINED_BYTES (256u * 1024u)
#define KEPT_MAX (256u * 1024u) /* of a paused channel, before the holder is told to stop */
/* What may come behind that: all that a holder keeps, in the smallest frames. */
#define KEPT_LIMIT (32u * 1024u * 1024u)
#define KEPT_COST 128u                        /* of a part, beside its bytes */
#define BROUGHT_BACK_MAX (4u * 1024u * 1024u) /* more than a holder keeps of what nobody has seen */

G_STATIC_ASSERT(sizeof(((PssHeld *)0)->name) == 33);

/* ---- channels */

static void free_channel(gpointer data)
{
	PssHeldChannel *channel = data;

	g_queue_clear_full(&channel->kept, g_free);
	pss_held_forget_plain_request(channel);
}

static void unref_channel(gpointer channel)
{
	g_rc_box_release_full(channel, free_channel);
}

static PssHeldChannel *find(PssHeld *held, guint number)
{
	for (guint i = 0; i < held->channels->len; i++) {
		PssHeldChannel *channel = held->channels->pdata[i];
		if (channel->number == number && !channel->plain)
			return channel;
	}
	return NULL;
}

static PssHeld *held_of(const PssHeldChannel *channel)
{
	return (PssHeld *)channel->base.transport;
}

static void say(PssHeldChannel *channel, const char *head, const void *data, gsize n)
{
	pss_held_say(held_of(channel), head, data, n);
}

static void say_short(PssHeldChannel *channel, const char *word, const char *argument)
{
	g_autofree char *head = g_strdup_printf("%s %u%s%s", word, channel->number, *argument ? " " : "", argument);
	say(channel, head, NULL, 0);
}

/* Its process has ended, and all that it printed has been delivered. */
static void finish_if_ended(PssHeldChannel *channel)
{
	const PssChannelEvents *events = channel->events;

	if (!channel->ended || !events || !g_queue_is_empty(&channel->kept))
		return;
	channel->events = NULL;
	events->on_closed(channel->user, channel->exit_status, NULL);
}

static void set_stopped(PssHeldChannel *channel, gboolean stopped)
{
	if (channel->stopped == stopped || channel->ended)
		return;
	channel->stopped = stopped;
	say_short(channel, "z", stopped ? "1" : "0");
}

/* During a pause. FALSE: it is more than can have been on its way. */
static gboolean count_kept(PssHeldChannel *channel, gsize n)
{
	if (channel->n_kept > KEPT_LIMIT) {
		pss_held_distrust_soon(held_of(channel), "it goes on sending what it was told to hold back");
		return FALSE;
	}
	channel->n_kept += n + KEPT_COST;
	return TRUE;
}

static void keep(PssHeldChannel *channel, const PssHeldPlace *place)
{
	PssHeldPart *part;

	if (!count_kept(channel, place->n))
		return;
	part = g_malloc(sizeof *part + place->n);
	part->place = *place;
	part->place.data = memcpy(part->bytes, place->data, place->n);
	part->boundary = held_of(channel)->numbered.boundary;
	g_queue_push_tail(&channel->kept, part);
	if (channel->n_kept > KEPT_MAX)
		set_stopped(channel, TRUE);
}

static gboolean holds_back(const PssHeldChannel *channel)
{
	return channel->paused && !channel->passes_on;
}

static void deliver(PssHeldChannel *channel, const PssHeldPlace *place)
{
	PssTransport *transport = channel->base.transport;
	const PssHeldPlace before = pss_transport_held_set_place(transport, place);

	channel->events->on_data(channel->user, place->data, place->n, place->is_stderr);
	pss_transport_held_set_place(transport, &before);
}

/* A part stays in the queue, and so unconfirmed, until all of it has been handed out. */
static void deliver_kept(PssHeldChannel *channel)
{
	const PssHeldPart *part;

	if (channel->delivering)
		return;
	channel->delivering = TRUE;
	while (channel->events && !holds_back(channel) && (part = g_queue_peek_head(&channel->kept))) {
		channel->n_kept -= part->place.n + KEPT_COST;
		deliver(channel, &part->place);
		g_free(g_queue_pop_head(&channel->kept));
		pss_held_confirm_soon(held_of(channel));
	}
	channel->delivering = FALSE;
	if (channel->events && !channel->paused) {
		channel->n_kept = 0;
		set_stopped(channel, FALSE);
	}
	if (channel->events && !holds_back(channel))
		finish_if_ended(channel);
}

/* A pause begins or ends, or what it means has changed. */
static void mind_pause(PssHeldChannel *channel)
{
	g_rc_box_acquire(channel);
	if (channel->paused && channel->passes_on)
		set_stopped(channel, TRUE);
	if (!holds_back(channel))
		deliver_kept(channel);
	unref_channel(channel);
}

/* ---- the holder's frames */

static void on_bytes(gpointer user, guint child, gboolean is_stderr, const void *data, gsize n)
{
	const PssHeld *held = user;
	PssHeldChannel *channel = find(user, child);

	if (!channel || !channel->events)
		return;
	const PssHeldPlace place = {
		.child = child,
		.is_stderr = is_stderr,
		.from = held->numbered.count - n,
		.before = channel->end[is_stderr],
		.data = data,
		.n = n,
	};
	channel->end[is_stderr] = held->numbered.count;
	if (holds_back(channel) || !g_queue_is_empty(&channel->kept))
		keep(channel, &place);
	else if (!channel->paused || count_kept(channel, n))
		deliver(channel, &place);
}

static void on_unseen(gpointer user, guint kind, const void *data, gsize n)
{
	PssHeld *held = user;

	held->takeover.n_brought_back += n;
	if (kind >= PSS_HELD_KINDS || held->takeover.stage != PSS_HELD_SORTING ||
	    held->takeover.n_brought_back > BROUGHT_BACK_MAX)
		pss_held_distrust_soon(held, "it brings back what it cannot have kept");
	else if (held->events)
		held->events->on_unseen(held->user, kind, data, n);
}

static void on_taken(gpointer user, guint child, guint64 n)
{
	PssHeldChannel *channel = find(user, child);

	if (!channel)
		return;
	channel->n_taken += MIN(n, channel->n_sent - channel->n_taken);
	if (channel->n_sent - channel->n_taken > DRAINED_BYTES || !channel->drain_wanted || !channel->events)
		return;
	channel->drain_wanted = FALSE;
	channel->events->on_drained(channel->user);
}

static void on_ended(gpointer user, guint child, int status)
{
	PssHeldChannel *channel = find(user, child);

	if (!channel)
		return;
	channel->ended = TRUE;
	channel->exit_status = status;
	g_rc_box_acquire(channel);
	if (!holds_back(channel))
		finish_if_ended(channel);
	unref_channel(channel);
}

static void on_dropped(gpointer user, guint child, guint64 n)
{
	const PssHeld *held = user;

	if (held->events)
		held->events->on_dropped(held->user, n);
}

const PssNumberedEvents pss_held_channel_events = {
	.on_dropped = on_dropped,
	.on_unseen = on_unseen,
	.on_bytes = on_bytes,
	.on_taken = on_taken,
	.on_ended = on_ended,
};

/* ---- all of them */

guint64 pss_held_waiting(const PssHeld *held)
{
	guint64 n = 0;

	for (guint i = 0; i < held->channels->len; i++) {
		const PssHeldChannel *channel = held->channels->pdata[i];
		n += channel->n_sent - channel->n_taken;
	}
	return n;
}

/* Whoever had them before may have stopped them. */
void pss_held_settle_stops(PssHeld *held)
{
	for (guint i = 0; i < held->channels->len; i++) {
		PssHeldChannel *channel = held->channels->pdata[i];
		if (channel->stopped == -1)
			set_stopped(channel, channel->paused);
	}
}

void pss_held_forget_channels(PssHeld *held)
{
	for (guint i = 0; i < held->channels->len; i++) {
		PssHeldChannel *channel = held->channels->pdata[i];
		channel->events = NULL;
		channel->plain = NULL; /* gone with its link */
	}
	g_clear_pointer(&held->channels, g_ptr_array_unref);
	held->channels = g_ptr_array_new_with_free_func(unref_channel);
}

/* ---- operations */

static void start(PssHeldChannel *channel, const PssChannelRequest *request)
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
	say(channel, head->str, command, strlen(command));
}

static PssHeldPlainRequest *copy_request(const PssChannelRequest *request)
{
	PssHeldPlainRequest *copy = g_new(PssHeldPlainRequest, 1);

	copy->command = g_strdup(request->command);
	copy->term = g_strdup(request->term);
	copy->input = g_byte_array_new();
	g_byte_array_append(copy->input, request->first_bytes, (guint)request->n_first_bytes);
	return copy;
}

static void held_write(PssChannel *base, const void *data, gsize n);

static PssChannel *held_open(PssTransport *base, const PssChannelRequest *request, const PssChannelEvents *events,
			     gpointer user)
{
	PssHeld *held = (PssHeld *)base;
	PssHeldChannel *channel = g_rc_box_new0(PssHeldChannel);

	channel->base.transport = base;
	channel->number = ++held->last_child;
	channel->pty = request->pty;
	channel->columns = request->columns;
	channel->rows = request->rows;
	channel->user = user;
	g_queue_init(&channel->kept);
	g_ptr_array_add(held->channels, channel);
	if (held->state == PSS_HELD_LOST)
		return &channel->base;
	channel->events = events;
	if (held->state == PSS_HELD_OPENING || held->state == PSS_HELD_PLAIN)
		channel->plain_request = copy_request(request);
	if (held->state == PSS_HELD_PLAIN) {
		pss_held_open_plain(held, channel);
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
	PssHeldChannel *channel = (PssHeldChannel *)base;
	gboolean raw = held_of(channel)->takes_raw;
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
			pss_held_say_raw(held_of(channel), head, at, part);
		else
			say(channel, head, at, part);
		at += part;
		n -= part;
	}
}

static gsize held_pending(PssChannel *base)
{
	PssHeldChannel *channel = (PssHeldChannel *)base;
	return channel->plain ? pss_channel_pending(channel->plain) : (gsize)(channel->n_sent - channel->n_taken);
}

static void held_pause(PssChannel *base, gboolean paused)
{
	PssHeldChannel *channel = (PssHeldChannel *)base;

	if (channel->plain) {
		pss_channel_pause(channel->plain, paused);
		return;
	}
	if (!channel->events || channel->paused == paused)
		return;
	channel->paused = paused;
	mind_pause(channel);
}

static void held_resize(PssChannel *base, guint columns, guint rows)
{
	PssHeldChannel *channel = (PssHeldChannel *)base;
	g_autofree char *size = g_strdup_printf("%u %u", columns, rows);

	channel->columns = columns;
	channel->rows = rows;
	if (channel->plain)
		pss_channel_resize(channel->plain, columns, rows);
	else if (channel->events && channel->pty)
		say_short(channel, "w", size);
}

static void held_signal(PssChannel *base, const char *name)
{
	PssHeldChannel *channel = (PssHeldChannel *)base;

	if (channel->plain)
		pss_channel_signal(channel->plain, name);
	else if (channel->events)
		say_short(channel, "s", name);
}

static void held_eof(PssChannel *base)
{
	PssHeldChannel *channel = (PssHeldChannel *)base;

	if (channel->plain) {
		pss_channel_eof(channel->plain);
	} else if (channel->events && !channel->eof) {
		channel->eof = TRUE;
		say_short(channel, "e", "");
	}
}

static void held_close(PssChannel *base)
{
	PssHeldChannel *channel = (PssHeldChannel *)base;
	PssHeld *held = held_of(channel);

	channel->events = NULL;
	if (channel->plain)
		pss_channel_close(g_steal_pointer(&channel->plain));
	else if (!channel->ended && held->state != PSS_HELD_LOST)
		say_short(channel, "c", "");
	g_ptr_array_remove_fast(held->channels, channel);
}

static void held_connect(PssTransport *base)
{
	pss_held_start((PssHeld *)base);
}

static void held_free(PssTransport *base)
{
	pss_held_end((PssHeld *)base);
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
	PssHeldChannel *channel = (PssHeldChannel *)base;

	if (channel->drop == drop || channel->plain || channel->ended || !channel->events)
		return;
	channel->drop = drop;
	say_short(channel, "k", drop ? "1" : "0");
}

void pss_channel_held_set_passing(PssChannel *base, gboolean passes_on)
{
	PssHeldChannel *channel = (PssHeldChannel *)base;

	if (channel->passes_on == passes_on)
		return;
	channel->passes_on = passes_on;
	if (channel->events && channel->paused && !channel->plain)
		mind_pause(channel);
}

guint pss_channel_held_number(PssChannel *base)
{
	return ((PssHeldChannel *)base)->number;
}

const char *pss_transport_held_name(PssTransport *base)
{
	return ((PssHeld *)base)->name;
}

void pss_transport_held_note(PssTransport *base, const char *memo)
{
	pss_held_say((PssHeld *)base, "m", memo, strlen(memo));
}

void pss_transport_held_leave(PssTransport *base)
{
	pss_transport_held_confirm(base);
	((PssHeld *)base)->leaving = TRUE;
}

PssChannel *pss_transport_held_adopt(PssTransport *base, guint number, gboolean pty, const PssChannelEvents *events,
				     gpointer user)
{
	PssHeldChannel *channel = g_rc_box_new0(PssHeldChannel);

	channel->base.transport = base;
	channel->number = number;
	channel->pty = pty;
	channel->drop = channel->stopped = -1;
	channel->events = events;
	channel->user = user;
	g_queue_init(&channel->kept);
	g_ptr_array_add(((PssHeld *)base)->channels, channel);
	return &channel->base;
}

void pss_transport_held_describe(PssTransport *base, const char *instance, const char *name, const char *shell)
{
	PssHeld *held = (PssHeld *)base;

	held->instance = g_strdup(instance);
	held->called = g_strdup(name);
	held->shell = g_strdup(shell);
}

PssTransport *pss_transport_held_restore(PssTarget *target, PssTransportNewFunc new_link, const PssHolderThere *there,
					 const PssTransportEvents *events, gpointer user)
{
	PssTransport *base = pss_transport_held_new(target, new_link, there->idle_s, events, user);
	PssHeld *held = (PssHeld *)base;

	g_strlcpy(held->name, there->name, sizeof held->name);
	g_free(held->greeting_start);
	held->greeting_start = pss_holder_greeting_start(held->name);
	held->state = PSS_HELD_PARKED;
	held->takeover = (PssHeldTakeover){
		.stage = PSS_HELD_TAKING,
		.if_free = there->if_free,
		.beside = there->beside,
	};
	held->takes_raw = held->takes_unseen = FALSE; /* it may be an older one, until it says who it is */
	return base;
}

static gboolean held_lead(PssTransport *base, int fd)
{
	PssHeld *held = (PssHeld *)base;
	return held->connection.link && held->connection.link->transport &&
	       pss_transport_lead(held->connection.link->transport, fd);
}

PssTransport *pss_transport_held_new(PssTarget *target, PssTransportNewFunc new_link, guint idle_s,
				     const PssTransportEvents *events, gpointer user)
{
	static const PssTransportOps ops = {
		.lead = held_lead,
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
	PssHeld *held = g_new0(PssHeld, 1);

	held->base.ops = &ops;
	held->target = target;
	held->new_link = new_link;
	held->idle_s = idle_s;
	held->events = events;
	held->user = user;
	draw_name(held->name);
	draw_name(held->owner);
	held->origin = pss_holder_origin();
	held->takes_raw = held->takes_unseen = TRUE;
	held->greeting_start = pss_holder_greeting_start(held->name);
	held->channels = g_ptr_array_new_with_free_func(unref_channel);
	held->old_links = g_ptr_array_new_with_free_func((GDestroyNotify)pss_held_free_link);
	pss_numbered_init(&held->numbered);
	pss_held_unseen_init(held);
	return &held->base;
}
