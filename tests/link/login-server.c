/* SPDX-License-Identifier: MIT */
/* An SSH server for one connection on standard input, for the ways to log in that sshd offers only with
 * accounts and PAM: password, keyboard-interactive, partial success, a banner. Started by link-sshd.c:
 *   login-server HOSTKEY [password=PW] [kbdint=ANSWER1,ANSWER2] [partial] [banner=TEXT]
 * `partial`: any public key is a first step. After the login it answers one exec with "welcome\n", and what of the
 * environment it was told and took: what begins with PSS_. */
#include <libssh/libssh.h>
#include <libssh/server.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *password, *kbdint, *banner;
static int partial, first_step_done;
static char environment[1024];

static void deny(ssh_message message)
{
	int methods = 0;

	if (partial && !first_step_done)
		methods = SSH_AUTH_METHOD_PUBLICKEY;
	else
		methods = (password ? SSH_AUTH_METHOD_PASSWORD : 0) | (kbdint ? SSH_AUTH_METHOD_INTERACTIVE : 0);
	ssh_message_auth_set_methods(message, methods);
	ssh_message_reply_default(message);
}

static int answers_are_right(ssh_session session)
{
	char joined[256] = "";

	for (int i = 0; i < ssh_userauth_kbdint_getnanswers(session); i++) {
		const char *answer = ssh_userauth_kbdint_getanswer(session, (unsigned int)i);
		if (i > 0)
			strncat(joined, ",", sizeof joined - strlen(joined) - 1);
		strncat(joined, answer ? answer : "", sizeof joined - strlen(joined) - 1);
	}
	return strcmp(joined, kbdint) == 0;
}

static void ask(ssh_message message)
{
	const char *prompts[] = { "Token: ", "Name: " };
	char echo[] = { 0, 1 };

	ssh_message_auth_interactive_request(message, "Two questions", "Answer both.", 2, prompts, echo);
}

/* 1: logged in. */
static int authenticate(ssh_session session, ssh_message message)
{
	switch (ssh_message_subtype(message)) {
	case SSH_AUTH_METHOD_PUBLICKEY:
		if (!partial || first_step_done)
			break;
		if (ssh_message_auth_publickey_state(message) == SSH_PUBLICKEY_STATE_NONE) {
			ssh_message_auth_reply_pk_ok_simple(message);
			return 0;
		}
		first_step_done = 1;
		ssh_message_auth_set_methods(message, (password ? SSH_AUTH_METHOD_PASSWORD : 0) |
							      (kbdint ? SSH_AUTH_METHOD_INTERACTIVE : 0));
		ssh_message_auth_reply_success(message, 1);
		return 0;
	case SSH_AUTH_METHOD_PASSWORD:
		if (!password || (partial && !first_step_done) ||
		    strcmp(ssh_message_auth_password(message), password) != 0)
			break;
		ssh_message_auth_reply_success(message, 0);
		return 1;
	case SSH_AUTH_METHOD_INTERACTIVE:
		if (!kbdint || (partial && !first_step_done))
			break;
		if (!ssh_message_auth_kbdint_is_response(message)) {
			ask(message);
			return 0;
		}
		if (!answers_are_right(session))
			break;
		ssh_message_auth_reply_success(message, 0);
		return 1;
	default:
		break;
	}
	deny(message);
	return 0;
}

/* 1: taken. */
static int take_variable(ssh_message message)
{
	const char *name = ssh_message_channel_request_env_name(message);
	size_t n = strlen(environment);

	if (strncmp(name, "PSS_", 4) != 0)
		return 0;
	snprintf(environment + n, sizeof environment - n, "%s=%s\n", name,
		 ssh_message_channel_request_env_value(message));
	return 1;
}

static void serve(ssh_session session)
{
	ssh_message message;
	ssh_channel channel = NULL;
	int logged_in = 0;

	while ((message = ssh_message_get(session))) {
		int type = ssh_message_type(message), subtype = ssh_message_subtype(message);
		if (type == SSH_REQUEST_SERVICE) {
			ssh_message_service_reply_success(message);
		} else if (type == SSH_REQUEST_AUTH && !logged_in) {
			logged_in = authenticate(session, message);
		} else if (type == SSH_REQUEST_CHANNEL_OPEN && logged_in) {
			channel = ssh_message_channel_request_open_reply_accept(message);
		} else if (type == SSH_REQUEST_CHANNEL && subtype == SSH_CHANNEL_REQUEST_EXEC && channel) {
			ssh_message_channel_request_reply_success(message);
			ssh_channel_write(channel, "welcome\n", 8);
			ssh_channel_write(channel, environment, (uint32_t)strlen(environment));
			ssh_channel_request_send_exit_status(channel, 0);
			ssh_channel_send_eof(channel);
			ssh_channel_close(channel);
		} else if (type == SSH_REQUEST_CHANNEL && subtype == SSH_CHANNEL_REQUEST_ENV &&
			   take_variable(message)) {
			ssh_message_channel_request_reply_success(message);
		} else {
			ssh_message_reply_default(message);
		}
		ssh_message_free(message);
	}
}

int main(int argc, char **argv)
{
	ssh_bind bind = ssh_bind_new();
	ssh_session session = ssh_new();
	bool no = false;

	for (int i = 2; i < argc; i++) {
		if (strncmp(argv[i], "password=", 9) == 0)
			password = argv[i] + 9;
		else if (strncmp(argv[i], "kbdint=", 7) == 0)
			kbdint = argv[i] + 7;
		else if (strncmp(argv[i], "banner=", 7) == 0)
			banner = argv[i] + 7;
		else if (strcmp(argv[i], "partial") == 0)
			partial = 1;
	}
	ssh_bind_options_set(bind, SSH_BIND_OPTIONS_PROCESS_CONFIG, &no);
	if (argc < 2)
		return 1;
	ssh_bind_options_set(bind, SSH_BIND_OPTIONS_HOSTKEY, argv[1]);
	if (ssh_bind_accept_fd(bind, session, dup(STDIN_FILENO)) != SSH_OK ||
	    ssh_handle_key_exchange(session) != SSH_OK) {
		fprintf(stderr, "login-server: %s %s\n", ssh_get_error(bind), ssh_get_error(session));
		return 1;
	}
	if (banner) {
		ssh_string text = ssh_string_from_char(banner);
		ssh_send_issue_banner(session, text);
		ssh_string_free(text);
	}
	serve(session);
	ssh_free(session);
	ssh_bind_free(bind);
	return 0;
}
