/* SPDX-License-Identifier: MIT */
/* Finds replies in the control channel's bytes. Called by the engine, unit tests and the fuzzer. A reply
 * begins with RS and the session's key; everything before one is noise of start-up files and is dropped.
 * It must never wait for more than the longest reply, and never take a field from the next one. */
#include "remote/protocol/replies.h"

#include <string.h>

#define RS '\036'

static const struct {
	char type;
	guint n_fields;
} replies_known[] = {
	{ 'K', 1 }, /* the key that begins all further replies */
	{ 'w', 1 }, /* family: the rest of the script is wanted */
	{ 'g', 1 }, /* nothing: all of the script is */
	{ 'd', 2 }, /* directory, name of the shell's program */
	{ 'h', 1 }, /* boot id, or nothing */
	{ 'x', 1 }, /* reason: the bootstrap failed */
	{ 'u', 1 }, /* reason: the shell that was asked for is not there */
	{ 'o', 1 }, /* program, or nothing: the terminal's process is another one */
	{ 'n', 1 }, /* reason: no support for this shell */
	{ 'r', 3 }, /* family, version, process id */
	{ 'b', 1 }, /* nonce: begun */
	{ 'v', 2 }, /* nonce, second prompt: incomplete */
	{ 'y', 1 }, /* nonce: not begun, as its relay is late */
	{ 'E', 5 }, /* nonce, status, directory, prompt, flags: done */
	{ 'R', 2 }, /* nonce, right prompt: of the E that follows */
	{ 'P', 3 }, /* nonce, prompt, right prompt: they have changed, and the shell waits still */
	{ 'X', 2 }, /* nonce, status: exit in a kept session */
	{ 'm', 2 }, /* nonce, hexadecimal digits: typed and not read; more follows */
	{ 'k', 2 }, /* nonce, hexadecimal digits: the last of it */
	{ 'c', 5 }, /* nonce, start, flags, number, candidates */
};

void pss_replies_init(PssReplies *replies, const char *key)
{
	replies->bytes = g_byte_array_new();
	replies->start = NULL;
	pss_replies_begin_with(replies, key);
}

void pss_replies_begin_with(PssReplies *replies, const char *key)
{
	g_free(replies->start);
	replies->start = g_strdup_printf("%c%s", RS, key);
	replies->n_start = strlen(replies->start);
}

void pss_replies_finish(PssReplies *replies)
{
	g_byte_array_unref(replies->bytes);
	g_free(replies->start);
	memset(replies, 0, sizeof *replies);
}

static guint fields_of(char type)
{
	for (guint i = 0; i < G_N_ELEMENTS(replies_known); i++) {
		if (replies_known[i].type == type)
			return replies_known[i].n_fields;
	}
	return 0;
}

static gsize find_start(const PssReplies *replies, gsize from)
{
	const guint8 *data = replies->bytes->data;
	gsize n = replies->bytes->len;
	if (from >= n)
		return n;
	const guint8 *at = memmem(data + from, n - from, replies->start, replies->n_start);
	return at ? (gsize)(at - data) : n;
}

/* The length of the reply at the front once it is whole, else 0. */
static gsize split(const PssReplies *replies, gsize limit, PssReply *ret_reply)
{
	const char *at = (const char *)replies->bytes->data + replies->n_start;
	const char *end = (const char *)replies->bytes->data + limit;
	if (end - at < 2 || at[1] != '\0')
		return 0;
	ret_reply->type = at[0];
	ret_reply->n_fields = fields_of(at[0]);
	at += 2;
	if (ret_reply->n_fields == 0)
		return 0;
	for (guint i = 0; i < ret_reply->n_fields; i++) {
		const char *nul = at < end ? memchr(at, '\0', (gsize)(end - at)) : NULL;
		if (!nul)
			return 0;
		ret_reply->field[i] = at;
		at = nul + 1;
	}
	return (gsize)(at - (const char *)replies->bytes->data);
}

/* Keeps only what may be the start of a start. */
static void drop_noise(PssReplies *replies)
{
	gsize n = replies->bytes->len;
	gsize keep = MIN(n, replies->n_start - 1);
	const guint8 *tail = replies->bytes->data + n - keep;
	while (keep > 0 && memcmp(tail, replies->start, keep) != 0) {
		keep--;
		tail++;
	}
	g_byte_array_remove_range(replies->bytes, 0, (guint)(n - keep));
}

void pss_replies_feed(PssReplies *replies, const void *data, gsize n, PssReplyFunc on_reply, gpointer user)
{
	g_byte_array_append(replies->bytes, data, (guint)n);
	for (;;) {
		gsize start = find_start(replies, 0);
		if (start == replies->bytes->len) {
			drop_noise(replies);
			return;
		}
		g_byte_array_remove_range(replies->bytes, 0, (guint)start);
		/* A writer that was killed leaves a reply without its end: the next start ends it. */
		gsize next = find_start(replies, replies->n_start);
		PssReply reply = { 0 };
		gsize length = split(replies, next, &reply);
		if (length > 0)
			on_reply(user, &reply);
		else if (next < replies->bytes->len || replies->bytes->len > PSS_REPLY_MAX)
			length = MIN(next, replies->bytes->len);
		else
			return;
		g_byte_array_remove_range(replies->bytes, 0, (guint)length);
	}
}
