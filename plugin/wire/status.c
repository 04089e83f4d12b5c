/* SPDX-License-Identifier: MIT */
/* What each outcome is called and which exit status it becomes: one table, used by both halves. */
#include "wire/status.h"

#include <stddef.h>

static const struct {
	const char *name;
	int exit_status;
} outcomes[PSS_STATUS_COUNT] = {
	[PSS_OK] = { "ok", 0 },
	[PSS_FAILED] = { "failed", 1 },
	[PSS_USAGE] = { "usage", 2 },
	[PSS_NO_SESSION] = { "no-session", 1 },
	[PSS_BUSY] = { "busy", 1 },
	[PSS_NOT_OPEN] = { "not-open", 1 },
	[PSS_UNREACHABLE] = { "unreachable", 255 },
	[PSS_HOST_KEY] = { "host-key", 255 },
	[PSS_AUTH] = { "auth", 255 },
	[PSS_LINK_LOST] = { "link-lost", 255 },
	[PSS_TIMEOUT] = { "timeout", 124 },
	[PSS_INTERRUPTED] = { "interrupted", 130 },
	[PSS_NO_HOST] = { "no-host", 1 },
	[PSS_VERSION] = { "version", 1 },
	[PSS_PROTOCOL] = { "protocol", 1 },
	[PSS_UNSUPPORTED] = { "unsupported", 1 },
	[PSS_THROTTLED] = { "throttled", 255 },
	[PSS_SSH_ENDS] = { "ssh-ends", 255 },
};

int pss_status_exit(uint32_t status)
{
	return status < PSS_STATUS_COUNT ? outcomes[status].exit_status : 1;
}

const char *pss_status_name(uint32_t status)
{
	return status < PSS_STATUS_COUNT ? outcomes[status].name : "unknown";
}
