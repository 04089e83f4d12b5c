/* SPDX-License-Identifier: MIT */
/* The end of a resilient transport: its holder is asked to end, over the link there is or the next ones, and who waits
 * for that hears of it once. Called by transport-resilient.c, and by link.c and retry.c, which see it happen. */
#include "base/error.h"
#include "base/network-watch.h"
#include "link/resilient/private.h"
#include "wire/deadlines.h"

void pss_resilient_tell_end(PssResilient *resilient, const GError *error)
{
	PssResilientEndFunc on_end = __extension__ g_steal_pointer(&resilient->farewell.func);

	g_clear_handle_id(&resilient->farewell.timer, g_source_remove);
	if (on_end)
		on_end(resilient->farewell.user, error);
}

static gboolean on_farewell_time(gpointer user)
{
	PssResilient *resilient = user;
	g_autoptr(GError) error = g_error_new_literal(PSS_ERROR, PSS_LINK_LOST, "it has not answered yet");

	resilient->farewell.timer = 0;
	pss_resilient_tell_end(resilient, error);
	return G_SOURCE_REMOVE;
}

void pss_transport_held_await_end(PssTransport *base, PssResilientEndFunc func, gpointer user)
{
	PssResilient *resilient = (PssResilient *)base;

	resilient->farewell.func = func;
	resilient->farewell.user = user;
	resilient->farewell.timer = g_timeout_add(pss_deadline(PSS_HOLDER_END_MS), on_farewell_time, resilient);
}

static void free_held(PssResilient *resilient)
{
	pss_resilient_tell_end(resilient, NULL);
	pss_resilient_drop_link_soon(resilient);
	g_clear_handle_id(&resilient->free_source, g_source_remove);
	g_clear_handle_id(&resilient->distrust_source, g_source_remove);
	if (resilient->retry.minds_network)
		pss_network_ignore(resilient);
	g_ptr_array_unref(resilient->old_links);
	pss_resilient_forget_channels(resilient);
	pss_numbered_finish(&resilient->numbered);
	pss_resilient_unseen_finish(resilient);
	pss_target_free(resilient->target);
	g_free(resilient->greeting_start);
	g_free(resilient->origin);
	g_free(resilient->instance);
	g_free(resilient->called);
	g_free(resilient->shell);
	g_free(resilient);
}

/* Nobody is there to log in; IdleTimeoutSec ends it. */
static void give_up(PssResilient *resilient)
{
	g_autoptr(GError) error =
		g_error_new_literal(PSS_ERROR, PSS_LINK_LOST, "it cannot be connected to without a person");

	pss_resilient_tell_end(resilient, error);
	free_held(resilient);
}

void pss_resilient_end(PssResilient *resilient)
{
	gboolean has_holder = pss_resilient_is_greeted(resilient) || resilient->state == PSS_RESILIENT_TRYING ||
			      resilient->state == PSS_RESILIENT_WAITING || resilient->state == PSS_RESILIENT_STUCK ||
			      resilient->state == PSS_RESILIENT_PARKED;

	resilient->events = NULL;
	pss_resilient_forget_memo(resilient);
	if (!has_holder || resilient->leaving) {
		free_held(resilient);
		return;
	}
	pss_resilient_forget_channels(resilient);
	resilient->parking = FALSE;
	pss_resilient_say(resilient, "x", NULL, 0);
	if (resilient->state == PSS_RESILIENT_PARKED)
		pss_resilient_try_now(resilient);
	if (resilient->state == PSS_RESILIENT_STUCK)
		give_up(resilient);
}
