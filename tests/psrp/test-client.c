/* SPDX-License-Identifier: MIT */
/* The client in conversation with PowerShell 7.6: each conversation is played from its recording, with the server's
 * bytes in whole lines and cut into small pieces, and held with a real PowerShell where PSS_PWSH names one.
 *
 * PSS_PSRP_RECORD=tests/psrp/recordings test-psrp-client -p /record
 *
 * records them again, each with a PowerShell of its own; otherwise one serves them all. */
#include "conversations.h"

/* ---- what no recording has, or only one */

/* Servers before protocol 2.4 want a key exchange for secrets, which is not spoken. */
static void hold_old_server(Drive *drive)
{
	static const char *const lines[] = { "Read-Host -AsSecureString 'Secret'", "Read-Host -AsSecureString" };

	g_assert_cmpstr(pss_psrp_protocol(drive_client(drive)), ==, "2.3");
	for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
		drive_begin_line(drive, lines[i]);
		drive_until_notice(drive, "needs 7.6 or newer");
		drive_until_prompt(drive, 130);
	}
}

static void hold_old_server_command(Drive *drive)
{
	static const char *const answers[] = { "never", NULL };
	const Result *result =
		drive_invoke_and_answer(drive, "Read-Host -AsSecureString Secret; 'not reached'", answers);

	g_assert_cmpstr(pss_psrp_protocol(drive_client(drive)), ==, "2.3");
	g_assert_cmpstr(result->questions->str, ==, "");
	g_assert_cmpstr(result->errors->str, ==,
			"passwords cannot be sent to this version of PowerShell: it needs 7.6 or newer\n");
	g_assert_cmpstr(result->output->str, ==, "");
	g_assert_cmpint(result->status, ==, 1);
}

/* Lines, statuses and prompts stay together, however fast one follows the other. */
static void hold_many_lines(Drive *drive)
{
	for (int i = 0; i < 100; i++) {
		g_autofree char *line = g_strdup_printf("%d; sh -c 'exit %d'", i, i);
		g_autofree char *output = g_strdup_printf("%d\n", i);
		drive_line(drive, line, i);
		assert_output(drive, output);
	}
}

static void hold_flood(Drive *drive)
{
	drive_begin_line(drive, "foreach ($i in 1..10000000) { $i }");
	drive_until_output(drive, "\n100\n");
	drive_keys(drive, "\003");
	drive_until_prompt(drive, 130);
	drive_line(drive, "'after'", 0);
	assert_output(drive, "after\n");
}

static void hold_long_texts(Drive *drive)
{
	g_autofree char *long_text = g_strnfill(1000000, 'x');
	g_autofree char *line = g_strdup_printf("'%s'.Length", long_text);
	const PssPsrpCommand command = {
		.text = "$n = 0; $bad = 0; foreach ($l in $input) { if ($l -ne \"line $n\") { $bad++ }; $n++ }; \"$n "
			"$bad\"",
		.has_input = TRUE,
	};
	g_autoptr(GString) input = g_string_new(NULL);

	drive_line(drive, line, 0);
	assert_output(drive, "1000000\n");
	for (int i = 0; i < 5000; i++)
		g_string_append_printf(input, "line %d\n", i);
	g_assert_cmpstr(drive_invoke(drive, &command, input->str)->output->str, ==, "5000 0\n");
}

static void hold_all_units(Drive *drive)
{
	const PssPsrpCommand command = { .text = "-join [char[]]((1..0xD7FF) + (0xE000..0xFFFF))", .is_json = TRUE };
	g_autoptr(GString) expected = g_string_new(NULL);

	for (gunichar c = 1; c <= 0xFFFF; c++)
		if (c < 0xD800 || c > 0xDFFF)
			g_string_append_unichar(expected, c);
	g_string_append_c(expected, '\n');
	g_assert_true(g_string_equal(drive_invoke(drive, &command, NULL)->output, expected));
}

/* ---- all of them */

static const Conversation *const lists[] = { conversations_at_terminal, conversations_of_commands };

static const Conversation only_recorded[] = {
	{ "old-server", hold_old_server },
	{ "old-server-command", hold_old_server_command },
};

static void (*const only_real[])(Drive *drive) = { hold_many_lines, hold_flood, hold_long_texts, hold_all_units };

static char *recording_of(const Conversation *conversation)
{
	return g_build_filename(g_getenv("PSS_RECORDINGS"), conversation->name, NULL);
}

static void hold(Drive *drive, const Conversation *conversation)
{
	drive_open(drive);
	g_assert_cmpuint(drive_flights(drive), ==, 0);
	conversation->hold(drive);
	drive_free(drive);
}

static void hold_recorded(gconstpointer data)
{
	g_autofree char *file = recording_of(data);
	hold(drive_new_recorded(file, 80, 0), data);
	hold(drive_new_recorded(file, 80, 13), data);
}

static void record(gconstpointer data)
{
	const Conversation *conversation = data;
	g_autofree char *file = g_build_filename(g_getenv("PSS_PSRP_RECORD"), conversation->name, NULL);
	hold(drive_new(drive_powershell(), 80, file), conversation);
}

static void hold_real(void)
{
	Drive *drive = drive_new(drive_powershell(), 80, NULL);

	drive_open(drive);
	for (gsize i = 0; i < G_N_ELEMENTS(lists); i++)
		for (const Conversation *conversation = lists[i]; conversation->name; conversation++) {
			g_test_message("%s", conversation->name);
			conversation->hold(drive);
		}
	for (gsize i = 0; i < G_N_ELEMENTS(only_real); i++)
		only_real[i](drive);
	drive_free(drive);
}

static void add(const char *kind, const Conversation *conversation, GTestDataFunc test)
{
	g_autofree char *path = g_strdup_printf("/%s/%s", kind, conversation->name);
	g_test_add_data_func(path, conversation, test);
}

static void add_list(const Conversation *list)
{
	for (const Conversation *conversation = list; conversation->name; conversation++) {
		add("recorded", conversation, hold_recorded);
		if (drive_powershell() && g_getenv("PSS_PSRP_RECORD"))
			add("record", conversation, record);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(lists); i++)
		add_list(lists[i]);
	for (gsize i = 0; i < G_N_ELEMENTS(only_recorded); i++)
		add("recorded", &only_recorded[i], hold_recorded);
	if (drive_powershell())
		g_test_add_func("/real/all conversations", hold_real);
	return g_test_run();
}
