/* SPDX-License-Identifier: MIT */
/* An SSH server that costs little, so that clients are compared and not sshd: a process for each connection, which
 * takes any public key and answers each command with one line. Started by tests/bench/fleet.bash: stub-server HOSTKEY
 * prints its port, on all addresses of this computer, and ends when its standard input does. */
#include <libssh/libssh.h>
#include <libssh/server.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char answer[] = "answer\n";

static void deny(ssh_message message)
{
	ssh_message_auth_set_methods(message, SSH_AUTH_METHOD_PUBLICKEY);
	ssh_message_reply_default(message);
}

static void authenticate(ssh_message message)
{
	if (ssh_message_subtype(message) != SSH_AUTH_METHOD_PUBLICKEY)
		deny(message);
	else if (ssh_message_auth_publickey_state(message) == SSH_PUBLICKEY_STATE_NONE)
		ssh_message_auth_reply_pk_ok_simple(message);
	else if (ssh_message_auth_publickey_state(message) == SSH_PUBLICKEY_STATE_VALID)
		ssh_message_auth_reply_success(message, 0);
	else
		deny(message);
}

static void run(ssh_message message, ssh_channel channel)
{
	ssh_message_channel_request_reply_success(message);
	ssh_channel_write(channel, answer, sizeof answer - 1);
	ssh_channel_request_send_exit_status(channel, 0);
	ssh_channel_send_eof(channel);
	ssh_channel_close(channel);
}

static void serve(ssh_session session)
{
	ssh_channel channel = NULL;
	ssh_message message;

	while ((message = ssh_message_get(session))) {
		int type = ssh_message_type(message);
		if (type == SSH_REQUEST_SERVICE)
			ssh_message_service_reply_success(message);
		else if (type == SSH_REQUEST_AUTH)
			authenticate(message);
		else if (type == SSH_REQUEST_CHANNEL_OPEN)
			channel = ssh_message_channel_request_open_reply_accept(message);
		else if (type == SSH_REQUEST_CHANNEL && ssh_message_subtype(message) == SSH_CHANNEL_REQUEST_EXEC &&
			 channel)
			run(message, channel);
		else
			ssh_message_reply_default(message);
		ssh_message_free(message);
	}
}

static void serve_connection(ssh_bind bind, int fd)
{
	ssh_session session = ssh_new();

	if (ssh_bind_accept_fd(bind, session, fd) == SSH_OK && ssh_handle_key_exchange(session) == SSH_OK)
		serve(session);
	_exit(0);
}

static int listen_anywhere(unsigned *ret_port)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t n = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, SOMAXCONN) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &n) < 0)
		return -1;
	*ret_port = ntohs(address.sin_port);
	return fd;
}

int main(int argc, char **argv)
{
	ssh_bind bind = ssh_bind_new();
	bool no = false;
	unsigned port;
	int listening = listen_anywhere(&port);
	struct pollfd polled[] = { { .fd = listening, .events = POLLIN }, { .fd = STDIN_FILENO, .events = POLLIN } };

	if (argc != 2 || listening < 0)
		return 1;
	signal(SIGCHLD, SIG_IGN);
	ssh_bind_options_set(bind, SSH_BIND_OPTIONS_PROCESS_CONFIG, &no);
	ssh_bind_options_set(bind, SSH_BIND_OPTIONS_HOSTKEY, argv[1]);
	printf("%u\n", port);
	fflush(stdout);
	while (poll(polled, 2, -1) > 0 && !polled[1].revents) {
		int fd = accept(listening, NULL, NULL);
		if (fd >= 0 && fork() == 0)
			serve_connection(bind, fd);
		if (fd >= 0)
			close(fd);
	}
	return 0;
}
