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

gboolean pss_resilient_enter(PssResilient *resilient, PssResilientEvent event)
{
	return pss_resilient_next(&resilient->state, event);
}

gboolean pss_resilient_is_greeted(const PssResilient *resilient)
{
	return resilient->state == PSS_RESILIENT_CATCHING_UP || resilient->state == PSS_RESILIENT_UP;
}

/* ---- the ends */

static gboolean free_old_links(gpointer user)
{
	PssResilient *resilient = user;

	resilient->free_source = 0;
	g_ptr_array_set_size(resilient->old_links, 0);
	if (resilient->state == PSS_RESILIENT_LOST && !resilient->events)
		pss_resilient_end(resilient);
	return G_SOURCE_REMOVE;
}

void pss_resilient_drop_link_soon(PssResilient *resilient)
{
	PssResilientConnection *old = &resilient->connection;

	g_clear_handle_id(&resilient->retry.timer, g_source_remove);
	g_clear_handle_id(&old->greeting_timer, g_source_remove);
	g_clear_handle_id(&old->confirm_timer, g_source_remove);
	g_clear_handle_id(&old->alive_timer, g_source_remove);
	g_clear_handle_id(&old->probe_timer, g_source_remove);
	/* The link lives on for a moment, and what it has read already says nothing any more. */
	if (old->carrier)
		pss_channel_close(g_steal_pointer(&old->carrier));
	pss_resilient_lose_plain(resilient);
	g_clear_pointer(&old->early, g_byte_array_unref);
	if (old->link) {
		old->link->resilient = NULL;
		g_ptr_array_add(resilient->old_links, old->link);
	}
	*old = (PssResilientConnection){ 0 };
	if (!resilient->free_source)
		resilient->free_source = g_idle_add_full(G_PRIORITY_HIGH, free_old_links, resilient, NULL);
}

void pss_resilient_lose_for_good(PssResilient *resilient, const GError *error)
{
	if (!pss_resilient_enter(resilient, PSS_RESILIENT_ON_END))
		return;
	pss_resilient_drop_link_soon(resilient);
	if (resilient->events)
		resilient->events->on_lost(resilient->user, error);
	else
		pss_resilient_tell_end(resilient, error);
}

/* ---- the next try */

static gboolean on_try_time(gpointer user)
{
	PssResilient *resilient = user;

	resilient->retry.timer = 0;
	pss_resilient_try_now(resilient);
	return G_SOURCE_REMOVE;
}

static guint delay_ms(const PssResilient *resilient)
{
	guint shift = MIN(resilient->retry.n_failures, 10);
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

void pss_resilient_tell(PssResilient *resilient, PssLinkNews news, const char *text)
{
	if (resilient->events && resilient->events->on_link)
		resilient->events->on_link(resilient->user, news, text);
}

static void park(PssResilient *resilient)
{
	resilient->parking = FALSE;
	if (!pss_resilient_enter(resilient, PSS_RESILIENT_ON_PARK))
		return;
	pss_resilient_drop_link_soon(resilient);
	pss_resilient_tell(resilient, PSS_LINK_PARKED, NULL);
}

void pss_resilient_park_if_settled(PssResilient *resilient)
{
	if (resilient->parking && resilient->state == PSS_RESILIENT_UP && g_queue_is_empty(&resilient->numbered.lines))
		park(resilient);
}

void pss_transport_held_park(PssTransport *base)
{
	PssResilient *resilient = (PssResilient *)base;

	resilient->parking = TRUE;
	pss_transport_held_confirm(base);
	if (resilient->state == PSS_RESILIENT_WAITING || resilient->state == PSS_RESILIENT_TRYING)
		park(resilient);
	else
		pss_resilient_park_if_settled(resilient);
	if (resilient->parking && pss_resilient_is_greeted(resilient))
		pss_resilient_say_alive(resilient);
}

/* The link is lost, or did not come to be. */
void pss_resilient_lose(PssResilient *resilient, const GError *error)
{
	gboolean was_up = pss_resilient_is_greeted(resilient);

	if (resilient->state == PSS_RESILIENT_LOST)
		return; /* the channel's end, right behind the words that it is over */
	pss_resilient_drop_link_soon(resilient);
	if (resilient->state == PSS_RESILIENT_OPENING || resilient->state == PSS_RESILIENT_PLAIN) {
		pss_resilient_lose_for_good(resilient, error);
		return;
	}
	if (resilient->takeover.stage == PSS_RESILIENT_TAKING && resilient->takeover.beside) {
		/* A server may allow one channel on a connection, and that one has been used to find it. */
		resilient->takeover.beside = FALSE;
		pss_resilient_try_now(resilient);
		return;
	}
	if (!resilient->events)
		pss_resilient_tell_end(resilient, error); /* and goes on */
	resilient->retry.n_refusals = is_login_failure(error) ? resilient->retry.n_refusals + 1 : 0;
	if (needs_a_person(error) && (resilient->retry.n_refusals == 0 || resilient->retry.n_refusals >= LOGIN_TRIES)) {
		pss_resilient_enter(resilient, resilient->events ? PSS_RESILIENT_ON_STUCK : PSS_RESILIENT_ON_END);
		pss_resilient_tell(resilient, PSS_LINK_STUCK, error->message);
		return;
	}
	if (!resilient->events && resilient->retry.n_failures >= FAREWELL_TRIES) {
		pss_resilient_enter(resilient, PSS_RESILIENT_ON_END); /* IdleTimeoutSec ends the holder */
		return;
	}
	pss_resilient_enter(resilient, PSS_RESILIENT_ON_DOWN);
	resilient->retry.timer = g_timeout_add(delay_ms(resilient), on_try_time, resilient);
	resilient->retry.n_failures++;
	if (resilient->parking && was_up)
		park(resilient);
	else
		pss_resilient_tell(resilient, PSS_LINK_DOWN, error->message);
}

void pss_resilient_try_now(PssResilient *resilient)
{
	if (!pss_resilient_enter(resilient, PSS_RESILIENT_ON_TRY))
		return;
	g_clear_handle_id(&resilient->retry.timer, g_source_remove);
	resilient->retry.tried_at = g_get_monotonic_time();
	PssTarget *target = pss_target_copy(resilient->target);
	/* There is no person to ask. */
	target->can_ask = FALSE;
	if (resilient->takeover.stage == PSS_RESILIENT_TAKING && resilient->takeover.beside)
		target->share = 1; /* with one whose target has the same surroundings */
	else
		target->environment = g_environ_unsetenv(target->environment, "SSH_ASKPASS");
	pss_resilient_make_link(resilient, target);
}

void pss_transport_held_hurry(PssTransport *base)
{
	PssResilient *resilient = (PssResilient *)base;

	resilient->parking = FALSE;
	if (resilient->state != PSS_RESILIENT_WAITING && resilient->state != PSS_RESILIENT_STUCK &&
	    resilient->state != PSS_RESILIENT_PARKED)
		return;
	if (resilient->state != PSS_RESILIENT_PARKED &&
	    g_get_monotonic_time() - resilient->retry.tried_at < HURRY_AGAIN_US)
		return;
	resilient->retry.n_failures = resilient->retry.n_refusals = 0;
	pss_resilient_try_now(resilient);
}

/* ---- another network */

static gboolean on_probe_time(gpointer user)
{
	PssResilient *resilient = user;
	g_autoptr(GError) error = g_error_new_literal(PSS_ERROR, PSS_LINK_LOST,
						      "nothing has come since the network of this computer changed");

	resilient->connection.probe_timer = 0;
	pss_resilient_lose(resilient, error);
	return G_SOURCE_REMOVE;
}

/* A link of the old network may be dead, and would be noticed late; waiting for the new one has an end. */
static void on_network(gpointer user)
{
	PssResilient *resilient = user;

	if (pss_resilient_is_greeted(resilient) && !resilient->connection.probe_timer) {
		resilient->connection.probe_timer = g_timeout_add(PROBE_DEADLINE_MS, on_probe_time, resilient);
		pss_transport_held_set_idle(&resilient->base, resilient->idle_s); /* a line that changes nothing */
		pss_resilient_say_alive(resilient);
	} else if (resilient->state == PSS_RESILIENT_WAITING || resilient->state == PSS_RESILIENT_TRYING) {
		pss_resilient_drop_link_soon(resilient);
		resilient->retry.n_failures = 0;
		pss_resilient_try_now(resilient);
	}
}

void pss_resilient_mind_network(PssResilient *resilient)
{
	if (!resilient->retry.minds_network)
		pss_network_listen(on_network, resilient);
	resilient->retry.minds_network = TRUE;
}
