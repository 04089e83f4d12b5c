/* SPDX-License-Identifier: MIT */
/* Conversations beside the terminal: commands, their streams and questions, objects, values and input. */
#include <string.h>

#include "conversations.h"

static const Result *run(Drive *drive, const char *text)
{
	const PssPsrpCommand command = { .text = text, .columns = 60 };
	return drive_invoke(drive, &command, NULL);
}

static void hold_commands(Drive *drive)
{
	guint flights = drive_flights(drive);
	const Result *result = run(drive, "1,2,'a b'; $x = 5");

	g_assert_cmpuint(drive_flights(drive) - flights, ==, 1);
	g_assert_cmpstr(result->output->str, ==, "1\n2\na b\n");
	g_assert_cmpint(result->status, ==, 0);
	result = run(drive, "$x; Get-Item /nonexist; 'on'");
	g_assert_cmpstr(result->output->str, ==, "5\non\n");
	g_assert_cmpstr(result->errors->str, ==, "Get-Item: Cannot find path '/nonexist' because it does not exist.\n");
	g_assert_cmpstr(result->error_id, ==, "PathNotFound,Microsoft.PowerShell.Commands.GetItemCommand");
	g_assert_cmpstr(result->category, ==, "ObjectNotFound");
	result = run(drive, "throw 'x'");
	g_assert_cmpint(result->status, ==, 1);
	g_assert_cmpstr(result->errors->str, ==, "Exception: x\n");
	g_assert_cmpint(run(drive, "sh -c 'exit 3'")->status, ==, 3);
	g_assert_cmpint(run(drive, "exit 300")->status, ==, 44);
	result = run(drive, "sh -c 'echo out; echo err >&2; exit 2'");
	g_assert_cmpstr(result->output->str, ==, "out\n");
	g_assert_cmpstr(result->errors->str, ==, "err\n");
	g_assert_cmpint(result->status, ==, 2);
	result = run(drive, "Write-Host -NoNewline a; Write-Host b; Write-Warning w; Write-Verbose -Verbose v; "
			    "Write-Information i");
	g_assert_cmpstr(result->output->str, ==, "");
	g_assert_cmpstr(result->host->str, ==, "ab\n");
	g_assert_cmpstr(result->messages->str, ==,
			"information (shown): a\ninformation (shown): b\nwarning: w\nverbose: v\ninformation: i\n");
	result = run(drive, "if (1) {");
	g_assert_cmpint(result->status, ==, 1);
	assert_has(result->errors->str, "Missing closing '}'");
	result = run(drive, "[pscustomobject]@{Name='n'; Value=1}");
	g_assert_cmpstr(result->output->str, ==, "\nName Value\n---- -----\nn        1\n\n");
	drive_line(drive, "$x", 0);
	assert_output(drive, "5\n");
}

static void hold_command_questions(Drive *drive)
{
	const Result *result = run(drive, "Read-Host 'Your name'; 'not reached'");

	g_assert_cmpint(result->status, ==, 1);
	assert_has(result->errors->str, "the command asks a question");
	g_assert_cmpstr(result->output->str, ==, "");
	const PssPsrpCommand command = { .text = "'begun'; Start-Sleep 60" };
	drive_begin_invoke(drive, &command);
	pss_psrp_interrupt(drive_client(drive));
	g_assert_cmpint(drive_until_done(drive)->status, ==, 130);
}

static void hold_command_answers(Drive *drive)
{
	static const struct {
		const char *text, *answers[5], *questions, *output;
	} cases[] = {
		{ "$a = Read-Host 'Your name'; \"<$a>\"", { "x y" }, "Your name: \n", "<x y>\n" },
		{ "$a = Read-Host; \"<$a>\"", { "" }, "\n", "<>\n" },
		{ "$s = Read-Host -AsSecureString 'Secret'; [Net.NetworkCredential]::new('', $s).Password",
		  { "s\303\266cret" },
		  "Secret: (secret)\n",
		  "s\303\266cret\n" },
		{ "function f { param([Parameter(Mandatory)]$First, [Parameter(Mandatory)][string[]]$More) \"$First "
		  "$More\" }; f",
		  { "1", "2", "3", "" },
		  "cmdlet f at command pipeline position 1\nSupply values for the following parameters:\nFirst: \n"
		  "More[0]: \nMore[1]: \nMore[2]: \n",
		  "1 2 3\n" },
		{ "$c = Get-Credential -Message 'Who?'; $c.UserName + $c.GetNetworkCredential().Password",
		  { "bob", "pw" },
		  "PowerShell credential request\nWho?\nUser: \nPassword: (secret)\n",
		  "bobpw\n" },
		{ "$Host.UI.PromptForChoice('T', 'M', @('&Yes', '&No'), 1)",
		  { "x", "y" },
		  "T\nM\n[Y] Yes  [N] No  [?] Help (default is \"N\"): \n"
		  "[Y] Yes  [N] No  [?] Help (default is \"N\"): \n",
		  "0\n" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const Result *result = drive_invoke_and_answer(drive, cases[i].text, cases[i].answers);
		g_assert_cmpstr(result->questions->str, ==, cases[i].questions);
		g_assert_cmpstr(result->output->str, ==, cases[i].output);
		g_assert_cmpint(result->status, ==, 0);
	}
}

static void hold_command_progress(Drive *drive)
{
	const Result *result =
		run(drive, "Write-Progress -Activity Copying -Status 'file 3' -PercentComplete 42; 'out'; "
			   "Write-Progress -Activity Copying -Completed");

	g_assert_cmpstr(result->messages->str, ==, "progress: Copying: file 3 42 %\nprogress: \n");
	g_assert_cmpstr(result->output->str, ==, "out\n");
}

/* Nobody answers the second question; and nobody waits for the command any more. */
static void hold_declined(Drive *drive)
{
	static const char *const one[] = { "1", NULL };
	const PssPsrpCommand command = { .text = "'begun'; Start-Sleep 60" };
	const Result *result = drive_invoke_and_answer(drive, "Read-Host a; Read-Host b; 'not reached'", one);

	g_assert_cmpint(result->status, ==, 1);
	assert_has(result->errors->str, "the command asks a question");
	g_assert_cmpstr(result->output->str, ==, "1\n");
	drive_begin_invoke(drive, &command);
	pss_psrp_abandon(drive_client(drive));
	drive_until_prompt(drive, 130);
	drive_line(drive, "'after'", 0);
	assert_output(drive, "after\n");
}

static void hold_json(Drive *drive)
{
	static const char *const properties[] = { "name", "Value", NULL };
	PssPsrpCommand command = {
		.text = "[pscustomobject]@{Name='n'; Value=1.5; When=[datetime]'2026-11-29'; "
			"Day=[DayOfWeek]::Friday;"
			"List=1,$null,$true; Map=[ordered]@{a='b'}}; 7; 'text'; $null; [char]65",
		.is_json = TRUE,
	};
	const Result *result = drive_invoke(drive, &command, NULL);

	g_assert_cmpstr(result->json->str, ==,
			"{\"Name\":\"n\",\"Value\":1.5,\"When\":\"2026-11-29T00:00:00\",\"Day\":\"Friday\",\"List\":["
			"1,null,true],"
			"\"Map\":{\"a\":\"b\"}}\n7\n\"text\"\nnull\n\"A\"\n");
	command.text = "[pscustomobject]@{Name='n'; Value=1; Other=2}";
	command.properties = properties;
	result = drive_invoke(drive, &command, NULL);
	g_assert_cmpstr(result->json->str, ==, "{\"name\":\"n\",\"Value\":1}\n");
	g_assert_cmpstr(result->type, ==, "System.Management.Automation.PSCustomObject");
}

static void assert_line(const char *text, const char *line)
{
	g_assert_cmpuint(strlen(text), ==, strlen(line) + 1);
	g_assert_cmpmem(text, strlen(line), line, strlen(line));
}

/* As `ConvertTo-Json -Compress -Depth 2` writes the same value there; but for the rows with a value of their own. */
static void hold_json_types(Drive *drive)
{
	static const struct {
		const char *expression, *text, *json; /* json NULL: as ConvertTo-Json; text NULL: as ToString() */
	} rows[] = {
		{ "[datetime]'2026-11-29'", "2026-11-29T00:00:00", NULL },
		{ "[datetime]::SpecifyKind('2026-11-29T01:02:03.004', 'Utc')", "2026-11-29T01:02:03.004Z", NULL },
		{ "[datetimeoffset]'2026-11-29T01:02:03+02:00'", NULL, NULL },
		{ "[datetimeoffset]'2026-11-29T01:02:03-09:30'", NULL, NULL },
		{ "[dateonly]'2026-11-29'", NULL, "\"2026-11-29\"" },
		{ "[DayOfWeek]::Friday", NULL, "\"Friday\"" },
		{ "[IO.FileAttributes]'ReadOnly,Hidden'", NULL, "\"ReadOnly, Hidden\"" },
		{ ",[byte[]](1,2,255)", NULL, NULL },
		{ ",[byte[]]@()", NULL, NULL },
		{ "[pscustomobject]@{a=1;b=[pscustomobject]@{c=[pscustomobject]@{d=1}}}", NULL, NULL },
		{ ",@(1,@(2,3),$null)", NULL, NULL },
		{ ",@()", NULL, NULL },
		{ "@{k=@{m=1}}", NULL, NULL },
		{ "[ordered]@{b=1;a='x'}", NULL, NULL },
		{ "@{1='x'}", NULL, "{\"1\":\"x\"}" },
		{ "$null", "", NULL },
		{ "$true", NULL, NULL },
		{ "[char]65", NULL, NULL },
		{ "[char]0", NULL, NULL },
		{ "1.10d", NULL, NULL },
		{ "0.1", NULL, NULL },
		{ "-1e300", NULL, NULL },
		{ "[double]::NaN", NULL, NULL },
		{ "[double]::NegativeInfinity", "-INF", NULL },
		{ "[single]1.5", NULL, NULL },
		{ "[int64]::MinValue", NULL, NULL },
		{ "[uint64]::MaxValue", NULL, NULL },
		{ "[bigint]::Parse('-123456789012345678901234567890')", NULL, NULL },
		{ "[guid]'11111111-2222-3333-4444-555555555555'", NULL, NULL },
		{ "[uri]'http://x/y'", NULL, NULL },
		{ "[version]'1.2.3'", NULL, "\"1.2.3\"" },
		{ "[semver]'1.2.3'", NULL, NULL },
		{ "[timespan]'1.02:03:04'", "P1DT2H3M4S", "\"P1DT2H3M4S\"" },
		{ "{1+1}", NULL, "\"1+1\"" },
		{ "[switch]$true", NULL, NULL },
		{ "[dbnull]::Value", NULL, NULL },
		{ "[xml]'<a/>'", "<a />", "\"<a />\"" },
		{ "\"q`\"\\\303\274\360\237\230\200\" + \"`n`t`0 \"", NULL, NULL },
		{ ",[collections.generic.hashset[int]]::new([int[]](1,2))", NULL, NULL },
		{ ",[collections.queue]::new(@(1,2))", NULL, NULL },
		{ "Add-Member -InputObject 'text' -NotePropertyName p -NotePropertyValue 1 -PassThru", NULL,
		  "\"text\"" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *oracle = g_strdup_printf("ConvertTo-Json -Compress -Depth 2 -InputObject (& { %s })",
							  rows[i].expression);
		const PssPsrpCommand command = { .text = rows[i].expression, .is_json = TRUE };
		const Result *result = rows[i].json ? NULL : run(drive, oracle);
		g_autofree char *expected =
			rows[i].json ? g_strconcat(rows[i].json, "\n", NULL) : g_strdup(result->output->str);

		result = drive_invoke(drive, &command, NULL);
		g_assert_cmpstr(result->json->str, ==, expected);
		if (rows[i].text)
			assert_line(result->output->str, rows[i].text);
	}
}

static void hold_values(Drive *drive)
{
	static const char *const arguments[] = { "a b", "$x", "", NULL };
	static const char *const text[] = { "it's \"quoted\" $x\n\xc3\xb6" };
	static const char *const secret[] = { "s3cret" };
	static const char *const items[] = { "one", "", "t h" };
	static const char *const keys[] = { "a", "b c", "d" };
	const PssUsing values[] = {
		{ "Name", PSS_USING_TEXT, text, NULL, 1 },  { "secret", PSS_USING_TEXT, secret, NULL, 1 },
		{ "list", PSS_USING_LIST, items, NULL, 3 }, { "map", PSS_USING_DICTIONARY, items, keys, 3 },
		{ "none", PSS_USING_LIST, NULL, NULL, 0 },
	};
	const Result *result;
	PssPsrpCommand command = { .text = "param($p, $q) \"<$p><$q><$args>\"", .arguments = arguments };

	g_assert_cmpstr(drive_invoke(drive, &command, NULL)->output->str, ==, "<a b><$x><>\n");
	command = (PssPsrpCommand){
		.text = "$using:Name; \"[${using:secret}]\"; $using:name.Length",
		.using_values = values,
		.n_using_values = G_N_ELEMENTS(values),
	};
	result = drive_invoke(drive, &command, NULL);
	g_assert_cmpstr(result->output->str, ==, "it's \"quoted\" $x\n\xc3\xb6\n[s3cret]\n18\n");
	command.text = "\"$using:list|$using:LIST[0]\"; $using:list.Count; $using:list[-1]; $using:list[7] -eq $null; "
		       "foreach ($i in $using:list) { \"<$i>\" }; $using:none.Count; @($using:none).Count";
	result = drive_invoke(drive, &command, NULL);
	g_assert_cmpstr(result->output->str, ==, "one  t h|one  t h[0]\n3\nt h\nTrue\n<one>\n<>\n<t h>\n0\n0\n");
	command.text = "$using:map.a; $using:map['b c'] -eq ''; $using:map[\"d\"]; ${using:map}.Count; "
		       "$m = $using:map; $m['d'] + $m.a; $using:map['x'] -eq $null";
	result = drive_invoke(drive, &command, NULL);
	g_assert_cmpstr(result->output->str, ==, "one\nTrue\nt h\n3\nt hone\nTrue\n");
	g_assert_cmpstr(result->errors->str, ==, "");
}

static void hold_input(Drive *drive)
{
	PssPsrpCommand command = { .text = "$input | ForEach-Object { \"<$_>\" }", .has_input = TRUE };

	g_assert_cmpstr(drive_invoke(drive, &command, "")->output->str, ==, "");
	g_assert_cmpstr(drive_invoke(drive, &command, "a\r\n\n\xc3\xb6 c")->output->str, ==, "<a>\n<>\n<\xc3\xb6 c>\n");
}

static void hold_words(Drive *drive)
{
	static const char *const words[] = { "sh", "-c",    "printf '%s|' \"$@\"; printf '\\377\\200' >&2; exit 7",
					     "sh", "a b",   "$x",
					     "*",  "\"q\"", NULL };
	static const char *const missing[] = { "no-such-program", NULL };
	PssPsrpCommand command = { .words = words };
	const Result *result = drive_invoke(drive, &command, NULL);

	g_assert_cmpstr(result->output->str, ==, "a b|$x|*|\"q\"|");
	g_assert_cmpmem(result->errors->str, result->errors->len, "\377\200", 2);
	g_assert_cmpint(result->status, ==, 7);
	command.words = missing;
	result = drive_invoke(drive, &command, NULL);
	g_assert_cmpint(result->status, ==, 1);
	assert_has(result->errors->str, "no-such-program");
}

const Conversation conversations_of_commands[] = {
	{ "commands", hold_commands },
	{ "command-questions", hold_command_questions },
	{ "command-answers", hold_command_answers },
	{ "command-progress", hold_command_progress },
	{ "declined", hold_declined },
	{ "json", hold_json },
	{ "json-types", hold_json_types },
	{ "values", hold_values },
	{ "input", hold_input },
	{ "words", hold_words },
	{ NULL, NULL },
};
