/* SPDX-License-Identifier: MIT */
/* A server that never ends what it says: whatever that is, the client keeps no more of it than its bounds
 * (PROTOCOL.md), and goes on. */
#include <malloc.h>
#include <string.h>

#include "psrp/client/client.h"
#include "psrp/wire/elements.h"
#include "psrp/wire/fragments.h"
#include "psrp/wire/message.h"

#define FED_MIN (48u << 20)  /* bytes that the server says in all */
#define KEPT_MAX (20u << 20) /* that the client may have of them: the largest bound, and one more message */

typedef struct {
	PssPsrp *client;
	PssElementReader *reader; /* of what the client sends */
	PssGuid status;           /* the pipeline of its first prompt */
	guint64 object;
	guint n_prompts, n_ends;
} Bounded;

/* ---- the client's events */

static void on_element(gpointer user, const PssElement *element)
{
	Bounded *bounded = user;

	if (element->kind == PSS_ELEMENT_COMMAND)
		bounded->status = element->guid;
}

static void on_noise(gpointer user, const char *text, gsize n)
{
	g_error("the client has sent \"%.*s\"", (int)n, text);
}

static void on_malformed(gpointer user)
{
	g_error("the client has sent a malformed element");
}

static void on_send(gpointer user, const void *data, gsize n)
{
	pss_element_reader_feed(((Bounded *)user)->reader, data, n);
}

static void on_bytes(gpointer user, const void *data, gsize n)
{
}

static void on_prompt(gpointer user, const PssPsrpPrompt *prompt)
{
	((Bounded *)user)->n_prompts++;
}

static void on_busy(gpointer user)
{
}

static void on_notice(gpointer user, const char *text)
{
}

static void on_leave(gpointer user, int status)
{
}

static void on_completion(gpointer user, const PssPsrpCompletion *completion)
{
}

static void on_ended(gpointer user, PssPsrpEnd how, const char *cause)
{
	((Bounded *)user)->n_ends++;
}

static const PssPsrpEvents client_events = {
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

static void begin(Bounded *bounded)
{
	static const PssElementEvents reader_events = { on_element, on_noise, on_malformed };
	const PssPsrpOptions options = { 0 };

	*bounded = (Bounded){ 0 };
	bounded->reader = pss_element_reader_new(&reader_events, bounded);
	bounded->client = pss_psrp_new(&options, &client_events, bounded);
	pss_psrp_begin(bounded->client);
	g_assert_false(pss_guid_is_zero(&bounded->status));
}

static void finish(Bounded *bounded)
{
	pss_psrp_free(bounded->client);
	pss_element_reader_free(bounded->reader);
}

/* ---- the server */

/* All of a message in one line; its bytes. */
static gsize say_message(Bounded *bounded, guint32 type, const char *body)
{
	PssMessage message = { .destination = 1, .type = type, .pipeline = bounded->status, .body = body };
	g_autoptr(GByteArray) bytes = g_byte_array_new(), fragments = g_byte_array_new();
	g_autoptr(GString) line = g_string_new(NULL);

	message.n_body = strlen(body);
	memcpy(message.pool.text, PSS_GUID_ZERO, sizeof message.pool.text);
	pss_message_append(bytes, &message);
	pss_fragments_append(fragments, ++bounded->object, bytes->data, bytes->len);
	pss_element_append_data(line, &bounded->status, FALSE, fragments->data, fragments->len);
	g_string_append_c(line, '\n');
	pss_psrp_data(bounded->client, line->str, line->len, FALSE);
	return line->len;
}

/* A text of so many bytes. */
static gsize say_output(Bounded *bounded, guint32 type, gsize n)
{
	g_autofree char *filling = g_strnfill(n, 'x');
	g_autofree char *body = g_strdup_printf("<S>%s</S>", filling);

	return say_message(bounded, type, body);
}

static gsize say_small_outputs(Bounded *bounded)
{
	return say_output(bounded, PSS_MESSAGE_OUTPUT, 60000);
}

static gsize say_large_outputs(Bounded *bounded)
{
	return say_output(bounded, PSS_MESSAGE_OUTPUT, 2u << 20);
}

static gsize say_unknown_messages(Bounded *bounded)
{
	return say_output(bounded, 0x00077777, 60000);
}

static gsize say_raw(Bounded *bounded, const char *begin, const char *end, gboolean is_stderr)
{
	g_autofree char *filling = g_strnfill(60000, 'x');
	g_autofree char *line = g_strconcat(begin, filling, end, NULL);

	pss_psrp_data(bounded->client, line, strlen(line), is_stderr);
	return strlen(line);
}

static gsize say_unknown_elements(Bounded *bounded)
{
	return say_raw(bounded, "<Datum Stream='Default' PSGuid='" PSS_GUID_ZERO "'>", "</Datum>\n", FALSE);
}

static gsize say_lines(Bounded *bounded)
{
	return say_raw(bounded, "", "\n", FALSE);
}

static gsize say_one_line(Bounded *bounded)
{
	return say_raw(bounded, "", "", FALSE);
}

static gsize say_errors(Bounded *bounded)
{
	return say_raw(bounded, "", "\n", TRUE);
}

/* ---- the rows */

/* Where the C library does not tell, the test is that the client lives. */
static gsize bytes_in_use(void)
{
#ifdef __GLIBC__
	struct mallinfo2 info = mallinfo2();
	return info.uordblks + info.hblkhd;
#else
	return 0;
#endif
}

typedef struct {
	const char *name;
	gsize (*say)(Bounded *bounded); /* a part of what has no end; its bytes */
} Row;

static const Row rows[] = {
	{ "a status of small texts", say_small_outputs },
	{ "a status of large texts", say_large_outputs },
	{ "messages of no known type", say_unknown_messages },
	{ "elements of no known name", say_unknown_elements },
	{ "lines that are no elements", say_lines },
	{ "a line", say_one_line },
	{ "errors", say_errors },
};

static void test_endless(gconstpointer data)
{
	const Row *row = data;
	Bounded bounded;
	gsize before;

	begin(&bounded);
	before = bytes_in_use();
	for (gsize n = 0; n < FED_MIN;)
		n += row->say(&bounded);
	g_assert_cmpuint(bytes_in_use(), <, before + KEPT_MAX);
	g_assert_cmpuint(bounded.n_ends, ==, 0);
	/* What it waits for is understood behind it. */
	pss_psrp_data(bounded.client, "\n", 1, FALSE);
	say_message(&bounded, PSS_MESSAGE_PIPELINE_STATE,
		    "<Obj RefId='0'><MS><I32 N='PipelineState'>4</I32></MS></Obj>");
	g_assert_cmpuint(bounded.n_prompts, ==, 1);
	finish(&bounded);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *path = g_strdup_printf("/bounds/without end: %s", rows[i].name);
		g_test_add_data_func(path, &rows[i], test_endless);
	}
	return g_test_run();
}
