/* SPDX-License-Identifier: MIT */
/* The loop of invoke-command: one connection to the host process, any number of commands on it, standard input in and
 * output out, without ever waiting for more than one thing. Ctrl-C, a reader that has gone and -Timeout end the
 * commands, not only the wait for them. While it runs, SIGINT and its like are flags; what came of them is
 * given to the shell at the end. */
#include "client/invoke/invoke-loop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/base/poll.h"
#include "client/requests/requests.h"
#include "client/tty/signals.h"

#define OUT_LIMIT (256u * 1024u)
#define QUIET_MS 1000       /* until the first word, and while one is owed */
#define QUIET_LONG_MS 10000 /* while commands run */
#define GIVE_UP_MS 2000     /* for a command that was told to end because nobody reads it */
#define GRACE_MS 1000       /* the same after -Timeout */
#define QUESTION_MS 1000    /* for a line on a terminal to go on */
#define AT_ONCE_MS 1000     /* for the host process to answer who has pressed Ctrl-C twice */

/* ---- ending early */

static void drop_waiting(struct pss_invoke *invoke)
{
	for (size_t i = 0; i < invoke->n_targets; i++)
		if (invoke->targets[i].state == PSS_TARGET_WAITS)
			pss_invoke_end_target(invoke, &invoke->targets[i], PSS_OUTCOME_STOPPED,
					      pss_invoke_early_status(invoke));
}

static int stop_all(struct pss_invoke *invoke, bool force)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < invoke->n_targets; i++)
		if (invoke->targets[i].state == PSS_TARGET_RUNS)
			rc = pss_invoke_stop(invoke, &invoke->targets[i], force);
	return rc;
}

static bool take_ending(struct pss_invoke *invoke)
{
	int ending = pss_signals_take_ending();

	if (ending)
		invoke->ending = ending;
	return ending != 0;
}

/* What has been said to all commands. */
enum stopped { NOT_STOPPED, TOLD_TO_END, GIVEN_UP };

static int take_interrupts(struct pss_invoke *invoke, enum stopped *stopped)
{
	invoke->n_interrupts += (unsigned)pss_signals_take_interrupts();
	if (take_ending(invoke))
		invoke->n_interrupts += 2;
	if (invoke->n_interrupts == 0 && !invoke->broken && !invoke->call->stop)
		return 0;
	bool force = invoke->n_interrupts > 1 || invoke->call->stop ||
		     (invoke->give_up != 0 && pss_now_ms() >= invoke->give_up);
	if (invoke->broken && invoke->give_up == 0)
		invoke->give_up = pss_now_ms() + GIVE_UP_MS;
	drop_waiting(invoke);
	enum stopped wanted = force ? GIVEN_UP : TOLD_TO_END;
	if (*stopped >= wanted)
		return 0;
	*stopped = wanted;
	invoke->heard = pss_now_ms();
	return stop_all(invoke, force);
}

static int take_timeouts(struct pss_invoke *invoke)
{
	long long now = pss_now_ms();
	int rc = 0;

	for (size_t i = 0; invoke->timeout_ms > 0 && rc == 0 && i < invoke->n_targets; i++) {
		struct pss_invoke_target *target = &invoke->targets[i];
		if (target->state != PSS_TARGET_RUNS || now < target->started + invoke->timeout_ms)
			continue;
		bool late = now >= target->started + invoke->timeout_ms + GRACE_MS;
		if (!target->overdue || late)
			rc = pss_invoke_stop(invoke, target, late);
		target->overdue = true;
	}
	return rc;
}

/* ---- one turn */

static int start_some(struct pss_invoke *invoke)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < invoke->n_targets && invoke->n_running < invoke->throttle; i++)
		if (invoke->targets[i].state == PSS_TARGET_WAITS)
			rc = pss_invoke_start(invoke, &invoke->targets[i]);
	return rc;
}

/* Takes frames as long as their output can go somewhere. */
static int take_frames(struct pss_invoke *invoke)
{
	int rc = 0;

	while (rc == 0 && invoke->out[0].length < OUT_LIMIT && invoke->out[1].length < OUT_LIMIT) {
		if (!invoke->showing) {
			rc = pss_connection_peek(&invoke->connection, &invoke->frame);
			if (rc <= 0)
				return rc;
			invoke->heard = pss_now_ms();
			invoke->n_shown = 0;
		}
		rc = pss_invoke_on_frame(invoke, &invoke->frame);
		invoke->showing = rc > 0;
		if (rc > 0)
			return 0;
		pss_connection_done(&invoke->connection, &invoke->frame);
		pss_invoke_write(invoke);
	}
	return rc;
}

static bool all_acknowledged(const struct pss_invoke *invoke)
{
	for (size_t i = 0; i < invoke->n_targets; i++)
		if (invoke->targets[i].state == PSS_TARGET_RUNS && !invoke->targets[i].acknowledged)
			return false;
	return true;
}

static int wait_for_busy(struct pss_invoke *invoke, long long *wake)
{
	if (!pss_connection_is_busy(&invoke->connection, NULL))
		return -ETIMEDOUT;
	invoke->heard = pss_now_ms();
	if (invoke->heard + PSS_ACK_DEADLINE_MS < *wake)
		*wake = invoke->heard + PSS_ACK_DEADLINE_MS;
	return 0;
}

/* A silence may be a long command or a stopped host process: the ping tells. */
static int take_silence(struct pss_invoke *invoke, long long *wake)
{
	struct pss_message message;
	long long now = pss_now_ms();
	long long patience = invoke->n_interrupts > 1   ? AT_ONCE_MS
			     : invoke->ping             ? PSS_ACK_DEADLINE_MS
			     : all_acknowledged(invoke) ? QUIET_LONG_MS
							: QUIET_MS;

	if (pss_invoke_has_output(invoke)) /* we do not read: it owes us nothing */
		invoke->heard = now;
	if (now >= invoke->heard + patience) {
		if (invoke->n_interrupts > 1)
			return -ETIMEDOUT;
		if (invoke->ping)
			return wait_for_busy(invoke, wake);
		invoke->ping = pss_connection_new_id(&invoke->connection);
		invoke->heard = now;
		pss_message_begin(&message, &invoke->connection.out, PSS_PING, invoke->ping);
		return pss_message_end(&message);
	}
	if (invoke->heard + patience < *wake)
		*wake = invoke->heard + patience;
	return 0;
}

static void look_for_deadlines(const struct pss_invoke *invoke, long long *wake)
{
	if (invoke->give_up != 0 && invoke->give_up < *wake)
		*wake = invoke->give_up;
	for (size_t i = 0; invoke->timeout_ms > 0 && i < invoke->n_targets; i++) {
		const struct pss_invoke_target *target = &invoke->targets[i];
		long long deadline = target->started + invoke->timeout_ms + (target->overdue ? GRACE_MS : 0);
		if (target->state == PSS_TARGET_RUNS && deadline < *wake)
			*wake = deadline;
	}
}

/* A terminal's line that has not ended and goes no further may be a question, for which nobody would wait to end. */
static void look_for_questions(struct pss_invoke *invoke, long long *wake)
{
	bool may_ask = invoke->tty && invoke->n_targets > 1;

	for (size_t i = 0; may_ask && i < invoke->n_targets; i++) {
		struct pss_invoke_target *target = &invoke->targets[i];
		long long due = target->printed + QUESTION_MS;
		if (target->state != PSS_TARGET_RUNS || target->printed == 0)
			continue;
		if (pss_now_ms() >= due)
			pss_invoke_show_question(invoke, target);
		else if (due < *wake)
			*wake = due;
	}
}

static int wait_and_read(struct pss_invoke *invoke, long long wake)
{
	bool blocked = invoke->showing || invoke->out[0].length >= OUT_LIMIT || invoke->out[1].length >= OUT_LIMIT;
	bool out0 = invoke->out[0].length > 0 || (invoke->showing && invoke->frame.header.type == PSS_STDOUT);
	bool out1 = invoke->out[1].length > 0 || (invoke->showing && invoke->frame.header.type == PSS_STDERR);
	short connection_events = (short)((blocked ? 0 : POLLIN) | (invoke->connection.out.length > 0 ? POLLOUT : 0));
	struct pollfd fds[] = {
		{ .fd = connection_events ? invoke->connection.fd : -1, .events = connection_events },
		{ .fd = pss_invoke_wants_input(invoke) ? invoke->input : -1, .events = POLLIN },
		{ .fd = out0 ? pss_writer_descriptor(&invoke->writers[0]) : -1, .events = POLLOUT },
		{ .fd = out1 ? pss_writer_descriptor(&invoke->writers[1]) : -1, .events = POLLOUT },
	};
	long long left = wake - pss_now_ms();

	if (pss_signals_poll(fds, 4, left > 0 ? left : 0, NULL) < 0)
		return errno == EINTR ? 0 : -errno;
	if (fds[1].revents) {
		int rc = pss_invoke_take_input(invoke);
		if (rc < 0)
			return rc;
	}
	if (!(fds[0].revents & ~POLLOUT) || blocked)
		return 0;
	int rc = pss_connection_fill(&invoke->connection);
	return rc == 0 ? -ECONNRESET : rc < 0 && rc != -EAGAIN ? rc : 0;
}

/* A terminal of which the command has one of its own. The signals are taken in any case. */
static int take_terminal(struct pss_invoke *invoke)
{
	bool ours = invoke->terminal.fd >= 0;

	if (pss_signals_take_continue() && ours)
		pss_tty_make_raw(&invoke->terminal);
	if (pss_signals_take_resize() && ours && pss_tty_size(&invoke->terminal))
		return pss_invoke_send_size(invoke);
	return 0;
}

static int turn(struct pss_invoke *invoke, enum stopped *stopped)
{
	long long wake = pss_now_ms() + 3600 * 1000;

	int rc = take_interrupts(invoke, stopped);
	if (rc == 0)
		rc = take_terminal(invoke);
	if (rc == 0)
		rc = take_timeouts(invoke);
	if (rc == 0)
		rc = start_some(invoke);
	if (rc == 0 && invoke->copies)
		rc = pss_invoke_give_copies(invoke);
	if (rc == 0)
		rc = pss_connection_flush(&invoke->connection);
	if (rc < 0 && rc != -EAGAIN && rc != -EPIPE && rc != -ECONNRESET)
		return rc;
	pss_invoke_write(invoke);
	size_t n_running = invoke->n_running;
	bool stop = invoke->call->stop;
	rc = take_frames(invoke);
	/* One that ended makes room for another, or is the end of all. */
	if (rc < 0 || invoke->n_running != n_running || invoke->call->stop != stop)
		return rc;
	rc = take_silence(invoke, &wake);
	pss_invoke_progress_show(invoke, &wake);
	look_for_deadlines(invoke, &wake);
	look_for_questions(invoke, &wake);
	return rc < 0 ? rc : wait_and_read(invoke, wake);
}

/* What is left when all commands are done. */
static void write_rest(struct pss_invoke *invoke)
{
	while (pss_invoke_has_output(invoke) && invoke->n_interrupts < 2) {
		struct pollfd fds[2];
		for (int i = 0; i < 2; i++)
			fds[i] = (struct pollfd){ .fd = invoke->out[i].length > 0
								? pss_writer_descriptor(&invoke->writers[i])
								: -1,
						  .events = POLLOUT };
		pss_invoke_write(invoke);
		if (!pss_invoke_has_output(invoke))
			return;
		pss_signals_poll(fds, 2, -1, NULL);
		take_terminal(invoke);
		if (pss_signals_take_interrupts() || take_ending(invoke))
			invoke->n_interrupts = 2;
	}
}

/* ---- around it */

struct surroundings {
	bool ignores_interrupt;
	bool had_sigpipe;
	sigset_t mask;
};

/* A broken pipe must not end the shell before the remote side has heard of it. */
static void take_surroundings(const struct pss_shell *shell, struct surroundings *surroundings)
{
	struct sigaction action;
	sigset_t pipe_set, pending;

	sigaction(SIGINT, NULL, &action);
	surroundings->ignores_interrupt = action.sa_handler == SIG_IGN;
	sigpending(&pending);
	surroundings->had_sigpipe = sigismember(&pending, SIGPIPE) == 1;
	sigemptyset(&pipe_set);
	sigaddset(&pipe_set, SIGPIPE);
	sigprocmask(SIG_BLOCK, &pipe_set, &surroundings->mask);
	/* A trap runs when the invocation is done, as it does behind a program in the foreground. */
	pss_signals_catch(shell->has_trap);
	if (surroundings->ignores_interrupt)
		sigaction(SIGINT, &action, NULL);
}

static void give_surroundings_back(const struct surroundings *surroundings, const struct pss_invoke *invoke)
{
	struct timespec now = { 0 };
	sigset_t pipe_set;
	pss_signals_release();
	sigemptyset(&pipe_set);
	sigaddset(&pipe_set, SIGPIPE);
	while (!surroundings->had_sigpipe && sigtimedwait(&pipe_set, NULL, &now) > 0)
		;
	sigprocmask(SIG_SETMASK, &surroundings->mask, NULL);
	/* Now the shell's own way with it takes place: a trap, the end of a loop, its end. */
	if (invoke->ending)
		kill(getpid(), invoke->ending);
	else if (invoke->n_interrupts > 0 && !surroundings->ignores_interrupt)
		kill(getpid(), SIGINT);
}

/* Keys are the command's, as with ssh -t: one target, and a person at the keyboard. */
static void open_terminal(struct pss_invoke *invoke)
{
	invoke->terminal.fd = -1;
	if (!invoke->tty || invoke->n_targets != 1 || invoke->input < 0 || !isatty(invoke->input))
		return;
	if (pss_tty_open(&invoke->terminal, getenv("TERM")) < 0)
		invoke->terminal.fd = -1;
	else if (pss_tty_make_raw(&invoke->terminal) == 0)
		pss_tty_size(&invoke->terminal);
}

static void finish(struct pss_invoke *invoke)
{
	for (int i = 0; i < 2; i++) {
		pss_writer_finish(&invoke->writers[i]);
		pss_buffer_finish(&invoke->out[i]);
	}
	for (size_t i = 0; i < invoke->n_targets; i++) {
		pss_buffer_finish(&invoke->targets[i].partial[0]);
		pss_buffer_finish(&invoke->targets[i].partial[1]);
		free(invoke->targets[i].reason);
	}
	pss_buffer_wipe(&invoke->password);
}

static void tell_ending(struct pss_invoke *invoke)
{
	if (invoke->n_interrupts > 0)
		pss_call_take_status(invoke->call, pss_status_exit(PSS_INTERRUPTED));
	else if (invoke->broken == EPIPE)
		invoke->call->status = PSS_SIGPIPE_STATUS;
	else if (invoke->broken)
		pss_call_error(invoke->call, PSS_FAILED, NULL, "write error: %s", strerror(invoke->broken));
}

void pss_invoke_run(struct pss_invoke *invoke)
{
	struct surroundings surroundings;
	enum stopped stopped = NOT_STOPPED;
	int rc = 0;

	fflush(stdout);
	invoke->heard = pss_now_ms();
	for (int i = 0; i < 2; i++) {
		pss_writer_init(&invoke->writers[i], i + 1);
		invoke->on_terminal[i] = isatty(i + 1);
	}
	take_surroundings(invoke->call->shell, &surroundings);
	open_terminal(invoke);
	pss_invoke_progress_open(invoke);
	while (rc == 0 && invoke->n_done < invoke->n_targets)
		rc = turn(invoke, &stopped);
	pss_invoke_progress_clear(invoke);
	if (rc == 0 && invoke->form == PSS_FORM_GROUPED)
		pss_invoke_show_groups(invoke);
	write_rest(invoke);
	if (invoke->terminal.fd >= 0)
		pss_tty_close(&invoke->terminal);
	if (rc < 0)
		pss_request_failed(invoke->call, &invoke->connection, rc,
				   invoke->n_targets == 1 ? invoke->targets[0].label : NULL);
	pss_invoke_tell_summary(invoke);
	pss_invoke_record(invoke);
	tell_ending(invoke);
	finish(invoke);
	give_surroundings_back(&surroundings, invoke);
}
