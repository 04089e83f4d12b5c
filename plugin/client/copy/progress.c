/* SPDX-License-Identifier: MIT */
/* The line on the terminal that says how far the copy is. It is there only while nothing else is written. Called by
 * copy-loop.c. Never waits for the terminal. */
#include <string.h>
#include <unistd.h>

#include "client/copy/private.h"
#include "client/tty/look.h"
#include "wire/cleanup.h"

void pss_copy_progress_clear(struct pss_copy_run *run)
{
	if (run->progress_shown)
		pss_writer_write(&run->writer, PSS_LOOK_ERASE, strlen(PSS_LOOK_ERASE));
	run->progress_shown = false;
}

void pss_copy_progress_show(struct pss_copy_run *run, const char *text)
{
	if (!*text || tcgetpgrp(STDERR_FILENO) != getpgrp()) {
		pss_copy_progress_clear(run);
		return;
	}
	_cleanup_(pss_free_pointer) char *line = pss_look_status_line(text);
	if (line && pss_writer_write(&run->writer, line, strlen(line)) > 0)
		run->progress_shown = true;
}
