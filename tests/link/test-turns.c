/* SPDX-License-Identifier: MIT */
/* A server that lets in one at a time, and somebody who is asked meanwhile: whatever the question, and whoever asks it,
 * others log in. */
#include <signal.h>

#include "link-fixture.h"
#include "link/login/turn.h"

#define BEFORE_ONE 3 /* refusals, from eight at once to one */
#define ASKED_AT_ONCE 8
#define ASKER 7u

typedef struct {
	Sshd *sshd;
	char *never; /* a program that does not answer */
	pid_t agent;
} Fixture;

static void write_never(Fixture *f)
{
	g_autofree char *text = g_strdup_printf("#!/bin/sh\n: >%s/asked\nexec tail -f /dev/null\n", f->sshd->directory);

	f->never = g_build_filename(f->sshd->directory, "never", NULL);
	g_file_set_contents_full(f->never, text, -1, G_FILE_SET_CONTENTS_NONE, 0700, NULL);
}

static void set_up(Fixture *f, Sshd *sshd)
{
	f->sshd = sshd;
	write_never(f);
}

static void set_up_sshd(Fixture *f, gconstpointer unused)
{
	set_up(f, sshd_start(NULL));
}

static void set_up_server(Fixture *f, gconstpointer arguments)
{
	set_up(f, sshd_start_login_server(arguments));
}

static void tear_down(Fixture *f, gconstpointer unused)
{
	if (f->agent > 0)
		kill(-f->agent, SIGKILL);
	sshd_stop(f->sshd);
	g_free(f->never);
}

static PssTarget *target_of(Fixture *f, guint64 asker)
{
	PssTarget *target = sshd_target(f->sshd);

	target->can_ask = TRUE;
	target->asker = asker;
	return target;
}

/* ---- who logs in */

static void expect_login(PssTarget *target)
{
	static const char *const answers[] = { "right", "right", NULL };
	LinkRecord link;

	link_record_init(&link);
	link.answers = answers;
	link_connect(&link, target);
	wait_for(link.ready || link.n_lost, 10);
	g_assert_no_error(link.lost);
	link_record_finish(&link);
}

static char *server_name(const Fixture *f)
{
	return g_strdup_printf("127.0.0.1 port %u", f->sshd->port);
}

/* What it has learned of a server that hangs up. */
static void let_in_one_at_a_time(Fixture *f)
{
	g_autoptr(PssTarget) target = target_of(f, 0);
	g_autoptr(PssLoginContext) person = pss_login_new(target, &link_events, NULL);
	g_autofree char *name = server_name(f);

	for (int i = 0; i < BEFORE_ONE; i++) {
		GError *error = NULL;
		PssTurn *turn = pss_turn_take(person, name, &error);
		g_assert_no_error(error);
		pss_turn_give_back(turn, PSS_TURN_REFUSED);
	}
}

/* One whose question stands. */
static void start_asking(LinkRecord *link, PssTarget *target)
{
	link_record_init(link);
	link->keep_questions = TRUE;
	link_connect(link, target);
}

static gboolean has_been_asked(const Fixture *f)
{
	g_autofree char *asked = g_build_filename(f->sshd->directory, "asked", NULL);

	return g_file_test(asked, G_FILE_TEST_EXISTS);
}

/* Whoever asks on the same terminal, on another, or nobody knows where. */
static void expect_others(Fixture *f)
{
	static const guint64 askers[] = { ASKER, ASKER + 1, 0 };

	for (gsize i = 0; i < G_N_ELEMENTS(askers); i++)
		expect_login(target_of(f, askers[i]));
}

static void expect_others_beside(Fixture *f, PssTarget *target)
{
	LinkRecord asked;

	let_in_one_at_a_time(f);
	start_asking(&asked, target);
	wait_for(asked.kept || has_been_asked(f), 10);
	expect_others(f);
	g_assert_false(asked.ready);
	g_assert_cmpuint(asked.n_lost, ==, 0);
	link_record_finish(&asked);
}

/* ---- the questions */

/* Of each option the first value counts, so the usual ones go. */
static void set_option(PssTarget *target, const char *option)
{
	g_strfreev(target->options);
	target->options = g_new0(char *, 1);
	link_target_option(target, option);
}

static void of_the_server(Fixture *f, gconstpointer unused)
{
	expect_others_beside(f, target_of(f, ASKER));
}

static void of_the_host_key(Fixture *f, gconstpointer unused)
{
	PssTarget *target = target_of(f, ASKER);
	g_autofree char *known = g_build_filename(f->sshd->directory, "unknown", NULL);
	g_autofree char *option = g_strconcat("UserKnownHostsFile=", known, NULL);

	set_option(target, option);
	link_target_option(target, "GlobalKnownHostsFile=none");
	expect_others_beside(f, target);
}

static void use_locked_key(Fixture *f, PssTarget *target)
{
	g_free(target->key_file);
	target->key_file = g_build_filename(f->sshd->directory, "locked", NULL);
	const char *const copy[] = { "cp", f->sshd->client_key, target->key_file, NULL };
	const char *const lock[] = { "ssh-keygen", "-p", "-q", "-P", "", "-N", "secret", "-f", target->key_file, NULL };
	run_program(copy);
	run_program(lock);
}

static void of_a_passphrase(Fixture *f, gconstpointer unused)
{
	PssTarget *target = target_of(f, ASKER);

	use_locked_key(f, target);
	expect_others_beside(f, target);
}

static void set_askpass(Fixture *f, PssTarget *target)
{
	link_target_setenv(target, "SSH_ASKPASS", f->never);
	link_target_setenv(target, "SSH_ASKPASS_REQUIRE", "force");
}

static void of_a_program(Fixture *f, gconstpointer unused)
{
	PssTarget *target = target_of(f, ASKER);

	use_locked_key(f, target);
	set_askpass(f, target);
	expect_others_beside(f, target);
}

/* The programs of two clients do not wait for each other. */
static void of_two_programs(Fixture *f, gconstpointer unused)
{
	PssTarget *target = target_of(f, ASKER), *other = target_of(f, ASKER + 1);
	g_autofree char *program = g_build_filename(f->sshd->directory, "tells", NULL);
	LinkRecord asked;

	use_locked_key(f, target);
	set_askpass(f, target);
	g_file_set_contents_full(program, "#!/bin/sh\necho secret\n", -1, G_FILE_SET_CONTENTS_NONE, 0700, NULL);
	g_free(other->key_file);
	other->key_file = g_strdup(target->key_file);
	set_askpass(f, other);
	link_target_setenv(other, "SSH_ASKPASS", program);
	start_asking(&asked, target);
	wait_for(has_been_asked(f), 10);
	expect_login(other);
	link_record_finish(&asked);
}

/* The agent asks whether its key may be used; so it waits where a key has to be touched. */
static char *start_agent_that_asks(Fixture *f)
{
	char *path = g_build_filename(f->sshd->directory, "agent", NULL);
	g_autofree char *socket = g_strdup_printf("SSH_AUTH_SOCK=%s", path);
	g_autofree char *askpass = g_strdup_printf("SSH_ASKPASS=%s", f->never);
	const char *const agent[] = { "setsid", "env", askpass, "DISPLAY=:0", "ssh-agent", "-D", "-a", path, NULL };
	const char *const add[] = { "env", socket, "ssh-add", "-q", "-c", f->sshd->client_key, NULL };
	g_autoptr(GError) error = NULL;

	g_spawn_async(NULL, (char **)agent, NULL,
		      G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL,
		      &f->agent, &error);
	g_assert_no_error(error);
	wait_for(g_file_test(path, G_FILE_TEST_EXISTS), 10);
	run_program(add);
	return path;
}

static void of_an_agent(Fixture *f, gconstpointer unused)
{
	PssTarget *target = target_of(f, ASKER);
	g_autofree char *agent = start_agent_that_asks(f);
	g_autofree char *known = g_strdup_printf("UserKnownHostsFile=%s", f->sshd->known_hosts);
	LinkRecord asked;

	set_option(target, known);
	g_clear_pointer(&target->key_file, g_free);
	link_target_setenv(target, "SSH_AUTH_SOCK", agent);
	let_in_one_at_a_time(f);
	start_asking(&asked, target);
	wait_for(has_been_asked(f), 10);
	expect_others(f);
	g_assert_cmpuint(asked.n_lost, ==, 0);
	kill(-f->agent, SIGKILL);
	f->agent = 0;
	wait_for(asked.ready || asked.n_lost || asked.kept, 10);
	link_record_finish(&asked);
}

/* ---- many of them */

static guint n_asked(const LinkRecord *links, guint n)
{
	guint found = 0;

	for (guint i = 0; i < n; i++)
		found += links[i].kept != NULL;
	return found;
}

/* Those of one terminal keep each other waiting, so that the server takes them all in the end; nobody else does. */
static void many_of_one_terminal(Fixture *f, gconstpointer unused)
{
	LinkRecord links[ASKED_AT_ONCE + 1];
	guint first = 0;

	for (guint i = 0; i < G_N_ELEMENTS(links); i++)
		start_asking(&links[i], target_of(f, ASKER));
	wait_for(n_asked(links, G_N_ELEMENTS(links)) == ASKED_AT_ONCE, 20);
	expect_login(target_of(f, ASKER + 1));
	g_assert_cmpuint(n_asked(links, G_N_ELEMENTS(links)), ==, ASKED_AT_ONCE);
	while (!links[first].kept)
		first++;
	pss_question_answer(links[first].kept, "right");
	wait_for(n_asked(links, G_N_ELEMENTS(links)) == ASKED_AT_ONCE + 1, 10);
	wait_for(links[first].ready, 10);
	for (guint i = 0; i < G_N_ELEMENTS(links); i++)
		link_record_finish(&links[i]);
}

static gboolean may_try_again(Fixture *f, guint64 asker)
{
	g_autoptr(PssTarget) target = target_of(f, asker);
	g_autoptr(PssLoginContext) person = pss_login_new(target, &link_events, NULL);
	g_autofree char *name = server_name(f);
	GError *error = NULL;

	pss_login_set_deadline(person, 1);
	gboolean may = pss_turn_pause(person, name, 1, &error);
	pss_login_leave(person);
	g_assert_no_error(error);
	return may;
}

/* The server has hung up on others of that terminal: perhaps on what stands there alone, and then it is not their fault
 * that it takes long. */
static void time_stands_still(Fixture *f, gconstpointer unused)
{
	LinkRecord asked;

	start_asking(&asked, target_of(f, ASKER));
	wait_for(asked.kept, 10);
	wait_for(may_try_again(f, ASKER), 10);
	g_assert_false(may_try_again(f, ASKER + 1));
	g_assert_false(may_try_again(f, 0));
	pss_question_answer(asked.kept, "right");
	wait_for(asked.ready, 10);
	g_assert_false(may_try_again(f, ASKER));
	link_record_finish(&asked);
}

/* What ssh says on its standard error, and what that says of a server, or a proxy, which hangs up. */
static void words_of_ssh(void)
{
	static const struct {
		const char *text;
		PssTurnLine line;
	} lines[] = {
		{ "kex_exchange_identification: Connection closed by remote host", PSS_TURN_LINE_REFUSED },
		{ "kex_exchange_identification: read: Connection reset by peer", PSS_TURN_LINE_REFUSED },
		{ "ssh_exchange_identification: Connection closed by remote host", PSS_TURN_LINE_REFUSED },
		{ "kex_exchange_identification: banner line contains invalid characters: Exceeded MaxStartups",
		  PSS_TURN_LINE_REFUSED },
		{ "Exceeded MaxStartups", PSS_TURN_LINE_REFUSED },
		{ "Not allowed at this time", PSS_TURN_LINE_REFUSED },
		{ "Connection closed by 127.0.0.1 port 22", PSS_TURN_LINE_SERVER },
		{ "Connection closed by ::1 port 2222", PSS_TURN_LINE_SERVER },
		{ "Connection reset by 127.0.0.1 port 22", PSS_TURN_LINE_SERVER },
		{ "Connection reset by UNKNOWN port -1", PSS_TURN_LINE_SERVER },
		{ "banner exchange: Connection to 127.0.0.1 port 22: Connection reset by peer", PSS_TURN_LINE_SERVER },
		{ "banner exchange: Connection to UNKNOWN port 65535: Broken pipe", PSS_TURN_LINE_PROXY },
		{ "Connection closed by UNKNOWN port 65535", PSS_TURN_LINE_PROXY },
		{ "banner exchange: Connection to 127.0.0.1 port 22: invalid format", PSS_TURN_LINE_OTHER },
		{ "kex_exchange_identification: banner line contains invalid characters", PSS_TURN_LINE_OTHER },
		{ "ssh_dispatch_run_fatal: Connection to 127.0.0.1 port 22: Broken pipe", PSS_TURN_LINE_OTHER },
		{ "Connection to 127.0.0.1 closed by remote host.", PSS_TURN_LINE_OTHER },
		{ "Disconnected from 127.0.0.1 port 22", PSS_TURN_LINE_OTHER },
		{ "client_loop: send disconnect: Broken pipe", PSS_TURN_LINE_OTHER },
		{ "ssh: connect to host 127.0.0.1 port 22: Connection refused", PSS_TURN_LINE_OTHER },
		{ "", PSS_TURN_LINE_OTHER },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(lines); i++)
		if (pss_turn_read_line(lines[i].text) != lines[i].line)
			g_error("wrong: '%s'", lines[i].text);
}

int main(int argc, char **argv)
{
	static const char *const password[] = { "password=right", NULL };
	static const char *const prompts[] = { "kbdint=right,right", NULL };
	g_test_init(&argc, &argv, NULL);
#define ADD(name, extra, up, function) g_test_add("/turns/" name, Fixture, extra, up, function, tear_down)
	ADD("a password that is asked for", password, set_up_server, of_the_server);
	ADD("keyboard-interactive", prompts, set_up_server, of_the_server);
	ADD("an unknown host key", NULL, set_up_sshd, of_the_host_key);
	ADD("a passphrase", NULL, set_up_sshd, of_a_passphrase);
	ADD("SSH_ASKPASS that does not end", NULL, set_up_sshd, of_a_program);
	ADD("SSH_ASKPASS of two clients", NULL, set_up_sshd, of_two_programs);
	ADD("an agent that asks", NULL, set_up_sshd, of_an_agent);
	ADD("many questions at one terminal", password, set_up_server, many_of_one_terminal);
	ADD("refused while another question stands", password, set_up_server, time_stands_still);
	g_test_add_func("/turns/words of ssh", words_of_ssh);
	return g_test_run();
}
