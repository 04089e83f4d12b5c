/* SPDX-License-Identifier: MIT */
/* Two verbs at once on one session, over the real wire, with a real host process whose connections are null transports
 * (breakable-transport.c): the cells of pairs.c. Each client has an outcome within its deadline, the session a state,
 * and what nobody has seen is received once. */
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pairs.h"
#include "wire-client.h"
#include "wire/status.h"

#define DEADLINE_SECONDS 20

typedef struct {
	TestClient client;
	uint32_t id;
	gboolean sits; /* at the prompt of a session that it has entered */
	GString *out;
} Actor;

typedef struct {
	TestHost host;
	GPid pid;
	char *home, *cut, *gate_path;
	int gate;
	char *instance;
	Actor first, second;
} Fixture;

typedef struct {
	const Pair *pair;
	Kinds kind;
} Cell;

static const char *host_program;

static const char *const deeds[N_DEEDS] = {
	"enters",   "runs",    "invokes", "job",        "receives",    "disconnects",
	"connects", "removes", "takes",   "host ended", "host killed", "link cut",
};

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

static void start_host(Fixture *fixture)
{
	char *argv[] = { (char *)host_program, NULL };
	g_auto(GStrv) environment = g_get_environ();
	g_autoptr(GError) error = NULL;

	environment = g_environ_setenv(environment, "PSSESSION_RUNTIME_DIR", fixture->host.directory, TRUE);
	environment = g_environ_setenv(environment, "PSS_TEST_CUT", fixture->cut, TRUE);
	environment = g_environ_setenv(environment, "HOME", fixture->home, TRUE);
	environment = g_environ_setenv(environment, "SHELL", "/bin/bash", TRUE);
	environment = g_environ_setenv(environment, "TMPDIR", fixture->home, TRUE);
	g_spawn_async(NULL, argv, environment, G_SPAWN_DO_NOT_REAP_CHILD, die_with_test, NULL, &fixture->pid, &error);
	g_assert_no_error(error);
	test_until(can_connect(&fixture->host));
}

static void end_host(Fixture *fixture, int signal)
{
	g_autofree char *path = g_build_filename(fixture->host.directory, "host", NULL);

	kill(fixture->pid, signal);
	g_assert_cmpint(waitpid(fixture->pid, NULL, 0), ==, fixture->pid);
	g_unlink(path);
}

static void cut_link(Fixture *fixture)
{
	g_unlink(fixture->cut);
	kill(fixture->pid, SIGUSR1);
	test_until(g_access(fixture->cut, F_OK) == 0);
}

/* ---- what clients do */

static void begin_client(Fixture *fixture, Actor *actor)
{
	test_client_init(&actor->client, &fixture->host);
	test_client_hello(&actor->client);
	actor->out = g_string_new(NULL);
}

static void end_client(Actor *actor)
{
	if (!actor->out)
		return;
	test_client_finish(&actor->client);
	g_string_free(actor->out, TRUE);
	*actor = (Actor){ 0 };
}

/* A request with the fields that are numbers. */
static void request(const Fixture *fixture, Actor *actor, enum pss_type type, enum pss_tag tag)
{
	struct pss_message message;

	pss_message_begin(&message, &actor->client.out, type, ++actor->id);
	pss_message_text(&message, PSS_TAG_INSTANCE, fixture->instance);
	if (tag)
		pss_message_number(&message, tag, 1);
	g_assert_cmpint(pss_message_end(&message), ==, 0);
	test_client_send(&actor->client);
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

static void say(Actor *actor, const char *line)
{
	test_client_raw(&actor->client, PSS_LINE, actor->id, line);
}

static char *outcome_of(Actor *actor)
{
	g_autofree char *what = NULL;

	if (actor->sits)
		say(actor, "echo still");
	while (!what && test_client_frame(&actor->client))
		what = name_frame(actor);
	g_autofree char *output = clean(actor->out);
	return g_strconcat(what ? what : "end", "|", output, NULL);
}

static void await_output(Actor *actor, const char *text)
{
	while (!strstr(actor->out->str, text)) {
		g_assert_true(test_client_frame(&actor->client));
		g_autofree char *what = name_frame(actor);
		g_assert_cmpstr(what, ==, NULL);
	}
}

static void invoke(const Fixture *fixture, Actor *actor, enum pss_tag tag)
{
	g_autofree char *command = g_strdup_printf("echo begun; read x <'%s'; echo more", fixture->gate_path);

	request(fixture, actor, PSS_INVOKE, tag);
	test_client_raw(&actor->client, PSS_COMMAND, actor->id, command);
}

static gboolean has_printed(Fixture *fixture)
{
	Actor actor = { 0 };

	begin_client(fixture, &actor);
	request(fixture, &actor, PSS_RECEIVE, PSS_TAG_KEEP);
	g_autofree char *outcome = outcome_of(&actor);
	end_client(&actor);
	return g_str_equal(outcome, "ok 0|begun");
}

static void have_job_run(Fixture *fixture)
{
	Actor actor = { 0 };

	begin_client(fixture, &actor);
	invoke(fixture, &actor, PSS_TAG_JOB);
	g_autofree char *outcome = outcome_of(&actor);
	g_assert_cmpstr(outcome, ==, "ok|");
	end_client(&actor);
	test_until(has_printed(fixture));
}

static void request_deed(Fixture *fixture, Actor *actor, Deed deed)
{
	static const struct {
		enum pss_type type;
		enum pss_tag tag;
	} requests[N_DEEDS] = {
		[ENTERS] = { PSS_ATTACH, 0 },
		[RUNS] = { PSS_ATTACH, 0 },
		[TAKES] = { PSS_ATTACH, PSS_TAG_FORCE },
		[RECEIVES] = { PSS_RECEIVE, PSS_TAG_WAIT },
		[DISCONNECTS] = { PSS_DISCONNECT, 0 },
		[CONNECTS] = { PSS_CONNECT, 0 },
		[REMOVES] = { PSS_REMOVE, 0 },
	};

	if (deed == INVOKES || deed == JOB)
		invoke(fixture, actor, deed == JOB ? PSS_TAG_JOB : 0);
	else
		request(fixture, actor, requests[deed].type, requests[deed].tag);
}

static void expect(char *outcome, const char *expected)
{
	if (!g_pattern_match_simple(expected, outcome))
		g_test_fail_printf("expected <%s>, got <%s>", expected, outcome);
	g_free(outcome);
}

static gboolean is_entering(Deed deed)
{
	return deed == ENTERS || deed == RUNS || deed == TAKES;
}

/* To the point where the second may come. */
static void do_first(Fixture *fixture, Deed deed)
{
	Actor *actor = &fixture->first;

	if (deed == RECEIVES || deed == JOB)
		have_job_run(fixture);
	if (deed == JOB)
		return;
	begin_client(fixture, actor);
	request_deed(fixture, actor, deed);
	if (deed == DISCONNECTS || deed == REMOVES) {
		expect(outcome_of(actor), "ok|");
		return;
	}
	if (is_entering(deed)) {
		expect(outcome_of(actor), "ok*");
		expect(outcome_of(actor), "prompt|");
	}
	if (deed == RUNS) {
		g_autofree char *line = g_strdup_printf("echo begun; read x <'%s'; echo more", fixture->gate_path);
		say(actor, line);
	}
	actor->sits = deed == ENTERS;
	if (deed != ENTERS)
		await_output(actor, "begun");
}

static void do_second(Fixture *fixture, Deed deed, const char *expected)
{
	Actor *actor = &fixture->second;

	if (deed == TERM || deed == KILL) {
		end_host(fixture, deed == TERM ? SIGTERM : SIGKILL);
		return;
	}
	if (deed == CUT) {
		cut_link(fixture);
		return;
	}
	begin_client(fixture, actor);
	request_deed(fixture, actor, deed);
	/* With an outcome at once the RESULT is that, else it is followed by one. */
	if (is_entering(deed) && *expected == '+')
		expect(outcome_of(actor), "ok*");
}

/* ---- the session */

static void open_session(Fixture *fixture, Kinds kind)
{
	struct pss_message message;
	Actor actor = { 0 };
	const char *const variables[] = { "HOME", "TMPDIR" };

	begin_client(fixture, &actor);
	pss_message_begin(&message, &actor.client.out, PSS_OPEN, ++actor.id);
	pss_message_text(&message, PSS_TAG_TARGET, "testhost");
	pss_message_text(&message, PSS_TAG_SHELL, "bash");
	pss_message_number(&message, PSS_TAG_KEEP, 1);
	pss_message_number(&message, PSS_TAG_RESILIENT, kind == RESILIENT);
	for (gsize i = 0; i < G_N_ELEMENTS(variables); i++) {
		g_autofree char *variable = g_strconcat(variables[i], "=", fixture->home, NULL);
		pss_message_text(&message, PSS_TAG_ENV, variable);
	}
	pss_message_text(&message, PSS_TAG_ENV, "SHELL=/bin/bash");
	pss_message_text(&message, PSS_TAG_ENV, "TERM=dumb");
	g_assert_cmpint(pss_message_end(&message), ==, 0);
	test_client_send(&actor.client);
	test_client_expect(&actor.client, PSS_ACK);
	struct pss_fields fields = test_client_expect(&actor.client, PSS_RESULT);
	g_assert_cmpint(pss_fields_number(fields, PSS_TAG_STATUS, 99), ==, PSS_OK);
	g_assert_cmpint(pss_fields_number(fields, PSS_TAG_RESILIENT, 0), ==, kind == RESILIENT);
	fixture->instance = g_strdup(pss_fields_text(fields, PSS_TAG_INSTANCE));
	end_client(&actor);
}

/* "STATE/AVAILABILITY", or NULL: it is not listed. */
static char *state_of(Fixture *fixture)
{
	Actor actor = { 0 };
	char *state = NULL;

	begin_client(fixture, &actor);
	request(fixture, &actor, PSS_LIST, 0);
	while (test_client_frame(&actor.client) && actor.client.frame.header.type != PSS_RESULT) {
		struct pss_fields fields = pss_frame_fields(&actor.client.frame);
		state = g_strconcat(pss_state_name(pss_fields_number(fields, PSS_TAG_STATE, 0)), "/",
				    pss_availability_name(pss_fields_number(fields, PSS_TAG_AVAILABILITY, 0)), NULL);
	}
	end_client(&actor);
	return state;
}

static gboolean has_state(Fixture *fixture, const char *expected)
{
	g_autofree char *state = state_of(fixture);
	return g_strcmp0(state, expected) == 0;
}

static char *receive_rest(Fixture *fixture)
{
	Actor actor = { 0 };

	begin_client(fixture, &actor);
	request_deed(fixture, &actor, RECEIVES);
	char *outcome = outcome_of(&actor);
	end_client(&actor);
	return outcome;
}

/* Also of what holds it. */
static gboolean is_swept(const Fixture *fixture)
{
	g_autoptr(GDir) directory = g_dir_open(fixture->home, 0, NULL);
	const char *name;

	while ((name = g_dir_read_name(directory)))
		if (g_str_has_prefix(name, ".pss-"))
			return FALSE;
	return TRUE;
}

static void remove_session(Fixture *fixture)
{
	Actor actor = { 0 };

	begin_client(fixture, &actor);
	request_deed(fixture, &actor, REMOVES);
	g_free(outcome_of(&actor));
	end_client(&actor);
	test_until(is_swept(fixture));
}

/* ---- cells */

static void set_up(Fixture *fixture, gconstpointer data)
{
	const Cell *cell = data;
	fixture->host.directory = g_dir_make_tmp("pss-pairs-XXXXXX", NULL);
	fixture->home = g_dir_make_tmp("pss-home-XXXXXX", NULL);
	fixture->cut = g_build_filename(fixture->home, "cut", NULL);
	fixture->gate_path = g_build_filename(fixture->home, "gate", NULL);
	g_autofree char *hush = g_build_filename(fixture->home, ".hushlogin", NULL);
	g_assert_true(g_file_set_contents(hush, "", 0, NULL));
	g_assert_cmpint(mkfifo(fixture->gate_path, 0600), ==, 0);
	fixture->gate = open(fixture->gate_path, O_RDWR | O_CLOEXEC);
	start_host(fixture);
	open_session(fixture, cell->kind);
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
	end_client(&fixture->first);
	end_client(&fixture->second);
	remove_session(fixture);
	end_host(fixture, SIGTERM);
	close(fixture->gate);
	g_autofree char *command = g_strdup_printf("rm -rf '%s' '%s'", fixture->home, fixture->host.directory);
	g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
	g_free(fixture->host.directory);
	g_free(fixture->home);
	g_free(fixture->cut);
	g_free(fixture->gate_path);
	g_free(fixture->instance);
}

static void expect_at_once(Actor *actor, const char *expected)
{
	if (expected && *expected != '+')
		expect(outcome_of(actor), expected);
}

static void expect_late(Actor *actor, const char *expected)
{
	if (expected && *expected == '+')
		expect(outcome_of(actor), expected + 1);
}

static void test_cell(Fixture *fixture, gconstpointer data)
{
	const Pair *pair = ((const Cell *)data)->pair;

	do_first(fixture, pair->first);
	do_second(fixture, pair->second, pair->second_outcome);
	expect_at_once(&fixture->second, pair->second_outcome);
	fixture->first.sits = fixture->first.sits && *pair->first_outcome == '+';
	expect_at_once(&fixture->first, pair->first_outcome);
	if (pair->second == TERM || pair->second == KILL)
		start_host(fixture);
	test_until(has_state(fixture, pair->state));
	g_assert_cmpint(write(fixture->gate, "open\n", 5), ==, 5);
	expect_late(&fixture->second, pair->second_outcome);
	expect_late(&fixture->first, pair->first_outcome);
	if (pair->rest)
		expect(receive_rest(fixture), pair->rest);
}

static void add_cells(Kinds kind, const char *name)
{
	static Cell cells[2 * 128];
	static gsize n;

	for (gsize i = 0; i < n_pairs; i++) {
		const Pair *pair = &pairs[i];
		if (!(pair->kinds & kind))
			continue;
		g_autofree char *path =
			g_strdup_printf("/pairs/%s/%s, %s", name, deeds[pair->first], deeds[pair->second]);
		cells[n] = (Cell){ pair, kind };
		g_test_add(path, Fixture, &cells[n], set_up, test_cell, tear_down);
		n++;
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	host_program = argv[1];
	add_cells(PLAIN, "plain");
	add_cells(RESILIENT, "resilient");
	return g_test_run();
}
