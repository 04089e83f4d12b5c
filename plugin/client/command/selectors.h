/* SPDX-License-Identifier: MIT */
/* -Session, -Id, -Name and -InstanceId: which kept sessions a verb works on. The rows of verbs that take any number of
 * them (PSS_USES_SELECTORS); enter-pssession takes one, and invoke-command takes computers too. */
#pragma once

#include "client/parameter/parameter.h"

enum pss_selector {
	PSS_BY_SESSION, /* an Id, a Name or an InstanceId, distinguished by their form */
	PSS_BY_ID,
	PSS_BY_NAME,
	PSS_BY_INSTANCE,
	PSS_SELECTOR_COUNT
};
extern const struct pss_parameter pss_selector_rows[PSS_SELECTOR_COUNT];
