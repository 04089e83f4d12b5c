/* SPDX-License-Identifier: MIT */
/* The one enum of outcomes. It crosses the wire unchanged inside RESULT and LEFT, is the code of the
 * host's GError domain, and is mapped to an exit status by pss_status_exit() alone. */
#pragma once

#include <stdint.h>

enum pss_status {
	PSS_OK = 0,
	PSS_FAILED = 1,       /* refused or failed, for the reason in the message */
	PSS_USAGE = 2,        /* a parameter is wrong; nothing has happened */
	PSS_NO_SESSION = 3,   /* no such session, or more than one where one is wanted */
	PSS_BUSY = 4,         /* the session runs something, or another terminal has it */
	PSS_NOT_OPEN = 5,     /* the session is Broken, Closed or Disconnected */
	PSS_UNREACHABLE = 6,  /* name lookup, TCP or proxy failed */
	PSS_HOST_KEY = 7,     /* unknown and declined, changed, revoked, or not checkable */
	PSS_AUTH = 8,         /* every way to log in was refused */
	PSS_LINK_LOST = 9,    /* the connection ended while it was needed */
	PSS_TIMEOUT = 10,     /* a deadline the user gave has passed */
	PSS_INTERRUPTED = 11, /* Ctrl-C */
	PSS_NO_HOST = 12,     /* the host process cannot be started, is stopped, or has died */
	PSS_VERSION = 13,     /* the two ends speak no common protocol version */
	PSS_PROTOCOL = 14,    /* a frame broke the protocol */
	PSS_UNSUPPORTED = 15, /* asked for something that cannot be honoured here */
	PSS_THROTTLED = 16,   /* the server takes no new connection right now: a little later it may */
	PSS_SSH_ENDS = 17,    /* a bad ssh_config, a required forward that failed: where ssh itself ends */
	PSS_STATUS_COUNT
};

/* The exit status of SPEC §6 for an outcome: 0, 1, 2, 124, 130 or 255. Unknown values give 1. */
int pss_status_exit(uint32_t status);

/* A short stable word for logs and tests ("auth", "host-key"); never NULL. */
const char *pss_status_name(uint32_t status);
