/* SPDX-License-Identifier: MIT */
/* See link-sshd.h. The listener is served by the test's own main loop: a connection starts `sshd -i` with the
 * socket as its standard input and output. Works as root and as an ordinary user. */
#include "link-sshd.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <glib-unix.h>
#include <grp.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "link-harness.h"
#include "link/process/spawn.h"

void run_program(const char *const *argv)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *out = NULL, *err = NULL;
	int status;

	g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, &err, &status, &error);
	g_assert_no_error(error);
	if (!g_spawn_check_wait_status(status, &error))
		g_error("%s: %s: %s", argv[0], error->message, err);
}

static void on_child_end(GPid pid, gint status, gpointer user)
{
	Sshd *sshd = user;

	g_hash_table_remove(sshd->running, GINT_TO_POINTER(pid));
	if (sshd->last == pid)
		sshd->last = 0;
}

static gboolean on_connection(gint fd, GIOCondition condition, gpointer user)
{
	Sshd *sshd = user;
	int connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	g_autofree char *log = g_build_filename(sshd->directory, "log", NULL);
	g_auto(GStrv) environment = g_get_environ();
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(connection, >=, 0);
	int log_fd = g_open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	PssSpawn spawn = {
		.argv = (const char *const *)sshd->server,
		.environment = (const char *const *)environment,
		.fds = { connection, connection, log_fd },
	};
	if (!pss_spawn(&spawn, &sshd->last, &error))
		g_error("%s", error->message);
	g_hash_table_add(sshd->running, GINT_TO_POINTER(sshd->last));
	g_child_watch_add(sshd->last, on_child_end, sshd);
	sshd->n_accepted++;
	close(connection);
	close(log_fd);
	return G_SOURCE_CONTINUE;
}

char *sshd_make_key(const Sshd *sshd, const char *name, const char *type, const char *passphrase)
{
	char *path = g_build_filename(sshd->directory, name, NULL);
	const char *const argv[] = { "ssh-keygen", "-q", "-t", type, "-N", passphrase, "-C", name, "-f", path, NULL };

	run_program(argv);
	return path;
}

char *sshd_public_key(const char *path)
{
	g_autofree char *pub = g_strconcat(path, ".pub", NULL);
	g_autofree char *text = NULL;

	g_assert_true(g_file_get_contents(pub, &text, NULL, NULL));
	g_auto(GStrv) words = g_strsplit(g_strstrip(text), " ", 3);
	return g_strdup_printf("%s %s", words[0], words[1]);
}

char *sshd_host_name(const Sshd *sshd)
{
	return g_strdup_printf("[127.0.0.1]:%u", sshd->port);
}

void sshd_write_known_hosts(const Sshd *sshd, const char *text)
{
	g_assert_true(g_file_set_contents(sshd->known_hosts, text, -1, NULL));
}

void sshd_listen(Sshd *sshd)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof address;
	int on = 1;

	address.sin_port = htons((guint16)sshd->port);
	sshd->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(sshd->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	g_assert_cmpint(bind(sshd->listener, (struct sockaddr *)&address, sizeof address), ==, 0);
	g_assert_cmpint(listen(sshd->listener, 16), ==, 0);
	g_assert_cmpint(getsockname(sshd->listener, (struct sockaddr *)&address, &n), ==, 0);
	sshd->port = ntohs(address.sin_port);
	sshd->source = g_unix_fd_add(sshd->listener, G_IO_IN, on_connection, sshd);
}

void sshd_refuse(Sshd *sshd)
{
	g_source_remove(sshd->source);
	close(sshd->listener);
}

static Sshd *start(void)
{
	Sshd *sshd = g_new0(Sshd, 1);

	signal(SIGPIPE, SIG_IGN);
	sshd->running = g_hash_table_new(NULL, NULL);
	sshd->directory = g_dir_make_tmp("pss-sshd-XXXXXX", NULL);
	g_assert_nonnull(sshd->directory);
	sshd->known_hosts = g_build_filename(sshd->directory, "known_hosts", NULL);
	sshd->config = g_build_filename(sshd->directory, "sshd_config", NULL);
	sshd->client_key = sshd_make_key(sshd, "client", "ed25519", "");
	return sshd;
}

static void trust_host_key(Sshd *sshd, const char *key)
{
	g_autofree char *name = sshd_host_name(sshd);
	g_autofree char *line = g_strdup_printf("%s %s\n", name, key);

	sshd_write_known_hosts(sshd, line);
}

Sshd *sshd_start(const char *extra)
{
	Sshd *sshd = start();
	g_autofree char *pub = g_strconcat(sshd->client_key, ".pub", NULL);

	if (getuid() == 0)
		g_mkdir_with_parents("/run/sshd", 0755); /* sshd's own demand */
	sshd->host_key = sshd_make_key(sshd, "host", "ed25519", "");
	g_autofree char *text = g_strdup_printf(
		"HostKey %s\nAuthorizedKeysFile %s\nStrictModes no\nUsePAM no\n"
		"PasswordAuthentication no\nKbdInteractiveAuthentication no\nPidFile none\nPrintMotd no\n"
		"PrintLastLog no\nLogLevel INFO\n%s\n",
		sshd->host_key, pub, extra ? extra : "");
	g_assert_true(g_file_set_contents(sshd->config, text, -1, NULL));
	/* sshd wants to be started by its whole path, as it executes itself again. */
	const char *const argv[] = { "/usr/sbin/sshd", "-i", "-e", "-f", sshd->config, NULL };
	sshd->server = g_strdupv((char **)argv);
	sshd_listen(sshd);
	g_autofree char *key = sshd_public_key(sshd->host_key);
	trust_host_key(sshd, key);
	return sshd;
}

Sshd *sshd_start_login_server(const char *const *arguments)
{
	return sshd_start_server("login-server", arguments);
}

Sshd *sshd_start_server(const char *program, const char *const *arguments)
{
	Sshd *sshd = start();
	GPtrArray *argv = g_ptr_array_new();

	sshd->host_key = sshd_make_key(sshd, "host", "ed25519", "");
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *directory = g_path_get_dirname(self);
	g_ptr_array_add(argv,
			g_path_is_absolute(program) ? g_strdup(program) : g_build_filename(directory, program, NULL));
	g_ptr_array_add(argv, g_strdup(sshd->host_key));
	for (; *arguments; arguments++)
		g_ptr_array_add(argv, g_strdup(*arguments));
	g_ptr_array_add(argv, NULL);
	sshd->server = (char **)g_ptr_array_free(argv, FALSE);
	sshd_listen(sshd);
	g_autofree char *key = sshd_public_key(sshd->host_key);
	trust_host_key(sshd, key);
	return sshd;
}

const char *sshd_why_no_terminal(void)
{
	const struct group *tty = getgrnam("tty");
	struct stat status;
	char path[64];
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	gboolean good = getuid() == 0 || !tty ||
			(fd >= 0 && unlockpt(fd) == 0 && ptsname_r(fd, path, sizeof path) == 0 &&
			 stat(path, &status) == 0 && status.st_gid == tty->gr_gid);
	if (fd >= 0)
		close(fd);
	return good ? NULL : "devpts is mounted without gid=tty: sshd as an ordinary user gives no terminals here";
}

void sshd_remove_all(const char *path)
{
	g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
	const char *name;

	while (directory && (name = g_dir_read_name(directory))) {
		g_autofree char *inner = g_build_filename(path, name, NULL);
		sshd_remove_all(inner);
	}
	g_remove(path);
}

void sshd_stop(Sshd *sshd)
{
	g_source_remove(sshd->source);
	close(sshd->listener);
	GHashTableIter iter;
	gpointer pid;
	g_hash_table_iter_init(&iter, sshd->running);
	while (g_hash_table_iter_next(&iter, &pid, NULL))
		kill(-GPOINTER_TO_INT(pid), SIGKILL);
	wait_for(g_hash_table_size(sshd->running) == 0, 10);
	g_hash_table_unref(sshd->running);
	if (g_test_failed() && g_getenv("PSS_TEST_KEEP"))
		g_test_message("kept %s", sshd->directory);
	else
		sshd_remove_all(sshd->directory);
	g_strfreev(sshd->server);
	g_free(sshd->directory);
	g_free(sshd->known_hosts);
	g_free(sshd->config);
	g_free(sshd->client_key);
	g_free(sshd->host_key);
	g_free(sshd);
}

PssTarget *sshd_target(const Sshd *sshd)
{
	PssTarget *target = link_target("127.0.0.1");
	g_autofree char *known = g_strdup_printf("UserKnownHostsFile=%s", sshd->known_hosts);

	target->port = sshd->port;
	target->config_file = g_strdup("none");
	target->key_file = g_strdup(sshd->client_key);
	link_target_option(target, known);
	link_target_option(target, "GlobalKnownHostsFile=none");
	link_target_option(target, "IdentitiesOnly=yes");
	link_target_setenv(target, "SSH_AUTH_SOCK", "");
	return target;
}
