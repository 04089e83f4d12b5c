/* SPDX-License-Identifier: MIT */
/* The loop of invoke-command: one connection to the host process, any number of commands on it, standard input in and
 * output out, without ever waiting for more than one thing. Ctrl-C, a reader that has gone and -Timeout end the
 * commands, not only the wait for them. While it runs, SIGINT and its like are flags; what came of them is
 * given to the shell at the end. */
#include "client/invoke/private.h"

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
#include "wire/deadlines.h"

#define OUT_LIMIT (256u * 1024u)
#define QUIET_MS 1000       /* until the first word, and while one is owed */
#define QUIET_LONG_MS 10000 /* while commands run */
#define GIVE_UP_MS 2000     /* for a command that was asked to end as its output goes nowhere */
#define GRACE_MS 1000       /* the same after -Timeout */
#define QUESTION_MS 1000    /* for a line on a terminal to go on */
#define AT_ONCE_MS 1000     /* for the host process to answer after a second Ctrl-C */

/* ---- ending early */

static void drop_waiting(struct pss_invoke *invoke)
{
	for (size_t i = 0; i < invoke->n_targets; i++)
		if (invoke->targets[i].state == PSS_INVOKE_WAITING)
			pss_invoke_end_target(invoke, &invoke->targets[i], PSS_OUTCOME_STOPPED,
					      pss_invoke_early_status(invoke));
}

static int stop_all(struct pss_invoke *invoke, bool force)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < invoke->n_targets; i++)
		if (pss_invoke_is_under_way(&invoke->targets[i]))
			rc = pss_invoke_stop(invoke, &invoke->targets[i], force);
	return rc;
}

static bool take_ending_signal(struct pss_invoke *invoke)
{
	int number = pss_signals_take_ending();

	if (number)
		invoke->run->ending.signal = number;
	return number != 0;
}

/* Ctrl-C, a signal that ends the shell, output that goes nowhere, -ErrorAction Stop: the commands hear of it once, and
 * once more when they are given up. */
static int take_interrupts(struct pss_invoke *invoke)
{
	struct pss_invoke_ending *ending = &invoke->run->ending;
	bool is_broken = invoke->run->output.error != 0, stop = invoke->call->stop;

	ending->n_interrupts += (unsigned)pss_signals_take_interrupts();
	if (take_ending_signal(invoke))
		ending->n_interrupts += 2;
	if (ending->n_interrupts == 0 && !is_broken && !stop)
		return 0;
	bool force = ending->n_interrupts > 1 || stop || (ending->give_up != 0 && pss_now_ms() >= ending->give_up);
	if (is_broken && ending->give_up == 0)
		ending->give_up = pss_now_ms() + GIVE_UP_MS;
	drop_waiting(invoke);
	enum pss_invoke_stopped wanted = force ? PSS_INVOKE_GIVEN_UP : PSS_INVOKE_ASKED_TO_END;
	if (ending->sent >= wanted)
		return 0;
	ending->sent = wanted;
	if (ending->n_interrupts == 1)
		pss_invoke_progress_stop(invoke);
	invoke->run->host.heard = pss_now_ms();
	return stop_all(invoke, force);
}

static long long timeout_of(const struct pss_invoke *invoke, const struct pss_invoke_target *target)
{
	return target->run.started + invoke->request.timeout_ms;
}

static int take_timeouts(struct pss_invoke *invoke)
{
	long long now = pss_now_ms();
	int rc = 0;

	for (size_t i = 0; invoke->request.timeout_ms > 0 && rc == 0 && i < invoke->n_targets; i++) {
		struct pss_invoke_target *target = &invoke->targets[i];
		if (!pss_invoke_is_under_way(target) || now < timeout_of(invoke, target))
			continue;
		bool late = now >= timeout_of(invoke, target) + GRACE_MS;
		if (!target->run.is_overdue || late)
			rc = pss_invoke_stop(invoke, target, late);
		target->run.is_overdue = true;
	}
	return rc;
}

/* ---- one turn */

static int start_some(struct pss_invoke *invoke)
{
	const struct pss_invoke_counts *counts = &invoke->run->counts;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < invoke->n_targets && counts->running < invoke->request.throttle; i++)
		if (invoke->targets[i].state == PSS_INVOKE_WAITING)
			rc = pss_invoke_start(invoke, &invoke->targets[i]);
	return rc;
}

/* The reading stops: what has come has to be written first. */
static bool is_blocked(const struct pss_invoke_output *output)
{
	return output->is_showing || output->queue[0].length >= OUT_LIMIT || output->queue[1].length >= OUT_LIMIT;
}

/* Takes frames as long as their output can go somewhere. */
static int take_frames(struct pss_invoke *invoke)
{
	struct pss_invoke_output *output = &invoke->run->output;
	int rc = 0;

	while (rc == 0 && output->queue[0].length < OUT_LIMIT && output->queue[1].length < OUT_LIMIT) {
		if (!output->is_showing) {
			rc = pss_connection_peek(&invoke->connection, &output->frame);
			if (rc <= 0)
				return rc;
			invoke->run->host.heard = pss_now_ms();
			output->n_shown = 0;
		}
		rc = pss_invoke_on_frame(invoke, &output->frame);
		output->is_showing = rc > 0;
		if (rc > 0)
			return 0;
		pss_connection_done(&invoke->connection, &output->frame);
		pss_invoke_write(invoke);
	}
	return rc;
}

static bool all_acknowledged(const struct pss_invoke *invoke)
{
	for (size_t i = 0; i < invoke->n_targets; i++)
		if (invoke->targets[i].state == PSS_INVOKE_SENT)
			return false;
	return true;
}

static void wake_at(long long *wake, long long due)
{
	if (due < *wake)
		*wake = due;
}

static int wait_for_busy(struct pss_invoke *invoke, long long *wake)
{
	if (!pss_connection_is_busy(&invoke->connection, NULL))
		return -ETIMEDOUT;
	invoke->run->host.heard = pss_now_ms();
	wake_at(wake, invoke->run->host.heard + pss_deadline(PSS_ACK_MS));
	return 0;
}

static int send_ping(struct pss_invoke *invoke)
{
	struct pss_invoke_liveness *host = &invoke->run->host;
	struct pss_message message;

	host->ping = pss_connection_new_id(&invoke->connection);
	host->heard = pss_now_ms();
	pss_message_begin(&message, &invoke->connection.out, PSS_PING, host->ping);
	return pss_message_end(&message);
}

/* A silence may be a long command or a stopped host process: a ping finds out. */
static int take_silence(struct pss_invoke *invoke, long long *wake)
{
	struct pss_invoke_liveness *host = &invoke->run->host;
	bool hurries = invoke->run->ending.n_interrupts > 1;
	long long now = pss_now_ms();
	long long patience = hurries                    ? AT_ONCE_MS
			     : host->ping               ? pss_deadline(PSS_ACK_MS)
			     : all_acknowledged(invoke) ? QUIET_LONG_MS
							: QUIET_MS;

	if (pss_invoke_has_output(invoke)) /* we do not read: it owes us nothing */
		host->heard = now;
	if (now < host->heard + patience) {
		wake_at(wake, host->heard + patience);
		return 0;
	}
	if (hurries)
		return -ETIMEDOUT;
	return host->ping ? wait_for_busy(invoke, wake) : send_ping(invoke);
}

static void look_for_deadlines(const struct pss_invoke *invoke, long long *wake)
{
	if (invoke->run->ending.give_up != 0)
		wake_at(wake, invoke->run->ending.give_up);
	for (size_t i = 0; invoke->request.timeout_ms > 0 && i < invoke->n_targets; i++) {
		const struct pss_invoke_target *target = &invoke->targets[i];
		if (pss_invoke_is_under_way(target))
			wake_at(wake, timeout_of(invoke, target) + (target->run.is_overdue ? GRACE_MS : 0));
	}
}

/* A terminal's line that has not ended and goes no further may be a question, which would never end by itself. */
static void look_for_questions(struct pss_invoke *invoke, long long *wake)
{
	bool may_ask = invoke->request.tty && invoke->n_targets > 1;

	for (size_t i = 0; may_ask && i < invoke->n_targets; i++) {
		struct pss_invoke_target *target = &invoke->targets[i];
		long long due = target->output.printed + QUESTION_MS;
		if (!pss_invoke_is_under_way(target) || target->output.printed == 0)
			continue;
		if (pss_now_ms() >= due)
			pss_invoke_show_question(invoke, target);
		else
			wake_at(wake, due);
	}
}

/* The descriptor of a stream that has something to be written, else -1. */
static int descriptor_to_write(const struct pss_invoke_output *output, int stream)
{
	unsigned type = stream == 0 ? PSS_STDOUT : PSS_STDERR;
	bool shows = output->is_showing && output->frame.header.type == type;

	return shows || output->queue[stream].length > 0 ? pss_writer_descriptor(&output->writers[stream]) : -1;
}

static int wait_and_read(struct pss_invoke *invoke, long long wake)
{
	const struct pss_invoke_output *output = &invoke->run->output;
	bool blocked = is_blocked(output);
	short connection_events = (short)((blocked ? 0 : POLLIN) | (invoke->connection.out.length > 0 ? POLLOUT : 0));
	struct pollfd fds[] = {
		{ .fd = connection_events ? invoke->connection.fd : -1, .events = connection_events },
		{ .fd = pss_invoke_wants_input(invoke) ? invoke->request.input.fd : -1, .events = POLLIN },
		{ .fd = descriptor_to_write(output, 0), .events = POLLOUT },
		{ .fd = descriptor_to_write(output, 1), .events = POLLOUT },
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
	struct pss_tty *terminal = &invoke->run->terminal;
	bool ours = terminal->fd >= 0;

	if (pss_signals_take_continue() && ours)
		pss_tty_make_raw(terminal);
	if (pss_signals_take_resize() && ours && pss_tty_size(terminal))
		return pss_invoke_send_size(invoke);
	return 0;
}

static int turn(struct pss_invoke *invoke)
{
	long long wake = pss_now_ms() + 3600 * 1000;

	int rc = take_interrupts(invoke);
	if (rc == 0)
		rc = take_terminal(invoke);
	if (rc == 0)
		rc = take_timeouts(invoke);
	if (rc == 0)
		rc = start_some(invoke);
	if (rc == 0 && invoke->request.input.copies)
		rc = pss_invoke_give_copies(invoke);
	if (rc == 0)
		rc = pss_connection_flush(&invoke->connection);
	if (rc < 0 && rc != -EAGAIN && rc != -EPIPE && rc != -ECONNRESET)
		return rc;
	pss_invoke_write(invoke);
	size_t n_running = invoke->run->counts.running;
	bool stop = invoke->call->stop;
	rc = take_frames(invoke);
	/* One that ended makes room for another, or is the end of all. */
	if (rc < 0 || invoke->run->counts.running != n_running || invoke->call->stop != stop)
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
	const struct pss_invoke_output *output = &invoke->run->output;

	while (pss_invoke_has_output(invoke) && invoke->run->ending.n_interrupts < 2) {
		struct pollfd fds[] = {
			{ .fd = descriptor_to_write(output, 0), .events = POLLOUT },
			{ .fd = descriptor_to_write(output, 1), .events = POLLOUT },
		};
		pss_invoke_write(invoke);
		if (!pss_invoke_has_output(invoke))
			return;
		pss_signals_poll(fds, 2, -1, NULL);
		take_terminal(invoke);
		if (pss_signals_take_interrupts() || take_ending_signal(invoke))
			invoke->run->ending.n_interrupts = 2;
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

static void give_surroundings_back(const struct surroundings *surroundings, const struct pss_invoke_ending *ending)
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
	if (ending->signal)
		kill(getpid(), ending->signal);
	else if (ending->n_interrupts > 0 && !surroundings->ignores_interrupt)
		kill(getpid(), SIGINT);
}

/* Keys are the command's, as with ssh -t: one target, and a person at the keyboard. */
static void open_terminal(struct pss_invoke *invoke)
{
	struct pss_tty *terminal = &invoke->run->terminal;
	int input = invoke->request.input.fd;

	if (!invoke->request.tty || invoke->n_targets != 1 || input < 0 || !isatty(input))
		return;
	if (pss_tty_open(terminal, getenv("TERM")) < 0)
		terminal->fd = -1;
	else if (pss_tty_make_raw(terminal) == 0)
		pss_tty_size(terminal);
}

static void begin(struct pss_invoke *invoke, struct pss_invoke_run *run)
{
	struct pss_invoke_output *output = &run->output;

	invoke->run = run;
	run->terminal.fd = -1;
	run->host.heard = pss_now_ms();
	for (int i = 0; i < 2; i++) {
		pss_writer_init(&output->writers[i], i + 1);
		output->on_terminal[i] = isatty(i + 1);
	}
	open_terminal(invoke);
	pss_invoke_progress_open(invoke);
	for (size_t i = 0; i < invoke->n_targets; i++)
		run->counts.running += pss_invoke_is_under_way(&invoke->targets[i]);
	for (size_t i = 0; i < invoke->n_targets; i++)
		if (invoke->targets[i].refused)
			pss_invoke_end_target(invoke, &invoke->targets[i], PSS_OUTCOME_UNREACHABLE,
					      invoke->targets[i].refused);
}

/* The exit status counts what ended the run itself. */
static void report_ending(struct pss_invoke *invoke)
{
	int error = invoke->run->output.error;

	if (invoke->run->ending.n_interrupts > 0)
		pss_call_take_status(invoke->call, pss_status_exit(PSS_INTERRUPTED));
	else if (error == EPIPE)
		invoke->call->status = PSS_SIGPIPE_STATUS;
	else if (error)
		pss_call_error(invoke->call, PSS_FAILED, NULL, "write error: %s", strerror(error));
}

/* `rc` is what ended the turns. */
static void end(struct pss_invoke *invoke, int rc)
{
	invoke->run->output.is_showing = false; /* the rest of a frame goes with a connection that has failed */
	pss_invoke_progress_clear(invoke);
	if (rc == 0 && invoke->request.form == PSS_FORM_GROUPED)
		pss_invoke_show_groups(invoke);
	write_rest(invoke);
	if (invoke->run->terminal.fd >= 0)
		pss_tty_close(&invoke->run->terminal);
	if (rc < 0)
		pss_request_failed(invoke->call, &invoke->connection, rc,
				   invoke->n_targets == 1 ? invoke->targets[0].label : NULL);
	pss_invoke_report_summary(invoke);
	pss_invoke_record(invoke);
	report_ending(invoke);
}

static void finish(struct pss_invoke *invoke)
{
	struct pss_invoke_output *output = &invoke->run->output;

	for (int i = 0; i < 2; i++) {
		pss_writer_finish(&output->writers[i]);
		pss_buffer_finish(&output->queue[i]);
	}
	for (size_t i = 0; i < invoke->n_targets; i++) {
		struct pss_invoke_target *target = &invoke->targets[i];
		pss_buffer_finish(&target->output.partial[0]);
		pss_buffer_finish(&target->output.partial[1]);
		pss_buffer_finish(&target->output.record);
		pss_buffer_finish(&target->output.host_line);
		free(target->result.reason);
		target->result.reason = NULL;
	}
	pss_buffer_wipe(&invoke->run->password);
	free(invoke->run->progress.said);
	invoke->run = NULL;
}

void pss_invoke_run(struct pss_invoke *invoke)
{
	struct pss_invoke_run run = { 0 };
	struct surroundings surroundings;
	int rc = 0;

	fflush(stdout);
	take_surroundings(invoke->call->shell, &surroundings);
	begin(invoke, &run);
	while (rc == 0 && run.counts.done < invoke->n_targets)
		rc = turn(invoke);
	end(invoke, rc);
	finish(invoke);
	give_surroundings_back(&surroundings, &run.ending);
}
