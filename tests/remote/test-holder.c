/* SPDX-License-Identifier: MIT */
/* A holder alone, in each of its languages; the test is its clients. What one client said that nobody has seen outlives
 * all that take over behind it, whether they confirm or not. */
#include <glib.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "remote/protocol/sources.h"

#define NAME "0123456789abcdef0123456789abcdef"
#define WAIT_MS 60000
#define UNSEEN "u 2 6\nhello\n"

typedef struct {
	const char *program, *source;
} Keeper;

typedef struct {
	int in, out;
	GString *got; /* behind the greeting */
	guint64 have, start;
} Client;

typedef struct {
	char *directory;
	GPid pid;
	Client first;
} Holder;

/* ---- one client */

static void say(const Client *client, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void say(const Client *client, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_autofree char *text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	g_assert_cmpint(write(client->in, text, strlen(text)), ==, (gssize)strlen(text));
}

static void read_more(Client *client)
{
	struct pollfd entry = { .fd = client->out, .events = POLLIN };
	char data[4096];

	g_assert_cmpint(poll(&entry, 1, WAIT_MS), ==, 1);
	gssize n = read(client->out, data, sizeof data);
	g_assert_cmpint(n, >, 0);
	g_string_append_len(client->got, data, n);
}

static const char *await(Client *client, const char *text)
{
	const char *at;

	while (!(at = strstr(client->got->str, text)))
		read_more(client);
	return at;
}

static void greet(Client *client, const char *count, const char *who)
{
	unsigned long long have, start;

	client->got = g_string_new(NULL);
	say(client, "@ %s %s me 3\n", count, who);
	const char *end = await(client, "\n");
	g_assert_cmpint(sscanf(client->got->str, "\036" NAME " h %llu %llu ", &have, &start), ==, 2);
	client->have = have;
	client->start = start;
	g_string_erase(client->got, 0, end + 1 - client->got->str);
}

/* What was said has been obeyed, where something that is numbered was behind it. */
static void await_obedience(Client *client)
{
	g_autofree char *said = g_strdup_printf("a %" G_GUINT64_FORMAT " 0\n", client->have);

	say(client, "H\n");
	await(client, said);
}

static void leave(Client *client)
{
	g_string_free(client->got, TRUE);
	if (client->in != client->out)
		close(client->in);
	close(client->out);
}

static Client take_over(const Holder *holder, const char *who)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	Client client = { .in = fd, .out = fd };

	g_snprintf(address.sun_path, sizeof address.sun_path, "%s/s", holder->directory);
	g_assert_cmpint(connect(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
	greet(&client, "-", who);
	return client;
}

/* ---- the holder */

static void write_program(Holder *holder, const Keeper *keeper)
{
	g_autoptr(GError) error = NULL;

	holder->directory = g_dir_make_tmp("pss-holder-XXXXXX", &error);
	g_assert_no_error(error);
	g_autofree char *path = g_build_filename(holder->directory, "holder", NULL);
	g_assert_true(g_file_set_contents(path, keeper->source, -1, NULL));
}

static void run(Holder *holder, const char *const *argv)
{
	g_autoptr(GError) error = NULL;

	g_spawn_async_with_pipes(holder->directory, (char **)argv, NULL,
				 G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &holder->pid,
				 &holder->first.in, &holder->first.out, NULL, &error);
	g_assert_no_error(error);
}

static void begin(Holder *holder, const Keeper *keeper)
{
	write_program(holder, keeper);
	run(holder, (const char *const[]){ keeper->program, "holder", NAME, "7200", "0022", NULL });
	greet(&holder->first, "0", "one");
}

/* It has gone when its last link ends. */
static void end(Holder *holder, Client *last)
{
	char data[256];

	say(last, "%" G_GUINT64_FORMAT " x\n", last->have + 1);
	while (read(last->out, data, sizeof data) > 0)
		;
	leave(last);
	g_assert_cmpint(waitpid(holder->pid, NULL, 0), ==, holder->pid);
	g_assert_false(g_file_test(holder->directory, G_FILE_TEST_EXISTS));
	g_free(holder->directory);
}

/* The first client has received "hello", confirmed it, and shown it to nobody. */
static void leave_unseen(Holder *holder)
{
	Client *client = &holder->first;

	say(client, "1 p 1 echo\\040hello\n");
	guint64 from = (guint64)(await(client, "\nhello\n") + 1 - client->got->str);
	say(client, "2 u 2 1 1 %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT "\n", from, from + 6);
	say(client, "A %" G_GUINT64_FORMAT "\n3 i 7200\n", from + 6);
	client->have = 3;
	await_obedience(client);
	leave(client);
}

static void confirm_unseen(Client *client)
{
	say(client, "A %" G_GUINT64_FORMAT "\n", client->start + strlen(UNSEEN));
	say(client, "%" G_GUINT64_FORMAT " i 7200\n", ++client->have);
	await_obedience(client);
}

static void outlives_clients(gconstpointer keeper)
{
	static const struct {
		const char *who;
		gboolean confirms;
	} others[] = { { "two", FALSE }, { "three", FALSE }, { "four", TRUE }, { "five", TRUE }, { "six", FALSE } };
	Holder holder;

	begin(&holder, keeper);
	leave_unseen(&holder);
	for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
		Client client = take_over(&holder, others[i].who);
		g_assert_true(await(&client, UNSEEN) == client.got->str);
		if (others[i].confirms)
			confirm_unseen(&client);
		leave(&client);
	}
	/* Seen now. */
	Client last = take_over(&holder, "seven");
	say(&last, "%" G_GUINT64_FORMAT " v 2 6\n", ++last.have);
	confirm_unseen(&last);
	leave(&last);
	last = take_over(&holder, "eight");
	say(&last, "%" G_GUINT64_FORMAT " i 7200\n", ++last.have);
	await_obedience(&last);
	g_assert_null(strstr(last.got->str, "hello"));
	end(&holder, &last);
}

/* A shell that has been asked to go does so, as far as that is not for long, before its terminal is taken from it. */
static void terminal_goes_first(gconstpointer keeper)
{
	Holder holder;
	g_autofree char *place = g_dir_make_tmp("pss-asked-XXXXXX", NULL);
	g_autofree char *asks = g_build_filename(place, "asks", NULL), *went = g_build_filename(place, "went", NULL);
	g_autofree char *text = NULL;

	g_assert_cmpint(mkfifo(asks, 0600), ==, 0);
	begin(&holder, keeper);
	say(&holder.first,
	    "1 o 1 80 24 xterm exec sh -c 'trap \"echo hung up >%s; exit\" HUP; echo there; read x <%s; "
	    "while [ \"${i=1}\" -lt 20000 ]; do i=$((i + 1)); done; echo asked >%s'\n",
	    went, asks, went);
	holder.first.have = 1;
	await(&holder.first, "there\r\n");
	int fd = open(asks, O_RDWR | O_CLOEXEC);
	g_assert_cmpint(write(fd, "go\n", 3), ==, 3);
	end(&holder, &holder.first);
	g_assert_true(g_file_get_contents(went, &text, NULL, NULL));
	g_assert_cmpstr(text, ==, "asked\n");
	close(fd);
	g_unlink(asks);
	g_unlink(went);
	g_rmdir(place);
}

/* ---- streams */

#define INPUT_LINES 256
#define LINE_BYTES 16384

static void write_all(int fd, const char *bytes, gsize n)
{
	while (n > 0) {
		gssize written = write(fd, bytes, n);
		g_assert_cmpint(written, >, 0);
		bytes += written;
		n -= (gsize)written;
	}
}

/* The sum of what frames `t` of child 1 say, and how many they are. */
static guint64 sum_of_taken(const Client *client, guint *ret_frames)
{
	guint64 sum = 0;

	*ret_frames = 0;
	for (const char *at = client->got->str; (at = strstr(at, "t 1 ")); at += 4) {
		sum += g_ascii_strtoull(at + 4, NULL, 10);
		++*ret_frames;
	}
	return sum;
}

/* What a child takes is not said piece by piece: each time costs a packet, and wakes all that is on the way. */
static void says_seldom_what_is_taken(gconstpointer keeper)
{
	static char bytes[LINE_BYTES];
	Holder holder;
	guint n_frames;

	begin(&holder, keeper);
	Client *client = &holder.first;
	say(client, "1 p 1 exec\\040cat\\040>/dev/null\n");
	for (guint i = 0; i < INPUT_LINES; i++) {
		say(client, "%u b 1 %u\n", i + 2, LINE_BYTES);
		write_all(client->in, bytes, LINE_BYTES);
	}
	client->have = INPUT_LINES + 1;
	while (sum_of_taken(client, &n_frames) < INPUT_LINES * LINE_BYTES)
		read_more(client);
	/* One for 128 KiB, and some for what came late. */
	g_assert_cmpuint(n_frames, <=, INPUT_LINES * LINE_BYTES / (128 * 1024) * 3 / 2);
	end(&holder, client);
}

/* ---- what is dropped */

#define LINES_A_MARK 100
#define MARKS 6000

static char *make_flood(void)
{
	GString *flood = g_string_new(NULL);

	for (guint mark = 0; mark < MARKS; mark++) {
		g_string_append_printf(flood, "\036%032x<", mark);
		for (guint line = 0; line < LINES_A_MARK; line++)
			g_string_append_printf(flood, "%u\n", mark * LINES_A_MARK + line);
	}
	return g_string_free(flood, FALSE);
}

static void await_file(const char *path)
{
	gint64 deadline = g_get_monotonic_time() + WAIT_MS * G_TIME_SPAN_MILLISECOND;

	while (!g_file_test(path, G_FILE_TEST_EXISTS)) {
		g_assert_cmpint(g_get_monotonic_time(), <, deadline);
		g_usleep(5 * G_TIME_SPAN_MILLISECOND);
	}
}

/* All frames up to the child's end: its output, and how much of it was dropped. */
static GString *read_child(Client *client, guint64 *ret_dropped)
{
	GString *output = g_string_new(NULL);
	gsize at = 0;

	*ret_dropped = 0;
	for (;;) {
		unsigned long long number, n;
		const char *line, *end;
		while (!(end = memchr(client->got->str + at, '\n', client->got->len - at)))
			read_more(client);
		line = client->got->str + at;
		at = (gsize)(end + 1 - client->got->str);
		if (*line == 'x')
			return output;
		if (sscanf(line + 1, " %llu %llu\n", &number, &n) != 2 || number != 1)
			continue;
		if (*line == 'l')
			*ret_dropped += n;
		if (*line != '1')
			continue;
		while (client->got->len - at < n)
			read_more(client);
		g_string_append_len(output, client->got->str + at, (gssize)n);
		at += n;
	}
}

/* Where half of one stood at the end of what was read and dropped, too. */
static void assert_marks(const GString *output)
{
	const char *at = output->str;
	guint mark = 0;

	for (; (at = memchr(at, '\036', (gsize)(output->str + output->len - at))); at++) {
		g_autofree char *wanted = g_strdup_printf("\036%032x<", mark++);
		g_assert_true(g_str_has_prefix(at, wanted));
	}
	g_assert_cmpuint(mark, ==, MARKS);
}

static void drops_and_keeps_marks(gconstpointer keeper)
{
	Holder holder;
	g_autoptr(GError) error = NULL;
	g_autofree char *place = g_dir_make_tmp("pss-flood-XXXXXX", &error);
	g_autofree char *flood = make_flood();
	g_autofree char *gate = g_build_filename(place, "gate", NULL);
	g_autofree char *file = g_build_filename(place, "flood", NULL);
	g_autofree char *through = g_build_filename(place, "through", NULL);

	g_assert_no_error(error);
	g_assert_true(g_file_set_contents(file, flood, -1, NULL));
	g_assert_cmpint(mkfifo(gate, 0600), ==, 0);
	begin(&holder, keeper);
	say(&holder.first, "1 p 1 cat %s %s && : >%s\n2 k 1 1\n", gate, file, through);
	holder.first.have = 2;
	await_obedience(&holder.first);
	leave(&holder.first);
	g_assert_cmpint(close(open(gate, O_WRONLY | O_CLOEXEC)), ==, 0);
	await_file(through);

	Client second = take_over(&holder, "two");
	guint64 dropped;
	g_autoptr(GString) output = read_child(&second, &dropped);
	g_assert_cmpuint(dropped, >, 0);
	g_assert_cmpuint(output->len + dropped, ==, strlen(flood));
	assert_marks(output);
	end(&holder, &second);
	g_unlink(through);
	g_unlink(file);
	g_unlink(gate);
	g_rmdir(place);
}

/* ---- what carries a further link; the test is the holder, too */

static int listen_there(const Holder *holder)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	g_snprintf(address.sun_path, sizeof address.sun_path, "%s/s", holder->directory);
	g_assert_cmpint(bind(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
	g_assert_cmpint(listen(fd, 1), ==, 0);
	return fd;
}

/* The other end of the link, where something has been read, and passed on. */
static int begin_link(Holder *holder, const Keeper *keeper)
{
	char data[16];

	write_program(holder, keeper);
	int listener = listen_there(holder);
	run(holder, (const char *const[]){ keeper->program, "holder", NAME, "resume", NULL });
	int peer = accept(listener, NULL, NULL);
	close(listener);
	holder->first.got = g_string_new(NULL);
	say(&holder->first, "up\n");
	g_assert_cmpint(read(peer, data, sizeof data), ==, 3);
	return peer;
}

/* All that it had to say has come, and that is no failure. */
static void end_link(Holder *holder)
{
	int status;

	await(&holder->first, "down\n");
	g_assert_cmpint(waitpid(holder->pid, &status, 0), ==, holder->pid);
	g_assert_cmpint(status, ==, 0);
	leave(&holder->first);
	for (const char *const *name = (const char *const[]){ "s", "holder", NULL }; *name; name++) {
		g_autofree char *path = g_build_filename(holder->directory, *name, NULL);
		g_unlink(path);
	}
	g_rmdir(holder->directory);
	g_free(holder->directory);
}

static void says_on_closing(int peer)
{
	g_assert_cmpint(write(peer, "down\n", 5), ==, 5);
	close(peer);
}

/* As where another client has it: the reason, and an end, while lines still come. */
static void closes_before_it_is_written_to(gconstpointer keeper)
{
	Holder holder;
	int peer = begin_link(&holder, keeper);

	kill(holder.pid, SIGSTOP);
	g_assert_cmpint(waitpid(holder.pid, NULL, WUNTRACED), ==, holder.pid);
	say(&holder.first, "more\n");
	says_on_closing(peer);
	kill(holder.pid, SIGCONT);
	end_link(&holder);
}

/* A line that comes behind its end. */
static void closes_with_lines_unread(gconstpointer keeper)
{
	Holder holder;
	struct pollfd entry = { .fd = begin_link(&holder, keeper), .events = POLLIN };

	say(&holder.first, "more\n");
	g_assert_cmpint(poll(&entry, 1, WAIT_MS), ==, 1);
	says_on_closing(entry.fd);
	end_link(&holder);
}

int main(int argc, char **argv)
{
	static const Keeper perl = { "perl", pss_source_holder_perl }, python = { "python3", pss_source_holder_python };

	g_test_init(&argc, &argv, NULL);
	g_test_add_data_func("/holder/in Perl: what nobody has seen outlives clients", &perl, outlives_clients);
	g_test_add_data_func("/holder/in Python: what nobody has seen outlives clients", &python, outlives_clients);
	g_test_add_data_func("/holder/in Perl: terminals go first", &perl, terminal_goes_first);
	g_test_add_data_func("/holder/in Python: terminals go first", &python, terminal_goes_first);
	g_test_add_data_func("/holder/in Perl: it says seldom what is taken", &perl, says_seldom_what_is_taken);
	g_test_add_data_func("/holder/in Python: it says seldom what is taken", &python, says_seldom_what_is_taken);
	g_test_add_data_func("/holder/in Perl: what it drops is counted, its marks are kept", &perl,
			     drops_and_keeps_marks);
	g_test_add_data_func("/holder/in Python: what it drops is counted, its marks are kept", &python,
			     drops_and_keeps_marks);
	g_test_add_data_func("/holder/in Perl: it closes before it is written to", &perl,
			     closes_before_it_is_written_to);
	g_test_add_data_func("/holder/in Python: it closes before it is written to", &python,
			     closes_before_it_is_written_to);
	g_test_add_data_func("/holder/in Perl: it closes with lines unread", &perl, closes_with_lines_unread);
	g_test_add_data_func("/holder/in Python: it closes with lines unread", &python, closes_with_lines_unread);
	return g_test_run();
}
