/* SPDX-License-Identifier: MIT */
/* One copy-item: its places and operands, and how it is run. Called by verb-copy.c. */
#pragma once

#include "client/command/call.h"
#include "client/requests/connection.h"
#include "client/requests/session-info.h"

/* Where files are. */
struct pss_copy_place {
	char *label;                /* as the user named it; NULL: this computer */
	char *instance;             /* of a session; or NULL: a computer */
	struct pss_target computer; /* of a session its host alone */
};

/* A path there, as the user gave it; borrowed. */
struct pss_copy_operand {
	size_t place;
	const char *path;
	bool is_literal;
};

struct pss_copy_operands {
	struct pss_copy_operand *items;
	size_t n_items;
};

struct pss_copy {
	struct pss_call *call;
	struct pss_connection connection;
	struct pss_copy_place *places; /* the first is this computer */
	size_t n_places;
	struct pss_copy_operands sources, destinations;
	const struct pss_texts *include, *exclude; /* globs of names, or NULL */
	const char *filter;                        /* one more that has to match, or NULL */
	size_t throttle;
	char flags[24]; /* enum pss_copy_flag */
	/* For Tab: nothing is asked or printed, and it ends in time. */
	bool is_quiet;
	long long deadline;                              /* ms of the monotonic clock; 0: none */
	void (*on_output)(void *user, const char *text); /* what would be printed; or NULL */
	void *user;
	/* private: which names are sessions */
	struct pss_sessions sessions;
	bool is_listed;
};

/* The places that are named. Each returns false when that was reported. `texts` of both are the user's words. */
bool pss_copy_add_operand(struct pss_copy *copy, const char *text, bool is_literal, struct pss_copy_operands *operands);
bool pss_copy_add_at(struct pss_copy *copy, size_t place, const char *path, bool is_literal,
		     struct pss_copy_operands *operands);
/* A place by a session's Id, Name or InstanceId. */
bool pss_copy_find_session(struct pss_copy *copy, const char *text, size_t *ret_place);
bool pss_copy_find_computer(struct pss_copy *copy, const char *text, size_t *ret_place);

/* A place by its name, a session's or a computer's. */
bool pss_copy_find_place(struct pss_copy *copy, const char *name, size_t *ret_place);
/* Are the kept sessions known, as far as a host process runs? */
bool pss_copy_list_sessions(struct pss_copy *copy);

/* Copies, and reports. The connection to the host process is made where there is none yet. */
void pss_copy_run(struct pss_copy *copy);
void pss_copy_finish(struct pss_copy *copy);
