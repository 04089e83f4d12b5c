/* SPDX-License-Identifier: MIT */
/* The ssh program, and what it makes of ssh_config: `ssh -G` is asked as the host process asks it. Then the files of
 * known_hosts that it names. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/base/file.h"
#include "client/checks/private.h"
#include "client/checks/program.h"
#include "wire/cleanup.h"
#include "wire/deadlines.h"

#define FILE_MAX (16u * 1024u * 1024u)
#define ARGUMENTS_MAX 64

static int ask(const struct pss_checks *checks, const char *const *argv, struct pss_said *ret_said)
{
	const struct pss_shell *shell = checks->call->shell;

	return pss_program_read(argv, shell->get_environment ? shell->get_environment() : environ,
				pss_deadline(PSS_CHECK_MS), shell->interrupted, ret_said);
}

/* "OpenSSH_9.2p1 Debian-2" of what `ssh -V` says. */
static void check_program(struct pss_checks *checks, const char *ssh)
{
	const char *const argv[] = { ssh, "-V", NULL };
	struct pss_said said;

	int rc = ask(checks, argv, &said);
	if (rc < 0) {
		if (rc != -EINTR)
			PSS_FAIL_LINE(checks, "ssh", "%s does not run: %s", ssh,
				      rc == -ETIMEDOUT ? "no answer" : strerror(-rc));
		return;
	}
	said.errors[strcspn(said.errors, ",\n")] = '\0';
	PSS_OK_LINE(checks, "ssh", "%s, %s", ssh, *said.errors ? said.errors : "of unknown version");
	pss_said_finish(&said);
}

/* The complaints in one line, without blanks at its ends. */
static void join_lines(char *text)
{
	size_t n = strlen(text);

	while (n > 0 && isspace((unsigned char)text[n - 1]))
		text[--n] = '\0';
	for (char *at = text; *at; at++)
		if (*at == '\n')
			*at = ' ';
		else if (*at == '\r')
			*at = ' ';
}

static void make_arguments(const struct pss_checks *checks, const char *ssh, const char **argv)
{
	const struct pss_value *file = &checks->call->link[PSS_LINK_CONFIG_FILE];
	const struct pss_texts *options = &checks->call->link[PSS_LINK_OPTIONS].list;
	size_t n = 0;

	argv[n++] = ssh;
	argv[n++] = "-G";
	/* Without it ssh speaks of pseudo-terminals; and it would look names up. */
	argv[n++] = "-T";
	argv[n++] = "-oCanonicalizeHostname=no";
	if (file->given) {
		argv[n++] = "-F";
		argv[n++] = file->text;
	}
	for (size_t i = 0; i < options->n_items && n < ARGUMENTS_MAX - 5; i++) {
		argv[n++] = "-o";
		argv[n++] = options->items[i];
	}
	argv[n++] = "--";
	argv[n++] = checks->target.host ? checks->target.host : "localhost";
	argv[n] = NULL;
}

static void check_configuration(struct pss_checks *checks, const char *ssh)
{
	const char *argv[ARGUMENTS_MAX];
	struct pss_said said;

	make_arguments(checks, ssh, argv);
	int rc = ask(checks, argv, &said);
	if (rc == -ETIMEDOUT)
		PSS_FAIL_LINE(checks, "ssh_config",
			      "'ssh -G' has not read it within %d s; a 'Match exec' may hang, or a file system",
			      PSS_CHECK_MS / 1000);
	else if (rc < 0 && rc != -EINTR)
		PSS_FAIL_LINE(checks, "ssh_config", "'ssh -G' does not run: %s", strerror(-rc));
	if (rc < 0)
		return;
	join_lines(said.errors);
	if (!*said.output) {
		PSS_FAIL_LINE(checks, "ssh_config", "ssh refuses it: %s; correct that line (man ssh_config)",
			      *said.errors ? said.errors : "without a reason");
	} else {
		if (*said.errors)
			PSS_WARN_LINE(checks, "ssh_config", "ssh says of it: %s", said.errors);
		else
			PSS_OK_LINE(checks, "ssh_config", "ssh reads it without an error");
		checks->configuration = strdup(said.output);
	}
	pss_said_finish(&said);
}

void pss_checks_ssh(struct pss_checks *checks)
{
	_cleanup_(pss_free_pointer) char *ssh = pss_program_find("ssh");

	if (!ssh) {
		PSS_WARN_LINE(checks, "ssh",
			      "there is no ssh program in PATH: of ssh_config only what libssh knows counts, and "
			      "ProxyJump and -Transport ssh do not work; install openssh-client");
		return;
	}
	check_program(checks, ssh);
	check_configuration(checks, ssh);
}

/* -- known_hosts */

/* The value of a keyword in what `ssh -G` says: heap, or NULL. */
static char *find_value(const char *configuration, const char *keyword)
{
	size_t n = strlen(keyword);

	for (const char *line = configuration; line && *line; line += *line == '\n') {
		if (strncasecmp(line, keyword, n) == 0 && line[n] == ' ')
			return strndup(line + n + 1, strcspn(line + n + 1, "\n"));
		line += strcspn(line, "\n");
	}
	return NULL;
}

/* A host, a type and a key, behind a marker perhaps. */
static bool is_entry(const char *line, size_t n)
{
	size_t words = 0, wanted = *line == '@' ? 4 : 3;

	for (size_t i = 0; i < n; i++)
		words += !isspace((unsigned char)line[i]) && (i == 0 || isspace((unsigned char)line[i - 1]));
	return words >= wanted;
}

static void look_at_lines(struct pss_checks *checks, const char *path, const char *text)
{
	size_t n_entries = 0, n_lines = 0;

	for (const char *line = text; *line; line += *line == '\n') {
		size_t n = strcspn(line, "\n"), blank = strspn(line, " \t\r");
		n_lines++;
		if (blank < n && line[blank] != '#' && !is_entry(line + blank, n - blank)) {
			PSS_WARN_LINE(checks, "known_hosts", "%s line %zu is no entry; correct or delete it", path,
				      n_lines);
			return;
		}
		n_entries += blank < n && line[blank] != '#';
		line += n;
	}
	PSS_OK_LINE(checks, "known_hosts", "%zu %s in %s", n_entries, n_entries == 1 ? "entry" : "entries", path);
}

/* All of a regular file: of another one the end may never come. 0, -EBADF: it is no regular one, or another -errno. */
static int read_file(const struct pss_checks *checks, const char *path, char **ret_text)
{
	_cleanup_(pss_close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	size_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EBADF;
	return pss_file_read_all(fd, FILE_MAX, checks->call->shell->interrupted, ret_text, &n);
}

static void look_at_file(struct pss_checks *checks, const char *path)
{
	_cleanup_(pss_free_pointer) char *text = NULL;

	int rc = read_file(checks, path, &text);
	if (rc == -EINTR)
		return;
	if (rc == -EBADF)
		PSS_WARN_LINE(checks, "known_hosts", "%s is no regular file: host keys are remembered nowhere", path);
	else if (rc == -ENOENT)
		PSS_OK_LINE(checks, "known_hosts", "%s is not there yet: the first login asks about its host key",
			    path);
	else if (rc < 0)
		PSS_FAIL_LINE(checks, "known_hosts", "%s cannot be read: %s; without it no host key can be checked",
			      path, strerror(-rc));
	else
		look_at_lines(checks, path, text);
}

/* Of several the first, which new keys are written to. */
void pss_checks_known_hosts(struct pss_checks *checks)
{
	_cleanup_(pss_free_pointer) char *value = find_value(checks->configuration, "userknownhostsfile");
	_cleanup_(pss_free_pointer) char *usual = pss_format("%s/.ssh/known_hosts", checks->report.home);
	_cleanup_(pss_free_pointer) char *below_home = NULL;
	const char *path = value ? value : usual;

	if (value)
		value[strcspn(value, " ")] = '\0';
	if (!path)
		return;
	if (strcasecmp(path, "none") == 0) {
		PSS_WARN_LINE(checks, "known_hosts",
			      "UserKnownHostsFile says none: a host key that is not known elsewhere is refused");
		return;
	}
	if (strncmp(path, "~/", 2) == 0)
		path = below_home = pss_format("%s%s", checks->report.home, path + 1);
	if (path)
		look_at_file(checks, path);
}

/* -- what pssession does not use of ssh_config */

static const struct {
	const char *keyword, *why;
} reasons[] = {
	{ "ControlMaster", "pssession keeps its own connection" },
	{ "ControlPath", "pssession keeps its own connection" },
	{ "RemoteCommand", "a session runs a shell" },
	{ "RequestTTY", "a session has a terminal anyway" },
	{ "EscapeChar", "enter-pssession has -EscapeChar" },
	{ "LogLevel", "-Verbose and -Debug say more" },
};

static const char *reason_of(const char *keyword)
{
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (strcasecmp(keyword, reasons[i].keyword) == 0)
			return reasons[i].why;
	return "-Transport ssh uses it";
}

/* The number of the only line that sets it, or 0. */
static size_t find_line(const char *text, const char *keyword)
{
	size_t n = strlen(keyword), n_lines = 0, found = 0;

	for (const char *line = text; *line; line += *line == '\n') {
		const char *word = line + strspn(line, " \t");
		n_lines++;
		if (strncasecmp(word, keyword, n) == 0 && strchr(" \t=\"", word[n]) && word[n]) {
			if (found)
				return 0;
			found = n_lines;
		}
		line += strcspn(line, "\n");
	}
	return found;
}

void pss_checks_ignored(struct pss_checks *checks, const char *keyword)
{
	const struct pss_value *given = &checks->call->link[PSS_LINK_CONFIG_FILE];
	_cleanup_(pss_free_pointer) char *usual = pss_format("%s/.ssh/config", checks->report.home);
	_cleanup_(pss_free_pointer) char *text = NULL;
	const char *path = given->given ? given->text : usual;
	size_t line = 0;

	if (path && read_file(checks, path, &text) == 0)
		line = find_line(text, keyword);
	if (line > 0)
		PSS_WARN_LINE(checks, "ssh_config", "%s, line %zu of %s, is not used: %s", keyword, line, path,
			      reason_of(keyword));
	else
		PSS_WARN_LINE(checks, "ssh_config", "%s is not used: %s", keyword, reason_of(keyword));
}
