/* SPDX-License-Identifier: MIT */
/* Escape keys while there is no session yet. Only lines would come from a terminal in a shell's mode, so it hands over
 * keys for as long; what is no escape key is kept as it came, and the relay takes it up as if it had read it
 * itself. Called by enter-pssession; the waits of connection.c look at the keyboard through `beside`. Never reads
 * in the background, and never speaks to the host process. */
#include "client/tty/early-keys.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wire/cleanup.h"

#define TYPED_MAX 16384 /* what the relay takes at once; more stays in the terminal */

/* What SIGCONT puts back: a shell gives its own mode to the terminal when it stops us. */
static struct {
	volatile sig_atomic_t armed;
	int fd;
	struct termios modes;
	struct sigaction before;
} continued;

static bool is_in_foreground(int fd)
{
	return tcgetpgrp(fd) == getpgrp();
}

static void on_continue(int number)
{
	int error = errno;

	(void)number;
	if (continued.armed && is_in_foreground(continued.fd))
		tcsetattr(continued.fd, TCSANOW, &continued.modes);
	errno = error;
}

static void take_terminal(struct pss_opening_keys *keys)
{
	struct sigaction action = { .sa_handler = on_continue, .sa_flags = SA_RESTART };

	if (keys->on || keys->escape.character < 0 || keys->tty.fd < 0 || !is_in_foreground(keys->tty.fd))
		return;
	continued.fd = keys->tty.fd;
	continued.modes = keys->tty.before;
	continued.modes.c_lflag &= ~(tcflag_t)ICANON;
	continued.modes.c_cc[VMIN] = 1;
	continued.modes.c_cc[VTIME] = 0;
	sigemptyset(&action.sa_mask);
	sigaction(SIGCONT, &action, &continued.before);
	continued.armed = 1;
	tcsetattr(keys->tty.fd, TCSANOW, &continued.modes);
	keys->beside.fd = keys->tty.fd;
	keys->on = true;
}

static void give_terminal_back(struct pss_opening_keys *keys)
{
	if (!keys->on)
		return;
	keys->on = false;
	keys->beside.fd = -1;
	continued.armed = 0;
	sigaction(SIGCONT, &continued.before, NULL);
	if (is_in_foreground(keys->tty.fd))
		tcsetattr(keys->tty.fd, TCSANOW, &keys->tty.before);
}

void pss_opening_keys_help(struct pss_opening_keys *keys)
{
	_cleanup_(pss_free_pointer) char *help = pss_escape_keys_help(keys->escape.character);

	pss_tty_put(&keys->tty, "\r\n");
	if (help)
		pss_tty_put(&keys->tty, help);
}

void pss_opening_keys_refuse(struct pss_opening_keys *keys, const char *why)
{
	keys->asked = PSS_ESCAPE_KEY_NONE;
	pss_tty_put(&keys->tty, why);
	pss_tty_put(&keys->tty, "\r\n");
}

/* The keys stay as they were typed, `~~` too, since the relay looks at them again; an escape key does not stay. */
static void sift(struct pss_opening_keys *keys, const char *bytes, size_t n)
{
	char passed[TYPED_MAX + 1];
	size_t n_passed;

	while (n > 0 && keys->asked == PSS_ESCAPE_KEY_NONE) {
		enum pss_escape_key action;
		size_t taken = pss_escape_keys_take(&keys->escape, bytes, n, passed, &n_passed, &action);

		bool kept = pss_buffer_append(&keys->typed, bytes, taken) == 0;
		if (kept && action != PSS_ESCAPE_KEY_NONE)
			keys->typed.length -= 2;
		if (action == PSS_ESCAPE_KEY_HELP)
			pss_opening_keys_help(keys);
		else
			keys->asked = action;
		bytes += taken;
		n -= taken;
	}
	pss_wipe(passed, sizeof passed);
}

static int on_ready(void *user)
{
	struct pss_opening_keys *keys = user;
	char bytes[TYPED_MAX];
	size_t room = TYPED_MAX - keys->typed.length;

	if (room == 0 || !is_in_foreground(keys->tty.fd)) {
		keys->beside.fd = -1; /* in the background a look at the keyboard would stop us */
		return 0;
	}
	ssize_t n = pss_tty_read(&keys->tty, bytes, room);
	if (n == 0 || (n < 0 && n != -EAGAIN))
		keys->beside.fd = -1; /* the terminal has gone; who ends the shell ends us */
	for (char *newline; n > 0 && (newline = memchr(bytes, '\n', (size_t)n));)
		*newline = '\r'; /* the key, not what the terminal's mode made of it */
	if (n > 0)
		sift(keys, bytes, (size_t)n);
	pss_wipe(bytes, sizeof bytes);
	if (keys->asked == PSS_ESCAPE_KEY_NONE)
		return 0;
	pss_tty_put(&keys->tty, "\r\n"); /* the key stands on the line */
	return -ECANCELED;
}

void pss_opening_keys_begin(struct pss_opening_keys *keys, int escape_character, const char *term)
{
	*keys = (struct pss_opening_keys){
		.beside = { .fd = -1, .on_ready = on_ready, .user = keys },
		.escape = { .character = escape_character, .at_start = true },
	};
	pss_buffer_init(&keys->typed);
	if (pss_tty_open(&keys->tty, term) < 0)
		keys->tty.fd = -1;
	take_terminal(keys);
}

void pss_opening_keys_drop(struct pss_opening_keys *keys)
{
	if (keys->tty.fd >= 0 && is_in_foreground(keys->tty.fd))
		pss_tty_drop_keys(&keys->tty);
}

void pss_opening_keys_end(struct pss_opening_keys *keys)
{
	give_terminal_back(keys);
	if (keys->tty.fd >= 0)
		close(keys->tty.fd);
	keys->tty.fd = -1;
}

void pss_opening_keys_finish(struct pss_opening_keys *keys)
{
	pss_opening_keys_end(keys);
	pss_buffer_wipe(&keys->typed);
}

void pss_opening_keys_pause(struct pss_opening_keys *keys)
{
	pss_buffer_wipe(&keys->typed);
	give_terminal_back(keys);
}

void pss_opening_keys_resume(struct pss_opening_keys *keys)
{
	keys->escape.at_start = true;
	keys->escape.held = false;
	take_terminal(keys);
}

enum pss_escape_key pss_opening_keys_answer(const struct pss_opening_keys *keys, const char *answer)
{
	struct pss_escape_keys escape = { .character = keys->escape.character, .at_start = true };
	enum pss_escape_key action;
	char passed[3];
	size_t n_passed;

	if (strlen(answer) != 2)
		return PSS_ESCAPE_KEY_NONE;
	pss_escape_keys_take(&escape, answer, 2, passed, &n_passed, &action);
	return action == PSS_ESCAPE_KEY_DETACH ? PSS_ESCAPE_KEY_NONE : action;
}
