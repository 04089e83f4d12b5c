/* SPDX-License-Identifier: MIT */
/* A reader of public keys of its own, as libssh does not read a certificate's line as a public key, and skips no line.
 * The bytes are untrusted: a length is checked before what it counts is read. */
#include "link/libssh/common/public-key.h"

#include <string.h>
#include <sys/stat.h>

#define FILE_MAX (1024 * 1024)
#define USER_CERTIFICATE 1 /* PROTOCOL.certkeys, "type" */
#define BEHIND_KEY 8       /* "serial", in front of it */

/* ---- wire form */

/* Steps over a string; NULL: there is none. */
static const guchar *skip_string(const guchar *at, const guchar *end)
{
	guint32 n;

	if (!at || end - at < (gssize)sizeof n)
		return NULL;
	memcpy(&n, at, sizeof n);
	n = GUINT32_FROM_BE(n);
	return n <= (gsize)(end - at) - sizeof n ? at + sizeof n + n : NULL;
}

static char *type_of(GBytes *blob)
{
	gsize n;
	const guchar *at = g_bytes_get_data(blob, &n), *end = skip_string(at, at + n);

	return end ? g_strndup((const char *)at + 4, (gsize)(end - at) - 4) : g_strdup("");
}

gboolean pss_public_is_certificate(GBytes *blob)
{
	g_autofree char *type = type_of(blob);

	return strstr(type, "-cert-v0") != NULL;
}

gboolean pss_public_is_on_token(GBytes *blob)
{
	g_autofree char *type = type_of(blob);

	return g_str_has_prefix(type, "sk-");
}

/* Types, and the strings of their keys behind the type's name. */
static const struct {
	const char *type;
	guint n;
} kinds[] = {
	{ "ssh-rsa-cert-", 2 },
	{ "ssh-dss-cert-", 4 },
	{ "ecdsa-sha2-", 2 },
	{ "ssh-ed25519-cert-", 1 },
	{ "sk-ecdsa-sha2-nistp256-cert-", 3 },
	{ "sk-ssh-ed25519-cert-", 2 },
};

gboolean pss_public_is_user_certificate(GBytes *blob)
{
	g_autofree char *type = type_of(blob);
	gsize n;
	const guchar *start = g_bytes_get_data(blob, &n), *end = start + n;
	const guchar *at = skip_string(skip_string(start, end), end);
	guint32 whose;

	if (!pss_public_is_certificate(blob))
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
		for (guint k = 0; g_str_has_prefix(type, kinds[i].type) && k < kinds[i].n; k++)
			at = skip_string(at, end);
	if (!at || end - at < BEHIND_KEY + (gssize)sizeof whose)
		return FALSE;
	memcpy(&whose, at + BEHIND_KEY, sizeof whose);
	return GUINT32_FROM_BE(whose) == USER_CERTIFICATE;
}

/* A certificate's blob is its type, a nonce, and then what a key's blob has behind its type. ssh_key_cmp() of libssh
 * before 0.11 takes the two for keys of different types. */
gboolean pss_public_is_of(GBytes *certificate, GBytes *key)
{
	gsize n_certificate, n_key;
	const guchar *of_certificate = g_bytes_get_data(certificate, &n_certificate);
	const guchar *of_key = g_bytes_get_data(key, &n_key);
	const guchar *end = of_certificate + n_certificate, *end_of_key = of_key + n_key;
	const guchar *signed_part = skip_string(skip_string(of_certificate, end), end);
	const guchar *public_part = skip_string(of_key, end_of_key);

	return pss_public_is_certificate(certificate) && signed_part && public_part &&
	       end - signed_part >= end_of_key - public_part &&
	       memcmp(signed_part, public_part, (gsize)(end_of_key - public_part)) == 0;
}

/* ---- files */

GBytes *pss_public_parse(const char *type, const char *text)
{
	gsize n;
	g_autofree guchar *bytes = g_base64_decode(text, &n);
	g_autofree char *again = g_base64_encode(bytes, n);
	gsize n_type = strlen(type);

	/* g_base64_decode() steps over what is no base64, so the way back tells. */
	if (!g_str_equal(again, text) || n < 4 + n_type || bytes[0] || bytes[1] || bytes[2] || bytes[3] != n_type ||
	    memcmp(bytes + 4, type, n_type) != 0)
		return NULL;
	return g_bytes_new(bytes, n);
}

static GBytes *read_line(const char *line)
{
	g_auto(GStrv) words = g_strsplit_set(line, " \t\r", -1);
	const char *found[2] = { NULL };
	guint n = 0;

	for (char **word = words; *word && n < 2; word++)
		if (**word)
			found[n++] = *word;
	return n == 2 ? pss_public_parse(found[0], found[1]) : NULL;
}

GBytes *pss_public_read(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (char **line = lines; *line; line++) {
		if (**line == '#')
			continue;
		if (g_str_has_prefix(*line, "-----BEGIN") || g_str_has_prefix(*line, "SSH PRIVATE KEY FILE"))
			return NULL;
		GBytes *blob = read_line(*line);
		if (blob)
			return blob;
	}
	return NULL;
}

static char *read_file(const char *path)
{
	struct stat status;
	char *text = NULL;

	if (stat(path, &status) == 0 && S_ISREG(status.st_mode) && status.st_size <= FILE_MAX)
		g_file_get_contents(path, &text, NULL, NULL);
	return text;
}

/* An OpenSSH private key holds its public half unencrypted; of others ssh knows nothing before it has them whole. */
static GBytes *read_private(const char *path, const char *text)
{
	ssh_key key = NULL;

	if (!g_str_has_prefix(text, "-----BEGIN OPENSSH PRIVATE KEY-----") ||
	    ssh_pki_import_pubkey_file(path, &key) != SSH_OK)
		return NULL;
	GBytes *blob = pss_public_of(key);
	ssh_key_free(key);
	return blob;
}

GBytes *pss_public_load(const char *path)
{
	g_autofree char *pub = g_strconcat(path, ".pub", NULL);
	g_autofree char *own = read_file(path), *beside = read_file(pub);
	GBytes *blob = own ? pss_public_read(own) : NULL;

	if (!blob && beside)
		blob = pss_public_read(beside);
	return blob || !own ? blob : read_private(path, own);
}

/* ---- libssh */

GBytes *pss_public_of(ssh_key key)
{
	char *base64 = NULL;
	gsize n;

	if (!key || ssh_pki_export_pubkey_base64(key, &base64) != SSH_OK)
		return NULL;
	guchar *bytes = g_base64_decode(base64, &n);
	ssh_string_free_char(base64);
	return g_bytes_new_take(bytes, n);
}

ssh_key pss_public_import(GBytes *blob)
{
	g_autofree char *type = type_of(blob);
	gsize n;
	const guchar *bytes = g_bytes_get_data(blob, &n);
	g_autofree char *base64 = g_base64_encode(bytes, n);
	enum ssh_keytypes_e kind = ssh_key_type_from_name(type);
	ssh_key key = NULL;
	int status = pss_public_is_certificate(blob) ? ssh_pki_import_cert_base64(base64, kind, &key)
						     : ssh_pki_import_pubkey_base64(base64, kind, &key);

	return status == SSH_OK ? key : NULL;
}
