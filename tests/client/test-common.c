/* SPDX-License-Identifier: MIT */
/* The common parameters: what each action does to each stream, every name and alias on every verb, and which variables
 * are set. A verb of the test's own stands in for the real ones; there is no terminal to ask on. */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "client/command/call.h"

enum { CONTINUE_BY_DEFAULT = -1, SILENTLY, STOP, CONTINUE, INQUIRE, IGNORE };

/* -- the shell: what was said, and the variables that were set */

static GString *said, *set;

static void say(const char *command, const char *message)
{
	g_string_append_printf(said, "%s\n", message);
}

static int check_array(const char *name)
{
	static const struct {
		const char *name;
		int rc;
	} known[] = { { "ro", -EROFS }, { "map", -EEXIST }, { "path", -EPERM }, { "1x", -EINVAL } };

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
		if (strcmp(name, known[i].name) == 0)
			return known[i].rc;
	return 0;
}

static int set_array(const char *name, const char *const *values, size_t n_values, bool append)
{
	g_string_append_printf(set, "%s%s=(", name, append ? "+" : "");
	for (size_t i = 0; i < n_values; i++)
		g_string_append_printf(set, "%s%s", i ? "|" : "", values[i]);
	g_string_append(set, ")\n");
	return 0;
}

static bool interrupted(void)
{
	return false;
}

static const struct pss_shell shell = {
	.name = "test", .error = say, .check_array = check_array, .set_array = set_array, .interrupted = interrupted
};

/* -- the verb: three targets, each tells the same */

static enum pss_stream stream;
static unsigned n_done;
static bool refuses;

static void tell(struct pss_call *call)
{
	switch (stream) {
	case PSS_STREAM_ERROR:
		pss_call_error(call, PSS_UNREACHABLE, "box", "no route");
		break;
	case PSS_STREAM_WARNING:
		pss_call_warning(call, "careful");
		break;
	default:
		pss_call_information(call, "welcome\n");
	}
}

static void run(struct pss_call *call)
{
	if (refuses) {
		pss_call_usage(call, "wrong");
		return;
	}
	for (n_done = 0; n_done < 3 && !call->stop; n_done++) {
		tell(call);
		pss_call_output(call, "thing");
	}
}

static const struct pss_verb verb = { .name = "test-verb", .summary = "x", .uses = PSS_USES_CONFIRM, .run = run };

/* Runs it; *ret_error is what came on standard error beside the shell's own sentences. */
static int call_verb(const char *const *arguments, char **ret_error)
{
	char name[] = "/tmp/pss-unit-XXXXXX";
	int kept = dup(STDERR_FILENO), file = mkstemp(name);

	said = g_string_new(NULL);
	set = g_string_new(NULL);
	dup2(file, STDERR_FILENO);
	int status = pss_verb_run(&verb, &shell, arguments);
	fflush(stderr);
	dup2(kept, STDERR_FILENO);
	close(kept);
	close(file);
	g_assert_true(g_file_get_contents(name, ret_error, NULL, NULL));
	g_unlink(name);
	return status;
}

static void forget(void)
{
	g_string_free(said, TRUE);
	g_string_free(set, TRUE);
}

/* -- actions */

static unsigned count(const char *text, const char *what)
{
	unsigned n = 0;

	for (const char *at = text; (at = strstr(at, what)); at += strlen(what))
		n++;
	return n;
}

static const struct {
	enum pss_stream stream;
	const char *action, *variable, *text;
	int error_status; /* where nothing is stopped */
} streams[] = {
	{ PSS_STREAM_ERROR, "-ErrorAction", "-ErrorVariable", "[box] no route\n", 255 },
	{ PSS_STREAM_WARNING, "-WarningAction", "-WarningVariable", "WARNING: careful\n", 0 },
	{ PSS_STREAM_INFORMATION, "-InformationAction", "-InformationVariable", "welcome\n", 0 },
};

static const struct {
	const char *action; /* NULL: not given */
	unsigned n_done, n_shown, n_kept;
	bool stops;
} actions[] = {
	{ NULL, 3, 3, 3, false },
	{ "Continue", 3, 3, 3, false },
	{ "continue", 3, 3, 3, false },
	{ "2", 3, 3, 3, false },
	{ "SilentlyContinue", 3, 0, 3, false },
	{ "Si", 3, 0, 3, false },
	{ "0", 3, 0, 3, false },
	{ "Ignore", 3, 0, 0, false },
	{ "4", 3, 0, 0, false },
	{ "Stop", 1, 1, 1, true },
	{ "1", 1, 1, 1, true },
	{ "Inquire", 1, 1, 1, true },
	{ "3", 1, 1, 1, true },
};

static void each_action_on_each_stream(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(streams); i++) {
		for (size_t j = 0; j < G_N_ELEMENTS(actions); j++) {
			const char *arguments[] = { streams[i].variable, "v", "-OutVariable", "o", streams[i].action,
						    actions[j].action,   NULL };
			g_autofree char *error = NULL;
			g_autofree char *all = NULL;
			if (!actions[j].action)
				arguments[4] = NULL;
			stream = streams[i].stream;
			int status = call_verb(arguments, &error);
			all = g_strconcat(said->str, error, NULL);
			g_test_message("%s %s: %s", streams[i].action, actions[j].action, all);
			g_assert_cmpuint(n_done, ==, actions[j].n_done);
			g_assert_cmpuint(count(all, streams[i].text), ==, actions[j].n_shown);
			g_assert_cmpuint(count(set->str, "no route") + count(set->str, "careful") +
						 count(set->str, "welcome"),
					 ==, actions[j].n_kept);
			g_assert_cmpuint(count(set->str, "thing"), ==, actions[j].n_done);
			/* A stop is never silent, and never a success. */
			g_assert_cmpint(status, ==,
					actions[j].stops && streams[i].error_status == 0 ? 1 : streams[i].error_status);
			g_assert_cmpuint(count(said->str, "stopped: "), ==,
					 actions[j].stops && (streams[i].stream != PSS_STREAM_ERROR ||
							      strchr("I3", actions[j].action[0])));
			forget();
		}
	}
}

/* -- names */

static const struct {
	const char *name, *alias, *value;
} names[] = {
	{ "-Verbose", "-vb", NULL },
	{ "-Debug", "-db", NULL },
	{ "-ErrorAction", "-ea", "Stop" },
	{ "-ErrorVariable", "-ev", "v" },
	{ "-WarningAction", "-wa", "Ignore" },
	{ "-WarningVariable", "-wv", "+v" },
	{ "-InformationAction", "-infa", "SilentlyContinue" },
	{ "-InformationVariable", "-iv", "v" },
	{ "-OutVariable", "-ov", "v" },
	{ "-OutBuffer", "-ob", "7" },
	{ "-ProgressAction", "-proga", "Continue" },
	{ "-PipelineVariable", "-pv", "v" },
	{ "-WhatIf", "-wi", NULL },
	{ "-Confirm", "-cf", NULL },
};

static const struct pss_verb *const verbs[] = {
#define ADDRESS(identifier, Identifier, name, capital_name) &pss_verb_##identifier,
	PSS_VERBS(ADDRESS)
};

/* Parses `arguments` as `of` would; 0, or -EINVAL and the sentence. */
static int parse(const struct pss_verb *of, const char *const *arguments, char **ret_error)
{
	struct pss_call *call = g_new0(struct pss_call, 1);
	struct pss_parameter_group groups[PSS_GROUPS_MAX];

	*ret_error = NULL;
	int rc = pss_parameters_parse(groups, pss_verb_groups(of, call, groups), arguments, ret_error);
	pss_values_finish(call->selectors, PSS_SELECTOR_COUNT);
	pss_values_finish(call->own, PSS_OWN_MAX);
	pss_values_finish(call->link, PSS_LINK_COUNT);
	pss_values_finish(call->confirm, PSS_CONFIRM_COUNT);
	pss_values_finish(call->common, PSS_COMMON_COUNT);
	g_free(call);
	return rc;
}

static bool is_confirm(size_t i)
{
	return strcmp(names[i].name, "-WhatIf") == 0 || strcmp(names[i].name, "-Confirm") == 0;
}

static void every_name_on_every_verb(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++) {
		for (size_t j = 0; j < 2 * G_N_ELEMENTS(names); j++) {
			const char *name = j % 2 ? names[j / 2].alias : names[j / 2].name;
			const char *arguments[] = { name, names[j / 2].value, NULL };
			char *error;
			int rc = parse(verbs[i], arguments, &error);
			g_test_message("%s %s: %s", verbs[i]->name, name, error);
			if (strcmp(names[j / 2].name, "-PipelineVariable") == 0) {
				g_assert_cmpint(rc, ==, -EINVAL);
				g_assert_nonnull(strstr(error, "-PipelineVariable: not supported, because"));
			} else if (is_confirm(j / 2) && !(verbs[i]->uses & PSS_USES_CONFIRM)) {
				g_assert_cmpint(rc, ==, -EINVAL);
				g_assert_nonnull(strstr(error, "there is no such parameter"));
			} else {
				g_assert_cmpint(rc, ==, 0);
			}
			free(error);
		}
	}
}

static void wrong_values_are_refused(void)
{
	static const char *const wrong[][2] = {
		{ "-ErrorAction", "Perhaps" }, { "-ErrorAction", "S" },      { "-ErrorAction", "5" },
		{ "-ErrorAction", "-1" },      { "-WarningAction", "" },     { "-InformationAction", "I" },
		{ "-OutBuffer", "-1" },        { "-OutBuffer", "x" },        { "-ErrorVariable", "" },
		{ "-ErrorVariable", "+" },     { "-Verbose:perhaps", NULL }, { "-OutVariable", NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
		const char *arguments[] = { wrong[i][0], wrong[i][1], NULL };
		char *error;
		g_assert_cmpint(parse(&pss_verb_exit, arguments, &error), ==, -EINVAL);
		g_assert_nonnull(error);
		free(error);
	}
}

/* -- variables */

static const struct {
	const char *arguments; /* separated by blanks */
	int status;
	const char *set, *said;
} variables[] = {
	{ "-ov o", 0, "o=(thing|thing|thing)\n", "" },
	{ "-ov +o", 0, "o+=(thing|thing|thing)\n", "" },
	{ "-ev e", 0, "e=()\n", "" },
	{ "-ov +x -wv x", 0, "x=(careful|careful|careful)\nx+=(thing|thing|thing)\n", "" },
	{ "-ov x -wv x", 2, "", "-WarningVariable and -OutVariable name the same variable, x\n" },
	{ "-ov ro", 2, "", "-OutVariable: ro is a readonly variable\n" },
	{ "-iv +ro", 2, "", "-InformationVariable: ro is a readonly variable\n" },
	{ "-wv map", 2, "", "-WarningVariable: map is a variable that cannot become an array\n" },
	{ "-ev path", 2, "", "-ErrorVariable: path is a variable of the shell's own\n" },
	{ "-ov 1x", 2, "", "-OutVariable wants the name of a variable, not '1x'\n" },
};

static void variables_are_set_or_refused(void)
{
	stream = PSS_STREAM_WARNING;
	for (size_t i = 0; i < G_N_ELEMENTS(variables); i++) {
		g_auto(GStrv) arguments = g_strsplit(variables[i].arguments, " ", -1);
		g_autofree char *error = NULL;
		n_done = 0;
		g_assert_cmpint(call_verb((const char *const *)arguments, &error), ==, variables[i].status);
		g_assert_cmpstr(set->str, ==, variables[i].set);
		g_assert_cmpstr(said->str, ==, variables[i].said);
		g_assert_cmpuint(n_done, ==, variables[i].status ? 0 : 3);
		forget();
	}
}

static void a_usage_error_leaves_variables_alone(void)
{
	static const char *const arguments[] = { "-ov", "o", "-ev", "e", "-ea", "Ignore", NULL };
	g_autofree char *error = NULL;

	refuses = true;
	g_assert_cmpint(call_verb(arguments, &error), ==, 2);
	g_assert_cmpstr(set->str, ==, "");
	g_assert_cmpstr(said->str, ==, "wrong\n");
	refuses = false;
	forget();
}

static void what_is_kept_is_clean(void)
{
	struct pss_call call = { .shell = &shell, .verb = &verb };

	g_assert_true(pss_call_keep(&call, PSS_STREAM_INFORMATION, "\033[1mWelcome\033[m\r\nto box\r\n\r\n"));
	g_assert_cmpstr(call.streams[PSS_STREAM_INFORMATION].items[0], ==, "Welcome\nto box");
	call.common[PSS_COMMON_INFORMATION_ACTION] = (struct pss_value){ .given = true, .number = IGNORE };
	g_assert_false(pss_call_keep(&call, PSS_STREAM_INFORMATION, "x"));
	g_assert_cmpuint(call.streams[PSS_STREAM_INFORMATION].n_items, ==, 1);
	pss_texts_finish(&call.streams[PSS_STREAM_INFORMATION]);
}

int main(int argc, char **argv)
{
	/* No terminal to ask on, even when a person runs this. */
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
	if (tty >= 0)
		ioctl(tty, TIOCNOTTY);
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/common/each action on each stream", each_action_on_each_stream);
	g_test_add_func("/common/every name on every verb", every_name_on_every_verb);
	g_test_add_func("/common/wrong values are refused", wrong_values_are_refused);
	g_test_add_func("/common/variables are set or refused", variables_are_set_or_refused);
	g_test_add_func("/common/a usage error leaves variables alone", a_usage_error_leaves_variables_alone);
	g_test_add_func("/common/what is kept is clean", what_is_kept_is_clean);
	return g_test_run();
}
