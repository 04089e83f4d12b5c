/* SPDX-License-Identifier: MIT */
/* What the shell's half asks of the operating system beyond POSIX, besides wire/system.h. A port writes a twin of
 * system-linux.c. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/* Opens what `fd` is open on once more, with flags of its own (O_NONBLOCK, say, which would hold for everybody who has
 * `fd`). Never a socket. A descriptor below PSS_DESCRIPTOR_MIN, or -1 and errno. */
int pss_reopen(int fd, int flags);

/* The program that this process runs, for exec: what the shell's name leads to may be another one by now. */
extern const char pss_own_program[];

/* Does process `pid` call itself so? At most 15 bytes count. */
bool pss_process_is_named(pid_t pid, const char *name);

/* A process's main thread at one moment. */
struct pss_process_look {
	bool is_at_work;          /* it runs, or waits for a disk */
	unsigned long long ticks; /* of a processor that it has used */
};

/* False: there is no such process, or it cannot be seen. */
bool pss_process_look(pid_t pid, struct pss_process_look *ret_look);
