/* SPDX-License-Identifier: MIT */
/* Which logins run, and which wait. There is room for one in any case, so that the login that meets a shortage reports
 * it. What others hold is counted each time: sessions and clients come and go without notice. A login that asks
 * somebody has what it needs, and may wait for hours: it is one of those others. */
#include "link/login/room.h"

#include <errno.h>
#include <sys/resource.h>

#include "base/shortage.h"
#include "base/worker.h"

#define DESCRIPTORS_BESIDE 64 /* of a small limit, for what is not a login */
#define DESCRIPTORS_USUAL 4   /* that a login has */
#define DESCRIPTORS_PEAK 8    /* that it may have for a moment */
#define LOOK_MS 500
#define PATIENCE_S 30

typedef struct {
	const PssRoomVisit *visit;
	PssLoginContext *person;
	gpointer data;
	GError *failure;
	guint after; /* waits until more than so many have left; 0: it does not */
	gboolean noted, is_waiting, has_left;
} Guest;

static GQueue waiting = G_QUEUE_INIT, running = G_QUEUE_INIT;
static guint n_held, n_left = 1;
static guint look_source, timer_source;
static gint64 last_left; /* when somebody left, or the first began to wait */

static void look_soon(void);

static guint most_at_once(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur > G_MAXINT)
		return G_MAXUINT;
	gint64 n = ((gint64)limit.rlim_cur - DESCRIPTORS_BESIDE) / DESCRIPTORS_USUAL;
	return (guint)MAX(n, 1);
}

static gboolean is_alone(void)
{
	return running.length + n_held == 0;
}

static gboolean has_room(const Guest *guest)
{
	if (is_alone())
		return TRUE;
	guint n_busy = running.length - MIN(pss_persons_n_asked(), running.length);
	if (guest->after >= n_left || n_busy >= most_at_once())
		return FALSE;
	int n_free = pss_descriptors_free();
	return n_free == G_MAXINT || (guint)n_free > (n_busy + 1) * DESCRIPTORS_PEAK;
}

static void guest_free(Guest *guest)
{
	guest->visit->free(guest->data);
	g_clear_error(&guest->failure);
	pss_login_unref(guest->person);
	g_free(guest);
}

static void wait_for_room(Guest *guest)
{
	if (g_queue_is_empty(&waiting))
		last_left = g_get_monotonic_time();
	guest->is_waiting = TRUE;
	g_queue_push_tail(&waiting, guest);
	look_soon();
}

static void note_leaving(void)
{
	n_left++;
	last_left = g_get_monotonic_time();
	look_soon();
}

/* ---- the thread, and its end */

static void leave(Guest *guest)
{
	pss_login_end(guest->person);
	guest->has_left = TRUE;
	g_queue_remove(&running, guest);
	note_leaving();
}

static gboolean on_over(gpointer user)
{
	Guest *guest = user;

	leave(guest);
	if (pss_is_shortage(guest->failure) && !is_alone()) {
		g_clear_error(&guest->failure);
		guest->after = n_left;
		wait_for_room(guest);
	} else {
		guest->visit->done(guest->data, g_steal_pointer(&guest->failure));
	}
	return G_SOURCE_REMOVE;
}

/* In any case, after that. */
static void on_end(gpointer user)
{
	Guest *guest = user;

	if (!guest->has_left)
		leave(guest);
	if (!guest->is_waiting)
		guest_free(guest);
}

static void guest_thread(gpointer data)
{
	Guest *guest = data;

	pss_login_work(guest->person);
	guest->visit->run(guest->data, &guest->failure);
	pss_login_rest(guest->person);
	pss_login_tell(guest->person, on_over, guest, on_end);
}

/* ---- who comes in */

static void refuse(Guest *guest, GError *failure)
{
	if (pss_login_has_left(guest->person))
		g_clear_error(&failure);
	else
		guest->visit->done(guest->data, failure);
	guest_free(guest);
}

static void start(Guest *guest)
{
	GError *failure = NULL;

	guest->is_waiting = guest->has_left = FALSE;
	g_queue_push_tail(&running, guest);
	if (pss_login_begin(guest->person, &failure) && pss_worker_start(guest_thread, guest, &failure))
		return;
	pss_login_end(guest->person);
	g_queue_remove(&running, guest);
	if (is_alone()) {
		refuse(guest, failure);
		return;
	}
	g_error_free(failure);
	guest->after = n_left;
	guest->is_waiting = TRUE;
	g_queue_push_head(&waiting, guest);
}

/* There are commands alone, and none of them has ended: they may run for days. */
static void refuse_all(void)
{
	Guest *guest;

	while ((guest = g_queue_pop_head(&waiting))) {
		GError *failure = NULL;
		pss_set_errno(&failure, EMFILE, "no descriptor has become free in %d s", PATIENCE_S);
		refuse(guest, failure);
	}
}

static gboolean on_time(gpointer user)
{
	timer_source = 0;
	if (running.length == 0 && g_get_monotonic_time() > last_left + PATIENCE_S * G_USEC_PER_SEC)
		refuse_all();
	look_soon();
	return G_SOURCE_REMOVE;
}

static void let_wait(Guest *guest)
{
	if (!guest->noted)
		pss_login_note(guest->person, PSS_NOTE_VERBOSE, "waiting for a turn: %u logins are under way",
			       running.length);
	guest->noted = TRUE;
	if (!timer_source)
		timer_source = g_timeout_add(LOOK_MS, on_time, NULL);
}

static gboolean on_look(gpointer user)
{
	Guest *guest;

	look_source = 0;
	while ((guest = g_queue_peek_head(&waiting))) {
		gboolean left = pss_login_has_left(guest->person);
		if (!left && !has_room(guest)) {
			let_wait(guest);
			break;
		}
		g_queue_pop_head(&waiting);
		if (left)
			refuse(guest, NULL);
		else
			start(guest);
	}
	return G_SOURCE_REMOVE;
}

static void look_soon(void)
{
	if (!look_source)
		look_source = g_idle_add_full(G_PRIORITY_DEFAULT, on_look, NULL, NULL);
}

void pss_room_enter(const PssRoomVisit *visit, PssLoginContext *person, gpointer data)
{
	Guest *guest = g_new0(Guest, 1);

	*guest = (Guest){ .visit = visit, .person = pss_login_ref(person), .data = data };
	wait_for_room(guest);
}

static gboolean on_patience_end(gpointer user)
{
	*(gboolean *)user = TRUE;
	return G_SOURCE_CONTINUE;
}

void pss_room_close(guint ms)
{
	gboolean is_over = FALSE;
	guint timer = g_timeout_add(ms, on_patience_end, &is_over);

	for (GList *at = running.head; at; at = at->next)
		pss_login_leave(((Guest *)at->data)->person);
	while (!g_queue_is_empty(&running) && !is_over)
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(timer);
}

void pss_room_hold(void)
{
	n_held++;
}

void pss_room_release(void)
{
	n_held--;
	note_leaving();
}
