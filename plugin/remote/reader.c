/* SPDX-License-Identifier: MIT */
/* The part of the engine for a shell that keeps its own line editor on the terminal (fish): what that paints
 * between the marks `n` and `s` is dropped, and when it waits for keys (`r`) it gets the one sequence that
 * makes it read a request from the fifo (`t`: it has). Called by remote.c and line.c. It must never send that
 * sequence when a program could read it: so once for each request that is done, and not before. */
#include "remote/engine.h"

#include <string.h>

void pss_reader_init(PssReader *reader, const char *nonce)
{
	/* Secret enough not to be typed by chance. */
	g_snprintf(reader->key, sizeof reader->key, "\036%.8s", nonce);
}

static void send_key(PssRemote *remote)
{
	remote->events->send_terminal(remote->user, remote->reader.key, strlen(remote->reader.key));
}

static void call(PssRemote *remote, const char *nonce)
{
	if (strcmp(remote->reader.called, nonce) == 0)
		return;
	g_strlcpy(remote->reader.called, nonce, sizeof remote->reader.called);
	send_key(remote);
}

void pss_reader_on_mark(PssRemote *remote, guint slot, char kind)
{
	if (kind == 'a')
		send_key(remote);
	else if (kind == 'r')
		call(remote, slot == PSS_SLOT_REQUEST ? remote->mark_nonce : remote->old_nonce);
	else
		remote->dropping = kind == 'n';
	remote->n_dropped = 0;
}

/* An interrupt made the terminal drop marks, and the report has come: the reader waits, or will. */
void pss_reader_call_again(PssRemote *remote)
{
	if (remote->family == PSS_FAMILY_FISH && remote->has_report && !remote->has_mark)
		call(remote, remote->mark_nonce);
}
