/* SPDX-License-Identifier: MIT */
/* play-recording FILE: a PowerShell that holds the conversation of that recording on its standard streams, and nothing
 * else. It ends with its input; where the client sends what was not recorded it dies, with a message. */
#include <glib-unix.h>
#include <stdio.h>
#include <unistd.h>

#include "recording.h"

typedef struct {
	GMainLoop *loop;
	Player *player;
} Peer;

static void send(gpointer user, const void *data, gsize n)
{
	fwrite(data, 1, n, stdout);
	fflush(stdout);
}

static gboolean on_input(gint fd, GIOCondition condition, gpointer user)
{
	Peer *peer = user;
	char bytes[65536];
	gssize n = read(fd, bytes, sizeof bytes);

	if (n > 0)
		player_client(peer->player, bytes, (gsize)n);
	else
		g_main_loop_quit(peer->loop);
	return n > 0;
}

int main(int argc, char **argv)
{
	Peer peer = { .loop = g_main_loop_new(NULL, FALSE) };

	if (argc < 2)
		g_error("which recording?");
	peer.player = player_new(argv[1], send, &peer);
	g_unix_fd_add(STDIN_FILENO, G_IO_IN | G_IO_HUP, on_input, &peer);
	g_main_loop_run(peer.loop);
	player_free(peer.player);
	g_main_loop_unref(peer.loop);
	return 0;
}
