/* SPDX-License-Identifier: MIT */
/* The rows of the parameters that select sessions. */
#include "client/command/selectors.h"

#include <limits.h>

const struct pss_parameter pss_selector_rows[PSS_SELECTOR_COUNT] = {
	[PSS_BY_SESSION] = { "Session", NULL, PSS_KIND_LIST, "SESSION", .wants = "an Id, a Name or an InstanceId",
			     .position = 1, .rest = true, .set = 1,
			     .help = "by Id, Name or InstanceId (-: a line each from standard input)" },
	[PSS_BY_ID] = { "Id", NULL, PSS_KIND_NUMBERS, "N", .min = 1, .max = LLONG_MAX, .set = 1, .help = "by Id" },
	[PSS_BY_NAME] = { "Name", NULL, PSS_KIND_LIST, "NAME", .wants = "a name", .set = 1,
			  .help = "by name, wildcards too" },
	[PSS_BY_INSTANCE] = { "InstanceId", NULL, PSS_KIND_LIST, "UUID", .wants = "an InstanceId", .set = 1,
			      .help = "by InstanceId" },
};
