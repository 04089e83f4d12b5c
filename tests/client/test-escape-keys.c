/* SPDX-License-Identifier: MIT */
/* The escape keys: what reaches the remote, and what is asked of us, however the keys are cut into reads. */
#include <errno.h>
#include <glib.h>
#include <stdlib.h>

#include "client/tty/escape-keys.h"

static const char action_letters[] = { [PSS_ESCAPE_KEY_NONE] = ' ',
				       [PSS_ESCAPE_KEY_LEAVE] = 'L',
				       [PSS_ESCAPE_KEY_DETACH] = 'D',
				       [PSS_ESCAPE_KEY_HELP] = 'H' };

static const struct {
	const char *keys, *passed, *actions;
	int character;
} rows[] = {
	{ "ls\r", "ls\r", "", '~' },
	{ "~.", "", "L", '~' },
	{ "~d", "", "D", '~' },
	{ "~?x", "x", "H", '~' },
	{ "a~.", "a~.", "", '~' },
	{ "a\r~.", "a\r", "L", '~' },
	{ "a\n~.", "a\n", "L", '~' },
	{ "~~.", "~.", "", '~' },
	{ "~~~.", "~~.", "", '~' },
	{ "\r~x~.", "\r~x~.", "", '~' },
	{ "~\r~.", "~\r", "L", '~' },
	{ "~?~.", "", "HL", '~' },
	{ "~/.bashrc\r", "~/.bashrc\r", "", '~' },
	{ "~.", "~.", "", -1 },
	{ "~.%.", "~.%.", "", '%' },
	{ "%.", "", "L", '%' },
	{ "\002d", "", "D", 2 },
	{ "\377.", "", "L", 0xff },
};

/* Takes the keys in reads of `step` bytes. */
static void take(const char *keys, size_t step, int character, GString *passed, GString *actions)
{
	struct pss_escape_keys escape = { .character = character, .at_start = true };
	size_t n = strlen(keys);

	for (size_t at = 0; at < n;) {
		size_t n_read = MIN(step, n - at), n_passed;
		enum pss_escape_key action;
		g_autofree char *out = g_malloc(n_read + 1);

		at += pss_escape_keys_take(&escape, keys + at, n_read, out, &n_passed, &action);
		g_assert_cmpuint(n_passed, <=, n_read + 1);
		g_string_append_len(passed, out, (gssize)n_passed);
		if (action != PSS_ESCAPE_KEY_NONE)
			g_string_append_c(actions, action_letters[action]);
	}
}

static void test_table(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		for (size_t step = 1; step < 12; step++) {
			g_autoptr(GString) passed = g_string_new(NULL), actions = g_string_new(NULL);

			take(rows[i].keys, step, rows[i].character, passed, actions);
			g_assert_cmpstr(passed->str, ==, rows[i].passed);
			g_assert_cmpstr(actions->str, ==, rows[i].actions);
		}
	}
}

static void test_held(void)
{
	g_autoptr(GString) passed = g_string_new(NULL), actions = g_string_new(NULL);

	take("ls\r~", 16, '~', passed, actions);
	g_assert_cmpstr(passed->str, ==, "ls\r");
}

static void test_parse(void)
{
	int character = 0;

	g_assert_cmpint(pss_escape_keys_parse("none", &character), ==, 0);
	g_assert_cmpint(character, ==, -1);
	g_assert_cmpint(pss_escape_keys_parse("None", &character), ==, 0);
	g_assert_cmpint(pss_escape_keys_parse("%", &character), ==, 0);
	g_assert_cmpint(character, ==, '%');
	g_assert_cmpint(pss_escape_keys_parse("^b", &character), ==, 0);
	g_assert_cmpint(character, ==, 2);
	g_assert_cmpint(pss_escape_keys_parse("^]", &character), ==, 0);
	g_assert_cmpint(character, ==, 0x1d);
	character = 7;
	for (size_t i = 0; i < 4; i++)
		g_assert_cmpint(pss_escape_keys_parse((const char *[]){ "", "ab", "^1", "^\377" }[i], &character), ==,
				-EINVAL);
	g_assert_cmpint(character, ==, 7);
}

static void test_help(void)
{
	char *help = pss_escape_keys_help('~'), *control = pss_escape_keys_help(2);

	g_assert_nonnull(strstr(help, " ~.  leave"));
	g_assert_nonnull(strstr(help, " ~d  "));
	g_assert_nonnull(strstr(help, " ~~  "));
	g_assert_nonnull(strstr(control, " ^B.  leave"));
	free(help);
	free(control);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/escape-keys/every-cut-of-the-keys", test_table);
	g_test_add_func("/escape-keys/a-held-one-is-passed-to-nobody", test_held);
	g_test_add_func("/escape-keys/EscapeChar", test_parse);
	g_test_add_func("/escape-keys/help", test_help);
	return g_test_run();
}
