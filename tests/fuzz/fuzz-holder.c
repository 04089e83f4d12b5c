/* SPDX-License-Identifier: MIT */
/* A held transport whose links come, go and say anything: noise, greetings, frames of the down stream. The first byte
 * says whether the holder is a new one or is to be taken over, the second whether the session has a name; then the
 * input is a list of steps. */
#include <stdlib.h>

#include "fake-transport.h"
#include "fuzz.h"
#include "input.h"
#include "link/resilient/transport-resilient.h"
#include "remote/holder/holder.h"

#define TURNS_MAX 8
#define CHANNELS_MAX 8

typedef struct {
	PssTransport *transport;
	PssChannel *channels[CHANNELS_MAX];
	char *greeting_start;
} Fuzz;

/* ---- the user of the transport */

static void on_ready(gpointer user, const char *remote_user, const char *history_key, const char *forwards)
{
}

static void on_question(gpointer user, PssQuestion *question)
{
	pss_question_answer(question, NULL);
}

static void on_note(gpointer user, enum pss_note_kind kind, const char *text)
{
}

static void on_lost(gpointer user, const GError *error)
{
	if (!error->message || !*error->message)
		abort();
}

static void on_link(gpointer user, PssLinkNews news, const char *text)
{
}

static void on_channel_data(gpointer user, const void *data, gsize n, gboolean is_stderr)
{
}

static void on_channel_drained(gpointer user)
{
}

static void on_channel_closed(gpointer user, int exit_status, const GError *error)
{
}

static const PssChannelEvents channel_events = { on_channel_data, on_channel_drained, on_channel_closed };

static void on_taken_over(gpointer user, const char *memo, guint last_child)
{
	Fuzz *fuzz = user;

	if (!fuzz->channels[0])
		fuzz->channels[0] = pss_transport_held_adopt(fuzz->transport, 1, TRUE, &channel_events, fuzz);
}

static void on_dropped(gpointer user, guint64 n)
{
}

static const PssTransportEvents events = {
	.on_ready = on_ready,
	.on_question = on_question,
	.on_note = on_note,
	.on_lost = on_lost,
	.on_link = on_link,
	.on_taken_over = on_taken_over,
	.on_dropped = on_dropped,
};

/* ---- the steps */

static PssChannel **channel_of(Fuzz *fuzz, struct input *input)
{
	return &fuzz->channels[input_byte(input) % CHANNELS_MAX];
}

static void open_channel(Fuzz *fuzz, struct input *input)
{
	PssChannel **channel = channel_of(fuzz, input);
	gboolean pty = input_byte(input) & 1;
	PssChannelRequest request = { .command = "true", .pty = pty, .term = pty ? "xterm" : NULL };

	if (!*channel)
		*channel = pss_channel_open(fuzz->transport, &request, &channel_events, fuzz);
}

static void write_channel(Fuzz *fuzz, struct input *input)
{
	PssChannel **channel = channel_of(fuzz, input);
	size_t n;
	const uint8_t *bytes = input_block(input, &n);

	if (*channel)
		pss_channel_write(*channel, bytes, n);
}

static void pause_channel(Fuzz *fuzz, struct input *input)
{
	PssChannel **channel = channel_of(fuzz, input);
	gboolean paused = input_byte(input) & 1;

	if (*channel)
		pss_channel_pause(*channel, paused);
}

static void close_channel(Fuzz *fuzz, struct input *input)
{
	PssChannel **channel = channel_of(fuzz, input);

	if (*channel)
		pss_channel_close(*channel);
	*channel = NULL;
}

static void end_input(Fuzz *fuzz, struct input *input)
{
	PssChannel **channel = channel_of(fuzz, input);

	if (*channel)
		pss_channel_eof(*channel);
}

static void link_comes(Fuzz *fuzz, struct input *input)
{
	fake_ready(input_byte(input));
}

static void link_goes(Fuzz *fuzz, struct input *input)
{
	guint link = input_byte(input);

	fake_lose(link, (enum pss_status)input_byte(input), "gone");
}

static void carrier_ends(Fuzz *fuzz, struct input *input)
{
	fake_close(input_byte(input), 0, 0);
}

static void carrier_says(Fuzz *fuzz, struct input *input)
{
	guint link = input_byte(input);
	size_t n;
	const uint8_t *bytes = input_block(input, &n);

	fake_data(link, 0, FALSE, bytes, n);
}

static void carrier_greets(Fuzz *fuzz, struct input *input)
{
	guint link = input_byte(input);
	char text[256];

	input_text(input, text);
	g_autofree char *greeting = g_strconcat(fuzz->greeting_start, text, "\n", NULL);
	fake_data(link, 0, FALSE, greeting, strlen(greeting));
}

static void turn(Fuzz *fuzz, struct input *input)
{
	for (int i = 0; i < TURNS_MAX && g_main_context_iteration(NULL, FALSE); i++)
		;
}

static void hurry(Fuzz *fuzz, struct input *input)
{
	pss_transport_held_hurry(fuzz->transport);
}

static void park(Fuzz *fuzz, struct input *input)
{
	pss_transport_held_park(fuzz->transport);
}

static void leave_word(Fuzz *fuzz, struct input *input)
{
	char text[256];

	input_text(input, text);
	pss_transport_held_note(fuzz->transport, text);
	pss_transport_held_set_idle(fuzz->transport, input_byte(input));
}

static void (*const steps[])(Fuzz *fuzz, struct input *input) = {
	carrier_says,  carrier_greets, link_comes, link_goes,     carrier_ends, turn, open_channel,
	write_channel, pause_channel,  end_input,  close_channel, hurry,        park, leave_word,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const PssHolderThere there = { .name = "00112233445566778899aabbccddeeff", .idle_s = 60 };
	struct input input = { data, size };
	Fuzz fuzz = { 0 };
	PssTarget *target = g_new0(PssTarget, 1);

	target->host = g_strdup("box");
	target->options = g_new0(char *, 1);
	target->environment = g_new0(char *, 1);
	if (input_byte(&input) & 1)
		fuzz.transport = pss_transport_held_restore(target, fake_transport_new, &there, &events, &fuzz);
	else
		fuzz.transport = pss_transport_held_new(target, fake_transport_new, 60, &events, &fuzz);
	pss_transport_held_describe(fuzz.transport, there.name, input_byte(&input) & 1 ? "name" : NULL, NULL);
	fuzz.greeting_start = pss_holder_greeting_start(pss_transport_held_name(fuzz.transport));
	pss_transport_connect(fuzz.transport);
	while (input.left > 0)
		steps[input_byte(&input) % G_N_ELEMENTS(steps)](&fuzz, &input);
	pss_transport_held_leave(fuzz.transport);
	pss_transport_free(fuzz.transport);
	g_free(fuzz.greeting_start);
	turn(NULL, NULL);
	if (fake_n_transports() > 0)
		abort();
	return 0;
}
