/* SPDX-License-Identifier: MIT */
/* Reads configuration files as far as the cache of answers needs it, each of them once as long as its bytes are the
 * same: of a thousand logins each one looks at the files, which may have thousands of lines. Called by
 * ssh-config-cache.c; knows no answers. */
#include "link/config/ssh-config-text.h"

#include <string.h>

#include "link/config/ssh-config-lists.h"

#define FILES_MAX 200

static GHashTable *texts; /* by path */
static GMutex texts_lock;

/* FALSE: more than files decides. Both are in lower case. */
static gboolean only_files_decide(const char *keyword, const char *rest)
{
	if (strstr(rest, "${"))
		return FALSE;
	if (g_str_equal(keyword, "match"))
		return !strstr(rest, "exec") && !strstr(rest, "localnetwork");
	if (g_str_equal(keyword, "canonicalizehostname"))
		return strstr(rest, "no") != NULL;
	/* Tokens stand for what may differ in the next call. */
	return !g_str_equal(keyword, "include") || !strchr(rest, '%');
}

static void read_line(PssConfigText *text, const char *line)
{
	const char *start = line + strspn(line, " \t");
	gboolean quoted = *start == '"';
	gsize n = strcspn(start + quoted, " \t=\"\r");
	g_autofree char *keyword = g_ascii_strdown(start + quoted, (gssize)n);
	const char *rest = start + quoted + n;

	if (*start == '#' || n == 0)
		return;
	rest += quoted && *rest == '"';
	rest += strspn(rest, " \t");
	/* Behind quotes ssh takes it for a word. */
	rest += !quoted && *rest == '=';
	g_autofree char *lower = g_ascii_strdown(rest, -1);
	if (!only_files_decide(keyword, lower))
		text->more_decides = TRUE;
	gboolean is_include = g_str_equal(keyword, "include");
	if (!is_include && !pss_config_is_list(keyword))
		return;
	g_array_set_size(text->lines, text->lines->len + 1);
	PssConfigLine *kept = &g_array_index(text->lines, PssConfigLine, text->lines->len - 1);
	kept->is_include = is_include;
	kept->value = g_strdup(rest);
}

static void line_clear(gpointer data)
{
	g_free(((PssConfigLine *)data)->value);
}

PssConfigText *pss_config_text_new(char *bytes, gsize n)
{
	PssConfigText *text = g_atomic_rc_box_new0(PssConfigText);
	g_auto(GStrv) lines = g_strsplit(bytes, "\n", -1);

	text->bytes = bytes;
	text->n = n;
	text->digest = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)bytes, n);
	text->lines = g_array_new(FALSE, FALSE, sizeof(PssConfigLine));
	g_array_set_clear_func(text->lines, line_clear);
	text->more_decides = strlen(bytes) != n; /* ssh reads on behind a NUL */
	for (char **line = lines; *line; line++)
		read_line(text, *line);
	return text;
}

static void text_clear(gpointer data)
{
	PssConfigText *text = data;

	g_free(text->bytes);
	g_free(text->digest);
	g_array_unref(text->lines);
}

void pss_config_text_unref(PssConfigText *text)
{
	if (text)
		g_atomic_rc_box_release_full(text, text_clear);
}

static void unref(gpointer text)
{
	pss_config_text_unref(text);
}

static PssConfigText *find(const char *path, const char *bytes, gsize n)
{
	g_mutex_lock(&texts_lock);
	PssConfigText *text = texts ? g_hash_table_lookup(texts, path) : NULL;
	if (text)
		text = text->n == n && memcmp(text->bytes, bytes, n) == 0 ? g_atomic_rc_box_acquire(text) : NULL;
	g_mutex_unlock(&texts_lock);
	return text;
}

static void remember(const char *path, PssConfigText *text)
{
	g_mutex_lock(&texts_lock);
	if (!texts)
		texts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, unref);
	if (g_hash_table_size(texts) >= FILES_MAX)
		g_hash_table_remove_all(texts);
	g_hash_table_replace(texts, g_strdup(path), g_atomic_rc_box_acquire(text));
	g_mutex_unlock(&texts_lock);
}

PssConfigText *pss_config_text_of(const char *path, char *bytes, gsize n)
{
	g_autofree char *taken = bytes;
	PssConfigText *text = find(path, bytes, n);

	if (text)
		return text;
	text = pss_config_text_new(g_steal_pointer(&taken), n);
	remember(path, text);
	return text;
}
