/* SPDX-License-Identifier: MIT */
/* What invoke-command makes of the bytes that targets print, in each form: from a request that is a literal, without a
 * host process, into the queues for standard output and error. */
#include <errno.h>
#include <glib.h>
#include <string.h>

#include "client/invoke/private.h"

typedef struct {
	struct pss_call call;
	struct pss_invoke_run run;
	struct pss_invoke_target targets[3];
	struct pss_invoke invoke;
} Fixture;

static void set_up(Fixture *f, struct pss_invoke_request request)
{
	static const char *const labels[] = { "one", "two", "three" };

	*f = (Fixture){ .run.terminal.fd = -1 };
	for (size_t i = 0; i < G_N_ELEMENTS(labels); i++)
		f->targets[i] = (struct pss_invoke_target){ .label = labels[i], .state = PSS_INVOKE_RUNNING };
	f->invoke = (struct pss_invoke){
		.call = &f->call,
		.request = request,
		.targets = f->targets,
		.n_targets = G_N_ELEMENTS(labels),
		.run = &f->run,
	};
}

static void print(Fixture *f, size_t target, int stream, const char *text)
{
	g_assert_true(pss_invoke_show(&f->invoke, &f->targets[target], stream, text, strlen(text)));
}

static void end(Fixture *f, size_t target, int exit_status)
{
	f->targets[target].result.exit_status = exit_status;
	pss_invoke_show_end(&f->invoke, &f->targets[target]);
	f->targets[target].state = PSS_INVOKE_DONE;
}

/* What is to be written there, and nothing else. */
static void expect(Fixture *f, int stream, const char *text)
{
	struct pss_buffer *queue = &f->run.output.queue[stream];
	g_autofree char *got = g_strndup(queue->length ? (const char *)pss_buffer_bytes(queue) : "", queue->length);

	g_assert_cmpstr(got, ==, text);
	pss_buffer_consume(queue, queue->length);
}

static void tear_down(Fixture *f)
{
	for (int stream = 0; stream < 2; stream++) {
		g_assert_cmpuint(f->run.output.queue[stream].length, ==, 0);
		pss_buffer_finish(&f->run.output.queue[stream]);
		for (size_t i = 0; i < G_N_ELEMENTS(f->targets); i++)
			pss_buffer_finish(&f->targets[i].output.partial[stream]);
	}
	g_assert_cmpuint(f->run.output.n_held, ==, 0);
}

static void test_lines(void)
{
	Fixture f;

	set_up(&f, (struct pss_invoke_request){ .form = PSS_FORM_LINES });
	print(&f, 0, 0, "a\nb");
	print(&f, 1, 0, "whole\n");
	expect(&f, 0, "one: a\ntwo: whole\n");
	print(&f, 0, 0, "c\n\nunfinished");
	print(&f, 0, 1, "wrong\n");
	expect(&f, 0, "one: bc\none: \n");
	expect(&f, 1, "one: wrong\n");
	end(&f, 0, 0);
	expect(&f, 0, "one: unfinished\n");
	end(&f, 1, 3);
	tear_down(&f);
}

static void test_color(void)
{
	Fixture f;

	set_up(&f, (struct pss_invoke_request){ .form = PSS_FORM_LINES, .color = { true, false } });
	print(&f, 0, 0, "a\n");
	print(&f, 0, 1, "b\n");
	struct pss_buffer *queue = &f.run.output.queue[0];
	g_autofree char *got = g_strndup((const char *)pss_buffer_bytes(queue), queue->length);
	g_assert_true(g_str_has_prefix(got, "\033["));
	g_assert_true(g_str_has_suffix(got, "mone:\033[0m a\n"));
	pss_buffer_consume(queue, queue->length);
	expect(&f, 1, "one: b\n");
	tear_down(&f);
}

/* Nothing in a line reaches the label in front of it. */
static void test_terminal(void)
{
	Fixture f;

	set_up(&f, (struct pss_invoke_request){ .form = PSS_FORM_LINES });
	f.run.output.on_terminal[0] = true;
	print(&f, 0, 0, "\033[2J\033[1;1Hhidden\n");
	expect(&f, 0, "one: hidden\n");
	print(&f, 0, 0, "50%\r100%\n");
	expect(&f, 0, "one: 50%\rone: 100%\n");
	print(&f, 0, 0, "ab\b\b\b\b\bc\n");
	expect(&f, 0, "one: c\n");
	print(&f, 0, 0, "\033[31mred\n");
	expect(&f, 0, "one: \033[31mred\033[m\n");
	print(&f, 0, 0, "as on DOS\r\n");
	expect(&f, 0, "one: as on DOS\n");
	tear_down(&f);
}

static void test_json(void)
{
	Fixture f;

	set_up(&f, (struct pss_invoke_request){ .form = PSS_FORM_JSON });
	print(&f, 0, 0, "a \"b\"\t\\\n");
	expect(&f, 0, "{\"host\":\"one\",\"stream\":\"stdout\",\"text\":\"a \\\"b\\\"\\u0009\\\\\"}\n");
	print(&f, 0, 1, "\xff\xfe\n");
	expect(&f, 0, "{\"host\":\"one\",\"stream\":\"stderr\",\"data_base64\":\"//4=\"}\n");
	print(&f, 1, 0, "last");
	expect(&f, 0, "");
	end(&f, 1, 7);
	expect(&f, 0, "{\"host\":\"two\",\"stream\":\"stdout\",\"text\":\"last\"}\n{\"host\":\"two\",\"status\":7}\n");
	f.targets[2].result.reason = (char *)"no \"route\"";
	end(&f, 2, 255);
	expect(&f, 0, "{\"host\":\"three\",\"status\":255,\"reason\":\"no \\\"route\\\"\"}\n");
	tear_down(&f);
}

/* Equal outputs once, if their statuses are equal, too; one that was not reached has none. */
static void test_groups(void)
{
	Fixture f;

	set_up(&f, (struct pss_invoke_request){ .form = PSS_FORM_GROUPED });
	print(&f, 0, 0, "same\n");
	print(&f, 1, 0, "sa");
	print(&f, 1, 0, "me\n");
	print(&f, 2, 0, "same\n");
	print(&f, 2, 1, "at once\n");
	expect(&f, 1, "three: at once\n");
	end(&f, 0, 0);
	end(&f, 1, 0);
	end(&f, 2, 1);
	expect(&f, 0, "");
	pss_invoke_show_groups(&f.invoke);
	expect(&f, 0,
	       "---------------- one,two (2) ----------------\nsame\n"
	       "---------------- three status 1 ----------------\nsame\n");
	f.targets[0].result.outcome = PSS_OUTCOME_UNREACHABLE;
	f.targets[2].result.outcome = PSS_OUTCOME_UNREACHABLE;
	pss_invoke_show_groups(&f.invoke);
	expect(&f, 0, "---------------- two ----------------\nsame\n");
	tear_down(&f);
}

static void test_forms(void)
{
	static const struct {
		bool json, grouped, hides_names;
		size_t n_targets;
		enum pss_invoke_form form;
	} samples[] = {
		{ false, false, false, 1, PSS_FORM_BARE }, { false, false, false, 2, PSS_FORM_LINES },
		{ false, false, true, 2, PSS_FORM_BARE },  { false, true, false, 1, PSS_FORM_GROUPED },
		{ true, false, true, 1, PSS_FORM_JSON },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(samples); i++)
		g_assert_cmpint(pss_invoke_form_of(samples[i].json, samples[i].grouped, samples[i].hides_names,
						   samples[i].n_targets),
				==, samples[i].form);
}

/* What a command's status is that was not let finish. */
static void test_early_status(void)
{
	Fixture f;

	set_up(&f, (struct pss_invoke_request){ .form = PSS_FORM_LINES });
	f.run.output.error = ENOSPC;
	g_assert_cmpint(pss_invoke_early_status(&f.invoke), ==, 1);
	f.run.output.error = EPIPE;
	g_assert_cmpint(pss_invoke_early_status(&f.invoke), ==, 141);
	f.run.ending.n_interrupts = 1;
	g_assert_cmpint(pss_invoke_early_status(&f.invoke), ==, 130);
	/* Nothing is queued after an error, so that nothing waits to be written. */
	print(&f, 0, 0, "lost\n");
	g_assert_false(pss_invoke_has_output(&f.invoke));
	tear_down(&f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/invoke-output/lines", test_lines);
	g_test_add_func("/invoke-output/color", test_color);
	g_test_add_func("/invoke-output/terminal", test_terminal);
	g_test_add_func("/invoke-output/json", test_json);
	g_test_add_func("/invoke-output/groups", test_groups);
	g_test_add_func("/invoke-output/forms", test_forms);
	g_test_add_func("/invoke-output/early status", test_early_status);
	return g_test_run();
}
