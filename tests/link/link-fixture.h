/* SPDX-License-Identifier: MIT */
/* One login of libssh's to a private server: what the tests of configuration, keys, tickets and tunnels begin with.
 * Set-up and tear-down are GTest's; between them a test changes the target, starts it, and looks at the records. */
#pragma once

#include <sys/types.h>

#include "link-harness.h"
#include "link-sshd.h"
#include "wire/status.h"

typedef struct {
	Sshd *sshd;
	PssTarget *target; /* until it is started; then NULL */
	LinkRecord link;
	ChannelRecord channel;
	pid_t agent; /* ends with the test; 0: there is none */
} LinkFixture;

/* The argument is more lines for sshd_config, or NULL; the test's own business; the login-server's arguments. */
void link_set_up(LinkFixture *f, gconstpointer sshd_lines);
void link_set_up_plain(LinkFixture *f, gconstpointer unused);
void link_set_up_server(LinkFixture *f, gconstpointer arguments);
void link_tear_down(LinkFixture *f, gconstpointer unused);

/* Starts a transport of libssh's that records there. Takes the target. */
void link_connect(LinkRecord *record, PssTarget *target);

void link_start(LinkFixture *f);  /* connects with the fixture's target */
void link_finish(LinkFixture *f); /* … and waits until it is ready or lost */

/* Finishes, and the test fails unless it is ready; and unless a command runs too. */
void link_log_in(LinkFixture *f);
void link_expect_login(LinkFixture *f);

/* Finishes, and the test fails unless that ends with this status and words in the message. */
void link_expect_failure(LinkFixture *f, enum pss_status status, const char *words);

/* Runs a command to its end. Its output, which is the channel's record's; that begins anew. */
const char *link_run(LinkFixture *f, const char *command, gboolean pty);

gboolean link_was_noted(const LinkFixture *f, const char *words);

void link_set_key(LinkFixture *f, char *path); /* takes `path`; NULL: no key is named */
void link_answer(LinkFixture *f, const char *const *answers);

/* Drops the options, of which sshd_target() has set some and the first of a name counts: but for known_hosts. */
void link_clear_options(LinkFixture *f);

/* An ssh-agent that has the key; its socket, to be freed. */
char *link_start_agent(LinkFixture *f, const char *key);
void link_add_to_agent(const char *agent, const char *key);
