/* SPDX-License-Identifier: MIT */
/* Accepts clients. The socket file can vanish (a cleaner of /run, a user's rm, the end of a login, which takes
 * /run/user/UID with it): its directory is watched, and the socket is bound again, there and then or as soon as that is
 * possible, so that sessions never become unreachable. */
#include "host/server/server.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd-watch.h"
#include "base/system.h"
#include "host/server/client.h"
#include "host/common/registry.h"
#include "wire/system.h"

/* So many clients are served without a free descriptor: they may want to remove sessions. The last one is for telling
 * others why they are not. */
#define N_RESERVED 4
#define REST_MS 100
#define TRIM_S 1
#define REBIND_S 2 /* until a place that has vanished is looked for again */

struct PssServer {
	struct pss_runtime runtime;
	PssServerOptions options;
	int fd;
	int vanish_fd;
	PssWatch *watch, *vanish_watch;
	ino_t inode;
	gboolean passed;    /* the one that passed the socket goes on to listen when this process ends */
	GPtrArray *clients; /* PssClient, which free themselves */
	guint idle_source;
	guint trim_source;
	guint again_source;      /* accepting rests until then */
	guint rebind_source;     /* the socket cannot be bound until then, at least */
	int reserve[N_RESERVED]; /* descriptors that clients get when there are no others; -1: given away */
};

static gboolean on_idle(gpointer user)
{
	PssServer *server = user;
	server->idle_source = 0;
	server->options.on_idle(server->options.user);
	return G_SOURCE_REMOVE;
}

static void look_for_idleness(gpointer user)
{
	PssServer *server = user;

	g_clear_handle_id(&server->idle_source, g_source_remove);
	if (server->options.idle_seconds > 0 && server->clients->len == 0 && pss_registry_sessions()->len == 0)
		server->idle_source = g_timeout_add_seconds(server->options.idle_seconds, on_idle, server);
}

static void fill_reserve(PssServer *server)
{
	for (int i = N_RESERVED; i-- > 0;)
		if (server->reserve[i] < 0)
			server->reserve[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void drop_reserve(PssServer *server)
{
	for (int i = 0; i < N_RESERVED; i++)
		if (server->reserve[i] >= 0)
			close(server->reserve[i]);
}

static void on_client_gone(gpointer user, PssClient *client)
{
	PssServer *server = user;

	g_ptr_array_remove_fast(server->clients, client);
	fill_reserve(server);
	look_for_idleness(server);
}

static gboolean on_trim_time(gpointer user)
{
	((PssServer *)user)->trim_source = 0;
	pss_system_trim_memory();
	return G_SOURCE_REMOVE;
}

/* Logging in leaves more free memory among what stays than an idle session needs. */
static void on_login_over(gpointer user)
{
	PssServer *server = user;

	if (!server->trim_source)
		server->trim_source = g_timeout_add_seconds(TRIM_S, on_trim_time, server);
}

static void add_client(PssServer *server, int fd)
{
	const PssClientOptions options = {
		.new_transport = server->options.new_transport,
		.newest = server->options.newest,
		.on_login_over = on_login_over,
		.on_gone = on_client_gone,
		.user = server,
	};

	g_ptr_array_add(server->clients, pss_client_new(fd, &options));
	look_for_idleness(server);
}

static gboolean on_rested(gpointer user)
{
	PssServer *server = user;

	server->again_source = 0;
	if (server->watch)
		pss_watch_want(server->watch, G_IO_IN);
	return G_SOURCE_REMOVE;
}

/* A client that cannot be taken stays in the queue, which would wake us at once. */
static void rest(PssServer *server)
{
	pss_watch_want(server->watch, 0);
	if (!server->again_source)
		server->again_source = g_timeout_add(REST_MS, on_rested, server);
}

static void refuse(int fd)
{
	struct pss_message message;
	struct pss_buffer out;

	pss_buffer_init(&out);
	pss_message_begin(&message, &out, PSS_RESULT, 0);
	pss_message_number(&message, PSS_TAG_STATUS, PSS_FAILED);
	pss_message_text(
		&message, PSS_TAG_MESSAGE,
		"the host process takes no more clients: Too many open files; end commands or remove sessions, "
		"or start it with a higher 'ulimit -n'");
	if (pss_message_end(&message) == 0 &&
	    send(fd, pss_buffer_bytes(&out), out.length, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		g_debug("the client that is refused has gone");
	pss_buffer_finish(&out);
	close(fd);
}

static int accept_one(const PssServer *server)
{
	return pss_system_accept(server->fd, NULL, NULL);
}

/* The connection, at the cost of a reserved descriptor; -1: there is none, or it has been refused. */
static int accept_from_reserve(PssServer *server)
{
	int i = 0;

	while (i < N_RESERVED && server->reserve[i] < 0)
		i++;
	if (i == N_RESERVED)
		return -1;
	close(server->reserve[i]);
	server->reserve[i] = -1;
	int fd = accept_one(server);
	if (fd < 0 || i < N_RESERVED - 1)
		return fd;
	refuse(fd);
	fill_reserve(server);
	return -1;
}

static gboolean is_short_of_descriptors(int failed)
{
	return failed == EMFILE || failed == ENFILE;
}

static void on_connection(GIOCondition events, gpointer user)
{
	PssServer *server = user;
	uid_t uid;
	pid_t pid;

	fill_reserve(server);
	int fd = accept_one(server);
	gboolean stays = fd < 0 && errno != EAGAIN && errno != EINTR && errno != ECONNABORTED;
	if (fd < 0 && is_short_of_descriptors(errno))
		fd = accept_from_reserve(server);
	if (fd < 0) {
		if (stays)
			rest(server);
		return;
	}
	if (pss_peer(fd, &uid, &pid) < 0 || uid != geteuid()) {
		close(fd);
		return;
	}
	add_client(server, fd);
}

static gboolean fail(GError **error, const char *what, const char *path)
{
	g_set_error(error, PSS_ERROR, PSS_FAILED, "%s %s: %s", what, path, g_strerror(errno));
	return FALSE;
}

static void begin_accepting(PssServer *server)
{
	struct stat st;

	server->inode = stat(server->runtime.socket, &st) == 0 ? st.st_ino : 0;
	server->watch = pss_watch_new(server->fd, G_IO_IN, on_connection, server);
}

static gboolean listen_at(PssServer *server, GError **error)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = server->runtime.socket;

	server->passed = FALSE;
	g_strlcpy(address.sun_path, path, sizeof address.sun_path);
	server->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (server->fd < 0)
		return fail(error, "cannot make a socket for", path);
	if (unlink(path) < 0 && errno != ENOENT)
		return fail(error, "cannot replace", path);
	if (bind(server->fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(server->fd, 64) < 0)
		return fail(error, "cannot listen at", path);
	begin_accepting(server);
	return TRUE;
}

static gboolean socket_is_ours(PssServer *server)
{
	struct stat st;
	return lstat(server->runtime.socket, &st) == 0 && S_ISSOCK(st.st_mode) && st.st_ino == server->inode;
}

static void stop_listening(PssServer *server)
{
	g_clear_pointer(&server->watch, pss_watch_free);
	if (server->fd >= 0)
		close(server->fd);
	server->fd = -1;
}

static void rebind(PssServer *server);

static void on_directory_changed(GIOCondition events, gpointer user)
{
	PssServer *server = user;

	pss_system_drain(server->vanish_fd);
	rebind(server);
}

static void forget_directory(PssServer *server)
{
	g_clear_pointer(&server->vanish_watch, pss_watch_free);
	if (server->vanish_fd >= 0)
		close(server->vanish_fd);
	server->vanish_fd = -1;
}

/* The watch is on the directory that has that name now. */
static void watch_directory(PssServer *server)
{
	forget_directory(server);
	server->vanish_fd = pss_system_directory_watch(server->runtime.directory, PSS_SYSTEM_GOES);
	if (server->vanish_fd >= 0)
		server->vanish_watch = pss_watch_new(server->vanish_fd, G_IO_IN, on_directory_changed, server);
}

static gboolean on_rebind_time(gpointer user)
{
	PssServer *server = user;

	server->rebind_source = 0;
	watch_directory(server);
	rebind(server);
	return G_SOURCE_REMOVE;
}

/* As wire/runtime.h demands of it: no link that leads elsewhere has taken its place. */
static gboolean is_private(const char *directory)
{
	struct stat st;
	return lstat(directory, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() && !(st.st_mode & 0077);
}

static gboolean bind_again(PssServer *server)
{
	g_autoptr(GError) error = NULL;

	if ((mkdir(server->runtime.directory, 0700) < 0 && errno != EEXIST) || !is_private(server->runtime.directory))
		return FALSE;
	watch_directory(server);
	if (listen_at(server, &error))
		return TRUE;
	g_debug("%s", error->message);
	stop_listening(server);
	return FALSE;
}

static gboolean has_vanished(const PssServer *server)
{
	return access(server->runtime.socket, F_OK) < 0 && (errno == ENOENT || errno == ENOTDIR);
}

/* Another host process's socket in our place is left alone: that one has the newer clients. */
static void rebind(PssServer *server)
{
	if (!has_vanished(server))
		return;
	stop_listening(server);
	if (!bind_again(server) && !server->rebind_source)
		server->rebind_source = g_timeout_add_seconds(REBIND_S, on_rebind_time, server);
}

PssServer *pss_server_new(const struct pss_runtime *runtime, const PssServerOptions *options, GError **error)
{
	PssServer *server = g_new0(PssServer, 1);
	server->runtime = *runtime;
	server->options = *options;
	server->clients = g_ptr_array_new();
	server->fd = server->vanish_fd = -1;
	for (int i = 0; i < N_RESERVED; i++)
		server->reserve[i] = -1;
	if (options->passed_fd > 0) {
		server->fd = options->passed_fd;
		server->passed = TRUE;
		/* From here on the kernel tells clients of us (unix_listen() of net/unix/af_unix.c). */
		listen(server->fd, 64);
		begin_accepting(server);
	} else if (!listen_at(server, error)) {
		pss_server_free(server);
		return NULL;
	}
	watch_directory(server);
	fill_reserve(server);
	pss_registry_init();
	pss_registry_on_change(look_for_idleness, server);
	look_for_idleness(server);
	return server;
}

void pss_server_free(PssServer *server)
{
	if (!server)
		return;
	pss_registry_on_change(NULL, NULL);
	for (guint i = 0; i < server->clients->len; i++)
		pss_client_forget_user(server->clients->pdata[i]);
	g_ptr_array_unref(server->clients);
	g_clear_handle_id(&server->idle_source, g_source_remove);
	g_clear_handle_id(&server->again_source, g_source_remove);
	g_clear_handle_id(&server->rebind_source, g_source_remove);
	g_clear_handle_id(&server->trim_source, g_source_remove);
	drop_reserve(server);
	forget_directory(server);
	if (server->fd >= 0 && !server->passed && socket_is_ours(server))
		unlink(server->runtime.socket);
	stop_listening(server);
	g_free(server);
}
