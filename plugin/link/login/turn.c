/* SPDX-License-Identifier: MIT */
/* How many may log in to a server at once is found out, as TCP finds its window: it grows by one each time that as many
 * have logged in, and is halved when the server hangs up. Servers are forgotten some time after the last turn. A turn
 * whose person is being asked is lent: nobody waits for an answer that may never come. Only those who would be asked at
 * the same terminal do, when many questions stand there; else a hundred logins that want a password would all connect,
 * and the server would hang up on them while the first is typed. */
#include "link/login/turn.h"

#include <string.h>

#include "base/error.h"

#define AT_FIRST 8 /* below the 10 that sshd takes without a second thought */
#define AT_MOST 64
#define LENT_AFTER_MS 200 /* so that an agent that signs at once changes nothing */
#define REMEMBERED_US (120 * G_USEC_PER_SEC)
#define PAUSE_MS 100
#define LONG_PAUSES 6 /* some five seconds */
#define NOTED_US (30 * G_USEC_PER_SEC)
#define PAUSE_MAX_MS 2000

typedef struct {
	char *name;
	guint limit, n_good; /* the second: since the limit was changed */
	GQueue in, waiting;  /* of PssTurn */
	gint64 used, noted;  /* the second: when a note has said that it refuses */
} Server;

struct PssTurn {
	Server *server;
	PssLoginContext *person;
	gboolean has_come;
	gint64 asked; /* since when its person is; 0: they are not */
};

static GMutex lock;
static GHashTable *servers; /* by name */

static gboolean is_old(gpointer name, gpointer data, gpointer now)
{
	const Server *server = data;

	return g_queue_is_empty((GQueue *)&server->in) && g_queue_is_empty((GQueue *)&server->waiting) &&
	       server->used + REMEMBERED_US < *(const gint64 *)now;
}

static void server_free(gpointer data)
{
	Server *server = data;

	g_free(server->name);
	g_free(server);
}

static Server *find_server(const char *name)
{
	gint64 now = g_get_monotonic_time();

	if (!servers)
		servers = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, server_free);
	g_hash_table_foreach_remove(servers, is_old, &now);
	Server *server = g_hash_table_lookup(servers, name);
	if (!server) {
		server = g_new0(Server, 1);
		server->name = g_strdup(name);
		server->limit = AT_FIRST;
		g_queue_init(&server->in);
		g_queue_init(&server->waiting);
		g_hash_table_insert(servers, server->name, server);
	}
	server->used = now;
	return server;
}

static gboolean is_lent(const PssTurn *turn)
{
	return turn->asked && turn->asked + LENT_AFTER_MS * 1000 <= g_get_monotonic_time();
}

/* Nobody knows whom the asker 0 asks. */
static gboolean ask_at_one_terminal(const PssTurn *turn, const PssLoginContext *person)
{
	return pss_login_asker(person) != 0 && pss_login_asker(turn->person) == pss_login_asker(person);
}

static gboolean may_come(const Server *server, const PssTurn *turn)
{
	guint n_active = 0, n_of_terminal = 0;

	for (const GList *link = server->in.head; link; link = link->next) {
		n_active += !is_lent(link->data);
		n_of_terminal += ask_at_one_terminal(link->data, turn->person);
	}
	return n_active < server->limit && n_of_terminal < MAX(server->limit, AT_FIRST);
}

static void let_in(Server *server)
{
	for (GList *link = server->waiting.head, *next; link; link = next) {
		PssTurn *turn = link->data;
		next = link->next;
		if (!may_come(server, turn))
			continue;
		g_queue_unlink(&server->waiting, link);
		g_queue_push_tail_link(&server->in, link);
		turn->has_come = TRUE;
		pss_login_wake(turn->person);
	}
}

static gboolean on_lend_time(gpointer unused)
{
	GHashTableIter iter;
	gpointer server;

	g_mutex_lock(&lock);
	g_hash_table_iter_init(&iter, servers);
	while (g_hash_table_iter_next(&iter, NULL, &server))
		let_in(server);
	g_mutex_unlock(&lock);
	return G_SOURCE_REMOVE;
}

/* In the thread of the login. Takes its place back at once, even if another login has come in meanwhile. */
static void on_asking(gboolean asks, gpointer user)
{
	PssTurn *turn = user;

	g_mutex_lock(&lock);
	turn->asked = asks ? g_get_monotonic_time() : 0;
	g_mutex_unlock(&lock);
	if (asks)
		g_timeout_add(LENT_AFTER_MS, on_lend_time, NULL);
}

static void learn(Server *server, PssTurnOutcome outcome)
{
	if (outcome == PSS_TURN_REFUSED) {
		server->limit = MAX(server->limit / 2, 1);
		server->n_good = 0;
	} else if (outcome == PSS_TURN_LOGGED_IN && ++server->n_good >= server->limit) {
		server->limit = MIN(server->limit + 1, AT_MOST);
		server->n_good = 0;
	}
}

static gboolean has_come(PssTurn *turn)
{
	g_mutex_lock(&lock);
	gboolean come = turn->has_come;
	g_mutex_unlock(&lock);
	return come;
}

PssTurn *pss_turn_take(PssLoginContext *person, const char *server, GError **error)
{
	PssTurn *turn = g_new0(PssTurn, 1);
	gboolean waits = TRUE, noted = FALSE;

	turn->person = pss_login_ref(person);
	g_mutex_lock(&lock);
	turn->server = find_server(server);
	g_queue_push_tail(&turn->server->waiting, turn);
	let_in(turn->server);
	g_mutex_unlock(&lock);
	while (waits && !has_come(turn)) {
		if (!noted)
			pss_login_note(person, PSS_NOTE_VERBOSE, "waiting for a turn: others log in to %s", server);
		noted = TRUE;
		waits = pss_login_pause(person, error);
	}
	if (waits) {
		pss_login_set_asking(person, on_asking, turn);
		return turn;
	}
	pss_turn_give_back(turn, PSS_TURN_SAYS_NOTHING);
	return NULL;
}

void pss_turn_give_back(PssTurn *turn, PssTurnOutcome outcome)
{
	if (!turn)
		return;
	pss_login_set_asking(turn->person, NULL, NULL);
	g_mutex_lock(&lock);
	Server *server = turn->server;
	g_queue_remove(turn->has_come ? &server->in : &server->waiting, turn);
	learn(server, outcome);
	let_in(server);
	g_mutex_unlock(&lock);
	pss_login_unref(turn->person);
	g_free(turn);
}

/* Is it long since anybody heard of this server? */
static gboolean may_tell(const char *name)
{
	g_mutex_lock(&lock);
	Server *server = find_server(name);
	gboolean may = server->noted == 0 || server->noted + NOTED_US < server->used;
	if (may)
		server->noted = server->used;
	g_mutex_unlock(&lock);
	return may;
}

/* Does their terminal show a question of another login? The places that a server has are for those who stand there. */
static gboolean is_another_asked(const PssLoginContext *person)
{
	GHashTableIter iter;
	gpointer server;
	gboolean found = FALSE;

	g_mutex_lock(&lock);
	g_hash_table_iter_init(&iter, servers);
	while (!found && g_hash_table_iter_next(&iter, NULL, &server))
		for (const GList *link = ((Server *)server)->in.head; link && !found; link = link->next)
			found = is_lent(link->data) && ask_at_one_terminal(link->data, person);
	g_mutex_unlock(&lock);
	return found;
}

gboolean pss_turn_pause(PssLoginContext *person, const char *server, guint n, GError **error)
{
	gint64 ms = MIN(PAUSE_MS << MIN(n, 10), PAUSE_MAX_MS);
	if (n == LONG_PAUSES && may_tell(server))
		pss_login_note(person, PSS_NOTE_WARNING,
			       "%s hangs up on each connection; trying again (Ctrl-C gives up)", server);
	pss_login_note(person, PSS_NOTE_VERBOSE, "refused for now; trying again");
	gint64 us = (ms / 2 + g_random_int_range(0, (gint32)ms)) * 1000, until = g_get_monotonic_time() + us;

	if (is_another_asked(person))
		pss_login_excuse(person, us);
	return until < pss_login_deadline(person) && pss_login_wait(person, -1, 0, until, "waiting", error);
}

/* The time was over in the middle of a try. */
static gboolean is_late(PssLoginContext *person, const GError *failure)
{
	return g_error_matches(failure, PSS_ERROR, PSS_UNREACHABLE) &&
	       g_get_monotonic_time() >= pss_login_deadline(person);
}

void pss_turn_set_failure(GError **error, const GError *failure, PssLoginContext *person, guint n, const char *server,
			  guint tried_ms)
{
	if (*error)
		return;
	if (!g_error_matches(failure, PSS_ERROR, PSS_THROTTLED) && (n == 1 || !is_late(person, failure))) {
		*error = g_error_copy(failure);
		return;
	}
	g_set_error(
		error, PSS_ERROR, PSS_THROTTLED,
		"%s has hung up on each connection for %g s: it takes no more logins at once (MaxStartups), or none "
		"from here for a while (PerSourcePenalties); wait, ask for fewer at once (-ThrottleLimit), or raise "
		"MaxStartups there",
		server, tried_ms / 1000.0);
}

/* sshd's: sshd.c of OpenSSH, the second since 9.8. */
static const char *const whole[] = { "Exceeded MaxStartups", "Not allowed at this time" };

gboolean pss_turn_is_refusal_of(guint64 n_bytes)
{
	for (gsize i = 0; i < G_N_ELEMENTS(whole); i++)
		if (n_bytes == strlen(whole[i]) + strlen("\r\n") || n_bytes == strlen(whole[i]) + strlen("\n"))
			return TRUE;
	return n_bytes == 0;
}

/* "Connection closed by HOST port N" and the like, as ssh prints it: packet.c of OpenSSH. Where the other end has gone
 * before ssh could say its own banner, that is "banner exchange: Connection to HOST port N: Broken pipe". A proxy has
 * no address. */
static PssTurnLine read_end(const char *line)
{
	gboolean is_end =
		g_str_has_prefix(line, "Connection closed by ") || g_str_has_prefix(line, "Connection reset by ");
	gboolean is_cut_banner =
		g_str_has_prefix(line, "banner exchange: Connection ") &&
		(g_str_has_suffix(line, ": Broken pipe") || g_str_has_suffix(line, ": Connection reset by peer"));

	if (!(is_end || is_cut_banner) || !strstr(line, " port "))
		return PSS_TURN_LINE_OTHER;
	return strstr(line, " UNKNOWN port 65535") ? PSS_TURN_LINE_PROXY : PSS_TURN_LINE_SERVER;
}

PssTurnLine pss_turn_read_line(const char *line)
{
	/* ssh's own: kex.c of OpenSSH, and the name that it had before 8.0. */
	static const char *const begins[] = { "kex_exchange_identification: ", "ssh_exchange_identification: " };

	for (gsize i = 0; i < G_N_ELEMENTS(whole); i++)
		if (g_str_equal(line, whole[i]))
			return PSS_TURN_LINE_REFUSED;
	for (gsize i = 0; i < G_N_ELEMENTS(begins); i++)
		if (g_str_has_prefix(line, begins[i]))
			return strstr(line, "losed by remote host") || strstr(line, "reset by peer") ||
					       strstr(line, whole[0]) || strstr(line, whole[1])
				       ? PSS_TURN_LINE_REFUSED
				       : PSS_TURN_LINE_OTHER;
	return read_end(line);
}
