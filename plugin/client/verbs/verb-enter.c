/* SPDX-License-Identifier: MIT */
/* enter-pssession: connects to a computer, or to a kept session, and hands the terminal to the entered loop. Wrong
 * parameters are found in the shell itself; the rest happens where the shell wants entered sessions to run (bash:
 * in a forked child), so that what the streams collected there is brought back through shared memory. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "client/entered/entered-loop.h"
#include "client/requests/requests.h"
#include "client/sessions/selection.h"
#include "client/tty/escape-keys.h"
#include "client/verbs/hop-run.h"
#include "wire/cleanup.h"

enum { COMPUTER_NAME, SESSION, ID, NAME, INSTANCE_ID, FORCE, ESCAPE_CHAR };

static const struct pss_parameter rows[] = {
	[COMPUTER_NAME] = { "ComputerName", "HostName Cn", PSS_KIND_TEXT, "HOST", .wants = "the name of a computer",
			    .position = 1, .set = 1, .help = "[user@]host[:port]; the session closes on leaving" },
	[SESSION] = { "Session", NULL, PSS_KIND_TEXT, "SESSION", .wants = "an Id, a Name or an InstanceId", .set = 1,
		      .help = "a kept session, by Id, Name or InstanceId" },
	[ID] = { "Id", NULL, PSS_KIND_NUMBER, "N", .min = 1, .max = LLONG_MAX, .set = 1,
		 .help = "a kept session, by Id" },
	[NAME] = { "Name", NULL, PSS_KIND_TEXT, "NAME", .wants = "the name of a session", .set = 1,
		   .help = "a kept session, by name" },
	[INSTANCE_ID] = { "InstanceId", NULL, PSS_KIND_TEXT, "UUID", .wants = "an InstanceId", .set = 1,
			  .help = "a kept session, by InstanceId" },
	[FORCE] = { "Force", NULL, PSS_KIND_SWITCH, .help = "take the session from the terminal that has entered it" },
	[ESCAPE_CHAR] = { "EscapeChar", NULL, PSS_KIND_TEXT, "CHAR", .wants = "one character, ^X or none",
			  .help = "of ~. (leave), ~d (detach), ~? (help), after a newline; none turns them off" },
};

/* Shared memory in which the loop's process returns its streams to the one that sets the variables: records of a
 * stream's number and a text with its NUL. */
#define SHARED_SIZE 65536
struct shared_streams {
	size_t length;
	char records[SHARED_SIZE - sizeof(size_t)];
};

struct entering {
	struct pss_call *call;
	struct pss_target target; /* host is NULL: a kept session */
	int escape_character;
	enum pss_selector selector;
	const char *wanted; /* what -Session, -Id, … said */
	char id_text[24];
	struct shared_streams *shared;
	struct pss_session session;
	struct pss_opening_keys keys;
	pid_t shell; /* who called; the loop may run in a child */
	bool opened;
	bool detached; /* … and it goes on without us */
};

static void on_opened(struct pss_call *call, struct pss_open *open, struct pss_fields fields, void *user)
{
	struct entering *entering = user;

	(void)open;
	if (pss_session_read(fields, &entering->session) < 0)
		pss_call_error(call, PSS_FAILED, NULL, "not enough memory");
	else
		entering->opened = true;
}

static void open_temporary(struct entering *entering, struct pss_connection *connection, uint32_t *ret_id)
{
	const struct pss_open_events events = { .on_opened = on_opened, .user = entering };
	struct pss_open open = { .target = entering->target };

	if (pss_request_connect_with_keys(entering->call, true, &entering->keys, connection) == 0)
		pss_request_open(entering->call, connection, &open, 1, 1, PSS_OPEN_ENTERED, &entering->keys, &events);
	*ret_id = open.id;
	entering->detached = open.parting != NULL;
	if (open.parting)
		entering->call->shell->error(entering->call->verb->name, open.parting);
	free(open.parting);
}

static void attach_kept(struct entering *entering, struct pss_connection *connection, uint32_t *ret_id)
{
	struct pss_call *call = entering->call;
	struct pss_sessions sessions = { 0 };

	int rc = pss_request_connect_with_keys(call, false, &entering->keys, connection);
	if (rc == 0)
		rc = pss_request_list(call, connection, &sessions);
	const struct pss_session *session =
		rc == 0 || rc == -ENOENT ? pss_select_one(call, entering->selector, entering->wanted, &sessions) : NULL;
	if (session)
		entering->opened = pss_request_attach(call, connection, session->instance, call->own[FORCE].on, ret_id,
						      &entering->session) == 0;
	pss_sessions_finish(&sessions);
}

static void save_streams(const struct pss_call *call, struct shared_streams *shared)
{
	for (int stream = 0; stream < PSS_STREAM_COUNT; stream++) {
		for (size_t i = 0; i < call->streams[stream].n_items; i++) {
			size_t n = strlen(call->streams[stream].items[i]) + 1;
			if (n + 1 > sizeof shared->records - shared->length)
				return;
			shared->records[shared->length++] = (char)stream;
			memcpy(shared->records + shared->length, call->streams[stream].items[i], n);
			shared->length += n;
		}
	}
}

static void restore_streams(struct pss_call *call, const struct shared_streams *shared)
{
	for (size_t at = 0; at < shared->length; at += strlen(shared->records + at) + 1) {
		unsigned stream = (unsigned char)shared->records[at++];
		pss_texts_add(&call->streams[stream], strdup(shared->records + at));
	}
}

/* What comes while it is entered belongs to the streams as well. */
static bool on_note(void *user, enum pss_note_kind kind, const char *text)
{
	struct pss_call *call = user;

	if (kind == PSS_NOTE_WARNING)
		return pss_call_keep(call, PSS_STREAM_WARNING, text);
	if (kind == PSS_NOTE_BANNER)
		return pss_call_keep(call, PSS_STREAM_INFORMATION, text);
	if (kind == PSS_NOTE_MOTD)
		pss_call_keep(call, PSS_STREAM_INFORMATION, text);
	return kind != PSS_NOTE_MOTD;
}

static const struct pss_verb *const hop_verbs[PSS_HOP_COUNT] = {
	[PSS_HOP_ENTER] = &pss_verb_enter,
	[PSS_HOP_NEW] = &pss_verb_new,
	[PSS_HOP_INVOKE] = &pss_verb_invoke,
};

/* The entered loop, again and again: a line that leads on to another computer ends it, and it goes on behind that. */
static int run_loop(struct entering *entering, struct pss_connection *connection, uint32_t id)
{
	struct pss_call *call = entering->call;
	/* "[web1]: [web2]: " is what PSSESSION_PROMPT makes of such a name. */
	_cleanup_(pss_free_pointer) char *name =
		call->via ? pss_format("%s]: [%s", call->via->prompt_name, entering->session.prompt_name)
			  : strdup(entering->session.prompt_name);
	struct pss_hop hop = { 0 };
	const struct pss_via via = { .instance = entering->session.instance,
				     .computer = entering->session.computer,
				     .prompt_name = name ? name : entering->session.prompt_name,
				     .typed = &hop.typed };
	struct pss_entered entered = {
		.shell = call->shell,
		.connection = connection,
		.id = id,
		.kept = entering->target.host == NULL,
		.name = entering->session.computer,
		.user = *entering->session.remote_user ? entering->session.remote_user : NULL,
		.prompt_name = via.prompt_name,
		.history_key = entering->session.history_key,
		.escape_character = entering->escape_character,
		.ahead = &entering->keys.typed,
		.on_note = on_note,
		.user_data = call,
		.hop = connection->version >= 2 ? &hop : NULL,
	};
	int status = pss_entered_run(&entered);

	while (hop.line) {
		pss_hop_run(call, &via, &hop, hop_verbs);
		struct pss_buffer ahead = hop.typed;
		pss_buffer_init(&hop.typed);
		entered.ahead = &ahead;
		status = pss_entered_run(&entered);
		pss_buffer_wipe(&ahead);
	}
	return status;
}

/* Keys that were typed behind the command, at the prompt of a session: they come first. */
static void take_typed(struct pss_buffer *to, struct pss_buffer *from)
{
	pss_buffer_append(to, pss_buffer_bytes(from), from->length);
	pss_buffer_wipe(from);
}

/* Runs where the shell wants it. The exit status of enter-pssession. */
static int loop(void *argument)
{
	struct entering *entering = argument;
	struct pss_call *call = entering->call;
	struct pss_connection connection = { .fd = -1 };
	uint32_t id = 0;

	pss_opening_keys_begin(&entering->keys, entering->escape_character, call->shell->get_variable("TERM"));
	if (call->via)
		take_typed(&entering->keys.typed, call->via->typed);
	if (entering->target.host)
		open_temporary(entering, &connection, &id);
	else
		attach_kept(entering, &connection, &id);
	if (!entering->opened)
		pss_opening_keys_drop(&entering->keys);
	pss_opening_keys_end(&entering->keys);
	connection.also_poll = NULL;
	int status = call->status;
	/* The ^C stands on the line; a shell starts a new one only for its own interrupt, not for a child's. */
	if (status == pss_status_exit(PSS_INTERRUPTED) && getpid() != entering->shell && call->shell->interrupted())
		fputc('\n', stderr);
	if (entering->opened && !entering->detached && !call->stop)
		status = run_loop(entering, &connection, id);
	pss_opening_keys_finish(&entering->keys);
	if (entering->opened)
		pss_session_finish(&entering->session);
	pss_connection_close(&connection);
	if (getpid() != entering->shell)
		save_streams(call, entering->shared);
	return status;
}

static bool read_target(struct pss_call *call, struct entering *entering)
{
	static const struct {
		int parameter;
		enum pss_selector selector;
	} selectors[] = {
		{ SESSION, PSS_BY_SESSION }, { ID, PSS_BY_ID }, { NAME, PSS_BY_NAME }, { INSTANCE_ID, PSS_BY_INSTANCE }
	};
	_cleanup_(pss_free_pointer) char *error = NULL;

	if (call->own[ESCAPE_CHAR].given &&
	    pss_escape_keys_parse(call->own[ESCAPE_CHAR].text, &entering->escape_character) < 0) {
		pss_call_usage(call, "-EscapeChar wants one character, ^X or none, not \"%s\"",
			       call->own[ESCAPE_CHAR].text);
		return false;
	}
	if (call->own[COMPUTER_NAME].given) {
		if (pss_target_parse(call->own[COMPUTER_NAME].text, &entering->target, &error) == 0)
			return true;
		pss_call_usage(call, "-ComputerName: %s", error ? error : "not enough memory");
		return false;
	}
	for (size_t i = 0; i < sizeof selectors / sizeof *selectors; i++) {
		const struct pss_value *value = &call->own[selectors[i].parameter];
		if (!value->given)
			continue;
		snprintf(entering->id_text, sizeof entering->id_text, "%lld", value->number);
		entering->selector = selectors[i].selector;
		entering->wanted = value->text ? value->text : entering->id_text;
	}
	if (!entering->wanted)
		pss_call_usage(call, "which computer or session? -ComputerName or -Session is needed");
	return entering->wanted && pss_call_refuse_link(call);
}

/* Typed at the prompt of a session: we run where the shell wants entered sessions to run already. */
static void enter_from_session(struct entering *entering)
{
	entering->call->status = loop(entering);
	pss_target_finish(&entering->target);
}

static void run(struct pss_call *call)
{
	struct entering entering = { .call = call, .shell = getpid(), .escape_character = PSS_ESCAPE_KEYS_CHAR };

	if (!read_target(call, &entering))
		return;
	if (call->via) {
		enter_from_session(&entering);
		return;
	}
	const char *why_not = call->shell->why_not_enter();
	entering.shared =
		mmap(NULL, sizeof *entering.shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (why_not) {
		pss_call_error(call, PSS_FAILED, NULL, "%s", why_not);
	} else if (entering.shared == MAP_FAILED) {
		pss_call_error(call, PSS_FAILED, NULL, "not enough memory");
	} else {
		_cleanup_(pss_free_pointer) char *label = pss_format(
			"%s %s", call->verb->name, entering.target.host ? entering.target.host : entering.wanted);
		fflush(stdout);
		call->status = call->shell->run_entered(label ? label : call->verb->name, loop, &entering);
		restore_streams(call, entering.shared);
	}
	if (entering.shared != MAP_FAILED)
		munmap(entering.shared, sizeof *entering.shared);
	pss_target_finish(&entering.target);
}

const struct pss_verb pss_verb_enter = {
	.name = "enter-pssession",
	.summary = "Start an interactive session with a remote computer, in this terminal",
	.details = "Lines are edited here and run there. exit-pssession, exit or Ctrl-D bring the local prompt back; "
		   "the status is what was given to exit, else that of the last remote command, or 255 when the "
		   "connection was lost. In scripts, pipelines and subshells there is invoke-command instead.\n",
	.rows = rows,
	.n_rows = sizeof rows / sizeof *rows,
	.uses = PSS_USES_LINK,
	.run = run,
};
