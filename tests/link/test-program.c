/* SPDX-License-Identifier: MIT */
/* The ssh program that -Transport ssh starts: whenever its login ends, and whatever it does with signals, it ends too.
 * A script stands for it, which never logs in. */
#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "link-harness.h"
#include "link-sshd.h"
#include "link/openssh/child-modes.h"
#include "link/openssh/transport-openssh.h"

typedef struct {
	char *directory, *started; /* a line with its process id for each */
	PssTarget *target;
	LinkRecord link;
} Fixture;

static void write_script(const Fixture *f, const char *first)
{
	g_autofree char *path = g_build_filename(f->directory, "ssh", NULL);
	g_autofree char *text = g_strdup_printf("#!/bin/sh\n"
						"for word; do [ \"$word\" != -G ] || exec /usr/bin/ssh \"$@\"; done\n"
						"%s\necho $$ >>%s\nexec tail -f /dev/null\n",
						first, f->started);

	g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_NONE, 0700, NULL);
}

static void set_up(Fixture *f, gconstpointer first)
{
	g_autofree char *path = NULL;

	f->directory = g_dir_make_tmp("pss-program-XXXXXX", NULL);
	f->started = g_build_filename(f->directory, "started", NULL);
	write_script(f, first);
	path = g_strdup_printf("%s:/usr/bin:/bin", f->directory);
	link_record_init(&f->link);
	f->target = link_target("127.0.0.1");
	f->target->config_file = g_strdup("none");
	link_target_setenv(f->target, "PATH", path);
}

static GArray *started(const Fixture *f)
{
	GArray *pids = g_array_new(FALSE, FALSE, sizeof(pid_t));
	g_autofree char *text = NULL;

	if (!g_file_get_contents(f->started, &text, NULL, NULL))
		return pids;
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line && **line; line++) {
		pid_t pid = (pid_t)atol(*line);
		g_array_append_val(pids, pid);
	}
	return pids;
}

static guint n_started(const Fixture *f)
{
	g_autoptr(GArray) pids = started(f);

	return pids->len;
}

static gboolean all_have_ended(const Fixture *f)
{
	g_autoptr(GArray) pids = started(f);

	for (guint i = 0; i < pids->len; i++)
		if (kill(g_array_index(pids, pid_t, i), 0) == 0 || errno != ESRCH)
			return FALSE;
	return TRUE;
}

static void tear_down(Fixture *f, gconstpointer unused)
{
	pss_target_free(f->target);
	link_record_finish(&f->link);
	wait_for(all_have_ended(f), 10);
	sshd_remove_all(f->directory);
	g_free(f->directory);
	g_free(f->started);
}

static void start(Fixture *f)
{
	f->link.transport = pss_transport_program_new(g_steal_pointer(&f->target), &link_events, &f->link);
	pss_transport_connect(f->link.transport);
}

static void late(Fixture *f, gconstpointer unused)
{
	f->target->connect_timeout_ms = 1500;
	start(f);
	wait_for(f->link.n_lost, 20);
	g_assert_error(f->link.lost, PSS_ERROR, PSS_UNREACHABLE);
	g_assert_cmpuint(n_started(f), ==, 1);
	wait_for(all_have_ended(f), 10);
}

static void left(Fixture *f, gconstpointer unused)
{
	start(f);
	wait_for(n_started(f), 20);
	pss_transport_free(g_steal_pointer(&f->link.transport));
	wait_for(all_have_ended(f), 10);
}

static gboolean has_children(void)
{
	siginfo_t info;

	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/* A thread has its name as soon as it runs, not yet when it is made. */
static guint n_threads(const char *name)
{
	g_autoptr(GDir) tasks = g_dir_open("/proc/self/task", 0, NULL);
	const char *task;
	guint n = 0;

	while ((task = g_dir_read_name(tasks))) {
		g_autofree char *path = g_build_filename("/proc/self/task", task, "comm", NULL), *text = NULL;
		n += !name || (g_file_get_contents(path, &text, NULL, NULL) && g_str_has_prefix(text, name));
	}
	return n;
}

static void wait_for_no_worker(void)
{
	for (int i = 0; n_threads("pss-worker") > 0; i++) {
		g_assert_cmpint(i, <, 2000);
		g_usleep(10 * 1000);
	}
}

static void wait_for_threads(guint n)
{
	for (int i = 0; n_threads(NULL) != n; i++) {
		g_assert_cmpint(i, <, 2000);
		g_usleep(10 * 1000);
	}
}

/* The main loop has other things to do until it is too late. */
static void busy(Fixture *f, gconstpointer unused)
{
	wait_for_no_worker(); /* of those before, which wait for more to do */
	guint n = n_threads(NULL);

	f->target->connect_timeout_ms = 1;
	start(f);
	run_pending();
	g_assert_cmpuint(n_threads(NULL), >, n);
	wait_for_threads(n);
	wait_for(f->link.n_lost, 10);
	g_assert_error(f->link.lost, PSS_ERROR, PSS_UNREACHABLE);
	g_assert_false(has_children());
}

/* A child of the main thread: that of `ssh -G` is another's. */
static gboolean ssh_runs(void)
{
	g_autofree char *path = g_strdup_printf("/proc/self/task/%d/children", (int)getpid()), *pids = NULL;

	return g_file_get_contents(path, &pids, NULL, NULL) && *pids;
}

/* In the very moment in which it is started. */
static void left_at_once(Fixture *f, gconstpointer unused)
{
	for (int i = 0; i < 20; i++) {
		g_autoptr(PssTarget) target = pss_target_copy(f->target);
		LinkRecord record;
		link_record_init(&record);
		record.transport = pss_transport_program_new(g_steal_pointer(&target), &link_events, &record);
		pss_transport_connect(record.transport);
		wait_for(ssh_runs(), 10);
		link_record_finish(&record);
		wait_for(!has_children(), 10);
	}
}

int main(int argc, char **argv)
{
	static const char deaf[] = "trap '' TERM";

	if (argc > 3 && g_str_equal(argv[1], "--tied"))
		return pss_program_tied(argv + 2);
	g_test_init(&argc, &argv, NULL);
#define ADD(name, extra, function) g_test_add("/program/" name, Fixture, extra, set_up, function, tear_down)
	ADD("one that is late", "", late);
	ADD("one that is late and takes no SIGTERM", deaf, late);
	ADD("one whose person leaves", "", left);
	ADD("one whose person leaves, and which takes no SIGTERM", deaf, left);
	ADD("one whose person leaves at once", "", left_at_once);
	ADD("none is started for somebody who has given up", "", busy);
	return g_test_run();
}
