/* SPDX-License-Identifier: MIT */
/* What a holder is told, and in which order: which bytes nobody has seen, which children go on, and the word for the
 * next client, in front of what lets it forget. */
#include <stdio.h>
#include <string.h>

#include "holder-fixture.h"

/* -- what nobody has seen */

static void keep_data(gpointer user, const void *data, gsize n, gboolean is_stderr)
{
	const LinkRecord *link = user;
	pss_transport_held_keep(link->transport, is_stderr ? 3 : 2, data, n);
}

/* It is told which bytes nobody has seen, before it is let forget them; many frames are one claim. */
static void claims_what_is_unseen(void)
{
	static const char frames[] = "1 1 5\nhello2 1 3\nerr1 1 6\n there";
	static const PssChannelEvents events = { .on_data = keep_data };
	const PssChannelRequest request = { .command = "run" };
	HeldFixture f;

	held_begin(&f);
	holder_greets(&f, "h 0 0 perl-3 0");
	pss_channel_open(f.link.transport, &request, &events, &f.link);
	holder_says(frames, strlen(frames));
	pss_transport_held_keep(f.link.transport, 1, "from elsewhere", 14);
	pss_transport_held_forget(f.link.transport, 2, 4);
	pss_transport_held_confirm(f.link.transport);
	const char *at = strstr(holder_heard->str, "\nA 32\n");
	g_assert_nonnull(at);
	for (const char *const *line = (const char *const[]){ " u 2 1 1 6 32\n", " u 3 1 2 17 20\n",
							      " l 1 32 from\\040elsewhere\n", NULL };
	     *line; line++) {
		const char *claim = strstr(holder_heard->str, *line);
		g_assert_true(claim && claim < at);
	}
	g_assert_nonnull(strstr(at, " v 2 4\n"));
	held_end(&f);
}

static guint64 sum_of_claims(void)
{
	guint64 n = 0, from, to;

	for (const char *at = holder_heard->str; (at = strstr(at, " u 2 1 1 ")); at++)
		if (sscanf(at, " u 2 1 1 %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT "\n", &from, &to) == 2)
			n += to - from;
	return n;
}

/* Whoever keeps all that comes has its sender held up; what is on its way meanwhile comes, and is claimed. */
static void passes_on(void)
{
	static const PssChannelEvents events = { .on_data = keep_data };
	const PssChannelRequest request = { .command = "run" };
	g_autofree char *piece = g_strnfill(64 * 1024, 'x');
	HeldFixture f;

	held_begin(&f);
	holder_greets(&f, "h 0 0 perl-3 0");
	PssChannel *channel = pss_channel_open(f.link.transport, &request, &events, &f.link);
	pss_channel_held_set_passing(channel, TRUE);
	pss_channel_pause(channel, TRUE);
	g_assert_nonnull(strstr(holder_heard->str, " z 1 1\n"));
	for (guint i = 0; i < 16; i++) {
		holder_says("1 1 65536\n", 10);
		holder_says(piece, 65536);
	}
	pss_transport_held_confirm(f.link.transport);
	g_assert_cmpuint(f.resilient->confirmed, ==, 16 * 65546);
	/* Of two frames at a time, with the header between them. */
	g_assert_cmpuint(sum_of_claims(), ==, MIB + 8 * strlen("1 1 65536\n"));
	g_string_truncate(holder_heard, 0);
	pss_channel_pause(channel, FALSE);
	g_assert_nonnull(strstr(holder_heard->str, " z 1 0\n"));
	held_end(&f);
}

/* What the client before has stopped goes on, but not before all is there, as until then it may be too much. */
static void adopts(gconstpointer paused)
{
	const char *const state = paused ? " z 3 1\n" : " z 3 0\n", *const other = paused ? " z 3 0\n" : " z 3 1\n";
	HeldFixture f;

	held_begin_restored(&f, "h 5 100 perl-3 118 3 memo");
	pss_channel_held_set_passing(f.channel.channel, TRUE);
	holder_says("1 3 5\nhello", 11);
	g_assert_null(strstr(holder_heard->str, " z 3"));
	if (paused)
		pss_channel_pause(f.channel.channel, TRUE);
	holder_says("1 3 1\n!", 7);
	g_assert_nonnull(strstr(holder_heard->str, state));
	g_assert_null(strstr(holder_heard->str, other));
	g_assert_cmpstr(f.channel.out->str, ==, "hello!");
	held_end(&f);
}

/* -- word for the next client */

/* That a command is over is said in front of what lets the holder forget its end. */
static void says_an_end_first(void)
{
	HeldFixture f;

	held_begin_up(&f);
	holder_says("1 1 1\n!", 7);
	g_string_truncate(holder_heard, 0);
	pss_transport_held_note_soon(f.link.transport, "over");
	g_assert_cmpstr(holder_heard->str, ==, "");
	pss_transport_held_confirm(f.link.transport);
	const char *memo = strstr(holder_heard->str, " m over\n"), *confirmation = strstr(holder_heard->str, "A 7\n");
	g_assert_nonnull(memo);
	g_assert_true(memo < confirmation);
	held_end(&f);
}

/* A command that follows at once costs no line for the end of the one before. */
static void says_a_beginning_alone(void)
{
	HeldFixture f;

	held_begin_up(&f);
	g_string_truncate(holder_heard, 0);
	pss_transport_held_note_soon(f.link.transport, "over");
	pss_transport_held_note(f.link.transport, "begun");
	g_assert_null(strstr(holder_heard->str, " m over\n"));
	g_assert_nonnull(strstr(holder_heard->str, " m begun\n"));
	held_end(&f);
}

static void says_an_end_by_itself(void)
{
	HeldFixture f;

	held_begin_up(&f);
	g_string_truncate(holder_heard, 0);
	pss_transport_held_note_soon(f.link.transport, "over");
	wait_for(strstr(holder_heard->str, " m over\n"), 10);
	held_end(&f);
}

/* A holder that has been told to end reads no more: what is said behind that would make its end look like a failure. */
static void says_nothing_behind_the_end(void)
{
	static const char frame[] = "1 1 65536\n";
	g_autofree char *piece = g_strnfill(64 * 1024, 'x');
	HeldFixture f;

	held_begin_up(&f);
	pss_transport_held_note_soon(f.link.transport, "over");
	pss_transport_free(g_steal_pointer(&f.link.transport));
	const char *end_line = strstr(holder_heard->str, " x\n");
	g_assert_nonnull(end_line);
	for (guint i = 0; i < 4; i++) {
		holder_says(frame, strlen(frame));
		holder_says(piece, 64 * 1024);
	}
	g_assert_cmpuint(f.resilient->numbered.boundary, >, 4 * 65536);
	g_assert_cmpstr(end_line, ==, " x\n");
	holder_hangs_up();
	held_end(&f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/resilient/it is told what nobody has seen", claims_what_is_unseen);
	g_test_add_func("/resilient/what comes during a pause is claimed", passes_on);
	g_test_add_data_func("/resilient/what was stopped before goes on", NULL, adopts);
	g_test_add_data_func("/resilient/what is to stop is never told to go on", "paused", adopts);
	g_test_add_func("/resilient/an end is said before it is confirmed", says_an_end_first);
	g_test_add_func("/resilient/an end is not said where something begins", says_a_beginning_alone);
	g_test_add_func("/resilient/an end is said by itself", says_an_end_by_itself);
	g_test_add_func("/resilient/nothing is said behind the end", says_nothing_behind_the_end);
	return g_test_run();
}
