/* SPDX-License-Identifier: MIT */
/* The parser of parameters: what is understood, and the exact sentence for what is not. */
#include <glib.h>
#include <limits.h>
#include <string.h>

#include "client/parameter/parameter.h"

enum { COMPUTER, SESSION, COMMAND, PORT, FORMAT, ID, OPTIONS, FORCE, OUT, REFUSED, ARGV, NAME, INPUT, N_ROWS };

static const char *const formats[] = { "table", "list", "json", NULL };

static const char *const inputs[] = { "-", "$null", NULL };

static const struct pss_parameter rows[N_ROWS] = {
	[COMPUTER] = { "ComputerName", "HostName Cn", PSS_KIND_LIST, .wants = "a computer", .position = 1, .set = 1 },
	[SESSION] = { "Session", NULL, PSS_KIND_LIST, .wants = "a session", .set = 1 },
	[COMMAND] = { "ScriptBlock", NULL, PSS_KIND_WORDS, .wants = "a command", .position = 2, .rest = true },
	[PORT] = { "Port", NULL, PSS_KIND_NUMBER, .min = 1, .max = 65535 },
	[FORMAT] = { "Format", NULL, PSS_KIND_CHOICE, .choices = formats },
	[ID] = { "Id", NULL, PSS_KIND_NUMBERS, .min = 1, .max = LLONG_MAX, .set = 1 },
	[OPTIONS] = { "Options", NULL, PSS_KIND_TEXTS, .wants = "Key=Value" },
	[FORCE] = { "Force", NULL, PSS_KIND_SWITCH },
	[OUT] = { "OutVariable", "ov", PSS_KIND_VARIABLE },
	[REFUSED] = { "PipelineVariable", "pv", PSS_KIND_REFUSED, .help = "no pipelines" },
	[ARGV] = { NULL, NULL, PSS_KIND_ARGV },
	[NAME] = { "Name", NULL, PSS_KIND_TEXT },
	[INPUT] = { "InputObject", NULL, PSS_KIND_CHOICE, .choices = inputs, .absent = "$null" },
};

/* What came out, one line for each value that was given. */
static char *describe(const struct pss_value *values)
{
	GString *text = g_string_new(NULL);

	for (int i = 0; i < N_ROWS; i++) {
		if (!values[i].given)
			continue;
		g_string_append_printf(text, "%s%s=", text->len ? " " : "", rows[i].name ? rows[i].name : "--");
		switch (rows[i].kind) {
		case PSS_KIND_SWITCH:
			g_string_append(text, values[i].on ? "on" : "off");
			break;
		case PSS_KIND_NUMBER:
		case PSS_KIND_CHOICE:
			g_string_append_printf(text, "%lld", values[i].number);
			break;
		case PSS_KIND_TEXT:
		case PSS_KIND_VARIABLE:
			g_string_append_printf(text, "%s%s", values[i].append ? "+" : "", values[i].text);
			break;
		default:
			for (size_t j = 0; j < values[i].list.n_items; j++)
				g_string_append_printf(text, "<%s>", values[i].list.items[j]);
		}
	}
	return g_string_free(text, FALSE);
}

struct sample {
	const char *arguments; /* separated by '|' */
	const char *result;    /* what describe() says, or the error with a '!' in front */
};

static const struct sample samples[] = {
	{ "", "" },
	{ "web1", "ComputerName=<web1>" },
	{ "web1|uptime", "ComputerName=<web1> ScriptBlock=<uptime>" },
	{ "-ComputerName|web1", "ComputerName=<web1>" },
	{ "-computername|web1", "ComputerName=<web1>" },
	{ "-ComputerName:web1", "ComputerName=<web1>" },
	{ "-ComputerName:|web1", "ComputerName=<web1>" },
	{ "--computer-name=web1", "ComputerName=<web1>" },
	{ "--computer-name|web1", "ComputerName=<web1>" },
	{ "-Comp|web1", "ComputerName=<web1>" },
	{ "-HostName|web1", "ComputerName=<web1>" },
	{ "-cn|web1", "ComputerName=<web1>" },
	{ "-ComputerName|a,b|-ComputerName|c", "ComputerName=<a><b><c>" },
	{ "-ComputerName|a,,b,", "ComputerName=<a><b>" },
	{ "-ComputerName|a\nb\n", "ComputerName=<a><b>" },
	{ "web[1,3-5],db", "ComputerName=<web[1,3-5]><db>" },
	{ "web[1,db", "ComputerName=<web[1><db>" },
	{ "-Session|1|uptime", "Session=<1> ScriptBlock=<uptime>" },
	{ "-Session|-", "Session=<->" },
	{ "-Id|1,2|-Id:3", "Id=<1><2><3>" },
	{ "-Port|22", "Port=22" },
	{ "-Port:65535", "Port=65535" },
	{ "-Format|JSON", "Format=2" },
	{ "-Format|l", "Format=1" },
	{ "-Options|User=a,b|-Options|Port=1", "Options=<User=a,b><Port=1>" },
	{ "--options=User=a", "Options=<User=a>" },
	{ "-Force", "Force=on" },
	{ "-Force:false", "Force=off" },
	{ "-Force:$false", "Force=off" },
	{ "-Force:$TRUE", "Force=on" },
	{ "--force", "Force=on" },
	{ "-Force|web1", "ComputerName=<web1> Force=on" },
	{ "-ov|x", "OutVariable=x" },
	{ "-OutVariable|+x", "OutVariable=+x" },
	{ "web1|--|ls|-l|--", "ComputerName=<web1> --=<ls><-l><-->" },
	{ "web1|--", "ComputerName=<web1>" },
	/* A single dash and numbers below zero are values. */
	{ "-", "ComputerName=<->" },
	{ "a|-ScriptBlock:-x", "ComputerName=<a> ScriptBlock=<-x>" },

	{ "-Foo", "!-Foo: there is no such parameter" },
	{ "-oProxyCommand=x", "!-oProxyCommand: there is no such parameter" },
	{ "-Fo|x", "!-Fo is ambiguous: -Format, -Force" },
	{ "-O|x", "!-O is ambiguous: -Options, -OutVariable" },
	{ "-Port|99999", "!-Port wants a number from 1 to 65535, not '99999'" },
	{ "-Port|0", "!-Port wants a number from 1 to 65535, not '0'" },
	{ "-Port|-1", "!-Port wants a number from 1 to 65535, not '-1'" },
	{ "-Port|22x", "!-Port wants a number from 1 to 65535, not '22x'" },
	{ "-Port| 22", "!-Port wants a number from 1 to 65535, not ' 22'" },
	{ "-Port|0x16", "!-Port wants a number from 1 to 65535, not '0x16'" },
	{ "-Port|99999999999999999999", "!-Port wants a number from 1 to 65535, not '99999999999999999999'" },
	{ "-Port", "!-Port wants a number from 1 to 65535" },
	{ "-Port|--|22", "!-Port wants a number from 1 to 65535" },
	{ "-Port|-Force", "!-Port wants a number from 1 to 65535, not the parameter '-Force' "
			  "(a value that begins with a dash is given as -Port:VALUE)" },
	{ "-Port|1|-Port|2", "!-Port is given twice" },
	{ "-Id|1,x", "!-Id wants a number of at least 1, not 'x'" },
	{ "-Format|xml", "!-Format wants table, list or json, not 'xml'" },
	{ "-Format|", "!-Format wants table, list or json, not ''" },
	{ "-Force:maybe", "!-Force wants true or false, not 'maybe'" },
	{ "-Force:",
	  "!-Force: has an empty value; $false and $true are the shell's own variables: write -Force:false" },
	{ "-Session|", "!-Session wants a session, not ''" },
	{ "-Session|,", "!-Session wants a session, not ','" },
	{ "-OutVariable|+", "!-OutVariable wants the name of a variable, not ''" },
	{ "-PipelineVariable|x", "!-PipelineVariable: no pipelines" },
	{ "-pv:x", "!-PipelineVariable: no pipelines" },
	{ "-Session|1|-Id|2", "!-Session and -Id exclude each other" },
	{ "-Id|1|-ComputerName|a", "!-ComputerName and -Id exclude each other" },
	{ "a|-ScriptBlock|b|c", "!a positional parameter cannot be found that accepts argument 'c'" },

	/* Words behind the computer. */
	{ "a|ls|/tmp", "ComputerName=<a> ScriptBlock=<ls></tmp>" },
	{ "a|ls|-l|-Force", "ComputerName=<a> ScriptBlock=<ls><-l><-Force>" },
	{ "a|ls|-f|--|-x", "ComputerName=<a> ScriptBlock=<ls><-f><--><-x>" },
	{ "a|ls|--help", "ComputerName=<a> ScriptBlock=<ls><--help>" },
	{ "a|ls|-1", "ComputerName=<a> ScriptBlock=<ls><-1>" },
	{ "-Session|1|ls|-l", "Session=<1> ScriptBlock=<ls><-l>" },
	{ "a|ls|-force|-l", "ComputerName=<a> ScriptBlock=<ls><-l> Force=on" },
	{ "a|ls|-forc", "ComputerName=<a> ScriptBlock=<ls> Force=on" },
	{ "ls|-ComputerName|a", "ComputerName=<a> ScriptBlock=<ls>" },
	{ "a|ls x|-l", "!-l: there is no such parameter (words of the command go behind --, or into quotes)" },
	{ "a|ls|-Fo", "!-Fo is ambiguous: -Format, -Force (words of the command go behind --, or into quotes)" },
	{ "a|ps|-Id|2", "!'a' is the computer, and a parameter behind the command names another "
			"(words of the command go behind --, or into quotes)" },
	{ "a|", "!-ScriptBlock wants a command, not ''" },

	/* A value that the shell has made nothing of. */
	{ "a|-InputObject|-", "ComputerName=<a> InputObject=0" },
	{ "a|-InputObject|$null", "ComputerName=<a> InputObject=1" },
	{ "a|-InputObject", "ComputerName=<a> InputObject=1" },
	{ "a|-InputObject|-Force", "ComputerName=<a> Force=on InputObject=1" },
	{ "a|-InputObject|", "ComputerName=<a> InputObject=1" },
	{ "a|-InputObject:|x", "ComputerName=<a> ScriptBlock=<x> InputObject=1" },
	{ "-InputObject|x", "!-InputObject wants - or $null, not 'x'" },

	/* A list that a blank has cut in two. */
	{ "-ComputerName|a,|b", "!-ComputerName: the blank between 'a,' and 'b' ends the list; write it without blanks "
				"(a,b) or in quotes" },
	{ "-ComputerName|a|,b", "!-ComputerName: the blank between 'a' and ',b' ends the list; write it without blanks "
				"(a,b) or in quotes" },
	{ "a,|b", "!-ComputerName: the blank between 'a,' and 'b' ends the list; write it without blanks (a,b) or in "
		  "quotes" },
	{ "-Id|1,|2",
	  "!-Id: the blank between '1,' and '2' ends the list; write it without blanks (a,b) or in quotes" },
	{ "-ComputerName|a,|-Force", "ComputerName=<a> Force=on" },

	/* ssh's letters. */
	{ "-p|22", "Port=22" },
	{ "-o|x=y|-o|z=1", "Options=<x=y><z=1>" },
	{ "-J|jump|a", "ComputerName=<a> Options=<ProxyJump=jump>" },
	{ "-A|a", "ComputerName=<a> Options=<ForwardAgent=yes>" },
	{ "-o", "!-Options wants Key=Value" },
	{ "-p|22|-Port|23", "!-Port is given twice" },
	{ "-P|22", "!-P is ambiguous: -Port, -PipelineVariable" },
	{ "a|-n|x", "ComputerName=<a> ScriptBlock=<x> InputObject=1" },
	{ "-N|x", "Name=x" },
	{ "a|head|-n|5", "ComputerName=<a> ScriptBlock=<head><-n><5>" },
	{ "-l|x", "!-l: there is no such parameter" }, /* as there is no -UserName here */
	{ "-j|x", "!-j: there is no such parameter" },
	{ "-Foo\033[31m|x", "!-Foo?[31m: there is no such parameter" },
};

static void parse_sample(gconstpointer data)
{
	const struct sample *sample = data;
	g_auto(GStrv) arguments = g_strsplit(sample->arguments, "|", -1);
	struct pss_value values[N_ROWS] = { 0 };
	struct pss_parameter_group group = { rows, N_ROWS, values };
	char *error = NULL;

	int rc = pss_parameters_parse(&group, 1, (const char *const *)arguments, &error);
	g_autofree char *said = rc == PSS_PARSED ? describe(values) : g_strconcat("!", error, NULL);
	g_assert_cmpstr(said, ==, sample->result);
	pss_values_finish(values, N_ROWS);
	free(error);
}

static void help_and_version_win(void)
{
	static const struct {
		const char *argument;
		int result;
	} wanted[] = { { "--help", PSS_PARSED_HELP },
		       { "-?", PSS_PARSED_HELP },
		       { "-Help", PSS_PARSED_HELP },
		       { "--version", PSS_PARSED_VERSION } };

	for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++) {
		const char *arguments[] = { "-Force", wanted[i].argument, "-Nonsense", NULL };
		struct pss_value values[N_ROWS] = { 0 };
		struct pss_parameter_group group = { rows, N_ROWS, values };
		char *error = NULL;
		g_assert_cmpint(pss_parameters_parse(&group, 1, arguments, &error), ==, wanted[i].result);
		g_assert_null(error);
		pss_values_finish(values, N_ROWS);
	}
}

/* A name that is whole beats those that it begins: -In against -InstanceId. */
static void an_exact_name_beats_a_prefix(void)
{
	static const struct pss_parameter close[] = {
		{ "Id", NULL, PSS_KIND_NUMBER, .min = 1, .max = 9 },
		{ "IdleTimeout", "i", PSS_KIND_NUMBER, .min = 1, .max = 9 },
	};
	static const char *const arguments[] = { "-id", "3", "-i", "4", NULL };
	struct pss_value values[2] = { 0 };
	struct pss_parameter_group group = { close, 2, values };
	char *error = NULL;

	g_assert_cmpint(pss_parameters_parse(&group, 1, arguments, &error), ==, PSS_PARSED);
	g_assert_cmpint(values[0].number, ==, 3);
	g_assert_cmpint(values[1].number, ==, 4);
	pss_values_finish(values, 2);
}

/* Numbers stand for PowerShell's enum values where the row says so, and only there. */
static void a_choice_may_take_its_number(void)
{
	static const struct pss_parameter numbered[] = { { "Action", NULL, PSS_KIND_CHOICE, .choices = formats,
							   .max = 2 } };
	static const char *const arguments[] = { "-Action", "2", NULL };
	struct pss_value values[1] = { 0 };
	struct pss_parameter_group group = { numbered, 1, values };
	char *error = NULL;

	g_assert_cmpint(pss_parameters_parse(&group, 1, arguments, &error), ==, PSS_PARSED);
	g_assert_cmpint(values[0].number, ==, 2);
	pss_values_finish(values, 1);
}

static void more_unnamed_arguments_go_where_the_rest_goes(void)
{
	static const struct pss_parameter rest[] = {
		{ "ComputerName", NULL, PSS_KIND_LIST, .wants = "a computer", .position = 1, .rest = true },
	};
	static const char *const arguments[] = { "a", "b,c", "--", "-d", NULL };
	struct pss_value values[1] = { 0 };
	struct pss_parameter_group group = { rest, 1, values };
	char *error = NULL;

	g_assert_cmpint(pss_parameters_parse(&group, 1, arguments, &error), ==, PSS_PARSED);
	g_assert_cmpint(values[0].list.n_items, ==, 4);
	g_assert_cmpstr(values[0].list.items[3], ==, "-d");
	pss_values_finish(values, 1);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(samples); i++) {
		g_autofree char *escaped = g_strescape(samples[i].arguments, NULL);
		for (char *c = escaped; *c; c++)
			if (*c == '/')
				*c = '_';
		g_autofree char *name = g_strdup_printf("/parameter/%02zu: %s", i, escaped);
		g_test_add_data_func(name, &samples[i], parse_sample);
	}
	g_test_add_func("/parameter/help and version win", help_and_version_win);
	g_test_add_func("/parameter/an exact name beats a prefix", an_exact_name_beats_a_prefix);
	g_test_add_func("/parameter/a choice may take its number", a_choice_may_take_its_number);
	g_test_add_func("/parameter/more unnamed arguments go where the rest goes",
			more_unnamed_arguments_go_where_the_rest_goes);
	return g_test_run();
}
