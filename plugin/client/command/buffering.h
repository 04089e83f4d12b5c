/* SPDX-License-Identifier: MIT */
/* -OutputBufferingMode and -OutputBufferSize, for the verbs that open or change sessions. */
#pragma once

#include "client/parameter/parameter.h"
#include "wire/message.h"

#define PSS_BUFFERING_ROW(what)                                                                                      \
	{                                                                                                            \
		"OutputBufferingMode", NULL, PSS_KIND_CHOICE, "MODE", .choices = pss_buffering_choices, .help = what \
	}
#define PSS_BUFFER_SIZE_ROW(what)                                                                             \
	{                                                                                                     \
		"OutputBufferSize", NULL, PSS_KIND_NUMBER, "BYTES", .min = 4096, .max = 1 << 30, .help = what \
	}

extern const char *const pss_buffering_choices[];

/* A value of -OutputBufferingMode as it is on the wire; 0: it was not given. */
enum pss_buffering pss_buffering_of(const struct pss_value *value);
