/* SPDX-License-Identifier: MIT */
/* zsh keeps bytes that mean something to it as two ("metafied"): arguments, parameters, history and lines of
 * the editor come so and are wanted so; everything in pssession is plain bytes. The way across, both ways. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "zsh-module/zsh.h"

#include "zsh-module/adapter.h"

char *pss_zsh_metafied(const char *text, size_t n)
{
	return metafy((char *)text, (int)n, META_DUP);
}

char *pss_zsh_plain(const char *metafied)
{
	char *copy = strdup(metafied);
	int n;

	return copy ? unmetafy(copy, &n) : NULL;
}
