/* SPDX-License-Identifier: MIT */
/* The streams of an invocation, cut at their marks. Called by the engine with every byte that a relay carries,
 * so whole chunks are searched at once and handed on from where they lie. It must never swallow a byte, and
 * never keep one back that cannot become the mark. */
#include "remote/protocol/stream.h"

#include <string.h>

#define RS '\036'

void pss_stream_expect(PssStream *stream, const char *mark)
{
	stream->n_mark = strlen(mark);
	g_assert(stream->n_mark <= PSS_STREAM_MARK_MAX && mark[0] == RS);
	memcpy(stream->mark, mark, stream->n_mark + 1);
	stream->n_held = 0;
}

static void emit(PssStreamFunc on_plain, gpointer user, const void *data, gsize n)
{
	if (on_plain && n > 0)
		on_plain(user, data, n);
}

/* The mark was begun by the bytes before: does it go on? Its bytes are what was kept back. */
static gboolean continue_mark(PssStream *stream, const char **data, gsize *n, PssStreamFunc on_plain, gpointer user)
{
	while (*n > 0 && stream->n_held > 0) {
		if (**data == stream->mark[stream->n_held]) {
			(*data)++;
			(*n)--;
			if (++stream->n_held < stream->n_mark)
				continue;
			stream->n_held = 0;
			return TRUE;
		}
		gsize n_held = stream->n_held;
		stream->n_held = 0;
		emit(on_plain, user, stream->mark, n_held);
	}
	return FALSE;
}

/* How many bytes at the end can be the start of the mark. */
static gsize tail_length(const PssStream *stream, const char *data, gsize n)
{
	gsize n_tail = MIN(n, stream->n_mark - 1);
	const char *start = memrchr(data + n - n_tail, RS, n_tail);

	if (!start)
		return 0;
	n_tail = (gsize)(data + n - start);
	return memcmp(start, stream->mark, n_tail) == 0 ? n_tail : 0;
}

gboolean pss_stream_feed(PssStream *stream, const char **data, gsize *n, PssStreamFunc on_plain, gpointer user)
{
	if (continue_mark(stream, data, n, on_plain, user))
		return TRUE;
	if (*n == 0)
		return FALSE;
	const char *start = *data, *found = memmem(start, *n, stream->mark, stream->n_mark);
	gsize n_plain = found ? (gsize)(found - start) : *n - tail_length(stream, start, *n);
	gsize n_taken = found ? n_plain + stream->n_mark : *n;

	stream->n_held = found ? 0 : *n - n_plain;
	*data += n_taken;
	*n -= n_taken;
	emit(on_plain, user, start, n_plain);
	return found != NULL;
}

void pss_signs_expect(PssSigns *signs, const char *mark)
{
	signs->marked = FALSE;
	pss_stream_expect(&signs->stream, mark);
}

char pss_signs_feed(PssSigns *signs, const char **data, gsize *n, PssStreamFunc on_plain, gpointer user)
{
	if (!signs->marked)
		signs->marked = pss_stream_feed(&signs->stream, data, n, on_plain, user);
	if (!signs->marked || *n == 0)
		return 0;
	signs->marked = FALSE;
	(*n)--;
	return *(*data)++;
}
