/* SPDX-License-Identifier: MIT */
/* The arguments of a remote shell, as rsync and its like give them: ssh's letters, a computer, a command. */
#pragma once

#include "client/command/call.h"

struct pss_rsh {
	const char *host;         /* a kept session, or a computer */
	struct pss_target target; /* the computer; its host NULL: not parsed yet */
	char *command;            /* the words behind it, with blanks between, as ssh has it */
	bool no_input;            /* -n */
};

enum { PSS_RSH_RUN = 0, PSS_RSH_HELP = 1, PSS_RSH_VERSION = 2 };

/* Takes them in; what concerns the link goes to call->link. What is wanted; -EINVAL: reported as a wrong parameter. */
int pss_rsh_read(struct pss_rsh *rsh, struct pss_call *call, char *const *arguments);
void pss_rsh_finish(struct pss_rsh *rsh, struct pss_call *call);
