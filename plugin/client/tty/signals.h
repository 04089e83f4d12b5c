/* SPDX-License-Identifier: MIT */
/* The signals that concern an entered terminal, caught as flags while a session is entered. The flags
 * are process-wide, because signals are. */
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

/* Catches SIGINT, SIGHUP, SIGTERM, SIGWINCH and SIGCONT, ignores SIGQUIT and SIGXFSZ. What the shell ignores of
 * HUP and TERM stays ignored, what `has_trap` (or NULL) is true for stays the shell's, and none of these is blocked.
 * Clears all flags. */
void pss_signals_catch(bool (*has_trap)(int signal));
/* Puts every disposition and the mask back. */
void pss_signals_release(void);

/* SIGHUP or SIGTERM if one has come, else 0. Stays set. */
int pss_signals_ending(void);

/* The same once for each time: for those who have something to wait for still. */
int pss_signals_take_ending(void);

/* So many SIGINT have come since the last call. */
int pss_signals_take_interrupts(void);
/* True once for all times that the signal has come. */
bool pss_signals_take_resize(void);
bool pss_signals_take_continue(void);

/* poll() that no signal can slip past, and that returns at once while one has not been taken: `pending` (or NULL) is
 * asked with signals blocked, and true means that there is something to look at already. Results as poll(): -1 with
 * EINTR for a signal. */
int pss_signals_poll(struct pollfd *fds, nfds_t n_fds, int64_t timeout_ms, bool (*pending)(void));
