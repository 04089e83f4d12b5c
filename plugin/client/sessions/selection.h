/* SPDX-License-Identifier: MIT */
/* Selection of sessions: -Session, -Id, -Name, -InstanceId and the filters, over the list that the host process gave.
 */
#pragma once

#include "client/command/call.h"
#include "client/requests/session-info.h"

/* -ComputerName and -State where they filter sessions. */
#define PSS_COMPUTER_FILTER_ROW(what)                                                                                 \
	{                                                                                                             \
		"ComputerName", "HostName Cn", PSS_KIND_LIST, "HOST", .wants = "the name of a computer", .help = what \
	}
#define PSS_STATE_ROW(what)                                                                         \
	{                                                                                           \
		"State", NULL, PSS_KIND_CHOICE, "STATE", .choices = pss_state_choices, .help = what \
	}

struct pss_selection {
	const struct pss_value
		*selectors[PSS_SELECTOR_COUNT]; /* lists; NULL where the verb has none. None given: all */
	const struct pss_value *computer;       /* a list of wildcards, or NULL */
	const struct pss_value *state;          /* a choice of pss_state_choices, or NULL */
	const struct pss_value *shell;          /* one name, or NULL */
	size_t throttle;                        /* so many computers are asked at a time; 0: as usual */
	bool computers_are_asked;               /* so a name that no session has is no error */
	bool gone_is_fine;                      /* an InstanceId given to -Session may be gone already: remove */
};

/* For -State; the index + 1 is enum pss_state. */
extern const char *const pss_state_choices[];

/* A selection by call->selectors alone. */
struct pss_selection pss_selection_of(const struct pss_call *call);

/* "-" among the values of -Session stands for the lines of standard input. They are read before the host process is
 * asked for anything, because what writes them may be what starts it. 0, or -errno, reported. */
int pss_select_read_input(struct pss_call *call, struct pss_value *value);

/* Reduces `sessions` to those that match, in the order of their Ids. A literal that matches none is reported. */
void pss_select(struct pss_call *call, const struct pss_selection *selection, struct pss_sessions *sessions);

/* Is it on this computer, and does it match all but -State? */
bool pss_select_matches(const struct pss_selection *selection, const char *computer, const struct pss_session *session);

/* Can this value mean one session alone, and be sent to the host process as it is: its Id, its InstanceId, or a name?
 * Two sessions may have the same name nevertheless. */
bool pss_select_is_literal(enum pss_selector selector, const char *text);

/* Does this text stand for several names? */
bool pss_select_is_pattern(const char *text);

/* The one session that `text` names, without wildcards; NULL where none or more than one does, which is reported. */
const struct pss_session *pss_select_one(struct pss_call *call, enum pss_selector selector, const char *text,
					 const struct pss_sessions *sessions);

/* Can a new session have this name, the value of -`parameter`? If not, that is reported as a wrong parameter. */
bool pss_select_check_name(struct pss_call *call, const char *parameter, const char *name);

/* Is this a text that -Session would take for an Id or an InstanceId, and so no name for a session? */
bool pss_is_reserved_name(const char *text);
