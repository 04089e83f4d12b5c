/* SPDX-License-Identifier: MIT */
/* Hashes of paths with their sizes, sorted when they are looked up. Called by item.c and copy/trees. */
#include "copy/items/seen.h"

struct PssSeen {
	GArray *hashes; /* of guint64 */
	gboolean is_sorted;
};

PssSeen *pss_seen_new(void)
{
	PssSeen *seen = g_new0(PssSeen, 1);

	seen->hashes = g_array_new(FALSE, FALSE, sizeof(guint64));
	return seen;
}

void pss_seen_free(PssSeen *seen)
{
	if (!seen)
		return;
	g_array_unref(seen->hashes);
	g_free(seen);
}

/* FNV-1a, and MurmurHash3's last step, so that each bit counts. */
static guint64 hash(const char *path, guint64 size)
{
	guint64 sum = G_GUINT64_CONSTANT(0xcbf29ce484222325) ^ size;

	for (; *path; path++)
		sum = (sum ^ (guint8)*path) * G_GUINT64_CONSTANT(0x100000001b3);
	sum = (sum ^ sum >> 33) * G_GUINT64_CONSTANT(0xff51afd7ed558ccd);
	return sum ^ sum >> 33;
}

void pss_seen_add(PssSeen *seen, const char *path, guint64 size)
{
	guint64 number = hash(path, size);

	g_array_append_val(seen->hashes, number);
	seen->is_sorted = FALSE;
}

static gint compare(gconstpointer a, gconstpointer b)
{
	guint64 one = *(const guint64 *)a, other = *(const guint64 *)b;

	return one < other ? -1 : one > other;
}

gboolean pss_seen_has(PssSeen *seen, const char *path, guint64 size)
{
	guint64 number = hash(path, size);

	if (!seen->is_sorted)
		g_array_sort(seen->hashes, compare);
	seen->is_sorted = TRUE;
	return g_array_binary_search(seen->hashes, &number, compare, NULL);
}
