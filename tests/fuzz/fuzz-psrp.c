/* SPDX-License-Identifier: MIT */
/* A client of PowerShell remoting and a server that sends anything, from the first byte on: elements with fragments of
 * anything, and messages of any type for pipelines that there are. The input is a list of steps. What the client
 * reports keeps to its states. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "input.h"
#include "psrp/client/client.h"
#include "psrp/wire/elements.h"
#include "psrp/wire/fragments.h"
#include "psrp/wire/message.h"

typedef struct {
	PssPsrp *client;
	PssElementReader *reader;
	GPtrArray *guids; /* of the pipelines that the client has made */
	gboolean has_ended, is_invoking;
	guint64 object;
} Fuzz;

/* ---- the client's events */

static void on_client_element(gpointer user, const PssElement *element)
{
	Fuzz *fuzz = user;
	if (element->kind == PSS_ELEMENT_COMMAND)
		g_ptr_array_add(fuzz->guids, g_strdup(element->guid.text));
}

static void on_client_noise(gpointer user, const char *text, gsize n)
{
	abort();
}

static void on_client_malformed(gpointer user)
{
	abort();
}

static const PssElementEvents client_events = { on_client_element, on_client_noise, on_client_malformed };

static void on_send(gpointer user, const void *data, gsize n)
{
	Fuzz *fuzz = user;
	if (fuzz->has_ended)
		abort();
	pss_element_reader_feed(fuzz->reader, data, n);
}

static void on_bytes(gpointer user, const void *data, gsize n)
{
	Fuzz *fuzz = user;
	if (n == 0 || fuzz->has_ended)
		abort();
}

static void on_prompt(gpointer user, const PssPsrpPrompt *prompt)
{
	Fuzz *fuzz = user;
	if (fuzz->has_ended || fuzz->is_invoking || pss_psrp_state(fuzz->client) != PSS_PSRP_IDLE ||
	    prompt->status < 0 || prompt->status > 255)
		abort();
}

static void on_busy(gpointer user)
{
	Fuzz *fuzz = user;
	if (pss_psrp_state(fuzz->client) != PSS_PSRP_BUSY)
		abort();
}

static void on_notice(gpointer user, const char *text)
{
	if (!*text)
		abort();
}

static void on_leave(gpointer user, int status)
{
	if (status < 0 || status > 255)
		abort();
}

static void on_completion(gpointer user, const PssPsrpCompletion *completion)
{
	for (gsize i = 0; completion && i < completion->n; i++)
		if (!completion->words[i])
			abort();
}

static void on_ended(gpointer user, PssPsrpEnd how, const char *cause)
{
	Fuzz *fuzz = user;
	if (fuzz->has_ended || !*cause)
		abort();
	fuzz->has_ended = TRUE;
}

static const PssPsrpEvents events = {
	.send = on_send,
	.on_output = on_bytes,
	.on_prompt = on_prompt,
	.on_busy = on_busy,
	.on_typed = on_bytes,
	.on_notice = on_notice,
	.on_leave = on_leave,
	.on_completion = on_completion,
	.on_ended = on_ended,
};

static void on_record(gpointer user, const PssPsrpRecord *record)
{
	if (!record->text && record->n_text > 0)
		abort();
}

static void on_input_taken(gpointer user)
{
}

static void on_done(gpointer user, int status)
{
	Fuzz *fuzz = user;
	if (!fuzz->is_invoking || status < 0 || status > 255)
		abort();
	fuzz->is_invoking = FALSE;
}

static void on_question(gpointer user, const char *text, gboolean is_secret)
{
	Fuzz *fuzz = user;
	if (!fuzz->is_invoking || !text)
		abort();
}

static const PssPsrpCommandEvents command_events = { on_record, on_input_taken, on_question, on_done };
static const PssPsrpCommandEvents silent_events = { on_record, on_input_taken, NULL, on_done };

/* ---- steps */

#define ANSWERS 0xF0 /* what is done from here on concerns the command that runs */

static PssGuid guid_of(Fuzz *fuzz, uint8_t number)
{
	PssGuid guid = { .text = PSS_GUID_ZERO };
	if (number > 0 && fuzz->guids->len > 0 &&
	    !pss_guid_parse(&guid, fuzz->guids->pdata[number % fuzz->guids->len], PSS_GUID_LENGTH))
		abort();
	return guid;
}

static void send_raw(Fuzz *fuzz, const uint8_t *bytes, size_t n)
{
	pss_psrp_data(fuzz->client, bytes, n, FALSE);
}

static void send_element(Fuzz *fuzz, const PssGuid *guid, const void *data, gsize n)
{
	g_autoptr(GString) line = g_string_new(NULL);
	pss_element_append_data(line, guid, FALSE, data, n);
	g_string_append_c(line, '\n');
	pss_psrp_data(fuzz->client, line->str, line->len, FALSE);
}

static void send_message(Fuzz *fuzz, uint8_t type, const PssGuid *guid, const void *body, gsize n)
{
	static const guint32 types[] = { 0x10002, 0x21005, 0x21009, 0x21100, 0x41004, 0x41005,
					 0x41006, 0x41007, 0x41009, 0x41010, 0x41011, 0x41100 };
	const PssMessage message = {
		.destination = 1,
		.type = types[type % G_N_ELEMENTS(types)],
		.pool = *guid,
		.pipeline = *guid,
		.body = body ? body : "",
		.n_body = n,
	};
	g_autoptr(GByteArray) whole = g_byte_array_new();
	g_autoptr(GByteArray) fragments = g_byte_array_new();

	pss_message_append(whole, &message);
	pss_fragments_append(fragments, ++fuzz->object, whole->data, whole->len);
	send_element(fuzz, guid, fragments->data, fragments->len);
}

static void acknowledge(Fuzz *fuzz, const PssGuid *guid)
{
	g_autoptr(GString) line = g_string_new(NULL);
	pss_element_append(line, PSS_ELEMENT_DATA_ACK, guid);
	g_string_append_c(line, '\n');
	pss_psrp_data(fuzz->client, line->str, line->len, FALSE);
}

static void invoke(Fuzz *fuzz, const char *text, uint8_t how)
{
	const char *const words[] = { text, NULL };
	const PssUsing values[] = { { "a", PSS_USING_TEXT, words, NULL, 1 },
				    { "b", PSS_USING_LIST, words, NULL, 1 },
				    { "c", PSS_USING_DICTIONARY, words, words, 1 } };
	const PssPsrpCommand command = {
		.text = text,
		.words = how & 1 ? words : NULL,
		.arguments = how & 2 ? words : NULL,
		.is_json = (how & 4) != 0,
		.has_input = (how & 8) != 0,
		.properties = how & 16 ? words : NULL,
		.using_values = values,
		.n_using_values = how & 2 ? G_N_ELEMENTS(values) : 0,
	};
	fuzz->is_invoking = TRUE;
	pss_psrp_invoke(fuzz->client, &command, how & 32 ? &silent_events : &command_events, fuzz);
}

/* What becomes of the command that runs. */
static void answer(Fuzz *fuzz, uint8_t what, const char *text)
{
	if (what & 1) {
		fuzz->is_invoking = FALSE;
		pss_psrp_abandon(fuzz->client);
	} else {
		pss_psrp_answer(fuzz->client, what & 2 ? NULL : text);
	}
}

/* What the user does; text is NUL-terminated. */
static void use(Fuzz *fuzz, uint8_t what, const char *text, gsize n)
{
	gboolean is_idle = pss_psrp_state(fuzz->client) == PSS_PSRP_IDLE;

	if (what >= ANSWERS) {
		answer(fuzz, what, text);
		return;
	}
	switch (what % 6) {
	case 0:
		if (is_idle)
			pss_psrp_line(fuzz->client, text, strlen(text));
		break;
	case 1:
		if (is_idle)
			invoke(fuzz, text, what / 6);
		break;
	case 2:
		pss_psrp_keys(fuzz->client, text, n);
		break;
	case 3:
		pss_psrp_interrupt(fuzz->client);
		break;
	case 4:
		if (!pss_psrp_complete(fuzz->client, text, strlen(text), strlen(text)))
			pss_psrp_cancel_completion(fuzz->client);
		break;
	default:
		pss_psrp_input(fuzz->client, text, n, what & 64);
	}
}

static void step(Fuzz *fuzz, struct input *input)
{
	uint8_t kind = input_byte(input), detail = input_byte(input), number = input_byte(input);
	size_t n;
	const uint8_t *bytes = input_bytes(input, (size_t)input_byte(input) * 4, &n);
	g_autofree char *text = g_strndup((const char *)bytes, n);
	PssGuid guid = guid_of(fuzz, number);

	switch (kind % 5) {
	case 0:
		send_raw(fuzz, bytes, n);
		break;
	case 1:
		send_element(fuzz, &guid, bytes, n);
		break;
	case 2:
		send_message(fuzz, detail, &guid, bytes, n);
		break;
	case 3:
		acknowledge(fuzz, &guid);
		break;
	default:
		use(fuzz, detail, text, n);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const PssPsrpOptions options = { .columns = 80, .rows = 24 };
	struct input input = { data, size };
	Fuzz fuzz = { .guids = g_ptr_array_new_with_free_func(g_free) };

	fuzz.reader = pss_element_reader_new(&client_events, &fuzz);
	fuzz.client = pss_psrp_new(&options, &events, &fuzz);
	pss_psrp_begin(fuzz.client);
	while (input.left > 0 && !fuzz.has_ended)
		step(&fuzz, &input);
	pss_psrp_closed(fuzz.client, -1);
	if (!fuzz.has_ended)
		abort();
	pss_psrp_free(fuzz.client);
	pss_element_reader_free(fuzz.reader);
	g_ptr_array_unref(fuzz.guids);
	return 0;
}
