/* SPDX-License-Identifier: MIT */
/* A listing by find, which gets the path on its standard input and never in a command. Its records end with NUL: a
 * letter of the kind, numbers and the name; the last is `=` and find's status. What is in front of the
 * greeting is what start-up files print. Called by copy/sides. */
#include "copy/channel/find.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd-watch.h"
#include "base/said.h"

#define READ_SIZE (16 * 1024)
#define READS_A_TURN 4
#define NOISE_MAX (64 * 1024)
#define RECORD_MAX 4096 /* a name is 255 bytes */
#define LATE_S 3        /* what is executed there is no sh, or it waits for something */

/* The numbers of a record. A list that is short is here earlier, as a connection that has idled begins slowly. */
enum { DEPTH, SIZE, MODE, MTIME, N_USUAL, UID = N_USUAL, GID, ATIME, N_ALL };

/* A directory that is closed to us (X) is not gone down into. */
static const char command[] = "exec sh -c 'p=$(cat; echo .); p=${p%%.}; case $p in /*) ;; *) p=./$p ;; esac; LC_ALL=C; "
			      "export LC_ALL; printf %s; "
			      "[ \"$(find /dev/null -maxdepth 0 -printf x 2>/dev/null)\" = x ] || exit; "
			      "a=\"%%d %%s %%m %%T@ %s%%f\\0\"; "
			      "find -H \"$p\" -type d ! \\( -readable -executable \\) -printf \"X$a\" -prune -o "
			      "-printf \"%%y$a\" 2>/dev/null; "
			      "printf \"=%%d\\0\" $?'";

struct PssFind {
	PssChannels *channels;
	const PssFindEvents *events;
	gpointer user;
	char *path;
	guint n_numbers; /* in a record */
	char *greeting;  /* NULL: it has come */
	guint32 channel;
	int fd; /* of the channel; -1: none */
	PssWatch *watch;
	GByteArray *in;
	guint depth; /* of the entry before; what is deeper than one more is no listing */
	gboolean is_paused, has_begun, has_ended;
	guint later, late;         /* sources: it goes on; it is given up */
	gboolean is_busy, is_gone; /* freed inside an event: its memory goes behind that */
};

static void free_memory(PssFind *find)
{
	g_byte_array_unref(find->in);
	g_free(find->greeting);
	g_free(find->path);
	g_free(find);
}

void pss_find_free(PssFind *find)
{
	if (!find || find->is_gone)
		return;
	find->is_gone = TRUE;
	g_clear_handle_id(&find->later, g_source_remove);
	g_clear_handle_id(&find->late, g_source_remove);
	g_clear_pointer(&find->watch, pss_watch_free);
	pss_channels_forget(find->channels, find->channel);
	if (find->fd >= 0)
		close(find->fd);
	if (!find->is_busy)
		free_memory(find);
}

static void finish(PssFind *find, PssSftpStatus code, const char *why)
{
	const PssFindEvents *events = find->events;
	gpointer user = find->user;
	g_autoptr(GError) error = why ? g_error_new_literal(PSS_SFTP_ERROR, code, why) : NULL;

	pss_find_free(find);
	events->on_done(user, error);
}

static void fail(PssFind *find)
{
	if (find->has_begun)
		finish(find, PSS_SFTP_FAILURE, "the list of its files ended before it was whole");
	else
		finish(find, PSS_SFTP_UNSUPPORTED, "find cannot list it there");
}

/* ---- records */

static const struct {
	char letter;
	guint32 mode;
} kinds[] = {
	{ 'f', S_IFREG }, { 'd', S_IFDIR },  { 'X', S_IFDIR }, { 'l', S_IFLNK },
	{ 'p', S_IFIFO }, { 's', S_IFSOCK }, { 'b', S_IFBLK }, { 'c', S_IFCHR },
};

static gboolean take_kind(char letter, guint32 *ret_mode)
{
	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (kinds[i].letter == letter) {
			*ret_mode = kinds[i].mode;
			return TRUE;
		}
	return FALSE;
}

/* A number and the blank behind it; of a time its fraction is left out. */
static gboolean take_number(const char **at, int base, guint64 *ret_number)
{
	char *end;

	*ret_number = (guint64)g_ascii_strtoll(*at, &end, base);
	if (end == *at)
		return FALSE;
	if (*end == '.')
		end += 1 + strspn(end + 1, "0123456789");
	*at = end + 1;
	return *end == ' ';
}

static gboolean parse(const PssFind *find, const char *record, guint *ret_depth, PssSftpEntry *ret_entry)
{
	guint64 numbers[N_ALL] = { 0 };
	guint32 kind;
	const char *at = record + 1;

	if (!take_kind(*record, &kind))
		return FALSE;
	for (guint i = 0; i < find->n_numbers; i++)
		if (!take_number(&at, i == MODE ? 8 : 10, &numbers[i]))
			return FALSE;
	*ret_depth = (guint)MIN(numbers[DEPTH], G_MAXUINT);
	*ret_entry = (PssSftpEntry){
		.name = at,
		.attributes = { .has = PSS_SFTP_HAS_SIZE | PSS_SFTP_HAS_MODE | PSS_SFTP_HAS_TIMES |
				       (find->n_numbers == N_ALL ? PSS_SFTP_HAS_OWNER : 0),
				.size = numbers[SIZE],
				.uid = (guint32)numbers[UID],
				.gid = (guint32)numbers[GID],
				.mode = kind | (numbers[MODE] & 07777),
				.atime = (guint32)numbers[find->n_numbers == N_ALL ? ATIME : MTIME],
				.mtime = (guint32)numbers[MTIME] },
	};
	return TRUE;
}

/* CVE-2019-6111, as of a list of SFTP. */
static gboolean is_name(const char *name)
{
	return *name && !strchr(name, '/') && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/* What is in a directory of a bad name is no listing any more. */
static void tell(PssFind *find, guint depth, const PssSftpEntry *entry, gboolean is_closed)
{
	gboolean is_good = is_name(entry->name);

	find->depth = S_ISDIR(entry->attributes.mode) && is_good ? depth : depth - 1;
	if (is_good) {
		find->events->on_entry(find->user, depth, entry, is_closed);
		return;
	}
	g_autofree char *shown = pss_said_line(entry->name);
	find->events->on_bad_name(find->user, depth, shown);
}

static void take_entry(PssFind *find, const char *record)
{
	PssSftpEntry entry;
	guint depth;

	if (!parse(find, record, &depth, &entry) ||
	    (find->has_begun ? depth == 0 || depth > find->depth + 1 : depth > 0))
		fail(find);
	else if (find->has_begun)
		tell(find, depth, &entry, *record == 'X');
	else if (*record == 'd')
		find->has_begun = TRUE;
	else
		fail(find); /* no directory, or one that says why it is closed when it is listed by itself */
}

static void take_record(PssFind *find, const char *record)
{
	if (*record != '=')
		take_entry(find, record);
	else if (strcmp(record, "=0") == 0 && find->has_begun)
		finish(find, 0, NULL);
	else
		finish(find, find->has_begun ? PSS_SFTP_FAILURE : PSS_SFTP_UNSUPPORTED,
		       "not all of it could be listed");
}

/* ---- the channel */

/* FALSE: it has not come. */
static gboolean take_greeting(PssFind *find)
{
	gsize n = strlen(find->greeting);
	/* An array that is empty has no data at all. */
	const guint8 *at = find->in->len > 0 ? memmem(find->in->data, find->in->len, find->greeting, n) : NULL;

	if (!at) {
		if (find->in->len > NOISE_MAX)
			fail(find);
		return FALSE;
	}
	g_byte_array_remove_range(find->in, 0, (guint)(at - find->in->data + n));
	g_clear_pointer(&find->greeting, g_free);
	g_clear_handle_id(&find->late, g_source_remove);
	return TRUE;
}

static void take_records(PssFind *find)
{
	gsize taken = 0;
	const guint8 *end;

	if (find->greeting && !take_greeting(find))
		return;
	while (!find->is_gone && !find->is_paused &&
	       (end = memchr(find->in->data + taken, '\0', find->in->len - taken))) {
		const char *record = (const char *)find->in->data + taken;
		taken = (gsize)(end - find->in->data) + 1;
		take_record(find, record);
	}
	if (find->is_gone)
		return;
	g_byte_array_remove_range(find->in, 0, (guint)taken);
	if (!find->is_paused && (find->has_ended || find->in->len > RECORD_MAX))
		fail(find);
}

/* FALSE: nothing more now. */
static gboolean receive(PssFind *find)
{
	guint8 bytes[READ_SIZE];
	gssize n = recv(find->fd, bytes, sizeof bytes, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return FALSE;
	if (n > 0)
		g_byte_array_append(find->in, bytes, (guint)n);
	else
		g_clear_pointer(&find->watch, pss_watch_free);
	find->has_ended = n <= 0;
	take_records(find);
	return n > 0;
}

static void leave_event(PssFind *find)
{
	find->is_busy = FALSE;
	if (find->is_gone)
		free_memory(find);
}

static void on_readable(GIOCondition events, gpointer user)
{
	PssFind *find = user;

	find->is_busy = TRUE;
	/* A hang-up cannot be waited out, and what is left then is no more than a socket holds. */
	for (int i = 0; i < READS_A_TURN && !find->is_gone; i++)
		if ((find->is_paused && !(events & G_IO_HUP)) || !receive(find))
			break;
	leave_event(find);
}

static void on_opened(gpointer user, int fd, const char *directory, gboolean survives)
{
	PssFind *find = user;
	g_autofree char *path =
		*find->path == '/' || !directory ? g_strdup(find->path) : g_strconcat(directory, "/", find->path, NULL);

	find->fd = fd;
	/* A path is shorter than what a new socket takes; where it could not be sent find's end says so. */
	send(fd, path, strlen(path), MSG_NOSIGNAL | MSG_DONTWAIT);
	shutdown(fd, SHUT_WR);
	find->watch = pss_watch_new(fd, find->is_paused ? 0 : G_IO_IN, on_readable, find);
}

static void on_ended(gpointer user, enum pss_status status, const char *message)
{
	PssFind *find = user;

	if (find->fd < 0)
		fail(find); /* else its output is read still */
}

static const PssChannelEvents channel_events = { .on_opened = on_opened, .on_ended = on_ended };

/* ---- life */

static gboolean on_later(gpointer user)
{
	PssFind *find = user;

	find->later = 0;
	find->is_busy = TRUE;
	take_records(find);
	leave_event(find);
	return G_SOURCE_REMOVE;
}

static gboolean on_late(gpointer user)
{
	PssFind *find = user;

	find->late = 0;
	fail(find);
	return G_SOURCE_REMOVE;
}

void pss_find_pause(PssFind *find, gboolean paused)
{
	if (find->is_paused == paused)
		return;
	find->is_paused = paused;
	if (find->watch)
		pss_watch_want(find->watch, paused ? 0 : G_IO_IN);
	if (!paused && find->later == 0 && (find->in->len > 0 || find->has_ended))
		find->later = g_idle_add_full(G_PRIORITY_DEFAULT, on_later, find, NULL);
	if (!paused && find->greeting && find->late == 0)
		find->late = g_timeout_add_seconds(LATE_S, on_late, find);
}

PssFind *pss_find_new(PssChannels *channels, guint place, const char *path, gboolean all, const PssFindEvents *events,
		      gpointer user)
{
	PssFind *find = g_new0(PssFind, 1);

	find->channels = channels;
	find->events = events;
	find->user = user;
	find->path = g_strdup(path);
	find->fd = -1;
	find->in = g_byte_array_new();
	find->is_paused = TRUE;
	find->n_numbers = all ? N_ALL : N_USUAL;
	find->greeting = g_strdup_printf("pssession-find-%08x%08x", g_random_int(), g_random_int());
	g_autofree char *text = g_strdup_printf(command, find->greeting, all ? "%U %G %A@ " : "");
	find->channel = pss_channels_open(channels, place, text, &channel_events, find);
	return find;
}
