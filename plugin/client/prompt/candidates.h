/* SPDX-License-Identifier: MIT */
/* The answer to a COMPLETE, taken apart. */
#pragma once

#include "client/command/shell.h"
#include "wire/message.h"

/* Reads the RESULT of a COMPLETE about a line whose cursor is behind `point` bytes. What it says is untrusted: a
 * candidate that is not printable text is left out (and counted as more), a description is made so. 0, or -ENOMEM,
 * -EPROTO (then nothing is to be freed). A RESULT of another status than ok has no candidates. */
int pss_completion_read(struct pss_fields fields, size_t point, struct pss_completion *ret);
