/* SPDX-License-Identifier: MIT */
/* What may be coloured and drawn again, for every environment and descriptor, and lines of progress in terminals of
 * every width. */
#include <fcntl.h>
#include <glib.h>
#include <locale.h>
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "client/tty/look.h"
#include "terminal/width.h"

static int terminal, file; /* descriptors: a terminal's, and one that is none */

static const char *const variables[] = { "TERM", "NO_COLOR", "CLICOLOR_FORCE", "CLICOLOR", "PSSESSION_PLAIN" };

/* NULL: not set. In the order of `variables`. */
static void set(const char *const *values)
{
	for (size_t i = 0; i < G_N_ELEMENTS(variables); i++) {
		if (values[i])
			g_setenv(variables[i], values[i], TRUE);
		else
			g_unsetenv(variables[i]);
	}
}

static const struct {
	const char *environment[G_N_ELEMENTS(variables)];
	bool colors_terminal, colors_file, redraws;
} rows[] = {
	/* TERM, NO_COLOR, CLICOLOR_FORCE, CLICOLOR, PSSESSION_PLAIN */
	{ { "xterm" }, true, false, true },
	{ { "linux", "", "", "", "" }, true, false, true }, /* empty is as not set */
	{ { "xterm", NULL, NULL, "1" }, true, false, true },
	{ { "xterm", NULL, NULL, "0" }, false, false, true },
	{ { "xterm", "1" }, false, false, true },
	{ { "xterm", "0" }, false, false, true }, /* any value, as no-color.org has it */
	{ { "xterm", NULL, "1" }, true, true, true },
	{ { "xterm", NULL, "0" }, true, false, true },
	{ { "xterm", NULL, "1", "0" }, true, true, true },
	{ { "xterm", "1", "1" }, false, false, true },
	{ { "xterm", NULL, NULL, NULL, "1" }, false, false, false },
	{ { "xterm", NULL, "1", NULL, "1" }, false, false, false },
	{ { "dumb" }, false, false, false },
	{ { "dumb", NULL, "1" }, true, true, false }, /* CI: no terminal to draw on, but colours in its log */
	{ { "" }, false, false, false },
	{ { NULL }, false, false, false },
	{ { NULL, NULL, "1" }, true, true, false },
};

/* Is a line drawn again on standard error, when that is this descriptor? */
static bool redraws_on(int fd)
{
	int before = dup(STDERR_FILENO);

	g_assert_cmpint(dup2(fd, STDERR_FILENO), ==, STDERR_FILENO);
	bool redraws = pss_look_can_redraw();
	dup2(before, STDERR_FILENO);
	close(before);
	return redraws;
}

static void every_environment_is_obeyed(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_test_message("row %zu", i);
		set(rows[i].environment);
		g_assert_cmpint(pss_look_has_color(terminal), ==, rows[i].colors_terminal);
		g_assert_cmpint(pss_look_has_color(file), ==, rows[i].colors_file);
		g_assert_cmpint(redraws_on(terminal), ==, rows[i].redraws);
		g_assert_cmpint(redraws_on(file), ==, false);
	}
}

static void plain_takes_control_sequences_and_dumb_does_not(void)
{
	g_setenv("PSSESSION_PLAIN", "1", TRUE);
	g_assert_true(pss_look_is_plain("xterm") && !pss_look_is_dumb("xterm"));
	g_unsetenv("PSSESSION_PLAIN");
	g_assert_true(!pss_look_is_plain("xterm") && pss_look_is_plain("dumb") && pss_look_is_dumb("dumb"));
}

static char *status_line(const char *text, unsigned columns)
{
	struct winsize size = { .ws_row = 24, .ws_col = (unsigned short)columns };
	int before = dup(STDERR_FILENO);

	g_assert_cmpint(ioctl(terminal, TIOCSWINSZ, &size), ==, 0);
	dup2(terminal, STDERR_FILENO);
	char *line = pss_look_status_line(text);
	dup2(before, STDERR_FILENO);
	close(before);
	return line;
}

/* What is between the erasing and the carriage return. */
static char *body_of(const char *line)
{
	g_assert_true(g_str_has_prefix(line, PSS_LOOK_ERASE) && g_str_has_suffix(line, "\r"));
	return g_strndup(line + strlen(PSS_LOOK_ERASE), strlen(line) - strlen(PSS_LOOK_ERASE) - 1);
}

static const char *const texts[] = {
	"1/3 done, 1 failed, 2 running: web01 12s, web02 12s",
	"2/40 done, 0 failed, 38 running: \346\227\245\346\234\254\350\252\236\346\234\215\345\213\231\345\231\250 3s",
	"e\314\201e\314\201e\314\201e\314\201 of \360\237\232\200\360\237\232\200, 1.0 MiB/s",
};

static void a_status_line_never_wraps(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		for (unsigned columns = 1; columns <= 240; columns++) {
			g_autofree char *line = status_line(texts[i], columns);
			g_autofree char *body = body_of(line);
			bool cut = pss_width(texts[i]) > columns - 1;
			g_assert_true(g_utf8_validate(body, -1, NULL));
			g_assert_cmpuint(pss_width(body), <=, columns - 1);
			g_assert_cmpint(g_str_has_suffix(body, "\342\200\246"), ==, cut && columns > 1);
			if (!cut)
				g_assert_cmpstr(body, ==, texts[i]);
		}
	}
}

static void a_cut_is_marked_in_the_locales_characters(void)
{
	setlocale(LC_ALL, "C");
	g_autofree char *line = status_line("1/3 done, 1 failed", 10);
	setlocale(LC_ALL, "C.UTF-8");
	g_assert_cmpstr(line, ==, PSS_LOOK_ERASE "1/3 done~\r");
}

int main(int argc, char **argv)
{
	int slave;

	setlocale(LC_ALL, "C.UTF-8");
	g_test_init(&argc, &argv, NULL);
	g_assert_cmpint(openpty(&terminal, &slave, NULL, NULL, NULL), ==, 0);
	terminal = slave;
	file = open("/dev/null", O_WRONLY | O_CLOEXEC);
	g_test_add_func("/look/every environment is obeyed", every_environment_is_obeyed);
	g_test_add_func("/look/plain takes control sequences, and dumb does not",
			plain_takes_control_sequences_and_dumb_does_not);
	g_test_add_func("/look/a status line never wraps", a_status_line_never_wraps);
	g_test_add_func("/look/a cut is marked in the locale's characters", a_cut_is_marked_in_the_locales_characters);
	return g_test_run();
}
