/* SPDX-License-Identifier: MIT */
/* One file from here to another computer: read as the line takes it, written beside its name there, and renamed by the
 * server when all of it has been written. Called by copy/items. */
#include "copy/files/files.h"

#include "base/error.h"
#include "copy/local/old-file.h"
#include "copy/sides/sides.h"

#define WIDE_SIZE (8 * 1024 * 1024) /* left to be written: then more channels are worth their opening */

typedef struct {
	PssCopying base;
	PssOldFile *file;
	PssSftpPut *put; /* or NULL */
	guint64 counted; /* bytes of it, in the progress */
	GError *error;   /* from reading */
	gboolean has_grown;
	guint n_joined; /* channels beside the place's own */
} Up;

static void free_up(PssItem *item)
{
	Up *up = (Up *)item->copying;

	item->copying = NULL;
	pss_old_file_free(up->file);
	g_clear_error(&up->error);
	pss_half_finish(&up->base);
	g_free(up);
}

static void stop(PssItem *item)
{
	Up *up = (Up *)item->copying;

	if (up->put)
		pss_sftp_put_free(up->put);
	if (!item->transfer->copy->request->resume || !item->part_is_known)
		pss_half_remove(item, up->base.beside);
	free_up(item);
}

static gssize on_read(gpointer user, guint64 *offset, void *buffer, gsize n)
{
	PssItem *item = user;
	Up *up = (Up *)item->copying;
	up->base.has_begun = TRUE;
	gssize got = pss_old_file_read(up->file, offset, buffer, n, &up->error);

	if (got == 0 && !pss_old_file_is_same(up->file, &up->has_grown)) {
		up->error = g_error_new_literal(PSS_ERROR, PSS_FAILED, "it has changed while it was read");
		got = -1;
	}
	return got < 0 ? PSS_SFTP_GIVE_UP : got;
}

/* A large file on a long line goes by several channels. Not with -Resume, where what a cut leaves has to be whole up to
 * its end. */
static void widen(PssItem *item, guint64 offset)
{
	Up *up = (Up *)item->copying;
	PssPlace *to = item->transfer->to;

	if (item->transfer->copy->request->resume ||
	    item->attributes.size - MIN(offset, item->attributes.size) < WIDE_SIZE)
		return;
	if (pss_sftp_put_is_held_up(up->put))
		pss_place_widen(to);
	for (; to->more && up->n_joined < to->more->len; up->n_joined++)
		pss_sftp_put_join(up->put, to->more->pdata[up->n_joined]);
}

static void on_written(gpointer user, guint64 offset)
{
	PssItem *item = user;
	Up *up = (Up *)item->copying;

	if (offset > up->counted)
		pss_item_moved(item, offset - up->counted);
	up->counted = offset;
	widen(item, offset);
}

static void begin_put(PssItem *item, guint64 part);

static void on_done(gpointer user, const GError *error)
{
	PssItem *item = user;
	Up *up = (Up *)item->copying;
	g_autoptr(GError) ours = g_steal_pointer(&up->error);
	g_autofree char *beside = g_strdup(up->base.beside);
	gboolean has_grown = up->has_grown, is_there = up->base.has_begun || up->base.has_part;

	up->put = NULL;
	if (pss_half_clear(item, error, begin_put))
		return;
	free_up(item);
	if (error && ours) {
		pss_half_remove(item, beside);
		pss_item_done(item, ours);
	} else if (error) {
		pss_half_explain(item, is_there ? beside : NULL, error);
	} else {
		if (has_grown)
			pss_report_warning(item->transfer->copy, NULL, item->source_path,
					   "it has grown while it was read; what it was at first has been copied");
		pss_remote_written(item);
	}
}

static const PssSftpPutEvents events = { .on_read = on_read, .on_written = on_written, .on_done = on_done };

/* It may be another one than the listing saw: what is kept is of the one that is read. */
static void take_attributes(PssItem *item, const struct stat *st)
{
	item->attributes.mode = st->st_mode;
	item->attributes.mtime = (guint32)st->st_mtime;
	item->attributes.atime = (guint32)st->st_atime;
	item->attributes.size = (guint64)st->st_size;
}

static void begin_put(PssItem *item, guint64 part)
{
	Up *up = (Up *)item->copying;
	const PssSftpPutRequest request = {
		.path = up->base.beside,
		.is_new = part == 0,
		.offset = part,
		.size = item->attributes.size,
		/* Of a new file the server's umask has its say, as with scp. */
		.mode = item->replaces ? 0600 : item->attributes.mode & 0777,
		.attributes = pss_item_kept_attributes(item),
		.rename = item->target_path,
	};

	up->counted = part;
	pss_item_has(item, part);
	up->put = pss_sftp_put(item->transfer->to->sftp, &request, &events, item);
}

static void begin(PssItem *item, PssOldFile *file)
{
	Up *up = g_new0(Up, 1);

	take_attributes(item, pss_old_file_stat(file));
	up->base.stop = stop;
	up->file = file;
	item->copying = &up->base;
	pss_half_find(item, &(PssPartFile){ .fd = pss_old_file_fd(file) }, begin_put);
}

void pss_file_up(PssItem *item)
{
	PssFolder *folder = item->is_operand ? item->source_folder : item->parent->source_folder;
	g_autoptr(GError) error = NULL;
	PssOldFile *file = pss_old_file_open(folder, item->name, item->is_operand, &error);

	if (file)
		begin(item, file);
	else
		pss_item_done(item, error);
}
