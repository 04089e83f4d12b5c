/* SPDX-License-Identifier: MIT */
/* Semantic marks: they show the terminal where a prompt, a command and its output begin and end, and in which directory
 * of which computer the shell is, so that it can jump from prompt to prompt, fold output and show statuses.
 *
 *   OSC 133 ; A   a prompt begins           OSC 133 ; C           what the command prints begins
 *   OSC 133 ; B   what is typed begins      OSC 133 ; D ; STATUS  it has ended; without STATUS: nothing ran
 *   OSC 7 ; file://COMPUTER/DIRECTORY       before A, at each first prompt
 *
 * OSC 633 stands in the place of 133 where the terminal is VS Code's and its own integration is at work in the calling
 * shell. Where the remote prints some of these itself, its stand for ours. Writes to no terminal. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum pss_prompt_marks_stage {
	PSS_MARKS_NONE,    /* no prompt yet */
	PSS_MARKS_PROMPT,  /* a prompt is shown, and edited at */
	PSS_MARKS_REFUSED, /* … and what was typed there has not become a command */
	PSS_MARKS_SENT,    /* a command has gone out, and has printed nothing */
	PSS_MARKS_OUTPUT,  /* it has */
};

struct pss_prompt_marks {
	unsigned number; /* 133, 633, or 0: none is made */
	enum pss_prompt_marks_stage stage;
	char first, last;         /* of the remote's own marks since the line went out, or 0 */
	bool remote_marks_output; /* the last command was marked by the remote */
	char *heard;              /* what the remote said with OSC 7, since ours; heap, or NULL */
	bool heard_is_cut;        /* … and this is its beginning */
	bool directory_changed;   /* the terminal knows a directory that is not of here */
};

/* `knows_marks`: the terminal does. `get_variable` is of the calling shell. */
void pss_prompt_marks_init(struct pss_prompt_marks *marks, bool knows_marks,
			   const char *(*get_variable)(const char *name));
void pss_prompt_marks_finish(struct pss_prompt_marks *marks);

/* What the remote has printed between OSC and its end. `is_cut`: this is the beginning of it. */
void pss_prompt_marks_hear(void *marks, const char *text, bool is_cut);

/* The line that was typed at the prompt goes to the remote. One of several lines is sent line by line. */
void pss_prompt_marks_send(struct pss_prompt_marks *marks, const char *line);
/* What was typed has not gone out, or was discarded before it was whole. */
void pss_prompt_marks_refuse(struct pss_prompt_marks *marks);

/* Has it still to be said where the output begins? Behind control strings at its beginning, as one of them may say it.
 */
bool pss_prompt_marks_await_output(const struct pss_prompt_marks *marks);
/* What says so here, or "". Static. */
const char *pss_prompt_marks_output(struct pss_prompt_marks *marks);

/* Heap, or NULL where there is none (or memory is short): */
/* … behind the output of what was sent, whose status this is; */
char *pss_prompt_marks_end(struct pss_prompt_marks *marks, int status);
/* … behind everything, when the session is left; */
char *pss_prompt_marks_last(struct pss_prompt_marks *marks, int status);
/* … in front of a prompt; */
char *pss_prompt_marks_directory(struct pss_prompt_marks *marks, const char *computer, const char *directory, size_t n);
/* … when the session is left: the directory that this computer's shell is in, and that it is not to be relied on. */
char *pss_prompt_marks_back(struct pss_prompt_marks *marks);

/* Around a first prompt, as parts of it that take no room; "" where there is none. Static. They are of the stage that
 * begins with them. */
void pss_prompt_marks_prompt(struct pss_prompt_marks *marks, const char **ret_before, const char **ret_behind);
