/* SPDX-License-Identifier: MIT */
/* Conversations at the terminal: lines, prompts, questions, the screen, completion. */
#include "conversations.h"

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

const Conversation conversations_at_terminal[] = {
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
	{ NULL, NULL },
};
