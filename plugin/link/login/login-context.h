/* SPDX-License-Identifier: MIT */
/* Login context: deadline, cancellation, notes and questions of one login thread, and the one way for that thread to
 * wait. The person is the user who opens the session: notes go to them, questions come back answered, and they may give
 * up at any moment. */
#pragma once

#include <glib.h>

#include "link/transport/question.h"
#include "link/transport/target.h"
#include "link/transport/transport.h"

typedef struct PssPerson PssPerson;

/* `events` may be forgotten by pss_person_leave(); until then they are called in the main context. */
PssPerson *pss_person_new(const PssTarget *target, const PssTransportEvents *events, gpointer user);
PssPerson *pss_person_ref(PssPerson *person);
void pss_person_unref(PssPerson *person);

/* Main context only. No event comes any more; every wait of the thread ends with PSS_INTERRUPTED. */
void pss_person_leave(PssPerson *person);
gboolean pss_person_has_left(PssPerson *person);

/* Around the thread that logs in, in the main context: while there is none, a person takes no descriptor. */
gboolean pss_person_begin(PssPerson *person, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void pss_person_end(PssPerson *person);

/* Runs `function(data)` in the main context if the person is still there then; frees data in any case. */
void pss_person_tell(PssPerson *person, GSourceFunc function, gpointer data, GDestroyNotify destroy);

void pss_person_note(PssPerson *person, enum pss_note_kind kind, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Blocks until there is an answer, free it with pss_person_forget(). NULL: declined, or nobody can be
 * asked (no error: the caller decides), or the person left. The clock of pss_person_wait() stands still. */
char *pss_person_ask(PssPerson *person, enum pss_ask_kind kind, const char *text);
void pss_person_forget(char *answer);         /* wipes and frees; accepts NULL */
void pss_person_set_batch(PssPerson *person); /* from now on nobody is asked (BatchMode) */
gboolean pss_person_can_be_asked(PssPerson *person);

/* For pss_person_ask() alone. The program that asks instead of the terminal, or NULL; its environment; both borrowed.
 */
const char *pss_person_askpass(const PssPerson *person);
char *const *pss_person_environment(const PssPerson *person);
char *pss_person_ask_at_terminal(PssPerson *person, enum pss_ask_kind kind, const char *text);
/* Meanwhile no deadline passes. */
gint64 pss_person_set_aside_deadline(PssPerson *person);
void pss_person_put_back_deadline(PssPerson *person, gint64 deadline);

/* The deadline that all of pss_person_wait() shares. */
void pss_person_set_deadline(PssPerson *person, guint milliseconds);

/* The thread waits for what somebody has to do elsewhere (a touch of a key, a PIN that the agent asks for), as
 * pss_person_ask() does by itself. That time does not count. */
void pss_person_begin_asking(PssPerson *person);
void pss_person_end_asking(PssPerson *person);
void pss_person_excuse(PssPerson *person, gint64 microseconds); /* what else does not count */

/* Told by the thread when it begins and ends to ask: what it holds meanwhile may be lent. One at a time; NULL: nobody.
 */
typedef void (*PssPersonAskingFunc)(gboolean asks, gpointer user);
void pss_person_set_asking(PssPerson *person, PssPersonAskingFunc function, gpointer user);

/* Persons who are being asked; from any thread. */
guint pss_persons_n_asked(void);

/* PssTarget's. */
guint64 pss_person_asker(const PssPerson *person);

/* Waits until fd is ready for `events` (poll's). FALSE: PSS_UNREACHABLE when the deadline passed
 * ("WHAT took longer than 30 s"), PSS_INTERRUPTED when the person left. `until` is an earlier
 * monotonic time in µs after which TRUE comes with nothing ready, or 0. */
gboolean pss_person_wait(PssPerson *person, int fd, short events, gint64 until, const char *what,
			 GError **error) G_GNUC_WARN_UNUSED_RESULT;
gint64 pss_person_deadline(PssPerson *person);

/* Waits until pss_person_wake(), which any thread may call, and which is not forgotten when it comes early. Counts for
 * no deadline. FALSE: the person left. */
gboolean pss_person_pause(PssPerson *person, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void pss_person_wake(PssPerson *person);

/* The thread computes, or rests in some wait that is none of the above. It computes when few others do (workshop.h);
 * the time until then does not count. The waits above rest by themselves. */
void pss_person_work(PssPerson *person);
void pss_person_rest(PssPerson *person);

/* A descriptor that is readable once the person has left. Borrowed. */
int pss_person_leave_fd(PssPerson *person);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PssPerson, pss_person_unref)
