/* SPDX-License-Identifier: MIT */
/* What the engine and the host process ask of the operating system beyond POSIX, besides wire/system.h. A port writes a
 * twin of system-linux.c. Descriptors that come from here are CLOEXEC, and do not block; -1 and errno where there is
 * none. */
#pragma once

#include <glib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/types.h>

/* A connection of a listener; address and n as accept(2) has them. */
int pss_system_accept(int listener, struct sockaddr *address, socklen_t *n);

/* A flag between threads: readable while it is up. */
int pss_system_flag_new(void);
void pss_system_flag_raise(int flag);
/* FALSE: it was not up. What its raiser wrote before can be read behind this. */
gboolean pss_system_flag_lower(int flag);

/* Several descriptors in the place of one, which is readable when any of them is. Those of `fds` that are negative do
 * not count. */
int pss_system_crowd_new(const int *fds, gsize n_fds);
/* One of them that is readable now, or -1. */
int pss_system_crowd_ready(int crowd);
void pss_system_crowd_remove(int crowd, int fd);

/* Readable when the child has ended; it can be reaped then. */
int pss_system_process_end(pid_t child);

/* FALSE: it has ended, whether or not somebody has reaped it. */
gboolean pss_system_is_running(pid_t pid);

typedef enum {
	PSS_SYSTEM_COMES, /* a name appears in the directory */
	PSS_SYSTEM_GOES,  /* one is gone from it, or the directory itself is */
} PssSystemChange;

/* Readable when that has happened in a directory. */
int pss_system_directory_watch(const char *directory, PssSystemChange change);

/* Readable when addresses or routes of this computer may have changed. */
int pss_system_network_watch(void);

/* FALSE: that process is known to be in another network than this one (a namespace), where names and addresses may lead
 * to other computers. */
gboolean pss_system_shares_network(pid_t pid);

/* Reads all that is there, and forgets it: what a watch became readable by. */
void pss_system_drain(int fd);

/* A file without a name, in memory, for reading and writing. With `size` it has that many bytes for ever. It blocks as
 * little as any file. */
int pss_system_memory_file(const char *name, gsize size);

/* The program that this process runs, to be run again. NULL where it cannot be found out. Free with g_free(). */
char *pss_system_own_program(void);

/* Is it a name of what one process alone has open (/dev/fd/3)? */
gboolean pss_system_is_descriptor_name(const char *path);

/* How many descriptors are open. -1 and errno. */
int pss_system_count_descriptors(void);

/* This process's name for others: clients look for it before they name our pid. */
void pss_system_set_name(const char *name);

/* No core file, and no look into our memory by other programs of the user. */
void pss_system_protect_memory(void);

/* The limit number `resource` of a process of this user (0: of this one). FALSE: there is none of that number, or no
 * such process. */
gboolean pss_system_limit_of(pid_t pid, int resource, struct rlimit *ret);

/* This process gets SIGTERM when the one that has started it ends. FALSE and errno. */
gboolean pss_system_end_with_parent(void);

/* All threads take their memory from one heap, for a process whose threads are short and what they leave is not. To be
 * called before there are any. */
void pss_system_share_heap(void);

/* Memory that is free goes back to the system. */
void pss_system_trim_memory(void);

/* Asks for acknowledgements without delay; the kernel forgets it, so it is said after each read while round trips
 * count. Nothing on what is no TCP socket. */
void pss_system_acknowledge_quickly(int tcp_socket);

/* What is written while it is on leaves when it is off again, in segments that are as full as they can be. Nothing on
 * what is no TCP socket. */
void pss_system_gather(int tcp_socket, gboolean on);

/* A connection is lost when nothing has been acknowledged for so long. */
void pss_system_give_up_after(int tcp_socket, guint milliseconds);

/* It takes no more while so many bytes have not been sent for the first time: what is urgent finds few in front of it.
 */
void pss_system_keep_unsent_below(int tcp_socket, guint bytes);

/* Bytes that nobody can guess. FALSE and errno. */
gboolean pss_system_random(guchar *bytes, gsize n);
