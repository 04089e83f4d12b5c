/* SPDX-License-Identifier: MIT */
/* pack.sh and unpack.sh with what stands in front of them, and their lines. Called by copy/trees. */
#include "copy/stream/remote.h"

#include <string.h>

#include "base/system.h"
#include "copy/stream/source.h"

#define PREFIX "pssession-tar "

void pss_remote_tar_init(PssRemoteTar *remote)
{
	guint64 number = (guint64)g_random_int() << 32 | g_random_int();

	pss_system_random((guchar *)&number, sizeof number);
	g_snprintf(remote->nonce, sizeof remote->nonce, "%016" G_GINT64_MODIFIER "x", number);
}

char *pss_remote_tar_packer(const PssRemoteTar *remote)
{
	return g_strdup_printf("nonce=%s min=%d\n%s.\n", remote->nonce, PSS_REMOTE_TAR_MIN, pss_tar_pack_source);
}

/* Of tar: o, the caller is the owner; m, it is new. Only root could have it otherwise, and then it is all tars'
 * default. */
char *pss_remote_tar_unpacker(const PssRemoteTar *remote, gboolean preserves)
{
	g_autofree char *top = pss_remote_tar_top(remote);

	return g_strdup_printf("nonce=%s letters=%s top=%s\n%s.\n", remote->nonce, preserves ? "" : "om", top,
			       pss_tar_unpack_source);
}

char *pss_remote_tar_top(const PssRemoteTar *remote)
{
	return g_strdup_printf("t%.8s", remote->nonce);
}

gsize pss_remote_tar_find_line(const PssRemoteTar *remote, const char *bytes, gsize n, const char **ret_words,
			       gsize *ret_n_words)
{
	g_autofree char *begin = g_strdup_printf(PREFIX "%s ", remote->nonce);
	const char *at = memmem(bytes, n, begin, strlen(begin));
	const char *words = at ? at + strlen(begin) : NULL;
	const char *end = at ? memchr(words, '\n', n - (gsize)(words - bytes)) : NULL;

	if (!end)
		return 0;
	*ret_words = words;
	*ret_n_words = (gsize)(end - words);
	return (gsize)(end + 1 - bytes);
}
