/* SPDX-License-Identifier: MIT */
/* The bodies of the messages that open a runspace pool and make pipelines in it ([MS-PSRP] 2.2.2). Pure: no state. */
#pragma once

#include "psrp/messages/using.h"

typedef struct {
	const char *name;  /* NULL: positional */
	const char *value; /* NULL: a switch */
} PssArgument;

/* A command of a pipeline. Borrowed texts. */
typedef struct {
	const char *text;
	gboolean is_script;     /* else the name of a command */
	gboolean is_local;      /* its variables are its own */
	gboolean merges_errors; /* into its output */
	const PssArgument *arguments;
	gsize n_arguments;
	const PssUsing *using_values; /* for `$using:NAME` */
	gsize n_using_values;
} PssStage;

typedef struct {
	const PssStage *stages;
	gsize n_stages;
	gboolean is_typed; /* by a user: history, and the `$?` that the next one sees */
	gboolean has_input;
	gboolean has_host; /* ours, of the size below; else the pool's */
	guint columns, rows;
} PssPipelineSpec;

/* All results are the caller's. */
GString *pss_pipeline_capability(void);
GString *pss_pipeline_init_pool(guint columns, guint rows);
GString *pss_pipeline_create(const PssPipelineSpec *spec);
