/* SPDX-License-Identifier: MIT */
/* By its main thread: it runs, it waits for a disk, or it has used time of a processor since a moment
 * ago. One that is stopped does none of it. Called by connection.c. */
#include "client/requests/busy.h"

#include <errno.h>

#include "client/base/poll.h"
#include "client/base/system.h"

#define LOOK_AGAIN_MS 200

bool pss_busy_is_at_work(pid_t pid, bool (*interrupted)(void))
{
	struct pss_process_look before, now;

	if (!pss_process_look(pid, &before))
		return false;
	if (pss_wait_descriptor(-1, 0, pss_now_ms() + LOOK_AGAIN_MS, interrupted) != -ETIMEDOUT)
		return true; /* Ctrl-C: the wait that follows takes it */
	return pss_process_look(pid, &now) && (now.is_at_work || now.ticks != before.ticks);
}
