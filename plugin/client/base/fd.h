/* SPDX-License-Identifier: MIT */
/* Descriptors inside a shell: CLOEXEC, and above the numbers that users redirect (`exec 3>…`). */
#pragma once

#define PSS_DESCRIPTOR_MIN 100

/* Moves `fd` up as far as `ulimit -n` lets it and closes the old number. The new one, or -errno with `fd` closed.
 * Accepts a negative fd, as left by a failed call, and returns -errno for it. */
int pss_descriptor_raise(int fd);
