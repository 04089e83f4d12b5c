/* SPDX-License-Identifier: MIT */
/* The members of PssRemote, and what the engine's files share. Private to this folder. */
#pragma once

#include "remote/engine/engine.h"
#include "remote/state/phase.h"
#include "remote/protocol/marks.h"
#include "remote/protocol/replies.h"
#include "remote/protocol/request.h"
#include "remote/protocol/stream.h"
#include "terminal/column.h"
#include "terminal/paint.h"

/* The slots of pss_marks_expect(). */
enum { PSS_SLOT_NAME, PSS_SLOT_REQUEST }; /* with the first line the first becomes the last request's */

/* fish's own reader (fish-reader.c). */
typedef struct {
	char key[16];                      /* what calls it to read a request */
	char called[PSS_NONCE_LENGTH + 1]; /* the request after whose end it was called last */
	char begun[PSS_NONCE_LENGTH + 1];  /* the last request that the reader has executed */
	PssReaderState state;
	gboolean reads;       /* requests, from the fifo */
	gboolean has_request; /* that it has not been called for */
	gboolean is_leaving;  /* it will not read what comes behind the last request */
	guint quiet_timer;    /* till it has painted, where it is left waiting */
	GString *painted;     /* while it waits */
	gboolean has_no_text; /* no command line is painted now */
	GString *tail;        /* of a command's output: what may be a mark of the reader's own */
	guint timer, n_calls;
	gboolean disturbed;    /* keys that make a terminal forget have been sent since it read last */
	gboolean may_be_extra; /* it was called once more: the key may lie in the terminal unread */
} PssReader;

/* What PowerShell's host writes of itself (pwsh-output.c). */
typedef struct {
	gboolean in_line; /* a line runs: what a program may have written is shown */
	char held[8];     /* what may become such a thing */
	gsize n_held;
	struct pss_tokenizer paint;
	gboolean is_taken; /* a program has taken the keyboard in this line */
	gboolean is_noted; /* the notice on Ctrl-Z has been shown */
} PssPwshOutput;

/* What was printed before the launcher spoke (prelude.c). */
typedef struct {
	GString *held; /* not shown yet */
	gboolean shown;
	guint timer;
	gboolean holds_lines; /* the timer is that of whole lines */
	GString *begun;       /* its last line */
	GString *tail;        /* the last line of all that was printed so far */
	GPtrArray *lines;     /* those before it */
	GString *line;        /* what may become a repetition of one of them, for a moment */
	guint line_timer;
	gsize n_remembered;
	gboolean is_inside; /* a line that is shown */
} PssPrelude;

/* What the two channels begin with (opening.c). */
typedef struct {
	char *shell; /* -ConfigurationName, or NULL */
	gboolean resilient;
	gboolean takes_scripts;
	PssFamily expected; /* NONE: not known */
	PssFamily packed;   /* the control channel's command has the script for this family; NONE: it has none */
	char *terminal_command, *control_command;
	GString *script; /* for the control channel's standard input; NULL: the other side has read it */
} PssOpening;

/* The start, up to the first prompt or a plain terminal (boot.c). */
typedef struct {
	guint deadline_ms;
	gint64 began;
	guint crowd; /* so many that began with it at most, itself among them */
	PssOpening opening;
	PssPrelude prelude;
	struct pss_tokenizer paint;
	PssLauncher launcher;
	enum {
		PSS_START_FITS,
		PSS_START_UNFIT, /* the launcher is to start the login shell as it is, when it speaks */
		PSS_START_LATE,  /* … and may never speak */
	} verdict;
	gboolean paints;      /* the shell's own reader does, as another program would */
	gboolean is_unproven; /* nothing says that what is on the terminal will stay */
	gboolean is_slow;     /* a plain terminal for now, as start-up files have come to no prompt in time */
	guint n_missed;       /* times that the launcher's process was not there */
	GString *motd;        /* what came before the shell's own start, for on_motd; NULL: not wanted */
} PssStart;

/* One line or command, from its sending to its prompt (line.c). What is known of the last one stays until the next one.
 */
typedef struct {
	char nonce[PSS_NONCE_LENGTH + 1];      /* of the request that runs, or ran last */
	char mark_nonce[PSS_NONCE_LENGTH + 1]; /* of the last line */
	char old_nonce[PSS_NONCE_LENGTH + 1];  /* of the line before it */
	GString *text;                         /* the lines of one command so far */
	gboolean ask;                          /* whether the text is complete */
	guint n_sent;                          /* times that the request was sent */
	gboolean says_kept;                    /* it tells the shell that the session is kept */
	gboolean resuming;                     /* it is behind another engine's, and has not begun */
	gboolean interrupted;                  /* pss_remote_interrupt() while it was on its way */
	guint n_seconds;                       /* second lines sent for it */
	guint second_timer;                    /* the next one, after an interrupt */
	gboolean has_mark, has_report;         /* the two halves of "done" */
	int mark_status;
} PssRequest;

/* Keys on their way (typed.c). */
typedef struct {
	GByteArray *held;                    /* that wait: for the line to begin, or for the prompt */
	guint grace_timer;                   /* until they go to what has begun */
	GByteArray *unread;                  /* that have come back from the terminal, while it is asked for them */
	gsize n_sent;                        /* bytes that may lie unread in the terminal */
	guint n_asked;                       /* times that it was asked for them */
	guint retry_ms;                      /* how long the first answer to that is waited for */
	char sentinel[PSS_NONCE_LENGTH + 1]; /* typed behind keys that shall come back */
} PssKeys;

/* A question for candidates; all zero while there is none (complete.c). */
typedef struct {
	gboolean is_awaited;
	char nonce[PSS_NONCE_LENGTH + 1];
	gsize n_before; /* bytes of the lines before the one that is completed */
	guint timer;
} PssCompletion;

/* The last first prompt. */
typedef struct {
	gboolean is_known; /* there was one */
	int status;
	int exit_status; /* of a kept exit that has not been reported yet, -1: none */
	GString *text;
	GString *right; /* at the right margin */
	GString *directory;
	gboolean fresh;
} PssPromptState;

/* A command beside the terminal; all zero while there is none (invoke.c). */
typedef struct {
	const PssInvokeEvents *events; /* NULL: there is none */
	gpointer user;
	GString *request; /* as it was sent */
	GString *undo;    /* what is sent behind it when it is done */
	guint relay;
	PssSigns streams[2]; /* standard output, standard error */
	guint progress[2];   /* of each stream: invoke.c */
	gboolean is_taken;   /* the shell has said so itself, and will report its end */
	gint64 begun_at;     /* monotonic; 0: it has not */
	guint again_timer;   /* the next interrupt; 0: none */
	guint n_again;       /* times that it came */
	gboolean background; /* it left something running */
	gboolean is_quiet;   /* no mark on the terminal follows */
} PssInvocation;

/* The shell is gone, and the end waits for what its last invocation has printed. */
typedef struct {
	PssRemoteEnd how;
	int status;
	gint64 deadline; /* monotonic */
} PssEnding;

/* What an invocation has left on the terminal so far, while that may be an interrupt's echo alone. */
typedef struct {
	gboolean is_held;
	char bytes[64];
	gsize n;
} PssTrace;

/* The one deadline of the phase. */
typedef struct {
	guint source; /* 0: none */
	guint milliseconds;
	GSourceFunc func;      /* NULL: none, or it has come */
	gboolean stands_still; /* the link is down */
} PssTimer;

struct PssRemote {
	const PssRemoteEvents *events;
	gpointer user;
	gboolean kept;
	gboolean tell_kept; /* it was not when the shell started, and the shell does not know yet */
	char *refusal;      /* why the session cannot be what it was asked to be */

	/* of the remote shell, as long as it lives */
	char name[PSS_NONCE_LENGTH + 1];
	char key[PSS_NONCE_LENGTH + 1];
	PssFamily family;
	char *program;          /* the name of the shell's, untrusted; NULL: not known, or none that can be shown */
	char *home;             /* the private directory, untrusted; NULL until it is known */
	char *boot;             /* the computer's boot id, untrusted; NULL until it is known */
	gboolean is_taken_over; /* another engine has started it, perhaps of another version */

	/* its two channels */
	gboolean control_ended;
	gboolean deaf; /* replies do not come: the mark alone has to do */
	PssMarks marks;
	gboolean slot_is_name; /* the slot PSS_SLOT_NAME holds the name still */
	PssReplies replies;
	struct pss_column column;
	gboolean dropping; /* between the marks p and q, n and s: the shell's own prompt */
	gsize n_dropped;

	PssPhase phase;
	PssTimer timer;
	PssStart start;
	PssReader reader;
	PssPwshOutput pwsh;
	PssRequest request;
	PssKeys keys;
	PssCompletion completion;
	PssPromptState prompt;
	PssInvocation invocation;
	PssTrace trace;
	PssEnding ending;
};

/* ---- engine.c */
gboolean pss_engine_enter(PssRemote *remote, PssPhaseEvent event); /* FALSE: refused in the phase that it is in */
gboolean pss_engine_is_booting(const PssRemote *remote);           /* before the first prompt */
void pss_engine_draw_nonce(char *nonce);
void pss_engine_set_timer(PssRemote *remote, guint milliseconds, GSourceFunc on_timer); /* 0: none */
void pss_engine_send_keys(PssRemote *remote, const void *data, gsize n);
/* `is_at_rest`: behind it the shell is at rest as before. */
void pss_engine_send_request(PssRemote *remote, const GString *request, gboolean is_at_rest);
void pss_engine_end(PssRemote *remote, PssRemoteEnd how, int status);

/* ---- opening.c: what the two channels begin with */
void pss_opening_init(PssRemote *remote, const PssRemoteOptions *options);
void pss_opening_finish(PssRemote *remote);
void pss_opening_on_reply(PssRemote *remote, const PssReply *reply);

/* ---- boot.c: from nothing to the first prompt, or to a plain terminal */
void pss_boot_begin(PssRemote *remote);
void pss_boot_on_mark(PssRemote *remote, char kind, const char *argument);
void pss_boot_on_output(PssRemote *remote, const void *data, gsize n);
void pss_boot_on_reply(PssRemote *remote, const PssReply *reply);
void pss_boot_on_control_closed(PssRemote *remote);
gboolean pss_boot_on_terminal_closed(PssRemote *remote); /* TRUE: it has been opened again */
/* before the shell starts */
void pss_boot_on_keys(PssRemote *remote, const void *data, gsize n);
void pss_boot_on_interrupt(PssRemote *remote);
void pss_boot_on_prelude(PssRemote *remote); /* it is shown from now on */

gboolean pss_boot_try_login_shell(PssRemote *remote);
/* In the place of a driven shell; the state is RAW, unless the launcher has started one already. */
void pss_boot_open_login_shell(PssRemote *remote, const char *reason);

/* ---- prelude.c: what is printed before the launcher speaks */
void pss_prelude_init(PssPrelude *prelude);
void pss_prelude_finish(PssPrelude *prelude);
void pss_prelude_follow(PssPrelude *prelude, const char *data, gsize n);
void pss_prelude_take(PssRemote *remote, const void *data, gsize n);
void pss_prelude_show(PssRemote *remote);   /* what is held */
void pss_prelude_drop(PssRemote *remote);   /* what is held */
void pss_prelude_forget(PssRemote *remote); /* what could be repeated */
void pss_prelude_filter(PssRemote *remote, const void *data, gsize n);
void pss_prelude_flush(PssRemote *remote); /* nothing may be kept back any more */

/* ---- line.c: one request from its sending to its prompt */
void pss_line_on_mark(PssRemote *remote, char kind, const char *argument);
void pss_line_on_reply(PssRemote *remote, const PssReply *reply);
void pss_line_on_output(PssRemote *remote, const void *data, gsize n);
void pss_line_on_control_closed(PssRemote *remote);
void pss_line_to_first_prompt(PssRemote *remote);
void pss_line_ask_again(PssRemote *remote); /* later: an interrupt was sent */
void pss_line_on_begun(PssRemote *remote);
void pss_line_write_request(PssRemote *remote); /* once more; the shell runs it once */
void pss_line_stop_seconds(PssRemote *remote);
void pss_line_resume(PssRemote *remote); /* an empty request, behind what may run */
void pss_line_new_nonce(PssRemote *remote);
void pss_line_begin(PssRemote *remote); /* the request goes out */

/* ---- typed.c: keys to the terminal, and those that nothing read */
void pss_typed_on_keys(PssRemote *remote, const void *data, gsize n);
void pss_typed_on_begun(PssRemote *remote); /* a line or an invocation */
void pss_typed_ask(PssRemote *remote);      /* what is unread; then the first prompt */
void pss_typed_on_reply(PssRemote *remote, const PssReply *reply);
void pss_typed_emit(PssRemote *remote); /* behind a prompt */
void pss_typed_stop(PssRemote *remote); /* what waits, waits on */

/* ---- complete.c: what may stand at the cursor */
void pss_complete_on_reply(PssRemote *remote, const PssReply *reply);
void pss_complete_give_up(PssRemote *remote); /* nothing where none is under way */

/* ---- line.c, for invoke.c */
void pss_line_show(PssRemote *remote, const void *data, gsize n);

/* ---- invoke.c: the same for an invocation, from line.c */
void pss_invoke_on_mark(PssRemote *remote, const char *argument);
void pss_invoke_on_report(PssRemote *remote, const PssReply *reply);
void pss_invoke_on_late(PssRemote *remote); /* its relay was: it is over, and has not been */
void pss_invoke_forget(PssRemote *remote);
void pss_invoke_on_begun(PssRemote *remote);
void pss_invoke_on_interrupt(PssRemote *remote);        /* one was sent */
gboolean pss_invoke_is_paused(const PssRemote *remote); /* nothing of its streams comes for now */
/* The shell is gone. TRUE: an invocation is waited for, and pss_engine_end() follows. */
gboolean pss_invoke_await_streams(PssRemote *remote, PssRemoteEnd how, int status);
/* Terminal output: TRUE: kept back, as an interrupt may have made it. */
gboolean pss_invoke_hold_trace(PssRemote *remote, const void *data, gsize n);
/* It was: nobody wants it. */
void pss_invoke_drop_trace(PssRemote *remote);
void pss_invoke_end_trace(PssRemote *remote);
/* It was not, or somebody watches: nothing is kept back any more. */
void pss_invoke_show_trace(PssRemote *remote);

/* ---- pwsh-output.c: a shell whose host writes what nobody has asked for (pwsh) */
void pss_pwsh_on_output(PssRemote *remote, const void *data, gsize n); /* for pss_line_on_output() */
gsize pss_pwsh_start_length(const char *data, gsize n); /* so many bytes are what it begins with as a login shell */
void pss_pwsh_on_mark(PssRemote *remote, char kind);
void pss_pwsh_on_keys(PssRemote *remote, const void *data, gsize n); /* they go to what runs */

/* ---- fish-reader.c: a shell that keeps its own line editor (fish) */
void pss_reader_init(PssReader *reader, const char *nonce);
void pss_reader_init_key(PssReader *reader, const char *key); /* of another engine */
void pss_reader_finish(PssReader *reader);
void pss_reader_stop(PssReader *reader);
void pss_reader_on_mark(PssRemote *remote, guint slot, char kind, const char *argument);
void pss_reader_on_output(PssRemote *remote, const void *data, gsize n); /* for pss_line_on_output() */
void pss_reader_release(PssRemote *remote, gboolean ends); /* what it has kept back of that; `ends`: the output does */
void pss_reader_on_paint(PssRemote *remote, const void *data, gsize n);
void pss_reader_on_keys(PssRemote *remote, const void *data, gsize n);
/* One has been sent; `is_at_rest`: behind it the shell is at rest as before. */
void pss_reader_on_request(PssRemote *remote, gboolean is_at_rest);
void pss_reader_on_done(PssRemote *remote); /* of a line or an invocation */
void pss_reader_call_again(PssRemote *remote);
