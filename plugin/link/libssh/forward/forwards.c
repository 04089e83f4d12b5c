/* SPDX-License-Identifier: MIT */
/* Opens what LocalForward, DynamicForward and RemoteForward name, in the login thread: before the session is there for
 * anybody, so that ExitOnForwardFailure can still end it. What connects there is tunnels.c's. */
#include "link/libssh/forward/forwards.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "link/libssh/auth/authenticate.h"
#include "link/libssh/common/wait.h"

#define BACKLOG 128

static const struct {
	const char *keyword;
	char letter;
} kinds[] = {
	[PSS_FORWARD_LOCAL] = { "LocalForward", 'L' },
	[PSS_FORWARD_DYNAMIC] = { "DynamicForward", 'D' },
	[PSS_FORWARD_REMOTE] = { "RemoteForward", 'R' },
};

const char *pss_forward_keyword(const PssForward *forward)
{
	return kinds[forward->kind].keyword;
}

static void forward_free(gpointer data)
{
	PssForward *forward = data;

	if (forward->fd >= 0)
		close(forward->fd);
	g_free(forward->text);
	g_free(forward->from);
	g_free(forward->host);
	g_free(forward->permitted);
	g_free(forward);
}

gboolean pss_forward_parse(const char *text, char **ret_host, guint *ret_port)
{
	const char *colon = strrchr(text, ':');
	guint64 port;

	if (!g_ascii_string_to_unsigned(colon ? colon + 1 : text, 10, 0, 65535, &port, NULL))
		return FALSE;
	*ret_port = (guint)port;
	if (!colon)
		*ret_host = NULL;
	else if (*text == '[' && colon > text + 1 && colon[-1] == ']')
		*ret_host = g_strndup(text + 1, (gsize)(colon - text - 2));
	else
		*ret_host = g_strndup(text, (gsize)(colon - text));
	return TRUE;
}

static int listen_on(const struct addrinfo *address)
{
	int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (address->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
	if (bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	int failed = errno;
	close(fd);
	errno = failed;
	return -1;
}

/* Which addresses `host` stands for: NULL and "localhost" are the loopback ones, "*" all. */
static struct addrinfo *addresses_of(const PssSshConfig *config, const char *host, guint port)
{
	gboolean everywhere = host ? g_str_equal(host, "*") || !*host : config->gateway_ports;
	gboolean named = host && !everywhere && !g_str_equal(host, "localhost");
	struct addrinfo hints = { .ai_family = config->address_family,
				  .ai_socktype = SOCK_STREAM,
				  .ai_flags = AI_NUMERICSERV | AI_NUMERICHOST | (everywhere ? AI_PASSIVE : 0) };
	struct addrinfo *found = NULL;
	g_autofree char *number = g_strdup_printf("%u", port);

	return getaddrinfo(named ? host : NULL, number, &hints, &found) == 0 ? found : NULL;
}

/* NULL, or what is wrong. One of several addresses is enough, as in ssh. */
static const char *listen_here(const PssSshConfig *config, const PssForward *wanted, const char *from, guint from_port,
			       GPtrArray *forwards)
{
	struct addrinfo *all = addresses_of(config, from, from_port);
	guint before = forwards->len;
	const char *wrong = NULL;

	if (!all)
		return "the listen address is not an IP address";
	for (const struct addrinfo *at = all; at; at = at->ai_next) {
		int fd = listen_on(at);
		if (fd < 0) {
			wrong = g_strerror(errno);
			continue;
		}
		PssForward *forward = g_new0(PssForward, 1);
		*forward = *wanted;
		forward->text = g_strdup(wanted->text);
		forward->fd = fd;
		forward->host = g_strdup(wanted->host);
		g_ptr_array_add(forwards, forward);
	}
	freeaddrinfo(all);
	return forwards->len > before ? NULL : wrong;
}

typedef struct {
	PssLoginContext *person;
	const PssSshConfig *config;
	ssh_session session;
	GPtrArray *forwards;
	GError *over; /* the login is at its end */
} Opening;

/* `text`: "LISTEN CONNECT". */
static const char *open_local(Opening *opening, char *text)
{
	g_auto(GStrv) ends = g_strsplit(text, " ", 2);
	g_autofree char *from = NULL, *host = NULL;
	guint from_port, port;

	if (g_strv_length(ends) != 2 || !pss_forward_parse(ends[0], &from, &from_port) ||
	    !pss_forward_parse(ends[1], &host, &port) || !host)
		return "only ports are forwarded here, no Unix sockets";
	const PssForward wanted = { .kind = PSS_FORWARD_LOCAL, .text = text, .host = host, .port = port };
	return listen_here(opening->config, &wanted, from, from_port, opening->forwards);
}

/* `text`: "LISTEN". */
static const char *open_dynamic(Opening *opening, char *text)
{
	const PssForward wanted = { .kind = PSS_FORWARD_DYNAMIC, .text = text };
	g_autofree char *from = NULL;
	guint from_port;

	if (!pss_forward_parse(text, &from, &from_port))
		return "it names no port";
	return listen_here(opening->config, &wanted, from, from_port, opening->forwards);
}

/* Asks the server to listen. `ret_port`: where it does. */
static const char *listen_there(Opening *opening, const char *address, guint port, guint *ret_port)
{
	int bound = 0, status;

	while ((status = ssh_channel_listen_forward(opening->session, address, (int)port, &bound)) == SSH_AGAIN) {
		if (!pss_ssh_wait_session(opening->person, opening->session, "asking the server to listen",
					  &opening->over))
			return "the server does not answer";
	}
	*ret_port = port > 0 ? port : (guint)bound;
	return status == SSH_OK ? NULL : "the server does not listen there";
}

static char *permitted(const PssSshConfig *config)
{
	GString *all = g_string_new(NULL);

	for (guint i = 0; i < config->permit_remote_open->len; i++)
		g_string_append_printf(all, " %s", (char *)g_ptr_array_index(config->permit_remote_open, i));
	return g_string_free(all, FALSE);
}

/* `text`: "LISTEN CONNECT", where CONNECT is "[socks]:0" for one that leads anywhere (`ssh -G` of OpenSSH 7.6 and
 * later). */
static const char *open_remote(Opening *opening, char *text)
{
	g_auto(GStrv) ends = g_strsplit(text, " ", 2);
	g_autofree char *from = NULL, *host = NULL;
	guint from_port, port;

	if (g_strv_length(ends) != 2 || !pss_forward_parse(ends[0], &from, &from_port) ||
	    !pss_forward_parse(ends[1], &host, &port) || !host)
		return "only ports are forwarded here, no Unix sockets";
	gboolean is_anywhere = port == 0 && g_str_equal(host, "socks");
	/* RFC 4254, section 7.1: "" is every address; ssh(1) asks for the loopback ones where none is named. */
	const char *address = !from ? "localhost" : g_str_equal(from, "*") ? "" : from;
	const char *wrong = listen_there(opening, address, from_port, &from_port);
	if (wrong)
		return wrong;
	PssForward *forward = g_new0(PssForward, 1);
	*forward = (PssForward){ .kind = PSS_FORWARD_REMOTE,
				 .text = g_strdup(text),
				 .fd = -1,
				 .from = g_strdup(address),
				 .from_port = from_port,
				 .host = is_anywhere ? NULL : g_steal_pointer(&host),
				 .port = port,
				 .permitted = permitted(opening->config) };
	g_ptr_array_add(opening->forwards, forward);
	if (g_str_equal(ends[0], "0") || g_str_has_suffix(ends[0], ":0"))
		pss_login_note(opening->person, PSS_NOTE_WARNING, "RemoteForward '%s': the server listens on port %u",
			       text, from_port);
	return NULL;
}

static gboolean open_all(Opening *opening, PssForwardKind kind, GPtrArray *texts,
			 const char *(*open)(Opening *opening, char *text), GError **error)
{
	for (guint i = 0; i < texts->len; i++) {
		char *text = g_ptr_array_index(texts, i);
		const char *wrong = open(opening, text);
		if (opening->over) {
			g_propagate_error(error, g_steal_pointer(&opening->over));
			return FALSE;
		}
		if (wrong && opening->config->exit_on_forward_failure) {
			g_set_error(error, PSS_ERROR, PSS_SSH_ENDS, "%s '%s' failed: %s", kinds[kind].keyword, text,
				    wrong);
			return FALSE;
		}
		if (wrong)
			pss_login_note(opening->person, PSS_NOTE_WARNING, "%s '%s' failed: %s", kinds[kind].keyword,
				       text, wrong);
	}
	return TRUE;
}

GPtrArray *pss_forwards_open(PssLoginContext *person, const PssSshConfig *config, ssh_session session, GError **error)
{
	g_autoptr(GPtrArray) forwards = g_ptr_array_new_with_free_func(forward_free);
	Opening opening = { person, config, session, forwards, NULL };

	if (!open_all(&opening, PSS_FORWARD_LOCAL, config->local_forwards, open_local, error) ||
	    !open_all(&opening, PSS_FORWARD_DYNAMIC, config->dynamic_forwards, open_dynamic, error) ||
	    !open_all(&opening, PSS_FORWARD_REMOTE, config->remote_forwards, open_remote, error))
		return NULL;
	return g_steal_pointer(&forwards);
}

const PssForward *pss_forwards_find_remote(const GPtrArray *forwards, const char *host, guint port)
{
	const PssForward *found = NULL;

	for (guint i = 0; i < forwards->len; i++) {
		const PssForward *forward = g_ptr_array_index(forwards, i);
		if (forward->kind != PSS_FORWARD_REMOTE || forward->from_port != port)
			continue;
		if (host && g_str_equal(forward->from, host))
			return forward;
		found = forward;
	}
	return found;
}

gboolean pss_forwards_include_remote(const GPtrArray *forwards)
{
	for (guint i = 0; i < forwards->len; i++) {
		const PssForward *forward = g_ptr_array_index(forwards, i);
		if (forward->kind == PSS_FORWARD_REMOTE)
			return TRUE;
	}
	return FALSE;
}

/* "*", or the same. */
static gboolean is_covered(const char *pattern, const char *text)
{
	return g_str_equal(pattern, "*") || g_str_equal(pattern, text);
}

static gboolean entry_permits(const char *entry, const char *host, guint port)
{
	g_autofree char *number = g_strdup_printf("%u", port);
	const char *colon = strrchr(entry, ':');

	if (g_str_equal(entry, "any"))
		return TRUE;
	if (!colon)
		return FALSE;
	gboolean is_bracketed = *entry == '[' && colon > entry + 1 && colon[-1] == ']';
	g_autofree char *name = is_bracketed ? g_strndup(entry + 1, (gsize)(colon - entry - 2))
					     : g_strndup(entry, (gsize)(colon - entry));
	return is_covered(name, host) && is_covered(colon + 1, number);
}

gboolean pss_forward_permits(const PssForward *forward, const char *host, guint port)
{
	g_auto(GStrv) entries = g_strsplit_set(forward->permitted, " \t", -1);

	if (!*forward->permitted)
		return TRUE;
	for (char **entry = entries; *entry; entry++) {
		if (entry_permits(*entry, host, port))
			return TRUE;
	}
	return FALSE;
}

char *pss_forwards_describe(const GPtrArray *forwards)
{
	GString *text = g_string_new(NULL);
	const PssForward *last = NULL;

	for (guint i = 0; i < forwards->len; i++) {
		const PssForward *forward = g_ptr_array_index(forwards, i);
		/* One listens on several addresses. */
		if (last && last->kind == forward->kind && g_str_equal(last->text, forward->text))
			continue;
		last = forward;
		g_auto(GStrv) ends = g_strsplit(forward->text, " ", 2);
		g_string_append_printf(text, "%s%c ", text->len > 0 ? ", " : "", kinds[forward->kind].letter);
		if (forward->kind == PSS_FORWARD_REMOTE)
			g_string_append_printf(text, "%s:%u", *forward->from ? forward->from : "*", forward->from_port);
		else
			g_string_append(text, ends[0]);
		if (forward->host)
			g_string_append_printf(text, " -> %s", ends[1]);
	}
	return g_string_free(text, text->len == 0);
}
