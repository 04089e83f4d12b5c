/* SPDX-License-Identifier: MIT */
/* What pssession-host is besides the host process: for the ssh program that the host starts (master.h). */
#pragma once

/* main() of `pssession-host --tied PID PROGRAM [ARGUMENT]…`: becomes the program, tied to the life of the process PID
 * that has started it. Returns only when that cannot be. */
int pss_program_tied(char *const *arguments);

/* The environment variable with the socket that questions go to; SSH_ASKPASS is pssession-host then. */
#define PSS_PROGRAM_ASK "PSSESSION_ASK"

/* main() of SSH_ASKPASS: puts the question to that socket and prints the answer. The exit status says whether there is
 * one. */
int pss_program_ask(const char *socket_path, const char *question);
