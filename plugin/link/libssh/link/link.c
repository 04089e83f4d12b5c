/* SPDX-License-Identifier: MIT */
/* One SSH connection as one GSource: woken by its socket, by its keepalive clock, or by a kick from its riders; sleeps
 * otherwise. It alone decides that the link is lost, and reports why once. It never blocks and never waits inside
 * libssh. */
#include "link/libssh/link/link.h"

#include <errno.h>
#include <libssh/server.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "base/system.h"
#include "link/libssh/common/error.h"
#include "link/libssh/common/wait.h"
#include "link/libssh/link/read-ahead.h"

/* One turn takes at most this much, so that other links get theirs; less where others are at work, as whatever they do
 * takes several turns, and each would wait for this one's end. */
#define READ_ALONE (256u * 1024u)
#define READ_BESIDE (32u * 1024u)
#define LIBSSH_READS 4096u        /* a call */
#define TURNS_OF_COMPANY 1024     /* some 32 MiB, behind the last turn of another link */
#define UNSENT_MAX (128u * 1024u) /* a key waits behind so much of a copy */
#define FIRST_TURNS 64            /* while a session starts, round trips count */
#define LAST_FLUSHES 16
/* What channels and tunnels leave of their own with libssh is some turns' worth. */
#define UNREAD_MAX (16 * 1024 * 1024)
#define WRAPPING 64            /* of a packet, about: length, padding and MAC */
#define TURN_BYTES (32 * 1024) /* a link that has carried more gives way to all that carries less */
#define STILL_BULK_BYTES (4 * 1024)
#define IDLE_TURNS 16 /* in a row with less: floods have such, and a change of a priority wakes GLib's loop twice */
#define PRIORITY_BULK (G_PRIORITY_DEFAULT + 10)
#define PATIENCE_MS 20 /* … but not for longer */

typedef struct {
	GSource source;
	PssSshLink *link;
} LinkSource;

void pss_ssh_link_add_rider(PssSshLink *link, const PssSshRider *rider, gpointer user)
{
	g_assert(link->n_riders < PSS_SSH_RIDERS_MAX);
	link->riders[link->n_riders].rider = rider;
	link->riders[link->n_riders++].user = user;
}

void pss_ssh_link_kick(PssSshLink *link)
{
	link->kicked = TRUE;
}

static void lose(PssSshLink *link, GError *cause)
{
	if (link->lost) {
		g_error_free(cause);
		return;
	}
	link->lost = TRUE;
	link->cause = cause;
}

static void lose_by_silence(PssSshLink *link)
{
	lose(link, g_error_new(PSS_ERROR, PSS_LINK_LOST, "no answer for %u s",
			       link->login->alive_interval_s * link->login->alive_count_max));
}

static void lose_by_libssh(PssSshLink *link)
{
	GError *cause = NULL;

	pss_ssh_set_error(&cause, link->session, PSS_LINK_LOST, "the connection ended");
	lose(link, cause);
}

static void lose_by_socket(PssSshLink *link, gssize n)
{
	if (n == 0)
		lose(link, g_error_new_literal(PSS_ERROR, PSS_LINK_LOST, "the server ended the connection"));
	else if (errno == ETIMEDOUT)
		lose_by_silence(link);
	else
		lose(link, g_error_new(PSS_ERROR, PSS_LINK_LOST, "the connection broke: %s", g_strerror(errno)));
}

static gboolean has_nothing(gssize n)
{
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

/* Looks before libssh does: it would only say "disconnected", and before 0.12 it uses freed memory when
 * sending on a dead socket fails inside its poll. FALSE: nothing more will come. */
static gboolean peer_is_there(PssSshLink *link)
{
	int fd = ssh_get_fd(link->session);
	char byte;

	if (fd < 0) {
		lose_by_libssh(link);
		return FALSE;
	}
	gssize n = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	if (n <= 0 && !has_nothing(n))
		lose_by_socket(link, n);
	return !link->lost;
}

gboolean pss_ssh_link_is_alive(PssSshLink *link)
{
	return !link->lost && ssh_is_connected(link->session) &&
	       !(ssh_get_status(link->session) & (SSH_CLOSED | SSH_CLOSED_ERROR));
}

static const PssSshLink *last_link; /* that had a turn; never followed */
static guint n_turns_alone;         /* its turns since another one had one */

static void note_turn(const PssSshLink *link)
{
	if (link != last_link)
		n_turns_alone = 0;
	else if (n_turns_alone < TURNS_OF_COMPANY)
		n_turns_alone++;
	last_link = link;
}

gboolean pss_ssh_link_is_alone(const PssSshLink *link)
{
	return link == last_link && n_turns_alone == TURNS_OF_COMPANY;
}

/* FALSE: there was nothing to do. */
static gboolean let_libssh_work(PssSshLink *link)
{
	int status = ssh_event_dopoll(link->event, 0);

	if (status == SSH_ERROR || !pss_ssh_link_is_alive(link))
		lose_by_libssh(link);
	return status == SSH_OK && !link->lost;
}

typedef enum { SOCKET_EMPTY, SOCKET_SHORT /* it may be empty, or at its end */, SOCKET_FULL } SocketState;

static SocketState read_piece(PssSshLink *link, gsize n_wanted)
{
	int fd = ssh_get_fd(link->session);
	gssize n = fd >= 0 ? pss_ssh_read_ahead(fd, n_wanted) : 0;

	if (fd < 0)
		lose_by_libssh(link);
	else if (has_nothing(n))
		return SOCKET_EMPTY;
	else if (n <= 0)
		lose_by_socket(link, n);
	while (pss_ssh_ahead() > 0)
		if (!let_libssh_work(link)) {
			pss_ssh_forget_ahead();
			lose_by_libssh(link);
		}
	return n == (gssize)n_wanted && !link->lost ? SOCKET_FULL : SOCKET_SHORT;
}

static void read_and_write_ahead(PssSshLink *link, gsize n_most)
{
	SocketState state = SOCKET_FULL;

	for (gsize n = 0; n < n_most && state == SOCKET_FULL; n += PSS_SSH_AHEAD_MAX)
		state = read_piece(link, MIN(n_most, PSS_SSH_AHEAD_MAX));
	if (link->lost || !(ssh_get_poll_flags(link->session) & SSH_WRITE_PENDING))
		return;
	if (state == SOCKET_EMPTY || peer_is_there(link))
		let_libssh_work(link);
}

static void read_and_write(PssSshLink *link)
{
	const gsize n_most = pss_ssh_link_is_alone(link) ? READ_ALONE : READ_BESIDE;

	if (pss_ssh_can_read_ahead())
		read_and_write_ahead(link, n_most);
	else
		for (gsize n = 0; n < n_most && peer_is_there(link) && let_libssh_work(link); n += LIBSSH_READS)
			;
}

gboolean pss_ssh_link_check(PssSshLink *link)
{
	if (!link->lost && !pss_ssh_link_is_alive(link))
		lose_by_libssh(link);
	return !link->lost;
}

static void turn_riders(PssSshLink *link)
{
	for (guint i = 0; i < link->n_riders && !link->lost; i++)
		link->riders[i].rider->turn(link->riders[i].user);
}

static void turn_riders_last(PssSshLink *link)
{
	for (guint i = 0; i < link->n_riders && !link->lost; i++)
		if (link->riders[i].rider->last_turn)
			link->riders[i].rider->last_turn(link->riders[i].user);
}

/* With new keys (RFC 4253, section 9) the server shows its host key again; libssh takes any that signs well. They count
 * from the server's SSH_MSG_NEWKEYS on, which nothing else here sees: so whenever something has come. */
gboolean pss_ssh_link_is_trusted(PssSshLink *link)
{
	ssh_key now = NULL;

	if (link->lost || link->traffic.packets.in_bytes == link->traffic.n_checked)
		return !link->lost;
	link->traffic.n_checked = link->traffic.packets.in_bytes;
	if (ssh_get_server_publickey(link->session, &now) == SSH_OK &&
	    ssh_key_cmp(now, link->login->host_key, SSH_KEY_CMP_PUBLIC) != 0)
		lose(link, g_error_new_literal(PSS_ERROR, PSS_HOST_KEY,
					       "the server has shown another host key than at the login when keys were "
					       "renewed; the connection may be intercepted"));
	ssh_key_free(now);
	return !link->lost;
}

/* Any byte from the server within the interval shows that it lives; only silence makes us ask. */
static void keep_alive(PssSshLink *link)
{
	gint64 now = g_get_monotonic_time();

	if (now < link->keepalive.next)
		return;
	link->keepalive.next = now + (gint64)link->login->alive_interval_s * G_USEC_PER_SEC;
	if (link->traffic.socket.in_bytes != link->keepalive.n_heard) {
		link->keepalive.n_heard = link->traffic.socket.in_bytes;
		link->keepalive.n_missed = 0;
		return;
	}
	if (link->keepalive.n_missed++ >= link->login->alive_count_max) {
		lose_by_silence(link);
		return;
	}
	/* Of two calls in a row one collects the last answer and the other sends (see notes in libssh's
	 * ssh_global_request()); while an answer is out, neither does anything. */
	ssh_send_keepalive(link->session);
	ssh_send_keepalive(link->session);
}

/* What the server makes us say, answers to whatever it asks, waits in libssh for as long as it reads nothing. libssh
 * does not count that, but what it has made and what has left. */
static void mind_unread(PssSshLink *link)
{
	/* Compressed, what leaves is less than what was made of the users' own bytes; answers are short. */
	guint64 payload = link->login->compresses ? 0 : link->traffic.packets.out_bytes;
	guint64 made = payload + WRAPPING * link->traffic.packets.out_packets;
	gint64 n = (gint64)made - (gint64)link->traffic.socket.out_bytes;

	if (!(ssh_get_poll_flags(link->session) & SSH_WRITE_PENDING))
		link->traffic.n_flushed = n;
	else if (n - link->traffic.n_flushed > UNREAD_MAX)
		lose(link, g_error_new_literal(PSS_ERROR, PSS_LINK_LOST,
					       "the server keeps sending requests and reads none of the answers"));
}

static void arm(PssSshLink *link)
{
	GIOCondition wanted = G_IO_IN;

	if (ssh_get_poll_flags(link->session) & SSH_WRITE_PENDING)
		wanted |= G_IO_OUT;
	link->socket.events = wanted;
	g_source_set_ready_time(link->source, link->keepalive.next);
}

static void end_source(PssSshLink *link)
{
	g_clear_handle_id(&link->patience, g_source_remove);
	if (!link->source)
		return;
	g_source_destroy(link->source);
	g_clear_pointer(&link->source, g_source_unref);
}

static void end_session(PssSshLink *link)
{
	end_source(link);
	for (guint i = 0; i < link->n_riders; i++)
		link->riders[i].rider->end(link->riders[i].user);
	if (link->event) {
		ssh_event_remove_session(link->event, link->session);
		ssh_event_free(link->event);
	}
	link->event = NULL;
	link->session = NULL;
	g_clear_pointer(&link->login, pss_ssh_login_free);
}

static gboolean on_patience_over(gpointer user)
{
	PssSshLink *link = user;

	link->patience = 0;
	g_source_set_priority(link->source, G_PRIORITY_DEFAULT);
	return G_SOURCE_REMOVE;
}

static const PssSshLink *last_bulk; /* the last of those with that priority; never followed */

/* A flood has a turn when nothing else wants one, and one in 20 ms if there is always something. Links whose users
 * share one slow reader are stopped and let go together; the first of them would fill its queue each time, and the
 * others would starve: GLib keeps the order in which sources got their priority. */
static void give_way(PssSshLink *link)
{
	gboolean was_bulk = g_source_get_priority(link->source) != G_PRIORITY_DEFAULT;
	gboolean is_much = link->n_carried >= (was_bulk ? STILL_BULK_BYTES : TURN_BYTES);
	gboolean is_bulk = is_much || (was_bulk && link->n_turns_idle < IDLE_TURNS);

	link->n_turns_idle = is_much ? 0 : link->n_turns_idle + 1;
	link->n_carried = 0;
	if (is_bulk != was_bulk || (is_bulk && link != last_bulk))
		g_source_set_priority(link->source, is_bulk ? PRIORITY_BULK : G_PRIORITY_DEFAULT);
	if (is_bulk)
		last_bulk = link;
	if (is_bulk && !link->patience)
		link->patience = g_timeout_add(PATIENCE_MS, on_patience_over, link);
}

/* GLib asks before it waits. See base/fd-watch.c for what it would cost to tell it. */
static gboolean is_kicked(GSource *source, gint *ret_timeout)
{
	*ret_timeout = -1;
	return ((LinkSource *)source)->link->kicked;
}

static gboolean is_ready(GSource *source)
{
	const PssSshLink *link = ((LinkSource *)source)->link;

	return link->kicked || link->socket.revents != 0;
}

/* libssh writes each of its packets by itself, and what TCP may send at first is a number of segments, not of bytes. */
static void gather(const PssSshLink *link, gboolean on)
{
	if (link->first_turns_left > 0 && ssh_get_fd(link->session) >= 0)
		pss_system_gather(ssh_get_fd(link->session), on);
}

static gboolean dispatch(GSource *source, GSourceFunc unused, gpointer unused_too)
{
	PssSshLink *link = ((LinkSource *)source)->link;

	link->kicked = FALSE;
	note_turn(link);
	gather(link, TRUE);
	if (link->socket.revents != 0) /* else it was kicked: its socket has nothing, and takes all there is */
		read_and_write(link);
	guint64 n_read = link->traffic.socket.in_bytes;
	if (pss_ssh_link_is_trusted(link))
		turn_riders(link);
	gather(link, FALSE);
	if (!link->lost)
		mind_unread(link);
	if (!link->lost)
		keep_alive(link);
	/* libssh has read on inside those calls: a channel whose turn was over may have got its answer, and the
	 * socket will not wake us for bytes that are gone from it. */
	if (link->traffic.socket.in_bytes != n_read)
		link->kicked = TRUE;
	if (link->lost) {
		end_session(link);
		link->events->on_lost(link->user, link->cause);
		return G_SOURCE_REMOVE;
	}
	if (link->first_turns_left > 0) {
		link->first_turns_left--;
		pss_system_acknowledge_quickly(ssh_get_fd(link->session));
	}
	arm(link);
	give_way(link);
	return G_SOURCE_CONTINUE;
}

static void set_user_timeout(int fd, const PssSshLogin *login)
{
	unsigned int ms = MIN(login->alive_interval_s * login->alive_count_max, 3600u) * 1000;

	pss_system_give_up_after(fd, ms);
}

void pss_ssh_link_start(PssSshLink *link, PssSshLogin *login)
{
	static GSourceFuncs functions = { .prepare = is_kicked, .check = is_ready, .dispatch = dispatch };
	int fd = ssh_get_fd(login->session);

	link->login = login;
	link->session = login->session;
	link->first_turns_left = FIRST_TURNS;
	ssh_set_counters(link->session, &link->traffic.socket, &link->traffic.packets);
	set_user_timeout(fd, login);
	pss_system_keep_unsent_below(fd, UNSENT_MAX);
	link->event = ssh_event_new();
	ssh_event_add_session(link->event, link->session);
	link->keepalive.next = g_get_monotonic_time() + (gint64)login->alive_interval_s * G_USEC_PER_SEC;
	link->source = g_source_new(&functions, sizeof(LinkSource));
	((LinkSource *)link->source)->link = link;
	g_source_set_static_name(link->source, "pss-ssh-link");
	link->socket = (GPollFD){ .fd = fd, .events = G_IO_IN };
	g_source_add_poll(link->source, &link->socket);
	g_source_set_can_recurse(link->source, TRUE);
	g_source_attach(link->source, NULL);
	/* The first turn also takes what arrived during the login. */
	pss_ssh_link_kick(link);
}

void pss_ssh_link_note_refusal(PssSshLink *link, const char *subsystem)
{
	if (!link->refused)
		link->refused = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_hash_table_add(link->refused, g_strdup(subsystem));
}

gboolean pss_ssh_link_has_refused(const PssSshLink *link, const char *subsystem)
{
	return link->refused && g_hash_table_contains(link->refused, subsystem);
}

void pss_ssh_link_stop(PssSshLink *link)
{
	g_clear_pointer(&link->refused, g_hash_table_unref);
	if (!link->session)
		return;
	/* Good-byes that were queued a moment ago should still leave, as far as the socket takes them now. */
	for (int i = 0; i < LAST_FLUSHES && pss_ssh_link_is_alive(link); i++) {
		turn_riders_last(link);
		if (!peer_is_there(link) || ssh_blocking_flush(link->session, 0) != SSH_AGAIN)
			break;
	}
	end_session(link);
	g_clear_error(&link->cause);
}
