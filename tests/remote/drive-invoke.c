/* SPDX-License-Identifier: MIT */
/* The driver's invocations: a relay channel of its own for each, as the host process has them, without input or with
 * one that comes late. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "drive.h"
#include "host/queue/relay.h"

typedef struct {
	PssRelay *relay;
	GString *output;
	gboolean ready, closed, done, whole;
	int status;
} Invocation;

static void on_ready(gpointer user, PssRelay *relay)
{
	((Invocation *)user)->ready = TRUE;
}

static void on_taken(gpointer user, PssRelay *relay, gsize n)
{
}

static void on_closed(gpointer user, PssRelay *relay, const GError *error)
{
	Invocation *invocation = user;

	invocation->closed = TRUE;
	pss_relay_free(g_steal_pointer(&invocation->relay));
}

static void on_stream(gpointer user, gboolean is_stderr, const void *data, gsize n)
{
	Invocation *invocation = user;

	g_string_append(invocation->output, is_stderr ? "2:" : "");
	g_string_append_len(invocation->output, data, (gssize)n);
}

static gboolean on_silence(gpointer user)
{
	return FALSE;
}

static void on_done(gpointer user, int status, gboolean background, gboolean whole)
{
	Invocation *invocation = user;

	invocation->done = TRUE;
	invocation->whole = whole;
	invocation->status = status;
}

static const PssRelayEvents relay_events = { on_ready, on_taken, on_closed };
static const PssInvokeEvents invoke_events = { NULL, on_stream, on_silence, on_done };

static gboolean is_open(gpointer user)
{
	const Invocation *invocation = user;
	return invocation->ready || invocation->closed;
}

static gboolean is_over(gpointer user)
{
	return ((Invocation *)user)->done;
}

static void begin(Drive *drive, Invocation *invocation, guint relay, guint input, const char *text)
{
	const PssCommand command = { .text = text, .n_text = strlen(text) };
	PssRemote *remote = drive_remote(drive);

	*invocation = (Invocation){ .output = g_string_new(NULL), .status = -1 };
	invocation->relay = pss_relay_open(drive_transport(drive), remote, relay, &relay_events, invocation);
	if (!drive_await(drive, is_open, invocation) || invocation->closed)
		drive_fail(drive, "the relay did not come");
	const PssInvokeStreams streams = { relay, input, FALSE };
	if (!pss_remote_invoke(remote, &command, &streams, &invoke_events, invocation, NULL))
		drive_fail(drive, "the invocation was refused");
}

static char *end(Drive *drive, Invocation *invocation, int *ret_status)
{
	if (!drive_await(drive, is_over, invocation))
		drive_fail(drive, "the invocation did not end");
	if (!invocation->whole)
		drive_fail(drive, "the invocation's output was not whole");
	if (invocation->relay)
		pss_relay_end(invocation->relay);
	*ret_status = invocation->status;
	return g_string_free(invocation->output, FALSE);
}

char *drive_invoke(Drive *drive, guint relay, const char *text, int *ret_status)
{
	Invocation invocation;

	begin(drive, &invocation, relay, 0, text);
	return end(drive, &invocation, ret_status);
}

/* ---- an input that comes late */

#define LATE_INPUT 9 /* none of the relay's own */

typedef struct {
	Invocation invocation;
	const char *fifo, *until;
	int fd;
} Late;

/* Somebody reads it, and what was to happen first has. */
static gboolean is_read(gpointer user)
{
	Late *late = user;

	if (late->invocation.done)
		return TRUE;
	if (late->fd < 0 && g_file_test(late->until, G_FILE_TEST_EXISTS))
		late->fd = open(late->fifo, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	return late->fd >= 0;
}

static gboolean on_tick(gpointer user)
{
	return G_SOURCE_CONTINUE;
}

char *drive_invoke_late(Drive *drive, guint relay, const char *text, const char *until, int *ret_status)
{
	g_autofree char *directory = drive_find_directory(drive);
	g_autofree char *fifo = g_strdup_printf("%s/i%u.%u", directory, relay, LATE_INPUT);
	Late late = { .fifo = fifo, .until = until, .fd = -1 };
	guint tick = g_timeout_add(20, on_tick, NULL); /* files say nothing */

	if (mkfifo(fifo, 0600) != 0)
		drive_fail(drive, "cannot make a fifo");
	begin(drive, &late.invocation, relay, LATE_INPUT, text);
	if (!drive_await(drive, is_read, &late))
		drive_fail(drive, "nobody reads the input");
	if (late.fd >= 0 && write(late.fd, "input\n", 6) != 6)
		drive_fail(drive, "the input is not taken");
	if (late.fd >= 0)
		close(late.fd);
	g_source_remove(tick);
	return end(drive, &late.invocation, ret_status);
}
