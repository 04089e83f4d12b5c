/* SPDX-License-Identifier: MIT */
/* Which files ssh_config names for host keys, and what the names in them mean: ours beside ssh's own verdict, and
 * beside what ssh writes down, over paths × quotes × kinds of files × ports and patterns × StrictHostKeyChecking. Both
 * run in a directory of their own with the same files in it. Never may we accept what ssh refuses; where we refuse what
 * ssh accepts, the row says so. The lines of one file are test-host-key-matrix.c's. */
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "link-fixture.h"

typedef enum {
	STRICTER = 1, /* than ssh, on purpose */
	RECORDS = 2,  /* what is written down differs in form */
	HASHED = 4,   /* the names in the files are hashed */
	ALL = 8,      /* modes of StrictHostKeyChecking; else accept-new alone, as what is written tells the rest */
} Flags;

/* In all texts {D} is the directory, {P} the port, {H} "[127.0.0.1]:port", {K} the host's key, {O} another one of its
 * type, {E} one of another type. */
typedef struct {
	const char *name;
	const char *config;
	struct {
		const char *path; /* in {D} */
		const char *text; /* "->" begins what a link leads to; "/": a directory */
	} files[4];
	Flags flags;
} Row;

#define KNOWN "{H} {K}\n"
#define CHANGED "{H} {O}\n"
#define REVOKED "@revoked {H} {K}\n"
#define USER(files) "UserKnownHostsFile " files "\n"

static const Row rows[] = {
	/* -- which files */
	{ "relative", USER("known"), { { "known", KNOWN } } },
	{ "relative, in a folder", USER("./a/../a/known"), { { "a", "/" }, { "a/known", KNOWN } } },
	{ "relative, the parent's", USER("../{B}/known"), { { "known", KNOWN } } },
	{ "relative, missing", USER("known"), { { NULL } } },
	{ "two relative, the second knows", USER("one two"), { { "one", "" }, { "two", KNOWN } } },
	{ "two relative, the second revokes", USER("one two"), { { "one", KNOWN }, { "two", REVOKED } } },
	{ "absolute and relative", USER("{D}/one two"), { { "one", CHANGED }, { "two", KNOWN } } },
	{ "relative and absolute", USER("two {D}/one"), { { "one", KNOWN }, { "two", REVOKED } } },
	{ "a blank in quotes", USER("\"my known\""), { { "my known", KNOWN } } },
	{ "a blank in quotes, not the two", USER("\"one two\""), { { "one", KNOWN }, { "two", KNOWN } } },
	{ "two, not the blank", USER("one two"), { { "one two", KNOWN } } },
	{ "blank and slash in quotes", USER("\"{D}/x /known\""), { { "x ", "/" }, { "x /known", KNOWN } } },
	{ "blank and slash, its parts know", USER("\"{D}/x {D}/y\""), { { "x", KNOWN }, { "y", KNOWN } } },
	{ "a revocation behind blank and slash",
	  USER("{D}/known \"{D}/x /more\""),
	  { { "known", KNOWN }, { "x ", "/" }, { "x /more", REVOKED } } },
	{ "blanks by backslashes", USER("my\\ own\\ known two"), { { "my own known", KNOWN }, { "two", "" } } },
	{ "single quotes", USER("'my known' 'two'"), { { "my known", KNOWN } } },
	{ "two blanks in quotes", USER("\"my  known\""), { { "my  known", KNOWN }, { "my known", REVOKED } } },
	{ "a quote in the name", USER("\"my\\\"known\" x"), { { "my\"known", KNOWN } } },
	{ "behind a comment", USER("one # two"), { { "two", KNOWN } } },
	{ "a number sign in quotes", USER("\"#one\" two"), { { "#one", KNOWN } } },
	{ "other lines look the same in print",
	  "Host other\n" USER("\"one two\"") "Host *\n" USER("one two"),
	  { { "one", KNOWN } },
	  STRICTER },
	{ "other lines name others", "Host other\n" USER("\"a b\"") "Host *\n" USER("one two"), { { "two", KNOWN } } },
	{ "the first line counts", USER("one") USER("two"), { { "one", CHANGED }, { "two", KNOWN } } },
	{ "included", "Include {D}/more\n", { { "more", USER("\"a b\" c") }, { "a b", KNOWN }, { "a", REVOKED } } },
	{ "equals sign", "UserKnownHostsFile=one two\n", { { "two", KNOWN } } },
	{ "a keyword in quotes", "\"userknownhostsfile\" =\tone two\n", { { "=", KNOWN } } },
	{ "blanks, tabs, CR", "\tuserknownhostsfile\t =\tone \t\"t wo\"  \r\n", { { "t wo", KNOWN } } },
	{ "tokens", USER("{D}/%h-%p '%h x'"), { { "127.0.0.1-{P}", KNOWN } } },
	{ "a doubled token", USER("%%h"), { { "%h", KNOWN }, { "127.0.0.1", REVOKED } } },
	{ "a token that is none", USER("%z"), { { "%z", KNOWN } } },
	{ "a variable", USER("${PSS_WHERE}/known"), { { "known", KNOWN } } },
	{ "a variable that is not set", USER("${PSS_NOWHERE}/known"), { { "known", KNOWN } } },
	{ "nobody's home", USER("~nobody-of-that-name/known"), { { "known", KNOWN } } },
	{ "none", USER("none"), { { "none", KNOWN } } },
	{ "none, the global one knows", USER("NONE") "GlobalKnownHostsFile known\n", { { "known", KNOWN } } },
	{ "none and a file", USER("none known"), { { "known", KNOWN } } },
	{ "an empty name", USER("\"\""), { { "known", KNOWN } } },
	{ "no device is written", USER("/dev/null"), { { NULL } } },
	{ "another device", USER("/dev/tty one"), { { "one", REVOKED } }, STRICTER },
	{ "a folder", USER("one two"), { { "one", "/" }, { "two", KNOWN } }, STRICTER },
	{ "in a file", USER("one/two two"), { { "one", KNOWN }, { "two", KNOWN } } },
	{ "a link", USER("one"), { { "one", "->two" }, { "two", KNOWN } } },
	{ "a link to nowhere", USER("one two"), { { "one", "->nowhere" }, { "two", KNOWN } } },
	{ "a link to itself", USER("one two"), { { "one", "->one" }, { "two", REVOKED } }, STRICTER },
	{ "the same file twice", USER("one one"), { { "one", "" } } },
	{ "global, relative", USER("none") "GlobalKnownHostsFile a b\n", { { "b", KNOWN } } },
	{ "global, quotes",
	  USER("/dev/null") "GlobalKnownHostsFile \"a b\" c\n",
	  { { "a b", REVOKED }, { "c", KNOWN } } },
	{ "global, no tokens", USER("one") "GlobalKnownHostsFile %h ${X}\n", { { "%h", REVOKED }, { "one", KNOWN } } },
	{ "revoked by a relative list",
	  USER("one") "RevokedHostKeys list\n",
	  { { "one", KNOWN }, { "list", "{K}\n" } } },
	{ "a relative list without it",
	  USER("one") "RevokedHostKeys list\n",
	  { { "one", KNOWN }, { "list", "{O}\n" } } },
	{ "a list with a blank", USER("one") "RevokedHostKeys \"a b\"\n", { { "one", KNOWN }, { "a b", "{O}\n" } } },
	{ "a list that is missing", USER("one") "RevokedHostKeys list\n", { { "one", KNOWN } } },
	{ "a list has no tokens", USER("one") "RevokedHostKeys %h\n", { { "one", KNOWN }, { "127.0.0.1", "{O}\n" } } },
	/* -- which names */
	{ "the plain name knows", USER("one"), { { "one", "127.0.0.1 {K}\n" } }, ALL },
	{ "the plain name knows another", USER("one"), { { "one", "127.0.0.1 {O}\n" } }, ALL },
	{ "the plain name revokes", USER("one"), { { "one", "@revoked 127.0.0.1 {K}\n" } }, STRICTER | ALL },
	{ "the plain name revokes, hashed",
	  USER("one"),
	  { { "one", "@revoked 127.0.0.1 {K}\n" } },
	  STRICTER | HASHED | ALL },
	{ "the plain name revokes in the global file",
	  USER("one") "GlobalKnownHostsFile two\n",
	  { { "one", "127.0.0.1 {K}\n" }, { "two", "@revoked 127.0.0.1 {K}\n" } },
	  STRICTER | ALL },
	{ "the plain name revokes another",
	  USER("one"),
	  { { "one", "@revoked 127.0.0.1 {O}\n127.0.0.1 {K}\n" } },
	  ALL },
	{ "the plain name revokes, the port's knows",
	  USER("one"),
	  { { "one", "@revoked 127.0.0.1 {K}\n" KNOWN } },
	  ALL },
	{ "a pattern of plain names revokes", USER("one"), { { "one", "@revoked 127.0.0.* {K}\n" } }, STRICTER | ALL },
	{ "a pattern of ports revokes",
	  USER("one"),
	  { { "one", KNOWN "@revoked [127.0.0.1]:* {K}\n" } },
	  STRICTER | ALL },
	{ "all revoke, one is excluded", USER("one"), { { "one", KNOWN "@revoked *,!{H} {K}\n" } }, ALL },
	{ "an alias, the plain name revokes",
	  USER("one") "HostKeyAlias other\n",
	  { { "one", "@revoked 127.0.0.1 {K}\nother {K}\n" } },
	  ALL },
	{ "an alias has no port", USER("one") "HostKeyAlias other\n", { { "one", "[other]:{P} {K}\n" } }, ALL },
	{ "an alias revokes",
	  USER("one") "HostKeyAlias OTHER\n",
	  { { "one", "@revoked other {K}\n" } },
	  STRICTER | ALL },
	{ "IPv4 by IPv6",
	  USER("one") "HostName ::ffff:127.0.0.1\n",
	  { { "one", "[::ffff:127.0.0.1]:{P} {K}\n" } },
	  ALL },
	{ "IPv4 by IPv6, the plain name revokes",
	  USER("one") "HostName ::ffff:127.0.0.1\n",
	  { { "one", "@revoked ::ffff:127.0.0.1 {K}\n" } },
	  STRICTER | ALL },
	{ "a name in capitals",
	  USER("one") "HostName LOCALHOST\nAddressFamily inet\n",
	  { { "one", "[LocalHost]:{P} {K}\n" } },
	  ALL },
	{ "CheckHostIP",
	  USER("one") "HostName localhost\nAddressFamily inet\nCheckHostIP yes\n",
	  { { "one", "[localhost]:{P} {K}\n{H} {O}\n" } },
	  STRICTER | ALL },
	/* -- which lines */
	{ "tabs", USER("one"), { { "one", "\t {H}\t{K}\tx\n" } }, ALL },
	{ "tabs around a mark", USER("one"), { { "one", KNOWN "@revoked\t{H}\t{K}\n" } }, STRICTER | ALL },
	{ "a mark of CR", USER("one"), { { "one", "{H} {K} x\r\n@revoked {H} {K}\r\n" } }, STRICTER | ALL },
	{ "the last line is cut off", USER("one two"), { { "one", "{H} {K}" }, { "two", "" } }, ALL },
	{ "one is added to a line that is cut off", USER("one"), { { "one", "other {O}" } }, RECORDS | ALL },
	{ "HashKnownHosts", USER("one") "HashKnownHosts yes\n", { { "one", "" } }, RECORDS | ALL },
	{ "hashed, second file revokes",
	  USER("one two"),
	  { { "one", KNOWN }, { "two", REVOKED } },
	  STRICTER | HASHED | ALL },
	{ "UpdateHostKeys", USER("one") "UpdateHostKeys yes\n", { { "one", KNOWN } }, ALL },
	{ "KnownHostsCommand", USER("one") "KnownHostsCommand /bin/false\n", { { "one", KNOWN } }, STRICTER | ALL },
};

static const char *const modes[] = { "accept-new", "yes", "no" };

typedef enum { OURS, THEIRS, N_SIDES } Side;

typedef struct {
	const Row *row;
	const char *strict;
	char *directory[N_SIDES];
	LinkRecord link;
	gboolean ended; /* ssh */
	int status;
} Cell;

static struct {
	Sshd *sshd;
	char *name, *key, *other, *ecdsa;
} world;

static char *fill_in(const char *directory, const char *text)
{
	g_autofree char *port = g_strdup_printf("%u", world.sshd->port), *base = g_path_get_basename(directory);
	const char *const values[][2] = { { "{D}", directory },  { "{B}", base },      { "{P}", port },
					  { "{H}", world.name }, { "{K}", world.key }, { "{O}", world.other },
					  { "{E}", world.ecdsa } };
	GString *out = g_string_new(text);

	for (guint i = 0; i < G_N_ELEMENTS(values); i++)
		g_string_replace(out, values[i][0], values[i][1], 0);
	return g_string_free(out, FALSE);
}

static void hash_names(const char *path)
{
	const char *const argv[] = { "ssh-keygen", "-q", "-H", "-f", path, NULL };
	g_autofree char *old = g_strconcat(path, ".old", NULL);

	run_program(argv);
	g_unlink(old);
}

static void write_file(const Row *row, const char *directory, const char *path, const char *text)
{
	g_autofree char *name = fill_in(directory, path);
	g_autofree char *whole = g_build_filename(directory, name, NULL);
	g_autofree char *filled = fill_in(directory, text);

	if (g_str_equal(text, "/"))
		g_assert_cmpint(g_mkdir(whole, 0700), ==, 0);
	else if (g_str_has_prefix(text, "->"))
		g_assert_cmpint(symlink(text + 2, whole), ==, 0);
	else
		g_assert_true(g_file_set_contents(whole, filled, -1, NULL));
	if ((row->flags & HASHED) && strstr(filled, "ssh-"))
		hash_names(whole);
}

static void write_files(Cell *cell, Side side)
{
	static const char *const names[] = { "ours", "theirs" };
	g_autofree char *name = g_strconcat(names[side], "-", cell->strict, NULL);
	const Row *row = cell->row;

	cell->directory[side] = g_build_filename(world.sshd->directory, name, NULL);
	g_mkdir(cell->directory[side], 0700);
	write_file(row, cell->directory[side], "ssh_config", row->config);
	for (guint i = 0; i < G_N_ELEMENTS(row->files) && row->files[i].path; i++)
		write_file(row, cell->directory[side], row->files[i].path, row->files[i].text);
}

static char **options_of(const Cell *cell)
{
	GPtrArray *options = g_ptr_array_new();

	g_ptr_array_add(options, g_strdup_printf("StrictHostKeyChecking=%s", cell->strict));
	if (!strstr(cell->row->config, "GlobalKnownHostsFile"))
		g_ptr_array_add(options, g_strdup("GlobalKnownHostsFile=none"));
	if (!strstr(cell->row->config, "UpdateHostKeys"))
		g_ptr_array_add(options, g_strdup("UpdateHostKeys=no"));
	if (!strstr(cell->row->config, "HostName"))
		g_ptr_array_add(options, g_strdup("HostName=127.0.0.1"));
	g_ptr_array_add(options, g_strdup("BatchMode=yes"));
	g_ptr_array_add(options, g_strdup("IdentityAgent=none"));
	g_ptr_array_add(options, g_strdup_printf("IdentityFile=%s", world.sshd->client_key));
	g_ptr_array_add(options, g_strdup("KexAlgorithms=curve25519-sha256")); /* the quickest */
	g_ptr_array_add(options, NULL);
	return (char **)g_ptr_array_free(options, FALSE);
}

static void on_end(GPid pid, gint status, gpointer user)
{
	Cell *cell = user;

	cell->ended = TRUE;
	cell->status = status;
}

static void start_theirs(Cell *cell)
{
	g_auto(GStrv) options = options_of(cell);
	g_auto(GStrv) environment = g_environ_setenv(g_get_environ(), "PSS_WHERE", cell->directory[THEIRS], TRUE);
	g_autofree char *port = g_strdup_printf("%u", world.sshd->port);
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	const char *const rest[] = { "-n", "-F", "ssh_config", "-p", port, "-s", "host", "sftp", NULL };
	GPid pid;

	g_ptr_array_add(argv, (char *)"ssh");
	for (char **option = options; *option; option++) {
		g_ptr_array_add(argv, (char *)"-o");
		g_ptr_array_add(argv, *option);
	}
	for (guint i = 0; i < G_N_ELEMENTS(rest); i++)
		g_ptr_array_add(argv, (char *)rest[i]);
	g_assert_true(g_spawn_async(cell->directory[THEIRS], (char **)argv->pdata, environment,
				    G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDERR_TO_DEV_NULL, NULL,
				    NULL, &pid, NULL));
	g_child_watch_add(pid, on_end, cell);
}

static void start_ours(Cell *cell)
{
	g_auto(GStrv) options = options_of(cell);
	PssTarget *target = link_target("host");

	target->port = world.sshd->port;
	target->cwd = g_strdup(cell->directory[OURS]);
	target->config_file = g_build_filename(cell->directory[OURS], "ssh_config", NULL);
	link_target_setenv(target, "PSS_WHERE", cell->directory[OURS]);
	for (char **option = options; *option; option++)
		link_target_option(target, *option);
	link_record_init(&cell->link);
	link_connect(&cell->link, target);
}

static void check_refusal(const GError *error)
{
	g_assert_nonnull(error);
	if (error->code != PSS_HOST_KEY && error->code != PSS_UNSUPPORTED && error->code != PSS_USAGE &&
	    error->code != PSS_SSH_ENDS)
		g_error("refused for another reason: %s", error->message);
}

static void compare_records(const Cell *cell, const char *what)
{
	const Row *row = cell->row;

	for (guint i = 0; i < G_N_ELEMENTS(row->files) && row->files[i].path; i++) {
		char *text[N_SIDES] = { NULL };
		for (Side side = OURS; side < N_SIDES; side++) {
			g_autofree char *name = fill_in(cell->directory[side], row->files[i].path);
			g_autofree char *path = g_build_filename(cell->directory[side], name, NULL);
			g_file_get_contents(path, &text[side], NULL, NULL);
		}
		if (g_strcmp0(text[OURS], text[THEIRS]) != 0)
			g_error("%s: we leave\n%s\nin %s, and ssh\n%s", what, text[OURS], row->files[i].path,
				text[THEIRS]);
		g_free(text[OURS]);
		g_free(text[THEIRS]);
	}
}

static void judge(Cell *cell)
{
	const Row *row = cell->row;
	g_autofree char *what = g_strdup_printf("%s; %s", row->name, cell->strict);

	wait_for(cell->link.ready || cell->link.n_lost, 60);
	wait_for(cell->ended, 60);
	gboolean ours = cell->link.ready, theirs = cell->status == 0;
	if (!ours)
		check_refusal(cell->link.lost);
	if (ours && !theirs)
		g_error("LAXER than ssh: %s", what);
	/* With a changed or revoked key ssh may go on, without passwords, where it is told not to look. */
	if (theirs && !ours && !(row->flags & STRICTER) && !g_str_equal(cell->strict, "no"))
		g_error("stricter than ssh: %s: %s", what, cell->link.lost->message);
	if (ours && theirs && !(row->flags & (RECORDS | HASHED)))
		compare_records(cell, what);
	link_record_finish(&cell->link);
	for (Side side = OURS; side < N_SIDES; side++) {
		sshd_remove_all(cell->directory[side]);
		g_free(cell->directory[side]);
	}
}

static void run_row(gconstpointer row)
{
	guint n_modes = ((const Row *)row)->flags & ALL ? G_N_ELEMENTS(modes) : 1;
	Cell cells[G_N_ELEMENTS(modes)] = { { 0 } };

	for (guint i = 0; i < n_modes; i++) {
		cells[i].row = row;
		cells[i].strict = modes[i];
		write_files(&cells[i], OURS);
		write_files(&cells[i], THEIRS);
		start_ours(&cells[i]);
		start_theirs(&cells[i]);
	}
	for (guint i = 0; i < n_modes; i++)
		judge(&cells[i]);
}

static char *new_key(const char *name, const char *type)
{
	g_autofree char *path = sshd_make_key(world.sshd, name, type, "");

	return sshd_public_key(path);
}

/* What ssh asks for, so that nobody's start-up files run. */
static const char subsystem[] = "Subsystem sftp internal-sftp\n";

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	world.sshd = sshd_start(subsystem);
	world.name = sshd_host_name(world.sshd);
	world.key = sshd_public_key(world.sshd->host_key);
	world.other = new_key("other", "ed25519");
	world.ecdsa = new_key("ecdsa", "ecdsa");
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *path = g_strdup_printf("/host-key-files/%s", rows[i].name);
		g_test_add_data_func(path, &rows[i], run_row);
	}
	int failed = g_test_run();
	sshd_stop(world.sshd);
	g_free(world.name);
	g_free(world.key);
	g_free(world.other);
	g_free(world.ecdsa);
	return failed;
}
