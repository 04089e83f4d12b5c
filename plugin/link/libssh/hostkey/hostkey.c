/* SPDX-License-Identifier: MIT */
/* The decision about a server's key. Only a match, or an unknown key that a person or StrictHostKeyChecking
 * accepts, goes on; everything else, what went wrong included, ends the login. Called by the login
 * thread between key exchange and authentication. */
#include "link/libssh/hostkey/hostkey.h"

#include <string.h>

#include "link/libssh/common/error.h"
#include "link/libssh/hostkey/known-hosts.h"
#include "link/libssh/hostkey/revoked.h"

#define QUESTIONS_MAX 3
#define DEFAULT_PORT 22

typedef struct {
	char *name; /* as in known_hosts */
	char *type; /* "ssh-ed25519" */
	const char *short_type;
	char *fingerprint; /* "SHA256:…" */
	GBytes *blob;
} HostKey;

static void host_key_clear(HostKey *key)
{
	g_free(key->name);
	g_free(key->type);
	g_free(key->fingerprint);
	g_clear_pointer(&key->blob, g_bytes_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HostKey, host_key_clear)

static char **all_files(const PssSshConfig *config)
{
	GPtrArray *files = g_ptr_array_new();

	for (char **file = config->user_known_hosts; *file; file++)
		g_ptr_array_add(files, g_strdup(*file));
	for (char **file = config->global_known_hosts; *file; file++)
		g_ptr_array_add(files, g_strdup(*file));
	g_ptr_array_add(files, NULL);
	return (char **)g_ptr_array_free(files, FALSE);
}

static char *known_name(const PssSshConfig *config)
{
	if (config->host_key_alias)
		return g_ascii_strdown(config->host_key_alias, -1);
	return pss_known_hosts_name(config->hostname, config->port);
}

static const char *short_type(const char *type)
{
	if (strstr(type, "ed25519"))
		return "ED25519";
	if (strstr(type, "ecdsa"))
		return "ECDSA";
	return strstr(type, "rsa") ? "RSA" : type;
}

/* The type's name stands at the front of the blob: no libssh call gives it for every curve. */
static char *type_of_blob(GBytes *blob)
{
	gsize n;
	const guchar *bytes = g_bytes_get_data(blob, &n);

	if (n < 4 || bytes[0] || bytes[1] || bytes[2] || (gsize)bytes[3] + 4 > n)
		return NULL;
	return g_strndup((const char *)bytes + 4, bytes[3]);
}

static gboolean read_host_key(const PssSshConfig *config, ssh_session session, HostKey *key)
{
	unsigned char *hash = NULL;
	char *base64 = NULL, *fingerprint = NULL;
	size_t n_hash = 0;
	gsize n;
	ssh_key public_key = NULL;

	gboolean good = ssh_get_server_publickey(session, &public_key) == SSH_OK &&
			ssh_pki_export_pubkey_base64(public_key, &base64) == SSH_OK &&
			ssh_get_publickey_hash(public_key, SSH_PUBLICKEY_HASH_SHA256, &hash, &n_hash) == 0 &&
			(fingerprint = ssh_get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256, hash, n_hash));
	if (good) {
		guchar *bytes = g_base64_decode(base64, &n);
		key->blob = g_bytes_new_take(bytes, n);
		key->type = type_of_blob(key->blob);
		key->fingerprint = g_strdup(fingerprint);
		key->name = known_name(config);
		good = key->type != NULL;
	}
	if (good)
		key->short_type = short_type(key->type);
	ssh_key_free(public_key);
	ssh_string_free_char(base64);
	ssh_string_free_char(fingerprint);
	ssh_clean_pubkey_hash(&hash);
	return good;
}

static gboolean is_accepted(const char *answer, const char *fingerprint)
{
	return g_ascii_strcasecmp(answer, "yes") == 0 || g_str_equal(answer, fingerprint);
}

/* As ssh asks: any other word than yes, no or the fingerprint is asked again. */
static gboolean person_accepts(PssLoginContext *person, const HostKey *key, const char *address)
{
	g_autofree char *where = address ? g_strdup_printf(" (%s)", address) : g_strdup("");
	g_autofree char *text = g_strdup_printf("The authenticity of host '%s%s' can't be established.\n"
						"%s key fingerprint is %s\n"
						"Are you sure you want to continue connecting (yes/no/[fingerprint])? ",
						key->name, where, key->short_type, key->fingerprint);

	for (int i = 0; i < QUESTIONS_MAX; i++) {
		char *answer = pss_login_ask(person, PSS_ASK_HOST_KEY,
					     i == 0 ? text : "Please type 'yes', 'no' or the fingerprint: ");
		if (!answer)
			return FALSE;
		g_strstrip(answer);
		gboolean yes = is_accepted(answer, key->fingerprint);
		gboolean no = g_ascii_strcasecmp(answer, "no") == 0;
		pss_login_forget(answer);
		if (yes || no)
			return yes;
	}
	return FALSE;
}

static gboolean can_be_recorded(const char *name)
{
	const char *bare = *name == '[' ? name + 1 : name;

	return strcspn(bare, "@?*#[|'\"\\") == strlen(bare);
}

static void record(PssLoginContext *person, const PssSshConfig *config, const HostKey *key)
{
	g_autoptr(GError) error = NULL;
	const char *file = config->user_known_hosts[0];

	if (!file || !can_be_recorded(key->name))
		return;
	if (!pss_known_hosts_add(file, key->name, key->type, key->blob, config->hash_known_hosts, &error))
		pss_login_note(person, PSS_NOTE_WARNING, "%s", error->message);
	else
		pss_login_note(person, PSS_NOTE_WARNING, "permanently added '%s' (%s) to the list of known hosts",
			       key->name, key->short_type);
}

static gboolean decide_unknown(PssLoginContext *person, const PssSshConfig *config, const HostKey *key,
			       const char *address, GError **error)
{
	/* Whatever StrictHostKeyChecking says: ssh does not take what it cannot write down. */
	if (!config->user_known_hosts[0]) {
		g_set_error(
			error, PSS_ERROR, PSS_HOST_KEY,
			"the %s host key of %s (%s) is not known, and UserKnownHostsFile none leaves no file to add "
			"it to",
			key->short_type, key->name, key->fingerprint);
		return FALSE;
	}
	if (config->strict == PSS_STRICT_YES) {
		g_set_error(error, PSS_ERROR, PSS_HOST_KEY,
			    "the %s host key of %s (%s) is not known, and StrictHostKeyChecking is yes",
			    key->short_type, key->name, key->fingerprint);
		return FALSE;
	}
	if (config->strict == PSS_STRICT_ASK && !pss_login_can_be_asked(person)) {
		g_set_error(error, PSS_ERROR, PSS_HOST_KEY,
			    "the %s host key of %s (%s) is not known and nobody can be asked; "
			    "connect once from a terminal, or add it to known_hosts",
			    key->short_type, key->name, key->fingerprint);
		return FALSE;
	}
	if (config->strict == PSS_STRICT_ASK && !person_accepts(person, key, address)) {
		g_set_error(error, PSS_ERROR, PSS_HOST_KEY, "the host key of %s was not accepted", key->name);
		return FALSE;
	}
	record(person, config, key);
	return TRUE;
}

static void set_refusal(const PssKnownVerdict *verdict, const HostKey *key, GError **error)
{
	if (verdict->known == PSS_KNOWN_REVOKED)
		g_set_error(error, PSS_ERROR, PSS_HOST_KEY,
			    "the %s host key of %s is marked as revoked in %s line %u: "
			    "somebody may use a stolen key to pose as this computer",
			    key->short_type, key->name, verdict->file, verdict->line);
	else if (verdict->known == PSS_KNOWN_CHANGED)
		g_set_error(error, PSS_ERROR, PSS_HOST_KEY,
			    "the host key of %s has CHANGED: it shows %s key %s, %s line %u says otherwise; "
			    "somebody may be in between, or the computer got a new key. "
			    "When you are sure of the new one: ssh-keygen -R '%s' -f %s",
			    key->name, key->short_type, key->fingerprint, verdict->file, verdict->line, key->name,
			    verdict->file);
	else if (verdict->line)
		g_set_error(error, PSS_ERROR, PSS_HOST_KEY, "%s line %u is about %s, but %s: the key is not trusted",
			    verdict->file, verdict->line, key->name, verdict->reason);
	else
		g_set_error(error, PSS_ERROR, PSS_HOST_KEY, "cannot check the host key of %s against %s: %s", key->name,
			    verdict->file, verdict->reason);
}

/* CheckHostIP: the address may be unknown, but not known with another key. */
static gboolean address_agrees(const PssSshConfig *config, char *const *files, const HostKey *key, const char *address,
			       GError **error)
{
	g_auto(PssKnownVerdict) verdict = { 0 };

	if (!config->check_host_ip || !address || g_str_equal(address, config->hostname))
		return TRUE;
	g_autofree char *name = pss_known_hosts_name(address, config->port);
	pss_known_hosts_check(files, name, key->blob, &verdict);
	if (verdict.known == PSS_KNOWN_MATCH || verdict.known == PSS_KNOWN_NEW)
		return TRUE;
	set_refusal(&verdict, key, error);
	g_prefix_error(error, "for the address %s: ", address);
	return FALSE;
}

/* ssh would look at the certificate, and refuse it when what has signed it is revoked. libssh does not take it. */
static gboolean no_certificate_is_revoked(const PssSshConfig *config, const PssKnownVerdict *verdict,
					  const PssSshOffer *offer, GError **error)
{
	const char *list = verdict->revokes_in ? verdict->revokes_in : config->revoked_host_keys[0];

	if (!list || !pss_ssh_offer_may_certify(offer, config->host_key_algorithms))
		return TRUE;
	g_set_error(
		error, PSS_ERROR, PSS_HOST_KEY,
		"%s has a host certificate, which pssession cannot read, and %s revokes keys, maybe the one that has "
		"signed it (-Transport ssh can tell)",
		config->hostname, list);
	return FALSE;
}

/* With another port than 22, ssh also looks for the plain name. A key that is known there is good, and not added. One
 * that is revoked there, or may be, is refused: where StrictHostKeyChecking is off ssh would go on without passwords,
 * and with accept-new it would add it. */
static gboolean decide_new(PssLoginContext *person, const PssSshConfig *config, char *const *files, const HostKey *key,
			   const char *address, const PssSshOffer *offer, GError **error)
{
	g_auto(PssKnownVerdict) plain = { 0 };
	g_autofree char *name = pss_known_hosts_name(config->hostname, DEFAULT_PORT);

	if (config->host_key_alias || config->port == DEFAULT_PORT)
		return decide_unknown(person, config, key, address, error);
	pss_known_hosts_check(files, name, key->blob, &plain);
	if (plain.known == PSS_KNOWN_REVOKED || plain.known == PSS_KNOWN_BROKEN) {
		set_refusal(&plain, key, error);
		g_prefix_error(error, "for the name %s without its port: ", name);
		return FALSE;
	}
	return no_certificate_is_revoked(config, &plain, offer, error) &&
	       (plain.known == PSS_KNOWN_MATCH || decide_unknown(person, config, key, address, error));
}

static void tell_step(PssLoginContext *person, const PssKnownVerdict *verdict, const HostKey *key)
{
	if (verdict->known == PSS_KNOWN_MATCH)
		pss_login_step(person, "host_key", "the %s key, known by %s line %u", key->short_type, verdict->file,
			       verdict->line);
	else
		pss_login_step(person, "host_key", "the %s key, and known_hosts had no line with it for %s",
			       key->short_type, key->name);
}

gboolean pss_ssh_hostkey_check(PssLoginContext *person, const PssSshConfig *config, const char *address,
			       ssh_session session, const PssSshOffer *offer, GError **error)
{
	g_auto(HostKey) key = { 0 };
	g_auto(GStrv) files = all_files(config);
	g_auto(PssKnownVerdict) verdict = { 0 };

	if (!read_host_key(config, session, &key)) {
		pss_ssh_set_error(error, session, PSS_HOST_KEY, "cannot read the host key of %s", config->hostname);
		return FALSE;
	}
	if (!pss_revoked_check(person, config, key.type, key.blob, error))
		return FALSE;
	pss_known_hosts_check(files, key.name, key.blob, &verdict);
	pss_login_note(person, PSS_NOTE_VERBOSE, "%s shows %s key %s", config->hostname, key.short_type,
		       key.fingerprint);
	if ((verdict.known == PSS_KNOWN_MATCH || verdict.known == PSS_KNOWN_NEW) &&
	    !no_certificate_is_revoked(config, &verdict, offer, error))
		return FALSE;
	if (verdict.known != PSS_KNOWN_MATCH && verdict.known != PSS_KNOWN_NEW) {
		set_refusal(&verdict, &key, error);
		return FALSE;
	}
	if (!address_agrees(config, files, &key, address, error) ||
	    (verdict.known == PSS_KNOWN_NEW && !decide_new(person, config, files, &key, address, offer, error)))
		return FALSE;
	tell_step(person, &verdict, &key);
	return TRUE;
}

static gboolean is_known_type(const PssKnownVerdict *verdict, const char *algorithm)
{
	/* An RSA key is one type with three signature algorithms. */
	const char *type = g_str_has_prefix(algorithm, "rsa-sha2-") ? "ssh-rsa" : algorithm;

	return g_ptr_array_find_with_equal_func(verdict->types, type, g_str_equal, NULL);
}

char *pss_ssh_hostkey_algorithms(const PssSshConfig *config, const char *available)
{
	g_auto(GStrv) files = all_files(config);
	g_auto(GStrv) algorithms = g_strsplit(available, ",", -1);
	g_auto(PssKnownVerdict) verdict = { 0 };
	g_autofree char *name = known_name(config);
	g_autoptr(GString) ordered = g_string_new(NULL);

	pss_known_hosts_check(files, name, NULL, &verdict);
	for (int pass = 0; pass < 2; pass++)
		for (char **algorithm = algorithms; *algorithm; algorithm++)
			/* libssh speaks no certificates of hosts; the server falls back to its plain key. */
			if (**algorithm && !strstr(*algorithm, "-cert-") &&
			    is_known_type(&verdict, *algorithm) == (pass == 0))
				g_string_append_printf(ordered, "%s%s", ordered->len ? "," : "", *algorithm);
	return ordered->len ? g_strdup(ordered->str) : NULL;
}
