/* SPDX-License-Identifier: MIT */
/* How a remote shell starts, and every way in which it cannot: the terminal must then be a plain, working
 * one, with one notice that says why, and never a wait without end. */
#include <unistd.h>

#include "home.h"

typedef struct {
	const char *name;
	const char *shell; /* program */
	const char *configuration;
	struct {
		const char *name, *text;
	} files[2]; /* start-up files */
	guint boot_deadline_ms;
	gboolean motd;
	Step steps[16];
} Case;

static void hide_control(Drive *drive)
{
	drive_close_control(drive);
}

static const Case cases[] = {
	{ .name = "bash: reads the login files",
	  .shell = "bash",
	  .files = { { ".bash_profile", "echo profile; . ~/.bashrc\n" }, { ".bashrc", "echo rc; PS1='> '\n" } },
	  .steps = { PROMPT(0), HAS("profile\nrc\n"), PS("> "), LINE("shopt -q login_shell && echo $0"), PROMPT(0),
		     OUTPUT("-bash\n"), DONE } },
	{ .name = "bash: variables that are readonly",
	  .shell = "bash",
	  .files = { { ".bash_profile", "PS1='> ' PROMPT_COMMAND='false'; readonly a=1 b=1 c=1 d=1 e=1 f=1 g=1 h=1 i=1 "
					"j=1 k=1 l=1 m=1 n=1 o=1 p=1 "
					"q=1 "
					"r=1 s=1 t=1 u=1 v=1 w=1 x=1 y=1 z=1\n" } },
	  .steps = { PROMPT(0), PS("> "), LINE("(exit 7)"), PROMPT(7), OUTPUT(""),
		     LINE("PROMPT_COMMAND=':'; echo $s$i"), PROMPT(0), OUTPUT("11\n"), PS("> "), DONE } },
	{ .name = "bash: falls back to .profile",
	  .shell = "bash",
	  .files = { { ".profile", "echo profile\n" } },
	  .steps = { PROMPT(0), HAS("profile\n"), DONE } },
	{ .name = "bash: start-up files read the terminal",
	  .shell = "bash",
	  .files = { { ".profile", "read -p 'name? ' who; tty\n" } },
	  .steps = { UNTIL("name? "), KEYS("me\r"), PROMPT(0), HAS("/dev/"), LINE("echo $who"), PROMPT(0),
		     OUTPUT("me\n"), DONE } },
	{ .name = "bash: keys typed during the start come back",
	  .shell = "bash",
	  .files = { { ".profile", "read x; echo got $x\n" } },
	  .steps = { KEYS("a\rb"), PROMPT(0), HAS("got a"), TYPED("b"), DONE } },
	{ .name = "zsh: reads the login files",
	  .shell = "zsh",
	  .files = { { ".zprofile", "echo profile\n" }, { ".zshrc", "echo rc; PS1='> '; echo $ZDOTDIR.\n" } },
	  .steps = { PROMPT(0), HAS("profile\nrc\n.\n"), PS("> "), DONE } },
	{ .name = "zsh: ZDOTDIR of .zshenv counts",
	  .shell = "zsh",
	  .files = { { ".zshenv", "mkdir -p ~/z; ZDOTDIR=~/z; echo 'echo other; PS1=\"> \"' >~/z/.zshrc\n" } },
	  .steps = { PROMPT(0), HAS("other\n"), PS("> "), LINE("echo $ZDOTDIR | grep -c '/z$'"), PROMPT(0),
		     OUTPUT("1\n"), DONE } },
	{ .name = "dash: reads .profile and ENV",
	  .shell = "dash",
	  .files = { { ".profile", "echo profile; ENV=$HOME/env\n" }, { "env", "echo env; PS1='> '\n" } },
	  .steps = { PROMPT(0), HAS("profile\nenv\n"), PS("> "), DONE } },
	{ .name = "ConfigurationName picks another shell",
	  .shell = "bash",
	  .configuration = "zsh",
	  .files = { { ".zshrc", "PS1='z> '\n" } },
	  .steps = { PROMPT(0), PS("z> "), LINE("echo $ZSH_NAME"), PROMPT(0), OUTPUT("zsh\n"), DONE } },
	{ .name = "ConfigurationName: sh",
	  .shell = "bash",
	  .configuration = "sh",
	  .files = { { ".profile", "PS1='s> '\n" } },
	  .steps = { PROMPT(0), PS("s> "), DONE } },
	{ .name = "ConfigurationName that is not there",
	  .shell = "bash",
	  .configuration = "nosuchshell",
	  .files = { { ".profile", "PS1='p> '\n" } },
	  .steps = { NOTICE("there is no shell nosuchshell; -ConfigurationName takes one of: bash "), ENDS(1), DONE } },
	{ .name = "ConfigurationName that is no shell",
	  .shell = "bash",
	  .configuration = "ls",
	  .steps = { NOTICE("there is no shell ls;"), ENDS(1), DONE } },
	{ .name = "ConfigurationName that is no program",
	  .shell = "bash",
	  .configuration = "/etc",
	  .steps = { NOTICE("there is no shell /etc;"), ENDS(1), DONE } },
	{ .name = "fish: reads its own files",
	  .shell = "fish",
	  .files = { { ".config/fish/config.fish",
		       "echo config; status is-login; and echo login; function fish_prompt; echo -n '> '; end\n" },
		     { ".config/fish/conf.d/more.fish", "echo more; set fish_greeting greeting\n" } },
	  .steps = { PROMPT(0), HAS("more\nconfig\nlogin\n"), HAS("greeting\n"), PS("> "), LINE("tty"), PROMPT(0),
		     HAS("/dev/"), DONE } },
	{ .name = "fish: start-up files read the terminal",
	  .shell = "fish",
	  .files = { { ".config/fish/config.fish", "sh -c 'printf \"name? \"; read x; echo got $x'\n" } },
	  .steps = { UNTIL("name? "), KEYS("me\rand"), PROMPT(0), HAS("got me\n"), TYPED("and"), DONE } },
	{ .name = "tcsh gets a plain terminal",
	  .shell = "tcsh",
	  .steps = { NOTICE("unavailable for tcsh"), STATE(PSS_REMOTE_RAW), KEYS("@ x = 1 + 1; echo x$x\r"),
		     UNTIL("x2"), KEYS("exit 3\r"), ENDS(3), DONE } },
	{ .name = "a restricted bash gets a plain terminal",
	  .shell = "rbash",
	  .files = { { ".profile", "PS1='p> '\n" } },
	  .steps = { NOTICE("unavailable for rbash"), UNTIL("p> "), KEYS("cd /\r"), UNTIL("restricted"),
		     KEYS("exit 3\r"), ENDS(3), DONE } },
	{ .name = "an unknown program gets a plain terminal",
	  .shell = "cat",
	  .steps = { NOTICE("unavailable for cat"), KEYS("hello\r"), UNTIL("hello\nhello\n"), KEYS("\004"), ENDS(0),
		     DONE } },
	{ .name = "start-up files that replace the shell",
	  .shell = "bash",
	  .files = { { ".profile", "exec bash --norc --noprofile\n" } },
	  .steps = { NOTICE("takes the keyboard"), STATE(PSS_REMOTE_RAW), KEYS("echo x$((1+1)); tty\r"),
		     UNTIL("x2\n/dev/"), KEYS("exit 3\r"), ENDS(3), DONE } },
	{ .name = "start-up files that replace the shell by one that paints nothing",
	  .shell = "bash",
	  .files = { { ".profile", "PS1='d> ' exec dash -i\n" } },
	  .steps = { UNTIL("d> "), NOTICE("replaced the shell by dash"), STATE(PSS_REMOTE_RAW),
		     KEYS("echo x$((1+1))\r"), UNTIL("x2\n"), KEYS("exit 3\r"), ENDS(3), DONE } },
	{ .name = "dash: start-up files that replace the shell by its like",
	  .shell = "dash",
	  .files = { { ".profile", "PS1='d> ' exec dash -i\n" } },
	  .steps = { NOTICE("replaced the shell by dash"), STATE(PSS_REMOTE_RAW), KEYS("exit 3\r"), ENDS(3), DONE } },
	{ .name = "a pager in start-up files, and then the prompt",
	  .shell = "bash",
	  .files = { { ".profile", "printf '\\033[?1049hpage'; read x; printf '\\033[?1049l'; PS1='p> '\n" } },
	  .steps = { UNTIL("page"), NOTICE("takes the keyboard"), STATE(PSS_REMOTE_RAW), KEYS("q\r"), PROMPT(0),
		     PS("p> "), LINE("echo $x"), PROMPT(0), OUTPUT("q\n"), DONE } },
	{ .name = "slow start-up files come to a prompt after all",
	  .shell = "bash",
	  .files = { { ".profile", "read x\n" } },
	  .boot_deadline_ms = 2000,
	  .steps = { NOTICE("no prompt yet"), STATE(PSS_REMOTE_RAW), KEYS("a\r"), PROMPT(0), LINE("echo ok"), PROMPT(0),
		     OUTPUT("ok\n"), DONE } },
	{ .name = "start-up files that exit",
	  .shell = "bash",
	  .files = { { ".profile", "exit 5\n" } },
	  .steps = { NOTICE("exited in start-up"), ENDS(5), DONE } },
	{ .name = "a readonly PS1",
	  .shell = "bash",
	  .files = { { ".profile", "PS1='p> '; readonly PS1\n" } },
	  .steps = { NOTICE("PS1 is readonly"), STATE(PSS_REMOTE_RAW), UNTIL("p> "), KEYS("echo x$((1+1))\r"),
		     UNTIL("x2\n"), KEYS("exit 3\r"), ENDS(3), DONE } },
	{ .name = "dash: a readonly PS1",
	  .shell = "dash",
	  .files = { { ".profile", "PS1='p> '; readonly PS1\n" } },
	  .steps = { NOTICE("PS1 is readonly"), STATE(PSS_REMOTE_RAW), UNTIL("p> "), KEYS("echo x$((1+1))\r"),
		     UNTIL("x2\n"), KEYS("exit 3\r"), ENDS(3), DONE } },
	{ .name = "no control channel",
	  .shell = "bash",
	  .files = { { ".profile", "PS1='p> '\n" } },
	  .steps = { CALL(hide_control), NOTICE("beside the terminal"), UNTIL("p> "), KEYS("echo x$((1+1))\r"),
		     UNTIL("x2\n"), KEYS("exit 3\r"), ENDS(3), DONE } },
	{ .name = "the message of the day, once", .shell = "bash", .motd = TRUE, .steps = { PROMPT(0), DONE } },
};

static char *make_home(const Case *row)
{
	char *home = home_make();

	for (gsize i = 0; i < G_N_ELEMENTS(row->files); i++)
		if (row->files[i].name)
			home_write(home, row->files[i].name, row->files[i].text);
	if (!row->motd)
		home_write(home, ".hushlogin", "");
	return home;
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
		.boot_deadline_ms = row->boot_deadline_ms,
	};
	Drive *drive = drive_new(&options);
	drive_steps(drive, row->name, row->steps);
	drive_free(drive);
	home_remove(home);
}

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
		const Case row = { .files = { { shells[i][1], shells[i][2] } } };
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
		home_remove(home);
	}
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
	g_test_add_func("/start/a reason that comes late is the one that is shown", test_late_reason);
	return g_test_run();
}
