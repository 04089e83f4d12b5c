/* SPDX-License-Identifier: MIT */
/* What stands under the cursor of a line of shell language, as far as completion wants to know. Pure. */
#pragma once

#include <glib.h>

enum {
	PSS_CURSOR_COMMAND = 'c',  /* a command's name, or its path */
	PSS_CURSOR_ARGUMENT = 'a', /* of the command words[0] */
	PSS_CURSOR_FILE = 'f',     /* a file: behind a redirection or an assignment */
	PSS_CURSOR_VARIABLE = 'v', /* head is `$` or `${` */
	PSS_CURSOR_USER = 'u',     /* head is `~` */
	PSS_CURSOR_NOTHING = 'n',  /* a comment, or something that only running it would tell */
};

typedef struct {
	char kind;
	char quote;         /* that is open at the cursor: ' or ", else 0 */
	gsize start;        /* of what a candidate replaces */
	gsize segment;      /* where the simple command begins */
	GString *head;      /* how each candidate begins, as it was typed: up to the last slash, and an open quote */
	GString *directory; /* the value of that, as a word of shell language that runs nothing: safe to evaluate */
	GString *base;      /* what was typed behind it, without its quotes */
	GPtrArray *words;   /* of the simple command up to the cursor, as typed; the last is the one under it */
} PssCursor;

/* `point` is at most `n`. Everything in it is the caller's until pss_cursor_finish(). */
void pss_cursor_find(PssCursor *ret_cursor, const char *line, gsize n, gsize point);
void pss_cursor_finish(PssCursor *cursor);
