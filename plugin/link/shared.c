/* SPDX-License-Identifier: MIT */
/* One connection for several sessions that ask for it (-ShareConnection): each has a transport of this kind, and behind
 * those that name the same target in the same way is one real transport. It logs in once, asks the first of them, and
 * is closed with its last user. Each channel is one of the real transport's. Servers limit their number (MaxSessions):
 * so a member comes in when as many as it wants have been granted, and gets another connection if they are refused. */
#include "link/shared.h"

#include <string.h>

#include "base/error.h"
#include "link/transport/transport.h"

/* What OpenSSH's server allows if nothing else is said: for transports that cannot try. */
#define USUAL_ROOM 10

typedef struct {
	char *key;
	PssTransport *real;
	GPtrArray *members; /* of Member, not owned */
	char *user, *history_key, *forwards;
	gboolean is_connecting, is_ready, is_lost;
	guint n_asked; /* channels */
	guint room;    /* so many the server allows, as far as that is known */
} Shared;

typedef struct {
	PssTransport base;
	Shared *shared;
	PssTransportNewFunc make; /* what is shared */
	const PssTransportEvents *events;
	gpointer user;
	GPtrArray *channels; /* of Channel */
	PssTarget *target;   /* until it is in */
	guint n_wanted;      /* channels */
	guint idle;          /* source; 0: none */
	gboolean is_waiting; /* it wants in */
	gboolean is_in;
	gboolean is_overflow; /* there is a connection, which has no room for it */
} Member;

typedef struct {
	PssChannel base;
	PssChannel *real;
} Channel;

static GPtrArray *all; /* of Shared */

static void join(Member *member);

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

/* What differs from one terminal, directory or command to the next, and says nothing of how to get there. The kind of
 * the terminal goes with each channel. */
static gboolean is_of_one_terminal(const char *variable)
{
	static const char *const names[] = { "_",
					     "PWD",
					     "OLDPWD",
					     "SHLVL",
					     "TERM",
					     "COLUMNS",
					     "LINES",
					     "WINDOWID",
					     "WINDOW",
					     "STY",
					     "TMUX",
					     "TMUX_PANE",
					     "SSH_TTY",
					     "SSH_CLIENT",
					     "SSH_CONNECTION",
					     "GPG_TTY",
					     "XDG_VTNR",
					     "XDG_SESSION_ID",
					     "INVOCATION_ID",
					     "TERM_SESSION_ID",
					     "VTE_TITLE",
					     "WEZTERM_PANE",
					     "KITTY_WINDOW_ID",
					     "ITERM_SESSION_ID",
					     "GNOME_TERMINAL_SCREEN",
					     "KONSOLE_DBUS_SESSION",
					     NULL };
	g_autofree char *name = g_strndup(variable, strcspn(variable, "="));

	return g_strv_contains(names, name);
}

/* What must be the same: all that says how to get there, who helps, and what the remote shell gets to know. */
static char *key_of(const PssTarget *target)
{
	GString *key = g_string_new(NULL);

	g_string_append_printf(key, "%s\n%s\n%u\n%s\n%s\n%d", target->host, target->user ? target->user : "",
			       target->port, target->key_file ? target->key_file : "",
			       target->config_file ? target->config_file : "", target->by_program);
	for (char **option = target->options; *option; option++)
		g_string_append_printf(key, "\n%s", *option);
	for (char **variable = target->environment; *variable; variable++) {
		if (!is_of_one_terminal(*variable))
			g_string_append_printf(key, "\n%s", *variable);
	}
	return g_string_free(key, FALSE);
}

/* ---- who is in, and who comes in */

static guint n_wanted(const Shared *shared, gboolean is_in)
{
	guint n = 0;

	for (guint i = 0; i < shared->members->len; i++) {
		const Member *member = g_ptr_array_index(shared->members, i);
		if (member->is_in == is_in)
			n += MAX(member->n_wanted, member->channels->len);
	}
	return n;
}

static Member *find_waiting(const Shared *shared)
{
	for (guint i = 0; i < shared->members->len; i++) {
		Member *member = g_ptr_array_index(shared->members, i);
		if (member->is_waiting)
			return member;
	}
	return NULL;
}

static void let_in(Member *member)
{
	const Shared *shared = member->shared;

	member->is_waiting = FALSE;
	member->is_in = TRUE;
	g_clear_pointer(&member->target, pss_target_free);
	member->events->on_ready(member->user, shared->user, shared->history_key, shared->forwards);
}

static void reserve(Shared *shared);

static void want_in(Member *member)
{
	Shared *shared = member->shared;

	member->is_waiting = TRUE;
	if (member->is_overflow)
		member->events->on_note(
			member->user, PSS_NOTE_WARNING,
			"the server allows no more sessions on the shared connection (MaxSessions); this one has "
			"a connection of its own");
	member->is_overflow = FALSE;
	if (!shared->is_connecting)
		pss_transport_connect(shared->real);
	shared->is_connecting = TRUE;
	reserve(shared);
}

static void move_out(Member *member)
{
	g_ptr_array_remove(member->shared->members, member);
	member->is_waiting = FALSE;
	join(member);
	want_in(member);
}

/* That many channels there are: as many as were asked for, or as many as the server allows. */
static void let_in_all(Shared *shared, guint n)
{
	gboolean is_full = n < shared->n_asked;
	Member *member;

	shared->room = is_full ? n : MAX(n, shared->room);
	while ((member = find_waiting(shared))) {
		guint n_taken = n_wanted(shared, TRUE);
		if (n_taken == 0 || n_taken + member->n_wanted <= n)
			let_in(member);
		else if (is_full)
			move_out(member);
		else
			return; /* more has been asked for since */
	}
}

/* Reserves what those that wait want, or else what one more like the last would want. */
static void reserve(Shared *shared)
{
	guint n_more = 0, n_terminals = 0;

	if (!shared->is_ready || shared->is_lost || shared->members->len == 0)
		return;
	for (guint i = 0; i < shared->members->len; i++) {
		const Member *member = g_ptr_array_index(shared->members, i);
		gboolean counts = !member->is_in || (n_more == 0 && i == shared->members->len - 1);
		n_more += counts ? member->n_wanted : 0;
		n_terminals += counts && member->n_wanted == PSS_TARGET_SHARE_SESSION;
	}
	shared->n_asked = n_wanted(shared, TRUE) + n_more;
	if (!pss_transport_reserve(shared->real, shared->n_asked, n_terminals))
		let_in_all(shared, USUAL_ROOM);
}

/* ---- the real transport's events */

static void on_ready(gpointer user, const char *remote_user, const char *history_key, const char *forwards)
{
	Shared *shared = user;
	Member *first = find_waiting(shared);

	shared->is_ready = TRUE;
	shared->user = g_strdup(remote_user);
	shared->history_key = g_strdup(history_key);
	shared->forwards = g_strdup(forwards);
	/* At once: it opens its channels in this very call. */
	if (first)
		let_in(first);
	reserve(shared);
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

static void on_reserved(gpointer user, guint n)
{
	g_autofree char *text = g_strdup_printf("the shared connection has %u channels", n);

	on_note(user, PSS_NOTE_DEBUG, text);
	let_in_all(user, n);
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
	.on_reserved = on_reserved,
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
	reserve(member->shared);
	return &channel->base;
}

static const char *shared_banner(PssTransport *base)
{
	return pss_transport_banner(((Member *)base)->shared->real);
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
	const Member *member = (Member *)channel->transport;

	g_ptr_array_remove_fast(member->channels, channel);
	reserve(member->shared);
}

/* ---- members */

static gboolean on_first_turn(gpointer user)
{
	Member *member = user;

	member->idle = 0;
	want_in(member);
	return G_SOURCE_REMOVE;
}

static void shared_connect(PssTransport *base)
{
	Member *member = (Member *)base;

	member->idle = g_idle_add_full(G_PRIORITY_DEFAULT, on_first_turn, member, NULL);
}

static void shared_transport_free(PssTransport *base)
{
	Member *member = (Member *)base;
	Shared *shared = member->shared;

	g_clear_handle_id(&member->idle, g_source_remove);
	g_ptr_array_unref(member->channels);
	pss_target_free(member->target);
	g_ptr_array_remove(shared->members, member);
	if (shared->members->len == 0) {
		g_ptr_array_remove_fast(all, shared);
		shared_free(shared);
	} else {
		reserve(shared);
	}
	g_free(member);
}

static Shared *make_shared(const Member *member, const char *key, guint room)
{
	Shared *shared = g_new0(Shared, 1);
	PssTarget *copy = pss_target_copy(member->target);

	copy->share = 0;
	shared->key = g_strdup(key);
	shared->members = g_ptr_array_new();
	shared->room = room;
	shared->real = member->make(copy, &real_events, shared);
	g_ptr_array_add(all, shared);
	return shared;
}

/* In one that has room, or in a new one. */
static void join(Member *member)
{
	g_autofree char *key = key_of(member->target);
	guint room = member->target->by_program ? USUAL_ROOM : G_MAXUINT;

	member->shared = NULL;
	for (guint i = 0; i < all->len && !member->shared; i++) {
		Shared *shared = g_ptr_array_index(all, i);
		if (!g_str_equal(shared->key, key))
			continue;
		if (n_wanted(shared, TRUE) + n_wanted(shared, FALSE) + member->n_wanted <= shared->room)
			member->shared = shared;
		member->is_overflow = TRUE;
		room = MIN(room, shared->room); /* it is the same server */
	}
	if (member->shared)
		member->is_overflow = FALSE;
	else
		member->shared = make_shared(member, key, room);
	g_ptr_array_add(member->shared->members, member);
}

PssTransport *pss_transport_shared_new(PssTarget *target, PssTransportNewFunc make, const PssTransportEvents *events,
				       gpointer user)
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
		.banner = shared_banner,
		.free = shared_transport_free,
	};
	Member *member = g_new0(Member, 1);

	if (!all)
		all = g_ptr_array_new();
	member->base.ops = &ops;
	member->events = events;
	member->user = user;
	member->channels = g_ptr_array_new_with_free_func(release_channel);
	member->target = target;
	member->n_wanted = target->share;
	member->make = make;
	join(member);
	return &member->base;
}
