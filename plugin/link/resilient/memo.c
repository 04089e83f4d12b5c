/* SPDX-License-Identifier: MIT */
/* Word for the client that takes over. What says that something has begun goes at once. What says that it is over may
 * wait for a moment, as the next beginning has more to say; but it goes in front of the confirmation by which the
 * holder forgets that end. Called by sessions, and by link.c. */
#include <string.h>

#include "link/resilient/private.h"

#define SOON_MS 5 /* longer than a shell takes from one command to the next */

void pss_resilient_forget_memo(PssResilient *resilient)
{
	g_clear_handle_id(&resilient->memo.timer, g_source_remove);
	g_clear_pointer(&resilient->memo.text, g_free);
}

void pss_resilient_say_memo(PssResilient *resilient)
{
	const char *text = resilient->memo.text;

	if (text)
		pss_resilient_say_unconfirmed(resilient, "m", text, strlen(text));
	pss_resilient_forget_memo(resilient);
}

void pss_transport_held_note(PssTransport *base, const char *memo)
{
	PssResilient *resilient = (PssResilient *)base;

	pss_resilient_forget_memo(resilient);
	pss_resilient_say(resilient, "m", memo, strlen(memo));
}

static gboolean on_soon(gpointer user)
{
	PssResilient *resilient = user;
	g_autofree char *text = g_steal_pointer(&resilient->memo.text);

	resilient->memo.timer = 0;
	pss_transport_held_note(&resilient->base, text);
	return G_SOURCE_REMOVE;
}

void pss_transport_held_note_soon(PssTransport *base, const char *memo)
{
	PssResilient *resilient = (PssResilient *)base;

	if (!pss_resilient_is_greeted(resilient)) {
		pss_transport_held_note(base, memo);
		return;
	}
	pss_resilient_forget_memo(resilient);
	resilient->memo = (PssResilientMemo){ g_strdup(memo), g_timeout_add(SOON_MS, on_soon, resilient) };
}
