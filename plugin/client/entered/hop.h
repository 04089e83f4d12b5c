/* SPDX-License-Identifier: MIT */
/* The second hop: enter-, new-pssession and invoke-command that are typed at the prompt of an entered session, and run
 * here, with that session's connection as the way. ARCHITECTURE.md, "The second hop", says when. */
#pragma once

#include <stdbool.h>

#include "client/base/strings.h"
#include "client/entered/attached.h"
#include "client/prompt/prompt-marks.h"

/* The commands that lead on; NONE: another line. */
enum pss_hop_command { PSS_HOP_NONE, PSS_HOP_ENTER, PSS_HOP_NEW, PSS_HOP_INVOKE, PSS_HOP_COUNT };

/* A line of the entered loop that may be one, and the loop as it stood there. */
struct pss_hop {
	char *line;                    /* heap; NULL: none */
	struct pss_attached link;      /* with `line`: at the prompt; to be gone on with */
	struct pss_prompt_marks marks; /* … and how far it has been marked for the terminal */
	bool resumes;                  /* the loop goes on with `link`, */
	bool sends_line;               /* … and sends the line first */
	struct pss_buffer typed;       /* behind the line, and unread; heap, the caller's */
};

/* Could the line be one: such a command by its name or short alias, with words that every shell takes as they are
 * written? */
bool pss_hop_is_one(const char *line);

/* The words of the line, of which the first is the command's name. The caller finishes the list also where the line is
 * not one. */
enum pss_hop_command pss_hop_read(const char *line, struct pss_texts *ret_words);
