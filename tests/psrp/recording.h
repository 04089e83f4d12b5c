/* SPDX-License-Identifier: MIT */
/* A conversation with a PowerShell, recorded once and played everywhere. A line each, in order:
 *
 *   C KIND WHO                what the client has sent: Data, Command, Close, Signal
 *   S KIND WHO                what the server has: DataAck, CommandAck, CloseAck, SignalAck
 *   S Data WHO TYPE BODY      a message of the server's: its type in hexadecimal, its CLIXML
 *   # …                       a comment
 *
 * WHO is `pool`, or the number of the pipeline, from 1 on in the order of their Commands. Newlines and backslashes in
 * BODY are escaped (\n, \r, \\). A player waits for what the client sends, element by element, and answers with what
 * stands behind it, under the client's own GUIDs. */
#pragma once

#include <glib.h>

typedef struct Recorder Recorder;

/* `home` is written as /home/user. */
Recorder *recorder_new(const char *file, const char *home);
void recorder_free(Recorder *recorder); /* accepts NULL */
void recorder_client(Recorder *recorder, const void *data, gsize n);
void recorder_server(Recorder *recorder, const void *data, gsize n);

typedef struct Player Player;

/* `send` is called from the main loop, never from inside of player_client(). */
Player *player_new(const char *file, void (*send)(gpointer user, const void *data, gsize n), gpointer user);
void player_free(Player *player); /* accepts NULL */
void player_client(Player *player, const void *data, gsize n);

/* All of it has been played. */
gboolean player_is_done(const Player *player);

/* How the server's bytes are cut: so many at a time; 0: whole lines. */
void player_set_cut(Player *player, gsize n);
