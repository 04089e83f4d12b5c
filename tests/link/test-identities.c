/* SPDX-License-Identifier: MIT */
/* Which keys are offered, in which order, and whether one of them logs in: ours beside ssh's own, over identities of
 * ssh_config × IdentitiesOnly × agents. The server's log tells what each has offered. */
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "link-fixture.h"

/* The keys are made once: a (the server takes it), b and c (it does not), locked (a's passphrase is none: "secret"),
 * p (PEM, without a public half to be seen) and q (the same, not taken), r (RSA, not taken), and certificates of each;
 * each row names what of them there is. Files of a row: "NAME" is copied, "NAME>OTHER" under another name, "NAME:MODE"
 * with that mode, "NAME/" is a directory. */
typedef struct {
	const char *name;
	const char *files;      /* words */
	const char *identities; /* of IdentityFile, words */
	const char *certificates;
	const char *agent;   /* its keys, words; NULL: there is none */
	const char *words;   /* in our message where both fail, or NULL */
	const char *options; /* one more, or NULL */
} Row;

static const Row rows[] = {
	{ "a file", "a a.pub", "a", NULL, NULL },
	{ "a file without .pub", "a", "a", NULL, NULL },
	{ "files in order", "b b.pub a a.pub c", "b c a", NULL, NULL },
	{ "files in order, all refused", "b b.pub c c.pub locked locked.pub", "locked c b", NULL, NULL },
	{ "no file", "", "a", NULL, NULL, "no key was found" },
	{ ".pub only, no agent", "a.pub", "a", NULL, NULL, "in no file and in no agent" },
	{ ".pub only, the agent has it", "a.pub", "a", NULL, "a" },
	{ ".pub only, the agent has others", "a.pub", "a", NULL, "b c", "in no file and in no agent" },
	{ ".pub only, an empty agent", "a.pub", "a", NULL, "" },
	{ ".pub is named, the agent has it", "a.pub", "a.pub", NULL, "b a" },
	{ ".pub is named, no agent", "a a.pub", "a.pub", NULL, NULL },
	{ "the agent's others", "b b.pub", "b", NULL, "c a" },
	{ "the agent's own order among files", "a a.pub b b.pub c c.pub", "a c b", NULL, "b c" },
	{ "files, the agent has the last", "b b.pub c c.pub a.pub", "b c a", NULL, "a" },
	{ "the same file twice", "b b.pub", "b b", NULL, "b" },
	{ "two names of a key", "b b.pub b>d b.pub>d.pub", "b d", NULL, "c b" },
	{ "locked, no agent", "locked locked.pub", "locked", NULL, NULL, "nobody can be asked" },
	{ "locked, without .pub", "locked", "locked", NULL, NULL },
	{ "locked, the agent has it", "locked locked.pub b b.pub", "b locked", NULL, "locked" },
	{ "others may read it", "a:0644 a.pub", "a", NULL, NULL, "that can be read" },
	{ "others may read it, no .pub", "a:0644", "a", NULL, NULL },
	{ "others may read it, the agent has it", "a:0644 a.pub", "a", NULL, "a" },
	{ "a directory", "a/", "a", NULL, NULL },
	{ "a directory, and .pub", "a/ a.pub", "a", NULL, NULL },
	{ "a directory, .pub, the agent has it", "a/ a.pub", "a", NULL, "a" },
	{ "an empty file", "empty>a a.pub", "a", NULL, NULL },
	{ "an empty .pub", "a empty>a.pub", "a", NULL, NULL },
	{ "a .pub with a comment in front", "commented>a.pub", "a", NULL, "a" },
	{ "another key's .pub beside", "a b.pub>a.pub", "a", NULL, NULL },
	{ "another key's .pub, the agent has that", "b a.pub>b.pub", "b", NULL, "a" },
	{ "PEM", "p", "p", NULL, NULL },
	{ "PEM with .pub", "p p.pub b b.pub", "b p", NULL, NULL },
	{ "PEM, the agent has it", "p", "p", NULL, "p" },
	{ "a certificate beside", "c c.pub c-cert.pub", "c", NULL, NULL },
	{ "a certificate beside, no .pub", "c c-cert.pub", "c", NULL, NULL },
	{ "a certificate beside a PEM key", "q q-cert.pub", "q", NULL, NULL },
	{ "a certificate beside a PEM key, the agent has it", "q q-cert.pub", "q", NULL, "q" },
	{ "a certificate beside a PEM key with .pub", "q q.pub q-cert.pub", "q", NULL, NULL },
	{ "a certificate beside, the agent has the key", "c.pub c-cert.pub", "c", NULL, "c" },
	{ "a certificate beside, no key", "c-cert.pub", "c", NULL, NULL, "in no file and in no agent" },
	{ "a certificate beside, the agent has both", "c.pub c-cert.pub", "c", NULL, "c+" },
	{ "a certificate beside a locked key", "locked locked.pub locked-cert.pub", "locked", NULL, NULL },
	{ "another key's certificate beside", "b b.pub c-cert.pub>b-cert.pub", "b", NULL, NULL },
	{ "a host's certificate beside", "b b.pub host-cert.pub>b-cert.pub", "b", NULL, NULL },
	{ "CertificateFile", "c c.pub c-cert.pub>x b b.pub", "b c", "x", NULL },
	{ "CertificateFile, one beside too", "c c.pub c-cert.pub c-cert.pub>x b b.pub b-cert.pub", "b c", "x", NULL },
	{ "CertificateFile, the agent has the key", "c.pub c-cert.pub>x", "c", "x", "b c" },
	{ "CertificateFile, only the agent has the key", "c-cert.pub>x", "none", "x", "c" },
	{ "CertificateFile without its key", "c-cert.pub>x b b.pub", "b", "x", "b" },
	{ "CertificateFile that is none", "c c.pub b.pub>x", "c", "x", NULL },
	{ "CertificateFile that is missing", "b b.pub b-cert.pub", "b", "x", NULL },
	{ "the agent has a certificate", "", "none", NULL, "c+" },
	{ "RSA with a certificate", "r r.pub r-cert.pub", "r", NULL, NULL },
	{ "RSA with a certificate, the agent has the key", "r.pub r-cert.pub", "r", NULL, "r" },
	{ "ECDSA with a certificate, the agent has both", "q.pub q-cert.pub", "q", NULL, "q+" },
	{ "an agent that is locked", "a.pub b b.pub", "a b", NULL, "a ! b" },
	{ "a FIDO key", "sk.pub b b.pub", "sk b", NULL, NULL },
	{ "a FIDO key that is wanted", "taken-sk.pub", "taken-sk", NULL, NULL, "security key (FIDO)" },
	{ "IdentityAgent none", "b b.pub", "b", NULL, "a", NULL, "IdentityAgent=none" },
	{ "IdentityAgent that is dead", "b b.pub", "b", NULL, "a", NULL, "IdentityAgent=/nonexistent/agent" },
	{ "PKCS11Provider", "b b.pub", "b", NULL, NULL, "PKCS11Provider", "PKCS11Provider=/nonexistent.so" },
	{ "PubkeyAcceptedAlgorithms", "a a.pub p p.pub", "a p", NULL, NULL, NULL,
	  "PubkeyAcceptedAlgorithms=ecdsa-sha2-nistp256" },
};

static struct {
	Sshd *sshd;
	char *keys; /* directory */
	char *agent;
	pid_t agent_pid;
} world;

/* ---- keys */

static char *in_keys(const char *name)
{
	return g_build_filename(world.keys, name, NULL);
}

static void make_key(const char *name, const char *type, const char *passphrase, const char *format)
{
	g_autofree char *path = in_keys(name);
	const char *const argv[] = { "ssh-keygen", "-q", "-t",   type, "-N", passphrase, "-C",
				     name,         "-m", format, "-f", path, NULL };

	run_program(argv);
}

static void certify(const char *name, gboolean host)
{
	g_autofree char *authority = in_keys("authority"), *pub = in_keys(name);
	const char *user[] = { "ssh-keygen", "-q", "-s", authority, "-I", "test", "-n", g_get_user_name(), pub, NULL };
	const char *hosts[] = { "ssh-keygen", "-q", "-s", authority, "-I", "test", "-h", "-n", "host", pub, NULL };

	run_program(host ? hosts : user);
}

static char *text_of(const char *name)
{
	g_autofree char *path = in_keys(name);
	char *text = NULL;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	return text;
}

static void write_text(const char *name, const char *text)
{
	g_autofree char *path = in_keys(name);

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* The public half of a security key that nobody has: type, point, application. */
static void make_token(const char *name, guint8 fill)
{
	static const char type[] = "sk-ssh-ed25519@openssh.com";
	g_autoptr(GByteArray) blob = g_byte_array_new();
	const guint8 header[] = { 0, 0, 0, sizeof type - 1 }, point[] = { 0, 0, 0, 32 }, end[] = { 0, 0, 0, 4 };
	guint8 bytes[32];

	memset(bytes, fill, sizeof bytes);
	g_byte_array_append(blob, header, sizeof header);
	g_byte_array_append(blob, (const guint8 *)type, sizeof type - 1);
	g_byte_array_append(blob, point, sizeof point);
	g_byte_array_append(blob, bytes, sizeof bytes);
	g_byte_array_append(blob, end, sizeof end);
	g_byte_array_append(blob, (const guint8 *)"ssh:", 4);
	g_autofree char *base64 = g_base64_encode(blob->data, blob->len);
	g_autofree char *line = g_strdup_printf("%s %s %s\n", type, base64, name);
	g_autofree char *file = g_strconcat(name, ".pub", NULL);
	write_text(file, line);
}

static void make_keys(void)
{
	static const char *const certified[] = { "b.pub", "c.pub", "locked.pub", "q.pub", "r.pub" };

	make_key("authority", "ed25519", "", "RFC4716");
	make_key("a", "ed25519", "", "RFC4716");
	make_key("b", "ed25519", "", "RFC4716");
	make_key("c", "ed25519", "", "RFC4716");
	make_key("locked", "ed25519", "secret", "RFC4716");
	make_key("p", "ecdsa", "", "PEM");
	make_key("q", "ecdsa", "", "PEM");
	make_key("r", "rsa", "", "RFC4716");
	make_key("host", "ed25519", "", "RFC4716");
	for (guint i = 0; i < G_N_ELEMENTS(certified); i++)
		certify(certified[i], FALSE);
	certify("host.pub", TRUE);
	make_token("sk", 0x33);
	make_token("taken-sk", 0x44);
	write_text("empty", "");
	g_autofree char *public_a = text_of("a.pub");
	g_autofree char *commented = g_strdup_printf("# a comment\n\n  %s", public_a);
	write_text("commented", commented);
}

/* ---- the server */

/* What ssh asks for, so that nobody's start-up files run. */
static const char subsystem[] = "Subsystem sftp internal-sftp\n";

static void start_server(void)
{
	world.sshd = sshd_start(subsystem);
	world.keys = g_build_filename(world.sshd->directory, "keys", NULL);
	g_mkdir(world.keys, 0700);
	make_keys();
	g_autofree char *a = text_of("a.pub"), *p = text_of("p.pub"), *locked = text_of("locked.pub");
	g_autofree char *token = text_of("taken-sk.pub"), *authority = in_keys("authority.pub");
	g_autofree char *taken = g_strconcat(a, p, locked, token, NULL);
	g_autofree char *old = NULL, *path = in_keys("authorized");
	write_text("authorized", taken);
	g_assert_true(g_file_get_contents(world.sshd->config, &old, NULL, NULL));
	g_autofree char *text =
		g_strdup_printf("LogLevel VERBOSE\nMaxAuthTries 30\nAuthorizedKeysFile %s\nTrustedUserCAKeys %s\n%s",
				path, authority, old);
	g_assert_true(g_file_set_contents(world.sshd->config, text, -1, NULL));
}

/* What the server has been shown since the last call: kinds and fingerprints, a line each; a key that is asked about
 * and then signed with stands there once. */
static char *take_offers(void)
{
	g_autofree char *path = g_build_filename(world.sshd->directory, "log", NULL), *log = NULL;
	GString *offers = g_string_new(NULL);
	g_autofree char *last = NULL;

	g_file_get_contents(path, &log, NULL, NULL);
	g_unlink(path);
	g_auto(GStrv) lines = g_strsplit(log ? log : "", "\n", -1);
	for (char **line = lines; *line; line++) {
		const char *at = strstr(*line, " publickey for "), *key = at ? strstr(at, " ssh2: ") : NULL;
		if (!key)
			continue;
		g_autofree char *offer = g_strndup(key + 7, strcspn(key + 7, "\r["));
		g_strchomp(offer);
		if (g_strcmp0(offer, last) != 0)
			g_string_append_printf(offers, "%s\n", offer);
		g_free(last);
		last = g_steal_pointer(&offer);
	}
	return g_string_free(offers, FALSE);
}

/* ---- a row's files and agent */

static char *directory_of(void)
{
	return g_build_filename(world.sshd->directory, "row", NULL);
}

static void lay_out(const char *word)
{
	g_autofree char *directory = directory_of();
	g_auto(GStrv) parts = g_strsplit(word, ">", 2), named = g_strsplit(parts[0], ":", 2);
	g_autofree char *name = g_strndup(named[0], strcspn(named[0], "/"));
	g_autofree char *to = g_build_filename(directory, parts[1] ? parts[1] : name, NULL);

	if (strchr(word, '/')) {
		g_assert_cmpint(g_mkdir(to, 0700), ==, 0);
		return;
	}
	g_autofree char *text = text_of(name);
	g_assert_true(g_file_set_contents(to, text, -1, NULL));
	gboolean is_public = g_str_has_suffix(to, ".pub");
	g_assert_cmpint(g_chmod(to, named[1] ? 0644 : is_public ? 0644 : 0600), ==, 0);
}

static void for_words(const char *words, void (*do_it)(const char *word))
{
	g_auto(GStrv) all = g_strsplit(words ? words : "", " ", -1);

	for (char **word = all; *word; word++)
		if (**word)
			do_it(*word);
}

static void tell_agent(const char *const *what)
{
	g_autofree char *socket = g_strconcat("SSH_AUTH_SOCK=", world.agent, NULL);
	g_autoptr(GPtrArray) argv = g_ptr_array_new();

	g_ptr_array_add(argv, (char *)"env");
	g_ptr_array_add(argv, socket);
	/* For the passphrases of a key, and of the agent itself. */
	g_autofree char *askpass = in_keys("askpass"), *program = g_strconcat("SSH_ASKPASS=", askpass, NULL);
	g_ptr_array_add(argv, program);
	g_ptr_array_add(argv, (char *)"SSH_ASKPASS_REQUIRE=force");
	g_ptr_array_add(argv, (char *)"ssh-add");
	for (; *what; what++)
		g_ptr_array_add(argv, (char *)*what);
	g_ptr_array_add(argv, NULL);
	run_program((const char *const *)argv->pdata);
}

/* "NAME": the key alone; "NAME+": with its certificate; "!": locks the agent. */
static void give_agent(const char *word)
{
	g_autofree char *name = g_strndup(word, strcspn(word, "+"));
	g_autofree char *alone = in_keys("alone"), *cert = in_keys("alone-cert.pub");
	const char *const add[] = { "-q", alone, NULL };
	const char *const lock[] = { "-x", NULL };

	if (g_str_equal(word, "!")) {
		tell_agent(lock);
		return;
	}
	g_autofree char *text = text_of(name);
	g_unlink(cert);
	write_text("alone", text);
	g_chmod(alone, 0600);
	if (strchr(word, '+')) {
		g_autofree char *from = g_strconcat(name, "-cert.pub", NULL), *certificate = text_of(from);
		write_text("alone-cert.pub", certificate);
	}
	tell_agent(add);
}

static void stop_agent(void)
{
	if (world.agent_pid > 0)
		kill(world.agent_pid, SIGTERM);
	world.agent_pid = 0;
}

static void start_agent(const Row *row)
{
	const char *const argv[] = { "ssh-agent", "-D", "-a", world.agent, NULL };
	g_auto(GStrv) before_lock = g_strsplit(row->agent, "!", 2);

	g_unlink(world.agent);
	g_assert_true(g_spawn_async(NULL, (char **)argv, NULL,
				    G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL,
				    NULL, &world.agent_pid, NULL));
	wait_for(g_file_test(world.agent, G_FILE_TEST_EXISTS), 10);
	for_words(before_lock[0], give_agent);
	if (strchr(row->agent, '!'))
		give_agent("!");
}

/* ---- both sides */

typedef struct {
	gboolean in;
	char *offers, *said;
} Outcome;

static char **options_of(const Row *row, gboolean only)
{
	GPtrArray *options = g_ptr_array_new();
	g_auto(GStrv) identities = g_strsplit(row->identities, " ", -1);
	g_autofree char *directory = directory_of();

	if (row->options)
		g_ptr_array_add(options, g_strdup(row->options));
	g_ptr_array_add(options, g_strdup_printf("UserKnownHostsFile=%s", world.sshd->known_hosts));
	g_ptr_array_add(options, g_strdup_printf("IdentitiesOnly=%s", only ? "yes" : "no"));
	g_ptr_array_add(options, g_strdup("BatchMode=yes"));
	g_ptr_array_add(options, g_strdup("KexAlgorithms=curve25519-sha256"));
	for (char **identity = identities; *identity; identity++)
		g_ptr_array_add(options, g_str_equal(*identity, "none")
						 ? g_strdup("IdentityFile=none")
						 : g_strdup_printf("IdentityFile=%s/%s", directory, *identity));
	if (row->certificates)
		g_ptr_array_add(options, g_strdup_printf("CertificateFile=%s/%s", directory, row->certificates));
	g_ptr_array_add(options, NULL);
	return (char **)g_ptr_array_free(options, FALSE);
}

static void run_ours(const Row *row, gboolean only, Outcome *outcome)
{
	g_auto(GStrv) options = options_of(row, only);
	PssTarget *target = link_target("127.0.0.1");
	LinkRecord link;

	target->port = world.sshd->port;
	target->config_file = g_strdup("none");
	link_target_setenv(target, "SSH_AUTH_SOCK", row->agent ? world.agent : "");
	for (char **option = options; *option; option++)
		link_target_option(target, *option);
	link_record_init(&link);
	link_connect(&link, target);
	wait_for(link.ready || link.n_lost, 60);
	outcome->in = link.ready;
	outcome->said = g_strdup(link.lost ? link.lost->message : "");
	link_record_finish(&link);
	wait_for(g_hash_table_size(world.sshd->running) == 0, 60);
	outcome->offers = take_offers();
}

typedef struct {
	gboolean ended;
	int status;
} Ended;

static void on_end(GPid pid, gint status, gpointer user)
{
	*(Ended *)user = (Ended){ TRUE, status };
}

static void run_theirs(const Row *row, gboolean only, Outcome *outcome)
{
	g_auto(GStrv) options = options_of(row, only);
	g_auto(GStrv) environment =
		g_environ_setenv(g_get_environ(), "SSH_AUTH_SOCK", row->agent ? world.agent : "", TRUE);
	g_autofree char *port = g_strdup_printf("%u", world.sshd->port);
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	const char *const rest[] = { "-n", "-F", "none", "-p", port, "-s", "127.0.0.1", "sftp", NULL };
	Ended ended = { 0 };
	GPid pid;

	g_ptr_array_add(argv, (char *)"ssh");
	for (char **option = options; *option; option++) {
		g_ptr_array_add(argv, (char *)"-o");
		g_ptr_array_add(argv, *option);
	}
	for (guint i = 0; i < G_N_ELEMENTS(rest); i++)
		g_ptr_array_add(argv, (char *)rest[i]);
	g_assert_true(g_spawn_async(NULL, (char **)argv->pdata, environment,
				    G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDERR_TO_DEV_NULL, NULL,
				    NULL, &pid, NULL));
	g_child_watch_add(pid, on_end, &ended);
	wait_for(ended.ended, 60);
	wait_for(g_hash_table_size(world.sshd->running) == 0, 60);
	outcome->in = ended.status == 0;
	outcome->offers = take_offers();
}

/* What worked for a port is remembered, and tried first: each cell has one of its own. */
static void take_new_port(void)
{
	sshd_refuse(world.sshd);
	world.sshd->port = 0;
	sshd_listen(world.sshd);
	g_autofree char *key = sshd_public_key(world.sshd->host_key), *name = sshd_host_name(world.sshd);
	g_autofree char *line = g_strdup_printf("%s %s\n", name, key);
	sshd_write_known_hosts(world.sshd, line);
}

static void compare(const Row *row, gboolean only)
{
	Outcome ours = { 0 }, theirs = { 0 };

	take_new_port();
	run_ours(row, only, &ours);
	run_theirs(row, only, &theirs);
	g_test_message("%s by\n%s%s", ours.in ? "in" : "not in", ours.offers, ours.said);
	if (ours.in != theirs.in || strcmp(ours.offers, theirs.offers) != 0)
		g_error("%s, IdentitiesOnly %s: we %s by\n%s(%s)\nand ssh %s by\n%s", row->name, only ? "yes" : "no",
			ours.in ? "log in" : "fail", ours.offers, ours.said, theirs.in ? "logs in" : "fails",
			theirs.offers);
	if (row->words && !ours.in && !strstr(ours.said, row->words))
		g_error("'%s' is not in '%s'", row->words, ours.said);
	g_free(ours.offers);
	g_free(ours.said);
	g_free(theirs.offers);
}

static void run_row(gconstpointer data)
{
	const Row *row = data;
	g_autofree char *directory = directory_of();

	sshd_remove_all(directory);
	g_mkdir(directory, 0700);
	for_words(row->files, lay_out);
	if (row->agent)
		start_agent(row);
	compare(row, TRUE);
	if (row->agent)
		compare(row, FALSE);
	stop_agent();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	start_server();
	world.agent = g_build_filename(world.sshd->directory, "agent", NULL);
	g_autofree char *askpass = in_keys("askpass");
	g_file_set_contents_full(askpass, "#!/bin/sh\necho secret\n", -1, G_FILE_SET_CONTENTS_NONE, 0700, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *path = g_strdup_printf("/identities/%s", rows[i].name);
		g_test_add_data_func(path, &rows[i], run_row);
	}
	int failed = g_test_run();
	stop_agent();
	sshd_stop(world.sshd);
	g_free(world.keys);
	g_free(world.agent);
	return failed;
}
