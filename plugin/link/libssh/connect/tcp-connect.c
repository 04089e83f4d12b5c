/* SPDX-License-Identifier: MIT */
/* Makes the TCP connection that SSH runs over. Runs in the login thread; names are looked up in a thread
 * of their own, because getaddrinfo() knows neither deadline nor cancellation and may hang for minutes:
 * when it is late it is left behind and cleans up after itself. */
#include "link/libssh/connect/tcp-connect.h"

#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/shortage.h"
#include "base/system.h"
#include "base/worker.h"
#include "link/transport/via.h"

#define LOOKUP_DESCRIPTORS 3 /* of getaddrinfo(), at a time */

typedef struct {
	char *name, *port;
	int family;
	int done_fd;
	int result;
	gboolean short_of;          /* descriptors, which getaddrinfo() tells as a name that is not known */
	struct addrinfo *addresses; /* owned by the lookup until it is taken */
} Lookup;

static void lookup_clear(gpointer data)
{
	Lookup *lookup = data;

	g_free(lookup->name);
	g_free(lookup->port);
	if (lookup->done_fd >= 0)
		close(lookup->done_fd);
	if (lookup->addresses)
		freeaddrinfo(lookup->addresses);
}

static void lookup_unref(gpointer data)
{
	g_atomic_rc_box_release_full(data, lookup_clear);
}

/* Of those that fail there are no addresses. */
static int look_up(Lookup *lookup, int flags)
{
	struct addrinfo hints = {
		.ai_family = lookup->family,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV | flags,
	};

	int failed = getaddrinfo(lookup->name, lookup->port, &hints, &lookup->addresses);

	if (failed)
		lookup->addresses = NULL;
	return failed;
}

static void lookup_thread(gpointer data)
{
	Lookup *lookup = data;

	lookup->result = look_up(lookup, 0);
	lookup->short_of = lookup->result != 0 && !pss_descriptors_can_open(LOOKUP_DESCRIPTORS);
	pss_system_flag_raise(lookup->done_fd);
	lookup_unref(lookup);
}

static Lookup *lookup_new(const PssSshConfig *config)
{
	Lookup *lookup = g_atomic_rc_box_new0(Lookup);

	lookup->name = g_strdup(config->hostname);
	lookup->port = g_strdup_printf("%u", config->port);
	lookup->family = config->address_family;
	lookup->done_fd = -1;
	return lookup;
}

static gboolean start_lookup(Lookup *lookup, GError **error)
{
	lookup->done_fd = pss_system_flag_new();
	if (lookup->done_fd < 0) {
		pss_set_errno(error, errno, "cannot look up %s", lookup->name);
		return FALSE;
	}
	g_atomic_rc_box_acquire(lookup);
	if (pss_worker_start(lookup_thread, lookup, error))
		return TRUE;
	g_prefix_error(error, "cannot look up %s: ", lookup->name);
	lookup_unref(lookup);
	return FALSE;
}

static struct addrinfo *take_result(Lookup *lookup, GError **error)
{
	pss_system_flag_lower(lookup->done_fd); /* orders what the thread wrote before what we read */
	if (lookup->short_of)
		pss_set_errno(error, EMFILE, "cannot look up %s", lookup->name);
	else if (lookup->result != 0)
		g_set_error(error, PSS_ERROR, PSS_UNREACHABLE, "cannot find the computer %s: %s", lookup->name,
			    gai_strerror(lookup->result));
	return lookup->result == 0 ? g_steal_pointer(&lookup->addresses) : NULL;
}

static struct addrinfo *resolve(PssLoginContext *person, const PssSshConfig *config, GError **error)
{
	g_autofree char *what = g_strdup_printf("looking up %s", config->hostname);
	Lookup *lookup = lookup_new(config);
	struct addrinfo *addresses = NULL;

	if (look_up(lookup, AI_NUMERICHOST) == 0)
		addresses = g_steal_pointer(&lookup->addresses);
	else if (start_lookup(lookup, error) && pss_login_wait(person, lookup->done_fd, POLLIN, 0, what, error))
		addresses = take_result(lookup, error);
	lookup_unref(lookup);
	return addresses;
}

static char *numeric_address(const struct addrinfo *address)
{
	char text[NI_MAXHOST] = "?";

	getnameinfo(address->ai_addr, address->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST);
	return g_strdup(text);
}

static gboolean bind_to(int fd, const PssSshConfig *config, int family)
{
	struct addrinfo hints = { .ai_family = family,
				  .ai_socktype = SOCK_STREAM,
				  .ai_flags = AI_PASSIVE | AI_NUMERICHOST };
	struct addrinfo *local = NULL;

	if (getaddrinfo(config->bind_address, NULL, &hints, &local) != 0) {
		errno = EADDRNOTAVAIL;
		return FALSE;
	}
	int failed = bind(fd, local->ai_addr, local->ai_addrlen);
	freeaddrinfo(local);
	return failed == 0;
}

/* BindInterface: the interface's first address of that family. */
static gboolean bind_to_interface(int fd, const PssSshConfig *config, int family)
{
	struct ifaddrs *all = NULL, *at;
	int failed = -1;

	if (getifaddrs(&all) < 0)
		return FALSE;
	for (at = all; at && failed < 0; at = at->ifa_next)
		if (at->ifa_addr && at->ifa_addr->sa_family == family && (at->ifa_flags & IFF_UP) &&
		    g_str_equal(at->ifa_name, config->bind_interface))
			failed = bind(fd, at->ifa_addr,
				      family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in));
	freeifaddrs(all);
	if (failed < 0)
		errno = EADDRNOTAVAIL;
	return failed == 0;
}

/* BindAddress goes first, as in ssh. */
static gboolean bind_it(int fd, const PssSshConfig *config, int family)
{
	if (config->bind_address)
		return bind_to(fd, config, family);
	return !config->bind_interface || bind_to_interface(fd, config, family);
}

static void set_tos(int fd, const PssSshConfig *config, int family)
{
	int tos = config->ip_tos;

	if (tos >= 0 && family == AF_INET)
		setsockopt(fd, IPPROTO_IP, IP_TOS, &tos, sizeof tos);
	else if (tos >= 0)
		setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof tos);
}

static int start_connecting(const PssSshConfig *config, const struct addrinfo *address)
{
	int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1;

	if (fd < 0)
		return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	set_tos(fd, config, address->ai_family);
	if (config->tcp_keepalive)
		setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
	if (bind_it(fd, config, address->ai_family) &&
	    (connect(fd, address->ai_addr, address->ai_addrlen) == 0 || errno == EINPROGRESS))
		return fd;
	int failed = errno;
	close(fd);
	errno = failed;
	return -1;
}

/* 1: connected; 0: this address failed, `ret_reason` says why; -1: give up, error is set. */
static int finish_connecting(PssLoginContext *person, int fd, gint64 until, const char **ret_reason, GError **error)
{
	int failed = 0;
	socklen_t n = sizeof failed;
	struct pollfd now = { .fd = fd, .events = POLLOUT };

	if (!pss_login_wait(person, fd, POLLOUT, until, "connecting", error))
		return -1;
	if (poll(&now, 1, 0) == 0) {
		*ret_reason = "no answer";
		return 0;
	}
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &n);
	*ret_reason = failed ? g_strerror(failed) : NULL;
	return failed ? 0 : 1;
}

static gint64 share_of_time(PssLoginContext *person, const struct addrinfo *address)
{
	gint64 now = g_get_monotonic_time(), n = 0;

	for (; address; address = address->ai_next)
		n++;
	return n > 1 ? now + (pss_login_deadline(person) - now) / n : 0;
}

static gboolean try_all(PssLoginContext *person, const PssSshConfig *config, const struct addrinfo *addresses,
			PssSshStream *ret_stream, GError **error)
{
	const char *reason = "it has no address";
	g_autoptr(GString) failures = g_string_new(NULL);

	for (const struct addrinfo *address = addresses; address; address = address->ai_next) {
		g_autofree char *text = numeric_address(address);
		pss_login_note(person, PSS_NOTE_VERBOSE, "connecting to %s port %u", text, config->port);
		int fd = start_connecting(config, address);
		int outcome = 0;
		if (fd < 0 && pss_is_shortage_errno(errno)) {
			pss_set_errno(error, errno, "cannot connect to %s port %u", text, config->port);
			return FALSE;
		}
		if (fd < 0)
			reason = g_strerror(errno);
		else
			outcome = finish_connecting(person, fd, share_of_time(person, address), &reason, error);
		if (outcome > 0) {
			*ret_stream = (PssSshStream){ .fd = fd, .address = g_steal_pointer(&text) };
			return TRUE;
		}
		if (fd >= 0)
			close(fd);
		if (outcome < 0) {
			g_prefix_error(error, "%s port %u: ", config->hostname, config->port);
			return FALSE;
		}
		g_string_append_printf(failures, "%s%s: %s", failures->len ? "; " : "", text, reason);
	}
	g_set_error(error, PSS_ERROR, PSS_UNREACHABLE, "cannot connect to %s port %u (%s)", config->hostname,
		    config->port, failures->len ? failures->str : reason);
	return FALSE;
}

/* ConnectionAttempts: a second apart, all within the one deadline. */
static gboolean try_repeatedly(PssLoginContext *person, const PssSshConfig *config, const struct addrinfo *addresses,
			       PssSshStream *ret_stream, GError **error)
{
	guint attempts = MAX(config->connection_attempts, 1);

	for (guint i = 1; i < attempts; i++) {
		g_autoptr(GError) failure = NULL;
		gint64 next = g_get_monotonic_time() + G_USEC_PER_SEC;
		if (try_all(person, config, addresses, ret_stream, &failure))
			return TRUE;
		if (g_error_matches(failure, PSS_ERROR, PSS_INTERRUPTED) || next > pss_login_deadline(person)) {
			g_propagate_error(error, g_steal_pointer(&failure));
			return FALSE;
		}
		pss_login_note(person, PSS_NOTE_VERBOSE, "%s; trying again", failure->message);
		if (!pss_login_wait(person, -1, 0, next, "connecting", error))
			return FALSE;
	}
	return try_all(person, config, addresses, ret_stream, error);
}

char *pss_ssh_first_server(const PssSshConfig *config, const char *address)
{
	if (config->proxy_command)
		return g_strdup(config->proxy_command);
	if (config->proxy_jump)
		return g_strndup(config->proxy_jump, strcspn(config->proxy_jump, ","));
	return g_strdup_printf("%s port %u", address, config->port);
}

gboolean pss_ssh_connect(PssLoginContext *person, const PssSshConfig *config, const PssTarget *target,
			 PssSshStream *ret_stream, GError **error)
{
	gboolean is_proxied = config->proxy_command || config->proxy_jump;

	if (target->via)
		return pss_via_connect(target->via, person, config->hostname, config->port, ret_stream, error);
	struct addrinfo *addresses = is_proxied ? NULL : resolve(person, config, error);

	if (!is_proxied && !addresses)
		return FALSE;
	g_autofree char *address = addresses ? numeric_address(addresses) : NULL;
	g_autofree char *server = pss_ssh_first_server(config, address);
	pss_login_step(person, "name", "%s", addresses ? address : "left to the proxy");
	PssTurn *turn = pss_turn_take(person, server, error);
	gboolean good = turn && (is_proxied ? pss_ssh_proxy_start(config, target, ret_stream, error)
					    : try_repeatedly(person, config, addresses, ret_stream, error));
	if (addresses)
		freeaddrinfo(addresses);
	if (good)
		pss_login_step(person, "tcp", "%s%s", addresses ? "to " : "by ",
			       addresses ? ret_stream->address : "the proxy");
	if (good)
		ret_stream->turn = turn;
	else
		pss_turn_give_back(turn, PSS_TURN_SAYS_NOTHING);
	return good;
}

void pss_ssh_stream_clear(PssSshStream *stream)
{
	if (stream->fd >= 0)
		close(stream->fd);
	stream->fd = -1;
	pss_ssh_stream_reap_proxy(stream);
	pss_turn_give_back(g_steal_pointer(&stream->turn), PSS_TURN_SAYS_NOTHING);
	g_clear_pointer(&stream->address, g_free);
}
