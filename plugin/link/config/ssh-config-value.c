/* SPDX-License-Identifier: MIT */
/* How values of ssh_config become members of a PssSshConfig. What cannot be understood is said, never guessed:
 * ssh itself would end there, and a file that is left out may be the one that revokes a key. */
#include "link/config/ssh-config-value.h"

#include <string.h>
#include <sys/socket.h>

#include "link/config/ssh-config-expand.h"
#include "link/config/ssh-config-lists.h"

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
	char *old = *text;

	*text = is_none(value) ? NULL : g_strdup(value);
	g_free(old);
	return NULL;
}

const char *pss_config_set_free(PssSshConfig *config, void *member, const char *value)
{
	*(gboolean *)member = is_none(value);
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
		return "that is not a number";
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

/* NULL: `ret_wrong` is what is wrong with the value. */
static char *find_file(const PssSshConfig *config, const char *value, const char **ret_wrong)
{
	g_autofree char *path = pss_ssh_config_expand_path(config, value);

	*ret_wrong = unknown_token;
	return path ? pss_ssh_config_locate(config, path, ret_wrong) : NULL;
}

const char *pss_config_set_path(PssSshConfig *config, void *member, const char *value)
{
	char **text = member;
	const char *wrong = NULL;
	char *path = is_none(value) ? NULL : find_file(config, value, &wrong);

	if (!path && !is_none(value))
		return wrong;
	g_free(*text);
	*text = path;
	return NULL;
}

const char *pss_config_add_path(PssSshConfig *config, void *member, const char *value)
{
	const char *wrong = NULL;
	char *path = is_none(value) ? NULL : find_file(config, value, &wrong);

	if (!path && !is_none(value))
		return wrong;
	if (path)
		g_ptr_array_add(*(GPtrArray **)member, path);
	return NULL;
}

/* `word` is as ssh will use it, but for its home. */
static const char *add_printed(const PssSshConfig *config, GPtrArray *files, const char *word, gboolean with_home)
{
	g_autofree char *path = with_home ? pss_ssh_config_expand_home(word) : g_strdup(word);
	const char *wrong = "it holds the name of a user who does not exist";
	char *absolute = path ? pss_ssh_config_locate(config, path, &wrong) : NULL;

	if (!absolute)
		return wrong;
	g_ptr_array_add(files, absolute);
	return NULL;
}

static const char *set_files(PssSshConfig *config, char ***files, const char *value, gboolean with_home)
{
	g_autoptr(GPtrArray) located = g_ptr_array_new_with_free_func(g_free);
	g_auto(GStrv) words = is_none(value) ? g_new0(char *, 1) : pss_config_lists_split(config, value);

	if (!words)
		return "ssh -G does not tell whether that is one file or several (-Transport ssh knows it)";
	for (char **word = words; *word; word++) {
		const char *wrong = add_printed(config, located, *word, with_home);
		if (wrong)
			return wrong;
	}
	g_ptr_array_add(located, NULL);
	char **old = *files;
	*files = g_strdupv((char **)located->pdata);
	g_strfreev(old);
	return NULL;
}

/* ssh has replaced the tokens before it printed the list; what looks like a token now is text. */
const char *pss_config_set_paths(PssSshConfig *config, void *member, const char *value)
{
	return set_files(config, member, value, TRUE);
}

/* ssh before 10 takes RevokedHostKeys as it stands there, ~ and tokens too; later ones have replaced all of them. */
const char *pss_config_set_literal_paths(PssSshConfig *config, void *member, const char *value)
{
	return set_files(config, member, value, FALSE);
}

const char *pss_config_set_list(PssSshConfig *config, void *member, const char *value)
{
	char ***list = member;
	char **old = *list;

	*list = g_strsplit(value, ",", -1);
	g_strfreev(old);
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
	char *old = *path;
	*path = g_strdup(g_environ_getenv(config->environment, value + 1));
	g_free(old);
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
		return "that is not a class of service";
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
		return "that is not a number of bytes and one of seconds";
	config->rekey_bytes = bytes;
	config->rekey_s = (guint)seconds;
	return NULL;
}
