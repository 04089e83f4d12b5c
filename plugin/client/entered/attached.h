/* SPDX-License-Identifier: MIT */
/* The attached connection, as the entered loop sees it: what stage the remote is in, what it asked for
 * last, and the frames that go to it. Knows no terminal. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "client/requests/connection.h"

enum pss_stage {
	PSS_STAGE_REMOTE, /* the terminal is the remote's */
	PSS_STAGE_PROMPT, /* it waits for a line */
	PSS_STAGE_LEFT,   /* LEFT has come */
	PSS_STAGE_LOST,   /* the connection to the host process has ended: `lost` says how */
};

struct pss_last_prompt {
	bool continuation;
	bool fresh;              /* the cursor is known to stand in the first column */
	struct pss_buffer text;  /* untrusted */
	struct pss_buffer right; /* untrusted; empty: none */
	struct pss_buffer directory;
};

struct pss_link {
	struct pss_connection *connection;
	uint32_t id;
	enum pss_stage stage;
	unsigned n_prompts;            /* counts: tells a new prompt from the one being edited */
	bool repainted;                /* the one being edited has changed; whoever draws it forgets that */
	int status;                    /* $? of the remote, as last known */
	struct pss_last_prompt prompt; /* the one to show now */
	struct pss_last_prompt first;  /* the last first prompt: shown anew when a continuation is given up */
	struct pss_buffer typed;       /* raw keys that came back */
	bool awaits_ack;               /* of a LINE or LEAVE */
	uint32_t ping;                 /* the one that is out, or 0 */
	bool pinged_at_prompt;         /* … was sent at a prompt */
	size_t n_away;            /* bytes of keys that no answered PING of a prompt followed: they may come back */
	size_t n_unconfirmed;     /* … that no answered PING followed: the host process may not have read them */
	size_t n_behind_ping;     /* of these, those sent after the PING that is out */
	uint32_t completing;      /* the COMPLETE that is out, or 0 */
	bool answered;            /* its RESULT has come: `answer` */
	struct pss_buffer answer; /* fields */
	int64_t heard_at;         /* ms: when the host last said something, or was last asked in a new way */
	int lost;                 /* -ECONNRESET, -ETIMEDOUT, -EPROTO, …: for STAGE_LOST */
	uint64_t left_reason;
	bool left_at_prompt; /* while no line was out: it ended by itself */
	int left_status;     /* -1: none was said */
	char *left_message;  /* heap, or NULL */
};

void pss_link_init(struct pss_link *link, struct pss_connection *connection, uint32_t id);
void pss_link_finish(struct pss_link *link); /* not the connection */

/* Takes what has arrived into the buffer; the end of the connection makes STAGE_LOST. */
void pss_link_fill(struct pss_link *link);

/* The next frame that somebody must show, OUTPUT or NOTE: true. Every other one is taken in here.
 * Valid until pss_link_shown(). */
bool pss_link_next(struct pss_link *link, struct pss_frame *ret_frame);
void pss_link_shown(struct pss_link *link, const struct pss_frame *frame);

/* Queue frames. An error (memory) makes STAGE_LOST. */
void pss_link_line(struct pss_link *link, const char *line, size_t n);
void pss_link_keys(struct pss_link *link, const void *keys, size_t n);
void pss_link_resize(struct pss_link *link, unsigned columns, unsigned rows);
void pss_link_command(struct pss_link *link, enum pss_type type); /* INTERRUPT, DISCARD, PING */
void pss_link_leave(struct pss_link *link, bool keep);            /* keep: a temporary session becomes a kept one */

/* COMPLETE; pss_link.answered says when the answer is there. Then, or to give it up (CANCEL), forget it. */
void pss_link_complete(struct pss_link *link, const char *line, size_t n, size_t point);
void pss_link_forget_completion(struct pss_link *link);

/* Sends what can be sent now. */
void pss_link_flush(struct pss_link *link);

/* Is more taken from the keyboard? */
bool pss_link_has_room(const struct pss_link *link);

/* How long may be waited for the host process: ms, -1 for ever. 0: it is time for pss_link_overdue(). */
int64_t pss_link_patience(const struct pss_link *link);
/* Nothing came in that time, and nothing is in the socket: asks with a PING, or makes STAGE_LOST. */
void pss_link_overdue(struct pss_link *link);

/* At a first prompt again without the remote saying so: the unfinished lines were discarded. */
void pss_link_discard(struct pss_link *link);
