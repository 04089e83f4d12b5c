/* SPDX-License-Identifier: MIT */
/* One login to a private server; see link-fixture.h. */
#include "link-fixture.h"

#include <signal.h>
#include <string.h>

#include "base/error.h"
#include "link/libssh/link/transport-libssh.h"

static void set_up_with(LinkFixture *f, Sshd *sshd)
{
	link_record_init(&f->link);
	channel_record_init(&f->channel);
	f->sshd = sshd;
	f->target = sshd_target(sshd);
}

void link_set_up(LinkFixture *f, gconstpointer sshd_lines)
{
	set_up_with(f, sshd_start(sshd_lines));
}

void link_set_up_plain(LinkFixture *f, gconstpointer unused)
{
	set_up_with(f, sshd_start(NULL));
}

void link_set_up_server(LinkFixture *f, gconstpointer arguments)
{
	set_up_with(f, sshd_start_login_server(arguments));
}

void link_tear_down(LinkFixture *f, gconstpointer unused)
{
	if (g_test_verbose())
		g_test_message("%s", f->link.notes->str);
	pss_target_free(f->target);
	link_record_finish(&f->link);
	channel_record_finish(&f->channel);
	if (f->agent > 0)
		kill(f->agent, SIGTERM);
	sshd_stop(f->sshd);
}

void link_connect(LinkRecord *record, PssTarget *target)
{
	record->transport = pss_transport_ssh_new(target, &link_events, record);
	pss_transport_connect(record->transport);
}

void link_start(LinkFixture *f)
{
	link_connect(&f->link, g_steal_pointer(&f->target));
}

void link_finish(LinkFixture *f)
{
	link_start(f);
	wait_for(f->link.ready || f->link.n_lost, 30);
}

void link_log_in(LinkFixture *f)
{
	link_finish(f);
	if (f->link.lost)
		g_test_message("%s", f->link.notes->str);
	g_assert_no_error(f->link.lost);
}

void link_expect_login(LinkFixture *f)
{
	link_log_in(f);
	g_assert_cmpstr(link_run(f, "echo in", FALSE), !=, "");
}

void link_expect_failure(LinkFixture *f, enum pss_status status, const char *words)
{
	link_finish(f);
	g_assert_false(f->link.ready);
	g_assert_error(f->link.lost, PSS_ERROR, (int)status);
	if (!strstr(f->link.lost->message, words))
		g_error("'%s' is not in '%s'", words, f->link.lost->message);
	g_test_message("%s", f->link.lost->message);
}

const char *link_run(LinkFixture *f, const char *command, gboolean pty)
{
	channel_record_finish(&f->channel);
	channel_record_init(&f->channel);
	channel_open(&f->channel, &f->link, command, pty);
	wait_for(f->channel.n_closed, 30);
	return f->channel.out->str;
}

gboolean link_was_noted(const LinkFixture *f, const char *words)
{
	return strstr(f->link.notes->str, words) != NULL;
}

void link_set_key(LinkFixture *f, char *path)
{
	g_free(f->target->key_file);
	f->target->key_file = path;
}

void link_answer(LinkFixture *f, const char *const *answers)
{
	f->target->can_ask = TRUE;
	f->link.answers = answers;
}

void link_clear_options(LinkFixture *f)
{
	g_autofree char *known = g_strdup_printf("UserKnownHostsFile=%s", f->sshd->known_hosts);

	g_strfreev(f->target->options);
	f->target->options = g_new0(char *, 1);
	link_target_option(f->target, known);
}

void link_add_to_agent(const char *agent, const char *key)
{
	g_autofree char *socket = g_strdup_printf("SSH_AUTH_SOCK=%s", agent);
	const char *const add[] = { "env", socket, "ssh-add", "-q", key, NULL };

	run_program(add);
}

char *link_start_agent(LinkFixture *f, const char *key)
{
	char *path = g_build_filename(f->sshd->directory, "agent", NULL);
	const char *const argv[] = { "ssh-agent", "-D", "-a", path, NULL };
	g_autoptr(GError) error = NULL;

	g_spawn_async(NULL, (char **)argv, NULL,
		      G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL,
		      &f->agent, &error);
	g_assert_no_error(error);
	wait_for(g_file_test(path, G_FILE_TEST_EXISTS), 10);
	link_add_to_agent(path, key);
	return path;
}
