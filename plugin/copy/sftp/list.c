/* SPDX-License-Identifier: MIT */
/* A directory in a stream: several READDIRs on the way, each answer handed on and forgotten. */
#include "copy/sftp/private.h"

#include <string.h>

#include "base/said.h"

#define ASKED_AT_FIRST 4u
#define ASKED_MAX 64u

struct PssSftpList {
	PssSftpFile file;
	char *path;
	const PssSftpListEvents *events;
	gpointer user;
	guint n_asked,
		depth; /* READDIRs on the way, and that may be: a large directory has twice as many each round trip */
};

static GByteArray *open_list(PssSftpFile *file)
{
	GByteArray *packet = pss_sftp_packet(PSS_FXP_OPENDIR);

	pss_fxp_put_text(packet, ((PssSftpList *)file)->path);
	return packet;
}

static void finish(PssSftpList *list, const GError *error)
{
	const PssSftpListEvents *events = list->events;
	gpointer user = list->user;

	pss_sftp_file_leave(&list->file);
	events->on_done(user, error);
}

static void on_failed(PssSftpFile *file, const GError *error)
{
	finish((PssSftpList *)file, error);
}

/* CVE-2019-6111: what a server calls an entry has to be one. */
static gboolean is_name(const guint8 *name, gsize n)
{
	return n > 0 && !memchr(name, '\0', n) && !memchr(name, '/', n);
}

static gboolean is_dots(const guint8 *name, gsize n)
{
	return n <= 2 && n > 0 && memcmp("..", name, n) == 0;
}

static void tell_bad_name(PssSftpList *list, const guint8 *name, gsize n)
{
	g_autofree char *text = g_strndup((const char *)name, n);
	g_autofree char *shown = pss_said_line(text);

	if (list->events->on_bad_name)
		list->events->on_bad_name(list->user, shown);
}

static void tell_entry(PssSftpList *list, const guint8 *name, gsize n, const PssSftpAttributes *attributes)
{
	g_autofree char *text = g_strndup((const char *)name, n);
	PssSftpEntry entry = { text, *attributes };

	list->events->on_entry(list->user, &entry);
}

/* FALSE: the answer is not well-formed. */
static gboolean take_names(PssSftpList *list, PssFxpReader *body)
{
	guint32 n_names = pss_fxp_get_u32(body);

	for (guint32 i = 0; i < n_names && !list->file.is_gone; i++) {
		PssSftpAttributes attributes;
		gsize n, n_long;
		const guint8 *name = pss_fxp_get_string(body, &n);
		pss_fxp_get_string(body, &n_long);
		pss_fxp_get_attributes(body, &attributes);
		if (body->is_bad)
			return FALSE;
		if (is_dots(name, n))
			continue;
		if (is_name(name, n))
			tell_entry(list, name, n, &attributes);
		else
			tell_bad_name(list, name, n);
	}
	return n_names > 0 && !body->is_bad;
}

static void on_names(PssSftp *sftp, gpointer user, const PssSftpReply *reply)
{
	PssSftpList *list = user;
	g_autoptr(GError) error = pss_sftp_reply_error(reply, PSS_FXP_NAME);
	PssFxpReader body = reply->body;

	list->n_asked--;
	if (!error && !take_names(list, &body) && !list->file.is_gone)
		error = pss_sftp_bad_reply();
	if (list->file.is_gone)
		return;
	list->depth = MIN(list->depth + 1, ASKED_MAX);
	if (error)
		finish(list, error->code == PSS_SFTP_EOF ? NULL : error);
	else
		pss_sftp_file_activate(&list->file);
}

static PssSftpPumped pump(PssSftpFile *file)
{
	PssSftpList *list = (PssSftpList *)file;

	while (list->n_asked < list->depth) {
		list->n_asked++;
		pss_sftp_file_request(file, pss_sftp_file_packet(file, PSS_FXP_READDIR), on_names, list);
	}
	return PSS_SFTP_PUMP_IDLE;
}

static void free_list(PssSftpFile *file)
{
	g_free(((PssSftpList *)file)->path);
	g_free(file);
}

static const PssSftpFileOps ops = {
	.open = open_list,
	.on_open = pss_sftp_file_activate,
	.on_failed = on_failed,
	.pump = pump,
	.abandon = pss_sftp_file_leave,
	.free = free_list,
};

PssSftpList *pss_sftp_list(PssSftp *sftp, const char *path, const PssSftpListEvents *events, gpointer user)
{
	PssSftpList *list = g_new0(PssSftpList, 1);

	list->path = g_strdup(path);
	list->depth = ASKED_AT_FIRST;
	list->events = events;
	list->user = user;
	pss_sftp_file_init(&list->file, sftp, &ops);
	return list;
}

void pss_sftp_list_free(PssSftpList *list)
{
	if (list)
		pss_sftp_file_leave(&list->file);
}
