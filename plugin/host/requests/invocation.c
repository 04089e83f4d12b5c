/* SPDX-License-Identifier: MIT */
/* Starts the run in a session or on a computer, and turns its events into frames. Input is granted by TAKEN, never held
 * back by not reading the client, so that STOP always gets through. Called by invocations.c. */
#include "host/requests/invocation.h"

#include <string.h>

#include "base/error.h"
#include "base/secret.h"
#include "host/commands/command-computer.h"
#include "host/common/registry.h"
#include "host/peer/reply.h"
#include "host/common/request-target.h"
#include "remote/protocol/variables.h"
#include "wire/deadlines.h"

#define TEXT_LIMIT (64u * 1024u * 1024u)
/* A client keeps to 1 MiB that has not been taken (wire/PROTOCOL.md). */
#define STDIN_LIMIT (2u * 1024u * 1024u)
#define PATIENCE_S 1 /* a link that is back by then is not worth a note */

struct PssInvocation {
	const PssClientContext *context;
	uint32_t id;
	PssInvokeRequest request;
	GByteArray *text; /* of an INVOKE, while it is being collected; else NULL */
	PssRun *run;      /* NULL: not started */
	gboolean paused;
	PssSession *session; /* or NULL: a computer */
	PssTarget *target;   /* until it connects */
	char *computer;
	guint verbose;
	gboolean input_ended;
	gsize n_untaken; /* of input */
	guint patience;  /* source; 0: none */
	void (*on_over)(gpointer user, uint32_t id);
	gpointer user;
};

PssInvocation *pss_invocation_new(const PssClientContext *context, uint32_t id,
				  void (*on_over)(gpointer user, uint32_t id), gpointer user)
{
	PssInvocation *invocation = g_new0(PssInvocation, 1);

	invocation->context = context;
	invocation->id = id;
	invocation->on_over = on_over;
	invocation->user = user;
	invocation->request.words = g_ptr_array_new_with_free_func(g_free);
	invocation->request.arguments = g_ptr_array_new_with_free_func(g_free);
	invocation->request.variables = g_ptr_array_new_with_free_func(pss_secret_free_text);
	invocation->request.properties = g_ptr_array_new_with_free_func(g_free);
	invocation->request.as_written = g_string_new(NULL);
	return invocation;
}

void pss_invocation_free(PssInvocation *invocation)
{
	g_clear_handle_id(&invocation->patience, g_source_remove);
	if (invocation->session)
		pss_session_forget_waiter(invocation->session, invocation);
	pss_run_free(invocation->run);
	if (invocation->text)
		g_byte_array_unref(invocation->text);
	pss_session_unref(invocation->session);
	pss_target_free(invocation->target);
	g_free(invocation->computer);
	g_free(invocation->request.shell);
	g_ptr_array_unref(invocation->request.words);
	g_ptr_array_unref(invocation->request.arguments);
	g_ptr_array_unref(invocation->request.variables);
	g_ptr_array_unref(invocation->request.properties);
	g_string_free(invocation->request.as_written, TRUE);
	g_free(invocation);
}

PssInvokeRequest *pss_invocation_request(PssInvocation *invocation)
{
	return &invocation->request;
}

/* ---- the ends */

static void end(PssInvocation *invocation, enum pss_status status, int exit_status, const char *text)
{
	PssPeer *peer = invocation->context->peer;
	struct pss_message message;

	pss_message_begin(&message, pss_peer_out(peer), PSS_RESULT, invocation->id);
	pss_message_number(&message, PSS_TAG_STATUS, status);
	if (status == PSS_OK)
		pss_message_number(&message, PSS_TAG_EXIT_STATUS, (uint64_t)exit_status);
	pss_message_text(&message, PSS_TAG_MESSAGE, text);
	pss_peer_send(peer, &message);
	invocation->on_over(invocation->user, invocation->id);
	pss_peer_flush(peer);
}

void pss_invocation_fail(PssInvocation *invocation, const GError *error)
{
	end(invocation, pss_reply_status(error), 0, error->message);
}

/* ---- the run's events become frames */

static void on_data(gpointer user, gboolean is_stderr, const void *data, gsize n)
{
	const PssInvocation *invocation = user;
	PssPeer *peer = invocation->context->peer;

	pss_peer_send_bytes(peer, is_stderr ? PSS_STDERR : PSS_STDOUT, invocation->id, data, n);
	pss_peer_flush_soon(peer);
}

static void on_taken(gpointer user, gsize n)
{
	PssInvocation *invocation = user;
	PssPeer *peer = invocation->context->peer;
	struct pss_message message;

	invocation->n_untaken -= MIN(n, invocation->n_untaken);
	pss_message_begin(&message, pss_peer_out(peer), PSS_TAKEN, invocation->id);
	pss_message_number(&message, PSS_TAG_COUNT, n);
	pss_peer_send(peer, &message);
	pss_peer_flush(peer);
}

static void on_done(gpointer user, int status, const GError *error)
{
	if (error)
		pss_invocation_fail(user, error);
	else
		end(user, PSS_OK, status, NULL);
}

/* The client has had what came so far. The command does not get what the client would have sent yet. */
static void on_let_go(gpointer user)
{
	PssInvocation *invocation = user;
	PssRun *run = g_steal_pointer(&invocation->run);
	g_autofree char *text = g_strdup_printf("disconnected; receive-pssession -Id %u shows the rest",
						pss_session_id(invocation->session));

	if (invocation->request.input && !invocation->input_ended)
		run->ops->input(run, NULL, 0);
	end(invocation, PSS_OK, 0, text);
}

static void on_question(gpointer user, PssQuestion *question)
{
	const PssInvocation *invocation = user;

	pss_questions_ask(invocation->context->questions, invocation->id, invocation->computer, question);
}

static void on_note(gpointer user, enum pss_note_kind kind, const char *text)
{
	const PssInvocation *invocation = user;

	if (pss_note_level(kind) <= invocation->verbose)
		pss_reply_note(invocation->context->peer, invocation->id, kind, text);
}

static void on_record(gpointer user, const void *data, gsize n, gboolean more)
{
	const PssInvocation *invocation = user;
	PssPeer *peer = invocation->context->peer;

	pss_peer_send_part(peer, PSS_RECORD, invocation->id, data, n, more);
	pss_peer_flush(peer);
}

static const PssRunEvents run_events = {
	.on_data = on_data,
	.on_taken = on_taken,
	.on_done = on_done,
	.on_let_go = on_let_go,
	.on_record = on_record,
	.on_question = on_question,
};
static const PssRunLinkEvents link_events = { .on_question = on_question, .on_note = on_note };

/* ---- jobs */

/* The RESULT of a job is its session. */
static void end_as_job(gpointer user)
{
	const PssInvocation *invocation = user;
	PssPeer *peer = invocation->context->peer;

	pss_reply_session(peer, PSS_RESULT, invocation->id, invocation->session, NULL);
	pss_peer_flush(peer);
	invocation->on_over(invocation->user, invocation->id);
}

/* What waits behind another command, or for the link, may wait for days. */
static gboolean on_late_job(gpointer user)
{
	((PssInvocation *)user)->patience = 0;
	end_as_job(user);
	return G_SOURCE_REMOVE;
}

static void start_job(PssInvocation *invocation, const PssCommand *command)
{
	PssSession *session = invocation->session;
	g_autoptr(GError) error = NULL;

	if ((invocation->request.disconnect && !pss_session_can_disconnect(session, &error)) ||
	    !pss_session_run_job(session, command, invocation->request.wait, &error) ||
	    (invocation->request.disconnect && !pss_session_disconnect(session, &error))) {
		pss_invocation_fail(invocation, error);
		return;
	}
	if (pss_session_keeps_jobs(session)) {
		end_as_job(invocation);
		return;
	}
	pss_session_await_begun(session, end_as_job, invocation);
	invocation->patience = g_timeout_add(pss_deadline(PSS_HOST_WAITS_MS), on_late_job, invocation);
}

/* ---- starting */

static gboolean on_impatient(gpointer user)
{
	PssInvocation *invocation = user;
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

static void start_in_session(PssInvocation *invocation, const PssCommand *command)
{
	const PssInvokeRequest *request = &invocation->request;
	g_autoptr(GError) error = NULL;

	if (request->job) {
		start_job(invocation, command);
		return;
	}
	invocation->run = pss_session_run(invocation->session, command, request->input, request->wait, &run_events,
					  invocation, &error);
	if (!invocation->run) {
		pss_invocation_fail(invocation, error);
		return;
	}
	if (pss_session_waits_for_link(invocation->session))
		invocation->patience = g_timeout_add_seconds(PATIENCE_S, on_impatient, invocation);
	if (invocation->paused)
		invocation->run->ops->pause(invocation->run, TRUE);
	if (invocation->run->ops->start)
		invocation->run->ops->start(invocation->run);
}

static void start_on_computer(PssInvocation *invocation, const PssCommand *command)
{
	const PssInvokeRequest *request = &invocation->request;
	const PssRunChannelOptions options = {
		.command = command,
		.shell = request->shell,
		.is_script = request->is_script,
		.input = request->input,
		.tty = request->tty,
		.term = pss_target_getenv(invocation->target, "TERM"),
		.columns = request->size.columns,
		.rows = request->size.rows,
	};
	invocation->run = pss_run_computer_new(invocation->context->new_transport, g_steal_pointer(&invocation->target),
					       &options, &run_events, &link_events, invocation);
	if (invocation->paused)
		invocation->run->ops->pause(invocation->run, TRUE);
}

static void start(PssInvocation *invocation)
{
	const PssInvokeRequest *request = &invocation->request;
	g_autoptr(GByteArray) text = g_steal_pointer(&invocation->text);
	const PssCommand command = {
		.text = (const char *)text->data,
		.n_text = text->len,
		.words = request->words->len > 1 ? (const char *const *)request->words->pdata : NULL,
		.arguments = (const char *const *)request->arguments->pdata,
		.variables = (const char *const *)request->variables->pdata,
		.as_written = request->as_written->len > 0 ? request->as_written->str : NULL,
		.properties = (const char *const *)request->properties->pdata,
		.has_objects = request->has_objects,
		.has_records = request->has_records,
		.columns = request->width,
	};

	if (memchr(text->data ? (const char *)text->data : "x", '\0', text->data ? text->len : 1))
		end(invocation, PSS_USAGE, 0, "a command cannot hold a NUL byte");
	else if (!pss_variables_are_good(command.variables))
		end(invocation, PSS_PROTOCOL, 0, "malformed variables");
	else if (invocation->session)
		start_in_session(invocation, &command);
	else
		start_on_computer(invocation, &command);
}

static gboolean find_session(PssInvocation *invocation, const char *instance, GError **error)
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

static gboolean find_computer(PssInvocation *invocation, struct pss_fields fields, GError **error)
{
	if (invocation->request.job) {
		g_set_error_literal(error, PSS_ERROR, PSS_USAGE, "a job runs in a session, and the request names none");
		return FALSE;
	}
	invocation->target = pss_request_target(invocation->context, fields, error);
	if (!invocation->target)
		return FALSE;
	invocation->computer = g_strdup(invocation->target->host);
	invocation->verbose = invocation->target->verbose;
	return TRUE;
}

gboolean pss_invocation_find_place(PssInvocation *invocation, const char *instance, struct pss_fields fields,
				   GError **error)
{
	invocation->text = g_byte_array_new();
	if (!instance)
		return find_computer(invocation, fields, error);
	if (!find_session(invocation, instance, error))
		return FALSE;
	if (invocation->request.job)
		pss_session_take_buffering(invocation->session, fields);
	return TRUE;
}

gboolean pss_invocation_is_started(const PssInvocation *invocation)
{
	return !invocation->text;
}

gboolean pss_invocation_add_text(PssInvocation *invocation, const void *data, gsize n, gboolean more)
{
	if (!invocation->text || invocation->text->len + n > TEXT_LIMIT)
		return FALSE;
	g_byte_array_append(invocation->text, data, (guint)n);
	if (!more)
		start(invocation);
	return TRUE;
}

void pss_invocation_receive(PssInvocation *invocation, struct pss_fields fields)
{
	const char *instance = pss_fields_text(fields, PSS_TAG_INSTANCE);
	const PssReceiveOptions options = {
		.keep = pss_fields_flag(fields, PSS_TAG_KEEP),
		.wait = pss_fields_flag(fields, PSS_TAG_WAIT),
		.terminal = (guint)pss_fields_number(fields, PSS_TAG_SAFE, 0),
		.on_note = on_note,
	};
	g_autoptr(GError) error = NULL;

	if (find_session(invocation, instance ? instance : "", &error))
		invocation->run = pss_session_receive(invocation->session, &options, &run_events, invocation, &error);
	if (!invocation->run) {
		pss_invocation_fail(invocation, error);
		return;
	}
	invocation->run->ops->pause(invocation->run, invocation->paused);
	invocation->run->ops->start(invocation->run);
}

/* ---- while it runs */

gboolean pss_invocation_input(PssInvocation *invocation, const void *data, gsize n)
{
	if (!invocation->run || !invocation->request.input)
		return TRUE;
	invocation->n_untaken += n;
	if (invocation->n_untaken > STDIN_LIMIT)
		return FALSE;
	invocation->input_ended = invocation->input_ended || n == 0;
	invocation->run->ops->input(invocation->run, data, n);
	return TRUE;
}

void pss_invocation_resize(PssInvocation *invocation, struct pss_size size)
{
	if (invocation->run && !invocation->session)
		pss_run_computer_resize(invocation->run, size.columns ? size.columns : 80, size.rows ? size.rows : 24);
}

void pss_invocation_pause(PssInvocation *invocation, gboolean paused)
{
	invocation->paused = paused;
	if (invocation->run)
		invocation->run->ops->pause(invocation->run, paused);
}

void pss_invocation_stop(PssInvocation *invocation, gboolean force)
{
	if (!invocation->run || force)
		end(invocation, PSS_INTERRUPTED, 0, "the command was given up");
	else
		invocation->run->ops->interrupt(invocation->run);
}
