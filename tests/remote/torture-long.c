/* SPDX-License-Identifier: MIT */
/* Torture rows: texts of 100 KB and more on every way to the shell and back. Shells keep places in a line as they
 * like: zsh as short, in the history of an interactive one. */
#include "torture.h"

#include <string.h>

#define LONG 100000

/* `unit` over and over between `begin` and `end`, so that there are LONG bytes of it. */
static GString *make_long(const char *begin, const char *unit, const char *end)
{
	GString *text = g_string_new(begin);
	while (text->len < LONG)
		g_string_append(text, unit);
	return g_string_append(text, end);
}

static const struct Long {
	const char *begin, *unit, *end;
	const char *shows;
} lines[] = {
	{ "printf %s '", "\377", "' | LC_ALL=C wc -c", "99989\n" },
	{ "printf %s \"", "'!", "\" | LC_ALL=C wc -c", "99990\n" },
	{ "set --", " a", "; echo $#", "49997\n" },
	{ ":;", "x='a b' # it's \\\\\n", "echo \"<$x>\"", "<a b>\n" },
	{ ":\n", "x=1\n", "echo \"<$x>\"", "<1>\n" },
	{ "cat <<X | wc -l\n", "$((1 + 1)) \\$\n", "X", "7142\n" },
};

static void run_long_lines(Drive *drive)
{
	for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
		g_autoptr(GString) text = make_long(lines[i].begin, lines[i].unit, lines[i].end);
		const Step steps[] = {
			PROMPT(0), HAS(lines[i].shows), LINE("echo ok"), PROMPT(0), OUTPUT("ok\n"), DONE
		};
		drive_line(drive, text->str, text->len);
		drive_steps(drive, lines[i].begin, steps);
	}
}

static void invoke_long_texts(Drive *drive)
{
	for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
		g_autoptr(GString) text = make_long(lines[i].begin, lines[i].unit, lines[i].end);
		int status = -1;
		g_autofree char *output = drive_invoke(drive, (guint)i + 1, text->str, &status);
		if (status != 0 || !strstr(output, lines[i].shows))
			drive_fail(drive, lines[i].begin);
	}
}

static void send_unfinished(Drive *drive)
{
	g_autoptr(GString) text = make_long("x='", "\377", "");
	drive_line(drive, text->str, text->len);
}

/* Below what the engine takes no more. */
static void complete_long(Drive *drive)
{
	for (int i = 0; i < 2; i++) {
		g_autoptr(GString) text = make_long(": ", i == 0 ? "\377 " : "'a'", " pssal^");
		g_string_erase(text, 2, LONG / 2);
		drive_complete(drive, text->str);
	}
}

/* As much of them as a reply may hold, or none. */
static void expect_long_prompt(Drive *drive)
{
	PssRemotePrompt prompt;
	if (!pss_remote_last_prompt(drive_remote(drive), &prompt) || (prompt.n_text != 60000 && prompt.n_text != 0))
		drive_fail(drive, "the prompt is not cut");
}

static const Row rows[] = {
	{ "long lines", ALL, NULL, NULL, FALSE, { CALL(run_long_lines), DONE } },
	{ "long lines are unfinished",
	  ALL,
	  NULL,
	  NULL,
	  FALSE,
	  { CALL(send_unfinished), SECOND, LINE("b'; printf %s \"$x\" | wc -c"), PROMPT(0), HAS("99999\n"), DONE } },
	{ "long commands beside the terminal",
	  ALL,
	  NULL,
	  NULL,
	  FALSE,
	  { CALL(invoke_long_texts), LINE("echo ok"), PROMPT(0), OUTPUT("ok\n"), DONE } },
	{ "a long line is completed, or not, and the shell lives",
	  ALL,
	  NULL,
	  NULL,
	  FALSE,
	  { CALL(complete_long), LINE("echo ok"), PROMPT(0), OUTPUT("ok\n"), DONE } },
	{ "long lines and hooks",
	  ZSH,
	  "zsh's hooks get a line in three forms, and its completion is made in the line editor",
	  "autoload -Uz compinit; compinit -u -D\npreexec() { n=$#1 }\n",
	  FALSE,
	  { CALL(complete_long), CALL(run_long_lines), DONE } },
	{ "long prompts",
	  ALL,
	  NULL,
	  NULL,
	  FALSE,
	  { LINE("PS1=$(head -c 300000 /dev/zero | tr '\\0' x)"), PROMPT(0), CALL(expect_long_prompt),
	    LINE("x=$PS1; PS1='b$ '; echo ${#x}"), PROMPT(0), HAS("3000"), PS("b$ "), DONE } },
};

const Rows torture_long = { rows, G_N_ELEMENTS(rows) };
