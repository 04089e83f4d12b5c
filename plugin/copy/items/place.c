/* SPDX-License-Identifier: MIT */
/* Another computer: its channel is asked for when the first transfer begins there, and serves all of them; part.c has
 * channels of commands. Called by copy/run and transfer.c. */
#include "copy/items/private.h"
#include "copy/shell/shell.h"

#include <string.h>

#define CUT_MS 1000 /* for the verb to say why */
#define CUTS_MAX 8  /* in a row, between which nothing has been copied */

PssPlace *pss_place_new(PssCopy *copy, guint number, const char *label)
{
	PssPlace *place = g_new0(PssPlace, 1);

	place->copy = copy;
	place->number = number;
	place->label = label;
	return place;
}

static void close_more_channels(PssPlace *place)
{
	for (guint i = 0; i < PSS_MORE_CHANNELS; i++) {
		pss_channels_forget(place->copy->channels, place->widened[i].id);
		g_clear_pointer(&place->widened[i].sftp, pss_sftp_free);
	}
	pss_channels_forget(place->copy->channels, place->id);
	g_clear_pointer(&place->more, g_ptr_array_unref);
}

static void free_engine(gpointer sftp)
{
	pss_sftp_free(sftp);
}

void pss_place_free(gpointer data)
{
	PssPlace *place = data;

	if (!place)
		return;
	close_more_channels(place);
	pss_sftp_free(place->sftp);
	g_slist_free_full(place->lost, free_engine);
	g_clear_handle_id(&place->deciding, g_source_remove);
	g_free(place->left);
	g_free(place->directory);
	g_free(place->home);
	g_free(place->why_lost);
	g_free(place);
}

static gboolean has_place(const PssTransfer *transfer, const PssPlace *place)
{
	return transfer->from == place || transfer->to == place;
}

static gboolean is_written_to(const PssPlace *place)
{
	const GPtrArray *transfers = place->copy->transfers;

	for (guint i = 0; i < transfers->len; i++)
		if (((const PssTransfer *)transfers->pdata[i])->to == place)
			return TRUE;
	return FALSE;
}

static void tell(PssPlace *place)
{
	GPtrArray *transfers = place->copy->transfers;

	if (place->copy->listed)
		place->copy->ops->listings->on_place(place->copy, place);
	for (guint i = 0; i < transfers->len; i++)
		if (has_place(transfers->pdata[i], place))
			pss_transfer_on_place(transfers->pdata[i], place);
}

/* ---- its end */

static void set_why(PssPlace *place, enum pss_status status, const char *why)
{
	place->status_lost = status;
	g_free(place->why_lost);
	place->why_lost = g_strdup(why && *why ? why : "the connection was lost");
}

/* Once; the transfers end. */
static void lose(PssPlace *place)
{
	if (place->state == PSS_PLACE_LOST)
		return;
	place->state = PSS_PLACE_LOST;
	tell(place);
}

static void open_channel(PssPlace *place);

/* The session has been cut: a channel is opened when it is back. */
static gboolean go_on(PssPlace *place)
{
	const PssCopy *copy = place->copy;
	guint64 progress = copy->counts.bytes_moved + copy->counts.files_done;
	g_autofree char *note = NULL;

	place->n_cuts = progress == place->progress ? place->n_cuts + 1 : 1;
	place->progress = progress;
	if (!place->survives || place->status_lost != PSS_LINK_LOST || copy->is_stopping || place->n_cuts > CUTS_MAX)
		return FALSE;
	note = g_strdup_printf("%s: %s; the copy goes on when the session is back", place->label, place->why_lost);
	pss_verb_link_note(copy->verb, PSS_NOTE_WARNING, note);
	close_more_channels(place);
	place->state = PSS_PLACE_OPENING;
	place->is_greeted = place->is_given_up = FALSE;
	open_channel(place);
	return TRUE;
}

static gboolean decide(gpointer user)
{
	PssPlace *place = user;

	place->deciding = 0;
	if (!go_on(place))
		lose(place);
	return G_SOURCE_REMOVE;
}

/* What was under way there fails first. */
static void decide_after(PssPlace *place, guint milliseconds)
{
	g_clear_handle_id(&place->deciding, g_source_remove);
	place->deciding = g_timeout_add(milliseconds, decide, place);
}

void pss_place_cut(PssPlace *place, const char *why)
{
	if (place->state != PSS_PLACE_READY)
		return;
	place->state = PSS_PLACE_CUT;
	if (!place->has_ended)
		set_why(place, PSS_LINK_LOST, why);
	decide_after(place, place->has_ended ? 0 : CUT_MS);
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

static void on_home_path(gpointer user, const char *path, const GError *error)
{
	PssPlace *place = user;

	g_free(place->home);
	place->home = g_strdup(path);
}

/* Owners are root's to set, and only a server knows who we are there. What has no owner yet does not wait for that. */
static void on_ready(gpointer user)
{
	PssPlace *place = user;

	place->is_greeted = TRUE;
	place->knows_user = !place->copy->request->preserve;
	if (!place->knows_user)
		pss_sftp_stat(place->sftp, ".", on_home, place);
	/* Answered before anything is written; so the claim is the same over a session as without. */
	if (!place->directory && is_written_to(place))
		pss_sftp_real_path(place->sftp, ".", on_home_path, place);
	place->state = PSS_PLACE_READY;
	place->has_ended = FALSE;
	pss_half_forget_left(place); /* gone on with, or cleared */
	tell(place);
}

/* Before the greeting on_ended comes too, and knows more; but not where it is we who leave. */
static void on_lost(gpointer user, const GError *error)
{
	PssPlace *place = user;

	if (place->is_greeted) {
		pss_place_cut(place, error->message);
		return;
	}
	place->is_given_up = TRUE;
	place->is_spoilt = g_error_matches(error, PSS_SFTP_ERROR, PSS_SFTP_BAD_MESSAGE);
	set_why(place, PSS_FAILED, error->message);
}

static const PssSftpEvents events = { .on_ready = on_ready, .on_room = on_room, .on_lost = on_lost };

/* ---- the verb's */

/* While the server greets us. */
static void prepare_trees(PssPlace *place)
{
	GPtrArray *transfers = place->copy->transfers;

	for (guint i = 0; i < transfers->len; i++)
		if (has_place(transfers->pdata[i], place))
			place->copy->ops->trees->prepare(transfers->pdata[i]);
}

static void on_opened(gpointer user, int fd, const char *directory, gboolean survives)
{
	PssPlace *place = user;

	place->survives = survives;
	g_free(place->directory);
	place->directory = g_strdup(directory);
	if (place->by_shell)
		fd = pss_copy_shell_serve(fd);
	if (fd < 0)
		return;
	/* What is started on the one that was lost fails, and is done once more. */
	if (place->sftp)
		place->lost = g_slist_prepend(place->lost, place->sftp);
	place->sftp = pss_sftp_new(fd, &events, place);
	pss_sftp_set_share(place->sftp, MIN(place->copy->transfers->len, place->copy->request->throttle));
	prepare_trees(place);
}

static void on_ended(gpointer user, enum pss_status status, const char *message);

static const PssChannelEvents channel_events = { .on_opened = on_opened, .on_ended = on_ended };

/* One that is spoilt can be mended. */
static void open_by_shell(PssPlace *place, gboolean is_spoilt)
{
	g_autofree char *note = g_strdup_printf(
		"%s %s: its files are reached through sh, which takes some processes for each", place->label,
		is_spoilt ? "answers with something else than SFTP (do its start-up files print?)" : "has no SFTP");

	place->by_shell = TRUE;
	place->is_given_up = FALSE;
	g_clear_pointer(&place->sftp, pss_sftp_free);
	pss_verb_link_note(place->copy->verb, is_spoilt ? PSS_NOTE_WARNING : PSS_NOTE_VERBOSE, note);
	open_channel(place);
}

/* The engine has had all that came when it finds out, too. */
static void on_channel_ended(PssPlace *place, enum pss_status status, const char *message)
{
	if (status != PSS_OK) {
		set_why(place, status, message);
		place->has_ended = TRUE;
	}
	if (place->state == PSS_PLACE_CUT)
		decide_after(place, 0);
}

static void on_ended(gpointer user, enum pss_status status, const char *message)
{
	PssPlace *place = user;
	gboolean is_left = place->is_given_up && status == PSS_INTERRUPTED && !place->copy->is_stopping;
	gboolean has_none = !place->is_greeted && (status == PSS_OK || status == PSS_UNSUPPORTED ||
						   (is_left && (place->is_spoilt || place->by_shell)));

	if (has_none && place->by_shell) {
		set_why(place, PSS_UNSUPPORTED, "it has neither SFTP nor a sh through which files could be reached");
		lose(place);
	} else if (has_none) {
		open_by_shell(place, is_left);
	} else if (!place->is_greeted) {
		if (!is_left)
			set_why(place, status == PSS_OK ? PSS_FAILED : status, message);
		if (!go_on(place))
			lose(place);
	} else {
		on_channel_ended(place, status, message);
	}
}

static void open_channel(PssPlace *place)
{
	place->id = pss_channels_open(place->copy->channels, place->number,
				      place->by_shell ? pss_copy_shell_command() : NULL, &channel_events, place);
}

void pss_place_open(PssPlace *place)
{
	if (place->state != PSS_PLACE_NEW)
		return;
	place->state = PSS_PLACE_OPENING;
	open_channel(place);
	if (place->copy->request->connected->pdata[place->number])
		prepare_trees(place);
}

const char *pss_place_computer(const PssPlace *place)
{
	return place->copy->request->computers->pdata[place->number];
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

static void on_more_opened(gpointer user, int fd, const char *directory, gboolean survives)
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
		more->id = pss_channels_open(place->copy->channels, place->number, NULL, &more_channel_events, more);
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
