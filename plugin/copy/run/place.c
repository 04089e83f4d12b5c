/* SPDX-License-Identifier: MIT */
/* Another computer: its channel is asked for when the first transfer begins there, and serves all of them. Called by
 * main.c with what the verb says, and by transfer.c. */
#include "copy/run/private.h"

#include <string.h>
#include <unistd.h>

PssPlace *pss_place_new(PssCopy *copy, guint number, const char *label)
{
	PssPlace *place = g_new0(PssPlace, 1);

	place->copy = copy;
	place->number = number;
	place->label = label;
	return place;
}

void pss_place_free(gpointer data)
{
	PssPlace *place = data;

	if (!place)
		return;
	pss_sftp_free(place->sftp);
	g_free(place->directory);
	g_free(place->why_lost);
	g_free(place);
}

static gboolean has_place(const PssTransfer *transfer, const PssPlace *place)
{
	return transfer->from == place || transfer->to == place;
}

static void tell(PssPlace *place)
{
	GPtrArray *transfers = place->copy->transfers;

	for (guint i = 0; i < transfers->len; i++)
		if (has_place(transfers->pdata[i], place))
			pss_transfer_on_place(transfers->pdata[i], place);
}

void pss_place_lose(PssPlace *place, enum pss_status status, const char *why)
{
	if (place->state == PSS_PLACE_LOST)
		return;
	place->state = PSS_PLACE_LOST;
	place->status_lost = status;
	place->why_lost = g_strdup(why && *why ? why : "the connection was lost");
	tell(place);
}

/* ---- the engine's events */

static void on_ready(gpointer user)
{
	PssPlace *place = user;

	place->state = PSS_PLACE_READY;
	tell(place);
}

static void on_room(gpointer user)
{
	PssPlace *place = user;
	GPtrArray *transfers = place->copy->transfers;

	for (guint i = 0; i < transfers->len; i++)
		if (has_place(transfers->pdata[i], place))
			pss_transfer_pump(transfers->pdata[i]);
}

static void on_lost(gpointer user, const GError *error)
{
	pss_place_lose(user, PSS_LINK_LOST, error->message);
}

static const PssSftpEvents events = { .on_ready = on_ready, .on_room = on_room, .on_lost = on_lost };

/* ---- the verb's */

static void on_opened(gpointer user, int fd, const char *directory)
{
	PssPlace *place = user;

	place->directory = g_strdup(directory);
	place->sftp = pss_sftp_new(fd, &events, place);
}

static void on_ended(gpointer user, enum pss_status status, const char *message)
{
	PssPlace *place = user;

	/* Else the engine says it, when it has had all that came. */
	if (!place->sftp || status != PSS_OK)
		pss_place_lose(place, status == PSS_OK ? PSS_FAILED : status, message);
}

static const PssChannelEvents channel_events = { .on_opened = on_opened, .on_ended = on_ended };

void pss_place_open(PssPlace *place)
{
	if (place->state != PSS_PLACE_NEW)
		return;
	place->state = PSS_PLACE_OPENING;
	pss_channel_open(place, NULL, &channel_events, place);
}

char *pss_place_path(const PssPlace *place, const char *path)
{
	if (*path == '/' || *path == '~' || !place->directory)
		return g_strdup(*path ? path : place->directory ? place->directory : ".");
	return *path ? pss_path_join(place->directory, path) : g_strdup(place->directory);
}

gboolean pss_place_has_room(const PssPlace *place)
{
	return !place || (place->state == PSS_PLACE_READY && pss_sftp_room(place->sftp) > 0);
}
