/* SPDX-License-Identifier: MIT */
/* What becomes of each keyword of ssh_config: `ssh -G` and its manual say which there are, and none of them may be
 * dropped in silence. And how values are read, and when an answer of `ssh -G` may be kept. */
#include <glib/gstdio.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "link-harness.h"
#include "link-sshd.h"
#include "link/config/ssh-config-cache.h"
#include "link/config/ssh-config-lists.h"
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

typedef struct {
	PssTarget *target;
	LinkRecord link;
	PssLoginContext *person;
	PssSshConfig *config;
	char *directory;
} Fixture;

static void set_up(Fixture *f, gconstpointer unused)
{
	link_record_init(&f->link);
	f->directory = g_dir_make_tmp("pss-config-XXXXXX", NULL);
	f->target = link_target("box");
	f->person = pss_login_new(f->target, &link_events, &f->link);
	f->config = pss_ssh_config_new(f->target);
}

static void tear_down(Fixture *f, gconstpointer unused)
{
	const char *const remove[] = { "rm", "-rf", f->directory, NULL };

	run_program(remove);
	g_free(f->directory);
	pss_ssh_config_free(f->config);
	pss_login_leave(f->person);
	pss_login_unref(f->person);
	pss_target_free(f->target);
	link_record_finish(&f->link);
}

static void fresh_config(Fixture *f)
{
	pss_ssh_config_free(f->config);
	f->config = pss_ssh_config_new(f->target);
	run_pending();
	g_string_truncate(f->link.notes, 0);
}

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
	g_assert_cmpstr(f->link.notes->str, ==, "");
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

/* -- values */

static void paths(Fixture *f, gconstpointer unused)
{
	const struct passwd *me = getpwuid(getuid());
	const struct {
		const char *text;
		char *path; /* NULL: refused */
	} rows[] = {
		{ "/a/b", g_strdup("/a/b") },
		{ "k", g_strdup("/the/callers/k") },
		{ "../k k", g_strdup("/the/callers/../k k") },
		{ "/dev/fd/63", NULL },
		{ "/proc/self/fd/0", NULL },
		{ "~/k", g_strdup_printf("%s/k", me->pw_dir) },
		{ "~root/k", g_strdup("/root/k") },
		{ "%d/%h-%n-%p-%r", g_strdup_printf("%s/box-box-22-%s", me->pw_dir, me->pw_name) },
		{ "${WHERE}/k", g_strdup("/some%h where/k") },
		{ "/100%%", g_strdup("/100%") },
		{ "${UNSET}/k", NULL },
		{ "${WHERE/k", NULL },
		{ "/%z", NULL },
		{ "/%", NULL },
		{ "~no-such-user/k", NULL },
	};

	link_target_setenv(f->target, "WHERE", "/some%h where");
	f->target->cwd = g_strdup("/the/callers");
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;
		fresh_config(f);
		gboolean good = pss_ssh_config_apply(f->config, f->person, "certificatefile", rows[i].text, &error);
		g_assert_cmpint(good, ==, rows[i].path != NULL);
		if (good)
			g_assert_cmpstr(f->config->certificate_files->pdata[0], ==, rows[i].path);
		else
			g_assert_error(error, PSS_ERROR, PSS_SSH_ENDS);
		g_free(rows[i].path);
	}
}

/* What ssh prints of a list, and what there is of it in the configuration: {} is what is meant, | between its files. */
static void several_paths(Fixture *f, gconstpointer unused)
{
	static const struct {
		const char *written[3], *printed;
		const char *files; /* NULL: refused */
	} rows[] = {
		{ { NULL }, "/one /two", "/one|/two" },
		{ { NULL }, "/one", "/one" },
		{ { NULL }, "/one%h", "/one%h" },
		{ { NULL }, "none", "" },
		{ { NULL }, "one two", NULL },
		{ { NULL }, "/one two", NULL },
		{ { NULL }, "{}/.ssh/known_hosts {}/.ssh/known_hosts2", "{}/.ssh/known_hosts|{}/.ssh/known_hosts2" },
		{ { "one two" }, "one two", "/the/callers/one|/the/callers/two" },
		{ { "\"one two\"" }, "one two", "/the/callers/one two" },
		{ { "'one two' # why" }, "one two", "/the/callers/one two" },
		{ { "one\\ two three" }, "one two three", "/the/callers/one two|/the/callers/three" },
		{ { "\"/one /two\"" }, "/one /two", "/one /two" },
		{ { "/one  \t/two \r" }, "/one /two", "/one|/two" },
		{ { "/one /two", "\"/one /two\"" }, "/one /two", NULL },
		{ { "/one /two", "/one   /two" }, "/one /two", "/one|/two" },
		{ { "/%h%%h \"/a %r\"" }, "/box%h /a me", "/box%h|/a me" },
		{ { "~/x '~/y z'" }, "{}/x {}/y z", "{}/x|{}/y z" },
		{ { "~/x '~/y z'" }, "~/x ~/y z", "{}/x|{}/y z" },
		{ { "\"no end" }, "/one /two", "/one|/two" },
	};

	f->target->cwd = g_strdup("/the/callers");
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GString) printed = g_string_new(rows[i].printed), files = g_string_new(rows[i].files);
		g_autoptr(GError) error = NULL;
		g_string_replace(printed, "{}", getpwuid(getuid())->pw_dir, 0);
		g_string_replace(files, "{}", getpwuid(getuid())->pw_dir, 0);
		fresh_config(f);
		g_assert_true(pss_ssh_config_apply(f->config, f->person, "user", "me", NULL));
		for (const char *const *text = rows[i].written; *text; text++)
			pss_config_lists_add(f->config, *text);
		if (pss_ssh_config_apply(f->config, f->person, "userknownhostsfile", printed->str, &error)) {
			g_autofree char *joined = g_strjoinv("|", f->config->user_known_hosts);
			g_assert_nonnull(rows[i].files);
			g_assert_cmpstr(joined, ==, files->str);
		} else {
			g_assert_null(rows[i].files);
			g_assert_error(error, PSS_ERROR, PSS_SSH_ENDS);
		}
	}
}

/* -- what ssh -G said is kept */

static const char kept[] = "what ssh -G said still holds";

/* In the text {} stands for the value. */
static void write_file(Fixture *f, const char *name, const char *text, const char *value)
{
	g_autofree char *path = g_build_filename(f->directory, name, NULL);
	g_auto(GStrv) parts = g_strsplit(text, "{}", -1);
	g_autofree char *whole = g_strjoinv(value, parts);

	g_assert_true(g_file_set_contents(path, whole, -1, NULL));
}

/* Resolves the target: that is its HostName, and ssh was asked or not. */
static void expect_resolved(Fixture *f, const char *hostname, gboolean asked)
{
	g_autoptr(GError) error = NULL;

	run_pending();
	g_string_truncate(f->link.notes, 0);
	g_autoptr(PssSshConfig) config = pss_ssh_config_resolve(f->person, f->target, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(config->hostname, ==, hostname);
	run_pending();
	g_assert_cmpint(strstr(f->link.notes->str, kept) == NULL, ==, asked);
}

static void use_config(Fixture *f, const char *text, const char *value)
{
	write_file(f, "config", text, value);
	f->target->config_file = g_build_filename(f->directory, "config", NULL);
}

static void kept_while_unchanged(Fixture *f, gconstpointer unused)
{
	use_config(f, "Host box\n HostName {}\n", "one.example");
	expect_resolved(f, "one.example", TRUE);
	expect_resolved(f, "one.example", FALSE);
	/* Of the same size, within the same tick of the file system's clock. */
	write_file(f, "config", "Host box\n HostName {}\n", "two.example");
	expect_resolved(f, "two.example", TRUE);
	expect_resolved(f, "two.example", FALSE);
	link_target_option(f->target, "HostName=three.example");
	expect_resolved(f, "three.example", TRUE);
	f->target->port = 7;
	expect_resolved(f, "three.example", TRUE);
	expect_resolved(f, "three.example", FALSE);
}

static void kept_with_includes(Fixture *f, gconstpointer unused)
{
	use_config(f, "Include {}/*.conf\n", f->directory);
	expect_resolved(f, "box", TRUE);
	expect_resolved(f, "box", FALSE);
	write_file(f, "b.conf", "Include = \"{}/inner\"\n", f->directory);
	expect_resolved(f, "box", TRUE);
	expect_resolved(f, "box", FALSE);
	write_file(f, "inner", "HostName {}\n", "inner.example");
	expect_resolved(f, "inner.example", TRUE);
	expect_resolved(f, "inner.example", FALSE);
	write_file(f, "a.conf", "HostName {}\n", "first.example");
	expect_resolved(f, "first.example", TRUE);
	g_autofree char *path = g_build_filename(f->directory, "a.conf", NULL);
	g_unlink(path);
	expect_resolved(f, "inner.example", TRUE);
}

static void never_kept(Fixture *f, gconstpointer text)
{
	link_target_setenv(f->target, "WHERE", "/somewhere");
	use_config(f, "{}\n", text);
	expect_resolved(f, "box", TRUE);
	expect_resolved(f, "box", TRUE);
}

static void exec_decides_each_time(Fixture *f, gconstpointer unused)
{
	g_autofree char *flag = g_build_filename(f->directory, "flag", NULL);

	use_config(f, "Match exec \"test -e {}\"\n HostName there.example\n", flag);
	expect_resolved(f, "box", TRUE);
	write_file(f, "flag", "{}", "");
	expect_resolved(f, "there.example", TRUE);
	g_unlink(flag);
	expect_resolved(f, "box", TRUE);
}

static gboolean is_kept(guint n)
{
	g_autofree char *question = g_strdup_printf("question %u", n);
	g_autofree char *answer = pss_config_cache_look(question, "digest");
	gboolean is_there = g_strcmp0(answer, question) == 0;

	g_assert_true(is_there || !answer);
	return is_there;
}

static void many_are_kept(Fixture *f, gconstpointer unused)
{
	for (guint n = 0; n < 10001; n++) {
		g_autofree char *question = g_strdup_printf("question %u", n);
		pss_config_cache_keep(question, "digest", question);
		if (n == 5000)
			pss_config_cache_keep("question 1", "digest", "question 1");
	}
	/* Of the ten thousand the oldest has gone; one that was kept anew is not old. */
	g_assert_false(is_kept(0));
	g_assert_true(is_kept(1));
	g_assert_true(is_kept(2));
	g_assert_true(is_kept(10000));
}

/* Each is a program named ssh in front of the real one. */
static void endless_answers(Fixture *f, gconstpointer unused)
{
	static const struct {
		const char *script, *words;
	} rows[] = {
		{ "#!/bin/sh\nexec yes 'identityfile /dev/null'\n", "prints more than 4194304 bytes" },
		{ "#!/bin/sh\nhead -c 4194305 /dev/zero | tr '\\0' x\n", "prints more than 4194304 bytes" },
		{ "#!/bin/sh\nhead -c 3000 /dev/zero | tr '\\0' x >&2; exit 1\n", "ssh refuses its configuration: x" },
	};
	g_autofree char *path = g_strdup_printf("%s:%s", f->directory, g_getenv("PATH"));
	g_autofree char *program = g_build_filename(f->directory, "ssh", NULL);

	link_target_setenv(f->target, "PATH", path);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;
		g_file_set_contents_full(program, rows[i].script, -1, G_FILE_SET_CONTENTS_NONE, 0700, NULL);
		g_autoptr(PssSshConfig) config = pss_ssh_config_resolve(f->person, f->target, &error);
		g_assert_null(config);
		if (!strstr(error->message, rows[i].words))
			g_error("'%s' is not in '%s'", rows[i].words, error->message);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add("/ssh_config/" name, Fixture, NULL, set_up, function, tear_down)
	ADD("every keyword of ssh -G is in a table", all_of_ssh_g);
	ADD("every keyword of ssh_config(5) is in a table", all_of_the_manual);
	ADD("every keyword of the tables is tried here", all_have_samples);
	ADD("each is honoured, refused or noted as its table says", roles_hold);
	ADD("a keyword of a newer ssh is noted", unknown_keyword);
	ADD("ssh's own defaults are not worth a note", defaults_are_quiet);
	ADD("the manual names what is refused and noted", manual_says_so);
	ADD("names of files: home, tokens, variables", paths);
	ADD("names of several files", several_paths);
	ADD("what ssh -G said is kept while the files are the same", kept_while_unchanged);
	ADD("included files count", kept_with_includes);
	ADD("many answers are kept, and the oldest dropped", many_are_kept);
	ADD("Match exec decides each time", exec_decides_each_time);
	ADD("an answer without an end", endless_answers);
#define ADD_NEVER(name, text) g_test_add("/ssh_config/never kept: " name, Fixture, text, set_up, never_kept, tear_down)
	ADD_NEVER("a quoted Match exec", "\"Match\" host box !exec \"false\"\nMatch all");
	ADD_NEVER("an environment variable", "IdentityFile ${WHERE}/key");
	ADD_NEVER("canonical names", "CanonicalizeHostname yes");
	ADD_NEVER("a token in Include", "Include %d/none");
	return g_test_run();
}
