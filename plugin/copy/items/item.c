/* SPDX-License-Identifier: MIT */
/* What becomes of one file, directory or link: made, looked at, copied, finished. An item lives until the items in it
 * are done, so that a directory gets its mode and times last. Called by transfer.c, and by copy/sides, copy/files and
 * copy/trees with their answers. */
#include "copy/items/private.h"

#include <string.h>

#include "base/error.h"
#include "copy/local/old-file.h"

#define DEPTH_MAX 1024

static const char no_directory[] = "its directory could not be made";

char *pss_path_join(const char *directory, const char *name)
{
	gsize n = strlen(directory);

	if (n == 0)
		return g_strdup(name);
	return g_strconcat(directory, directory[n - 1] == '/' ? "" : "/", name, NULL);
}

/* ---- life */

PssItem *pss_item_new_root(PssTransfer *transfer, const char *path, PssFolder *folder, gboolean existed)
{
	PssItem *root = g_new0(PssItem, 1);

	root->transfer = transfer;
	root->n_references = 1;
	root->target_path = g_strdup(path);
	root->target_folder = folder ? pss_folder_ref(folder) : NULL;
	root->source_path = g_strdup("");
	root->attributes.mode = S_IFDIR;
	root->is_ready = TRUE;
	root->existed = existed;
	return root;
}

PssItem *pss_item_ref(PssItem *item)
{
	item->n_references++;
	return item;
}

gboolean pss_item_is_directory(const PssItem *item)
{
	return S_ISDIR(item->attributes.mode);
}

PssItem *pss_item_new(PssTransfer *transfer, PssItem *parent, const char *name, const PssSftpAttributes *attributes)
{
	PssItem *item = g_new0(PssItem, 1);
	PssItem *into = transfer->copy->request->flatten || !parent ? transfer->root : parent;

	item->transfer = transfer;
	item->n_references = 1;
	item->depth = parent ? parent->depth + 1 : 0;
	item->parent = parent ? pss_item_ref(parent) : NULL;
	item->into = pss_item_ref(into);
	item->name = g_strdup(name);
	item->attributes = *attributes;
	transfer->n_items++;
	return item;
}

static void free_item(PssItem *item)
{
	PssTransfer *transfer = item->transfer;

	pss_item_unref(item->parent);
	pss_item_unref(item->into);
	pss_folder_unref(item->source_folder);
	pss_folder_unref(item->target_folder);
	if (item != transfer->root)
		transfer->n_items--;
	pss_half_release(item);
	g_clear_pointer(&item->seen, g_hash_table_unref);
	g_free(item->name);
	g_free(item->as);
	g_free(item->source_path);
	g_free(item->target_path);
	g_free(item->text);
	g_free(item);
}

/* A place that is lost is one line (pss_report_place()), whatever was on its way. */
static void report(const PssItem *item, PssPlace *place, const char *path, const GError *error)
{
	if (place && g_error_matches(error, PSS_SFTP_ERROR, PSS_SFTP_CONNECTION_LOST))
		pss_place_cut(place, error->message);
	else
		pss_report_error(item->transfer->copy, place, path, error->message);
}

/* ---- a connection that is cut, and comes back */

static gboolean is_cut(const PssItem *item, PssPlace *place, const GError *error)
{
	if (!place || !g_error_matches(error, PSS_SFTP_ERROR, PSS_SFTP_CONNECTION_LOST))
		return FALSE;
	pss_place_cut(place, error->message);
	return place->survives && !item->transfer->copy->is_stopping;
}

/* A directory is made behind that which it is in. */
static int compare_depths(gconstpointer a, gconstpointer b, gpointer unused)
{
	const PssAgain *one = a, *other = b;

	return one->item->depth < other->item->depth ? -1 : one->item->depth > other->item->depth;
}

static void do_later(PssItem *item, void (*func)(PssItem *item))
{
	const PssAgain again = { .func = func, .item = item };

	g_queue_insert_sorted(&item->transfer->again, g_memdup2(&again, sizeof again), compare_depths, NULL);
}

/* TRUE: it is done once more when the place is back. */
static gboolean do_again(PssItem *item, PssPlace *place, const GError *error, void (*func)(PssItem *item))
{
	if (!is_cut(item, place, error))
		return FALSE;
	do_later(item, func);
	return TRUE;
}

/* The same for a file or link: it waits as if it had not been begun, but for its part. */
static gboolean begin_again(PssItem *item, PssPlace *place, const GError *error)
{
	PssTransfer *transfer = item->transfer;

	if (!is_cut(item, place, error))
		return FALSE;
	g_hash_table_remove(transfer->active, item);
	pss_item_moved_back(item);
	item->goes_on = TRUE;
	g_queue_push_tail(S_ISLNK(item->attributes.mode) ? &transfer->links : &transfer->files, item);
	return TRUE;
}

void pss_item_drop_part(PssItem *item)
{
	g_autofree char *part = NULL;

	if (!item->goes_on || !item->part || item->transfer->copy->request->resume)
		return;
	if (item->transfer->to && item->transfer->to->state != PSS_PLACE_READY)
		return; /* it is known to be left */
	if (item->transfer->to) {
		part = pss_path_join(item->into->target_path, item->part);
		pss_half_remove(item, part);
	} else {
		pss_folder_remove(item->into->target_folder, item->part, NULL);
	}
}

/* A directory in which all is done: what it is to keep. */
static gboolean is_to_be_set(const PssItem *item)
{
	const PssCopyRequest *request = item->transfer->copy->request;

	return item->into && pss_item_is_directory(item) && item->is_ready && !item->has_failed && !item->is_contents &&
	       !request->flatten && !item->transfer->copy->is_stopping && (!item->existed || request->preserve);
}

void pss_item_unref(PssItem *item)
{
	if (!item || --item->n_references > 0)
		return;
	if (!is_to_be_set(item)) {
		free_item(item);
		return;
	}
	/* What it is in is set behind it, in the same flight. */
	PssItem *parent = g_steal_pointer(&item->parent), *into = g_steal_pointer(&item->into);
	item->n_references = 1;
	item->is_ready = FALSE;
	item->transfer->destination->set(item);
	pss_item_unref(parent);
	pss_item_unref(into);
}

void pss_item_set(PssItem *directory, const GError *error)
{
	PssTransfer *transfer = directory->transfer;

	if (do_again(directory, transfer->to, error, transfer->destination->set))
		return;
	if (error)
		report(directory, transfer->to, directory->target_path, error);
	directory->has_failed = TRUE; /* no more to be set */
	pss_item_unref(directory);
	pss_transfer_pump(transfer);
}

static void leave(PssItem *item, PssOutcome outcome, const char *why)
{
	PssTransfer *transfer = item->transfer;
	PssCopy *copy = transfer->copy;

	g_hash_table_remove(transfer->active, item);
	pss_half_release(item);
	if (!pss_item_is_directory(item)) {
		copy->counts.files_done++;
		copy->counts.bytes_done += item->attributes.size - MIN(item->n_copied, item->attributes.size);
		transfer->bytes_done += item->attributes.size - MIN(item->n_copied, item->attributes.size);
		pss_report_item(item, outcome, why);
	}
	pss_item_unref(item);
	pss_transfer_pump(transfer);
}

void pss_item_done(PssItem *item, const GError *error)
{
	if (begin_again(item, item->transfer->from, error))
		return;
	if (error)
		report(item, item->transfer->from, item->source_path, error);
	leave(item, error ? PSS_OUTCOME_FAILED : PSS_OUTCOME_COPIED, error ? error->message : NULL);
}

void pss_item_failed_there(PssItem *item, const GError *error)
{
	if (begin_again(item, item->transfer->to, error))
		return;
	report(item, item->transfer->to, item->target_path, error);
	leave(item, PSS_OUTCOME_FAILED, error->message);
}

void pss_item_forget(PssItem *item)
{
	PssTransfer *transfer = item->transfer;
	guint64 size = item->attributes.size;

	g_hash_table_remove(transfer->active, item);
	transfer->copy->counts.files--;
	transfer->copy->counts.bytes -= size;
	transfer->copy->counts.bytes_done -= item->n_copied;
	transfer->bytes -= size;
	transfer->bytes_done -= item->n_copied;
	pss_item_unref(item);
}

void pss_item_moved(PssItem *item, guint64 n)
{
	item->transfer->copy->counts.bytes_moved += n;
	pss_item_has(item, n);
}

void pss_item_has(PssItem *item, guint64 n)
{
	item->n_copied += n;
	item->transfer->bytes_done += n;
	item->transfer->copy->counts.bytes_done += n;
}

void pss_item_moved_back(PssItem *item)
{
	item->transfer->bytes_done -= item->n_copied;
	item->transfer->copy->counts.bytes_done -= item->n_copied;
	item->n_copied = 0;
}

/* ---- what is kept */

#define MODES 0777
#define ALL_MODES 07777

PssKept pss_item_kept(const PssItem *item)
{
	const PssCopy *copy = item->transfer->copy;
	const PssCopyRequest *request = copy->request;
	const PssSftpAttributes *from = &item->attributes;
	PssKept kept = PSS_KEPT_NOTHING;

	kept.mode = from->has & PSS_SFTP_HAS_MODE ? from->mode & MODES & ~copy->umask : MODES & ~copy->umask;
	if (item->replaces)
		kept.mode = item->old_mode & MODES;
	if (request->preserve && from->has & PSS_SFTP_HAS_MODE)
		kept.mode = from->mode & ALL_MODES;
	if ((request->preserve || request->update) && from->has & PSS_SFTP_HAS_TIMES) {
		kept.atime = from->atime;
		kept.mtime = from->mtime;
	}
	if (request->preserve && geteuid() == 0 && from->has & PSS_SFTP_HAS_OWNER) {
		kept.uid = from->uid;
		kept.gid = from->gid;
	}
	return kept;
}

PssSftpAttributes pss_item_kept_attributes(const PssItem *item)
{
	const PssCopyRequest *request = item->transfer->copy->request;
	PssSftpAttributes kept = item->attributes;

	kept.has = 0;
	if (item->replaces)
		kept.mode = item->old_mode & MODES;
	else
		kept.mode &= request->preserve ? ALL_MODES : MODES;
	if (request->preserve)
		kept.mode = item->attributes.mode & ALL_MODES;
	if (request->preserve || item->replaces)
		kept.has |= PSS_SFTP_HAS_MODE;
	if (request->preserve || request->update)
		kept.has |= PSS_SFTP_HAS_TIMES;
	if (request->preserve && item->transfer->to->is_root)
		kept.has |= PSS_SFTP_HAS_OWNER;
	kept.has &= item->attributes.has;
	return kept;
}

/* ---- directories */

/* Files go on when there is room for them; of a directory that could not be made they fail. */
static void wake_waiting(PssItem *directory)
{
	PssTransfer *transfer = directory->transfer;
	PssItem *item;

	for (; (item = g_queue_pop_head(&directory->waiting)); transfer->n_waiting--)
		g_queue_push_tail(&transfer->files, item);
}

void pss_item_made(PssItem *directory, gboolean existed, const GError *error)
{
	PssTransfer *transfer = directory->transfer;

	if (do_again(directory, transfer->to, error, transfer->destination->make))
		return;
	directory->is_ready = TRUE;
	directory->existed = existed;
	directory->has_failed = error != NULL;
	/* What could not be made in one that could not be made either is no line of its own. */
	if (error && !directory->into->has_failed)
		report(directory, transfer->to, directory->target_path, error);
	wake_waiting(directory);
	transfer->n_making--;
	pss_item_unref(directory);
	pss_transfer_pump(transfer);
}

void pss_item_make(PssItem *directory)
{
	PssTransfer *transfer = directory->transfer;

	if (directory->is_contents || transfer->copy->request->flatten) {
		directory->is_ready = TRUE;
		directory->existed = TRUE;
	} else if (!directory->is_ready) {
		pss_item_ref(directory); /* until it is made */
		transfer->n_making++;
		transfer->destination->make(directory);
	}
}

void pss_item_walk(PssItem *directory)
{
	PssTransfer *transfer = directory->transfer;

	pss_item_make(directory);
	if (transfer->from && transfer->from->survives)
		directory->seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	transfer->n_listing++;
	transfer->source->list(directory);
}

void pss_item_walk_when_ready(PssItem *directory)
{
	if (pss_transfer_is_ready(directory->transfer))
		pss_item_walk(directory);
	else
		do_later(directory, pss_item_walk);
}

static void begin_directory(PssItem *item)
{
	if (item->into->has_failed) {
		item->is_ready = item->has_failed = TRUE;
		wake_waiting(item);
		leave(item, PSS_OUTCOME_FAILED, NULL);
		return;
	}
	if (!item->transfer->copy->ops->trees->begin(item))
		pss_item_walk(item);
}

/* What has not changed needs no directory that was made: it is looked at in the same flight as that is. */
static gboolean looks_early(const PssTransfer *transfer)
{
	return transfer->copy->request->update && transfer->to;
}

static void enqueue(PssItem *item)
{
	PssTransfer *transfer = item->transfer;

	if (pss_item_is_directory(item)) {
		g_queue_push_tail(&transfer->directories, item);
	} else if (S_ISLNK(item->attributes.mode)) {
		g_queue_push_tail(&transfer->links, item);
	} else if (item->into->is_ready || looks_early(transfer)) {
		g_queue_push_tail(&transfer->files, item);
	} else {
		g_queue_push_tail(&item->into->waiting, item);
		transfer->n_waiting++;
	}
}

static gboolean was_streamed(const PssItem *directory, const char *path, const PssSftpAttributes *attributes)
{
	const PssTransfer *transfer = directory->transfer;

	return transfer->is_again && transfer->seen && !S_ISDIR(attributes->mode) &&
	       pss_seen_has(transfer->seen, path, S_ISREG(attributes->mode) ? attributes->size : 0);
}

PssItem *pss_item_of(PssItem *directory, const char *name, const PssSftpAttributes *attributes)
{
	PssTransfer *transfer = directory->transfer;
	PssCopy *copy = transfer->copy;
	gboolean is_directory = S_ISDIR(attributes->mode);

	if (copy->is_stopping || !pss_copy_request_wants(copy->request, name, is_directory) ||
	    (directory->seen && !g_hash_table_add(directory->seen, g_strdup(name))))
		return NULL;
	g_autofree char *path = pss_path_join(directory->source_path, name);
	if (was_streamed(directory, path, attributes))
		return NULL;
	if (directory->depth >= DEPTH_MAX) {
		pss_report_source(transfer, path, "it is more than 1024 directories deep");
		return NULL;
	}
	if (!is_directory && !S_ISREG(attributes->mode) && !S_ISLNK(attributes->mode)) {
		g_autofree char *why =
			g_strdup_printf("it is %s, which is not copied", pss_kind_name(attributes->mode));
		pss_report_source(transfer, path, why);
		return NULL;
	}
	PssItem *item = pss_item_new(transfer, directory, name, attributes);
	if (directory->is_contents && item->into == directory) {
		pss_item_unref(item->into);
		item->into = pss_item_ref(transfer->root);
	}
	item->source_path = g_steal_pointer(&path);
	item->as = g_strdup(name);
	item->target_path = pss_path_join(item->into->target_path, name);
	if (is_directory)
		return item;
	copy->counts.files++;
	copy->counts.bytes += S_ISREG(attributes->mode) ? attributes->size : 0;
	transfer->bytes += S_ISREG(attributes->mode) ? attributes->size : 0;
	return item;
}

void pss_item_found(PssItem *directory, const char *name, const PssSftpAttributes *attributes)
{
	PssItem *item = pss_item_of(directory, name, attributes);

	if (item)
		enqueue(item);
}

void pss_item_listed(PssItem *directory, const GError *error)
{
	PssTransfer *transfer = directory->transfer;

	if (do_again(directory, transfer->from, error, transfer->source->list))
		return;
	g_clear_pointer(&directory->seen, g_hash_table_unref);
	transfer->n_listing--;
	if (error)
		report(directory, transfer->from, directory->source_path, error);
	pss_item_unref(directory);
	pss_transfer_pump(transfer);
}

/* ---- files and links */

static void copy_content(PssItem *item)
{
	PssTransfer *transfer = item->transfer;
	const PssCopyOps *ops = transfer->copy->ops;

	if (item->is_streamed)
		ops->trees->content(item);
	else if (item->text)
		transfer->destination->make_link(item, item->text);
	else if (S_ISLNK(item->attributes.mode))
		transfer->source->read_link(item);
	else if (!transfer->from)
		ops->copy_up(item);
	else if (!transfer->to)
		ops->copy_down(item);
	else
		ops->copy_across(item);
}

void pss_item_link_read(PssItem *link, const char *text, const GError *error)
{
	if (error)
		pss_item_done(link, error);
	else
		link->transfer->destination->make_link(link, text);
}

/* NULL: it may be replaced. */
static const char *why_not_replaced(const PssItem *item, const PssSftpAttributes *there)
{
	if (S_ISDIR(there->mode))
		return "a directory is in the way";
	if (!S_ISREG(there->mode) && !S_ISLNK(there->mode))
		return "something that is no file is in the way";
	if (S_ISREG(there->mode) && !(there->mode & 0222) && !item->transfer->copy->request->force)
		return "it is read-only (-Force replaces it)";
	return NULL;
}

/* It was looked at before its directory was there, and is not what it is here: it is looked at again. */
static void wait_for_directory(PssItem *item)
{
	PssTransfer *transfer = item->transfer;

	g_hash_table_remove(transfer->active, item);
	g_queue_push_tail(&item->into->waiting, item);
	transfer->n_waiting++;
}

static gboolean is_unchanged(const PssItem *item, const PssSftpAttributes *there)
{
	const PssSftpAttributes *ours = &item->attributes;

	return item->transfer->copy->request->update && S_ISREG(ours->mode) && S_ISREG(there->mode) &&
	       ours->size == there->size && ours->mtime == there->mtime;
}

void pss_item_looked(PssItem *item, const PssSftpAttributes *there, const GError *error)
{
	const char *why = there ? why_not_replaced(item, there) : NULL;
	g_autoptr(GError) refused = why ? g_error_new_literal(PSS_ERROR, PSS_FAILED, why) : NULL;

	if (item->into->has_failed) {
		leave(item, PSS_OUTCOME_FAILED, no_directory);
		return;
	}
	if (there && is_unchanged(item, there)) {
		leave(item, PSS_OUTCOME_SKIPPED, NULL);
		return;
	}
	if (!item->into->is_ready) {
		wait_for_directory(item);
		return;
	}
	if (error || refused) {
		pss_item_failed_there(item, error ? error : refused);
		return;
	}
	item->replaces = there && S_ISREG(there->mode);
	item->old_mode = there ? there->mode : 0;
	copy_content(item);
}

static void begin_file(PssItem *item)
{
	PssItem *into = item->into;

	if (into->has_failed)
		leave(item, PSS_OUTCOME_FAILED, no_directory);
	else if (!into->is_ready || into->existed || item->transfer->copy->request->flatten)
		item->transfer->destination->look(item);
	else
		copy_content(item);
}

void pss_item_begin(PssItem *item)
{
	if (pss_item_is_directory(item)) {
		begin_directory(item);
		return;
	}
	g_hash_table_add(item->transfer->active, item);
	begin_file(item);
}
