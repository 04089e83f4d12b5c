/* SPDX-License-Identifier: MIT */
/* Stands between libssh and the caller's agent. libssh would offer every key that the agent has (IdentitiesOnly
 * ignored, MaxAuthTries used up), talks to it with reads that know no deadline, and takes
 * SSH_AUTH_SOCK from this process's environment. So libssh gets one end of a socket pair, and a thread
 * serves the other: it lists the one key that is on show and passes signing on. When the person leaves, the
 * thread hangs up, and libssh's read ends. Used by one login thread. */
#include "link/libssh/auth/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/said.h"
#include "base/shortage.h"
#include "base/system.h"
#include "link/libssh/common/error.h"

#define LIST_TIMEOUT_US (5 * G_USEC_PER_SEC)
#define MESSAGE_MAX (256 * 1024)

enum {
	AGENT_FAILURE = 5,
	AGENT_REQUEST_IDENTITIES = 11,
	AGENT_IDENTITIES_ANSWER = 12,
	AGENT_SIGN_REQUEST = 13,
};

typedef struct {
	GBytes *blob;
	char *comment;
} Identity;

struct PssAgent {
	PssLoginContext *person;
	int fd;        /* the real agent */
	int libssh_fd; /* libssh's end, its own once a session has it; -1 then */
	int proxy_fd;  /* our end */
	int stop_fd;
	GThread *thread;
	GArray *identities;
	GMutex lock;
	/* under the lock */
	gint shown;          /* index */
	GBytes *certificate; /* in its place, or NULL */
};

static void identity_clear(gpointer data)
{
	Identity *identity = data;

	g_bytes_unref(identity->blob);
	g_free(identity->comment);
}

/* FALSE: the other end is gone, the time is over, or we are to stop. */
static gboolean wait_for(const PssAgent *agent, int fd, short events, gint64 until)
{
	struct pollfd polled[] = { { .fd = fd, .events = events },
				   { .fd = agent->stop_fd, .events = POLLIN },
				   { .fd = pss_login_leave_fd(agent->person), .events = POLLIN } };
	int n;

	do {
		gint64 left = until ? MAX(until - g_get_monotonic_time(), 0) : 0;
		n = poll(polled, G_N_ELEMENTS(polled), until ? (int)(left / 1000) : -1);
	} while (n < 0 && errno == EINTR);
	return n > 0 && polled[0].revents && !polled[1].revents && !polled[2].revents;
}

static gboolean transfer(const PssAgent *agent, int fd, guchar *bytes, gsize n, gboolean writing, gint64 until)
{
	while (n > 0) {
		if (!wait_for(agent, fd, writing ? POLLOUT : POLLIN, until))
			return FALSE;
		ssize_t done =
			writing ? send(fd, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT) : recv(fd, bytes, n, MSG_DONTWAIT);
		if (done < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (done <= 0)
			return FALSE;
		bytes += done;
		n -= (gsize)done;
	}
	return TRUE;
}

static void put_u32(GByteArray *out, guint32 value)
{
	guint32 big = GUINT32_TO_BE(value);

	g_byte_array_append(out, (const guint8 *)&big, sizeof big);
}

static void put_string(GByteArray *out, gconstpointer data, gsize n)
{
	put_u32(out, (guint32)n);
	g_byte_array_append(out, data, (guint)n);
}

static gboolean send_message(const PssAgent *agent, int fd, const GByteArray *message, gint64 until)
{
	guint32 length = GUINT32_TO_BE(message->len);

	return transfer(agent, fd, (guchar *)&length, sizeof length, TRUE, until) &&
	       transfer(agent, fd, message->data, message->len, TRUE, until);
}

static GByteArray *receive_message(const PssAgent *agent, int fd, gint64 until)
{
	guint32 length;

	if (!transfer(agent, fd, (guchar *)&length, sizeof length, FALSE, until))
		return NULL;
	length = GUINT32_FROM_BE(length);
	if (length == 0 || length > MESSAGE_MAX)
		return NULL;
	GByteArray *message = g_byte_array_new();
	g_byte_array_set_size(message, length);
	if (transfer(agent, fd, message->data, length, FALSE, until))
		return message;
	g_byte_array_unref(message);
	return NULL;
}

/* A string of SSH's wire form from the front of what is left. */
static gboolean take_string(const guchar **at, gsize *left, const guchar **ret, gsize *ret_n)
{
	guint32 n;

	if (*left < sizeof n)
		return FALSE;
	memcpy(&n, *at, sizeof n);
	n = GUINT32_FROM_BE(n);
	if (n > *left - sizeof n)
		return FALSE;
	*ret = *at + sizeof n;
	*ret_n = n;
	*at += sizeof n + n;
	*left -= sizeof n + n;
	return TRUE;
}

static gboolean parse_identities(PssAgent *agent, const GByteArray *answer)
{
	const guchar *at = answer->data + 5, *blob, *comment;
	gsize left, n_blob, n_comment;

	if (answer->len < 5 || answer->data[0] != AGENT_IDENTITIES_ANSWER)
		return FALSE;
	left = answer->len - 5;
	while (left > 0) {
		if (!take_string(&at, &left, &blob, &n_blob) || !take_string(&at, &left, &comment, &n_comment))
			return FALSE;
		g_autofree char *text = g_strndup((const char *)comment, n_comment);
		Identity identity = { g_bytes_new(blob, n_blob), pss_said_line(text) };
		g_array_append_val(agent->identities, identity);
	}
	return TRUE;
}

static gboolean list_identities(PssAgent *agent)
{
	g_autoptr(GByteArray) request = g_byte_array_new();
	gint64 until = g_get_monotonic_time() + LIST_TIMEOUT_US;
	guint8 type = AGENT_REQUEST_IDENTITIES;

	g_byte_array_append(request, &type, 1);
	if (!send_message(agent, agent->fd, request, until))
		return FALSE;
	g_autoptr(GByteArray) answer = receive_message(agent, agent->fd, until);
	return answer && parse_identities(agent, answer);
}

static GByteArray *answer_list(PssAgent *agent)
{
	GByteArray *answer = g_byte_array_new();
	guint8 type = AGENT_IDENTITIES_ANSWER;

	g_mutex_lock(&agent->lock);
	const Identity *identity = &g_array_index(agent->identities, Identity, agent->shown);
	gsize n;
	gconstpointer blob = g_bytes_get_data(agent->certificate ? agent->certificate : identity->blob, &n);
	g_byte_array_append(answer, &type, 1);
	put_u32(answer, 1);
	put_string(answer, blob, n);
	put_string(answer, identity->comment, strlen(identity->comment));
	g_mutex_unlock(&agent->lock);
	return answer;
}

/* The agent signs with its key what libssh wants signed with that key's certificate. NULL: that is no request. */
static GByteArray *in_its_own_name(PssAgent *agent, const GByteArray *request)
{
	const guchar *at = request->data + 1, *blob;
	gsize left = request->len - 1, n_blob, n;

	if (!take_string(&at, &left, &blob, &n_blob))
		return NULL;
	GByteArray *own = g_byte_array_append(g_byte_array_new(), request->data, 1);
	g_mutex_lock(&agent->lock);
	const Identity *identity = &g_array_index(agent->identities, Identity, agent->shown);
	gconstpointer bytes = agent->certificate ? g_bytes_get_data(identity->blob, &n) : (n = n_blob, blob);
	put_string(own, bytes, n);
	g_mutex_unlock(&agent->lock);
	return g_byte_array_append(own, at, (guint)left);
}

static GByteArray *sign(PssAgent *agent, const GByteArray *request)
{
	g_autoptr(GByteArray) own = in_its_own_name(agent, request);

	/* It may wait for a person's touch: no deadline, but the person can leave. */
	return own && send_message(agent, agent->fd, own, 0) ? receive_message(agent, agent->fd, 0) : NULL;
}

static GByteArray *answer_to(PssAgent *agent, const GByteArray *request)
{
	guint8 failure = AGENT_FAILURE;

	if (request->data[0] == AGENT_REQUEST_IDENTITIES)
		return answer_list(agent);
	if (request->data[0] == AGENT_SIGN_REQUEST)
		return sign(agent, request);
	return g_byte_array_append(g_byte_array_new(), &failure, 1);
}

static gpointer proxy_thread(gpointer data)
{
	PssAgent *agent = data;
	gboolean good = TRUE;

	while (good) {
		g_autoptr(GByteArray) request = receive_message(agent, agent->proxy_fd, 0);
		g_autoptr(GByteArray) answer = request ? answer_to(agent, request) : NULL;
		good = answer && send_message(agent, agent->proxy_fd, answer, 0);
	}
	shutdown(agent->proxy_fd, SHUT_RDWR);
	return NULL;
}

int pss_agent_connect(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	errno = ENAMETOOLONG;
	if (strlen(path) < sizeof address.sun_path) {
		memcpy(address.sun_path, path, strlen(path));
		/* Non-blocking only for this: a full backlog must not hang us. */
		fcntl(fd, F_SETFL, O_NONBLOCK);
		if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
			return fd;
	}
	int failed = errno;
	close(fd);
	errno = failed;
	return -1;
}

static PssAgent *agent_new(PssLoginContext *person, int fd)
{
	PssAgent *agent = g_new0(PssAgent, 1);

	agent->person = pss_login_ref(person);
	agent->fd = fd;
	agent->libssh_fd = agent->proxy_fd = -1;
	agent->stop_fd = pss_system_flag_new();
	agent->identities = g_array_new(FALSE, FALSE, sizeof(Identity));
	g_array_set_clear_func(agent->identities, identity_clear);
	g_mutex_init(&agent->lock);
	return agent;
}

static gboolean open_proxy(PssAgent *agent)
{
	int pair[2];

	if (agent->stop_fd < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return FALSE;
	agent->libssh_fd = pair[0];
	agent->proxy_fd = pair[1];
	return TRUE;
}

PssAgent *pss_agent_open(PssLoginContext *person, const char *socket_path, GError **error)
{
	g_autoptr(GError) failure = NULL;
	int fd = pss_agent_connect(socket_path);
	int failed = fd < 0 ? errno : 0;

	if (fd < 0) {
		pss_set_errno(&failure, failed, "cannot reach the agent at %s", socket_path);
		/* Without an agent a login goes on; with one that cannot be asked it would ask for passwords. */
		if (pss_is_shortage(failure) && failed != EAGAIN)
			g_propagate_error(error, g_steal_pointer(&failure));
		else
			pss_login_note(person, PSS_NOTE_VERBOSE, "no agent answers at %s", socket_path);
		return NULL;
	}
	PssAgent *agent = agent_new(person, fd);
	if (!open_proxy(agent)) {
		pss_set_errno(error, errno, "cannot reach the agent at %s", socket_path);
		g_clear_pointer(&agent, pss_agent_close);
	} else if (!list_identities(agent)) {
		pss_login_note(person, PSS_NOTE_WARNING, "the agent at %s does not list its keys", socket_path);
		g_clear_pointer(&agent, pss_agent_close);
	}
	return agent;
}

void pss_agent_close(PssAgent *agent)
{
	if (!agent)
		return;
	const int fds[] = { agent->fd, agent->proxy_fd, agent->stop_fd, agent->libssh_fd };

	if (agent->stop_fd >= 0)
		pss_system_flag_raise(agent->stop_fd);
	if (agent->thread)
		g_thread_join(agent->thread);
	for (gsize i = 0; i < G_N_ELEMENTS(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	g_array_unref(agent->identities);
	g_clear_pointer(&agent->certificate, g_bytes_unref);
	g_mutex_clear(&agent->lock);
	pss_login_unref(agent->person);
	g_free(agent);
}

guint pss_agent_n_keys(PssAgent *agent)
{
	return agent->identities->len;
}

GBytes *pss_agent_blob(PssAgent *agent, guint i)
{
	return g_array_index(agent->identities, Identity, i).blob;
}

const char *pss_agent_comment(PssAgent *agent, guint i)
{
	return g_array_index(agent->identities, Identity, i).comment;
}

static gboolean start_proxy(PssAgent *agent, GError **error)
{
	if (!agent->thread)
		agent->thread = g_thread_try_new("pss-agent", proxy_thread, agent, NULL);
	if (!agent->thread)
		pss_set_errno(error, EAGAIN, "cannot start a thread for the agent");
	return agent->thread != NULL;
}

gboolean pss_agent_show(PssAgent *agent, ssh_session session, guint i, GBytes *certificate, GError **error)
{
	g_mutex_lock(&agent->lock);
	agent->shown = (gint)i;
	g_clear_pointer(&agent->certificate, g_bytes_unref);
	agent->certificate = certificate ? g_bytes_ref(certificate) : NULL;
	g_mutex_unlock(&agent->lock);
	if (agent->libssh_fd >= 0) {
		if (ssh_set_agent_socket(session, agent->libssh_fd) != SSH_OK)
			return FALSE;
		agent->libssh_fd = -1; /* now the session's */
	}
	return start_proxy(agent, error);
}
