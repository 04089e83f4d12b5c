/* SPDX-License-Identifier: MIT */
/* The size by TIOCGWINSZ. Called for each request that has the fields COLUMNS and ROWS, and before a line of progress
 * is fitted into a terminal. */
#include "client/tty/size.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "client/base/fd.h"
#include "wire/cleanup.h"

void pss_terminal_size(unsigned *ret_columns, unsigned *ret_rows)
{
	struct winsize size = { 0 };
	_cleanup_(pss_close_fd) int tty = pss_descriptor_raise(open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));

	if (tty < 0 || ioctl(tty, TIOCGWINSZ, &size) < 0)
		size = (struct winsize){ 0 };
	*ret_columns = size.ws_col ? size.ws_col : 80;
	*ret_rows = size.ws_row ? size.ws_row : 24;
}

unsigned pss_descriptor_columns(int fd)
{
	struct winsize size;
	return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}
