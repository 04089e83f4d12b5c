/* SPDX-License-Identifier: MIT */
/* Questions to the person at the terminal. Always on /dev/tty, whatever standard input and output are. */
#pragma once

#include <stdbool.h>

#include "wire/buffer.h"
#include "wire/message.h"

/* Is there a terminal, and is this process in its foreground? */
bool pss_can_ask(void);

/* Puts one question and reads one line. Blocks as long as the person needs. Without `echo` what is typed is not
 * shown. `computer` is named before the question where the question does not name it itself.
 * 0 and the answer with its NUL in *ret_answer (empty before; the caller wipes it); -ECANCELED: declined by Ctrl-D;
 * -EINTR: by Ctrl-C or another signal, which the shell has been given by now; -ENOTTY; -errno.
 * The terminal is as it was before on every way out. */
int pss_ask(const char *computer, const char *question, bool echo, struct pss_buffer *ret_answer);

/* Asks until the answer begins with one of `keys` (lower case), of which an empty line means the first. The key, or
 * a negative errno as above. */
int pss_ask_choice(const char *question, const char *keys);
