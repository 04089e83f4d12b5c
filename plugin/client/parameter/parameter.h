/* SPDX-License-Identifier: MIT */
/* The one parser of every verb's parameters: PowerShell's grammar, with GNU spellings (SPEC §2). A verb
 * describes its parameters as rows of a table; usage lines, help texts and messages come from the same rows. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "client/base/strings.h"

enum pss_parameter_kind {
	PSS_KIND_SWITCH,   /* -Force, -Force:false          → on */
	PSS_KIND_TEXT,     /* one value                     → text */
	PSS_KIND_NUMBER,   /* one value in min…max          → number */
	PSS_KIND_CHOICE,   /* one of `choices`, or a prefix → number, its index (taken too where max is not 0) */
	PSS_KIND_LIST,     /* commas, newlines, repetition  → list */
	PSS_KIND_NUMBERS,  /* the same, each in min…max     → list */
	PSS_KIND_TEXTS,    /* one whole value each time     → list */
	PSS_KIND_WORDS,    /* a text, or all unnamed arguments that are left → list */
	PSS_KIND_VARIABLE, /* [+]NAME                       → text, and append for the + */
	PSS_KIND_REFUSED,  /* recognised but refused; help gives the reason */
	PSS_KIND_ARGV,     /* no name of its own: takes all that follows "--" → list */
};

struct pss_parameter {
	const char *name;    /* "ComputerName" */
	const char *aliases; /* separated by blanks: "HostName Cn"; or NULL */
	enum pss_parameter_kind kind;
	const char *value;          /* what stands for the value in usage lines, and what Tab offers: "HOST" */
	const char *wants;          /* for messages: "-Name wants a name"; NULL where the kind says it */
	const char *help;           /* for PSS_KIND_REFUSED: the reason */
	const char *const *choices; /* ends with NULL */
	long long min, max;
	long long least;    /* not 0: of the numbers below it only 0 is taken */
	unsigned position;  /* n: takes the nth unnamed argument; 0: must be named */
	bool rest;          /* with position: takes all further unnamed arguments too */
	unsigned set;       /* not 0: parameters of one set exclude each other */
	const char *absent; /* the value where it is missing or empty: all that the shell leaves of $null; or NULL */
};

struct pss_value {
	bool given;
	bool on;
	bool append;
	long long number;
	const char *text; /* borrowed from the arguments */
	struct pss_texts list;
};

/* Rows, and where their values go: values[i] belongs to rows[i]. */
struct pss_parameter_group {
	const struct pss_parameter *rows;
	size_t n_rows;
	struct pss_value *values;
};

enum pss_parsed {
	PSS_PARSED = 0,
	PSS_PARSED_HELP = 1,    /* --help was among the arguments */
	PSS_PARSED_VERSION = 2, /* --version was */
};

/* Sets the values (all zero before). One of enum pss_parsed, or -EINVAL and *ret_error, a heap sentence that names
 * the parameter and what it wanted (NULL when memory is short). The values are to be finished in every case. */
int pss_parameters_parse(const struct pss_parameter_group *groups, size_t n_groups, const char *const *arguments,
			 char **ret_error);
void pss_values_finish(struct pss_value *values, size_t n_values);

/* What a value must be, as in "a number from 1 to 65535". Heap. */
char *pss_parameter_wants(const struct pss_parameter *parameter);

/* For unfinished lines (suggest.c). Does `name` (n bytes, without the dash in front) mean the row?
 * 0 no, 1 it begins its name or an alias, 2 it is one. */
int pss_parameter_compare(const struct pss_parameter *row, const char *name, size_t n);

/* ssh's letters (parameter-letters.c): whose value follows, or stands in the table. */
struct pss_letter {
	char letter;
	const char *parameter;
	const char *value; /* the value begins with this, or NULL */
	bool alone;        /* … and is this */
	bool wins;         /* also over a parameter whose name it begins alone */
};
const struct pss_letter *pss_letter_find(const char *argument); /* NULL: not a letter */

/* "-p" is ssh's for "Port": the parameter whose value follows such a letter, or NULL. */
const char *pss_parameter_of_letter(const char *argument);

/* Is it a parameter, "--" too, rather than a value? */
bool pss_parameter_looks_like(const char *argument);

/* May a parameter of this kind be given more than once? */
bool pss_parameter_repeats(enum pss_parameter_kind kind);
