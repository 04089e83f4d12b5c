/* SPDX-License-Identifier: MIT */
/* What a user names is read to its end whatever signals come: a handler of the shell's or of a trap cuts the call short
 * again and again, and does what ends the waiting only then. */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include "client/base/file.h"
#include "client/base/strings.h"

#define LAST_TICK 3

static volatile sig_atomic_t n_ticks;
static const char *fifo; /* the writer's end is opened with the last tick */
static int writer;

static void on_tick(int number)
{
	int error = errno;

	if (++n_ticks == LAST_TICK) {
		writer = open(fifo, O_RDWR | O_CLOEXEC); /* which does not wait for the reader */
		if (write(writer, "one\n two\n", 9) != 9)
			_exit(1);
	} else if (n_ticks == 2 * LAST_TICK) {
		close(writer);
	}
	errno = error;
}

static void set_ticks(suseconds_t microseconds)
{
	const struct itimerval every = { { 0, microseconds }, { 0, microseconds } };

	g_assert_cmpint(setitimer(ITIMER_REAL, &every, NULL), ==, 0);
}

static void begin(char **ret_directory)
{
	const struct sigaction action = { .sa_handler = on_tick };

	*ret_directory = g_dir_make_tmp("pss-file-XXXXXX", NULL);
	fifo = g_build_filename(*ret_directory, "fifo", NULL);
	g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
	g_assert_cmpint(sigaction(SIGALRM, &action, NULL), ==, 0);
	n_ticks = 0;
	set_ticks(20000);
}

static void end(char *directory)
{
	set_ticks(0);
	g_unlink(fifo);
	g_rmdir(directory);
	g_free((char *)fifo);
	g_free(directory);
}

static void signals_cut_nothing_short(void)
{
	struct pss_texts texts = { 0 };
	char *directory;

	begin(&directory);
	g_assert_cmpint(pss_texts_read(&texts, fifo, NULL), ==, 0);
	g_assert_cmpint(n_ticks, >=, 2 * LAST_TICK);
	g_assert_cmpuint(texts.n_items, ==, 2);
	g_assert_cmpstr(texts.items[0], ==, "one");
	g_assert_cmpstr(texts.items[1], ==, "two");
	pss_texts_finish(&texts);
	end(directory);
}

static bool is_interrupted(void)
{
	return n_ticks > LAST_TICK + 1;
}

static void an_interrupt_ends_it(void)
{
	struct pss_texts texts = { 0 };
	char *directory;

	begin(&directory);
	g_assert_cmpint(pss_texts_read(&texts, fifo, is_interrupted), ==, -EINTR);
	close(writer);
	end(directory);
}

static void a_limit_is_an_error(void)
{
	const struct rlimit small = { 10, RLIM_INFINITY };
	struct rlimit before;
	char *directory = g_dir_make_tmp("pss-file-XXXXXX", NULL), *path = g_build_filename(directory, "file", NULL);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	getrlimit(RLIMIT_FSIZE, &before);
	g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &small), ==, 0);
	g_assert_cmpint(pss_file_write(fd, "12345678", 8), ==, 0);
	g_assert_cmpint(pss_file_write(fd, "12345678", 8), ==, -EFBIG);
	setrlimit(RLIMIT_FSIZE, &before);
	close(fd);
	g_unlink(path);
	g_rmdir(directory);
	g_free(path);
	g_free(directory);
}

static void what_is_too_much_is_an_error(void)
{
	char *text = NULL;
	size_t n = 0;
	int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);

	g_assert_cmpint(pss_file_read_all(fd, 1 << 20, NULL, &text, &n), ==, -EFBIG);
	close(fd);
	g_assert_null(text);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/file/signals cut nothing short", signals_cut_nothing_short);
	g_test_add_func("/file/an interrupt ends it", an_interrupt_ends_it);
	g_test_add_func("/file/a limit of its size is an error", a_limit_is_an_error);
	g_test_add_func("/file/what is too much is an error", what_is_too_much_is_an_error);
	return g_test_run();
}
