/* SPDX-License-Identifier: MIT */
/* The user's terminal while entered: its modes, its size, and bytes to and from it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <termios.h>

struct pss_tty {
	int fd;                 /* an open file description of our own: non-blocking only for us */
	struct termios before;  /* as it was found, and is left */
	struct termios cooked;  /* what the shell's editor starts from */
	unsigned columns, rows; /* the last size that pss_tty_size() saw */
	bool dumb;              /* TERM says so: no control sequences */
	bool plain;             /* so, or the user wants it: no colours, nothing drawn again (look.h) */
	bool has_title_stack;   /* CSI 22;0t and CSI 23;0t are known */
	bool has_marks;         /* semantic marks are known, or passed over in silence */
};

/* Opens the controlling terminal and takes note of its modes. 0, or -errno with nothing to close. */
int pss_tty_open(struct pss_tty *tty, const char *term);
/* Puts the modes of pss_tty_open() back and closes. */
void pss_tty_close(struct pss_tty *tty);

/* True when we are being ended as a stopped or background job (`kill %1`): the terminal is the shell's by now,
 * and setting its modes would only stop us again. The functions below leave it alone then. */
bool pss_tty_is_out_of_reach(int fd);

/* 0 or -errno (-EIO: the terminal is gone). They wait until what was written has left. */
int pss_tty_make_raw(const struct pss_tty *tty);
int pss_tty_make_cooked(const struct pss_tty *tty);

/* Forgets what has been typed and not been read. */
void pss_tty_drop_keys(const struct pss_tty *tty);
/* And what still comes without a pause: who types, or pastes, has not seen yet that somebody else listens now. */
void pss_tty_drop_keys_until_quiet(const struct pss_tty *tty);

/* True when the size differs from the one seen before, or is seen for the first time. */
bool pss_tty_size(struct pss_tty *tty);

/* Non-blocking: bytes moved, 0 for the end of the terminal (read), -EAGAIN, -errno. */
ssize_t pss_tty_read(const struct pss_tty *tty, void *data, size_t n);
ssize_t pss_tty_write(const struct pss_tty *tty, const void *data, size_t n);

/* Waits while the terminal takes no more (Ctrl-S). Gives up when the shell is being ended. 0 or -errno. */
int pss_tty_write_all(const struct pss_tty *tty, const void *data, size_t n);
int pss_tty_put(const struct pss_tty *tty, const char *text);
