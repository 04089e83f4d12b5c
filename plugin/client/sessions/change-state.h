/* SPDX-License-Identifier: MIT */
/* What disconnect-pssession and connect-pssession have in common: sessions are chosen, each is changed by a request,
 * and as they are then they are put out. */
#pragma once

#include "client/requests/requests.h"

/* The indices of the rows by which sessions are chosen, the same in both verbs. */
enum { PSS_CHANGE_SESSION, PSS_CHANGE_ID, PSS_CHANGE_NAME, PSS_CHANGE_INSTANCE_ID, PSS_CHANGE_SELECTORS };

#define PSS_CHANGE_ROWS                                                                                                 \
	[PSS_CHANGE_SESSION] = { "Session",                                                                             \
				 NULL,                                                                                  \
				 PSS_KIND_LIST,                                                                         \
				 "SESSION",                                                                             \
				 .wants = "an Id, a Name or an InstanceId",                                             \
				 .position = 1,                                                                         \
				 .rest = true,                                                                          \
				 .set = 1,                                                                              \
				 .help = "by Id, Name or InstanceId (-: a line each from standard input)" },            \
	[PSS_CHANGE_ID] = { "Id", NULL, PSS_KIND_NUMBERS, "N", .min = 1, .max = LLONG_MAX, .set = 1, .help = "by Id" }, \
	[PSS_CHANGE_NAME] = { "Name",                                                                                   \
			      NULL,                                                                                     \
			      PSS_KIND_LIST,                                                                            \
			      "NAME",                                                                                   \
			      .wants = "a name",                                                                        \
			      .set = 1,                                                                                 \
			      .help = "by name, wildcards too" },                                                       \
	[PSS_CHANGE_INSTANCE_ID] = {                                                                                    \
		"InstanceId", NULL, PSS_KIND_LIST, "UUID", .wants = "an InstanceId", .set = 1, .help = "by InstanceId"  \
	}

/* -ComputerName of those verbs that find sessions on computers (lookup.h). */
#define PSS_CHANGE_COMPUTER_ROW                                                               \
	{                                                                                     \
		"ComputerName", "HostName Cn", PSS_KIND_LIST, "HOST",                         \
			.wants = "the name of a computer",                                    \
			.help = "those on these computers; one that none here is on is asked" \
	}

/* The sessions that call->own chooses by these rows, and by `computers` where the verb has such a row (else NULL).
 * `operation` is what -WhatIf and -Confirm call it. */
void pss_change_run(struct pss_call *call, const char *operation, const struct pss_change *change,
		    const struct pss_value *computers);

/* Chooses them alone, over a connection that is made for it; `throttle` computers are asked at a time. 0, or -errno:
 * nothing is to be done; told where it is an error. */
int pss_change_select(struct pss_call *call, const struct pss_value *computers, size_t throttle,
		      struct pss_connection *ret_connection, struct pss_sessions *ret_sessions);

/* -OutputBufferingMode's choices, and what they are on the wire. */
extern const char *const pss_buffering_choices[];
enum pss_buffering pss_buffering_of(const struct pss_value *value);
