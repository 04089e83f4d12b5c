/* SPDX-License-Identifier: MIT */
/* What the ssh program wants to know of the person: it comes from pss_program_ask() (child-modes.c), each question on
 * a connection of its own. Called by the login thread of master.c alone. */
#include "link/openssh/questions.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/system.h"
#include "wire/runtime.h"
#include "wire/system.h"

#define QUESTION_MAX (64 * 1024)
#define REST_US (100 * 1000)

int pss_program_questions_listen(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	g_strlcpy(address.sun_path, path, sizeof address.sun_path);
	if (fd >= 0 && (bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 8) < 0)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static gboolean is_ours(int fd)
{
	uid_t uid;
	pid_t pid;

	return pss_peer(fd, &uid, &pid) == 0 && uid == geteuid();
}

/* What stands in the line and behind it; NULL: the person has left, or it is too long. */
static char *read_question(PssLoginContext *person, int fd)
{
	g_autoptr(GString) text = g_string_new(NULL);
	char block[1024];

	while (text->len < QUESTION_MAX) {
		if (!pss_login_wait(person, fd, POLLIN, 0, "reading a question of ssh", NULL))
			return NULL;
		ssize_t n = read(fd, block, sizeof block);
		if (n == 0)
			return g_strdup(text->str);
		if (n > 0)
			g_string_append_len(text, block, n);
		else if (errno != EINTR && errno != EAGAIN)
			return NULL;
	}
	return NULL;
}

static enum pss_ask_kind kind_of(const char *hint, const char *question)
{
	/* readpass.c of OpenSSH: "confirm" where any answer but a refusal will do. */
	if (strstr(question, "(yes/no"))
		return PSS_ASK_HOST_KEY;
	return g_str_equal(hint, "confirm") ? PSS_ASK_TEXT : PSS_ASK_SECRET;
}

void pss_program_questions_answer(PssLoginContext *person, int listener)
{
	int fd = pss_system_accept(listener, NULL, NULL);
	/* The question stays in the queue, and would be seen at once. */
	if (fd < 0 && errno != EAGAIN &&
	    !pss_login_wait(person, -1, 0, g_get_monotonic_time() + REST_US, "reading a question of ssh", NULL))
		return;
	g_autofree char *text = fd >= 0 && is_ours(fd) ? read_question(person, fd) : NULL;
	char *newline = text ? strchr(text, '\n') : NULL;

	if (newline) {
		*newline = '\0';
		gboolean is_notice = g_str_equal(text, "none");
		if (is_notice)
			pss_login_note(person, PSS_NOTE_WARNING, "%s", newline + 1);
		char *answer =
			is_notice ? g_strdup("") : pss_login_ask(person, kind_of(text, newline + 1), newline + 1);
		if (answer && send(fd, "+", 1, MSG_NOSIGNAL) == 1 && *answer &&
		    send(fd, answer, strlen(answer), MSG_NOSIGNAL) < 0)
			g_debug("ssh does not wait for the answer any more");
		pss_login_forget(answer);
	}
	if (fd >= 0)
		close(fd);
}
