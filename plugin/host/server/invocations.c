/* SPDX-License-Identifier: MIT */
/* The commands of one client: unpacks INVOKE, collects the command's text, starts the run and turns its events into
 * frames. Input is granted by TAKEN, never held back by not reading the client, so that STOP always gets
 * through; output stops for all runs of a client that does not read. */
#include "host/server/invocations.h"

#include <string.h>

#include "base/error.h"
#include "base/secret.h"
#include "host/commands/command-computer.h"
#include "host/server/openings.h"
#include "host/server/registry.h"
#include "remote/protocol/variables.h"

#define TEXT_LIMIT (64u * 1024u * 1024u)
/* A client keeps to 1 MiB that has not been taken (wire/PROTOCOL.md). */
#define STDIN_LIMIT (2u * 1024u * 1024u)
#define PATIENCE_S 1 /* a link that is made again by then is nothing to speak of */
#define JOB_PATIENCE_MS 2000

struct PssInvocations {
	PssPeer *peer;
	GHashTable *by_id; /* uint32_t → struct invocation */
	gboolean output_stopped;
};

struct invocation {
	PssInvocations *owner;
	uint32_t id;
	PssRun *run;         /* NULL while its text is being collected */
	GByteArray *text;    /* NULL once it is complete */
	PssSession *session; /* or NULL: a computer */
	PssTarget *target;   /* until it connects */
	char *computer;
	char *shell;
	GPtrArray *words, *arguments, *variables;
	gsize n_variables; /* bytes of those that came apart */
	gboolean input, wait, tty, is_script;
	gboolean input_ended;
	gsize n_untaken;          /* of input */
	gboolean job, disconnect; /* it outlives this client, in the session */
	guint columns, rows, verbose;
	guint patience; /* source; 0: none */
};

static void free_invocation(gpointer data)
{
	struct invocation *invocation = data;

	g_clear_handle_id(&invocation->patience, g_source_remove);
	if (invocation->session)
		pss_session_forget_waiter(invocation->session, invocation);
	pss_run_free(invocation->run);
	if (invocation->text)
		g_byte_array_unref(invocation->text);
	pss_session_unref(invocation->session);
	pss_target_free(invocation->target);
	g_free(invocation->computer);
	g_free(invocation->shell);
	g_ptr_array_unref(invocation->words);
	g_ptr_array_unref(invocation->arguments);
	g_ptr_array_unref(invocation->variables);
	g_free(invocation);
}

PssInvocations *pss_invocations_new(PssPeer *peer)
{
	PssInvocations *invocations = g_new0(PssInvocations, 1);
	invocations->peer = peer;
	invocations->by_id = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, free_invocation);
	return invocations;
}

void pss_invocations_free(PssInvocations *invocations)
{
	if (!invocations)
		return;
	g_hash_table_unref(invocations->by_id);
	g_free(invocations);
}

static struct invocation *find(PssPeer *peer, uint32_t id)
{
	return g_hash_table_lookup(pss_peer_invocations(peer)->by_id, GUINT_TO_POINTER(id));
}

void pss_invocations_stop_output(PssInvocations *invocations, gboolean stopped)
{
	GHashTableIter iter;
	gpointer value;

	invocations->output_stopped = stopped;
	g_hash_table_iter_init(&iter, invocations->by_id);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct invocation *invocation = value;
		if (invocation->run)
			invocation->run->ops->pause(invocation->run, stopped);
	}
}

/* ---- the run's events become frames */

static void on_data(gpointer user, gboolean is_stderr, const void *data, gsize n)
{
	const struct invocation *invocation = user;
	PssPeer *peer = invocation->owner->peer;

	pss_peer_raw(peer, is_stderr ? PSS_STDERR : PSS_STDOUT, invocation->id, data, n);
	pss_peer_flush(peer);
}

static void on_taken(gpointer user, gsize n)
{
	struct invocation *invocation = user;
	PssPeer *peer = invocation->owner->peer;
	struct pss_message message;

	invocation->n_untaken -= MIN(n, invocation->n_untaken);
	pss_message_begin(&message, pss_peer_out(peer), PSS_TAKEN, invocation->id);
	pss_message_number(&message, PSS_TAG_COUNT, n);
	if (pss_message_end(&message) < 0)
		pss_peer_fail(peer, "out of memory");
	pss_peer_flush(peer);
}

static void forget(struct invocation *invocation)
{
	PssInvocations *owner = invocation->owner;
	uint32_t id = invocation->id;

	pss_openings_drop_questions(pss_peer_openings(owner->peer), id);
	g_hash_table_remove(owner->by_id, GUINT_TO_POINTER(id));
}

static void end(struct invocation *invocation, enum pss_status status, int exit_status, const char *text)
{
	PssPeer *peer = invocation->owner->peer;
	struct pss_message message;

	pss_message_begin(&message, pss_peer_out(peer), PSS_RESULT, invocation->id);
	pss_message_number(&message, PSS_TAG_STATUS, status);
	if (status == PSS_OK)
		pss_message_number(&message, PSS_TAG_EXIT_STATUS, (uint64_t)exit_status);
	pss_message_text(&message, PSS_TAG_MESSAGE, text);
	if (pss_message_end(&message) < 0)
		pss_peer_fail(peer, "out of memory");
	forget(invocation);
	pss_peer_flush(peer);
}

static void end_with_error(struct invocation *invocation, const GError *error)
{
	end(invocation, error->domain == PSS_ERROR ? (enum pss_status)error->code : PSS_FAILED, 0, error->message);
}

static void on_done(gpointer user, int status, const GError *error)
{
	if (error)
		end_with_error(user, error);
	else
		end(user, PSS_OK, status, NULL);
}

/* The client has had what came so far. What it would have sent yet the command does not get. */
static void on_let_go(gpointer user)
{
	struct invocation *invocation = user;
	PssRun *run = g_steal_pointer(&invocation->run);
	g_autofree char *text = g_strdup_printf("disconnected; receive-pssession -Id %u shows the rest",
						pss_session_id(invocation->session));

	if (invocation->input && !invocation->input_ended)
		run->ops->input(run, NULL, 0);
	end(invocation, PSS_OK, 0, text);
}

static void on_question(gpointer user, PssQuestion *question)
{
	const struct invocation *invocation = user;
	pss_openings_ask(pss_peer_openings(invocation->owner->peer), invocation->id, invocation->computer, question);
}

static void on_note(gpointer user, enum pss_note_kind kind, const char *text)
{
	const struct invocation *invocation = user;
	guint level = kind == PSS_NOTE_DEBUG ? 2 : kind == PSS_NOTE_VERBOSE ? 1 : 0;

	if (level > invocation->verbose)
		return;
	pss_peer_note(invocation->owner->peer, invocation->id, kind, text);
	pss_peer_flush(invocation->owner->peer);
}

static const PssRunEvents run_events = {
	.on_data = on_data,
	.on_taken = on_taken,
	.on_done = on_done,
	.on_let_go = on_let_go,
};
static const PssRunLinkEvents link_events = { .on_question = on_question, .on_note = on_note };

/* ---- frames become calls */

static void tell_job(gpointer user)
{
	const struct invocation *invocation = user;
	PssPeer *peer = invocation->owner->peer;

	pss_peer_session(peer, PSS_RESULT, invocation->id, invocation->session);
	pss_peer_flush(peer);
	forget(user);
}

/* What waits behind another command, or for the link, may wait for days. */
static gboolean on_late_job(gpointer user)
{
	((struct invocation *)user)->patience = 0;
	tell_job(user);
	return G_SOURCE_REMOVE;
}

static void start_job(struct invocation *invocation, const PssCommand *command)
{
	PssSession *session = invocation->session;
	g_autoptr(GError) error = NULL;

	if (!pss_session_run_job(session, command, invocation->wait, &error) ||
	    (invocation->disconnect && !pss_session_disconnect(session, &error))) {
		end_with_error(invocation, error);
		return;
	}
	if (pss_session_keeps_jobs(session)) {
		tell_job(invocation);
		return;
	}
	pss_session_await_begun(session, tell_job, invocation);
	invocation->patience = g_timeout_add(JOB_PATIENCE_MS, on_late_job, invocation);
}

static gboolean on_impatient(gpointer user)
{
	struct invocation *invocation = user;
	PssSession *session = invocation->session;

	invocation->patience = 0;
	if (!pss_session_waits_for_link(session))
		return G_SOURCE_REMOVE;
	g_autofree char *note =
		g_strdup_printf("the connection to %s is lost (%s); the command waits for it, and Ctrl-C gives "
				"the command up",
				pss_session_computer(session), pss_session_cause(session));
	on_note(invocation, PSS_NOTE_WARNING, note);
	return G_SOURCE_REMOVE;
}

static void start_in_session(struct invocation *invocation, const PssCommand *command)
{
	g_autoptr(GError) error = NULL;

	if (invocation->job) {
		start_job(invocation, command);
		return;
	}

	invocation->run = pss_session_run(invocation->session, command, invocation->input, invocation->wait,
					  &run_events, invocation, &error);
	if (!invocation->run) {
		end_with_error(invocation, error);
		return;
	}
	if (pss_session_waits_for_link(invocation->session))
		invocation->patience = g_timeout_add_seconds(PATIENCE_S, on_impatient, invocation);
	if (invocation->owner->output_stopped)
		invocation->run->ops->pause(invocation->run, TRUE);
	if (invocation->run->ops->start)
		invocation->run->ops->start(invocation->run);
}

static void start_on_computer(struct invocation *invocation, const PssCommand *command)
{
	const PssRunChannelOptions options = {
		.command = command,
		.shell = invocation->shell,
		.is_script = invocation->is_script,
		.input = invocation->input,
		.tty = invocation->tty,
		.term = pss_target_getenv(invocation->target, "TERM"),
		.columns = invocation->columns,
		.rows = invocation->rows,
	};
	invocation->run = pss_run_computer_new(pss_peer_new_transport(invocation->owner->peer),
					       g_steal_pointer(&invocation->target), &options, &run_events,
					       &link_events, invocation);
}

static void start(struct invocation *invocation)
{
	g_autoptr(GByteArray) text = g_steal_pointer(&invocation->text);
	const PssCommand command = {
		.text = (const char *)text->data,
		.n_text = text->len,
		.words = invocation->words->len > 1 ? (const char *const *)invocation->words->pdata : NULL,
		.arguments = (const char *const *)invocation->arguments->pdata,
		.variables = (const char *const *)invocation->variables->pdata,
	};

	if (memchr(text->data ? (const char *)text->data : "x", '\0', text->data ? text->len : 1)) {
		end(invocation, PSS_USAGE, 0, "a command cannot hold a NUL byte");
		return;
	}
	if (!pss_variables_are_good(command.variables)) {
		end(invocation, PSS_PROTOCOL, 0, "malformed variables");
		return;
	}
	if (invocation->session) {
		start_in_session(invocation, &command);
		return;
	}
	start_on_computer(invocation, &command);
	if (invocation->owner->output_stopped)
		invocation->run->ops->pause(invocation->run, TRUE);
}

static void collect(struct pss_fields fields, enum pss_tag tag, GPtrArray *texts)
{
	struct pss_field field;

	while (pss_fields_next(&fields, &field) > 0) {
		const char *text = field.tag == tag ? pss_field_text(&field) : NULL;
		if (text)
			g_ptr_array_add(texts, g_strdup(text));
	}
	g_ptr_array_add(texts, NULL);
}

static gboolean find_session(struct invocation *invocation, const char *instance, GError **error)
{
	PssSession *session = pss_registry_find(instance);

	session = session ? session : pss_session_find_living(instance);

	if (!session) {
		g_set_error_literal(error, PSS_ERROR, PSS_NO_SESSION, "the session no longer exists");
		return FALSE;
	}
	invocation->session = pss_session_ref(session);
	return TRUE;
}

static gboolean find_place(struct invocation *invocation, struct pss_fields fields, GError **error)
{
	const char *instance = pss_fields_text(fields, PSS_TAG_INSTANCE);

	if (!instance && invocation->job) {
		g_set_error_literal(error, PSS_ERROR, PSS_USAGE, "a job runs in a session");
		return FALSE;
	}
	if (!instance) {
		invocation->target = pss_peer_target(invocation->owner->peer, fields, error);
		if (!invocation->target)
			return FALSE;
		invocation->computer = g_strdup(invocation->target->host);
		invocation->verbose = invocation->target->verbose;
		return TRUE;
	}
	if (!find_session(invocation, instance, error))
		return FALSE;
	if (invocation->job)
		pss_session_take_buffering(invocation->session, fields);
	return TRUE;
}

/* NULL: the client has broken the protocol. */
static struct invocation *add(PssPeer *peer, uint32_t id)
{
	PssInvocations *invocations = pss_peer_invocations(peer);

	if (id == 0 || g_hash_table_contains(invocations->by_id, GUINT_TO_POINTER(id))) {
		pss_peer_fail(peer, "a request id that is in use");
		return NULL;
	}
	struct invocation *invocation = g_new0(struct invocation, 1);
	invocation->owner = invocations;
	invocation->id = id;
	invocation->words = g_ptr_array_new_with_free_func(g_free);
	invocation->arguments = g_ptr_array_new_with_free_func(g_free);
	invocation->variables = g_ptr_array_new_with_free_func(pss_secret_free_text);
	g_hash_table_insert(invocations->by_id, GUINT_TO_POINTER(id), invocation);
	return invocation;
}

void pss_invocations_on_receive(PssPeer *peer, uint32_t id, struct pss_fields fields)
{
	const char *instance = pss_fields_text(fields, PSS_TAG_INSTANCE);
	const PssReceiveOptions options = {
		.keep = pss_fields_number(fields, PSS_TAG_KEEP, 0) != 0,
		.wait = pss_fields_number(fields, PSS_TAG_WAIT, 0) != 0,
		.terminal = (guint)pss_fields_number(fields, PSS_TAG_SAFE, 0),
		.on_note = on_note,
	};
	g_autoptr(GError) error = NULL;
	struct invocation *invocation = add(peer, id);

	if (!invocation)
		return;
	pss_peer_ack(peer, id);
	if (find_session(invocation, instance ? instance : "", &error))
		invocation->run = pss_session_receive(invocation->session, &options, &run_events, invocation, &error);
	if (!invocation->run) {
		end_with_error(invocation, error);
		return;
	}
	invocation->run->ops->pause(invocation->run, invocation->owner->output_stopped);
	invocation->run->ops->start(invocation->run);
}

void pss_invocations_on_invoke(PssPeer *peer, uint32_t id, struct pss_fields fields)
{
	struct invocation *invocation = add(peer, id);
	g_autoptr(GError) error = NULL;

	if (!invocation)
		return;
	invocation->text = g_byte_array_new();
	collect(fields, PSS_TAG_WORD, invocation->words);
	collect(fields, PSS_TAG_ARGUMENT, invocation->arguments);
	collect(fields, PSS_TAG_VARIABLE, invocation->variables);
	invocation->shell = g_strdup(pss_fields_text(fields, PSS_TAG_SHELL));
	invocation->input = pss_fields_number(fields, PSS_TAG_INPUT, 0) != 0;
	invocation->wait = pss_fields_number(fields, PSS_TAG_WAIT, 0) != 0;
	invocation->tty = pss_fields_number(fields, PSS_TAG_TTY, 0) != 0;
	invocation->is_script = pss_fields_number(fields, PSS_TAG_SCRIPT, 0) != 0;
	invocation->columns = (guint)MIN(pss_fields_number(fields, PSS_TAG_COLUMNS, 0), 10000);
	invocation->rows = (guint)MIN(pss_fields_number(fields, PSS_TAG_ROWS, 0), 10000);
	invocation->job = pss_fields_number(fields, PSS_TAG_JOB, 0) != 0;
	invocation->disconnect = pss_fields_number(fields, PSS_TAG_DISCONNECT, 0) != 0;
	pss_peer_ack(peer, id);
	if (!find_place(invocation, fields, &error))
		end_with_error(invocation, error);
}

static void collect_more(struct pss_fields fields, enum pss_tag tag, GPtrArray *texts)
{
	g_ptr_array_set_size(texts, (gint)texts->len - 1); /* the NULL at its end */
	collect(fields, tag, texts);
}

void pss_invocations_on_variables(PssPeer *peer, uint32_t id, struct pss_fields fields)
{
	struct invocation *invocation = find(peer, id);

	if (!invocation)
		return; /* it has failed already */
	invocation->n_variables += fields.length;
	if (!invocation->text || invocation->n_variables > TEXT_LIMIT) {
		pss_peer_fail(peer, "variables over the limit, or behind the command");
		return;
	}
	collect_more(fields, PSS_TAG_WORD, invocation->words);
	collect_more(fields, PSS_TAG_ARGUMENT, invocation->arguments);
	collect_more(fields, PSS_TAG_VARIABLE, invocation->variables);
}

void pss_invocations_on_command(PssPeer *peer, const struct pss_frame *frame)
{
	struct invocation *invocation = find(peer, frame->header.id);

	if (!invocation)
		return; /* it has failed already */
	if (!invocation->text || invocation->text->len + frame->header.length > TEXT_LIMIT) {
		pss_peer_fail(peer, "a command over the limit, or a second one");
		return;
	}
	g_byte_array_append(invocation->text, frame->payload, frame->header.length);
	if (!(frame->header.flags & PSS_FRAME_MORE))
		start(invocation);
}

void pss_invocations_on_stdin(PssPeer *peer, const struct pss_frame *frame)
{
	struct invocation *invocation = find(peer, frame->header.id);
	if (!invocation || !invocation->run || !invocation->input)
		return;
	invocation->n_untaken += frame->header.length;
	if (invocation->n_untaken > STDIN_LIMIT) {
		pss_peer_fail(peer, "more input than it may send");
		return;
	}
	invocation->input_ended = invocation->input_ended || frame->header.length == 0;
	invocation->run->ops->input(invocation->run, frame->payload, frame->header.length);
}

void pss_invocations_on_size(PssPeer *peer, uint32_t id, struct pss_fields fields)
{
	struct invocation *invocation = find(peer, id);

	if (invocation && invocation->run && !invocation->session)
		pss_run_computer_resize(invocation->run,
					(guint)MIN(pss_fields_number(fields, PSS_TAG_COLUMNS, 80), 10000),
					(guint)MIN(pss_fields_number(fields, PSS_TAG_ROWS, 24), 10000));
}

void pss_invocations_on_stop(PssPeer *peer, uint32_t id, struct pss_fields fields)
{
	struct invocation *invocation = find(peer, id);

	if (!invocation)
		return;
	if (!invocation->run || pss_fields_number(fields, PSS_TAG_FORCE, 0))
		end(invocation, PSS_INTERRUPTED, 0, "the command was given up");
	else
		invocation->run->ops->interrupt(invocation->run);
}
