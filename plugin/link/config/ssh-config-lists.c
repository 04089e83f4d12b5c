/* SPDX-License-Identifier: MIT */
/* Tells apart the files that `ssh -G` prints in one line without their quotes: "a b" may be two files or one. What the
 * configuration files and options have is kept by the line that ssh makes of it, so the way back is a look-up and no
 * guess. Filled by ssh-config-cache.c, which reads those files; asked by ssh-config-value.c. It must never take one
 * file for two or two for one: a line that revokes a key may be in the file that is lost. */
#include "link/config/ssh-config-lists.h"

#include <string.h>
#include <unistd.h>

#include "link/config/ssh-config-expand.h"

static const char *const defaults[] = {
	"~/.ssh/known_hosts ~/.ssh/known_hosts2",
	"/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2",
};

gboolean pss_config_is_list(const char *keyword)
{
	static const char *const lists[] = { "userknownhostsfile", "globalknownhostsfile", "revokedhostkeys", NULL };

	return g_strv_contains(lists, keyword);
}

/* A backslash is taken out in front of these; in front of a blank only where there are no quotes. */
static gboolean is_escaped(const char *at, char quote)
{
	return at[0] == '\\' && at[1] && (strchr("\\\"'", at[1]) || (at[1] == ' ' && !quote));
}

/* One word from *text on, which is left behind it. NULL: a quote has no end. */
static char *take_word(const char **text)
{
	g_autoptr(GString) word = g_string_new(NULL);
	const char *at = *text;
	char quote = 0;

	for (; *at && (quote || (*at != ' ' && *at != '\t')); at++) {
		if (is_escaped(at, quote))
			g_string_append_c(word, *++at);
		else if (quote ? *at == quote : *at == '"' || *at == '\'')
			quote = quote ? 0 : *at;
		else
			g_string_append_c(word, *at);
	}
	*text = at;
	return quote ? NULL : g_strdup(word->str);
}

char **pss_config_split_words(const char *text)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *line = g_strchomp(g_strdup(text));

	for (const char *at = line; *(at += strspn(at, " \t")) && *at != '#';) {
		char *word = take_word(&at);
		if (!word)
			return NULL;
		g_ptr_array_add(words, word);
	}
	g_ptr_array_add(words, NULL);
	return g_strdupv((char **)words->pdata);
}

void pss_config_lists_init(PssSshConfig *config)
{
	config->lists = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
	for (gsize i = 0; i < G_N_ELEMENTS(defaults); i++)
		pss_config_lists_add(config, defaults[i]);
}

void pss_config_lists_add(PssSshConfig *config, const char *text)
{
	char **words = pss_config_split_words(text);

	if (words) /* else ssh -G fails */
		g_ptr_array_add(config->lists, words);
}

/* NULL: a token is not known. */
static char **expand_all(const PssSshConfig *config, char *const *words)
{
	g_auto(GStrv) expanded = g_strdupv((char **)words);

	for (char **word = expanded; *word; word++) {
		char *better = pss_ssh_config_expand_path(config, *word);
		if (!better)
			return NULL;
		g_free(*word);
		*word = better;
	}
	return g_steal_pointer(&expanded);
}

char *pss_config_lists_print(const PssSshConfig *config, const char *text)
{
	g_auto(GStrv) words = pss_config_split_words(text);
	g_auto(GStrv) expanded = words ? expand_all(config, words) : NULL;

	return expanded ? g_strjoinv(" ", expanded) : NULL;
}

static gboolean begins_path(const char *word)
{
	return *word == '/' || *word == '~';
}

/* Whether some words in a row, blanks between them, are a file. */
static gboolean some_are_one_file(char *const *words)
{
	for (; *words; words++) {
		g_autoptr(GString) path = g_string_new(*words);
		for (char *const *next = words + 1; *next; next++) {
			g_string_append_printf(path, " %s", *next);
			if (access(path->str, F_OK) == 0)
				return TRUE;
		}
	}
	return FALSE;
}

/* From a file that has not been read here, or with a token that is not known here. */
static char **split_unknown(const char *printed)
{
	g_auto(GStrv) words = g_strsplit(printed, " ", -1);

	for (char **word = words; *word; word++)
		if (!begins_path(*word))
			return NULL;
	return some_are_one_file(words) ? NULL : g_steal_pointer(&words);
}

/* FALSE: it looks the same, and is another one than was found before. */
static gboolean compare(char *const *list, const char *printed, char ***found)
{
	g_autofree char *line = list ? g_strjoinv(" ", (char **)list) : NULL;

	if (g_strcmp0(line, printed) != 0)
		return TRUE;
	if (*found)
		return g_strv_equal((const char *const *)*found, (const char *const *)list);
	*found = g_strdupv((char **)list);
	return TRUE;
}

char **pss_config_lists_split(const PssSshConfig *config, const char *printed)
{
	g_auto(GStrv) found = NULL;

	if (!strchr(printed, ' '))
		return g_strsplit(printed, " ", -1);
	for (guint i = 0; i < config->lists->len; i++) {
		char **list = config->lists->pdata[i];
		/* Tokens of some keywords are replaced in print. */
		g_auto(GStrv) expanded = expand_all(config, list);
		if (!compare(list, printed, &found) || !compare(expanded, printed, &found))
			return NULL;
	}
	return found ? g_steal_pointer(&found) : split_unknown(printed);
}
