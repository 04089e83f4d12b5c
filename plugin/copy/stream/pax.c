/* SPDX-License-Identifier: MIT */
/* Records of an extended header, "LENGTH KEY=VALUE\n" each (POSIX.1-2001, "pax Extended Header"). Called by reader.c.
 */
#include "copy/stream/private.h"

#include <string.h>

void pss_tar_pax_init(PssTarPax *pax)
{
	*pax = (PssTarPax){ .size = -1, .uid = -1, .gid = -1, .sparse_major = -1, .sparse_minor = -1, .real_size = -1 };
}

void pss_tar_pax_clear(PssTarPax *pax)
{
	g_free(pax->path);
	g_free(pax->link);
	g_free(pax->sparse_name);
	pss_tar_pax_init(pax);
}

/* Digits up to `end`, and how many of them. */
static gsize get_decimal(const char *at, const char *end, gint64 *ret_number)
{
	gint64 number = 0;
	gsize n = 0;

	for (; at + n < end && g_ascii_isdigit(at[n]); n++) {
		if (number > (G_MAXINT64 - 9) / 10)
			return 0;
		number = number * 10 + (at[n] - '0');
	}
	*ret_number = number;
	return n;
}

/* ---- one function a kind of value */

typedef gboolean (*Setter)(void *member, const char *value, gsize n);

static gboolean set_text(void *member, const char *value, gsize n)
{
	if (n == 0 || memchr(value, '\0', n))
		return FALSE;
	g_free(*(char **)member);
	*(char **)member = g_strndup(value, n);
	return TRUE;
}

static gboolean set_number(void *member, const char *value, gsize n)
{
	gint64 number;

	if (n == 0 || get_decimal(value, value + n, &number) != n)
		return FALSE;
	*(gint64 *)member = number;
	return TRUE;
}

static gboolean set_flag(void *member, const char *value, gsize n)
{
	*(gboolean *)member = TRUE;
	return TRUE;
}

/* Behind the point; digits behind the ninth are lost. FALSE: these are no digits. */
static gboolean get_fraction(const char *value, gsize n, guint32 *ret_nanoseconds)
{
	guint32 nanoseconds = 0;

	for (gsize i = 0; i < MAX(n, 9); i++) {
		if (i < n && !g_ascii_isdigit(value[i]))
			return FALSE;
		if (i < 9)
			nanoseconds = nanoseconds * 10 + (i < n ? (guint32)(value[i] - '0') : 0);
	}
	*ret_nanoseconds = nanoseconds;
	return TRUE;
}

/* "-1.5": 1.5 s in front of 1970, which is half a second behind -2. */
static gboolean set_time(void *member, const char *value, gsize n)
{
	PssTarPax *pax = member;
	const char *end = value + n;
	gboolean is_negative = n > 0 && *value == '-';
	gint64 seconds;
	guint32 nanoseconds = 0;

	value += is_negative;
	gsize n_digits = get_decimal(value, end, &seconds);
	value += n_digits;
	if (n_digits == 0 || (value < end && *value != '.'))
		return FALSE;
	if (value < end && !get_fraction(value + 1, (gsize)(end - value - 1), &nanoseconds))
		return FALSE;
	pax->has_mtime = TRUE;
	pax->mtime = is_negative ? -seconds - (nanoseconds > 0) : seconds;
	pax->mtime_nanoseconds = is_negative && nanoseconds > 0 ? 1000000000u - nanoseconds : nanoseconds;
	return TRUE;
}

static const struct {
	const char *key;
	Setter set;
	gsize offset;
} keys[] = {
	{ "path", set_text, G_STRUCT_OFFSET(PssTarPax, path) },
	{ "linkpath", set_text, G_STRUCT_OFFSET(PssTarPax, link) },
	{ "size", set_number, G_STRUCT_OFFSET(PssTarPax, size) },
	{ "uid", set_number, G_STRUCT_OFFSET(PssTarPax, uid) },
	{ "gid", set_number, G_STRUCT_OFFSET(PssTarPax, gid) },
	{ "mtime", set_time, 0 },
	{ "GNU.sparse.major", set_number, G_STRUCT_OFFSET(PssTarPax, sparse_major) },
	{ "GNU.sparse.minor", set_number, G_STRUCT_OFFSET(PssTarPax, sparse_minor) },
	{ "GNU.sparse.realsize", set_number, G_STRUCT_OFFSET(PssTarPax, real_size) },
	{ "GNU.sparse.name", set_text, G_STRUCT_OFFSET(PssTarPax, sparse_name) },
	{ "GNU.sparse.size", set_flag, G_STRUCT_OFFSET(PssTarPax, is_older_sparse) },
	{ "GNU.sparse.map", set_flag, G_STRUCT_OFFSET(PssTarPax, is_older_sparse) },
	{ "GNU.sparse.numblocks", set_flag, G_STRUCT_OFFSET(PssTarPax, is_older_sparse) },
};

/* Keys that are not known say nothing about what is copied. */
static gboolean set(PssTarPax *pax, const char *key, gsize n_key, const char *value, gsize n_value)
{
	for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
		if (strlen(keys[i].key) == n_key && memcmp(keys[i].key, key, n_key) == 0)
			return keys[i].set((char *)pax + keys[i].offset, value, n_value);
	return TRUE;
}

gboolean pss_tar_pax_parse(PssTarPax *pax, const char *records, gsize n)
{
	const char *end = records + n;

	while (records < end) {
		gint64 length;
		gsize n_digits = get_decimal(records, end, &length);
		if (n_digits == 0 || length > end - records || (gsize)length < n_digits + 3 ||
		    records[n_digits] != ' ' || records[length - 1] != '\n')
			return FALSE;
		const char *key = records + n_digits + 1, *last = records + length - 1;
		const char *equals = memchr(key, '=', (gsize)(last - key));
		if (!equals || !set(pax, key, (gsize)(equals - key), equals + 1, (gsize)(last - equals - 1)))
			return FALSE;
		records += length;
	}
	return TRUE;
}
