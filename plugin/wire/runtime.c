/* SPDX-License-Identifier: MIT */
/* The runtime directory: found, made, checked. Called by both ends before any socket is touched, so
 * that neither ever speaks through a place that somebody else could have put there. */
#include "wire/runtime.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wire/cleanup.h"

static int check_directory(const char *path, uid_t uid, mode_t forbidden)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode) || st.st_uid != uid || (st.st_mode & forbidden))
		return -EPERM;
	return 0;
}

static int make_private(const char *path, uid_t uid)
{
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return -errno;
	return check_directory(path, uid, 0077);
}

/* Parents below a home may be as the user wants them, as long as nobody else can write there. */
static int make_parents(char *path, const char *below, uid_t uid)
{
	for (char *slash = path + strlen(below) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		int rc = mkdir(path, 0700) < 0 && errno != EEXIST ? -errno : check_directory(path, uid, 0022);
		*slash = '/';
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Homes are shared over NFS, sockets are not: the directory carries the machine's id. */
static void read_machine_id(const char *root, char *ret_id, size_t size)
{
	char path[PATH_MAX];
	ssize_t n = -1;

	snprintf(path, sizeof path, "%s/etc/machine-id", root);
	_cleanup_(pss_close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		n = read(fd, ret_id, size - 1);
	if (n >= 8) {
		ret_id[n] = '\0';
		ret_id[strspn(ret_id, "0123456789abcdef")] = '\0';
		return;
	}
	if (gethostname(ret_id, size) < 0)
		snprintf(ret_id, size, "here");
	ret_id[size - 1] = '\0';
	for (char *c = ret_id; *c; c++)
		if (*c == '/')
			*c = '_';
}

static int name_files(struct pss_runtime *runtime)
{
	if (snprintf(runtime->socket, sizeof runtime->socket, "%s/host", runtime->directory) >=
		    (int)sizeof runtime->socket ||
	    snprintf(runtime->lock, sizeof runtime->lock, "%s/lock", runtime->directory) >= (int)sizeof runtime->lock)
		return -ENAMETOOLONG;
	return 0;
}

static int find_below_run(const char *root, uid_t uid, struct pss_runtime *runtime)
{
	char parent[PATH_MAX];

	snprintf(parent, sizeof parent, "%s/run/user/%lu", root, (unsigned long)uid);
	int rc = check_directory(parent, uid, 0077);
	if (rc < 0)
		return rc;
	if (snprintf(runtime->directory, sizeof runtime->directory, "%s/pssession", parent) >=
	    (int)sizeof runtime->directory)
		return -ENAMETOOLONG;
	return make_private(runtime->directory, uid);
}

static int find_below_home(const char *root, const char *home, uid_t uid, struct pss_runtime *runtime)
{
	char id[33];

	read_machine_id(root, id, sizeof id);
	/* 12 digits tell machines apart and leave room for a long home in sun_path. */
	id[12] = '\0';
	if (snprintf(runtime->directory, sizeof runtime->directory, "%s/.local/state/pssession/run-%s", home, id) >=
	    (int)sizeof runtime->directory)
		return -ENAMETOOLONG;
	int rc = make_parents(runtime->directory, home, uid);
	return rc < 0 ? rc : make_private(runtime->directory, uid);
}

/* The home that passwd names, or NULL. In a shell that calls this again and again the file is read once: as long as it
 * is the same file, unchanged. What a directory service says of a user is kept for the life of the process that way. */
static const char *find_home(uid_t uid)
{
	static struct stat read_from;
	static uid_t read_for;
	static char home[PATH_MAX];
	struct passwd entry, *found = NULL;
	struct stat now = { 0 };
	char strings[4096];

	if (stat("/etc/passwd", &now) == 0 && home[0] && read_for == uid && read_from.st_ino == now.st_ino &&
	    read_from.st_dev == now.st_dev && read_from.st_size == now.st_size &&
	    read_from.st_mtim.tv_sec == now.st_mtim.tv_sec && read_from.st_mtim.tv_nsec == now.st_mtim.tv_nsec)
		return home;
	home[0] = '\0';
	if (getpwuid_r(uid, &entry, strings, sizeof strings, &found) != 0 || !found || found->pw_dir[0] != '/' ||
	    strlen(found->pw_dir) >= sizeof home)
		return NULL;
	memcpy(home, found->pw_dir, strlen(found->pw_dir) + 1);
	read_from = now;
	read_for = uid;
	return home;
}

/* The home of passwd is looked for only where it is needed, with `by_passwd`. */
static int find_below(const char *root, const char *home, bool by_passwd, uid_t uid, struct pss_runtime *ret_runtime)
{
	struct pss_runtime runtime = { "", "", "" };

	int rc = find_below_run(root, uid, &runtime);
	if (rc == -ENOENT || rc == -ENOTDIR || (rc == -EPERM && runtime.directory[0] == '\0')) {
		home = by_passwd ? find_home(uid) : home;
		rc = home ? find_below_home(root, home, uid, &runtime) : -ENOENT;
	}
	if (rc == 0)
		rc = name_files(&runtime);
	*ret_runtime = runtime;
	return rc;
}

int pss_runtime_find_below(const char *root, const char *home, uid_t uid, struct pss_runtime *ret_runtime)
{
	return find_below(root, home, false, uid, ret_runtime);
}

static int find_override(const char *directory, uid_t uid, struct pss_runtime *ret_runtime)
{
	struct pss_runtime runtime;

	if (!directory || directory[0] != '/' || check_directory(directory, uid, 0077) < 0)
		return -ENOENT;
	if (snprintf(runtime.directory, sizeof runtime.directory, "%s", directory) >= (int)sizeof runtime.directory)
		return -ENAMETOOLONG;
	int rc = name_files(&runtime);
	*ret_runtime = runtime;
	return rc;
}

int pss_runtime_find(uid_t uid, struct pss_runtime *ret_runtime)
{
	int rc = find_override(getenv("PSSESSION_RUNTIME_DIR"), uid, ret_runtime);

	return rc != -ENOENT ? rc : find_below("", NULL, true, uid, ret_runtime);
}

static int find_lasting(uid_t uid, const char *name, char *ret_path, size_t size)
{
	struct pss_runtime runtime;
	int n;

	if (find_override(getenv("PSSESSION_RUNTIME_DIR"), uid, &runtime) == 0) {
		n = snprintf(ret_path, size, "%s/%s", runtime.directory, name);
	} else {
		const char *home = find_home(uid);
		if (!home)
			return -ENOENT;
		n = snprintf(ret_path, size, "%s/.local/state/pssession/%s", home, name);
	}
	return n < (int)size ? 0 : -ENAMETOOLONG;
}

int pss_runtime_saved(uid_t uid, char *ret_path, size_t size)
{
	return find_lasting(uid, "kept", ret_path, size);
}

int pss_runtime_copies(uid_t uid, char *ret_path, size_t size)
{
	return find_lasting(uid, "copies", ret_path, size);
}

bool pss_runtime_has_saved(uid_t uid)
{
	char path[PSS_RUNTIME_SAVED_MAX];
	const struct dirent *entry;
	bool has = false;

	DIR *directory = pss_runtime_saved(uid, path, sizeof path) == 0 ? opendir(path) : NULL;
	while (directory && !has && (entry = readdir(directory)))
		has = entry->d_name[0] != '.';
	if (directory)
		closedir(directory);
	return has;
}
