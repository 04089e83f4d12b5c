/* SPDX-License-Identifier: MIT */
/* Finds the keys to log in with, in the order in which ssh does (sshconnect2.c, pubkey_prepare(); ssh.c,
 * load_public_identity_files()): public halves first, so that nobody is asked for the passphrase of a key that the
 * server does not want, and so that a key whose private half is in the agent alone is found. Called by the login
 * thread; nothing here speaks to a server. */
#include "link/libssh/auth/keys.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "link/libssh/common/public-key.h"

#define PASSPHRASES_MAX 3

static void key_free(gpointer data)
{
	PssKey *key = data;

	g_free(key->path);
	g_clear_pointer(&key->blob, g_bytes_unref);
	ssh_key_free(key->private_key);
	g_free(key);
}

/* ---- what there is */

static PssKey *new_key(const char *path, gint agent_index, GBytes *blob)
{
	PssKey *key = g_new0(PssKey, 1);

	key->path = g_strdup(path);
	key->agent_index = agent_index;
	key->blob = blob;
	key->is_certificate = blob && pss_public_is_certificate(blob);
	return key;
}

/* ssh also offers a key without a private half: only the server can say that it is not wanted. */
static void add_file(GPtrArray *files, const char *path, gboolean with_certificate)
{
	g_autofree char *beside = g_strconcat(path, "-cert", NULL);
	GBytes *blob = pss_public_load(path);

	if (blob || access(path, F_OK) == 0)
		g_ptr_array_add(files, new_key(path, -1, blob));
	GBytes *certificate = with_certificate ? pss_public_load(beside) : NULL;
	if (certificate && pss_public_is_user_certificate(certificate))
		g_ptr_array_add(files, new_key(path, -1, certificate));
	else if (certificate)
		g_bytes_unref(certificate);
}

static GPtrArray *load_files(const PssSshConfig *config)
{
	GPtrArray *files = g_ptr_array_new_with_free_func(key_free);

	for (guint i = 0; i < config->identity_files->len; i++)
		add_file(files, config->identity_files->pdata[i], config->certificate_files->len == 0);
	return files;
}

static void add_certificates(GPtrArray *keys, const PssSshConfig *config)
{
	for (guint i = 0; i < config->certificate_files->len; i++) {
		const char *path = config->certificate_files->pdata[i];
		GBytes *blob = pss_public_load(path);
		if (blob && pss_public_is_user_certificate(blob))
			g_ptr_array_add(keys, new_key(path, -1, blob));
		else if (blob)
			g_bytes_unref(blob);
	}
}

static PssKey *take_by_blob(GPtrArray *files, GBytes *blob)
{
	for (guint i = 0; i < files->len; i++) {
		const PssKey *key = files->pdata[i];
		if (key->blob && g_bytes_equal(key->blob, blob))
			return g_ptr_array_steal_index(files, i);
	}
	return NULL;
}

/* Those that the configuration names too, then the others. */
static void add_agents(GPtrArray *keys, GPtrArray *files, const PssSshConfig *config, PssAgent *agent)
{
	g_autoptr(GPtrArray) others = g_ptr_array_new_with_free_func(key_free);

	for (guint i = 0; i < pss_agent_n_keys(agent); i++) {
		PssKey *named = take_by_blob(files, pss_agent_blob(agent, i));
		if (named) {
			named->agent_index = (gint)i;
			g_ptr_array_add(keys, named);
		} else if (!config->identities_only) {
			g_ptr_array_add(others, new_key(NULL, (gint)i, g_bytes_ref(pss_agent_blob(agent, i))));
		}
	}
	while (others->len > 0)
		g_ptr_array_add(keys, g_ptr_array_steal_index(others, 0));
}

/* HACK(ssh): it would try the agent's others before a file of -i, and use MaxAuthTries up. */
static void put_key_file_first(GPtrArray *keys, const char *path)
{
	guint n_first = 0;

	for (guint i = 0; i < keys->len; i++) {
		const PssKey *key = keys->pdata[i];
		if (g_strcmp0(key->path, path) == 0)
			g_ptr_array_insert(keys, (gint)n_first++, g_ptr_array_steal_index(keys, i));
	}
}

GPtrArray *pss_keys_collect(const PssSshConfig *config, PssAgent *agent)
{
	GPtrArray *keys = g_ptr_array_new_with_free_func(key_free);
	g_autoptr(GPtrArray) files = load_files(config);

	add_certificates(keys, config);
	if (agent)
		add_agents(keys, files, config, agent);
	while (files->len > 0)
		g_ptr_array_add(keys, g_ptr_array_steal_index(files, 0));
	if (config->key_file_given)
		put_key_file_first(keys, config->identity_files->pdata[0]);
	return keys;
}

PssKey *pss_key_signer(const GPtrArray *keys, PssKey *key)
{
	for (guint i = 0; key->is_certificate && i < keys->len; i++) {
		PssKey *other = keys->pdata[i];
		if (other->blob && !other->is_certificate && pss_public_is_of(key->blob, other->blob))
			return other;
	}
	/* ssh looks for the file's name, too: a key without a public half, beside its certificate. */
	for (guint i = 0; key->is_certificate && key->agent_index < 0 && i < keys->len; i++) {
		PssKey *other = keys->pdata[i];
		if (!other->blob && g_strcmp0(other->path, key->path) == 0)
			return other;
	}
	return key;
}

/* ---- private halves */

/* Called by libssh only when the file is encrypted; "no" is the answer for now. */
static int note_encryption(const char *prompt, char *buffer, size_t n, int echo, int verify, void *user)
{
	*(gboolean *)user = TRUE;
	return -1;
}

static gboolean is_private_to_us(PssLoginContext *person, const char *path)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return FALSE;
	if (status.st_uid == getuid() && (status.st_mode & 077)) {
		pss_login_note(person, PSS_NOTE_WARNING,
			       "the key file '%s' is ignored: others may read it (mode %04o; chmod 600)", path,
			       status.st_mode & 07777);
		return FALSE;
	}
	return S_ISREG(status.st_mode);
}

/* A .pub beside it that is another key's would have the server look for that one's signature. */
static gboolean agrees(PssKey *key, PssLoginContext *person)
{
	g_autoptr(GBytes) blob = pss_public_of(key->private_key);

	if (!key->blob || (blob && (g_bytes_equal(blob, key->blob) || pss_public_is_of(key->blob, blob))))
		return TRUE;
	pss_login_note(person, PSS_NOTE_WARNING, "the key file '%s' is ignored: the %s beside it is another key's",
		       key->path, key->is_certificate ? "certificate" : "public key");
	ssh_key_free(key->private_key);
	key->private_key = NULL;
	return FALSE;
}

static const char *why_unusable(const PssKey *key)
{
	if (key->blob && pss_public_is_on_token(key->blob))
		return "it is on a security key (FIDO), which libssh cannot use (-Transport ssh can)";
	return access(key->path, F_OK) == 0 ? "the file holds no private key of it that can be read"
					    : "its private half is in no file and in no agent";
}

PssKeyState pss_key_load(PssKey *key, PssLoginContext *person, const char **ret_why)
{
	gboolean locked = FALSE;

	if (key->private_key)
		return PSS_KEY_LOADED;
	if (is_private_to_us(person, key->path) &&
	    ssh_pki_import_privkey_file(key->path, NULL, note_encryption, &locked, &key->private_key) == SSH_OK &&
	    agrees(key, person))
		return PSS_KEY_LOADED;
	if (locked)
		return PSS_KEY_LOCKED;
	if (ret_why)
		*ret_why = why_unusable(key);
	return PSS_KEY_UNUSABLE;
}

gboolean pss_key_unlock(PssKey *key, PssLoginContext *person)
{
	g_autofree char *question = g_strdup_printf("Enter passphrase for key '%s': ", key->path);

	for (int i = 0; i < PASSPHRASES_MAX && !key->private_key; i++) {
		char *passphrase = pss_login_ask(person, PSS_ASK_SECRET, question);
		if (!passphrase || !*passphrase) {
			pss_login_forget(passphrase);
			return FALSE;
		}
		ssh_pki_import_privkey_file(key->path, passphrase, NULL, NULL, &key->private_key);
		pss_login_forget(passphrase);
	}
	return key->private_key && agrees(key, person);
}

/* ---- for libssh */

ssh_key pss_key_public(const PssKey *key)
{
	return key->blob ? pss_public_import(key->blob) : NULL;
}

ssh_key pss_key_certified(const PssKey *key, const PssKey *signer)
{
	ssh_key certificate = pss_key_public(key), certified = ssh_key_dup(signer->private_key);

	if (!certificate || !certified || ssh_pki_copy_cert_to_privkey(certificate, certified) != SSH_OK) {
		ssh_key_free(certified);
		certified = NULL;
	}
	ssh_key_free(certificate);
	return certified;
}

char *pss_key_describe(const PssKey *key, PssAgent *agent)
{
	if (key->agent_index >= 0)
		return g_strdup_printf("the agent's key '%s'", pss_agent_comment(agent, (guint)key->agent_index));
	return g_strdup_printf("the %s file %s", key->is_certificate ? "certificate of the key" : "key", key->path);
}
