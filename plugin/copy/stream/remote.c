/* SPDX-License-Identifier: MIT */
/* The commands, and the lines that they say. A path comes by standard input and is the value of a variable, never a
 * part of what is evaluated. Called by copy/run. */
#include "copy/stream/remote.h"

#include <string.h>

#include "base/system.h"

#define PREFIX "pssession-tar "

/* `read` takes no byte behind its line; printf undoes what has been done to a path, and the dot keeps newlines at its
 * end. */
#define READ_PATH(variable, word) variable "=$(printf %%b \"${" word "#=}\"; echo .); " variable "=${" variable "%%.}; "

/* How many bytes of complaints there are: none, and all is well. tar's own output goes past that, to descriptor 3. */
#define COUNT_COMPLAINTS(command) "n=$({ " command " || echo failed >&2; } 2>&1 >&3 3>&- | wc -c); n=$((n)); "

/* What GNU's alone understands is asked of it alone. Environment that changes what tar does is taken away. */
#define KNOW_TAR(gnu)                                                                          \
	"unset TAR_OPTIONS; LC_ALL=C COPYFILE_DISABLE=1; export LC_ALL COPYFILE_DISABLE; o=; " \
	"case $(tar --version 2>&1) in *GNU*) o=\"" gnu "\";; *bsdtar*|*usy[bB]ox*) ;; *) exit;; esac; "

void pss_remote_tar_init(PssRemoteTar *remote)
{
	guint64 number = (guint64)g_random_int() << 32 | g_random_int();

	pss_system_random((guchar *)&number, sizeof number);
	g_snprintf(remote->nonce, sizeof remote->nonce, "%016" G_GINT64_MODIFIER "x", number);
}

char *pss_remote_tar_pack_command(const PssRemoteTar *remote)
{
	/* Two lines: how many files there are (none, or as many as are worth it), and the number of complaints. */
	return g_strdup_printf("exec sh -c 'IFS=\" \" read -r a; " READ_PATH("p", "a") KNOW_TAR(
				       "--sparse --hard-dereference") "cd \"$p\" || exit; n=$(find . -type f "
								      "2>/dev/null | head -n %d | wc -l); "
								      "echo \"" PREFIX
								      "%s $((n))\"; [ \"$((n))\" -ge %d ] || exit; "
								      "exec 3>&1; " COUNT_COMPLAINTS(
									      "tar $o -cf - .") "echo; echo \"" PREFIX
												"%s $n\"'",
			       PSS_REMOTE_TAR_MIN + 1, remote->nonce, PSS_REMOTE_TAR_MIN + 1, remote->nonce);
}

char *pss_remote_tar_unpack_command(const PssRemoteTar *remote, gboolean preserves, gboolean sets_owner)
{
	g_autofree char *top = pss_remote_tar_top(remote);

	/* What is not whole is removed, also when nobody is there any more who could say so. `mv` into a directory that
	 * somebody else has made meanwhile is undone. */
	return g_strdup_printf(
		"exec sh -c 'IFS=\" \" read -r a b; " READ_PATH("p", "a") READ_PATH("q", "b") KNOW_TAR(
			"--warning=no-timestamp") "exec 2>/dev/null; u=$(umask); umask 077; mkdir \"$p\" || exit; g=0; "
						  "[ -g \"$p\" ] && g=2000; umask \"$u\"; "
						  "echo \"" PREFIX "%s $u $g\"; exec 3>/dev/null; " COUNT_COMPLAINTS(
							  "cd \"$p\" && tar $o -xp%sf -") "if [ $n = 0 ] && [ -f "
											  "\"$p/" PSS_REMOTE_TAR_MARK
											  "\" ] && [ ! -e \"$q\" ] && "
											  "[ ! -h \"$q\" ] "
											  "&& mv \"$p/%s\" \"$q\" && [ "
											  "! -e \"$q/%s\" ]; "
											  "then :; else n=1; rm -rf "
											  "\"$q/%s\"; fi; rm -rf "
											  "\"$p\"; echo \"" PREFIX
											  "%s $n\"'",
		remote->nonce, preserves ? sets_owner ? "" : "o" : "om", top, top, top, remote->nonce);
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
