/* SPDX-License-Identifier: MIT */
/* The fields of a SESSION, from a host process that may have made them up, in every form that get-pssession prints:
 * whatever they hold, what comes out is UTF-8 without control characters, a line or an object each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/sessions/print-sessions.h"
#include "fuzz.h"
#include "terminal/utf8.h"

static const int all_properties[] = { 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11,
				      12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23 };
#define N_ALL (sizeof all_properties / sizeof *all_properties)
_Static_assert(N_ALL == PSS_PROPERTY_COUNT, "all of them are printed");

static void check_printable(const char *text, size_t n)
{
	for (size_t i = 0, length; i < n; i += length) {
		uint32_t character;
		length = pss_decode((const unsigned char *)text + i, n - i, &character);
		if (length == 0 || (character < ' ' && !strchr("\n\t", (int)character)) || character == 0x7f ||
		    (character >= 0x80 && character < 0xa0))
			abort();
	}
}

static void print_table(const struct pss_sessions *sessions, unsigned limit)
{
	struct pss_table table;

	pss_table_init(&table, all_properties, N_ALL, sessions, limit);
	pss_table_header(&table);
	for (size_t i = 0; i < sessions->n_items; i++)
		pss_table_row(&table, &sessions->items[i]);
}

static void print_all(const struct pss_sessions *sessions)
{
	print_table(sessions, 0);
	print_table(sessions, 80);
	print_table(sessions, 3);
	pss_print_list(sessions, all_properties, N_ALL);
	pss_print_json(sessions, all_properties, N_ALL);
	pss_print_values(sessions, all_properties, N_ALL);
}

/* The input is the fields of one SESSION; it is printed beside one that is empty. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pss_sessions sessions = { 0 };
	FILE *standard_output = stdout;
	char *printed = NULL;
	size_t n_printed = 0;

	if (pss_sessions_add(&sessions, (struct pss_fields){ data, size }) < 0 ||
	    pss_sessions_add(&sessions, (struct pss_fields){ data, 0 }) < 0)
		abort();
	stdout = open_memstream(&printed, &n_printed);
	if (!stdout)
		abort();
	print_all(&sessions);
	fclose(stdout);
	stdout = standard_output;
	check_printable(printed, n_printed);
	free(printed);
	pss_sessions_finish(&sessions);
	return 0;
}
