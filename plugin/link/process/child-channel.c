/* SPDX-License-Identifier: MIT */
/* Carries bytes between a child process and the owner of the channel. Children that outlive a channel get SIGHUP and
 * are reaped in the main loop. */
#include "link/process/child-channel.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/error.h"
#include "base/shortage.h"
#include "wire/buffer.h"

#define CHUNK (64 * 1024)
#define LAST_CHUNKS 64 /* read from a pty whose child is gone; a background job could write for ever */

enum { STREAM_OUT, STREAM_ERR, N_STREAMS };

struct PssChildChannel {
	PssChannel base;
	const PssChannelEvents *events; /* NULL: nobody wants to hear */
	gpointer user;
	pid_t pid; /* 0: not running any more */
	gboolean pty;
	int input, streams[N_STREAMS]; /* -1: closed; with a pty input and STREAM_OUT are one descriptor */
	guint reading[N_STREAMS], writing, idle;
	struct pss_buffer queue;
	gboolean paused, eof;
	int exit_status;
	GError *error;
};

static void start_reading(PssChildChannel *channel);
static void finish_if_done(PssChildChannel *channel);

static void remove_source(guint *id)
{
	if (*id)
		g_source_remove(*id);
	*id = 0;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void close_input(PssChildChannel *channel)
{
	remove_source(&channel->writing);
	if (channel->input != channel->streams[STREAM_OUT])
		close_fd(&channel->input);
	channel->input = -1;
}

/* Takes everything back but the memory. Nothing is heard of the channel afterwards. */
void pss_child_channel_shut(PssChildChannel *channel)
{
	remove_source(&channel->idle);
	close_input(channel);
	for (int i = 0; i < N_STREAMS; i++) {
		remove_source(&channel->reading[i]);
		close_fd(&channel->streams[i]);
	}
	if (channel->pid > 0)
		kill(-channel->pid, SIGHUP);
	channel->pid = 0;
	channel->events = NULL;
	pss_buffer_wipe(&channel->queue);
}

static void channel_clear(gpointer data)
{
	PssChildChannel *channel = data;

	pss_child_channel_shut(channel);
	g_clear_error(&channel->error);
}

void pss_child_channel_unref(gpointer data)
{
	g_rc_box_release_full(data, channel_clear);
}

/* The watch holds a reference, so a channel that is closed early still gets its child reaped. */
static void on_child_exit(GPid pid, gint status, gpointer user)
{
	PssChildChannel *channel = user;

	if (channel->pid != pid)
		return;
	channel->pid = 0;
	channel->exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	finish_if_done(channel);
}

/* Reads once. FALSE: that stream has ended. */
static gboolean read_stream(PssChildChannel *channel, int stream, gboolean *ret_any)
{
	char chunk[CHUNK];
	ssize_t n = read(channel->streams[stream], chunk, sizeof chunk);

	*ret_any = n > 0;
	if (n > 0)
		channel->events->on_data(channel->user, chunk, (gsize)n, stream == STREAM_ERR);
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static gboolean on_readable(gint fd, GIOCondition condition, gpointer user)
{
	PssChildChannel *channel = g_rc_box_acquire(user);
	int stream = fd == channel->streams[STREAM_OUT] ? STREAM_OUT : STREAM_ERR;
	gboolean any, goes_on = read_stream(channel, stream, &any);

	if (!goes_on && channel->events) {
		channel->reading[stream] = 0;
		/* The end of the master is a hang-up, which would kill a child that is just about to exit. */
		if (channel->pty)
			close_input(channel);
		else
			close_fd(&channel->streams[stream]);
		finish_if_done(channel);
	}
	/* A callback that paused or closed the channel has removed this source already. */
	pss_child_channel_unref(channel);
	return goes_on ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static gboolean may_read(const PssChildChannel *channel)
{
	return channel->events && !channel->paused && channel->streams[STREAM_OUT] >= 0;
}

/* As sshd: without a pty the channel lives until its pipes end; with one until the child ends, as
 * background jobs may hold the terminal open for ever. */
static void finish_if_done(PssChildChannel *channel)
{
	if (!channel->events || channel->pid > 0 || channel->paused)
		return;
	if (channel->pty) {
		gboolean any = TRUE;
		for (int i = 0; i < LAST_CHUNKS && any && may_read(channel); i++)
			read_stream(channel, STREAM_OUT, &any);
		if (!channel->events || channel->paused)
			return;
	} else if (channel->streams[STREAM_OUT] >= 0 || channel->streams[STREAM_ERR] >= 0) {
		return;
	}
	const PssChannelEvents *events = channel->events;
	gpointer user = channel->user;
	int exit_status = channel->exit_status;

	g_rc_box_acquire(channel);
	pss_child_channel_shut(channel);
	events->on_closed(user, exit_status, channel->error);
	pss_child_channel_unref(channel);
}

static gboolean on_refused(gpointer user)
{
	PssChildChannel *channel = user;

	channel->idle = 0;
	finish_if_done(channel);
	return G_SOURCE_REMOVE;
}

static void start_reading(PssChildChannel *channel)
{
	for (int i = 0; i < N_STREAMS; i++)
		if (channel->streams[i] >= 0 && !channel->reading[i])
			channel->reading[i] =
				g_unix_fd_add(channel->streams[i], G_IO_IN | G_IO_HUP | G_IO_ERR, on_readable, channel);
}

static gboolean open_pty(PssChildChannel *channel, const PssChannelRequest *request, char path[64])
{
	struct winsize size = { .ws_col = (unsigned short)request->columns, .ws_row = (unsigned short)request->rows };
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return FALSE;
	channel->input = channel->streams[STREAM_OUT] = fd;
	return grantpt(fd) == 0 && unlockpt(fd) == 0 && ptsname_r(fd, path, 64) == 0 &&
	       ioctl(fd, TIOCSWINSZ, &size) == 0;
}

static gboolean open_pipes(PssChildChannel *channel, int child[3])
{
	int pairs[3][2];

	for (int i = 0; i < 3; i++) {
		if (pipe2(pairs[i], O_CLOEXEC) < 0)
			return FALSE; /* what is open already the caller closes */
		child[i] = pairs[i][i == 0 ? 0 : 1];
		int ours = pairs[i][i == 0 ? 1 : 0];
		if (i == 0)
			channel->input = ours;
		else
			channel->streams[i - 1] = ours;
	}
	return TRUE;
}

static void set_nonblocking(int fd)
{
	if (fd >= 0)
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

PssChildChannel *pss_child_channel_new(PssTransport *transport, const PssChannelEvents *events, gpointer user)
{
	PssChildChannel *channel = g_rc_box_new0(PssChildChannel);

	channel->base.transport = transport;
	channel->events = events;
	channel->user = user;
	channel->input = channel->streams[STREAM_OUT] = channel->streams[STREAM_ERR] = -1;
	channel->exit_status = -1;
	pss_buffer_init(&channel->queue);
	return channel;
}

gpointer pss_child_channel_user(const PssChildChannel *channel)
{
	return channel->user;
}

static gboolean start_child(PssChildChannel *channel, const PssChannelRequest *request, PssSpawn *spawn)
{
	char terminal[64];

	if (request->pty ? !open_pty(channel, request, terminal) : !open_pipes(channel, spawn->fds)) {
		pss_set_errno(&channel->error, errno, "cannot make %s", request->pty ? "a terminal" : "pipes");
		return FALSE;
	}
	spawn->terminal = request->pty ? terminal : NULL;
	return pss_spawn(spawn, &channel->pid, &channel->error);
}

void pss_child_channel_refuse_subsystem(PssChildChannel *channel, const char *name)
{
	g_set_error(&channel->error, PSS_ERROR, PSS_UNSUPPORTED, "the server has no subsystem \"%s\"", name);
	channel->idle = g_idle_add(on_refused, channel);
}

void pss_child_channel_start(PssChildChannel *channel, const PssChannelRequest *request, PssSpawn *spawn)
{
	for (int i = 0; i < 3; i++)
		spawn->fds[i] = -1;
	channel->pty = request->pty;
	gboolean started = start_child(channel, request, spawn);
	for (int i = 0; i < 3; i++)
		close_fd(&spawn->fds[i]);
	if (!started) {
		close_input(channel);
		for (int i = 0; i < N_STREAMS; i++)
			close_fd(&channel->streams[i]);
		channel->idle = g_idle_add(on_refused, channel);
		return;
	}
	g_child_watch_add_full(G_PRIORITY_DEFAULT, channel->pid, on_child_exit, g_rc_box_acquire(channel),
			       pss_child_channel_unref);
	set_nonblocking(channel->input);
	for (int i = 0; i < N_STREAMS; i++)
		set_nonblocking(channel->streams[i]);
	if (!channel->paused)
		start_reading(channel);
	if (request->n_first_bytes > 0)
		pss_child_channel_write(&channel->base, request->first_bytes, request->n_first_bytes);
}

void pss_child_channel_start_again(PssChildChannel *channel, const PssChannelEvents *events,
				   const PssChannelRequest *request, PssSpawn *spawn)
{
	gboolean has_ended = channel->eof;

	channel->events = events;
	channel->eof = FALSE;
	channel->exit_status = -1;
	pss_child_channel_start(channel, request, spawn);
	if (has_ended)
		pss_child_channel_eof(&channel->base);
}

/* Sends what can go. FALSE: the rest has to wait, or nobody reads it any more. */
static gboolean send_queue(PssChildChannel *channel)
{
	while (channel->queue.length > 0) {
		ssize_t n = write(channel->input, pss_buffer_bytes(&channel->queue), channel->queue.length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return FALSE;
		if (n < 0) { /* EPIPE, EIO: the child closed its input; its end will tell the rest */
			pss_buffer_wipe(&channel->queue);
			return TRUE;
		}
		pss_buffer_consume(&channel->queue, (size_t)n);
	}
	pss_buffer_wipe(&channel->queue);
	return TRUE;
}

static gboolean on_writable(gint fd, GIOCondition condition, gpointer user)
{
	PssChildChannel *channel = user;

	if (!send_queue(channel))
		return G_SOURCE_CONTINUE;
	channel->writing = 0;
	if (channel->eof)
		close_input(channel);
	channel->events->on_drained(channel->user);
	return G_SOURCE_REMOVE;
}

void pss_child_channel_write(PssChannel *base, const void *data, gsize n)
{
	PssChildChannel *channel = (PssChildChannel *)base;

	if (channel->input < 0 || channel->eof)
		return;
	if (pss_buffer_append(&channel->queue, data, n) < 0)
		g_error("out of memory");
	if (!channel->writing && !send_queue(channel))
		channel->writing = g_unix_fd_add(channel->input, G_IO_OUT | G_IO_ERR, on_writable, channel);
}

gsize pss_child_channel_pending(PssChannel *base)
{
	return ((PssChildChannel *)base)->queue.length;
}

void pss_child_channel_pause(PssChannel *base, gboolean paused)
{
	PssChildChannel *channel = (PssChildChannel *)base;

	if (!channel->events || channel->paused == paused)
		return;
	channel->paused = paused;
	if (paused) {
		for (int i = 0; i < N_STREAMS; i++)
			remove_source(&channel->reading[i]);
	} else {
		start_reading(channel);
		if (!channel->idle)
			channel->idle = g_idle_add(on_refused, channel);
	}
}

void pss_child_channel_resize(PssChannel *base, guint columns, guint rows)
{
	PssChildChannel *channel = (PssChildChannel *)base;
	struct winsize size = { .ws_col = (unsigned short)columns, .ws_row = (unsigned short)rows };

	if (channel->pty && channel->streams[STREAM_OUT] >= 0)
		ioctl(channel->streams[STREAM_OUT], TIOCSWINSZ, &size);
}

void pss_child_channel_signal(PssChannel *base, const char *name)
{
	PssChildChannel *channel = (PssChildChannel *)base;

	if (channel->pid > 0)
		kill(-channel->pid, strcmp(name, "INT") == 0 ? SIGINT : SIGHUP);
}

void pss_child_channel_eof(PssChannel *base)
{
	PssChildChannel *channel = (PssChildChannel *)base;

	if (channel->pty) /* as in sshd: a terminal has no end that could be sent */
		return;
	channel->eof = TRUE;
	if (!channel->writing)
		close_input(channel);
}
