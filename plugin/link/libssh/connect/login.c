/* SPDX-License-Identifier: MIT */
/* The login thread, top to bottom: ssh_config, connection, key exchange, host key, authentication. Every
 * step blocks only in pss_login_wait(), which ends by the deadline or when the person leaves. The libssh
 * session belongs to this thread until on_done hands it to the main loop; there it is never blocking. */
#include "link/libssh/connect/login.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/shortage.h"
#include "link/config/ssh-config.h"
#include "link/libssh/auth/authenticate.h"
#include "link/libssh/common/error.h"
#include "link/libssh/common/wait.h"
#include "link/libssh/forward/forwards.h"
#include "link/libssh/hostkey/hostkey.h"
#include "link/login/room.h"

typedef struct {
	PssTarget *target;
	PssLoginContext *person;
	PssSshLoginFunc on_done;
	gpointer user;
	PssSshLogin *login;
} Thread;

/* What libssh offers where ssh_config sets nothing: its own order, without what it does wrongly.
 * HACK(CVE-2026-59847): libssh before 0.12 may leave the tag of AES-GCM unchecked with OpenSSL, and the patched
 * packages of distributions carry the same version number; remove when 0.12 is the floor. */
static const char default_ciphers[] = "chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr";
static const char default_host_key_algorithms[] =
	"ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-512,rsa-sha2-256";

static char *without_gcm(const char *ciphers)
{
	g_auto(GStrv) names = g_strsplit(ciphers, ",", -1);
	g_autoptr(GString) kept = g_string_new(NULL);

	for (char **name = names; *name; name++)
		if (!strstr(*name, "-gcm@"))
			g_string_append_printf(kept, "%s%s", kept->len ? "," : "", *name);
	return g_strdup(kept->str);
}

static char *ciphers_to_offer(const PssSshConfig *config)
{
	if (!config->ciphers)
		return g_strdup(default_ciphers);
	return ssh_version(SSH_VERSION_INT(0, 12, 0)) ? g_strdup(config->ciphers) : without_gcm(config->ciphers);
}

static char *host_keys_to_offer(const PssSshConfig *config)
{
	return pss_ssh_hostkey_algorithms(config, config->host_key_algorithms ? config->host_key_algorithms
									      : default_host_key_algorithms);
}

/* One limit of algorithms; none of which is known to libssh: the open fails, as nothing may be weaker than asked. */
static gboolean limit(ssh_session session, const char *keyword, const char *value, enum ssh_options_e one,
		      enum ssh_options_e other, GError **error)
{
	if (!value)
		return TRUE;
	if (*value && ssh_options_set(session, one, value) == SSH_OK &&
	    (other == one || ssh_options_set(session, other, value) == SSH_OK))
		return TRUE;
	g_set_error(error, PSS_ERROR, PSS_UNSUPPORTED, "libssh %s can honour none of what ssh_config's %s allows",
		    ssh_version(0), keyword);
	return FALSE;
}

static gboolean set_algorithms(ssh_session session, const PssSshConfig *config, GError **error)
{
	g_autofree char *ciphers = ciphers_to_offer(config);
	g_autofree char *host_keys = host_keys_to_offer(config);

	return limit(session, "Ciphers", ciphers, SSH_OPTIONS_CIPHERS_C_S, SSH_OPTIONS_CIPHERS_S_C, error) &&
	       limit(session, "MACs", config->macs, SSH_OPTIONS_HMAC_C_S, SSH_OPTIONS_HMAC_S_C, error) &&
	       limit(session, "KexAlgorithms", config->kex, SSH_OPTIONS_KEY_EXCHANGE, SSH_OPTIONS_KEY_EXCHANGE,
		     error) &&
	       limit(session, "HostKeyAlgorithms", host_keys ? host_keys : "", SSH_OPTIONS_HOSTKEYS,
		     SSH_OPTIONS_HOSTKEYS, error) &&
	       limit(session, "PubkeyAcceptedAlgorithms", config->pubkey_algorithms,
		     SSH_OPTIONS_PUBLICKEY_ACCEPTED_TYPES, SSH_OPTIONS_PUBLICKEY_ACCEPTED_TYPES, error);
}

/* HACK(libssh 0.10): it refuses a backslash there, but each request of a login may bring a name of its own. Remove when
 * all supported versions take one. */
static gboolean set_user(ssh_session session, const char *user)
{
	return ssh_options_set(session, SSH_OPTIONS_USER, user) == SSH_OK ||
	       (strchr(user, '\\') && ssh_options_set(session, SSH_OPTIONS_USER, "user") == SSH_OK);
}

/* libssh's own ideas of configuration, known hosts and agents are switched off: all that is decided here. */
static gboolean set_options(ssh_session session, const PssSshConfig *config, int fd, GError **error)
{
	bool no = false;
	int rsa = config->rsa_min_size;
	uint64_t rekey_bytes = config->rekey_bytes;
	uint32_t rekey_s = config->rekey_s;
	gboolean good =
		ssh_options_set(session, SSH_OPTIONS_PROCESS_CONFIG, &no) == SSH_OK &&
		ssh_options_set(session, SSH_OPTIONS_SSH_DIR, "/nonexistent") == SSH_OK &&
		ssh_options_set(session, SSH_OPTIONS_KNOWNHOSTS, "/dev/null") == SSH_OK &&
		ssh_options_set(session, SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null") == SSH_OK &&
		ssh_options_set(session, SSH_OPTIONS_IDENTITY_AGENT, "/nonexistent") == SSH_OK &&
		/* Not the real name: libssh's own syntax check refuses some, and it needs none. */
		ssh_options_set(session, SSH_OPTIONS_HOST, "host") == SSH_OK && set_user(session, config->user) &&
		ssh_options_set(session, SSH_OPTIONS_COMPRESSION, config->compression ? "yes" : "no") == SSH_OK &&
		(!config->rekey_bytes || ssh_options_set(session, SSH_OPTIONS_REKEY_DATA, &rekey_bytes) == SSH_OK) &&
		(!config->rekey_s || ssh_options_set(session, SSH_OPTIONS_REKEY_TIME, &rekey_s) == SSH_OK) &&
		(rsa < 768 || ssh_options_set(session, SSH_OPTIONS_RSA_MIN_SIZE, &rsa) == SSH_OK) &&
		ssh_options_set(session, SSH_OPTIONS_FD, &fd) == SSH_OK;
	if (good)
		return set_algorithms(session, config, error);
	pss_ssh_set_error(error, session, PSS_FAILED, "libssh refuses a setting for %s", config->host);
	return FALSE;
}

static PssSshLogin *login_new(void)
{
	PssSshLogin *login = g_new0(PssSshLogin, 1);

	login->stream.fd = -1;
	return login;
}

static void set_nonblocking(int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

/* FALSE and an error: waiting has come to its end. */
static gboolean connect_session(PssLoginContext *person, const PssSshConfig *config, ssh_session session,
				int *ret_status, PssSshOffer *offer, GError **error)
{
	g_autofree char *what = g_strdup_printf("the key exchange with %s", config->hostname);
	gboolean waits = TRUE;

	pss_ssh_offer_begin(offer);
	while (waits && (*ret_status = ssh_connect(session)) == SSH_AGAIN)
		waits = pss_ssh_wait_session(person, session, what, error);
	pss_ssh_offer_end(offer);
	return waits;
}

/* Before it has said who it is, or with a word about that, which libssh drops: so sshd hangs up on connections that are
 * too many. `rest`: what libssh has not read. */
static gboolean was_refused(const PssSshLogin *login, ssh_session session, const char *rest)
{
	if (ssh_get_serverbanner(session))
		return FALSE;
	if (login->counter.in_bytes == 0 && *rest)
		return pss_turn_read_line(rest) == PSS_TURN_LINE_REFUSED;
	if (!pss_turn_is_refusal_of(login->counter.in_bytes))
		return FALSE;
	return login->counter.in_bytes > 0 || !login->stream.proxy || pss_ssh_proxy_was_refused(&login->stream);
}

/* Behind a proxy libssh's reason says how the proxy has gone, and nothing of a server. */
static void set_proxys_failure(const PssSshLogin *login, const PssSshConfig *config, const char *rest, GError **error)
{
	const char *keyword = config->proxy_command ? "ProxyCommand" : "ProxyJump";
	const char *value = config->proxy_command ? config->proxy_command : config->proxy_jump;
	gboolean silent = login->counter.in_bytes == 0 && !*rest;

	g_set_error(error, PSS_ERROR, PSS_UNREACHABLE,
		    silent ? "%s port %u: its %s '%s' has ended before a server sent anything"
			   : "SSH handshake with %s port %u failed: its %s '%s' sent something else",
		    config->hostname, config->port, keyword, value);
}

static void set_exchange_error(const PssSshLogin *login, const PssSshConfig *config, ssh_session session,
			       const char *rest, GError **error)
{
	g_autofree char *said = pss_ssh_proxy_said(&login->stream);

	if (was_refused(login, session, rest)) {
		g_set_error_literal(error, PSS_ERROR, PSS_THROTTLED, "refused");
		return;
	}
	if (login->stream.proxy && !ssh_get_serverbanner(session))
		set_proxys_failure(login, config, rest, error);
	else
		pss_ssh_set_error(error, session, PSS_UNREACHABLE, "SSH handshake with %s port %u failed",
				  config->hostname, config->port);
	if (ssh_get_serverbanner(session))
		pss_error_append(error, " (-Transport ssh may find a common way)");
	if (said)
		g_prefix_error(error, "the proxy said '%s'; ", said);
}

/* One that keeps what is said now from who has a quantum computer later. */
static gboolean is_post_quantum(const char *exchange)
{
	return g_str_has_prefix(exchange, "mlkem") || g_str_has_prefix(exchange, "sntrup");
}

/* The list is ssh's own, unless ssh_config has another: where libssh knows of it what ssh would agree upon, that is
 * what it has agreed upon. HACK(libssh 0.11): it has none that is post-quantum; remove when 0.12 is the floor. */
static void note_better_exchange(PssLoginContext *person, const PssSshConfig *config, ssh_session session,
				 const PssSshOffer *offer)
{
	g_autofree char *best = pss_ssh_offer_agree(offer, config->kex);

	if (best && is_post_quantum(best) && !is_post_quantum(ssh_get_kex_algo(session)))
		pss_login_note(
			person, PSS_NOTE_VERBOSE,
			"the keys are exchanged by %s, as libssh %s knows nothing better; -Transport ssh would use "
			"%s, which a quantum computer of later days does not break",
			ssh_get_kex_algo(session), ssh_version(0), best);
}

/* The first line of it. */
static char *read_rest(int fd)
{
	char text[64];
	ssize_t n = fd >= 0 ? recv(fd, text, sizeof text - 1, MSG_DONTWAIT) : -1;

	text[MAX(n, 0)] = '\0';
	return g_strndup(text, strcspn(text, "\r\n"));
}

static gboolean exchange_keys(PssSshLogin *login, PssLoginContext *person, const PssSshConfig *config,
			      ssh_session session, PssSshOffer *offer, GError **error)
{
	/* libssh closes its own on an error, with what a proxy that has ended said last. */
	int rest_fd = login->stream.proxy ? fcntl(login->stream.fd, F_DUPFD_CLOEXEC, 0) : -1;
	int status;

	login->counter = (struct ssh_counter_struct){ 0 };
	ssh_set_counters(session, &login->counter, NULL);
	gboolean waited = connect_session(person, config, session, &status, offer, error);
	g_autofree char *rest = waited && status != SSH_OK ? read_rest(rest_fd) : NULL;
	if (rest_fd >= 0)
		close(rest_fd);
	if (rest)
		set_exchange_error(login, config, session, rest, error);
	if (!waited || rest)
		return FALSE;
	/* libssh has made it blocking; an upload would then stall everything for as long as the link does. */
	set_nonblocking(ssh_get_fd(session));
	pss_login_note(person, PSS_NOTE_DEBUG, "server %s; kex %s; cipher %s out, %s in", ssh_get_serverbanner(session),
		       ssh_get_kex_algo(session), ssh_get_cipher_out(session), ssh_get_cipher_in(session));
	pss_login_step(person, "exchange", "%s, %s, with %s", ssh_get_kex_algo(session), ssh_get_cipher_out(session),
		       ssh_get_serverbanner(session));
	note_better_exchange(person, config, session, offer);
	return TRUE;
}

static ssh_session open_session(PssSshLogin *login, PssLoginContext *person, const PssSshConfig *config, GError **error)
{
	g_auto(PssSshOffer) offer = { 0 };
	ssh_session session = ssh_new();

	ssh_set_blocking(session, 0);
	if (!set_options(session, config, login->stream.fd, error)) {
		ssh_free(session);
		return NULL;
	}
	if (exchange_keys(login, person, config, session, &offer, error) &&
	    pss_ssh_hostkey_check(person, config, login->stream.address, session, &offer, error) &&
	    pss_ssh_authenticate(person, config, session, error)) {
		login->stream.fd = -1; /* now the session's */
		return session;
	}
	/* Its descriptor is libssh's from ssh_connect() on: it is closed there, or has been on an error. */
	login->stream.fd = -1;
	ssh_free(session);
	return NULL;
}

/* Once. */
static gboolean connect_and_log_in(const Thread *thread, PssSshLogin *login, const PssSshConfig *config, GError **error)
{
	GError *failure = NULL;

	if (!pss_ssh_connect(thread->person, config, thread->target, &login->stream, error))
		return FALSE;
	login->session = open_session(login, thread->person, config, &failure);
	PssTurnOutcome outcome = login->session                                       ? PSS_TURN_LOGGED_IN
				 : g_error_matches(failure, PSS_ERROR, PSS_THROTTLED) ? PSS_TURN_REFUSED
										      : PSS_TURN_SAYS_NOTHING;
	pss_turn_give_back(g_steal_pointer(&login->stream.turn), outcome);
	if (failure)
		g_propagate_error(error, failure);
	return login->session != NULL;
}

static gboolean connect_in_turn(const Thread *thread, PssSshLogin *login, const PssSshConfig *config, GError **error)
{
	g_autofree char *server = pss_ssh_first_server(config, config->hostname);

	for (guint n = 1;; n++) {
		g_autoptr(GError) failure = NULL;
		if (connect_and_log_in(thread, login, config, &failure))
			return TRUE;
		if (!g_error_matches(failure, PSS_ERROR, PSS_THROTTLED) ||
		    !pss_turn_pause(thread->person, server, n, error)) {
			pss_turn_set_failure(error, failure, thread->person, n, server, config->connect_timeout_ms);
			return FALSE;
		}
		pss_ssh_stream_clear(&login->stream);
	}
}

static gboolean log_in(Thread *thread, PssSshLogin *login, GError **error)
{
	g_autoptr(PssSshConfig) config = pss_ssh_config_resolve(thread->person, thread->target, error);

	if (!config || !connect_in_turn(thread, login, config, error))
		return FALSE;
	if (ssh_get_server_publickey(login->session, &login->host_key) != SSH_OK)
		g_error("out of memory");
	login->forwards = pss_forwards_open(thread->person, config, login->session, error);
	if (!login->forwards) {
		ssh_free(g_steal_pointer(&login->session));
		return FALSE;
	}
	login->forwarded_agent = pss_ssh_config_forwarded_agent(config);
	login->compresses = config->compression;
	login->user = g_strdup(config->user);
	login->history_key = g_strdup_printf("%s@%s:%u", config->user, config->hostname, config->port);
	login->environment = pss_ssh_config_environment(config);
	login->alive_interval_s = config->alive_interval_s;
	login->alive_count_max = config->alive_count_max;
	return TRUE;
}

static void run(gpointer data, GError **error)
{
	Thread *thread = data;

	g_clear_pointer(&thread->login, pss_ssh_login_free);
	thread->login = login_new();
	if (log_in(thread, thread->login, error))
		return;
	pss_ssh_stream_clear(&thread->login->stream);
	pss_shortage_unmask(error, "cannot log in");
}

static void done(gpointer data, GError *failure)
{
	Thread *thread = data;

	if (!thread->login)
		thread->login = login_new();
	thread->login->error = failure;
	thread->on_done(g_steal_pointer(&thread->login), thread->user);
}

static void thread_free(gpointer data)
{
	Thread *thread = data;

	pss_ssh_login_free(thread->login);
	pss_target_free(thread->target);
	pss_login_unref(thread->person);
	g_free(thread);
}

void pss_ssh_login_start(PssTarget *target, PssLoginContext *person, PssSshLoginFunc on_done, gpointer user)
{
	static const PssRoomVisit visit = { run, done, thread_free };
	Thread *thread = g_new0(Thread, 1);

	thread->target = target;
	thread->person = pss_login_ref(person);
	thread->on_done = on_done;
	thread->user = user;
	pss_room_enter(&visit, person, thread);
}

void pss_ssh_login_free(PssSshLogin *login)
{
	if (!login)
		return;
	/* Not ssh_disconnect(): with a descriptor of our own it may or may not close it. The server takes the end of
	 * the stream for what it is. */
	ssh_free(login->session);
	pss_ssh_stream_clear(&login->stream);
	ssh_key_free(login->host_key);
	g_free(login->user);
	g_free(login->history_key);
	g_strfreev(login->environment);
	g_clear_pointer(&login->forwards, g_ptr_array_unref);
	g_free(login->forwarded_agent);
	g_clear_error(&login->error);
	g_free(login);
}
