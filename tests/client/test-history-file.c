/* SPDX-License-Identifier: MIT */
/* The history file of a remote: entries come back as they were, files stay short and private, and what somebody has
 * planted is left alone. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../harness/tap.h"
#include "client/prompt/history.h"

static char directory[] = "/tmp/pss-entered-XXXXXX";

static int load(struct pss_history *history, size_t limit)
{
	return pss_history_load(directory, "/nonexistent", "ann@web1:22", limit, history);
}

static char *history_path(void)
{
	static char path[200];

	snprintf(path, sizeof(path), "%s/pssession/history/ann@web1%%3A22", directory);
	return path;
}

static void test_history_round_trip(void)
{
	static const char *const entries[] = { "ls",
					       "for i in 1 2; do\n  echo $i\ndone",
					       "echo \\\\",
					       "tail \\",
					       "a \\\nb \\\\\nc\\\\\\",
					       "\n",
					       "x\n\ny",
					       "  blanks  ",
					       "\xff\xfe\x01",
					       "#1690000000",
					       "a\n" };
	size_t n = sizeof(entries) / sizeof(entries[0]);
	struct pss_history history;
	struct stat status;
	bool good = true;

	check(load(&history, 100) == 0 && history.n_entries == 0, "history: none at first");
	for (size_t i = 0; i < n; i++)
		good = good && pss_history_append(&history, entries[i]) == 0;
	check(good, "history: entries are appended");
	pss_history_finish(&history);
	check(load(&history, 100) == 0 && history.n_entries == n, "history: all are read back");
	for (size_t i = 0; i < n && i < history.n_entries; i++)
		check(strcmp(history.entries[i], entries[i]) == 0, "history: an entry reads back as it was");
	pss_history_finish(&history);
	check(stat(history_path(), &status) == 0 && (status.st_mode & 0777) == 0600, "history: the file is ours alone");
}

static void test_history_bounds(void)
{
	struct pss_history history;
	char line[32];

	load(&history, 10);
	for (int i = 0; i < 50; i++) {
		snprintf(line, sizeof(line), "line %d", i);
		pss_history_append(&history, line);
	}
	pss_history_finish(&history);
	check(load(&history, 10) == 0 && history.n_entries == 10 && strcmp(history.entries[9], "line 49") == 0 &&
		      strcmp(history.entries[0], "line 40") == 0,
	      "history: the last ten of many");
	pss_history_finish(&history);
	check(load(&history, 1000) == 0 && history.n_entries == 10, "history: the file was shortened");
	pss_history_finish(&history);
	check(load(&history, 0) == 0 && history.n_entries == 0 && pss_history_append(&history, "secret") == 0,
	      "history: a limit of 0 reads nothing");
	pss_history_finish(&history);
	load(&history, 1000);
	check(history.n_entries == 10, "history: and writes nothing");
	pss_history_finish(&history);
	check(pss_history_limit(NULL, 7) == 7 && pss_history_limit("12", 7) == 12 &&
		      pss_history_limit("-1", 7) == PSS_HISTORY_UNLIMITED &&
		      pss_history_limit("x", 7) == PSS_HISTORY_UNLIMITED && pss_history_limit("0", 7) == 0,
	      "history: limits as bash takes them");
}

static void test_history_is_careful(void)
{
	struct pss_history history;
	char *path = history_path();
	struct stat status;
	int fd;

	fd = open(path, O_WRONLY | O_TRUNC);
	check(write(fd, "whole\ncut off", 13) == 13, "history: half a line");
	close(fd);
	chmod(path, 0644);
	load(&history, 10);
	check(history.n_entries == 2, "history: half a line at the end is read");
	pss_history_append(&history, "next");
	pss_history_finish(&history);
	load(&history, 10);
	check(history.n_entries == 3 && strcmp(history.entries[2], "next") == 0,
	      "history: the next entry begins a line");
	pss_history_finish(&history);
	check(stat(path, &status) == 0 && (status.st_mode & 0777) == 0600, "history: an open file is closed to others");
	unlink(path);
	check(symlink("/etc/passwd", path) == 0, "history: a planted symlink");
	check(load(&history, 10) == -EPERM && history.n_entries == 0, "history: is not read");
	check(pss_history_append(&history, "x") == 0 && lstat(path, &status) == 0 && S_ISLNK(status.st_mode),
	      "history: nor written to");
	pss_history_finish(&history);
	unlink(path);
	check(mkfifo(path, 0600) == 0 && load(&history, 10) < 0, "history: a FIFO does not hang it");
	pss_history_finish(&history);
	unlink(path);
}

static void test_history_names(void)
{
	char key[600];
	char *name, *other;

	check_text(pss_history_file_name("ann@web1.example:22"), "ann@web1.example%3A22", "history: the file's name");
	check_text(pss_history_file_name("../../etc/x"), "%2E.%2F..%2Fetc%2Fx", "history: a name cannot climb");
	memset(key, 'h', sizeof(key));
	key[sizeof(key) - 1] = '\0';
	name = pss_history_file_name(key);
	key[sizeof(key) - 2] = 'i';
	other = pss_history_file_name(key);
	check(strlen(name) < 255 && strlen(other) < 255 && strcmp(name, other) != 0, "history: long names stay apart");
	free(name);
	free(other);
}

static void remove_files(void)
{
	char path[200];
	static const char *const names[] = { "pssession/history", "pssession", "" };

	unlink(history_path());
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		rmdir(path);
	}
}

int main(void)
{
	if (!mkdtemp(directory))
		return 99;
	test_history_round_trip();
	test_history_bounds();
	test_history_is_careful();
	test_history_names();
	remove_files();
	return check_end();
}
