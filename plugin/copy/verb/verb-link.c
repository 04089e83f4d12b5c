/* SPDX-License-Identifier: MIT */
/* Frames to the verb and from it. Called by main.c and report.c. */
#include "copy/verb/verb-link.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/fd-watch.h"
#include "wire/descriptors.h"
#include "wire/frame.h"

#define READ_SIZE 65536
#define FULL_SIZE (256 * 1024)

struct PssVerbLink {
	int fd;
	PssWatch *watch;
	const PssVerbLinkEvents *events;
	gpointer user;
	struct pss_buffer in, out;
	GByteArray *words;
	GArray *descriptors; /* that came and belong to frames that are not read yet */
	guint32 last_id;
	gboolean was_full;
};

/* ---- in */

static void on_request(PssVerbLink *link, const struct pss_frame *frame)
{
	g_byte_array_append(link->words, frame->payload, frame->header.length);
	if (!(frame->header.flags & PSS_FRAME_MORE))
		link->events->on_request(link->user, (const char *)link->words->data, link->words->len);
}

static void on_opened(PssVerbLink *link, const struct pss_frame *frame)
{
	if (link->descriptors->len == 0)
		return;
	int fd = g_array_index(link->descriptors, int, 0);
	g_array_remove_index(link->descriptors, 0);
	link->events->on_opened(link->user, frame->header.id, fd,
				pss_fields_text(pss_frame_fields(frame), PSS_TAG_DIRECTORY),
				pss_fields_number(pss_frame_fields(frame), PSS_TAG_RESILIENT, 0) != 0);
}

static void on_ended(PssVerbLink *link, const struct pss_frame *frame)
{
	struct pss_fields fields = pss_frame_fields(frame);

	link->events->on_ended(
		link->user, frame->header.id, (enum pss_status)pss_fields_number(fields, PSS_TAG_STATUS, PSS_FAILED),
		(int)pss_fields_number(fields, PSS_TAG_EXIT_STATUS, 0), pss_fields_text(fields, PSS_TAG_MESSAGE));
}

static void on_go_on(PssVerbLink *link, const struct pss_frame *frame)
{
	link->events->on_go_on(link->user);
}

static void on_stop(PssVerbLink *link, const struct pss_frame *frame)
{
	link->events->on_stop(link->user);
}

static const struct {
	enum pss_copy_type type;
	void (*take)(PssVerbLink *link, const struct pss_frame *frame);
} takers[] = {
	{ PSS_COPY_REQUEST, on_request }, { PSS_COPY_OPENED, on_opened }, { PSS_COPY_ENDED, on_ended },
	{ PSS_COPY_GO_ON, on_go_on },     { PSS_COPY_STOP, on_stop },
};

static void on_frame(PssVerbLink *link, const struct pss_frame *frame)
{
	for (gsize i = 0; i < G_N_ELEMENTS(takers); i++)
		if (takers[i].type == (enum pss_copy_type)frame->header.type)
			takers[i].take(link, frame);
}

/* FALSE: the verb is gone. */
static gboolean fill(PssVerbLink *link)
{
	struct pss_descriptors came;
	unsigned char *room = pss_buffer_reserve(&link->in, READ_SIZE);

	if (!room)
		return FALSE;
	ssize_t n = pss_receive_descriptors(link->fd, room, READ_SIZE, &came);
	if (came.n > 0)
		g_array_append_vals(link->descriptors, came.fds, (guint)came.n);
	if (n <= 0)
		return n == -EAGAIN;
	pss_buffer_commit(&link->in, (size_t)n);
	return TRUE;
}

static gboolean take_frames(PssVerbLink *link)
{
	struct pss_frame frame;
	int rc;

	while ((rc = pss_frame_parse(&link->in, &frame)) > 0) {
		on_frame(link, &frame);
		pss_buffer_consume(&link->in, pss_frame_size(&frame));
	}
	return rc == 0;
}

/* ---- out */

static void flush(PssVerbLink *link)
{
	while (link->fd >= 0 && link->out.length > 0) {
		ssize_t n = pss_send_descriptor(link->fd, pss_buffer_bytes(&link->out), link->out.length, -1);
		if (n < 0)
			break;
		pss_buffer_consume(&link->out, (size_t)n);
	}
	if (link->watch)
		pss_watch_want(link->watch, G_IO_IN | (link->out.length > 0 ? G_IO_OUT : 0));
	if (link->was_full && !pss_verb_link_is_full(link)) {
		link->was_full = FALSE;
		link->events->on_room(link->user);
	}
}

static void lose(PssVerbLink *link)
{
	g_clear_pointer(&link->watch, pss_watch_free);
	link->events->on_stop(link->user);
}

static void on_event(GIOCondition events, gpointer user)
{
	PssVerbLink *link = user;

	if (events & (G_IO_IN | G_IO_HUP | G_IO_ERR)) {
		gboolean lives = fill(link);
		if (!take_frames(link) || !lives) {
			lose(link);
			return;
		}
	}
	flush(link);
}

static void begin(PssVerbLink *link, struct pss_message *message, enum pss_copy_type type, guint32 id)
{
	pss_message_begin(message, &link->out, (enum pss_type)type, id);
}

PssVerbLink *pss_verb_link_new(int fd, const PssVerbLinkEvents *events, gpointer user)
{
	PssVerbLink *link = g_new0(PssVerbLink, 1);

	fcntl(fd, F_SETFD, FD_CLOEXEC);
	link->fd = fd;
	link->events = events;
	link->user = user;
	link->words = g_byte_array_new();
	link->descriptors = g_array_new(FALSE, FALSE, sizeof(int));
	pss_buffer_init(&link->in);
	pss_buffer_init(&link->out);
	link->watch = pss_watch_new(fd, G_IO_IN, on_event, link);
	return link;
}

void pss_verb_link_free(PssVerbLink *link)
{
	if (!link)
		return;
	g_clear_pointer(&link->watch, pss_watch_free);
	for (guint i = 0; i < link->descriptors->len; i++)
		close(g_array_index(link->descriptors, int, i));
	g_array_unref(link->descriptors);
	g_byte_array_unref(link->words);
	pss_buffer_finish(&link->in);
	pss_buffer_finish(&link->out);
	close(link->fd);
	g_free(link);
}

guint32 pss_verb_link_open(PssVerbLink *link, guint place, const char *command)
{
	struct pss_message message;

	begin(link, &message, PSS_COPY_OPEN, ++link->last_id);
	pss_message_number(&message, PSS_TAG_PLACE, place);
	pss_message_text(&message, PSS_TAG_WORD, command);
	pss_message_end(&message);
	flush(link);
	return link->last_id;
}

void pss_verb_link_error(PssVerbLink *link, guint place, enum pss_status status, const char *text)
{
	struct pss_message message;

	begin(link, &message, PSS_COPY_ERROR, 0);
	pss_message_number(&message, PSS_TAG_PLACE, place);
	pss_message_number(&message, PSS_TAG_STATUS, status);
	pss_message_text(&message, PSS_TAG_MESSAGE, text);
	pss_message_end(&message);
	flush(link);
}

void pss_verb_link_note(PssVerbLink *link, enum pss_note_kind kind, const char *text)
{
	struct pss_message message;

	begin(link, &message, PSS_COPY_NOTE, 0);
	pss_message_number(&message, PSS_TAG_NOTE_KIND, kind);
	pss_message_text(&message, PSS_TAG_MESSAGE, text);
	pss_message_end(&message);
	flush(link);
}

void pss_verb_link_output(PssVerbLink *link, const char *text)
{
	pss_frame_append(&link->out, PSS_COPY_OUTPUT, 0, 0, text, strlen(text));
	flush(link);
	link->was_full = link->was_full || pss_verb_link_is_full(link);
}

void pss_verb_link_progress(PssVerbLink *link, const char *text)
{
	struct pss_message message;

	begin(link, &message, PSS_COPY_PROGRESS, 0);
	pss_message_text(&message, PSS_TAG_MESSAGE, text);
	pss_message_end(&message);
	flush(link);
}

gboolean pss_verb_link_is_full(const PssVerbLink *link)
{
	return link->watch && link->out.length > FULL_SIZE;
}

void pss_verb_link_done(PssVerbLink *link, enum pss_status status)
{
	struct pss_message message;

	begin(link, &message, PSS_COPY_DONE, 0);
	pss_message_number(&message, PSS_TAG_STATUS, status);
	pss_message_end(&message);
	flush(link);
	while (link->watch && link->out.length > 0) {
		struct pollfd fd = { .fd = link->fd, .events = POLLOUT };
		if (poll(&fd, 1, -1) < 0 || fd.revents & (POLLERR | POLLHUP))
			return;
		flush(link);
	}
}
