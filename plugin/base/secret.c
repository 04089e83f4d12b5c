/* SPDX-License-Identifier: MIT */
/* Wipes what may be a secret when it is given back. Used by the engine and by the host process, for whatever a
 * command's variables pass through. */
#include "base/secret.h"

#include <string.h>

PssSecret *pss_secret_new(gsize room)
{
	return g_string_sized_new(room);
}

void pss_secret_free(PssSecret *secret)
{
	if (!secret)
		return;
	explicit_bzero(secret->str, secret->allocated_len);
	g_string_free(secret, TRUE);
}

void pss_secret_free_text(gpointer text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	g_free(text);
}
