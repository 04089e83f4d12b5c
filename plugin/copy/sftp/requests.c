/* SPDX-License-Identifier: MIT */
/* Requests of one packet and one answer. */
#include "copy/sftp/private.h"

#include <string.h>

/* Who wants the answer; freed with it. */
typedef struct {
	PssFxp wanted;
	union {
		PssSftpDone done;
		PssSftpAttributesDone attributes;
		PssSftpPathDone path;
		PssSftpSpaceDone space;
	} tell;
	gpointer user;
} Asker;

static void send(PssSftp *sftp, GByteArray *packet, PssSftpReplyFunc on_reply, Asker asker)
{
	pss_sftp_request(sftp, packet,
			 &(PssSftpRequest){ .on_reply = on_reply, .user = g_memdup2(&asker, sizeof asker) });
}

static GByteArray *packet_of(PssFxp type, const char *path)
{
	GByteArray *packet = pss_sftp_packet(type);

	pss_fxp_put_text(packet, path);
	return packet;
}

static GByteArray *extended_of(const char *name, const char *path)
{
	GByteArray *packet = pss_sftp_extended(name);

	pss_fxp_put_text(packet, path);
	return packet;
}

/* ---- done or not */

static void on_done(PssSftp *sftp, gpointer user, const PssSftpReply *reply)
{
	g_autofree Asker *asker = user;
	g_autoptr(GError) error = pss_sftp_reply_error(reply, PSS_FXP_STATUS);

	if (asker->tell.done)
		asker->tell.done(asker->user, error);
}

static void send_plain(PssSftp *sftp, GByteArray *packet, PssSftpDone done, gpointer user)
{
	send(sftp, packet, on_done, (Asker){ .tell.done = done, .user = user });
}

void pss_sftp_make_directory(PssSftp *sftp, const char *path, guint32 mode, PssSftpDone done, gpointer user)
{
	GByteArray *packet = packet_of(PSS_FXP_MKDIR, path);

	pss_fxp_put_attributes(packet, &(PssSftpAttributes){ .has = PSS_SFTP_HAS_MODE, .mode = mode });
	send_plain(sftp, packet, done, user);
}

void pss_sftp_remove_directory(PssSftp *sftp, const char *path, PssSftpDone done, gpointer user)
{
	send_plain(sftp, packet_of(PSS_FXP_RMDIR, path), done, user);
}

void pss_sftp_remove(PssSftp *sftp, const char *path, PssSftpDone done, gpointer user)
{
	send_plain(sftp, packet_of(PSS_FXP_REMOVE, path), done, user);
}

static void send_two(PssSftp *sftp, GByteArray *packet, const char *second, PssSftpDone done, gpointer user)
{
	pss_fxp_put_text(packet, second);
	send_plain(sftp, packet, done, user);
}

void pss_sftp_symlink(PssSftp *sftp, const char *text, const char *path, PssSftpDone done, gpointer user)
{
	send_two(sftp, packet_of(PSS_FXP_SYMLINK, text), path, done, user);
}

void pss_sftp_hard_link(PssSftp *sftp, const char *old_path, const char *new_path, PssSftpDone done, gpointer user)
{
	send_two(sftp, extended_of("hardlink@openssh.com", old_path), new_path, done, user);
}

GByteArray *pss_sftp_rename_packet(const PssSftp *sftp, const char *old_path, const char *new_path)
{
	GByteArray *packet = sftp->can & PSS_SFTP_CAN_POSIX_RENAME ? extended_of("posix-rename@openssh.com", old_path)
								   : packet_of(PSS_FXP_RENAME, old_path);

	pss_fxp_put_text(packet, new_path);
	return packet;
}

void pss_sftp_rename(PssSftp *sftp, const char *old_path, const char *new_path, PssSftpDone done, gpointer user)
{
	send_plain(sftp, pss_sftp_rename_packet(sftp, old_path, new_path), done, user);
}

void pss_sftp_set_attributes(PssSftp *sftp, const char *path, const PssSftpAttributes *attributes, PssSftpDone done,
			     gpointer user)
{
	GByteArray *packet = packet_of(PSS_FXP_SETSTAT, path);

	pss_fxp_put_attributes(packet, attributes);
	send_plain(sftp, packet, done, user);
}

void pss_sftp_set_link_attributes(PssSftp *sftp, const char *path, const PssSftpAttributes *attributes,
				  PssSftpDone done, gpointer user)
{
	GByteArray *packet = extended_of("lsetstat@openssh.com", path);

	pss_fxp_put_attributes(packet, attributes);
	send_plain(sftp, packet, done, user);
}

/* ---- attributes */

static void on_attributes(PssSftp *sftp, gpointer user, const PssSftpReply *reply)
{
	g_autofree Asker *asker = user;
	g_autoptr(GError) error = pss_sftp_reply_error(reply, PSS_FXP_ATTRS);
	PssFxpReader body = reply->body;
	PssSftpAttributes attributes = { 0 };

	if (!error)
		pss_fxp_get_attributes(&body, &attributes);
	if (body.is_bad && !error)
		error = pss_sftp_bad_reply();
	asker->tell.attributes(asker->user, error ? NULL : &attributes, error);
}

void pss_sftp_stat(PssSftp *sftp, const char *path, PssSftpAttributesDone done, gpointer user)
{
	send(sftp, packet_of(PSS_FXP_STAT, path), on_attributes, (Asker){ .tell.attributes = done, .user = user });
}

void pss_sftp_lstat(PssSftp *sftp, const char *path, PssSftpAttributesDone done, gpointer user)
{
	send(sftp, packet_of(PSS_FXP_LSTAT, path), on_attributes, (Asker){ .tell.attributes = done, .user = user });
}

/* ---- a path */

static void on_path(PssSftp *sftp, gpointer user, const PssSftpReply *reply)
{
	g_autofree Asker *asker = user;
	g_autoptr(GError) error = pss_sftp_reply_error(reply, PSS_FXP_NAME);
	g_autofree char *path = NULL;
	PssFxpReader body = reply->body;

	if (!error && pss_fxp_get_u32(&body) == 1)
		path = pss_fxp_get_text(&body);
	if (!error && !path)
		error = pss_sftp_bad_reply();
	asker->tell.path(asker->user, path, error);
}

static void send_path(PssSftp *sftp, GByteArray *packet, PssSftpPathDone done, gpointer user)
{
	send(sftp, packet, on_path, (Asker){ .tell.path = done, .user = user });
}

void pss_sftp_real_path(PssSftp *sftp, const char *path, PssSftpPathDone done, gpointer user)
{
	send_path(sftp, packet_of(PSS_FXP_REALPATH, path), done, user);
}

void pss_sftp_read_link(PssSftp *sftp, const char *path, PssSftpPathDone done, gpointer user)
{
	send_path(sftp, packet_of(PSS_FXP_READLINK, path), done, user);
}

/* The home directory is where the server has put us. */
void pss_sftp_expand_path(PssSftp *sftp, const char *path, PssSftpPathDone done, gpointer user)
{
	gboolean is_home = path[0] == '~' && (path[1] == '\0' || path[1] == '/');
	const char *below = is_home ? path + 1 + strspn(path + 1, "/") : NULL;

	if (below)
		pss_sftp_real_path(sftp, *below ? below : ".", done, user);
	else if (path[0] == '~')
		send_path(sftp, extended_of("expand-path@openssh.com", path), done, user);
	else
		pss_sftp_real_path(sftp, path, done, user);
}

/* ---- space */

enum { STATVFS_READ_ONLY = 1 };

static void on_space(PssSftp *sftp, gpointer user, const PssSftpReply *reply)
{
	g_autofree Asker *asker = user;
	g_autoptr(GError) error = pss_sftp_reply_error(reply, PSS_FXP_EXTENDED_REPLY);
	PssFxpReader body = reply->body;
	guint64 fields[11]; /* bsize frsize blocks bfree bavail files ffree favail fsid flag namemax */

	for (gsize i = 0; i < G_N_ELEMENTS(fields); i++)
		fields[i] = error ? 0 : pss_fxp_get_u64(&body);
	if (!error && body.is_bad)
		error = pss_sftp_bad_reply();
	PssSftpSpace space = { .block_size = fields[1],
			       .n_blocks = fields[2],
			       .n_free = fields[3],
			       .n_available = fields[4],
			       .n_files = fields[5],
			       .n_files_free = fields[6],
			       .is_read_only = (fields[9] & STATVFS_READ_ONLY) != 0,
			       .name_max = fields[10] };
	asker->tell.space(asker->user, error ? NULL : &space, error);
}

void pss_sftp_space(PssSftp *sftp, const char *path, PssSftpSpaceDone done, gpointer user)
{
	send(sftp, extended_of("statvfs@openssh.com", path), on_space, (Asker){ .tell.space = done, .user = user });
}
