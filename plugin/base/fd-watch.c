/* SPDX-License-Identifier: MIT */
/* The one GSource that sockets of this process hang on (libssh's own excepted, see link.c). GLib ends a wait that
 * nobody is in, by writing to a descriptor of its own, which is polled and read then, whenever what it waits for
 * changes: whenever a source is called that may not be called inside itself, and by g_source_modify_unix_fd(). So this
 * one may, though it never is, and changes its GPollFD, which GLib reads when it begins to wait. */
#include "base/fd-watch.h"

struct PssWatch {
	GSource source;
	GPollFD entry;
	PssWatchFunc on_event;
	gpointer user;
};

static gboolean is_ready(GSource *source)
{
	return ((PssWatch *)source)->entry.revents != 0;
}

static gboolean dispatch(GSource *source, GSourceFunc callback, gpointer user)
{
	PssWatch *watch = (PssWatch *)source;
	watch->on_event(watch->entry.revents, watch->user);
	return G_SOURCE_CONTINUE;
}

static GSourceFuncs watch_funcs = { .check = is_ready, .dispatch = dispatch };

PssWatch *pss_watch_new(int fd, GIOCondition wanted, PssWatchFunc on_event, gpointer user)
{
	PssWatch *watch = (PssWatch *)g_source_new(&watch_funcs, sizeof *watch);
	watch->entry = (GPollFD){ .fd = fd, .events = wanted };
	watch->on_event = on_event;
	watch->user = user;
	g_source_add_poll(&watch->source, &watch->entry);
	g_source_set_can_recurse(&watch->source, TRUE);
	g_source_attach(&watch->source, NULL);
	return watch;
}

void pss_watch_want(PssWatch *watch, GIOCondition wanted)
{
	watch->entry.events = wanted;
}

void pss_watch_free(PssWatch *watch)
{
	if (!watch)
		return;
	g_source_destroy(&watch->source);
	g_source_unref(&watch->source);
}
