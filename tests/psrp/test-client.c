/* SPDX-License-Identifier: MIT */
/* The client in conversation with PowerShell 7.6: each conversation is played from its recording, with the server's
 * bytes in whole lines and cut into small pieces, and held with a real PowerShell where PSS_PWSH names one.
 *
 * PSS_PSRP_RECORD=tests/psrp/recordings test-psrp-client -p /record
 *
 * records them again, each with a PowerShell of its own; otherwise one serves them all. */
#include <string.h>

#include "drive.h"

#define assert_output(drive, text) g_assert_cmpstr(drive_output(drive), ==, text)

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		g_error("\"%s\" is not in \"%s\"", part, text);
}

/* ---- at the terminal */

static void hold_lines(Drive *drive)
{
	guint flights;

	g_assert_cmpstr(pss_psrp_protocol(drive_client(drive)), ==, "2.4");
	drive_line(drive, "cd /", 0);
	g_assert_cmpstr(drive_prompt(drive), ==, "PS /> ");
	g_assert_cmpstr(drive_directory(drive), ==, "/");
	flights = drive_flights(drive);
	drive_line(drive, "1+1", 0);
	g_assert_cmpuint(drive_flights(drive) - flights, ==, 1);
	assert_output(drive, "2\n");
	drive_line(drive, "'a_x0041_\xc3\xb6\xf0\x9f\x98\x80'", 0);
	assert_output(drive, "a_x0041_\xc3\xb6\xf0\x9f\x98\x80\n");
	drive_line(drive, "\"a`nb`tc\"", 0);
	assert_output(drive, "a\nb\tc\n");
	g_assert_cmpstr(drive_raw_output(drive), ==, "a\r\nb\tc\r\n");
	drive_line(drive, "Write-Host -NoNewline hi", 0);
	assert_output(drive, "hi");
	drive_line(drive, "Write-Host red -ForegroundColor Red", 0);
	g_assert_cmpstr(drive_raw_output(drive), ==, "\033[91mred\033[0m\r\n");
	drive_line(drive, "Write-Warning careful", 0);
	assert_output(drive, "WARNING: careful\n");
	drive_line(drive, "Write-Verbose -Verbose more", 0);
	assert_output(drive, "VERBOSE: more\n");
	drive_line(drive, "", 0);
	assert_output(drive, "");
	drive_line(drive, "# a comment", 0);
	assert_output(drive, "");
	drive_line(drive, "sh -c 'exit 3'", 3);
	drive_line(drive, " ", 3);
	assert_output(drive, "");
	drive_line(drive, "$?; $LASTEXITCODE = $null", 0);
	assert_output(drive, "False\n");
}

static void hold_statuses(Drive *drive)
{
	static const struct {
		const char *line;
		int status;
		const char *output, *then; /* $? and $LASTEXITCODE afterwards */
	} lines[] = {
		{ "1/0; 7", 0, "RuntimeException: Attempted to divide by zero.\n7\n", "True,\n" },
		{ "Get-Item /nonexist", 1, "Get-Item: Cannot find path '/nonexist' because it does not exist.\n",
		  "False,\n" },
		{ "throw 'x'", 1, "Exception: x\n", "False,\n" },
		{ "sh -c 'exit 3'", 3, "", "False,3\n" },
		{ "sh -c 'exit 3'; 1", 0, "1\n", "True,3\n" },
		{ "sh -c 'echo err >&2; exit 0'", 0, "err\n", "True,0\n" },
		{ "Get-Item /nonexist -ErrorAction Ignore", 1, "", "False,0\n" },
		{ "sh -c 'exit 300'", 44, "", "False,44\n" },
		{ "sh -c 'exit 0'", 0, "", "True,0\n" },
		{ "return 5", 0, "5\n", "True,0\n" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
		drive_line(drive, lines[i].line, lines[i].status);
		assert_output(drive, lines[i].output);
		drive_line(drive, "\"$?,$LASTEXITCODE\"", 0);
		assert_output(drive, lines[i].then);
	}
	drive_line(drive, "1 +* 2", 1);
	assert_has(drive_output(drive), "You must provide a value expression following the '+' operator.");
	drive_line(drive, "$?", 0);
}

/* What is ours leaves no trace in what is the user's. */
static void hold_state(Drive *drive)
{
	drive_line(drive, "$Error.Clear(); $global:LASTEXITCODE = $null; $saved = $function:prompt", 0);
	drive_line(drive, "$q=1;$c=2;$e=3;$n=4;$r=5;$t=6;$p=7;$x=8", 0);
	drive_line(drive, "\"$q$c$e$n$r$t$p$x\"", 0);
	assert_output(drive, "12345678\n");
	drive_line(drive, "Get-Item /nonexist", 1);
	drive_line(drive, "$Error.Count", 0);
	assert_output(drive, "1\n");
	drive_line(drive, "function prompt { \"$? $LASTEXITCODE> \" }", 0);
	g_assert_cmpstr(drive_prompt(drive), ==, "True > ");
	drive_line(drive, "sh -c 'exit 4'", 4);
	g_assert_cmpstr(drive_prompt(drive), ==, "False 4> ");
	drive_line(drive, "$null; function prompt { sh -c 'exit 9'; throw 'up' }", 0);
	g_assert_cmpstr(drive_prompt(drive), ==, "PS> ");
	drive_line(drive, "$LASTEXITCODE", 0);
	assert_output(drive, "4\n");
	drive_line(drive, "$function:prompt = $saved; $global:LASTEXITCODE = $null", 0);
}

static void hold_incomplete(Drive *drive)
{
	static const char *const texts[][2] = {
		{ "if (1) {", "'yes' }" },           { "'a", "b'" },        { "@'", "x\n'@" }, { "1 +", "2" },
		{ "foreach ($i in 1,2) {", "$i }" }, { "Get-Item `", "/" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		drive_begin_line(drive, texts[i][0]);
		drive_until_second_prompt(drive);
		drive_line(drive, texts[i][1], 0);
	}
	drive_begin_line(drive, "if (1) {");
	drive_until_second_prompt(drive);
	pss_psrp_discard(drive_client(drive));
	drive_line(drive, "2", 0);
	assert_output(drive, "2\n");
}

static void hold_interrupts(Drive *drive)
{
	drive_begin_line(drive, "'begun'; Start-Sleep 60");
	drive_until_output(drive, "begun");
	drive_keys(drive, "typed before\003");
	drive_until_prompt(drive, 130);
	g_assert_cmpstr(drive_typed(drive), ==, "");
	drive_begin_line(drive, "sh -c 'echo begun; sleep 60'");
	drive_until_output(drive, "begun");
	pss_psrp_interrupt(drive_client(drive));
	pss_psrp_interrupt(drive_client(drive));
	drive_until_prompt(drive, 130);
	drive_begin_line(drive, "'begun'; while (1) {}");
	drive_until_output(drive, "begun");
	drive_keys(drive, "\003behind");
	drive_until_prompt(drive, 130);
	g_assert_cmpstr(drive_typed(drive), ==, "behind");
	drive_line(drive, "1", 0);
	pss_psrp_interrupt(drive_client(drive)); /* nothing runs */
	drive_line(drive, "2", 0);
	assert_output(drive, "2\n");
}

static void ask(Drive *drive, const char *line, const char *question, const char *keys)
{
	drive_begin_line(drive, line);
	drive_until_output(drive, question);
	drive_keys(drive, keys);
	drive_until_prompt(drive, 0);
}

static void hold_questions(Drive *drive)
{
	ask(drive, "$a = Read-Host 'Your name'; \"<$a>\"", "Your name: ", "xyz\177\302\244\177\r");
	assert_has(drive_output(drive), "<xy>\n");
	ask(drive, "$a = Read-Host; \"<$a>\"", "", "a b  \025c d\027e\r");
	assert_has(drive_output(drive), "<c e>\n");
	ask(drive, "$s = Read-Host -AsSecureString 'Secret'; [Net.NetworkCredential]::new('', $s).Password.Length",
	    "Secret: ", "s\303\266cret\r");
	assert_output(drive, "Secret: \n6\n");
	ask(drive, "$s = Read-Host -MaskInput 'Masked'; $s", "Masked: ", "hidden\r");
	assert_output(drive, "Masked: \nhidden\n");
	ask(drive,
	    "function f { param([Parameter(Mandatory)]$First, [Parameter(Mandatory)][string[]]$More) \"$First $More\" "
	    "}; f",
	    "First: ", "1\r2\r3\r\r");
	assert_has(drive_output(drive),
		   "Supply values for the following parameters:\nFirst: 1\nMore[0]: 2\nMore[1]: 3\nMore[2]: \n1 2 3\n");
	ask(drive, "$c = Get-Credential -Message 'Who?'; $c.UserName + $c.GetNetworkCredential().Password",
	    "User: ", "bob\rpw\r");
	assert_has(drive_output(drive), "bobpw\n");
	ask(drive, "$c = Get-Credential bob; $c.GetNetworkCredential().Password", "Password for user bob: ", "pw\r");
	assert_has(drive_output(drive), "pw\n");
	ask(drive, "Set-Variable zz 1 -Confirm; $zz", "[Y] Yes", "q\r?\ry\r");
	assert_has(drive_output(drive), "Y - Continue with only the next step of the operation.");
	assert_has(drive_output(drive), "(default is \"Y\"): y\n1\n");
	ask(drive, "Set-Variable zy 1 -Confirm; \"<$zy>\"", "[Y] Yes", "n\r");
	assert_has(drive_output(drive), "<>\n");
}

static void hold_cancelled_question(Drive *drive)
{
	drive_begin_line(drive, "Read-Host 'Your name'; 'not reached'");
	drive_until_output(drive, "Your name: ");
	drive_keys(drive, "ab\003");
	drive_until_prompt(drive, 130);
	assert_output(drive, "Your name: ab^C\n");
	/* What was typed before the question answers it; what is typed behind belongs into the editor. */
	drive_begin_line(drive, "Start-Sleep -Milliseconds 200; $a = Read-Host 'Name'; \"<$a>\"");
	drive_keys(drive, "early\rnext");
	drive_until_prompt(drive, 0);
	assert_output(drive, "Name: early\n<early>\n");
	g_assert_cmpstr(drive_typed(drive), ==, "next");
}

static void hold_screen(Drive *drive)
{
	drive_line(drive, "$Host.UI.RawUI.WindowSize.Width", 0);
	assert_output(drive, "80\n");
	pss_psrp_resize(drive_client(drive), 40, 10);
	drive_line(drive, "$Host.UI.RawUI.WindowSize.Width; 'x' * 50 | Format-Table -Wrap | Out-Null", 0);
	assert_output(drive, "40\n");
	drive_line(drive, "Write-Progress -Activity Copying -Status 'file 3' -PercentComplete 42; 'done'", 0);
	assert_has(drive_raw_output(drive), "\r\033[KCopying: file 3 42 %\r");
	assert_has(drive_raw_output(drive), "\r\033[Kdone\r\n");
	drive_line(drive, "[pscustomobject]@{Name='n'; Value=1}", 0);
	assert_has(drive_raw_output(drive), "\033[32;1mName\033[0m");
	assert_output(drive, "\nName Value\n---- -----\nn        1\n\n");
	drive_line(drive,
		   "$Host.UI.RawUI.SetBufferContents([Management.Automation.Host.Rectangle]::new(-1, -1, -1, -1), "
		   "[Management.Automation.Host.BufferCell]::new(' ', 0, 0, 0))",
		   0);
	g_assert_cmpstr(drive_raw_output(drive), ==, "\033[H\033[2J\033[3J");
	pss_psrp_resize(drive_client(drive), 80, 24);
}

static void hold_leaving(Drive *drive)
{
	drive_line(drive, "exit", 0);
	g_assert_cmpint(drive_left(drive), ==, 0);
	drive_line(drive, "cd /; exit 300", 44);
	g_assert_cmpint(drive_left(drive), ==, 44);
	g_assert_cmpstr(drive_prompt(drive), ==, "PS /> ");
	drive_line(drive, "Exit-PSSession", 0);
	g_assert_cmpint(drive_left(drive), ==, 0);
	drive_line(drive, "1", 0);
	g_assert_cmpint(drive_left(drive), ==, -1);
}

static void hold_completion(Drive *drive)
{
	static const struct {
		const char *line, *gives;
	} cases[] = {
		{ "Get-Proc^", "0: Get-Process" },
		{ "$\xc3\xb6='\xf0\x9f\x98\x80'; Get-Proc^", "12: Get-Process" },
		{ "Get-Process -Nam^", "12: -Name" },
		{ "cd /usr/shar^", "3!: /usr/share/" },
		{ "[Math]::Flo^", "8!: Floor(" },
		{ "nothing-like-thi^", "0: " },
		{ "$PSVersionTa^", "0!: $PSVersionTable" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *gives = drive_complete(drive, cases[i].line);
		if (!g_str_has_prefix(gives, cases[i].gives))
			g_error("%s: \"%s\", not \"%s\"", cases[i].line, gives, cases[i].gives);
	}
	drive_line(drive, "1", 0);
	assert_output(drive, "1\n");
}

/* A line that comes meanwhile does not wait for it either. */
static void hold_slow_completion(Drive *drive)
{
	g_autofree char *gives = NULL;

	drive_line(drive, "$old = $function:TabExpansion2; function TabExpansion2 { Start-Sleep 1000 }", 0);
	gives = drive_complete(drive, "Get-Proc^");
	g_assert_cmpstr(gives, ==, "given up");
	drive_line(drive, "'after'", 0);
	assert_output(drive, "after\n");
	drive_line(drive, "$function:TabExpansion2 = $old", 0);
}

/* ---- beside it */

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

typedef struct {
	const char *name;
	void (*hold)(Drive *drive);
} Conversation;

static const Conversation conversations[] = {
	{ "lines", hold_lines },
	{ "statuses", hold_statuses },
	{ "state", hold_state },
	{ "incomplete", hold_incomplete },
	{ "interrupts", hold_interrupts },
	{ "questions", hold_questions },
	{ "cancelled-question", hold_cancelled_question },
	{ "screen", hold_screen },
	{ "leaving", hold_leaving },
	{ "completion", hold_completion },
	{ "slow-completion", hold_slow_completion },
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
};

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
	for (gsize i = 0; i < G_N_ELEMENTS(conversations); i++) {
		g_test_message("%s", conversations[i].name);
		conversations[i].hold(drive);
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

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(conversations); i++) {
		add("recorded", &conversations[i], hold_recorded);
		if (drive_powershell() && g_getenv("PSS_PSRP_RECORD"))
			add("record", &conversations[i], record);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(only_recorded); i++)
		add("recorded", &only_recorded[i], hold_recorded);
	if (drive_powershell())
		g_test_add_func("/real/all conversations", hold_real);
	return g_test_run();
}
