/* SPDX-License-Identifier: MIT */
/* A link that carries megabytes, beside one that carries a byte now and then, in one main loop. What counts is counted:
 * bytes of the flood in a turn of the loop, and those that go in front of somebody who waits. */
#include "link-fixture.h"

#define TURN_MAX (96 * 1024) /* 32 KiB that are read, and the packets that their ends have begun */
#define WATCHED_TURNS 100
#define N_ROUNDS 30
#define PATIENCE_MS 20

typedef struct {
	LinkFixture busy; /* its channel is the flood */
	LinkRecord quiet;
	ChannelRecord echo;
} Beside;

static void set_up(Beside *beside, gconstpointer flood)
{
	link_set_up(&beside->busy, NULL);
	link_record_init(&beside->quiet);
	channel_record_init(&beside->echo);
	PssTarget *target = sshd_target(beside->busy.sshd);
	link_log_in(&beside->busy);
	link_connect(&beside->quiet, target);
	wait_for(beside->quiet.ready, 30);
	channel_open(&beside->echo, &beside->quiet, "cat", FALSE);
	beside->busy.channel.discard = TRUE;
	channel_open(&beside->busy.channel, &beside->busy.link, flood, FALSE);
}

static void tear_down(Beside *beside, gconstpointer unused)
{
	channel_record_finish(&beside->echo);
	link_record_finish(&beside->quiet);
	link_tear_down(&beside->busy, NULL);
}

/* One turn of the main loop. The bytes of the flood in it. */
static gsize turn(Beside *beside)
{
	gsize before = beside->busy.channel.n_out;

	g_main_context_iteration(NULL, TRUE);
	return beside->busy.channel.n_out - before;
}

/* A byte there and back is some turns of the loop: none of them may be long. */
static void short_turns(Beside *beside, gconstpointer unused)
{
	wait_for(beside->busy.channel.n_out > 4 * 1024 * 1024, 60);
	for (guint round = 1; round <= N_ROUNDS; round++) {
		guint n_turns = 0;
		pss_channel_write(beside->echo.channel, "x", 1);
		while (beside->echo.n_out < round) {
			gsize n = turn(beside);
			if (++n_turns > 1 && n_turns <= WATCHED_TURNS)
				g_assert_cmpuint(n, <=, TURN_MAX);
		}
	}
}

static gboolean on_busy(gpointer n_times)
{
	++*(guint *)n_times;
	return G_SOURCE_CONTINUE;
}

/* Something else always has something to do: the flood waits, but not for ever. */
static void gives_way(Beside *beside, gconstpointer unused)
{
	guint n_times = 0;

	wait_for(beside->busy.channel.n_out > 4 * 1024 * 1024, 60);
	pss_channel_write(beside->echo.channel, "x", 1);
	wait_for(beside->echo.n_out == 1, 60);
	guint source = g_idle_add_full(G_PRIORITY_DEFAULT, on_busy, &n_times, NULL);
	gsize before = beside->busy.channel.n_out;
	gint64 began = g_get_monotonic_time();
	wait_for(beside->busy.channel.n_out - before > 4 * TURN_MAX, 60);
	gint64 n_turns = (g_get_monotonic_time() - began) / (PATIENCE_MS * 1000) + 2;
	g_source_remove(source);
	g_assert_cmpint((gint64)(beside->busy.channel.n_out - before), <=, n_turns * TURN_MAX);
	g_assert_cmpuint(n_times, >, 0);
}

/* The same towards the server: what the socket would take at once goes in pieces, and all of it goes. */
static void sends_in_pieces(Beside *beside, gconstpointer unused)
{
	static char megabytes[4 * 1024 * 1024];
	ChannelRecord *flood = &beside->busy.channel;

	for (guint round = 1; round <= N_ROUNDS; round++) {
		guint n_turns = 0;
		pss_channel_write(flood->channel, megabytes, sizeof megabytes);
		pss_channel_write(beside->echo.channel, "x", 1);
		while (beside->echo.n_out < round) {
			gsize pending = pss_channel_pending(flood->channel);
			turn(beside);
			if (++n_turns > 1 && n_turns <= WATCHED_TURNS)
				g_assert_cmpuint(pending - pss_channel_pending(flood->channel), <=, TURN_MAX);
		}
		wait_for(pss_channel_pending(flood->channel) == 0, 60);
	}
}

#define ADD(name, flood, function) g_test_add("/beside/" name, Beside, flood, set_up, function, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("a flood from a server has short turns", "cat /dev/zero", short_turns);
	ADD("a flood waits for what is small, and has its turns", "cat /dev/zero", gives_way);
	ADD("a flood to a server goes in pieces, and goes on", "cat >/dev/null", sends_in_pieces);
	return g_test_run();
}
