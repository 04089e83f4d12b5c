/* SPDX-License-Identifier: MIT */
/* Clients of the host process whose connection ends at any moment: one end of a socketpair is the client's, and what
 * happens to the links of its requests happens when the test says so. Each flow below is cut off behind each of its
 * steps, within each of its frames, and just before what its link does next. */
#include <glib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../fuzz/fake-transport.h"
#include "client-steps.h"
#include "host/server/client.h"
#include "host/common/registry.h"
#include "host/session/session.h"

static void settle(void)
{
	while (g_main_context_iteration(NULL, FALSE))
		;
}

static void on_gone(gpointer user, PssClient *served)
{
	((Client *)user)->n_gone++;
}

/* ---- flows */

typedef struct {
	const char *name;
	const char *replies; /* to all of it; see read_replies() */
	const char *steps;   /* names of client-steps.c */
} Flow;

static const Flow flows[] = {
	{ "nothing", "HR", "hello list" },
	{ "an opening", "HAQQNNRSRSR",
	  "hello open-kept asks answer answer notes is-ready prints list shell-exits list" },
	{ "an opening that fails", "HAQRR", "hello open-kept asks is-refused list" },
	{ "an opening that is cancelled", "HAQRR", "hello open-kept asks cancel is-ready list" },
	{ "an opening that is lost", "HARR", "hello open-kept is-ready control-ends is-lost list" },
	{ "a resilient opening", "HAQNRR", "hello open-resilient asks is-ready prints shell-exits is-lost list" },
	{ "an opening that is detached from", "HAQARSR", "hello open-entered asks detach is-ready prints list" },
	{ "a temporary session", "HARBNBoRALR",
	  "hello open-entered is-ready key prints key drains complete leave list" },
	{ "a temporary session that ends", "HARBNBoL", "hello open-entered is-ready prints key shell-exits key" },
	{ "a temporary session that is lost", "HARBL", "hello open-entered is-ready is-lost key" },
	{ "a temporary session that is kept", "HARBNBoALRBAL",
	  "hello open-entered is-ready prints detach attach key leave" },
	{ "a kept session", "HANRRBBALRR", "hello open-kept is-ready prints attach key leave remove-session list" },
	{ "a kept session, disconnected", "HANRRRR",
	  "hello open-kept is-ready prints disconnect reconnect remove-session" },
	{ "a kept session, received", "HANRAoR", "hello open-kept is-ready prints receive prints stop shell-exits" },
	{ "a kept session's command", "HANRAR",
	  "hello open-kept is-ready prints invoke-in-session command input prints drains force-stop" },
	{ "a kept session's job", "HANRARAoR",
	  "hello open-kept is-ready prints start-job command prints receive is-lost" },
	{ "a command", "HAQQotR",
	  "hello invoke variables command asks answer answer is-ready prints input drains shell-exits" },
	{ "a command that is stopped", "HAR", "hello invoke command is-ready stop force-stop prints" },
	{ "a command that is given up early", "HAQR", "hello invoke command asks force-stop is-ready" },
	{ "a command that is lost", "HAR", "hello invoke command input is-ready is-lost stop" },
	{ "a search", "HAQQRR", "hello find asks answer answer is-ready prints shell-exits list" },
	{ "a search that is cancelled", "HAQRR", "hello find asks cancel is-ready list" },
	{ "a search that is lost", "HARR", "hello find is-ready is-lost list" },
	{ "a watch", "HAQQRR", "hello watch asks answer answer notes is-ready prints shell-exits list" },
	{ "a watch that is cancelled", "HAQRR", "hello watch asks cancel is-ready list" },
	{ "a restart", "HARAR",
	  "hello watch is-ready is-booted await-restart is-lost is-made-again is-ready is-rebooted" },
	{ "a restart that has not come", "HARAR",
	  "hello watch is-ready is-booted await-restart is-lost is-made-again is-ready is-booted list" },
	{ "a restart that is not awaited", "HARR", "hello watch is-ready is-booted is-lost list" },
	{ "an await", "HAQRR", "hello await asks is-lost list cancel" },
	{ "an await that is answered", "HARR", "hello await is-ready shell-exits list" },
	{ "an await that is refused", "HAQQRR", "hello await asks answer is-refused list" },
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

static void do_step(Client *client, const char *name)
{
	step_find(name)->run(client);
	flush(client, client->out.length);
	settle();
	read_replies(client);
}

/* `next`: the name of the step that is due, or NULL. */
static void hang_up(Client *client, End end, const char *next)
{
	if (next && end != JUST_NOW)
		step_find(next)->run(client);
	flush(client, end == WITHIN ? client->out.length / 2 : 0);
	close(client->fd);
	client->fd = -1;
	g_main_context_iteration(NULL, FALSE);
	if (next && end == JUST_NOW)
		step_find(next)->run(client);
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

static gboolean is_possible(End end, const char *next)
{
	return end == BEHIND || step_find(next)->of_link == (end == JUST_NOW);
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
static void end_behind(char *const *steps, guint n, End end, const char *replies)
{
	const char *next = end == BEHIND ? NULL : steps[n];
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
	g_auto(GStrv) steps = g_strsplit(flow->steps, " ", -1);
	guint n_steps = g_strv_length(steps);

	for (guint n = 0; n < n_steps; n++)
		for (End end = 0; end < N_ENDS; end++)
			if (is_possible(end, steps[n]))
				end_behind(steps, n, end, NULL);
	end_behind(steps, n_steps, BEHIND, flow->replies);
}

/* ---- given up by a frame, in the turn of the main loop in which the login ends */

static void test_cancelled_at_login(void)
{
	Client client;

	begin(&client);
	do_step(&client, "hello");
	do_step(&client, "open-kept");
	step_find("cancel")->run(&client);
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
	do_step(&client, "hello");
	do_step(&client, "invoke");
	do_step(&client, "command");
	g_assert_cmpuint(fake_n_transports(), ==, 1);
	if (by_frame) {
		step_find("force-stop")->run(&client);
		flush(&client, client.out.length);
		g_main_context_iteration(NULL, FALSE);
		fake_ready(0);
	}
	hang_up(&client, JUST_NOW, "is-ready");
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
