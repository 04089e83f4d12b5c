/* SPDX-License-Identifier: MIT */
/* The table of ssh_config's keywords, every one that `ssh -G` prints: which we honour and how, which we must refuse
 * because ignoring them would be less safe than ssh is, which are worth a note, and which mean nothing here, and
 * why. A keyword of a newer ssh that stands nowhere here gets a note, too: nothing is dropped in silence.
 * man/pssession.in names the refused and the noted ones; tests/host/test-ssh-config.c compares. */
#include "link/config/ssh-config-table.h"

#include <stddef.h>
#include <string.h>

#include "base/error.h"
#include "link/config/ssh-config-lists.h"
#include "link/config/ssh-config-value.h"

typedef struct {
	const char *name;
	PssConfigRole role;
	PssConfigSetter set;
	size_t offset;
	const char *harmless; /* values that ask for nothing, between bars; NULL: there is none */
	const char *because;  /* why it means nothing here */
} Row;

#define HONOURED(name, kind, member)                                                         \
	{                                                                                    \
		name, PSS_CONFIG_HONOURED, pss_config_##kind, offsetof(PssSshConfig, member) \
	}
#define REFUSED(name, harmless)                             \
	{                                                   \
		name, PSS_CONFIG_REFUSED, NULL, 0, harmless \
	}
#define NOTED(name, harmless)                             \
	{                                                 \
		name, PSS_CONFIG_NOTED, NULL, 0, harmless \
	}
/* Noted, and kept for what is said later. */
#define NAMED(name, harmless, kind, member)                                                               \
	{                                                                                                 \
		name, PSS_CONFIG_NOTED, pss_config_##kind, offsetof(PssSshConfig, member), harmless, NULL \
	}
#define MOOT(name, because)                                   \
	{                                                     \
		name, PSS_CONFIG_MOOT, NULL, 0, NULL, because \
	}

#define OFF "|no|false|"
#define NONE "|none||"
static const char resolved[] = "ssh -G has followed it already";
static const char no_certificates[] = "a host is never trusted by a certificate";
static const char no_gssapi_kex[] = "GSSAPIKeyExchange is not honoured";
static const char no_hostbased[] = "HostbasedAuthentication is not honoured";
static const char no_x11[] = "ForwardX11 is not honoured";
static const char no_sockets[] = "Unix sockets are not forwarded";
static const char no_control[] = "ControlMaster is not honoured";

static const Row rows[] = {
	MOOT("Host", resolved),
	HONOURED("HostName", set_text, hostname),
	HONOURED("User", set_text, user),
	HONOURED("Port", set_number, port),
	NOTED("AddKeysToAgent", OFF),
	HONOURED("AddressFamily", set_family, address_family),
	HONOURED("BatchMode", set_switch, batch_mode),
	HONOURED("BindAddress", set_text, bind_address),
	HONOURED("BindInterface", set_text, bind_interface),
	MOOT("CanonicalDomains", resolved),
	MOOT("CanonicalizeFallbackLocal", resolved),
	MOOT("CanonicalizeHostname", resolved),
	MOOT("CanonicalizeMaxDots", resolved),
	MOOT("CanonicalizePermittedCNAMEs", resolved),
	MOOT("CASignatureAlgorithms", no_certificates),
	HONOURED("CertificateFile", add_path, certificate_files),
	NOTED("ChannelTimeout", NONE),
	HONOURED("CheckHostIP", set_switch, check_host_ip),
	HONOURED("Ciphers", set_text, ciphers),
	MOOT("ClearAllForwardings", resolved),
	HONOURED("Compression", set_switch, compression),
	HONOURED("ConnectionAttempts", set_number, connection_attempts),
	HONOURED("ConnectTimeout", set_milliseconds, connect_timeout_ms),
	NOTED("ControlMaster", OFF),
	NOTED("ControlPath", NONE),
	MOOT("ControlPersist", no_control),
	HONOURED("DynamicForward", add_text, dynamic_forwards),
	NOTED("EnableEscapeCommandline", OFF),
	MOOT("EnableSSHKeysign", no_hostbased),
	NOTED("EscapeChar", "|~|none|"),
	HONOURED("ExitOnForwardFailure", set_switch, exit_on_forward_failure),
	NOTED("FingerprintHash", "|SHA256|"),
	NOTED("ForkAfterAuthentication", OFF),
	HONOURED("ForwardAgent", set_text, forward_agent),
	NOTED("ForwardX11", OFF),
	MOOT("ForwardX11Timeout", no_x11),
	MOOT("ForwardX11Trusted", no_x11),
	HONOURED("GatewayPorts", set_switch, gateway_ports),
	HONOURED("GlobalKnownHostsFile", set_paths, global_known_hosts),
	HONOURED("GSSAPIAuthentication", set_switch, gssapi),
	HONOURED("GSSAPIClientIdentity", set_text, gssapi_client),
	HONOURED("GSSAPIDelegateCredentials", set_switch, gssapi_delegates),
	MOOT("GSSAPIKexAlgorithms", no_gssapi_kex),
	NOTED("GSSAPIKeyExchange", OFF),
	MOOT("GSSAPIRenewalForcesRekey", no_gssapi_kex),
	HONOURED("GSSAPIServerIdentity", set_text, gssapi_server),
	NOTED("GSSAPITrustDns", OFF),
	HONOURED("HashKnownHosts", set_switch, hash_known_hosts),
	MOOT("HostbasedAcceptedAlgorithms", no_hostbased),
	NOTED("HostbasedAuthentication", OFF),
	HONOURED("HostKeyAlgorithms", set_text, host_key_algorithms),
	HONOURED("HostKeyAlias", set_text, host_key_alias),
	HONOURED("IdentitiesOnly", set_switch, identities_only),
	HONOURED("IdentityAgent", set_agent, agent_socket),
	HONOURED("IdentityFile", add_path, identity_files),
	MOOT("IgnoreUnknown", resolved),
	HONOURED("IPQoS", set_tos, ip_tos),
	HONOURED("KbdInteractiveAuthentication", set_switch, kbdint),
	NOTED("KbdInteractiveDevices", NONE),
	HONOURED("KexAlgorithms", set_text, kex),
	REFUSED("KnownHostsCommand", NONE),
	NOTED("LocalCommand", NONE),
	HONOURED("LocalForward", add_text, local_forwards),
	NOTED("LogLevel", "|INFO|"),
	NAMED("LogVerbose", NONE, set_free, is_log_verbose_free),
	HONOURED("MACs", set_text, macs),
	NOTED("NoHostAuthenticationForLocalhost", OFF),
	HONOURED("NumberOfPasswordPrompts", set_number, n_password_prompts),
	NOTED("ObscureKeystrokeTiming", OFF "yes|true|interval:20|"),
	HONOURED("PasswordAuthentication", set_switch, password),
	MOOT("PermitLocalCommand", "LocalCommand is not honoured"),
	HONOURED("PermitRemoteOpen", add_text, permit_remote_open),
	NAMED("PKCS11Provider", NONE, set_text, pkcs11_provider),
	HONOURED("PreferredAuthentications", set_list, preferred),
	HONOURED("ProxyCommand", set_text, proxy_command),
	HONOURED("ProxyJump", set_text, proxy_jump),
	REFUSED("ProxyUseFdpass", OFF),
	HONOURED("PubkeyAcceptedAlgorithms", set_text, pubkey_algorithms),
	HONOURED("PubkeyAuthentication", set_switch, pubkey),
	REFUSED("RefuseConnection", NONE),
	HONOURED("RekeyLimit", set_rekey, rekey_bytes),
	NOTED("RemoteCommand", NONE),
	HONOURED("RemoteForward", add_text, remote_forwards),
	NOTED("RequestTTY", "|auto|false|"),
	HONOURED("RequiredRSASize", set_number, rsa_min_size),
	HONOURED("RevokedHostKeys", set_literal_paths, revoked_host_keys),
	NOTED("SecurityKeyProvider", "|internal|"),
	HONOURED("SendEnv", add_text, send_env),
	HONOURED("ServerAliveCountMax", set_number, alive_count_max),
	HONOURED("ServerAliveInterval", set_number, alive_interval_s),
	NOTED("SessionType", "|default|"),
	HONOURED("SetEnv", add_text, set_env),
	NOTED("StdinNull", OFF),
	MOOT("StreamLocalBindMask", no_sockets),
	MOOT("StreamLocalBindUnlink", no_sockets),
	HONOURED("StrictHostKeyChecking", set_strict, strict),
	NOTED("SyslogFacility", "|USER|"),
	MOOT("Tag", resolved),
	HONOURED("TCPKeepAlive", set_switch, tcp_keepalive),
	NOTED("Tunnel", OFF),
	MOOT("TunnelDevice", "Tunnel is not honoured"),
	NOTED("UpdateHostKeys", OFF "yes|true|"),
	HONOURED("UserKnownHostsFile", set_paths, user_known_hosts),
	REFUSED("VerifyHostKeyDNS", OFF),
	NOTED("VersionAddendum", NONE),
	NOTED("VisualHostKey", OFF),
	NOTED("WarnWeakCrypto", OFF "yes|true|"),
	MOOT("XAuthLocation", no_x11),
};

static const Row *find_row(const char *keyword)
{
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		if (g_ascii_strcasecmp(keyword, rows[i].name) == 0)
			return &rows[i];
	return NULL;
}

static gboolean is_harmless(const Row *row, const char *value)
{
	g_autofree char *bounded = g_strdup_printf("|%s|", value);

	return row->harmless && strstr(row->harmless, bounded);
}

static gboolean honour(const Row *row, PssSshConfig *config, const char *value, GError **error)
{
	const char *wrong = row->set(config, (char *)config + row->offset, value);

	if (!wrong)
		return TRUE;
	g_set_error(error, PSS_ERROR, PSS_SSH_ENDS, "ssh_config sets %s '%s' for %s, but %s", row->name, value,
		    config->host, wrong);
	return FALSE;
}

static gboolean refuse(const Row *row, const PssSshConfig *config, const char *value, GError **error)
{
	if (is_harmless(row, value))
		return TRUE;
	g_set_error(error, PSS_ERROR, PSS_UNSUPPORTED,
		    "ssh_config sets %s '%s' for %s, which cannot be honoured here; "
		    "take it out for this host, or use -Transport ssh",
		    row->name, value, config->host);
	return FALSE;
}

gboolean pss_ssh_config_apply(PssSshConfig *config, PssLoginContext *person, const char *keyword, const char *value,
			      GError **error)
{
	const Row *row = find_row(keyword);

	if (row && row->set && row->role == PSS_CONFIG_NOTED && !honour(row, config, value, error))
		return FALSE;
	if (config->by_program && (!row || row->role != PSS_CONFIG_HONOURED))
		return TRUE;
	if (!row) {
		pss_login_note(person, PSS_NOTE_VERBOSE, "ssh_config's %s '%s' is not honoured: it is not known here",
			       keyword, value);
		pss_login_step(person, "ignored", "%s", keyword);
	} else if (row->role == PSS_CONFIG_HONOURED) {
		return honour(row, config, value, error);
	} else if (row->role == PSS_CONFIG_REFUSED) {
		return refuse(row, config, value, error);
	}
	if (row && row->role == PSS_CONFIG_NOTED && !is_harmless(row, value)) {
		pss_login_note(person, PSS_NOTE_VERBOSE,
			       "ssh_config's %s '%s' is not honoured (by -Transport ssh it is)", row->name, value);
		pss_login_step(person, "ignored", "%s", row->name);
	}
	return TRUE;
}

PssConfigRole pss_ssh_config_role(const char *keyword, const char **ret_name)
{
	const Row *row = find_row(keyword);

	if (ret_name)
		*ret_name = row ? row->name : NULL;
	return row ? row->role : PSS_CONFIG_UNKNOWN;
}

const char *pss_ssh_config_nth(guint i)
{
	return i < G_N_ELEMENTS(rows) ? rows[i].name : NULL;
}

PssSshConfig *pss_ssh_config_new(const PssTarget *target)
{
	PssSshConfig *config = g_new0(PssSshConfig, 1);

	config->environment = g_strdupv(target->environment);
	config->directory = g_strdup(target->cwd);
	config->by_program = target->by_program;
	config->host = g_strdup(target->host);
	config->hostname = g_ascii_strdown(target->host, -1);
	config->user = g_strdup(target->user ? target->user : g_get_user_name());
	config->port = target->port ? target->port : 22;
	config->connection_attempts = 1;
	config->ip_tos = -1;
	config->tcp_keepalive = TRUE;
	config->user_known_hosts = g_new0(char *, 1);
	config->global_known_hosts = g_new0(char *, 1);
	config->revoked_host_keys = g_new0(char *, 1);
	config->identity_files = g_ptr_array_new_with_free_func(g_free);
	config->certificate_files = g_ptr_array_new_with_free_func(g_free);
	config->local_forwards = g_ptr_array_new_with_free_func(g_free);
	config->dynamic_forwards = g_ptr_array_new_with_free_func(g_free);
	config->remote_forwards = g_ptr_array_new_with_free_func(g_free);
	config->permit_remote_open = g_ptr_array_new_with_free_func(g_free);
	config->send_env = g_ptr_array_new_with_free_func(g_free);
	config->set_env = g_ptr_array_new_with_free_func(g_free);
	const char *agent = pss_target_getenv(target, "SSH_AUTH_SOCK");
	config->agent_socket = agent && *agent ? g_strdup(agent) : NULL;
	config->pubkey = config->password = config->kbdint = TRUE;
	config->preferred = g_strsplit("gssapi-with-mic,publickey,keyboard-interactive,password", ",", -1);
	pss_config_lists_init(config);
	config->n_password_prompts = 3;
	config->alive_count_max = 3;
	return config;
}

void pss_ssh_config_free(PssSshConfig *config)
{
	if (!config)
		return;
	char *texts[] = { config->directory,
			  config->host,
			  config->hostname,
			  config->user,
			  config->bind_address,
			  config->bind_interface,
			  config->proxy_command,
			  config->proxy_jump,
			  config->host_key_alias,
			  config->forward_agent,
			  config->agent_socket,
			  config->pkcs11_provider,
			  config->gssapi_client,
			  config->gssapi_server,
			  config->ciphers,
			  config->macs,
			  config->kex,
			  config->host_key_algorithms,
			  config->pubkey_algorithms };

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
		g_free(texts[i]);
	g_ptr_array_unref(config->lists);
	g_strfreev(config->environment);
	g_strfreev(config->user_known_hosts);
	g_strfreev(config->global_known_hosts);
	g_strfreev(config->revoked_host_keys);
	g_strfreev(config->preferred);
	g_ptr_array_unref(config->identity_files);
	g_ptr_array_unref(config->certificate_files);
	g_ptr_array_unref(config->local_forwards);
	g_ptr_array_unref(config->dynamic_forwards);
	g_ptr_array_unref(config->remote_forwards);
	g_ptr_array_unref(config->permit_remote_open);
	g_ptr_array_unref(config->send_env);
	g_ptr_array_unref(config->set_env);
	g_free(config);
}
