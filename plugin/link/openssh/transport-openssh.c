/* SPDX-License-Identifier: MIT */
/* The transport that is made of the ssh program: a master that holds the connection (master.c) and one client
 * of it for each channel, which gets no connection of its own when the master is gone. For what libssh cannot do; see
 * ssh(1), -M and -S. */
#include "link/openssh/transport-openssh.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib-unix.h>

#include "base/error.h"
#include "base/said.h"
#include "link/openssh/master.h"
#include "link/process/child-channel.h"

#define SSH_FAILED 255 /* ssh's own exit status, or the command's */
#define GRACE_MS 100
#define COMPLAINT "mux_client_" /* mux.c of OpenSSH */
#define COMPLAINT_MAX 1024

typedef struct {
	PssTransport base;
	PssTarget *target; /* until the login has it */
	char *host;
	const PssTransportEvents *events;
	gpointer user;
	PssLoginContext *person;
	PssProgramMaster *master; /* NULL until logged in */
	GPtrArray *channels;      /* every channel not yet closed by its owner; one reference each */
	GHashTable *refused;      /* the names of subsystems that the server has not, a set */
	guint hearing, ended;     /* sources; 0: none */
	gboolean lost;
} ProgramTransport;

/* What stands between a client of the master and the owner of the channel. */
typedef struct {
	ProgramTransport *transport;
	const PssChannelEvents *events;
	gpointer user;
	gboolean pty;       /* ssh's own words come among the rest */
	gboolean heard;     /* something that is not ssh's own has come */
	GString *complaint; /* what may be ssh's own, held back */
	guint late;         /* source; 0: none */
	char *subsystem;    /* that it asks for; NULL: none */
	/* What is executed where that is refused, and its input; NULL: nothing, or it is known that it is there. */
	char *instead;
	GByteArray *input;
	PssChildChannel *channel; /* of which it is the user */
} Client;

static void remove_source(guint *id)
{
	if (*id)
		g_source_remove(*id);
	*id = 0;
}

static void shut_channel(PssChildChannel *channel)
{
	Client *client = pss_child_channel_user(channel);

	remove_source(&client->late);
	pss_child_channel_shut(channel);
}

static void shut_channels(ProgramTransport *transport)
{
	for (guint i = 0; i < transport->channels->len; i++)
		shut_channel(g_ptr_array_index(transport->channels, i));
}

static void release_channel(gpointer channel)
{
	Client *client = pss_child_channel_user(channel);

	shut_channel(channel);
	pss_child_channel_unref(channel);
	g_string_free(client->complaint, TRUE);
	g_free(client->subsystem);
	g_free(client->instead);
	g_byte_array_unref(client->input);
	g_free(client);
}

/* ---- the master */

static void lose(ProgramTransport *transport, const GError *cause)
{
	transport->lost = TRUE;
	shut_channels(transport);
	transport->events->on_lost(transport->user, cause);
}

static void on_master_ended(GPid pid, gint status, gpointer user)
{
	ProgramTransport *transport = user;
	g_autoptr(GError) cause = NULL;

	transport->ended = 0;
	transport->master->pid = 0;
	pss_program_master_hear(transport->master, transport->person);
	if (transport->master->last)
		cause = g_error_new(PSS_ERROR, PSS_LINK_LOST, "ssh has ended: %s", transport->master->last);
	else
		cause = g_error_new(PSS_ERROR, PSS_LINK_LOST, "ssh has ended (status %d)",
				    WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	remove_source(&transport->hearing);
	lose(transport, cause);
}

static gboolean on_heard(gint fd, GIOCondition condition, gpointer user)
{
	ProgramTransport *transport = user;

	if (pss_program_master_hear(transport->master, transport->person))
		return G_SOURCE_CONTINUE;
	transport->hearing = 0;
	return G_SOURCE_REMOVE;
}

static void on_login_done(PssProgramMaster *master, gpointer user)
{
	ProgramTransport *transport = user;

	transport->master = master;
	if (master->pid == 0) {
		lose(transport, master->error);
		return;
	}
	pss_program_master_tell(master, transport->person);
	transport->ended = g_child_watch_add(master->pid, on_master_ended, transport);
	transport->hearing = g_unix_fd_add(master->errors, G_IO_IN | G_IO_HUP, on_heard, transport);
	transport->events->on_ready(transport->user, master->user, master->history_key, master->forwards);
}

static void program_connect(PssTransport *base)
{
	ProgramTransport *transport = (ProgramTransport *)base;

	if (transport->target)
		pss_program_master_start(g_steal_pointer(&transport->target), transport->person, on_login_done,
					 transport);
}

/* ---- what clients say */

static void forget_instead(Client *client)
{
	g_clear_pointer(&client->instead, g_free);
	g_byte_array_set_size(client->input, 0);
}

/* ssh's own words when the master or the server has refused: they come before anything else. */
static gboolean is_complaint(const Client *client, const void *data, gsize n)
{
	return !client->heard && client->complaint->len < COMPLAINT_MAX &&
	       (client->complaint->len > 0 ||
		(n >= strlen(COMPLAINT) && memcmp(data, COMPLAINT, strlen(COMPLAINT)) == 0));
}

static void on_data(gpointer user, const void *data, gsize n, gboolean is_stderr)
{
	Client *client = user;

	if ((is_stderr || client->pty) && is_complaint(client, data, n)) {
		g_string_append_len(client->complaint, data, (gssize)MIN(n, COMPLAINT_MAX - client->complaint->len));
		return;
	}
	client->heard = TRUE;
	forget_instead(client);
	client->events->on_data(client->user, data, n, is_stderr);
}

static void on_drained(gpointer user)
{
	Client *client = user;

	client->events->on_drained(client->user);
}

static void close_client(Client *client, int status)
{
	g_autoptr(GError) error = NULL;

	if (client->complaint->len > 0) {
		g_autofree char *clean = pss_said_line(client->complaint->str);
		error = g_error_new(PSS_ERROR, PSS_FAILED, "ssh cannot open a channel: %s", clean);
	}
	client->events->on_closed(client->user, error ? -1 : status, error);
}

static void start_client(Client *client, const PssChannelRequest *request, gboolean again);

static void run_instead(Client *client)
{
	g_autofree char *command = g_steal_pointer(&client->instead);
	g_autoptr(GByteArray) input = g_byte_array_ref(client->input);
	const PssChannelRequest request = {
		.command = command,
		.first_bytes = input->data,
		.n_first_bytes = input->len,
	};

	start_client(client, &request, TRUE);
}

static void refuse_subsystem(Client *client)
{
	g_autofree char *name = g_steal_pointer(&client->subsystem);
	g_autoptr(GError) error = g_error_new(PSS_ERROR, PSS_UNSUPPORTED, "the server has no subsystem \"%s\"", name);

	g_hash_table_add(client->transport->refused, g_steal_pointer(&name));
	if (client->instead)
		run_instead(client);
	else
		client->events->on_closed(client->user, -1, error);
}

/* A client whose subsystem is refused fails without a word (OpenSSH 9.2). */
static gboolean on_late(gpointer user)
{
	Client *client = user;

	client->late = 0;
	if (client->subsystem && !client->heard && client->complaint->len == 0)
		refuse_subsystem(client);
	else
		close_client(client, SSH_FAILED);
	return G_SOURCE_REMOVE;
}

/* The clients of a master that ends notice that first, and say only that something has failed: then its end is reported
 * instead. */
static void on_closed(gpointer user, int status, const GError *error)
{
	Client *client = user;

	if (error)
		client->events->on_closed(client->user, status, error);
	else if (status == SSH_FAILED)
		client->late = g_timeout_add(GRACE_MS, on_late, client);
	else
		close_client(client, status);
}

static const PssChannelEvents client_events = { .on_data = on_data, .on_drained = on_drained, .on_closed = on_closed };

/* ---- channels */

static void add(GPtrArray *argv, const char *word)
{
	g_ptr_array_add(argv, g_strdup(word));
}

/* ssh reads no ssh_config here, and finds a way to the server through the master alone. */
static char **client_arguments(const ProgramTransport *transport, const PssChannelRequest *request)
{
	static const char *const fixed[] = { "-F", "none",
					     "-e", "none",
					     "-o", "ControlMaster=no",
					     "-o", "BatchMode=yes",
					     "-o", "ProxyCommand=false",
					     "-o", "LogLevel=ERROR" };
	GPtrArray *argv = g_ptr_array_new();

	add(argv, transport->master->ssh);
	for (gsize i = 0; i < G_N_ELEMENTS(fixed); i++)
		add(argv, fixed[i]);
	add(argv, "-S");
	add(argv, transport->master->control);
	add(argv, request->pty ? "-tt" : "-T");
	if (transport->master->forwards_agent)
		add(argv, "-A");
	for (char **variable = transport->master->environment; *variable; variable++) {
		g_autofree char *name = g_strndup(*variable, strcspn(*variable, "="));
		add(argv, "-o");
		g_ptr_array_add(argv, g_strdup_printf("SendEnv=%s", name));
	}
	if (request->subsystem)
		add(argv, "-s");
	add(argv, "--");
	add(argv, transport->host);
	if (request->subsystem || request->command)
		add(argv, request->subsystem ? request->subsystem : request->command);
	g_ptr_array_add(argv, NULL);
	return (char **)g_ptr_array_free(argv, FALSE);
}

static void start_client(Client *client, const PssChannelRequest *request, gboolean again)
{
	const ProgramTransport *transport = client->transport;
	g_auto(GStrv) argv = client_arguments(transport, request);
	g_auto(GStrv) environment = pss_spawn_environment(transport->master->environment);

	if (request->pty)
		environment = g_environ_setenv(environment, "TERM", request->term, TRUE);
	PssSpawn spawn = { .argv = (const char *const *)argv,
			   .environment = (const char *const *)environment,
			   .limits = &transport->master->limits };
	if (again)
		pss_child_channel_start_again(client->channel, &client_events, request, &spawn);
	else
		pss_child_channel_start(client->channel, request, &spawn);
}

static Client *new_client(ProgramTransport *transport, const PssChannelRequest *request, const PssChannelEvents *events,
			  gpointer user)
{
	Client *client = g_new0(Client, 1);

	*client = (Client){ transport, events, user, request->pty, .complaint = g_string_new(NULL) };
	client->input = g_byte_array_new();
	client->subsystem = g_strdup(request->subsystem);
	if (request->subsystem && request->command) {
		client->instead = g_strdup(request->command);
		g_byte_array_append(client->input, request->first_bytes, (guint)request->n_first_bytes);
	}
	client->channel = pss_child_channel_new(&transport->base, transport->lost ? NULL : &client_events, client);
	g_ptr_array_add(transport->channels, client->channel);
	return client;
}

static PssChannel *program_open(PssTransport *base, const PssChannelRequest *request, const PssChannelEvents *events,
				gpointer user)
{
	ProgramTransport *transport = (ProgramTransport *)base;
	PssChannelRequest what = *request;

	if (what.command && what.subsystem && g_hash_table_contains(transport->refused, what.subsystem))
		what.subsystem = NULL;
	Client *client = new_client(transport, &what, events, user);
	if (!transport->lost && transport->master)
		start_client(client, &what, FALSE);
	return (PssChannel *)client->channel;
}

static void program_write(PssChannel *base, const void *data, gsize n)
{
	PssChildChannel *channel = (PssChildChannel *)base;
	Client *client = pss_child_channel_user(channel);

	if (client->instead)
		g_byte_array_append(client->input, data, (guint)n);
	pss_child_channel_write(base, data, n);
}

/* ssh's client would tell the master, a moment later; what is written next must not overtake it. */
static void program_resize(PssChannel *base, guint columns, guint rows)
{
	ProgramTransport *transport = (ProgramTransport *)base->transport;

	pss_child_channel_resize(base, columns, rows);
	if (transport->master && transport->master->pid > 0)
		kill(transport->master->pid, SIGWINCH);
}

static void program_close(PssChannel *base)
{
	ProgramTransport *transport = (ProgramTransport *)base->transport;

	g_ptr_array_remove_fast(transport->channels, base);
}

static const char *program_banner(PssTransport *base)
{
	const PssProgramMaster *master = ((ProgramTransport *)base)->master;

	return master ? master->banner : NULL;
}

static void program_free(PssTransport *base)
{
	ProgramTransport *transport = (ProgramTransport *)base;

	pss_login_leave(transport->person);
	g_ptr_array_unref(transport->channels);
	remove_source(&transport->hearing);
	remove_source(&transport->ended);
	pss_program_master_free(transport->master);
	pss_login_unref(transport->person);
	pss_target_free(transport->target);
	g_hash_table_unref(transport->refused);
	g_free(transport->host);
	g_free(transport);
}

PssTransport *pss_transport_program_new(PssTarget *target, const PssTransportEvents *events, gpointer user)
{
	static const PssTransportOps ops = {
		.connect = program_connect,
		.open = program_open,
		.write = program_write,
		.pending = pss_child_channel_pending,
		.pause = pss_child_channel_pause,
		.resize = program_resize,
		.signal = pss_child_channel_signal,
		.eof = pss_child_channel_eof,
		.close = program_close,
		.banner = program_banner,
		.free = program_free,
	};
	ProgramTransport *transport = g_new0(ProgramTransport, 1);

	transport->base.ops = &ops;
	transport->target = target;
	transport->host = g_strdup(target->host);
	transport->events = events;
	transport->user = user;
	transport->person = pss_login_new(target, events, user);
	transport->channels = g_ptr_array_new_with_free_func(release_channel);
	transport->refused = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return &transport->base;
}
