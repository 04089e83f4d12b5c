/* SPDX-License-Identifier: MIT */
/* The mark parser of the remote terminal and the reply parser of the control channel, fed in pieces. Marks
 * without the expected nonce are plain output, and no byte of plain output is lost. The first byte of the
 * input says how it is cut. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "remote/protocol/marks.h"
#include "remote/protocol/replies.h"

#define NONCE "00112233445566778899aabbccddeeff"
#define KEY "ffeeddccbbaa99887766554433221100"

static void on_plain(gpointer user, const void *data, gsize n)
{
	g_byte_array_append(user, data, (guint)n);
}

static void on_mark(gpointer user, guint slot, char kind, const char *argument)
{
	if (slot >= PSS_MARK_NONCES || strlen(argument) > PSS_MARK_ARGUMENT_MAX)
		abort();
}

static void on_reply(gpointer user, const PssReply *reply)
{
	if (reply->n_fields > PSS_REPLY_FIELDS_MAX)
		abort();
	for (guint i = 0; i < reply->n_fields; i++)
		g_assert_cmpuint(strlen(reply->field[i]), <=, PSS_REPLY_MAX);
}

static gsize next_piece(gsize left, gsize step)
{
	return step == 0 || step > left ? left : step;
}

static void feed_marks(const uint8_t *data, size_t size, gsize step, const char *nonce, GByteArray *ret_plain)
{
	static const PssMarksEvents events = { on_plain, on_mark };
	PssMarks marks;

	pss_marks_init(&marks);
	if (nonce)
		pss_marks_expect(&marks, 0, nonce);
	for (size_t at = 0, n; at < size; at += n) {
		n = next_piece(size - at, step);
		pss_marks_feed(&marks, data + at, n, &events, ret_plain);
	}
	pss_marks_flush(&marks, &events, ret_plain);
}

static void feed_replies(const uint8_t *data, size_t size, gsize step)
{
	PssReplies replies;

	pss_replies_init(&replies, KEY);
	for (size_t at = 0, n; at < size; at += n) {
		n = next_piece(size - at, step);
		pss_replies_feed(&replies, data + at, n, on_reply, NULL);
	}
	pss_replies_finish(&replies);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GByteArray) whole = g_byte_array_new(), pieces = g_byte_array_new(), none = g_byte_array_new();
	gsize step = size > 0 ? data[0] : 0;

	feed_marks(data, size, 0, NONCE, whole);
	feed_marks(data, size, step, NONCE, pieces);
	feed_marks(data, size, step, NULL, none);
	/* How it was cut makes no difference. */
	if (whole->len != pieces->len || (whole->len && memcmp(whole->data, pieces->data, whole->len) != 0))
		abort();
	/* Nobody expects a mark: every byte is plain. */
	if (none->len != size || (size && memcmp(none->data, data, size) != 0))
		abort();
	feed_replies(data, size, step);
	return 0;
}
