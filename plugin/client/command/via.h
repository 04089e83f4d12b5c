/* SPDX-License-Identifier: MIT */
/* The session whose prompt a verb was typed at, and through which it reaches computers (hop.h). */
#pragma once

#include "wire/buffer.h"

struct pss_via {
	const char *instance;
	const char *computer;
	const char *prompt_name;  /* of that session, with those in front of it */
	struct pss_buffer *typed; /* what was typed behind the command: enter-pssession takes it, the others leave it */
};
