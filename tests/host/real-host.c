/* SPDX-License-Identifier: MIT */
/* See real-host.h. */
#include "real-host.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wire/status.h"

/* ---- the host process */

static gboolean can_connect(const TestHost *host)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	g_snprintf(address.sun_path, sizeof address.sun_path, "%s/host", host->directory);
	gboolean can = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
	close(fd);
	return can;
}

/* In the child: it does not outlive a test that fails. */
static void die_with_test(gpointer user)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

void world_start_host(World *world)
{
	char *argv[] = { (char *)world->program, NULL };
	g_auto(GStrv) environment = g_get_environ();
	g_autoptr(GError) error = NULL;

	environment = g_environ_setenv(environment, "PSSESSION_RUNTIME_DIR", world->host.directory, TRUE);
	environment = g_environ_setenv(environment, "PSS_TEST_CUT", world->cut, TRUE);
	environment = g_environ_setenv(environment, "HOME", world->home, TRUE);
	environment = g_environ_setenv(environment, "SHELL", "/bin/bash", TRUE);
	environment = g_environ_setenv(environment, "TMPDIR", world->home, TRUE);
	g_spawn_async(NULL, argv, environment, G_SPAWN_DO_NOT_REAP_CHILD, die_with_test, NULL, &world->pid, &error);
	g_assert_no_error(error);
	test_until(can_connect(&world->host));
}

void world_end_host(World *world, int signal)
{
	g_autofree char *path = g_build_filename(world->host.directory, "host", NULL);

	kill(world->pid, signal);
	g_assert_cmpint(waitpid(world->pid, NULL, 0), ==, world->pid);
	g_unlink(path);
}

static gboolean is_sshd(pid_t pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/comm", (int)pid);
	g_autofree char *name = NULL;

	return g_file_get_contents(path, &name, NULL, NULL) && g_str_has_prefix(name, "sshd");
}

/* Since OpenSSH 9.8 the connection is a child's (sshd-session), which outlives the process that has started it. */
static void kill_sshd(pid_t pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/task/%d/children", (int)pid, (int)pid);
	g_autofree char *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return;
	g_auto(GStrv) children = g_strsplit(text, " ", -1);
	for (char **child = children; *child; child++)
		if (is_sshd(atoi(*child)))
			kill_sshd(atoi(*child));
	kill(pid, SIGKILL);
}

static void cut_sshd(const Sshd *sshd)
{
	g_autofree gpointer *pids = g_hash_table_get_keys_as_array(sshd->running, NULL);

	for (gpointer *pid = pids; *pid; pid++)
		kill_sshd(GPOINTER_TO_INT(*pid));
}

void world_cut_link(World *world)
{
	if (world->sshd) {
		cut_sshd(world->sshd);
		return;
	}
	g_unlink(world->cut);
	kill(world->pid, SIGUSR1);
	test_until(g_access(world->cut, F_OK) == 0);
}

void world_open_gate(World *world)
{
	g_assert_cmpint(write(world->gate, "open\n", 5), ==, 5);
}

/* ---- clients */

void actor_begin(World *world, Actor *actor)
{
	test_client_init(&actor->client, &world->host);
	test_client_hello(&actor->client);
	actor->out = g_string_new(NULL);
}

void actor_end(Actor *actor)
{
	if (!actor->out)
		return;
	test_client_finish(&actor->client);
	g_string_free(actor->out, TRUE);
	*actor = (Actor){ 0 };
}

void actor_request(const World *world, Actor *actor, enum pss_type type, enum pss_tag tag)
{
	struct pss_message message;

	pss_message_begin(&message, &actor->client.out, type, ++actor->id);
	pss_message_text(&message, PSS_TAG_INSTANCE, world->instance);
	if (tag)
		pss_message_number(&message, tag, 1);
	g_assert_cmpint(pss_message_end(&message), ==, 0);
	test_client_send(&actor->client);
}

void actor_invoke(const World *world, Actor *actor, enum pss_tag tag, const char *command)
{
	actor_request(world, actor, PSS_INVOKE, tag);
	test_client_raw(&actor->client, PSS_COMMAND, actor->id, command);
}

void actor_say(Actor *actor, const char *line)
{
	test_client_raw(&actor->client, PSS_LINE, actor->id, line);
}

static char *clean(const GString *output)
{
	g_auto(GStrv) words = g_strsplit_set(output->str, "\r\n", 0);
	g_autoptr(GPtrArray) kept = g_ptr_array_new();

	for (char **word = words; *word; word++)
		if (**word)
			g_ptr_array_add(kept, *word);
	g_ptr_array_add(kept, NULL);
	return g_strjoinv(" ", (char **)kept->pdata);
}

static char *name_result(struct pss_fields fields)
{
	enum pss_status status = (enum pss_status)pss_fields_number(fields, PSS_TAG_STATUS, 99);
	uint64_t exit_status = pss_fields_number(fields, PSS_TAG_EXIT_STATUS, 999);
	const char *message = pss_fields_text(fields, PSS_TAG_MESSAGE);
	g_autofree char *number = exit_status < 999 ? g_strdup_printf(" %u", (guint)exit_status) : g_strdup("");

	return g_strconcat(pss_status_name(status), number, message ? ": " : "", message, NULL);
}

static char *name_left(struct pss_fields fields)
{
	static const char *const reasons[] = {
		[PSS_LEFT_BY_REQUEST] = "by request",
		[PSS_LEFT_EXIT] = "exit",
		[PSS_LEFT_KEPT_EXIT] = "kept exit",
		[PSS_LEFT_LOST] = "lost",
		[PSS_LEFT_TAKEN] = "taken",
		[PSS_LEFT_REMOVED] = "removed",
		[PSS_LEFT_DISCONNECTED] = "disconnected",
	};
	const char *message = pss_fields_text(fields, PSS_TAG_MESSAGE);

	return g_strconcat("left ", reasons[pss_fields_number(fields, PSS_TAG_LEFT_REASON, 0)], message ? ": " : "",
			   message, NULL);
}

/* NULL: the frame is no outcome. */
static char *name_frame(Actor *actor)
{
	const struct pss_frame *frame = &actor->client.frame;
	struct pss_fields fields = pss_frame_fields(frame);

	switch (frame->header.type) {
	case PSS_OUTPUT:
	case PSS_STDOUT:
	case PSS_STDERR:
		g_string_append_len(actor->out, (const char *)frame->payload, frame->header.length);
		return NULL;
	case PSS_RESULT:
		return name_result(fields);
	case PSS_LEFT:
		return name_left(fields);
	case PSS_PROMPT:
		return g_strdup("prompt");
	default:
		return NULL;
	}
}

char *actor_outcome(Actor *actor)
{
	g_autofree char *what = NULL;

	while (!what && test_client_frame(&actor->client))
		what = name_frame(actor);
	g_autofree char *output = clean(actor->out);
	return g_strconcat(what ? what : "end", "|", output, NULL);
}

char *world_outcome(World *world, enum pss_type type, enum pss_tag tag)
{
	Actor actor = { 0 };

	actor_begin(world, &actor);
	actor_request(world, &actor, type, tag);
	char *outcome = actor_outcome(&actor);
	actor_end(&actor);
	return outcome;
}

void actor_await_output(Actor *actor, const char *text)
{
	while (!strstr(actor->out->str, text)) {
		g_assert_true(test_client_frame(&actor->client));
		g_autofree char *what = name_frame(actor);
		g_assert_cmpstr(what, ==, NULL);
	}
}

/* ---- the session */

static char *make_path(const World *world, const char *without)
{
	g_autofree char *command =
		g_strdup_printf("cd '%s' && mkdir bin && ln -s /usr/bin/* bin && rm bin/%s*", world->home, without);
	const char *const argv[] = { "sh", "-c", command, NULL };

	g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
	return g_strdup_printf("PATH=%s/bin", world->home);
}

static void name_target(const World *world, WorldKind kind, struct pss_message *message)
{
	const Sshd *sshd = world->sshd;

	pss_message_text(message, PSS_TAG_TARGET, sshd ? "127.0.0.1" : "testhost");
	pss_message_number(message, PSS_TAG_RESILIENT, kind == RESILIENT);
	pss_message_number(message, PSS_TAG_SHARE, kind == SHARED);
	if (!sshd)
		return;
	g_autofree char *known = g_strdup_printf("UserKnownHostsFile=%s", sshd->known_hosts);
	pss_message_text(message, PSS_TAG_TRANSPORT, "ssh");
	pss_message_number(message, PSS_TAG_PORT, sshd->port);
	pss_message_text(message, PSS_TAG_CONFIG_FILE, "none");
	pss_message_text(message, PSS_TAG_KEY_FILE, sshd->client_key);
	pss_message_text(message, PSS_TAG_OPTION, known);
	pss_message_text(message, PSS_TAG_OPTION, "GlobalKnownHostsFile=none");
	pss_message_text(message, PSS_TAG_OPTION, "IdentitiesOnly=yes");
}

/* Returns its instance. */
static char *open_session(World *world, WorldKind kind, const char *path)
{
	struct pss_message message;
	Actor actor = { 0 };
	const char *const variables[] = { "HOME", "TMPDIR" };

	actor_begin(world, &actor);
	pss_message_begin(&message, &actor.client.out, PSS_OPEN, ++actor.id);
	name_target(world, kind, &message);
	pss_message_text(&message, PSS_TAG_SHELL, "bash");
	pss_message_number(&message, PSS_TAG_KEEP, 1);
	for (gsize i = 0; i < G_N_ELEMENTS(variables); i++) {
		g_autofree char *variable = g_strconcat(variables[i], "=", world->home, NULL);
		pss_message_text(&message, PSS_TAG_ENV, variable);
	}
	pss_message_text(&message, PSS_TAG_ENV, "SHELL=/bin/bash");
	pss_message_text(&message, PSS_TAG_ENV, "TERM=dumb");
	pss_message_text(&message, PSS_TAG_ENV, path);
	g_assert_cmpint(pss_message_end(&message), ==, 0);
	test_client_send(&actor.client);
	test_client_expect(&actor.client, PSS_ACK);
	struct pss_fields fields = test_client_expect(&actor.client, PSS_RESULT);
	g_assert_cmpint(pss_fields_number(fields, PSS_TAG_STATUS, 99), ==, PSS_OK);
	g_assert_cmpint(pss_fields_number(fields, PSS_TAG_RESILIENT, 0), ==, kind == RESILIENT);
	char *instance = g_strdup(pss_fields_text(fields, PSS_TAG_INSTANCE));
	actor_end(&actor);
	return instance;
}

static char *state_of(World *world, const char *instance)
{
	Actor actor = { 0 };
	char *state = NULL;

	actor_begin(world, &actor);
	actor_request(world, &actor, PSS_LIST, 0);
	while (test_client_frame(&actor.client) && actor.client.frame.header.type != PSS_RESULT) {
		struct pss_fields fields = pss_frame_fields(&actor.client.frame);
		if (g_strcmp0(pss_fields_text(fields, PSS_TAG_INSTANCE), instance) != 0)
			continue;
		state = g_strconcat(pss_state_name(pss_fields_number(fields, PSS_TAG_STATE, 0)), "/",
				    pss_availability_name(pss_fields_number(fields, PSS_TAG_AVAILABILITY, 0)), NULL);
	}
	actor_end(&actor);
	return state;
}

gboolean world_has_state(World *world, const char *expected)
{
	g_autofree char *state = state_of(world, world->instance);
	return g_strcmp0(state, expected) == 0;
}

gboolean world_other_has_state(World *world, const char *expected)
{
	g_autofree char *state = world->other ? state_of(world, world->other) : g_strdup(expected);
	return g_strcmp0(state, expected) == 0;
}

/* Also of what holds it. */
static gboolean is_swept(const World *world)
{
	g_autoptr(GDir) directory = g_dir_open(world->home, 0, NULL);
	const char *name;

	while ((name = g_dir_read_name(directory)))
		if (g_str_has_prefix(name, ".pss-"))
			return FALSE;
	return TRUE;
}

/* Its shells live where those of the other kinds do. */
static void start_sshd(World *world)
{
	g_autofree char *environment = g_strdup_printf("SetEnv HOME=%s TMPDIR=%s", world->home, world->home);

	world->sshd = sshd_start(environment);
}

void world_begin(World *world, const char *program, WorldKind kind, const char *without)
{
	*world = (World){ .program = program };
	world->host.directory = g_dir_make_tmp("pss-host-XXXXXX", NULL);
	world->home = g_dir_make_tmp("pss-home-XXXXXX", NULL);
	world->cut = g_build_filename(world->home, "cut", NULL);
	world->gate_path = g_build_filename(world->home, "gate", NULL);
	g_autofree char *hush = g_build_filename(world->home, ".hushlogin", NULL);
	g_assert_true(g_file_set_contents(hush, "", 0, NULL));
	g_assert_cmpint(mkfifo(world->gate_path, 0600), ==, 0);
	world->gate = open(world->gate_path, O_RDWR | O_CLOEXEC);
	if (kind == PROGRAM)
		start_sshd(world);
	world_start_host(world);
	g_autofree char *path = without ? make_path(world, without) : g_strdup("PATH=/usr/bin:/bin");
	world->instance = open_session(world, kind, path);
	if (kind == SHARED)
		world->other = open_session(world, kind, path);
}

static void remove_session(World *world, char *instance)
{
	if (!instance)
		return;
	g_free(world->instance);
	world->instance = instance;
	g_free(world_outcome(world, PSS_REMOVE, 0));
}

void world_end(World *world)
{
	g_free(world_outcome(world, PSS_REMOVE, 0));
	remove_session(world, g_steal_pointer(&world->other));
	test_until(is_swept(world));
	world_end_host(world, SIGTERM);
	if (world->sshd)
		sshd_stop(world->sshd);
	close(world->gate);
	g_autofree char *command = g_strdup_printf("rm -rf '%s' '%s'", world->home, world->host.directory);
	g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
	g_free(world->host.directory);
	g_free(world->home);
	g_free(world->cut);
	g_free(world->gate_path);
	g_free(world->instance);
}
