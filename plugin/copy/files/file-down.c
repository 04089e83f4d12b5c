/* SPDX-License-Identifier: MIT */
/* One file from another computer to here: written beside its name as it comes, and renamed when it is whole. Called by
 * copy/items. */
#include "copy/files/files.h"

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
	pss_half_finish(&down->base);
	g_free(down);
}

/* `keeps`: the part, for a later copy with -Resume. */
static void drop(PssItem *item, gboolean keeps)
{
	Down *down = (Down *)item->copying;

	if (down->get)
		pss_sftp_get_free(down->get);
	pss_new_file_drop(down->file, keeps);
	free_down(item);
}

static void stop(PssItem *item)
{
	drop(item, item->transfer->copy->request->resume && item->part_is_known);
}

/* For a later copy, or for this one when the session is back. */
static gboolean keeps_part(const PssItem *item, const GError *error)
{
	return g_error_matches(error, PSS_SFTP_ERROR, PSS_SFTP_CONNECTION_LOST) && item->part_is_known &&
	       (item->transfer->copy->request->resume || item->transfer->from->survives);
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
	drop(item, FALSE);
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
		pss_new_file_drop(file, keeps_part(item, error));
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

static void begin_get(PssItem *item, guint64 offset)
{
	Down *down = (Down *)item->copying;
	const PssSftpGetRequest request = {
		.path = item->source_path,
		.offset = offset,
		.size = item->attributes.has & PSS_SFTP_HAS_SIZE ? item->attributes.size : PSS_SFTP_SIZE_UNKNOWN,
	};

	pss_item_has(item, offset);
	down->get = pss_sftp_get(item->transfer->from->sftp, &request, &events, item);
}

static void on_checked(gpointer user, gboolean same)
{
	PssItem *item = user;
	Down *down = (Down *)item->copying;
	guint64 part = pss_new_file_part(down->file);

	down->base.check = NULL;
	pss_report_part(item, part, same);
	begin_get(item, same ? part : 0);
}

static PssNewFile *open_file(PssItem *item, GError **error)
{
	const char *name = pss_half_name(item);
	PssPartUse use = !item->part_is_known     ? PSS_PART_NONE
			 : pss_half_goes_on(item) ? PSS_PART_CONTINUE
						  : PSS_PART_CLEAR;

	return pss_new_file_open(item->into->target_folder, item->as, name, use, error);
}

void pss_file_down(PssItem *item)
{
	g_autoptr(GError) error = NULL;
	PssNewFile *file = open_file(item, &error);

	if (!file) {
		pss_item_failed_there(item, error);
		return;
	}
	Down *down = g_new0(Down, 1);
	guint64 part = pss_new_file_part(file);
	down->base.stop = stop;
	down->file = file;
	item->copying = &down->base;
	const PssPartFile files[2] = { { .fd = pss_new_file_fd(file) },
				       { .place = item->transfer->from->number, .path = item->source_path } };
	if (part > 0 && part <= item->attributes.size)
		down->base.check = pss_part_check(item->transfer->copy->channels, files, part, on_checked, item);
	else
		begin_get(item, 0);
}
