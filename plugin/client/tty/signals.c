/* SPDX-License-Identifier: MIT */
/* Signals as flags. The entered loop catches them for as long as it runs; a shell's editor may put its
 * own handlers on top while it reads a line and hands on what it gets. Nothing but setting a flag
 * happens in a handler. */
#include "client/tty/signals.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>

#include "client/base/poll.h"

static volatile sig_atomic_t n_interrupts, resize_flag, continue_flag, ending_flag, ending_signal;

static void on_interrupt(int number)
{
	n_interrupts++;
}

static void on_resize(int number)
{
	resize_flag = 1;
}

static void on_continue(int number)
{
	continue_flag = 1;
}

static void on_ending(int number)
{
	ending_signal = number;
	ending_flag = 1;
}

static struct caught {
	int number;
	void (*handler)(int number);
	bool ends; /* the shell: its own way with it may have to stay */
	struct sigaction before;
} table[] = {
	{ SIGINT, on_interrupt, false },
	{ SIGHUP, on_ending, true },
	{ SIGTERM, on_ending, true },
	{ SIGWINCH, on_resize, false },
	{ SIGCONT, on_continue, false },
	{ SIGQUIT, SIG_IGN, false }, /* the key is the remote's; at the prompt a shell ignores it */
	{ SIGXFSZ, SIG_IGN, false }, /* a file that may not grow (`ulimit -f`) is a failed write, not the shell's end */
};
#define TABLE_END (table + sizeof(table) / sizeof(table[0]))

static sigset_t mask_before;

static bool stays(const struct caught *row, bool (*has_trap)(int signal))
{
	return row->ends && (row->before.sa_handler == SIG_IGN || (has_trap && has_trap(row->number)));
}

void pss_signals_catch(bool (*has_trap)(int signal))
{
	sigset_t caught;

	n_interrupts = resize_flag = continue_flag = ending_flag = ending_signal = 0;
	sigemptyset(&caught);
	for (struct caught *row = table; row < TABLE_END; row++) {
		struct sigaction action = { .sa_handler = row->handler };

		sigemptyset(&action.sa_mask);
		sigaction(row->number, NULL, &row->before);
		if (!stays(row, has_trap))
			sigaction(row->number, &action, NULL);
		sigaddset(&caught, row->number);
	}
	sigprocmask(SIG_UNBLOCK, &caught, &mask_before); /* zsh runs its builtins with some of them blocked */
}

void pss_signals_release(void)
{
	for (struct caught *row = table; row < TABLE_END; row++)
		sigaction(row->number, &row->before, NULL);
	sigprocmask(SIG_SETMASK, &mask_before, NULL);
}

int pss_signals_ending(void)
{
	return ending_signal;
}

int pss_signals_take_ending(void)
{
	int signal = ending_flag ? ending_signal : 0;

	ending_flag = 0;
	return signal;
}

static bool take(volatile sig_atomic_t *flag)
{
	bool was_set = *flag != 0;

	*flag = 0;
	return was_set;
}

int pss_signals_take_interrupts(void)
{
	sigset_t interrupt, before;

	sigemptyset(&interrupt);
	sigaddset(&interrupt, SIGINT);
	sigprocmask(SIG_BLOCK, &interrupt, &before);
	int n = n_interrupts;
	n_interrupts = 0;
	sigprocmask(SIG_SETMASK, &before, NULL);
	return n;
}

bool pss_signals_take_resize(void)
{
	return take(&resize_flag);
}

bool pss_signals_take_continue(void)
{
	return take(&continue_flag);
}

int pss_signals_poll(struct pollfd *fds, nfds_t n_fds, int64_t timeout_ms, bool (*pending)(void))
{
	struct timespec timeout = { .tv_sec = timeout_ms / 1000, .tv_nsec = (timeout_ms % 1000) * 1000000 };
	sigset_t all, before;
	int n_ready = -1, error = EINTR;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	if (n_interrupts == 0 && !resize_flag && !continue_flag && !ending_flag && !(pending && pending())) {
		n_ready = pss_wait_poll(fds, n_fds, timeout_ms < 0 ? NULL : &timeout, &before);
		error = errno;
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	errno = error;
	return n_ready;
}
