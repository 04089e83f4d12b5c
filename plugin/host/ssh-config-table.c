/* SPDX-License-Identifier: MIT */
/* The table of ssh_config's keywords: which we honour and how, which we must refuse because ignoring
 * them would be less safe than ssh is, and which are only worth a note. To honour one more keyword, add
 * a line to `honoured`. Keywords in none of the tables change nothing that we do. */
#include "host/ssh-config-table.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "host/error.h"

typedef void (*Setter)(PssSshConfig *config, void *member, const char *value);

static gboolean is_yes(const char *value)
{
	return g_str_equal(value, "yes") || g_str_equal(value, "true");
}

static gboolean is_none(const char *value)
{
	return !*value || g_ascii_strcasecmp(value, "none") == 0;
}

static void set_text(PssSshConfig *config, void *member, const char *value)
{
	char **text = member;

	g_free(*text);
	*text = is_none(value) ? NULL : g_strdup(value);
}

static void set_switch(PssSshConfig *config, void *member, const char *value)
{
	*(gboolean *)member = is_yes(value);
}

static void set_number(PssSshConfig *config, void *member, const char *value)
{
	guint64 number;

	if (g_ascii_string_to_unsigned(value, 10, 0, G_MAXINT32, &number, NULL))
		*(guint *)member = (guint)number;
}

static void set_seconds_as_ms(PssSshConfig *config, void *member, const char *value)
{
	guint seconds = 0;

	set_number(config, &seconds, value);
	if (seconds > 0)
		*(guint *)member = MIN(seconds, G_MAXINT32 / 1000) * 1000;
}

/* A path with an unknown token is left out: ssh would not find it either. */
static void add_path(PssSshConfig *config, void *member, const char *value)
{
	char *path = is_none(value) ? NULL : pss_ssh_config_expand(config, value);

	if (path)
		g_ptr_array_add(*(GPtrArray **)member, path);
}

static void set_paths(PssSshConfig *config, void *member, const char *value)
{
	char ***paths = member;
	GPtrArray *expanded = g_ptr_array_new();
	g_auto(GStrv) words = g_strsplit_set(value, " \t", -1);

	for (char **word = words; *word; word++)
		add_path(config, &expanded, *word);
	g_ptr_array_add(expanded, NULL);
	g_strfreev(*paths);
	*paths = (char **)g_ptr_array_free(expanded, FALSE);
}

static void set_list(PssSshConfig *config, void *member, const char *value)
{
	char ***list = member;

	g_strfreev(*list);
	*list = g_strsplit(value, ",", -1);
}

static void set_family(PssSshConfig *config, void *member, const char *value)
{
	*(int *)member = g_str_equal(value, "inet") ? AF_INET : g_str_equal(value, "inet6") ? AF_INET6 : AF_UNSPEC;
}

static void set_strict(PssSshConfig *config, void *member, const char *value)
{
	PssStrict *strict = member;

	if (is_yes(value))
		*strict = PSS_STRICT_YES;
	else if (g_str_equal(value, "accept-new"))
		*strict = PSS_STRICT_ACCEPT_NEW;
	else if (g_str_equal(value, "no") || g_str_equal(value, "off") || g_str_equal(value, "false"))
		*strict = PSS_STRICT_OFF;
	else
		*strict = PSS_STRICT_ASK;
}

/* IdentityAgent: SSH_AUTH_SOCK stands for the caller's own, which is there already. */
static void set_agent(PssSshConfig *config, void *member, const char *value)
{
	if (g_str_equal(value, "SSH_AUTH_SOCK"))
		return;
	g_clear_pointer(&config->agent_socket, g_free);
	if (!is_none(value) && *value != '$')
		config->agent_socket = pss_ssh_config_expand(config, value);
}

#define MEMBER(name) offsetof(PssSshConfig, name)

static const struct {
	const char *keyword;
	Setter set;
	size_t offset;
} honoured[] = {
	/* These come first: the tokens of the others stand for them. `ssh -G` prints them first, too. */
	{ "hostname", set_text, MEMBER(hostname) },
	{ "user", set_text, MEMBER(user) },
	{ "port", set_number, MEMBER(port) },
	{ "addressfamily", set_family, MEMBER(address_family) },
	{ "batchmode", set_switch, MEMBER(batch_mode) },
	{ "bindaddress", set_text, MEMBER(bind_address) },
	{ "certificatefile", add_path, MEMBER(certificate_files) },
	{ "checkhostip", set_switch, MEMBER(check_host_ip) },
	{ "ciphers", set_text, MEMBER(ciphers) },
	{ "compression", set_switch, MEMBER(compression) },
	{ "connecttimeout", set_seconds_as_ms, MEMBER(connect_timeout_ms) },
	{ "globalknownhostsfile", set_paths, MEMBER(global_known_hosts) },
	{ "hashknownhosts", set_switch, MEMBER(hash_known_hosts) },
	{ "hostkeyalgorithms", set_text, MEMBER(host_key_algorithms) },
	{ "hostkeyalias", set_text, MEMBER(host_key_alias) },
	{ "identitiesonly", set_switch, MEMBER(identities_only) },
	{ "identityagent", set_agent, MEMBER(agent_socket) },
	{ "identityfile", add_path, MEMBER(identity_files) },
	{ "kbdinteractiveauthentication", set_switch, MEMBER(kbdint) },
	{ "kexalgorithms", set_text, MEMBER(kex) },
	{ "macs", set_text, MEMBER(macs) },
	{ "numberofpasswordprompts", set_number, MEMBER(n_password_prompts) },
	{ "passwordauthentication", set_switch, MEMBER(password) },
	{ "preferredauthentications", set_list, MEMBER(preferred) },
	{ "proxycommand", set_text, MEMBER(proxy_command) },
	{ "proxyjump", set_text, MEMBER(proxy_jump) },
	{ "pubkeyacceptedalgorithms", set_text, MEMBER(pubkey_algorithms) },
	{ "pubkeyauthentication", set_switch, MEMBER(pubkey) },
	{ "requiredrsasize", set_number, MEMBER(rsa_min_size) },
	{ "serveralivecountmax", set_number, MEMBER(alive_count_max) },
	{ "serveraliveinterval", set_number, MEMBER(alive_interval_s) },
	{ "stricthostkeychecking", set_strict, MEMBER(strict) },
	{ "tcpkeepalive", set_switch, MEMBER(tcp_keepalive) },
	{ "userknownhostsfile", set_paths, MEMBER(user_known_hosts) },
};

/* Ignoring these would accept what ssh refuses. `harmless` are the values that ask for nothing. */
static const struct {
	const char *keyword, *name, *harmless;
} refused[] = {
	{ "knownhostscommand", "KnownHostsCommand", "none" },
	{ "revokedhostkeys", "RevokedHostKeys", "none" },
	{ "verifyhostkeydns", "VerifyHostKeyDNS", "no,false" },
	{ "proxyusefdpass", "ProxyUseFdpass", "no,false" },
};

static const struct {
	const char *keyword, *usual;
} noted[] = {
	{ "addkeystoagent", "no,false" },
	{ "bindinterface", "none" },
	{ "controlpath", "none" },
	{ "dynamicforward", "" },
	{ "forwardagent", "no,false" },
	{ "forwardx11", "no,false" },
	{ "gssapiauthentication", "no,false" },
	{ "hostbasedauthentication", "no,false" },
	{ "localcommand", "none" },
	{ "localforward", "" },
	{ "nohostauthenticationforlocalhost", "no,false" },
	{ "pkcs11provider", "none" },
	{ "rekeylimit", "0 0" },
	{ "remotecommand", "none" },
	{ "remoteforward", "" },
	{ "sendenv", "" },
	{ "setenv", "" },
	{ "tunnel", "no,false" },
	{ "visualhostkey", "no,false" },
};

static gboolean is_one_of(const char *value, const char *list)
{
	g_auto(GStrv) words = g_strsplit(list, ",", -1);

	return g_strv_contains((const char *const *)words, value);
}

gboolean pss_ssh_config_apply(PssSshConfig *config, PssPerson *person, const char *keyword, const char *value,
			      GError **error)
{
	for (gsize i = 0; i < G_N_ELEMENTS(honoured); i++)
		if (g_str_equal(keyword, honoured[i].keyword))
			honoured[i].set(config, (char *)config + honoured[i].offset, value);
	for (gsize i = 0; i < G_N_ELEMENTS(refused); i++)
		if (g_str_equal(keyword, refused[i].keyword) && !is_one_of(value, refused[i].harmless)) {
			g_set_error(error, PSS_ERROR, PSS_UNSUPPORTED,
				    "ssh_config sets %s '%s' for %s, which cannot be honoured here; "
				    "take it out for this host, or use ssh",
				    refused[i].name, value, config->host);
			return FALSE;
		}
	for (gsize i = 0; i < G_N_ELEMENTS(noted); i++)
		if (g_str_equal(keyword, noted[i].keyword) && !is_one_of(value, noted[i].usual))
			pss_person_note(person, PSS_NOTE_VERBOSE, "ssh_config's '%s %s' is not honoured", keyword,
					value);
	return TRUE;
}

PssSshConfig *pss_ssh_config_new(const PssTarget *target)
{
	PssSshConfig *config = g_new0(PssSshConfig, 1);

	config->host = g_strdup(target->host);
	config->hostname = g_ascii_strdown(target->host, -1);
	config->user = g_strdup(target->user ? target->user : g_get_user_name());
	config->port = target->port ? target->port : 22;
	config->tcp_keepalive = TRUE;
	config->user_known_hosts = g_new0(char *, 1);
	config->global_known_hosts = g_new0(char *, 1);
	config->identity_files = g_ptr_array_new_with_free_func(g_free);
	config->certificate_files = g_ptr_array_new_with_free_func(g_free);
	const char *agent = pss_target_getenv(target, "SSH_AUTH_SOCK");
	config->agent_socket = agent && *agent ? g_strdup(agent) : NULL;
	config->pubkey = config->password = config->kbdint = TRUE;
	config->preferred = g_strsplit("publickey,keyboard-interactive,password", ",", -1);
	config->n_password_prompts = 3;
	config->alive_count_max = 3;
	return config;
}

void pss_ssh_config_free(PssSshConfig *config)
{
	if (!config)
		return;
	char *texts[] = { config->host,
			  config->hostname,
			  config->user,
			  config->bind_address,
			  config->proxy_command,
			  config->proxy_jump,
			  config->host_key_alias,
			  config->agent_socket,
			  config->ciphers,
			  config->macs,
			  config->kex,
			  config->host_key_algorithms,
			  config->pubkey_algorithms };

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
		g_free(texts[i]);
	g_strfreev(config->user_known_hosts);
	g_strfreev(config->global_known_hosts);
	g_strfreev(config->preferred);
	g_ptr_array_unref(config->identity_files);
	g_ptr_array_unref(config->certificate_files);
	g_free(config);
}
