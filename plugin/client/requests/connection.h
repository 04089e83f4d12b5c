/* SPDX-License-Identifier: MIT */
/* One connection to the host process: found or started, greeted, framed. It is made for one command
 * and closed with it; nothing of it stays in the shell. Its descriptor is CLOEXEC and ≥ 100. No call
 * raises SIGPIPE. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "client/base/poll.h"
#include "wire/descriptors.h"
#include "wire/frame.h"
#include "wire/message.h"

struct pss_connection {
	int fd;                       /* -1: closed */
	struct pss_beside *also_poll; /* or NULL */
	struct pss_buffer in, out;
	struct pss_descriptors descriptors; /* that came with `in` and have not been taken */
	uint32_t last_id;
	uint32_t version;                       /* the one that both ends speak */
	char program[48];                       /* the host process, as it calls itself; "": not known */
	void (*on_busy)(void *user, pid_t pid); /* or NULL; see pss_connection_is_busy() */
	void *busy_user;
	bool busy_reported;
};

/* Connects; starts the host process under a lock where there is none; exchanges HELLO within the
 * deadline. `may_start` false: no host process is an -ENOENT, not a reason to start one (get, remove).
 * `search_path` is a colon-less list of absolute candidates for the host program, NULL-terminated
 * (PSSESSION_HOST, beside the loadable, libexecdir). `interrupted` (may be NULL) is asked on EINTR.
 * `also_poll` (may be NULL) is polled in every wait for the host process, now and later; `on_busy` (may be NULL) is
 * called once when that is late and works.
 * 0, or -errno and *ret_error, a heap sentence that says what failed and the way out; -EINTR after Ctrl-C. */
int pss_connection_open(struct pss_connection *connection, bool may_start, const char *const *search_path,
			const char *program_name, bool (*interrupted)(void), struct pss_beside *also_poll,
			void (*on_busy)(void *user, pid_t pid), void *busy_user, char **ret_error);

/* Connects to a host process that runs, within `deadline_ms` in all, for those who would rather do without than wait
 * (a prompt, a Tab). 0, -ENOENT when none runs, -errno. */
int pss_connection_try(struct pss_connection *connection, int deadline_ms, const char *program_name,
		       bool (*interrupted)(void));

/* Connects to a host process that runs, and queues HELLO: a request may be queued right behind it. The first frame that
 * comes is for pss_connection_take_greeting(). For those who can do it in the usual way too. 0 or -errno. */
int pss_connection_begin(struct pss_connection *connection, const char *program_name, bool (*interrupted)(void),
			 void (*on_busy)(void *user, pid_t pid), void *busy_user);
/* 0, or -EPROTO: it is no HELLO that can be served. */
int pss_connection_take_greeting(struct pss_connection *connection, const struct pss_frame *frame);

void pss_connection_close(struct pss_connection *connection); /* wipes the buffers; idempotent */

/* The host process's id; 0 where it is not known. A socket that was passed to it (LISTEN_FDS) may still name
 * the process that passed it, so the message must not suggest killing it. */
pid_t pss_connection_host_pid(const struct pss_connection *connection);

/* A deadline of the host process's has passed. Does it work, so that it is to be waited for once more? Takes a moment.
 */
bool pss_connection_is_busy(struct pss_connection *connection, bool (*interrupted)(void));

/* "the host process … does not answer; …": the sentence for -ETIMEDOUT. Heap, NULL when memory is short. */
char *pss_connection_stuck(const struct pss_connection *connection);

uint32_t pss_connection_new_id(struct pss_connection *connection);

/* Non-blocking. fill: >0 bytes read, 0 end of file, -EAGAIN, -errno. flush: 0 all sent, -EAGAIN, -errno. */
int pss_connection_fill(struct pss_connection *connection);
int pss_connection_flush(struct pss_connection *connection);

/* The next whole frame that is already here: 1, 0 none, -EMSGSIZE. It is valid until pss_connection_done(). */
int pss_connection_peek(struct pss_connection *connection, struct pss_frame *ret_frame);
void pss_connection_done(struct pss_connection *connection, const struct pss_frame *frame);

/* The first descriptor that came and has not been taken: with an OPENED. It is the caller's, and ≥ 100. -ENOENT: no
 * descriptor has come. */
int pss_connection_take_descriptor(struct pss_connection *connection);

/* Blocking with a deadline in ms (-1: none): sends what is queued and waits for the next frame. 1,
 * -ETIMEDOUT, -EINTR (interrupted() said so), -ECONNRESET (end of file), what `also_poll` said, -errno. */
int pss_connection_wait(struct pss_connection *connection, int deadline_ms, bool (*interrupted)(void),
			struct pss_frame *ret_frame);
