/* SPDX-License-Identifier: MIT */
/* Messages are cut into fragments ([MS-PSRP] 2.2.4): u64 object id, u64 fragment id, u8 flags, u32 length, all
 * big-endian, then that many bytes of the message. */
#pragma once

#include <glib.h>

#define PSS_MESSAGE_MAX (64 << 20) /* bytes of all messages that are incomplete; beyond, the stream is malformed */
#define PSS_FRAGMENT_MAX 32768     /* bytes of a message in a fragment that is sent */
#define PSS_UNFINISHED_MAX 64      /* messages that are incomplete at the same time */

typedef struct PssDefragmenter PssDefragmenter;

/* A whole message, borrowed. */
typedef void (*PssMessageFunc)(gpointer user, const guint8 *message, gsize n);

PssDefragmenter *pss_defragmenter_new(PssMessageFunc on_message, gpointer user);
void pss_defragmenter_free(PssDefragmenter *defragmenter); /* accepts NULL */

/* Whole fragments, of one message or of many. FALSE: malformed, and nothing that follows can be understood. */
gboolean pss_defragmenter_feed(PssDefragmenter *defragmenter, const guint8 *data, gsize n) G_GNUC_WARN_UNUSED_RESULT;

/* Appends a message, cut. Object ids count from 1 over the whole connection. */
void pss_fragments_append(GByteArray *out, guint64 object, const guint8 *message, gsize n);
