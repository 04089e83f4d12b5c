/* SPDX-License-Identifier: MIT */
/* The line on the terminal that says how far a command on many targets is, or what one target says of its own command.
 * It is there only while nothing else is written: a file that writes takes it off first, and it comes back when there
 * has been a pause. The cursor stands at its beginning, so that what a program behind our pipe prints is never appended
 * to it. Called by invoke-loop.c and the files that write. Never waits for the terminal. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/base/poll.h"
#include "client/invoke/private.h"
#include "client/tty/look.h"
#include "terminal/clean-text.h"
#include "wire/cleanup.h"

#define FIRST_MS 500
#define AGAIN_MS 1000
#define STOP_MS 1000      /* for commands to end that have been asked to */
#define PAUSE_MS 100      /* without output */
#define PIPE_PAUSE_MS 500 /* for the program behind the pipe to print what it has got */
#define N_SLOWEST 3

void pss_invoke_progress_open(struct pss_invoke *invoke)
{
	struct pss_invoke_progress *progress = &invoke->run->progress;
	struct stat st;

	progress->possible = pss_look_can_redraw() && pss_call_wants_progress(invoke->call);
	progress->wanted = progress->possible && invoke->n_targets > 1;
	progress->pipe = fstat(STDOUT_FILENO, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode));
	progress->due = pss_now_ms() + FIRST_MS;
	progress->drawn = progress->due;
}

bool pss_invoke_progress_clear(struct pss_invoke *invoke)
{
	struct pss_invoke_progress *progress = &invoke->run->progress;
	if (!progress->wanted)
		return true;
	if (progress->shown &&
	    pss_writer_write(&invoke->run->output.writers[1], PSS_LOOK_ERASE, strlen(PSS_LOOK_ERASE)) < 0)
		return false;
	progress->shown = false;
	long long due = pss_now_ms() + (progress->pipe ? PIPE_PAUSE_MS : PAUSE_MS);
	/* Output that never pauses hides it for no longer than this; behind a pipe it would get mixed. */
	if (!progress->pipe && due > progress->drawn + AGAIN_MS)
		due = progress->drawn + AGAIN_MS;
	progress->due = due < progress->drawn ? progress->drawn : due; /* the first time lies ahead */
	return true;
}

void pss_invoke_progress_say(struct pss_invoke *invoke, const void *text, size_t n)
{
	struct pss_invoke_progress *progress = &invoke->run->progress;

	if (!progress->possible || invoke->n_targets > 1)
		return;
	pss_invoke_progress_clear(invoke);
	free(progress->said);
	progress->said = n > 0 ? pss_clean_text(text, n, PSS_CLEAN_PLAIN) : NULL;
	progress->wanted = progress->said || progress->stopping;
}

void pss_invoke_progress_stop(struct pss_invoke *invoke)
{
	struct pss_invoke_progress *progress = &invoke->run->progress;

	pss_invoke_progress_clear(invoke);
	progress->stopping = true;
	progress->wanted = progress->possible;
	progress->drawn = progress->due = pss_now_ms() + STOP_MS;
}

/* ---- what it says */

/* Puts target into the list of those that have run longest. */
static void rank(const struct pss_invoke_target *slowest[N_SLOWEST], const struct pss_invoke_target *target)
{
	for (size_t i = 0; i < N_SLOWEST; i++) {
		const struct pss_invoke_target *other = slowest[i];
		if (other && other->run.started <= target->run.started)
			continue;
		slowest[i] = target;
		if (!other)
			return;
		target = other;
	}
}

static char *compose(const struct pss_invoke *invoke, long long now)
{
	const struct pss_invoke_target *slowest[N_SLOWEST] = { NULL };
	bool stopping = invoke->run->progress.stopping;
	if (stopping && invoke->n_targets == 1)
		return strdup("stopping; Ctrl-C again does not wait for it");
	if (invoke->run->progress.said)
		return strdup(invoke->run->progress.said);
	char *text = pss_format("%s%zu/%zu done, %zu failed, %zu running",
				stopping ? "stopping (Ctrl-C again does not wait): " : "", invoke->run->counts.done,
				invoke->n_targets, invoke->run->counts.failed, invoke->run->counts.running);

	for (size_t i = 0; i < invoke->n_targets; i++)
		if (pss_invoke_is_under_way(&invoke->targets[i]))
			rank(slowest, &invoke->targets[i]);
	for (size_t i = 0; text && i < N_SLOWEST && slowest[i]; i++) {
		char *longer = pss_format("%s%s %s %llds", text, i == 0 ? ":" : ",", slowest[i]->label,
					  (now - slowest[i]->run.started) / 1000);
		free(text);
		text = longer;
	}
	return text;
}

static void draw(struct pss_invoke *invoke, long long now)
{
	_cleanup_(pss_free_pointer) char *text = compose(invoke, now);
	_cleanup_(pss_free_pointer) char *line = text ? pss_look_status_line(text) : NULL;

	/* Part of it is enough: it will be erased all the same. */
	if (line && pss_writer_write(&invoke->run->output.writers[1], line, strlen(line)) > 0)
		invoke->run->progress.shown = true;
}

void pss_invoke_progress_show(struct pss_invoke *invoke, long long *wake)
{
	struct pss_invoke_progress *progress = &invoke->run->progress;
	long long now = pss_now_ms();

	/* It would be written over a line that has not ended. */
	if (!progress->wanted || pss_invoke_has_output(invoke) || invoke->run->output.has_open_line)
		return;
	if (now >= progress->due) {
		if (tcgetpgrp(STDERR_FILENO) == getpgrp())
			draw(invoke, now);
		progress->drawn = now;
		progress->due = now + AGAIN_MS;
	}
	if (progress->due < *wake)
		*wake = progress->due;
}
