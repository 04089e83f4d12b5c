/* SPDX-License-Identifier: MIT */
/* The life of one channel of an SSH link, in turns that the link grants. The functions that users call only write down
 * what is wanted and kick the link; libssh is called in turns alone, and its channel is freed there, never inside one
 * of its callbacks. */
#include "link/libssh/link/channel.h"

#include "link/libssh/common/error.h"

static void channel_clear(gpointer data)
{
	PssSshChannel *channel = data;

	g_free(channel->start.command);
	g_free(channel->start.subsystem);
	g_free(channel->term);
	pss_ssh_channel_forget_stand_ins(channel);
	pss_buffer_wipe(&channel->out.queue);
	pss_buffer_finish(&channel->in.held[0]);
	pss_buffer_finish(&channel->in.held[1]);
}

void pss_ssh_channel_unref(gpointer channel)
{
	g_rc_box_release_full(channel, channel_clear);
}

static PssSshChannel *new_channel(PssSshLink *link, GPtrArray *siblings, gboolean pty, const char *term)
{
	PssSshChannel *channel = g_rc_box_new0(PssSshChannel);

	channel->base.transport = &link->base;
	channel->link = link;
	channel->siblings = siblings;
	channel->pty = pty;
	channel->term = g_strdup(term);
	channel->exit_status = -1;
	pss_buffer_init(&channel->out.queue);
	g_ptr_array_add(siblings, channel);
	return channel;
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
		pss_ssh_channel_give_environment(channel);
	channel->state = MIN(channel->state, still_to_do);
	channel->spare = (PssSshSpare){ NULL, NULL };
	channel->events = events;
	channel->user = user;
	channel->start.command = g_strdup(request->command);
	if (request->subsystem && !(request->command && pss_ssh_link_has_refused(channel->link, request->subsystem)))
		channel->start.subsystem = g_strdup(request->subsystem);
	channel->out.resized = channel->pty && channel->state > PSS_CHANNEL_OPENING &&
			       (channel->columns != request->columns || channel->rows != request->rows);
	channel->in.is_bulk = request->beside;
	channel->columns = request->columns;
	channel->rows = request->rows;
	channel->out.n_first = request->n_first_bytes;
	if (request->n_first_bytes > 0)
		pss_ssh_channel_write(&channel->base, request->first_bytes, request->n_first_bytes);
}

PssSshChannel *pss_ssh_channel_new(PssSshLink *link, GPtrArray *siblings, const PssChannelRequest *request,
				   const PssChannelEvents *events, gpointer user)
{
	PssSshChannel *channel = new_channel(link, siblings, request->pty, request->term);

	if (link->session && !link->lost)
		pss_ssh_channel_use(channel, request, events, user);
	return channel;
}

PssSshChannel *pss_ssh_channel_new_spare(PssSshLink *link, GPtrArray *siblings, const char *term,
					 const PssSshSpare *spare)
{
	PssSshChannel *channel = new_channel(link, siblings, term != NULL, term);

	channel->spare = *spare;
	channel->columns = 80;
	channel->rows = 24;
	if (term)
		pss_ssh_channel_give_environment(channel);
	return channel;
}

/* Gives libssh's half back. Callbacks could come after the free (fixed in 0.12), so they go first. */
static void release(PssSshChannel *channel)
{
	if (channel->channel) {
		ssh_remove_channel_callbacks(channel->channel, &channel->callbacks);
		ssh_channel_free(channel->channel);
	}
	pss_ssh_channel_free_stand_ins(channel);
	channel->channel = NULL;
	pss_buffer_wipe(&channel->out.queue);
	channel->state = PSS_CHANNEL_FINISHED;
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

	if (pss_ssh_channel_is_spare(channel))
		channel->spare.on_refused(channel->spare.user);
	if (pss_ssh_channel_asks_for_subsystem(channel))
		g_set_error(&error, PSS_ERROR, PSS_UNSUPPORTED, "the server has no subsystem \"%s\"",
			    channel->start.subsystem);
	else
		pss_ssh_set_error(&error, channel->link->session, PSS_FAILED, "the server refuses %s", what);
	finish(channel, error);
}

static void go_on(PssSshChannel *channel)
{
	const char *refused = channel->state != PSS_CHANNEL_RUNNING ? pss_ssh_channel_start(channel) : NULL;

	/* It may be a script of some kilobytes, and is asked for once. */
	if (channel->state == PSS_CHANNEL_RUNNING)
		g_clear_pointer(&channel->start.command, g_free);
	gboolean is_open = channel->state == PSS_CHANNEL_EXEC || channel->state == PSS_CHANNEL_RUNNING;
	if (refused)
		refuse(channel, refused);
	/* Input may follow the command's request without waiting for its answer, if that is the last request. */
	else if (is_open && !channel->remote_closed &&
		 !(pss_ssh_channel_asks_for_subsystem(channel) && channel->start.command))
		pss_ssh_channel_send_all(channel);
}

/* TRUE: it is finished. */
static gboolean refuse_long_request(PssSshChannel *channel)
{
	g_autoptr(GError) error = NULL;

	if (pss_ssh_channel_fits(channel, &error))
		return FALSE;
	finish(channel, error);
	return TRUE;
}

void pss_ssh_channel_turn(PssSshChannel *channel)
{
	if (channel->state == PSS_CHANNEL_FINISHED)
		return;
	if (channel->close_wanted && channel->state == PSS_CHANNEL_NEW) {
		release(channel);
		return;
	}
	if (channel->state < PSS_CHANNEL_RUNNING && !channel->close_wanted && refuse_long_request(channel))
		return;
	if (!channel->remote_closed)
		go_on(channel);
	if (channel->state == PSS_CHANNEL_FINISHED || !pss_ssh_link_is_alive(channel->link))
		return;
	/* One that is still opening is closed when the answer is here: the server would keep it otherwise. */
	if (channel->close_wanted && channel->state > PSS_CHANNEL_OPENING) {
		release(channel);
		return;
	}
	pss_ssh_channel_deliver_held(channel);
	if (channel->remote_closed && !channel->in.holding)
		finish(channel, NULL);
	else
		pss_ssh_channel_widen_window(channel);
}

void pss_ssh_channel_end(PssSshChannel *channel)
{
	channel->events = NULL;
	if (channel->channel)
		ssh_remove_channel_callbacks(channel->channel, &channel->callbacks);
	channel->channel = NULL; /* freed with the session, as the stand-ins are */
	pss_ssh_channel_forget_stand_ins(channel);
	pss_buffer_wipe(&channel->out.queue);
}

/* ---- what users call */

void pss_ssh_channel_write(PssChannel *base, const void *data, gsize n)
{
	PssSshChannel *channel = (PssSshChannel *)base;

	if (!channel->events || channel->out.eof != PSS_SSH_EOF_NONE || n == 0)
		return;
	if (pss_buffer_append(&channel->out.queue, data, n) < 0)
		g_error("out of memory");
	channel->out.drain_wanted = TRUE;
	pss_ssh_link_kick(channel->link);
}

gsize pss_ssh_channel_pending(PssChannel *base)
{
	return ((PssSshChannel *)base)->out.queue.length;
}

void pss_ssh_channel_pause(PssChannel *base, gboolean paused)
{
	PssSshChannel *channel = (PssSshChannel *)base;

	if (!channel->events || channel->in.paused == paused)
		return;
	channel->in.paused = paused;
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
	channel->out.resized = channel->state != PSS_CHANNEL_NEW;
	pss_ssh_link_kick(channel->link);
}

void pss_ssh_channel_signal(PssChannel *base, const char *name)
{
	PssSshChannel *channel = (PssSshChannel *)base;

	channel->out.signal = name;
	pss_ssh_link_kick(channel->link);
}

void pss_ssh_channel_eof(PssChannel *base)
{
	PssSshChannel *channel = (PssSshChannel *)base;

	if (!channel->events || channel->out.eof != PSS_SSH_EOF_NONE)
		return;
	channel->out.eof = PSS_SSH_EOF_WANTED;
	pss_ssh_link_kick(channel->link);
}

void pss_ssh_channel_close(PssChannel *base)
{
	PssSshChannel *channel = (PssSshChannel *)base;
	PssSshLink *link = channel->link;

	channel->events = NULL;
	channel->close_wanted = TRUE;
	if (!link->session || link->lost || channel->state == PSS_CHANNEL_FINISHED)
		g_ptr_array_remove_fast(channel->siblings, channel);
	else
		pss_ssh_link_kick(link);
}
