/* SPDX-License-Identifier: MIT */
/* The links of a resilient transport, one after another: when one is lost, whether and when the next is tried, and the
 * end. link.c talks over the one there is. A link is never freed inside one of its callbacks. */
#include "base/error.h"
#include "base/network-watch.h"
#include "link/resilient/private.h"

#define FIRST_DELAY_MS 250
#define LAST_DELAY_MS 30000
#define FAREWELL_TRIES 20
#define LOGIN_TRIES 4 /* one that is cut in its middle looks like one that is refused */
#define HURRY_AGAIN_US (1 * G_USEC_PER_SEC)
#define PROBE_DEADLINE_MS 5000

gboolean pss_held_enter(PssHeld *held, PssHeldEvent event)
{
	return pss_held_next(&held->state, event);
}

gboolean pss_held_is_greeted(const PssHeld *held)
{
	return held->state == PSS_HELD_CATCHING_UP || held->state == PSS_HELD_UP;
}

/* ---- the ends */

static gboolean free_old_links(gpointer user)
{
	PssHeld *held = user;

	held->free_source = 0;
	g_ptr_array_set_size(held->old_links, 0);
	if (held->state == PSS_HELD_LOST && !held->events)
		pss_held_end(held);
	return G_SOURCE_REMOVE;
}

void pss_held_drop_link_soon(PssHeld *held)
{
	PssHeldConnection *old = &held->connection;

	g_clear_handle_id(&held->retry.timer, g_source_remove);
	g_clear_handle_id(&old->greeting_timer, g_source_remove);
	g_clear_handle_id(&old->confirm_timer, g_source_remove);
	g_clear_handle_id(&old->alive_timer, g_source_remove);
	g_clear_handle_id(&old->probe_timer, g_source_remove);
	/* The link lives on for a moment, and what it has read already says nothing any more. */
	if (old->carrier)
		pss_channel_close(g_steal_pointer(&old->carrier));
	pss_held_lose_plain(held);
	g_clear_pointer(&old->early, g_byte_array_unref);
	if (old->link) {
		old->link->held = NULL;
		g_ptr_array_add(held->old_links, old->link);
	}
	*old = (PssHeldConnection){ 0 };
	if (!held->free_source)
		held->free_source = g_idle_add_full(G_PRIORITY_HIGH, free_old_links, held, NULL);
}

void pss_held_lose_for_good(PssHeld *held, const GError *error)
{
	if (!pss_held_enter(held, PSS_HELD_ON_END))
		return;
	pss_held_drop_link_soon(held);
	if (held->events)
		held->events->on_lost(held->user, error);
	else
		pss_held_tell_end(held, error);
}

/* ---- the next try */

static gboolean on_try_time(gpointer user)
{
	PssHeld *held = user;

	held->retry.timer = 0;
	pss_held_try_now(held);
	return G_SOURCE_REMOVE;
}

static guint delay_ms(const PssHeld *held)
{
	guint shift = MIN(held->retry.n_failures, 10);
	guint delay = shift == 0 ? 0 : MIN((guint)FIRST_DELAY_MS << (shift - 1), (guint)LAST_DELAY_MS);

	/* Not all of a site's clients at the same moment. */
	return delay - (delay > 0 ? (guint)g_random_int_range(0, (gint32)(delay / 4) + 1) : 0);
}

static gboolean is_login_failure(const GError *error)
{
	return error->domain == PSS_ERROR && error->code == PSS_AUTH;
}

/* What no repetition helps with: it would only lock the account. */
static gboolean needs_a_person(const GError *error)
{
	return error->domain == PSS_ERROR && (error->code == PSS_AUTH || error->code == PSS_HOST_KEY ||
					      error->code == PSS_UNSUPPORTED || error->code == PSS_USAGE);
}

void pss_held_tell(PssHeld *held, PssLinkNews news, const char *text)
{
	if (held->events && held->events->on_link)
		held->events->on_link(held->user, news, text);
}

static void park(PssHeld *held)
{
	held->parking = FALSE;
	if (!pss_held_enter(held, PSS_HELD_ON_PARK))
		return;
	pss_held_drop_link_soon(held);
	pss_held_tell(held, PSS_LINK_PARKED, NULL);
}

void pss_held_park_if_settled(PssHeld *held)
{
	if (held->parking && held->state == PSS_HELD_UP && g_queue_is_empty(&held->numbered.lines))
		park(held);
}

void pss_transport_held_park(PssTransport *base)
{
	PssHeld *held = (PssHeld *)base;

	held->parking = TRUE;
	pss_transport_held_confirm(base);
	if (held->state == PSS_HELD_WAITING || held->state == PSS_HELD_TRYING)
		park(held);
	else
		pss_held_park_if_settled(held);
	if (held->parking && pss_held_is_greeted(held))
		pss_held_say_alive(held);
}

/* The link is lost, or did not come to be. */
void pss_held_lose(PssHeld *held, const GError *error)
{
	gboolean was_up = pss_held_is_greeted(held);

	if (held->state == PSS_HELD_LOST)
		return; /* the channel's end, right behind the words that it is over */
	pss_held_drop_link_soon(held);
	if (held->state == PSS_HELD_OPENING || held->state == PSS_HELD_PLAIN) {
		pss_held_lose_for_good(held, error);
		return;
	}
	if (held->takeover.stage == PSS_HELD_TAKING && held->takeover.beside) {
		/* A server may allow one channel on a connection, and that one has been used to find it. */
		held->takeover.beside = FALSE;
		pss_held_try_now(held);
		return;
	}
	if (!held->events)
		pss_held_tell_end(held, error); /* and goes on */
	held->retry.n_refusals = is_login_failure(error) ? held->retry.n_refusals + 1 : 0;
	if (needs_a_person(error) && (held->retry.n_refusals == 0 || held->retry.n_refusals >= LOGIN_TRIES)) {
		pss_held_enter(held, held->events ? PSS_HELD_ON_STUCK : PSS_HELD_ON_END);
		pss_held_tell(held, PSS_LINK_STUCK, error->message);
		return;
	}
	if (!held->events && held->retry.n_failures >= FAREWELL_TRIES) {
		pss_held_enter(held, PSS_HELD_ON_END); /* IdleTimeoutSec ends the holder */
		return;
	}
	pss_held_enter(held, PSS_HELD_ON_DOWN);
	held->retry.timer = g_timeout_add(delay_ms(held), on_try_time, held);
	held->retry.n_failures++;
	if (held->parking && was_up)
		park(held);
	else
		pss_held_tell(held, PSS_LINK_DOWN, error->message);
}

void pss_held_try_now(PssHeld *held)
{
	if (!pss_held_enter(held, PSS_HELD_ON_TRY))
		return;
	g_clear_handle_id(&held->retry.timer, g_source_remove);
	held->retry.tried_at = g_get_monotonic_time();
	PssTarget *target = pss_target_copy(held->target);
	/* There is no person to ask. */
	target->can_ask = FALSE;
	if (held->takeover.stage == PSS_HELD_TAKING && held->takeover.beside)
		target->share = 1; /* with one whose target has the same surroundings */
	else
		target->environment = g_environ_unsetenv(target->environment, "SSH_ASKPASS");
	pss_held_make_link(held, target);
}

void pss_transport_held_hurry(PssTransport *base)
{
	PssHeld *held = (PssHeld *)base;

	held->parking = FALSE;
	if (held->state != PSS_HELD_WAITING && held->state != PSS_HELD_STUCK && held->state != PSS_HELD_PARKED)
		return;
	if (held->state != PSS_HELD_PARKED && g_get_monotonic_time() - held->retry.tried_at < HURRY_AGAIN_US)
		return;
	held->retry.n_failures = held->retry.n_refusals = 0;
	pss_held_try_now(held);
}

/* ---- another network */

static gboolean on_probe_time(gpointer user)
{
	PssHeld *held = user;
	g_autoptr(GError) error = g_error_new_literal(PSS_ERROR, PSS_LINK_LOST,
						      "nothing has come since the network of this computer changed");

	held->connection.probe_timer = 0;
	pss_held_lose(held, error);
	return G_SOURCE_REMOVE;
}

/* A link of the old network may be dead, and would be noticed late; waiting for the new one has an end. */
static void on_network(gpointer user)
{
	PssHeld *held = user;

	if (pss_held_is_greeted(held) && !held->connection.probe_timer) {
		held->connection.probe_timer = g_timeout_add(PROBE_DEADLINE_MS, on_probe_time, held);
		pss_transport_held_set_idle(&held->base, held->idle_s); /* a line that changes nothing */
		pss_held_say_alive(held);
	} else if (held->state == PSS_HELD_WAITING || held->state == PSS_HELD_TRYING) {
		pss_held_drop_link_soon(held);
		held->retry.n_failures = 0;
		pss_held_try_now(held);
	}
}

void pss_held_mind_network(PssHeld *held)
{
	if (!held->retry.minds_network)
		pss_network_listen(on_network, held);
	held->retry.minds_network = TRUE;
}
