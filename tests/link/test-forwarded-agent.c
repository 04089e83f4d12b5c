/* SPDX-License-Identifier: MIT */
/* ForwardAgent over a real server: what its side sees of an agent, and how often. */
#include <string.h>

#include "link-fixture.h"

/* What the server's side sees of an agent: "client" is the comment of the key in it. */
static void expect_agent(LinkFixture *f, gboolean pty, gboolean there)
{
	link_log_in(f);
	link_run(f, "ssh-add -l; ssh-add -l >/dev/null; echo", pty);
	g_assert_no_error(f->channel.error);
	g_assert_cmpint(strstr(f->channel.out->str, " client ") != NULL, ==, there);
}

static void agent(LinkFixture *f, gconstpointer unused)
{
	g_autofree char *path = link_start_agent(f, f->sshd->client_key);

	link_target_setenv(f->target, "SSH_AUTH_SOCK", path);
	link_target_option(f->target, "ForwardAgent=yes");
	expect_agent(f, FALSE, TRUE);
}

static void agent_with_terminal(LinkFixture *f, gconstpointer unused)
{
	if (sshd_why_no_terminal()) {
		g_test_skip(sshd_why_no_terminal());
		return;
	}
	g_autofree char *path = link_start_agent(f, f->sshd->client_key);
	link_target_setenv(f->target, "SSH_AUTH_SOCK", path);
	link_target_option(f->target, "ForwardAgent=yes");
	expect_agent(f, TRUE, TRUE);
}

static void agent_of_its_own(LinkFixture *f, gconstpointer unused)
{
	g_autofree char *path = link_start_agent(f, f->sshd->client_key);
	g_autofree char *option = g_strdup_printf("ForwardAgent=%s", path);

	link_target_option(f->target, option);
	expect_agent(f, FALSE, TRUE);
}

/* A server that wants the agent three hundred times at once, and then once more. */
static void agent_too_often(LinkFixture *f, gconstpointer unused)
{
	g_autofree char *path = link_start_agent(f, f->sshd->client_key);
	static const char greedy[] = "exec python3 -c '\n"
				     "import os, socket\n"
				     "def ask():\n"
				     "    s = socket.socket(socket.AF_UNIX)\n"
				     "    s.connect(os.environ[\"SSH_AUTH_SOCK\"])\n"
				     "    try: s.send(bytes([0, 0, 0, 1, 11]))\n"
				     "    except OSError: pass # it has been refused by then\n"
				     "    return s\n"
				     "def answers(s):\n"
				     "    try: return len(s.recv(4)) == 4\n"
				     "    except OSError: return False\n"
				     "held = [ask() for n in range(300)]\n"
				     "print(sum(map(answers, held)), end=\" \")\n"
				     "for s in held: s.close()\n"
				     "while not answers(ask()): pass\n"
				     "print(\"again\")'";

	link_target_setenv(f->target, "SSH_AUTH_SOCK", path);
	link_target_option(f->target, "ForwardAgent=yes");
	link_log_in(f);
	g_assert_cmpstr(link_run(f, greedy, FALSE), ==, "100 again\n");
}

static void no_agent(LinkFixture *f, gconstpointer unused)
{
	g_autofree char *path = link_start_agent(f, f->sshd->client_key);

	link_target_setenv(f->target, "SSH_AUTH_SOCK", path);
	expect_agent(f, FALSE, FALSE);
}

static void agent_that_is_gone(LinkFixture *f, gconstpointer unused)
{
	link_target_setenv(f->target, "SSH_AUTH_SOCK", "/nonexistent/agent");
	link_target_option(f->target, "ForwardAgent=yes");
	expect_agent(f, FALSE, FALSE);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(name, function) \
	g_test_add("/forwarded-agent/" name, LinkFixture, NULL, link_set_up, function, link_tear_down)
	ADD("as ssh_config asks for it", agent);
	ADD("with a terminal", agent_with_terminal);
	ADD("one that has a name", agent_of_its_own);
	ADD("one that is wanted too often", agent_too_often);
	ADD("none without being asked for", no_agent);
	ADD("one that is gone", agent_that_is_gone);
	return g_test_run();
}
