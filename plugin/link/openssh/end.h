/* SPDX-License-Identifier: MIT */
/* The end of an ssh that master.c has started: SIGTERM, and where that does nothing, SIGKILL. */
#pragma once

#include <glib.h>
#include <sys/types.h>

/* Waits for it. In the thread of a login. */
void pss_program_end_now(pid_t pid);

/* Does not; main context, which reaps it. `control` is its socket, or NULL. */
void pss_program_end_later(pid_t pid, const char *control);

/* ssh makes its socket under a longer name first; one that ends between leaves that. */
void pss_program_remove_unfinished(const char *control);
