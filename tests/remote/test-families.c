/* SPDX-License-Identifier: MIT */
/* The families of remote shells: each by name on an account with another login shell, and each by the ways that its
 * script can go. */
#include "home.h"

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
		g_autofree char *home = home_make();
		home_write(home, ".zshrc", "");
		const DriveOptions options = { .shell = login, .configuration = shells[i].name, .home = home };
		Drive *drive = drive_new(&options);
		drive_steps(drive, shells[i].name, steps);
		drive_free(drive);
		home_remove(home);
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
	g_autofree char *home = home_make();
	home_write(home, ".zshrc", "");
	const DriveOptions options = { .shell = program, .home = home, .hints = hints };
	Drive *drive = drive_new(&options);
	drive_steps(drive, families[i].shell, steps);
	g_assert_cmpstr(pss_remote_family(drive_remote(drive)), ==, families[i].family);
	drive_free(drive);
	home_remove(home);
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

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	drive_choose_programs();
	g_unsetenv("XDG_RUNTIME_DIR");
	g_unsetenv("ENV");
	g_test_add_func("/start/ConfigurationName picks each family", test_configurations);
	g_test_add_func("/script/for the family that is there", test_family_is_known);
	g_test_add_func("/script/for another family", test_family_is_another);
	g_test_add_func("/script/by standard input alone", test_no_long_commands);
	return g_test_run();
}
