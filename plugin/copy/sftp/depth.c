/* SPDX-License-Identifier: MIT */
/* How much to have on the way. An answer that takes about as long as on an empty line says that nothing queues: the
 * line takes more. Once things queue, more on the way only makes all of them later. */
#include "copy/sftp/private.h"

/* On a short line answers vary by what other programs do. */
#define NOISE_US 2000

void pss_sftp_depth_init(PssSftpDepth *depth, gsize first, gsize max)
{
	*depth = (PssSftpDepth){ .limit = first, .max = max };
}

void pss_sftp_depth_learn(PssSftpDepth *depth, gint64 latency, gint64 round_trip)
{
	gint64 now = g_get_monotonic_time();

	depth->latency = latency;
	if (depth->limit >= depth->max || latency > 2 * round_trip + NOISE_US || now - depth->grown_at < latency)
		return;
	depth->limit = MIN(2 * depth->limit, depth->max);
	depth->grown_at = now;
}
