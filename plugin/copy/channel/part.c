/* SPDX-License-Identifier: MIT */
/* What an earlier copy has left of a file: is it the beginning of what is to be copied? A hash over exactly that part
 * is made at both ends: on another computer by whichever program there is, which gets the path on its standard input
 * and never in a command; here a piece a turn. Called by copy/items and copy/files, which go on with a part. */
#include "copy/channel/part.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd-watch.h"

#define HASH_SIZE 64 /* digits */
#define PIECE (1024 * 1024)

typedef struct {
	PssPartCheck *check;
	char *hash; /* "": there is none; NULL: not yet */
	/* of another computer */
	char *path;
	guint32 channel;
	int fd; /* of the channel; -1: none */
	PssWatch *watch;
	GString *said;
	/* of this one */
	int local;
	guint64 at;
	GChecksum *sum;
	guint idle;
} End;

struct PssPartCheck {
	PssChannels *channels;
	PssPartDone done;
	gpointer user;
	guint64 size;
	End ends[2];
};

static void finish_end(End *end)
{
	g_clear_pointer(&end->watch, pss_watch_free);
	g_clear_handle_id(&end->idle, g_source_remove);
	if (end->channel != 0)
		pss_channels_forget(end->check->channels, end->channel);
	if (end->fd >= 0)
		close(end->fd);
	g_clear_pointer(&end->sum, g_checksum_free);
	g_string_free(end->said, TRUE);
	g_free(end->path);
	g_free(end->hash);
}

void pss_part_check_free(PssPartCheck *check)
{
	if (!check)
		return;
	finish_end(&check->ends[0]);
	finish_end(&check->ends[1]);
	g_free(check);
}

/* Frees the check where it was the last. */
static void take_hash(End *end, const char *hash)
{
	PssPartCheck *check = end->check;
	const PssPartDone done = check->done;
	gpointer user = check->user;

	end->hash = g_strndup(hash, HASH_SIZE);
	if (!check->ends[0].hash || !check->ends[1].hash)
		return;
	gboolean same = strlen(end->hash) == HASH_SIZE && strcmp(check->ends[0].hash, check->ends[1].hash) == 0;
	pss_part_check_free(check);
	done(user, same);
}

/* ---- there */

static void on_readable(GIOCondition events, gpointer user)
{
	End *end = user;
	char bytes[256];
	ssize_t n = recv(end->fd, bytes, sizeof bytes, MSG_DONTWAIT);

	if (n > 0 && end->said->len < 4096)
		g_string_append_len(end->said, bytes, n);
	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return;
	g_clear_pointer(&end->watch, pss_watch_free);
	take_hash(end, end->said->str);
}

static void on_opened(gpointer user, int fd, const char *directory, gboolean survives)
{
	End *end = user;

	end->fd = fd;
	/* A path is shorter than what a new socket takes. Where it is not sent, the answer is another. */
	(void)!send(fd, end->path, strlen(end->path), MSG_NOSIGNAL);
	shutdown(fd, SHUT_WR);
	end->watch = pss_watch_new(fd, G_IO_IN, on_readable, end);
}

static void on_ended(gpointer user, enum pss_status status, const char *message)
{
	End *end = user;

	end->channel = 0;
	if (end->fd < 0) /* else its output is read still */
		take_hash(end, "");
}

static const PssChannelEvents events = { .on_opened = on_opened, .on_ended = on_ended };

static void begin_there(End *end, guint place)
{
	g_autofree char *command =
		g_strdup_printf("exec sh -c 'p=$(cat; echo .); p=${p%%.}; head -c %" G_GUINT64_FORMAT
				" <\"$p\" | { sha256sum || shasum -a 256 || sha256 -q; } 2>/dev/null'",
				end->check->size);

	end->channel = pss_channels_open(end->check->channels, place, command, &events, end);
}

/* ---- here */

static gboolean hash_more(gpointer user)
{
	End *end = user;
	guint64 size = end->check->size;
	g_autofree guchar *piece = g_malloc(PIECE);
	ssize_t n = pread(end->local, piece, (gsize)MIN(PIECE, size - end->at), (off_t)end->at);

	if (n > 0) {
		g_checksum_update(end->sum, piece, n);
		end->at += (guint64)n;
	}
	if (n > 0 && end->at < size)
		return G_SOURCE_CONTINUE;
	end->idle = 0;
	take_hash(end, end->at == size ? g_checksum_get_string(end->sum) : "");
	return G_SOURCE_REMOVE;
}

static void begin_end(PssPartCheck *check, End *end, const PssPartFile *file)
{
	end->check = check;
	end->path = g_strdup(file->path);
	end->said = g_string_new(NULL);
	end->fd = -1;
	end->local = file->fd;
	end->sum = g_checksum_new(G_CHECKSUM_SHA256);
	if (file->place > 0)
		begin_there(end, file->place);
	else
		end->idle = g_idle_add(hash_more, end);
}

PssPartCheck *pss_part_check(PssChannels *channels, const PssPartFile files[2], guint64 size, PssPartDone done,
			     gpointer user)
{
	PssPartCheck *check = g_new0(PssPartCheck, 1);

	check->channels = channels;
	check->done = done;
	check->user = user;
	check->size = size;
	begin_end(check, &check->ends[0], &files[0]);
	begin_end(check, &check->ends[1], &files[1]);
	return check;
}
