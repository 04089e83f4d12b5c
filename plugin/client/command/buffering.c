/* SPDX-License-Identifier: MIT */
/* The choices of -OutputBufferingMode. */
#include "client/command/buffering.h"

const char *const pss_buffering_choices[] = { "Block", "Drop", NULL };

enum pss_buffering pss_buffering_of(const struct pss_value *value)
{
	static const enum pss_buffering values[] = { PSS_BUFFERING_BLOCK, PSS_BUFFERING_DROP };

	return value->given ? values[value->number] : 0;
}
