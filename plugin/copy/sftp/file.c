/* SPDX-License-Identifier: MIT */
/* Open files: how many there may be, whose turn it is to ask, and that each handle is closed whatever happens. */
#include "copy/sftp/private.h"

#include <string.h>

static void on_opened(PssSftp *sftp, gpointer user, const PssSftpReply *reply);

void pss_sftp_file_open_again(PssSftpFile *file)
{
	file->is_waiting = TRUE;
	g_queue_push_tail(&file->sftp->waiting, file);
	if (file->sftp->stream)
		pss_sftp_files_start(file->sftp);
	else
		pss_sftp_go_on_later(file->sftp); /* it fails */
}

void pss_sftp_file_init(PssSftpFile *file, PssSftp *sftp, const PssSftpFileOps *ops)
{
	file->ops = ops;
	file->sftp = sftp;
	file->n_references = 1;
	file->in_files.data = file->in_active.data = file;
	g_queue_push_tail_link(&sftp->files, &file->in_files);
	pss_sftp_file_open_again(file);
}

void pss_sftp_file_unref(PssSftpFile *file)
{
	if (--file->n_references == 0)
		file->ops->free(file);
}

/* ---- requests */

GByteArray *pss_sftp_file_packet(const PssSftpFile *file, PssFxp type)
{
	GByteArray *packet = pss_sftp_packet(type);

	pss_fxp_put_string(packet, file->handle, file->n_handle);
	return packet;
}

static void request(PssSftpFile *file, GByteArray *packet, PssSftpRequest *request)
{
	request->file = file;
	file->n_references++;
	pss_sftp_request(file->sftp, packet, request);
}

void pss_sftp_file_request(PssSftpFile *file, GByteArray *packet, PssSftpReplyFunc on_reply, gpointer user)
{
	request(file, packet, &(PssSftpRequest){ .on_reply = on_reply, .user = user });
}

void pss_sftp_file_load(PssSftpFile *file, GByteArray *packet, PssSftpLoad load, gsize weight,
			PssSftpReplyFunc on_reply, gpointer user)
{
	request(file, packet, &(PssSftpRequest){ .on_reply = on_reply, .user = user, .load = load, .weight = weight });
}

void pss_sftp_file_close(PssSftpFile *file, PssSftpReplyFunc on_reply)
{
	file->is_open = FALSE;
	request(file, pss_sftp_file_packet(file, PSS_FXP_CLOSE),
		&(PssSftpRequest){ .on_reply = on_reply, .user = file, .effect = PSS_SFTP_CLOSES });
}

/* ---- whose turn it is */

static void deactivate(PssSftpFile *file)
{
	if (file->in_active.prev || file->in_active.next || file->sftp->active.head == &file->in_active)
		g_queue_unlink(&file->sftp->active, &file->in_active);
}

void pss_sftp_file_activate(PssSftpFile *file)
{
	deactivate(file);
	g_queue_push_tail_link(&file->sftp->active, &file->in_active);
}

void pss_sftp_files_pump(PssSftp *sftp)
{
	guint n_full = 0;

	while (sftp->stream && n_full < sftp->active.length) {
		PssSftpFile *file = sftp->active.head->data;
		deactivate(file);
		file->n_references++;
		PssSftpPumped pumped = file->ops->pump(file);
		if (pumped != PSS_SFTP_PUMP_IDLE && !file->is_gone)
			pss_sftp_file_activate(file);
		n_full = pumped == PSS_SFTP_PUMP_FULL ? n_full + 1 : 0;
		pss_sftp_file_unref(file);
	}
}

void pss_sftp_file_leave(PssSftpFile *file)
{
	PssSftp *sftp = file->sftp;

	deactivate(file);
	g_queue_unlink(&sftp->files, &file->in_files);
	if (file->is_waiting)
		g_queue_remove(&sftp->waiting, file);
	file->is_gone = TRUE;
	if (file->is_open && sftp->stream)
		pss_sftp_file_close(file, NULL);
	pss_sftp_file_unref(file);
}

/* ---- opening */

void pss_sftp_files_start(PssSftp *sftp)
{
	while (sftp->is_ready && sftp->waiting.length > 0 && sftp->n_open < sftp->files_limit) {
		PssSftpFile *file = g_queue_pop_head(&sftp->waiting);
		file->is_waiting = FALSE;
		sftp->n_open++;
		request(file, file->ops->open(file),
			&(PssSftpRequest){ .on_reply = on_opened, .user = file, .effect = PSS_SFTP_OPENS });
	}
}

static gboolean take_handle(PssSftpFile *file, const PssSftpReply *reply)
{
	PssFxpReader body = reply->body;
	gsize n;
	const guint8 *handle = pss_fxp_get_string(&body, &n);

	if (reply->type != PSS_FXP_HANDLE || !handle || n > sizeof file->handle)
		return FALSE;
	memcpy(file->handle, handle, n);
	file->n_handle = n;
	file->is_open = TRUE;
	return TRUE;
}

static void on_opened(PssSftp *sftp, gpointer user, const PssSftpReply *reply)
{
	PssSftpFile *file = user;
	g_autoptr(GError) error = pss_sftp_reply_error(reply, PSS_FXP_HANDLE);

	if (!error && !file->is_open)
		error = pss_sftp_bad_reply();
	if (error)
		file->ops->on_failed(file, error);
	else
		file->ops->on_open(file);
}

/* Also for files that are gone: what was opened is closed. */
void pss_sftp_files_account(PssSftp *sftp, const PssSftpRequest *request, const PssSftpReply *reply)
{
	if (request->effect == PSS_SFTP_CLOSES)
		sftp->n_open--;
	if (request->effect != PSS_SFTP_OPENS)
		return;
	if (!take_handle(request->file, reply))
		sftp->n_open--;
	else if (request->file->is_gone && sftp->stream)
		pss_sftp_file_close(request->file, NULL);
}

/* Those with requests under way hear of it as their answer; here are those that only wait. */
void pss_sftp_files_fail(PssSftp *sftp, const GError *error)
{
	while (!sftp->is_freed && sftp->files.head) {
		PssSftpFile *file = sftp->files.head->data;
		file->is_open = FALSE;
		file->ops->on_failed(file, error);
	}
}
