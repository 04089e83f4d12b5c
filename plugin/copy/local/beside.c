/* SPDX-License-Identifier: MIT */
/* Names beside names, and what is kept of a file. Called by the files of this folder, and by copy/items for the other
 * side.
 */
#include "copy/local/beside.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/system.h"

#define NAME_LIMIT 255
#define SUFFIX ".pss-00000000"

/* Not inside a character of UTF-8, as some file systems take whole ones only. */
static gsize cut(const char *name)
{
	gsize n = MIN(strlen(name), NAME_LIMIT - 1 - strlen(SUFFIX));

	while (n > 0 && name[n] && ((guchar)name[n] & 0xc0) == 0x80)
		n--;
	return n;
}

static char *compose(const char *name, guint32 number)
{
	return g_strdup_printf(".%.*s.pss-%08x", (int)cut(name), name, number);
}

/* Many at a time are asked of the system: thousands of files want one each. */
static guint32 next_number(void)
{
	static guint32 numbers[64];
	static guint n_left;

	if (n_left == 0 && !pss_system_random((guchar *)numbers, sizeof numbers))
		return g_random_int();
	if (n_left == 0)
		n_left = G_N_ELEMENTS(numbers);
	return numbers[--n_left];
}

char *pss_beside_name(const char *name)
{
	return compose(name, next_number());
}

char *pss_beside_name_of(const char *name, guint32 claim)
{
	return compose(name, claim);
}

void pss_set_errno_bare(GError **error, int failed)
{
	g_set_error_literal(error, PSS_ERROR, PSS_FAILED, g_strerror(failed));
}

gboolean pss_kept_apply(int fd, const PssKept *kept, GError **error)
{
	const struct timespec times[2] = { { .tv_sec = kept->atime }, { .tv_sec = kept->mtime } };

	if ((kept->uid >= 0 && fchown(fd, (uid_t)kept->uid, (gid_t)kept->gid) < 0) ||
	    (kept->mode >= 0 && fchmod(fd, (mode_t)kept->mode) < 0) || (kept->mtime >= 0 && futimens(fd, times) < 0)) {
		pss_set_errno_bare(error, errno);
		return FALSE;
	}
	return TRUE;
}
