/* SPDX-License-Identifier: MIT */
/* One command in a PowerShell that the client of plugin/psrp drives, as a run: its objects and messages become the two
 * streams, or records where the command asks for them. What has come is handed out in small parts and waits while the
 * run is paused, since one object may be larger than what a reader takes. The client is another's: command-psrp.c has
 * one for a single command, a session one for all of its own. */
#include "host/commands/command-psrp.h"

#include <string.h>

#include "base/error.h"
#include "remote/protocol/variables.h"
#include "wire/message.h"

#define PART_MAX 65536

/* What goes out: bytes of a stream, or a whole record. */
typedef enum { ITEM_STDOUT, ITEM_STDERR, ITEM_RECORD } ItemKind;
typedef struct {
	ItemKind kind;
	gboolean is_begun; /* a part has been handed out */
	struct pss_buffer bytes;
} Item;

typedef struct Guest Guest;

/* What a question knows of who asks; the question frees it, and may outlive the guest. */
typedef struct {
	Guest *guest; /* NULL: no answer is wanted any more */
} Asked;

struct Guest {
	PssRun base;
	PssPsrp *client; /* NULL: the command is over */
	PssCommand command;
	gboolean has_input, has_warned;
	gsize n_queued; /* input that has not left */
	GQueue out;     /* of Item */
	gboolean paused;
	guint idle;       /* source that hands out what has waited; 0: none */
	int status;       /* of the command, once it is over */
	gboolean is_done; /* its owner has had on_done */
	Asked *asked;     /* NULL: no question is open */
};

static const char using_here[] = "${" PSS_USING; /* as the client of pssession writes a reference */
static const char using_there[] = "${using:";

/* ---- records */

static const struct {
	enum pss_record_stream number;
	const char *beginning; /* as text */
} streams[] = {
	[PSS_PSRP_OUTPUT] = { PSS_RECORD_OUTPUT, "" },
	[PSS_PSRP_ERROR] = { PSS_RECORD_ERROR, "" },
	[PSS_PSRP_WARNING] = { PSS_RECORD_WARNING, "WARNING: " },
	[PSS_PSRP_VERBOSE] = { PSS_RECORD_VERBOSE, "VERBOSE: " },
	[PSS_PSRP_DEBUG] = { PSS_RECORD_DEBUG, "DEBUG: " },
	[PSS_PSRP_INFORMATION] = { PSS_RECORD_INFORMATION, "" },
	[PSS_PSRP_HOST] = { PSS_RECORD_HOST, "" },
	[PSS_PSRP_PROGRESS] = { PSS_RECORD_PROGRESS, "" },
};

/* Information and progress are for those who ask for them. */
static void append_text(struct pss_buffer *out, PssPsrpStream stream, const char *text, gsize n, gboolean ends_line)
{
	if (stream == PSS_PSRP_INFORMATION || stream == PSS_PSRP_PROGRESS)
		return;
	pss_buffer_append(out, streams[stream].beginning, strlen(streams[stream].beginning));
	pss_buffer_append(out, text, n);
	pss_buffer_append(out, "\n", ends_line ? 1 : 0);
}

static ItemKind stream_of(PssPsrpStream stream)
{
	return stream == PSS_PSRP_OUTPUT ? ITEM_STDOUT : ITEM_STDERR;
}

static void free_item(gpointer data)
{
	Item *item = data;
	pss_buffer_finish(&item->bytes);
	g_free(item);
}

/* Who wanted records has gone, and left the run to one who takes text (on_let_go). A record of which a part has been
 * handed out ends there. */
static void make_text(Item *item)
{
	struct pss_fields fields = { pss_buffer_bytes(&item->bytes), item->bytes.length };
	guint64 number = item->is_begun ? 0 : pss_fields_number(fields, PSS_TAG_STREAM, 0);
	struct pss_field text = { 0 };
	struct pss_buffer bytes;

	pss_buffer_init(&bytes);
	for (guint i = 0; i < G_N_ELEMENTS(streams); i++)
		if (streams[i].number == number && pss_fields_bytes(fields, PSS_TAG_TEXT, &text) == 0) {
			append_text(&bytes, (PssPsrpStream)i, (const char *)text.data, text.length,
				    !pss_fields_flag(fields, PSS_TAG_PARTIAL));
			item->kind = stream_of((PssPsrpStream)i);
		}
	pss_buffer_finish(&item->bytes);
	item->bytes = bytes;
}

static void hand_out_part(Guest *guest, Item *item)
{
	const PssRunEvents *events = guest->base.events;
	gsize n;
	const unsigned char *at;

	if (item->kind == ITEM_RECORD && !events->on_record)
		make_text(item);
	n = MIN(item->bytes.length, PART_MAX);
	at = pss_buffer_bytes(&item->bytes);
	if (n == 0)
		return;
	item->is_begun = TRUE;
	if (item->kind == ITEM_RECORD && events->on_record)
		events->on_record(guest->base.user, at, n, n < item->bytes.length);
	else if (item->kind != ITEM_RECORD)
		events->on_data(guest->base.user, item->kind == ITEM_STDERR, at, n);
	pss_buffer_consume(&item->bytes, n);
}

static void tell_done(Guest *guest)
{
	guest->is_done = TRUE;
	guest->base.events->on_done(guest->base.user, guest->status, NULL);
}

/* The owner frees the guest in its on_done, and not before. */
static void hand_out(Guest *guest)
{
	Item *item;

	while (!guest->paused && (item = g_queue_peek_head(&guest->out))) {
		hand_out_part(guest, item);
		if (item->bytes.length == 0)
			free_item(g_queue_pop_head(&guest->out));
	}
	if (!guest->client && !guest->is_done && g_queue_is_empty(&guest->out))
		tell_done(guest);
}

static gboolean on_idle(gpointer user)
{
	Guest *guest = user;
	guest->idle = 0;
	hand_out(guest);
	return G_SOURCE_REMOVE;
}

/* Takes the bytes. */
static void put(Guest *guest, ItemKind kind, struct pss_buffer *bytes)
{
	Item *item;

	if (bytes->length == 0) {
		pss_buffer_finish(bytes);
		return;
	}
	item = g_new0(Item, 1);
	*item = (Item){ .kind = kind, .bytes = *bytes };
	g_queue_push_tail(&guest->out, item);
	if (guest->idle == 0)
		hand_out(guest);
}

/* ---- what the command gives */

static void add_number(struct pss_buffer *bytes, enum pss_tag tag, guint64 number)
{
	if (number > 0)
		pss_field_append(bytes, tag, &number, sizeof number);
}

static void add_text(struct pss_buffer *bytes, enum pss_tag tag, const char *text)
{
	if (text)
		pss_field_append(bytes, tag, text, strlen(text) + 1);
}

static void put_record(Guest *guest, const PssPsrpRecord *record)
{
	gsize n_json = record->json ? strlen(record->json) : 0;
	gsize n_text = MIN(record->n_text, PSS_RECORD_MAX / 4); /* what is longer has a value too, or no reader */
	struct pss_buffer bytes;

	pss_buffer_init(&bytes);
	add_number(&bytes, PSS_TAG_STREAM, streams[record->stream].number);
	add_number(&bytes, PSS_TAG_PARTIAL, !record->ends_line);
	add_number(&bytes, PSS_TAG_SHOWN, (guint64)record->is_shown);
	add_text(&bytes, PSS_TAG_TYPE, record->type);
	add_text(&bytes, PSS_TAG_ERROR_ID, record->error_id);
	add_text(&bytes, PSS_TAG_CATEGORY, record->category);
	pss_field_append(&bytes, PSS_TAG_TEXT, record->text ? record->text : "", n_text);
	if (record->json)
		pss_field_append(&bytes, PSS_TAG_VALUE, record->json, n_json);
	put(guest, ITEM_RECORD, &bytes);
}

static void put_text(Guest *guest, const PssPsrpRecord *record)
{
	struct pss_buffer bytes;

	pss_buffer_init(&bytes);
	append_text(&bytes, record->stream, record->text ? record->text : "", record->n_text, record->ends_line);
	put(guest, stream_of(record->stream), &bytes);
}

/* Bytes of a program are a stream in any case. */
static gboolean is_record(const Guest *guest, const PssPsrpRecord *record)
{
	if (guest->command.words && !record->ends_line)
		return FALSE;
	return record->stream == PSS_PSRP_OUTPUT ? guest->command.has_objects : guest->command.has_records;
}

static void on_record(gpointer user, const PssPsrpRecord *record)
{
	Guest *guest = user;

	if (is_record(guest, record))
		put_record(guest, record);
	else
		put_text(guest, record);
}

static void on_input_taken(gpointer user)
{
	Guest *guest = user;
	gsize n = guest->n_queued;

	guest->n_queued = 0;
	if (n > 0)
		guest->base.events->on_taken(guest->base.user, n);
}

static void on_answer(const char *answer, gpointer user)
{
	Asked *asked = user;
	Guest *guest = asked->guest;

	g_free(asked);
	if (!guest)
		return;
	guest->asked = NULL;
	if (guest->client)
		pss_psrp_answer(guest->client, answer);
}

static void forget_question(Guest *guest)
{
	if (guest->asked)
		guest->asked->guest = NULL;
	guest->asked = NULL;
}

static void on_question(gpointer user, const char *text, gboolean is_secret)
{
	Guest *guest = user;
	enum pss_ask_kind kind = is_secret ? PSS_ASK_COMMAND_SECRET : PSS_ASK_COMMAND_TEXT;
	g_autoptr(PssQuestion) question = NULL;

	forget_question(guest);
	if (!guest->base.events->on_question) {
		pss_psrp_answer(guest->client, NULL);
		return;
	}
	guest->asked = g_new0(Asked, 1);
	guest->asked->guest = guest;
	question = pss_question_new(kind, text, on_answer, guest->asked);
	guest->base.events->on_question(guest->base.user, question);
}

static void on_over(gpointer user, int status)
{
	Guest *guest = user;

	guest->client = NULL;
	guest->status = status;
	forget_question(guest);
	if (guest->idle == 0)
		hand_out(guest);
}

static const PssPsrpCommandEvents psrp_events = {
	.on_record = on_record,
	.on_input_taken = on_input_taken,
	.on_question = on_question,
	.on_done = on_over,
};

/* ---- beginning it */

/* A script begins when its input has ended. One that does not read any is not to wait for it. */
static gboolean reads_input(const PssCommand *command)
{
	g_autofree char *text = command->text ? g_ascii_strdown(command->text, (gssize)command->n_text) : NULL;
	return text && !command->words && (strstr(text, "$input") || strstr(text, "${input}"));
}

/* A script file may begin with a byte order mark, which is no text to PowerShell's parser. */
static char *text_of(const PssCommand *command)
{
	static const char mark[] = "\357\273\277";
	GString *text = g_string_new(command->as_written);

	if (!command->as_written) {
		g_string_append_len(text, command->text, (gssize)command->n_text);
		if (command->variables && command->variables[0])
			g_string_replace(text, using_here, using_there, 0);
	}
	if (g_str_has_prefix(text->str, mark))
		g_string_erase(text, 0, (gssize)strlen(mark));
	return g_string_free(text, FALSE);
}

/* Borrowed texts behind the first character of every second item: the values from 1 on, the keys from 0 on. */
static const char **texts_of(const PssVariable *variable, gsize first)
{
	const char **texts = g_new(const char *, variable->n_items + 1);

	for (gsize i = 0; i < variable->n_items; i++)
		texts[i] = variable->items[2 * i + first] + 1;
	if (variable->kind == '=')
		texts[0] = variable->value;
	return texts;
}

/* What is allocated for it goes into `memory`; the values themselves are borrowed. */
static PssUsing using_of(const PssVariable *variable, GPtrArray *memory)
{
	char *name = g_strndup(variable->name, variable->n_name);
	const char **values = texts_of(variable, 1);
	const char **keys = variable->kind == 'm' ? texts_of(variable, 0) : NULL;

	g_ptr_array_add(memory, name);
	g_ptr_array_add(memory, values);
	g_ptr_array_add(memory, keys);
	return (PssUsing){
		.name = name,
		.kind = keys                    ? PSS_USING_DICTIONARY
			: variable->kind == 'a' ? PSS_USING_LIST
						: PSS_USING_TEXT,
		.values = values,
		.keys = keys,
		.n_values = variable->kind == '=' ? 1 : variable->n_items,
	};
}

static GArray *make_using(const PssCommand *command, GPtrArray *memory)
{
	const char *const *list = command->variables;
	GArray *values = g_array_new(FALSE, FALSE, sizeof(PssUsing));
	PssVariable variable;

	while (pss_variables_next(&list, &variable)) {
		PssUsing using = using_of(&variable, memory);
		g_array_append_val(values, using);
	}
	return values;
}

static void invoke(Guest *guest)
{
	const PssCommand *command = &guest->command;
	g_autoptr(GPtrArray) memory = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GArray) using = make_using(command, memory);
	g_autofree char *text = text_of(command);
	const PssPsrpCommand psrp_command = {
		.text = text,
		.words = command->words,
		.arguments = command->arguments,
		.using_values = (const PssUsing *)(void *)using->data,
		.n_using_values = using->len,
		.properties = command->properties && command->properties[0] ? command->properties : NULL,
		.is_json = command->has_objects,
		.has_input = guest->has_input,
		.columns = command->columns,
	};

	pss_psrp_invoke(guest->client, &psrp_command, &psrp_events, guest);
}

/* ---- what its owner does with it */

/* A program behind -- cannot have any: the runspace has one thread, which waits for what the program prints. */
static void drop_input(Guest *guest, gsize n)
{
	static const char text[] = "standard input does not reach a program behind -- in PowerShell, and is lost; "
				   "a command that names $input gets it";
	const PssPsrpRecord record = {
		.stream = PSS_PSRP_WARNING,
		.text = text,
		.n_text = strlen(text),
		.ends_line = TRUE,
	};

	if (n == 0)
		return;
	if (guest->command.words && guest->client && !guest->has_warned)
		on_record(guest, &record);
	guest->has_warned = TRUE;
	guest->base.events->on_taken(guest->base.user, n);
}

static void run_input(PssRun *base, const void *data, gsize n)
{
	Guest *guest = (Guest *)base;

	if (!guest->client || !guest->has_input) {
		drop_input(guest, n);
		return;
	}
	guest->n_queued += n;
	pss_psrp_input(guest->client, data, n, n == 0);
}

static void run_interrupt(PssRun *base)
{
	Guest *guest = (Guest *)base;

	if (guest->client)
		pss_psrp_interrupt(guest->client);
}

static void run_pause(PssRun *base, gboolean paused)
{
	Guest *guest = (Guest *)base;

	guest->paused = paused;
	if (!paused && guest->idle == 0 && !guest->is_done)
		guest->idle = g_idle_add(on_idle, guest);
}

static void run_free(PssRun *base)
{
	Guest *guest = (Guest *)base;

	if (guest->client)
		pss_psrp_abandon(guest->client);
	g_clear_handle_id(&guest->idle, g_source_remove);
	forget_question(guest);
	g_queue_clear_full(&guest->out, free_item);
	pss_command_clear(&guest->command);
	g_free(guest);
}

static const PssRunOps ops = {
	.input = run_input,
	.interrupt = run_interrupt,
	.pause = run_pause,
	.free = run_free,
};

PssRun *pss_run_psrp_new_guest(PssPsrp *client, const PssRunChannelOptions *options, const PssRunEvents *events,
			       gpointer user, GError **error)
{
	Guest *guest;

	if (options->tty) {
		g_set_error_literal(error, PSS_ERROR, PSS_UNSUPPORTED,
				    "PowerShell remoting has no terminal: leave -AllocateTty out");
		return NULL;
	}
	guest = g_new0(Guest, 1);
	guest->base = (PssRun){ .ops = &ops, .events = events, .user = user };
	guest->client = client;
	pss_command_copy(&guest->command, options->command);
	guest->has_input = options->input && reads_input(options->command);
	g_queue_init(&guest->out);
	invoke(guest);
	return &guest->base;
}
