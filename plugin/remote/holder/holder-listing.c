/* SPDX-License-Identifier: MIT */
/* The listing of holders: the script that makes it, and its reader. Called by the host process's discovery.c. What the
 * files there say is not trusted to be well-formed: they may be of another version, or cut short by a full disk. */
#include "remote/holder/holder-listing.h"

#include <string.h>

#include "remote/protocol/script.h"
#include "remote/protocol/sources.h"

/* Behind `f`; a missing one is "-". */
enum { HOLDER, VERSION, INSTANCE, NAME, IDLE, ORIGIN, WANTED_SHELL, OPENED, LOGIN_SHELL, LINK, N_WORDS };
#define KNOWN_VERSION "1"
/* A name of people's is far shorter, and a message to a client has to hold it. */
#define LINE_MAX_BYTES 4096

void pss_found_free(PssFound *found)
{
	g_free(found->holder);
	g_free(found->instance);
	g_free(found->name);
	g_free(found->shell);
	g_free(found->origin);
	g_free(found);
}

void pss_find_link_init(PssHolderLink *link, const char *key)
{
	link->script = g_string_new(pss_source_find);
	pss_script_replace(link->script, "@KEY@", key);
	pss_holder_load(link);
}

static gboolean is_name(const char *word)
{
	return strlen(word) == 32 && strspn(word, "0123456789abcdef") == 32;
}

static gboolean is_missing(const char *word)
{
	return g_str_equal(word, "-");
}

static PssFound *read_words(char **words)
{
	guint64 opened, idle;

	if (g_strv_length(words) != N_WORDS || !g_str_equal(words[VERSION], KNOWN_VERSION) || !is_name(words[HOLDER]) ||
	    !g_uuid_string_is_valid(words[INSTANCE]) || !*words[NAME] ||
	    !g_ascii_string_to_unsigned(words[OPENED], 10, 0, G_MAXINT64, &opened, NULL) ||
	    !g_ascii_string_to_unsigned(words[IDLE], 10, 0, G_MAXINT, &idle, NULL))
		return NULL;
	PssFound *found = g_new0(PssFound, 1);
	found->holder = g_strdup(words[HOLDER]);
	found->instance = g_ascii_strdown(words[INSTANCE], -1);
	found->name = pss_holder_unescape(words[NAME]);
	found->shell = pss_holder_unescape(words[is_missing(words[WANTED_SHELL]) ? LOGIN_SHELL : WANTED_SHELL]);
	found->opened = (gint64)opened;
	found->idle_s = (guint)idle;
	found->is_linked = !is_missing(words[LINK]);
	found->origin = pss_holder_unescape(words[found->is_linked ? LINK : ORIGIN]);
	return found;
}

/* `line`: behind the key, up to its end. */
static PssFound *read_line(const char *line, gsize n)
{
	g_autofree char *text = g_strndup(line, n);
	g_auto(GStrv) words = g_strsplit(text, " ", N_WORDS + 2);

	return n <= LINE_MAX_BYTES && g_strcmp0(words[0], "f") == 0 ? read_words(words + 1) : NULL;
}

GPtrArray *pss_find_read(const char *key, const char *text, gsize n)
{
	g_autofree char *start = g_strdup_printf("\036%s ", key);
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)pss_found_free);
	const char *end = n > 0 ? text + n : text; /* of nothing it may be NULL */

	for (const char *at = text; n > 0 && (at = memmem(at, (gsize)(end - at), start, strlen(start)));) {
		at += strlen(start);
		const char *line_end = memchr(at, '\n', (gsize)(end - at));
		if (!line_end)
			break;
		if (*at == 'e')
			return g_steal_pointer(&all);
		PssFound *found = all->len < PSS_FOUND_MAX ? read_line(at, (gsize)(line_end - at)) : NULL;
		if (found)
			g_ptr_array_add(all, found);
		at = line_end;
	}
	return NULL;
}
