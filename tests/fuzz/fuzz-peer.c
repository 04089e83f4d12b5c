/* SPDX-License-Identifier: MIT */
/* A live wire, the host process's end: a client that sends anything that is framed, while the links of its sessions
 * come, go and say anything, also what only the remote shell knows how to say (replies and marks with the right
 * secrets). Nothing of it may crash, leak, or be left when the client has gone and its sessions are removed. The input
 * is a list of steps. */
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fake-transport.h"
#include "frames.h"
#include "host/server/client.h"
#include "host/common/registry.h"
#include "host/session/session.h"

#define TURNS_MAX 32
#define REPLY_FIELDS_MAX 6

typedef struct {
	int fd; /* the client's end */
	gboolean gone;
} Fuzz;

static void on_gone(gpointer user, PssClient *client)
{
	((Fuzz *)user)->gone = TRUE;
}

static void turn(Fuzz *fuzz, struct input *input)
{
	unsigned char bytes[65536];

	for (int i = 0; i < TURNS_MAX && g_main_context_iteration(NULL, FALSE); i++)
		;
	while (recv(fuzz->fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
		;
}

static void send_bytes(Fuzz *fuzz, const void *bytes, size_t n)
{
	if (send(fuzz->fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)n)
		turn(fuzz, NULL);
}

/* The session that was made last. */
static const char *some_instance(void)
{
	const GPtrArray *sessions = pss_registry_sessions();

	return sessions->len > 0 ? pss_session_instance(sessions->pdata[sessions->len - 1]) : "none";
}

static void client_sends_frame(Fuzz *fuzz, struct input *input)
{
	struct pss_buffer out;

	pss_buffer_init(&out);
	frame_from_input(&out, input, FRAME_OF_CLIENT, some_instance());
	send_bytes(fuzz, pss_buffer_bytes(&out), out.length);
	pss_buffer_finish(&out);
}

static void client_sends_bytes(Fuzz *fuzz, struct input *input)
{
	size_t n;
	const uint8_t *bytes = input_block(input, &n);

	send_bytes(fuzz, bytes, n);
}

/* An open without a thing that the fuzzer would have to find out; `kind` has a bit for each of KEEP, ATTACH_TOO,
 * RESILIENT. */
static void client_opens(Fuzz *fuzz, struct input *input)
{
	uint8_t kind = input_byte(input);
	struct pss_message message;
	struct pss_buffer out;

	pss_buffer_init(&out);
	pss_message_begin(&message, &out, PSS_OPEN, input_byte(input) & 7);
	pss_message_text(&message, PSS_TAG_TARGET, "box");
	pss_message_number(&message, PSS_TAG_KEEP, kind & 1);
	pss_message_number(&message, PSS_TAG_ATTACH_TOO, kind >> 1 & 1);
	pss_message_number(&message, PSS_TAG_RESILIENT, kind >> 2 & 1);
	pss_message_number(&message, PSS_TAG_CAN_ASK, 1);
	if (pss_message_end(&message) == 0)
		send_bytes(fuzz, pss_buffer_bytes(&out), out.length);
	pss_buffer_finish(&out);
}

static void link_is_ready(Fuzz *fuzz, struct input *input)
{
	fake_ready(input_byte(input));
}

static void link_asks(Fuzz *fuzz, struct input *input)
{
	guint link = input_byte(input);
	char text[256];

	input_text(input, text);
	fake_ask(link, PSS_ASK_SECRET, text);
}

static void link_notes(Fuzz *fuzz, struct input *input)
{
	guint link = input_byte(input);
	char text[256];

	input_text(input, text);
	fake_note(link, text);
}

static void link_is_lost(Fuzz *fuzz, struct input *input)
{
	guint link = input_byte(input);

	fake_lose(link, (enum pss_status)input_byte(input), "gone");
}

static void channel_says(Fuzz *fuzz, struct input *input)
{
	guint link = input_byte(input), channel = input_byte(input);
	size_t n;
	const uint8_t *bytes = input_block(input, &n);

	fake_data(link, channel & 127, channel >> 7, bytes, n);
}

static void channel_drains(Fuzz *fuzz, struct input *input)
{
	guint link = input_byte(input);

	fake_drain(link, input_byte(input));
}

static void channel_ends(Fuzz *fuzz, struct input *input)
{
	guint link = input_byte(input), channel = input_byte(input);

	fake_close(link, channel, (gint8)input_byte(input));
}

/* A field of one byte 'N' stands for the nonce that was asked for last. */
static void remote_replies(Fuzz *fuzz, struct input *input)
{
	guint link = input_byte(input), channel = input_byte(input);
	g_autoptr(GString) reply = g_string_new("\036");
	guint n_fields = input_byte(input) >> 3;
	char text[256];

	g_string_append(reply, fake_key());
	g_string_append_c(reply, (char)input_byte(input));
	g_string_append_c(reply, '\0');
	for (guint i = 0; i < MIN(n_fields, REPLY_FIELDS_MAX); i++) {
		input_text(input, text);
		g_string_append(reply, g_str_equal(text, "N") ? fake_nonce() : text);
		g_string_append_c(reply, '\0');
	}
	fake_data(link, channel, FALSE, reply->str, reply->len);
}

static void remote_marks(Fuzz *fuzz, struct input *input)
{
	guint link = input_byte(input), channel = input_byte(input);
	gboolean by_name = input_byte(input) & 1;
	g_autoptr(GString) mark = g_string_new("\033]7337;");
	char text[256];

	g_string_append_printf(mark, "%s;%c", by_name ? fake_name() : fake_nonce(), input_byte(input));
	input_text(input, text);
	if (*text)
		g_string_append_printf(mark, ";%s", text);
	g_string_append_c(mark, '\a');
	fake_data(link, channel, FALSE, mark->str, mark->len);
}

static void remote_tells_boot_id(Fuzz *fuzz, struct input *input)
{
	guint link = input_byte(input), channel = input_byte(input);
	char text[256];

	input_text(input, text);
	g_autofree char *said = g_strdup_printf("%s %s\n", fake_boot_mark(), text);
	fake_data(link, channel, FALSE, said, strlen(said));
}

static void (*const steps[])(Fuzz *fuzz, struct input *input) = {
	client_sends_frame, client_opens, link_is_ready,      channel_says,         remote_replies,
	remote_marks,       turn,         channel_drains,     channel_ends,         link_asks,
	link_notes,         link_is_lost, client_sends_bytes, remote_tells_boot_id,
};

static void greet(Fuzz *fuzz)
{
	struct pss_message hello;
	struct pss_buffer out;

	pss_buffer_init(&out);
	pss_message_begin(&hello, &out, PSS_HELLO, 0);
	pss_message_number(&hello, PSS_TAG_VERSION, PSS_PROTOCOL_VERSION);
	if (pss_message_end(&hello) == 0)
		send_bytes(fuzz, pss_buffer_bytes(&out), out.length);
	pss_buffer_finish(&out);
}

/* As main.c does at its end. */
static void remove_sessions(void)
{
	GPtrArray *sessions = pss_registry_sessions();

	while (sessions->len > 0) {
		g_autoptr(PssSession) session = pss_session_ref(sessions->pdata[0]);
		pss_session_leave(session);
		pss_session_close(session, "over");
		pss_registry_remove(session);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	Fuzz fuzz = { 0 };
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		abort();
	fuzz.fd = pair[0];
	fake_forget();
	pss_registry_init();
	const PssClientOptions options = {
		.new_transport = fake_transport_new, .newest = PSS_PROTOCOL_VERSION, .on_gone = on_gone, .user = &fuzz
	};
	pss_client_new(pair[1], &options);
	greet(&fuzz);
	while (input.left > 0)
		steps[input_byte(&input) % G_N_ELEMENTS(steps)](&fuzz, &input);
	turn(&fuzz, NULL);
	close(fuzz.fd);
	fuzz.fd = -1;
	while (!fuzz.gone)
		g_main_context_iteration(NULL, TRUE);
	remove_sessions();
	while (g_main_context_iteration(NULL, FALSE))
		;
	/* Shells that were asked to go never do here. */
	for (guint i = 0; pss_session_any_going() && i < fake_n_transports(); i++)
		fake_lose(i, PSS_LINK_LOST, "over");
	while (g_main_context_iteration(NULL, FALSE))
		;
	if (fake_n_transports() > 0)
		abort();
	return 0;
}
