/* SPDX-License-Identifier: MIT */
/* Replies of the remote shell, on the control channel (PROTOCOL.md, "Replies"). */
#pragma once

#include <glib.h>

enum {
	PSS_REPLY_FIELDS_MAX = 5,
	PSS_REPLY_MAX = 256 * 1024, /* a longer one is dropped */
};

typedef struct {
	char type;
	guint n_fields;
	const char *field[PSS_REPLY_FIELDS_MAX]; /* each NUL-terminated */
} PssReply;

typedef void (*PssReplyFunc)(gpointer user, const PssReply *reply);

typedef struct {
	GByteArray *bytes;
	char *start; /* RS and KEY */
	gsize n_start;
} PssReplies;

void pss_replies_init(PssReplies *replies, const char *key);
void pss_replies_finish(PssReplies *replies);

/* Calls back for each whole reply. Anything else (noise of start-up files, replies of unknown type or cut
 * short) is skipped. The handler must not call back into `replies`, but for the next function. */
void pss_replies_feed(PssReplies *replies, const void *data, gsize n, PssReplyFunc on_reply, gpointer user);

/* Replies begin with this key from now on, which is as long as the one before. */
void pss_replies_begin_with(PssReplies *replies, const char *key);
