/* SPDX-License-Identifier: MIT */
/* What the tests of the client and PowerShell say to each other: each conversation leaves PowerShell as it was. */
#pragma once

#include <string.h>

#include "drive.h"

typedef struct {
	const char *name; /* of its recording; NULL: the end of the list */
	void (*hold)(Drive *drive);
} Conversation;

extern const Conversation conversations_at_terminal[], conversations_of_commands[];

#define assert_output(drive, text) g_assert_cmpstr(drive_output(drive), ==, text)

static inline void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		g_error("\"%s\" is not in \"%s\"", part, text);
}
