/* SPDX-License-Identifier: MIT */
/* Families of shells, and how each of their languages quotes a text. Pure. */
#pragma once

#include <glib.h>

typedef enum {
	PSS_FAMILY_NONE,
	PSS_FAMILY_BASH,
	PSS_FAMILY_ZSH,
	PSS_FAMILY_FISH,
	PSS_FAMILY_POSIX,
	PSS_FAMILY_PWSH,
} PssFamily;

/* A byte of a quoted text is so many bytes at most. */
#define PSS_FAMILY_QUOTED 4

/* By the word in the reply `r`. */
PssFamily pss_family_from_name(const char *name);
const char *pss_family_word(PssFamily family); /* NULL for none */

/* The name as -ConfigurationName has it ("bash", "zsh", "fish", "sh", "pwsh"), or NULL for none. */
const char *pss_family_name(PssFamily family);

/* Its requests are records that NUL ends, and it decides itself what is complete (fish, pwsh). */
gboolean pss_family_has_records(PssFamily family);

/* It reports the end of an invocation that was cut short without being asked (bash: by PROMPT_COMMAND, zsh: `always`).
 */
gboolean pss_family_ends_by_itself(PssFamily family);

/* It reads with a time limit, and so can wait for the relay of an invocation. */
gboolean pss_family_waits_for_relay(PssFamily family);

/* Appends `text` as one word of the family's language: the shell that reads it has these very bytes. The
 * word holds no newline and no control byte where the family has a notation for them. */
void pss_family_quote(GString *out, PssFamily family, const char *text, gsize n);
