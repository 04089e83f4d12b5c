/* SPDX-License-Identifier: MIT */
/* Opens what LocalForward names, in the login thread: before the session is there for anybody, so that
 * ExitOnForwardFailure can still end it. What connects to these sockets is ssh-tunnel.c's. */
#include "host/ssh-forward.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/error.h"

#define BACKLOG 128

static void forward_free(gpointer data)
{
	PssForward *forward = data;

	close(forward->fd);
	g_free(forward->text);
	g_free(forward->host);
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
static const char *open_forward(const PssSshConfig *config, const char *text, GPtrArray *forwards)
{
	g_auto(GStrv) ends = g_strsplit(text, " ", 2);
	g_autofree char *from = NULL, *host = NULL;
	guint from_port, port, before = forwards->len;

	if (g_strv_length(ends) != 2 || !pss_forward_parse(ends[0], &from, &from_port) ||
	    !pss_forward_parse(ends[1], &host, &port) || !host)
		return "only ports are forwarded here, no Unix sockets";
	struct addrinfo *all = addresses_of(config, from, from_port);
	if (!all)
		return "it listens on a name that is no address";
	const char *wrong = NULL;
	for (const struct addrinfo *at = all; at; at = at->ai_next) {
		int fd = listen_on(at);
		if (fd < 0) {
			wrong = g_strerror(errno);
			continue;
		}
		PssForward *forward = g_new0(PssForward, 1);
		*forward = (PssForward){ g_strdup(text), fd, g_strdup(host), port };
		g_ptr_array_add(forwards, forward);
	}
	freeaddrinfo(all);
	return forwards->len > before ? NULL : wrong;
}

GPtrArray *pss_forwards_listen(PssPerson *person, const PssSshConfig *config, GError **error)
{
	g_autoptr(GPtrArray) forwards = g_ptr_array_new_with_free_func(forward_free);

	for (guint i = 0; i < config->local_forwards->len; i++) {
		const char *text = g_ptr_array_index(config->local_forwards, i);
		const char *wrong = open_forward(config, text, forwards);
		if (wrong && config->exit_on_forward_failure) {
			g_set_error(error, PSS_ERROR, PSS_FAILED, "LocalForward '%s' cannot be had: %s", text, wrong);
			return NULL;
		}
		if (wrong)
			pss_person_note(person, PSS_NOTE_WARNING, "LocalForward '%s' cannot be had: %s", text, wrong);
	}
	return g_steal_pointer(&forwards);
}
