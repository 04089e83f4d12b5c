/* SPDX-License-Identifier: MIT */
/* Bytes between this program's standard streams and the channel's descriptor, without more than 64 KiB of each. */
#pragma once

#include <poll.h>

#include "client/base/output-fd.h"
#include "wire/buffer.h"

struct pss_rsh_relay {
	int channel; /* -1: not open yet, or over */
	int input;   /* 0, or -1: it has ended, or there is none */
	struct pss_buffer up, down;
	struct pss_writer out;
};

void pss_rsh_relay_init(struct pss_rsh_relay *relay, bool no_input);
void pss_rsh_relay_finish(struct pss_rsh_relay *relay);

/* Takes the descriptor over. */
void pss_rsh_relay_open(struct pss_rsh_relay *relay, int channel);

/* What it waits for: three of them, with -1 where there is nothing. */
#define PSS_RSH_RELAY_FDS 3
void pss_rsh_relay_want(const struct pss_rsh_relay *relay, struct pollfd fds[PSS_RSH_RELAY_FDS]);

/* After poll(). 0, or -errno: nobody takes the output any more. */
int pss_rsh_relay_move(struct pss_rsh_relay *relay, const struct pollfd fds[PSS_RSH_RELAY_FDS]);

/* All that came from the channel has been written, and no more will come. */
bool pss_rsh_relay_is_over(const struct pss_rsh_relay *relay);
