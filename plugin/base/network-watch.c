/* SPDX-License-Identifier: MIT */
/* Changes of addresses and routes. Only that there was one counts; what it was is not read. */
#include "base/network-watch.h"

#include <unistd.h>

#include "base/fd-watch.h"
#include "base/system.h"

#define SETTLE_MS 250 /* an address, its routes, the default route: they come one by one */

typedef struct {
	void (*func)(gpointer user);
	gpointer user;
} Listener;

static GPtrArray *listeners; /* of Listener */
static PssWatch *watch;
static int news = -1;
static guint settle_source;

static gboolean on_settled(gpointer user)
{
	settle_source = 0;
	for (guint i = listeners->len; i-- > 0;) {
		const Listener *listener = listeners->pdata[i];
		listener->func(listener->user);
	}
	return G_SOURCE_REMOVE;
}

static void on_news(GIOCondition events, gpointer user)
{
	pss_system_drain(news);
	if (!settle_source)
		settle_source = g_timeout_add(SETTLE_MS, on_settled, NULL);
}

void pss_network_listen(void (*func)(gpointer user), gpointer user)
{
	Listener *listener = g_new(Listener, 1);

	*listener = (Listener){ .func = func, .user = user };
	if (!listeners)
		listeners = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(listeners, listener);
	if (listeners->len > 1)
		return;
	news = pss_system_network_watch();
	if (news >= 0)
		watch = pss_watch_new(news, G_IO_IN, on_news, NULL);
}

void pss_network_ignore(gpointer user)
{
	for (guint i = 0; listeners && i < listeners->len; i++) {
		if (((Listener *)listeners->pdata[i])->user != user)
			continue;
		g_ptr_array_remove_index_fast(listeners, i);
		if (listeners->len > 0)
			return;
		g_clear_handle_id(&settle_source, g_source_remove);
		g_clear_pointer(&watch, pss_watch_free);
		if (news >= 0)
			close(news);
		news = -1;
		return;
	}
}
