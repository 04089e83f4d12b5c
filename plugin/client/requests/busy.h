/* SPDX-License-Identifier: MIT */
/* Whether a process that owes an answer is at work on something, or hangs. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/* Waits for some tenths of a second. `interrupted` may be NULL; when it says yes, the answer is yes. */
bool pss_busy_is_at_work(pid_t pid, bool (*interrupted)(void));
