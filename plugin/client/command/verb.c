/* SPDX-License-Identifier: MIT */
/* The parameters that a verb takes. Called to parse, explain or complete them. */
#include "client/command/verb.h"

#include "client/command/call.h"

size_t pss_verb_groups(const struct pss_verb *verb, struct pss_call *call, struct pss_parameter_group *ret_groups)
{
	size_t n = 0;

	if (verb->uses & PSS_USES_SELECTORS)
		ret_groups[n++] =
			(struct pss_parameter_group){ pss_selector_rows, PSS_SELECTOR_COUNT, call->selectors };
	ret_groups[n++] = (struct pss_parameter_group){ verb->rows, verb->n_rows, call->own };
	if (verb->uses & PSS_USES_LINK)
		ret_groups[n++] = (struct pss_parameter_group){ pss_link_rows, PSS_LINK_COUNT, call->link };
	if (verb->uses & PSS_USES_CONFIRM)
		ret_groups[n++] = (struct pss_parameter_group){ pss_confirm_rows, PSS_CONFIRM_COUNT, call->confirm };
	ret_groups[n++] = (struct pss_parameter_group){ pss_common_rows, PSS_COMMON_COUNT, call->common };
	return n;
}
