/* SPDX-License-Identifier: MIT */
/* How a remote shell starts, and every way in which it cannot: the terminal must then be a plain, working
 * one, with one notice that says why, and never a wait without end. */
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "drive.h"

typedef struct {
	const char *name;
	const char *shell; /* program */
	const char *configuration;
	const char *file, *text; /* a start-up file and what it holds */
	const char *file2, *text2;
	const char *environment[4];
	guint boot_deadline_ms;
	gboolean motd;
	Step steps[16];
} Case;

static void hide_control(Drive *drive)
{
	drive_close_control(drive);
}

static const Case cases[] = {
	{ "bash: reads the login files",
	  "bash",
	  NULL,
	  ".bash_profile",
	  "echo profile; . ~/.bashrc\n",
	  ".bashrc",
	  "echo rc; PS1='> '\n",
	  { NULL },
	  0,
	  FALSE,
	  { PROMPT(0), HAS("profile\nrc\n"), PS("> "), LINE("shopt -q login_shell && echo $0"), PROMPT(0),
	    OUTPUT("-bash\n"), DONE } },
	{ "bash: variables that are readonly",
	  "bash",
	  NULL,
	  ".bash_profile",
	  "PS1='> ' PROMPT_COMMAND='false'; readonly a=1 b=1 c=1 d=1 e=1 f=1 g=1 h=1 i=1 j=1 k=1 l=1 m=1 n=1 o=1 p=1 "
	  "q=1 "
	  "r=1 s=1 t=1 u=1 v=1 w=1 x=1 y=1 z=1\n",
	  NULL,
	  NULL,
	  { NULL },
	  0,
	  FALSE,
	  { PROMPT(0), PS("> "), LINE("(exit 7)"), PROMPT(7), OUTPUT(""), LINE("PROMPT_COMMAND=':'; echo $s$i"),
	    PROMPT(0), OUTPUT("11\n"), PS("> "), DONE } },
	{ "bash: falls back to .profile",
	  "bash",
	  NULL,
	  ".profile",
	  "echo profile\n",
	  NULL,
	  NULL,
	  { NULL },
	  0,
	  FALSE,
	  { PROMPT(0), HAS("profile\n"), DONE } },
	{ "bash: start-up files read the terminal",
	  "bash",
	  NULL,
	  ".profile",
	  "read -p 'name? ' who; tty\n",
	  NULL,
	  NULL,
	  { NULL },
	  0,
	  FALSE,
	  { UNTIL("name? "), KEYS("me\r"), PROMPT(0), HAS("/dev/"), LINE("echo $who"), PROMPT(0), OUTPUT("me\n"),
	    DONE } },
	{ "bash: keys typed during the start come back",
	  "bash",
	  NULL,
	  ".profile",
	  "read x; echo got $x\n",
	  NULL,
	  NULL,
	  { NULL },
	  0,
	  FALSE,
	  { KEYS("a\rb"), PROMPT(0), HAS("got a"), TYPED("b"), DONE } },
	{ "zsh: reads the login files",
	  "zsh",
	  NULL,
	  ".zprofile",
	  "echo profile\n",
	  ".zshrc",
	  "echo rc; PS1='> '; echo $ZDOTDIR.\n",
	  { NULL },
	  0,
	  FALSE,
	  { PROMPT(0), HAS("profile\nrc\n.\n"), PS("> "), DONE } },
	{ "zsh: ZDOTDIR of .zshenv counts",
	  "zsh",
	  NULL,
	  ".zshenv",
	  "mkdir -p ~/z; ZDOTDIR=~/z; echo 'echo other; PS1=\"> \"' >~/z/.zshrc\n",
	  NULL,
	  NULL,
	  { NULL },
	  0,
	  FALSE,
	  { PROMPT(0), HAS("other\n"), PS("> "), LINE("echo $ZDOTDIR | grep -c '/z$'"), PROMPT(0), OUTPUT("1\n"),
	    DONE } },
	{ "dash: reads .profile and ENV",
	  "dash",
	  NULL,
	  ".profile",
	  "echo profile; ENV=$HOME/env\n",
	  "env",
	  "echo env; PS1='> '\n",
	  { NULL },
	  0,
	  FALSE,
	  { PROMPT(0), HAS("profile\nenv\n"), PS("> "), DONE } },
	{ "ConfigurationName picks another shell",
	  "bash",
	  "zsh",
	  ".zshrc",
	  "PS1='z> '\n",
	  NULL,
	  NULL,
	  { NULL },
	  0,
	  FALSE,
	  { PROMPT(0), PS("z> "), LINE("echo $ZSH_NAME"), PROMPT(0), OUTPUT("zsh\n"), DONE } },
	{ "ConfigurationName: sh",
	  "bash",
	  "sh",
	  ".profile",
	  "PS1='s> '\n",
	  NULL,
	  NULL,
	  { NULL },
	  0,
	  FALSE,
	  { PROMPT(0), PS("s> "), DONE } },
	{ "ConfigurationName that is not there",
	  "bash",
	  "nosuchshell",
	  ".profile",
	  "PS1='p> '\n",
	  NULL,
	  NULL,
	  { NULL },
	  0,
	  FALSE,
	  { NOTICE("there is no shell nosuchshell; -ConfigurationName takes one of: bash "), ENDS(1), DONE } },
	{ "ConfigurationName that is no shell",
	  "bash",
	  "ls",
	  NULL,
	  NULL,
	  NULL,
	  NULL,
	  { NULL },
	  0,
	  FALSE,
	  { NOTICE("there is no shell ls;"), ENDS(1), DONE } },
	{ "ConfigurationName that is no program",
	  "bash",
	  "/etc",
	  NULL,
	  NULL,
	  NULL,
	  NULL,
	  { NULL },
	  0,
	  FALSE,
	  { NOTICE("there is no shell /etc;"), ENDS(1), DONE } },
	{ "fish: reads its own files",
	  "fish",
	  NULL,
	  ".config/fish/config.fish",
	  "echo config; status is-login; and echo login; function fish_prompt; echo -n '> '; end\n",
	  ".config/fish/conf.d/more.fish",
	  "echo more; set fish_greeting greeting\n",
	  { NULL },
	  0,
	  FALSE,
	  { PROMPT(0), HAS("more\nconfig\nlogin\n"), HAS("greeting\n"), PS("> "), LINE("tty"), PROMPT(0), HAS("/dev/"),
	    DONE } },
	{ "fish: start-up files read the terminal",
	  "fish",
	  NULL,
	  ".config/fish/config.fish",
	  "sh -c 'printf \"name? \"; read x; echo got $x'\n",
	  NULL,
	  NULL,
	  { NULL },
	  0,
	  FALSE,
	  { UNTIL("name? "), KEYS("me\rand"), PROMPT(0), HAS("got me\n"), TYPED("and"), DONE } },
	{ "tcsh gets a plain terminal",
	  "tcsh",
	  NULL,
	  NULL,
	  NULL,
	  NULL,
	  NULL,
	  { NULL },
	  0,
	  FALSE,
	  { NOTICE("unavailable for tcsh"), STATE(PSS_REMOTE_RAW), KEYS("@ x = 1 + 1; echo x$x\r"), UNTIL("x2"),
	    KEYS("exit 3\r"), ENDS(3), DONE } },
	{ "a restricted bash gets a plain terminal",
	  "rbash",
	  NULL,
	  ".profile",
	  "PS1='p> '\n",
	  NULL,
	  NULL,
	  { NULL },
	  0,
	  FALSE,
	  { NOTICE("unavailable for rbash"), UNTIL("p> "), KEYS("cd /\r"), UNTIL("restricted"), KEYS("exit 3\r"),
	    ENDS(3), DONE } },
	{ "an unknown program gets a plain terminal",
	  "cat",
	  NULL,
	  NULL,
	  NULL,
	  NULL,
	  NULL,
	  { NULL },
	  0,
	  FALSE,
	  { NOTICE("unavailable for cat"), KEYS("hello\r"), UNTIL("hello\nhello\n"), KEYS("\004"), ENDS(0), DONE } },
	{ "start-up files that replace the shell",
	  "bash",
	  NULL,
	  ".profile",
	  "exec bash --norc --noprofile\n",
	  NULL,
	  NULL,
	  { NULL },
	  0,
	  FALSE,
	  { NOTICE("takes the keyboard"), STATE(PSS_REMOTE_RAW), KEYS("echo x$((1+1)); tty\r"), UNTIL("x2\n/dev/"),
	    KEYS("exit 3\r"), ENDS(3), DONE } },
	{ "start-up files that replace the shell by one that paints nothing",
	  "bash",
	  NULL,
	  ".profile",
	  "PS1='d> ' exec dash -i\n",
	  NULL,
	  NULL,
	  { NULL },
	  0,
	  FALSE,
	  { UNTIL("d> "), NOTICE("replaced the shell by dash"), STATE(PSS_REMOTE_RAW), KEYS("echo x$((1+1))\r"),
	    UNTIL("x2\n"), KEYS("exit 3\r"), ENDS(3), DONE } },
	{ "dash: start-up files that replace the shell by its like",
	  "dash",
	  NULL,
	  ".profile",
	  "PS1='d> ' exec dash -i\n",
	  NULL,
	  NULL,
	  { NULL },
	  0,
	  FALSE,
	  { NOTICE("replaced the shell by dash"), STATE(PSS_REMOTE_RAW), KEYS("exit 3\r"), ENDS(3), DONE } },
	{ "a pager in start-up files, and then the prompt",
	  "bash",
	  NULL,
	  ".profile",
	  "printf '\\033[?1049hpage'; read x; printf '\\033[?1049l'; PS1='p> '\n",
	  NULL,
	  NULL,
	  { NULL },
	  0,
	  FALSE,
	  { UNTIL("page"), NOTICE("takes the keyboard"), STATE(PSS_REMOTE_RAW), KEYS("q\r"), PROMPT(0), PS("p> "),
	    LINE("echo $x"), PROMPT(0), OUTPUT("q\n"), DONE } },
	{ "slow start-up files come to a prompt after all",
	  "bash",
	  NULL,
	  ".profile",
	  "read x\n",
	  NULL,
	  NULL,
	  { NULL },
	  500,
	  FALSE,
	  { NOTICE("no prompt yet"), STATE(PSS_REMOTE_RAW), KEYS("a\r"), PROMPT(0), LINE("echo ok"), PROMPT(0),
	    OUTPUT("ok\n"), DONE } },
	{ "start-up files that exit",
	  "bash",
	  NULL,
	  ".profile",
	  "exit 5\n",
	  NULL,
	  NULL,
	  { NULL },
	  0,
	  FALSE,
	  { NOTICE("exited in start-up"), ENDS(5), DONE } },
	{ "a readonly PS1",
	  "bash",
	  NULL,
	  ".profile",
	  "PS1='p> '; readonly PS1\n",
	  NULL,
	  NULL,
	  { NULL },
	  0,
	  FALSE,
	  { NOTICE("PS1 is readonly"), STATE(PSS_REMOTE_RAW), UNTIL("p> "), KEYS("echo x$((1+1))\r"), UNTIL("x2\n"),
	    KEYS("exit 3\r"), ENDS(3), DONE } },
	{ "dash: a readonly PS1",
	  "dash",
	  NULL,
	  ".profile",
	  "PS1='p> '; readonly PS1\n",
	  NULL,
	  NULL,
	  { NULL },
	  0,
	  FALSE,
	  { NOTICE("PS1 is readonly"), STATE(PSS_REMOTE_RAW), UNTIL("p> "), KEYS("echo x$((1+1))\r"), UNTIL("x2\n"),
	    KEYS("exit 3\r"), ENDS(3), DONE } },
	{ "no control channel",
	  "bash",
	  NULL,
	  ".profile",
	  "PS1='p> '\n",
	  NULL,
	  NULL,
	  { NULL },
	  0,
	  FALSE,
	  { CALL(hide_control), NOTICE("beside the terminal"), UNTIL("p> "), KEYS("echo x$((1+1))\r"), UNTIL("x2\n"),
	    KEYS("exit 3\r"), ENDS(3), DONE } },
	{ "the message of the day, once",
	  "bash",
	  NULL,
	  NULL,
	  NULL,
	  NULL,
	  NULL,
	  { NULL },
	  0,
	  TRUE,
	  { PROMPT(0), DONE } },
};

static char *make_home(const Case *row)
{
	char *home = g_dir_make_tmp("pss-home-XXXXXX", NULL);
	const char *const names[] = { row->file, row->file2, row->motd ? NULL : ".hushlogin" };
	const char *const texts[] = { row->text, row->text2, "" };
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = names[i] ? g_build_filename(home, names[i], NULL) : NULL;
		g_autofree char *folder = path ? g_path_get_dirname(path) : NULL;
		if (path && (g_mkdir_with_parents(folder, 0700) != 0 || !g_file_set_contents(path, texts[i], -1, NULL)))
			g_error("cannot make a home");
	}
	return home;
}

static void remove_home(const char *home)
{
	const char *const argv[] = { "rm", "-rf", home, NULL };
	g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL);
}

static void run(gconstpointer data)
{
	const Case *row = data;
	g_autofree char *program = g_find_program_in_path(row->shell);
	if (!program) {
		g_test_skip("not installed");
		return;
	}
	g_autofree char *home = make_home(row);
	const DriveOptions options = {
		.shell = program,
		.configuration = row->configuration,
		.home = home,
		.environment = row->environment,
		.boot_deadline_ms = row->boot_deadline_ms,
	};
	Drive *drive = drive_new(&options);
	drive_steps(drive, row->name, row->steps);
	drive_free(drive);
	remove_home(home);
}

/* ---- the private directory */

static const Step ready[] = { PROMPT(0), DONE };

/* Where the remote computer is busy the shell has painted its prompt before the reason why it is a plain one comes. */
static void test_late_reason(void)
{
	static const char *const shells[][5] = {
		{ "rbash", ".profile", "PS1='p> '\n", "unavailable for rbash" },
		{ "bash", ".bash_profile", "PS1='p> '; readonly PS1\n", "PS1 is readonly", "bash" },
		{ "bash", ".bash_profile", "PS1='p> '; readonly PROMPT_COMMAND=\n", "PROMPT_COMMAND is readonly",
		  "bash" },
		{ "dash", ".profile", "PS1='p> '; readonly PS1\n", "PS1 is readonly", "posix" },
		{ "mksh", ".profile", "PS1='p> '; readonly PS1\n", "PS1 is readonly", "posix" },
		{ "tcsh", ".tcshrc", "set prompt='p> '\n", "unavailable for tcsh" },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(shells); i++) {
		const Step steps[] = {
			UNTIL("p> "), NOTICE(shells[i][3]), STATE(PSS_REMOTE_RAW), KEYS("exit 3\r"), ENDS(3), DONE
		};
		const Case row = { .file = shells[i][1], .text = shells[i][2] };
		g_autofree char *program = g_find_program_in_path(shells[i][0]);
		if (!program)
			continue;
		g_autofree char *home = make_home(&row);
		const PssRemoteHints hints = { .takes_scripts = TRUE, .family = shells[i][4] };
		const DriveOptions options = {
			.shell = program, .home = home, .hints = shells[i][4] ? &hints : NULL, .late_until = "p> "
		};
		Drive *drive = drive_new(&options);
		drive_steps(drive, shells[i][3], steps);
		drive_free(drive);
		remove_home(home);
	}
}

static Drive *start_bash(const char *home)
{
	static char *program;
	program = program ? program : g_find_program_in_path("bash");
	const DriveOptions options = { .shell = program, .home = home };
	return drive_new(&options);
}

static void test_directory_is_private(void)
{
	static const Step secret[] = { LINE("cat /proc/$$/environ /proc/$$/cmdline | tr '\\0' '\\n'; ps -eo args"),
				       PROMPT(0), DONE };
	g_autofree char *home = g_dir_make_tmp("pss-home-XXXXXX", NULL);
	Drive *drive = start_bash(home);
	drive_steps(drive, "private", ready);
	g_autofree char *directory = drive_find_directory(drive);
	g_assert_nonnull(directory);
	struct stat status;
	g_assert_cmpint(lstat(directory, &status), ==, 0);
	g_assert_cmpint(status.st_mode & 07777, ==, 0700);
	g_assert_cmpint(status.st_uid, ==, getuid());

	/* The key that begins replies is in no argv and no environment. */
	g_autofree char *file = g_build_filename(directory, "key", NULL);
	g_autofree char *key = NULL;
	g_assert_true(g_file_get_contents(file, &key, NULL, NULL));
	g_strchomp(key);
	g_assert_cmpint(strlen(key), ==, 32);
	drive_steps(drive, "private", secret);
	gsize n;
	g_assert_null(strstr(drive_output(drive, &n), key));
	drive_free(drive);
	remove_home(home);
}

static void test_lost_directory(void)
{
	static const Step steps[] = { LINE("rm -rf $__pss_d; echo gone"),
				      PROMPT(0),
				      OUTPUT("gone\n"),
				      NOTICE("lost"),
				      LINE("(exit 4)"),
				      PROMPT(4),
				      LINE("head -n 1"),
				      KEYS("a\r"),
				      PROMPT(0),
				      OUTPUT("a\na\n"),
				      DONE };
	g_autofree char *home = g_dir_make_tmp("pss-home-XXXXXX", NULL);
	Drive *drive = start_bash(home);
	drive_steps(drive, "lost", ready);
	drive_steps(drive, "lost", steps);
	drive_free(drive);
	remove_home(home);
}

/* Each family, as -ConfigurationName on an account with another login shell. */
static void test_configurations(void)
{
	static const struct {
		const char *name, *login, *line, *says;
	} shells[] = {
		{ "bash", "zsh", "echo bash-${BASH_VERSINFO[0]}", "bash-5" },
		{ "zsh", "bash", "echo $ZSH_NAME", "zsh" },
		{ "sh", "zsh", "echo sh-${BASH_VERSION-}${ZSH_VERSION-}", "sh-" },
		{ "dash", "fish", "readlink /proc/$$/exe", "dash" },
		{ "busybox", "bash", "readlink /proc/$$/exe", "busybox" },
		{ "ksh93", "bash", "echo ${.sh.version}", "93" },
		{ "mksh", "bash", "echo $KSH_VERSION", "MIRBSD" },
		{ "fish", "bash", "echo fish-$version", "fish-" },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(shells); i++) {
		const Step steps[] = { PROMPT(0), LINE(shells[i].line), PROMPT(0), HAS(shells[i].says), DONE };
		g_autofree char *login = g_find_program_in_path(shells[i].login);
		g_autofree char *named = g_find_program_in_path(shells[i].name);
		if (!login || !named)
			continue;
		g_autofree char *home = g_dir_make_tmp("pss-home-XXXXXX", NULL);
		g_autofree char *quiet = g_build_filename(home, ".zshrc", NULL);
		g_file_set_contents(quiet, "", 0, NULL);
		const DriveOptions options = { .shell = login, .configuration = shells[i].name, .home = home };
		Drive *drive = drive_new(&options);
		drive_steps(drive, shells[i].name, steps);
		drive_free(drive);
		remove_home(home);
	}
}

/* ---- the ways that the script goes */

static const struct {
	const char *shell, *family, *completed;
} families[] = {
	{ "bash", "bash", "cd /de^" },  { "zsh", "zsh", "cd /de^" },   { "dash", "posix", "cd /de^" },
	{ "mksh", "posix", "cd /de^" }, { "fish", "fish", "cd /de^" },
};

/* What is known of the computer is right, wrong, or nothing; or its server takes no long commands. What the start has
 * put aside for later is there as well: completion. */
static void run_family(gsize i, const PssRemoteHints *hints)
{
	const Step steps[] = { PROMPT(0),
			       LINE("echo one; echo two"),
			       PROMPT(0),
			       HAS("one\ntwo\n"),
			       COMPLETE(families[i].completed),
			       GIVES("3!: /dev/"),
			       DONE };
	g_autofree char *program = g_find_program_in_path(families[i].shell);
	if (!program)
		return;
	g_autofree char *home = g_dir_make_tmp("pss-home-XXXXXX", NULL);
	g_autofree char *quiet = g_build_filename(home, ".zshrc", NULL);
	g_assert_true(g_file_set_contents(quiet, "", 0, NULL));
	const DriveOptions options = { .shell = program, .home = home, .hints = hints };
	Drive *drive = drive_new(&options);
	drive_steps(drive, families[i].shell, steps);
	g_assert_cmpstr(pss_remote_family(drive_remote(drive)), ==, families[i].family);
	drive_free(drive);
	remove_home(home);
}

static void test_family_is_known(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(families); i++)
		run_family(i, &(PssRemoteHints){ .takes_scripts = TRUE, .family = families[i].family });
}

static void test_family_is_another(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(families); i++) {
		gsize other = (i + 1) % G_N_ELEMENTS(families);
		run_family(i, &(PssRemoteHints){ .takes_scripts = TRUE, .family = families[other].family });
	}
}

static void test_no_long_commands(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(families); i++)
		run_family(i, &(PssRemoteHints){ .takes_scripts = FALSE });
}

static void test_lost_request(void)
{
	static const Step steps[] = { CALL(drive_lose_next_request),
				      LINE("echo once"),
				      PROMPT(0),
				      OUTPUT("once\n"),
				      LINE("echo ok"),
				      PROMPT(0),
				      OUTPUT("ok\n"),
				      DONE };
	g_autofree char *home = g_dir_make_tmp("pss-home-XXXXXX", NULL);
	Drive *drive = start_bash(home);
	drive_steps(drive, "lost request", ready);
	drive_steps(drive, "lost request", steps);
	drive_free(drive);
	remove_home(home);
}

static void test_control_cut(void)
{
	static const Step cut[] = { ENDS(ANY), DONE };
	g_autofree char *home = g_dir_make_tmp("pss-home-XXXXXX", NULL);
	Drive *drive = start_bash(home);
	drive_steps(drive, "cut", ready);
	drive_close_control(drive);
	drive_steps(drive, "cut", cut);
	drive_free(drive); /* and its directory goes */
	remove_home(home);
}

static void test_control_cut_while_running(void)
{
	static const Step before[] = { LINE("head -n 1; echo on; head -n 1; (exit 6)"), KEYS("x\r"), UNTIL("on\n"),
				       DONE };
	static const Step after[] = { KEYS("a\r"), ENDS(6), HAS("a\na\n"), DONE };
	g_autofree char *home = g_dir_make_tmp("pss-home-XXXXXX", NULL);
	Drive *drive = start_bash(home);
	drive_steps(drive, "cut while running", ready);
	drive_steps(drive, "cut while running", before);
	drive_close_control(drive);
	drive_steps(drive, "cut while running", after);
	g_assert_cmpint(drive_end_how(drive), ==, PSS_REMOTE_UNLED);
	drive_free(drive);
	remove_home(home);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	drive_choose_programs();
	g_unsetenv("XDG_RUNTIME_DIR");
	g_unsetenv("ENV");
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/start/%s", cases[i].name);
		g_test_add_data_func(path, &cases[i], run);
	}
	g_test_add_func("/start/ConfigurationName picks each family", test_configurations);
	g_test_add_func("/start/a reason that comes late is the one that is shown", test_late_reason);
	g_test_add_func("/script/for the family that is there", test_family_is_known);
	g_test_add_func("/script/for another family", test_family_is_another);
	g_test_add_func("/script/by standard input alone", test_no_long_commands);
	g_test_add_func("/directory/is private and its key is nowhere else", test_directory_is_private);
	g_test_add_func("/line/is sent again when it was lost", test_lost_request);
	g_test_add_func("/directory/may vanish", test_lost_directory);
	g_test_add_func("/directory/goes when the control channel is cut", test_control_cut);
	g_test_add_func("/line/may finish when the control channel is cut", test_control_cut_while_running);
	return g_test_run();
}
