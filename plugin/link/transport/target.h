/* SPDX-License-Identifier: MIT */
/* The target of a command: the fields of OPEN that name a computer, unpacked and checked. It holds no secret.
 * ssh_config has not been consulted yet: that is the transport's work. */
#pragma once

#include <glib.h>

#include "base/resource-limits.h"
#include "wire/message.h"

/* A way through a session (via.h). */
typedef struct PssVia PssVia;
PssVia *pss_via_ref(PssVia *via); /* accept NULL; from any thread */
void pss_via_unref(PssVia *via);

typedef struct {
	char *host;               /* host or alias as typed, never NULL, checked by pss_target_check_name() */
	char *user;               /* or NULL */
	guint port;               /* 0: not given */
	char *key_file;           /* absolute, or NULL */
	char *config_file;        /* absolute, "none", or NULL */
	char **options;           /* "Key=Value", NULL-terminated, never NULL */
	guint connect_timeout_ms; /* 0: not given */
	char *cwd;                /* the caller's directory, or NULL */
	char **environment;       /* "NAME=value" of the caller, NULL-terminated, never NULL */
	char *subsystem;          /* that PowerShell remoting asks for, or NULL: the usual one */
	PssLimits limits;         /* the caller's, for what is started for it */
	gboolean by_program;      /* -Transport ssh: the ssh program makes the connection */
	guint share;              /* -ShareConnection: one connection with others that name it so, where it will want so
				     many channels at a time; 0: one of its own */
	PssVia *via;              /* or NULL: from here, as ssh_config says */
	gboolean can_ask;         /* a person sits there */
	guint64 asker; /* the client that puts its questions to them, one after another; 0: it is not known */
	guint verbose; /* 0, 1, 2: which notes are wanted */
} PssTarget;

/* A session has a terminal, a control channel and what its commands' streams run in. */
#define PSS_TARGET_SHARE_SESSION 3

/* NULL and an error (PSS_USAGE) that names the parameter when something cannot be. */
PssTarget *pss_target_from_fields(struct pss_fields fields, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The caller's part of it: directory, environment, who can be asked. */
void pss_target_take_surroundings(PssTarget *target, struct pss_fields fields);

/* Who only looks wants no ports forwarded, which another session may have. */
void pss_target_forget_forwards(PssTarget *target);
PssTarget *pss_target_copy(const PssTarget *target);
void pss_target_free(PssTarget *target);

/* FALSE for what must never reach an argv or a proxy command: empty, a leading dash, blanks, control bytes,
 * shell metacharacters. `what` begins the message ("-UserName"). */
gboolean pss_target_check_name(const char *what, const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same for the name of a user, which may hold backslashes ("DOMAIN\name"), but for the end. */
gboolean pss_target_check_user(const char *what, const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The value of NAME in target->environment, or NULL. Borrowed. */
const char *pss_target_getenv(const PssTarget *target, const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PssTarget, pss_target_free)
