/* SPDX-License-Identifier: MIT */
/* Reads and extends known_hosts as OpenSSH does (hostfile.c is the reference for every rule here, never
 * laxer). libssh's own check is not used: it skips @revoked lines, reads one user file only, and
 * answers "ok" where ssh refuses. Where ssh would step over a line about this very host that cannot
 * be parsed, this fails closed. Which lines are looked at, an index says (known-hosts-index.h). Knows no libssh and no
 * configuration. */
#include "link/libssh/hostkey/known-hosts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/system.h"
#include "link/config/wildcard.h"
#include "link/libssh/common/public-key.h"
#include "link/libssh/hostkey/known-hosts-file.h"

#define HASH_BYTES 20

typedef enum { MARK_NONE, MARK_REVOKED, MARK_AUTHORITY, MARK_INVALID } Mark;

char *pss_known_hosts_name(const char *host, guint port)
{
	g_autofree char *lower = g_ascii_strdown(host, -1);

	return port == 22 ? g_steal_pointer(&lower) : g_strdup_printf("[%s]:%u", lower, port);
}

int pss_known_hosts_match(const char *name, const char *patterns)
{
	g_auto(GStrv) words = g_strsplit(patterns, ",", -1);
	int matched = 0;

	for (char **word = words; *word; word++) {
		gboolean negated = **word == '!';
		g_autofree char *pattern = g_ascii_strdown(*word + negated, -1);
		if (!pss_wildcard_match(name, pattern))
			continue;
		if (negated)
			return -1;
		matched = 1;
	}
	return matched;
}

static char *hash_name(const char *name, const guchar *salt, gsize n_salt)
{
	guchar digest[HASH_BYTES];
	gsize n = sizeof digest;
	GHmac *hmac = g_hmac_new(G_CHECKSUM_SHA1, salt, n_salt);

	g_hmac_update(hmac, (const guchar *)name, (gssize)strlen(name));
	g_hmac_get_digest(hmac, digest, &n);
	g_hmac_unref(hmac);
	g_autofree char *salt_text = g_base64_encode(salt, n_salt);
	g_autofree char *digest_text = g_base64_encode(digest, n);
	return g_strdup_printf("|1|%s|%s", salt_text, digest_text);
}

/* -1: a malformed hash. */
static int match_hashed(const char *name, const char *hashed)
{
	g_auto(GStrv) parts = g_strsplit(hashed, "|", -1);
	gsize n_salt;

	if (g_strv_length(parts) != 4 || !g_str_equal(parts[1], "1"))
		return -1;
	g_autofree guchar *salt = g_base64_decode(parts[2], &n_salt);
	if (n_salt != HASH_BYTES)
		return -1;
	g_autofree char *expected = hash_name(name, salt, n_salt);
	return g_str_equal(expected, hashed);
}

static char *next_word(char **rest)
{
	char *word = *rest + strspn(*rest, " \t");
	gsize n = strcspn(word, " \t");

	*rest = word + n + (word[n] != '\0');
	word[n] = '\0';
	return word;
}

static Mark take_mark(char **rest)
{
	if (**rest != '@')
		return MARK_NONE;
	const char *word = next_word(rest);
	if (g_str_equal(word, "@revoked"))
		return MARK_REVOKED;
	return g_str_equal(word, "@cert-authority") ? MARK_AUTHORITY : MARK_INVALID;
}

static void decide(PssKnownVerdict *verdict, PssKnown known, const char *file, guint line)
{
	g_free(verdict->file);
	verdict->known = known;
	verdict->file = g_strdup(file);
	verdict->line = line;
}

static void set_broken(PssKnownVerdict *verdict, const char *file, guint line, const char *reason)
{
	if (verdict->known == PSS_KNOWN_BROKEN)
		return;
	decide(verdict, PSS_KNOWN_BROKEN, file, line);
	verdict->reason = g_strdup(reason);
}

/* `worst` collects what the lines say; a match never outweighs a revocation, wherever it stands. */
static void judge_line(char *rest, const char *name, GBytes *blob, const char *file, guint line, PssKnownVerdict *worst)
{
	Mark mark = take_mark(&rest);
	const char *hosts = mark == MARK_INVALID ? "" : next_word(&rest);
	int matched = *hosts == '|' ? match_hashed(name, hosts) : pss_known_hosts_match(name, hosts) == 1;

	if (matched == 0)
		return;
	const char *type = next_word(&rest);
	const char *key = next_word(&rest);
	if (g_ascii_isdigit(*type)) /* protocol 1: bits, exponent, modulus */
		return;
	g_autoptr(GBytes) known = matched < 0 ? NULL : pss_public_parse(type, key);
	if (!known) {
		/* A bad hash may be anybody's line; only a whole one is certain to be about this host. */
		if (matched > 0)
			set_broken(worst, file, line, "the line cannot be read as a key");
		return;
	}
	if (mark == MARK_NONE)
		g_ptr_array_add(worst->types, g_strdup(type));
	if (!blob || mark == MARK_AUTHORITY || worst->known == PSS_KNOWN_BROKEN)
		return;
	gboolean same = g_bytes_equal(known, blob);
	if (mark == MARK_REVOKED) {
		if (same)
			decide(worst, PSS_KNOWN_REVOKED, file, line);
		else if (!worst->revokes_in)
			worst->revokes_in = g_strdup(file);
	} else if (worst->known != PSS_KNOWN_REVOKED) {
		if (same)
			decide(worst, PSS_KNOWN_MATCH, file, line);
		else if (worst->known == PSS_KNOWN_NEW)
			decide(worst, PSS_KNOWN_CHANGED, file, line);
	}
}

static void judge_file(const char *file, const char *name, GBytes *blob, PssKnownVerdict *worst)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(PssKnownIndex) index = pss_known_file_open(file, &error);

	if (error)
		set_broken(worst, file, 0, error->message);
	if (!index)
		return;
	g_autoptr(GArray) lines = pss_known_index_look(index, name);
	for (guint i = 0; i < lines->len; i++) {
		const PssKnownLine *line = &g_array_index(lines, PssKnownLine, i);
		judge_line(line->text, name, blob, file, line->number, worst);
	}
}

void pss_known_hosts_check(char *const *files, const char *name, GBytes *blob, PssKnownVerdict *ret_verdict)
{
	*ret_verdict = (PssKnownVerdict){ .types = g_ptr_array_new_with_free_func(g_free) };
	for (; *files; files++)
		judge_file(*files, name, blob, ret_verdict);
}

void pss_known_verdict_clear(PssKnownVerdict *verdict)
{
	g_clear_pointer(&verdict->file, g_free);
	g_clear_pointer(&verdict->reason, g_free);
	g_clear_pointer(&verdict->revokes_in, g_free);
	g_clear_pointer(&verdict->types, g_ptr_array_unref);
}

static char *format_line(const char *name, const char *type, GBytes *blob, gboolean hashed)
{
	gsize n;
	const guchar *bytes = g_bytes_get_data(blob, &n);
	g_autofree char *key = g_base64_encode(bytes, n);
	g_autofree char *shown = g_strdup(name);
	guchar salt[HASH_BYTES];

	if (hashed && pss_system_random(salt, sizeof salt)) {
		g_free(shown);
		shown = hash_name(name, salt, sizeof salt);
	}
	return g_strdup_printf("%s %s %s\n", shown, type, key);
}

static gboolean append_line(int fd, const char *line)
{
	struct stat status;
	char last = '\n';
	gsize n = strlen(line);

	if (flock(fd, LOCK_EX) < 0 || fstat(fd, &status) < 0)
		return FALSE;
	if (status.st_size > 0 && pread(fd, &last, 1, status.st_size - 1) != 1)
		return FALSE;
	/* A file whose last line is not ended must not swallow the new one. */
	if (last != '\n' && write(fd, "\n", 1) != 1)
		return FALSE;
	return write(fd, line, n) == (ssize_t)n;
}

gboolean pss_known_hosts_add(const char *file, const char *name, const char *type, GBytes *blob, gboolean hashed,
			     GError **error)
{
	g_autofree char *line = format_line(name, type, blob, hashed);
	g_autofree char *directory = g_path_get_dirname(file);

	mkdir(directory, 0700);
	int fd = open(file, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600);
	gboolean good = fd >= 0 && append_line(fd, line);
	if (!good)
		g_set_error(error, PSS_ERROR, PSS_HOST_KEY, "cannot add the host key to %s: %s", file,
			    g_strerror(errno));
	if (fd >= 0)
		close(fd);
	return good;
}
