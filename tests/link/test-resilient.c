/* SPDX-License-Identifier: MIT */
/* What a holder says that does not keep to PROTOCOL.md: whoever has the remote account can make it say anything. The
 * session ends with a cause, and this process keeps no more than is legal on the way. The link is a transport of the
 * test's own, so that each byte of it is ours. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "link-harness.h"
#include "link/resilient/private.h"

#define MIB (1024u * 1024u)

/* -- the link */

typedef struct {
	PssChannel base;
	const PssChannelEvents *events;
	gpointer user;
} Carrier;

typedef struct {
	PssTransport base;
	const PssTransportEvents *events;
	gpointer user;
	guint source;
	Carrier carrier;
} Link;

static Link *current; /* the newest; NULL: it has been freed */
static GString *written;

static gboolean tell_ready(gpointer data)
{
	Link *link = data;

	link->source = 0;
	link->events->on_ready(link->user, "me", "me@box:22", NULL);
	return G_SOURCE_REMOVE;
}

static void link_connect(PssTransport *base)
{
	((Link *)base)->source = g_idle_add(tell_ready, base);
}

static PssChannel *link_open(PssTransport *base, const PssChannelRequest *request, const PssChannelEvents *events,
			     gpointer user)
{
	Link *link = (Link *)base;

	link->carrier = (Carrier){ { base }, events, user };
	return &link->carrier.base;
}

static void link_write(PssChannel *channel, const void *data, gsize n)
{
	g_string_append_len(written, data, (gssize)n);
}

static void link_close(PssChannel *channel)
{
	((Carrier *)channel)->events = NULL;
}

static void link_free(PssTransport *base)
{
	Link *link = (Link *)base;

	g_clear_handle_id(&link->source, g_source_remove);
	if (current == link)
		current = NULL;
	g_free(link);
}

static PssTransport *new_link(PssTarget *target, const PssTransportEvents *events, gpointer user)
{
	static const PssTransportOps ops = {
		.connect = link_connect,
		.open = link_open,
		.write = link_write,
		.close = link_close,
		.free = link_free,
	};
	Link *link = g_new0(Link, 1);

	link->base.ops = &ops;
	link->events = events;
	link->user = user;
	pss_target_free(target);
	return &(current = link)->base;
}

static void say(const void *data, gsize n)
{
	if (current && current->carrier.events)
		current->carrier.events->on_data(current->carrier.user, data, n, FALSE);
}

/* -- the session's side */

typedef struct {
	LinkRecord link;
	ChannelRecord channel;
	PssResilient *resilient;
} Fixture;

static PssLinkNews last_news;
static gsize n_unseen;

static void on_link(gpointer user, PssLinkNews news, const char *text)
{
	last_news = news;
}

static void on_unseen(gpointer user, guint kind, const void *data, gsize n)
{
	n_unseen += n;
}

static void on_taken_over(gpointer user, const char *memo, guint last_child)
{
	const LinkRecord *link = user;
	ChannelRecord *channel = link->user;

	channel->channel = pss_transport_held_adopt(link->transport, 3, FALSE, &channel_events, channel);
}

static void begin(Fixture *f)
{
	static PssTransportEvents events;

	events = link_events;
	events.on_link = on_link;
	written = g_string_new(NULL);
	link_record_init(&f->link);
	channel_record_init(&f->channel);
	f->link.transport = pss_transport_held_new(link_target("box"), new_link, 7200, &events, &f->link);
	f->resilient = (PssResilient *)f->link.transport;
	pss_transport_held_describe(f->link.transport, "b4e1c6a0-3d1f-4c55-9d5e-2f6f3f0a9b11", "n", NULL);
	pss_transport_connect(f->link.transport);
	wait_for(current && current->carrier.events, 10);
}

static void end(Fixture *f)
{
	link_record_finish(&f->link);
	channel_record_finish(&f->channel);
	run_pending();
	g_string_free(written, TRUE);
}

static void greet(const Fixture *f, const char *line)
{
	g_autofree char *greeting = g_strdup_printf("%s%s\n", f->resilient->greeting_start, line);

	say(greeting, strlen(greeting));
	run_pending();
}

static void begin_held(Fixture *f)
{
	begin(f);
	greet(f, "h 0 0 perl-2 0");
	g_assert_cmpint(f->resilient->state, ==, PSS_RESILIENT_UP);
	channel_open(&f->channel, &f->link, "run", FALSE);
}

static void expect_lost(Fixture *f, const char *words)
{
	wait_for(f->link.n_lost, 10);
	g_assert_error(f->link.lost, PSS_ERROR, PSS_LINK_LOST);
	if (!strstr(f->link.lost->message, words))
		g_error("'%s' is not in '%s'", words, f->link.lost->message);
}

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
	Fixture f;

	begin(&f);
	greet(&f, greetings[i].line);
	g_assert_cmpint(f.resilient->state, ==, greetings[i].state);
	if (greetings[i].words && !strstr(f.link.lost->message, greetings[i].words))
		g_error("'%s' is not in '%s'", greetings[i].words, f.link.lost->message);
	end(&f);
}

static void noise_then_greeting(void)
{
	g_autofree char *noise = g_strnfill(64 * 1024, '\036');
	Fixture f;

	begin(&f);
	for (guint i = 0; i < 160; i++) {
		say(noise, 64 * 1024);
		g_assert_cmpuint(f.resilient->connection.early->len, <, 64);
	}
	greet(&f, "h 0 0 perl-2 0");
	g_assert_cmpint(f.resilient->state, ==, PSS_RESILIENT_UP);
	end(&f);
}

static void endless_greeting(void)
{
	g_autofree char *more = g_strnfill(16 * 1024, 'h');
	Fixture f;

	begin(&f);
	say(f.resilient->greeting_start, strlen(f.resilient->greeting_start));
	for (guint i = 0; i < 10; i++)
		say(more, 16 * 1024);
	expect_lost(&f, "no end");
	end(&f);
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
	Fixture f;

	begin_held(&f);
	say(text, strlen(text));
	expect_lost(&f, "it sent malformed data");
	end(&f);
}

/* Frames of all kinds for children that are not there. */
static void nobodys_frames(void)
{
	static const char frames[] = "1 7 3\nabc2 8 1\nxt 7 99999\nx 9 1\n1 1 2\nok";
	Fixture f;

	begin_held(&f);
	say(frames, strlen(frames));
	g_assert_cmpuint(f.link.n_lost, ==, 0);
	g_assert_cmpstr(f.channel.out->str, ==, "ok");
	end(&f);
}

/* Only who takes over may be brought back what nobody has seen, and not more than is kept. */
static void brings_back_unasked(void)
{
	Fixture f;

	begin_held(&f);
	say("u 1 2\nok", 8);
	expect_lost(&f, "more than it can have kept");
	end(&f);
}

/* Another client's, which child 3 was left by. */
static void begin_restored(Fixture *f, const char *greeting)
{
	const PssHolderThere there = { .name = "0123456789abcdef0123456789abcdef", .idle_s = 7200 };
	static PssTransportEvents events;

	events = link_events;
	events.on_link = on_link;
	events.on_unseen = on_unseen;
	events.on_taken_over = on_taken_over;
	n_unseen = 0;
	written = g_string_new(NULL);
	link_record_init(&f->link);
	channel_record_init(&f->channel);
	f->link.user = &f->channel;
	f->link.transport = pss_transport_held_restore(link_target("box"), new_link, &there, &events, &f->link);
	f->resilient = (PssResilient *)f->link.transport;
	pss_transport_held_hurry(f->link.transport);
	wait_for(current && current->carrier.events, 10);
	greet(f, greeting);
}

static void brings_back(const char *frame, guint n_frames, guint n_legal)
{
	g_autofree char *data = g_strnfill(64 * 1024, 'x');
	Fixture f;

	begin_restored(&f, "h 0 0 perl-3 60000000 3 memo");
	for (guint i = 0; i < n_frames; i++) {
		say(frame, strlen(frame));
		say(data, 64 * 1024);
	}
	g_assert_cmpuint(n_unseen, ==, n_legal * 64 * 1024);
	if (n_legal < n_frames)
		expect_lost(&f, "more than it can have kept");
	end(&f);
}

static void brings_back_too_much(void)
{
	brings_back("u 1 65536\n", 8, 8);
	brings_back("u 1 65536\n", 70, 64);
	brings_back("u 9 65536\n", 1, 0);
}

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
	Fixture f;

	begin(&f);
	greet(&f, "h 0 0 perl-3 0");
	pss_channel_open(f.link.transport, &request, &events, &f.link);
	say(frames, strlen(frames));
	pss_transport_held_keep(f.link.transport, 1, "from elsewhere", 14);
	pss_transport_held_forget(f.link.transport, 2, 4);
	pss_transport_held_confirm(f.link.transport);
	const char *at = strstr(written->str, "\nA 32\n");
	g_assert_nonnull(at);
	for (const char *const *line = (const char *const[]){ " u 2 1 1 6 32\n", " u 3 1 2 17 20\n",
							      " l 1 32 from\\040elsewhere\n", NULL };
	     *line; line++) {
		const char *claim = strstr(written->str, *line);
		g_assert_true(claim && claim < at);
	}
	g_assert_nonnull(strstr(at, " v 2 4\n"));
	end(&f);
}

static guint64 sum_of_claims(void)
{
	guint64 n = 0, from, to;

	for (const char *at = written->str; (at = strstr(at, " u 2 1 1 ")); at++)
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
	Fixture f;

	begin(&f);
	greet(&f, "h 0 0 perl-3 0");
	PssChannel *channel = pss_channel_open(f.link.transport, &request, &events, &f.link);
	pss_channel_held_set_passing(channel, TRUE);
	pss_channel_pause(channel, TRUE);
	g_assert_nonnull(strstr(written->str, " z 1 1\n"));
	for (guint i = 0; i < 16; i++) {
		say("1 1 65536\n", 10);
		say(piece, 65536);
	}
	pss_transport_held_confirm(f.link.transport);
	g_assert_cmpuint(f.resilient->confirmed, ==, 16 * 65546);
	/* Of two frames at a time, with the header between them. */
	g_assert_cmpuint(sum_of_claims(), ==, MIB + 8 * strlen("1 1 65536\n"));
	g_string_truncate(written, 0);
	pss_channel_pause(channel, FALSE);
	g_assert_nonnull(strstr(written->str, " z 1 0\n"));
	end(&f);
}

/* What the client before has stopped goes on, but not before all is there, as until then it may be too much. */
static void adopts(gconstpointer paused)
{
	const char *const state = paused ? " z 3 1\n" : " z 3 0\n", *const other = paused ? " z 3 0\n" : " z 3 1\n";
	Fixture f;

	begin_restored(&f, "h 5 100 perl-3 118 3 memo");
	pss_channel_held_set_passing(f.channel.channel, TRUE);
	say("1 3 5\nhello", 11);
	g_assert_null(strstr(written->str, " z 3"));
	if (paused)
		pss_channel_pause(f.channel.channel, TRUE);
	say("1 3 1\n!", 7);
	g_assert_nonnull(strstr(written->str, state));
	g_assert_null(strstr(written->str, other));
	g_assert_cmpstr(f.channel.out->str, ==, "hello!");
	end(&f);
}

/* ---- word for the next client */

/* That a command is over is said in front of what lets the holder forget its end. */
static void says_an_end_first(void)
{
	Fixture f;

	begin_held(&f);
	say("1 1 1\n!", 7);
	g_string_truncate(written, 0);
	pss_transport_held_note_soon(f.link.transport, "over");
	g_assert_cmpstr(written->str, ==, "");
	pss_transport_held_confirm(f.link.transport);
	const char *memo = strstr(written->str, " m over\n"), *confirmation = strstr(written->str, "A 7\n");
	g_assert_nonnull(memo);
	g_assert_true(memo < confirmation);
	end(&f);
}

/* A command that follows at once costs no line for the end of the one before. */
static void says_a_beginning_alone(void)
{
	Fixture f;

	begin_held(&f);
	g_string_truncate(written, 0);
	pss_transport_held_note_soon(f.link.transport, "over");
	pss_transport_held_note(f.link.transport, "begun");
	g_assert_null(strstr(written->str, " m over\n"));
	g_assert_nonnull(strstr(written->str, " m begun\n"));
	end(&f);
}

static void says_an_end_by_itself(void)
{
	Fixture f;

	begin_held(&f);
	g_string_truncate(written, 0);
	pss_transport_held_note_soon(f.link.transport, "over");
	wait_for(strstr(written->str, " m over\n"), 10);
	end(&f);
}

/* A holder that has been told to end reads no more: what is said behind that would make its end look like a failure. */
static void says_nothing_behind_the_end(void)
{
	static const char frame[] = "1 1 65536\n";
	g_autofree char *piece = g_strnfill(64 * 1024, 'x');
	Fixture f;

	begin_held(&f);
	pss_transport_held_note_soon(f.link.transport, "over");
	pss_transport_free(g_steal_pointer(&f.link.transport));
	const char *end_line = strstr(written->str, " x\n");
	g_assert_nonnull(end_line);
	for (guint i = 0; i < 4; i++) {
		say(frame, strlen(frame));
		say(piece, 64 * 1024);
	}
	g_assert_cmpuint(f.resilient->numbered.boundary, >, 4 * 65536);
	g_assert_cmpstr(end_line, ==, " x\n");
	current->carrier.events->on_closed(current->carrier.user, 0, NULL);
	end(&f);
}

/* One that is told to stop, and has sent 3 MiB by then, loses nothing; one that goes on is ended. */
static void flood(gsize n_piece, guint n_legal, gboolean passes_on)
{
	g_autofree char *piece = g_strnfill(n_piece, 'x');
	Fixture f;

	begin_held(&f);
	f.channel.discard = TRUE;
	pss_channel_held_set_passing(f.channel.channel, passes_on);
	pss_channel_pause(f.channel.channel, TRUE);
	for (guint i = 0; i < n_legal || !f.link.n_lost; i++) {
		g_autofree char *header = g_strdup_printf("%u 1 %" G_GSIZE_FORMAT "\n", 1 + i % 2, n_piece);
		say(header, strlen(header));
		say(piece, n_piece);
		if (i == n_legal) {
			g_assert_cmpuint(f.link.n_lost, ==, 0);
			g_assert_nonnull(strstr(written->str, " z 1 1\n"));
		}
		if (i % 1000 == 0 || n_piece > 1000)
			run_pending();
		g_assert_cmpuint((gsize)i * n_piece, <, 64u * MIB);
	}
	expect_lost(&f, "more than it was allowed to");
	end(&f);
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
	Fixture f;

	begin_held(&f);
	pss_channel_pause(f.channel.channel, TRUE);
	for (guint i = 0; i < 100000; i++) {
		g_autofree char *text = g_strdup_printf("%u,", i);
		g_autofree char *frame = g_strdup_printf("1 1 %u\n%s", (guint)strlen(text), text);
		say(frame, strlen(frame));
		g_string_append(wanted, text);
	}
	say("x 1 3\n", 6);
	g_assert_cmpuint(f.channel.out->len, ==, 0);
	g_assert_cmpuint(f.channel.n_closed, ==, 0);
	pss_channel_pause(f.channel.channel, FALSE);
	g_assert_true(g_str_equal(f.channel.out->str, wanted->str));
	g_assert_cmpint(f.channel.exit_status, ==, 3);
	end(&f);
}

/* -- the lines that are kept until they are obeyed */

static void feed_input(Fixture *f, guint n_mib, gboolean taken, gboolean obeyed)
{
	g_autofree char *block = g_strnfill(MIB, 'i');

	for (guint i = 0; i < n_mib; i++) {
		pss_channel_write(f->channel.channel, block, MIB);
		g_string_truncate(written, 0);
		if (taken)
			say("t 1 1048576\n", 12);
		if (obeyed) {
			g_autofree char *line =
				g_strdup_printf("a %" G_GUINT64_FORMAT " 0\n", f->resilient->numbered.last);
			say(line, strlen(line));
		}
		run_pending();
	}
}

static void never_obeys(void)
{
	Fixture f;

	begin_held(&f);
	feed_input(&f, 64, TRUE, FALSE);
	expect_lost(&f, "does not say which requests it has carried out");
	end(&f);
}

/* Its child takes nothing: who sends stops by pss_channel_pending(), or has one long line. */
static void never_takes(void)
{
	Fixture f;

	begin_held(&f);
	feed_input(&f, 64, FALSE, FALSE);
	g_assert_cmpuint(f.link.n_lost, ==, 0);
	g_assert_cmpuint(pss_channel_pending(f.channel.channel), ==, 64 * MIB);
	end(&f);
}

static void obeys(void)
{
	Fixture f;

	begin_held(&f);
	feed_input(&f, 64, TRUE, TRUE);
	g_assert_cmpuint(f.link.n_lost, ==, 0);
	g_assert_cmpuint(f.resilient->numbered.n_bytes, ==, 0);
	end(&f);
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
	g_test_add_func("/resilient/it is told what nobody has seen", claims_what_is_unseen);
	g_test_add_func("/resilient/what comes during a pause is claimed", passes_on);
	g_test_add_data_func("/resilient/what was stopped before goes on", NULL, adopts);
	g_test_add_data_func("/resilient/what is to stop is never told to go on", "paused", adopts);
	g_test_add_func("/resilient/an end is said before it is confirmed", says_an_end_first);
	g_test_add_func("/resilient/an end is not said where something begins", says_a_beginning_alone);
	g_test_add_func("/resilient/an end is said by itself", says_an_end_by_itself);
	g_test_add_func("/resilient/nothing is said behind the end", says_nothing_behind_the_end);
	g_test_add_func("/resilient/it goes on in large frames", flood_of_large_frames);
	g_test_add_func("/resilient/it goes on in small frames", flood_of_small_frames);
	g_test_add_func("/resilient/what was held back comes in order", held_back_in_order);
	g_test_add_func("/resilient/it never obeys", never_obeys);
	g_test_add_func("/resilient/nobody takes the input", never_takes);
	g_test_add_func("/resilient/it obeys", obeys);
	return g_test_run();
}
