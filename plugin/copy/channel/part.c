/* SPDX-License-Identifier: MIT */
/* What an earlier copy has left of a file: is it the beginning of what is to be copied? A hash over exactly that part
 * is made at both ends: there by whichever program there is, which gets the path on its standard input and never in a
 * command; here a piece a turn. Called by file-up.c and file-down.c. */
#include "copy/channel/part.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd-watch.h"

#define HASH_SIZE 64 /* digits */
#define PIECE (1024 * 1024)

struct PssPartCheck {
	PssChannels *channels;
	PssPartDone done;
	gpointer user;
	char *path; /* there */
	guint32 channel;
	int fd; /* of the channel; -1: none */
	PssWatch *watch;
	GString *said;
	gboolean has_theirs;
	int local;
	guint64 at, size;
	GChecksum *ours; /* NULL: finished */
	guint idle;
	char *hash; /* of here */
};

void pss_part_check_free(PssPartCheck *check)
{
	if (!check)
		return;
	g_clear_pointer(&check->watch, pss_watch_free);
	g_clear_handle_id(&check->idle, g_source_remove);
	pss_channels_forget(check->channels, check->channel);
	if (check->fd >= 0)
		close(check->fd);
	g_clear_pointer(&check->ours, g_checksum_free);
	g_string_free(check->said, TRUE);
	g_free(check->path);
	g_free(check->hash);
	g_free(check);
}

static void compare(PssPartCheck *check)
{
	if (!check->has_theirs || !check->hash)
		return;
	PssPartDone done = check->done;
	gpointer user = check->user;
	gboolean same = check->said->len >= HASH_SIZE && strncmp(check->said->str, check->hash, HASH_SIZE) == 0;

	pss_part_check_free(check);
	done(user, same);
}

/* ---- there */

static void on_readable(GIOCondition events, gpointer user)
{
	PssPartCheck *check = user;
	char bytes[256];
	ssize_t n = recv(check->fd, bytes, sizeof bytes, MSG_DONTWAIT);

	if (n > 0 && check->said->len < 4096)
		g_string_append_len(check->said, bytes, n);
	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return;
	g_clear_pointer(&check->watch, pss_watch_free);
	check->has_theirs = TRUE;
	compare(check);
}

static void on_opened(gpointer user, int fd, const char *directory)
{
	PssPartCheck *check = user;

	check->fd = fd;
	/* A path is shorter than what a new socket takes. */
	if (send(fd, check->path, strlen(check->path), MSG_NOSIGNAL) < 0)
		check->said->len = 0;
	shutdown(fd, SHUT_WR);
	check->watch = pss_watch_new(fd, G_IO_IN, on_readable, check);
}

static void on_ended(gpointer user, enum pss_status status, const char *message)
{
	PssPartCheck *check = user;

	if (check->fd >= 0)
		return; /* its output is read still */
	check->has_theirs = TRUE;
	compare(check);
}

static const PssChannelEvents events = { .on_opened = on_opened, .on_ended = on_ended };

/* ---- here */

static gboolean hash_more(gpointer user)
{
	PssPartCheck *check = user;
	g_autofree guchar *piece = g_malloc(PIECE);
	ssize_t n = pread(check->local, piece, (gsize)MIN(PIECE, check->size - check->at), (off_t)check->at);

	if (n > 0) {
		g_checksum_update(check->ours, piece, n);
		check->at += (guint64)n;
	}
	if (n > 0 && check->at < check->size)
		return G_SOURCE_CONTINUE;
	check->idle = 0;
	check->hash = g_strdup(check->at == check->size ? g_checksum_get_string(check->ours) : "");
	g_clear_pointer(&check->ours, g_checksum_free);
	compare(check);
	return G_SOURCE_REMOVE;
}

PssPartCheck *pss_part_check(PssChannels *channels, guint place, const char *path, int local, guint64 size,
			     PssPartDone done, gpointer user)
{
	PssPartCheck *check = g_new0(PssPartCheck, 1);
	g_autofree char *command =
		g_strdup_printf("exec sh -c 'p=$(cat; echo .); p=${p%%.}; head -c %" G_GUINT64_FORMAT
				" <\"$p\" | { sha256sum || shasum -a 256 || sha256 -q; } 2>/dev/null'",
				size);

	check->channels = channels;
	check->done = done;
	check->user = user;
	check->path = g_strdup(path);
	check->fd = -1;
	check->said = g_string_new(NULL);
	check->local = local;
	check->size = size;
	check->ours = g_checksum_new(G_CHECKSUM_SHA256);
	check->channel = pss_channels_open(channels, place, command, &events, check);
	check->idle = g_idle_add(hash_more, check);
	return check;
}
