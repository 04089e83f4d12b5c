/* SPDX-License-Identifier: MIT */
/* Clients of the host process whose connection ends at any moment: one end of a socketpair is the client's, and what
 * happens to the links of its requests happens when the test says so. Each flow below is cut off behind each of its
 * steps, within each of its frames, and just before what its link does next. */
#include <glib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../fuzz/fake-transport.h"
#include "host/server/client.h"
#include "host/requests/registry.h"
#include "host/session/session.h"

#define ID 7
#define TAKES_KEYBOARD "\033[?1049h" /* what prints that is no shell: the session has a plain terminal */

typedef struct {
	int fd; /* the client's end; -1: closed */
	guint n_gone;
	struct pss_buffer out;
	struct pss_message message;
	GString *replies; /* a letter for each frame that it was sent */
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

/* ---- what a client does */

static void begin_message(Client *client, enum pss_type type, uint32_t id)
{
	pss_message_begin(&client->message, &client->out, type, id);
}

static void add_number(Client *client, enum pss_tag tag, uint64_t value)
{
	pss_message_number(&client->message, tag, value);
}

static void add_text(Client *client, enum pss_tag tag, const char *text)
{
	pss_message_text(&client->message, tag, text);
}

static void end_message(Client *client)
{
	g_assert_cmpint(pss_message_end(&client->message), ==, 0);
}

static void put_bare(Client *client, enum pss_type type)
{
	begin_message(client, type, ID);
	end_message(client);
}

static void put_bytes(Client *client, enum pss_type type, const char *text)
{
	g_assert_cmpint(pss_frame_append(&client->out, type, ID, 0, text, strlen(text)), ==, 0);
}

static void hello(Client *client)
{
	begin_message(client, PSS_HELLO, 0);
	add_number(client, PSS_TAG_VERSION, PSS_PROTOCOL_VERSION);
	end_message(client);
}

static void put_open(Client *client, enum pss_tag kind)
{
	begin_message(client, PSS_OPEN, ID);
	add_text(client, PSS_TAG_TARGET, "box");
	add_number(client, kind, 1);
	add_number(client, PSS_TAG_CAN_ASK, 1);
	add_number(client, PSS_TAG_COLUMNS, 80);
	add_number(client, PSS_TAG_ROWS, 24);
	end_message(client);
}

static void open_kept(Client *client)
{
	put_open(client, PSS_TAG_KEEP);
}

static void open_resilient(Client *client)
{
	begin_message(client, PSS_OPEN, ID);
	add_text(client, PSS_TAG_TARGET, "box");
	add_number(client, PSS_TAG_KEEP, 1);
	add_number(client, PSS_TAG_RESILIENT, 1);
	end_message(client);
}

static void open_entered(Client *client)
{
	put_open(client, PSS_TAG_ATTACH_TOO);
}

static void answer(Client *client)
{
	begin_message(client, PSS_ANSWER, ID);
	add_number(client, PSS_TAG_ASK_ID, 1);
	add_text(client, PSS_TAG_ANSWER_TEXT, "secret");
	end_message(client);
}

static void cancel(Client *client)
{
	put_bare(client, PSS_CANCEL);
}

static void put_of_session(Client *client, enum pss_type type, enum pss_tag flag)
{
	GPtrArray *sessions = pss_registry_sessions();

	begin_message(client, type, ID);
	add_text(client, PSS_TAG_INSTANCE, sessions->len > 0 ? pss_session_instance(sessions->pdata[0]) : "none");
	add_number(client, flag, 1);
	end_message(client);
}

static void attach(Client *client)
{
	put_of_session(client, PSS_ATTACH, PSS_TAG_FORCE);
}

static void detach(Client *client)
{
	begin_message(client, PSS_LEAVE, ID);
	add_number(client, PSS_TAG_KEEP, 1);
	end_message(client);
}

static void leave(Client *client)
{
	put_bare(client, PSS_LEAVE);
}

static void disconnect(Client *client)
{
	put_of_session(client, PSS_DISCONNECT, PSS_TAG_WAIT);
}

static void reconnect(Client *client)
{
	put_of_session(client, PSS_CONNECT, PSS_TAG_FORCE);
}

static void receive(Client *client)
{
	put_of_session(client, PSS_RECEIVE, PSS_TAG_WAIT);
}

static void invoke_in_session(Client *client)
{
	put_of_session(client, PSS_INVOKE, PSS_TAG_INPUT);
}

static void start_job(Client *client)
{
	put_of_session(client, PSS_INVOKE, PSS_TAG_JOB);
}

static void remove_session(Client *client)
{
	put_of_session(client, PSS_REMOVE, PSS_TAG_WAIT);
}

static void list(Client *client)
{
	put_bare(client, PSS_LIST);
}

static void key(Client *client)
{
	put_bytes(client, PSS_INPUT, "x");
}

static void complete(Client *client)
{
	begin_message(client, PSS_COMPLETE, ID + 1);
	pss_message_bytes(&client->message, PSS_TAG_LINE, "ls", 2);
	end_message(client);
}

static void put_named(Client *client, enum pss_type type, enum pss_tag flag)
{
	begin_message(client, type, ID);
	add_text(client, PSS_TAG_TARGET, "box");
	add_number(client, flag, 1);
	end_message(client);
}

static void find(Client *client)
{
	put_named(client, PSS_FIND, PSS_TAG_KEEP);
}

static void watch(Client *client)
{
	put_named(client, PSS_WATCH, PSS_TAG_CAN_ASK);
}

static void await(Client *client)
{
	put_named(client, PSS_AWAIT, PSS_TAG_CAN_ASK);
}

static void await_restart(Client *client)
{
	begin_message(client, PSS_AWAIT, ID + 1);
	add_number(client, PSS_TAG_WATCH, ID);
	end_message(client);
}

static void invoke(Client *client)
{
	put_named(client, PSS_INVOKE, PSS_TAG_INPUT);
}

static void variables(Client *client)
{
	begin_message(client, PSS_VARIABLES, ID);
	add_text(client, PSS_TAG_VARIABLE, "a=b");
	end_message(client);
}

static void command(Client *client)
{
	put_bytes(client, PSS_COMMAND, "make");
}

static void input(Client *client)
{
	put_bytes(client, PSS_STDIN, "input");
}

static void stop(Client *client)
{
	put_bare(client, PSS_STOP);
}

static void force_stop(Client *client)
{
	begin_message(client, PSS_STOP, ID);
	add_number(client, PSS_TAG_FORCE, 1);
	end_message(client);
}

/* ---- what its link does */

static void asks(Client *client)
{
	fake_ask(0, PSS_ASK_SECRET, "Password: ");
	fake_ask(0, PSS_ASK_SECRET, "Code: ");
}

static void notes(Client *client)
{
	fake_note(0, "a warning");
}

static void is_ready(Client *client)
{
	fake_ready(0);
}

static void prints(Client *client)
{
	fake_data(0, 0, FALSE, TAKES_KEYBOARD, strlen(TAKES_KEYBOARD));
}

static void drains(Client *client)
{
	fake_drain(0, 0);
}

static void shell_exits(Client *client)
{
	fake_close(0, 0, 3);
}

static void control_ends(Client *client)
{
	fake_close(0, 1, 0);
}

static void is_lost(Client *client)
{
	fake_lose(0, PSS_LINK_LOST, "the cable was cut");
}

static void is_refused(Client *client)
{
	fake_lose(0, PSS_AUTH, "all login methods were refused");
}

static void says_boot_id(const char *id)
{
	g_autofree char *text = g_strdup_printf("%s %s\n", fake_boot_mark(), id);

	fake_data(0, 0, FALSE, text, strlen(text));
	fake_close(0, 0, 0);
}

static void is_booted(Client *client)
{
	says_boot_id("first");
}

static void is_rebooted(Client *client)
{
	says_boot_id("second");
}

/* Not an event of the link, but of the server, which makes another. */
static void is_made_again(Client *client)
{
	while (!fake_is_up(0))
		g_main_context_iteration(NULL, TRUE);
}

/* ---- flows */

typedef void (*Step)(Client *client);

typedef struct {
	const char *name;
	const char *replies; /* to all of it; see read_replies() */
	Step steps[16];
} Flow;

static const Flow flows[] = {
	{ "nothing", "HR", { hello, list } },
	{ "an opening",
	  "HAQQNNRSRSR",
	  { hello, open_kept, asks, answer, answer, notes, is_ready, prints, list, shell_exits, list } },
	{ "an opening that fails", "HAQRR", { hello, open_kept, asks, is_refused, list } },
	{ "an opening that is cancelled", "HAQRR", { hello, open_kept, asks, cancel, is_ready, list } },
	{ "an opening that is lost", "HARR", { hello, open_kept, is_ready, control_ends, is_lost, list } },
	{ "a resilient opening",
	  "HAQNRR",
	  { hello, open_resilient, asks, is_ready, prints, shell_exits, is_lost, list } },
	{ "an opening that is detached from",
	  "HAQARSR",
	  { hello, open_entered, asks, detach, is_ready, prints, list } },
	{ "a temporary session",
	  "HARBNBoRALR",
	  { hello, open_entered, is_ready, key, prints, key, drains, complete, leave, list } },
	{ "a temporary session that ends",
	  "HARBNBoL",
	  { hello, open_entered, is_ready, prints, key, shell_exits, key } },
	{ "a temporary session that is lost", "HARBL", { hello, open_entered, is_ready, is_lost, key } },
	{ "a temporary session that is kept",
	  "HARBNBoALRBAL",
	  { hello, open_entered, is_ready, prints, detach, attach, key, leave } },
	{ "a kept session",
	  "HANRRBBALRR",
	  { hello, open_kept, is_ready, prints, attach, key, leave, remove_session, list } },
	{ "a kept session, disconnected",
	  "HANRRRR",
	  { hello, open_kept, is_ready, prints, disconnect, reconnect, remove_session } },
	{ "a kept session, received",
	  "HANRAoR",
	  { hello, open_kept, is_ready, prints, receive, prints, stop, shell_exits } },
	{ "a kept session's command",
	  "HANRAR",
	  { hello, open_kept, is_ready, prints, invoke_in_session, command, input, prints, drains, force_stop } },
	{ "a kept session's job",
	  "HANRARAoR",
	  { hello, open_kept, is_ready, prints, start_job, command, prints, receive, is_lost } },
	{ "a command",
	  "HAQQotR",
	  { hello, invoke, variables, command, asks, answer, answer, is_ready, prints, input, drains, shell_exits } },
	{ "a command that is stopped", "HAR", { hello, invoke, command, is_ready, stop, force_stop, prints } },
	{ "a command that is given up early", "HAQR", { hello, invoke, command, asks, force_stop, is_ready } },
	{ "a command that is lost", "HAR", { hello, invoke, command, input, is_ready, is_lost, stop } },
	{ "a search", "HAQQRR", { hello, find, asks, answer, answer, is_ready, prints, shell_exits, list } },
	{ "a search that is cancelled", "HAQRR", { hello, find, asks, cancel, is_ready, list } },
	{ "a search that is lost", "HARR", { hello, find, is_ready, is_lost, list } },
	{ "a watch", "HAQQRR", { hello, watch, asks, answer, answer, notes, is_ready, prints, shell_exits, list } },
	{ "a watch that is cancelled", "HAQRR", { hello, watch, asks, cancel, is_ready, list } },
	{ "a restart",
	  "HARAR",
	  { hello, watch, is_ready, is_booted, await_restart, is_lost, is_made_again, is_ready, is_rebooted } },
	{ "a restart that has not come",
	  "HARAR",
	  { hello, watch, is_ready, is_booted, await_restart, is_lost, is_made_again, is_ready, is_booted, list } },
	{ "a restart that is not awaited", "HARR", { hello, watch, is_ready, is_booted, is_lost, list } },
	{ "an await", "HAQRR", { hello, await, asks, is_lost, list, cancel } },
	{ "an await that is answered", "HARR", { hello, await, is_ready, shell_exits, list } },
	{ "an await that is refused", "HAQQRR", { hello, await, asks, answer, is_refused, list } },
};

/* How the connection ends behind a step. */
typedef enum {
	BEHIND,   /* when all that it brought about has happened */
	WITHIN,   /* the next frame is cut */
	JUST_NOW, /* the next step of its link is due in the same turn of the main loop */
	N_ENDS
} End;

static void begin(Client *client)
{
	int pair[2];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
	*client = (Client){ .fd = pair[0], .replies = g_string_new(NULL) };
	pss_buffer_init(&client->out);
	fake_forget();
	pss_registry_init();
	const PssClientOptions options = {
		.new_transport = fake_transport_new, .newest = PSS_PROTOCOL_VERSION, .on_gone = on_gone, .user = client
	};
	pss_client_new(pair[1], &options);
}

/* So many bytes of what has been put. */
static void flush(Client *client, size_t n)
{
	if (n > 0)
		g_assert_cmpint(send(client->fd, pss_buffer_bytes(&client->out), n, MSG_NOSIGNAL), ==, n);
	client->out.length = 0;
}

static void read_replies(Client *client)
{
	static const char letters[] = {
		[PSS_HELLO] = 'H',  [PSS_ACK] = 'A',    [PSS_RESULT] = 'R',  [PSS_SESSION] = 'S',
		[PSS_ASK] = 'Q',    [PSS_NOTE] = 'N',   [PSS_LEFT] = 'L',    [PSS_OUTPUT] = 'o',
		[PSS_PROMPT] = 'P', [PSS_STDOUT] = 'o', [PSS_STARTED] = 'B', [PSS_TAKEN] = 't',
	};
	struct pss_buffer in;
	struct pss_frame frame;
	ssize_t n;

	pss_buffer_init(&in);
	do {
		unsigned char *room = pss_buffer_reserve(&in, 65536);
		n = recv(client->fd, room, 65536, MSG_DONTWAIT);
		pss_buffer_commit(&in, n > 0 ? (size_t)n : 0);
	} while (n > 0);
	while (pss_frame_parse(&in, &frame) > 0) {
		g_string_append_c(client->replies, letters[frame.header.type]);
		pss_buffer_consume(&in, pss_frame_size(&frame));
	}
	g_assert_cmpuint(in.length, ==, 0);
	pss_buffer_finish(&in);
}

static void do_step(Client *client, Step step)
{
	step(client);
	flush(client, client->out.length);
	settle();
	read_replies(client);
}

static void hang_up(Client *client, End end, Step next)
{
	if (next && end != JUST_NOW)
		next(client);
	flush(client, end == WITHIN ? client->out.length / 2 : 0);
	close(client->fd);
	client->fd = -1;
	g_main_context_iteration(NULL, FALSE);
	if (next && end == JUST_NOW)
		next(client);
	pss_buffer_finish(&client->out);
	g_string_free(client->replies, TRUE);
	settle();
}

static guint n_living(void)
{
	const GPtrArray *sessions = pss_registry_sessions();
	guint n = 0;

	for (guint i = 0; i < sessions->len; i++)
		n += !pss_session_has_ended(sessions->pdata[i]);
	return n;
}

static void remove_sessions(void)
{
	GPtrArray *sessions = pss_registry_sessions();

	while (sessions->len > 0) {
		g_autoptr(PssSession) session = pss_session_ref(sessions->pdata[0]);
		pss_session_leave(session);
		pss_session_close(session, "over");
		pss_registry_remove(session);
	}
	settle();
}

static gboolean is_of_link(Step step)
{
	static const Step of_link[] = { asks,         notes,   is_ready,   prints,    drains,     shell_exits,
					control_ends, is_lost, is_refused, is_booted, is_rebooted };

	for (guint i = 0; i < G_N_ELEMENTS(of_link); i++)
		if (of_link[i] == step)
			return TRUE;
	return FALSE;
}

static gboolean is_possible(End end, Step next)
{
	return end == BEHIND || is_of_link(next) == (end == JUST_NOW);
}

static gboolean any_given_up(void)
{
	const GPtrArray *sessions = pss_registry_sessions();

	for (guint i = 0; i < sessions->len; i++)
		if (g_str_equal(pss_session_cause(sessions->pdata[i]), "the opening was given up"))
			return TRUE;
	return FALSE;
}

/* `replies`: what its client has been sent by then; NULL: anything. */
static void end_behind(const Step *steps, guint n, End end, const char *replies)
{
	Step next = end == BEHIND ? NULL : steps[n];
	Client client;

	begin(&client);
	for (guint i = 0; i < n; i++)
		do_step(&client, steps[i]);
	if (replies)
		g_assert_cmpstr(client.replies->str, ==, replies);
	hang_up(&client, end, next);
	g_assert_cmpuint(client.n_gone, ==, 1);
	/* Nothing is left but sessions that can be used, each with its link, and those that could be. */
	g_assert_cmpuint(fake_n_transports(), ==, n_living());
	g_assert_false(any_given_up());
	remove_sessions();
	g_assert_cmpuint(fake_n_transports(), ==, 0);
	g_assert_false(pss_session_any_going());
}

static void test_flow(gconstpointer data)
{
	const Flow *flow = data;
	guint n_steps = 0;

	while (n_steps < G_N_ELEMENTS(flow->steps) && flow->steps[n_steps])
		n_steps++;
	for (guint n = 0; n < n_steps; n++)
		for (End end = 0; end < N_ENDS; end++)
			if (is_possible(end, flow->steps[n]))
				end_behind(flow->steps, n, end, NULL);
	end_behind(flow->steps, n_steps, BEHIND, flow->replies);
}

/* ---- given up by a frame, in the turn of the main loop in which the login ends */

static void test_cancelled_at_login(void)
{
	Client client;

	begin(&client);
	do_step(&client, hello);
	do_step(&client, open_kept);
	cancel(&client);
	flush(&client, client.out.length);
	g_main_context_iteration(NULL, FALSE);
	fake_ready(0);
	settle();
	g_assert_cmpuint(pss_registry_sessions()->len, ==, 0);
	hang_up(&client, BEHIND, NULL);
}

/* What is not wanted is not run, as the server would begin it. */
static void test_stopped_at_login(gconstpointer by_frame)
{
	Client client;

	begin(&client);
	do_step(&client, hello);
	do_step(&client, invoke);
	do_step(&client, command);
	g_assert_cmpuint(fake_n_transports(), ==, 1);
	if (by_frame) {
		force_stop(&client);
		flush(&client, client.out.length);
		g_main_context_iteration(NULL, FALSE);
		fake_ready(0);
	}
	hang_up(&client, JUST_NOW, is_ready);
	g_assert_cmpuint(fake_n_opened(), ==, 0);
	g_assert_cmpuint(fake_n_transports(), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(flows); i++) {
		g_autofree char *name = g_strdup_printf("/clients/%s is cut off at each step", flows[i].name);
		g_test_add_data_func(name, &flows[i], test_flow);
	}
	g_test_add_func("/clients/an opening that is cancelled as its login ends is not listed",
			test_cancelled_at_login);
	g_test_add_data_func("/clients/a command that is given up as its login ends is not run", GINT_TO_POINTER(TRUE),
			     test_stopped_at_login);
	g_test_add_data_func("/clients/a command whose client goes as its login ends is not run", NULL,
			     test_stopped_at_login);
	return g_test_run();
}
