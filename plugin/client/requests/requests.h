/* SPDX-License-Identifier: MIT */
/* The requests of the verbs, over a connection. Failures are reported through the call. */
#pragma once

#include "client/command/call.h"
#include "client/command/computer.h"
#include "client/command/resilience.h"
#include "client/requests/connection.h"
#include "client/requests/session-info.h"
#include "client/tty/early-keys.h"

/* Connects to the host process. 0; -ENOENT, not reported, when there is none and `may_start` is false; -errno. */
int pss_request_connect(struct pss_call *call, bool may_start, struct pss_connection *ret_connection);
/* The same for enter-pssession. */
int pss_request_connect_with_keys(struct pss_call *call, bool may_start, struct pss_opening_keys *keys,
				  struct pss_connection *ret_connection);

/* The same, reporting nothing: *ret_error is a heap sentence, or NULL. */
int pss_request_reach(struct pss_call *call, bool may_start, struct pss_opening_keys *keys,
		      struct pss_connection *ret_connection, char **ret_error);

/* Connects to a host process that runs; a request may be queued at once: pss_connection_begin(). 0 or -errno, not
 * reported. */
int pss_request_begin(struct pss_call *call, struct pss_connection *ret_connection);

/* Where a program of pssession may be, best first, with a NULL behind: beside the loadable, in the build tree's
 * plugin/`folder`, where it is installed; the host process where PSSESSION_HOST says alone, others beside that first. 0
 * or -ENOMEM. */
int pss_request_search_path(const char *program, const char *folder, struct pss_texts *ret_path);

/* Reports that the connection failed with `rc`: Ctrl-C, the deadline, the end of the host process. */
void pss_request_failed(struct pss_call *call, const struct pss_connection *connection, int rc, const char *computer);

/* All kept sessions, by Id. 0 or -errno. */
int pss_request_list(struct pss_call *call, struct pss_connection *connection, struct pss_sessions *ret_sessions);

/* Connects and lists those of a host process that runs: none where none runs, and *ret_connection is closed then. It is
 * the caller's to close. 0 or -errno. */
int pss_request_list_running(struct pss_call *call, struct pss_connection *ret_connection,
			     struct pss_sessions *ret_sessions);

/* Closes these, `throttle` at a time; one that is gone already counts as closed. 0, or -errno when the connection
 * failed. */
int pss_request_remove(struct pss_call *call, struct pss_connection *connection,
		       const struct pss_session *const *sessions, size_t n_sessions, size_t throttle);

/* A change of one session's state: PSS_DISCONNECT or PSS_CONNECT, which must be in the connection's version. */
struct pss_change {
	enum pss_type type;
	bool force;
	const char *name;             /* CONNECT: another name for it; NULL: as it is */
	enum pss_buffering buffering; /* 0: as it is */
	long long buffer_size;        /* bytes; 0: as it is */
	bool has_idle;
	long long idle_s;     /* with has_idle: -IdleTimeoutSec */
	size_t throttle;      /* so many at a time; 0: as usual */
	bool wait;            /* change-state.c: until their computers answer; those that have ended are opened again */
	long long timeout_ms; /* with wait; 0: as long as it takes */
};

/* Makes it. 1 and the session as it is now, whose finishing is the caller's; 0 when it was refused, which is
 * reported; or -errno when the connection failed. */
int pss_request_change(struct pss_call *call, struct pss_connection *connection, const struct pss_change *change,
		       const struct pss_session *session, struct pss_session *ret_session);

/* The same for several, change->throttle at a time. Those that were changed are *ret_changed where *ret_is_changed says
 * so. 0, or -errno when the connection failed: some may have been changed nevertheless. */
int pss_request_change_all(struct pss_call *call, struct pss_connection *connection, const struct pss_change *change,
			   const struct pss_session *const *sessions, size_t n_sessions,
			   struct pss_session *ret_changed, bool *ret_is_changed);

/* Does the host process know what came with this version of the protocol? If not, that is reported. */
bool pss_request_needs(struct pss_call *call, const struct pss_connection *connection, uint32_t version);

/* Enters one. 0 and the session: the stream frames with *ret_id follow; or -errno. */
int pss_request_attach(struct pss_call *call, struct pss_connection *connection, const char *instance, bool force,
		       uint32_t *ret_id, struct pss_session *ret_session);

/* The life of one of the opens. */
enum pss_open_state { PSS_OPEN_UNSENT, PSS_OPEN_SENT, PSS_OPEN_ACKNOWLEDGED, PSS_OPEN_DONE };

/* One session to be opened. */
struct pss_open {
	struct pss_target target;
	const char *again;            /* another one to where the session with this InstanceId leads; or NULL */
	const struct pss_value *link; /* how to reach it; NULL: as call->link has it */
	const char *name;             /* -Name, or NULL */
	struct pss_resilience resilience;
	/* A session in whose place one is opened, or whose computer is, in the place of the target and the
	 * parameters of the link; or NULL. target.host is what it is called then. */
	const char *instance;
	uint32_t watch;               /* of PSS_OPEN_AWAITED: the id of what has been watched */
	long long timeout_ms;         /* of PSS_OPEN_AWAITED; 0: none */
	enum pss_buffering buffering; /* of output while no terminal is attached; 0: the default */
	long long buffer_size;        /* bytes of it; 0: the default */
	enum pss_open_state state;
	uint32_t id;   /* of its request, once that is sent */
	char *parting; /* it was detached from: the message for the user; heap */
};

struct pss_open_events {
	/* Each session as it opens: the fields of the RESULT; and each that is found: those of its SESSION. */
	void (*on_opened)(struct pss_call *call, struct pss_open *open, struct pss_fields fields, void *user);
	/* NULL: notes and failures are reported. Else the steps of the logins come as notes as well. True: it is dealt
	 * with. */
	bool (*on_note)(struct pss_call *call, enum pss_note_kind kind, const char *text, void *user);
	void (*on_failed)(struct pss_call *call, struct pss_open *open, enum pss_status status, const char *message,
			  void *user);
	void *user;
};

enum pss_open_kind {
	PSS_OPEN_ENTERED, /* one, attached: on_opened is the last thing before its stream */
	PSS_OPEN_KEPT,
	PSS_OPEN_LISTED,    /* none is opened: those are found that holders keep there */
	PSS_OPEN_CONNECTED, /* the same; pss_request_change(PSS_CONNECT) over this connection may follow */
	PSS_OPEN_WATCHED,   /* none: computers that are to restart are watched as long as the connection lives */
	PSS_OPEN_AWAITED    /* none: until these have restarted, or those of the sessions answer */
};

/* -ThrottleLimit: how many are under way at a time, where it is not given. */
#define PSS_THROTTLE_DEFAULT 32
#define PSS_THROTTLE_ROW(what)                                                                    \
	{                                                                                         \
		"ThrottleLimit", NULL, PSS_KIND_NUMBER, "N", .min = 1, .max = 10000, .help = what \
	}
size_t pss_throttle_of(const struct pss_value *value);

/* Opens them, `throttle` at a time, with the parameters of their link and answers the questions that come up; each
 * failure is reported as it comes. Ctrl-C gives up what is pending, and so does `~.` of `keys` (or NULL); with `~d` the
 * session may be opened detached: pss_open.parting. 0, or -errno when the connection failed. */
int pss_request_open(struct pss_call *call, struct pss_connection *connection, struct pss_open *opens, size_t n_opens,
		     size_t throttle, enum pss_open_kind kind, struct pss_opening_keys *keys,
		     const struct pss_open_events *events);

/* The way to the computer, where it is not from here. */
void pss_request_via(const struct pss_call *call, struct pss_message *message);

/* The fields that describe the caller's surroundings (SPEC §8): what pssession itself needs of them. */
void pss_request_surroundings(struct pss_message *message, const char *directory);

/* The rest of the caller's environment, which ssh_config may name: the last fields of a message, as many as there is
 * room for. What is left out is a verbose note. */
void pss_request_environment(struct pss_call *call, struct pss_message *message);
