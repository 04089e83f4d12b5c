/* SPDX-License-Identifier: MIT */
/* The lines of test-pssession: a verdict, what was looked at, and what is wrong with it and how to mend that. They are
 * what goes into a bug report: home directories and names of users are taken out of them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct pss_call;

enum pss_verdict { PSS_VERDICT_OK, PSS_VERDICT_WARN, PSS_VERDICT_FAIL, PSS_VERDICT_COUNT };

struct pss_report {
	struct pss_call *call;
	bool as_json;
	unsigned width;   /* of the terminal; 0: none, and no line is wrapped */
	const char *host; /* the computer, as it was named; NULL: none */
	const char *home; /* that ssh goes by, of passwd; "": not known; the caller's */
	size_t n_lines[PSS_VERDICT_COUNT];
};

#define PSS_NO_TIME (-1)

void pss_report_begin(const struct pss_report *report);
/* One line, printed at once. `microseconds` are what it took, or PSS_NO_TIME. The text may be anybody's. */
void pss_report_put(struct pss_report *report, enum pss_verdict verdict, const char *check, long long microseconds,
		    const char *format, ...) __attribute__((format(printf, 5, 6)));
/* `interrupted`: what is said is not all. */
void pss_report_end(const struct pss_report *report, bool interrupted);
