/* SPDX-License-Identifier: MIT */
/* Reading a file: READs one behind the other as the depth allows, handed on in order. A server may answer in any order
 * and with less than was asked for; then the rest is asked for again. */
#include "copy/sftp/private.h"

/* Of a file that says it is empty, or does not say. */
#define FIRST_OF_UNKNOWN 4096u

/* One READ. They lie in the queue by their offsets, without gaps. */
typedef struct {
	PssSftpGet *get;
	guint64 offset;    /* of what is still to come */
	gsize wanted;      /* so many bytes */
	GByteArray *early; /* what came while others in front were missing, or NULL */
	gboolean is_end;   /* the file ends in front of `offset` */
} Chunk;

struct PssSftpGet {
	PssSftpFile file;
	PssSftpGetRequest request; /* its path is ours */
	const PssSftpGetEvents *events;
	gpointer user;
	guint64 next;     /* the first byte not asked for yet */
	guint64 position; /* the first byte not handed on yet */
	gboolean knows_size;
	gboolean is_beyond; /* one byte behind the size has been asked for, or there is no size to believe */
	GQueue chunks;
};

static GByteArray *open_get(PssSftpFile *file)
{
	GByteArray *packet = pss_sftp_packet(PSS_FXP_OPEN);

	pss_fxp_put_text(packet, ((PssSftpGet *)file)->request.path);
	pss_fxp_put_u32(packet, PSS_FXF_READ);
	pss_fxp_put_attributes(packet, NULL);
	return packet;
}

static void keep(PssSftpGet *get, Chunk *chunk, const guint8 *data, gsize n)
{
	if (!chunk->early)
		chunk->early = g_byte_array_new();
	g_byte_array_append(chunk->early, data, (guint)n);
	get->file.sftp->n_early += n;
}

static GByteArray *take_early(Chunk *chunk)
{
	if (chunk->early)
		chunk->get->file.sftp->n_early -= chunk->early->len;
	return g_steal_pointer(&chunk->early);
}

static void free_chunk(gpointer data)
{
	Chunk *chunk = data;

	if (chunk->early)
		g_byte_array_unref(chunk->early);
	g_free(chunk);
}

/* The account is the connection's, which may be gone when the last chunk is freed. */
static void drop_early(PssSftpGet *get)
{
	for (GList *link = get->chunks.head; link; link = link->next) {
		GByteArray *early = take_early(link->data);
		if (early)
			g_byte_array_unref(early);
	}
}

static void finish(PssSftpGet *get, gboolean has_more, const GError *error)
{
	const PssSftpGetEvents *events = get->events;
	gpointer user = get->user;
	guint64 end = get->position;

	drop_early(get);
	pss_sftp_file_leave(&get->file);
	events->on_done(user, end, has_more, error);
}

static void on_failed(PssSftpFile *file, const GError *error)
{
	finish((PssSftpGet *)file, FALSE, error);
}

static void fail_changed(PssSftpGet *get)
{
	g_autoptr(GError) error =
		g_error_new_literal(PSS_SFTP_ERROR, PSS_SFTP_CHANGED, "it became shorter while it was read");
	finish(get, FALSE, error);
}

/* ---- handing on */

static gboolean believes_size(const PssSftpGet *get)
{
	return get->knows_size && get->request.size > 0;
}

/* FALSE: it has finished, or is gone. */
static gboolean hand_on(PssSftpGet *get, const guint8 *data, gsize n)
{
	guint64 left = believes_size(get) && get->request.size > get->position ? get->request.size - get->position : 0;
	gboolean has_more = believes_size(get) && n > left;
	guint64 offset = get->position;

	if (has_more)
		n = left;
	get->position += n;
	if (n > 0)
		get->events->on_data(get->user, offset, data, n);
	if (has_more && !get->file.is_gone)
		finish(get, TRUE, NULL);
	return !get->file.is_gone;
}

static void finish_at_end(PssSftpGet *get)
{
	if (believes_size(get) && get->position < get->request.size)
		fail_changed(get);
	else
		finish(get, FALSE, NULL);
}

/* Hands on what the first chunks have, and forgets those that have all. */
static void settle(PssSftpGet *get)
{
	for (Chunk *chunk = g_queue_peek_head(&get->chunks); chunk; chunk = g_queue_peek_head(&get->chunks)) {
		g_autoptr(GByteArray) early = take_early(chunk);
		if (early && !hand_on(get, early->data, early->len))
			return;
		if (chunk->is_end) {
			finish_at_end(get);
			return;
		}
		if (chunk->wanted > 0)
			return;
		free_chunk(g_queue_pop_head(&get->chunks));
	}
}

/* ---- asking */

static void on_chunk(PssSftp *sftp, gpointer user, const PssSftpReply *reply);

/* Its one READ was to bring all of it, and has not, and it is closed: nothing has been handed on yet. */
static void begin_again(PssSftpGet *get)
{
	get->file.sftp->reads_short = TRUE;
	get->next = get->request.offset;
	get->is_beyond = FALSE;
	free_chunk(g_queue_pop_head(&get->chunks));
	pss_sftp_file_open_again(&get->file);
}

static void ask(PssSftpGet *get, Chunk *chunk)
{
	GByteArray *packet = pss_sftp_file_packet(&get->file, PSS_FXP_READ);

	pss_fxp_put_u64(packet, chunk->offset);
	pss_fxp_put_u32(packet, (guint32)chunk->wanted);
	pss_sftp_file_load(&get->file, packet, PSS_SFTP_READS, chunk->wanted, on_chunk, chunk);
}

static void take_data(PssSftpGet *get, Chunk *chunk, const guint8 *data, gsize n)
{
	gboolean is_first = g_queue_peek_head(&get->chunks) == chunk;

	chunk->offset += n;
	chunk->wanted -= n;
	/* All that the size promised is there: no answer is needed to know that this is the end. */
	if (chunk->wanted > 0 && believes_size(get) && chunk->offset == get->request.size)
		chunk->is_end = TRUE;
	else if (chunk->wanted > 0)
		ask(get, chunk);
	if (!is_first)
		keep(get, chunk, data, n);
	else if (hand_on(get, data, n))
		settle(get);
}

static void on_chunk(PssSftp *sftp, gpointer user, const PssSftpReply *reply)
{
	Chunk *chunk = user;
	PssSftpGet *get = chunk->get;
	g_autoptr(GError) error = pss_sftp_reply_error(reply, PSS_FXP_DATA);
	PssFxpReader body = reply->body;
	gsize n = 0;
	const guint8 *data = error ? NULL : pss_fxp_get_string(&body, &n);

	if (!error && (!data || n == 0 || n > chunk->wanted))
		error = pss_sftp_bad_reply();
	if (!error && !get->file.is_open && n < chunk->wanted && chunk->offset + n != get->request.size) {
		begin_again(get);
		return;
	}
	if (error && error->code == PSS_SFTP_EOF) {
		chunk->is_end = TRUE;
		settle(get);
	} else if (error) {
		finish(get, FALSE, error);
	} else {
		take_data(get, chunk, data, n);
	}
	if (!get->file.is_gone)
		pss_sftp_file_activate(&get->file);
}

/* 0: nothing more for now. */
static gsize next_size(PssSftpGet *get)
{
	gsize chunk = get->file.sftp->chunk[PSS_SFTP_READS];

	if (!believes_size(get))
		return get->chunks.length > 0 ? 0 : get->position == get->request.offset ? FIRST_OF_UNKNOWN : chunk;
	if (get->is_beyond)
		return 0;
	/* One byte more than the size shows that it has not grown, in the same flight. */
	guint64 left = get->request.size > get->next ? get->request.size - get->next + 1 : 1;
	get->is_beyond = left <= chunk;
	return (gsize)MIN(left, chunk);
}

static gboolean is_full(PssSftp *sftp)
{
	return pss_sftp_depth_is_full(&sftp->depth[PSS_SFTP_READS], sftp->in_flight[PSS_SFTP_READS] + sftp->n_early);
}

/* A small file: its CLOSE goes in the same flight, so that its handle is free a round trip earlier. */
static gboolean is_all_in_one(const PssSftpGet *get)
{
	return believes_size(get) && get->is_beyond && get->chunks.length == 1 &&
	       get->position == get->request.offset && !get->file.sftp->reads_short;
}

static PssSftpPumped pump(PssSftpFile *file)
{
	PssSftpGet *get = (PssSftpGet *)file;

	if (is_full(file->sftp))
		return PSS_SFTP_PUMP_FULL;
	gsize wanted = next_size(get);
	if (wanted == 0)
		return PSS_SFTP_PUMP_IDLE;
	Chunk *chunk = g_new0(Chunk, 1);
	chunk->get = get;
	chunk->offset = get->next;
	chunk->wanted = wanted;
	get->next += wanted;
	g_queue_push_tail(&get->chunks, chunk);
	ask(get, chunk);
	if (is_all_in_one(get))
		pss_sftp_file_close(&get->file, NULL);
	return PSS_SFTP_PUMP_MORE;
}

/* ---- the beginning */

static void on_attributes(PssSftp *sftp, gpointer user, const PssSftpReply *reply)
{
	PssSftpGet *get = user;
	g_autoptr(GError) error = pss_sftp_reply_error(reply, PSS_FXP_ATTRS);
	PssFxpReader body = reply->body;
	PssSftpAttributes attributes = { 0 };

	if (!error)
		pss_fxp_get_attributes(&body, &attributes);
	if (!error && body.is_bad)
		error = pss_sftp_bad_reply();
	if (error) {
		finish(get, FALSE, error);
		return;
	}
	if (!get->knows_size && attributes.has & PSS_SFTP_HAS_SIZE) {
		get->knows_size = TRUE;
		get->request.size = attributes.size;
	}
	if (get->events->on_attributes)
		get->events->on_attributes(get->user, &attributes);
	if (!get->file.is_gone)
		pss_sftp_file_activate(&get->file);
}

static void on_open(PssSftpFile *file)
{
	PssSftpGet *get = (PssSftpGet *)file;

	if (get->events->on_attributes || !get->knows_size)
		pss_sftp_file_request(file, pss_sftp_file_packet(file, PSS_FXP_FSTAT), on_attributes, get);
	if (get->knows_size)
		pss_sftp_file_activate(file);
}

static void free_get(PssSftpFile *file)
{
	PssSftpGet *get = (PssSftpGet *)file;

	g_queue_clear_full(&get->chunks, free_chunk);
	g_free((char *)get->request.path);
	g_free(get);
}

static const PssSftpFileOps ops = {
	.open = open_get,
	.on_open = on_open,
	.on_failed = on_failed,
	.pump = pump,
	.abandon = pss_sftp_file_leave,
	.free = free_get,
};

PssSftpGet *pss_sftp_get(PssSftp *sftp, const PssSftpGetRequest *request, const PssSftpGetEvents *events, gpointer user)
{
	PssSftpGet *get = g_new0(PssSftpGet, 1);

	get->request = *request;
	get->request.path = g_strdup(request->path);
	get->knows_size = request->size != PSS_SFTP_SIZE_UNKNOWN;
	get->events = events;
	get->user = user;
	get->next = get->position = request->offset;
	g_queue_init(&get->chunks);
	pss_sftp_file_init(&get->file, sftp, &ops);
	return get;
}

void pss_sftp_get_free(PssSftpGet *get)
{
	if (!get)
		return;
	drop_early(get);
	pss_sftp_file_leave(&get->file);
}
