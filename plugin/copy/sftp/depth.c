/* SPDX-License-Identifier: MIT */
/* How much to have on the way. As TCP begins: twice as much for each round trip, for as long as that brings more in the
 * same time. Beyond it more on the way only makes all of it later. */
#include "copy/sftp/private.h"

/* What the fastest line that is worth it has on the way. */
#define BYTES_A_US 200
#define BYTES_MIN (2u * 1024u * 1024u)

/* A small file takes a server about 50 µs, and is open for two round trips. More than are needed make a near server
 * slower: 2048 of them took twice the time of 64. */
#define US_A_FILE 50
#define FILES_MIN 64u

void pss_sftp_depth_init(PssSftpDepth *depth, gsize first, gsize max)
{
	*depth = (PssSftpDepth){ .limit = first, .max = max };
}

static void end_round(PssSftpDepth *depth, gint64 now, gint64 round_trip)
{
	gint64 took = MAX(now - depth->round_began, 1);
	double rate = (double)depth->n_answered / (double)took;
	gsize max = MIN(MAX((gsize)round_trip * BYTES_A_US, BYTES_MIN), depth->max);

	if (depth->was_full && depth->limit < max && rate > depth->best_rate * 5 / 4) {
		depth->best_rate = rate;
		depth->limit = MIN(2 * depth->limit, max);
	}
	depth->round_began = now;
	depth->n_answered = 0;
	depth->was_full = FALSE;
}

void pss_sftp_depth_learn(PssSftpDepth *depth, gsize n, gint64 sent_at, gint64 now, gint64 round_trip)
{
	depth->latency = now - sent_at;
	depth->n_answered += n;
	if (depth->round_began == 0) {
		depth->round_began = now;
		depth->n_answered = 0;
	} else if (sent_at >= depth->round_began) { /* what was asked for since has been answered */
		end_round(depth, now, round_trip);
	}
}

gboolean pss_sftp_depth_is_full(PssSftpDepth *depth, gsize used)
{
	depth->was_full = depth->was_full || used >= depth->limit;
	return used >= depth->limit;
}

guint pss_sftp_files_for(gint64 round_trip, guint max)
{
	return (guint)CLAMP(round_trip / US_A_FILE, MIN(FILES_MIN, max), max);
}
