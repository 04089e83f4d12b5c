/* SPDX-License-Identifier: MIT */
/* The one GSource that sockets of this process hang on (libssh's own excepted, see link.c). */
#include "base/fd-watch.h"

struct PssWatch {
	GSource source;
	gpointer tag;
	GIOCondition wanted;
	PssWatchFunc on_event;
	gpointer user;
};

static gboolean is_ready(GSource *source)
{
	PssWatch *watch = (PssWatch *)source;
	return g_source_query_unix_fd(source, watch->tag) != 0;
}

static gboolean dispatch(GSource *source, GSourceFunc callback, gpointer user)
{
	PssWatch *watch = (PssWatch *)source;
	watch->on_event(g_source_query_unix_fd(source, watch->tag), watch->user);
	return G_SOURCE_CONTINUE;
}

static GSourceFuncs watch_funcs = { .check = is_ready, .dispatch = dispatch };

PssWatch *pss_watch_new(int fd, GIOCondition wanted, PssWatchFunc on_event, gpointer user)
{
	PssWatch *watch = (PssWatch *)g_source_new(&watch_funcs, sizeof *watch);
	watch->wanted = wanted;
	watch->on_event = on_event;
	watch->user = user;
	watch->tag = g_source_add_unix_fd(&watch->source, fd, wanted);
	g_source_attach(&watch->source, NULL);
	return watch;
}

void pss_watch_want(PssWatch *watch, GIOCondition wanted)
{
	if (watch->wanted == wanted)
		return;
	watch->wanted = wanted;
	g_source_modify_unix_fd(&watch->source, watch->tag, wanted);
}

void pss_watch_free(PssWatch *watch)
{
	if (!watch)
		return;
	g_source_destroy(&watch->source);
	g_source_unref(&watch->source);
}
