/* SPDX-License-Identifier: MIT */
/* Asking on the terminal. For the time of one question the terminal's echo and the handlers of the signals
 * that could end it are changed; both are restored before anything else happens, and a signal that came is
 * then raised again, so that the shell's own handling of it (a trap, a prompt, its end) takes place with a
 * sane terminal. Called by open-sessions.c and call.c. An answer never leaves its buffer but into the caller's. */
#include "client/tty/ask.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "client/base/fd.h"
#include "client/base/strings.h"
#include "terminal/clean-text.h"
#include "wire/cleanup.h"

#define ANSWER_MAX 4096 /* what a terminal in line mode hands over at once, termios(3) */

static const int signals[] = { SIGINT, SIGHUP, SIGQUIT, SIGTERM, SIGALRM, SIGTSTP, SIGTTIN, SIGTTOU };
#define N_SIGNALS (sizeof signals / sizeof *signals)

static volatile sig_atomic_t caught;

struct asking {
	int tty;
	struct termios modes; /* as they were */
	struct sigaction handlers[N_SIGNALS];
	sigset_t mask;
};

static void on_signal(int number)
{
	caught = number;
}

/* The signals are blocked but while we wait, so that none comes between looking and waiting. A signal that
 * is ignored stays so: an interactive shell does not want to be stopped by Ctrl-Z. */
static void take_signals(struct asking *asking)
{
	struct sigaction ours = { .sa_handler = on_signal };
	sigset_t blocked;

	caught = 0;
	sigemptyset(&blocked);
	for (size_t i = 0; i < N_SIGNALS; i++)
		sigaddset(&blocked, signals[i]);
	sigprocmask(SIG_BLOCK, &blocked, &asking->mask);
	for (size_t i = 0; i < N_SIGNALS; i++) {
		sigaction(signals[i], NULL, &asking->handlers[i]);
		if (asking->handlers[i].sa_handler != SIG_IGN)
			sigaction(signals[i], &ours, NULL);
		sigdelset(&asking->mask, signals[i]);
	}
}

static void give_signals_back(struct asking *asking, const sigset_t *original)
{
	for (size_t i = 0; i < N_SIGNALS; i++)
		sigaction(signals[i], &asking->handlers[i], NULL);
	sigprocmask(SIG_SETMASK, original, NULL);
	if (caught)
		kill(getpid(), caught);
}

static int take_terminal(struct asking *asking, bool echo)
{
	if (tcgetattr(asking->tty, &asking->modes) < 0)
		return -errno;
	struct termios modes = asking->modes;
	modes.c_iflag |= ICRNL;
	modes.c_oflag |= OPOST;
	modes.c_lflag |= ICANON | ISIG | (echo ? ECHO : 0);
	modes.c_lflag &= ~(tcflag_t)(echo ? 0 : ECHO | ECHONL);
	/* What was typed before the question is no secret that was asked for. */
	return tcsetattr(asking->tty, echo ? TCSADRAIN : TCSAFLUSH, &modes) < 0 ? -errno : 0;
}

static int show(int tty, const char *text)
{
	for (size_t n = strlen(text); n > 0;) {
		ssize_t written = write(tty, text, n);
		if (written < 0 && errno != EINTR)
			return -errno;
		text += written > 0 ? written : 0;
		n -= written > 0 ? (size_t)written : 0;
	}
	return 0;
}

/* One line into the room that `answer` has. */
static int read_line(const struct asking *asking, struct pss_buffer *answer)
{
	for (;;) {
		struct pollfd poll_tty = { .fd = asking->tty, .events = POLLIN };
		if (!caught && ppoll(&poll_tty, 1, NULL, &asking->mask) < 0 && errno != EINTR)
			return -errno;
		if (caught)
			return -EINTR;
		if (!poll_tty.revents)
			continue;
		size_t room = ANSWER_MAX - answer->length;
		ssize_t n = read(asking->tty, pss_buffer_reserve(answer, room), room);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return -errno;
		if (n == 0)
			return -ECANCELED;
		if (n > 0)
			pss_buffer_commit(answer, (size_t)n);
		if (n > 0 && (answer->data[answer->length - 1] == '\n' || answer->length == ANSWER_MAX)) {
			answer->data[answer->length - 1] = '\0';
			return 0;
		}
	}
}

static int ask_once(int tty, const char *question, bool echo, struct pss_buffer *answer)
{
	struct asking asking = { .tty = tty };
	sigset_t original;

	sigprocmask(SIG_SETMASK, NULL, &original);
	take_signals(&asking);
	int rc = take_terminal(&asking, echo);
	if (rc == 0) {
		rc = show(tty, question);
		if (rc == 0)
			rc = read_line(&asking, answer);
		/* After a signal the shell goes to a new line by itself. */
		if (rc == -ECANCELED || (rc == 0 && !echo))
			show(tty, "\n");
		tcsetattr(tty, TCSADRAIN, &asking.modes);
	}
	give_signals_back(&asking, &original);
	return rc;
}

static int open_terminal(void)
{
	return pss_descriptor_raise(open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
}

bool pss_can_ask(void)
{
	_cleanup_(pss_close_fd) int tty = open_terminal();
	return tty >= 0 && tcgetpgrp(tty) == getpgrp();
}

static char *compose(const char *computer, const char *question)
{
	_cleanup_(pss_free_pointer) char *visible = pss_visible(question, true);
	if (!visible)
		return NULL;
	size_t n = strlen(visible);
	bool named = !computer || strstr(visible, computer);
	return pss_format("%s%s%s%s%s", named ? "" : "[", named ? "" : computer, named ? "" : "] ", visible,
			  n > 0 && isspace((unsigned char)visible[n - 1]) ? "" : " ");
}

int pss_ask(const char *computer, const char *question, bool echo, struct pss_buffer *ret_answer)
{
	_cleanup_(pss_close_fd) int tty = open_terminal();
	_cleanup_(pss_free_pointer) char *text = compose(computer, question);

	if (tty < 0)
		return -ENOTTY;
	if (!text || !pss_buffer_reserve(ret_answer, ANSWER_MAX))
		return -ENOMEM;
	int rc;
	/* Stopped and continued: the question is put again. */
	do {
		rc = ask_once(tty, text, echo, ret_answer);
	} while (rc == -EINTR && (caught == SIGTSTP || caught == SIGTTIN || caught == SIGTTOU));
	if (rc < 0)
		pss_buffer_wipe(ret_answer);
	return rc;
}

int pss_ask_choice(const char *question, const char *keys)
{
	for (;;) {
		struct pss_buffer answer;
		pss_buffer_init(&answer);
		int rc = pss_ask(NULL, question, true, &answer);
		if (rc < 0)
			return rc;
		int key = tolower(answer.data[answer.start]);
		pss_buffer_finish(&answer);
		if (key == '\0')
			return keys[0];
		if (strchr(keys, key))
			return key;
	}
}
