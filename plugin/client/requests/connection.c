/* SPDX-License-Identifier: MIT */
/* The connection to the host process: connect, or lock, connect again, clear away, start, connect; then check who is
 * there and greet. Called once by each command, in whichever fork of the shell runs it. Whatever the other end does
 * (stopped, gone, not ours, of another version) ends in an error within the deadline. It asks the shell for nothing
 * but whether Ctrl-C was pressed. */
#include "client/requests/connection.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "client/base/fd.h"
#include "client/base/poll.h"
#include "client/base/strings.h"
#include "client/base/system.h"
#include "client/requests/busy.h"
#include "client/requests/start-host.h"
#include "wire/cleanup.h"
#include "wire/deadlines.h"
#include "wire/runtime.h"
#include "wire/system.h"

#define RETRY_MS 20
#define ENDING_MS 500
#define READ_SIZE 65536

struct opening {
	struct pss_runtime runtime;
	const char *const *search_path;
	bool (*interrupted)(void);
	int deadline_ms; /* for the connect, and for the greeting */
	bool waits;      /* for one that is busy, longer than that */
	char *error;     /* the sentence, once there is one */
};

static int say(struct opening *opening, int rc, char *sentence)
{
	free(opening->error);
	opening->error = sentence;
	return rc;
}

/* Nothing to wait on: a full backlog or a held lock. */
static int pause_before_retry(struct opening *opening, long long deadline)
{
	long long now = pss_now_ms();
	if (now >= deadline)
		return -ETIMEDOUT;
	int rc = pss_wait_descriptor(-1, 0, now + RETRY_MS, opening->interrupted);
	return rc == -ETIMEDOUT ? 0 : rc;
}

/* The connected descriptor, or -errno. */
static int connect_socket(struct opening *opening)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	long long deadline = pss_now_ms() + opening->deadline_ms;
	struct stat st;
	int rc = 0;

	/* Only a socket is ours; a link is not followed to another user's. */
	if (lstat(opening->runtime.socket, &st) == 0 && !S_ISSOCK(st.st_mode))
		return -ECONNREFUSED;
	_cleanup_(pss_close_fd) int fd =
		pss_descriptor_raise(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
	if (fd < 0)
		return fd;
	memcpy(address.sun_path, opening->runtime.socket, strlen(opening->runtime.socket) + 1);
	while (rc == 0 && connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
		rc = errno == EAGAIN || errno == EINTR ? pause_before_retry(opening, deadline) : -errno;
	if (rc == -ETIMEDOUT)
		say(opening, rc,
		    pss_format("the host process takes no connections (its socket is %s)", opening->runtime.socket));
	if (rc < 0)
		return rc;
	int connected = fd;
	fd = -1; /* now the caller's */
	return connected;
}

static bool is_absent(int rc)
{
	return rc == -ECONNREFUSED || rc == -ENOENT;
}

static int take_lock(struct opening *opening)
{
	long long deadline = pss_now_ms() + pss_deadline(PSS_HOST_LOCK_MS);

	int fd = pss_descriptor_raise(open(opening->runtime.lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
	int rc = fd;
	while (rc >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0)
		rc = errno == EWOULDBLOCK || errno == EINTR ? pause_before_retry(opening, deadline) : -errno;
	if (rc < 0) {
		pss_close_fd(&fd);
		if (rc != -EINTR)
			say(opening, rc,
			    pss_format("the lock %s cannot be taken: %s", opening->runtime.lock, strerror(-rc)));
		return rc;
	}
	return fd;
}

/* Another client may have started it while we waited for the lock: so the connect is tried once more with it. */
static int start_and_connect(struct opening *opening)
{
	_cleanup_(pss_close_fd) int lock = take_lock(opening);
	if (lock < 0)
		return lock;
	int fd = connect_socket(opening);
	if (!is_absent(fd))
		return fd;
	if (fd == -ECONNREFUSED && unlink(opening->runtime.socket) < 0 && errno != ENOENT)
		return say(opening, -errno,
			   pss_format("the stale socket %s cannot be removed: %s", opening->runtime.socket,
				      strerror(errno)));
	int rc = pss_start_host(opening->search_path, opening->interrupted, &opening->error);
	return rc < 0 ? rc : connect_socket(opening);
}

static int find_runtime(struct opening *opening)
{
	int rc = pss_runtime_find(geteuid(), &opening->runtime);
	const char *directory = opening->runtime.directory;

	if (rc == -EPERM)
		return say(
			opening, rc,
			pss_format("the directory %s is not trusted: it must be yours, mode 0700, and no symbolic link",
				   directory));
	if (rc == -ENAMETOOLONG)
		return say(opening, rc, pss_format("the path of the socket below %s is too long", directory));
	if (rc < 0)
		return say(opening, rc,
			   pss_format("no usable directory for the socket%s%s: %s", *directory ? ": " : "", directory,
				      strerror(-rc)));
	return 0;
}

/* As the host process names itself, whatever its file is called. */
#define HOST_NAME "pssession-host"

pid_t pss_connection_host_pid(const struct pss_connection *connection)
{
	uid_t uid;
	pid_t pid;

	if (pss_peer(connection->fd, &uid, &pid) < 0)
		return 0;
	return pss_process_is_named(pid, HOST_NAME) ? pid : 0;
}

bool pss_connection_is_busy(struct pss_connection *connection, bool (*interrupted)(void))
{
	pid_t pid = pss_connection_host_pid(connection);

	if (pid == 0 || !pss_busy_is_at_work(pid, interrupted))
		return false;
	if (connection->on_busy && !connection->busy_reported)
		connection->on_busy(connection->busy_user, pid);
	connection->busy_reported = true;
	return true;
}

char *pss_connection_stuck(const struct pss_connection *connection)
{
	int pid = (int)pss_connection_host_pid(connection);

	if (pid == 0)
		return pss_format("the host process does not answer (where systemd starts it, 'systemctl --user "
				  "restart pssession.service' restarts it)");
	return pss_format("the host process (pid %d) does not answer; 'kill -CONT %d' wakes a stopped one, "
			  "'kill -KILL %d' ends it and its sessions",
			  pid, pid, pid);
}

static int check_peer(struct opening *opening, int fd)
{
	uid_t uid;
	pid_t pid;

	int rc = pss_peer(fd, &uid, &pid);
	if (rc < 0)
		return rc;
	if (uid != geteuid())
		return say(opening, -EPERM,
			   pss_format("the socket %s is served by user %lu, not by you", opening->runtime.socket,
				      (unsigned long)uid));
	return 0;
}

static int write_hello(struct pss_connection *connection, const char *program_name)
{
	struct pss_message hello;

	pss_message_begin(&hello, &connection->out, PSS_HELLO, 0);
	pss_message_number(&hello, PSS_TAG_VERSION, PSS_PROTOCOL_VERSION);
	pss_message_number(&hello, PSS_TAG_OLDEST, PSS_PROTOCOL_OLDEST);
	pss_message_text(&hello, PSS_TAG_PROGRAM, program_name);
	pss_message_number(&hello, PSS_TAG_PID, (uint64_t)getpid());
	return pss_message_end(&hello);
}

int pss_connection_take_greeting(struct pss_connection *connection, const struct pss_frame *frame)
{
	uint64_t version = pss_fields_number(pss_frame_fields(frame), PSS_TAG_VERSION, 0);

	if (frame->header.type != PSS_HELLO || version < PSS_PROTOCOL_OLDEST || version > PSS_PROTOCOL_VERSION)
		return -EPROTO;
	connection->version = (uint32_t)version;
	const char *program = pss_fields_text(pss_frame_fields(frame), PSS_TAG_PROGRAM);
	snprintf(connection->program, sizeof connection->program, "%s", program ? program : "");
	return 0;
}

static int read_hello(struct opening *opening, struct pss_connection *connection, const struct pss_frame *frame)
{
	if (frame->header.type == PSS_RESULT) {
		const char *message = pss_fields_text(pss_frame_fields(frame), PSS_TAG_MESSAGE);
		return say(opening, -EPROTO,
			   strdup(message ? message : "the host process refuses this client and gives no reason"));
	}
	if (pss_connection_take_greeting(connection, frame) < 0)
		return say(opening, -EPROTO,
			   strdup("the program at the host process's socket does not speak pssession's protocol; end "
				  "it, and the next command starts the host process"));
	return 0;
}

static int greet(struct opening *opening, struct pss_connection *connection, const char *program_name)
{
	struct pss_frame frame;

	int rc = write_hello(connection, program_name);
	if (rc == 0)
		do
			rc = pss_connection_wait(connection, opening->deadline_ms, opening->interrupted, &frame);
		while (rc == -ETIMEDOUT && opening->waits && pss_connection_is_busy(connection, opening->interrupted));
	if (rc > 0) {
		rc = read_hello(opening, connection, &frame);
		pss_connection_done(connection, &frame);
	} else if (rc == -ETIMEDOUT) {
		say(opening, rc, pss_connection_stuck(connection));
	} else if (rc == -ECONNRESET) {
		say(opening, rc,
		    strdup("the host process closed the connection before it answered; the same command may succeed "
			   "now"));
	}
	return rc;
}

static int reach(struct opening *opening, struct pss_connection *connection, bool may_start)
{
	int rc = find_runtime(opening);
	if (rc < 0)
		return rc;
	connection->fd = connect_socket(opening);
	if (is_absent(connection->fd) && !may_start)
		return -ENOENT;
	if (is_absent(connection->fd))
		connection->fd = start_and_connect(opening);
	if (connection->fd < 0)
		return connection->fd;
	return check_peer(opening, connection->fd);
}

static int open_connection(struct opening *opening, struct pss_connection *connection, bool may_start,
			   const char *program_name)
{
	int rc = reach(opening, connection, may_start);

	return rc < 0 ? rc : greet(opening, connection, program_name);
}

/* One that is ending takes connections for a moment still. */
static int open_lasting_connection(struct opening *opening, struct pss_connection *connection, bool may_start,
				   const char *program_name)
{
	int rc = open_connection(opening, connection, may_start, program_name);

	for (long long deadline = pss_now_ms() + ENDING_MS; rc == -ECONNRESET;) {
		if (pause_before_retry(opening, deadline) < 0)
			break;
		pss_connection_close(connection);
		free(opening->error);
		opening->error = NULL;
		rc = open_connection(opening, connection, may_start, program_name);
	}
	return rc;
}

int pss_connection_open(struct pss_connection *connection, bool may_start, const char *const *search_path,
			const char *program_name, bool (*interrupted)(void), struct pss_beside *also_poll,
			void (*on_busy)(void *user, pid_t pid), void *busy_user, char **ret_error)
{
	struct opening opening = {
		.search_path = search_path,
		.interrupted = interrupted,
		.deadline_ms = pss_deadline(PSS_ACK_MS),
		.waits = true,
	};

	*connection =
		(struct pss_connection){ .fd = -1, .also_poll = also_poll, .on_busy = on_busy, .busy_user = busy_user };
	int rc = open_lasting_connection(&opening, connection, may_start, program_name);
	if (rc < 0) {
		pss_connection_close(connection);
		if (!opening.error)
			opening.error = pss_format("the host process cannot be reached: %s", strerror(-rc));
	}
	*ret_error = opening.error;
	return rc;
}

int pss_connection_try(struct pss_connection *connection, int deadline_ms, const char *program_name,
		       bool (*interrupted)(void))
{
	/* One half for each of the two steps. */
	struct opening opening = { .interrupted = interrupted, .deadline_ms = deadline_ms / 2 };

	*connection = (struct pss_connection){ .fd = -1 };
	int rc = open_connection(&opening, connection, false, program_name);
	if (rc < 0)
		pss_connection_close(connection);
	free(opening.error);
	return rc;
}

int pss_connection_begin(struct pss_connection *connection, const char *program_name, bool (*interrupted)(void),
			 void (*on_busy)(void *user, pid_t pid), void *busy_user)
{
	struct opening opening = { .interrupted = interrupted, .deadline_ms = pss_deadline(PSS_ACK_MS) };

	*connection = (struct pss_connection){ .fd = -1, .on_busy = on_busy, .busy_user = busy_user };
	int rc = reach(&opening, connection, false);
	if (rc == 0)
		rc = write_hello(connection, program_name);
	if (rc < 0)
		pss_connection_close(connection);
	free(opening.error);
	return rc;
}

void pss_connection_close(struct pss_connection *connection)
{
	if (connection->fd >= 0)
		close(connection->fd);
	connection->fd = -1;
	for (size_t i = 0; i < connection->descriptors.n; i++)
		close(connection->descriptors.fds[i]);
	connection->descriptors.n = 0;
	pss_buffer_wipe(&connection->in);
	pss_buffer_wipe(&connection->out);
}

uint32_t pss_connection_new_id(struct pss_connection *connection)
{
	if (++connection->last_id == 0)
		connection->last_id = 1;
	return connection->last_id;
}

/* More than there is room for cannot be: the verbs take each with its frame. */
static void keep_descriptors(struct pss_connection *connection, const struct pss_descriptors *came)
{
	struct pss_descriptors *kept = &connection->descriptors;

	for (size_t i = 0; i < came->n; i++)
		if (kept->n < PSS_DESCRIPTORS_MAX)
			kept->fds[kept->n++] = came->fds[i];
		else
			close(came->fds[i]);
}

int pss_connection_fill(struct pss_connection *connection)
{
	unsigned char *room = pss_buffer_reserve(&connection->in, READ_SIZE);
	if (!room)
		return -ENOMEM;
	struct pss_descriptors came;
	ssize_t n = pss_receive_descriptors(connection->fd, room, READ_SIZE, &came);
	keep_descriptors(connection, &came);
	if (n < 0)
		return (int)n;
	pss_buffer_commit(&connection->in, (size_t)n);
	return (int)n;
}

int pss_connection_take_descriptor(struct pss_connection *connection)
{
	struct pss_descriptors *descriptors = &connection->descriptors;

	if (descriptors->n == 0)
		return -ENOENT;
	int fd = descriptors->fds[0];
	descriptors->n--;
	memmove(descriptors->fds, descriptors->fds + 1, descriptors->n * sizeof *descriptors->fds);
	return pss_descriptor_raise(fd);
}

int pss_connection_flush(struct pss_connection *connection)
{
	while (connection->out.length > 0) {
		ssize_t n = send(connection->fd, pss_buffer_bytes(&connection->out), connection->out.length,
				 MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EWOULDBLOCK ? -EAGAIN : -errno;
		pss_buffer_consume(&connection->out, (size_t)n);
	}
	return 0;
}

int pss_connection_peek(struct pss_connection *connection, struct pss_frame *ret_frame)
{
	return pss_frame_parse(&connection->in, ret_frame);
}

void pss_connection_done(struct pss_connection *connection, const struct pss_frame *frame)
{
	pss_buffer_consume(&connection->in, pss_frame_size(frame));
}

static int wait_for_either(struct pss_connection *connection, short events, long long deadline,
			   bool (*interrupted)(void))
{
	struct pss_beside *also = connection->also_poll;

	for (;;) {
		struct pollfd fds[2] = {
			{ .fd = connection->fd, .events = events },
			{ .fd = also ? also->fd : -1, .events = POLLIN },
		};
		int rc = pss_wait_descriptors(fds, 2, deadline, interrupted);
		if (rc > 0 && fds[1].revents)
			rc = also->on_ready(also->user);
		if (rc < 0 || fds[0].revents)
			return rc;
	}
}

/* Sends and receives what can be without waiting longer than `deadline`. 0, or -errno. */
static int exchange(struct pss_connection *connection, long long deadline, bool (*interrupted)(void))
{
	/* A host process that refuses us may have closed already; its last words are still to be read. */
	int flushed = pss_connection_flush(connection);
	if (flushed < 0 && flushed != -EAGAIN && flushed != -EPIPE && flushed != -ECONNRESET)
		return flushed;
	int rc = wait_for_either(connection, (short)(POLLIN | (flushed == -EAGAIN ? POLLOUT : 0)), deadline,
				 interrupted);
	if (rc < 0)
		return rc;
	rc = pss_connection_fill(connection);
	return rc == 0 ? -ECONNRESET : rc < 0 && rc != -EAGAIN ? rc : 0;
}

int pss_connection_wait(struct pss_connection *connection, int deadline_ms, bool (*interrupted)(void),
			struct pss_frame *ret_frame)
{
	long long deadline = deadline_ms < 0 ? -1 : pss_now_ms() + deadline_ms;

	for (;;) {
		int rc = pss_connection_peek(connection, ret_frame);
		if (rc != 0)
			return rc;
		rc = exchange(connection, deadline, interrupted);
		if (rc < 0)
			return rc;
	}
}
