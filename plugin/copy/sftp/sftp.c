/* SPDX-License-Identifier: MIT */
/* The connection: it greets the server, learns what that can do, and brings each answer to who asked. */
#include "copy/sftp/private.h"

#include <string.h>

#define CHUNK_DEFAULT 32768u /* what every server takes (draft, section 3) */
#define CHUNK_MAX 261120u    /* OpenSSH's packet, without what stands around the data */
#define FILES_DEFAULT 64u    /* where the server does not say how many handles it has */
#define FILES_MAX 2048u
#define HANDLES_LEFT 8u
#define DEPTH_FIRST (1024u * 1024u)
#define PATIENCE_MS 120000u
#define DEPTH_MAX (8u * 1024u * 1024u)
#define SHARED_MAX (4u * 1024u * 1024u) /* of all that are read from at the same time */

static const struct {
	const char *name, *version;
	PssSftpCan can;
} extensions[] = {
	{ "posix-rename@openssh.com", "1", PSS_SFTP_CAN_POSIX_RENAME },
	{ "statvfs@openssh.com", "2", PSS_SFTP_CAN_STATVFS },
	{ "fsync@openssh.com", "1", PSS_SFTP_CAN_FSYNC },
	{ "lsetstat@openssh.com", "1", PSS_SFTP_CAN_LSETSTAT },
	{ "limits@openssh.com", "1", PSS_SFTP_CAN_LIMITS },
	{ "expand-path@openssh.com", "1", PSS_SFTP_CAN_EXPAND_PATH },
	{ "copy-data", "1", PSS_SFTP_CAN_COPY_DATA },
	{ "hardlink@openssh.com", "1", PSS_SFTP_CAN_HARDLINK },
	{ "users-groups-by-id@openssh.com", "1", PSS_SFTP_CAN_USERS_GROUPS },
	{ "one-channel@pssession", "1", PSS_SFTP_HAS_ONE_CHANNEL },
};

/* ---- requests */

GByteArray *pss_sftp_packet(PssFxp type)
{
	GByteArray *packet = pss_fxp_new(type);

	pss_fxp_put_u32(packet, 0);
	return packet;
}

GByteArray *pss_sftp_extended(const char *name)
{
	GByteArray *packet = pss_sftp_packet(PSS_FXP_EXTENDED);

	pss_fxp_put_text(packet, name);
	return packet;
}

static void free_request(gpointer data)
{
	PssSftpRequest *request = data;

	if (request->file)
		pss_sftp_file_unref(request->file);
	else
		g_free(request->user);
	g_free(request);
}

static void tell(PssSftp *sftp, PssSftpRequest *request, const PssSftpReply *reply)
{
	gpointer user = request->user;

	if (!request->on_reply || (request->file && request->file->is_gone))
		return;
	if (!request->file)
		request->user = NULL; /* on_reply's now */
	request->on_reply(sftp, user, reply);
}

static int compare_ids(gconstpointer a, gconstpointer b)
{
	guint32 one = GPOINTER_TO_UINT(a), other = GPOINTER_TO_UINT(b);

	return one < other ? -1 : one > other;
}

/* In the order in which they were made: who makes them again may count on that. */
static void fail_requests(PssSftp *sftp)
{
	g_autoptr(GHashTable) requests = g_steal_pointer(&sftp->requests);
	g_autoptr(GList) ids = g_list_sort(g_hash_table_get_keys(requests), compare_ids);
	PssSftpReply lost = { .type = PSS_FXP_STATUS, .code = PSS_SFTP_CONNECTION_LOST, .text = sftp->why_lost };

	sftp->requests = g_hash_table_new_full(NULL, NULL, NULL, free_request);
	for (const GList *id = ids; id && !sftp->is_freed; id = id->next)
		tell(sftp, g_hash_table_lookup(requests, id->data), &lost);
}

void pss_sftp_request(PssSftp *sftp, GByteArray *packet, const PssSftpRequest *request)
{
	PssSftpRequest *copy = g_memdup2(request, sizeof *request);

	while (g_hash_table_contains(sftp->requests, GUINT_TO_POINTER(sftp->next_id)))
		sftp->next_id++;
	copy->sent_at = g_get_monotonic_time();
	sftp->in_flight[copy->load] += copy->weight;
	g_hash_table_insert(sftp->requests, GUINT_TO_POINTER(sftp->next_id), copy);
	if (sftp->stream) {
		pss_fxp_set_u32(packet, 5, sftp->next_id++);
		pss_sftp_stream_send(sftp->stream, packet);
		return;
	}
	g_byte_array_unref(packet);
	sftp->next_id++;
	pss_sftp_go_on_later(sftp);
}

/* ---- answers */

/* What was under way when it was lost, and what has been started since. */
static void fail_all(PssSftp *sftp, const GError *error)
{
	pss_sftp_files_fail(sftp, error);
	fail_requests(sftp);
}

static GError *why_lost(const PssSftp *sftp)
{
	return g_error_new_literal(PSS_SFTP_ERROR, PSS_SFTP_CONNECTION_LOST, sftp->why_lost);
}

static void lose_with(PssSftp *sftp, int code, const char *why)
{
	if (!sftp->stream)
		return;
	sftp->why_lost = g_strdup_printf("the SFTP server is gone: %s", why);
	g_clear_pointer(&sftp->stream, pss_sftp_stream_free);
	g_autoptr(GError) error = why_lost(sftp);
	fail_all(sftp, error);
	error->code = code;
	if (!sftp->is_freed)
		sftp->events->on_lost(sftp->user, error);
}

static void lose(PssSftp *sftp, const char *why)
{
	lose_with(sftp, PSS_SFTP_CONNECTION_LOST, why);
}

static void lose_to_noise(PssSftp *sftp)
{
	lose_with(sftp, PSS_SFTP_BAD_MESSAGE, "what it sends is not SFTP (do start-up files print something there?)");
}

static void learn(PssSftp *sftp, const PssSftpRequest *request)
{
	gint64 now = g_get_monotonic_time(), latency = now - request->sent_at;

	sftp->in_flight[request->load] -= request->weight;
	if (latency < sftp->round_trip || sftp->round_trip == 0)
		sftp->round_trip = MAX(latency, 1);
	if (request->load != PSS_SFTP_NO_LOAD)
		pss_sftp_depth_learn(&sftp->depth[request->load], request->weight, request->sent_at, now,
				     sftp->round_trip);
	sftp->files_limit = pss_sftp_files_for(sftp->round_trip, sftp->files_max);
}

static void tell_room(PssSftp *sftp)
{
	if (sftp->is_freed || !sftp->stream || !sftp->was_full || pss_sftp_room(sftp) == 0)
		return;
	sftp->was_full = FALSE;
	if (sftp->events->on_room)
		sftp->events->on_room(sftp->user);
}

static void go_on(PssSftp *sftp)
{
	if (sftp->is_freed || !sftp->stream)
		return;
	pss_sftp_files_start(sftp);
	pss_sftp_files_pump(sftp);
	tell_room(sftp);
}

static gboolean on_later(gpointer user)
{
	PssSftp *sftp = user;

	sftp->later = 0;
	pss_sftp_ref(sftp);
	g_autoptr(GError) error = sftp->stream ? NULL : why_lost(sftp);
	if (error)
		fail_all(sftp, error);
	go_on(sftp);
	pss_sftp_unref(sftp);
	return G_SOURCE_REMOVE;
}

void pss_sftp_go_on_later(PssSftp *sftp)
{
	if (sftp->later == 0)
		sftp->later = g_idle_add_full(G_PRIORITY_DEFAULT, on_later, sftp, NULL);
}

static void on_answer(PssSftp *sftp, PssFxp type, PssFxpReader *body)
{
	guint32 id = pss_fxp_get_u32(body);
	g_autofree char *text = NULL;
	gpointer key, value;
	PssSftpReply reply;

	if (body->is_bad || !g_hash_table_steal_extended(sftp->requests, GUINT_TO_POINTER(id), &key, &value)) {
		lose(sftp, "it sent an answer to no request of this copy");
		return;
	}
	PssSftpRequest *request = value;
	pss_sftp_reply_parse(&reply, type, body, &text);
	learn(sftp, request);
	if (request->file)
		pss_sftp_files_account(sftp, request, &reply);
	tell(sftp, request, &reply);
	free_request(request);
	go_on(sftp);
}

/* ---- the greeting */

static gsize chunk_of(guint64 limit)
{
	return limit == 0 ? CHUNK_MAX : CLAMP(limit, 512, CHUNK_MAX);
}

static void on_limits(PssSftp *sftp, gpointer user, const PssSftpReply *reply)
{
	PssFxpReader body = reply->body;

	if (reply->type != PSS_FXP_EXTENDED_REPLY)
		return;
	pss_fxp_get_u64(&body); /* packet: what the other two leave room in */
	guint64 max_read = pss_fxp_get_u64(&body), max_write = pss_fxp_get_u64(&body);
	guint64 max_handles = pss_fxp_get_u64(&body);
	if (body.is_bad)
		return;
	sftp->chunk[PSS_SFTP_READS] = chunk_of(max_read);
	sftp->chunk[PSS_SFTP_WRITES] = chunk_of(max_write);
	sftp->files_max =
		max_handles == 0 ? FILES_MAX : (guint)CLAMP(max_handles, HANDLES_LEFT + 1, FILES_MAX) - HANDLES_LEFT;
	sftp->files_limit = pss_sftp_files_for(sftp->round_trip, sftp->files_max);
}

static void take_extension(PssSftp *sftp, const char *name, const char *version)
{
	for (gsize i = 0; i < G_N_ELEMENTS(extensions); i++)
		if (strcmp(extensions[i].name, name) == 0 && strcmp(extensions[i].version, version) == 0)
			sftp->can |= extensions[i].can;
}

static void on_version(PssSftp *sftp, PssFxpReader *body)
{
	guint32 version = pss_fxp_get_u32(body);

	if (body->is_bad || version != 3) {
		lose_with(sftp, PSS_SFTP_BAD_MESSAGE, "it does not speak SFTP version 3");
		return;
	}
	while (body->left > 0 && !body->is_bad) {
		g_autofree char *name = pss_fxp_get_text(body);
		g_autofree char *data = pss_fxp_get_text(body);
		if (name && data)
			take_extension(sftp, name, data);
	}
	sftp->is_ready = TRUE;
	if (sftp->can & PSS_SFTP_CAN_LIMITS)
		pss_sftp_request(sftp, pss_sftp_extended("limits@openssh.com"),
				 &(PssSftpRequest){ .on_reply = on_limits });
	sftp->events->on_ready(sftp->user);
	go_on(sftp);
}

static void greet(PssSftp *sftp)
{
	GByteArray *packet = pss_fxp_new(PSS_FXP_INIT);

	pss_fxp_put_u32(packet, 3);
	pss_sftp_stream_send(sftp->stream, packet);
}

/* ---- silence */

static gboolean on_patience(gpointer user)
{
	PssSftp *sftp = user;
	gboolean waits = !sftp->is_ready || g_hash_table_size(sftp->requests) > 0;

	if (sftp->has_heard || !waits || sftp->is_paused || !sftp->stream) {
		sftp->has_heard = !waits || sftp->is_paused;
		return G_SOURCE_CONTINUE;
	}
	sftp->patience = 0;
	pss_sftp_ref(sftp);
	lose(sftp, "it does not answer");
	pss_sftp_unref(sftp);
	return G_SOURCE_REMOVE;
}

void pss_sftp_set_patience(PssSftp *sftp, guint milliseconds)
{
	g_clear_handle_id(&sftp->patience, g_source_remove);
	sftp->has_heard = TRUE; /* a whole such time begins */
	if (milliseconds > 0)
		sftp->patience = g_timeout_add(MAX(milliseconds / 2, 1), on_patience, sftp);
}

/* ---- the stream */

static void on_packet(gpointer user, PssFxp type, PssFxpReader *payload)
{
	PssSftp *sftp = user;

	sftp->has_heard = TRUE;
	pss_sftp_ref(sftp);
	if (sftp->is_ready)
		on_answer(sftp, type, payload);
	else if (type == PSS_FXP_VERSION)
		on_version(sftp, payload);
	else
		lose_to_noise(sftp);
	pss_sftp_unref(sftp);
}

static void on_thirsty(gpointer user)
{
	PssSftp *sftp = user;

	sftp->has_heard = TRUE; /* it takes what it is sent */
	pss_sftp_ref(sftp);
	go_on(sftp);
	pss_sftp_unref(sftp);
}

static void on_end(gpointer user, const char *why)
{
	PssSftp *sftp = user;

	pss_sftp_ref(sftp);
	if (why)
		lose(sftp, why);
	else
		lose_to_noise(sftp);
	pss_sftp_unref(sftp);
}

static const PssSftpStreamEvents stream_events = { on_packet, on_thirsty, on_end };

/* ---- life */

PssSftp *pss_sftp_new(int fd, const PssSftpEvents *events, gpointer user)
{
	PssSftp *sftp = g_new0(PssSftp, 1);

	sftp->n_references = 1;
	sftp->events = events;
	sftp->user = user;
	sftp->requests = g_hash_table_new_full(NULL, NULL, NULL, free_request);
	sftp->chunk[PSS_SFTP_READS] = sftp->chunk[PSS_SFTP_WRITES] = CHUNK_DEFAULT;
	for (int load = 0; load < PSS_SFTP_N_LOADS; load++)
		pss_sftp_depth_init(&sftp->depth[load], DEPTH_FIRST, DEPTH_MAX);
	sftp->files_limit = sftp->files_max = FILES_DEFAULT;
	g_queue_init(&sftp->waiting);
	g_queue_init(&sftp->files);
	g_queue_init(&sftp->active);
	sftp->stream = pss_sftp_stream_new(fd, &stream_events, sftp);
	pss_sftp_set_patience(sftp, PATIENCE_MS);
	greet(sftp);
	return sftp;
}

void pss_sftp_ref(PssSftp *sftp)
{
	sftp->n_references++;
}

void pss_sftp_unref(PssSftp *sftp)
{
	if (--sftp->n_references > 0)
		return;
	g_hash_table_unref(sftp->requests);
	g_free(sftp->why_lost);
	g_free(sftp);
}

void pss_sftp_free(PssSftp *sftp)
{
	if (!sftp)
		return;
	sftp->is_freed = TRUE;
	g_clear_pointer(&sftp->stream, pss_sftp_stream_free);
	g_clear_handle_id(&sftp->later, g_source_remove);
	g_clear_handle_id(&sftp->patience, g_source_remove);
	while (sftp->files.head) {
		PssSftpFile *file = sftp->files.head->data;
		file->ops->abandon(file);
	}
	pss_sftp_unref(sftp);
}

guint pss_sftp_can(const PssSftp *sftp)
{
	return sftp->can;
}

guint pss_sftp_room(const PssSftp *sftp)
{
	gsize used = sftp->n_open + sftp->waiting.length;
	guint room = sftp->stream && used < sftp->files_limit ? (guint)(sftp->files_limit - used) : 0;

	if (room == 0)
		((PssSftp *)sftp)->was_full = TRUE;
	return room;
}

void pss_sftp_pause(PssSftp *sftp, gboolean paused)
{
	sftp->is_paused = paused;
	if (sftp->stream)
		pss_sftp_stream_pause(sftp->stream, paused);
}

void pss_sftp_set_share(PssSftp *sftp, guint n)
{
	PssSftpDepth *reads = &sftp->depth[PSS_SFTP_READS];

	reads->max = n > 1 ? MAX(SHARED_MAX / n, CHUNK_MAX) : DEPTH_MAX;
	reads->limit = MIN(reads->limit, reads->max);
}

gint64 pss_sftp_round_trip(const PssSftp *sftp)
{
	return sftp->round_trip;
}
