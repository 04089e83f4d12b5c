/* SPDX-License-Identifier: MIT */
/* How values of ssh_config become members of a PssSshConfig. What cannot be understood is said, never guessed:
 * ssh itself would end there, and a file that is left out may be the one that revokes a key. */
#include "host/ssh-config-value.h"

#include <string.h>
#include <sys/socket.h>

static const char unknown_token[] = "it holds a token or an environment variable that is not known";

static gboolean is_yes(const char *value)
{
	return g_str_equal(value, "yes") || g_str_equal(value, "true");
}

static gboolean is_none(const char *value)
{
	return !*value || g_ascii_strcasecmp(value, "none") == 0;
}

const char *pss_config_set_text(PssSshConfig *config, void *member, const char *value)
{
	char **text = member;
	g_autofree char *old = *text;

	*text = is_none(value) ? NULL : g_strdup(value);
	return NULL;
}

const char *pss_config_add_text(PssSshConfig *config, void *member, const char *value)
{
	g_ptr_array_add(*(GPtrArray **)member, g_strdup(value));
	return NULL;
}

const char *pss_config_set_switch(PssSshConfig *config, void *member, const char *value)
{
	*(gboolean *)member = is_yes(value);
	return NULL;
}

const char *pss_config_set_number(PssSshConfig *config, void *member, const char *value)
{
	guint64 number;

	if (!g_ascii_string_to_unsigned(value, 10, 0, G_MAXINT32, &number, NULL))
		return "it is no number";
	*(guint *)member = (guint)number;
	return NULL;
}

const char *pss_config_set_milliseconds(PssSshConfig *config, void *member, const char *value)
{
	guint seconds = 0;
	const char *wrong = is_none(value) ? NULL : pss_config_set_number(config, &seconds, value);

	if (seconds > 0)
		*(guint *)member = MIN(seconds, G_MAXINT32 / 1000) * 1000;
	return wrong;
}

const char *pss_config_set_path(PssSshConfig *config, void *member, const char *value)
{
	char **text = member;
	char *path = is_none(value) ? NULL : pss_ssh_config_expand_path(config, value);

	if (!path && !is_none(value))
		return unknown_token;
	g_free(*text);
	*text = path;
	return NULL;
}

const char *pss_config_add_path(PssSshConfig *config, void *member, const char *value)
{
	char *path = is_none(value) ? NULL : pss_ssh_config_expand_path(config, value);

	if (!path && !is_none(value))
		return unknown_token;
	if (path)
		g_ptr_array_add(*(GPtrArray **)member, path);
	return NULL;
}

/* `ssh -G` prints several paths without quotes. A word that does not begin as a path does belongs to the one
 * before it: to take "/my files/known" for two would lose the lines in it. */
static gboolean begins_path(const char *word)
{
	return strchr("/~%$", *word) || is_none(word);
}

const char *pss_config_set_paths(PssSshConfig *config, void *member, const char *value)
{
	char ***paths = member;
	g_autoptr(GPtrArray) whole = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) expanded = g_ptr_array_new_with_free_func(g_free);
	g_auto(GStrv) words = g_strsplit(value, " ", -1);
	const char *wrong = NULL;

	for (char **word = words; *word; word++) {
		char **last = whole->len > 0 ? (char **)&whole->pdata[whole->len - 1] : NULL;
		if (!last || begins_path(*word)) {
			g_ptr_array_add(whole, g_strdup(*word));
			continue;
		}
		char *longer = g_strjoin(" ", *last, *word, NULL);
		g_free(*last);
		*last = longer;
	}
	for (guint i = 0; i < whole->len && !wrong; i++)
		wrong = pss_config_add_path(config, &expanded, whole->pdata[i]);
	if (wrong)
		return wrong;
	g_ptr_array_add(expanded, NULL);
	g_auto(GStrv) old = *paths;
	*paths = g_strdupv((char **)expanded->pdata);
	return NULL;
}

const char *pss_config_set_list(PssSshConfig *config, void *member, const char *value)
{
	char ***list = member;
	g_auto(GStrv) old = *list;

	*list = g_strsplit(value, ",", -1);
	return NULL;
}

const char *pss_config_set_family(PssSshConfig *config, void *member, const char *value)
{
	*(int *)member = g_str_equal(value, "inet") ? AF_INET : g_str_equal(value, "inet6") ? AF_INET6 : AF_UNSPEC;
	return NULL;
}

const char *pss_config_set_strict(PssSshConfig *config, void *member, const char *value)
{
	PssStrict *strict = member;

	if (is_yes(value))
		*strict = PSS_STRICT_YES;
	else if (g_str_equal(value, "accept-new"))
		*strict = PSS_STRICT_ACCEPT_NEW;
	else if (g_str_equal(value, "no") || g_str_equal(value, "off") || g_str_equal(value, "false"))
		*strict = PSS_STRICT_OFF;
	else
		*strict = PSS_STRICT_ASK;
	return NULL;
}

/* SSH_AUTH_SOCK stands for the caller's own agent, which is there already; $NAME for another variable of it. */
const char *pss_config_set_agent(PssSshConfig *config, void *member, const char *value)
{
	if (g_str_equal(value, "SSH_AUTH_SOCK"))
		return NULL;
	if (*value != '$' || value[1] == '{')
		return pss_config_set_path(config, member, value);
	char **path = member;
	g_autofree char *old = *path;
	*path = g_strdup(g_environ_getenv(config->environment, value + 1));
	return NULL;
}

/* IPQoS: ssh_config(5)'s names of what stands in a packet's type of service (RFC 2474, 2597, 3246, 8622, 1349). */
static const struct {
	const char *name;
	int tos;
} services[] = {
	{ "af11", 0x28 }, { "af12", 0x30 }, { "af13", 0x38 },     { "af21", 0x48 },       { "af22", 0x50 },
	{ "af23", 0x58 }, { "af31", 0x68 }, { "af32", 0x70 },     { "af33", 0x78 },       { "af41", 0x88 },
	{ "af42", 0x90 }, { "af43", 0x98 }, { "cs0", 0x00 },      { "cs1", 0x20 },        { "cs2", 0x40 },
	{ "cs3", 0x60 },  { "cs4", 0x80 },  { "cs5", 0xa0 },      { "cs6", 0xc0 },        { "cs7", 0xe0 },
	{ "ef", 0xb8 },   { "le", 0x04 },   { "lowdelay", 0x10 }, { "throughput", 0x08 }, { "reliability", 0x04 },
	{ "none", -1 },
};

const char *pss_config_set_tos(PssSshConfig *config, void *member, const char *value)
{
	g_autofree char *first = g_strndup(value, strcspn(value, " "));
	guint64 number;

	for (gsize i = 0; i < G_N_ELEMENTS(services); i++)
		if (g_ascii_strcasecmp(first, services[i].name) == 0) {
			*(int *)member = services[i].tos;
			return NULL;
		}
	/* `ssh -G` prints what has no name as 0x.. */
	int base = g_str_has_prefix(first, "0x") ? 16 : 10;
	if (!g_ascii_string_to_unsigned(first + (base == 16 ? 2 : 0), (guint)base, 0, 255, &number, NULL))
		return "it names no class of service";
	*(int *)member = (int)number;
	return NULL;
}

/* As `ssh -G` prints it: bytes and seconds. */
const char *pss_config_set_rekey(PssSshConfig *config, void *member, const char *value)
{
	g_auto(GStrv) words = g_strsplit(value, " ", 2);
	guint64 bytes, seconds = 0;

	if (!words[0] || !g_ascii_string_to_unsigned(words[0], 10, 0, G_MAXUINT64, &bytes, NULL) ||
	    (words[1] && !g_ascii_string_to_unsigned(words[1], 10, 0, G_MAXINT32, &seconds, NULL)))
		return "that is not bytes and seconds";
	config->rekey_bytes = bytes;
	config->rekey_s = (guint)seconds;
	return NULL;
}
