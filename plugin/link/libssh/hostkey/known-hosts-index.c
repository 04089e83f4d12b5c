/* SPDX-License-Identifier: MIT */
/* The index of a known_hosts file. Three kinds of lines: those with plain names are found by a hash of the name, those
 * with patterns are all given out, and those with hashed names have to be tried one by one, so what came of that is
 * remembered for each name. Called by the login threads through known-hosts.c; never says whether a key is good. */
#include "link/libssh/hostkey/known-hosts-index.h"

#include <string.h>

#include "link/libssh/hostkey/name-hash.h"

#define NAMES_MAX 10000 /* remembered of a file */

typedef struct {
	guint32 hash; /* of the name, in lower case */
	guint32 line; /* in `lines` */
} Name;

typedef struct {
	PssNameHash hash;
	guint32 line;
} HashedLine;

typedef struct {
	guint32 number;
	guint32 offset, n; /* in the text */
} Line;

struct PssKnownIndex {
	gatomicrefcount references;
	char *text;
	gsize n_text;
	GArray *lines;    /* Line, those that are not empty nor comments */
	GArray *names;    /* Name, by hash */
	GArray *patterns; /* guint32: in `lines` */
	GArray *hashed;   /* HashedLine */
	GMutex lock;
	GHashTable *remembered; /* name: GArray of guint32, which of the hashed lines are its */
};

/* ---- making one */

/* The next word of the line, which ends at `end`; `*at` is then behind it. NULL: there is none. */
static const char *next_word(const char **at, const char *end, gsize *ret_n)
{
	const char *word = *at;

	while (word < end && (*word == ' ' || *word == '\t'))
		word++;
	const char *behind = word;
	while (behind < end && *behind != ' ' && *behind != '\t')
		behind++;
	*at = behind;
	*ret_n = (gsize)(behind - word);
	return behind > word ? word : NULL;
}

static guint32 hash_of(const char *name, gsize n)
{
	guint32 hash = 5381;

	for (gsize i = 0; i < n; i++)
		hash = hash * 33 + (guchar)g_ascii_tolower(name[i]);
	return hash;
}

static void add_names(PssKnownIndex *index, const char *hosts, gsize n, guint32 line)
{
	const char *end = hosts + n;

	for (const char *word = hosts, *comma; word <= end; word = comma + 1) {
		comma = memchr(word, ',', (gsize)(end - word));
		if (!comma)
			comma = end;
		Name name = { hash_of(word, (gsize)(comma - word)), line };
		g_array_append_val(index->names, name);
	}
}

static gboolean has_patterns(const char *hosts, gsize n)
{
	return memchr(hosts, '*', n) || memchr(hosts, '?', n) || memchr(hosts, '!', n);
}

static void add_hosts(PssKnownIndex *index, const char *hosts, gsize n, guint32 line)
{
	HashedLine hashed = { .line = line };

	if (*hosts == '|') {
		if (pss_name_hash_parse(hosts, n, &hashed.hash))
			g_array_append_val(index->hashed, hashed);
	} else if (has_patterns(hosts, n)) {
		g_array_append_val(index->patterns, line);
	} else {
		add_names(index, hosts, n, line);
	}
}

static void add_line(PssKnownIndex *index, guint number, const char *start, const char *end)
{
	gsize n;
	const char *at = start;
	const char *hosts = next_word(&at, end, &n);

	if (!hosts || *hosts == '#')
		return;
	Line line = { number, (guint32)(hosts - index->text), (guint32)(end - hosts) };
	if (*hosts == '@')
		hosts = next_word(&at, end, &n);
	if (!hosts)
		return;
	g_array_append_val(index->lines, line);
	add_hosts(index, hosts, n, index->lines->len - 1);
}

static gint by_hash(gconstpointer a, gconstpointer b)
{
	const Name *one = a, *other = b;

	return (one->hash > other->hash) - (one->hash < other->hash);
}

PssKnownIndex *pss_known_index_new(char *text, gsize n)
{
	PssKnownIndex *index = g_new0(PssKnownIndex, 1);
	const char *end = text + n;
	guint number = 1;

	g_atomic_ref_count_init(&index->references);
	g_mutex_init(&index->lock);
	index->text = text;
	index->n_text = n;
	index->lines = g_array_new(FALSE, FALSE, sizeof(Line));
	index->names = g_array_new(FALSE, FALSE, sizeof(Name));
	index->patterns = g_array_new(FALSE, FALSE, sizeof(guint32));
	index->hashed = g_array_new(FALSE, FALSE, sizeof(HashedLine));
	index->remembered = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_array_unref);
	for (const char *line = text, *next; line < end; line = next + 1, number++) {
		next = memchr(line, '\n', (gsize)(end - line));
		if (!next)
			next = end;
		const char *cr = memchr(line, '\r', (gsize)(next - line));
		add_line(index, number, line, cr ? cr : next);
	}
	g_array_sort(index->names, by_hash);
	return index;
}

PssKnownIndex *pss_known_index_ref(PssKnownIndex *index)
{
	g_atomic_ref_count_inc(&index->references);
	return index;
}

void pss_known_index_unref(PssKnownIndex *index)
{
	if (!index || !g_atomic_ref_count_dec(&index->references))
		return;
	g_hash_table_unref(index->remembered);
	g_array_unref(index->lines);
	g_array_unref(index->names);
	g_array_unref(index->patterns);
	g_array_unref(index->hashed);
	g_mutex_clear(&index->lock);
	g_free(index->text);
	g_free(index);
}

gboolean pss_known_index_is_of(const PssKnownIndex *index, const char *text, gsize n)
{
	return index->n_text == n && memcmp(index->text, text, n) == 0;
}

/* ---- looking a name up */

static void find_plain(const PssKnownIndex *index, const char *name, GArray *found)
{
	guint32 hash = hash_of(name, strlen(name));
	guint low = 0, high = index->names->len;

	while (low < high) {
		guint middle = low + (high - low) / 2;
		if (g_array_index(index->names, Name, middle).hash < hash)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < index->names->len; low++) {
		const Name *one = &g_array_index(index->names, Name, low);
		if (one->hash != hash)
			break;
		g_array_append_val(found, one->line);
	}
}

static GArray *try_hashed(const PssKnownIndex *index, const char *name)
{
	GArray *found = g_array_new(FALSE, FALSE, sizeof(guint32));
	g_autoptr(PssHashedName) hashed = pss_hashed_name_new(name);

	for (guint i = 0; i < index->hashed->len; i++) {
		const HashedLine *one = &g_array_index(index->hashed, HashedLine, i);
		if (pss_hashed_name_is(hashed, &one->hash))
			g_array_append_val(found, one->line);
	}
	return found;
}

static void find_hashed(PssKnownIndex *index, const char *name, GArray *found)
{
	if (index->hashed->len == 0)
		return;
	g_mutex_lock(&index->lock);
	GArray *lines = g_hash_table_lookup(index->remembered, name);
	if (lines)
		g_array_append_vals(found, lines->data, lines->len);
	g_mutex_unlock(&index->lock);
	if (lines)
		return;
	lines = try_hashed(index, name);
	g_array_append_vals(found, lines->data, lines->len);
	g_mutex_lock(&index->lock);
	if (g_hash_table_size(index->remembered) >= NAMES_MAX)
		g_hash_table_remove_all(index->remembered);
	g_hash_table_replace(index->remembered, g_strdup(name), lines);
	g_mutex_unlock(&index->lock);
}

static gint by_number(gconstpointer a, gconstpointer b)
{
	guint32 one = *(const guint32 *)a, other = *(const guint32 *)b;

	return (one > other) - (one < other);
}

static void line_clear(gpointer data)
{
	g_free(((PssKnownLine *)data)->text);
}

GArray *pss_known_index_look(PssKnownIndex *index, const char *name)
{
	g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(guint32));
	GArray *lines = g_array_new(FALSE, FALSE, sizeof(PssKnownLine));

	g_array_set_clear_func(lines, line_clear);
	find_plain(index, name, found);
	g_array_append_vals(found, index->patterns->data, index->patterns->len);
	find_hashed(index, name, found);
	g_array_sort(found, by_number);
	for (guint i = 0; i < found->len; i++) {
		guint32 at = g_array_index(found, guint32, i);
		const Line *line = &g_array_index(index->lines, Line, at);
		/* A name may stand twice in a line. */
		if (i > 0 && at == g_array_index(found, guint32, i - 1))
			continue;
		PssKnownLine one = { line->number, g_strndup(index->text + line->offset, line->n) };
		g_array_append_val(lines, one);
	}
	return lines;
}
