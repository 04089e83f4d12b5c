/* SPDX-License-Identifier: MIT */
/* The relay alone, run by each shell that may be a computer's `sh`; the test says what the session's shell says to it.
 * Whatever order the words come in, each input reaches the one that reads its fifo, and nobody else. */
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../harness/processes.h"
#include "remote/engine/engine.h"
#include "remote/protocol/script.h"
#include "remote/protocol/sources.h"

#define KEY "0123456789abcdef"
#define READY "\036" KEY "R"
#define WAIT_MS 60000

typedef struct {
	char *directory;
	GPid child;
	int input, output, errors, news; /* news: the fifo c1 */
} Relay;

static void write_script(const Relay *relay)
{
	g_autofree char *path = g_build_filename(relay->directory, "relay", NULL);
	g_autofree char *key = g_build_filename(relay->directory, "key", NULL);
	g_autoptr(GString) text = g_string_new(pss_source_relay);

	g_assert_true(g_file_set_contents(key, KEY "\n", -1, NULL));
	pss_script_number(text, "@INPUTS@", PSS_RELAY_INPUTS);
	g_assert_true(g_file_set_contents(path, text->str, -1, NULL));
}

/* Reads until `text` has come so many times, and nothing else. */
static void await(int fd, const char *text, guint times)
{
	g_autoptr(GString) got = g_string_new(NULL);
	struct pollfd entry = { .fd = fd, .events = POLLIN };

	for (;;) {
		guint n = 0;
		for (const char *at = got->str; (at = strstr(at, text)); at++)
			n++;
		if (n == times)
			break;
		g_assert_cmpint(n, <, times);
		char data[512];
		g_assert_cmpint(poll(&entry, 1, WAIT_MS), ==, 1);
		gssize length = read(fd, data, sizeof data);
		g_assert_cmpint(length, >, 0);
		g_string_append_len(got, data, length);
	}
	g_assert_cmpint(got->len, ==, times * strlen(text));
}

static int open_fifo(const Relay *relay, const char *name, int flags)
{
	g_autofree char *path = g_build_filename(relay->directory, name, NULL);
	int fd = g_open(path, flags | O_CLOEXEC, 0);

	g_assert_cmpint(fd, >=, 0);
	return fd;
}

/* What can be killed is then all in one session, and leads it or not. */
static void become_leader(gpointer user)
{
	setsid();
}

static void begin(Relay *relay, const char *const *shell)
{
	relay->directory = g_dir_make_tmp("pss-relay-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(relay->directory, "relay", NULL);
	const char *argv[5] = { shell[0] };
	guint n = 1;

	write_script(relay);
	if (shell[1])
		argv[n++] = shell[1];
	argv[n++] = path;
	argv[n] = "1";
	g_assert_true(g_spawn_async_with_pipes(NULL, (char **)argv, NULL,
					       G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, become_leader, NULL,
					       &relay->child, &relay->input, &relay->output, &relay->errors, NULL));
}

/* The relay is ready for its first input. */
static void start(Relay *relay, const char *const *shell)
{
	begin(relay, shell);
	await(relay->output, READY, 1);
	await(relay->errors, READY, 1);
	relay->news = open_fifo(relay, "c1", O_RDWR);
}

static void say(const Relay *relay, const char *words)
{
	g_assert_cmpint(write(relay->news, words, strlen(words)), ==, (gssize)strlen(words));
}

/* A shell has a word for what is killed; it is no output of a command. */
static void check_errors(const Relay *relay)
{
	static const char fence[] = "\036" KEY "F";
	char data[512];

	await(relay->errors, fence, 1);
	g_assert_cmpint(read(relay->errors, data, sizeof data), ==, 0);
}

static void clear(Relay *relay)
{
	const char *const argv[] = { "rm", "-rf", relay->directory, NULL };
	int status;

	g_close(relay->errors, NULL);
	g_close(relay->input, NULL);
	g_close(relay->output, NULL);
	g_assert_cmpint(waitpid(relay->child, &status, 0), ==, relay->child);
	g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
	g_free(relay->directory);
}

static void finish(Relay *relay)
{
	say(relay, "finish\n");
	await(relay->output, "\036" KEY "F", 1);
	check_errors(relay);
	g_close(relay->news, NULL);
	clear(relay);
}

/* What is sent now comes out of that fifo. */
static void check_input(const Relay *relay, const char *fifo)
{
	int fd = open_fifo(relay, fifo, O_RDONLY);

	g_assert_cmpint(write(relay->input, "for this one\n", 13), ==, 13);
	await(fd, "for this one\n", 1);
	g_close(fd, NULL);
}

static void test_unread(const char *const *shell)
{
	Relay relay;

	start(&relay, shell);
	say(&relay, "over 1\n");
	await(relay.output, READY, 1);
	say(&relay, "over 2\n");
	await(relay.output, READY, 1);
	check_input(&relay, "i1.3");
	finish(&relay);
}

/* One that was opened and not read: what carries it is still there when the next one begins. */
static void test_opened(const char *const *shell)
{
	Relay relay;

	start(&relay, shell);
	for (guint i = 1; i < PSS_RELAY_INPUTS; i++) {
		g_autofree char *fifo = g_strdup_printf("i1.%u", i);
		g_autofree char *over = g_strdup_printf("over %u\n", i);
		g_close(open_fifo(&relay, fifo, O_RDONLY), NULL);
		say(&relay, over);
		await(relay.output, READY, 1);
	}
	check_input(&relay, "i1." G_STRINGIFY(PSS_RELAY_INPUTS));
	finish(&relay);
}

/* The second invocation has been interrupted before anything that would carry its input was there. */
static void test_over_before_it_began(const char *const *shell)
{
	Relay relay;

	start(&relay, shell);
	say(&relay, "over 1\nover 2\n");
	await(relay.output, READY, 2);
	check_input(&relay, "i1.3");
	finish(&relay);
}

/* What carries it has not yet said who it is. */
static void test_over_before_it_is_known(const char *const *shell)
{
	Relay relay;

	start(&relay, shell);
	say(&relay, "over 1\n");
	g_close(open_fifo(&relay, "i1.2", O_RDONLY), NULL);
	say(&relay, "over 2\n");
	await(relay.output, READY, 2);
	check_input(&relay, "i1.3");
	finish(&relay);
}

/* It is ready for an input, or has ended. */
static void await_ready_or_end(const Relay *relay)
{
	struct pollfd entry = { .fd = relay->output, .events = POLLIN };
	char data[sizeof READY];
	gsize length = 0;

	while (length < strlen(READY)) {
		g_assert_cmpint(poll(&entry, 1, WAIT_MS), ==, 1);
		gssize n = read(relay->output, data + length, strlen(READY) - length);
		g_assert_cmpint(n, >=, 0);
		if (n == 0)
			return;
		length += (gsize)n;
	}
}

/* Kills it, where there are so many. */
static gboolean kill_process(const Relay *relay, guint number)
{
	g_autoptr(GArray) session = g_array_new(FALSE, FALSE, sizeof(int));

	g_array_append_val(session, relay->child);
	g_autoptr(GArray) processes = test_processes_find(session);
	if (number >= processes->len)
		return FALSE;
	const TestProcess *victim = &g_array_index(processes, TestProcess, number);
	g_test_message("%s %d, process %u of the relay %d", victim->name, victim->pid, number, (int)relay->child);
	kill(victim->pid, SIGKILL);
	return TRUE;
}

static void kill_all(Relay *relay)
{
	while (kill_process(relay, 0))
		;
	clear(relay);
}

/* Nobody waits for ever for the next input, whichever process is killed once the relay is ready. */
static void test_killed(const char *const *shell)
{
	gboolean found = TRUE;

	for (guint number = 0; found; number++) {
		Relay relay;
		start(&relay, shell);
		found = kill_process(&relay, number);
		say(&relay, "over 1\n");
		await_ready_or_end(&relay);
		g_close(relay.news, NULL);
		kill_all(&relay);
	}
}

/* The same in the course of its start: it comes to be ready, or ends. */
static void test_killed_as_it_begins(const char *const *shell)
{
	for (guint number = 0; number < 40; number++) {
		Relay relay;
		begin(&relay, shell);
		struct pollfd ready = { .fd = relay.output, .events = POLLIN };
		while (!kill_process(&relay, number % 7) && poll(&ready, 1, 0) == 0)
			;
		await_ready_or_end(&relay);
		kill_all(&relay);
	}
}

static const struct {
	const char *name;
	void (*run)(const char *const *shell);
} rows[] = {
	{ "inputs that nobody opens", test_unread },
	{ "inputs that nobody reads", test_opened },
	{ "over before it began", test_over_before_it_began },
	{ "over before it is known", test_over_before_it_is_known },
	{ "one of it is killed", test_killed },
	{ "one of it is killed as it begins", test_killed_as_it_begins },
};

static void run_rows(gconstpointer data)
{
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_test_message("%s", rows[i].name);
		rows[i].run(data);
	}
}

int main(int argc, char **argv)
{
	static const char *const shells[][2] = { { "dash" }, { "bash" }, { "busybox", "sh" }, { "ksh93" }, { "mksh" } };

	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(shells); i++) {
		g_autofree char *program = g_find_program_in_path(shells[i][0]);
		g_autofree char *path = g_strconcat("/relay/", shells[i][0], NULL);
		if (program)
			g_test_add_data_func(path, shells[i], run_rows);
	}
	return g_test_run();
}
