/* SPDX-License-Identifier: MIT */
/* The server's half of SOCKS 4, 4a (no RFC) and 5 (RFC 1928, without authentication): which host and port does the
 * client ask for? Pure: bytes in, bytes out. */
#pragma once

#include <glib.h>

#define PSS_SOCKS_ANSWER_MAX 10
#define PSS_SOCKS_REQUEST_MAX 1024 /* longer than any that is well-formed, but for SOCKS 4's user names */

typedef struct {
	guint version; /* 4 or 5; 0: nothing has come */
	gboolean greeted;
	char *host; /* heap: a name or a numeric address */
	guint port;
} PssSocks;

typedef enum {
	PSS_SOCKS_MORE,   /* the bytes do not suffice: again with more behind them */
	PSS_SOCKS_ANSWER, /* send the answer, and go on */
	PSS_SOCKS_WANTS,  /* host and port are known; pss_socks_outcome() is the answer */
	PSS_SOCKS_BAD,    /* send the answer, if there is one, and end it */
} PssSocksStep;

typedef struct {
	guint8 bytes[PSS_SOCKS_ANSWER_MAX];
	gsize n;
} PssSocksAnswer;

void pss_socks_finish(PssSocks *socks);

/* `ret_used`: so many of the bytes are dealt with, and are not to come again. */
PssSocksStep pss_socks_take(PssSocks *socks, const guint8 *bytes, gsize n, gsize *ret_used, PssSocksAnswer *ret_answer);

/* The last answer to the client: it is connected, or could not be. */
void pss_socks_outcome(const PssSocks *socks, gboolean connected, PssSocksAnswer *ret_answer);
