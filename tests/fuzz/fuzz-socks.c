/* SPDX-License-Identifier: MIT */
/* The SOCKS parser, fed whole and a byte at a time: how the bytes come makes no difference, and no more is used than
 * there is. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "link/libssh/forward/socks.h"

typedef struct {
	PssSocks socks;
	PssSocksStep last;
	GByteArray *answers;
	gsize used;
} Talk;

/* Everything up to `size`, of which `shown` can be seen. FALSE: it is over. */
static gboolean take(Talk *talk, const uint8_t *data, gsize shown)
{
	do {
		PssSocksAnswer answer;
		gsize used;
		talk->last = pss_socks_take(&talk->socks, data + talk->used, shown - talk->used, &used, &answer);
		if (used > shown - talk->used || answer.n > PSS_SOCKS_ANSWER_MAX)
			abort();
		talk->used += used;
		g_byte_array_append(talk->answers, answer.bytes, (guint)answer.n);
	} while (talk->last == PSS_SOCKS_ANSWER);
	return talk->last == PSS_SOCKS_MORE;
}

static void talk_end(Talk *talk)
{
	if ((talk->last == PSS_SOCKS_WANTS) != (talk->socks.host != NULL))
		abort();
	g_byte_array_unref(talk->answers);
	pss_socks_finish(&talk->socks);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Talk whole = { .answers = g_byte_array_new() }, pieces = { .answers = g_byte_array_new() };

	/* What is too long is BAD sooner or later, according to how it comes. */
	size = MIN(size, PSS_SOCKS_REQUEST_MAX / 2);
	take(&whole, data, size);
	for (gsize shown = 0; shown <= size && take(&pieces, data, shown); shown++)
		;
	if (whole.last != pieces.last || whole.used != pieces.used || whole.socks.port != pieces.socks.port ||
	    g_strcmp0(whole.socks.host, pieces.socks.host) != 0 || whole.answers->len != pieces.answers->len ||
	    (whole.answers->len > 0 && memcmp(whole.answers->data, pieces.answers->data, whole.answers->len) != 0))
		abort();
	talk_end(&whole);
	talk_end(&pieces);
	return 0;
}
