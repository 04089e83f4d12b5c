/* SPDX-License-Identifier: MIT */
/* The SFTP client beside the system's own server, which says what is right; and beside what stands in its place where
 * there is none: `test-sftp SHELL`, a remote sh of that kind (bash, dash, busybox, …). */
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "copy/sftp/sftp.h"
#include "copy/shell/shell.h"

typedef struct {
	PssSftp *sftp;
	pid_t server;
	char *directory;
	gboolean is_ready, is_lost;
} Fixture;

/* What the last callback of an operation brought. */
typedef struct {
	guint n_done;
	int code; /* 0: no error */
	char *message;
	char *path;
	PssSftpAttributes attributes;
	PssSftpSpace space;
} Answer;

static void on_ready(gpointer user)
{
	((Fixture *)user)->is_ready = TRUE;
}

static void on_lost(gpointer user, const GError *error)
{
	((Fixture *)user)->is_lost = TRUE;
}

static const PssSftpEvents events = { .on_ready = on_ready, .on_lost = on_lost };

static const char *remote_shell; /* NULL: sftp-server */
static char *programs;           /* with it: a directory whose sh is that shell */

/* busybox has nothing else; the others have this computer's programs. */
static void make_programs(void)
{
	g_autofree char *shell = g_find_program_in_path(remote_shell);

	g_assert_nonnull(shell);
	programs = g_dir_make_tmp("test-sftp-sh-XXXXXX", NULL);
	gboolean is_busybox = strcmp(remote_shell, "busybox") == 0;
	g_autofree char *command =
		g_strdup_printf(is_busybox ? "%s --install -s %s" : "ln -s %s %s/sh", shell, programs);
	g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
	g_autofree char *path = is_busybox ? g_strdup(programs) : g_strconcat(programs, ":", g_getenv("PATH"), NULL);
	g_setenv("PSS_TEST_PATH", path, TRUE);
}

static void run_server(void)
{
	if (!remote_shell)
		execl(g_getenv("PSS_SFTP_SERVER"), "sftp-server", NULL);
	g_setenv("PATH", g_getenv("PSS_TEST_PATH"), TRUE);
	g_autofree char *sh = g_build_filename(programs, "sh", NULL);
	execl(sh, "sh", "-c", pss_copy_shell_command(), NULL);
}

static pid_t start_server(int fd, const char *directory)
{
	pid_t child = fork();

	g_assert_cmpint(child, >=, 0);
	if (child > 0)
		return child;
	dup2(fd, 0);
	dup2(fd, 1);
	if (chdir(directory) == 0)
		run_server();
	_exit(127);
}

static void wait_until(const gboolean *flag)
{
	while (!*flag)
		g_main_context_iteration(NULL, TRUE);
}

static void start_client(Fixture *fixture, const char *directory)
{
	int pair[2];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
	fixture->server = start_server(pair[1], directory);
	close(pair[1]);
	int fd = remote_shell ? pss_copy_shell_serve(pair[0]) : pair[0];
	fixture->sftp = pss_sftp_new(fd, &events, fixture);
	wait_until(&fixture->is_ready);
}

static void end_client(Fixture *fixture)
{
	pss_sftp_free(fixture->sftp);
	while (waitpid(fixture->server, NULL, WNOHANG) == 0)
		g_main_context_iteration(NULL, FALSE);
}

static void set_up(Fixture *fixture, gconstpointer data)
{
	fixture->directory = g_dir_make_tmp("test-sftp-XXXXXX", NULL);
	start_client(fixture, fixture->directory);
}

static void remove_tree(const char *path)
{
	const char *argv[] = { "rm", "-rf", "--", path, NULL };
	g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
	end_client(fixture);
	remove_tree(fixture->directory);
	g_free(fixture->directory);
}

static char *local(Fixture *fixture, const char *name)
{
	return g_build_filename(fixture->directory, name, NULL);
}

/* ---- answers */

static void on_done(gpointer user, const GError *error)
{
	Answer *answer = user;

	answer->n_done++;
	answer->code = error ? error->code : 0;
	g_free(answer->message);
	answer->message = error ? g_strdup(error->message) : NULL;
}

static void on_attributes(gpointer user, const PssSftpAttributes *attributes, const GError *error)
{
	if (attributes)
		((Answer *)user)->attributes = *attributes;
	on_done(user, error);
}

static void on_path(gpointer user, const char *path, const GError *error)
{
	Answer *answer = user;

	g_free(answer->path);
	answer->path = g_strdup(path);
	on_done(user, error);
}

static void on_space(gpointer user, const PssSftpSpace *space, const GError *error)
{
	if (space)
		((Answer *)user)->space = *space;
	on_done(user, error);
}

static void wait_done(const Answer *answer, guint n)
{
	while (answer->n_done < n)
		g_main_context_iteration(NULL, TRUE);
}

static void clear(Answer *answer)
{
	g_free(answer->message);
	g_free(answer->path);
	*answer = (Answer){ 0 };
}

static void expect(Answer *answer, int code)
{
	wait_done(answer, 1);
	g_assert_cmpint(answer->code, ==, code);
	g_assert_cmpuint(answer->n_done, ==, 1);
	clear(answer);
}

/* ---- files */

/* Bytes that are no repetition of each other at any chunk. */
static guint8 byte_at(guint64 offset)
{
	return (guint8)((offset * 2654435761u) >> 13 ^ offset >> 21);
}

static void make_file(Fixture *fixture, const char *name, gsize n)
{
	g_autofree char *path = local(fixture, name);
	g_autofree guint8 *bytes = g_malloc(n + 1);

	for (gsize i = 0; i < n; i++)
		bytes[i] = byte_at(i);
	g_assert_true(g_file_set_contents(path, (const char *)bytes, (gssize)n, NULL));
}

static void check_file(Fixture *fixture, const char *name, gsize n)
{
	g_autofree char *path = local(fixture, name);
	g_autofree char *bytes = NULL;
	gsize length;

	g_assert_true(g_file_get_contents(path, &bytes, &length, NULL));
	g_assert_cmpuint(length, ==, n);
	for (gsize i = 0; i < n; i++)
		if ((guint8)bytes[i] != byte_at(i))
			g_error("%s differs at %zu", name, i);
}

typedef struct {
	Answer answer;
	guint64 position, size; /* of what is handed on; of the source of a put */
	gboolean has_more, has_attributes, is_wrong;
	guint64 written;
	guint64 later_at; /* a put has to wait there, once */
	PssSftpPut *put;
	GPtrArray *names;
	guint n_bad_names;
} Transfer;

static void on_data(gpointer user, guint64 offset, const void *data, gsize n)
{
	Transfer *transfer = user;

	g_assert_cmpuint(offset, ==, transfer->position);
	for (gsize i = 0; i < n; i++)
		transfer->is_wrong |= ((const guint8 *)data)[i] != byte_at(offset + i);
	transfer->position += n;
}

static void on_file_attributes(gpointer user, const PssSftpAttributes *attributes)
{
	((Transfer *)user)->has_attributes = TRUE;
	((Transfer *)user)->answer.attributes = *attributes;
}

static void on_get_done(gpointer user, guint64 end, gboolean has_more, const GError *error)
{
	Transfer *transfer = user;

	g_assert_cmpuint(end, ==, transfer->position);
	transfer->has_more = has_more;
	on_done(&transfer->answer, error);
}

static const PssSftpGetEvents get_events = { on_file_attributes, on_data, on_get_done };

static gssize on_read(gpointer user, guint64 *offset, void *buffer, gsize n)
{
	Transfer *transfer = user;

	if (transfer->later_at > 0 && *offset >= transfer->later_at)
		return PSS_SFTP_LATER;
	n = MIN(n, transfer->size - *offset);
	for (gsize i = 0; i < n; i++)
		((guint8 *)buffer)[i] = byte_at(*offset + i);
	return (gssize)n;
}

static void on_written(gpointer user, guint64 offset)
{
	Transfer *transfer = user;

	g_assert_cmpuint(offset, >, transfer->written);
	transfer->written = offset;
}

static void on_put_done(gpointer user, const GError *error)
{
	on_done(&((Transfer *)user)->answer, error);
}

static const PssSftpPutEvents put_events = { on_read, on_written, on_put_done };

/* ---- tests */

static void test_requests(Fixture *fixture, gconstpointer data)
{
	Answer answer = { 0 };
	g_autofree char *tree = g_canonicalize_filename(fixture->directory, NULL);

	pss_sftp_make_directory(fixture->sftp, "a", 0750, on_done, &answer);
	expect(&answer, 0);
	pss_sftp_make_directory(fixture->sftp, "a", 0750, on_done, &answer);
	expect(&answer, PSS_SFTP_FAILURE);
	pss_sftp_lstat(fixture->sftp, "a", on_attributes, &answer);
	wait_done(&answer, 1);
	g_assert_cmpuint(answer.attributes.mode, ==, S_IFDIR | 0750);
	expect(&answer, 0);
	pss_sftp_symlink(fixture->sftp, "no/where", "a/link", on_done, &answer);
	expect(&answer, 0);
	pss_sftp_read_link(fixture->sftp, "a/link", on_path, &answer);
	wait_done(&answer, 1);
	g_assert_cmpstr(answer.path, ==, "no/where");
	expect(&answer, 0);
	pss_sftp_stat(fixture->sftp, "a/link", on_attributes, &answer);
	expect(&answer, PSS_SFTP_NO_SUCH_FILE);
	pss_sftp_expand_path(fixture->sftp, "~//a", on_path, &answer);
	wait_done(&answer, 1);
	g_autofree char *wanted = g_build_filename(tree, "a", NULL);
	g_assert_cmpstr(answer.path, ==, wanted);
	expect(&answer, 0);
	pss_sftp_space(fixture->sftp, ".", on_space, &answer);
	wait_done(&answer, 1);
	if (!remote_shell)
		g_assert_cmpuint(answer.space.name_max, ==, 255);
	expect(&answer, remote_shell ? PSS_SFTP_UNSUPPORTED : 0);
	pss_sftp_remove(fixture->sftp, "a/link", on_done, &answer);
	expect(&answer, 0);
	pss_sftp_remove_directory(fixture->sftp, "a", on_done, &answer);
	expect(&answer, 0);
}

static void check_get(Fixture *fixture, const char *name, guint64 size_said, guint64 offset, guint64 size)
{
	Transfer transfer = { .position = offset };

	pss_sftp_get(fixture->sftp, &(PssSftpGetRequest){ name, offset, size_said }, &get_events, &transfer);
	wait_done(&transfer.answer, 1);
	g_assert_cmpstr(transfer.answer.message, ==, NULL);
	g_assert_cmpuint(transfer.position, ==, MAX(size, offset));
	g_assert_true(transfer.has_attributes);
	g_assert_false(transfer.is_wrong);
	g_assert_false(transfer.has_more);
	clear(&transfer.answer);
}

static void test_get(Fixture *fixture, gconstpointer data)
{
	static const gsize sizes[] = { 0, 1, 4095, 4096, 4097, 32768, 261119, 261120, 261121, 5000000 };

	for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
		make_file(fixture, "f", sizes[i]);
		check_get(fixture, "f", sizes[i], 0, sizes[i]);
		check_get(fixture, "f", PSS_SFTP_SIZE_UNKNOWN, 0, sizes[i]);
		check_get(fixture, "f", PSS_SFTP_SIZE_UNKNOWN, 4000, sizes[i]);
	}
}

static void check_put(Fixture *fixture, const PssSftpPutRequest *request, Transfer *transfer, gsize size, int code)
{
	transfer->size = size;
	transfer->put = pss_sftp_put(fixture->sftp, request, &put_events, transfer);
	wait_done(&transfer->answer, 1);
	g_assert_cmpint(transfer->answer.code, ==, code);
}

static void test_put(Fixture *fixture, gconstpointer data)
{
	static const gsize sizes[] = { 0, 1, 4096, 261119, 261120, 261121, 5000000 };
	g_autofree char *path = local(fixture, "f");
	GStatBuf status;

	for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
		Transfer transfer = { 0 };
		PssSftpPutRequest request = {
			.path = ".f.part",
			.is_new = TRUE,
			.mode = 0600,
			.attributes = { .has = PSS_SFTP_HAS_MODE | PSS_SFTP_HAS_TIMES,
					.mode = 0640,
					.atime = 5,
					.mtime = 7 },
			.syncs = TRUE,
			.rename = "f",
		};
		check_put(fixture, &request, &transfer, sizes[i], 0);
		check_file(fixture, "f", sizes[i]);
		g_assert_cmpuint(transfer.written, ==, sizes[i]);
		g_assert_cmpint(g_stat(path, &status), ==, 0);
		g_assert_cmpuint(status.st_mode & 07777, ==, 0640);
		g_assert_cmpint(status.st_mtime, ==, 7);
	}
}

/* Over several connections, with a hole and a pause in the source. */
#define N_LANES 3

typedef struct {
	Transfer transfer; /* first: it is handed to the same callbacks */
	PssSftp *others[N_LANES];
	gboolean has_joined;
} Wide;

static gssize on_wide_read(gpointer user, guint64 *offset, void *buffer, gsize n)
{
	Wide *wide = user;

	if (*offset == 4000000)
		*offset = 6000000;
	gssize m = on_read(&wide->transfer, offset, buffer, *offset < 4000000 ? MIN(n, 4000000 - *offset) : n);
	if (m == PSS_SFTP_LATER)
		wide->transfer.later_at = 0;
	return m;
}

static void on_wide_written(gpointer user, guint64 offset)
{
	Wide *wide = user;

	on_written(&wide->transfer, offset);
	for (int i = 0; i < N_LANES && !wide->has_joined; i++)
		pss_sftp_put_join(wide->transfer.put, wide->others[i]);
	wide->has_joined = TRUE;
	if (offset >= 2000000)
		pss_sftp_put_continue(wide->transfer.put);
}

static void test_wide_put(Fixture *fixture, gconstpointer data)
{
	static const PssSftpPutEvents wide_events = { on_wide_read, on_wide_written, on_put_done };
	const PssSftpPutRequest request = {
		.path = ".f.part",
		.is_new = TRUE,
		.mode = 0600,
		.attributes = { .has = PSS_SFTP_HAS_TIMES, .atime = 5, .mtime = 7 },
		.rename = "f",
	};
	g_autofree char *path = local(fixture, "f");
	Fixture others[N_LANES] = { 0 };
	Wide wide = { .transfer = { .size = 20000000, .later_at = 2000000 } };
	GStatBuf status;

	for (int i = 0; i < N_LANES; i++) {
		start_client(&others[i], fixture->directory);
		wide.others[i] = others[i].sftp;
	}
	wide.transfer.put = pss_sftp_put(fixture->sftp, &request, &wide_events, &wide);
	wait_done(&wide.transfer.answer, 1);
	g_assert_cmpint(wide.transfer.answer.code, ==, 0);
	g_assert_cmpuint(wide.transfer.written, ==, 20000000);
	g_assert_cmpint(g_stat(path, &status), ==, 0);
	g_assert_cmpint(status.st_size, ==, 20000000);
	g_assert_cmpint(status.st_mtime, ==, 7);
	g_autofree char *bytes = NULL;
	g_assert_true(g_file_get_contents(path, &bytes, NULL, NULL));
	for (guint i = 0; i < 20000000; i++)
		g_assert_cmpuint((guint8)bytes[i], ==, i < 4000000 || i >= 6000000 ? byte_at(i) : 0);
	for (int i = 0; i < N_LANES; i++)
		end_client(&others[i]);
}

static const char *const names[] = { "a", "..a", "...", "with\nnewline", "\xff\xfe no UTF-8", "-rf", "*" };

static void on_entry(gpointer user, const PssSftpEntry *entry)
{
	g_ptr_array_add(((Transfer *)user)->names, g_strdup(entry->name));
}

static void on_bad_name(gpointer user, const char *shown)
{
	((Transfer *)user)->n_bad_names++;
}

static const PssSftpListEvents list_events = { on_entry, on_bad_name, on_put_done };

static void test_list(Fixture *fixture, gconstpointer data)
{
	Transfer transfer = { .names = g_ptr_array_new_with_free_func(g_free) };

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		make_file(fixture, names[i], 1);
	for (int i = 0; i < 1000; i++) {
		g_autofree char *name = g_strdup_printf("file%d", i);
		make_file(fixture, name, 0);
	}
	pss_sftp_list(fixture->sftp, ".", &list_events, &transfer);
	wait_done(&transfer.answer, 1);
	g_assert_cmpint(transfer.answer.code, ==, 0);
	g_assert_cmpuint(transfer.names->len, ==, 1000 + G_N_ELEMENTS(names));
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		g_assert_true(g_ptr_array_find_with_equal_func(transfer.names, names[i], g_str_equal, NULL));
	g_assert_cmpuint(transfer.n_bad_names, ==, 0);
	g_ptr_array_unref(transfer.names);
	clear(&transfer.answer);
}

/* Each is written, looked at, renamed to the next, read and removed; nothing of it is evaluated anywhere. */
static void test_odd_names(Fixture *fixture, gconstpointer data)
{
	static const char *const odd[] = { "`touch x`",   "$(touch x)", "a\\b\\0101", "-n", "end\n", " a  b ",
					   "';touch x;'", "\xff\xfe",   "*",          "~",  "=",     "a/../b" };
	Answer answer = { 0 };

	for (gsize i = 0; i < G_N_ELEMENTS(odd); i++) {
		g_autofree char *name = g_strdelimit(g_strdup(odd[i]), "/", '|');
		g_autofree char *other = g_strconcat(name, "2", NULL);
		Transfer transfer = { 0 };
		check_put(fixture, &(PssSftpPutRequest){ .path = name, .is_new = TRUE, .mode = 0600, .rename = other },
			  &transfer, 300, 0);
		check_file(fixture, other, 300);
		check_get(fixture, other, 300, 0, 300);
		pss_sftp_symlink(fixture->sftp, other, name, on_done, &answer);
		expect(&answer, 0);
		pss_sftp_read_link(fixture->sftp, name, on_path, &answer);
		wait_done(&answer, 1);
		g_assert_cmpstr(answer.path, ==, other);
		expect(&answer, 0);
		pss_sftp_remove(fixture->sftp, name, on_done, &answer);
		expect(&answer, 0);
		pss_sftp_make_directory(fixture->sftp, name, 0755, on_done, &answer);
		expect(&answer, 0);
		pss_sftp_real_path(fixture->sftp, name, on_path, &answer);
		wait_done(&answer, 1);
		g_assert_true(g_str_has_suffix(answer.path, name));
		expect(&answer, 0);
		pss_sftp_rename(fixture->sftp, other, name, on_done, &answer);
		expect(&answer, PSS_SFTP_FAILURE);
	}
	g_autofree char *touched = local(fixture, "x");
	g_assert_false(g_file_test(touched, G_FILE_TEST_EXISTS));
}

#define ADD(name, test) g_test_add("/copy/sftp/" name, Fixture, NULL, set_up, test, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	remote_shell = argc > 1 ? argv[1] : NULL;
	if (remote_shell)
		make_programs();
	else if (!g_getenv("PSS_SFTP_SERVER") || *g_getenv("PSS_SFTP_SERVER") == '\0')
		return 77;
	ADD("single requests do what they say", test_requests);
	ADD("get: brings every byte of files of any size, from any offset", test_get);
	ADD("put: writes files of any size, with mode and times", test_put);
	ADD("put: over several connections, with a hole, from a source that pauses", test_wide_put);
	ADD("names that a shell would take for something else", test_odd_names);
	ADD("list: brings every name that a directory has", test_list);
	int status = g_test_run();
	if (programs)
		remove_tree(programs);
	return status;
}
