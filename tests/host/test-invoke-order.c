/* SPDX-License-Identifier: MIT */
/* Random sequences of invocations in one session, against a model: `test-invoke-order SHELL [gtest options]`; 40 of
 * them, 500 with -m slow. Each has its own way to give input (none, open and silent, bytes with and without an end,
 * early and late), to read it (not at all, in part, to its end, in the background) and to end (by itself, interrupted,
 * given up). Whatever went before, its output, status and what it may read must be as if it were the only one. The seed
 * is printed; --seed repeats it. */
#include <stdio.h>
#include <string.h>

#include "invoke-client.h"
#include "wire/status.h"

#define STEPS_MAX 8
#define BIG 100000

/* How the input comes: bytes are sent before the command can have begun, or once it has said so. */
typedef enum { NO_INPUT, SILENT, ONLY_END, EARLY, EARLY_OPEN, LATE, LATE_OPEN, BIG_OPEN, N_INPUTS } Input;

static gboolean ends(Input input)
{
	return input == NO_INPUT || input == ONLY_END || input == EARLY || input == LATE;
}

static gboolean has_bytes(Input input)
{
	return input >= EARLY;
}

typedef struct {
	const char *text;   /* of the command; says "begun" first */
	const char *fish;   /* the same in its words; NULL: as text */
	gboolean to_end;    /* it runs until its input ends */
	gboolean wants;     /* it runs until it has a line, or its input ends */
	gboolean for_ever;  /* it runs until it is interrupted */
	const char *out;    /* what it prints; @ is its number; % the bytes of its input */
	const char *silent; /* the same where there are no bytes; NULL: as out */
	int status;
} Kind;

static const Kind kinds[] = {
	{ .text = "echo begun; echo @", .out = "begun\n@\n" },
	{ .text = "echo begun; (exit 7)", .fish = "echo begun; sh -c 'exit 7'", .out = "begun\n", .status = 7 },
	{ .text = "sh -c 'echo begun; exec cat'", .to_end = TRUE, .out = "begun\n%" },
	{ .text = "echo begun; wc -c | tr -d ' '", .to_end = TRUE, .out = "begun\n#\n" },
	{ .text = "echo begun; read -r x; echo \"<$x>\"",
	  .fish = "echo begun; read x; echo \"<$x>\"",
	  .wants = TRUE,
	  .out = "begun\n<line @>\n",
	  .silent = "begun\n<>\n" },
	{ .text = "sh -c 'echo begun; exec dd bs=1 count=4 2>/dev/null'; echo",
	  .wants = TRUE,
	  .out = "begun\nline\n",
	  .silent = "begun\n\n" },
	{ .text = "echo begun; { echo @; } <&-", .fish = "echo begun; begin; echo @; end <&-", .out = "begun\n@\n" },
	{ .text = "echo begun; cat <&0 >/dev/null & echo @", .out = "begun\n@\n" },
	{ .text = "echo begun; (cat <&0 >/dev/null 2>&1 &) >/dev/null; echo @",
	  .fish = "echo begun; sh -c 'cat <&0 >/dev/null 2>&1 &' >/dev/null; echo @",
	  .out = "begun\n@\n" },
	{ .text = "echo begun; exit 3", .out = "begun\n", .status = 3 },
	{ .text = "sh -c 'echo begun; exec sleep 1000'", .for_ever = TRUE, .out = "begun\n" },
	{ .text = "sh -c 'echo begun; exec yes >/dev/null'", .for_ever = TRUE, .out = "begun\n" },
};

typedef struct {
	const Kind *kind;
	Input input;
	gboolean give_up; /* rather than interrupt */
	guint number;
	uint32_t id;
	GByteArray *bytes;
	TestResult result;
} Step;

/* It comes to its end by itself. */
static gboolean is_finite(const Step *step)
{
	if (step->kind->for_ever)
		return FALSE;
	if (step->kind->to_end)
		return ends(step->input);
	return !step->kind->wants || ends(step->input) || has_bytes(step->input);
}

static const char *text_of(const Kind *kind)
{
	return kind->fish && test_invoke_is_fish() ? kind->fish : kind->text;
}

static GByteArray *make_bytes(const Step *step)
{
	GByteArray *bytes = g_byte_array_new();
	g_autofree char *line = g_strdup_printf("line %u\n", step->number);

	if (has_bytes(step->input))
		g_byte_array_append(bytes, (const guint8 *)line, (guint)strlen(line));
	while (step->input == BIG_OPEN && bytes->len < BIG)
		g_byte_array_append(bytes, (const guint8 *)"more\n", 5);
	return bytes;
}

static char *fill(const Step *step, const char *text)
{
	GString *filled = g_string_new(text);
	g_autofree char *number = g_strdup_printf("%u", step->number);
	g_autofree char *length = g_strdup_printf("%u", step->bytes->len);
	g_autofree char *bytes = g_strndup(step->bytes->len ? (const char *)step->bytes->data : "", step->bytes->len);

	g_string_replace(filled, "@", number, 0);
	g_string_replace(filled, "#", length, 0);
	g_string_replace(filled, "%", bytes, 0);
	return g_string_free(filled, FALSE);
}

static void send_bytes(TestInvoker *invoker, const Step *step)
{
	if (step->bytes->len > 0)
		test_invoke_input(invoker, step->id, step->bytes->data, step->bytes->len);
	if (step->input != NO_INPUT && ends(step->input))
		test_invoke_input(invoker, step->id, NULL, 0);
}

static void begin(TestInvoker *invoker, Step *step)
{
	g_autofree char *plain = fill(step, text_of(step->kind));
	g_autofree char *text = test_invoke_in_foreground(plain);

	step->id = test_invoke_start(invoker, text, step->input != NO_INPUT, TRUE);
	if (step->input != LATE && step->input != LATE_OPEN)
		send_bytes(invoker, step);
}

static void end(TestInvoker *invoker, Step *step)
{
	TestResult *result = &step->result;

	if (step->input == LATE || step->input == LATE_OPEN || !is_finite(step))
		test_invoke_await(invoker, step->id, result, "begun\n");
	if (step->input == LATE || step->input == LATE_OPEN)
		send_bytes(invoker, step);
	if (!is_finite(step))
		test_invoke_stop(invoker, step->id, step->give_up);
	while (test_invoke_take(invoker, step->id, result))
		;
}

static void check(const Step *step)
{
	const Kind *kind = step->kind;
	const TestResult *result = &step->result;
	g_autofree char *out = fill(step, has_bytes(step->input) || !kind->silent ? kind->out : kind->silent);

	if (!is_finite(step)) {
		g_assert_cmpint(result->status, ==, step->give_up ? PSS_INTERRUPTED : PSS_OK);
		if (!step->give_up)
			g_assert_cmpint(result->exit_status, ==, 130);
		return;
	}
	g_autofree char *got = g_strndup((const char *)result->out->data, result->out->len);
	g_autofree char *err = g_strndup((const char *)result->err->data, result->err->len);
	int status = (int)result->exit_status;
	if (strcmp(got, out) != 0 || status != kind->status)
		g_test_message("wanted \"%.200s\" and %d, got \"%.200s\" and %d, with \"%.200s\"", out, kind->status,
			       got, status, err);
	g_assert_cmpint(result->status, ==, PSS_OK);
	g_assert_cmpint(status, ==, kind->status);
	g_assert_cmpmem(result->out->data, result->out->len, out, strlen(out));
}

/* An interrupt that comes while a shell starts a command may be lost, natively too: so what is interrupted says itself
 * that it has begun. fish's `read` takes none where its input is no terminal. */
static gboolean is_fair(const Step *step)
{
	return is_finite(step) || g_str_has_prefix(step->kind->text, "sh -c") ||
	       (strstr(step->kind->text, "; read") && !test_invoke_is_fish());
}

static void draw_once(Step *step, guint number)
{
	*step = (Step){
		.kind = &kinds[g_test_rand_int_range(0, G_N_ELEMENTS(kinds))],
		.input = (Input)g_test_rand_int_range(0, N_INPUTS),
		.give_up = g_test_rand_int_range(0, 4) == 0,
		.number = number,
		.result = { g_byte_array_new(), g_byte_array_new(), 99, 999, 0 },
	};
	step->bytes = make_bytes(step);
}

static void clear(Step *step)
{
	g_byte_array_unref(step->bytes);
	test_result_clear(&step->result);
}

static void draw(Step *step, guint number)
{
	for (draw_once(step, number); !is_fair(step); draw_once(step, number))
		clear(step);
}

static void run_sequence(TestInvoker *invoker, guint sequence)
{
	guint n = (guint)g_test_rand_int_range(1, STEPS_MAX + 1);

	for (guint i = 0; i < n; i++) {
		Step step;
		draw(&step, sequence * STEPS_MAX + i);
		g_test_message("%u.%u: input %d, %s%s", sequence, i, (int)step.input, step.kind->text,
			       is_finite(&step) ? ""
			       : step.give_up   ? ", given up"
						: ", interrupted");
		begin(invoker, &step);
		end(invoker, &step);
		check(&step);
		clear(&step);
	}
}

static void test_order(TestInvoker *invoker, gconstpointer data)
{
	guint n = g_test_slow() ? 500 : 40;

	for (guint i = 0; i < n; i++)
		run_sequence(invoker, i);
}

/* Nobody is there to interrupt again what nobody waits for any more: wherever the shell is, on its way to the command
 * or in it, the session is soon free for the next one, which notices nothing. */
static void test_given_up_at_any_moment(TestInvoker *invoker, gconstpointer data)
{
	static const char *const texts[] = { "sleep 1000", "sleep 1000; sleep 1000", "sh -c 'sleep 1000; exit 3'",
					     "while sleep 0.01; do true; done" };
	TestResult result = { g_byte_array_new(), g_byte_array_new(), 99, 999, 0 };

	for (guint i = 0; i < 4 * G_N_ELEMENTS(texts); i++) {
		g_test_message("%u: %s", i, texts[i % G_N_ELEMENTS(texts)]);
		uint32_t id = test_invoke_start(invoker, texts[i % G_N_ELEMENTS(texts)], FALSE, TRUE);
		for (guint turns = 0; turns < i * 3; turns++)
			g_main_context_iteration(NULL, FALSE);
		test_invoke_stop(invoker, id, TRUE);
		while (test_invoke_take(invoker, id, &result))
			;
		g_assert_cmpint(result.status, ==, PSS_INTERRUPTED);
		g_byte_array_set_size(result.out, 0);
		id = test_invoke_start(invoker, "echo next; sleep 0.02; echo last", FALSE, TRUE);
		while (test_invoke_take(invoker, id, &result))
			;
		g_assert_cmpint(result.exit_status, ==, 0);
		g_assert_cmpmem(result.out->data, result.out->len, "next\nlast\n", 10);
		g_byte_array_set_size(result.out, 0);
	}
	test_result_clear(&result);
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	test_invoke_shell = argv[1];
	argv[1] = argv[0];
	argc--;
	argv++;
	g_test_init(&argc, &argv, NULL);
	g_autofree char *program = g_find_program_in_path(test_invoke_shell);
	if (!program)
		return puts("1..0 # SKIP not installed") < 0;
	g_autofree char *path = g_strdup_printf("/%s/order", test_invoke_shell);
	g_autofree char *given_up = g_strdup_printf("/%s/given up at any moment", test_invoke_shell);
	g_test_add(path, TestInvoker, NULL, test_invoker_init, test_order, test_invoker_finish);
	g_test_add(given_up, TestInvoker, NULL, test_invoker_init, test_given_up_at_any_moment, test_invoker_finish);
	return g_test_run();
}
