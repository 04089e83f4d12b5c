/* SPDX-License-Identifier: MIT */
/* Clients of the host process whose connection ends, or who change their minds, at any moment: one end of a socketpair
 * is the client's, and what happens to the connections of its sessions happens when the test says so. */
#include <glib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../fuzz/fake-transport.h"
#include "host/server/client.h"
#include "host/server/registry.h"
#include "host/session/session.h"

typedef struct {
	int fd; /* the client's end; -1: closed */
	guint n_gone;
} Client;

static void settle(void)
{
	while (g_main_context_iteration(NULL, FALSE))
		;
}

static void on_gone(gpointer user, PssClient *served)
{
	((Client *)user)->n_gone++;
}

static void send_message(const Client *client, struct pss_message *message)
{
	struct pss_buffer *out = message->buffer;

	g_assert_cmpint(pss_message_end(message), ==, 0);
	g_assert_cmpint(send(client->fd, pss_buffer_bytes(out), out->length, MSG_NOSIGNAL), ==, out->length);
	pss_buffer_finish(out);
}

static void send_bare(const Client *client, enum pss_type type, uint32_t id)
{
	struct pss_message message;
	struct pss_buffer out;

	pss_buffer_init(&out);
	pss_message_begin(&message, &out, type, id);
	send_message(client, &message);
}

static void send_stop(const Client *client, uint32_t id)
{
	struct pss_message message;
	struct pss_buffer out;

	pss_buffer_init(&out);
	pss_message_begin(&message, &out, PSS_STOP, id);
	pss_message_number(&message, PSS_TAG_FORCE, 1);
	send_message(client, &message);
}

static void begin(Client *client)
{
	struct pss_message message;
	struct pss_buffer out;
	int pair[2];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
	*client = (Client){ .fd = pair[0] };
	fake_forget();
	pss_registry_init();
	const PssClientOptions options = {
		.new_transport = fake_transport_new, .newest = PSS_PROTOCOL_VERSION, .on_gone = on_gone, .user = client
	};
	pss_client_new(pair[1], &options);
	pss_buffer_init(&out);
	pss_message_begin(&message, &out, PSS_HELLO, 0);
	pss_message_number(&message, PSS_TAG_VERSION, PSS_PROTOCOL_VERSION);
	send_message(client, &message);
}

static void hang_up(Client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	client->fd = -1;
}

static void end(Client *client)
{
	hang_up(client);
	settle();
	g_assert_cmpuint(client->n_gone, ==, 1);
	g_assert_cmpuint(fake_n_transports(), ==, 0);
}

static void send_open(const Client *client, uint32_t id)
{
	struct pss_message message;
	struct pss_buffer out;

	pss_buffer_init(&out);
	pss_message_begin(&message, &out, PSS_OPEN, id);
	pss_message_text(&message, PSS_TAG_TARGET, "box");
	pss_message_number(&message, PSS_TAG_KEEP, 1);
	send_message(client, &message);
}

/* On a computer, with its whole text. */
static void send_invoke(const Client *client, uint32_t id)
{
	struct pss_message message;
	struct pss_buffer out;

	pss_buffer_init(&out);
	pss_message_begin(&message, &out, PSS_INVOKE, id);
	pss_message_text(&message, PSS_TAG_TARGET, "box");
	send_message(client, &message);
	pss_buffer_init(&out);
	g_assert_cmpint(pss_frame_append(&out, PSS_COMMAND, id, 0, "rm x", 4), ==, 0);
	g_assert_cmpint(send(client->fd, pss_buffer_bytes(&out), out.length, MSG_NOSIGNAL), ==, out.length);
	pss_buffer_finish(&out);
}

/* ---- the login ends in the turn of the main loop in which nobody wants it any more */

static void test_opening_given_up_at_login(gconstpointer by_cancel)
{
	Client client;

	begin(&client);
	send_open(&client, 1);
	settle();
	if (by_cancel)
		send_bare(&client, PSS_CANCEL, 1);
	else
		hang_up(&client);
	g_main_context_iteration(NULL, FALSE);
	fake_ready(0);
	settle();
	g_assert_cmpuint(pss_registry_sessions()->len, ==, 0);
	end(&client);
}

static void test_command_given_up_at_login(gconstpointer by_stop)
{
	Client client;

	begin(&client);
	send_invoke(&client, 1);
	settle();
	g_assert_cmpuint(fake_n_transports(), ==, 1);
	if (by_stop)
		send_stop(&client, 1);
	else
		hang_up(&client);
	g_main_context_iteration(NULL, FALSE);
	fake_ready(0);
	settle();
	g_assert_cmpuint(fake_n_opened(), ==, 0);
	end(&client);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_data_func("/clients/an opening that is cancelled as its login ends is not listed",
			     GINT_TO_POINTER(TRUE), test_opening_given_up_at_login);
	g_test_add_data_func("/clients/an opening whose client goes as its login ends is not listed", NULL,
			     test_opening_given_up_at_login);
	g_test_add_data_func("/clients/a command that is given up as its login ends is not run", GINT_TO_POINTER(TRUE),
			     test_command_given_up_at_login);
	g_test_add_data_func("/clients/a command whose client goes as its login ends is not run", NULL,
			     test_command_given_up_at_login);
	return g_test_run();
}
