/* SPDX-License-Identifier: MIT */
/* One file from another computer to here: written beside its name as it comes, and renamed when it is whole. Called by
 * item.c. */
#include "copy/run/private.h"

#include "base/error.h"
#include "copy/local/new-file.h"

typedef struct {
	PssCopying base;
	PssNewFile *file;
	PssSftpGet *get;
} Down;

static void free_down(PssItem *item)
{
	Down *down = (Down *)item->copying;

	item->copying = NULL;
	g_free(down);
}

static void stop(PssItem *item)
{
	Down *down = (Down *)item->copying;

	pss_sftp_get_free(down->get);
	pss_new_file_drop(down->file, FALSE);
	free_down(item);
}

static void on_data(gpointer user, guint64 offset, const void *data, gsize n)
{
	PssItem *item = user;
	Down *down = (Down *)item->copying;
	g_autoptr(GError) error = NULL;

	if (pss_new_file_write(down->file, offset, data, n, &error)) {
		pss_item_moved(item, n);
		return;
	}
	stop(item);
	pss_item_failed_there(item, error);
}

static void on_done(gpointer user, guint64 size, gboolean has_more, const GError *error)
{
	PssItem *item = user;
	Down *down = (Down *)item->copying;
	PssNewFile *file = down->file;
	const PssKept kept = pss_item_kept(item);
	g_autoptr(GError) failed = NULL;

	free_down(item);
	if (error) {
		pss_new_file_drop(file, FALSE);
		pss_item_done(item, error);
	} else if (!pss_new_file_finish(file, size, &kept, &failed)) {
		pss_item_failed_there(item, failed);
	} else {
		if (has_more)
			pss_report_warning(item->transfer->copy, item->transfer->from, item->source_path,
					   "it has grown while it was read; what it was at first has been copied");
		pss_item_done(item, NULL);
	}
}

static const PssSftpGetEvents events = { .on_data = on_data, .on_done = on_done };

void pss_file_down(PssItem *item)
{
	g_autoptr(GError) error = NULL;
	PssNewFile *file = pss_new_file_open(item->into->target_folder, item->as, NULL, &error);

	if (!file) {
		pss_item_failed_there(item, error);
		return;
	}
	Down *down = g_new0(Down, 1);
	const PssSftpGetRequest request = {
		.path = item->source_path,
		.size = item->attributes.has & PSS_SFTP_HAS_SIZE ? item->attributes.size : PSS_SFTP_SIZE_UNKNOWN,
	};
	down->base.stop = stop;
	down->file = file;
	item->copying = &down->base;
	down->get = pss_sftp_get(item->transfer->from->sftp, &request, &events, item);
}
