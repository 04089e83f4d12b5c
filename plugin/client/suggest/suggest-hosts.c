/* SPDX-License-Identifier: MIT */
/* The names of computers that ssh's own files hold, for completion: a light reading of ssh_config (Host, Include, the
 * two KnownHostsFile keywords; ssh_config(5)) and of known_hosts (sshd(8)). It decides nothing: which options count for
 * a host is found out by the host process when it is reached. Files that are no plain files are not opened for long,
 * and a circle of Includes ends. */
#include "client/suggest/suggest.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wire/cleanup.h"

#define DEPTH_MAX 16            /* as in ssh */
#define FILES_MAX 256           /* Include may name many */
#define FILE_SIZE_MAX (8 << 20) /* a Tab shall not read for long */

struct hunt {
	const char *home;
	unsigned n_files;
	struct pss_texts *hosts;
	struct pss_texts known_hosts; /* files that the configuration names */
};

/* A plain file of a sensible size, or NULL. */
static FILE *open_file(struct hunt *hunt, const char *path)
{
	struct stat st;

	if (++hunt->n_files > FILES_MAX)
		return NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return NULL;
	FILE *file =
		fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= FILE_SIZE_MAX ? fdopen(fd, "re") : NULL;
	if (!file)
		close(fd);
	return file;
}

/* -- names */

static void add_host(struct hunt *hunt, const char *name)
{
	_cleanup_(pss_free_pointer) char *error = NULL;
	struct pss_target target;

	if (strpbrk(name, "*?!") || pss_target_parse(name, &target, &error) < 0)
		return;
	pss_target_finish(&target);
	pss_texts_add(hunt->hosts, strdup(name));
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort_and_unite(struct pss_texts *texts)
{
	size_t kept = 0;

	if (texts->n_items == 0)
		return;
	qsort(texts->items, texts->n_items, sizeof *texts->items, compare);
	for (size_t i = 1; i < texts->n_items; i++) {
		if (strcmp(texts->items[kept], texts->items[i]) == 0)
			free(texts->items[i]);
		else
			texts->items[++kept] = texts->items[i];
	}
	texts->n_items = kept + 1;
}

/* -- ssh_config */

/* The next argument of a line, in place; NULL at its end. Quotes hold blanks together. */
static char *next_argument(char **rest)
{
	char *at = *rest + strspn(*rest, " \t\r\n\f");

	if (!*at || *at == '#')
		return NULL;
	char *start = *at == '"' ? at + 1 : at;
	char *end = *at == '"' ? strchr(start, '"') : start + strcspn(start, " \t\r\n\f");
	if (!end)
		end = start + strlen(start);
	*rest = end + (*end != '\0');
	*end = '\0';
	return start;
}

/* "~/x", "%d/x" and names below `directory`. Heap; NULL for what needs a host to be known. */
static char *expand_path(const struct hunt *hunt, const char *path, const char *directory)
{
	bool in_home = strncmp(path, "~/", 2) == 0 || strncmp(path, "%d/", 3) == 0;
	const char *tail = in_home ? strchr(path, '/') : path;

	if (strchr(tail, '%') || (in_home && !hunt->home))
		return NULL;
	if (in_home)
		return pss_format("%s%s", hunt->home, tail);
	return path[0] == '/' ? strdup(path) : directory ? pss_format("%s/%s", directory, path) : NULL;
}

static void read_config(struct hunt *hunt, const char *path, const char *directory, unsigned depth);

static void take_hosts(struct hunt *hunt, char *arguments, const char *directory, unsigned depth)
{
	for (char *name; (name = next_argument(&arguments));)
		add_host(hunt, name);
}

static void take_known_hosts(struct hunt *hunt, char *arguments, const char *directory, unsigned depth)
{
	for (char *name; (name = next_argument(&arguments));) {
		char *path = strcasecmp(name, "none") == 0 ? NULL : expand_path(hunt, name, NULL);
		if (path)
			pss_texts_add(&hunt->known_hosts, path);
	}
}

static void take_include(struct hunt *hunt, char *arguments, const char *directory, unsigned depth)
{
	for (char *name; (name = next_argument(&arguments));) {
		_cleanup_(pss_free_pointer) char *pattern = expand_path(hunt, name, directory);
		glob_t found = { 0 };
		if (pattern && depth < DEPTH_MAX && glob(pattern, 0, NULL, &found) == 0)
			for (size_t i = 0; i < found.gl_pathc; i++)
				read_config(hunt, found.gl_pathv[i], directory, depth + 1);
		globfree(&found);
	}
}

static const struct {
	const char *name;
	void (*take)(struct hunt *hunt, char *arguments, const char *directory, unsigned depth);
} keywords[] = {
	{ "Host", take_hosts },
	{ "Include", take_include },
	{ "UserKnownHostsFile", take_known_hosts },
	{ "GlobalKnownHostsFile", take_known_hosts },
};

static void take_line(struct hunt *hunt, char *line, const char *directory, unsigned depth)
{
	char *keyword = line + strspn(line, " \t");
	size_t n = strcspn(keyword, " \t=\r\n");
	char *arguments = keyword + n + strspn(keyword + n, " \t");

	arguments += *arguments == '=';
	for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
		if (strlen(keywords[i].name) == n && strncasecmp(keyword, keywords[i].name, n) == 0)
			keywords[i].take(hunt, arguments, directory, depth);
}

/* Relative Includes are below `directory`, whichever file they stand in. */
static void read_config(struct hunt *hunt, const char *path, const char *directory, unsigned depth)
{
	FILE *file = open_file(hunt, path);
	char *line = NULL;
	size_t size = 0;

	while (file && getline(&line, &size, file) >= 0)
		take_line(hunt, line, directory, depth);
	free(line);
	if (file)
		fclose(file);
}

/* -- known_hosts */

/* "name", "[name]:port"; the form that -ComputerName takes. */
static void add_known(struct hunt *hunt, const char *name)
{
	size_t n = name[0] == '[' ? strcspn(name, "]") : 0;
	_cleanup_(pss_free_pointer) char *plain = NULL;

	if (n > 0 && name[n] == ']' && !memchr(name, ':', n))
		plain = pss_format("%.*s%s", (int)(n - 1), name + 1, name + n + 1);
	add_host(hunt, plain ? plain : name);
}

static void take_known_line(struct hunt *hunt, char *line)
{
	char *rest = line, *names = next_argument(&rest), *next = NULL;

	if (names && strcmp(names, "@cert-authority") == 0)
		names = next_argument(&rest);
	if (!names || names[0] == '|' || names[0] == '@')
		return;
	for (char *name = strtok_r(names, ",", &next); name; name = strtok_r(NULL, ",", &next))
		add_known(hunt, name);
}

static void read_known_hosts(struct hunt *hunt, const char *path)
{
	FILE *file = open_file(hunt, path);
	char *line = NULL;
	size_t size = 0;

	while (file && getline(&line, &size, file) >= 0)
		take_known_line(hunt, line);
	free(line);
	if (file)
		fclose(file);
}

static void read_home(struct hunt *hunt, const char *name, const char *directory)
{
	_cleanup_(pss_free_pointer) char *path = hunt->home ? pss_format("%s/.ssh/%s", hunt->home, name) : NULL;

	if (path && directory)
		read_config(hunt, path, directory, 0);
	else if (path)
		read_known_hosts(hunt, path);
}

void pss_suggest_hosts(const char *home, const char *config_file, struct pss_texts *ret_hosts)
{
	/* ssh takes the home that passwd names; who looks at his completions takes ~ to be $HOME. */
	_cleanup_(pss_free_pointer) char *own_home = home && home[0] == '/' ? strdup(home) : NULL;
	struct hunt hunt = { .home = own_home, .hosts = ret_hosts };
	_cleanup_(pss_free_pointer) char *directory = own_home ? pss_format("%s/.ssh", own_home) : NULL;
	_cleanup_(pss_free_pointer) char *given = config_file ? expand_path(&hunt, config_file, ".") : NULL;

	*ret_hosts = (struct pss_texts){ 0 };
	if (given && strcasecmp(config_file, "none") != 0) {
		read_config(&hunt, given, directory, 0);
	} else if (!config_file) {
		read_home(&hunt, "config", directory);
		read_config(&hunt, "/etc/ssh/ssh_config", "/etc/ssh", 0);
	}
	read_home(&hunt, "known_hosts", NULL);
	read_home(&hunt, "known_hosts2", NULL);
	read_known_hosts(&hunt, "/etc/ssh/ssh_known_hosts");
	for (size_t i = 0; i < hunt.known_hosts.n_items; i++)
		read_known_hosts(&hunt, hunt.known_hosts.items[i]);
	pss_texts_finish(&hunt.known_hosts);
	sort_and_unite(ret_hosts);
}
