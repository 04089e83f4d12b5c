/* SPDX-License-Identifier: MIT */
/* A session in one remote shell over the null transport, and commands in it; see invoke-client.h. */
#include "invoke-client.h"

#include <string.h>

#include "wire/status.h"

const char *test_invoke_shell;

gboolean test_invoke_is_fish(void)
{
	return strcmp(test_invoke_shell, "fish") == 0;
}

char *test_invoke_in_foreground(const char *text)
{
	GString *longer = g_string_new(text);

	if (test_invoke_is_fish())
		g_string_replace(
			longer, "sh -c 'echo begun",
			"sh -c 'while set -- $(cut -d\\) -f2 /proc/$$/stat); [ $3 != $6 ]; do :; done; echo begun", 0);
	return g_string_free(longer, FALSE);
}

/* Its cat is another one than that of coreutils. */
static void add_busybox(TestInvoker *fixture, struct pss_message *message)
{
	g_autofree char *path = g_strdup_printf("PATH=%s/bin", fixture->home);
	g_autofree char *command =
		g_strdup_printf("mkdir -p '%s/bin' && busybox --install -s '%s/bin'", fixture->home, fixture->home);
	const char *const argv[] = { "sh", "-c", command, NULL };
	gint status;

	pss_message_text(message, PSS_TAG_ENV, path);
	if (fixture->last_id > 1)
		return;
	g_assert_true(
		g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status, NULL));
	g_assert_cmpint(status, ==, 0);
}

/* fish has no kill of its own, and that of procps takes "-123", a process group, for "-1", which is everybody: with the
 * one in front of it in PATH a test that asks for such a thing fails, and does nothing else. */
static void add_careful_kill(TestInvoker *fixture, struct pss_message *message)
{
	static const char script[] = "#!/bin/sh\n"
				     "case \" $*\" in\n"
				     "*\" -\"[0-9]*) echo \"$*\" >>\"${0%/*}/careless\"; exit 1 ;;\n"
				     "*) kill \"$@\" ;;\n"
				     "esac\n";
	g_autofree char *path = g_strdup_printf("PATH=%s/bin:%s", fixture->home, g_getenv("PATH"));
	g_autofree char *folder = g_build_filename(fixture->home, "bin", NULL);
	g_autofree char *program = g_build_filename(folder, "kill", NULL);

	g_autofree char *completions = g_build_filename(fixture->home, ".local/share/fish/generated_completions", NULL);

	pss_message_text(message, PSS_TAG_ENV, path);
	g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
	/* A new one has manual pages read for it, by a process of its own. */
	g_assert_cmpint(g_mkdir_with_parents(completions, 0700), ==, 0);
	g_assert_true(g_file_set_contents_full(program, script, -1, G_FILE_SET_CONTENTS_NONE, 0700, NULL));
}

static void check_kills(const TestInvoker *fixture)
{
	g_autofree char *path = g_build_filename(fixture->home, "bin", "careless", NULL);

	g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
}

void test_invoker_begin(TestInvoker *fixture)
{
	struct pss_message message;
	g_autofree char *home = g_strdup_printf("HOME=%s", fixture->home);
	g_autofree char *path = g_find_program_in_path(test_invoke_shell);
	g_autofree char *variable = g_strdup_printf("SHELL=%s", path);

	pss_message_begin(&message, &fixture->client.out, PSS_OPEN, ++fixture->last_id);
	pss_message_text(&message, PSS_TAG_TARGET, "testhost");
	pss_message_number(&message, PSS_TAG_KEEP, 1);
	pss_message_text(&message, PSS_TAG_ENV, home);
	pss_message_text(&message, PSS_TAG_ENV, variable);
	if (strcmp(test_invoke_shell, "busybox") == 0)
		add_busybox(fixture, &message);
	if (test_invoke_is_fish())
		add_careful_kill(fixture, &message);
	g_assert_cmpint(pss_message_end(&message), ==, 0);
	test_client_send(&fixture->client);
	test_client_expect(&fixture->client, PSS_ACK);
}

gboolean test_invoker_opened(TestInvoker *fixture)
{
	struct pss_fields fields = test_client_expect(&fixture->client, PSS_RESULT);

	fixture->instance = g_strdup(pss_fields_text(fields, PSS_TAG_INSTANCE));
	return pss_fields_number(fields, PSS_TAG_STATUS, 99) == PSS_OK;
}

static void open_session(TestInvoker *fixture)
{
	test_invoker_begin(fixture);
	g_assert_true(test_invoker_opened(fixture));
}

void test_invoker_init(TestInvoker *fixture, gconstpointer data)
{
	test_host_init(&fixture->host);
	fixture->home = g_dir_make_tmp("pss-home-XXXXXX", NULL);
	g_autofree char *hush = g_build_filename(fixture->home, ".hushlogin", NULL);
	g_assert_true(g_file_set_contents(hush, "", 0, NULL));
	/* What a system's own start-up files print at each prompt (systemd: OSC 3008) is not looked at. */
	g_autofree char *profile = g_build_filename(fixture->home, ".bash_profile", NULL);
	g_assert_true(g_file_set_contents(profile, "unset PROMPT_COMMAND PS0\n", -1, NULL));
	test_client_init(&fixture->client, &fixture->host);
	test_client_hello(&fixture->client);
	open_session(fixture);
}

static void send_remove(TestInvoker *fixture)
{
	struct pss_message message;
	pss_message_begin(&message, &fixture->client.out, PSS_REMOVE, ++fixture->last_id);
	pss_message_text(&message, PSS_TAG_INSTANCE, fixture->instance);
	g_assert_cmpint(pss_message_end(&message), ==, 0);
	test_client_send(&fixture->client);
	test_client_expect(&fixture->client, PSS_RESULT);
}

void test_invoker_close(TestInvoker *fixture)
{
	if (fixture->instance)
		send_remove(fixture);
	g_clear_pointer(&fixture->instance, g_free);
}

void test_invoker_renew(TestInvoker *fixture)
{
	test_invoker_close(fixture);
	open_session(fixture);
}

void test_invoker_finish(TestInvoker *fixture, gconstpointer data)
{
	test_invoker_close(fixture);
	test_client_finish(&fixture->client);
	test_host_finish(&fixture->host);
	check_kills(fixture);
	g_autofree char *command = g_strdup_printf("rm -rf '%s'", fixture->home);
	g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
	g_free(fixture->home);
}

uint32_t test_invoke_start(TestInvoker *fixture, const char *text, gboolean input, gboolean wait)
{
	struct pss_message message;
	uint32_t id = ++fixture->last_id;

	pss_message_begin(&message, &fixture->client.out, PSS_INVOKE, id);
	pss_message_text(&message, PSS_TAG_INSTANCE, fixture->instance);
	pss_message_number(&message, PSS_TAG_INPUT, input);
	pss_message_number(&message, PSS_TAG_WAIT, wait);
	g_assert_cmpint(pss_message_end(&message), ==, 0);
	test_client_raw(&fixture->client, PSS_COMMAND, id, text);
	test_client_expect(&fixture->client, PSS_ACK);
	return id;
}

/* The next frame of it; FALSE behind its RESULT. */
gboolean test_invoke_take(TestInvoker *fixture, uint32_t id, TestResult *result)
{
	TestClient *client = &fixture->client;
	struct pss_fields fields = test_client_next(client);
	const struct pss_frame *frame = &client->frame;

	g_assert_cmpint(frame->header.id, ==, id);
	if (frame->header.type == PSS_STDOUT)
		g_byte_array_append(result->out, frame->payload, frame->header.length);
	else if (frame->header.type == PSS_STDERR)
		g_byte_array_append(result->err, frame->payload, frame->header.length);
	else if (frame->header.type == PSS_TAKEN)
		result->taken += pss_fields_number(fields, PSS_TAG_COUNT, 0);
	else
		g_assert_cmpint(frame->header.type, ==, PSS_RESULT);
	if (frame->header.type != PSS_RESULT)
		return TRUE;
	result->status = pss_fields_number(fields, PSS_TAG_STATUS, 99);
	result->exit_status = pss_fields_number(fields, PSS_TAG_EXIT_STATUS, 999);
	if (result->status != PSS_OK)
		g_test_message("%s", pss_fields_text(fields, PSS_TAG_MESSAGE));
	return FALSE;
}

TestResult test_invoke_finish(TestInvoker *fixture, uint32_t id)
{
	TestResult result = { g_byte_array_new(), g_byte_array_new(), 99, 999, 0 };
	while (test_invoke_take(fixture, id, &result))
		;
	return result;
}

void test_result_clear(TestResult *result)
{
	g_byte_array_unref(result->out);
	g_byte_array_unref(result->err);
}

void test_invoke_stop(TestInvoker *fixture, uint32_t id, gboolean force)
{
	struct pss_message message;
	pss_message_begin(&message, &fixture->client.out, PSS_STOP, id);
	pss_message_number(&message, PSS_TAG_FORCE, force);
	g_assert_cmpint(pss_message_end(&message), ==, 0);
	test_client_send(&fixture->client);
}

void test_invoke_await(TestInvoker *fixture, uint32_t id, TestResult *result, const char *text)
{
	while (!memmem(result->out->data ? (const char *)result->out->data : "", result->out->len, text, strlen(text)))
		g_assert_true(test_invoke_take(fixture, id, result));
}

void test_invoke_input(TestInvoker *invoker, uint32_t id, const void *data, gsize n)
{
	g_assert_cmpint(pss_frame_append(&invoker->client.out, PSS_STDIN, id, 0, data, (uint32_t)n), ==, 0);
	test_client_send(&invoker->client);
}
