/* SPDX-License-Identifier: MIT */
/* What both kinds of a driver have: each call is passed to its kind. */
#include "host/driver/private.h"

void pss_driver_init(PssDriver *driver, const PssDriverOps *ops, const PssDriverOptions *options,
		     const PssDriverEvents *events, gpointer user)
{
	*driver = (PssDriver){ .ops = ops, .events = events, .user = user, .options = *options };
	driver->options.shell = NULL;
}

gboolean pss_driver_on_channel_closed(PssDriver *driver)
{
	driver->channel = NULL;
	if (driver->is_ended)
		driver->events->on_gone(driver->user);
	return driver->is_ended;
}

/* ---- its life */

PssInvoker *pss_driver_new_queue(PssDriver *driver, const PssInvokerOwner *owner, gpointer user)
{
	return driver->ops->new_queue(driver, owner, user);
}

void pss_driver_begin(PssDriver *driver, PssTransport *transport)
{
	driver->transport = transport;
	driver->ops->begin(driver);
}

void pss_driver_end(PssDriver *driver)
{
	driver->is_ended = TRUE;
	driver->ops->end(driver);
}

void pss_driver_lost(PssDriver *driver)
{
	driver->channel = driver->control = NULL;
	driver->transport = NULL;
}

void pss_driver_free(PssDriver *driver)
{
	if (!driver)
		return;
	pss_driver_end(driver);
	g_clear_pointer(&driver->channel, pss_channel_close);
	g_clear_pointer(&driver->control, pss_channel_close);
	g_free(driver);
}

/* ---- what it is at */

gboolean pss_driver_is_runspace(const PssDriver *driver)
{
	return driver->ops->is_runspace(driver);
}

PssRemoteState pss_driver_state(PssDriver *driver)
{
	return driver->is_ended ? PSS_REMOTE_ENDED : driver->ops->state(driver);
}

const char *pss_driver_name(PssDriver *driver)
{
	return driver->is_ended ? NULL : driver->ops->name(driver);
}

gboolean pss_driver_may_be_late(PssDriver *driver)
{
	return driver->ops->may_be_late(driver);
}

gboolean pss_driver_last_prompt(PssDriver *driver, PssRemotePrompt *ret_prompt)
{
	return !driver->is_ended && driver->ops->last_prompt(driver, ret_prompt);
}

/* ---- what its terminal does */

gboolean pss_driver_line(PssDriver *driver, const void *data, gsize n, GError **error)
{
	return driver->ops->line(driver, data, n, error);
}

void pss_driver_discard(PssDriver *driver)
{
	driver->ops->discard(driver);
}

gboolean pss_driver_complete(PssDriver *driver, const char *line, gsize n, gsize point)
{
	return driver->ops->complete(driver, line, n, point);
}

void pss_driver_cancel_completion(PssDriver *driver)
{
	driver->ops->cancel_completion(driver);
}

void pss_driver_keys(PssDriver *driver, const void *data, gsize n)
{
	driver->ops->keys(driver, data, n);
}

void pss_driver_interrupt(PssDriver *driver)
{
	driver->ops->interrupt(driver);
}

static gsize pending(PssChannel *channel)
{
	return channel ? pss_channel_pending(channel) : 0;
}

gsize pss_driver_queued(PssDriver *driver)
{
	return driver->ops->queued(driver) + pending(driver->channel) + pending(driver->control);
}

void pss_driver_pause(PssDriver *driver, gboolean paused)
{
	driver->ops->pause(driver, paused);
}

void pss_driver_pause_command(PssDriver *driver, gboolean paused)
{
	if (driver->ops->pause_command)
		driver->ops->pause_command(driver, paused);
}

void pss_driver_resize(PssDriver *driver, guint columns, guint rows)
{
	driver->options.columns = columns;
	driver->options.rows = rows;
	driver->ops->resize(driver);
}

void pss_driver_redraw(PssDriver *driver)
{
	if (driver->ops->redraw)
		driver->ops->redraw(driver);
}

void pss_driver_keep(PssDriver *driver)
{
	driver->options.kept = TRUE;
	if (driver->ops->keep)
		driver->ops->keep(driver);
}

gboolean pss_driver_hang_up(PssDriver *driver)
{
	return driver->ops->hang_up && driver->ops->hang_up(driver);
}
