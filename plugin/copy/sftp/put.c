/* SPDX-License-Identifier: MIT */
/* Writing a file, over one connection or several to the same server. Each of these is a lane, with a handle of its own
 * and a share of the file; chunks go to whichever has room. All that ends a file follows its last WRITE in the same
 * flight, but for its new name: that is for what is known to be whole. */
#include "copy/sftp/private.h"

/* What a server's window lets one channel have on the way is 2 MB, of which some is acknowledged already. */
#define WINDOW (1536u * 1024u)
#define LONG_LINE_US 10000
#define ROOM_MIN 512u

typedef struct {
	PssSftpFile file;
	PssSftpPut *put;
} Lane;

/* One WRITE. They lie in the queue by their offsets. */
typedef struct {
	Lane *lane;
	guint64 offset;
	gsize n;
	gboolean is_written;
} Chunk;

struct PssSftpPut {
	PssSftp *sftp;
	PssSftpPutRequest request; /* its paths are ours */
	const PssSftpPutEvents *events;
	gpointer user;
	guint n_references; /* of lanes, and one while it is not over */
	gboolean is_over, is_read, waits, has_ended;
	GPtrArray *lanes; /* the first is the one that makes the file and ends it */
	GQueue chunks;
	guint64 next;    /* the first byte that on_read is asked for */
	guint64 written; /* all in front is known to be written */
	guint64 highest; /* behind the last byte that was sent */
	guint n_ending;  /* answers that the end waits for */
};

static void unref_put(PssSftpPut *put)
{
	if (--put->n_references > 0)
		return;
	g_queue_clear_full(&put->chunks, g_free);
	g_ptr_array_unref(put->lanes);
	g_free((char *)put->request.path);
	g_free((char *)put->request.rename);
	g_free(put);
}

static void free_lane(PssSftpFile *file)
{
	unref_put(((Lane *)file)->put);
	g_free(file);
}

static void leave(PssSftpPut *put)
{
	put->is_over = TRUE;
	for (guint i = 0; i < put->lanes->len; i++)
		pss_sftp_file_leave(put->lanes->pdata[i]);
	g_ptr_array_set_size(put->lanes, 0);
}

static void finish(PssSftpPut *put, const GError *error)
{
	if (put->is_over)
		return;
	leave(put);
	put->events->on_done(put->user, error);
	unref_put(put);
}

/* ---- the end */

static void on_renamed(PssSftp *sftp, gpointer user, const PssSftpReply *reply)
{
	PssSftpPut *put = ((Lane *)user)->put;
	g_autoptr(GError) error = pss_sftp_reply_error(reply, PSS_FXP_STATUS);

	finish(put, error);
}

static void on_all_done(PssSftpPut *put)
{
	Lane *first = put->lanes->pdata[0];

	if (put->request.rename)
		pss_sftp_file_request(&first->file,
				      pss_sftp_rename_packet(put->sftp, put->request.path, put->request.rename),
				      on_renamed, first);
	else
		finish(put, NULL);
}

/* Answers may come in any order: the last of them may be a WRITE's. */
static void check_all_done(PssSftpPut *put)
{
	if (put->has_ended && put->n_ending == 0 && g_queue_is_empty(&put->chunks))
		on_all_done(put);
}

static void on_ended(PssSftp *sftp, gpointer user, const PssSftpReply *reply)
{
	PssSftpPut *put = ((Lane *)user)->put;
	g_autoptr(GError) error = pss_sftp_reply_error(reply, PSS_FXP_STATUS);

	put->n_ending--;
	if (error)
		finish(put, error);
	else
		check_all_done(put);
}

static void set_at_end(PssSftpPut *put, Lane *lane, const PssSftpAttributes *attributes)
{
	GByteArray *packet = pss_sftp_file_packet(&lane->file, PSS_FXP_FSETSTAT);

	put->n_ending++;
	pss_fxp_put_attributes(packet, attributes);
	pss_sftp_file_request(&lane->file, packet, on_ended, lane);
}

static void sync_at_end(PssSftpPut *put, Lane *lane)
{
	GByteArray *packet = pss_sftp_extended("fsync@openssh.com");

	put->n_ending++;
	pss_fxp_put_string(packet, lane->file.handle, lane->file.n_handle);
	pss_sftp_file_request(&lane->file, packet, on_ended, lane);
}

static void close_at_end(PssSftpPut *put, Lane *lane)
{
	put->n_ending++;
	pss_sftp_file_close(&lane->file, on_ended);
}

/* A hole at the end, or what an earlier try has left behind it. */
static gboolean needs_size(const PssSftpPut *put)
{
	return put->next != put->highest || put->request.offset > 0;
}

static void end(PssSftpPut *put)
{
	Lane *first = put->lanes->pdata[0];

	for (guint i = 1; i < put->lanes->len; i++) {
		Lane *lane = put->lanes->pdata[i];
		if (lane->file.is_open)
			close_at_end(put, lane);
	}
	if (needs_size(put))
		set_at_end(put, first, &(PssSftpAttributes){ .has = PSS_SFTP_HAS_SIZE, .size = put->next });
	if (put->request.attributes.has)
		set_at_end(put, first, &put->request.attributes);
	if (put->request.syncs && put->sftp->can & PSS_SFTP_CAN_FSYNC)
		sync_at_end(put, first);
	close_at_end(put, first);
}

/* What other lanes have on the way must not come behind the times of the file. */
static void end_when_possible(PssSftpPut *put)
{
	if (!put->is_read || put->has_ended || (put->lanes->len > 1 && !g_queue_is_empty(&put->chunks)))
		return;
	put->has_ended = TRUE;
	end(put);
}

/* ---- writing */

static void settle(PssSftpPut *put)
{
	guint64 before = put->written;
	Chunk *chunk = g_queue_peek_head(&put->chunks);

	for (; chunk && chunk->is_written; chunk = g_queue_peek_head(&put->chunks)) {
		put->written = chunk->offset + chunk->n;
		g_free(g_queue_pop_head(&put->chunks));
	}
	if (put->written > before && put->events->on_written)
		put->events->on_written(put->user, put->written);
}

static void on_written(PssSftp *sftp, gpointer user, const PssSftpReply *reply)
{
	Chunk *chunk = user;
	Lane *lane = chunk->lane;
	PssSftpPut *put = lane->put;
	g_autoptr(GError) error = pss_sftp_reply_error(reply, PSS_FXP_STATUS);

	if (error) {
		finish(put, error);
		return;
	}
	chunk->is_written = TRUE;
	settle(put);
	if (put->is_over)
		return;
	end_when_possible(put);
	check_all_done(put);
	if (put->lanes->len > 0 && !put->is_read)
		pss_sftp_file_activate(&lane->file);
}

static void send_chunk(Lane *lane, GByteArray *packet, guint at, guint64 offset, gsize n)
{
	PssSftpPut *put = lane->put;
	Chunk *chunk = g_new0(Chunk, 1);

	g_byte_array_set_size(packet, at + (guint)n);
	*chunk = (Chunk){ .lane = lane, .offset = offset, .n = n };
	put->highest = offset + n;
	g_queue_push_tail(&put->chunks, chunk);
	pss_sftp_file_load(&lane->file, packet, PSS_SFTP_WRITES, n, on_written, chunk);
}

static void give_up(PssSftpPut *put)
{
	g_autoptr(GError) error = g_error_new_literal(PSS_SFTP_ERROR, PSS_SFTP_LOCAL, "it could not be read");

	finish(put, error);
}

/* For one WRITE. A small file must not take the room of a large chunk: there are hundreds on the way. */
static gsize room_for_next(const Lane *lane)
{
	const PssSftpPut *put = lane->put;
	gsize chunk = lane->file.sftp->chunk[PSS_SFTP_WRITES];
	guint64 left = put->request.size > put->next ? put->request.size - put->next : 0;

	return put->request.size > 0 ? (gsize)CLAMP(left, MIN(ROOM_MIN, chunk), chunk) : chunk;
}

static PssSftpPumped take(Lane *lane)
{
	PssSftpPut *put = lane->put;
	gsize size = room_for_next(lane);
	GByteArray *packet = pss_sftp_file_packet(&lane->file, PSS_FXP_WRITE);
	guint at = packet->len + 12;
	guint64 offset = put->next;

	g_byte_array_set_size(packet, at + (guint)size);
	gssize n = put->events->on_read(put->user, &offset, packet->data + at, size);
	if (n > 0) {
		g_assert((gsize)n <= size && offset >= put->next);
		put->next = offset + n;
		pss_fxp_set_u64(packet, at - 12, offset);
		pss_fxp_set_u32(packet, at - 4, (guint32)n);
		send_chunk(lane, packet, at, offset, n);
		return PSS_SFTP_PUMP_MORE;
	}
	g_byte_array_unref(packet);
	if (n == PSS_SFTP_END) {
		put->is_read = TRUE;
		put->next = offset;
		end_when_possible(put);
	} else if (n == PSS_SFTP_LATER) {
		put->waits = TRUE;
	} else {
		give_up(put);
	}
	return PSS_SFTP_PUMP_IDLE;
}

static gboolean is_full(PssSftp *sftp)
{
	return !pss_sftp_stream_is_thirsty(sftp->stream) ||
	       pss_sftp_depth_is_full(&sftp->depth[PSS_SFTP_WRITES], sftp->in_flight[PSS_SFTP_WRITES]);
}

/* What ends a file goes in the flight of its last WRITE. */
static gboolean is_at_end(const PssSftpPut *put)
{
	return put->request.size > 0 && put->next >= put->request.size;
}

static PssSftpPumped pump(PssSftpFile *file)
{
	Lane *lane = (Lane *)file;
	PssSftp *sftp = file->sftp;

	if (lane->put->is_read || lane->put->waits)
		return PSS_SFTP_PUMP_IDLE;
	if (!is_at_end(lane->put) && is_full(sftp))
		return PSS_SFTP_PUMP_FULL;
	return take(lane);
}

/* ---- the beginning */

static GByteArray *open_lane(PssSftpFile *file)
{
	const PssSftpPut *put = ((Lane *)file)->put;
	const PssSftpPutRequest *request = &put->request;
	gboolean is_first = put->lanes->pdata[0] == file;
	gboolean is_emptied = request->offset == 0 && !request->is_new;
	GByteArray *packet = pss_sftp_packet(PSS_FXP_OPEN);

	pss_fxp_put_text(packet, request->path);
	pss_fxp_put_u32(packet, !is_first ? PSS_FXF_WRITE
					  : PSS_FXF_WRITE | PSS_FXF_CREAT | (request->is_new ? PSS_FXF_EXCL : 0) |
						    (is_emptied ? PSS_FXF_TRUNC : 0));
	pss_fxp_put_attributes(
		packet, is_first ? &(PssSftpAttributes){ .has = PSS_SFTP_HAS_MODE, .mode = request->mode } : NULL);
	return packet;
}

/* A lane beside the first one that cannot be opened only means fewer of them. */
static void on_failed(PssSftpFile *file, const GError *error)
{
	PssSftpPut *put = ((Lane *)file)->put;

	if (put->lanes->pdata[0] == file || error->code == PSS_SFTP_CONNECTION_LOST) {
		finish(put, error);
	} else {
		g_ptr_array_remove(put->lanes, file);
		pss_sftp_file_leave(file);
	}
}

static void abandon(PssSftpFile *file)
{
	pss_sftp_put_free(((Lane *)file)->put);
}

static const PssSftpFileOps ops = {
	.open = open_lane,
	.on_open = pss_sftp_file_activate,
	.on_failed = on_failed,
	.pump = pump,
	.abandon = abandon,
	.free = free_lane,
};

static void add_lane(PssSftpPut *put, PssSftp *sftp)
{
	Lane *lane = g_new0(Lane, 1);

	lane->put = put;
	put->n_references++;
	g_ptr_array_add(put->lanes, lane);
	pss_sftp_file_init(&lane->file, sftp, &ops);
}

PssSftpPut *pss_sftp_put(PssSftp *sftp, const PssSftpPutRequest *request, const PssSftpPutEvents *events, gpointer user)
{
	PssSftpPut *put = g_new0(PssSftpPut, 1);

	put->sftp = sftp;
	put->request = *request;
	put->request.path = g_strdup(request->path);
	put->request.rename = g_strdup(request->rename);
	put->events = events;
	put->user = user;
	put->n_references = 1;
	put->lanes = g_ptr_array_new();
	put->next = put->written = put->highest = request->offset;
	g_queue_init(&put->chunks);
	add_lane(put, sftp);
	return put;
}

void pss_sftp_put_continue(PssSftpPut *put)
{
	put->waits = FALSE;
	for (guint i = 0; i < put->lanes->len; i++) {
		Lane *lane = put->lanes->pdata[i];
		if (lane->file.is_open && !put->is_read)
			pss_sftp_file_activate(&lane->file);
		pss_sftp_go_on_later(lane->file.sftp);
	}
}

void pss_sftp_put_free(PssSftpPut *put)
{
	if (!put || put->is_over)
		return;
	leave(put);
	unref_put(put);
}

void pss_sftp_put_join(PssSftpPut *put, PssSftp *other)
{
	Lane *first = put->lanes->pdata[0];

	if (!(put->sftp->can & PSS_SFTP_HAS_ONE_CHANNEL) && first->file.is_open && !put->is_read && other->stream &&
	    pss_sftp_room(other) > 0)
		add_lane(put, other);
}

/* What is on the way fills a window, and comes back as if nothing queued. */
gboolean pss_sftp_put_is_held_up(const PssSftpPut *put)
{
	const PssSftp *sftp = put->sftp;

	return !(sftp->can & PSS_SFTP_HAS_ONE_CHANNEL) && sftp->in_flight[PSS_SFTP_WRITES] >= WINDOW &&
	       sftp->round_trip >= LONG_LINE_US && sftp->depth[PSS_SFTP_WRITES].latency < 3 * sftp->round_trip;
}
