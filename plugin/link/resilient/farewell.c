/* SPDX-License-Identifier: MIT */
/* The end of a resilient transport: its holder is asked to end, over the link there is or the next ones, and who waits
 * for that hears of it once. Called by transport-resilient.c, and by link.c and retry.c, which see it happen. */
#include "base/error.h"
#include "base/network-watch.h"
#include "link/resilient/private.h"
#include "wire/deadlines.h"

void pss_held_tell_end(PssHeld *held, const GError *error)
{
	PssHeldEndFunc on_end = __extension__ g_steal_pointer(&held->farewell.func);

	g_clear_handle_id(&held->farewell.timer, g_source_remove);
	if (on_end)
		on_end(held->farewell.user, error);
}

static gboolean on_farewell_time(gpointer user)
{
	PssHeld *held = user;
	g_autoptr(GError) error = g_error_new_literal(PSS_ERROR, PSS_LINK_LOST, "it has not answered yet");

	held->farewell.timer = 0;
	pss_held_tell_end(held, error);
	return G_SOURCE_REMOVE;
}

void pss_transport_held_await_end(PssTransport *base, PssHeldEndFunc func, gpointer user)
{
	PssHeld *held = (PssHeld *)base;

	held->farewell.func = func;
	held->farewell.user = user;
	held->farewell.timer = g_timeout_add(pss_deadline(PSS_HOLDER_END_MS), on_farewell_time, held);
}

static void free_held(PssHeld *held)
{
	pss_held_tell_end(held, NULL);
	pss_held_drop_link_soon(held);
	g_clear_handle_id(&held->free_source, g_source_remove);
	g_clear_handle_id(&held->distrust_source, g_source_remove);
	if (held->retry.minds_network)
		pss_network_ignore(held);
	g_ptr_array_unref(held->old_links);
	pss_held_forget_channels(held);
	pss_numbered_finish(&held->numbered);
	pss_held_unseen_finish(held);
	pss_target_free(held->target);
	g_free(held->greeting_start);
	g_free(held->origin);
	g_free(held->instance);
	g_free(held->called);
	g_free(held->shell);
	g_free(held);
}

/* Nobody is there to log in; IdleTimeoutSec ends it. */
static void give_up(PssHeld *held)
{
	g_autoptr(GError) error =
		g_error_new_literal(PSS_ERROR, PSS_LINK_LOST, "it cannot be connected to without a person");

	pss_held_tell_end(held, error);
	free_held(held);
}

void pss_held_end(PssHeld *held)
{
	gboolean has_holder = pss_held_is_greeted(held) || held->state == PSS_HELD_TRYING ||
			      held->state == PSS_HELD_WAITING || held->state == PSS_HELD_STUCK ||
			      held->state == PSS_HELD_PARKED;

	held->events = NULL;
	if (!has_holder || held->leaving) {
		free_held(held);
		return;
	}
	pss_held_forget_channels(held);
	held->parking = FALSE;
	pss_held_say(held, "x", NULL, 0);
	if (held->state == PSS_HELD_PARKED)
		pss_held_try_now(held);
	if (held->state == PSS_HELD_STUCK)
		give_up(held);
}
