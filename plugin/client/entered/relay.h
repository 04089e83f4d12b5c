/* SPDX-License-Identifier: MIT */
/* The terminal is the remote's: raw, bytes go both ways. */
#pragma once

#include "client/entered/attached.h"
#include "client/prompt/prompt-marks.h"
#include "client/prompt/typed.h"
#include "client/tty/escape-keys.h"
#include "client/tty/tty.h"
#include "terminal/modes.h"

struct pss_relay {
	struct pss_attached *link;
	struct pss_tty *tty;
	struct pss_tty_modes *modes;
	struct pss_prompt_marks *marks; /* what stands in front of a command's output */
	/* Shows a NOTE; the terminal is raw. */
	void (*on_note)(void *user, const struct pss_frame *frame);
	void *user;
	int escape_character;    /* -1: none */
	struct pss_typed *typed; /* a run sends them on first, and leaves here what is for the editor */
	/* What an escape key asked for, PSS_ESCAPE_KEY_LEAVE or PSS_ESCAPE_KEY_DETACH: the relay has ended for it. */
	enum pss_escape_key asked;
};

/* Runs until the remote waits for a line, has left or is lost (link->stage), until an escape key asks to leave
 * (`asked`), or until the shell is being ended (pss_signals_ending()). At a prompt, keys that nothing read or that were
 * pressed before it could be shown are in `typed`. The terminal is cooked again when it returns. 0; -EIO: the terminal
 * is gone; -errno. */
int pss_relay_run(struct pss_relay *relay);

/* The same without keys, for at most `deadline_ms`: what still comes after LEAVE, until LEFT. */
int pss_relay_drain(struct pss_relay *relay, int64_t deadline_ms);
