/* SPDX-License-Identifier: MIT */
/* The ssh program as the master of a connection (ControlMaster of ssh_config(5)), private to one transport: started,
 * asked for by its questions, and logged in, by a thread that may block. */
#pragma once

#include "link/config/ssh-config.h"
#include "link/login/login-context.h"
#include "link/login/turn.h"

/* What its lines mean for a login that has failed. */
/* Where in ssh's sources a server's version string is read, as LogVerbose (ssh_config(5)) names a place. */
#define PSS_PROGRAM_FILE "kex.c:"
#define PSS_PROGRAM_FUNCTION "kex_exchange_identification"

typedef struct {
	guint n_lines;     /* but for those of DEBUG1 */
	PssTurnLine first; /* of them */
	guint n_servers;   /* that report a server's end */
	gboolean greeted;  /* with `detailed`: the server has said who it is */
	gboolean asked;    /* the person, so the server had greeted */
} PssProgramHeard;

/* What a start ends in. */
typedef struct {
	pid_t pid;       /* 0: it failed */
	int errors;      /* its standard error, non-blocking; -1: none */
	char *control;   /* its socket, for clients */
	char *directory; /* a private one around that, or NULL: it is in the runtime directory */
	char *ssh;       /* the program */
	char *user, *history_key;
	char *forwards;     /* for people; NULL: none */
	PssLimits limits;   /* of what runs beside it: the caller's */
	char **environment; /* "NAME=value" for the shell, as SendEnv and SetEnv say */
	gboolean forwards_agent;
	char *banner;  /* "SSH-2.0-…" of the server; NULL: not known */
	GString *said; /* the last line of its standard error that is not complete */
	char *last;    /* the last complete one, not reported yet: it may be the reason of its end; or NULL */
	PssProgramHeard heard;
	gboolean detailed; /* LogLevel=DEBUG1: whether the server has said who it is has to be known */
	char *mute_proxy;  /* the ProxyCommand, where it may fail without a word; else NULL */
	GError *error;
} PssProgramMaster;

typedef void (*PssProgramMasterFunc)(PssProgramMaster *master, gpointer user); /* takes it over; main context */

/* As pss_ssh_login_start(). Takes the target over. */
void pss_program_master_start(PssTarget *target, PssLoginContext *person, PssProgramMasterFunc on_done, gpointer user);

/* Removes from the runtime directory what a host process has left there that was killed. */
void pss_program_master_sweep(const char *root);

/* What it forwards, for a master that has logged in: `forwards`. A forward that fails becomes a warning, or with
 * ExitOnForwardFailure an error (PSS_SSH_ENDS). Blocks within the person's deadline: the login's thread. */
gboolean pss_program_forward(PssProgramMaster *master, PssLoginContext *person, const PssSshConfig *config,
			     const char *host, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Reads what it says on standard error, as far as that has come, and tells the person all but the last line. FALSE:
 * that is all. */
gboolean pss_program_master_hear(PssProgramMaster *master, PssLoginContext *person);

/* That line, too. */
void pss_program_master_tell(PssProgramMaster *master, PssLoginContext *person);

/* Of one that has ended before it has logged in: reaps it, and says why; PSS_THROTTLED where the server has hung up
 * before it has said who it is. It may have done so later where this is unsure: `detailed` tells next time. */
void pss_program_master_set_failure(PssProgramMaster *master, const PssTarget *target, GError **error);
gboolean pss_program_master_is_unsure(const PssProgramMaster *master);

/* Ends it: SIGTERM, its files are removed, and it is reaped later, so nobody else may watch the pid. Accepts NULL. */
void pss_program_master_free(PssProgramMaster *master);
