/* SPDX-License-Identifier: MIT */
/* One file from one other computer to another, through here: what comes waits in memory until it goes, and the source
 * is paused while too much waits. Called by copy/items. */
#include "copy/files/files.h"

#include <string.h>

#include "base/error.h"
#include "copy/sides/sides.h"

#define WAITING_MAX (512 * 1024) /* of one file: with 32 of them 16 MiB */

typedef struct {
	PssCopying base;
	PssSftpGet *get; /* NULL: it has ended */
	PssSftpPut *put; /* the same */
	GByteArray *waiting;
	guint64 offset; /* of its first byte */
	gboolean has_ended, is_paused;
	GError *error; /* of the source */
} Across;

static Across *across_of(gpointer item)
{
	return (Across *)((PssItem *)item)->copying;
}

static void resume(PssItem *item)
{
	Across *across = across_of(item);

	if (across->is_paused && item->transfer->from->sftp)
		pss_sftp_pause(item->transfer->from->sftp, FALSE);
	across->is_paused = FALSE;
}

static void stop_get(PssItem *item)
{
	Across *across = across_of(item);

	resume(item);
	g_clear_pointer(&across->get, pss_sftp_get_free);
	g_byte_array_set_size(across->waiting, 0);
	across->has_ended = FALSE;
}

static void free_across(PssItem *item)
{
	Across *across = across_of(item);

	stop_get(item);
	item->copying = NULL;
	g_byte_array_unref(across->waiting);
	g_clear_error(&across->error);
	pss_half_finish(&across->base);
	g_free(across);
}

static void stop(PssItem *item)
{
	Across *across = across_of(item);

	if (across->put)
		pss_sftp_put_free(across->put);
	if (!item->transfer->copy->request->resume || !item->part_is_known)
		pss_half_remove(item, across->base.beside);
	free_across(item);
}

/* ---- in */

static void on_data(gpointer user, guint64 offset, const void *data, gsize n)
{
	PssItem *item = user;
	Across *across = across_of(item);

	g_byte_array_append(across->waiting, data, (guint)n);
	if (across->waiting->len > WAITING_MAX && !across->is_paused) {
		across->is_paused = TRUE;
		pss_sftp_pause(item->transfer->from->sftp, TRUE);
	}
	pss_sftp_put_continue(across->put);
}

static void on_got(gpointer user, guint64 size, gboolean has_more, const GError *error)
{
	PssItem *item = user;
	Across *across = across_of(item);

	across->get = NULL;
	across->has_ended = TRUE;
	across->error = error ? g_error_copy(error) : NULL;
	if (has_more)
		pss_report_warning(item->transfer->copy, item->transfer->from, item->source_path,
				   "it has grown while it was read; what it was at first has been copied");
	pss_sftp_put_continue(across->put);
}

static const PssSftpGetEvents get_events = { .on_data = on_data, .on_done = on_got };

/* ---- out */

static gssize on_read(gpointer user, guint64 *offset, void *buffer, gsize n)
{
	Across *across = across_of(user);

	across->base.has_begun = TRUE;
	if (across->error)
		return PSS_SFTP_GIVE_UP;
	if (across->waiting->len == 0)
		return across->has_ended ? PSS_SFTP_END : PSS_SFTP_LATER;
	n = MIN(n, across->waiting->len);
	memcpy(buffer, across->waiting->data, n);
	g_byte_array_remove_range(across->waiting, 0, (guint)n);
	if (across->waiting->len < WAITING_MAX / 2)
		resume(user);
	pss_item_moved(user, n);
	return (gssize)n;
}

/* What is there is gone on with when the source is back. */
static gboolean keeps_part(const PssItem *item, const GError *theirs)
{
	return g_error_matches(theirs, PSS_SFTP_ERROR, PSS_SFTP_CONNECTION_LOST) && item->part_is_known &&
	       (item->transfer->copy->request->resume || item->transfer->from->survives);
}

static void begin(PssItem *item, guint64 part);

static void on_put(gpointer user, const GError *error)
{
	PssItem *item = user;
	Across *across = across_of(item);

	across->put = NULL;
	if (!across->error && pss_half_clear(item, error, begin)) {
		stop_get(item);
		return;
	}
	g_autoptr(GError) theirs = g_steal_pointer(&across->error);
	g_autofree char *beside = g_strdup(across->base.beside);
	gboolean is_there = across->base.has_begun || across->base.has_part;
	free_across(item);
	if (error && theirs) {
		if (!keeps_part(item, theirs))
			pss_half_remove(item, beside);
		pss_item_done(item, theirs);
	} else if (error) {
		pss_half_explain(item, is_there ? beside : NULL, error);
	} else {
		pss_remote_written(item);
	}
}

static const PssSftpPutEvents put_events = { .on_read = on_read, .on_done = on_put };

static void begin(PssItem *item, guint64 part)
{
	Across *across = across_of(item);
	const PssSftpPutRequest put = {
		.path = across->base.beside,
		.is_new = part == 0,
		.offset = part,
		.size = item->attributes.size,
		.mode = item->replaces ? 0600 : item->attributes.mode & 0777,
		.attributes = pss_item_kept_attributes(item),
		.rename = item->target_path,
	};
	const PssSftpGetRequest get = { .path = item->source_path, .offset = part, .size = item->attributes.size };

	pss_item_has(item, part);
	across->put = pss_sftp_put(item->transfer->to->sftp, &put, &put_events, item);
	across->get = pss_sftp_get(item->transfer->from->sftp, &get, &get_events, item);
}

void pss_file_across(PssItem *item)
{
	Across *across = g_new0(Across, 1);
	const PssPartFile source = { .place = item->transfer->from->number, .path = item->source_path };

	across->base.stop = stop;
	across->waiting = g_byte_array_new();
	item->copying = &across->base;
	pss_half_find(item, &source, begin);
}
