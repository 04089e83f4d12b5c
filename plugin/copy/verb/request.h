/* SPDX-License-Identifier: MIT */
/* What is to be copied, as the verb has sent it (wire/copy.h). */
#pragma once

#include <glib.h>

typedef struct {
	guint place; /* 0: this computer */
	char *path;  /* as the user gave it */
	gboolean is_literal;
} PssOperand;

typedef struct {
	GPtrArray *labels;                 /* of the places; NULL for the first, which is this computer */
	GPtrArray *computers;              /* of the places, too */
	GPtrArray *connected;              /* of them too: TRUE as a pointer, or NULL */
	GPtrArray *sources, *destinations; /* of PssOperand */
	GPtrArray *include, *exclude;      /* globs; empty: none */
	char *filter;                      /* glob, or NULL */
	guint throttle;
	gboolean recurse, force, flatten, preserve, resume, update, pass_thru, json, by_name, shows_progress, waits,
		lists;
} PssCopyRequest;

/* NULL and error: the verb is of another build, or the words make no request. */
PssCopyRequest *pss_copy_request_parse(const char *words, gsize n, GError **error);
void pss_copy_request_free(PssCopyRequest *request); /* accepts NULL */

/* Do -Filter, -Include and -Exclude let the name through? A directory only has not to be excluded. */
gboolean pss_copy_request_wants(const PssCopyRequest *request, const char *name, gboolean is_directory);
