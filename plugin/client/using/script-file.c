/* SPDX-License-Identifier: MIT */
/* Reads the script of -FilePath, which is sent whole. Called by verb-invoke.c before anything runs. */
#include "client/using/script-file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/base/file.h"
#include "terminal/clean-text.h"
#include "wire/cleanup.h"

#define SCRIPT_MAX (64 * 1024 * 1024)

static bool refuse(struct pss_call *call, const char *path, const char *reason)
{
	_cleanup_(pss_free_pointer) char *visible = pss_visible(path, false);

	pss_call_usage(call, "-FilePath: %s cannot be read: %s", visible ? visible : "", reason);
	return false;
}

/* Why it is no script, or NULL. */
static const char *look_for_reason(int rc, const char *text, size_t n)
{
	if (rc == -EFBIG)
		return "it is too long";
	if (rc < 0)
		return strerror(-rc);
	return memchr(text, 0, n) ? "it holds NUL bytes and is no script" : NULL;
}

bool pss_script_read(struct pss_call *call, const char *path, char **ret_text, size_t *ret_n)
{
	_cleanup_(pss_close_fd) int fd = pss_file_open(path, call->shell->interrupted);
	char *text = NULL;
	size_t n = 0;

	int rc = fd < 0 ? fd : pss_file_read_all(fd, SCRIPT_MAX, call->shell->interrupted, &text, &n);
	const char *reason = look_for_reason(rc, text, n);
	if (reason) {
		free(text);
		return refuse(call, path, reason);
	}
	*ret_text = text;
	*ret_n = n;
	return true;
}
