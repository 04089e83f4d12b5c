/* SPDX-License-Identifier: MIT */
/* Another computer: its channel is asked for when the first transfer begins there, and serves all of them; part.c has
 * channels of commands. Called by main.c and transfer.c. */
#include "copy/run/private.h"
#include "copy/shell/shell.h"

#include <string.h>

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
	for (guint i = 0; i < PSS_MORE_CHANNELS; i++)
		pss_sftp_free(place->widened[i].sftp);
	if (place->more)
		g_ptr_array_unref(place->more);
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

	if (place->copy->listed)
		pss_listing_on_place(place->copy, place);
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

static void on_room(gpointer user)
{
	PssPlace *place = user;
	GPtrArray *transfers = place->copy->transfers;

	for (guint i = 0; i < transfers->len; i++)
		if (has_place(transfers->pdata[i], place))
			pss_transfer_pump(transfers->pdata[i]);
}

static void on_home(gpointer user, const PssSftpAttributes *attributes, const GError *error)
{
	PssPlace *place = user;

	place->is_root = !error && attributes->has & PSS_SFTP_HAS_OWNER && attributes->uid == 0;
	place->knows_user = TRUE;
	on_room(place);
}

/* Owners are root's to set, and only a server knows who we are there. What has no owner yet does not wait for that. */
static void on_ready(gpointer user)
{
	PssPlace *place = user;

	place->is_greeted = TRUE;
	place->knows_user = !place->copy->request->preserve;
	if (!place->knows_user)
		pss_sftp_stat(place->sftp, ".", on_home, place);
	place->state = PSS_PLACE_READY;
	tell(place);
}

/* Before that, on_ended comes too, and knows more. */
static void on_lost(gpointer user, const GError *error)
{
	PssPlace *place = user;

	if (place->is_greeted)
		pss_place_lose(place, PSS_LINK_LOST, error->message);
}

static const PssSftpEvents events = { .on_ready = on_ready, .on_room = on_room, .on_lost = on_lost };

/* ---- the verb's */

static void on_opened(gpointer user, int fd, const char *directory)
{
	PssPlace *place = user;

	g_free(place->directory);
	place->directory = g_strdup(directory);
	if (place->by_shell)
		fd = pss_copy_shell_serve(fd);
	if (fd >= 0)
		place->sftp = pss_sftp_new(fd, &events, place);
}

static void on_ended(gpointer user, enum pss_status status, const char *message);

static const PssChannelEvents channel_events = { .on_opened = on_opened, .on_ended = on_ended };

static void open_by_shell(PssPlace *place)
{
	g_autofree char *note = g_strdup_printf("%s has no SFTP: its files are reached through sh, which takes some "
						"processes for each",
						place->label);

	place->by_shell = TRUE;
	g_clear_pointer(&place->sftp, pss_sftp_free);
	pss_verb_link_note(place->copy->verb, PSS_NOTE_VERBOSE, note);
	pss_channels_open(place->copy->channels, place->number, pss_copy_shell_command(), &channel_events, place);
}

static void on_ended(gpointer user, enum pss_status status, const char *message)
{
	PssPlace *place = user;
	gboolean has_none = !place->is_greeted && (status == PSS_OK || status == PSS_UNSUPPORTED);

	if (has_none && place->by_shell)
		pss_place_lose(place, PSS_UNSUPPORTED,
			       "it has neither SFTP nor a sh through which files could be reached");
	else if (has_none)
		open_by_shell(place);
	else if (!place->sftp || status != PSS_OK) /* else the engine says it, when it has had all that came */
		pss_place_lose(place, status == PSS_OK ? PSS_FAILED : status, message);
}

void pss_place_open(PssPlace *place)
{
	if (place->state != PSS_PLACE_NEW)
		return;
	place->state = PSS_PLACE_OPENING;
	pss_channels_open(place->copy->channels, place->number, NULL, &channel_events, place);
}

/* ---- more channels */

static void on_more_ready(gpointer user)
{
	const PssMoreChannel *more = user;

	g_ptr_array_add(more->place->more, more->sftp);
}

static void on_more_lost(gpointer user, const GError *error)
{
	const PssMoreChannel *more = user;

	g_ptr_array_remove(more->place->more, more->sftp);
}

static const PssSftpEvents more_events = { .on_ready = on_more_ready, .on_lost = on_more_lost };

static void on_more_opened(gpointer user, int fd, const char *directory)
{
	PssMoreChannel *more = user;

	more->sftp = pss_sftp_new(fd, &more_events, more);
}

static void on_more_ended(gpointer user, enum pss_status status, const char *message)
{
}

static const PssChannelEvents more_channel_events = { .on_opened = on_more_opened, .on_ended = on_more_ended };

void pss_place_widen(PssPlace *place)
{
	if (place->more)
		return;
	place->more = g_ptr_array_new();
	for (guint i = 0; i < PSS_MORE_CHANNELS; i++) {
		PssMoreChannel *more = &place->widened[i];
		more->place = place;
		pss_channels_open(place->copy->channels, place->number, NULL, &more_channel_events, more);
	}
}

char *pss_place_path(const PssPlace *place, const char *path)
{
	if (*path == '/' || *path == '~' || !place->directory)
		return g_strdup(*path ? path : place->directory ? place->directory : ".");
	return *path ? pss_path_join(place->directory, path) : g_strdup(place->directory);
}

gboolean pss_place_has_room(const PssPlace *place)
{
	return !place || (place->state == PSS_PLACE_READY && place->knows_user && pss_sftp_room(place->sftp) > 0);
}
