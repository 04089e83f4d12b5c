/* SPDX-License-Identifier: MIT */
/* The user's terminal. It is opened by the name /dev/tty, so that O_NONBLOCK is set on an open file
 * description of its own: the shell's descriptors stay as they are, however this ends.
 * Used by the entered loop and the relay. Never decides when modes change, and keeps no global state. */
#include "client/tty/tty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "client/base/fd.h"
#include "client/base/poll.h"
#include "client/tty/look.h"
#include "client/tty/signals.h"

#define QUIET_MS 300 /* longer than the pause between two keys of who types on */
#define DROP_MS_MAX 2000

/* Terminals that take a control string for what it is, by the beginning of TERM. Others may paint it, as Linux's
 * console has done. */
static const struct {
	const char *term;
	bool has_title_stack;
} known[] = {
	{ "xterm", true },   { "tmux", true },    { "screen", true }, { "foot", true },    { "alacritty", true },
	{ "konsole", true }, { "vte", true },     { "gnome", true },  { "wezterm", true }, { "contour", true },
	{ "ghostty", true }, { "mlterm", true },  { "kitty", false }, { "iterm", false },  { "nsterm", false },
	{ "rxvt", false },   { "mintty", false }, { "rio", false },   { "st-", false },
};

static void look_up(struct pss_tty *tty, const char *term)
{
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		if (strncmp(term, known[i].term, strlen(known[i].term)) == 0) {
			tty->has_marks = true;
			tty->has_title_stack = known[i].has_title_stack;
			return;
		}
	}
}

static int open_terminal(void)
{
	return pss_descriptor_raise(open("/dev/tty", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
}

/* A terminal that was found in a line editor's modes (we run inside `bind -x`) is no base for another one. */
static void cook(struct termios *modes)
{
	modes->c_iflag |= ICRNL | BRKINT;
	modes->c_iflag &= ~(tcflag_t)(IGNCR | INLCR);
	modes->c_oflag |= OPOST | ONLCR;
	modes->c_lflag |= ICANON | ECHO | ISIG | IEXTEN;
}

int pss_tty_open(struct pss_tty *tty, const char *term)
{
	int fd = open_terminal();
	int error;

	if (fd < 0)
		return fd;
	*tty = (struct pss_tty){ .fd = fd };
	if (tcgetattr(fd, &tty->before) < 0) {
		error = -errno;
		close(fd);
		tty->fd = -1;
		return error;
	}
	tty->cooked = tty->before;
	cook(&tty->cooked);
	tty->plain = pss_look_is_plain(term);
	tty->dumb = pss_look_is_dumb(term);
	if (!tty->dumb)
		look_up(tty, term);
	return 0;
}

bool pss_tty_is_out_of_reach(int fd)
{
	return pss_signals_ending() && tcgetpgrp(fd) != getpgrp();
}

static int set_modes(int fd, const struct termios *modes)
{
	if (pss_tty_is_out_of_reach(fd))
		return 0;
	while (tcsetattr(fd, TCSADRAIN, modes) < 0) {
		if (errno != EINTR || pss_signals_ending())
			return tcsetattr(fd, TCSANOW, modes) < 0 ? -errno : 0;
	}
	return 0;
}

void pss_tty_close(struct pss_tty *tty)
{
	if (tty->fd < 0)
		return;
	set_modes(tty->fd, &tty->before);
	close(tty->fd);
	tty->fd = -1;
}

int pss_tty_make_raw(const struct pss_tty *tty)
{
	struct termios raw = tty->cooked;

	cfmakeraw(&raw);
	return set_modes(tty->fd, &raw);
}

int pss_tty_make_cooked(const struct pss_tty *tty)
{
	return set_modes(tty->fd, &tty->cooked);
}

void pss_tty_drop_keys(const struct pss_tty *tty)
{
	tcflush(tty->fd, TCIFLUSH);
}

void pss_tty_drop_keys_until_quiet(const struct pss_tty *tty)
{
	long long end = pss_now_ms() + DROP_MS_MAX, now;
	int events = POLLIN;

	/* In line mode keys are not seen before their newline is. */
	pss_tty_make_raw(tty);
	while ((now = pss_now_ms()) < end && events == POLLIN) {
		pss_tty_drop_keys(tty);
		events = pss_wait_descriptor(tty->fd, POLLIN, now + QUIET_MS, NULL);
	}
	pss_tty_make_cooked(tty);
}

bool pss_tty_size(struct pss_tty *tty)
{
	struct winsize size;

	if (ioctl(tty->fd, TIOCGWINSZ, &size) < 0 || (size.ws_col == tty->columns && size.ws_row == tty->rows))
		return false;
	tty->columns = size.ws_col;
	tty->rows = size.ws_row;
	return true;
}

ssize_t pss_tty_read(const struct pss_tty *tty, void *data, size_t n)
{
	ssize_t moved;

	do
		moved = read(tty->fd, data, n);
	while (moved < 0 && errno == EINTR);
	return moved < 0 ? -errno : moved;
}

ssize_t pss_tty_write(const struct pss_tty *tty, const void *data, size_t n)
{
	ssize_t moved;

	do
		moved = write(tty->fd, data, n);
	while (moved < 0 && errno == EINTR);
	return moved < 0 ? -errno : moved;
}

int pss_tty_write_all(const struct pss_tty *tty, const void *data, size_t n)
{
	const char *rest = data;

	if (pss_tty_is_out_of_reach(tty->fd))
		return 0;
	while (n > 0) {
		struct pollfd wait = { .fd = tty->fd, .events = POLLOUT };
		ssize_t moved = pss_tty_write(tty, rest, n);

		if (moved > 0) {
			rest += moved;
			n -= (size_t)moved;
		} else if (moved != -EAGAIN) {
			return moved < 0 ? (int)moved : -EIO;
		} else if (poll(&wait, 1, -1) < 0 && (errno != EINTR || pss_signals_ending())) {
			return -errno;
		}
	}
	return 0;
}

int pss_tty_put(const struct pss_tty *tty, const char *text)
{
	return pss_tty_write_all(tty, text, strlen(text));
}
