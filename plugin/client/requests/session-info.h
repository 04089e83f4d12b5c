/* SPDX-License-Identifier: MIT */
/* A session as the host process describes it, and its properties as users name them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/message.h"

struct pss_session {
	uint64_t id;
	char *name;
	char *instance;
	char *computer;
	char *shell; /* ConfigurationName */
	char *transport;
	char *remote_user;
	char *prompt_name;
	char *history_key;
	char *cause;
	char *forwards;
	char *running;      /* the line or command that runs, or "" */
	int last_status;    /* of what ran last, or -1 */
	char *origin;       /* "user@computer": who has it, or has opened it; only of one that was found */
	uint64_t opened_at; /* seconds since 1970; 0: an older host process */
	bool found;         /* on its computer, by lookup.c; it has no Id where this host process does not have it */
	size_t place;       /* with found: its computer's among those that were asked */
	uint64_t state, availability;
	bool attached;
	bool resilient;
	uint64_t disconnected_at; /* seconds since 1970; 0: it is not Disconnected, or that is not known */
	uint64_t idle_s;          /* with resilient: -IdleTimeoutSec */
	char *key_file;           /* -KeyFilePath it was opened with */
	uint64_t buffering;       /* enum pss_buffering; 0: an older host process, which drops */
};

struct pss_sessions {
	struct pss_session *items;
	size_t n_items;
};

/* Copies the fields of a SESSION or RESULT; texts that are missing become "". 0 or -ENOMEM. */
int pss_session_read(struct pss_fields fields, struct pss_session *ret_session);
void pss_session_finish(struct pss_session *session);

int pss_sessions_add(struct pss_sessions *sessions, struct pss_fields fields); /* 0 or -ENOMEM */
/* Takes the session over, also when memory is short: -ENOMEM. */
int pss_sessions_put(struct pss_sessions *sessions, struct pss_session *session);
void pss_sessions_finish(struct pss_sessions *sessions);

enum pss_property {
	PSS_PROPERTY_ID,
	PSS_PROPERTY_NAME,
	PSS_PROPERTY_INSTANCE,
	PSS_PROPERTY_COMPUTER,
	PSS_PROPERTY_TYPE,
	PSS_PROPERTY_SHELL,
	PSS_PROPERTY_TRANSPORT,
	PSS_PROPERTY_USER,
	PSS_PROPERTY_STATE,
	PSS_PROPERTY_AVAILABILITY,
	PSS_PROPERTY_RESILIENT,
	PSS_PROPERTY_IDLE_TIMEOUT,
	PSS_PROPERTY_HOST,
	PSS_PROPERTY_PORT,
	PSS_PROPERTY_KEY_FILE,
	PSS_PROPERTY_BUFFERING,
	PSS_PROPERTY_FORWARDS,
	PSS_PROPERTY_OPENED_ON,
	PSS_PROPERTY_DISCONNECTED_ON,
	PSS_PROPERTY_EXPIRES_ON,
	PSS_PROPERTY_RUNNING,
	PSS_PROPERTY_LAST_STATUS,
	PSS_PROPERTY_FROM,
	PSS_PROPERTY_CAUSE,
	PSS_PROPERTY_COUNT
};

/* Their names, as in PowerShell; ends with NULL. */
extern const char *const pss_property_names[PSS_PROPERTY_COUNT + 1];

/* The index of a name (any case), or -1. */
int pss_property_find(const char *name);

/* Its value as text. Heap, NULL when memory is short. */
char *pss_property_value(const struct pss_session *session, int property);

/* What the value is where types count (JSON). The texts of a list have PSS_LIST_SEPARATOR between them. */
enum pss_property_type { PSS_TYPE_TEXT, PSS_TYPE_NUMBER, PSS_TYPE_BOOLEAN, PSS_TYPE_LIST };
enum pss_property_type pss_property_type_of(int property);
#define PSS_LIST_SEPARATOR ", "

/* Broken or Closed: nothing runs in it any more. */
bool pss_session_is_ended(const struct pss_session *session);
