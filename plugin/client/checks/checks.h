/* SPDX-License-Identifier: MIT */
/* What test-pssession checks: this computer, then the way to another one, then what that one has. Each check says at
 * least one line. Called by verb-test.c, in this order. */
#pragma once

#include "client/checks/report.h"
#include "client/requests/connection.h"
#include "client/requests/requests.h"

struct pss_checks {
	struct pss_call *call;
	struct pss_report report;
	struct pss_target target;         /* host is NULL: this computer alone */
	struct pss_connection connection; /* to the host process, for as long as it is there */
	char *configuration;              /* what `ssh -G` says, or NULL */
	struct pss_session session;       /* the one that was opened for the test */
	uint32_t attached;                /* the id of its stream */
	bool is_open;
};

/* Shell, host process, terminal, ssh, ssh_config, agent, known_hosts. */
void pss_checks_here(struct pss_checks *checks);

/* A session, step by step, up to its first prompt. */
void pss_checks_connection(struct pss_checks *checks);

/* What the computer has of what sessions and copies use. */
void pss_checks_tools(struct pss_checks *checks);

/* Ctrl-C: no further check. */
bool pss_checks_interrupted(const struct pss_checks *checks);

void pss_checks_finish(struct pss_checks *checks);
