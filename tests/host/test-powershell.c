/* SPDX-License-Identifier: MIT */
/* Sessions by PowerShell remoting as a client of the host process sees them, over the real wire and the null transport:
 * PowerShell is a recording of it (tests/psrp/recording.h), so that this runs everywhere. */
#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "host/commands/terminal-programs.h"
#include "wire-client.h"
#include "wire/status.h"

static char *player; /* the program tests/psrp/play-recording.c */

typedef struct {
	TestHost host;
	TestClient client;
	char *home;
	char *instance;
	uint32_t last_id, entered; /* the request that has entered the session */
} Fixture;

/* A program that the session finds as pwsh. */
static void write_powershell(Fixture *fixture, const char *script)
{
	g_autofree char *program = g_build_filename(fixture->home, "pwsh", NULL);
	g_autofree char *text = g_strdup_printf("#!/bin/sh\n%s\n", script);

	g_assert_true(g_file_set_contents_full(program, text, -1, G_FILE_SET_CONTENTS_NONE, 0700, NULL));
}

static void set_up(Fixture *fixture, gconstpointer data)
{
	g_autofree char *script = g_strdup_printf("echo $$ >$HOME/pid; exec %s %s/%s", player,
						  g_getenv("PSS_RECORDINGS"), (const char *)data);

	test_host_init(&fixture->host);
	fixture->home = g_dir_make_tmp("pss-home-XXXXXX", NULL);
	write_powershell(fixture, script);
	test_client_init(&fixture->client, &fixture->host);
	test_client_hello(&fixture->client);
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
	g_autofree char *program = g_build_filename(fixture->home, "pwsh", NULL);
	g_autofree char *pid = g_build_filename(fixture->home, "pid", NULL);

	test_client_finish(&fixture->client);
	test_host_finish(&fixture->host);
	g_unlink(program);
	g_unlink(pid);
	g_rmdir(fixture->home);
	g_free(fixture->home);
	g_free(fixture->instance);
}

/* ---- requests */

static void send_session(Fixture *fixture, enum pss_type type, const char *command)
{
	struct pss_message message;

	pss_message_begin(&message, &fixture->client.out, type, ++fixture->last_id);
	pss_message_text(&message, PSS_TAG_INSTANCE, fixture->instance);
	pss_message_number(&message, PSS_TAG_COLUMNS, 60);
	pss_message_number(&message, PSS_TAG_ROWS, 24);
	g_assert_cmpint(pss_message_end(&message), ==, 0);
	test_client_send(&fixture->client);
	if (command)
		test_client_raw(&fixture->client, PSS_COMMAND, fixture->last_id, command);
}

static struct pss_fields expect_result(Fixture *fixture, enum pss_status status)
{
	struct pss_fields fields = test_client_expect(&fixture->client, PSS_RESULT);
	const char *message = pss_fields_text(fields, PSS_TAG_MESSAGE);

	if (pss_fields_number(fields, PSS_TAG_STATUS, 99) != status)
		g_error("%s", message ? message : "no error");
	return fields;
}

static void begin_open(Fixture *fixture, gboolean is_kept, gboolean is_resilient)
{
	struct pss_message message;
	g_autofree char *home = g_strdup_printf("HOME=%s", fixture->home);
	g_autofree char *path = g_strdup_printf("PATH=%s:/usr/bin:/bin", fixture->home);

	pss_message_begin(&message, &fixture->client.out, PSS_OPEN, ++fixture->last_id);
	pss_message_text(&message, PSS_TAG_TARGET, "testhost");
	pss_message_text(&message, PSS_TAG_SHELL, "powershell");
	pss_message_number(&message, PSS_TAG_KEEP, is_kept);
	pss_message_number(&message, PSS_TAG_ATTACH_TOO, !is_kept);
	pss_message_number(&message, PSS_TAG_RESILIENT, is_resilient);
	pss_message_text(&message, PSS_TAG_ENV, home);
	pss_message_text(&message, PSS_TAG_ENV, path);
	pss_message_text(&message, PSS_TAG_ENV, "SHELL=/bin/sh");
	g_assert_cmpint(pss_message_end(&message), ==, 0);
	test_client_send(&fixture->client);
	test_client_expect(&fixture->client, PSS_ACK);
}

static void open_session(Fixture *fixture, gboolean is_kept)
{
	begin_open(fixture, is_kept, FALSE);
	fixture->instance = g_strdup(pss_fields_text(expect_result(fixture, PSS_OK), PSS_TAG_INSTANCE));
	fixture->entered = fixture->last_id;
}

static void expect_prompt(Fixture *fixture, const char *text, uint64_t status)
{
	struct pss_fields fields = test_client_expect(&fixture->client, PSS_PROMPT);
	struct pss_field prompt;

	g_assert_cmpint(pss_fields_bytes(fields, PSS_TAG_PROMPT, &prompt), ==, 0);
	g_assert_cmpmem(prompt.data, prompt.length, text, strlen(text));
	g_assert_cmpint(pss_fields_number(fields, PSS_TAG_EXIT_STATUS, 999), ==, status);
}

static void enter(Fixture *fixture, const char *prompt, uint64_t status)
{
	send_session(fixture, PSS_ATTACH, NULL);
	fixture->entered = fixture->last_id;
	expect_result(fixture, PSS_OK);
	expect_prompt(fixture, prompt, status);
}

static void say(Fixture *fixture, const char *line)
{
	test_client_raw(&fixture->client, PSS_LINE, fixture->entered, line);
	test_client_expect(&fixture->client, PSS_ACK);
}

static void expect_left(Fixture *fixture, enum pss_left_reason reason, uint64_t status)
{
	struct pss_fields fields = test_client_expect(&fixture->client, PSS_LEFT);

	g_assert_cmpint(pss_fields_number(fields, PSS_TAG_LEFT_REASON, 99), ==, reason);
	g_assert_cmpint(pss_fields_number(fields, PSS_TAG_EXIT_STATUS, 0), ==, status);
}

/* "STATE AVAILABILITY SHELL" of the only session. */
static char *listed(Fixture *fixture)
{
	struct pss_fields fields;
	char *result;

	test_client_raw(&fixture->client, PSS_LIST, ++fixture->last_id, "");
	fields = test_client_expect(&fixture->client, PSS_SESSION);
	result = g_strdup_printf(
		"%s %s %s", pss_state_name((enum pss_state)pss_fields_number(fields, PSS_TAG_STATE, 0)),
		pss_availability_name((enum pss_availability)pss_fields_number(fields, PSS_TAG_AVAILABILITY, 0)),
		pss_fields_text(fields, PSS_TAG_SHELL));
	expect_result(fixture, PSS_OK);
	return result;
}

static void assert_listed(Fixture *fixture, const char *expected)
{
	g_autofree char *result = listed(fixture);
	g_assert_cmpstr(result, ==, expected);
}

static void remove_session(Fixture *fixture)
{
	send_session(fixture, PSS_REMOVE, NULL);
	while (fixture->client.frame.header.type != PSS_RESULT || fixture->client.frame.header.id != fixture->last_id)
		test_client_next(&fixture->client);
}

static void test_terminal_programs(void)
{
	static const struct {
		const char *line, *program;
	} rows[] = {
		{ "vim file", "vim" },   { " /usr/bin/vim", NULL }, { "/usr/bin/top;1", "top" },
		{ "vimdiff a b", NULL }, { "$x = 'vim'", NULL },    { "", NULL },
		{ "less|more", "less" }, { "sudo", "sudo" },        { "Get-Item vim", NULL },
	};
	guint64 noticed = 0;

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		g_assert_cmpstr(pss_terminal_program(rows[i].line, strlen(rows[i].line), &noticed), ==,
				rows[i].program);
}

/* ---- the tests, each on the recording that it is added with */

static void test_kept_session_is_left(Fixture *fixture, gconstpointer data)
{
	static const struct {
		const char *line;
		uint64_t status;
		const char *prompt;
	} leavings[] = { { "exit", 0, "PS /home/user> " },
			 { "cd /; exit 300", 44, "PS /> " },
			 { "Exit-PSSession", 0, "PS /> " } };

	open_session(fixture, TRUE);
	enter(fixture, "PS /home/user> ", 0);
	for (gsize i = 0; i < G_N_ELEMENTS(leavings); i++) {
		say(fixture, leavings[i].line);
		expect_left(fixture, PSS_LEFT_KEPT_EXIT, leavings[i].status);
		assert_listed(fixture, "Opened Available Microsoft.PowerShell");
		enter(fixture, leavings[i].prompt, leavings[i].status);
	}
	say(fixture, "1");
	test_client_expect_output(&fixture->client, "1\r\n");
	expect_prompt(fixture, "PS /> ", 0);
	remove_session(fixture);
}

static void test_temporary_session_ends(Fixture *fixture, gconstpointer data)
{
	open_session(fixture, FALSE);
	expect_prompt(fixture, "PS /home/user> ", 0);
	say(fixture, "exit");
	expect_left(fixture, PSS_LEFT_EXIT, 0);
	test_client_raw(&fixture->client, PSS_LIST, ++fixture->last_id, "");
	expect_result(fixture, PSS_OK);
}

/* Its streams together, and its status. */
static void assert_invoked(Fixture *fixture, const char *command, const char *output, uint64_t status)
{
	g_autoptr(GString) text = g_string_new(NULL);

	send_session(fixture, PSS_INVOKE, command);
	do {
		g_assert_true(test_client_frame(&fixture->client));
		if (fixture->client.frame.header.type == PSS_STDOUT || fixture->client.frame.header.type == PSS_STDERR)
			g_string_append_len(text, (const char *)fixture->client.frame.payload,
					    fixture->client.frame.header.length);
	} while (fixture->client.frame.header.type != PSS_RESULT);
	g_assert_cmpstr(text->str, ==, output);
	g_assert_cmpint(pss_fields_number(pss_frame_fields(&fixture->client.frame), PSS_TAG_EXIT_STATUS, 999), ==,
			status);
}

static void test_commands_run_beside(Fixture *fixture, gconstpointer data)
{
	open_session(fixture, TRUE);
	assert_invoked(fixture, "1,2,'a b'; $x = 5", "1\n2\na b\n", 0);
	assert_invoked(fixture, "$x; Get-Item /nonexist; 'on'",
		       "5\nGet-Item: Cannot find path '/nonexist' because it does not exist.\non\n", 0);
	assert_invoked(fixture, "throw 'x'", "Exception: x\n", 1);
	assert_invoked(fixture, "sh -c 'exit 3'", "", 3);
	assert_invoked(fixture, "exit 300", "", 44);
	assert_listed(fixture, "Opened Available Microsoft.PowerShell");
	enter(fixture, "PS /home/user> ", 44);
	remove_session(fixture);
}

static void test_questions_are_asked(Fixture *fixture, gconstpointer data)
{
	open_session(fixture, FALSE);
	expect_prompt(fixture, "PS /home/user> ", 0);
	say(fixture, "$a = Read-Host 'Your name'; \"<$a>\"");
	test_client_expect_output(&fixture->client, "Your name: ");
	test_client_raw(&fixture->client, PSS_INPUT, fixture->entered, "xyz\177\r");
	test_client_expect_output(&fixture->client, "<xy>\r\n");
	expect_prompt(fixture, "PS /home/user> ", 0);
}

static void test_refusals(Fixture *fixture, gconstpointer data)
{
	const char *message;

	begin_open(fixture, TRUE, TRUE);
	message = pss_fields_text(expect_result(fixture, PSS_UNSUPPORTED), PSS_TAG_MESSAGE);
	g_assert_nonnull(strstr(message, "-ConfigurationName pwsh"));
	open_session(fixture, TRUE);
	send_session(fixture, PSS_DISCONNECT, NULL);
	message = pss_fields_text(expect_result(fixture, PSS_UNSUPPORTED), PSS_TAG_MESSAGE);
	g_assert_nonnull(strstr(message, "-AsJob"));
	assert_listed(fixture, "Opened Available Microsoft.PowerShell");
	remove_session(fixture);
}

static void test_no_powershell(Fixture *fixture, gconstpointer data)
{
	const char *message;

	write_powershell(fixture, "echo of no use >&2; exit 3");
	begin_open(fixture, TRUE, FALSE);
	message = pss_fields_text(expect_result(fixture, PSS_FAILED), PSS_TAG_MESSAGE);
	g_assert_nonnull(strstr(message, "PowerShell"));
	g_assert_nonnull(strstr(message, "of no use"));
	test_client_raw(&fixture->client, PSS_LIST, ++fixture->last_id, "");
	expect_result(fixture, PSS_OK);
}

static void test_opening_is_given_up(Fixture *fixture, gconstpointer data)
{
	write_powershell(fixture, "exec cat >/dev/null");
	open_session(fixture, FALSE);
	test_client_raw(&fixture->client, PSS_INPUT, fixture->entered, "typed ahead\003");
	expect_left(fixture, PSS_LEFT_EXIT, 130);
}

static void test_end_is_no_exit(Fixture *fixture, gconstpointer data)
{
	g_autofree char *file = g_build_filename(fixture->home, "pid", NULL);
	g_autofree char *pid = NULL;

	open_session(fixture, TRUE);
	enter(fixture, "PS /home/user> ", 0);
	g_assert_true(g_file_get_contents(file, &pid, NULL, NULL));
	g_assert_cmpint(kill(atoi(pid), SIGKILL), ==, 0);
	expect_left(fixture, PSS_LEFT_LOST, 255);
	assert_listed(fixture, "Broken None Microsoft.PowerShell");
	remove_session(fixture);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *path, *recording;
		void (*test)(Fixture *fixture, gconstpointer data);
	} tests[] = {
		{ "/powershell/a kept session is left by exit", "leaving", test_kept_session_is_left },
		{ "/powershell/a temporary session ends by exit", "leaving", test_temporary_session_ends },
		{ "/powershell/commands run beside the terminal", "commands", test_commands_run_beside },
		{ "/powershell/questions are asked", "questions", test_questions_are_asked },
		{ "/powershell/what cannot be is refused", "leaving", test_refusals },
		{ "/powershell/no PowerShell is there", "leaving", test_no_powershell },
		{ "/powershell/Ctrl-C gives the opening up", "leaving", test_opening_is_given_up },
		{ "/powershell/its end is no exit", "leaving", test_end_is_no_exit },
	};

	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/powershell/programs that want a terminal", test_terminal_programs);
	player = g_canonicalize_filename(argv[1], NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].path, Fixture, tests[i].recording, set_up, tests[i].test, tear_down);
	int status = g_test_run();
	g_free(player);
	return status;
}
