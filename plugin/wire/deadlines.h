/* SPDX-License-Identifier: MIT */
/* Deadlines that concern more than one room, and the order that holds between them. Constants alone: what a room waits
 * for by itself stays in its own file. Builds for tests can have all of them shorter or longer (pss_deadline()). */
#pragma once

#ifdef PSS_TEST_DEADLINES
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#endif

enum {
	/* ---- the host process is started (client/requests) */
	PSS_HOST_START_MS = 10000, /* for it to listen, from its start */
	PSS_HOST_LOCK_MS = 15000,  /* for the lock that another client holds while it starts it */

	/* ---- a client waits for the host process */
	PSS_ACK_MS = 5000,        /* for any answer; a host process that is silent for so long does not respond */
	PSS_QUIET_MS = 3000,      /* without a word while one is entered: then the host process is asked for one */
	PSS_LEAVE_MS = 10000,     /* for its acknowledgement, and for what comes behind that */
	PSS_CANCEL_MS = 2000,     /* after Ctrl-C */
	PSS_ESCAPE_MS = 1000,     /* after `~.` */
	PSS_HOST_WAITS_MS = 2000, /* the host process answers so late at most, where a request waits for a session */

	/* ---- completion */
	PSS_COMPLETION_MS = 2000,        /* for the remote shell (remote/engine) */
	PSS_COMPLETION_ANSWER_MS = 3000, /* for the host process (client/entered) */

	/* ---- a session starts */
	PSS_SHELL_START_MS = 10000, /* for the two channels to meet, and again for the first prompt (remote/engine) */
	PSS_OPENING_MS = 30000,     /* then the session counts as opened, whatever its shell does (host/session) */
	PSS_HOLDER_FIRST_GREETING_MS = 9000, /* for the holder of a new session (link/resilient) */
	PSS_HOLDER_GREETING_MS = 20000,      /* for that of one that is there, after a reconnect */

	/* ---- it ends */
	PSS_SSH_END_MS = 2000,   /* for an ssh program to end by itself (link/openssh) */
	PSS_LOGIN_END_MS = 2500, /* for logins under way, when the host process ends */
	PSS_SHELL_END_MS = 2000, /* for a shell that was asked to hang up (host/session) */

	PSS_HOLDER_END_MS =
		10000, /* for a holder to say that it has ended; then the attempts go on unseen (link/resilient) */

	/* ---- keys that nothing read */
	PSS_TYPED_SCRIPT_MS = 10000, /* remote/scripts/typed.sh gives up, 10 s after the last key */
	PSS_TYPED_MS = 12000,        /* the engine does */
};

/* Seconds, as users give them. */
enum {
	PSS_IDLE_DEFAULT_S = 7200, /* -IdleTimeoutSec */
};

_Static_assert(PSS_HOST_LOCK_MS > PSS_HOST_START_MS, "who holds the lock may take so long to start the host process");
_Static_assert(PSS_ACK_MS > PSS_HOST_WAITS_MS, "what the host process waits for has ended before it counts as silent");
_Static_assert(PSS_LEAVE_MS >= 2 * PSS_ACK_MS, "what comes behind the acknowledgement may take as long again");
_Static_assert(PSS_ESCAPE_MS <= PSS_CANCEL_MS && PSS_CANCEL_MS < PSS_ACK_MS, "who wants to leave waits less");
_Static_assert(PSS_COMPLETION_ANSWER_MS > PSS_COMPLETION_MS, "the answer that there is none has to arrive");
_Static_assert(PSS_HOLDER_FIRST_GREETING_MS < PSS_SHELL_START_MS, "without a holder the shell has to start still");
_Static_assert(PSS_OPENING_MS >= 3 * PSS_SHELL_START_MS,
	       "the channels have met, and a shell, PowerShell too, has come to its prompt or is a plain terminal");
_Static_assert(PSS_HOLDER_GREETING_MS > PSS_HOLDER_FIRST_GREETING_MS,
	       "a slow computer has nothing to fall back on then");
_Static_assert(PSS_LOGIN_END_MS > PSS_SSH_END_MS, "an ssh program of a login has been ended by then");
_Static_assert(PSS_HOLDER_END_MS > PSS_ACK_MS, "a reconnect has to fit in");
_Static_assert(PSS_TYPED_MS > PSS_TYPED_SCRIPT_MS, "the script's last word has to arrive");

#ifdef PSS_TEST_DEADLINES
/* From the file that the environment variable names, which may change at any time; without one nothing is scaled. */
static inline int pss_deadline_percent(void)
{
	const char *path = getenv("PSSESSION_TEST_DEADLINES");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	char text[8] = { 0 };

	if (fd < 0)
		return 100;
	if (read(fd, text, sizeof text - 1) < 0)
		text[0] = '\0';
	close(fd);
	int percent = atoi(text);
	return percent >= 1 && percent <= 1000 ? percent : 100;
}
#endif

/* The deadline in milliseconds. In a developer's build (-Dtest_deadlines=true: tools/check, tools/dev) the file
 * $PSSESSION_TEST_DEADLINES holds percent of it, 1 to 1000; all deadlines change by the same factor, so that their
 * order stays. */
static inline int pss_deadline(int milliseconds)
{
#ifdef PSS_TEST_DEADLINES
	return (int)(milliseconds * (long long)pss_deadline_percent() / 100);
#else
	return milliseconds;
#endif
}
