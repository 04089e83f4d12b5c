/* SPDX-License-Identifier: MIT */
/* A computer's listing of its holders, whatever that computer prints. What is read out of it is whole. The input is
 * looked at as it is, and once more with the key in front of each of its lines. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "remote/holder/holder-listing.h"

#define KEY "00112233445566778899aabbccddeeff"

static void check(const char *text, gsize n)
{
	g_autoptr(GPtrArray) all = pss_find_read(KEY, text, n);

	for (guint i = 0; all && i < all->len; i++) {
		const PssFound *found = g_ptr_array_index(all, i);
		if (strlen(found->holder) != 32 || !g_uuid_string_is_valid(found->instance) || !*found->name ||
		    !found->shell || !found->origin || found->opened < 0)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GString) marked = g_string_new("\036" KEY " ");
	/* Copies of those very lengths, so that a read past the end is seen. */
	g_autofree char *exact = g_memdup2(data, size);

	check(exact ? exact : "", size);
	for (size_t i = 0; i < size; i++) {
		g_string_append_c(marked, (char)data[i]);
		if (data[i] == '\n')
			g_string_append(marked, "\036" KEY " ");
	}
	g_string_append(marked, "e\n");
	check(marked->str, marked->len);
	return 0;
}
