/* SPDX-License-Identifier: MIT */
/* From one place to one place: opens them, finds out what the target is, looks for what is to be copied, and keeps as
 * much under way as both ends take. Called by copy/run; the items and both sides come back to it. */
#include "copy/items/private.h"

#include <string.h>

#include "base/error.h"

#define ACTIVE_ACROSS_MAX 32 /* so that each has a turn at both ends */
#define LISTING_MAX 128

PssTransfer *pss_transfer_new(PssCopy *copy, PssPlace *from, PssPlace *to, const char *target)
{
	PssTransfer *transfer = g_new0(PssTransfer, 1);

	transfer->copy = copy;
	transfer->from = from;
	transfer->to = to;
	transfer->source = from ? copy->ops->remote : copy->ops->local;
	transfer->destination = to ? copy->ops->remote : copy->ops->local;
	transfer->target = target;
	transfer->active = g_hash_table_new(NULL, NULL);
	transfer->parts = g_hash_table_new(g_str_hash, g_str_equal);
	g_queue_init(&transfer->operands);
	g_queue_init(&transfer->directories);
	g_queue_init(&transfer->files);
	g_queue_init(&transfer->links);
	g_queue_init(&transfer->again);
	return transfer;
}

void pss_transfer_free(gpointer data)
{
	PssTransfer *transfer = data;

	transfer->copy->ops->listings->free(transfer->found);
	pss_item_unref(transfer->root);
	g_queue_clear(&transfer->operands);
	g_queue_clear(&transfer->directories);
	g_queue_clear(&transfer->files);
	g_queue_clear(&transfer->links);
	g_queue_clear_full(&transfer->again, g_free);
	g_hash_table_unref(transfer->active);
	g_hash_table_unref(transfer->parts);
	pss_seen_free(transfer->seen);
	g_free(transfer->as);
	g_free(transfer->subdirectory);
	g_free(transfer);
}

const PssPlace *pss_transfer_place(const PssTransfer *transfer)
{
	return transfer->to ? transfer->to : transfer->from;
}

static void end(PssTransfer *transfer)
{
	if (transfer->state == PSS_TRANSFER_DONE)
		return;
	transfer->state = PSS_TRANSFER_DONE;
	transfer->copy->ops->trees->stop(transfer);
	transfer->copy->n_running--;
	pss_copy_begin_some(transfer->copy);
}

/* ---- to its beginning */

static gboolean is_ready(const PssPlace *place)
{
	return !place || place->state == PSS_PLACE_READY;
}

gboolean pss_transfer_is_ready(const PssTransfer *transfer)
{
	return is_ready(transfer->from) && is_ready(transfer->to);
}

static gboolean is_lost(const PssPlace *place)
{
	return place && place->state == PSS_PLACE_LOST;
}

void pss_transfer_begin(PssTransfer *transfer)
{
	transfer->state = PSS_TRANSFER_OPENING;
	if (transfer->from)
		pss_place_open(transfer->from);
	if (transfer->to)
		pss_place_open(transfer->to);
	transfer->found = transfer->copy->ops->listings->begin(transfer);
	pss_transfer_on_place(transfer, NULL);
}

/* What a cut has come between. */
static void do_again(PssTransfer *transfer)
{
	PssAgain *again;

	while (pss_transfer_is_ready(transfer) && (again = g_queue_pop_head(&transfer->again))) {
		again->func(again->item);
		g_free(again);
	}
	pss_transfer_pump(transfer);
}

/* Of what waits to be gone on with, after a cut. */
static void drop_parts(PssTransfer *transfer)
{
	for (const GList *link = transfer->files.head; link; link = link->next)
		pss_item_drop_part(link->data);
}

void pss_transfer_on_place(PssTransfer *transfer, const PssPlace *place)
{
	if (transfer->state == PSS_TRANSFER_NEW || transfer->state == PSS_TRANSFER_DONE)
		return;
	if (is_lost(transfer->from) || is_lost(transfer->to)) {
		pss_report_place(is_lost(transfer->from) ? transfer->from : transfer->to);
		/* What was under way has failed by itself. */
		drop_parts(transfer);
		end(transfer);
		return;
	}
	if (!pss_transfer_is_ready(transfer))
		return;
	if (transfer->state == PSS_TRANSFER_RUNNING)
		do_again(transfer);
	if (transfer->state != PSS_TRANSFER_OPENING)
		return;
	transfer->state = PSS_TRANSFER_RESOLVING;
	transfer->destination->resolve(transfer);
}

/* The same for each way to write it, as far as that can be known here. Free with g_free(). */
static char *spell_directory(const PssPlace *place, const char *path)
{
	g_autofree char *whole = *path != '/' && place->home ? pss_path_join(place->home, path) : g_strdup(path);

	return *whole == '/' ? g_canonicalize_filename(whole, "/") : g_steal_pointer(&whole);
}

/* What all names of parts in this transfer follow from: where from, and which directory of which computer. */
static guint32 claim(const PssTransfer *transfer, const char *path, PssFolder *folder)
{
	const char *from = transfer->from ? pss_place_computer(transfer->from) : "";
	const char *to = transfer->to ? pss_place_computer(transfer->to) : "";
	g_autofree char *directory = folder ? pss_folder_identity(folder) : spell_directory(transfer->to, path);
	g_autofree char *what = g_strjoin("\n", from, to, directory, NULL);

	return pss_claims_take(transfer->copy->claims, what);
}

void pss_transfer_resolved(PssTransfer *transfer, const char *path, PssFolder *folder, const char *as, gboolean existed,
			   const GError *error)
{
	if (g_error_matches(error, PSS_SFTP_ERROR, PSS_SFTP_CONNECTION_LOST)) {
		transfer->state = PSS_TRANSFER_OPENING; /* the place is lost, or comes back */
		pss_place_cut(transfer->to, error->message);
		return;
	}
	if (error) {
		pss_report_destination(transfer, path, error->message);
		end(transfer);
		return;
	}
	transfer->root = pss_item_new_root(transfer, path, folder, existed);
	transfer->claim = claim(transfer, path, folder);
	transfer->as = g_strdup(as);
	transfer->state = PSS_TRANSFER_RUNNING;
	pss_transfer_pump(transfer);
}

/* ---- what is to be copied */

/* A path whose last component is no name: what is in it goes right into the target. */
static gboolean is_name(const char *name)
{
	return *name && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && strcmp(name, "/") != 0;
}

static const char *why_not_copied(const PssTransfer *transfer, const PssSftpAttributes *attributes)
{
	if (S_ISDIR(attributes->mode) && !transfer->copy->request->recurse)
		return "it is a directory (-Recurse copies it)";
	if (S_ISDIR(attributes->mode) || S_ISREG(attributes->mode))
		return NULL;
	return S_ISFIFO(attributes->mode)   ? "it is a fifo, which is not copied"
	       : S_ISSOCK(attributes->mode) ? "it is a socket, which is not copied"
					    : "it is a device, which is not copied";
}

void pss_transfer_found(PssTransfer *transfer, const char *path, PssFolder *folder, const char *name,
			const PssSftpAttributes *attributes)
{
	PssCopy *copy = transfer->copy;
	gboolean is_directory = S_ISDIR(attributes->mode);
	const char *why = why_not_copied(transfer, attributes);

	if (why) {
		pss_report_source(transfer, path, why);
		return;
	}
	if (!pss_copy_request_wants(copy->request, name, is_directory))
		return;
	PssItem *item = pss_item_new(transfer, NULL, name, attributes);
	item->is_operand = TRUE;
	item->is_contents = !is_name(name) && !transfer->as;
	item->as = g_strdup(transfer->as ? transfer->as : name);
	item->source_path = g_strdup(path);
	item->target_path = item->is_contents ? g_strdup(transfer->root->target_path)
					      : pss_path_join(transfer->root->target_path, item->as);
	item->source_folder = folder ? pss_folder_ref(folder) : NULL; /* that it is in, until it is begun */
	g_queue_push_tail(is_directory ? &transfer->directories : &transfer->files, item);
	if (is_directory)
		return;
	copy->counts.files++;
	copy->counts.bytes += attributes->size;
	transfer->bytes += attributes->size;
}

void pss_transfer_searched(PssTransfer *transfer)
{
	transfer->n_searching--;
	pss_transfer_pump(transfer);
}

/* ---- keeping it under way */

static guint at_once(const PssTransfer *transfer)
{
	guint share = MAX(transfer->copy->at_once / MAX(transfer->copy->n_running, 1), 1);

	return transfer->from && transfer->to ? MIN(share, ACTIVE_ACROSS_MAX) : share;
}

static gboolean has_room(const PssTransfer *transfer)
{
	guint n = g_hash_table_size(transfer->active);

	return transfer->copy->n_unanswered == 0 && n < at_once(transfer) && pss_place_has_room(transfer->from) &&
	       pss_place_has_room(transfer->to) && !pss_verb_link_is_full(transfer->copy->verb);
}

/* What is found waits in memory. */
gboolean pss_transfer_may_look_for_more(const PssTransfer *transfer)
{
	guint n_pending = transfer->files.length + transfer->n_waiting + transfer->n_making;

	return !transfer->copy->ops->trees->is_under_way(transfer) &&
	       transfer->n_listing + transfer->n_searching < LISTING_MAX && n_pending < at_once(transfer);
}

/* Links are made when nothing can go over them any more. */
static gboolean only_links_are_left(const PssTransfer *transfer)
{
	return g_hash_table_size(transfer->active) == 0 && transfer->n_listing == 0 && transfer->n_searching == 0 &&
	       transfer->n_making == 0 && transfer->directories.length == 0 && transfer->files.length == 0 &&
	       transfer->operands.length == 0;
}

/* Directories first: so there are files enough to fill the line, and what is made or listed costs no file its time.
 * FALSE: nothing can be done now. */
static gboolean begin_one(PssTransfer *transfer)
{
	if (!has_room(transfer))
		return FALSE;
	if (transfer->directories.length > 0 && pss_transfer_may_look_for_more(transfer)) {
		pss_item_begin(g_queue_pop_tail(&transfer->directories));
		return TRUE;
	}
	if (transfer->files.length > 0) {
		pss_item_begin(g_queue_pop_head(&transfer->files));
		return TRUE;
	}
	if (transfer->operands.length > 0 && pss_transfer_may_look_for_more(transfer)) {
		transfer->n_searching++;
		transfer->source->find(transfer, g_queue_pop_head(&transfer->operands));
		return TRUE;
	}
	return FALSE;
}

static void begin_links(PssTransfer *transfer)
{
	while (transfer->links.length > 0 && g_hash_table_size(transfer->active) < at_once(transfer))
		pss_item_begin(g_queue_pop_head(&transfer->links));
}

void pss_transfer_pump(PssTransfer *transfer)
{
	const PssCopyOps *ops = transfer->copy->ops;

	if (transfer->is_pumping || transfer->state != PSS_TRANSFER_RUNNING || transfer->copy->is_stopping ||
	    !pss_transfer_is_ready(transfer))
		return;
	ops->trees->pump(transfer);
	transfer->is_pumping = TRUE;
	ops->listings->go_on(transfer->found);
	gboolean links = only_links_are_left(transfer);
	while (!transfer->copy->is_stopping && !links && begin_one(transfer))
		continue;
	links = links || only_links_are_left(transfer);
	if (links && transfer->copy->n_unanswered == 0)
		begin_links(transfer);
	transfer->is_pumping = FALSE;
	if (only_links_are_left(transfer) && transfer->links.length == 0 && transfer->n_items == 0)
		end(transfer);
}

void pss_transfer_uncount(PssTransfer *transfer, guint64 files, guint64 bytes)
{
	PssCopy *copy = transfer->copy;

	copy->counts.files -= files;
	copy->counts.files_done -= files;
	copy->counts.bytes -= bytes;
	copy->counts.bytes_done -= bytes;
	transfer->bytes -= bytes;
	transfer->bytes_done -= bytes;
}

/* ---- being stopped */

static void stop_item(gpointer key, gpointer value, gpointer user)
{
	PssItem *item = key;

	if (item->copying)
		item->copying->stop(item);
}

void pss_transfer_stop(PssTransfer *transfer)
{
	transfer->copy->ops->trees->stop(transfer);
	g_hash_table_foreach(transfer->active, stop_item, NULL);
	drop_parts(transfer);
}
