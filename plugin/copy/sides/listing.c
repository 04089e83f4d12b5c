/* SPDX-License-Identifier: MIT */
/* Listings of another computer's directories: for Tab the names in one, in the place of transfers; of a transfer with
 * one source all that is below it, by a find that is started beside the SFTP server. Called by copy/run and
 * side-remote.c, and by copy/items through pss_listing_ops. */
#include "copy/sides/private.h"

#include <string.h>

#include "copy/channel/find.h"

/* ---- for Tab */

static void on_entry(gpointer user, const PssSftpEntry *entry)
{
	PssCopy *copy = user;
	g_autofree char *name = g_strconcat(entry->name, S_ISDIR(entry->attributes.mode) ? "/" : "", NULL);

	pss_verb_link_output(copy->verb, name);
}

static void on_done(gpointer user, const GError *error)
{
	pss_copy_end(user);
}

static const PssSftpListEvents events = { .on_entry = on_entry, .on_done = on_done };

static void on_expanded(gpointer user, const char *path, const GError *error)
{
	PssCopy *copy = user;
	const PssPlace *place = g_ptr_array_index(copy->places, 1);

	if (error)
		pss_copy_end(copy);
	else
		pss_sftp_list(place->sftp, path, &events, copy);
}

static void on_place(PssCopy *copy, const PssPlace *place)
{
	if (place->state == PSS_PLACE_LOST) {
		pss_copy_end(copy);
		return;
	}
	g_autofree char *path = pss_place_path(place, copy->listed);
	if (*path == '~')
		pss_sftp_expand_path(place->sftp, path, on_expanded, copy);
	else
		pss_sftp_list(place->sftp, path, &events, copy);
}

void pss_listing_begin(PssCopy *copy, PssPlace *place, const char *path)
{
	copy->listed = path;
	if (place)
		pss_place_open(place);
	else
		pss_copy_end(copy);
}

/* ---- all that is below a directory */

struct PssCopyListing {
	PssTransfer *transfer;
	PssFind *find;    /* NULL: it is over */
	GPtrArray *above; /* of PssItem, references: the directories that the last entry is in; NULL: one not wanted */
};

static void leave_directories(PssCopyListing *found, guint depth)
{
	while (found->above->len > depth)
		pss_item_unref(g_ptr_array_remove_index(found->above, found->above->len - 1));
}

/* What is closed says why when it is listed by itself. */
static void on_find_entry(gpointer user, guint depth, const PssSftpEntry *entry, gboolean is_closed)
{
	PssCopyListing *found = user;
	PssItem *item = NULL;

	leave_directories(found, depth);
	PssItem *directory = found->above->pdata[depth - 1];
	if (directory && S_ISDIR(entry->attributes.mode) && !is_closed)
		item = pss_item_of(directory, entry->name, &entry->attributes);
	else if (directory)
		pss_item_found(directory, entry->name, &entry->attributes);
	if (S_ISDIR(entry->attributes.mode))
		g_ptr_array_add(found->above, item ? pss_item_ref(item) : NULL);
	if (item) {
		item->is_listed = TRUE;
		pss_item_begin(item); /* behind what it is in, whatever waits */
	}
	pss_transfer_pump(found->transfer);
}

static void on_find_bad_name(gpointer user, guint depth, const char *shown)
{
	PssCopyListing *found = user;

	leave_directories(found, depth);
	if (found->above->pdata[depth - 1])
		pss_remote_report_bad_name(found->above->pdata[depth - 1], shown);
}

static void on_find_done(gpointer user, const GError *error)
{
	PssCopyListing *found = user;

	found->find = NULL;
	if (found->above->len == 0)
		return;                         /* nobody has asked for it yet */
	PssItem *root = found->above->pdata[0]; /* of which there is the reference that pss_item_listed() drops */
	leave_directories(found, 0);
	if (g_error_matches(error, PSS_SFTP_ERROR, PSS_SFTP_UNSUPPORTED))
		pss_remote_list(root);
	else
		pss_item_listed(root, error);
}

static const PssFindEvents find_events = {
	.on_entry = on_find_entry,
	.on_bad_name = on_find_bad_name,
	.on_done = on_find_done,
};

static gboolean is_plain(const PssOperand *operand)
{
	return *operand->path != '~' && (operand->is_literal || !strpbrk(operand->path, "*?["));
}

static PssCopyListing *begin(PssTransfer *transfer)
{
	const PssOperand *operand = g_queue_peek_head(&transfer->operands);

	if (!transfer->from || !transfer->copy->request->update || !transfer->copy->request->recurse ||
	    transfer->operands.length != 1 || !is_plain(operand))
		return NULL;
	PssCopyListing *found = g_new0(PssCopyListing, 1);
	found->transfer = transfer;
	found->above = g_ptr_array_new();
	found->find = pss_find_new(transfer->copy->channels, transfer->from->number, operand->path,
				   transfer->copy->request->preserve, &find_events, found);
	return found;
}

static void free_listing(PssCopyListing *found)
{
	if (!found)
		return;
	pss_find_free(found->find);
	leave_directories(found, 0);
	g_ptr_array_unref(found->above);
	g_free(found);
}

gboolean pss_copy_listing_take(PssItem *directory)
{
	PssCopyListing *found = directory->transfer->found;

	if (directory->is_listed) {
		pss_item_listed(directory, NULL);
		return TRUE;
	}
	/* Where a session survives a cut, SFTP goes on where it was. */
	if (!found || !found->find || !directory->is_operand || directory->transfer->from->survives)
		return FALSE;
	g_ptr_array_add(found->above, pss_item_ref(directory));
	pss_find_pause(found->find, FALSE);
	return TRUE;
}

static void go_on(PssCopyListing *found)
{
	if (found && found->find && found->above->len > 0)
		pss_find_pause(found->find, !pss_transfer_may_look_for_more(found->transfer));
}

const PssListingOps pss_listing_ops = {
	.on_place = on_place,
	.begin = begin,
	.go_on = go_on,
	.free = free_listing,
};
