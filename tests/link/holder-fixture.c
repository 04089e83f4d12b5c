/* SPDX-License-Identifier: MIT */
#include "holder-fixture.h"

#include <string.h>

#include "base/error.h"

/* -- the link */

typedef struct {
	PssChannel base;
	const PssChannelEvents *events;
	gpointer user;
} Carrier;

typedef struct {
	PssTransport base;
	const PssTransportEvents *events;
	gpointer user;
	guint source;
	Carrier carrier;
} Link;

static Link *current; /* the newest; NULL: it has been freed */
GString *holder_heard;
gsize n_brought_back;

static gboolean tell_ready(gpointer data)
{
	Link *link = data;

	link->source = 0;
	link->events->on_ready(link->user, "me", "me@box:22", NULL);
	return G_SOURCE_REMOVE;
}

static void link_connect(PssTransport *base)
{
	((Link *)base)->source = g_idle_add(tell_ready, base);
}

static PssChannel *link_open(PssTransport *base, const PssChannelRequest *request, const PssChannelEvents *events,
			     gpointer user)
{
	Link *link = (Link *)base;

	link->carrier = (Carrier){ { base }, events, user };
	return &link->carrier.base;
}

static void link_write(PssChannel *channel, const void *data, gsize n)
{
	g_string_append_len(holder_heard, data, (gssize)n);
}

static void link_close(PssChannel *channel)
{
	((Carrier *)channel)->events = NULL;
}

static void link_free(PssTransport *base)
{
	Link *link = (Link *)base;

	g_clear_handle_id(&link->source, g_source_remove);
	if (current == link)
		current = NULL;
	g_free(link);
}

static PssTransport *new_link(PssTarget *target, const PssTransportEvents *events, gpointer user)
{
	static const PssTransportOps ops = {
		.connect = link_connect,
		.open = link_open,
		.write = link_write,
		.close = link_close,
		.free = link_free,
	};
	Link *link = g_new0(Link, 1);

	link->base.ops = &ops;
	link->events = events;
	link->user = user;
	pss_target_free(target);
	return &(current = link)->base;
}

void holder_says(const void *data, gsize n)
{
	if (current && current->carrier.events)
		current->carrier.events->on_data(current->carrier.user, data, n, FALSE);
}

void holder_hangs_up(void)
{
	current->carrier.events->on_closed(current->carrier.user, 0, NULL);
}

/* -- the session's side */

static void on_link(gpointer user, PssLinkNews news, const char *text)
{
}

static void on_unseen(gpointer user, guint kind, const void *data, gsize n)
{
	n_brought_back += n;
}

static void on_taken_over(gpointer user, const char *memo, guint last_child)
{
	const LinkRecord *link = user;
	ChannelRecord *channel = link->user;

	channel->channel = pss_transport_held_adopt(link->transport, 3, FALSE, &channel_events, channel);
}

void held_begin(HeldFixture *f)
{
	static PssTransportEvents events;

	events = link_events;
	events.on_link = on_link;
	holder_heard = g_string_new(NULL);
	link_record_init(&f->link);
	channel_record_init(&f->channel);
	f->link.transport = pss_transport_held_new(link_target("box"), new_link, 7200, &events, &f->link);
	f->resilient = (PssResilient *)f->link.transport;
	pss_transport_held_describe(f->link.transport, "b4e1c6a0-3d1f-4c55-9d5e-2f6f3f0a9b11", "n", NULL);
	pss_transport_connect(f->link.transport);
	wait_for(current && current->carrier.events, 10);
}

void held_end(HeldFixture *f)
{
	link_record_finish(&f->link);
	channel_record_finish(&f->channel);
	run_pending();
	g_string_free(holder_heard, TRUE);
}

void holder_greets(const HeldFixture *f, const char *line)
{
	g_autofree char *greeting = g_strdup_printf("%s%s\n", f->resilient->greeting_start, line);

	holder_says(greeting, strlen(greeting));
	run_pending();
}

void held_begin_up(HeldFixture *f)
{
	held_begin(f);
	holder_greets(f, "h 0 0 perl-2 0");
	g_assert_cmpint(f->resilient->state, ==, PSS_RESILIENT_UP);
	channel_open(&f->channel, &f->link, "run", FALSE);
}

void held_expect_lost(HeldFixture *f, const char *words)
{
	wait_for(f->link.n_lost, 10);
	g_assert_error(f->link.lost, PSS_ERROR, PSS_LINK_LOST);
	if (!strstr(f->link.lost->message, words))
		g_error("'%s' is not in '%s'", words, f->link.lost->message);
}

void held_begin_restored(HeldFixture *f, const char *greeting)
{
	const PssHolderThere there = { .name = "0123456789abcdef0123456789abcdef", .idle_s = 7200 };
	static PssTransportEvents events;

	events = link_events;
	events.on_link = on_link;
	events.on_unseen = on_unseen;
	events.on_taken_over = on_taken_over;
	n_brought_back = 0;
	holder_heard = g_string_new(NULL);
	link_record_init(&f->link);
	channel_record_init(&f->channel);
	f->link.user = &f->channel;
	f->link.transport = pss_transport_held_restore(link_target("box"), new_link, &there, &events, &f->link);
	f->resilient = (PssResilient *)f->link.transport;
	pss_transport_held_hurry(f->link.transport);
	wait_for(current && current->carrier.events, 10);
	holder_greets(f, greeting);
}
