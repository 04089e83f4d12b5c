/* SPDX-License-Identifier: MIT */
/* Sessions on standard output: PowerShell's table, lists, JSON, bare values. All through stdio; whether
 * writing worked is found out by the shell's adapter at the end. */
#pragma once

#include "client/requests/session-info.h"

#define PSS_TABLE_COLUMNS_MAX 64

/* The columns of PowerShell's table. */
#define PSS_TABLE_PROPERTIES 6
extern const int pss_table_properties[PSS_TABLE_PROPERTIES];

/* The columns of one printed table, and their widths. */
struct pss_table {
	const int *properties; /* enum pss_property; borrowed */
	size_t n_properties;
	unsigned widths[PSS_TABLE_COLUMNS_MAX];
	unsigned limit; /* columns of the terminal; 0: not a terminal, nothing is cut */
};

/* Lays the table out so that these sessions fit: PowerShell's widths where there is room for them. `n_properties` is
 * 1 to PSS_TABLE_COLUMNS_MAX; `limit` as above. */
void pss_table_init(struct pss_table *table, const int *properties, size_t n_properties,
		    const struct pss_sessions *sessions, unsigned limit);
void pss_table_header(const struct pss_table *table);
void pss_table_row(const struct pss_table *table, const struct pss_session *session);

/* The width of the terminal that standard output is, or 0. */
unsigned pss_output_width(void);

/* What a verb prints that has opened or changed sessions: the table on a terminal, bare InstanceIds elsewhere. */
void pss_print_sessions(const struct pss_sessions *sessions);

/* `properties` are indices, n of them. */
void pss_print_list(const struct pss_sessions *sessions, const int *properties, size_t n_properties);
void pss_print_json(const struct pss_sessions *sessions, const int *properties, size_t n_properties);

/* One line a session, its values with a tab between them. */
void pss_print_values(const struct pss_sessions *sessions, const int *properties, size_t n_properties);
