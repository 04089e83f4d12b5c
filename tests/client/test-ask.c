/* SPDX-License-Identifier: MIT */
/* Questions on a terminal of their own: a child asks on a fresh pty, the test is the person. After every way out the
 * terminal's modes and the signals' handlers are what they were. */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <poll.h>
#include <pty.h>
#include <stdlib.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "client/tty/ask.h"

/* What the asking child found out. */
struct outcome {
	int rc;
	char answer[256];
	int same_modes, same_handlers;
	int interrupts;
};

static volatile sig_atomic_t interrupts;

static void count_interrupt(int number)
{
	interrupts++;
}

static void ask_in_child(int report, bool echo, bool with_handler)
{
	struct sigaction before, after;
	struct termios modes_before, modes_after;
	struct outcome outcome = { 0 };
	struct pss_buffer answer;

	signal(SIGINT, with_handler ? count_interrupt : SIG_DFL); /* what is started by `&` ignores it */
	sigaction(SIGINT, NULL, &before);
	tcgetattr(0, &modes_before);
	pss_buffer_init(&answer);
	outcome.rc = pss_ask("web1", "me@web1's password:", echo, &answer);
	tcgetattr(0, &modes_after);
	sigaction(SIGINT, NULL, &after);
	if (outcome.rc == 0)
		g_strlcpy(outcome.answer, (const char *)pss_buffer_bytes(&answer), sizeof outcome.answer);
	outcome.same_modes = modes_before.c_lflag == modes_after.c_lflag &&
			     modes_before.c_iflag == modes_after.c_iflag && modes_before.c_oflag == modes_after.c_oflag;
	outcome.same_handlers = before.sa_handler == after.sa_handler;
	outcome.interrupts = interrupts;
	pss_buffer_wipe(&answer);
	_exit(write(report, &outcome, sizeof outcome) != sizeof outcome);
}

struct person {
	int terminal;
	int report;      /* an outcome, from the asker */
	int leader_says; /* the asker's pid, and then how it ended */
	pid_t leader, asker;
	GString *screen;
};

static const int fatal[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

/* The session's leader outlives the asker, or the end of the one would hang up the terminal under test. */
static void lead(int say, int report, bool echo, bool with_handler)
{
	int status;

	/* As at a login: whoever runs the tests may ignore some (nohup). */
	for (size_t i = 0; i < G_N_ELEMENTS(fatal); i++)
		signal(fatal[i], SIG_DFL);
	pid_t asker = fork();
	if (asker == 0)
		ask_in_child(report, echo, with_handler);
	close(report);
	for (size_t i = 0; i < G_N_ELEMENTS(fatal); i++)
		signal(fatal[i], SIG_IGN);
	if (write(say, &asker, sizeof asker) != sizeof asker || waitpid(asker, &status, 0) != asker ||
	    write(say, &status, sizeof status) != sizeof status)
		_exit(1);
	pause();
}

static void start(struct person *person, bool echo, bool with_handler)
{
	int report[2], say[2];

	g_assert_cmpint(pipe2(report, O_CLOEXEC), ==, 0);
	g_assert_cmpint(pipe2(say, O_CLOEXEC), ==, 0);
	person->leader = forkpty(&person->terminal, NULL, NULL, NULL);
	if (person->leader == 0)
		lead(say[1], report[1], echo, with_handler);
	close(report[1]);
	close(say[1]);
	person->report = report[0];
	person->leader_says = say[0];
	g_assert_cmpint(read(say[0], &person->asker, sizeof person->asker), ==, sizeof person->asker);
	person->screen = g_string_new(NULL);
}

static void read_until(struct person *person, const char *text)
{
	char bytes[512];
	struct pollfd poll_terminal = { .fd = person->terminal, .events = POLLIN };

	while (!strstr(person->screen->str, text)) {
		g_assert_cmpint(poll(&poll_terminal, 1, 10000), ==, 1);
		ssize_t n = read(person->terminal, bytes, sizeof bytes);
		if (n <= 0)
			g_error("the terminal closed before '%s' was on '%s'", text, person->screen->str);
		g_string_append_len(person->screen, bytes, n);
	}
}

static void type(struct person *person, const char *keys)
{
	g_assert_cmpint(write(person->terminal, keys, strlen(keys)), ==, (int)strlen(keys));
}

/* False when the asker ended without a report: killed, as status says. */
static bool finish(struct person *person, struct outcome *ret_outcome, int *ret_status)
{
	char bytes[512];
	struct pollfd poll_both[2] = { { .fd = person->terminal, .events = POLLIN },
				       { .fd = person->leader_says, .events = POLLIN } };

	while (!poll_both[1].revents) {
		g_assert_cmpint(poll(poll_both, 2, 10000), >, 0);
		ssize_t shown = poll_both[0].revents & POLLIN ? read(person->terminal, bytes, sizeof bytes) : 0;
		if (shown > 0)
			g_string_append_len(person->screen, bytes, shown);
	}
	g_assert_cmpint(read(person->leader_says, ret_status, sizeof *ret_status), ==, sizeof *ret_status);
	ssize_t n = read(person->report, ret_outcome, sizeof *ret_outcome);
	close(person->report);
	close(person->leader_says);
	return n == sizeof *ret_outcome;
}

static void dismiss(struct person *person)
{
	kill(person->leader, SIGKILL);
	g_assert_cmpint(waitpid(person->leader, NULL, 0), ==, person->leader);
	close(person->terminal);
	g_string_free(person->screen, TRUE);
}

static void a_secret_is_not_shown(void)
{
	struct person person;
	struct outcome outcome;
	int status;

	start(&person, false, false);
	read_until(&person, "me@web1's password: ");
	g_assert_null(strstr(person.screen->str, "[web1]"));
	type(&person, "s3cret canary\n");
	g_assert_true(finish(&person, &outcome, &status));
	g_assert_cmpint(outcome.rc, ==, 0);
	g_assert_cmpstr(outcome.answer, ==, "s3cret canary");
	g_assert_true(outcome.same_modes && outcome.same_handlers);
	g_assert_null(strstr(person.screen->str, "canary"));
	dismiss(&person);
}

static void a_text_is_shown(void)
{
	struct person person;
	struct outcome outcome;
	int status;

	start(&person, true, false);
	read_until(&person, "password: ");
	type(&person, "yes\n");
	g_assert_true(finish(&person, &outcome, &status));
	g_assert_cmpstr(outcome.answer, ==, "yes");
	g_assert_nonnull(strstr(person.screen->str, "yes"));
	dismiss(&person);
}

static void an_empty_line_is_an_empty_answer(void)
{
	struct person person;
	struct outcome outcome;
	int status;

	start(&person, false, false);
	read_until(&person, "password: ");
	type(&person, "\n");
	g_assert_true(finish(&person, &outcome, &status));
	g_assert_cmpint(outcome.rc, ==, 0);
	g_assert_cmpstr(outcome.answer, ==, "");
	dismiss(&person);
}

static void the_end_of_file_declines(void)
{
	struct person person;
	struct outcome outcome;
	int status;

	start(&person, false, false);
	read_until(&person, "password: ");
	type(&person, "\004");
	g_assert_true(finish(&person, &outcome, &status));
	g_assert_cmpint(outcome.rc, ==, -ECANCELED);
	g_assert_true(outcome.same_modes && outcome.same_handlers);
	dismiss(&person);
}

static void ctrl_c_reaches_the_shells_handler_with_a_sane_terminal(void)
{
	struct person person;
	struct outcome outcome;
	int status;

	start(&person, false, true);
	read_until(&person, "password: ");
	type(&person, "half\003");
	g_assert_true(finish(&person, &outcome, &status));
	g_assert_cmpint(outcome.rc, ==, -EINTR);
	g_assert_cmpint(outcome.interrupts, ==, 1);
	g_assert_true(outcome.same_modes && outcome.same_handlers);
	dismiss(&person);
}

static void echo_is_back_when_a_signal_kills(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(fatal); i++) {
		struct person person;
		struct outcome outcome;
		struct termios modes;
		int status;
		start(&person, false, false);
		/* Held open, so that the modes can be read after the asker's end. */
		int slave = open(ptsname(person.terminal), O_RDWR | O_NOCTTY);
		read_until(&person, "password: ");
		g_assert_cmpint(tcgetattr(slave, &modes), ==, 0);
		g_assert_false(modes.c_lflag & ECHO);
		kill(person.asker, fatal[i]);
		g_assert_false(finish(&person, &outcome, &status));
		g_assert_true(WIFSIGNALED(status));
		g_assert_cmpint(WTERMSIG(status), ==, fatal[i]);
		g_assert_cmpint(tcgetattr(slave, &modes), ==, 0);
		g_assert_true(modes.c_lflag & ECHO);
		close(slave);
		dismiss(&person);
	}
}

static void without_a_terminal_nothing_is_asked(void)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		struct pss_buffer answer;
		setsid();
		pss_buffer_init(&answer);
		_exit(pss_can_ask() || pss_ask(NULL, "?", false, &answer) != -ENOTTY);
	}
	g_assert_cmpint(waitpid(child, &status, 0), ==, child);
	g_assert_cmpint(status, ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ask/a secret is not shown", a_secret_is_not_shown);
	g_test_add_func("/ask/a text is shown", a_text_is_shown);
	g_test_add_func("/ask/an empty line is an empty answer", an_empty_line_is_an_empty_answer);
	g_test_add_func("/ask/the end of file declines", the_end_of_file_declines);
	g_test_add_func("/ask/Ctrl-C reaches the shell's handler with a sane terminal",
			ctrl_c_reaches_the_shells_handler_with_a_sane_terminal);
	g_test_add_func("/ask/echo is back when a signal kills", echo_is_back_when_a_signal_kills);
	g_test_add_func("/ask/without a terminal nothing is asked", without_a_terminal_nothing_is_asked);
	return g_test_run();
}
