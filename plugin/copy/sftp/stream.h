/* SPDX-License-Identifier: MIT */
/* Packets over a descriptor, both ways, without blocking. */
#pragma once

#include "copy/sftp/codec.h"

typedef struct PssSftpStream PssSftpStream;

typedef struct {
	/* May free the stream. The payload is borrowed. */
	void (*on_packet)(gpointer user, PssFxp type, PssFxpReader *payload);
	/* Little is waiting to be written any more. */
	void (*on_thirsty)(gpointer user);
	/* The descriptor's end, or (NULL) what is no packet: it must be freed in here. */
	void (*on_end)(gpointer user, const char *why);
} PssSftpStreamEvents;

/* Takes the descriptor over. Never NULL. */
PssSftpStream *pss_sftp_stream_new(int fd, const PssSftpStreamEvents *events, gpointer user);
void pss_sftp_stream_free(PssSftpStream *stream); /* accepts NULL */

void pss_sftp_stream_send(PssSftpStream *stream, GByteArray *packet); /* takes and seals it */
gboolean pss_sftp_stream_is_thirsty(const PssSftpStream *stream);
void pss_sftp_stream_pause(PssSftpStream *stream, gboolean paused);
