/* SPDX-License-Identifier: MIT */
/* An SSH server for one connection on standard input that misbehaves in one way: bad-server HOSTKEY HOW. What it can do
 * is the two tables below; for test-misbehaving.c, started by link-sshd.c. */
#include <fcntl.h>
#include <libssh/libssh.h>
#include <libssh/server.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *how;

static bool is(const char *name)
{
	return strcmp(how, name) == 0;
}

static void stay(void)
{
	for (;;)
		pause();
}

static void say(const char *text)
{
	if (write(STDOUT_FILENO, text, strlen(text)) < 0)
		exit(0);
}

/* ---- before any SSH */

static void garbage(void)
{
	say("\001\002\003 this is no \377 protocol\r\n");
}

static void endless_lines(void)
{
	for (;;)
		say("a line that is allowed before the version\r\n");
}

static void long_line(void)
{
	for (int i = 0; i < 100000; i++)
		say("0123456789");
	stay();
}

static void http(void)
{
	say("HTTP/1.1 400 Bad Request\r\n\r\n");
}

static void version_only(void)
{
	say("SSH-2.0-bad\r\n");
}

static void version_and_silence(void)
{
	version_only();
	stay();
}

static void version_and_garbage(void)
{
	version_only();
	say("\177\377\377\377 a packet of two gigabytes");
	stay();
}

static void nothing(void)
{
}

static const struct {
	const char *name;
	void (*act)(void);
} raw[] = {
	{ "accept", nothing },
	{ "silence", stay },
	{ "garbage", garbage },
	{ "endless-lines", endless_lines },
	{ "long-line", long_line },
	{ "http", http },
	{ "version", version_only },
	{ "version-silence", version_and_silence },
	{ "version-garbage", version_and_garbage },
};

/* ---- within SSH: what is done at a step instead of what is right */

static void end_it(void)
{
	exit(0);
}

/* What has not been read would make the end a reset, which may overtake the message. */
static void end_behind(ssh_session session)
{
	char rest[4096];

	ssh_disconnect(session);
	shutdown(STDIN_FILENO, SHUT_WR);
	fcntl(STDIN_FILENO, F_SETFL, 0);
	while (read(STDIN_FILENO, rest, sizeof rest) > 0)
		;
	end_it();
}

static const struct {
	const char *step;
	int type;
	int subtype; /* 0: any */
} steps[] = {
	{ "service", SSH_REQUEST_SERVICE, 0 },
	{ "auth", SSH_REQUEST_AUTH, 0 },
	{ "key", SSH_REQUEST_AUTH, SSH_AUTH_METHOD_PUBLICKEY },
	{ "open", SSH_REQUEST_CHANNEL_OPEN, 0 },
	{ "env", SSH_REQUEST_CHANNEL, SSH_CHANNEL_REQUEST_ENV },
	{ "pty", SSH_REQUEST_CHANNEL, SSH_CHANNEL_REQUEST_PTY },
	{ "exec", SSH_REQUEST_CHANNEL, SSH_CHANNEL_REQUEST_EXEC },
};

/* HOW is "STEP-close", "STEP-silence", "STEP-refuse" or "STEP-disconnect". */
static bool misbehave(ssh_session session, ssh_message message)
{
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		size_t n = strlen(steps[i].step);
		if (strncmp(how, steps[i].step, n) != 0 || how[n] != '-' ||
		    steps[i].type != ssh_message_type(message) ||
		    (steps[i].subtype && steps[i].subtype != ssh_message_subtype(message)))
			continue;
		if (strcmp(how + n, "-close") == 0)
			end_it();
		if (strcmp(how + n, "-silence") == 0)
			stay();
		if (strcmp(how + n, "-refuse") == 0)
			ssh_message_reply_default(message);
		if (strcmp(how + n, "-disconnect") == 0)
			end_behind(session);
		return true;
	}
	return false;
}

/* ---- a server that reads no more: what comes is held up in front of it */

static volatile sig_atomic_t *valve; /* shared with the process that carries: 1 is shut */

static bool carry(int from, int to)
{
	char block[16384];
	ssize_t n = read(from, block, sizeof block);

	for (ssize_t at = 0, sent; at < n; at += sent)
		if ((sent = write(to, block + at, (size_t)(n - at))) <= 0)
			return false;
	return n > 0;
}

static void carry_both_ways(int client, int server)
{
	struct pollfd polled[] = { { .fd = client, .events = POLLIN }, { .fd = server, .events = POLLIN } };
	bool goes_on = true;

	while (goes_on) {
		polled[0].events = *valve ? 0 : POLLIN;
		if (poll(polled, 2, 100) < 0)
			break;
		if (polled[0].revents & POLLIN)
			goes_on = carry(client, server);
		else if (polled[0].revents)
			goes_on = false;
		if (goes_on && polled[1].revents)
			goes_on = carry(server, client);
	}
	_exit(0);
}

/* The descriptor for the server. */
static int put_valve(int client)
{
	int pair[2];

	valve = mmap(NULL, sizeof *valve, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (valve == MAP_FAILED || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		exit(1);
	if (fork() == 0) {
		close(pair[0]);
		fcntl(client, F_SETFL, 0);
		carry_both_ways(client, pair[1]);
	}
	close(pair[1]);
	close(client);
	return pair[0];
}

static void ask_on(ssh_session session)
{
	*valve = 1;
	ssh_set_blocking(session, 0);
	while (ssh_channel_open_reverse_forward(ssh_channel_new(session), "127.0.0.1", 22, "127.0.0.1", 1) == SSH_AGAIN)
		;
	end_it();
}

static void flood(ssh_channel channel)
{
	static char block[32768];

	memset(block, 'x', sizeof block);
	while (ssh_channel_write(channel, block, sizeof block) > 0)
		;
	end_it();
}

/* A channel for a port that nobody has asked us to listen on: 3 when it is refused, as it should be. */
static int open_unasked(ssh_session session)
{
	ssh_channel channel = ssh_channel_new(session);
	int status = ssh_channel_open_reverse_forward(channel, "127.0.0.1", 22, "127.0.0.1", 1);

	ssh_channel_free(channel);
	return status == SSH_OK ? 4 : 3;
}

static void answer_exec(ssh_session session, ssh_channel channel)
{
	int status = 3;

	if (is("flood"))
		flood(channel);
	if (is("asks-on"))
		ask_on(session);
	if (is("no-window"))
		stay();
	if (is("unasked-forward"))
		status = open_unasked(session);
	ssh_channel_write(channel, "half", 4);
	if (is("output-close")) {
		ssh_blocking_flush(session, 1000);
		end_it();
	}
	if (is("exit-signal"))
		ssh_channel_request_send_exit_signal(channel, "TERM", 0, "ended", "");
	else if (!is("no-status") && !is("status-behind-eof"))
		ssh_channel_request_send_exit_status(channel, status);
	ssh_channel_send_eof(channel);
	if (is("status-behind-eof"))
		ssh_channel_request_send_exit_status(channel, 3);
	if (!is("no-close"))
		ssh_channel_close(channel);
}

static void serve(ssh_session session)
{
	ssh_message message;
	ssh_channel channel = NULL;

	while ((message = ssh_message_get(session))) {
		int type = ssh_message_type(message), subtype = ssh_message_subtype(message);
		if (misbehave(session, message)) {
			;
		} else if (type == SSH_REQUEST_SERVICE) {
			ssh_message_service_reply_success(message);
		} else if (type == SSH_REQUEST_AUTH && subtype == SSH_AUTH_METHOD_PUBLICKEY &&
			   ssh_message_auth_publickey_state(message) == SSH_PUBLICKEY_STATE_NONE) {
			ssh_message_auth_reply_pk_ok_simple(message);
		} else if (type == SSH_REQUEST_AUTH && subtype == SSH_AUTH_METHOD_PUBLICKEY) {
			ssh_message_auth_reply_success(message, 0);
		} else if (type == SSH_REQUEST_AUTH) {
			ssh_message_auth_set_methods(message, SSH_AUTH_METHOD_PUBLICKEY);
			ssh_message_reply_default(message);
		} else if (type == SSH_REQUEST_CHANNEL_OPEN) {
			channel = ssh_message_channel_request_open_reply_accept(message);
		} else if (type == SSH_REQUEST_CHANNEL && subtype == SSH_CHANNEL_REQUEST_EXEC && channel) {
			ssh_message_channel_request_reply_success(message);
			answer_exec(session, channel);
		} else if (type == SSH_REQUEST_CHANNEL && subtype == SSH_CHANNEL_REQUEST_PTY) {
			ssh_message_channel_request_reply_success(message);
		} else {
			ssh_message_reply_default(message);
		}
		ssh_message_free(message);
	}
}

static void send_banner(ssh_session session)
{
	static char text[200001];

	memset(text, 'b', sizeof text - 1);
	ssh_string banner = ssh_string_from_char(is("big-banner") ? text : "\033[2Jwiped\007\r\n\302\233c");
	ssh_send_issue_banner(session, banner);
	ssh_string_free(banner);
}

int main(int argc, char **argv)
{
	ssh_bind bind = ssh_bind_new();
	ssh_session session = ssh_new();
	bool no = false;

	if (argc < 3)
		return 1;
	how = argv[2];
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < sizeof raw / sizeof *raw; i++)
		if (is(raw[i].name)) {
			raw[i].act();
			return 0;
		}
	ssh_bind_options_set(bind, SSH_BIND_OPTIONS_PROCESS_CONFIG, &no);
	ssh_bind_options_set(bind, SSH_BIND_OPTIONS_HOSTKEY, argv[1]);
	int connection = dup(STDIN_FILENO);
	if (is("asks-on"))
		connection = put_valve(connection);
	if (ssh_bind_accept_fd(bind, session, connection) != SSH_OK || ssh_handle_key_exchange(session) != SSH_OK)
		return 1;
	if (strstr(how, "banner"))
		send_banner(session);
	serve(session);
	ssh_free(session);
	ssh_bind_free(bind);
	return 0;
}
