/* SPDX-License-Identifier: MIT */
#include "session-fixture.h"

#include "wire/status.h"

void set_up(Fixture *fixture, gconstpointer data)
{
	g_autofree char *rc = NULL;

	test_host_init(&fixture->host);
	fixture->home = g_dir_make_tmp("pss-home-XXXXXX", NULL);
	rc = g_build_filename(fixture->home, ".bashrc", NULL);
	g_assert_true(g_file_set_contents(rc, "PS1='ready> '\n", -1, NULL));
	g_free(rc);
	rc = g_build_filename(fixture->home, ".bash_profile", NULL);
	g_assert_true(g_file_set_contents(rc, ". ~/.bashrc\n", -1, NULL));
}

void tear_down(Fixture *fixture, gconstpointer data)
{
	test_host_finish(&fixture->host);
	g_autofree char *command = g_strdup_printf("rm -rf '%s'", fixture->home);
	g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
	g_free(fixture->home);
}

uint64_t status_of(struct pss_fields fields)
{
	return pss_fields_number(fields, PSS_TAG_STATUS, 99);
}

void send_instance(TestClient *client, enum pss_type type, uint32_t id, const char *instance, gboolean force)
{
	struct pss_message message;
	pss_message_begin(&message, &client->out, type, id);
	pss_message_text(&message, PSS_TAG_INSTANCE, instance);
	pss_message_number(&message, PSS_TAG_FORCE, force);
	g_assert_cmpint(pss_message_end(&message), ==, 0);
	test_client_send(client);
}

uint64_t expect_prompt(TestClient *client, uint64_t kind)
{
	struct pss_fields fields = test_client_expect(client, PSS_PROMPT);
	g_assert_cmpint(pss_fields_number(fields, PSS_TAG_PROMPT_KIND, 0), ==, kind);
	return pss_fields_number(fields, PSS_TAG_EXIT_STATUS, 999);
}

uint64_t run(TestClient *client, uint32_t id, const char *line)
{
	test_client_raw(client, PSS_LINE, id, line);
	test_client_expect(client, PSS_ACK);
	return expect_prompt(client, 1);
}

char *open_kept(TestClient *client, Fixture *fixture)
{
	test_client_open(client, 1, fixture->home, TRUE, FALSE);
	return g_strdup(pss_fields_text(pss_frame_fields(&client->frame), PSS_TAG_INSTANCE));
}
