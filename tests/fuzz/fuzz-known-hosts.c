/* SPDX-License-Identifier: MIT */
/* known_hosts of any content: it is read to its end, a match is a match with the key that was shown, and a file that
 * cannot be understood never makes one. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "link/libssh/common/public-key.h"
#include "link/libssh/hostkey/known-hosts.h"

#define NAME "[box]:2222"
#define KEY "AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"

/* A file without a name on any disk. */
static int file_with(const uint8_t *data, size_t size)
{
	int fd = memfd_create("known_hosts", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	return fd;
}

static void check(const char *path, const char *text, gsize n)
{
	char *const files[] = { (char *)path, NULL };
	g_autoptr(GBytes) key = pss_public_parse("ssh-ed25519", KEY);
	g_auto(PssKnownVerdict) verdict = { 0 }, types = { 0 };

	pss_known_hosts_check(files, NAME, key, &verdict);
	pss_known_hosts_check(files, NAME, NULL, &types);
	if (verdict.known == PSS_KNOWN_MATCH && (!memmem(text, n, KEY, strlen(KEY)) || verdict.line == 0))
		abort();
	if (types.known == PSS_KNOWN_MATCH || types.known == PSS_KNOWN_CHANGED)
		abort();
	if (verdict.known == PSS_KNOWN_BROKEN && !verdict.reason)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = file_with(data, size);
	g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
	g_autofree char *patterns = g_strndup((const char *)data, MIN(size, 64));

	check(path, (const char *)data, size);
	pss_known_hosts_match(NAME, patterns);
	close(fd);
	return 0;
}
