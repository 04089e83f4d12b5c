/* SPDX-License-Identifier: MIT */
/* One channel of an SSH link: opened, given a terminal and a command, fed and drained, in turns that the link
 * grants. The functions that users call only write down what is wanted and kick the link; libssh is
 * called in turns alone, and freed there, never inside one of its callbacks. */
#include "link/libssh/link/link.h"

#include <string.h>

#include "link/libssh/common/error.h"

#define WRITES_PER_TURN 8
#define WRITE_CHUNK (32 * 1024)
/* What libssh's buffers have grown to stays. Most sessions idle after one script, so that goes in small pieces. */
#define FIRST_CHUNK (3 * 1024)
#define IDLE_CAPACITY 4096
#define READ_CHUNK (64 * 1024)
#define READS_PER_TURN 16
/* libssh's window of 1.28 MB starves links with a long way; reading "up to this much" widens it. */
#define WINDOW (4 * 1024 * 1024)
#define WIDEN_EVERY (1024 * 1024)

static void channel_clear(gpointer data)
{
	PssSshChannel *channel = data;

	g_free(channel->command);
	g_free(channel->term);
	pss_ssh_channel_forget_stand_ins(channel);
	pss_buffer_wipe(&channel->queue);
	pss_buffer_finish(&channel->held[0]);
	pss_buffer_finish(&channel->held[1]);
}

void pss_ssh_channel_unref(gpointer channel)
{
	g_rc_box_release_full(channel, channel_clear);
}

static int on_data(ssh_session session, ssh_channel ssh, void *data, uint32_t n, int is_stderr, void *user)
{
	PssSshChannel *channel = user;

	if (!channel->events || !pss_ssh_link_is_trusted(channel->link))
		return (int)n;
	if (channel->widening && !is_stderr)
		return 0;
	if (channel->paused || channel->draining || channel->holding || channel->widening) {
		channel->holding = TRUE;
		return 0;
	}
	channel->n_since_widening += n;
	channel->link->n_delivered += n;
	channel->events->on_data(channel->user, data, n, is_stderr != 0);
	return (int)n;
}

static void on_exit_status(ssh_session session, ssh_channel ssh, int status, void *user)
{
	((PssSshChannel *)user)->exit_status = status & 0xff;
}

static void on_exit_signal(ssh_session session, ssh_channel ssh, const char *name, int core, const char *message,
			   const char *language, void *user)
{
	static const struct {
		const char *name;
		int number;
	} signals[] = {
		/* RFC 4254, 6.10, with Linux's numbers */
		{ "HUP", 1 },   { "INT", 2 },   { "QUIT", 3 },  { "ILL", 4 },   { "ABRT", 6 },
		{ "FPE", 8 },   { "KILL", 9 },  { "USR1", 10 }, { "SEGV", 11 }, { "USR2", 12 },
		{ "PIPE", 13 }, { "ALRM", 14 }, { "TERM", 15 },
	};
	PssSshChannel *channel = user;

	channel->exit_status = 255; /* a signal without a name of the standard */
	for (gsize i = 0; i < G_N_ELEMENTS(signals); i++)
		if (g_strcmp0(name, signals[i].name) == 0)
			channel->exit_status = 128 + signals[i].number;
}

static void on_close(ssh_session session, ssh_channel ssh, void *user)
{
	((PssSshChannel *)user)->remote_closed = TRUE;
}

static PssSshChannel *new_channel(PssSshLink *link, gboolean pty, const char *term)
{
	PssSshChannel *channel = g_rc_box_new0(PssSshChannel);

	channel->base.transport = &link->base;
	channel->link = link;
	channel->pty = pty;
	channel->term = g_strdup(term);
	channel->exit_status = -1;
	pss_buffer_init(&channel->queue);
	return channel;
}

gboolean pss_ssh_link_has_environment(const PssSshLink *link)
{
	return link->login->forwarded_agent || *link->login->environment;
}

static void give_environment(PssSshChannel *channel)
{
	const PssSshLogin *login = channel->link->login;

	channel->with_environment = TRUE;
	channel->agent_wanted = login->forwarded_agent != NULL;
	channel->environment = login->environment;
}

void pss_ssh_channel_use(PssSshChannel *channel, const PssChannelRequest *request, const PssChannelEvents *events,
			 gpointer user)
{
	PssSshChannelState still_to_do = request->pty && !channel->pty ? PSS_CHANNEL_PTY : PSS_CHANNEL_ENVIRONMENT;

	if (request->pty && !channel->pty) {
		channel->pty = TRUE;
		channel->term = g_strdup(request->term);
	}
	if (request->with_environment && !channel->with_environment)
		give_environment(channel);
	channel->state = MIN(channel->state, still_to_do);
	channel->is_spare = FALSE;
	channel->events = events;
	channel->user = user;
	channel->command = g_strdup(request->command);
	channel->resized = channel->pty && channel->state > PSS_CHANNEL_OPENING &&
			   (channel->columns != request->columns || channel->rows != request->rows);
	channel->columns = request->columns;
	channel->rows = request->rows;
	channel->n_first = request->n_first_bytes;
	if (request->n_first_bytes > 0)
		pss_ssh_channel_write(&channel->base, request->first_bytes, request->n_first_bytes);
}

PssSshChannel *pss_ssh_channel_new(PssSshLink *link, const PssChannelRequest *request, const PssChannelEvents *events,
				   gpointer user)
{
	PssSshChannel *channel = new_channel(link, request->pty, request->term);

	if (!link->session || link->lost)
		return channel;
	pss_ssh_channel_use(channel, request, events, user);
	return channel;
}

PssSshChannel *pss_ssh_channel_new_spare(PssSshLink *link, const char *term)
{
	PssSshChannel *channel = new_channel(link, term != NULL, term);

	channel->is_spare = TRUE;
	channel->columns = 80;
	channel->rows = 24;
	if (term)
		give_environment(channel);
	return channel;
}

static void create(PssSshChannel *channel)
{
	channel->channel = ssh_channel_new(channel->link->session);
	channel->callbacks = (struct ssh_channel_callbacks_struct){
		.userdata = channel,
		.channel_data_function = on_data,
		.channel_close_function = on_close,
		.channel_exit_status_function = on_exit_status,
		.channel_exit_signal_function = on_exit_signal,
	};
	ssh_callbacks_init(&channel->callbacks);
	ssh_add_channel_callbacks(channel->channel, &channel->callbacks);
	channel->state = PSS_CHANNEL_OPENING;
}

void pss_ssh_channel_forget_stand_ins(PssSshChannel *channel)
{
	g_clear_pointer(&channel->stand_ins, g_ptr_array_unref);
}

static void free_stand_ins(PssSshChannel *channel)
{
	for (guint i = 0; channel->stand_ins && i < channel->stand_ins->len; i++)
		ssh_channel_free(channel->stand_ins->pdata[i]);
	pss_ssh_channel_forget_stand_ins(channel);
}

/* Gives libssh's half back. Callbacks could come after the free (fixed in 0.12), so they go first. */
static void release(PssSshChannel *channel)
{
	if (channel->channel) {
		ssh_remove_channel_callbacks(channel->channel, &channel->callbacks);
		ssh_channel_free(channel->channel);
	}
	free_stand_ins(channel);
	channel->channel = NULL;
	pss_buffer_wipe(&channel->queue);
	channel->finished = TRUE;
}

static void finish(PssSshChannel *channel, const GError *error)
{
	const PssChannelEvents *events = g_steal_pointer(&channel->events);

	release(channel);
	if (events)
		events->on_closed(channel->user, channel->exit_status, error);
}

static void refuse(PssSshChannel *channel, const char *what)
{
	g_autoptr(GError) error = NULL;

	if (channel->is_spare)
		pss_ssh_spare_refused(channel->link);
	pss_ssh_set_error(&error, channel->link->session, PSS_FAILED, "the server refuses %s", what);
	finish(channel, error);
}

static int request_start(PssSshChannel *channel, ssh_channel on)
{
	return channel->command ? ssh_channel_request_exec(on, channel->command) : ssh_channel_request_shell(on);
}

static int request_pty(PssSshChannel *channel)
{
	const char *term = channel->term;

	/* The terminal's request comes first and says what TERM is. */
	for (char **variable = channel->environment; variable && *variable; variable++)
		if (g_str_has_prefix(*variable, "TERM="))
			term = *variable + strlen("TERM=");
	return ssh_channel_request_pty_size(channel->channel, term, (int)channel->columns, (int)channel->rows);
}

static void send_size(PssSshChannel *channel)
{
	if (!channel->resized)
		return;
	channel->resized = FALSE;
	ssh_channel_change_pty_size(channel->channel, (int)channel->columns, (int)channel->rows);
}

static int request_variable(ssh_channel on, const char *variable)
{
	g_autofree char *name = g_strndup(variable, strcspn(variable, "="));
	const char *value = variable + strlen(name);

	return ssh_channel_request_env(on, name, *value ? value + 1 : value);
}

/* HACK: of the requests on a channel libssh sends one at a time and waits for each answer; open, terminal and
 * command would take three round trips. But a channel that was never opened addresses its requests
 * to number 0, and that is the number that OpenSSH's and dropbear's servers give the first channel. So
 * stand-ins, one a request, send the environment and the command behind the others, without waiting; the answers
 * reach the real channel, which does not wait for them and drops them: the terminal's comes first. Only for the very
 * first channel. Remove when libssh can send requests without waiting. */
gboolean pss_ssh_channel_can_fly(const PssSshChannel *channel)
{
	const char *banner = ssh_get_serverbanner(channel->link->session);

	return channel->state == PSS_CHANNEL_NEW && !channel->close_wanted && banner &&
	       (g_str_has_prefix(banner, "SSH-2.0-OpenSSH") || g_str_has_prefix(banner, "SSH-2.0-dropbear"));
}

static ssh_channel new_stand_in(PssSshChannel *channel)
{
	ssh_channel stand_in = ssh_channel_new(channel->link->session);

	g_ptr_array_add(channel->stand_ins, stand_in);
	return stand_in;
}

void pss_ssh_channel_fly(PssSshChannel *channel)
{
	create(channel);
	if (ssh_channel_open_session(channel->channel) != SSH_AGAIN)
		return; /* the answer is here already, or it failed: the plain way goes on from there */
	int terminal = channel->pty ? request_pty(channel) : SSH_AGAIN;
	/* Both answers are: a terminal that was asked for twice would end the connection. */
	if (terminal == SSH_OK)
		channel->state = PSS_CHANNEL_ENVIRONMENT;
	if (terminal != SSH_AGAIN)
		return;
	channel->stand_ins = g_ptr_array_new();
	if (channel->agent_wanted)
		ssh_channel_request_auth_agent(new_stand_in(channel));
	for (; channel->environment && *channel->environment; channel->environment++)
		request_variable(new_stand_in(channel), *channel->environment);
	request_start(channel, new_stand_in(channel));
}

/* TRUE: answered with yes. */
static gboolean advance(PssSshChannel *channel, int status, const char *what)
{
	if (status == SSH_ERROR && pss_ssh_link_is_alive(channel->link))
		refuse(channel, what);
	return status == SSH_OK;
}

/* A server may take no variable or some: as with ssh, that is its own affair. FALSE: an answer is still out. */
static gboolean set_environment(PssSshChannel *channel)
{
	if (channel->agent_wanted)
		ssh_channel_request_auth_agent(channel->channel); /* has no answer */
	channel->agent_wanted = FALSE;
	for (; channel->environment && *channel->environment; channel->environment++)
		if (request_variable(channel->channel, *channel->environment) == SSH_AGAIN ||
		    !pss_ssh_link_is_alive(channel->link))
			return FALSE;
	return TRUE;
}

static void start(PssSshChannel *channel)
{
	if (channel->state == PSS_CHANNEL_NEW)
		create(channel);
	if (channel->state == PSS_CHANNEL_OPENING &&
	    advance(channel, ssh_channel_open_session(channel->channel), "to open a session on this connection"))
		channel->state = channel->pty         ? PSS_CHANNEL_PTY
				 : channel->stand_ins ? PSS_CHANNEL_RUNNING
						      : PSS_CHANNEL_ENVIRONMENT;
	if (channel->state == PSS_CHANNEL_PTY && advance(channel, request_pty(channel), "a terminal")) {
		channel->state = channel->stand_ins ? PSS_CHANNEL_RUNNING : PSS_CHANNEL_ENVIRONMENT;
		free_stand_ins(channel);
	}
	if (channel->state == PSS_CHANNEL_ENVIRONMENT && !channel->finished && set_environment(channel))
		channel->state = PSS_CHANNEL_EXEC;
	if (channel->state != PSS_CHANNEL_EXEC || channel->finished || channel->is_spare)
		return;
	send_size(channel);
	if (advance(channel, request_start(channel, channel->channel), "to run the command"))
		channel->state = PSS_CHANNEL_RUNNING;
}

static void deliver(PssSshChannel *channel, char *block, gsize n, gboolean is_stderr)
{
	if (n == 0 || !channel->events || !pss_ssh_link_is_trusted(channel->link))
		return;
	channel->n_since_widening += n;
	channel->link->n_delivered += n;
	channel->events->on_data(channel->user, block, n, is_stderr);
}

/* HACK: each read grants the sender another window of 1.28 MB whatever is still in libssh's buffer, so reading that in
 * pieces lets it grow without end under a fast sender. All of it comes over here at once, and the next only when this
 * is gone: a channel keeps its window and a half. Remove when libssh's ssh_channel_read() counts what it holds. */
static gsize take_held(PssSshChannel *channel, gboolean is_stderr)
{
	struct pss_buffer *held = &channel->held[is_stderr];
	int n = held->length > 0 ? 0 : ssh_channel_poll(channel->channel, is_stderr);

	if (n > 0) {
		unsigned char *room = pss_buffer_reserve(held, (gsize)n);
		if (!room)
			g_error("out of memory");
		n = ssh_channel_read_nonblocking(channel->channel, room, (uint32_t)n, is_stderr);
		pss_buffer_commit(held, n > 0 ? (gsize)n : 0);
	}
	return held->length;
}

/* FALSE: there is more of it. */
static gboolean deliver_held_stream(PssSshChannel *channel, gboolean is_stderr)
{
	struct pss_buffer *held = &channel->held[is_stderr];

	for (int i = 0; i < READS_PER_TURN && !channel->paused && channel->events; i++) {
		gsize n = MIN(take_held(channel, is_stderr), READ_CHUNK);
		if (n == 0) {
			pss_buffer_finish(held);
			return TRUE;
		}
		deliver(channel, (char *)pss_buffer_bytes(held), n, is_stderr);
		pss_buffer_consume(held, n);
	}
	return !channel->events;
}

/* What came in during a pause. A sender that is as fast as we are must not keep us here. What arrives for a stream that
 * had its turn sets `holding` again. */
static void deliver_held(PssSshChannel *channel)
{
	if (!channel->holding || channel->paused)
		return;
	channel->draining = TRUE;
	channel->holding = FALSE;
	if (!deliver_held_stream(channel, FALSE) || !deliver_held_stream(channel, TRUE))
		channel->holding = TRUE;
	channel->draining = FALSE;
	if (channel->holding && !channel->paused)
		pss_ssh_link_kick(channel->link);
}

static void widen_window(PssSshChannel *channel)
{
	static char *block;

	if (channel->n_since_widening < WIDEN_EVERY || channel->paused || channel->holding || channel->remote_closed ||
	    !channel->events)
		return;
	channel->n_since_widening = 0;
	if (!block)
		block = g_malloc(WINDOW); /* pages that are hardly ever touched */
	/* It reads the socket on until something is in its buffer: the callback must not take that away, or a flood
	 * would never let it return. */
	channel->widening = TRUE;
	int n = ssh_channel_read(channel->channel, block, WINDOW, 0);
	channel->widening = FALSE;
	if (n > 0)
		deliver(channel, block, (gsize)n, FALSE);
}

static gboolean socket_is_full(const PssSshChannel *channel)
{
	return (ssh_get_poll_flags(channel->link->session) & SSH_WRITE_PENDING) != 0;
}

static void send_queue(PssSshChannel *channel)
{
	for (int i = 0; (i < WRITES_PER_TURN || channel->n_first > 0) && channel->queue.length > 0; i++) {
		gsize n = MIN(channel->queue.length, channel->n_first > 0 ? FIRST_CHUNK : WRITE_CHUNK);
		int sent = ssh_channel_write(channel->channel, pss_buffer_bytes(&channel->queue), (uint32_t)n);
		if (sent <= 0)
			break;
		pss_buffer_consume(&channel->queue, (size_t)sent);
		channel->n_first -= MIN(channel->n_first, (gsize)sent);
		if ((gsize)sent < n)
			break;
	}
	/* Most sessions idle, after one script of some size. */
	if (channel->queue.length == 0 && channel->queue.capacity > IDLE_CAPACITY)
		pss_buffer_wipe(&channel->queue);
	else if (channel->queue.length == 0)
		pss_wipe(channel->queue.data, channel->queue.capacity);
	if (channel->queue.length == 0 && channel->drain_wanted) {
		channel->drain_wanted = FALSE;
		if (channel->events)
			channel->events->on_drained(channel->user);
	}
}

static void send_all(PssSshChannel *channel)
{
	gboolean was_full = socket_is_full(channel);

	if (channel->state == PSS_CHANNEL_RUNNING)
		send_size(channel);
	if (channel->signal && channel->state == PSS_CHANNEL_RUNNING)
		ssh_channel_request_send_signal(channel->channel, g_steal_pointer(&channel->signal));
	/* What libssh cannot pass on at once it keeps, without limit: the bytes wait here instead. */
	if (channel->queue.length > 0 && (!was_full || channel->queue.length <= WRITE_CHUNK))
		send_queue(channel);
	if (channel->eof_wanted && !channel->eof_sent && channel->queue.length == 0 && channel->channel) {
		channel->eof_sent = TRUE;
		ssh_channel_send_eof(channel->channel);
	}
}

static gboolean is_open(const PssSshChannel *channel)
{
	return channel->state == PSS_CHANNEL_RUNNING || channel->state == PSS_CHANNEL_EXEC;
}

void pss_ssh_channel_turn(PssSshChannel *channel)
{
	if (channel->finished)
		return;
	if (channel->close_wanted && channel->state == PSS_CHANNEL_NEW) {
		release(channel);
		return;
	}
	if (channel->state != PSS_CHANNEL_RUNNING && !channel->remote_closed)
		start(channel);
	/* Input may follow the command's request without waiting for its answer. */
	if (!channel->finished && is_open(channel) && !channel->remote_closed)
		send_all(channel);
	if (channel->finished || !pss_ssh_link_is_alive(channel->link))
		return;
	/* One that is still opening is closed when the answer is here: the server would keep it otherwise. */
	if (channel->close_wanted && channel->state > PSS_CHANNEL_OPENING) {
		release(channel);
		return;
	}
	deliver_held(channel);
	if (channel->remote_closed && !channel->holding)
		finish(channel, NULL);
	else
		widen_window(channel);
}

void pss_ssh_channel_write(PssChannel *base, const void *data, gsize n)
{
	PssSshChannel *channel = (PssSshChannel *)base;

	if (!channel->events || channel->eof_wanted || n == 0)
		return;
	if (pss_buffer_append(&channel->queue, data, n) < 0)
		g_error("out of memory");
	channel->drain_wanted = TRUE;
	pss_ssh_link_kick(channel->link);
}

gsize pss_ssh_channel_pending(PssChannel *base)
{
	return ((PssSshChannel *)base)->queue.length;
}

void pss_ssh_channel_pause(PssChannel *base, gboolean paused)
{
	PssSshChannel *channel = (PssSshChannel *)base;

	if (!channel->events || channel->paused == paused)
		return;
	channel->paused = paused;
	if (!paused)
		pss_ssh_link_kick(channel->link);
}

void pss_ssh_channel_resize(PssChannel *base, guint columns, guint rows)
{
	PssSshChannel *channel = (PssSshChannel *)base;

	if (!channel->events || !channel->pty || (channel->columns == columns && channel->rows == rows))
		return;
	channel->columns = columns;
	channel->rows = rows;
	channel->resized = channel->state != PSS_CHANNEL_NEW;
	pss_ssh_link_kick(channel->link);
}

void pss_ssh_channel_signal(PssChannel *base, const char *name)
{
	PssSshChannel *channel = (PssSshChannel *)base;

	channel->signal = name;
	pss_ssh_link_kick(channel->link);
}

void pss_ssh_channel_eof(PssChannel *base)
{
	PssSshChannel *channel = (PssSshChannel *)base;

	if (!channel->events)
		return;
	channel->eof_wanted = TRUE;
	pss_ssh_link_kick(channel->link);
}

void pss_ssh_channel_close(PssChannel *base)
{
	PssSshChannel *channel = (PssSshChannel *)base;
	PssSshLink *link = channel->link;

	channel->events = NULL;
	channel->close_wanted = TRUE;
	if (!link->session || link->lost || channel->finished)
		g_ptr_array_remove_fast(link->channels, channel);
	else
		pss_ssh_link_kick(link);
}
