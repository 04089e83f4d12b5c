/* SPDX-License-Identifier: MIT */
/* Every option of the shell, set and unset, one at a time, in the start-up file: the session comes to its prompt, runs
 * lines, asks for more, completes, invokes, is interrupted and ends as if nothing had been set; the option is what the
 * shell says natively; nothing of ours shows or is exported. `test-options bash|zsh`; each option in slow mode, else
 * those that have been in the way of something. */
#include <glib/gstdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "home.h"

typedef struct {
	const char *name;
	const char *list; /* prints the names */
	const char *rc;   /* the start-up file */
	const char *const *quick;
	const char *const *texts; /* further start-up texts */
} Shell;

typedef struct {
	const char *shell, *option;
	gboolean on, off; /* which of the two is another story */
	const char *why;
} Exception;

typedef struct {
	char *text;         /* the start-up text */
	char *query;        /* what tells its state, or NULL */
	gboolean is_strict; /* a command that fails ends the shell, natively too */
} Row;

static const char *const bash_quick[] = { "-o allexport", "-o errexit",     "-o keyword",
					  "-o xtrace",    "-s nocasematch", NULL };
static const char *const zsh_quick[] = {
	"allexport",     "cshjunkiequotes", "errexit",        "errreturn",   "ignorebraces",
	"ksharrays",     "localoptions",    "nounset",        "norcs",       "nologin",
	"posixbuiltins", "posixaliases",    "printexitvalue", "rematchpcre", "shwordsplit",
	"correctall",    "warnnestedvar",   "xtrace",         NULL
};

static const char *const bash_texts[] = {
	"shopt -s nocasematch; set -E",
	"set -T; trap 'echo -n \"<D>\"' DEBUG",
	"set -E; trap 'echo -n \"<E>\"' ERR",
	"set -T; trap 'echo -n \"<R>\"' RETURN",
	"alias builtin=x local=x eval=x printf=x set=x return=x; shopt -s expand_aliases",
	NULL,
};
static const char *const zsh_texts[] = {
	"setopt csh_junkie_quotes ignore_braces rc_quotes ksh_arrays sh_word_split no_unset err_return rematch_pcre",
	"for i in if then else elif fi for do done while case esac select function time until repeat always foreach; "
	"do "
	"alias -g $i='echo alias' || :; done",
	"alias builtin=x local=x eval=x print=x return=x set=x setopt=x unsetopt=x .=x emulate=x typeset=x unset=x",
	"TRAPDEBUG() { print -n '<D>' }",
	"TRAPZERR() { print -n '<Z>' }",
	"emulate sh",
	"emulate ksh",
	"emulate csh",
	NULL,
};

static const Shell shells[] = {
	{ "bash", "set -o | sed 's/[ \t].*//; s/^/-o /'; shopt | sed 's/[ \t].*//; s/^/-s /'", ".bash_profile",
	  bash_quick, bash_texts },
	{ "zsh", "print -rl -- ${(ko)options}", ".zshrc", zsh_quick, zsh_texts },
};

static const Exception exceptions[] = {
	{ "bash", "-o onecmd", TRUE, FALSE, "ends after a command, natively too" },
	{ "bash", "-o verbose", TRUE, FALSE, "shows lines of ours (PROTOCOL.md)" },
	{ "bash", "-o privileged", FALSE, TRUE, "gives up who one is" },
	{ "bash", "-s restricted_shell", TRUE, TRUE, "cannot be set" },
	{ "zsh", "restricted", TRUE, FALSE, "gets a plain terminal" },
	{ "zsh", "privileged", FALSE, TRUE, "gives up who one is" },
};

/* Those that a session needs as they are, or that a shell which was given a command to run answers in another way. */
static const char *const not_asked[] = { "-o emacs",       "-o vi",     "-o history", "-o histexpand",
					 "-s login_shell", "zle",       "banghist",   "histexpand",
					 "monitor",        "shinstdin", "stdin",      NULL };

static const Shell *shell;
static char *program;

static gboolean is_excepted(const char *option, gboolean on)
{
	for (gsize i = 0; i < G_N_ELEMENTS(exceptions); i++) {
		const Exception *at = &exceptions[i];
		if (g_str_equal(at->shell, shell->name) && g_str_equal(at->option, option) && (on ? at->on : at->off))
			return TRUE;
	}
	return FALSE;
}

/* ---- a home and a session */

static char *make_home(const char *text)
{
	char *home = home_make();
	g_autofree char *rc = g_build_filename(home, shell->rc, NULL);
	g_autofree char *file = g_build_filename(home, "wide", NULL);
	g_autofree char *hush = g_build_filename(home, ".hushlogin", NULL);
	g_autofree char *whole = g_strdup_printf("unset PROMPT_COMMAND PS0; PS1='b$ '\n%s\n", text);

	if (!g_file_set_contents(rc, whole, -1, NULL) || !g_file_set_contents(file, "", 0, NULL) ||
	    !g_file_set_contents(hush, "", 0, NULL))
		g_error("cannot make a home");
	return home;
}

/* What the shell says to the query by itself: its status. */
static int ask_natively(const char *home, const Row *row)
{
	g_autofree char *text = g_strdup_printf("%s\n%s", row->text, row->query);
	const char *const bash[] = { program, "--norc", "-i", "-c", text, NULL };
	const char *const zsh[] = { program, "-f", "-i", "-c", text, NULL };
	int status = -1;

	g_spawn_sync(home, (char **)(g_str_equal(shell->name, "bash") ? bash : zsh), NULL,
		     G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, NULL, NULL, &status, NULL);
	return WIFEXITED(status) ? WEXITSTATUS(status) : ANY;
}

static void check_invocation(Drive *drive)
{
	int status;
	g_autofree char *output = drive_invoke(drive, 1, "echo out; cd .", &status);
	if (status != 0 || !strstr(output, "out\n") || strstr(output, "__pss"))
		drive_fail(drive, output);
}

static void check_option(Drive *drive, const char *home, const Row *row)
{
	int status = row->query ? ask_natively(home, row) : ANY;
	const Step steps[] = { LINE(row->query ? row->query : ":"), PROMPT(status), DONE };

	if (!row->is_strict || status == 0)
		drive_steps(drive, row->text, steps);
}

static void check(Drive *drive, const char *home, const Row *row)
{
	static const Step first[] = { PROMPT(ANY), PS("b$ "),    LACKS("__pss"), LINE("x=42; echo o$x"),
				      PROMPT(0),   HAS("o42\n"), LACKS("__pss"), DONE };
	static const Step fails[] = { LINE("sh -c 'exit 3'"), PROMPT(3), LACKS("__pss"), DONE };
	static const Step runs[] = { LINE("echo 'a"),
				     SECOND,
				     LINE("b'"),
				     PROMPT(ANY),
				     LACKS("__pss"),
				     LINE("env"),
				     PROMPT(0),
				     LACKS("__pss"),
				     LACKS(".pss-"),
				     COMPLETE("cat <wi^"),
				     GIVES("5: wide"),
				     CALL(check_invocation),
				     DONE };
	static const Step interrupted[] = {
		LINE("sh -c 'echo on; exec sleep 100'"), UNTIL("on\n"), KEYS("\003"), PROMPT(130), LACKS("__pss"), DONE
	};
	static const Step ends[] = { LINE("exit 5"), ENDS(5), DONE };

	drive_steps(drive, row->text, first);
	if (!row->is_strict)
		drive_steps(drive, row->text, fails);
	drive_steps(drive, row->text, runs);
	check_option(drive, home, row);
	if (!row->is_strict)
		drive_steps(drive, row->text, interrupted);
	drive_steps(drive, row->text, ends);
}

static int run_row(const Row *row)
{
	g_autofree char *home = make_home(row->text);
	const DriveOptions options = { .shell = program, .home = home };
	Drive *drive = drive_new(&options);

	check(drive, home, row);
	drive_free(drive);
	home_remove(home);
	return 0;
}

/* ---- rows, some of them at a time: they wait more than they compute */

#define AT_A_TIME 4

static void free_row(gpointer data)
{
	Row *row = data;
	g_free(row->text);
	g_free(row->query);
	g_free(row);
}

static void add_option(GPtrArray *rows, const char *option, gboolean on)
{
	gboolean is_bash = g_str_equal(shell->name, "bash");
	gboolean is_set = g_str_has_prefix(option, "-o ");
	Row *row = g_new0(Row, 1);
	const char *name = is_bash ? option + 3 : option;

	if (!is_bash)
		row->text = g_strdup_printf("%ssetopt %s 2>/dev/null", on ? "" : "un", name);
	else if (is_set)
		row->text = g_strdup_printf("set %co %s 2>/dev/null", on ? '-' : '+', name);
	else
		row->text = g_strdup_printf("shopt -%c %s 2>/dev/null", on ? 's' : 'u', name);
	if (!g_strv_contains(not_asked, option))
		row->query = g_strdup_printf(is_bash && !is_set ? "shopt -q %s" : "[[ -o %s ]]", name);
	row->is_strict = on && g_str_equal(name, "errexit");
	g_ptr_array_add(rows, row);
}

static void add_text(GPtrArray *rows, const char *text)
{
	Row *row = g_new0(Row, 1);
	row->text = g_strdup(text);
	g_ptr_array_add(rows, row);
}

static void run_rows(const GPtrArray *rows)
{
	g_autofree pid_t *children = g_new0(pid_t, rows->len);
	guint n_failed = 0;

	for (guint i = 0; i < rows->len + AT_A_TIME; i++) {
		int status;
		if (i < rows->len && (children[i] = fork()) == 0)
			_exit(run_row(rows->pdata[i]));
		pid_t child = i >= AT_A_TIME ? wait(&status) : 0;
		for (guint j = 0; child > 0 && j < rows->len; j++) {
			if (children[j] != child || (WIFEXITED(status) && WEXITSTATUS(status) == 0))
				continue;
			n_failed++;
			g_printerr("%s: failed: %s\n", shell->name, ((Row *)rows->pdata[j])->text);
		}
	}
	g_assert_cmpuint(n_failed, ==, 0);
}

static void test_quick(void)
{
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(free_row);
	for (const char *const *at = shell->quick; *at; at++)
		add_option(rows, *at, TRUE);
	for (const char *const *at = shell->texts; *at; at++)
		add_text(rows, *at);
	run_rows(rows);
}

/* It may write to no file, so it cannot answer: its terminal is a plain one at once. */
static void test_restricted(void)
{
	static const Step steps[] = { NOTICE("takes the keyboard"),
				      STATE(PSS_REMOTE_RAW),
				      UNTIL("b$ "),
				      KEYS("x=42; echo o$x\r"),
				      UNTIL("o42"),
				      KEYS("exit 3\r"),
				      ENDS(3),
				      DONE };
	g_autofree char *home = make_home("setopt restricted");
	const DriveOptions options = { .shell = program, .home = home };
	Drive *drive = drive_new(&options);

	drive_steps(drive, "restricted", steps);
	drive_free(drive);
	home_remove(home);
}

static void test_all(void)
{
	const char *const argv[] = { program, "-c", shell->list, NULL };
	g_autofree char *list = NULL;
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(free_row);

	if (!g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &list, NULL, NULL, NULL))
		g_error("cannot list the options");
	g_auto(GStrv) names = g_strsplit(g_strchomp(list), "\n", -1);
	g_assert_cmpuint(g_strv_length(names), >, 50);
	for (char **at = names; *at; at++) {
		for (int on = 0; on < 2; on++) {
			if (!is_excepted(*at, on))
				add_option(rows, *at, on);
		}
	}
	run_rows(rows);
}

int main(int argc, char **argv)
{
	for (gsize i = 0; i < G_N_ELEMENTS(shells); i++) {
		if (argc > 1 && g_str_equal(shells[i].name, argv[1]))
			shell = &shells[i];
	}
	if (!shell)
		g_error("usage: test-options bash|zsh [gtest options]");
	argv[1] = argv[0];
	argc--;
	argv++;
	g_test_init(&argc, &argv, NULL);
	program = g_find_program_in_path(shell->name);
	if (!program) {
		g_print("1..0 # SKIP %s is not installed\n", shell->name);
		return 0;
	}
	g_unsetenv("XDG_RUNTIME_DIR");
	g_unsetenv("ENV");
	if (g_test_slow())
		g_test_add_func("/options/each, set and unset", test_all);
	else
		g_test_add_func("/options/that have been in the way", test_quick);
	/* Last: the rows are forked off, and must not inherit a watch of a child that is none of theirs. */
	if (g_str_equal(shell->name, "zsh"))
		g_test_add_func("/options/restricted", test_restricted);
	return g_test_run();
}
