/* SPDX-License-Identifier: MIT */
/* Connect or start: this program is its own fake host process. Started with --ready-fd it listens as pssession-host
 * would; forked by a test it misbehaves as the test wants. */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/requests/connection.h"
#include "wire/deadlines.h"
#include "wire/runtime.h"
#include "wire/status.h"
#include "wire/system.h"

static char *self;      /* this program */
static char *directory; /* PSSESSION_RUNTIME_DIR */

/* -- the fake host process */

static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	g_strlcpy(address.sun_path, path, sizeof address.sun_path);
	if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 64) < 0)
		_exit(3);
	return fd;
}

static void put_hello(struct pss_buffer *out, uint64_t version)
{
	struct pss_message message;

	pss_message_begin(&message, out, PSS_HELLO, 0);
	pss_message_number(&message, PSS_TAG_VERSION, version);
	pss_message_number(&message, PSS_TAG_PID, (uint64_t)getpid());
	pss_message_end(&message);
}

/* Answers one connection and waits until it is closed. */
static void serve(int listener, const struct pss_buffer *answer)
{
	char bytes[4096];
	int fd = accept(listener, NULL, NULL);

	if (fd < 0 || recv(fd, bytes, sizeof bytes, 0) <= 0 ||
	    send(fd, pss_buffer_bytes(answer), answer->length, MSG_NOSIGNAL) < 0)
		_exit(4);
	while (recv(fd, bytes, sizeof bytes, 0) > 0)
		continue;
	close(fd);
}

/* Started by the client: serves until nobody has come for a second, then removes its socket. */
static int be_host(const char *ready_fd)
{
	struct pss_runtime runtime;
	struct pss_buffer answer;
	int ready = atoi(ready_fd), zero = 0;

	if (pss_runtime_find(geteuid(), &runtime) < 0)
		return 1;
	/* What a good guest of a shell looks like: nothing inherited, a session of its own. */
	if (fcntl(4, F_GETFD) >= 0 || signal(SIGINT, SIG_DFL) != SIG_DFL)
		return 2;
	int listener = listen_at(runtime.socket);
	pss_buffer_init(&answer);
	put_hello(&answer, PSS_PROTOCOL_VERSION);
	if (write(ready, &zero, sizeof zero) != sizeof zero)
		return 5;
	close(ready);
	struct pollfd poll_listener = { .fd = listener, .events = POLLIN };
	while (poll(&poll_listener, 1, 1000) > 0)
		serve(listener, &answer);
	unlink(runtime.socket);
	return 0;
}

/* Forked by a test: listens before this returns. */
static pid_t fork_host(void (*behave)(int listener))
{
	struct pss_runtime runtime;

	char byte;
	int ready[2];

	g_assert_cmpint(pss_runtime_find(geteuid(), &runtime), ==, 0);
	g_assert_cmpint(pipe2(ready, O_CLOEXEC), ==, 0);
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, "pssession-host");
		int listener = listen_at(runtime.socket);
		if (write(ready[1], "", 1) == 1)
			behave(listener);
		_exit(0);
	}
	close(ready[1]);
	g_assert_cmpint(read(ready[0], &byte, 1), ==, 1);
	close(ready[0]);
	return pid;
}

static void end_host(pid_t pid)
{
	kill(pid, SIGKILL);
	g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
}

/* -- the client's side */

static void set_up(void)
{
	directory = g_strdup("/tmp/pss-unit-XXXXXX");
	g_assert_nonnull(mkdtemp(directory));
	g_setenv("PSSESSION_RUNTIME_DIR", directory, TRUE);
	g_autofree char *deadlines = g_build_filename(directory, "deadlines", NULL);
	/* A second in the place of five, where the build has that. */
	g_assert_true(g_file_set_contents(deadlines, "20\n", -1, NULL));
	g_setenv("PSSESSION_TEST_DEADLINES", deadlines, TRUE);
}

static void tear_down(void)
{
	static const char *const names[] = { "host", "lock", "deadlines" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = g_build_filename(directory, names[i], NULL);
		g_unlink(path);
	}
	g_assert_cmpint(g_rmdir(directory), ==, 0);
	g_clear_pointer(&directory, g_free);
}

static int open_with(struct pss_connection *connection, const char *program, char **ret_error)
{
	const char *const search_path[] = { program, NULL };
	return pss_connection_open(connection, program != NULL, search_path, "pssession test", NULL, NULL, NULL, NULL,
				   ret_error);
}

static void assert_fails(const char *program, int rc, const char *part)
{
	struct pss_connection connection;
	char *error = NULL;

	g_assert_cmpint(open_with(&connection, program, &error), ==, rc);
	g_assert_cmpint(connection.fd, ==, -1);
	if (!error || !strstr(error, part))
		g_error("'%s' does not say '%s'", error, part);
	free(error);
}

static void wait_until_gone(void)
{
	g_autofree char *path = g_build_filename(directory, "host", NULL);

	for (int i = 0; i < 1000 && g_file_test(path, G_FILE_TEST_EXISTS); i++)
		g_usleep(10000);
	g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
}

static void none_is_no_error_where_none_may_be_started(void)
{
	set_up();
	assert_fails(NULL, -ENOENT, "");
	tear_down();
}

static void it_is_started_and_the_descriptor_is_high(void)
{
	struct pss_connection connection;
	char *error = NULL;
	uid_t uid;
	pid_t pid;

	set_up();
	g_assert_cmpint(open_with(&connection, self, &error), ==, 0);
	g_assert_cmpint(connection.fd, >=, 100);
	g_assert_cmpint(fcntl(connection.fd, F_GETFD) & FD_CLOEXEC, !=, 0);
	g_assert_cmpint(pss_peer(connection.fd, &uid, &pid), ==, 0);
	g_assert_cmpint(getsid(pid), !=, getsid(0));
	/* It is nobody's child of ours. */
	g_assert_cmpint(waitpid(-1, NULL, WNOHANG), ==, -1);
	g_assert_cmpint(errno, ==, ECHILD);
	pss_connection_close(&connection);
	pss_connection_close(&connection);
	wait_until_gone();
	tear_down();
}

static void many_at_once_start_one(void)
{
	enum { N = 24 };
	int results[2];
	GHashTable *pids = g_hash_table_new(NULL, NULL);

	set_up();
	g_assert_cmpint(pipe(results), ==, 0);
	for (int i = 0; i < N; i++) {
		if (fork() == 0) {
			struct pss_connection connection;
			char *error = NULL;
			uid_t uid;
			pid_t pid = 0;
			if (open_with(&connection, self, &error) == 0)
				pss_peer(connection.fd, &uid, &pid);
			pss_connection_close(&connection);
			_exit(write(results[1], &pid, sizeof pid) != sizeof pid);
		}
	}
	for (int i = 0; i < N; i++) {
		pid_t pid;
		g_assert_cmpint(read(results[0], &pid, sizeof pid), ==, sizeof pid);
		g_assert_cmpint(pid, >, 0);
		g_hash_table_add(pids, GINT_TO_POINTER(pid));
	}
	for (int i = 0; i < N; i++)
		wait(NULL);
	g_assert_cmpuint(g_hash_table_size(pids), ==, 1);
	g_hash_table_unref(pids);
	close(results[0]);
	close(results[1]);
	wait_until_gone();
	tear_down();
}

static void a_stale_socket_is_replaced(void)
{
	struct pss_runtime runtime;
	struct pss_connection connection;
	char *error = NULL;

	set_up();
	g_assert_cmpint(pss_runtime_find(geteuid(), &runtime), ==, 0);
	close(listen_at(runtime.socket));
	assert_fails(NULL, -ENOENT, "");
	g_assert_true(g_file_test(runtime.socket, G_FILE_TEST_EXISTS));
	g_assert_cmpint(open_with(&connection, self, &error), ==, 0);
	pss_connection_close(&connection);
	wait_until_gone();
	tear_down();
}

static void failures_to_start_are_told(void)
{
	set_up();
	assert_fails("/nonexistent/pssession-host", -ENOENT,
		     "/nonexistent/pssession-host cannot be started: No such file");
	assert_fails("/etc/passwd", -EACCES, "/etc/passwd cannot be started: Permission denied");
	assert_fails("/bin/true", -EPIPE, "/bin/true ended before it was ready");
	tear_down();
}

static void never_accept(int listener)
{
	pause();
}

static void a_stopped_host_is_an_error_within_seconds(void)
{
	set_up();
	pid_t pid = fork_host(never_accept);
	g_autofree char *wanted = g_strdup_printf("(pid %d) does not answer; 'kill -CONT %d'", (int)pid, (int)pid);
	gint64 before = g_get_monotonic_time();
	assert_fails(self, -ETIMEDOUT, wanted);
	g_assert_cmpint(g_get_monotonic_time() - before, <, 7 * G_USEC_PER_SEC);
	end_host(pid);
	tear_down();
}

static void never_accept_as_another_program(int listener)
{
	prctl(PR_SET_NAME, "systemd");
	pause();
}

static void whoever_passed_the_socket_is_not_to_be_killed(void)
{
	char *error = NULL;
	struct pss_connection connection;

	set_up();
	pid_t pid = fork_host(never_accept_as_another_program);
	g_assert_cmpint(open_with(&connection, self, &error), ==, -ETIMEDOUT);
	g_assert_nonnull(strstr(error, "does not answer"));
	g_assert_null(strstr(error, "kill"));
	free(error);
	end_host(pid);
	tear_down();
}

static void answer_refusal(int listener)
{
	struct pss_message message;
	struct pss_buffer answer;

	pss_buffer_init(&answer);
	pss_message_begin(&message, &answer, PSS_RESULT, 0);
	pss_message_number(&message, PSS_TAG_STATUS, PSS_VERSION);
	pss_message_text(&message, PSS_TAG_MESSAGE, "this client is older than the host process");
	pss_message_end(&message);
	serve(listener, &answer);
}

/* It computes, longer than the deadline, before it looks at anybody. */
static void answer_late(int listener)
{
	gint64 until = g_get_monotonic_time() + (pss_deadline(PSS_ACK_MS) + 500) * 1000;
	struct pss_buffer answer;

	while (g_get_monotonic_time() < until)
		;
	pss_buffer_init(&answer);
	put_hello(&answer, PSS_PROTOCOL_VERSION);
	serve(listener, &answer);
}

static void note_busy(void *user, pid_t pid)
{
	*(pid_t *)user = pid;
}

static void one_that_works_is_waited_for(void)
{
	const char *const search_path[] = { self, NULL };
	struct pss_connection connection;
	pid_t told = 0;
	char *error = NULL;

	set_up();
	pid_t pid = fork_host(answer_late);
	g_assert_cmpint(
		pss_connection_open(&connection, true, search_path, "test", NULL, NULL, note_busy, &told, &error), ==,
		0);
	g_assert_cmpint(told, ==, pid);
	pss_connection_close(&connection);
	end_host(pid);
	tear_down();
}

static void answer_other_version(int listener)
{
	struct pss_buffer answer;

	pss_buffer_init(&answer);
	put_hello(&answer, PSS_PROTOCOL_VERSION + 1);
	serve(listener, &answer);
}

static void answer_garbage(int listener)
{
	struct pss_buffer answer;

	pss_buffer_init(&answer);
	pss_buffer_append(&answer, "HTTP/1.1 400 Bad Request\r\n\r\n", 28);
	serve(listener, &answer);
}

static void close_at_once(int listener)
{
	for (;;)
		close(accept(listener, NULL, NULL));
}

/* It takes a connection, and is gone. */
static void close_and_end(int listener)
{
	close(accept(listener, NULL, NULL));
}

static void one_that_is_ending_is_followed_by_another(void)
{
	struct pss_connection connection;
	char *error = NULL;

	set_up();
	pid_t pid = fork_host(close_and_end);
	g_assert_cmpint(open_with(&connection, self, &error), ==, 0);
	pss_connection_close(&connection);
	end_host(pid);
	wait_until_gone();
	pid = fork_host(close_and_end);
	assert_fails(NULL, -ENOENT, "");
	end_host(pid);
	tear_down();
}

static void strange_answers_are_errors(void)
{
	static const struct {
		void (*behave)(int listener);
		int rc;
		const char *part;
	} wanted[] = {
		{ answer_refusal, -EPROTO, "this client is older" },
		{ answer_other_version, -EPROTO, "does not speak pssession's protocol" },
		{ answer_garbage, -EMSGSIZE, "cannot be reached" },
		{ close_at_once, -ECONNRESET, "closed the connection before" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++) {
		set_up();
		pid_t pid = fork_host(wanted[i].behave);
		assert_fails(self, wanted[i].rc, wanted[i].part);
		end_host(pid);
		tear_down();
	}
}

static bool always(void)
{
	return true;
}

static void an_interrupt_ends_the_waiting(void)
{
	const char *const search_path[] = { self, NULL };
	struct pss_connection connection;
	char *error = NULL;

	set_up();
	pid_t pid = fork_host(never_accept);
	gint64 before = g_get_monotonic_time();
	g_assert_cmpint(pss_connection_open(&connection, true, search_path, "test", always, NULL, NULL, NULL, &error),
			==, -EINTR);
	g_assert_cmpint(g_get_monotonic_time() - before, <, G_USEC_PER_SEC);
	free(error);
	end_host(pid);
	tear_down();
}

static void a_lock_that_is_a_symlink_is_refused(void)
{
	struct pss_connection connection;
	char *error = NULL;

	set_up();
	g_autofree char *lock = g_build_filename(directory, "lock", NULL);
	g_assert_cmpint(symlink("/dev/null", lock), ==, 0);
	g_assert_cmpint(open_with(&connection, self, &error), ==, -ELOOP);
	g_assert_nonnull(strstr(error, lock));
	free(error);
	tear_down();
}

static void a_small_limit_of_descriptors_is_no_obstacle(void)
{
	set_up();
	pid_t pid = fork();
	if (pid == 0) {
		struct rlimit limit = { 40, 40 };
		struct pss_connection connection;
		char *error = NULL;
		setrlimit(RLIMIT_NOFILE, &limit);
		int rc = open_with(&connection, self, &error);
		_exit(rc == 0 && connection.fd >= 10 ? 0 : 1);
	}
	int status;
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_cmpint(status, ==, 0);
	wait_until_gone();
	tear_down();
}

static void a_shell_without_standard_streams_can_start_it(void)
{
	set_up();
	pid_t pid = fork();
	if (pid == 0) {
		struct pss_connection connection;
		char *error = NULL;
		close(0);
		close(1);
		close(2);
		_exit(open_with(&connection, self, &error) == 0 ? 0 : 1);
	}
	int status;
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_cmpint(status, ==, 0);
	wait_until_gone();
	tear_down();
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "--ready-fd") == 0)
		return be_host(argv[2]);
	self = g_file_read_link("/proc/self/exe", NULL);
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/connection/none is no error where none may be started",
			none_is_no_error_where_none_may_be_started);
	g_test_add_func("/connection/it is started, and the descriptor is high",
			it_is_started_and_the_descriptor_is_high);
	g_test_add_func("/connection/many at once start one", many_at_once_start_one);
	g_test_add_func("/connection/a stale socket is replaced", a_stale_socket_is_replaced);
	g_test_add_func("/connection/failures to start are told", failures_to_start_are_told);
	g_test_add_func("/connection/a stopped host is an error within seconds",
			a_stopped_host_is_an_error_within_seconds);
	g_test_add_func("/connection/one that works is waited for", one_that_works_is_waited_for);
	g_test_add_func("/connection/whoever passed the socket is not to be killed",
			whoever_passed_the_socket_is_not_to_be_killed);
	g_test_add_func("/connection/strange answers are errors", strange_answers_are_errors);
	g_test_add_func("/connection/one that is ending is followed by another",
			one_that_is_ending_is_followed_by_another);
	g_test_add_func("/connection/an interrupt ends the waiting", an_interrupt_ends_the_waiting);
	g_test_add_func("/connection/a lock that is a symlink is refused", a_lock_that_is_a_symlink_is_refused);
	g_test_add_func("/connection/a small limit of descriptors is no obstacle",
			a_small_limit_of_descriptors_is_no_obstacle);
	g_test_add_func("/connection/a shell without standard streams can start it",
			a_shell_without_standard_streams_can_start_it);
	int status = g_test_run();
	g_free(self);
	return status;
}
