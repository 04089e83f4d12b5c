/* SPDX-License-Identifier: MIT */
/* What becomes of each keyword of ssh_config: `ssh -G` and its manual say which there are, and none of them may be
 * dropped in silence. */
#include <string.h>

#include "base/error.h"
#include "config-fixture.h"
#include "link/config/ssh-config-table.h"

/* A value that asks for something, for every keyword that may stand in a file. */
static const struct {
	const char *keyword, *value;
} samples[] = {
	{ "AddKeysToAgent", "yes" },
	{ "AddressFamily", "inet" },
	{ "BatchMode", "yes" },
	{ "BindAddress", "127.0.0.1" },
	{ "BindInterface", "lo" },
	{ "CanonicalDomains", "example.org" },
	{ "CanonicalizeFallbackLocal", "yes" },
	{ "CanonicalizeHostname", "no" },
	{ "CanonicalizeMaxDots", "2" },
	{ "CanonicalizePermittedCNAMEs", "a:b" },
	{ "CASignatureAlgorithms", "ssh-ed25519" },
	{ "CertificateFile", "/tmp/cert" },
	{ "ChannelTimeout", "session=5m" },
	{ "CheckHostIP", "yes" },
	{ "Ciphers", "aes256-ctr" },
	{ "ClearAllForwardings", "no" },
	{ "Compression", "yes" },
	{ "ConnectionAttempts", "3" },
	{ "ConnectTimeout", "7" },
	{ "ControlMaster", "auto" },
	{ "ControlPath", "/tmp/%C" },
	{ "ControlPersist", "10" },
	{ "DynamicForward", "1080" },
	{ "EnableEscapeCommandline", "yes" },
	{ "EnableSSHKeysign", "yes" },
	{ "EscapeChar", "^" },
	{ "ExitOnForwardFailure", "yes" },
	{ "FingerprintHash", "md5" },
	{ "ForkAfterAuthentication", "yes" },
	{ "ForwardAgent", "yes" },
	{ "ForwardX11", "yes" },
	{ "ForwardX11Timeout", "7" },
	{ "ForwardX11Trusted", "yes" },
	{ "GatewayPorts", "yes" },
	{ "GlobalKnownHostsFile", "/tmp/global" },
	{ "GSSAPIAuthentication", "yes" },
	{ "GSSAPIClientIdentity", "me" },
	{ "GSSAPIDelegateCredentials", "yes" },
	{ "GSSAPIKexAlgorithms", "gss-gex-sha1-" },
	{ "GSSAPIKeyExchange", "yes" },
	{ "GSSAPIRenewalForcesRekey", "yes" },
	{ "GSSAPIServerIdentity", "it" },
	{ "GSSAPITrustDns", "yes" },
	{ "HashKnownHosts", "yes" },
	{ "HostbasedAcceptedAlgorithms", "ssh-ed25519" },
	{ "HostbasedAuthentication", "yes" },
	{ "HostKeyAlgorithms", "ssh-ed25519" },
	{ "HostKeyAlias", "alias" },
	{ "HostName", "example.org" },
	{ "IdentitiesOnly", "yes" },
	{ "IdentityAgent", "/tmp/agent" },
	{ "IdentityFile", "/tmp/key" },
	{ "IPQoS", "cs1 cs2" },
	{ "KbdInteractiveAuthentication", "no" },
	{ "KbdInteractiveDevices", "pam" },
	{ "KexAlgorithms", "curve25519-sha256" },
	{ "KnownHostsCommand", "/bin/true" },
	{ "LocalCommand", "true" },
	{ "LocalForward", "8080 example.org:80" },
	{ "LogLevel", "DEBUG" },
	{ "LogVerbose", "kex.c:*:1000" },
	{ "MACs", "hmac-sha2-256" },
	{ "NoHostAuthenticationForLocalhost", "yes" },
	{ "NumberOfPasswordPrompts", "1" },
	{ "ObscureKeystrokeTiming", "no-such" },
	{ "PasswordAuthentication", "no" },
	{ "PermitLocalCommand", "yes" },
	{ "PermitRemoteOpen", "a:1" },
	{ "PKCS11Provider", "/tmp/p11" },
	{ "Port", "2222" },
	{ "PreferredAuthentications", "password" },
	{ "ProxyCommand", "nc %h %p" },
	{ "ProxyUseFdpass", "yes" },
	{ "PubkeyAcceptedAlgorithms", "ssh-ed25519" },
	{ "PubkeyAuthentication", "no" },
	{ "RefuseConnection", "for a reason" },
	{ "RekeyLimit", "1073741824 3600" },
	{ "RemoteCommand", "true" },
	{ "RemoteForward", "8081 example.org:80" },
	{ "RequestTTY", "force" },
	{ "RequiredRSASize", "2048" },
	{ "RevokedHostKeys", "/tmp/revoked" },
	{ "SecurityKeyProvider", "/tmp/sk" },
	{ "SendEnv", "LANG" },
	{ "ServerAliveCountMax", "7" },
	{ "ServerAliveInterval", "7" },
	{ "SessionType", "none" },
	{ "SetEnv", "A=b" },
	{ "StdinNull", "yes" },
	{ "StreamLocalBindMask", "0077" },
	{ "StreamLocalBindUnlink", "yes" },
	{ "StrictHostKeyChecking", "yes" },
	{ "SyslogFacility", "AUTH" },
	{ "TCPKeepAlive", "no" },
	{ "Tunnel", "yes" },
	{ "TunnelDevice", "1:2" },
	{ "UpdateHostKeys", "ask" },
	{ "User", "somebody" },
	{ "UserKnownHostsFile", "/tmp/user" },
	{ "VerifyHostKeyDNS", "yes" },
	{ "VersionAddendum", "text" },
	{ "VisualHostKey", "yes" },
	{ "WarnWeakCrypto", "no-such" },
	{ "XAuthLocation", "/tmp/xauth" },
};

/* Those that no file can set beside the others. */
static const char *const not_sampled[] = { "Host", "IgnoreUnknown", "ProxyJump", "Tag", NULL };

static char *output_of(const char *const *argv)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *errors = NULL;
	char *output = NULL;
	int status = 0;

	g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &output, &errors, &status, &error);
	g_assert_no_error(error);
	if (status != 0)
		g_error("%s: %s", argv[0], errors);
	return output;
}

/* -- every keyword has its place */

static char *write_samples(Fixture *f)
{
	g_autoptr(GString) text = g_string_new("IgnoreUnknown *\n");
	char *path = g_build_filename(f->directory, "config", NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(samples); i++)
		/* ssh takes these values of newer ssh's keywords apart before it knows them. */
		if (!g_str_equal(samples[i].value, "no-such"))
			g_string_append_printf(text, "%s %s\n", samples[i].keyword, samples[i].value);
	g_file_set_contents(path, text->str, -1, NULL);
	return path;
}

static void expect_role(const char *keyword)
{
	if (pss_ssh_config_role(keyword, NULL) == PSS_CONFIG_UNKNOWN)
		g_error("%s is in no table", keyword);
}

static guint expect_roles_of(const char *output)
{
	g_auto(GStrv) lines = g_strsplit(output, "\n", -1);
	guint n = 0;

	for (char **line = lines; *line; line++) {
		(*line)[strcspn(*line, " ")] = '\0';
		if (!**line)
			continue;
		expect_role(*line);
		n++;
	}
	return n;
}

static void all_of_ssh_g(Fixture *f, gconstpointer unused)
{
	g_autofree char *config = write_samples(f);
	const char *const bare[] = { "ssh", "-G", "-T", "-F", "none", "host", NULL };
	const char *const full[] = { "ssh", "-G", "-T", "-F", config, "host", NULL };
	const char *const jump[] = { "ssh", "-G", "-T", "-F", "none", "-J", "other", "host", NULL };
	g_autofree char *of_bare = output_of(bare), *of_full = output_of(full), *of_jump = output_of(jump);

	g_assert_cmpuint(expect_roles_of(of_bare), >=, 60);
	g_assert_cmpuint(expect_roles_of(of_full), >=, 90);
	g_assert_nonnull(strstr(of_jump, "proxyjump "));
	expect_roles_of(of_jump);
}

/* Deprecated and unsupported ones are in no manual, and in no output. */
static void all_of_the_manual(Fixture *f, gconstpointer unused)
{
	const char *const argv[] = { "zcat", "/usr/share/man/man5/ssh_config.5.gz", NULL };

	if (!g_file_test(argv[1], G_FILE_TEST_EXISTS)) {
		g_test_skip("the manual page ssh_config(5) is not installed here");
		return;
	}
	g_autofree char *text = output_of(argv);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	guint n = 0;
	for (char **line = lines; *line; line++) {
		const char *name = *line + strlen(".It Cm ");
		if (!g_str_has_prefix(*line, ".It Cm ") || !g_ascii_isupper(*name) || strpbrk(name, " .%"))
			continue;
		/* Match and Include end in what ssh -G prints; the others are criteria or the rest of that list. */
		if (g_str_equal(name, "Match") || g_str_equal(name, "Include"))
			continue;
		expect_role(name);
		n++;
	}
	g_assert_cmpuint(n, >=, 80);
}

static const char *sample_of(const char *keyword)
{
	for (gsize i = 0; i < G_N_ELEMENTS(samples); i++)
		if (g_str_equal(samples[i].keyword, keyword))
			return samples[i].value;
	return NULL;
}

static void all_have_samples(Fixture *f, gconstpointer unused)
{
	const char *name;

	for (guint i = 0; (name = pss_ssh_config_nth(i)); i++)
		if (!sample_of(name) && !g_strv_contains(not_sampled, name))
			g_error("this test has no sample of %s", name);
}

/* -- and what stands there is what happens */

static void expect_note(Fixture *f, const char *name, gboolean wanted)
{
	g_autofree char *words = g_strdup_printf("ssh_config's %s '", name);

	run_pending();
	if (wanted != (strstr(f->link.notes->str, words) != NULL))
		g_error("%s: the notes are: %s", name, f->link.notes->str);
}

static guint n_listed(const PssSshConfig *config)
{
	return config->identity_files->len + config->certificate_files->len + config->send_env->len +
	       config->set_env->len + config->local_forwards->len + config->dynamic_forwards->len +
	       config->remote_forwards->len + config->permit_remote_open->len;
}

static void expect_changed(Fixture *f, const char *name, const char *value)
{
	guint n = n_listed(f->config);
	PssSshConfig before = *f->config;

	g_assert_true(pss_ssh_config_apply(f->config, f->person, name, value, NULL));
	if (memcmp(&before, f->config, sizeof before) == 0 && n_listed(f->config) == n)
		g_error("%s '%s' is honoured and changes nothing", name, value);
}

static void roles_hold(Fixture *f, gconstpointer unused)
{
	const char *name;

	for (guint i = 0; (name = pss_ssh_config_nth(i)); i++) {
		g_autoptr(GError) error = NULL;
		const char *value = sample_of(name);
		PssConfigRole role = pss_ssh_config_role(name, NULL);
		if (!value)
			continue;
		fresh_config(f);
		if (role == PSS_CONFIG_HONOURED)
			expect_changed(f, name, value);
		else if (pss_ssh_config_apply(f->config, f->person, name, value, &error) ==
			 (role == PSS_CONFIG_REFUSED))
			g_error("%s '%s': %s", name, value, error ? error->message : "not refused");
		g_assert_true(!error || (error->code == PSS_UNSUPPORTED && strstr(error->message, name)));
		expect_note(f, name, role == PSS_CONFIG_NOTED);
	}
}

static void unknown_keyword(Fixture *f, gconstpointer unused)
{
	g_assert_true(pss_ssh_config_apply(f->config, f->person, "somethingnew", "7", NULL));
	expect_note(f, "somethingnew", TRUE);
}

/* What nobody has configured is not worth a word. */
static void defaults_are_quiet(Fixture *f, gconstpointer unused)
{
	f->target->config_file = g_strdup("none");
	g_autoptr(GError) error = NULL;
	g_autoptr(PssSshConfig) config = pss_ssh_config_resolve(f->person, f->target, &error);

	g_assert_no_error(error);
	g_assert_nonnull(config);
	run_pending();
	/* The step itself is told, and nothing else. */
	g_assert_true(g_str_has_prefix(f->link.notes->str, "6 ssh_config "));
	g_assert_true(strchr(f->link.notes->str, '\n') == f->link.notes->str + f->link.notes->len - 1);
}

static void manual_says_so(Fixture *f, gconstpointer unused)
{
	g_autofree char *path = g_build_filename(g_getenv("PSS_SOURCE"), "man", "pssession.in", NULL);
	g_autofree char *text = NULL;
	const char *name;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	char *refused = strstr(text, ".SS Keywords that are refused"),
	     *noted = strstr(text, ".SS Keywords that are noted");
	g_assert_true(refused && noted && refused < noted);
	char *end = strstr(noted, ".SH ");
	g_assert_nonnull(end);
	*end = '\0';
	for (guint i = 0; (name = pss_ssh_config_nth(i)); i++) {
		g_autofree char *pattern = g_strdup_printf("^\\.BR? %s( ,)?$", name);
		PssConfigRole role = pss_ssh_config_role(name, NULL);
		g_autofree char *part = g_strndup(refused, (gsize)(noted - refused));
		if (g_regex_match_simple(pattern, part, G_REGEX_MULTILINE, 0) != (role == PSS_CONFIG_REFUSED) ||
		    g_regex_match_simple(pattern, noted, G_REGEX_MULTILINE, 0) != (role == PSS_CONFIG_NOTED))
			g_error("man/pssession.in says something else of %s", name);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("every keyword of ssh -G is in a table", all_of_ssh_g);
	ADD("every keyword of ssh_config(5) is in a table", all_of_the_manual);
	ADD("every keyword of the tables is tried here", all_have_samples);
	ADD("each is honoured, refused or noted as its table says", roles_hold);
	ADD("a keyword of a newer ssh is noted", unknown_keyword);
	ADD("ssh's own defaults are not worth a note", defaults_are_quiet);
	ADD("the manual names what is refused and noted", manual_says_so);
	return g_test_run();
}
