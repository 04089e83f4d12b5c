/* SPDX-License-Identifier: MIT */
/* -SSHConnection 'HostName=web1;UserName=admin;Port=2222': a computer with settings of its own, so that one call
 * reaches several that are reached in different ways. */
#pragma once

#include "client/command/call.h"

#define PSS_SSH_CONNECTION_ROW                                                                        \
	{                                                                                             \
		"SSHConnection", NULL, PSS_KIND_TEXTS, "SETTINGS",                                    \
			.wants = "settings as in 'HostName=web1;UserName=admin;Port=2222'", .set = 1, \
			.help = "a computer with settings of its own, Key=Value;…; repeat for more" \
	}

struct pss_ssh_connection {
	struct pss_target target;              /* zero once it has been taken over */
	const char *label;                     /* HostName as it was given; borrowed from the words */
	struct pss_value link[PSS_LINK_COUNT]; /* with what it does not say from the call's own; borrows */
	struct pss_value own[PSS_LINK_COUNT];  /* what it says */
	struct pss_texts words;                /* its settings as arguments, which the values borrow from */
};

struct pss_ssh_connections {
	struct pss_ssh_connection *items;
	size_t n_items;
};

/* Reads the values of -SSHConnection. What one does not say is as call->link has it. False: one is wrong, which is
 * reported as a wrong parameter. To be finished in every case. */
bool pss_ssh_connections_read(struct pss_call *call, const struct pss_value *value,
			      struct pss_ssh_connections *ret_connections);
void pss_ssh_connections_finish(struct pss_ssh_connections *connections);
