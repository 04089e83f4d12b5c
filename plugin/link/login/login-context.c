/* SPDX-License-Identifier: MIT */
/* The bridge between a login thread and the main loop. The thread calls everything but
 * pss_login_leave(); the events are called in the main context, and not after the person has left. A
 * thread that is stuck elsewhere (in name lookup, on a dead file system) keeps only this object alive,
 * and hears of the leave when it comes back. Answers are secrets: copied once, wiped after use. */
#include "link/login/login-context.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/said.h"
#include "base/shortage.h"
#include "base/system.h"
#include "link/login/workshop.h"
#include "wire/buffer.h"

struct PssLoginContext {
	gatomicrefcount references;
	const PssTransportEvents *events; /* main context only; NULL: left */
	gpointer user;
	gboolean can_ask;
	guint64 asker;
	char *askpass; /* or NULL */
	char **environment;
	PssLimits limits;
	int leave_fd;    /* while the thread runs; -1 */
	gboolean works;  /* the thread has a seat, see workshop.h */
	gint64 deadline; /* the thread's own */
	guint limit_ms;
	gint64 asked;   /* when it began to ask; 0: it does not */
	gint64 stepped; /* when the last step was done, or the first began */
	PssLoginAskingFunc on_asking;
	gpointer asking_user;
	GMutex lock;
	GCond changed;
	gboolean left, woken;
};

static gint n_asked; /* atomic */

/* One question on its way: shared by the thread that waits and the main context that answers. */
typedef struct {
	PssLoginContext *person;
	enum pss_ask_kind kind;
	char *text;
	char *answer;
	gboolean answered;
} Asking;

static void asking_clear(gpointer data)
{
	Asking *asking = data;

	pss_login_forget(asking->answer);
	g_free(asking->text);
	pss_login_unref(asking->person);
}

static void asking_unref(gpointer data)
{
	g_atomic_rc_box_release_full(data, asking_clear);
}

static const char *askpass_of(const PssTarget *target)
{
	const char *program = pss_target_getenv(target, "SSH_ASKPASS");
	const char *require = pss_target_getenv(target, "SSH_ASKPASS_REQUIRE");

	if (!program || !*program || g_strcmp0(require, "never") == 0)
		return NULL;
	gboolean wanted = g_strcmp0(require, "force") == 0 || g_strcmp0(require, "prefer") == 0;
	return wanted || !target->can_ask ? program : NULL;
}

PssLoginContext *pss_login_new(const PssTarget *target, const PssTransportEvents *events, gpointer user)
{
	PssLoginContext *person = g_new0(PssLoginContext, 1);

	g_atomic_ref_count_init(&person->references);
	person->events = events;
	person->user = user;
	person->can_ask = target->can_ask;
	person->asker = target->asker;
	person->askpass = g_strdup(askpass_of(target));
	person->environment = g_strdupv(target->environment);
	person->limits = target->limits;
	person->leave_fd = -1;
	person->deadline = G_MAXINT64;
	person->stepped = g_get_monotonic_time();
	g_mutex_init(&person->lock);
	g_cond_init(&person->changed);
	return person;
}

PssLoginContext *pss_login_ref(PssLoginContext *person)
{
	g_atomic_ref_count_inc(&person->references);
	return person;
}

void pss_login_unref(PssLoginContext *person)
{
	if (!person || !g_atomic_ref_count_dec(&person->references))
		return;
	pss_login_end(person);
	g_mutex_clear(&person->lock);
	g_cond_clear(&person->changed);
	g_free(person->askpass);
	g_strfreev(person->environment);
	g_free(person);
}

gboolean pss_login_begin(PssLoginContext *person, GError **error)
{
	int fd = pss_system_flag_new();

	if (fd < 0) {
		pss_set_errno(error, errno, "no descriptor for another login");
		return FALSE;
	}
	person->leave_fd = fd;
	if (pss_login_has_left(person))
		pss_system_flag_raise(fd);
	return TRUE;
}

void pss_login_end(PssLoginContext *person)
{
	if (person->leave_fd >= 0)
		close(person->leave_fd);
	person->leave_fd = -1;
}

void pss_login_leave(PssLoginContext *person)
{
	person->events = NULL;
	g_mutex_lock(&person->lock);
	person->left = TRUE;
	g_cond_broadcast(&person->changed);
	g_mutex_unlock(&person->lock);
	if (person->leave_fd >= 0)
		pss_system_flag_raise(person->leave_fd);
}

gboolean pss_login_has_left(PssLoginContext *person)
{
	g_mutex_lock(&person->lock);
	gboolean left = person->left;
	g_mutex_unlock(&person->lock);
	return left;
}

typedef struct {
	PssLoginContext *person;
	GSourceFunc function;
	gpointer data;
	GDestroyNotify destroy;
} Telling;

static gboolean on_tell(gpointer user)
{
	Telling *telling = user;

	if (telling->person->events)
		telling->function(telling->data);
	return G_SOURCE_REMOVE;
}

static void telling_free(gpointer user)
{
	Telling *telling = user;

	telling->destroy(telling->data);
	pss_login_unref(telling->person);
	g_free(telling);
}

static Telling *telling_new(PssLoginContext *person, GSourceFunc function, gpointer data, GDestroyNotify destroy)
{
	Telling *telling = g_new0(Telling, 1);

	*telling = (Telling){ pss_login_ref(person), function, data, destroy };
	return telling;
}

void pss_login_tell(PssLoginContext *person, GSourceFunc function, gpointer data, GDestroyNotify destroy)
{
	GSource *source = g_idle_source_new();

	/* Not g_main_context_invoke(): that may run it here when the main loop happens not to be running. */
	g_source_set_priority(source, G_PRIORITY_DEFAULT);
	g_source_set_callback(source, on_tell, telling_new(person, function, data, destroy), telling_free);
	g_source_attach(source, NULL);
	g_source_unref(source);
}

typedef struct {
	PssLoginContext *person;
	enum pss_note_kind kind;
	char *text;
} Note;

static gboolean tell_note(gpointer user)
{
	const Note *note = user;

	note->person->events->on_note(note->person->user, note->kind, note->text);
	return G_SOURCE_REMOVE;
}

static void note_free(gpointer user)
{
	Note *note = user;

	pss_login_unref(note->person);
	g_free(note->text);
	g_free(note);
}

void pss_login_note(PssLoginContext *person, enum pss_note_kind kind, const char *format, ...)
{
	Note *note = g_new0(Note, 1);
	va_list arguments;

	va_start(arguments, format);
	note->text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	note->kind = kind;
	note->person = pss_login_ref(person);
	pss_login_tell(person, tell_note, note, note_free);
}

void pss_login_step(PssLoginContext *person, const char *name, const char *format, ...)
{
	gint64 now = g_get_monotonic_time();
	va_list arguments;

	va_start(arguments, format);
	g_autofree char *text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	pss_login_note(person, PSS_NOTE_STEP, "%s %" G_GINT64_FORMAT " %s", name, MAX(now - person->stepped, 0), text);
	person->stepped = now;
}

static void on_answer(const char *answer, gpointer user)
{
	Asking *asking = user;

	g_mutex_lock(&asking->person->lock);
	asking->answer = g_strdup(answer);
	asking->answered = TRUE;
	g_cond_broadcast(&asking->person->changed);
	g_mutex_unlock(&asking->person->lock);
	asking_unref(asking);
}

static gboolean tell_question(gpointer user)
{
	Asking *asking = user;
	g_autoptr(PssQuestion) question =
		pss_question_new(asking->kind, asking->text, on_answer, g_atomic_rc_box_acquire(asking));

	asking->person->events->on_question(asking->person->user, question);
	return G_SOURCE_REMOVE;
}

char *pss_login_ask_at_terminal(PssLoginContext *person, enum pss_ask_kind kind, const char *text)
{
	Asking *asking = g_atomic_rc_box_new0(Asking);

	asking->person = pss_login_ref(person);
	asking->kind = kind;
	asking->text = g_strdup(text);
	pss_login_tell(person, tell_question, g_atomic_rc_box_acquire(asking), asking_unref);
	pss_login_rest(person);
	g_mutex_lock(&person->lock);
	while (!asking->answered && !person->left)
		g_cond_wait(&person->changed, &person->lock);
	char *answer = g_steal_pointer(&asking->answer);
	g_mutex_unlock(&person->lock);
	pss_login_work(person);
	asking_unref(asking);
	return answer;
}

const char *pss_login_askpass(const PssLoginContext *person)
{
	return person->askpass;
}

char *const *pss_login_environment(const PssLoginContext *person)
{
	return person->environment;
}

const PssLimits *pss_login_limits(const PssLoginContext *person)
{
	return &person->limits;
}

gint64 pss_login_set_aside_deadline(PssLoginContext *person)
{
	gint64 deadline = person->deadline;

	person->deadline = G_MAXINT64;
	return deadline;
}

void pss_login_put_back_deadline(PssLoginContext *person, gint64 deadline)
{
	person->deadline = deadline;
}

void pss_login_begin_asking(PssLoginContext *person)
{
	person->asked = g_get_monotonic_time();
	g_atomic_int_inc(&n_asked);
	if (person->on_asking)
		person->on_asking(TRUE, person->asking_user);
}

void pss_login_end_asking(PssLoginContext *person)
{
	if (person->on_asking)
		person->on_asking(FALSE, person->asking_user);
	g_atomic_int_add(&n_asked, -1);
	pss_login_excuse(person, g_get_monotonic_time() - person->asked);
	person->asked = 0;
}

void pss_login_set_asking(PssLoginContext *person, PssLoginAskingFunc function, gpointer user)
{
	person->on_asking = function;
	person->asking_user = user;
}

guint pss_persons_n_asked(void)
{
	return (guint)g_atomic_int_get(&n_asked);
}

guint64 pss_login_asker(const PssLoginContext *person)
{
	return person->asker;
}

void pss_login_work(PssLoginContext *person)
{
	gint64 came = g_get_monotonic_time();

	if (person->works)
		return;
	pss_workshop_enter();
	person->works = TRUE;
	pss_login_excuse(person, g_get_monotonic_time() - came);
}

void pss_login_rest(PssLoginContext *person)
{
	if (person->works)
		pss_workshop_leave();
	person->works = FALSE;
}

void pss_login_excuse(PssLoginContext *person, gint64 microseconds)
{
	person->stepped += microseconds;
	if (person->deadline != G_MAXINT64)
		person->deadline += microseconds;
}

void pss_login_forget(char *answer)
{
	if (!answer)
		return;
	pss_wipe(answer, strlen(answer));
	g_free(answer);
}

void pss_login_set_batch(PssLoginContext *person)
{
	person->can_ask = FALSE;
	g_clear_pointer(&person->askpass, g_free);
}

gboolean pss_login_can_be_asked(PssLoginContext *person)
{
	return person->can_ask || person->askpass;
}

void pss_login_set_deadline(PssLoginContext *person, guint milliseconds)
{
	person->limit_ms = milliseconds;
	person->deadline = g_get_monotonic_time() + (gint64)milliseconds * 1000;
}

gint64 pss_login_deadline(PssLoginContext *person)
{
	return person->deadline;
}

static int poll_timeout(gint64 end)
{
	if (end == G_MAXINT64)
		return -1;
	return (int)CLAMP((end - g_get_monotonic_time() + 999) / 1000, 0, G_MAXINT);
}

static gboolean set_interrupted(GError **error)
{
	g_set_error_literal(error, PSS_ERROR, PSS_INTERRUPTED, "interrupted");
	return FALSE;
}

static gboolean set_late(const PssLoginContext *person, const char *what, GError **error)
{
	g_set_error(error, PSS_ERROR, PSS_UNREACHABLE, "%s took longer than %g s", what, person->limit_ms / 1000.0);
	return FALSE;
}

gboolean pss_login_wait(PssLoginContext *person, int fd, short events, gint64 until, const char *what, GError **error)
{
	gint64 end = until && until < person->deadline ? until : person->deadline;
	gboolean is_last = end == person->deadline;
	struct pollfd polled[] = { { .fd = person->leave_fd, .events = POLLIN }, { .fd = fd, .events = events } };
	gboolean worked = person->works;
	int n;

	pss_login_rest(person);
	do {
		n = poll(polled, G_N_ELEMENTS(polled), poll_timeout(end));
	} while (n < 0 && (errno == EINTR || errno == EAGAIN));
	if (worked)
		pss_login_work(person);
	if (polled[0].revents)
		return set_interrupted(error);
	return n == 0 && is_last ? set_late(person, what, error) : TRUE;
}

gboolean pss_login_pause(PssLoginContext *person, GError **error)
{
	gint64 came = g_get_monotonic_time();
	gboolean worked = person->works;

	pss_login_rest(person);
	g_mutex_lock(&person->lock);
	while (!person->woken && !person->left)
		g_cond_wait(&person->changed, &person->lock);
	person->woken = FALSE;
	gboolean left = person->left;
	g_mutex_unlock(&person->lock);
	pss_login_excuse(person, g_get_monotonic_time() - came);
	if (worked)
		pss_login_work(person);
	return left ? set_interrupted(error) : TRUE;
}

void pss_login_wake(PssLoginContext *person)
{
	g_mutex_lock(&person->lock);
	person->woken = TRUE;
	g_cond_broadcast(&person->changed);
	g_mutex_unlock(&person->lock);
}

int pss_login_leave_fd(PssLoginContext *person)
{
	return person->leave_fd;
}
