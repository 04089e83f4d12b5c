/* SPDX-License-Identifier: MIT */
/* SSH_ASKPASS: the caller's program that asks the question where there is no terminal. */
#pragma once

#include "link/login/login-context.h"

/* Blocks until it has answered or the person has left. NULL: it failed or declined. The answer is a
 * secret, for pss_login_forget(). */
char *pss_askpass_run(PssLoginContext *person, const char *program, char *const *environment, const char *question);
