/* SPDX-License-Identifier: MIT */
/* The head of a message ([MS-PSRP] 2.2.1): u32 destination, u32 type, GUID of the pool, GUID of the pipeline, all
 * little-endian, in front of CLIXML in UTF-8. */
#pragma once

#include <glib.h>

#include "psrp/wire/guid.h"

typedef enum {
	PSS_MESSAGE_SESSION_CAPABILITY = 0x00010002,
	PSS_MESSAGE_INIT_RUNSPACEPOOL = 0x00010004,
	PSS_MESSAGE_RUNSPACEPOOL_STATE = 0x00021005,
	PSS_MESSAGE_CREATE_PIPELINE = 0x00021006,
	PSS_MESSAGE_APPLICATION_PRIVATE_DATA = 0x00021009,
	PSS_MESSAGE_POOL_HOST_CALL = 0x00021100,
	PSS_MESSAGE_POOL_HOST_RESPONSE = 0x00021101,
	PSS_MESSAGE_PIPELINE_INPUT = 0x00041002,
	PSS_MESSAGE_END_OF_INPUT = 0x00041003,
	PSS_MESSAGE_OUTPUT = 0x00041004,
	PSS_MESSAGE_ERROR_RECORD = 0x00041005,
	PSS_MESSAGE_PIPELINE_STATE = 0x00041006,
	PSS_MESSAGE_DEBUG_RECORD = 0x00041007,
	PSS_MESSAGE_VERBOSE_RECORD = 0x00041008,
	PSS_MESSAGE_WARNING_RECORD = 0x00041009,
	PSS_MESSAGE_PROGRESS_RECORD = 0x00041010,
	PSS_MESSAGE_INFORMATION_RECORD = 0x00041011,
	PSS_MESSAGE_PIPELINE_HOST_CALL = 0x00041100,
	PSS_MESSAGE_PIPELINE_HOST_RESPONSE = 0x00041101,
} PssMessageType;

typedef struct {
	guint32 destination; /* 1: the client, 2: the server */
	guint32 type;        /* PssMessageType, or one that is not known */
	PssGuid pool, pipeline;
	const char *body; /* borrowed from what was parsed */
	gsize n_body;
} PssMessage;

/* FALSE: too short for its head. */
gboolean pss_message_parse(PssMessage *message, const guint8 *data, gsize n) G_GNUC_WARN_UNUSED_RESULT;

/* Appends the message as bytes. */
void pss_message_append(GByteArray *out, const PssMessage *message);
