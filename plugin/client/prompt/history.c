/* SPDX-License-Identifier: MIT */
/* The per-computer history file. Read once when a computer is entered, appended to after each line;
 * several terminals may do so at once. Used by the entered loop alone. Follows no symlink, never opens
 * what is not ours, and leaves an old file whole when anything goes wrong. */
#include "client/prompt/history.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "client/base/fd.h"
#include "wire/buffer.h"
#include "wire/cleanup.h"

#define FILE_NAME_LONG 200
#define FILE_SIZE_MAX (64u << 20)
#define LOCK_TRIES 100
#define LOCK_PAUSE_NS 10000000 /* 10 ms */

size_t pss_history_limit(const char *text, size_t fallback)
{
	char *end;
	long long value;

	if (!text)
		return fallback;
	errno = 0;
	value = strtoll(text, &end, 10);
	if (end == text || *end || errno || value < 0)
		return PSS_HISTORY_UNLIMITED;
	return (size_t)value;
}

static uint64_t hash(const char *text)
{
	uint64_t value = 0xcbf29ce484222325u; /* FNV-1a */

	for (; *text; text++)
		value = (value ^ (unsigned char)*text) * 0x100000001b3u;
	return value;
}

char *pss_history_file_name(const char *key)
{
	char *name = malloc(3 * strlen(key) + 2 + 16);
	size_t n = 0;

	if (!name)
		return NULL;
	for (const char *at = key; *at; at++) {
		bool plain = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9') ||
			     (strchr("@_-", *at) != NULL) || (*at == '.' && at > key);

		n += (size_t)sprintf(name + n, plain ? "%c" : "%%%02X", (unsigned char)*at);
	}
	if (n > FILE_NAME_LONG)
		sprintf(name + FILE_NAME_LONG, "~%016llx", (unsigned long long)hash(key));
	return name;
}

/* Opens, or makes, a directory of pssession's below `parent`. */
static int enter_directory(int parent, const char *name, bool ours)
{
	struct stat status;
	int fd;

	if (mkdirat(parent, name, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(parent, name, O_DIRECTORY | O_RDONLY | O_CLOEXEC | (ours ? O_NOFOLLOW : 0));
	if (fd < 0)
		return -errno;
	if (!ours)
		return fd;
	if (fstat(fd, &status) < 0 || status.st_uid != geteuid() || ((status.st_mode & 077) && fchmod(fd, 0700) < 0)) {
		close(fd);
		return -EPERM;
	}
	return fd;
}

static int enter_path(const char *const *names, size_t n_ours, size_t n_names)
{
	int fd = AT_FDCWD;

	for (size_t i = 0; i < n_names; i++) {
		int next = enter_directory(fd, names[i], i + n_ours >= n_names);

		if (fd >= 0)
			close(fd);
		if (next < 0)
			return next;
		fd = next;
	}
	return fd;
}

static int open_directory(const char *state_home, const char *home)
{
	int low;

	if (state_home && *state_home == '/')
		low = enter_path((const char *const[]){ state_home, "pssession", "history" }, 2, 3);
	else if (home && *home == '/')
		low = enter_path((const char *const[]){ home, ".local", "state", "pssession", "history" }, 2, 5);
	else
		return -ENOENT;
	if (low < 0)
		return low;
	return pss_descriptor_raise(low);
}

/* One lock for the whole directory: it outlives the renaming of files in it. */
static int lock_directory(int directory)
{
	for (int i = 0; i < LOCK_TRIES; i++) {
		struct timespec pause = { .tv_nsec = LOCK_PAUSE_NS };

		if (flock(directory, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		nanosleep(&pause, NULL);
	}
	return -ETIMEDOUT;
}

static int open_ours(const struct pss_history *history, int flags)
{
	struct stat status;
	int fd = openat(history->directory, history->file, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno == ELOOP ? -EPERM : -errno;
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || status.st_uid != geteuid() ||
	    ((status.st_mode & 077) && fchmod(fd, 0600) < 0)) {
		close(fd);
		return -EPERM;
	}
	return fd;
}

static int read_all(int fd, struct pss_buffer *buffer)
{
	for (;;) {
		unsigned char *room = pss_buffer_reserve(buffer, 65536);
		ssize_t n;

		if (!room || buffer->length > FILE_SIZE_MAX)
			return -EFBIG;
		n = read(fd, room, 65536);
		if (n == 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			pss_buffer_commit(buffer, (size_t)n);
	}
}

static int write_all(int fd, const void *data, size_t n)
{
	const char *rest = data;

	while (n > 0) {
		ssize_t moved = write(fd, rest, n);

		if (moved < 0 && errno != EINTR)
			return -errno;
		if (moved > 0) {
			rest += moved;
			n -= (size_t)moved;
		}
	}
	return 0;
}

static size_t trailing_backslashes(const char *line, size_t n)
{
	size_t count = 0;

	while (count < n && line[n - 1 - count] == '\\')
		count++;
	return count;
}

/* The file's form of an entry, with its newline. */
static int encode(struct pss_buffer *ret, const char *entry)
{
	for (;;) {
		size_t n = strcspn(entry, "\n");
		int error = pss_buffer_append(ret, entry, n);

		for (size_t i = trailing_backslashes(entry, n); i > 0 && error == 0; i--)
			error = pss_buffer_append(ret, "\\", 1);
		if (error == 0)
			error = pss_buffer_append(ret, entry[n] ? "\\\n" : "\n", entry[n] ? 2 : 1);
		if (error < 0 || !entry[n])
			return error;
		entry += n + 1;
	}
}

/* Decodes the line at `line` onto the end of `entry`; true when the entry goes on. */
static bool decode_line(char *entry, size_t *n_entry, const char *line, size_t n)
{
	size_t backslashes = trailing_backslashes(line, n);
	bool goes_on = backslashes % 2 != 0;
	size_t kept = n - backslashes + backslashes / 2;

	memcpy(entry + *n_entry, line, kept);
	*n_entry += kept;
	if (goes_on)
		entry[(*n_entry)++] = '\n';
	return goes_on;
}

static int add_entry(struct pss_history *history, const char *entry, size_t n)
{
	char **grown;

	if (n == 0)
		return 0;
	if ((history->n_entries & (history->n_entries - 1)) == 0) {
		grown = realloc(history->entries, (history->n_entries ? 2 * history->n_entries : 1) * sizeof(char *));
		if (!grown)
			return -ENOMEM;
		history->entries = grown;
	}
	history->entries[history->n_entries] = strndup(entry, n);
	return history->entries[history->n_entries] ? (history->n_entries++, 0) : -ENOMEM;
}

static int decode(struct pss_history *history, const char *data, size_t n)
{
	_cleanup_(pss_free_pointer) char *entry = malloc(n + 1);
	const char *end = data + n;
	size_t n_entry = 0;
	int error = entry ? 0 : -ENOMEM;

	while (data < end && error == 0) {
		const char *newline = memchr(data, '\n', (size_t)(end - data));
		const char *line_end = newline ? newline : end;

		if (!decode_line(entry, &n_entry, data, (size_t)(line_end - data))) {
			error = add_entry(history, entry, n_entry);
			n_entry = 0;
		}
		data = newline ? newline + 1 : end;
	}
	if (error == 0 && n_entry > 1) /* cut off in the middle of an entry */
		error = add_entry(history, entry, n_entry - 1);
	return error;
}

static void drop_oldest(struct pss_history *history, size_t limit)
{
	size_t n_dropped = history->n_entries > limit ? history->n_entries - limit : 0;

	for (size_t i = 0; i < n_dropped; i++)
		free(history->entries[i]);
	if (n_dropped == 0)
		return;
	history->n_entries -= n_dropped;
	memmove(history->entries, history->entries + n_dropped, history->n_entries * sizeof(char *));
}

/* Writes the kept entries to a new file that takes the old one's place. */
static int rewrite(const struct pss_history *history)
{
	static const char temporary[] = ".rewrite";
	struct pss_buffer text;
	int fd = -1, error = 0;

	pss_buffer_init(&text);
	for (size_t i = 0; i < history->n_entries && error == 0; i++)
		error = encode(&text, history->entries[i]);
	if (error == 0) {
		unlinkat(history->directory, temporary, 0);
		fd = openat(history->directory, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		error = fd < 0 ? -errno : write_all(fd, pss_buffer_bytes(&text), text.length);
	}
	if (fd >= 0 && close(fd) < 0 && error == 0)
		error = -errno;
	if (error == 0 && renameat(history->directory, temporary, history->directory, history->file) < 0)
		error = -errno;
	if (error < 0 && fd >= 0)
		unlinkat(history->directory, temporary, 0);
	pss_buffer_wipe(&text);
	return error;
}

static int load_locked(struct pss_history *history, size_t limit)
{
	_cleanup_(pss_close_fd) int fd = open_ours(history, O_RDONLY);
	struct pss_buffer text;
	int error;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	pss_buffer_init(&text);
	error = read_all(fd, &text);
	if (error == 0 && text.length > 0)
		error = decode(history, (const char *)pss_buffer_bytes(&text), text.length);
	pss_buffer_wipe(&text);
	if (error == 0 && history->n_entries > limit) {
		bool much = history->n_entries - limit > limit / 4;

		drop_oldest(history, limit);
		if (much)
			error = rewrite(history);
	}
	return error;
}

int pss_history_load(const char *state_home, const char *home, const char *key, size_t limit, struct pss_history *ret)
{
	int error;

	*ret = (struct pss_history){ .directory = -1 };
	if (limit == 0)
		return 0;
	ret->file = pss_history_file_name(key);
	if (!ret->file)
		return -ENOMEM;
	ret->directory = open_directory(state_home, home);
	if (ret->directory < 0) {
		error = ret->directory;
		ret->directory = -1;
		return error;
	}
	error = lock_directory(ret->directory);
	if (error == 0) {
		error = load_locked(ret, limit);
		flock(ret->directory, LOCK_UN);
	}
	if (error == -EPERM) {
		close(ret->directory);
		ret->directory = -1;
	}
	return error;
}

/* A crash may have left half a line: the next entry must not become its end. */
static int end_last_line(int fd)
{
	char last;
	off_t size = lseek(fd, 0, SEEK_END);

	if (size <= 0 || pread(fd, &last, 1, size - 1) != 1 || last == '\n')
		return 0;
	return write_all(fd, "\n", 1);
}

int pss_history_append(struct pss_history *history, const char *entry)
{
	_cleanup_(pss_close_fd) int fd = -1;
	struct pss_buffer text;
	int error;

	if (history->directory < 0 || !*entry)
		return 0;
	pss_buffer_init(&text);
	error = encode(&text, entry);
	if (error == 0)
		error = lock_directory(history->directory);
	if (error == 0) {
		fd = open_ours(history, O_RDWR | O_APPEND | O_CREAT);
		error = fd < 0 ? fd : end_last_line(fd);
		if (error == 0)
			error = write_all(fd, pss_buffer_bytes(&text), text.length);
		flock(history->directory, LOCK_UN);
	}
	pss_buffer_wipe(&text);
	return error;
}

void pss_history_finish(struct pss_history *history)
{
	for (size_t i = 0; i < history->n_entries; i++)
		free(history->entries[i]);
	free(history->entries);
	free(history->file);
	if (history->directory >= 0)
		close(history->directory);
	*history = (struct pss_history){ .directory = -1 };
}
