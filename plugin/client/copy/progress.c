/* SPDX-License-Identifier: MIT */
/* The line on the terminal that says how far the copy is. It is there only while nothing else is written. Called by
 * copy-loop.c. Never waits for the terminal. */
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "client/copy/private.h"
#include "terminal/width.h"
#include "wire/cleanup.h"

#define ERASE "\r\033[K"

static unsigned terminal_columns(void)
{
	struct winsize size;
	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void pss_copy_progress_clear(struct pss_copy_run *run)
{
	if (run->progress_shown)
		pss_writer_write(&run->writer, ERASE, strlen(ERASE));
	run->progress_shown = false;
}

void pss_copy_progress_show(struct pss_copy_run *run, const char *text)
{
	if (!*text || tcgetpgrp(STDERR_FILENO) != getpgrp()) {
		pss_copy_progress_clear(run);
		return;
	}
	/* One that fills the last column would wrap on some terminals. */
	int n = (int)pss_width_fit(text, terminal_columns() - 1, NULL);
	_cleanup_(pss_free_pointer) char *line = pss_format(ERASE "%.*s\r", n, text);
	if (line && pss_writer_write(&run->writer, line, strlen(line)) > 0)
		run->progress_shown = true;
}
