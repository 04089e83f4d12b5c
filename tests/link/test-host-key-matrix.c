/* SPDX-License-Identifier: MIT */
/* The verdict about a host key, ours beside ssh's own, over known_hosts files × StrictHostKeyChecking × names ×
 * servers; nobody logs in. Never may we accept what ssh refuses. Where we refuse what ssh accepts, the row or the mode
 * says so. What we write for an unknown host, ssh must take for a known one. */
#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"
#include "link-fixture.h"

enum { FIRST, SECOND, GLOBAL, REVOKED, N_FILES };

/* {H} the host's name, {K} its key, {O} another one of its type, {E} one of another type, {A} the authority's. The last
 * file is RevokedHostKeys. */
typedef struct {
	const char *name;
	const char *files[N_FILES]; /* NULL: no such file */
	gboolean stricter;          /* than ssh, on purpose */
} Row;

static const Row rows[] = {
	{ "nothing", { NULL } },
	{ "empty files", { "", "", "" } },
	{ "known", { "{H} {K}\n" } },
	{ "known, no newline", { "{H} {K}" } },
	{ "known, line ends of DOS", { "# x\r\n{H} {K}\r\n" } },
	{ "known in the second file", { NULL, "{H} {K}\n" } },
	{ "known in the global file", { "other {O}\n", NULL, "{H} {K}\n" } },
	{ "changed", { "{H} {O}\n" } },
	{ "changed in the second file", { NULL, "{H} {O}\n" } },
	{ "changed in the global file", { NULL, NULL, "{H} {O}\n" } },
	{ "changed in the first, known in the second", { "{H} {O}\n", "{H} {K}\n" } },
	{ "known in the first, changed in the global", { "{H} {K}\n", NULL, "{H} {O}\n" } },
	{ "another type", { "{H} {E}\n" } },
	{ "another type, this one in the second file", { "{H} {E}\n", "{H} {K}\n" } },
	{ "revoked", { "@revoked {H} {K}\n" } },
	{ "known and revoked", { "{H} {K}\n@revoked {H} {K}\n" } },
	{ "known, revoked in the global file", { "{H} {K}\n", NULL, "@revoked {H} {K}\n" } },
	{ "known, revoked for all hosts", { "{H} {K}\n", "@revoked * {K}\n" } },
	{ "known, another one revoked", { "@revoked {H} {O}\n{H} {K}\n" } },
	{ "an authority's key is the host's", { "@cert-authority {H} {K}\n" } },
	{ "an authority", { "@cert-authority {H} {A}\n" } },
	{ "an authority for all", { "@cert-authority * {A}\n" } },
	{ "an authority and known", { "@cert-authority {H} {A}\n{H} {K}\n" } },
	{ "an authority and changed", { "@cert-authority {H} {A}\n{H} {O}\n" } },
	{ "a revoked authority", { "@revoked {H} {A}\n" } },
	{ "known, a revoked authority", { "@revoked {H} {A}\n{H} {K}\n" } },
	{ "known, an authority revoked for all", { "{H} {K}\n", NULL, "@revoked * {A}\n" } },
	{ "known, a trusted and revoked authority", { "@cert-authority {H} {A}\n@revoked {H} {A}\n{H} {K}\n" } },
	{ "known, a list revokes it", { "{H} {K}\n", NULL, NULL, "{K}\n" } },
	{ "known, a list revokes another one", { "{H} {K}\n", NULL, NULL, "{O}\n" } },
	{ "known, a list revokes an authority", { "{H} {K}\n", NULL, NULL, "{A}\n" } },
	{ "an authority, which a list revokes", { "@cert-authority {H} {A}\n", NULL, NULL, "{A}\n" } },
	{ "known, an authority revoked for others", { "{H} {K}\n@revoked other {A}\n" } },
	{ "an authority of others", { "@cert-authority other {A}\n" } },
	{ "the authority's key as the host's", { "{H} {A}\n" } },
	{ "an unknown mark", { "@unknown {H} {K}\n" } },
	{ "the name alone", { "{H}\n" }, TRUE },
	{ "name and type", { "{H} ssh-ed25519\n" }, TRUE },
	{ "cut off within the key", { "{H} ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ\n" }, TRUE },
	{ "garbage for a key", { "{H} ssh-ed25519 %%%%\n" }, TRUE },
	{ "garbage for a key, then known", { "{H} ssh-ed25519 %%%%\n{H} {K}\n" }, TRUE },
	{ "a revocation that is cut off", { "@revoked {H} ssh-ed25519 AAAA\n{H} {K}\n" }, TRUE },
	{ "the wrong type's name", { "{H} ssh-rsa {k}\n" }, TRUE },
	{ "lines of nothing", { "\n \t\n###\n{H} {K}\n" } },
	{ "excluded", { "!{H},* {K}\n" } },
	{ "bytes that are no text", { "\377\376\001\n{H} {K}\n" } },
};

typedef struct {
	const char *strict;
	gboolean alias, hashed, certified;
} Column;

static const Column columns[] = {
	{ "yes", FALSE, FALSE },       { "yes", TRUE, FALSE },
	{ "yes", TRUE, TRUE },         { "accept-new", FALSE, TRUE },
	{ "accept-new", TRUE, FALSE }, { "no", FALSE, FALSE },
	{ "yes", FALSE, FALSE, TRUE }, { "accept-new", FALSE, FALSE, TRUE },
};

/* One verdict of ours, and one of ssh's. */
typedef struct {
	const Row *row;
	const Column *column;
	LinkRecord ours;
	gboolean ssh_ended, ssh_accepts;
} Cell;

typedef struct {
	Sshd *sshd, *certified;
	char *other, *ecdsa, *authority;
} World;

static World world;

/* Both sides of each cell read and write files of their own, as all run at once. */
typedef enum { OURS, THEIRS } Side;

static const Sshd *server_of(const Cell *cell)
{
	return cell->column->certified ? world.certified : world.sshd;
}

static char *path_named(const Cell *cell, Side side, const char *name)
{
	return g_strdup_printf("%s/%s.%s%u", server_of(cell)->directory, name, side == OURS ? "ours" : "theirs",
			       (guint)(cell->column - columns));
}

static char *path_of(const Cell *cell, Side side, guint file)
{
	static const char *const names[] = { "first", "second", "global", "revoked" };

	return path_named(cell, side, names[file]);
}

static char *fill_in(const Cell *cell, const Sshd *sshd, const char *text)
{
	g_autofree char *name = cell->column->alias ? g_strdup("the-alias") : sshd_host_name(sshd);
	g_autofree char *key = sshd_public_key(sshd->host_key);
	GString *out = g_string_new(text);

	g_string_replace(out, "{H}", name, 0);
	g_string_replace(out, "{K}", key, 0);
	g_string_replace(out, "{k}", strchr(key, ' ') + 1, 0);
	g_string_replace(out, "{O}", world.other, 0);
	g_string_replace(out, "{E}", world.ecdsa, 0);
	g_string_replace(out, "{A}", world.authority, 0);
	return g_string_free(out, FALSE);
}

/* Lines that are none keep ssh-keygen from hashing: such a file stays as it is. */
static void hash_names(const char *path)
{
	const char *const argv[] = { "ssh-keygen", "-q", "-H", "-f", path, NULL };

	g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL,
				   G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL,
				   NULL, NULL, NULL, NULL, NULL));
}

static void write_files(const Cell *cell, Side side)
{
	for (guint i = 0; i < N_FILES; i++) {
		g_autofree char *path = path_of(cell, side, i);
		g_unlink(path);
		if (!cell->row->files[i])
			continue;
		g_autofree char *text = fill_in(cell, server_of(cell), cell->row->files[i]);
		g_assert_true(g_file_set_contents(path, text, -1, NULL));
		if (cell->column->hashed && i != REVOKED)
			hash_names(path);
	}
}

/* Nobody logs in: who gets as far as that has accepted the key. */
static char **options_of(const Cell *cell, Side side, const char *strict)
{
	GPtrArray *options = g_ptr_array_new();
	g_autofree char *first = path_of(cell, side, FIRST), *second = path_of(cell, side, SECOND);
	g_autofree char *global = path_of(cell, side, GLOBAL), *revoked = path_of(cell, side, REVOKED);

	g_ptr_array_add(options, g_strdup_printf("UserKnownHostsFile=%s %s", first, second));
	g_ptr_array_add(options, g_strdup_printf("GlobalKnownHostsFile=%s", global));
	g_ptr_array_add(options, g_strdup_printf("StrictHostKeyChecking=%s", strict));
	g_ptr_array_add(options, g_strdup_printf("HashKnownHosts=%s", cell->column->hashed ? "yes" : "no"));
	g_ptr_array_add(options, g_strdup("UpdateHostKeys=no"));
	g_ptr_array_add(options, g_strdup("BatchMode=yes"));
	g_ptr_array_add(options, g_strdup("PubkeyAuthentication=no"));
	g_ptr_array_add(options, g_strdup("KexAlgorithms=curve25519-sha256")); /* the quickest */
	if (cell->row->files[REVOKED])
		g_ptr_array_add(options, g_strconcat("RevokedHostKeys=", revoked, NULL));
	if (cell->column->alias)
		g_ptr_array_add(options, g_strdup("HostKeyAlias=The-Alias"));
	g_ptr_array_add(options, NULL);
	return (char **)g_ptr_array_free(options, FALSE);
}

/* ssh's verdict in what it says. */
static void on_ssh_end(GPid pid, gint status, gpointer user)
{
	Cell *cell = user;
	g_autofree char *path = path_named(cell, THEIRS, "said"), *said = NULL;

	g_assert_true(g_file_get_contents(path, &said, NULL, NULL));
	cell->ssh_accepts = strstr(said, "Permission denied (") != NULL;
	if (!cell->ssh_accepts && !strstr(said, "Host key verification failed"))
		g_error("ssh says neither: %s", said);
	cell->ssh_ended = TRUE;
}

static void start_ssh(Cell *cell, Side side, const char *strict)
{
	const Sshd *sshd = server_of(cell);
	g_auto(GStrv) options = options_of(cell, side, strict);
	g_autofree char *port = g_strdup_printf("%u", sshd->port), *said = path_named(cell, THEIRS, "said");
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	GPid pid;

	const char *const first[] = { "ssh", "-Fnone", "-E", said, "-o", "IdentityAgent=none", "-p", port };
	for (guint i = 0; i < G_N_ELEMENTS(first); i++)
		g_ptr_array_add(argv, (char *)first[i]);
	for (char **option = options; *option; option++) {
		g_ptr_array_add(argv, (char *)"-o");
		g_ptr_array_add(argv, *option);
	}
	g_ptr_array_add(argv, (char *)"127.0.0.1");
	g_ptr_array_add(argv, (char *)"true");
	g_ptr_array_add(argv, NULL);
	g_unlink(said);
	cell->ssh_ended = FALSE;
	g_assert_true(g_spawn_async(NULL, (char **)argv->pdata, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD,
				    NULL, NULL, &pid, NULL));
	g_child_watch_add(pid, on_ssh_end, cell);
}

static void start_ours(Cell *cell)
{
	g_auto(GStrv) options = options_of(cell, OURS, cell->column->strict);
	PssTarget *target = link_target("127.0.0.1");

	target->port = server_of(cell)->port;
	g_free(target->config_file);
	target->config_file = g_strdup("none");
	for (char **option = options; *option; option++)
		link_target_option(target, *option);
	link_record_init(&cell->ours);
	link_connect(&cell->ours, target);
}

/* What ssh does and we do not: trusting a certificate, and going on with a changed key when told not to look. */
static gboolean may_be_stricter(const Cell *cell)
{
	return cell->row->stricter || cell->column->certified || g_str_equal(cell->column->strict, "no");
}

static void judge(const Cell *cell)
{
	const Column *column = cell->column;
	gboolean ours = !g_error_matches(cell->ours.lost, PSS_ERROR, PSS_HOST_KEY);
	g_autofree char *what =
		g_strdup_printf("%s; %s%s%s%s", cell->row->name, column->strict, column->alias ? ", alias" : "",
				column->hashed ? ", hashed" : "", column->certified ? ", certificate" : "");

	if (ours)
		g_assert_error(cell->ours.lost, PSS_ERROR, PSS_AUTH);
	if (ours && !cell->ssh_accepts)
		g_error("LAXER than ssh: %s", what);
	if (cell->ssh_accepts && !ours && !may_be_stricter(cell))
		g_error("stricter than ssh: %s: %s", what, cell->ours.lost->message);
}

static gboolean has_come_to_be_known(const Cell *cell)
{
	return g_error_matches(cell->ours.lost, PSS_ERROR, PSS_AUTH) && g_str_equal(cell->column->strict, "accept-new");
}

/* What was accepted is known from now on, to ssh as well. */
static void judge_what_is_known(const Cell *cell)
{
	g_autofree char *first = path_of(cell, OURS, FIRST), *text = NULL;

	if (cell->ssh_accepts)
		return;
	g_file_get_contents(first, &text, NULL, NULL);
	g_error("ssh does not know what we accepted: %s\n%s", cell->row->name, text);
}

/* All of a row at once. */
static void row_of(gconstpointer row)
{
	Cell cells[G_N_ELEMENTS(columns)];

	for (guint i = 0; i < G_N_ELEMENTS(cells); i++) {
		cells[i] = (Cell){ .row = row, .column = &columns[i] };
		write_files(&cells[i], OURS);
		write_files(&cells[i], THEIRS);
		start_ours(&cells[i]);
		start_ssh(&cells[i], THEIRS, columns[i].strict);
	}
	for (guint i = 0; i < G_N_ELEMENTS(cells); i++) {
		wait_for(cells[i].ours.n_lost && cells[i].ssh_ended, 30);
		judge(&cells[i]);
		if (has_come_to_be_known(&cells[i]))
			start_ssh(&cells[i], OURS, "yes");
	}
	for (guint i = 0; i < G_N_ELEMENTS(cells); i++) {
		wait_for(cells[i].ssh_ended, 30);
		if (has_come_to_be_known(&cells[i]))
			judge_what_is_known(&cells[i]);
		link_record_finish(&cells[i].ours);
	}
}

static Sshd *start_certified(const char *authority)
{
	Sshd *sshd = sshd_start(NULL);
	g_autofree char *pub = g_strconcat(sshd->host_key, ".pub", NULL);
	const char *const argv[] = { "ssh-keygen",          "-q", "-s", authority, "-h", "-I", "test", "-n",
				     "127.0.0.1,the-alias", pub,  NULL };
	g_autofree char *old = NULL;

	run_program(argv);
	g_assert_true(g_file_get_contents(sshd->config, &old, NULL, NULL));
	g_autofree char *text = g_strdup_printf("%sHostCertificate %s-cert.pub\n", old, sshd->host_key);
	g_assert_true(g_file_set_contents(sshd->config, text, -1, NULL));
	return sshd;
}

static char *new_key(const Sshd *sshd, const char *name, const char *type, char **ret_path)
{
	g_autofree char *path = sshd_make_key(sshd, name, type, "");
	char *public_key = sshd_public_key(path);

	if (ret_path)
		*ret_path = g_steal_pointer(&path);
	return public_key;
}

int main(int argc, char **argv)
{
	g_autofree char *authority = NULL;

	g_test_init(&argc, &argv, NULL);
	world.sshd = sshd_start(NULL);
	world.other = new_key(world.sshd, "other", "ed25519", NULL);
	world.ecdsa = new_key(world.sshd, "ecdsa", "ecdsa", NULL);
	world.authority = new_key(world.sshd, "authority", "ed25519", &authority);
	world.certified = start_certified(authority);
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *path = g_strdup_printf("/host-key-matrix/%s", rows[i].name);
		g_test_add_data_func(path, &rows[i], row_of);
	}
	int failed = g_test_run();
	sshd_stop(world.sshd);
	sshd_stop(world.certified);
	g_free(world.other);
	g_free(world.ecdsa);
	g_free(world.authority);
	return failed;
}
