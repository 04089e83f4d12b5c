/* SPDX-License-Identifier: MIT */
/* The life and death of a held transport's links: when one is lost, whether and when the next is tried, and the end.
 * link.c talks over the one there is. A link is never freed inside one of its callbacks. */
#include "base/error.h"
#include "base/network-watch.h"
#include "link/resilient/private.h"

#define FIRST_DELAY_MS 250
#define LAST_DELAY_MS 30000
#define FAREWELL_TRIES 20
#define LOGIN_TRIES 4 /* one that is cut in its middle looks like one that is refused */
#define HURRY_AGAIN_US (1 * G_USEC_PER_SEC)
#define PROBE_DEADLINE_MS 5000

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
	g_clear_handle_id(&held->timer, g_source_remove);
	g_clear_handle_id(&held->confirm_timer, g_source_remove);
	g_clear_handle_id(&held->alive_timer, g_source_remove);
	g_clear_handle_id(&held->probe_timer, g_source_remove);
	/* The link lives on for a moment, and what it has read already says nothing any more. */
	if (held->carrier)
		pss_channel_close(g_steal_pointer(&held->carrier));
	pss_held_lose_plain(held);
	held->greeted = FALSE;
	g_byte_array_set_size(held->early, 0);
	if (held->link) {
		held->link->held = NULL;
		g_ptr_array_add(held->old_links, g_steal_pointer(&held->link));
	}
	if (!held->free_source)
		held->free_source = g_idle_add_full(G_PRIORITY_HIGH, free_old_links, held, NULL);
}

void pss_held_lose_for_good(PssHeld *held, const GError *error)
{
	held->state = PSS_HELD_LOST;
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

	held->timer = 0;
	pss_held_try_now(held);
	return G_SOURCE_REMOVE;
}

static guint delay_ms(const PssHeld *held)
{
	guint shift = MIN(held->n_failures, 10);
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
	pss_held_drop_link_soon(held);
	held->state = PSS_HELD_PARKED;
	pss_held_tell(held, PSS_LINK_PARKED, NULL);
}

void pss_held_park_if_settled(PssHeld *held)
{
	if (held->parking && held->greeted && !held->catching_up && g_queue_is_empty(&held->numbered.lines))
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
	if (held->parking && held->greeted)
		pss_held_say_alive(held);
}

/* The link is lost, or did not come to be. */
void pss_held_lose(PssHeld *held, const GError *error)
{
	gboolean was_up = held->state == PSS_HELD_UP;

	if (held->state == PSS_HELD_LOST)
		return; /* the channel's end, right behind the words that it is over */
	pss_held_drop_link_soon(held);
	if (held->state == PSS_HELD_OPENING || held->state == PSS_HELD_PLAIN) {
		pss_held_lose_for_good(held, error);
		return;
	}
	if (held->taking && held->beside) {
		/* A server may allow one channel on a connection, and that one has been used to find it. */
		held->beside = FALSE;
		pss_held_try_now(held);
		return;
	}
	if (!held->events)
		pss_held_tell_end(held, error); /* and goes on */
	held->n_refusals = is_login_failure(error) ? held->n_refusals + 1 : 0;
	if (needs_a_person(error) && (held->n_refusals == 0 || held->n_refusals >= LOGIN_TRIES)) {
		held->state = held->events ? PSS_HELD_STUCK : PSS_HELD_LOST;
		pss_held_tell(held, PSS_LINK_STUCK, error->message);
		return;
	}
	if (!held->events && held->n_failures >= FAREWELL_TRIES) {
		held->state = PSS_HELD_LOST; /* IdleTimeoutSec ends it */
		return;
	}
	held->state = PSS_HELD_WAITING;
	held->timer = g_timeout_add(delay_ms(held), on_try_time, held);
	held->n_failures++;
	if (held->parking && was_up)
		park(held);
	else
		pss_held_tell(held, PSS_LINK_DOWN, error->message);
}

void pss_held_try_now(PssHeld *held)
{
	g_clear_handle_id(&held->timer, g_source_remove);
	held->state = PSS_HELD_TRYING;
	held->tried_at = g_get_monotonic_time();
	PssTarget *target = pss_target_copy(held->target);
	/* Nobody expects to be asked. */
	target->can_ask = FALSE;
	if (held->taking && held->beside)
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
	if (held->state != PSS_HELD_PARKED && g_get_monotonic_time() - held->tried_at < HURRY_AGAIN_US)
		return;
	held->n_failures = held->n_refusals = 0;
	pss_held_try_now(held);
}

/* ---- another network */

static gboolean on_probe_time(gpointer user)
{
	PssHeld *held = user;
	g_autoptr(GError) error = g_error_new_literal(PSS_ERROR, PSS_LINK_LOST,
						      "nothing has come since the network of this computer changed");

	held->probe_timer = 0;
	pss_held_lose(held, error);
	return G_SOURCE_REMOVE;
}

/* A link of the old network may be dead, and would be noticed late; waiting for the new one has an end. */
static void on_network(gpointer user)
{
	PssHeld *held = user;

	if (held->state == PSS_HELD_UP && held->greeted && !held->probe_timer) {
		held->probe_timer = g_timeout_add(PROBE_DEADLINE_MS, on_probe_time, held);
		pss_transport_held_set_idle(&held->base, held->idle_s); /* a line that changes nothing */
		pss_held_say_alive(held);
	} else if (held->state == PSS_HELD_WAITING || held->state == PSS_HELD_TRYING) {
		pss_held_drop_link_soon(held);
		held->n_failures = 0;
		pss_held_try_now(held);
	}
}

void pss_held_mind_network(PssHeld *held)
{
	if (!held->minds_network)
		pss_network_listen(on_network, held);
	held->minds_network = TRUE;
}
