/* SPDX-License-Identifier: MIT */
/* Signals while zsh's editor reads a line. zleread() looks at zsh's errflag only when its poll() is interrupted,
 * and a signal may come right before that; so what has to end it is said again by a timer until it has ended.
 * The signal of the timer is a real-time one, which zsh's traps do not know. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <time.h>

#include "zsh-module/zsh.h"

#include "zsh-module/editor-signals.h"

#define TICK_NS 2000000 /* 2 ms */

static struct {
	timer_t timer;
	bool has_timer;
	sigset_t shell_mask, loop_mask;
	struct sigaction timer_before;
	volatile sig_atomic_t given_up;
	bool blocks_alarm;
	int int_trapped; /* zsh's sigtrapped and siglists of SIGINT, while they are away */
	Eprog int_list;
} state;

/* Whose handlers zleread() wants to be zsh's own. */
static struct {
	int number;
	struct sigaction shell, loop;
} handed_back[] = { { .number = SIGINT }, { .number = SIGWINCH }, { .number = SIGQUIT }, { .number = SIGCONT } };
#define N_HANDED_BACK (sizeof handed_back / sizeof *handed_back)

/* These stay the loop's, which takes note of them; and then the line is over. */
static struct {
	int number;
	struct sigaction loop;
} ending[] = { { .number = SIGHUP }, { .number = SIGTERM } };
#define N_ENDING (sizeof ending / sizeof *ending)

static int timer_signal(void)
{
	return SIGRTMAX - 2;
}

static void on_tick(int number)
{
	if (state.given_up)
		errflag |= ERRFLAG_INT;
}

void pss_zsh_editor_give_up(void)
{
	struct itimerspec often = { .it_value.tv_nsec = TICK_NS, .it_interval.tv_nsec = TICK_NS };

	state.given_up = 1;
	errflag |= ERRFLAG_INT;
	timer_settime(state.timer, 0, &often, NULL);
}

bool pss_zsh_editor_has_given_up(void)
{
	return state.given_up != 0;
}

static void on_ending(int number)
{
	int error = errno;

	for (size_t i = 0; i < N_ENDING; i++) {
		if (ending[i].number == number)
			ending[i].loop.sa_handler(number);
	}
	pss_zsh_editor_give_up();
	errno = error;
}

void pss_zsh_editor_signals_note(void)
{
	sigprocmask(SIG_SETMASK, NULL, &state.shell_mask);
	for (size_t i = 0; i < N_HANDED_BACK; i++)
		sigaction(handed_back[i].number, NULL, &handed_back[i].shell);
}

int pss_zsh_editor_signals_begin(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = timer_signal() };
	struct sigaction action = { .sa_handler = on_tick };

	if (timer_create(CLOCK_MONOTONIC, &event, &state.timer) < 0)
		return -errno;
	state.has_timer = true;
	state.given_up = 0;
	sigaction(timer_signal(), &action, &state.timer_before);
	return 0;
}

void pss_zsh_editor_signals_end(void)
{
	if (!state.has_timer)
		return;
	timer_delete(state.timer);
	state.has_timer = false;
	sigaction(timer_signal(), &state.timer_before, NULL);
}

/* A trap on SIGINT is the local shell's affair: here the key only means the line. */
static void put_trap_away(void)
{
	state.int_trapped = sigtrapped[SIGINT];
	state.int_list = siglists[SIGINT];
	sigtrapped[SIGINT] = 0;
	siglists[SIGINT] = NULL;
}

/* Unless a widget has set another one. */
static void put_trap_back(void)
{
	if (sigtrapped[SIGINT]) {
		if (state.int_list)
			freeeprog(state.int_list);
		return;
	}
	sigtrapped[SIGINT] = state.int_trapped;
	siglists[SIGINT] = state.int_list;
}

void pss_zsh_editor_signals_of_shell(void)
{
	sigset_t mask = state.shell_mask;

	/* TMOUT would end the whole shell, for a person who works on another computer. */
	state.blocks_alarm = !sigtrapped[SIGALRM] && !sigismember(&mask, SIGALRM);
	if (state.blocks_alarm)
		sigaddset(&mask, SIGALRM);
	sigaddset(&mask, SIGWINCH); /* zleread() lets it through when it can take it */
	sigdelset(&mask, SIGHUP);
	sigdelset(&mask, SIGTERM);
	sigprocmask(SIG_SETMASK, &mask, &state.loop_mask);
	put_trap_away();
	for (size_t i = 0; i < N_HANDED_BACK; i++)
		sigaction(handed_back[i].number, &handed_back[i].shell, &handed_back[i].loop);
	for (size_t i = 0; i < N_ENDING; i++) {
		struct sigaction action = { .sa_handler = on_ending };

		sigaction(ending[i].number, NULL, &ending[i].loop);
		if (ending[i].loop.sa_handler != SIG_IGN && ending[i].loop.sa_handler != SIG_DFL)
			sigaction(ending[i].number, &action, NULL);
	}
}

void pss_zsh_editor_signals_of_loop(void)
{
	struct itimerspec never = { 0 };
	struct timespec now = { 0 };
	sigset_t alarm_set;

	timer_settime(state.timer, 0, &never, NULL);
	for (size_t i = 0; i < N_ENDING; i++)
		sigaction(ending[i].number, &ending[i].loop, NULL);
	for (size_t i = 0; i < N_HANDED_BACK; i++)
		sigaction(handed_back[i].number, &handed_back[i].loop, NULL);
	put_trap_back();
	sigemptyset(&alarm_set);
	sigaddset(&alarm_set, SIGALRM);
	if (state.blocks_alarm)
		sigtimedwait(&alarm_set, NULL, &now); /* zleread() has switched it off; one may be waiting */
	sigprocmask(SIG_SETMASK, &state.loop_mask, NULL);
	state.given_up = 0;
}
