/* SPDX-License-Identifier: MIT */
/* Scope-bound cleanup for the libc half: `_cleanup_(pss_close_fd) int fd = -1;`. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(function) __attribute__((cleanup(function)))

static inline void pss_close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void pss_free_pointer(void *pointer)
{
	free(*(void **)pointer);
}
