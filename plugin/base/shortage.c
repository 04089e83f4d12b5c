/* SPDX-License-Identifier: MIT */
/* Distinguishes shortages from other failures, and counts free descriptors. Called from any thread; owns nothing. */
#include "base/shortage.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"
#include "base/system.h"

#define TOO_MANY_TO_COUNT 65536

G_DEFINE_QUARK(pss_shortage, pss_shortage)

gboolean pss_is_shortage_errno(int failed)
{
	static const int shortages[] = { EMFILE, ENFILE, EAGAIN, ENOMEM, ENOBUFS, ENOSPC };

	for (gsize i = 0; i < G_N_ELEMENTS(shortages); i++)
		if (failed == shortages[i])
			return TRUE;
	return FALSE;
}

void pss_set_errno(GError **error, int failed, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_autofree char *message = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	if (pss_is_shortage_errno(failed))
		g_set_error(error, PSS_SHORTAGE, failed, "%s: %s", message, g_strerror(failed));
	else
		g_set_error(error, PSS_ERROR, PSS_FAILED, "%s: %s", message, g_strerror(failed));
}

gboolean pss_is_shortage(const GError *error)
{
	return error && error->domain == PSS_SHORTAGE;
}

void pss_shortage_unmask(GError **error, const char *message)
{
	if (!error || !*error || pss_is_shortage(*error) || g_error_matches(*error, PSS_ERROR, PSS_INTERRUPTED) ||
	    pss_descriptors_can_open(1))
		return;
	g_clear_error(error);
	pss_set_errno(error, EMFILE, "%s", message);
}

gboolean pss_descriptors_can_open(guint n)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	gboolean can = n == 0 || fd >= 0 || (errno != EMFILE && errno != ENFILE);

	can = can && (n <= 1 || pss_descriptors_can_open(n - 1));
	if (fd >= 0)
		close(fd);
	return can;
}

int pss_descriptors_free(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur > TOO_MANY_TO_COUNT)
		return G_MAXINT;
	int n_open = pss_system_count_descriptors();
	if (n_open < 0)
		return errno == EMFILE || errno == ENFILE ? 0 : G_MAXINT;
	return MAX((int)limit.rlim_cur - n_open, 0);
}
