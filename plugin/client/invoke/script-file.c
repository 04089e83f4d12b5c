/* SPDX-License-Identifier: MIT */
/* Reads the script of -FilePath, which is sent whole. Called by verb-invoke.c before anything runs. */
#include "client/invoke/script-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "client/base/fd.h"
#include "terminal/clean-text.h"
#include "wire/cleanup.h"

#define SCRIPT_MAX (64 * 1024 * 1024)
#define PIECE 65536

static bool refuse(struct pss_call *call, const char *path, const char *reason)
{
	_cleanup_(pss_free_pointer) char *visible = pss_visible(path, false);

	pss_call_usage(call, "-FilePath: %s cannot be read: %s", visible ? visible : "", reason);
	return false;
}

/* NULL, or the reason why it cannot be read. */
static const char *read_all(int fd, struct pss_buffer *bytes)
{
	ssize_t n = 1;

	while (n > 0 && bytes->length < SCRIPT_MAX) {
		unsigned char *room = pss_buffer_reserve(bytes, PIECE);
		if (!room)
			return strerror(ENOMEM);
		n = read(fd, room, PIECE);
		if (n < 0)
			return strerror(errno);
		pss_buffer_commit(bytes, (size_t)n);
	}
	if (n > 0)
		return "it is too long";
	if (bytes->length > 0 && memchr(pss_buffer_bytes(bytes), 0, bytes->length))
		return "it holds NUL bytes and is no script";
	return NULL;
}

bool pss_script_read(struct pss_call *call, const char *path, char **ret_text, size_t *ret_n)
{
	_cleanup_(pss_close_fd) int fd = pss_descriptor_raise(open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY));
	struct pss_buffer bytes;

	if (fd < 0)
		return refuse(call, path, strerror(-fd));
	pss_buffer_init(&bytes);
	const char *reason = read_all(fd, &bytes);
	size_t n = bytes.length;
	char *text = !reason && pss_buffer_append(&bytes, "", 1) == 0 ? strdup((const char *)pss_buffer_bytes(&bytes))
								      : NULL;
	pss_buffer_finish(&bytes);
	if (reason)
		return refuse(call, path, reason);
	if (!text) {
		pss_call_error(call, PSS_FAILED, NULL, "not enough memory");
		return false;
	}
	*ret_text = text;
	*ret_n = n;
	return true;
}
