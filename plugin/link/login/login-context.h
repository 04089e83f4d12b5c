/* SPDX-License-Identifier: MIT */
/* Login context: deadline, cancellation, notes and questions of one login thread, and the one way for that thread to
 * wait. The person is the user who opens the session: notes go to them, questions come back answered, and they may give
 * up at any moment. */
#pragma once

#include <glib.h>

#include "link/transport/question.h"
#include "link/transport/target.h"
#include "link/transport/transport.h"

typedef struct PssLoginContext PssLoginContext;

/* `events` may be forgotten by pss_login_leave(); until then they are called in the main context. */
PssLoginContext *pss_login_new(const PssTarget *target, const PssTransportEvents *events, gpointer user);
PssLoginContext *pss_login_ref(PssLoginContext *person);
void pss_login_unref(PssLoginContext *person);

/* Main context only. No event comes any more; every wait of the thread ends with PSS_INTERRUPTED. */
void pss_login_leave(PssLoginContext *person);
gboolean pss_login_has_left(PssLoginContext *person);

/* Around the thread that logs in, in the main context: while there is none, a person takes no descriptor. */
gboolean pss_login_begin(PssLoginContext *person, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void pss_login_end(PssLoginContext *person);

/* Runs `function(data)` in the main context if the person is still there then; frees data in any case. */
void pss_login_tell(PssLoginContext *person, GSourceFunc function, gpointer data, GDestroyNotify destroy);

void pss_login_note(PssLoginContext *person, enum pss_note_kind kind, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* A step of the login is done: a note of kind STEP, with the time since the step before it. What the person needed to
 * answer does not count. `name` is one word; plugin/wire/PROTOCOL.md lists them. */
void pss_login_step(PssLoginContext *person, const char *name, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Blocks until there is an answer, free it with pss_login_forget(). NULL: declined, or nobody can be
 * asked (no error: the caller decides), or the person left. The clock of pss_login_wait() stands still. */
char *pss_login_ask(PssLoginContext *person, enum pss_ask_kind kind, const char *text);
void pss_login_forget(char *answer);               /* wipes and frees; accepts NULL */
void pss_login_set_batch(PssLoginContext *person); /* from now on nobody is asked (BatchMode) */
gboolean pss_login_can_be_asked(PssLoginContext *person);

/* For pss_login_ask() alone. The program that asks instead of the terminal, or NULL; its environment; both borrowed.
 */
const char *pss_login_askpass(const PssLoginContext *person);
char *const *pss_login_environment(const PssLoginContext *person);
/* Of what is started for them. Borrowed. */
const PssLimits *pss_login_limits(const PssLoginContext *person);

char *pss_login_ask_at_terminal(PssLoginContext *person, enum pss_ask_kind kind, const char *text);
/* Meanwhile no deadline passes. */
gint64 pss_login_set_aside_deadline(PssLoginContext *person);
void pss_login_put_back_deadline(PssLoginContext *person, gint64 deadline);

/* The deadline that all of pss_login_wait() shares. */
void pss_login_set_deadline(PssLoginContext *person, guint milliseconds);

/* The thread waits for what somebody has to do elsewhere (a touch of a key, a PIN that the agent asks for), as
 * pss_login_ask() does by itself. That time does not count. */
void pss_login_begin_asking(PssLoginContext *person);
void pss_login_end_asking(PssLoginContext *person);
void pss_login_excuse(PssLoginContext *person, gint64 microseconds); /* what else does not count */

/* Told by the thread when it begins and ends to ask: what it holds meanwhile may be lent. One at a time; NULL: nobody.
 */
typedef void (*PssLoginAskingFunc)(gboolean asks, gpointer user);
void pss_login_set_asking(PssLoginContext *person, PssLoginAskingFunc function, gpointer user);

/* Persons who are being asked; from any thread. */
guint pss_persons_n_asked(void);

/* PssTarget's. */
guint64 pss_login_asker(const PssLoginContext *person);

/* Waits until fd is ready for `events` (poll's). FALSE: PSS_UNREACHABLE when the deadline passed
 * ("WHAT took longer than 30 s"), PSS_INTERRUPTED when the person left. `until` is an earlier
 * monotonic time in µs after which TRUE comes with nothing ready, or 0. */
gboolean pss_login_wait(PssLoginContext *person, int fd, short events, gint64 until, const char *what,
			GError **error) G_GNUC_WARN_UNUSED_RESULT;
gint64 pss_login_deadline(PssLoginContext *person);

/* Waits until pss_login_wake(), which any thread may call, and which is not forgotten when it comes early. Counts for
 * no deadline. FALSE: the person left. */
gboolean pss_login_pause(PssLoginContext *person, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void pss_login_wake(PssLoginContext *person);

/* The thread computes, or rests in some wait that is none of the above. It computes when few others do (workshop.h);
 * the time until then does not count. The waits above rest by themselves. */
void pss_login_work(PssLoginContext *person);
void pss_login_rest(PssLoginContext *person);

/* A descriptor that is readable once the person has left. Borrowed. */
int pss_login_leave_fd(PssLoginContext *person);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PssLoginContext, pss_login_unref)
