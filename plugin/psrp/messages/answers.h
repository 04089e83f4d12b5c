/* SPDX-License-Identifier: MIT */
/* The bodies of host responses ([MS-PSRP] 2.2.3.18): what was answered, and which call (`ci`, `mi`) that answers. All
 * results are the caller's, and may hold secrets: pss_secret_free(). */
#pragma once

#include "base/secret.h"

/* One of the values that a question asks for. */
typedef struct {
	char *name, *label;
	gboolean is_secret;
	gboolean is_list;   /* as many answers as there are, up to an empty one */
	GPtrArray *answers; /* PssSecret * */
} PssField;

GString *pss_answer_null(gint64 call, gint64 method);
GString *pss_answer_text(gint64 call, gint64 method, const PssSecret *text, gboolean is_secret);
GString *pss_answer_fields(gint64 call, gint64 method, const GPtrArray *fields); /* PssField, each answered */
GString *pss_answer_credential(gint64 call, gint64 method, const PssSecret *name, const PssSecret *password);
GString *pss_answer_choices(gint64 call, gint64 method, const GArray *choices, gboolean is_list); /* int */
GString *pss_answer_key(gint64 call, gint64 method, gunichar key);
