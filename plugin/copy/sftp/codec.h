/* SPDX-License-Identifier: MIT */
/* Packets of SFTP version 3 (draft-ietf-secsh-filexfer-02): put together, and taken apart within their bounds. */
#pragma once

#include <glib.h>

#include "copy/sftp/sftp.h"

typedef enum {
	PSS_FXP_INIT = 1,
	PSS_FXP_VERSION = 2,
	PSS_FXP_OPEN = 3,
	PSS_FXP_CLOSE = 4,
	PSS_FXP_READ = 5,
	PSS_FXP_WRITE = 6,
	PSS_FXP_LSTAT = 7,
	PSS_FXP_FSTAT = 8,
	PSS_FXP_SETSTAT = 9,
	PSS_FXP_FSETSTAT = 10,
	PSS_FXP_OPENDIR = 11,
	PSS_FXP_READDIR = 12,
	PSS_FXP_REMOVE = 13,
	PSS_FXP_MKDIR = 14,
	PSS_FXP_RMDIR = 15,
	PSS_FXP_REALPATH = 16,
	PSS_FXP_STAT = 17,
	PSS_FXP_RENAME = 18,
	PSS_FXP_READLINK = 19,
	PSS_FXP_SYMLINK = 20,
	PSS_FXP_STATUS = 101,
	PSS_FXP_HANDLE = 102,
	PSS_FXP_DATA = 103,
	PSS_FXP_NAME = 104,
	PSS_FXP_ATTRS = 105,
	PSS_FXP_EXTENDED = 200,
	PSS_FXP_EXTENDED_REPLY = 201,
} PssFxp;

enum { PSS_FXF_READ = 1, PSS_FXF_WRITE = 2, PSS_FXF_CREAT = 8, PSS_FXF_TRUNC = 16, PSS_FXF_EXCL = 32 };

#define PSS_SFTP_HANDLE_MAX 256u
/* A packet without its length: what OpenSSH takes and gives. */
#define PSS_SFTP_PACKET_MAX (256u * 1024u)

/* ---- putting together: the array is a packet with its length, which pss_fxp_seal() fills in. */
GByteArray *pss_fxp_new(PssFxp type);
void pss_fxp_put_u32(GByteArray *packet, guint32 value);
void pss_fxp_put_u64(GByteArray *packet, guint64 value);
void pss_fxp_put_string(GByteArray *packet, const void *bytes, gsize n);
void pss_fxp_put_text(GByteArray *packet, const char *text);
void pss_fxp_put_attributes(GByteArray *packet, const PssSftpAttributes *attributes); /* NULL: none */
void pss_fxp_set_u32(GByteArray *packet, guint at, guint32 value);
void pss_fxp_set_u64(GByteArray *packet, guint at, guint64 value);
void pss_fxp_seal(GByteArray *packet);

/* ---- taking apart: what does not fit leaves zeros and `is_bad`, which is asked once at the end. */
typedef struct {
	const guint8 *at;
	gsize left;
	gboolean is_bad;
} PssFxpReader;

guint8 pss_fxp_get_u8(PssFxpReader *reader);
guint32 pss_fxp_get_u32(PssFxpReader *reader);
guint64 pss_fxp_get_u64(PssFxpReader *reader);
/* Borrowed; NULL where bad. */
const guint8 *pss_fxp_get_string(PssFxpReader *reader, gsize *ret_n);
/* As text, the caller's; NULL where bad or with a NUL inside (then `is_bad` is not set). */
char *pss_fxp_get_text(PssFxpReader *reader);
void pss_fxp_get_attributes(PssFxpReader *reader, PssSftpAttributes *ret_attributes);

/* A packet at the front of n bytes. 1: whole, *ret_packet is its type and payload, *ret_size what it takes; 0: more is
 * needed; -1: no packet begins so. */
int pss_fxp_parse(const guint8 *bytes, gsize n, PssFxp *ret_type, PssFxpReader *ret_payload, gsize *ret_size);
