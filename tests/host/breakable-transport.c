/* SPDX-License-Identifier: MIT */
/* In the place of pss_transport_new() in a host program for tests: all its connections are null transports, shared or
 * not, but for those of the ssh program. SIGUSR1 breaks those that there are. A file named by PSS_TEST_CUT says that it
 * has been done. */
#include <glib-unix.h>
#include <signal.h>

#include "base/error.h"
#include "link/local.h"
#include "link/openssh/transport-openssh.h"
#include "link/shared.h"
#include "link/transport/transport.h"

static GPtrArray *living;
static void (*free_null)(PssTransport *transport);

static gboolean on_cut(gpointer user)
{
	g_autoptr(GPtrArray) all = g_ptr_array_copy(living, NULL, NULL);
	g_autoptr(GError) cause = g_error_new_literal(PSS_ERROR, PSS_LINK_LOST, "the cable was cut");

	for (guint i = 0; i < all->len; i++)
		pss_transport_null_break(all->pdata[i], cause);
	g_file_set_contents(g_getenv("PSS_TEST_CUT"), "", 0, NULL);
	return G_SOURCE_CONTINUE;
}

/* It computes, and hears nobody any more. */
static void be_busy(int signal)
{
	for (volatile int forever = 1; forever;)
		;
}

static void forget(PssTransport *transport)
{
	g_ptr_array_remove_fast(living, transport);
	free_null(transport);
}

/* main.c is compiled with its other name. */
PssTransport *test_transport_new(PssTarget *target, const PssTransportEvents *events, gpointer user);

PssTransport *test_transport_new(PssTarget *target, const PssTransportEvents *events, gpointer user)
{
	static PssTransportOps ops;

	if (target->share)
		return pss_transport_shared_new(target, test_transport_new, events, user);
	if (target->by_program)
		return pss_transport_program_new(target, events, user);
	PssTransport *transport = pss_transport_null_new(target, events, user);

	if (!living) {
		living = g_ptr_array_new();
		g_unix_signal_add(SIGUSR1, on_cut, NULL);
		signal(SIGUSR2, be_busy);
		free_null = transport->ops->free;
		ops = *transport->ops;
		ops.free = forget;
	}
	transport->ops = &ops;
	g_ptr_array_add(living, transport);
	return transport;
}
