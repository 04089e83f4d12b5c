/* SPDX-License-Identifier: MIT */
/* What is not whole yet: its name; and when a file could not be written elsewhere, why (SFTP's "failure" says nothing,
 * so the target and the disk are looked at), and how what is half there goes. Called by item.c, and by the
 * rooms that write. */
#include "copy/items/private.h"

#include "base/error.h"
#include "copy/local/beside.h"

/* ---- names */

const char *pss_half_name(PssItem *item)
{
	PssTransfer *transfer = item->transfer;

	if (item->part)
		return item->part;
	/* Two of one copy may go to one name. */
	item->part_is_known = transfer->claim != 0 && g_hash_table_add(transfer->parts, item->target_path);
	item->part = item->part_is_known ? pss_beside_name_of(item->as, transfer->claim) : pss_beside_name(item->as);
	return item->part;
}

void pss_half_release(PssItem *item)
{
	if (item->part_is_known)
		g_hash_table_remove(item->transfer->parts, item->target_path);
	item->part_is_known = FALSE;
	g_clear_pointer(&item->part, g_free);
}

gboolean pss_half_goes_on(const PssItem *item)
{
	return item->part_is_known && (item->goes_on || item->transfer->copy->request->resume);
}

void pss_half_finish(PssCopying *copying)
{
	pss_part_check_free(copying->check);
	g_free(copying->beside);
}

static void set_beside(PssItem *item)
{
	g_free(item->copying->beside);
	item->copying->beside = pss_path_join(item->into->target_path, pss_half_name(item));
}

/* ---- what an earlier copy has left elsewhere */

typedef struct {
	PssItem *item; /* its `copying` is NULL when it was stopped meanwhile */
	PssPartFile source;
	void (*begin)(PssItem *item, guint64 part);
	guint64 size;
} Finding;

static void on_checked(gpointer user, gboolean same)
{
	g_autofree Finding *finding = user;

	finding->item->copying->check = NULL;
	pss_report_part(finding->item, finding->size, same);
	finding->begin(finding->item, same ? finding->size : 0);
}

static void on_found(gpointer user, const PssSftpAttributes *attributes, const GError *error)
{
	Finding *finding = user;
	PssItem *item = finding->item;

	if (item->copying && !error && S_ISREG(attributes->mode) && attributes->size > 0 &&
	    attributes->size <= item->attributes.size) {
		const PssPartFile part = { .place = item->transfer->to->number, .path = item->copying->beside };
		finding->size = attributes->size;
		item->copying->has_part = TRUE;
		item->copying->check =
			pss_part_check(item->transfer->copy->channels, (PssPartFile[]){ finding->source, part },
				       finding->size, on_checked, finding);
		return;
	}
	if (item->copying)
		finding->begin(item, 0);
	g_free(finding);
}

void pss_half_find(PssItem *item, const PssPartFile *source, void (*begin)(PssItem *item, guint64 part))
{
	set_beside(item);
	if (!pss_half_goes_on(item)) {
		begin(item, 0);
		return;
	}
	Finding *finding = g_new0(Finding, 1);
	*finding = (Finding){ .item = item, .source = *source, .begin = begin };
	pss_sftp_lstat(item->transfer->to->sftp, item->copying->beside, on_found, finding);
}

static void on_cleared(gpointer user, const GError *error)
{
	g_autofree Finding *finding = user;
	PssItem *item = finding->item;

	if (!item->copying)
		return;
	if (error && !g_error_matches(error, PSS_SFTP_ERROR, PSS_SFTP_NO_SUCH_FILE) &&
	    !g_error_matches(error, PSS_SFTP_ERROR, PSS_SFTP_CONNECTION_LOST)) {
		pss_half_release(item); /* it is another user's, perhaps */
		item->part = pss_beside_name(item->as);
	}
	set_beside(item);
	finding->begin(item, 0);
}

gboolean pss_half_clear(PssItem *item, const GError *error, void (*again)(PssItem *item, guint64 part))
{
	PssCopying *copying = item->copying;

	if (!g_error_matches(error, PSS_SFTP_ERROR, PSS_SFTP_FAILURE) || !item->part_is_known || copying->has_begun ||
	    copying->is_cleared)
		return FALSE;
	Finding *finding = g_new0(Finding, 1);
	*finding = (Finding){ .item = item, .begin = again };
	copying->is_cleared = TRUE;
	copying->has_part = FALSE;
	pss_item_moved_back(item);
	pss_sftp_remove(item->transfer->to->sftp, copying->beside, on_cleared, finding);
	return TRUE;
}

/* ---- why it failed */

typedef struct {
	PssItem *item;
	char *part; /* or NULL */
	GError *error;
} Explaining;

static void end(Explaining *explaining, const char *why)
{
	PssItem *item = explaining->item;

	if (why) {
		g_clear_error(&explaining->error);
		explaining->error = g_error_new_literal(PSS_ERROR, PSS_FAILED, why);
	}
	if (explaining->part)
		pss_half_remove(item, explaining->part);
	pss_item_failed_there(item, explaining->error);
	g_free(explaining->part);
	g_error_free(explaining->error);
	g_free(explaining);
}

static void on_space(gpointer user, const PssSftpSpace *space, const GError *error)
{
	const Explaining *explaining = user;
	const PssItem *item = explaining->item;
	guint64 left = MAX(item->attributes.size - MIN(item->n_copied, item->attributes.size), 1);
	const char *why = NULL;

	if (space && space->is_read_only)
		why = "the file system is read-only";
	else if (space &&
		 (space->n_available * space->block_size < left || (space->n_files > 0 && space->n_files_free == 0)))
		why = "no space is left on the device";
	end(user, why);
}

static void on_target(gpointer user, const PssSftpAttributes *attributes, const GError *error)
{
	Explaining *explaining = user;
	PssItem *item = explaining->item;
	PssSftp *sftp = item->transfer->to->sftp;

	if (!error && S_ISDIR(attributes->mode))
		end(explaining, "a directory is in the way");
	else if (pss_sftp_can(sftp) & PSS_SFTP_CAN_STATVFS)
		pss_sftp_space(sftp, *item->into->target_path ? item->into->target_path : ".", on_space, explaining);
	else
		end(explaining, NULL);
}

static const char *say_plainly(const GError *error)
{
	if (g_error_matches(error, PSS_SFTP_ERROR, PSS_SFTP_PERMISSION_DENIED))
		return "permission denied";
	if (g_error_matches(error, PSS_SFTP_ERROR, PSS_SFTP_NO_SUCH_FILE))
		return "there is no such directory";
	return NULL;
}

void pss_half_explain(PssItem *item, const char *part, const GError *error)
{
	Explaining *explaining;
	const char *plain = say_plainly(error);

	if (part && g_error_matches(error, PSS_SFTP_ERROR, PSS_SFTP_CONNECTION_LOST)) {
		pss_half_leave(item, part);
		pss_item_failed_there(item, error);
		return;
	}
	explaining = g_new0(Explaining, 1);
	explaining->item = item;
	explaining->part = g_strdup(part); /* the space is looked at while it fills it */
	explaining->error = g_error_copy(error);
	if (g_error_matches(error, PSS_SFTP_ERROR, PSS_SFTP_FAILURE) && item->transfer->to->state == PSS_PLACE_READY)
		pss_sftp_lstat(item->transfer->to->sftp, item->target_path, on_target, explaining);
	else
		end(explaining, plain);
}

/* ---- how it goes */

typedef struct {
	PssPlace *place;
	char *part;
	gboolean is_known;
} Removal;

static void leave(PssPlace *place, const char *part, gboolean is_known)
{
	if (!place->left)
		place->left = g_strdup(part);
	place->left_is_known = is_known;
	place->n_left++;
}

static void on_removed(gpointer user, const GError *error)
{
	Removal *removal = user;
	PssCopy *copy = removal->place->copy;

	g_queue_remove(&copy->removals, removal);
	if (g_error_matches(error, PSS_SFTP_ERROR, PSS_SFTP_CONNECTION_LOST))
		leave(removal->place, removal->part, removal->is_known);
	g_free(removal->part);
	g_free(removal);
	if (copy->is_stopping)
		pss_copy_check_stopped(copy);
	else
		pss_copy_begin_some(copy); /* it may have been the last */
}

void pss_half_remove(PssItem *item, const char *part)
{
	PssPlace *place = item->transfer->to;

	if (place->state != PSS_PLACE_READY) {
		pss_half_leave(item, part);
		return;
	}
	Removal *removal = g_new0(Removal, 1);
	removal->place = place;
	removal->part = g_strdup(part);
	removal->is_known = item->part_is_known;
	g_queue_push_tail(&place->copy->removals, removal);
	pss_sftp_remove(place->sftp, part, on_removed, removal);
}

void pss_half_give_up(PssCopy *copy)
{
	for (const GList *link = copy->removals.head; link; link = link->next) {
		const Removal *removal = link->data;
		leave(removal->place, removal->part, removal->is_known);
	}
}

void pss_half_leave(const PssItem *item, const char *part)
{
	leave(item->transfer->to, part, item->part_is_known);
}

void pss_half_forget_left(PssPlace *place)
{
	g_clear_pointer(&place->left, g_free);
	place->n_left = 0;
}

char *pss_half_tell_left(const PssPlace *place)
{
	GString *text = g_string_new(NULL);

	if (place->n_left > 0)
		g_string_append_printf(text, "%s", place->left);
	if (place->n_left > 1)
		g_string_append_printf(text, " and %u more", place->n_left - 1);
	if (place->n_left > 0)
		g_string_append_printf(text, ", not whole, could not be removed there%s",
				       place->left_is_known
					       ? ": the same copy goes on with it with -Resume, and clears "
						 "it without"
					       : "");
	return g_string_free(text, FALSE);
}
