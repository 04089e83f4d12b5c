/* SPDX-License-Identifier: MIT */
/* The caller's ssh-agent (draft-miller-ssh-agent), one key of it at a time. */
#pragma once

#include <libssh/libssh.h>

#include "link/login/login-context.h"

typedef struct PssAgent PssAgent;

/* Connects and lists the keys. NULL, with a note, when the agent cannot be reached or does not answer
 * within some seconds; with an error alone when we are short of what it takes (shortage.h). Blocks. */
PssAgent *pss_agent_open(PssLoginContext *person, const char *socket_path, GError **error);
void pss_agent_close(PssAgent *agent); /* accepts NULL; a session that was given it can sign no more */

guint pss_agent_n_keys(PssAgent *agent);
GBytes *pss_agent_blob(PssAgent *agent, guint i);        /* borrowed */
const char *pss_agent_comment(PssAgent *agent, guint i); /* borrowed, clean */

/* From now on ssh_userauth_agent(session) sees key i and no other; under the name of `certificate`, where that is not
 * NULL. FALSE, with an error only of a shortage. */
gboolean pss_agent_show(PssAgent *agent, ssh_session session, guint i, GBytes *certificate, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PssAgent, pss_agent_close)

/* A connection to the agent at `path`, without waiting; -1 and errno: none. For those who pass it on whole. */
int pss_agent_connect(const char *path);
