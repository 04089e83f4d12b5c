/* SPDX-License-Identifier: MIT */
/* The parts of checks.h among themselves. */
#pragma once

#include "client/checks/checks.h"

#define PSS_CHECK_MS 5000 /* for an answer of what is on this computer */

#define PSS_OK_LINE(checks, check, ...) \
	pss_report_put(&(checks)->report, PSS_VERDICT_OK, check, PSS_NO_TIME, __VA_ARGS__)
#define PSS_WARN_LINE(checks, check, ...) \
	pss_report_put(&(checks)->report, PSS_VERDICT_WARN, check, PSS_NO_TIME, __VA_ARGS__)
#define PSS_FAIL_LINE(checks, check, ...) \
	pss_report_put(&(checks)->report, PSS_VERDICT_FAIL, check, PSS_NO_TIME, __VA_ARGS__)

/* The host process, which is started where none runs: check-host.c. */
void pss_checks_host(struct pss_checks *checks);

/* The ssh program and what it makes of ssh_config, the agent, known_hosts: check-ssh.c, check-agent.c. */
void pss_checks_ssh(struct pss_checks *checks);
void pss_checks_agent(struct pss_checks *checks);
void pss_checks_known_hosts(struct pss_checks *checks);

/* Where in the user's file of ssh_config a keyword stands that pssession ignores: a line of its own. */
void pss_checks_ignored(struct pss_checks *checks, const char *keyword);
