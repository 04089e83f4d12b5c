/* SPDX-License-Identifier: MIT */
/* One PowerShell, driven over PowerShell remoting ([MS-PSRP]) as `pwsh -sshs` speaks it: plugin/psrp/PROTOCOL.md.
 *
 * The sibling of remote/engine/engine.h for computers whose shell is PowerShell itself. It sees one byte stream and no
 * network: the channel of the subsystem. The session feeds it what arrives and takes what it wants sent; the client
 * turns that into events: what a terminal should show, prompts, questions answered by keys, the end. It never blocks
 * and makes no threads. All functions are for one thread; events are emitted from inside the calls (and from timers of
 * the default GMainContext), and the handler must not free the client from inside one. */
#pragma once

#include <glib.h>

#include "psrp/messages/using.h"

typedef struct PssPsrp PssPsrp;

typedef enum {
	PSS_PSRP_OPENING, /* the first prompt has not come */
	PSS_PSRP_IDLE,    /* waits for a line (first or second prompt) */
	PSS_PSRP_BUSY,    /* a line or a command runs */
	PSS_PSRP_ENDED,
} PssPsrpState;

typedef struct {
	int kind;         /* 1 first prompt, 2 second prompt */
	int status;       /* 0-255; meaningful for kind 1 */
	const char *text; /* what the prompt function has returned, untrusted, not NUL-terminated */
	gsize n_text;
	const char *directory; /* untrusted, not NUL-terminated */
	gsize n_directory;
	gboolean fresh; /* the cursor is known to stand in the first column */
} PssPsrpPrompt;

/* As remote/engine/engine.h has it: candidates are untrusted, and without control bytes. */
typedef struct {
	gsize start;         /* the bytes from here to the cursor are what a candidate replaces */
	gboolean no_space;   /* the only one does not end the word */
	gsize n_more;        /* were left out */
	gsize n;             /* candidates */
	char **words;        /* n of them, NULL-terminated */
	char **descriptions; /* n of them; NULL where there is none */
} PssPsrpCompletion;

typedef enum {
	PSS_PSRP_HUNG_UP, /* the channel closed */
	PSS_PSRP_BROKEN,  /* the server gave its runspace up, or sent what cannot be understood */
	PSS_PSRP_SILENT,  /* no prompt within the deadline of the opening */
} PssPsrpEnd;

/* Every member must be set. What is passed is borrowed for the time of the call. */
typedef struct {
	/* Bytes for the channel, in order. The session queues them. */
	void (*send)(gpointer user, const void *data, gsize n);
	/* What a terminal in raw mode should show. */
	void (*on_output)(gpointer user, const void *data, gsize n);
	/* IDLE reached. Comes after all output of the line before. */
	void (*on_prompt)(gpointer user, const PssPsrpPrompt *prompt);
	/* BUSY entered. */
	void (*on_busy)(gpointer user);
	/* Keys that nothing has read: they belong into the editor. Always after the on_prompt of the same moment. */
	void (*on_typed)(gpointer user, const void *data, gsize n);
	/* One sentence for the user, without the session's name. */
	void (*on_notice)(gpointer user, const char *text);
	/* `exit` or Exit-PSSession has run: the terminal that has entered the session leaves it, and keys that nothing
	 * has read are dropped. The runspace lives, and the on_prompt of that line follows. */
	void (*on_leave)(gpointer user, int status);
	/* What pss_psrp_complete() asked for, once for each time; NULL where it was given up. */
	void (*on_completion)(gpointer user, const PssPsrpCompletion *completion);
	/* ENDED, once, the last event. `cause` is a sentence's end, fit to be shown. */
	void (*on_ended)(gpointer user, PssPsrpEnd how, const char *cause);
} PssPsrpEvents;

typedef struct {
	const char *term;             /* what programs find as TERM where they find none; NULL: nothing */
	guint columns, rows;          /* of the terminal, 0: 120 × 50 */
	guint opening_deadline_ms;    /* until the first prompt; 0: 60 s (a .NET start on a slow server) */
	guint completion_deadline_ms; /* until the answer to Tab, then it is given up; 0: 2 s */
} PssPsrpOptions;

/* `events` must outlive the client; `user` is handed back. Never NULL. */
PssPsrp *pss_psrp_new(const PssPsrpOptions *options, const PssPsrpEvents *events, gpointer user);
void pss_psrp_free(PssPsrp *psrp); /* accepts NULL; emits nothing */

/* The channel may be written to: all of the opening goes out in one flight, and its deadline begins. */
void pss_psrp_begin(PssPsrp *psrp);

/* Bytes that arrived, and the channel's end (`exit_status` -1: none came). */
void pss_psrp_data(PssPsrp *psrp, const void *data, gsize n, gboolean is_stderr);
void pss_psrp_closed(PssPsrp *psrp, int exit_status);

PssPsrpState pss_psrp_state(const PssPsrp *psrp);

/* Known once the server has answered; NULL before. "2.3", "2.4". */
const char *pss_psrp_protocol(const PssPsrp *psrp);

/* Of the terminal; counts from the next line on. 0: 120 × 50. */
void pss_psrp_resize(PssPsrp *psrp, guint columns, guint rows);

/* Runs one line (UTF-8; newlines allowed). Only when IDLE; at a second prompt it continues the lines before it. Then
 * BUSY; on_prompt says how it went: kind 2 when PowerShell finds the text incomplete. */
void pss_psrp_line(PssPsrp *psrp, const char *text, gsize n);
void pss_psrp_discard(PssPsrp *psrp); /* at a second prompt: the first one again, no event */

/* Keys. When IDLE they come straight back through on_typed; when BUSY they answer what is asked (Read-Host, choices,
 * credentials: edited here, echoed by on_output), else wait for that. Ctrl-C among them interrupts. */
void pss_psrp_keys(PssPsrp *psrp, const void *data, gsize n);

/* Ctrl-C: stops what runs; nothing when IDLE. */
void pss_psrp_interrupt(PssPsrp *psrp);

/* What may stand at `point` of a line? Only when IDLE; else FALSE, and no event. */
gboolean pss_psrp_complete(PssPsrp *psrp, const char *line, gsize n, gsize point) G_GNUC_WARN_UNUSED_RESULT;
void pss_psrp_cancel_completion(PssPsrp *psrp); /* nothing where none is under way */

/* The last first prompt, for a terminal that enters while IDLE; FALSE where there was none yet. Borrowed until the
 * client's next event. */
gboolean pss_psrp_last_prompt(PssPsrp *psrp, PssPsrpPrompt *ret_prompt);

/* ---- commands beside the terminal: invoke-command */

typedef enum {
	PSS_PSRP_OUTPUT,
	PSS_PSRP_ERROR,
	PSS_PSRP_WARNING,
	PSS_PSRP_VERBOSE,
	PSS_PSRP_DEBUG,
	PSS_PSRP_INFORMATION,
	PSS_PSRP_HOST,     /* Write-Host and its like */
	PSS_PSRP_PROGRESS, /* one line, which replaces the one before; "": done */
} PssPsrpStream;

/* One object or message. Borrowed for the time of the call; members that it does not have are NULL. */
typedef struct {
	PssPsrpStream stream;
	const char *text; /* as shown; without a newline but for parts of HOST; NUL may be in it */
	gsize n_text;
	gboolean ends_line;   /* FALSE: more of the line follows (HOST), or it is bytes (words) */
	gboolean is_shown;    /* INFORMATION: by Write-Host, which has come as HOST too */
	const char *json;     /* with `is_json`, OUTPUT: its value */
	const char *type;     /* the same: its .NET type */
	const char *error_id; /* ERROR: FullyQualifiedErrorId */
	const char *category; /* ERROR: its category's name */
} PssPsrpRecord;

typedef struct {
	const char *text;             /* PowerShell; NULL where there are words */
	const char *const *words;     /* a program and its arguments, run without a shell; bytes pass as they are */
	const char *const *arguments; /* positional parameters of the text, or NULL */
	const PssUsing *using_values; /* local variables that the text takes by `$using:NAME`, or NULL */
	gsize n_using_values;
	const char *const *properties; /* with is_json: those of each object, or NULL for all */
	gboolean is_json;              /* objects; else text that is formatted there, `columns` wide */
	gboolean has_input;            /* $input has a line an object, from pss_psrp_input() */
	guint columns;                 /* 0: 120 */
} PssPsrpCommand;

typedef struct {
	void (*on_record)(gpointer user, const PssPsrpRecord *record);
	/* All of the input has been taken: more is welcome. */
	void (*on_input_taken)(gpointer user);
	/* The command asks for a line: pss_psrp_answer() follows, now or later, unless it ends before. NULL, the
	 * member: nobody can be asked, and the command is stopped with a sentence. */
	void (*on_question)(gpointer user, const char *text, gboolean is_secret);
	/* Over, and the runspace is IDLE: the last call. `status` as in PROTOCOL.md, "Statuses". */
	void (*on_done)(gpointer user, int status);
} PssPsrpCommandEvents;

/* Only when IDLE. The command is borrowed for the time of the call, the events until the last of them. ENDED ends it
 * without on_done. No event of PssPsrpEvents says anything of it but ENDED. */
void pss_psrp_invoke(PssPsrp *psrp, const PssPsrpCommand *command, const PssPsrpCommandEvents *events, gpointer user);
gboolean pss_psrp_is_invoking(const PssPsrp *psrp);

/* The answer to the last question of the command; NULL: it is declined, and the command stopped. A secret perhaps: it
 * is not kept. Nothing where no answer is wanted. */
void pss_psrp_answer(PssPsrp *psrp, const char *answer);

/* Nobody wants to hear of the command any more: it is stopped, and no event of its follows. The client is IDLE when it
 * has ended; on_prompt says so then. */
void pss_psrp_abandon(PssPsrp *psrp);

/* Input of the command that runs; n 0 with `is_end`. What waits here is not bounded: stop feeding until on_input_taken.
 */
void pss_psrp_input(PssPsrp *psrp, const void *data, gsize n, gboolean is_end);
