/* SPDX-License-Identifier: MIT */
/* One run of the parser, shared by the files parameter*.c. Private to them. */
#pragma once

#include "client/parameter/parameter.h"

/* One row with its value. */
struct pss_slot {
	const struct pss_parameter *row; /* NULL: none */
	struct pss_value *value;
};

struct pss_parse {
	const struct pss_parameter_group *groups;
	size_t n_groups;
	const char *const *next; /* the argument that is looked at */
	const char **unnamed;    /* room for all of them */
	size_t n_unnamed;
	bool only_words;  /* the rest is a command's, whatever it looks like */
	const char *word; /* the first of a command, behind which a parameter stands, or NULL */
	char *error;      /* heap, or NULL */
};

/* ---- parameter-names.c */

/* Sets the error, made visible. -EINVAL. */
int pss_parse_fail(struct pss_parse *parse, const char *format, ...) __attribute__((format(printf, 2, 3)));

bool pss_parse_next_slot(const struct pss_parse *parse, size_t *group, size_t *row, struct pss_slot *ret_slot);
#define PSS_FOR_EACH_SLOT(parse, slot) \
	for (size_t group_ = 0, row_ = 0; pss_parse_next_slot((parse), &group_, &row_, (slot));)

/* Is a parameter of this set given? Set 0 never is. */
bool pss_parse_set_is_taken(const struct pss_parse *parse, unsigned set);

/* The slot that a name means. 0 or -EINVAL. */
int pss_parse_find_slot(struct pss_parse *parse, const char *name, size_t n, struct pss_slot *ret_slot);

/* The letter of ssh's that an argument is, where it means that here; or NULL. */
const struct pss_letter *pss_parse_find_letter(const struct pss_parse *parse, const char *argument,
					       struct pss_slot *ret_slot);

/* ---- parameter-values.c: 0 or -EINVAL */

/* `text` NULL: a switch without a value. */
int pss_parse_take_value(struct pss_parse *parse, struct pss_slot slot, const char *text);

/* PowerShell's "a, b": the shell has made two arguments of it. `next` is the argument behind `text`, or NULL. */
int pss_parse_check_comma(struct pss_parse *parse, struct pss_slot slot, const char *text, const char *next);

/* ---- parameter-words.c: the words of a command behind a computer */

/* The first of the unnamed arguments that will be words of a command, or NULL: there is none yet. */
const char *pss_parse_first_word(const struct pss_parse *parse);

/* Does the argument, which looks like a parameter, and all that follows belong to the command? */
bool pss_parse_begins_words(const struct pss_parse *parse, const char *argument);

/* 0 or -EINVAL: the words turned out to be others. */
int pss_parse_check_words(struct pss_parse *parse);
