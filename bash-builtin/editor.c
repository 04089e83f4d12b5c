/* SPDX-License-Identifier: MIT */
/* bash's line editor for an entered session: readline with the user's bindings, our prompt, the host's
 * history and a reader of keys that also watches the connection. It runs in the entered child alone, so
 * what it sets in readline needs no way back; the terminal does. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bashtypes.h"
#include "shell.h"
#include "bashjmp.h"
#include "quit.h"

#include "bash-builtin/adapter.h"
#include "bash-builtin/editor-readline.h"
#include "bash-builtin/editor.h"
#include "client/base/fd.h"
#include "client/tty/signals.h"
#include "client/tty/tty.h"
#include "client/prompt/typed.h"

static struct {
	FILE *in, *out;
	bool was_prepped; /* the shell's own readline had the terminal (we run inside `bind -x`) */
	bool is_disarmed; /* keys and commands of this computer, in this process */
	const struct pss_read_request *request;
	enum pss_read outcome; /* of the line being read; LINE until something else ends it */
	char *unfinished;      /* what was typed when it was left; heap */
} editor;

static FILE *open_terminal(const char *mode)
{
	int fd =
		pss_descriptor_raise(open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC | (*mode == 'r' ? O_NONBLOCK : 0)));
	FILE *stream = fd < 0 ? NULL : fdopen(fd, mode);

	if (!stream && fd >= 0)
		close(fd);
	return stream;
}

/* readline would end the line that it gives up; where the cursor stands then is our affair. */
static void release_terminal(void)
{
	int eof = 0;

	if (&rl_eof_found) {
		eof = rl_eof_found;
		rl_eof_found = 0;
	}
	rl_deprep_terminal();
	if (&rl_eof_found)
		rl_eof_found = eof;
}

/* readline does this on SIGCONT too, which may be that of `bg` (then we stop before a thing is drawn into
 * the shell's line) or of `kill %1`. */
static void take_terminal(int meta)
{
	int terminal = fileno(editor.in);

	if (!pss_signals_ending() && tcgetpgrp(terminal) != getpgrp())
		raise(SIGTTIN);
	if (!pss_tty_is_out_of_reach(terminal))
		rl_prep_terminal(meta);
}

static int is_key_there(void);

static void redisplay_nothing(void)
{
}

/* The state of a readline that may be in the middle of a line of the shell's own. */
static void make_readline_fresh(void)
{
	rl_redisplay_function = redisplay_nothing; /* clearing a message would draw that line */
	rl_free_line_state();
	rl_clear_pending_input();
	rl_readline_state &= PSS_RL_STATE_INITIALIZED | PSS_RL_STATE_TTYCSAVED;
	rl_done = rl_dispatching = rl_already_prompted = rl_num_chars_to_read = rl_explicit_arg = 0;
	rl_numeric_arg = 1;
	rl_catch_signals = rl_catch_sigwinch = 1;
	rl_startup_hook = rl_pre_input_hook = rl_event_hook = NULL;
	rl_signal_event_hook = NULL;
	rl_input_available_hook = is_key_there;
	rl_redisplay_function = rl_redisplay;
	rl_prep_term_function = take_terminal;
	rl_deprep_term_function = release_terminal;
}

static int read_key(FILE *stream);

/* Whatever command a key runs, the line that is finished is ours. */
static int take_keys(void)
{
	int rc = pss_bash_editor_take_back_keymaps();

	if (rc < 0)
		return rc;
	/* Once: behind a hop this is the same child, and what was put in place of others' is there. */
	if (!editor.is_disarmed) {
		pss_bash_editor_disarm_commands();
		pss_bash_editor_raise_fence();
	}
	editor.is_disarmed = true;
	pss_bash_editor_secure_keys();
	return pss_bash_editor_can_type() ? 0 : -ENOKEY;
}

int pss_bash_editor_begin(char *const *history, size_t n_history)
{
	int rc;

	editor.in = open_terminal("r");
	editor.out = open_terminal("w");
	if (!editor.in || !editor.out)
		return -errno;
	if (!bash_readline_initialized)
		initialize_readline();
	editor.was_prepped = (rl_readline_state & PSS_RL_STATE_TERMPREPPED) != 0;
	if (editor.was_prepped)
		rl_deprep_terminal();
	rl_instream = editor.in;
	rl_outstream = editor.out;
	rl_getc_function = read_key;
	make_readline_fresh();
	pss_bash_editor_hook_completion(NULL, NULL);
	rc = take_keys();
	if (rc < 0)
		pss_bash_editor_end();
	else
		pss_bash_editor_load_history(history, n_history);
	return rc;
}

void pss_bash_editor_end(void)
{
	const char *paste = rl_variable_value("enable-bracketed-paste");

	if (editor.was_prepped && paste && strcmp(paste, "on") == 0)
		fputs("\033[?2004h", editor.out); /* the shell's readline believes that it is on */
	fclose(editor.in);
	fclose(editor.out);
	editor.in = editor.out = NULL;
}

/* Ends the line without Enter. The result makes every reader inside readline give up, one after the other. */
static int give_up(enum pss_read outcome)
{
	if (editor.outcome == PSS_READ_LINE) {
		if (outcome == PSS_READ_LEAVE)
			editor.unfinished = strndup(rl_line_buffer, (size_t)rl_end);
		if (outcome == PSS_READ_LEAVE && !pss_signals_ending()) {
			rl_point = rl_end;
			(*rl_redisplay_function)();
		}
		editor.outcome = outcome;
	}
	return PSS_READERR;
}

static void on_over(void)
{
	give_up(PSS_READ_LEAVE);
}

static void redraw(void)
{
	rl_on_new_line();
	rl_forced_update_display();
}

/* What signals have said: PSS_READ_LINE to go on. */
static enum pss_read take_signals(void)
{
	rl_check_signals(); /* with signals unblocked: it may stop us, and run handlers */
	if (pss_signals_ending())
		return PSS_READ_LEAVE;
	if (interrupt_state)
		return PSS_READ_INTERRUPT;
	pss_signals_take_resize(); /* readline's handler has seen it too */
	if (pss_signals_take_continue())
		redraw();
	return PSS_READ_LINE;
}

bool pss_bash_signal_pending(void)
{
	return rl_pending_signal() != 0;
}

/* Waits for a key or the connection. False when the line is over. */
static bool wait_for_key(int terminal)
{
	struct pollfd fds[2] = {
		{ .fd = terminal, .events = POLLIN },
		{ .fd = editor.request->wake_fd, .events = POLLIN },
	};

	if (pss_signals_poll(fds, 2, -1, pss_bash_signal_pending) < 0)
		return errno == EINTR;
	if (fds[0].revents & (POLLERR | POLLNVAL))
		return false;
	return !fds[1].revents || !editor.request->on_wake(editor.request->user);
}

/* Since bash 5.3, readline frees a search, or the name of a command that is being typed, when it hears of an interrupt,
 * and what reads the keys of one must not go on (lib/readline/signals.c, _rl_state_sigcleanup). */
static bool has_lost_its_place(unsigned long before)
{
	return before & ~rl_readline_state & (PSS_RL_STATE_ISEARCH | PSS_RL_STATE_NSEARCH | PSS_RL_STATE_READSTR);
}

/* rl_input_available_hook: is there a key, or does one come in the time that readline waits for it (after an Escape)?
 */
static int is_key_there(void)
{
	struct pollfd fd = { .fd = fileno(editor.in), .events = POLLIN };

	if (editor.request->typed->keys.length > 0)
		return 1;
	return poll(&fd, 1, rl_set_keyboard_input_timeout(-1) / 1000) > 0;
}

/* rl_getc_function: one byte, or PSS_READERR when the line is over. The stream is non-blocking, so that
 * a long paste costs one system call a byte. */
static int read_key(FILE *stream)
{
	for (;;) {
		unsigned long state = rl_readline_state;
		enum pss_read outcome = editor.outcome == PSS_READ_LINE ? take_signals() : editor.outcome;
		unsigned char key;
		ssize_t n;

		if (outcome == PSS_READ_INTERRUPT && has_lost_its_place(state))
			jump_to_top_level(DISCARD);
		if (outcome != PSS_READ_LINE)
			return give_up(outcome);
		if (pss_typed_next(editor.request->typed, &key))
			return key;
		n = read(fileno(stream), &key, 1);
		if (n == 1)
			return key;
		if (n == 0 || (errno != EAGAIN && errno != EINTR) || (errno == EAGAIN && !wait_for_key(fileno(stream))))
			return give_up(PSS_READ_LEAVE);
	}
}

static int insert_at_start(void)
{
	if (editor.request->insert && *editor.request->insert)
		rl_insert_text(editor.request->insert);
	return 0;
}

/* The line was left in the middle: the cursor goes below it. */
static void end_abandoned_line(void)
{
	if (pss_tty_is_out_of_reach(fileno(editor.out)))
		return;
	fputs("\n", editor.out);
	fflush(editor.out);
}

static enum pss_read finish_line(char *line, char **ret_line)
{
	if (pss_bash_editor_is_in_macro() && editor.outcome == PSS_READ_LINE) {
		pss_bash_editor_stop_macros();
		editor.outcome = PSS_READ_INTERRUPT; /* ended by a command of readline's that does not ask us */
	}
	if (editor.outcome != PSS_READ_LINE) {
		free(line);
		end_abandoned_line();
		*ret_line = editor.unfinished;
		editor.unfinished = NULL;
		return editor.outcome;
	}
	if (!line)
		end_abandoned_line(); /* as readline does itself when bash is at its own prompt */
	*ret_line = line;
	return line ? PSS_READ_LINE : PSS_READ_EOF;
}

/* A command of `bind -x` has jumped out of readline: `exit` in it leaves, Ctrl-C or an error only end the line. */
static enum pss_read finish_jump(int code)
{
	rl_cleanup_after_signal();
	make_readline_fresh();
	end_abandoned_line();
	if (pss_signals_ending())
		return PSS_READ_LEAVE;
	return code == DISCARD ? PSS_READ_INTERRUPT : PSS_READ_EOF;
}

static enum pss_read read_in_readline(const char *prompt, char **ret_line)
{
	procenv_t outer;
	enum pss_read outcome;
	int code;

	memcpy(outer, top_level, sizeof(outer));
	code = setjmp_nosigs(top_level);
	if (code == 0)
		outcome = finish_line(readline(prompt), ret_line);
	else
		outcome = finish_jump(code);
	memcpy(top_level, outer, sizeof(outer));
	return outcome;
}

static struct {
	int number;
	struct sigaction before; /* of the entered loop */
} ending[] = { { SIGHUP }, { SIGTERM } };
#define N_ENDING (sizeof(ending) / sizeof(ending[0]))

/* The loop takes note of it, and bash's flag ends whatever a `bind -x` is running. */
static void on_ending(int number)
{
	for (size_t i = 0; i < N_ENDING; i++) {
		if (ending[i].number == number)
			ending[i].before.sa_handler(number);
	}
	SETINTERRUPT;
}

static void take_over_ending(void)
{
	for (size_t i = 0; i < N_ENDING; i++) {
		struct sigaction action = { .sa_handler = on_ending };

		sigemptyset(&action.sa_mask);
		sigaction(ending[i].number, NULL, &ending[i].before);
		if (ending[i].before.sa_handler != SIG_IGN && ending[i].before.sa_handler != SIG_DFL)
			sigaction(ending[i].number, &action, NULL);
	}
}

static void give_back_ending(void)
{
	for (size_t i = 0; i < N_ENDING; i++)
		sigaction(ending[i].number, &ending[i].before, NULL);
}

enum pss_read pss_bash_read_line(const struct pss_read_request *request, char **ret_line)
{
	char *prompt;
	struct sigaction loop_handler;
	enum pss_read outcome;

	if (!request->continuation)
		pss_bash_editor_first_line();
	editor.request = request;
	editor.outcome = PSS_READ_LINE;
	/* Each time: what a `bind -x` does may bring bash's own hooks back. */
	pss_bash_editor_hook_completion(request, on_over);
	pss_bash_editor_secure_keys();
	if (!rl_startup_hook || (request->insert && *request->insert)) /* operate-and-get-next may have set its own */
		rl_startup_hook = insert_at_start;
	rl_reset_screen_size(); /* it may have changed while a command ran */
	prompt = pss_bash_editor_prompt(request);
	CLRINTERRUPT;
	sigaction(SIGINT, NULL, &loop_handler);
	set_sigint_handler(); /* so that Ctrl-C ends a loop of the shell's in `bind -x`, too */
	take_over_ending();
	outcome = read_in_readline(prompt ? prompt : "", ret_line);
	give_back_ending();
	sigaction(SIGINT, &loop_handler, NULL);
	CLRINTERRUPT;
	if (rl_startup_hook == insert_at_start)
		rl_startup_hook = NULL;
	free(prompt);
	return outcome;
}

/* Takes the line and its prompt from the screen. readline forgets the prompt's first lines once it has printed them. */
static void clear_line(void)
{
	unsigned n_rows = pss_bash_editor_prompt_rows(rl_display_prompt);

	rl_clear_visible_line();
	if (n_rows > 0 && rl_get_termcap("up"))
		fprintf(editor.out, "\033[%uA\033[J", n_rows);
}

/* While readline shows a question of its own in the place of the prompt, that keeps the old one. */
void pss_bash_set_prompt(const char *prompt, const char *right)
{
	struct pss_read_request changed = *editor.request;
	char *composed;

	changed.prompt = prompt;
	changed.right = right;
	if (rl_display_prompt != rl_prompt || (rl_readline_state & (PSS_RL_STATE_ISEARCH | PSS_RL_STATE_NSEARCH)))
		return;
	composed = pss_bash_editor_prompt(&changed);
	if (!composed)
		return;
	clear_line();
	fflush(editor.out);
	rl_set_prompt(composed);
	free(composed);
	redraw();
}

void pss_bash_print_above(const char *text, size_t n)
{
	clear_line();
	fwrite(text, 1, n, editor.out);
	fflush(editor.out);
	redraw();
}
