/* SPDX-License-Identifier: MIT */
/* What a holder says that does not keep to PROTOCOL.md: whoever has the remote account can make it say anything. The
 * session ends with a cause, and this process keeps no more than is legal on the way. */
#include <string.h>

#include "base/error.h"
#include "holder-fixture.h"

/* -- greetings */

static const struct {
	const char *line;
	PssResilientState state;
	const char *words;
} greetings[] = {
	{ "h 0 0 perl-2 0", PSS_RESILIENT_UP },
	{ "n", PSS_RESILIENT_PLAIN },
	{ "n no perl", PSS_RESILIENT_PLAIN },
	{ "g", PSS_RESILIENT_LOST, "has exited" },
	{ "x", PSS_RESILIENT_LOST, "it sent malformed data" },
	{ "", PSS_RESILIENT_LOST, "it sent malformed data" },
	{ "h", PSS_RESILIENT_LOST, "it sent malformed data" },
	{ "h 1 0 perl-2 0", PSS_RESILIENT_LOST, "out of step" },
	{ "h 0 1 perl-2 1", PSS_RESILIENT_LOST, "out of step" },
	{ "o", PSS_RESILIENT_LOST, "another client" },
	{ "b", PSS_RESILIENT_LOST, "in use by another client" },
	{ "b you", PSS_RESILIENT_LOST, "in use by you" },
};

static void greeting(gconstpointer data)
{
	guint i = GPOINTER_TO_UINT(data);
	HeldFixture f;

	held_begin(&f);
	holder_greets(&f, greetings[i].line);
	g_assert_cmpint(f.resilient->state, ==, greetings[i].state);
	if (greetings[i].words && !strstr(f.link.lost->message, greetings[i].words))
		g_error("'%s' is not in '%s'", greetings[i].words, f.link.lost->message);
	held_end(&f);
}

static void noise_then_greeting(void)
{
	g_autofree char *noise = g_strnfill(64 * 1024, '\036');
	HeldFixture f;

	held_begin(&f);
	for (guint i = 0; i < 160; i++) {
		holder_says(noise, 64 * 1024);
		g_assert_cmpuint(f.resilient->connection.early->len, <, 64);
	}
	holder_greets(&f, "h 0 0 perl-2 0");
	g_assert_cmpint(f.resilient->state, ==, PSS_RESILIENT_UP);
	held_end(&f);
}

static void endless_greeting(void)
{
	g_autofree char *more = g_strnfill(16 * 1024, 'h');
	HeldFixture f;

	held_begin(&f);
	holder_says(f.resilient->greeting_start, strlen(f.resilient->greeting_start));
	for (guint i = 0; i < 10; i++)
		holder_says(more, 16 * 1024);
	held_expect_lost(&f, "no end");
	held_end(&f);
}

/* -- the down stream */

static const char *const no_frames[] = {
	"\n",
	" \n",
	"1\n",
	"1 1\n",
	"1 1 \n",
	"1 1 x\n",
	"1 1 1 \n",
	"9 1 1\n",
	"a 1\n",
	"a 99 0\n",
	"x\n",
	"t 1\n",
	"l 1 -\n",
	"1 1 1048577\n",
	"1 1 18446744073709551615\n",
	"1 99999999999 1\n",
	"a 18446744073709551615 0\n",
	"h 0 0 perl-2 0\n",
	"11111111111111111111111111111111111111111111111111111111111111111111111111111111",
};

static void no_frame(gconstpointer text)
{
	HeldFixture f;

	held_begin_up(&f);
	holder_says(text, strlen(text));
	held_expect_lost(&f, "it sent malformed data");
	held_end(&f);
}

/* Frames of all kinds for children that are not there. */
static void nobodys_frames(void)
{
	static const char frames[] = "1 7 3\nabc2 8 1\nxt 7 99999\nx 9 1\n1 1 2\nok";
	HeldFixture f;

	held_begin_up(&f);
	holder_says(frames, strlen(frames));
	g_assert_cmpuint(f.link.n_lost, ==, 0);
	g_assert_cmpstr(f.channel.out->str, ==, "ok");
	held_end(&f);
}

/* Only who takes over may be brought back what nobody has seen, and not more than is kept. */
static void brings_back_unasked(void)
{
	HeldFixture f;

	held_begin_up(&f);
	holder_says("u 1 2\nok", 8);
	held_expect_lost(&f, "more than it can have kept");
	held_end(&f);
}

static void brings_back(const char *frame, guint n_frames, guint n_legal)
{
	g_autofree char *data = g_strnfill(64 * 1024, 'x');
	HeldFixture f;

	held_begin_restored(&f, "h 0 0 perl-3 60000000 3 memo");
	for (guint i = 0; i < n_frames; i++) {
		holder_says(frame, strlen(frame));
		holder_says(data, 64 * 1024);
	}
	g_assert_cmpuint(n_brought_back, ==, n_legal * 64 * 1024);
	if (n_legal < n_frames)
		held_expect_lost(&f, "more than it can have kept");
	held_end(&f);
}

static void brings_back_too_much(void)
{
	brings_back("u 1 65536\n", 8, 8);
	brings_back("u 1 65536\n", 70, 64);
	brings_back("u 9 65536\n", 1, 0);
}

/* One that is told to stop, and has sent 3 MiB by then, loses nothing; one that goes on is ended. */
static void flood(gsize n_piece, guint n_legal, gboolean passes_on)
{
	g_autofree char *piece = g_strnfill(n_piece, 'x');
	HeldFixture f;

	held_begin_up(&f);
	f.channel.discard = TRUE;
	pss_channel_held_set_passing(f.channel.channel, passes_on);
	pss_channel_pause(f.channel.channel, TRUE);
	for (guint i = 0; i < n_legal || !f.link.n_lost; i++) {
		g_autofree char *header = g_strdup_printf("%u 1 %" G_GSIZE_FORMAT "\n", 1 + i % 2, n_piece);
		holder_says(header, strlen(header));
		holder_says(piece, n_piece);
		if (i == n_legal) {
			g_assert_cmpuint(f.link.n_lost, ==, 0);
			g_assert_nonnull(strstr(holder_heard->str, " z 1 1\n"));
		}
		if (i % 1000 == 0 || n_piece > 1000)
			run_pending();
		g_assert_cmpuint((gsize)i * n_piece, <, 64u * MIB);
	}
	held_expect_lost(&f, "more than it was allowed to");
	held_end(&f);
}

static void flood_of_large_frames(void)
{
	flood(64 * 1024, 3 * MIB / (64 * 1024), FALSE);
	flood(64 * 1024, 3 * MIB / (64 * 1024), TRUE);
}

static void flood_of_small_frames(void)
{
	flood(1, MIB / 7, FALSE);
}

static void held_back_in_order(void)
{
	g_autoptr(GString) wanted = g_string_new(NULL);
	HeldFixture f;

	held_begin_up(&f);
	pss_channel_pause(f.channel.channel, TRUE);
	for (guint i = 0; i < 100000; i++) {
		g_autofree char *text = g_strdup_printf("%u,", i);
		g_autofree char *frame = g_strdup_printf("1 1 %u\n%s", (guint)strlen(text), text);
		holder_says(frame, strlen(frame));
		g_string_append(wanted, text);
	}
	holder_says("x 1 3\n", 6);
	g_assert_cmpuint(f.channel.out->len, ==, 0);
	g_assert_cmpuint(f.channel.n_closed, ==, 0);
	pss_channel_pause(f.channel.channel, FALSE);
	g_assert_true(g_str_equal(f.channel.out->str, wanted->str));
	g_assert_cmpint(f.channel.exit_status, ==, 3);
	held_end(&f);
}

/* -- the lines that are kept until they are obeyed */

static void feed_input(HeldFixture *f, guint n_mib, gboolean taken, gboolean obeyed)
{
	g_autofree char *block = g_strnfill(MIB, 'i');

	for (guint i = 0; i < n_mib; i++) {
		pss_channel_write(f->channel.channel, block, MIB);
		g_string_truncate(holder_heard, 0);
		if (taken)
			holder_says("t 1 1048576\n", 12);
		if (obeyed) {
			g_autofree char *line =
				g_strdup_printf("a %" G_GUINT64_FORMAT " 0\n", f->resilient->numbered.last);
			holder_says(line, strlen(line));
		}
		run_pending();
	}
}

static void never_obeys(void)
{
	HeldFixture f;

	held_begin_up(&f);
	feed_input(&f, 64, TRUE, FALSE);
	held_expect_lost(&f, "does not say which requests it has carried out");
	held_end(&f);
}

/* Its child takes nothing: who sends stops by pss_channel_pending(), or has one long line. */
static void never_takes(void)
{
	HeldFixture f;

	held_begin_up(&f);
	feed_input(&f, 64, FALSE, FALSE);
	g_assert_cmpuint(f.link.n_lost, ==, 0);
	g_assert_cmpuint(pss_channel_pending(f.channel.channel), ==, 64 * MIB);
	held_end(&f);
}

static void obeys(void)
{
	HeldFixture f;

	held_begin_up(&f);
	feed_input(&f, 64, TRUE, TRUE);
	g_assert_cmpuint(f.link.n_lost, ==, 0);
	g_assert_cmpuint(f.resilient->numbered.n_bytes, ==, 0);
	held_end(&f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(greetings); i++) {
		g_autofree char *path = g_strdup_printf("/resilient/greeting '%s'", greetings[i].line);
		g_test_add_data_func(path, GUINT_TO_POINTER(i), greeting);
	}
	g_test_add_func("/resilient/noise, then the greeting", noise_then_greeting);
	g_test_add_func("/resilient/a greeting without an end", endless_greeting);
	for (guint i = 0; i < G_N_ELEMENTS(no_frames); i++) {
		g_autofree char *path = g_strdup_printf("/resilient/no frame: %u", i);
		g_test_add_data_func(path, no_frames[i], no_frame);
	}
	g_test_add_func("/resilient/frames of nobody", nobodys_frames);
	g_test_add_func("/resilient/it brings back what nobody asked for", brings_back_unasked);
	g_test_add_func("/resilient/it brings back more than it keeps", brings_back_too_much);
	g_test_add_func("/resilient/it goes on in large frames", flood_of_large_frames);
	g_test_add_func("/resilient/it goes on in small frames", flood_of_small_frames);
	g_test_add_func("/resilient/what was held back comes in order", held_back_in_order);
	g_test_add_func("/resilient/it never obeys", never_obeys);
	g_test_add_func("/resilient/nobody takes the input", never_takes);
	g_test_add_func("/resilient/it obeys", obeys);
	return g_test_run();
}
