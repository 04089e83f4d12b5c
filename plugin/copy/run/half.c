/* SPDX-License-Identifier: MIT */
/* When a file could not be written elsewhere: SFTP's "failure" says nothing, so the target and the disk are looked at;
 * and what is half there is removed. Called by side-remote.c and the files that write. */
#include "copy/run/private.h"

#include "base/error.h"

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
		pss_half_remove(item->transfer->to, explaining->part);
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

static void on_removed(gpointer user, const GError *error)
{
	PssCopy *copy = user;

	copy->n_removals--;
	if (copy->is_stopping)
		pss_copy_check_stopped(copy);
	else
		pss_copy_begin_some(copy); /* it may have been the last */
}

void pss_half_remove(PssPlace *place, const char *part)
{
	if (place->state != PSS_PLACE_READY)
		return;
	place->copy->n_removals++;
	pss_sftp_remove(place->sftp, part, on_removed, place->copy);
}

void pss_half_explain(PssItem *item, const char *part, const GError *error)
{
	Explaining *explaining = g_new0(Explaining, 1);
	const char *plain = say_plainly(error);

	explaining->item = item;
	explaining->part = g_strdup(part); /* the space is looked at while it fills it */
	explaining->error = g_error_copy(error);
	if (g_error_matches(error, PSS_SFTP_ERROR, PSS_SFTP_FAILURE) && item->transfer->to->state == PSS_PLACE_READY)
		pss_sftp_lstat(item->transfer->to->sftp, item->target_path, on_target, explaining);
	else
		end(explaining, plain);
}
