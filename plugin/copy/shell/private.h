/* SPDX-License-Identifier: MIT */
/* What the files of this folder share; nobody else includes it. */
#pragma once

#include "base/fd-watch.h"
#include "copy/sftp/codec.h"
#include "copy/sftp/stream.h"

/* The largest READ and WRITE, whole blocks of server.sh's dd. */
#define PSS_SHELL_CHUNK 196608u

typedef struct {
	char *path;
	gboolean is_directory;
	/* a file */
	guint64 position;   /* where the remote file ends, as far as we have written it; G_MAXUINT64: not known */
	gboolean is_spoilt; /* its size could not be set: what is written would stand elsewhere */
	/* a directory */
	gboolean is_listed; /* all of it has come */
	GQueue entries;     /* GByteArray: a name and its attributes, as in a NAME */
	GQueue readers;     /* ids of READDIRs that wait */
} PssShellHandle;

/* What has been asked of the remote sh. */
typedef struct {
	PssFxp type;
	guint64 handle; /* of OPEN, OPENDIR: its own id; of READ and WRITE */
	gsize n;        /* of READ: at most so many bytes come */
} PssShellAsked;

typedef struct {
	PssSftpStream *client; /* NULL: it has ended */
	int channel;
	PssWatch *watch;
	GByteArray *out;
	gsize out_sent;
	GByteArray *in;
	char *greeting;      /* a line; NULL: it has come */
	GHashTable *asked;   /* guint64 id: PssShellAsked; ids above 32 bits are our own */
	GHashTable *handles; /* guint64 id of its OPEN: PssShellHandle */
	guint64 last_own;
	gsize n_entries; /* in all handles */
	gboolean is_over;
} PssShell;

/* ---- shell.c */
void pss_shell_ask(PssShell *shell, guint64 id, const PssShellAsked *asked, GString *line); /* takes the line */
void pss_shell_append(PssShell *shell, const void *bytes, gsize n);                         /* behind the line */
PssShellHandle *pss_shell_handle(PssShell *shell, guint64 id);                              /* or NULL */
void pss_shell_settle(PssShell *shell);

/* ---- requests.c */
void pss_shell_on_request(PssShell *shell, PssFxp type, PssFxpReader *body);

/* ---- answers.c */
void pss_shell_say_status(PssShell *shell, guint64 id, guint32 code, const char *text);
void pss_shell_say_handle(PssShell *shell, guint64 id);
/* Hands entries to READDIRs that wait. */
void pss_shell_list(PssShell *shell, PssShellHandle *handle);
/* Takes one answer off the front of n bytes: how many it is; 0: more are needed; -1: it is malformed. */
gssize pss_shell_take_answer(PssShell *shell, const char *bytes, gsize n);
