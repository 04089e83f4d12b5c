/* SPDX-License-Identifier: MIT */
/* A verb is one command of pssession: its rows of parameters, its help, and the function that does it.
 * To add one: write verb-NAME.c and give it a line in PSS_VERBS. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "client/parameter/parameter.h"
#include "client/command/shell.h"

struct pss_call;
struct pss_suggestions;

/* Groups of parameters that several verbs share. */
enum pss_verb_uses {
	PSS_USES_LINK = 1,      /* -UserName, -Port, …: computer.h */
	PSS_USES_CONFIRM = 2,   /* -WhatIf, -Confirm: call.h */
	PSS_USES_SELECTORS = 4, /* -Session, -Id, …: selectors.h */
};

struct pss_verb {
	const char *name;    /* "enter-pssession" */
	const char *summary; /* a sentence without its full stop */
	const char *details; /* further help: lines that end with \n, or NULL */
	const struct pss_parameter *rows;
	size_t n_rows;
	unsigned uses;
	/* Runs the verb. Errors go through the call; results are printed on stdout. */
	void (*run)(struct pss_call *call);
	/* Tab (suggest.h): adds the values of a row that only the verb knows. False: it is not such a row. May be NULL.
	 */
	bool (*suggest)(struct pss_call *call, const struct pss_parameter *row, struct pss_suggestions *suggestions);
};

/* All verbs: X(identifier, capital identifier, name, capital name). The shells' adapters make their builtins of it. */
#define PSS_VERBS(X)                                                              \
	X(enter, Enter, "enter-pssession", "Enter-PSSession")                     \
	X(exit, Exit, "exit-pssession", "Exit-PSSession")                         \
	X(new, New, "new-pssession", "New-PSSession")                             \
	X(get, Get, "get-pssession", "Get-PSSession")                             \
	X(remove, Remove, "remove-pssession", "Remove-PSSession")                 \
	X(disconnect, Disconnect, "disconnect-pssession", "Disconnect-PSSession") \
	X(connect, Connect, "connect-pssession", "Connect-PSSession")             \
	X(receive, Receive, "receive-pssession", "Receive-PSSession")             \
	X(invoke, Invoke, "invoke-command", "Invoke-Command")                     \
	X(copy, Copy, "copy-item", "Copy-Item")                                   \
	X(test, Test, "test-pssession", "Test-PSSession")

#define PSS_DECLARE_VERB(verb, Verb, name, capital_name) extern const struct pss_verb pss_verb_##verb;
PSS_VERBS(PSS_DECLARE_VERB)

/* Runs a verb with its arguments (NULL-terminated, without the name): parses, checks, does, sets the variables that
 * were asked for. Returns the exit status of SPEC §6. The caller flushes stdout and reports its write errors. */
int pss_verb_run(const struct pss_verb *verb, const struct pss_shell *shell, const char *const *arguments);

/* The same, typed at the prompt of a session through which computers are reached (hop.h). */
struct pss_via;
int pss_verb_run_via(const struct pss_verb *verb, const struct pss_shell *shell, const char *const *arguments,
		     const struct pss_via *via);

/* "enter-pssession [-ComputerName] HOST [-Force] …". Heap, NULL when memory is short. */
char *pss_verb_usage(const struct pss_verb *verb);

/* The same in a few words, for one line: "enter-pssession [HOST] [PARAMETER…]". Heap, NULL when memory is short. */
char *pss_verb_synopsis(const struct pss_verb *verb);

/* What --help and bash's `help` show, the usage first, by lines without their newlines, none wider than 76 columns.
 * 0 or -ENOMEM. */
int pss_verb_help(const struct pss_verb *verb, struct pss_texts *ret_lines);

/* "-ComputerName HOST, -HostName, -Cn", as help and manual pages show it. Heap, NULL when memory is short. */
char *pss_parameter_names(const struct pss_parameter *row);

/* The groups of parameters that a verb takes: those that select sessions, its own, then the shared ones. */
#define PSS_GROUPS_MAX 5
size_t pss_verb_groups(const struct pss_verb *verb, struct pss_call *call, struct pss_parameter_group *ret_groups);
