/* SPDX-License-Identifier: MIT */
/* A session: one remote shell of one user on one computer, its state as SPEC §4 has it, at most one
 * terminal that has entered it, and what it printed while there was none. It knows no libssh (the
 * transport does) and no shell's language (the engine in plugin/remote does). */
#pragma once

#include <glib.h>

#include "host/commands/command.h"
#include "host/commands/channel-socket.h"
#include "host/unseen/unseen-output.h"
#include "link/transport/question.h"
#include "link/transport/target.h"
#include "link/transport/transport.h"
#include "remote/engine/engine.h"
#include "remote/holder/holder-listing.h"
#include "wire/message.h"

typedef struct PssSession PssSession;

typedef struct {
	PssTransportNewFunc new_transport;
	gboolean kept;
	gboolean attach_too; /* on_opened comes at the login, for a terminal that enters at once */
	const char *name;    /* -Name, or NULL for the default */
	const char *shell;   /* -ConfigurationName, or NULL */
	PssSession *again;   /* a kept one whose place it takes, with its Id, Name and InstanceId; or NULL */
	const char *term;    /* the caller's TERM, or NULL */
	guint columns, rows; /* 0: unknown */
	gboolean resilient;  /* the remote shell is to outlive the link */
	guint idle_s;        /* with resilient: -IdleTimeoutSec */
	gboolean tell_motd;  /* the message of the day is wanted as a note too */
} PssSessionOptions;

/* Who opens it hears these, until on_opened or on_failed, which end it. */
typedef struct {
	void (*on_question)(gpointer user, PssQuestion *question);
	void (*on_note)(gpointer user, enum pss_note_kind kind, const char *text);
	void (*on_opened)(gpointer user);
	void (*on_failed)(gpointer user, const GError *error);
} PssOpenerEvents;

/* The terminal that has entered it. Each call returns soon; nothing may free the session in it. */
typedef struct {
	void (*on_busy)(gpointer user);
	void (*on_output)(gpointer user, const void *data, gsize n);
	void (*on_prompt)(gpointer user, const PssRemotePrompt *prompt);
	void (*on_typed)(gpointer user, const void *data, gsize n);
	void (*on_completion)(gpointer user, const PssRemoteCompletion *completion); /* as in engine.h */
	void (*on_note)(gpointer user, enum pss_note_kind kind, const char *text);
	/* What was queued for the remote has left: the terminal may be read again. */
	void (*on_drained)(gpointer user);
	/* The entering is over; the last call. */
	void (*on_left)(gpointer user, enum pss_left_reason reason, int status, const char *message);
} PssWatcherEvents;

/* The owner of the list of kept sessions; called as they come and go. */
typedef struct {
	guint (*reserve)(void);      /* the next Id: Ids follow the order of the requests and not that of the logins */
	void (*give_back)(guint id); /* the login failed, and nobody has seen the Id */
	void (*add)(PssSession *session);
	void (*remove)(PssSession *session);
	void (*note_end)(PssSession *session); /* it has ended; one that never became usable is not listed (SPEC §4) */
} PssSessionOwner;

/* Before the first session. Borrowed. */
void pss_sessions_set_owner(const PssSessionOwner *owner);

/* What it was opened with, for another one to the same place; without the caller's surroundings. */
PssTarget *pss_session_target_again(PssSession *session) G_GNUC_WARN_UNUSED_RESULT;
const char *pss_session_wanted_shell(PssSession *session); /* NULL: the login shell */

/* Starts opening; takes the target over. The outcome is an event, never before this returns. */
PssSession *pss_session_open(PssTarget *target, const PssSessionOptions *options, const PssOpenerEvents *events,
			     gpointer user);
PssSession *pss_session_ref(PssSession *session);
void pss_session_unref(PssSession *session);

/* Nobody waits for the opening any more: it is given up, without an event. */
void pss_session_cancel(PssSession *session);

/* Ends it for good: state Closed with this cause; an attached terminal gets on_left (REMOVED). */
void pss_session_close(PssSession *session, const char *cause);
/* One that has been closed has a shell that may have to end still; for who ends this process, and waits for that. */
gboolean pss_session_any_going(void);

/* The same for a resilient one; `func` hears once whether its holder has ended, or why that is not known. FALSE: it
 * will not, as there is none. */
typedef void (*PssSessionEndFunc)(gpointer user, const GError *error);
gboolean pss_session_close_and_report(PssSession *session, const char *cause, PssSessionEndFunc func, gpointer user);

/* Could a terminal enter it now? PSS_NOT_OPEN with the cause, or PSS_BUSY where another one has it
 * and `force` is not set. */
gboolean pss_session_can_attach(PssSession *session, gboolean force, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Enters it, after pss_session_can_attach(); a terminal that has it gets on_left (TAKEN). The first events
 * follow from inside this call: what was not seen yet, then busy or a prompt. */
void pss_session_attach(PssSession *session, guint columns, guint rows, const PssWatcherEvents *events, gpointer user);

/* A temporary session becomes a kept one, with an Id and a name. Before its login its opener is forgotten: the session
 * goes on opening, answers no question, and is listed with its cause if that fails. */
void pss_session_keep(PssSession *session);

/* The message for a user who detaches from a kept session. Newly allocated. */
char *pss_session_parting(PssSession *session);

/* The terminal goes without a word; a temporary session is closed. Only by the one that is attached. */
void pss_session_detach(PssSession *session);

/* Only while attached. */
gboolean pss_session_line(PssSession *session, const void *data, gsize n, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean pss_session_complete(PssSession *session, const char *line, gsize n, gsize point) G_GNUC_WARN_UNUSED_RESULT;
void pss_session_cancel_completion(PssSession *session);
void pss_session_keys(PssSession *session, const void *data, gsize n);
void pss_session_resize(PssSession *session, guint columns, guint rows);
void pss_session_interrupt(PssSession *session);
void pss_session_discard(PssSession *session);

/* Back-pressure: while stopped, nothing more is read from the remote terminal. */
void pss_session_stop_output(PssSession *session, gboolean stopped);
gboolean pss_session_input_is_full(PssSession *session); /* on_drained follows */

/* Runs a command in the session's own shell, beside the terminal that may have entered it and sits at its prompt; one
 * after another where several wait. PSS_BUSY where something runs and `wait` is not set. The run is the caller's. */
PssRun *pss_session_run(PssSession *session, const PssCommand *command, gboolean input, gboolean wait,
			const PssRunEvents *events, gpointer user, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A channel of its own on the session's connection, which it ends with. Takes the socket over in any case. NULL:
 * PSS_NOT_OPEN. The stream is the caller's. */
PssChannelSocket *pss_session_open_channel(PssSession *session, const PssChannelRequest *request, int socket,
					   const PssChannelSocketEvents *events, gpointer user,
					   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Where its shell was at its last prompt: untrusted, newly allocated; NULL where that is not known. */
char *pss_session_directory(PssSession *session);

/* Lets go of it: Disconnected, and what runs goes on. A terminal that has entered it is detached. Again is no
 * error; PSS_NOT_OPEN where it has ended or is still opening. */
gboolean pss_session_disconnect(PssSession *session, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* PSS_UNSUPPORTED where its kind cannot be let go of. */
gboolean pss_session_can_disconnect(PssSession *session, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* May a session have this name? One that could be taken for an Id or an InstanceId could never select it. */
gboolean pss_session_check_name(const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Another name. Its holder goes on telling the one it was opened with. */
void pss_session_rename(PssSession *session, const char *name);

/* Takes it back, and with `force` from the terminal that has entered it. */
gboolean pss_session_connect(PssSession *session, gboolean force, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* This process ends: a resilient session goes on with its holder, and is found again. Before pss_session_close(). */
void pss_session_leave(PssSession *session);

/* Those that were written down, as Disconnected ones into the registry. */
void pss_session_restore_all(PssTransportNewFunc new_transport);

/* One that a holder keeps (holder-listing.h), into the registry: Disconnected, until pss_session_connect(); with
 * `force` it is taken from a client that is connected to it. `link` tells of the connection that found it. Returns a
 * reference. PSS_BUSY comes to those who wait for its link. */
typedef struct {
	const char *remote_user, *history_key, *forwards;
} PssFoundLink;
PssSession *pss_session_adopt(PssTransportNewFunc new_transport, const PssTarget *target, const PssFound *found,
			      const PssFoundLink *link, gboolean force) G_GNUC_WARN_UNUSED_RESULT;

/* As if it had not been adopted: it lives on with its holder. */
void pss_session_give_back(PssSession *session, const char *cause);

/* A resilient session that was let go of gives its link up; with has_idle its holder ends after idle_s without one.
 * TRUE: it has not done so yet; those who wait for its link hear of it. */
gboolean pss_session_park(PssSession *session, gboolean has_idle, guint idle_s);

/* Its link has been given up or is lost, and is being made. `func` is called once, with an error where it cannot be;
 * not any more after pss_session_forget_waiter(). */
typedef void (*PssLinkWaiterFunc)(gpointer user, const GError *error);
gboolean pss_session_waits_for_link(PssSession *session);
void pss_session_add_waiter(PssSession *session, PssLinkWaiterFunc func, gpointer user);
void pss_session_forget_waiter(PssSession *session, gpointer user);
gboolean pss_session_survives(const PssSession *session); /* a lost link is no end of it */
gboolean
pss_session_reconnects(const PssSession *session); /* by itself, after a cut; and it is nobody's to take back */

/* Is all that was to be run where it is kept when this process dies? Else that can be waited for: `func` is called
 * once, also where the session ends; not any more after pss_session_forget_waiter(). */
typedef void (*PssBegunFunc)(gpointer user);
gboolean pss_session_keeps_jobs(const PssSession *session);
void pss_session_await_begun(PssSession *session, PssBegunFunc func, gpointer user);

/* Takes BUFFERING and BUFFER_SIZE over where they are there: how much output waits for somebody, and what happens when
 * it is more. */
void pss_session_take_buffering(PssSession *session, struct pss_fields fields);

/* As pss_session_run(), on nobody's terminal: the output waits here. */
gboolean pss_session_run_job(PssSession *session, const PssCommand *command, gboolean wait,
			     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Hands out what waits: see pss_record_receive(). Also of a session that has ended. The run is the caller's; the
 * session must outlive it. */
PssRun *pss_session_receive(PssSession *session, const PssReceiveOptions *options, const PssRunEvents *events,
			    gpointer user, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The computer, without anybody's environment. Borrowed. */
const PssTarget *pss_session_target(PssSession *session);
/* The boot id of its computer when it was opened, untrusted, or NULL. */
const char *pss_session_boot(PssSession *session);
/* What a session in its place is to be like. `again` ends here, if it has not yet; borrows from it. */
void pss_session_options_again(PssSession *again, PssSessionOptions *ret_options);

/* One that has not ended, also a temporary one: borrowed, or NULL. */
PssSession *pss_session_find_living(const char *instance);
/* A way through it. */
PssVia *pss_session_via(const char *instance, GError **error) G_GNUC_WARN_UNUSED_RESULT;

gboolean pss_session_is_kept(PssSession *session);
gboolean pss_session_is_attached(PssSession *session);
gboolean pss_session_is_listed(PssSession *session); /* also when it has ended */
gboolean pss_session_has_ended(PssSession *session);
const char *pss_session_instance(PssSession *session);
const char *pss_session_computer(PssSession *session);
const char *pss_session_cause(PssSession *session);  /* of a link that is lost; never NULL */
guint pss_session_idle_seconds(PssSession *session); /* of a resilient one */
const char *pss_session_name(PssSession *session);   /* NULL: a temporary one without */
guint pss_session_id(PssSession *session);           /* 0: a temporary one */
enum pss_state pss_session_state(PssSession *session);
void pss_session_write_fields(PssSession *session, struct pss_message *message);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PssSession, pss_session_unref)
