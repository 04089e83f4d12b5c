/* SPDX-License-Identifier: MIT */
/* Looks whether a server's key is revoked by RevokedHostKeys: a list of public keys, a line each, is read here; one
 * in OpenSSH's binary form is ssh-keygen's business. As in ssh, a file that cannot be read to its end revokes
 * everything. Called by hostkey.c, before known_hosts has a say. */
#include "link/libssh/hostkey/revoked.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/system.h"
#include "link/libssh/common/public-key.h"
#include "link/libssh/hostkey/known-hosts.h"
#include "link/login/child-run.h"

#define FILE_MAX (64 * 1024 * 1024)

/* The first bytes of PROTOCOL.krl's format. */
static const char krl_magic[] = "SSHKRL\n";

static char *next_word(char **rest)
{
	char *word = *rest + strspn(*rest, " \t");
	gsize n = strcspn(word, " \t\r");

	*rest = word + n + (word[n] != '\0');
	word[n] = '\0';
	return word;
}

/* NULL: not in the list; else what is to be said. */
static const char *look_in_list(char *text, GBytes *blob, guint *ret_line)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (guint i = 0; lines[i]; i++) {
		char *rest = lines[i] + strspn(lines[i], " \t");
		if (!*rest || *rest == '#' || *rest == '\r')
			continue;
		*ret_line = i + 1;
		const char *type = next_word(&rest);
		g_autoptr(GBytes) key = pss_public_parse(type, next_word(&rest));
		if (!key)
			return "holds something that is no key, so nothing can be said of any";
		if (g_bytes_equal(key, blob))
			return "revokes it: somebody may use a stolen key to pose as this computer";
	}
	return NULL;
}

/* A descriptor that reads as the public key's file. */
static int open_as_file(const char *type, GBytes *blob)
{
	gsize n;
	const guchar *bytes = g_bytes_get_data(blob, &n);
	g_autofree char *base64 = g_base64_encode(bytes, n);
	g_autofree char *line = g_strdup_printf("%s %s\n", type, base64);
	int fd = pss_system_memory_file("pss-host-key", 0);

	if (fd >= 0 && write(fd, line, strlen(line)) != (ssize_t)strlen(line)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* 0 is "not revoked"; a list that it cannot read is an error to ssh-keygen, too. */
static gboolean ask_ssh_keygen(PssLoginContext *person, const PssSshConfig *config, const char *path, const char *type,
			       GBytes *blob, GError **error)
{
	const char *const argv[] = { "ssh-keygen", "-Q", "-f", path, "/dev/stdin", NULL };
	g_auto(GStrv) environment = pss_spawn_environment(config->environment);
	char said[256 + 1] = "";
	PssChildOutput output = { .bytes = said, .size = sizeof said - 1 };
	PssSpawn spawn = {
		.argv = argv,
		.environment = (const char *const *)environment,
		.fds = { open_as_file(type, blob), -1, -1 },
	};
	int key = spawn.fds[0];

	if (key < 0) {
		g_set_error(error, PSS_ERROR, PSS_HOST_KEY, "cannot check RevokedHostKeys: %s", g_strerror(errno));
		return FALSE;
	}
	gboolean ran = pss_child_run(person, &spawn, &output, NULL, "reading RevokedHostKeys (ssh-keygen -Q)", error);
	close(key);
	if (ran && output.exit_status != 0)
		g_set_error(error, PSS_ERROR, PSS_HOST_KEY,
			    "the %s host key of %s is revoked by %s, or that file cannot be read", type,
			    config->hostname, path);
	return ran && output.exit_status == 0;
}

static gboolean check_file(PssLoginContext *person, const PssSshConfig *config, const char *path, const char *type,
			   GBytes *blob, GError **error)
{
	g_autoptr(GError) failure = NULL;
	g_autofree char *text = NULL;
	struct stat status;
	guint line = 0;
	gsize n;

	if (stat(path, &status) < 0 || !S_ISREG(status.st_mode) || status.st_size > FILE_MAX ||
	    !g_file_get_contents(path, &text, &n, &failure)) {
		g_set_error(error, PSS_ERROR, PSS_HOST_KEY,
			    "no host key is trusted, as RevokedHostKeys names %s, which cannot be read", path);
		return FALSE;
	}
	if (n >= strlen(krl_magic) && memcmp(text, krl_magic, strlen(krl_magic)) == 0)
		return ask_ssh_keygen(person, config, path, type, blob, error);
	const char *wrong = memchr(text, '\0', n) ? "holds NUL bytes" : look_in_list(text, blob, &line);
	if (wrong)
		g_set_error(error, PSS_ERROR, PSS_HOST_KEY, "the %s host key of %s is refused: %s line %u %s", type,
			    config->hostname, path, line, wrong);
	return !wrong;
}

gboolean pss_revoked_check(PssLoginContext *person, const PssSshConfig *config, const char *type, GBytes *blob,
			   GError **error)
{
	for (char **path = config->revoked_host_keys; *path; path++)
		if (!check_file(person, config, *path, type, blob, error))
			return FALSE;
	return TRUE;
}
