/* SPDX-License-Identifier: MIT */
/* One run of the program: as many transfers as may be at a time, until the last has ended or the user has stopped them.
 * Called by copy/run, transfer.c, half.c and, for Tab, by copy/sides. */
#include "copy/items/private.h"

void pss_copy_end(PssCopy *copy)
{
	if (copy->is_finished)
		return;
	copy->is_finished = TRUE;
	pss_verb_link_done(copy->verb, copy->is_stopping ? PSS_INTERRUPTED : PSS_OK);
	g_main_loop_quit(copy->loop);
}

void pss_copy_begin_some(PssCopy *copy)
{
	while (copy->n_begun < copy->transfers->len && copy->n_running < copy->request->throttle &&
	       !copy->is_stopping) {
		copy->n_running++;
		pss_transfer_begin(copy->transfers->pdata[copy->n_begun++]);
	}
	if (copy->n_running == 0 && copy->n_begun == copy->transfers->len && g_queue_is_empty(&copy->removals) &&
	    !copy->is_stopping)
		pss_copy_end(copy);
}

void pss_copy_end_stopped(PssCopy *copy)
{
	for (guint i = 1; i < copy->places->len; i++)
		pss_report_left(copy->places->pdata[i]);
	pss_copy_end(copy);
}

void pss_copy_check_stopped(PssCopy *copy)
{
	if (g_queue_is_empty(&copy->removals))
		pss_copy_end_stopped(copy);
}
