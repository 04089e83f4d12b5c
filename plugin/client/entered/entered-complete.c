/* SPDX-License-Identifier: MIT */
/* What may stand at the cursor: the remote is asked, once, and the answer waited for while the shell's editor stands
 * still. Called by the editor through pss_read_request.complete. It must never hold the editor up against the user: the
 * next key, Ctrl-C or the deadline ends the waiting, and the key stays to be read. An answer that comes after that is
 * known by its id and dropped. */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "client/base/poll.h"
#include "client/prompt/candidates.h"
#include "client/entered/private.h"
#include "client/tty/signals.h"
#include "wire/deadlines.h"

#define LINE_MAX_BYTES (64u * 1024u)

static bool key_waits(const struct pss_entered_state *state)
{
	struct pollfd fd = { .fd = state->tty.fd, .events = POLLIN };

	return poll(&fd, 1, 0) > 0;
}

/* 0: something came from the host process; -EINTR: a key (if these are heeded), a signal, or the time is up. */
static int wait_for_news(struct pss_entered_state *state, int64_t deadline, bool heeds_keys)
{
	int64_t left = deadline - pss_now_ms();
	struct pollfd fds[2] = {
		{ .fd = heeds_keys ? state->tty.fd : -1, .events = POLLIN },
		{ .fd = state->link.connection->fd, .events = POLLIN },
	};

	if (state->link.connection->out.length > 0)
		fds[1].events |= POLLOUT;
	if (left <= 0 || pss_signals_poll(fds, 2, left, state->shell->signal_pending) <= 0 || fds[0].revents)
		return -EINTR;
	return 0;
}

static int await_answer(struct pss_entered_state *state, bool heeds_keys)
{
	int64_t deadline = pss_now_ms() + pss_deadline(PSS_COMPLETION_ANSWER_MS);

	while (!state->link.completion.answered) {
		pss_attached_flush(&state->link);
		if (wait_for_news(state, deadline, heeds_keys) < 0)
			return -EINTR;
		if (pss_entered_take_frames(state))
			return -ECONNRESET;
	}
	return 0;
}

int pss_entered_complete(void *user, const char *line, size_t length, size_t point, struct pss_completion *ret)
{
	struct pss_entered_state *state = user;
	/* What has been typed behind the key rests on its completion; the next key that is typed does not. */
	bool typed_ahead = state->typed.keys.length > 0 || key_waits(state);
	int rc;

	*ret = (struct pss_completion){ .start = point };
	if (state->link.stage != PSS_STAGE_PROMPT)
		return -ECONNRESET;
	if (length > LINE_MAX_BYTES)
		return 0;
	if (typed_ahead && strspn(line, " \t") >= point) /* the indentation of a pasted text */
		return -EINTR;
	pss_attached_complete(&state->link, line, length, point);
	rc = await_answer(state, !typed_ahead);
	if (rc == 0) {
		struct pss_fields fields = { pss_buffer_bytes(&state->link.completion.answer),
					     state->link.completion.answer.length };
		rc = pss_completion_read(fields, point, ret);
	}
	pss_attached_forget_completion(&state->link);
	pss_attached_flush(&state->link);
	return rc;
}
