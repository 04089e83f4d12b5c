/* SPDX-License-Identifier: MIT */
/* One relay: its channel, what it says of itself among what it carries, and the input of the command that runs. Called
 * by command-relays.c. A command's input must not reach the one before it, so it waits here until the relay has said
 * that nobody else reads; a relay that has been given input serves no other command. */
#include "host/queue/relay.h"

#include "base/error.h"
#include "remote/protocol/script.h"
#include "remote/protocol/stream.h"

typedef struct {
	PssRelay *owner;
	gboolean is_stderr;
	gboolean is_ready; /* it has said so on this side; of an older version it does on standard output alone */
	PssSigns signs;
} Side;

struct PssRelay {
	PssRemote *remote;
	const PssRelayEvents *events;
	gpointer user;
	guint number;
	PssChannel *channel; /* NULL: it has ended */
	Side sides[2];
	guint n_ready;       /* times that it was ready for input */
	guint n_inputs;      /* commands that were given one */
	gboolean used;       /* bytes, or their end, are its last command's */
	gboolean is_awaited; /* by a command that may not begin */
	GByteArray *early;
	gboolean early_end;
	gsize n_queued;
};

static void clear(gpointer data)
{
	PssRelay *relay = data;
	g_byte_array_unref(relay->early);
}

/* ---- what it carries */

static void on_plain(gpointer user, const void *data, gsize n)
{
	const Side *side = user;
	const PssRelay *relay = side->owner;

	if ((relay->n_ready > 0 || side->is_ready) && relay->channel) /* else noise of start-up files */
		pss_remote_relay_data(relay->remote, relay->number, side->is_stderr, data, n);
}

/* n 0: the end. */
static void send_input(const PssRelay *relay, const void *data, gsize n)
{
	if (n > 0)
		pss_channel_write(relay->channel, data, n);
	else
		pss_channel_eof(relay->channel);
}

static void send_early(PssRelay *relay)
{
	g_autoptr(GByteArray) early = g_steal_pointer(&relay->early);

	relay->early = g_byte_array_new();
	if (early->len > 0)
		send_input(relay, early->data, early->len);
	if (relay->early_end)
		send_input(relay, NULL, 0);
	relay->early_end = FALSE;
}

static gboolean takes_input(const PssRelay *relay)
{
	return relay->n_ready >= relay->n_inputs && !relay->is_awaited;
}

static void on_sign(Side *side, char sign)
{
	PssRelay *relay = side->owner;

	if (sign == PSS_RELAY_FENCE) {
		pss_remote_relay_fence(relay->remote, relay->number, side->is_stderr);
		return;
	}
	if (sign != PSS_RELAY_READY)
		return;
	side->is_ready = TRUE;
	if (side->is_stderr)
		return;
	relay->n_ready++;
	if (takes_input(relay))
		send_early(relay);
	if (relay->n_ready == 1)
		relay->events->on_ready(relay->user, relay);
}

static void on_data(gpointer user, const void *data, gsize n, gboolean is_stderr)
{
	PssRelay *relay = g_rc_box_acquire(user); /* the end of a command may be the end of it */
	Side *side = &relay->sides[is_stderr];
	const char *at = data;

	while (n > 0 && relay->channel) {
		char sign = pss_signs_feed(&side->signs, &at, &n, on_plain, side);
		if (sign && relay->channel)
			on_sign(side, sign);
	}
	g_rc_box_release_full(relay, clear);
}

static void on_drained(gpointer user)
{
	PssRelay *relay = user;
	gsize n = relay->n_queued - relay->early->len;

	relay->n_queued -= n;
	if (n > 0)
		relay->events->on_taken(relay->user, relay, n);
}

/* What a shell says that finds no script: POSIX, and dash before 0.5.13. The script itself ends in other ways. */
static gboolean found_no_script(const PssRelay *relay, int exit_status)
{
	return relay->n_ready == 0 && (exit_status == 127 || exit_status == 2);
}

static void on_closed(gpointer user, int exit_status, const GError *error)
{
	PssRelay *relay = user;
	g_autoptr(GError) gone = NULL;

	if (!error && found_no_script(relay, exit_status))
		gone = g_error_new_literal(PSS_ERROR, PSS_NOT_OPEN,
					   "the session's private directory there was removed: commands cannot be "
					   "invoked, typed lines still run (enter-pssession)");
	pss_channel_close(g_steal_pointer(&relay->channel));
	relay->events->on_closed(relay->user, relay, gone ? gone : error);
}

/* ---- its life */

PssRelay *pss_relay_open(PssTransport *transport, PssRemote *remote, guint number, const PssRelayEvents *events,
			 gpointer user)
{
	static const PssChannelEvents channel_events = {
		.on_data = on_data,
		.on_drained = on_drained,
		.on_closed = on_closed,
	};
	g_autofree char *command = pss_remote_relay_command(remote, number);
	g_autofree char *mark = pss_remote_relay_mark(remote);

	if (!command)
		return NULL;
	PssRelay *relay = g_rc_box_new0(PssRelay);
	relay->remote = remote;
	relay->events = events;
	relay->user = user;
	relay->number = number;
	relay->early = g_byte_array_new();
	for (int i = 0; i < 2; i++) {
		relay->sides[i].owner = relay;
		relay->sides[i].is_stderr = i;
		pss_signs_expect(&relay->sides[i].signs, mark);
	}
	PssChannelRequest request = { .command = command };
	relay->channel = pss_channel_open(transport, &request, &channel_events, relay);
	return relay;
}

void pss_relay_free(PssRelay *relay)
{
	if (!relay)
		return;
	if (relay->channel)
		pss_channel_close(g_steal_pointer(&relay->channel));
	g_rc_box_release_full(relay, clear);
}

void pss_relay_end(PssRelay *relay)
{
	if (relay->n_ready > 0)
		pss_remote_relay_end(relay->remote, relay->number);
	pss_relay_free(relay);
}

gboolean pss_relay_is_ready(const PssRelay *relay)
{
	return relay->n_ready > 0;
}

gboolean pss_relay_is_spent(const PssRelay *relay)
{
	return relay->used || !relay->channel || pss_relay_is_last(relay);
}

gboolean pss_relay_is_last(const PssRelay *relay)
{
	return relay->n_inputs >= PSS_RELAY_INPUTS;
}

guint pss_relay_number(const PssRelay *relay)
{
	return relay->number;
}

PssChannel *pss_relay_channel(const PssRelay *relay)
{
	return relay->channel;
}

/* ---- input */

guint pss_relay_next_input(const PssRelay *relay)
{
	return relay->n_inputs + 1;
}

void pss_relay_begin(PssRelay *relay, guint input)
{
	relay->n_inputs = MAX(relay->n_inputs, input);
	relay->is_awaited = relay->n_ready == 0;
}

void pss_relay_confirm(PssRelay *relay)
{
	if (!relay->is_awaited)
		return;
	relay->is_awaited = FALSE;
	if (relay->channel && takes_input(relay))
		send_early(relay);
}

gboolean pss_relay_take_back(PssRelay *relay, GByteArray *ret_input)
{
	const gboolean has_end = relay->early_end;

	g_byte_array_append(ret_input, relay->early->data, relay->early->len);
	g_byte_array_set_size(relay->early, 0);
	relay->n_queued = 0;
	relay->n_inputs = 0;
	relay->used = relay->early_end = relay->is_awaited = FALSE;
	return has_end;
}

void pss_relay_write(PssRelay *relay, const void *data, gsize n)
{
	if (!relay->channel)
		return;
	relay->used = TRUE;
	relay->n_queued += n;
	if (takes_input(relay))
		send_input(relay, data, n);
	else if (n > 0)
		g_byte_array_append(relay->early, data, (guint)n);
	else
		relay->early_end = TRUE;
}

void pss_relay_pause(PssRelay *relay, gboolean paused)
{
	if (relay->channel)
		pss_channel_pause(relay->channel, paused);
}
