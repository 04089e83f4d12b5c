/* SPDX-License-Identifier: MIT */
/* The client's end of "Attached" in wire/PROTOCOL.md: a small state machine fed with frames. The relay
 * and the editor's wake-up drive it; it never touches the terminal and never blocks. It also watches that
 * the host process answers: a wait for the remote must not hang on a stopped host process. */
#include "client/entered/attached.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/base/poll.h"
#include "wire/deadlines.h"

#define QUEUE_MAX (256u * 1024u)      /* PROTOCOL.md, "Back-pressure" */
#define UNCONFIRMED_MAX (64u * 1024u) /* with more keys under way, the host may have stopped reading us by right */

static void prompt_finish(struct pss_last_prompt *prompt)
{
	pss_buffer_finish(&prompt->text);
	pss_buffer_finish(&prompt->right);
	pss_buffer_finish(&prompt->directory);
}

void pss_attached_init(struct pss_attached *link, struct pss_connection *connection, uint32_t id)
{
	*link = (struct pss_attached){
		.connection = connection, .id = id, .host.heard_at = pss_now_ms(), .end.status = -1
	};
}

void pss_attached_finish(struct pss_attached *link)
{
	prompt_finish(&link->prompt);
	prompt_finish(&link->first);
	pss_buffer_wipe(&link->keys.returned);
	pss_buffer_wipe(&link->completion.answer);
	free(link->end.message);
	link->end.message = NULL;
}

static void lose(struct pss_attached *link, int error)
{
	if (link->stage == PSS_STAGE_LEFT || link->stage == PSS_STAGE_LOST)
		return;
	link->stage = PSS_STAGE_LOST;
	link->end.error = error;
}

static int copy_bytes(struct pss_buffer *to, const void *data, size_t n)
{
	pss_buffer_finish(to);
	return n > 0 ? pss_buffer_append(to, data, n) : 0;
}

static int copy_prompt(struct pss_last_prompt *to, const struct pss_last_prompt *from)
{
	int error = copy_bytes(&to->text, pss_buffer_bytes(&from->text), from->text.length);

	if (error == 0)
		error = copy_bytes(&to->right, pss_buffer_bytes(&from->right), from->right.length);
	if (error == 0)
		error = copy_bytes(&to->directory, pss_buffer_bytes(&from->directory), from->directory.length);
	to->continuation = from->continuation;
	to->fresh = from->fresh;
	return error;
}

static int copy_field(struct pss_buffer *to, struct pss_fields fields, enum pss_tag tag)
{
	struct pss_field field = { 0 };

	pss_fields_bytes(fields, tag, &field);
	return copy_bytes(to, field.data, field.length);
}

static int on_prompt(struct pss_attached *link, const struct pss_frame *frame)
{
	struct pss_fields fields = pss_frame_fields(frame);
	int error;

	bool repaint = pss_fields_number(fields, PSS_TAG_REPAINT, 0) == 1;

	/* It was sent before our line arrived. */
	if (repaint && link->stage != PSS_STAGE_PROMPT)
		return 0;
	error = copy_field(&link->prompt.text, fields, PSS_TAG_PROMPT);

	if (error == 0)
		error = copy_field(&link->prompt.right, fields, PSS_TAG_RIGHT);
	if (error == 0)
		error = copy_field(&link->prompt.directory, fields, PSS_TAG_DIRECTORY);
	link->prompt.continuation = pss_fields_number(fields, PSS_TAG_PROMPT_KIND, 1) == 2;
	link->prompt.fresh = pss_fields_number(fields, PSS_TAG_FRESH, 0) == 1;
	if (!link->prompt.continuation) {
		link->status = (int)(pss_fields_number(fields, PSS_TAG_EXIT_STATUS, 0) & 0xff);
		if (error == 0)
			error = copy_prompt(&link->first, &link->prompt);
	}
	link->stage = PSS_STAGE_PROMPT;
	link->repainted = repaint;
	link->n_prompts += repaint ? 0 : 1;
	return error;
}

static int on_started(struct pss_attached *link, const struct pss_frame *frame)
{
	link->stage = PSS_STAGE_REMOTE;
	return 0;
}

static int on_typed(struct pss_attached *link, const struct pss_frame *frame)
{
	return pss_buffer_append(&link->keys.returned, frame->payload, frame->header.length);
}

static int on_ack(struct pss_attached *link, const struct pss_frame *frame)
{
	link->host.awaits_ack = false;
	return 0;
}

static int on_left(struct pss_attached *link, const struct pss_frame *frame)
{
	struct pss_fields fields = pss_frame_fields(frame);
	const char *message = pss_fields_text(fields, PSS_TAG_MESSAGE);
	uint64_t status = pss_fields_number(fields, PSS_TAG_EXIT_STATUS, UINT64_MAX);

	link->end.at_prompt = link->stage == PSS_STAGE_PROMPT;
	link->stage = PSS_STAGE_LEFT;
	link->end.reason = pss_fields_number(fields, PSS_TAG_LEFT_REASON, PSS_LEFT_BY_REQUEST);
	link->end.status = status <= 255 ? (int)status : -1;
	link->end.message = message && *message ? strdup(message) : NULL;
	link->host.awaits_ack = false;
	return 0;
}

static const struct {
	enum pss_type type;
	int (*take)(struct pss_attached *link, const struct pss_frame *frame);
} handlers[] = {
	{ PSS_PROMPT, on_prompt }, { PSS_STARTED, on_started }, { PSS_TYPED, on_typed },
	{ PSS_ACK, on_ack },       { PSS_LEFT, on_left },
};

/* The host process has read what went out before the PING. What it had of that for us at a prompt came before this;
 * while a command runs, that still has it. */
static void on_pong(struct pss_attached *link)
{
	link->host.ping = 0;
	link->keys.n_unconfirmed = link->keys.n_behind_ping;
	if (link->host.pinged_at_prompt)
		link->keys.n_away = link->keys.n_behind_ping;
	link->keys.n_behind_ping = 0;
}

/* Frames that only change what we know. 0, or -errno. */
static int take(struct pss_attached *link, const struct pss_frame *frame)
{
	if (frame->header.type == PSS_RESULT && link->host.ping != 0 && frame->header.id == link->host.ping) {
		on_pong(link);
		return 0;
	}
	if (frame->header.type == PSS_RESULT && link->completion.id != 0 && frame->header.id == link->completion.id) {
		link->completion.id = 0;
		link->completion.answered = true;
		return copy_bytes(&link->completion.answer, frame->payload, frame->header.length);
	}
	if (frame->header.id != link->id)
		return 0;
	for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
		if (handlers[i].type == frame->header.type)
			return handlers[i].take(link, frame);
	}
	return -EPROTO;
}

void pss_attached_fill(struct pss_attached *link)
{
	int n = pss_connection_fill(link->connection);

	if (n > 0)
		link->host.heard_at = pss_now_ms();
	else if (n == 0)
		lose(link, -ECONNRESET);
	else if (n != -EAGAIN)
		lose(link, n);
}

bool pss_attached_next(struct pss_attached *link, struct pss_frame *ret_frame)
{
	for (;;) {
		int found = pss_connection_peek(link->connection, ret_frame);
		int error;

		if (found < 0)
			lose(link, found);
		if (found <= 0 || link->stage == PSS_STAGE_LEFT)
			return false;
		if (ret_frame->header.type == PSS_OUTPUT || ret_frame->header.type == PSS_NOTE)
			return true;
		error = take(link, ret_frame);
		pss_connection_done(link->connection, ret_frame);
		if (error < 0) {
			lose(link, error);
			return false;
		}
	}
}

void pss_attached_shown(struct pss_attached *link, const struct pss_frame *frame)
{
	pss_connection_done(link->connection, frame);
}

static void queue(struct pss_attached *link, enum pss_type type, uint16_t flags, const void *data, size_t n)
{
	int error = pss_frame_append(&link->connection->out, (uint16_t)type, link->id, flags, data, n);

	if (error < 0)
		lose(link, error);
}

static void expect_ack(struct pss_attached *link)
{
	link->host.awaits_ack = true;
	link->host.heard_at = pss_now_ms();
}

void pss_attached_line(struct pss_attached *link, const char *line, size_t n)
{
	while (n > PSS_FRAME_PAYLOAD_MAX) {
		queue(link, PSS_LINE, PSS_FRAME_MORE, line, PSS_FRAME_PAYLOAD_MAX);
		line += PSS_FRAME_PAYLOAD_MAX;
		n -= PSS_FRAME_PAYLOAD_MAX;
	}
	queue(link, PSS_LINE, 0, line, n);
	expect_ack(link);
	if (link->stage == PSS_STAGE_PROMPT)
		link->stage = PSS_STAGE_REMOTE;
}

void pss_attached_keys(struct pss_attached *link, const void *keys, size_t n)
{
	queue(link, PSS_INPUT, 0, keys, n);
	link->keys.n_away += n;
	link->keys.n_unconfirmed += n;
	if (link->host.ping != 0)
		link->keys.n_behind_ping += n;
}

void pss_attached_resize(struct pss_attached *link, unsigned columns, unsigned rows)
{
	struct pss_message message;

	pss_message_begin(&message, &link->connection->out, PSS_RESIZE, link->id);
	pss_message_number(&message, PSS_TAG_COLUMNS, columns);
	pss_message_number(&message, PSS_TAG_ROWS, rows);
	if (pss_message_end(&message) < 0)
		lose(link, -ENOMEM);
}

void pss_attached_command(struct pss_attached *link, enum pss_type type)
{
	struct pss_message message;
	uint32_t id = link->id;

	if (type == PSS_PING) {
		id = link->host.ping = pss_connection_new_id(link->connection);
		link->host.pinged_at_prompt = link->stage == PSS_STAGE_PROMPT;
		link->host.heard_at = pss_now_ms();
	}
	pss_message_begin(&message, &link->connection->out, type, id);
	if (pss_message_end(&message) < 0)
		lose(link, -ENOMEM);
}

void pss_attached_leave(struct pss_attached *link, bool keep)
{
	struct pss_message message;

	expect_ack(link);
	pss_message_begin(&message, &link->connection->out, PSS_LEAVE, link->id);
	if (keep)
		pss_message_number(&message, PSS_TAG_KEEP, 1);
	if (pss_message_end(&message) < 0)
		lose(link, -ENOMEM);
}

void pss_attached_complete(struct pss_attached *link, const char *line, size_t n, size_t point)
{
	struct pss_message message;

	link->completion.id = pss_connection_new_id(link->connection);
	link->completion.answered = false;
	pss_message_begin(&message, &link->connection->out, PSS_COMPLETE, link->completion.id);
	pss_message_bytes(&message, PSS_TAG_LINE, line, n);
	pss_message_number(&message, PSS_TAG_POINT, point);
	if (pss_message_end(&message) < 0)
		lose(link, -ENOMEM);
}

void pss_attached_forget_completion(struct pss_attached *link)
{
	struct pss_message message;
	uint32_t id = link->completion.id;

	link->completion.id = 0;
	link->completion.answered = false;
	pss_buffer_finish(&link->completion.answer);
	if (id == 0)
		return;
	pss_message_begin(&message, &link->connection->out, PSS_CANCEL, id);
	if (pss_message_end(&message) < 0)
		lose(link, -ENOMEM);
}

void pss_attached_flush(struct pss_attached *link)
{
	size_t before = link->connection->out.length;
	int error;

	if (before == 0)
		return;
	error = pss_connection_flush(link->connection);
	if (link->connection->out.length < before)
		link->host.heard_at = pss_now_ms(); /* it reads: that is a sign of life too */
	if (error == -EPIPE || error == -ECONNRESET)
		pss_buffer_finish(&link->connection->out); /* it has gone: reading finds that, after its last frames */
	else if (error < 0 && error != -EAGAIN)
		lose(link, error);
}

bool pss_attached_has_room(const struct pss_attached *link)
{
	return link->connection->out.length < QUEUE_MAX;
}

/* May the host process be silent by right, because the remote takes no more keys? Those that it has read may fill its
 * queue, so that it does not read the next. */
static bool may_be_stuck(const struct pss_attached *link)
{
	return !link->host.awaits_ack && link->stage == PSS_STAGE_REMOTE &&
	       (link->keys.n_unconfirmed > UNCONFIRMED_MAX || link->keys.n_away > QUEUE_MAX);
}

int64_t pss_attached_patience(const struct pss_attached *link)
{
	int64_t silence = pss_now_ms() - link->host.heard_at;
	int64_t limit =
		link->host.awaits_ack || link->host.ping ? pss_deadline(PSS_ACK_MS) : pss_deadline(PSS_QUIET_MS);

	if (link->stage == PSS_STAGE_LOST || (link->host.ping && may_be_stuck(link)))
		return -1;
	return silence < limit ? limit - silence : 0;
}

void pss_attached_overdue(struct pss_attached *link)
{
	bool is_late = link->host.awaits_ack || link->host.ping;

	/* The screen is the remote's: nothing is said. */
	link->connection->busy_reported = true;
	if (is_late && pss_connection_is_busy(link->connection, NULL))
		link->host.heard_at = pss_now_ms();
	else if (is_late)
		lose(link, -ETIMEDOUT);
	else
		pss_attached_command(link, PSS_PING);
}

void pss_attached_discard(struct pss_attached *link)
{
	pss_attached_command(link, PSS_DISCARD);
	if (copy_prompt(&link->prompt, &link->first) < 0)
		lose(link, -ENOMEM);
	link->prompt.fresh = true;
}
