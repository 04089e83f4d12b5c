/* SPDX-License-Identifier: MIT */
/* The short requests: connect, list, remove, disconnect and the like, attach. Each has its deadline; the verbs call
 * them and never see a frame. Opening, which is long and talks back, is in open-sessions.c. */
#include "client/requests/requests.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "client/tty/size.h"
#include "wire/cleanup.h"
#include "wire/deadlines.h"
#include "wire/runtime.h"
#include "wire/system.h"

#define HOST_PROGRAM "pssession-host"

/* The directory that this code was loaded from, found while a relative path still means what it meant. */
static char own_directory[PATH_MAX];

__attribute__((constructor)) static void find_own_directory(void)
{
	static const char anchor;
	Dl_info self;

	if (!dladdr(&anchor, &self) || !self.dli_fname || !realpath(self.dli_fname, own_directory))
		own_directory[0] = '\0';
	char *slash = strrchr(own_directory, '/');
	if (slash)
		*slash = '\0';
}

/* What was installed below another root (DESTDIR, an unpacked package) has its programs there as well. NULL where that
 * is not so. */
static char *program_below_other_root(const char *program)
{
	static const char *const installed[] = { PSSESSION_BASH_DIR, PSSESSION_ZSH_DIR };
	size_t n_own = strlen(own_directory);

	for (size_t i = 0; i < sizeof installed / sizeof *installed; i++) {
		size_t n = strlen(installed[i]);
		if (n > 0 && n_own > n && strcmp(own_directory + n_own - n, installed[i]) == 0)
			return pss_format("%.*s" PSSESSION_LIBEXECDIR "/%s", (int)(n_own - n), own_directory, program);
	}
	return NULL;
}

/* Beside the loadable, where the build tree has it, where it is installed. */
static int add_usual_places(struct pss_texts *path, const char *program, const char *folder)
{
	int rc = 0;

	if (*own_directory)
		rc = pss_texts_add(path, pss_format("%s/%s", own_directory, program));
	if (*own_directory && rc == 0)
		rc = pss_texts_add(path, pss_format("%s/../plugin/%s/%s", own_directory, folder, program));
	char *moved = program_below_other_root(program);
	if (moved && rc == 0)
		rc = pss_texts_add(path, moved);
	return rc == 0 ? pss_texts_add(path, pss_format(PSSESSION_LIBEXECDIR "/%s", program)) : rc;
}

/* Beside the host process that PSSESSION_HOST names, as it is installed and as the build tree has it. */
static int add_places_beside(struct pss_texts *path, const char *host, const char *program, const char *folder)
{
	const char *slash = strrchr(host, '/');
	int n = slash ? (int)(slash - host) : 0;

	if (!slash)
		return 0;
	int rc = pss_texts_add(path, pss_format("%.*s/%s", n, host, program));
	return rc == 0 ? pss_texts_add(path, pss_format("%.*s/../%s/%s", n, host, folder, program)) : rc;
}

int pss_request_search_path(const char *program, const char *folder, struct pss_texts *ret_path)
{
	struct pss_texts path = { 0 };
	const char *given = getenv("PSSESSION_HOST");
	int rc = 0;

	if (given && *given && strcmp(program, HOST_PROGRAM) == 0) {
		rc = pss_texts_add(&path, strdup(given));
	} else {
		if (given && *given)
			rc = add_places_beside(&path, given, program, folder);
		rc = rc == 0 ? add_usual_places(&path, program, folder) : rc;
	}
	if (rc == 0)
		rc = pss_texts_terminate(&path);
	if (rc < 0)
		pss_texts_finish(&path);
	else
		*ret_path = path;
	return rc;
}

int pss_request_connect(struct pss_call *call, bool may_start, struct pss_connection *ret_connection)
{
	return pss_request_connect_with_keys(call, may_start, NULL, ret_connection);
}

static void report_busy(void *user, pid_t pid)
{
	pss_call_warning(user, "the host process (pid %d) is busy: waiting for it (Ctrl-C gives up)", (int)pid);
}

static char *program_name(const struct pss_call *call)
{
	return pss_format("pssession %s (%s)", PSSESSION_VERSION, call->shell->name);
}

int pss_request_begin(struct pss_call *call, struct pss_connection *ret_connection)
{
	_cleanup_(pss_free_pointer) char *program = program_name(call);

	return pss_connection_begin(ret_connection, program, call->shell->interrupted, report_busy, call);
}

int pss_request_reach(struct pss_call *call, bool may_start, struct pss_opening_keys *keys,
		      struct pss_connection *ret_connection, char **ret_error)
{
	_cleanup_(pss_free_pointer) char *program = program_name(call);
	struct pss_texts path = { 0 };

	*ret_error = NULL;
	int rc = pss_request_search_path(HOST_PROGRAM, "host", &path);
	if (rc == 0)
		rc = pss_connection_open(ret_connection, may_start, (const char *const *)path.items, program,
					 call->shell->interrupted, keys ? &keys->beside : NULL, report_busy, call,
					 ret_error);
	pss_texts_finish(&path);
	return rc;
}

int pss_request_connect_with_keys(struct pss_call *call, bool may_start, struct pss_opening_keys *keys,
				  struct pss_connection *ret_connection)
{
	_cleanup_(pss_free_pointer) char *error = NULL;

	int rc = pss_request_reach(call, may_start, keys, ret_connection, &error);
	/* Resilient sessions may outlive their host process: a new one finds them. */
	if (rc == -ENOENT && !may_start && pss_runtime_has_saved(geteuid()))
		return pss_request_connect_with_keys(call, true, keys, ret_connection);
	if (rc == -EINTR || rc == -ECANCELED)
		pss_call_take_status(call, pss_status_exit(PSS_INTERRUPTED));
	else if (rc < 0 && (rc != -ENOENT || may_start))
		pss_call_error(call, rc == -EPROTO ? PSS_VERSION : PSS_NO_HOST, NULL, "%s",
			       error ? error : "not enough memory");
	else if (rc == 0)
		pss_call_verbose(call, "connected to the host process");
	return rc;
}

void pss_request_failed(struct pss_call *call, const struct pss_connection *connection, int rc, const char *computer)
{
	_cleanup_(pss_free_pointer) char *stuck = rc == -ETIMEDOUT ? pss_connection_stuck(connection) : NULL;

	switch (rc) {
	case -EINTR:
	case -ECANCELED:
		pss_call_take_status(call, pss_status_exit(PSS_INTERRUPTED));
		break;
	case -ETIMEDOUT:
		pss_call_error(call, PSS_NO_HOST, computer, "%s", stuck ? stuck : "not enough memory");
		break;
	case -ECONNRESET:
	case -EPIPE:
		pss_call_error(call, PSS_NO_HOST, computer, "the host process has ended");
		break;
	case -E2BIG:
		pss_call_error(call, PSS_USAGE, computer,
			       "the request is too long: 256 KiB at most; the text of an invoke-command may be longer, "
			       "and so may standard input");
		break;
	case -EMSGSIZE:
	case -EPROTO:
		pss_call_error(call, PSS_PROTOCOL, computer,
			       "the host process sent something that this version of pssession does not understand; "
			       "start a new shell, or load the host process's version");
		break;
	default:
		pss_call_error(call, PSS_NO_HOST, computer, "the connection to the host process has failed: %s",
			       strerror(-rc));
	}
}

/* The next frame with `id`; others are dropped. 1 or -errno, reported. */
static int next_frame(struct pss_call *call, struct pss_connection *connection, uint32_t id,
		      struct pss_frame *ret_frame)
{
	for (;;) {
		int rc = pss_connection_wait(connection, pss_deadline(PSS_ACK_MS), call->shell->interrupted, ret_frame);
		if (rc > 0 && ret_frame->header.id == id)
			return rc;
		if (rc == -ETIMEDOUT && pss_connection_is_busy(connection, call->shell->interrupted))
			continue;
		if (rc < 0) {
			pss_request_failed(call, connection, rc, NULL);
			return rc;
		}
		pss_connection_done(connection, ret_frame);
	}
}

static enum pss_status result_status(const struct pss_frame *frame)
{
	return (enum pss_status)pss_fields_number(pss_frame_fields(frame), PSS_TAG_STATUS, PSS_PROTOCOL);
}

static const char *result_message(const struct pss_frame *frame)
{
	const char *message = pss_fields_text(pss_frame_fields(frame), PSS_TAG_MESSAGE);
	return message && *message ? message : pss_status_name(result_status(frame));
}

int pss_request_list(struct pss_call *call, struct pss_connection *connection, struct pss_sessions *ret_sessions)
{
	struct pss_sessions sessions = { 0 };
	struct pss_message message;
	struct pss_frame frame;
	bool more = true;

	uint32_t id = pss_connection_new_id(connection);
	pss_message_begin(&message, &connection->out, PSS_LIST, id);
	int rc = pss_message_end(&message);
	while (rc >= 0 && more) {
		rc = next_frame(call, connection, id, &frame);
		if (rc < 0)
			break;
		if (frame.header.type == PSS_SESSION)
			rc = pss_sessions_add(&sessions, pss_frame_fields(&frame));
		more = frame.header.type != PSS_RESULT;
		if (!more && result_status(&frame) != PSS_OK)
			pss_call_error(call, result_status(&frame), NULL, "%s", result_message(&frame));
		pss_connection_done(connection, &frame);
	}
	if (rc < 0)
		pss_sessions_finish(&sessions);
	else
		*ret_sessions = sessions;
	return rc < 0 ? rc : 0;
}

int pss_request_list_running(struct pss_call *call, struct pss_connection *ret_connection,
			     struct pss_sessions *ret_sessions)
{
	*ret_connection = (struct pss_connection){ .fd = -1 };
	int rc = pss_request_connect(call, false, ret_connection);
	if (rc == -ENOENT)
		return 0;
	return rc < 0 ? rc : pss_request_list(call, ret_connection, ret_sessions);
}

size_t pss_throttle_of(const struct pss_value *value)
{
	return value->given ? (size_t)value->number : PSS_THROTTLE_DEFAULT;
}

bool pss_request_needs(struct pss_call *call, const struct pss_connection *connection, uint32_t version)
{
	uid_t uid;
	pid_t pid = 0;

	if (connection->version >= version)
		return true;
	pss_peer(connection->fd, &uid, &pid);
	pss_call_error(call, PSS_VERSION, NULL,
		       "the host process (pid %d) is older than this command; remove its sessions (get-pssession lists "
		       "them) and end it with 'kill %d'",
		       (int)pid, (int)pid);
	return false;
}

int pss_request_attach(struct pss_call *call, struct pss_connection *connection, const char *instance, bool force,
		       uint32_t *ret_id, struct pss_session *ret_session)
{
	struct pss_message message;
	struct pss_frame frame;
	unsigned columns, rows;

	*ret_id = pss_connection_new_id(connection);
	pss_terminal_size(&columns, &rows);
	pss_message_begin(&message, &connection->out, PSS_ATTACH, *ret_id);
	pss_message_text(&message, PSS_TAG_INSTANCE, instance);
	pss_message_number(&message, PSS_TAG_FORCE, force);
	pss_message_number(&message, PSS_TAG_COLUMNS, columns);
	pss_message_number(&message, PSS_TAG_ROWS, rows);
	int rc = pss_message_end(&message);
	do {
		rc = rc < 0 ? rc : next_frame(call, connection, *ret_id, &frame);
		if (rc < 0)
			return rc;
		if (frame.header.type != PSS_RESULT)
			pss_connection_done(connection, &frame);
	} while (frame.header.type != PSS_RESULT);
	if (result_status(&frame) != PSS_OK) {
		pss_call_error(call, result_status(&frame), NULL, "%s", result_message(&frame));
		rc = -EBUSY;
	} else {
		rc = pss_session_read(pss_frame_fields(&frame), ret_session);
	}
	pss_connection_done(connection, &frame);
	return rc;
}
