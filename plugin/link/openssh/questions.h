/* SPDX-License-Identifier: MIT */
/* The questions of the ssh program: the host process's end of pss_program_ask() (child-modes.h). */
#pragma once

#include "link/login/login-context.h"

/* A socket with that name that listens, CLOEXEC and non-blocking; or -1 and errno. */
int pss_program_questions_listen(const char *path);

/* Takes one question, puts it to the person and answers; blocks as pss_login_ask() does. Other users are not heard. */
void pss_program_questions_answer(PssLoginContext *person, int listener);
