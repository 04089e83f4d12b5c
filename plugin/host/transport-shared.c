/* SPDX-License-Identifier: MIT */
/* One connection for several sessions that ask for it (-ShareConnection): each has a transport of this kind, and behind
 * those that name the same target in the same way is one real transport. It logs in once, asks the first of them, and
 * goes with the last. Each channel is one of the real transport's. */
#include "host/error.h"
#include "host/transport.h"

/* OpenSSH's server allows ten channels (MaxSessions), and a session has up to three. */
#define MEMBERS_MAX 3

typedef struct {
	char *key;
	PssTransport *real;
	GPtrArray *members; /* of Member, not owned */
	char *user, *history_key, *forwards;
	gboolean is_ready, is_lost;
} Shared;

typedef struct {
	PssTransport base;
	Shared *shared;
	const PssTransportEvents *events;
	gpointer user;
	GPtrArray *channels;  /* of Channel */
	guint idle;           /* source; 0: none */
	gboolean is_overflow; /* its predecessors had no room */
} Member;

typedef struct {
	PssChannel base;
	PssChannel *real;
} Channel;

static GPtrArray *all; /* of Shared */

static void shared_free(Shared *shared)
{
	pss_transport_free(shared->real);
	g_ptr_array_unref(shared->members);
	g_free(shared->key);
	g_free(shared->user);
	g_free(shared->history_key);
	g_free(shared->forwards);
	g_free(shared);
}

/* What must be the same: all that says how to get there, who helps, and what the remote shell gets to know. The kind of
 * the terminal goes with each channel. */
static char *key_of(const PssTarget *target)
{
	GString *key = g_string_new(NULL);

	g_string_append_printf(key, "%s\n%s\n%u\n%s\n%s\n%d", target->host, target->user ? target->user : "",
			       target->port, target->key_file ? target->key_file : "",
			       target->config_file ? target->config_file : "", target->by_program);
	for (char **option = target->options; *option; option++)
		g_string_append_printf(key, "\n%s", *option);
	for (char **variable = target->environment; *variable; variable++) {
		if (!g_str_has_prefix(*variable, "TERM="))
			g_string_append_printf(key, "\n%s", *variable);
	}
	return g_string_free(key, FALSE);
}

/* ---- the real transport's events */

static void on_ready(gpointer user, const char *remote_user, const char *history_key, const char *forwards)
{
	Shared *shared = user;

	shared->is_ready = TRUE;
	shared->user = g_strdup(remote_user);
	shared->history_key = g_strdup(history_key);
	shared->forwards = g_strdup(forwards);
	for (guint i = 0; i < shared->members->len; i++) {
		const Member *member = g_ptr_array_index(shared->members, i);
		member->events->on_ready(member->user, remote_user, history_key, forwards);
	}
}

static void on_question(gpointer user, PssQuestion *question)
{
	const Shared *shared = user;
	const Member *first = g_ptr_array_index(shared->members, 0);

	first->events->on_question(first->user, question);
}

static void on_note(gpointer user, enum pss_note_kind kind, const char *text)
{
	const Shared *shared = user;
	const Member *first = g_ptr_array_index(shared->members, 0);

	first->events->on_note(first->user, kind, text);
}

static void on_lost(gpointer user, const GError *error)
{
	Shared *shared = user;

	shared->is_lost = TRUE;
	g_ptr_array_remove_fast(all, shared);
	for (guint i = 0; i < shared->members->len; i++) {
		Member *member = g_ptr_array_index(shared->members, i);
		g_clear_handle_id(&member->idle, g_source_remove);
		member->events->on_lost(member->user, error);
	}
}

static const PssTransportEvents real_events = {
	.on_ready = on_ready,
	.on_question = on_question,
	.on_note = on_note,
	.on_lost = on_lost,
};

/* ---- channels */

static PssChannel *shared_open(PssTransport *base, const PssChannelRequest *request, const PssChannelEvents *events,
			       gpointer user)
{
	Member *member = (Member *)base;
	Channel *channel = g_new0(Channel, 1);

	channel->base.transport = base;
	channel->real = pss_channel_open(member->shared->real, request, events, user);
	g_ptr_array_add(member->channels, channel);
	return &channel->base;
}

static PssChannel *real_of(PssChannel *channel)
{
	return ((Channel *)channel)->real;
}

static void shared_write(PssChannel *channel, const void *data, gsize n)
{
	pss_channel_write(real_of(channel), data, n);
}

static gsize shared_pending(PssChannel *channel)
{
	return pss_channel_pending(real_of(channel));
}

static void shared_pause(PssChannel *channel, gboolean paused)
{
	pss_channel_pause(real_of(channel), paused);
}

static void shared_resize(PssChannel *channel, guint columns, guint rows)
{
	pss_channel_resize(real_of(channel), columns, rows);
}

static void shared_signal(PssChannel *channel, const char *name)
{
	pss_channel_signal(real_of(channel), name);
}

static void shared_eof(PssChannel *channel)
{
	pss_channel_eof(real_of(channel));
}

static void release_channel(gpointer data)
{
	Channel *channel = data;

	pss_channel_close(channel->real);
	g_free(channel);
}

static void shared_close(PssChannel *channel)
{
	g_ptr_array_remove_fast(((Member *)channel->transport)->channels, channel);
}

/* ---- members */

static gboolean on_first_turn(gpointer user)
{
	Member *member = user;
	const Shared *shared = member->shared;

	member->idle = 0;
	if (member->is_overflow)
		member->events->on_note(member->user, PSS_NOTE_WARNING,
					"the connection that sessions share has no room for another one; this is a new "
					"connection");
	if (shared->is_ready)
		member->events->on_ready(member->user, shared->user, shared->history_key, shared->forwards);
	return G_SOURCE_REMOVE;
}

static void shared_connect(PssTransport *base)
{
	Member *member = (Member *)base;

	if (member->shared->is_ready || member->is_overflow)
		member->idle = g_idle_add(on_first_turn, member);
	if (g_ptr_array_index(member->shared->members, 0) == member)
		pss_transport_connect(member->shared->real);
}

static void shared_transport_free(PssTransport *base)
{
	Member *member = (Member *)base;
	Shared *shared = member->shared;

	g_clear_handle_id(&member->idle, g_source_remove);
	g_ptr_array_unref(member->channels);
	g_ptr_array_remove(shared->members, member);
	if (shared->members->len == 0) {
		g_ptr_array_remove_fast(all, shared);
		shared_free(shared);
	}
	g_free(member);
}

/* One that has room; `ret_full`: there is one that has not. */
static Shared *find_shared(const char *key, gboolean *ret_full)
{
	for (guint i = 0; i < all->len; i++) {
		Shared *shared = g_ptr_array_index(all, i);
		if (!g_str_equal(shared->key, key))
			continue;
		if (shared->members->len < MEMBERS_MAX)
			return shared;
		*ret_full = TRUE;
	}
	return NULL;
}

static Shared *make_shared(PssTarget *target, const char *key)
{
	Shared *shared = g_new0(Shared, 1);

	target->share = FALSE;
	shared->key = g_strdup(key);
	shared->members = g_ptr_array_new();
	shared->real = pss_transport_new(target, &real_events, shared);
	g_ptr_array_add(all, shared);
	return shared;
}

PssTransport *pss_transport_shared_new(PssTarget *target, const PssTransportEvents *events, gpointer user)
{
	static const PssTransportOps ops = {
		.connect = shared_connect,
		.open = shared_open,
		.write = shared_write,
		.pending = shared_pending,
		.pause = shared_pause,
		.resize = shared_resize,
		.signal = shared_signal,
		.eof = shared_eof,
		.close = shared_close,
		.free = shared_transport_free,
	};
	Member *member = g_new0(Member, 1);
	g_autofree char *key = key_of(target);

	if (!all)
		all = g_ptr_array_new();
	member->base.ops = &ops;
	member->events = events;
	member->user = user;
	member->channels = g_ptr_array_new_with_free_func(release_channel);
	member->shared = find_shared(key, &member->is_overflow);
	if (member->shared) {
		member->is_overflow = FALSE;
		pss_target_free(target);
	} else {
		member->shared = make_shared(target, key);
	}
	g_ptr_array_add(member->shared->members, member);
	return &member->base;
}
