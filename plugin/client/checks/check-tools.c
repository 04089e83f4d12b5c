/* SPDX-License-Identifier: MIT */
/* What the computer has: its system and shell, what keeps a resilient session, what copies use. Asked by a small script
 * for sh in the session that was opened, beside its terminal, and by a channel for SFTP over the same connection. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "client/base/poll.h"
#include "client/checks/private.h"
#include "wire/cleanup.h"
#include "wire/deadlines.h"

#define ANSWER_MS 15000
#define ANSWER_MAX 4096

/* Those that may be there without working are run. */
static const char script[] = "echo \"system $(uname -sm)\"; echo \"shell ${SHELL##*/}\"\n"
			     "perl -e 1 </dev/null >/dev/null 2>&1 && echo 'has perl'\n"
			     "python3 -c 1 </dev/null >/dev/null 2>&1 && echo 'has python3'\n"
			     "for t in base64 gzip tar; do command -v $t >/dev/null 2>&1 && echo \"has $t\"; done\n"
			     "exit 0";

struct answer {
	char text[ANSWER_MAX]; /* "\nLINE\n…", so that whole lines can be looked for */
	size_t n;
	bool opened; /* OPENED has come */
	enum pss_status status;
};

static void take_output(struct answer *answer, const struct pss_frame *frame)
{
	size_t room = sizeof answer->text - 1 - answer->n;
	size_t n = frame->header.length < room ? frame->header.length : room;

	memcpy(answer->text + answer->n, frame->payload, n);
	answer->n += n;
	answer->text[answer->n] = '\0';
}

/* Up to the RESULT of `id`, or its OPENED. 0 or -errno. */
static int await(struct pss_checks *checks, uint32_t id, struct answer *answer)
{
	long long deadline = pss_now_ms() + pss_deadline(ANSWER_MS);
	struct pss_frame frame;
	bool over = false;

	*answer = (struct answer){ .text = "\n", .n = 1, .status = PSS_PROTOCOL };
	while (!over) {
		long long left = deadline - pss_now_ms();
		int rc = left <= 0 ? -ETIMEDOUT
				   : pss_connection_wait(&checks->connection, (int)left,
							 checks->call->shell->interrupted, &frame);
		if (rc < 0)
			return rc;
		if (frame.header.id == id && frame.header.type == PSS_STDOUT)
			take_output(answer, &frame);
		answer->opened = frame.header.id == id && frame.header.type == PSS_OPENED;
		over = answer->opened || (frame.header.id == id && frame.header.type == PSS_RESULT);
		if (over && !answer->opened)
			answer->status = (enum pss_status)pss_fields_number(pss_frame_fields(&frame), PSS_TAG_STATUS,
									    PSS_PROTOCOL);
		pss_connection_done(&checks->connection, &frame);
	}
	return 0;
}

static int ask_script(struct pss_checks *checks, struct answer *answer)
{
	uint32_t id = pss_connection_new_id(&checks->connection);
	struct pss_message message;

	pss_message_begin(&message, &checks->connection.out, PSS_INVOKE, id);
	pss_message_text(&message, PSS_TAG_INSTANCE, checks->session.instance);
	pss_message_text(&message, PSS_TAG_WORD, "sh");
	pss_message_text(&message, PSS_TAG_WORD, "-c");
	pss_message_text(&message, PSS_TAG_WORD, script);
	int rc = pss_message_end(&message);
	if (rc == 0)
		rc = pss_frame_append(&checks->connection.out, PSS_COMMAND, id, 0, NULL, 0);
	return rc < 0 ? rc : await(checks, id, answer);
}

/* Heap: the rest of the line that begins so, or NULL. */
static char *find_line(const struct answer *answer, const char *beginning)
{
	_cleanup_(pss_free_pointer) char *wanted = pss_format("\n%s ", beginning);
	const char *found = wanted ? strstr(answer->text, wanted) : NULL;

	return found ? strndup(found + strlen(wanted), strcspn(found + strlen(wanted), "\n")) : NULL;
}

static bool has(const struct answer *answer, const char *tool)
{
	_cleanup_(pss_free_pointer) char *line = pss_format("\nhas %s\n", tool);

	return line && strstr(answer->text, line);
}

static void say_system(struct pss_checks *checks, const struct answer *answer)
{
	_cleanup_(pss_free_pointer) char *system = find_line(answer, "system");
	_cleanup_(pss_free_pointer) char *shell = find_line(answer, "shell");

	/* In parentheses it is the same one. */
	bool is_other = *checks->session.shell && *checks->session.shell != '(';

	PSS_OK_LINE(checks, "remote", "%s, login shell %s%s%s", system ? system : "?", shell ? shell : "?",
		    is_other ? ", the session's " : "", is_other ? checks->session.shell : "");
}

static void say_keepers(struct pss_checks *checks, const struct answer *answer)
{
	const char *keeper = has(answer, "perl") ? "perl" : has(answer, "python3") ? "python3" : NULL;
	const char *missing = !has(answer, "base64") ? "base64" : !has(answer, "gzip") ? "gzip" : NULL;

	if (!keeper)
		PSS_WARN_LINE(checks, "resilient",
			      "neither perl nor python3 works there: -Resilient gives a plain session; install one");
	else if (missing)
		PSS_WARN_LINE(checks, "resilient", "there is no %s there: -Resilient gives a plain session; install it",
			      missing);
	else
		PSS_OK_LINE(checks, "resilient", "by %s", keeper);
	if (!has(answer, "tar"))
		PSS_WARN_LINE(checks, "copies",
			      "there is no tar there: copy-item copies directories file by file, which takes longer");
}

static void say_no_script(struct pss_checks *checks, int rc, enum pss_status status)
{
	if (rc == -EINTR)
		return;
	PSS_WARN_LINE(checks, "remote", "nothing is known of its tools, as no POSIX sh answers in the session: %s",
		      rc == -ETIMEDOUT ? "it takes too long"
		      : rc < 0         ? strerror(-rc)
				       : pss_status_name(status));
}

static int check_tools(struct pss_checks *checks)
{
	struct answer answer;

	if (pss_configuration_is_powershell(checks->session.shell)) {
		PSS_OK_LINE(checks, "remote", "%s, by PowerShell remoting", checks->session.shell);
		return 0;
	}
	int rc = ask_script(checks, &answer);
	if (rc < 0 || !strstr(answer.text, "\nsystem ")) {
		say_no_script(checks, rc, answer.status);
		return rc;
	}
	say_system(checks, &answer);
	say_keepers(checks, &answer);
	return 0;
}

static void check_sftp(struct pss_checks *checks)
{
	uint32_t id = pss_connection_new_id(&checks->connection);
	struct pss_message message;
	struct answer answer;

	pss_message_begin(&message, &checks->connection.out, PSS_CHANNEL, id);
	pss_message_text(&message, PSS_TAG_INSTANCE, checks->session.instance);
	pss_message_text(&message, PSS_TAG_SUBSYSTEM, "sftp");
	int rc = pss_message_end(&message);
	if (rc == 0)
		rc = await(checks, id, &answer);
	if (rc == -EINTR)
		return;
	if (rc == 0 && answer.opened) {
		int fd = pss_connection_take_descriptor(&checks->connection);
		pss_close_fd(&fd); /* its end closes the channel */
		PSS_OK_LINE(checks, "sftp", "the server has it: copy-item uses it");
	} else {
		PSS_WARN_LINE(checks, "sftp",
			      "the server does not start it (%s): copy-item goes through a shell, which takes longer; "
			      "'Subsystem sftp' in its sshd_config",
			      rc < 0 ? strerror(-rc) : pss_status_name(answer.status));
	}
}

void pss_checks_tools(struct pss_checks *checks)
{
	if (!checks->is_open || checks->connection.version < 2)
		return;
	int rc = check_tools(checks);
	if (rc != -EINTR && rc != -ECONNRESET && rc != -EPIPE)
		check_sftp(checks);
}
