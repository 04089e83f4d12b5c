/* SPDX-License-Identifier: MIT */
/* One remote shell, driven from here: the engine that knows plugin/remote/PROTOCOL.md.
 *
 * It sees two byte streams and no network: CONTROL, the channel that runs `sh` on our bootstrap
 * script, and TERMINAL, the pty channel that the remote shell lives in. The session feeds it what
 * arrives and takes what it wants sent; the engine turns that into events: output without our marks,
 * prompts, the end. It never blocks and makes no threads. All functions are for one thread; events
 * are emitted from inside the calls (and from timers of the default GMainContext), and the handler
 * must not free the engine from inside one. */
#pragma once

#include <glib.h>

#include "remote/protocol/words.h"

typedef struct PssRemote PssRemote;

typedef enum {
	PSS_REMOTE_BOOT,  /* start-up files run; the terminal is raw, keys go to it */
	PSS_REMOTE_IDLE,  /* waits for a line (first or second prompt) */
	PSS_REMOTE_BUSY,  /* a line has been sent or runs; the terminal is raw */
	PSS_REMOTE_RAW,   /* no support for this shell: a plain terminal for ever */
	PSS_REMOTE_ENDED, /* the shell is gone */
} PssRemoteState;

typedef struct {
	int kind;         /* 1 first prompt, 2 second prompt */
	int status;       /* $? (0-255); meaningful for kind 1 */
	const char *text; /* as the remote rendered it, untrusted, not NUL-terminated */
	gsize n_text;
	const char *directory; /* the shell's $PWD, untrusted, not NUL-terminated */
	gsize n_directory;
	gboolean fresh;    /* the cursor is known to stand in the first column */
	const char *right; /* what stands at the right margin, as text */
	gsize n_right;
	gboolean repaint; /* the shell waits still, and its first prompt has changed meanwhile */
} PssRemotePrompt;

/* Candidates are as they stand in a line of the remote shell, quoted; untrusted, and without control bytes. */
typedef struct {
	gsize start;         /* the bytes from here to the cursor are what a candidate replaces */
	gboolean no_space;   /* the only one does not end the word */
	gsize n_more;        /* were left out */
	gsize n;             /* candidates */
	char **words;        /* n of them, NULL-terminated */
	char **descriptions; /* n of them; NULL where there is none */
} PssRemoteCompletion;

typedef enum {
	PSS_REMOTE_EXITED,  /* the shell ended: its status is known */
	PSS_REMOTE_HUNG_UP, /* the terminal closed and nothing said why */
	PSS_REMOTE_UNLED,   /* the control channel ended: nothing can reach the shell any more */
	PSS_REMOTE_SILENT,  /* the shell answers no request */
	PSS_REMOTE_REFUSED, /* what was asked for is not there */
} PssRemoteEnd;

/* Every member must be set. The bytes passed are borrowed for the time of the call. */
typedef struct {
	/* Bytes for the two channels, in order. The session queues them; the engine watches no limits
	 * but pss_remote_line()'s own. */
	void (*send_control)(gpointer user, const void *data, gsize n);
	void (*send_terminal)(gpointer user, const void *data, gsize n);
	/* What a terminal should show. */
	void (*on_output)(gpointer user, const void *data, gsize n);
	/* IDLE reached: first or second prompt. Comes after all output of the line before. With `repaint` it was IDLE.
	 */
	void (*on_prompt)(gpointer user, const PssRemotePrompt *prompt);
	/* BUSY, BOOT or RAW entered (also again after a prompt). */
	void (*on_busy)(gpointer user);
	/* Keys that were sent with pss_remote_keys() and that no program read: they belong into the editor.
	 * Always after the on_prompt of the same moment. */
	void (*on_typed)(gpointer user, const void *data, gsize n);
	/* The message of the day, if it was asked for and there is any: what the launcher has printed, as on_output has
	 * shown it already. Before the shell's start-up files run. */
	void (*on_motd)(gpointer user, const char *text);
	/* One sentence for the user, without the session's name: why the terminal is plain, or that start-up is slow.
	 */
	void (*on_notice)(gpointer user, const char *text);
	/* `exit` was run inside a line of a kept session (SPEC §3): leave it; the shell lives and a prompt follows. */
	void (*on_kept_exit)(gpointer user, int status);
	/* What pss_remote_complete() asked for, once for each time; NULL where it was given up: by the deadline,
	 * pss_remote_cancel_completion(), a line, or the next question. */
	void (*on_completion)(gpointer user, const PssRemoteCompletion *completion);
	/* The terminal's channel has ended without our command having run: it is to be opened again, with a pty and for
	 * the login shell. From now on TERMINAL is that one. Once at most. */
	void (*open_login_shell)(gpointer user);
	/* ENDED, once, the last event. `status` is 0-255 and the best that is known; `cause` says why it was refused.
	 */
	void (*on_ended)(gpointer user, PssRemoteEnd how, int status, const char *cause);
} PssRemoteEvents;

typedef struct {
	const char *shell;      /* -ConfigurationName: "bash", "zsh", "sh", "fish", or NULL for the login shell */
	gboolean kept;          /* a line that runs `exit` leaves the session instead of ending the shell */
	gboolean tell_motd;     /* on_motd is wanted */
	gboolean resilient;     /* the channels outlast the login: a holder has them */
	guint boot_deadline_ms; /* 0: the default. How long the bootstrap may take before RAW */
} PssRemoteOptions;

/* `events` must outlive the engine; `user` is handed back. Fresh secrets are drawn here. Never NULL. */
PssRemote *pss_remote_new(const PssRemoteOptions *options, const PssRemoteEvents *events, gpointer user);
void pss_remote_free(PssRemote *remote); /* accepts NULL; emits nothing */

/* Its start may take longer than that of one alone: many start at once. Accepts NULL. */
gboolean pss_remote_may_be_late(const PssRemote *remote);

/* RAW, as its start-up files take so long; and does the line that the cursor stands in look like a question of theirs?
 */
gboolean pss_remote_is_slow_to_start(const PssRemote *remote, gboolean *ret_asks);

/* What is known of the computer. */
typedef struct {
	gboolean takes_scripts; /* its server takes a command of 32 KiB */
	const char *family; /* the shell there was of this family the last time, as the reply `r` says it; or NULL */
} PssRemoteHints;

/* To be called before the commands are asked for. Without it the computer takes scripts. */
void pss_remote_hint(PssRemote *remote, const PssRemoteHints *hints);

/* As for the hint of the next session; NULL: there was no first prompt yet. */
const char *pss_remote_family(const PssRemote *remote);

/* The channels are being opened: from now on the deadline of the bootstrap runs. */
void pss_remote_begin(PssRemote *remote);

/* In the place of pss_remote_begin() where our commands are not for the server: open_login_shell() is called, the state
 * is RAW, and the reason is shown. */
void pss_remote_begin_plain(PssRemote *remote, const char *reason);

/* What the two channels execute (SSH "exec"; for the terminal after a pty request), and what is
 * written to CONTROL's standard input at once, before anything arrives. All borrowed; the script is
 * forgotten when it has been read on the other side. */
const char *pss_remote_control_command(PssRemote *remote);
const char *pss_remote_terminal_command(PssRemote *remote);
const char *pss_remote_control_script(PssRemote *remote, gsize *ret_n);

/* Bytes that arrived, or the end of a channel (-1: no exit status came; 128+n: killed by signal n). */
void pss_remote_control_data(PssRemote *remote, const void *data, gsize n);
void pss_remote_terminal_data(PssRemote *remote, const void *data, gsize n);
void pss_remote_control_closed(PssRemote *remote);
void pss_remote_terminal_closed(PssRemote *remote, int exit_status);

/* The server refuses the command of the terminal's channel. TRUE: open_login_shell() has been called. */
gboolean pss_remote_terminal_refused(PssRemote *remote);

/* Runs one line (any bytes but NUL, newlines allowed, no newline needed at its end). Only when IDLE;
 * at a second prompt it continues the lines before it. Afterwards BUSY; on_prompt says how it went:
 * kind 2 when the remote shell finds the text incomplete, else kind 1 with the status. */
gboolean pss_remote_line(PssRemote *remote, const void *data, gsize n, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The session is a kept one from now on, whatever its options said. */
void pss_remote_keep(PssRemote *remote);

/* At a second prompt: forget the unfinished lines and be at the first prompt again (no event). */
void pss_remote_discard(PssRemote *remote);

/* What may stand at `point` of a line (bytes of both; not NUL)? Only when IDLE; else FALSE, and no event. At a second
 * prompt the lines before it count. The shell stays IDLE: a copy of it looks, and a line may be sent at any time. */
gboolean pss_remote_complete(PssRemote *remote, const char *line, gsize n, gsize point) G_GNUC_WARN_UNUSED_RESULT;
void pss_remote_cancel_completion(PssRemote *remote); /* nothing where none is under way */

/* Keys for what runs. When IDLE they come straight back through on_typed. */
void pss_remote_keys(PssRemote *remote, const void *data, gsize n);
gsize pss_remote_held(PssRemote *remote); /* bytes of keys that wait, for a line to begin or for the prompt */

/* Ctrl-C from outside (not a key): interrupts what runs; nothing when IDLE. */
void pss_remote_interrupt(PssRemote *remote);

/* Says good-bye: a shell at rest is asked to hang up, which ends its terminal. FALSE: it is not at rest.
 * The caller closes both channels afterwards, which makes the control script remove its directory. */
gboolean pss_remote_hang_up(PssRemote *remote);

/* The channels are cut off (FALSE) for a time, and lose nothing by it: all deadlines stand still until they are back.
 */
void pss_remote_set_link(PssRemote *remote, gboolean up);

/* What another engine needs to go on with this shell, secrets included; newly allocated, NULL where that cannot be (in
 * its start, or a plain terminal). It changes with each request. */
char *pss_remote_memo(PssRemote *remote);
gboolean pss_remote_memo_is_good(const char *memo);

/* For a new engine: the shell is there, and nothing is known of it (BUSY). */
void pss_remote_await(PssRemote *remote);
/* It goes on with that shell, whatever it does just now: IDLE as soon as it is at its prompt. The channels may be
 * written to. The memo is good. */
void pss_remote_resume(PssRemote *remote, const char *memo);

PssRemoteState pss_remote_state(PssRemote *remote);

/* RAW, and what is on the terminal has not been started by us: it may be a message that ends at once. */
gboolean pss_remote_is_unproven(PssRemote *remote);

/* ---- invocations: commands beside the terminal (PROTOCOL.md, "Invocations") */

typedef struct {
	/* The shell has taken it: it runs whatever becomes of us. NULL: nobody wants to know. */
	void (*on_begun)(gpointer user);
	/* Bytes of its standard output or error, without marks; borrowed. */
	void (*on_stream)(gpointer user, gboolean is_stderr, const void *data, gsize n);
	/* Nothing has come for a while though the shell says that it is done. TRUE: wait on (the relay is paused). */
	gboolean (*on_silence)(gpointer user);
	/* Over, and the shell is IDLE: the last call. `background`: it left a job that may still write to the relay,
	 * which is not to be used again. `whole` is FALSE when the end of a stream has been lost. */
	void (*on_done)(gpointer user, int status, gboolean background, gboolean whole);
	/* In the place of all others: nothing has run, as the relay was not ready in time. The shell is IDLE. Only
	 * where it was to be awaited. */
	void (*on_late)(gpointer user);
} PssInvokeEvents;

typedef struct {
	guint relay;      /* its number */
	guint input;      /* 1 to PSS_RELAY_INPUTS, each once for a relay; 0: none */
	gboolean awaited; /* the relay is not ready yet: see pss_remote_awaits_relay() */
} PssInvokeStreams;

/* Can the shell wait for this relay, for a moment, by itself? Else it must be ready. */
gboolean pss_remote_awaits_relay(const PssRemote *remote, guint relay);

/* Runs a command with the streams of a relay. Only when IDLE; lines that wait at a second prompt stay. No event of
 * PssRemoteEvents says anything of it but output on the terminal and ENDED, which ends it without on_done. With an
 * input the bytes written to the relay's channel are its standard input, once the relay has said PSS_RELAY_READY so
 * many times and, where it is awaited, the command has begun. */
gboolean pss_remote_invoke(PssRemote *remote, const PssCommand *command, const PssInvokeStreams *streams,
			   const PssInvokeEvents *events, gpointer user, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean pss_remote_is_invoking(PssRemote *remote);

/* What the channel of a relay executes (newly allocated; NULL where there can be none), and the mark of what it says of
 * itself, by one letter behind it, among what it carries. Numbers are used once. */
char *pss_remote_relay_command(PssRemote *remote, guint relay);
char *pss_remote_relay_mark(PssRemote *remote);
/* On standard output (first on both): bytes may come, for one more invocation with input. */
#define PSS_RELAY_READY 'R'
#define PSS_RELAY_FENCE 'F' /* on either: the session is over, and all that was written before has come */

/* Bytes that arrived on the channel of a relay that is ready. */
void pss_remote_relay_data(PssRemote *remote, guint relay, gboolean is_stderr, const void *data, gsize n);

/* One stream has come to its end before the invocation has. */
void pss_remote_relay_fence(PssRemote *remote, guint relay, gboolean is_stderr);

/* The one that is awaited will never be ready: on_late is called, unless the shell is gone. */
void pss_remote_relay_missing(PssRemote *remote, guint relay);

/* Its channel has ended: what uses it will not be whole. */
void pss_remote_relay_closed(PssRemote *remote, guint relay);

/* When IDLE: the relay ends on the remote side, what a background job writes to it is dropped from now on. */
void pss_remote_relay_end(PssRemote *remote, guint relay);

/* After pss_remote_resume(): a mark (`<`, `>`) in the streams of the invocation that may run. Newly allocated. */
char *pss_remote_old_mark(PssRemote *remote, char kind);

/* The last first prompt, for a terminal that enters while IDLE; FALSE where there was none yet. */
gboolean pss_remote_last_prompt(PssRemote *remote, PssRemotePrompt *ret_prompt);

/* The boot id of the computer, as the control script reports it: untrusted; NULL where it is not known. */
const char *pss_remote_boot_id(const PssRemote *remote);

/* The shell in use: its family ("bash", "zsh", "fish"), of the POSIX family its own name ("dash", "mksh"), "sh" where
 * that is not known. NULL before it is known or when RAW. */
const char *pss_remote_shell_name(PssRemote *remote);
