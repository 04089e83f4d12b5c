/* SPDX-License-Identifier: MIT */
/* Runs the torture table over one remote shell: `test-torture SHELL[=PROGRAM] [gtest options]`. Every case gets a
 * fresh engine, a fresh home and a fresh shell; at its end nothing of ours may be left on the machine. */
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "home.h"
#include "torture.h"

static const struct Shell {
	const char *name;
	int bit;
	const char *program;
	const char *rc; /* its start-up file, and what sets the prompt there; what systemd's in /etc/profile.d prints
			   goes */
	const char *text;
	gboolean is_chosen; /* by -ConfigurationName: as a login shell it would start three times */
} shells[] = {
	{ "bash", BASH, "bash", ".bash_profile", "unset PROMPT_COMMAND PS0; PS1='b$ '\n" },
	{ "zsh", ZSH, "zsh", ".zshrc", "PS1='b$ '\n" },
	{ "dash", DASH, "dash", ".profile", "PS1='b$ '\n" },
	{ "ash", ASH, "busybox", ".profile", "PS1='b$ '\n" },
	{ "ksh", KSH, "ksh93", ".profile", "PS1='b$ '\n" },
	{ "mksh", MKSH, "mksh", ".profile", "PS1='b$ '\n" },
	{ "pwsh", PWSH, "pwsh", ".config/powershell/profile.ps1", "function prompt { 'b$ ' }\n", TRUE },
	{ "pwsh-more", PWSH_MORE, "pwsh", ".config/powershell/profile.ps1", "function prompt { 'b$ ' }\n", TRUE },
	{ "fish", FISH, "fish", ".config/fish/config.fish",
	  "function fish_prompt\necho -n 'b$ '\nend\nset -g fish_greeting\n" },
	/* Its reader is left waiting at rest, as the user has a handler. */
	{ "fish-watched", FISH, "fish", ".config/fish/config.fish",
	  "function fish_prompt\necho -n 'b$ '\nend\nset -g fish_greeting\nfunction watched --on-signal USR2\nend\n" },
};

static const struct Shell *shell;
static char *program;

static char *make_home(const Row *row)
{
	char *home = home_make();
	g_autofree char *path = g_build_filename(home, shell->rc, NULL);
	g_autofree char *text = g_strconcat(shell->text, row->rc ? row->rc : "", "\n", NULL);
	g_autofree char *hush = g_build_filename(home, ".hushlogin", NULL);
	g_autofree char *folder = g_path_get_dirname(path);
	g_autofree char *go = g_build_filename(home, "go", NULL);
	if (!home || g_mkdir_with_parents(folder, 0700) != 0 || mkfifo(go, 0600) != 0 ||
	    !g_file_set_contents(path, text, -1, NULL) || !g_file_set_contents(hush, "", 0, NULL))
		g_error("cannot make a home");
	return home;
}

static void run(gconstpointer data)
{
	static const Step start[] = { PROMPT(0), PS("b$ "), DONE };
	static const Step start_with_rc[] = { PROMPT(0), DONE };
	const Row *row = data;
	g_autofree char *home = make_home(row);
	const DriveOptions options = {
		.shell = shell->is_chosen ? "/bin/sh" : program,
		.configuration = shell->is_chosen ? program : NULL,
		.home = home,
		.kept = row->kept,
	};
	Drive *drive = drive_new(&options);
	drive_steps(drive, "start", row->rc ? start_with_rc : start);
	drive_steps(drive, row->name, row->steps);
	drive_free(drive);
	home_remove(home);
}

static void add(const Rows *rows, int all)
{
	for (gsize i = 0; i < rows->n; i++) {
		const Row *row = &rows->rows[i];
		g_autofree char *path = g_strdup_printf("/%s/%s", shell->name, row->name);
		g_assert((row->why != NULL) == (row->shells != all));
		if (row->shells & shell->bit)
			g_test_add_data_func(path, row, run);
	}
}

/* A busy machine needs more than the seconds that a person waits for completions. */
static void stretch_deadlines(void)
{
	int fd = memfd_create("percent", MFD_CLOEXEC);
	g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);

	g_assert_cmpint(write(fd, "300", 3), ==, 3);
	g_setenv("PSSESSION_TEST_DEADLINES", path, TRUE);
}

int main(int argc, char **argv)
{
	g_auto(GStrv) wanted = g_strsplit(argc > 1 ? argv[1] : "", "=", 2);
	for (gsize i = 0; i < G_N_ELEMENTS(shells); i++) {
		if (g_strcmp0(shells[i].name, wanted[0]) == 0)
			shell = &shells[i];
	}
	if (!shell)
		g_error("usage: test-torture SHELL[=PROGRAM] [gtest options]");
	drive_choose_programs();
	program = g_find_program_in_path(wanted[1] ? wanted[1] : shell->program);
	argv[1] = argv[0];
	argc--;
	argv++;
	g_test_init(&argc, &argv, NULL);
	if (!program) {
		g_print("1..0 # SKIP %s is not installed\n", shell->program);
		return 0;
	}
	if (shell->is_chosen)
		g_setenv("PSS_TEST_DEADLINE", "60", FALSE);
	stretch_deadlines();
	g_unsetenv("XDG_RUNTIME_DIR");
	g_unsetenv("ENV");
	add(&torture_text, ALL);
	add(&torture_long, ALL);
	add(&torture_programs, ALL);
	add(&torture_state, ALL);
	add(&torture_hooks, ALL);
	add(&torture_exit, ALL);
	add(&torture_complete, ALL);
	add(&torture_zsh, ALL);
	add(&torture_typed, ALL | FISH);
	add(&torture_fish, FISH);
	add(&torture_fish_state, FISH);
	add(&torture_pwsh, PWSH);
	add(&torture_pwsh_programs, PWSH_MORE);
	add(&torture_pwsh_state, PWSH_MORE);
	return g_test_run();
}
