/* SPDX-License-Identifier: MIT */
/* Steps of a client and of its link; see client-steps.h. */
#include "client-steps.h"

#include <string.h>

#include "../fuzz/fake-transport.h"
#include "host/common/registry.h"
#include "host/session/session.h"

#define ID 7
#define TAKES_KEYBOARD "\033[?1049h" /* what prints that is no shell: the session has a plain terminal */

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

/* ---- by name */

static const Step steps[] = {
	{ "hello", hello },
	{ "open-kept", open_kept },
	{ "open-resilient", open_resilient },
	{ "open-entered", open_entered },
	{ "answer", answer },
	{ "cancel", cancel },
	{ "attach", attach },
	{ "detach", detach },
	{ "leave", leave },
	{ "disconnect", disconnect },
	{ "reconnect", reconnect },
	{ "receive", receive },
	{ "invoke-in-session", invoke_in_session },
	{ "start-job", start_job },
	{ "remove-session", remove_session },
	{ "list", list },
	{ "key", key },
	{ "complete", complete },
	{ "find", find },
	{ "watch", watch },
	{ "await", await },
	{ "await-restart", await_restart },
	{ "invoke", invoke },
	{ "variables", variables },
	{ "command", command },
	{ "input", input },
	{ "stop", stop },
	{ "force-stop", force_stop },
	{ "asks", asks, TRUE },
	{ "notes", notes, TRUE },
	{ "is-ready", is_ready, TRUE },
	{ "prints", prints, TRUE },
	{ "drains", drains, TRUE },
	{ "shell-exits", shell_exits, TRUE },
	{ "control-ends", control_ends, TRUE },
	{ "is-lost", is_lost, TRUE },
	{ "is-refused", is_refused, TRUE },
	{ "is-booted", is_booted, TRUE },
	{ "is-rebooted", is_rebooted, TRUE },
	{ "is-made-again", is_made_again },
};

const Step *step_find(const char *name)
{
	for (gsize i = 0; i < G_N_ELEMENTS(steps); i++)
		if (strcmp(steps[i].name, name) == 0)
			return &steps[i];
	g_error("there is no step '%s'", name);
}
