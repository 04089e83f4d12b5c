/* SPDX-License-Identifier: MIT */
/* Turns at a server. A server takes only so many connections that have not logged in yet, and hangs up on the others
 * (MaxStartups of sshd_config(5), 10 at first; a jump host as well): so only some log in at once, and fewer where it
 * has hung up. For login threads. */
#pragma once

#include "link/login/login-context.h"

typedef struct PssTurn PssTurn;

typedef enum {
	PSS_TURN_SAYS_NOTHING, /* of how many the server takes */
	PSS_TURN_LOGGED_IN,
	PSS_TURN_REFUSED, /* the server has hung up before it sent anything */
} PssTurnOutcome;

/* `server` is any text that is the same for the same server. Waits for the turn, which does not count as time. It is
 * lent to others while the person is asked. NULL: the person has left, error is set. */
PssTurn *pss_turn_take(PssLoginContext *person, const char *server, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void pss_turn_give_back(PssTurn *turn, PssTurnOutcome outcome); /* accepts NULL */

/* Waits when `n` tries (from 1) have been refused: longer each time, and not as long as others. That it takes long is
 * noted, once for many. It does not count as time while another login asks at the same terminal. FALSE: the time is
 * over, or the person has left (then error is set). */
gboolean pss_turn_pause(PssLoginContext *person, const char *server, guint n, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The error of the try `n`: that the server refuses (PSS_THROTTLED), also where the time was over in a try behind
 * refused ones; any other failure as it is. Does nothing where `error` is set. */
void pss_turn_set_failure(GError **error, const GError *failure, PssLoginContext *person, guint n, const char *server,
			  guint tried_ms);

/* Can so many bytes be all that a server says to one that is too many? */
gboolean pss_turn_is_refusal_of(guint64 n_bytes);

/* What a line of ssh's, or of a server in place of its banner, says of how the connection has ended. */
typedef enum {
	PSS_TURN_LINE_OTHER,
	PSS_TURN_LINE_REFUSED, /* before the server has said who it is */
	PSS_TURN_LINE_SERVER,  /* the server has hung up; up to 9.9 ssh says it behind that, from 10.0 on it is all it
				  says */
	PSS_TURN_LINE_PROXY,   /* the same of a proxy */
} PssTurnLine;

PssTurnLine pss_turn_read_line(const char *line);
