/* SPDX-License-Identifier: MIT */
/* See sftp-operations.h. */
#include "sftp-operations.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "copy/sftp/sftp.h"

typedef struct {
	PssSftp *sftp;
	guint n_done, n_wanted;
	gboolean is_lost;
	guint64 position;
} State;

static void on_done(gpointer user, const GError *error)
{
	((State *)user)->n_done++;
}

static void on_attributes(gpointer user, const PssSftpAttributes *attributes, const GError *error)
{
	if (!attributes == !error)
		abort();
	on_done(user, error);
}

static void on_path(gpointer user, const char *path, const GError *error)
{
	if (!path == !error)
		abort();
	on_done(user, error);
}

static void on_space(gpointer user, const PssSftpSpace *space, const GError *error)
{
	if (!space == !error)
		abort();
	on_done(user, error);
}

static void on_entry(gpointer user, const PssSftpEntry *entry)
{
	if (!*entry->name || strchr(entry->name, '/') || strcmp(entry->name, ".") == 0 ||
	    strcmp(entry->name, "..") == 0)
		abort();
}

static void on_data(gpointer user, guint64 offset, const void *data, gsize n)
{
	State *state = user;

	if (offset != state->position || n == 0)
		abort();
	state->position += n;
}

static void on_got(gpointer user, guint64 end, gboolean has_more, const GError *error)
{
	if (end != ((State *)user)->position)
		abort();
	on_done(user, error);
}

static gssize on_read(gpointer user, guint64 *offset, void *buffer, gsize n)
{
	n = MIN(n, 100000 - *offset);
	memset(buffer, 'x', n);
	return (gssize)n;
}

static void start(State *state)
{
	static const PssSftpListEvents list_events = { .on_entry = on_entry, .on_done = on_done };
	static const PssSftpGetEvents get_events = { .on_data = on_data, .on_done = on_got };
	static const PssSftpPutEvents put_events = { .on_read = on_read, .on_done = on_done };
	const PssSftpGetRequest get = { .path = "f", .size = PSS_SFTP_SIZE_UNKNOWN };
	const PssSftpPutRequest put = { .path = "f", .rename = "g", .attributes = { .has = PSS_SFTP_HAS_TIMES } };

	state->n_wanted = 7;
	pss_sftp_get(state->sftp, &get, &get_events, state);
	pss_sftp_list(state->sftp, "d", &list_events, state);
	pss_sftp_put(state->sftp, &put, &put_events, state);
	pss_sftp_lstat(state->sftp, "f", on_attributes, state);
	pss_sftp_read_link(state->sftp, "f", on_path, state);
	pss_sftp_space(state->sftp, "f", on_space, state);
	pss_sftp_remove(state->sftp, "f", on_done, state);
}

static void on_ready(gpointer user)
{
	start(user);
}

static void on_lost(gpointer user, const GError *error)
{
	((State *)user)->is_lost = TRUE;
}

void sftp_operations_feed(int fd, const uint8_t *data, size_t size)
{
	while (size > 0) {
		gssize n = send(fd, data, MIN(size, 1000), MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n > 0) {
			data += n;
			size -= (size_t)n;
		} else if (errno != EAGAIN) {
			return;
		}
		g_main_context_iteration(NULL, FALSE);
	}
}

void sftp_operations_run(int client, int server, const uint8_t *data, size_t size)
{
	static const PssSftpEvents events = { .on_ready = on_ready, .on_lost = on_lost };
	State state = { 0 };

	state.sftp = pss_sftp_new(client, &events, &state);
	sftp_operations_feed(server, data, size);
	close(server);
	while (!state.is_lost)
		g_main_context_iteration(NULL, TRUE);
	if (state.n_done != state.n_wanted)
		abort();
	pss_sftp_free(state.sftp);
	while (g_main_context_iteration(NULL, FALSE))
		;
}
