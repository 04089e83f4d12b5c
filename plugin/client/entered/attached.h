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
	PSS_STAGE_LOST,   /* the connection to the host process has ended: `end.error` says how */
};

struct pss_last_prompt {
	bool continuation;
	bool fresh;              /* the cursor is known to stand in the first column */
	struct pss_buffer text;  /* untrusted */
	struct pss_buffer right; /* untrusted; empty: none */
	struct pss_buffer directory;
};

/* Keys that were typed while the terminal was the remote's. */
struct pss_attached_keys {
	struct pss_buffer returned; /* raw keys that came back */
	size_t n_away;              /* bytes of keys that no answered PING of a prompt followed: they may come back */
	size_t n_unconfirmed;       /* … that no answered PING followed: the host process may not have read them */
	size_t n_behind_ping;       /* of these, those sent after the PING that is out */
};

/* What the host process owes us. */
struct pss_attached_host {
	bool awaits_ack;       /* of a LINE or LEAVE */
	uint32_t ping;         /* the one that is out, or 0 */
	bool pinged_at_prompt; /* … was sent at a prompt */
	int64_t heard_at;      /* ms: when the host last said something, or was last asked in a new way */
};

struct pss_attached_completion {
	uint32_t id;              /* of the COMPLETE that is out, or 0 */
	bool answered;            /* its RESULT has come: `answer` */
	struct pss_buffer answer; /* fields */
};

/* Of STAGE_LEFT and STAGE_LOST. */
struct pss_attached_end {
	int error; /* -ECONNRESET, -ETIMEDOUT, -EPROTO, …: for STAGE_LOST */
	uint64_t reason;
	bool at_prompt; /* while no line was out: it ended by itself */
	int status;     /* -1: unknown */
	char *message;  /* heap, or NULL */
};

struct pss_attached {
	struct pss_connection *connection;
	uint32_t id;
	enum pss_stage stage;
	unsigned n_prompts;            /* counts: distinguishes a new prompt from the one being edited */
	bool repainted;                /* the one being edited has changed; drawing it clears this */
	int status;                    /* $? of the remote, as last known */
	struct pss_last_prompt prompt; /* the one to show now */
	struct pss_last_prompt first;  /* the last first prompt: shown again when a continuation is given up */
	struct pss_attached_keys keys;
	struct pss_attached_host host;
	struct pss_attached_completion completion;
	struct pss_attached_end end;
};

void pss_attached_init(struct pss_attached *link, struct pss_connection *connection, uint32_t id);
void pss_attached_finish(struct pss_attached *link); /* not the connection */

/* Takes what has arrived into the buffer; the end of the connection makes STAGE_LOST. */
void pss_attached_fill(struct pss_attached *link);

/* The next frame that has to be shown, OUTPUT or NOTE: true. Every other one is taken in here.
 * Valid until pss_attached_shown(). */
bool pss_attached_next(struct pss_attached *link, struct pss_frame *ret_frame);
void pss_attached_shown(struct pss_attached *link, const struct pss_frame *frame);

/* Queue frames. An error (memory) makes STAGE_LOST. */
void pss_attached_line(struct pss_attached *link, const char *line, size_t n);
void pss_attached_keys(struct pss_attached *link, const void *keys, size_t n);
void pss_attached_resize(struct pss_attached *link, unsigned columns, unsigned rows);
void pss_attached_command(struct pss_attached *link, enum pss_type type); /* INTERRUPT, DISCARD, PING */
void pss_attached_leave(struct pss_attached *link, bool keep); /* keep: a temporary session becomes a kept one */

/* COMPLETE; pss_attached.completion.answered says when the answer is there. Then, or to give it up (CANCEL), forget it.
 */
void pss_attached_complete(struct pss_attached *link, const char *line, size_t n, size_t point);
void pss_attached_forget_completion(struct pss_attached *link);

/* Sends what can be sent now. */
void pss_attached_flush(struct pss_attached *link);

/* Is more taken from the keyboard? */
bool pss_attached_has_room(const struct pss_attached *link);

/* How long may be waited for the host process: ms, -1 for ever. 0: it is time for pss_attached_overdue(). */
int64_t pss_attached_patience(const struct pss_attached *link);
/* Nothing came in that time, and nothing is in the socket: asks with a PING, or makes STAGE_LOST. */
void pss_attached_overdue(struct pss_attached *link);

/* At a first prompt again without the remote saying so: the unfinished lines were discarded. */
void pss_attached_discard(struct pss_attached *link);
