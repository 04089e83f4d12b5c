/* SPDX-License-Identifier: MIT */
/* Finds the keys to log in with: public halves first, so that nobody is asked for the passphrase of a key that
 * the server does not want. Called by the login thread; nothing here speaks to a server. */
#include "host/ssh-key.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/ssh-error.h"

#define PASSPHRASES_MAX 3

static void key_free(gpointer data)
{
	PssKey *key = data;

	g_free(key->path);
	g_clear_pointer(&key->blob, g_bytes_unref);
	ssh_key_free(key->public_key);
	ssh_key_free(key->private_key);
	ssh_key_free(key->certificate);
	g_free(key);
}

GBytes *pss_key_blob(ssh_key key)
{
	char *base64 = NULL;
	gsize n;

	if (!key || ssh_pki_export_pubkey_base64(key, &base64) != SSH_OK)
		return NULL;
	guchar *bytes = g_base64_decode(base64, &n);
	ssh_string_free_char(base64);
	return g_bytes_new_take(bytes, n);
}

/* Called by libssh only when the file is encrypted; "no" is the answer for now. */
static int note_encryption(const char *prompt, char *buffer, size_t n, int echo, int verify, void *user)
{
	*(gboolean *)user = TRUE;
	return -1;
}

static gboolean is_private_to_us(PssPerson *person, const char *path)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return FALSE;
	if (status.st_uid == getuid() && (status.st_mode & 077)) {
		pss_person_note(person, PSS_NOTE_WARNING,
				"the key file '%s' is ignored: others may read it (mode %04o; chmod 600)", path,
				status.st_mode & 07777);
		return FALSE;
	}
	return TRUE;
}

static void load_public_half(PssKey *key)
{
	g_autofree char *pub = g_strconcat(key->path, ".pub", NULL);

	if (key->private_key)
		ssh_pki_export_privkey_to_pubkey(key->private_key, &key->public_key);
	else if (ssh_pki_import_pubkey_file(pub, &key->public_key) != SSH_OK)
		/* A file in OpenSSH's own form holds the public half unencrypted. */
		ssh_pki_import_pubkey_file(key->path, &key->public_key);
	key->blob = pss_key_blob(key->public_key);
}

static PssKey *load_file(PssPerson *person, const char *path)
{
	PssKey *key = g_new0(PssKey, 1);

	key->path = g_strdup(path);
	if (!g_file_test(path, G_FILE_TEST_EXISTS) || !is_private_to_us(person, path)) {
		key_free(key);
		return NULL;
	}
	int status = ssh_pki_import_privkey_file(path, NULL, note_encryption, &key->encrypted, &key->private_key);
	load_public_half(key);
	if (status == SSH_OK || key->encrypted || key->public_key)
		return key;
	pss_person_note(person, PSS_NOTE_VERBOSE, "the file '%s' holds no key that can be used", path);
	key_free(key);
	return NULL;
}

static gint find_in_agent(PssAgent *agent, GBytes *blob)
{
	for (guint i = 0; agent && blob && i < pss_agent_n_keys(agent); i++)
		if (g_bytes_equal(pss_agent_blob(agent, i), blob))
			return (gint)i;
	return -1;
}

static PssKey *agent_key(PssAgent *agent, guint i)
{
	PssKey *key = g_new0(PssKey, 1);

	key->agent_index = i;
	key->blob = g_bytes_ref(pss_agent_blob(agent, i));
	return key;
}

static gboolean has_blob(const GPtrArray *keys, GBytes *blob)
{
	for (guint i = 0; i < keys->len; i++) {
		const PssKey *key = g_ptr_array_index(keys, i);
		if (key->blob && g_bytes_equal(key->blob, blob))
			return TRUE;
	}
	return FALSE;
}

/* Steps over a string of SSH's wire form; NULL: there is none. */
static const guchar *skip_string(const guchar *at, const guchar *end)
{
	guint32 n;

	if (!at || end - at < (gssize)sizeof n)
		return NULL;
	memcpy(&n, at, sizeof n);
	n = GUINT32_FROM_BE(n);
	return (gssize)n <= end - at - (gssize)sizeof n ? at + sizeof n + n : NULL;
}

/* A certificate's blob is its type, a nonce, and then what a key's blob has behind its type (PROTOCOL.certkeys).
 * ssh_key_cmp() of libssh before 0.11 takes the two for keys of different types. */
static gboolean is_certificate_of(GBytes *certificate, GBytes *key)
{
	gsize n_certificate, n_key;
	const guchar *of_certificate = g_bytes_get_data(certificate, &n_certificate);
	const guchar *of_key = g_bytes_get_data(key, &n_key);
	const guchar *end = of_certificate + n_certificate, *end_of_key = of_key + n_key;
	const guchar *signed_part = skip_string(skip_string(of_certificate, end), end);
	const guchar *public_part = skip_string(of_key, end_of_key);

	return signed_part && public_part && end - signed_part >= end_of_key - public_part &&
	       memcmp(signed_part, public_part, (gsize)(end_of_key - public_part)) == 0;
}

static ssh_key load_certificate(const PssKey *key, const char *path)
{
	ssh_key certificate = NULL;

	if (!key->blob || !g_file_test(path, G_FILE_TEST_EXISTS) ||
	    ssh_pki_import_cert_file(path, &certificate) != SSH_OK)
		return NULL;
	g_autoptr(GBytes) blob = pss_key_blob(certificate);
	if (blob && is_certificate_of(blob, key->blob))
		return certificate;
	ssh_key_free(certificate);
	return NULL;
}

/* CertificateFile, and ssh's habit of looking for FILE-cert.pub. A key with its certificate is tried before
 * the same key without. With a passphrase the server is asked about the certificate first, as about a key. */
static void add_certified(GPtrArray *keys, const PssSshConfig *config, const PssKey *key)
{
	g_autofree char *beside = g_strconcat(key->path, "-cert.pub", NULL);
	ssh_key certificate = load_certificate(key, beside);

	for (guint i = 0; !certificate && i < config->certificate_files->len; i++)
		certificate = load_certificate(key, g_ptr_array_index(config->certificate_files, i));
	if (!certificate)
		return;
	PssKey *certified = g_new0(PssKey, 1);
	certified->path = g_strdup(key->path);
	certified->certificate = certificate;
	certified->blob = pss_key_blob(certificate);
	certified->public_key = ssh_key_dup(certificate);
	certified->private_key = key->private_key ? ssh_key_dup(key->private_key) : NULL;
	if (!certified->private_key || ssh_pki_copy_cert_to_privkey(certificate, certified->private_key) == SSH_OK)
		g_ptr_array_add(keys, certified);
	else
		key_free(certified);
}

/* ssh's order: -i first; then keys of the agent that the configuration names; the agent's others unless
 * IdentitiesOnly; then the files that the agent does not have. */
GPtrArray *pss_keys_collect(PssPerson *person, const PssSshConfig *config, PssAgent *agent)
{
	GPtrArray *keys = g_ptr_array_new_with_free_func(key_free);
	g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(key_free);

	for (guint i = 0; i < config->identity_files->len; i++) {
		PssKey *key = load_file(person, g_ptr_array_index(config->identity_files, i));
		gint in_agent = key ? find_in_agent(agent, key->blob) : -1;
		gboolean first = i == 0 && config->key_file_given;
		if (!key)
			continue;
		if (in_agent >= 0 && (key->encrypted || !key->private_key || !first)) {
			g_ptr_array_add(keys, agent_key(agent, (guint)in_agent));
			key_free(key);
		} else if (first) {
			add_certified(keys, config, key);
			g_ptr_array_add(keys, key);
		} else {
			add_certified(files, config, key);
			g_ptr_array_add(files, key);
		}
	}
	for (guint i = 0; agent && !config->identities_only && i < pss_agent_n_keys(agent); i++)
		if (!has_blob(keys, pss_agent_blob(agent, i)))
			g_ptr_array_add(keys, agent_key(agent, i));
	while (files->len > 0)
		g_ptr_array_add(keys, g_ptr_array_steal_index(files, 0));
	return keys;
}

gboolean pss_key_unlock(PssKey *key, PssPerson *person)
{
	g_autofree char *question = g_strdup_printf("Enter passphrase for key '%s': ", key->path);

	for (int i = 0; i < PASSPHRASES_MAX && !key->private_key; i++) {
		char *passphrase = pss_person_ask(person, PSS_ASK_SECRET, question);
		if (!passphrase || !*passphrase) {
			pss_person_forget(passphrase);
			return FALSE;
		}
		ssh_pki_import_privkey_file(key->path, passphrase, NULL, NULL, &key->private_key);
		pss_person_forget(passphrase);
	}
	if (key->private_key && key->certificate &&
	    ssh_pki_copy_cert_to_privkey(key->certificate, key->private_key) != SSH_OK) {
		ssh_key_free(key->private_key);
		key->private_key = NULL;
	}
	return key->private_key != NULL;
}

char *pss_key_describe(const PssKey *key, PssAgent *agent)
{
	if (key->path)
		return g_strdup_printf("the %s file %s", key->certificate ? "certificate of the key" : "key",
				       key->path);
	return g_strdup_printf("the agent's key '%s'", pss_agent_comment(agent, key->agent_index));
}
