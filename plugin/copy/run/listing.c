/* SPDX-License-Identifier: MIT */
/* For Tab: the names in one directory of another computer. Called by main.c in the place of transfers. */
#include "copy/run/private.h"

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

void pss_listing_on_place(PssCopy *copy, const PssPlace *place)
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
