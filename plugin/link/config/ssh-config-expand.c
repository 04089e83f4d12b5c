/* SPDX-License-Identifier: MIT */
/* What stands in a value of ssh_config for a home directory, a token (ssh_config(5), TOKENS) and a variable. */
#include "link/config/ssh-config-expand.h"

#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "base/system.h"

static char *home_directory(void)
{
	char block[4096];
	struct passwd entry, *found = NULL;

	/* ssh takes the home from passwd, not from HOME. */
	if (getpwuid_r(getuid(), &entry, block, sizeof block, &found) == 0 && found && found->pw_dir)
		return g_strdup(found->pw_dir);
	return g_strdup(g_get_home_dir());
}

static char *token_value(const PssSshConfig *config, char token)
{
	const char *key_name = config->host_key_alias ? config->host_key_alias : config->host;

	switch (token) {
	case '%':
		return g_strdup("%");
	case 'd':
		return home_directory();
	case 'h':
		return g_strdup(config->hostname);
	case 'i':
		return g_strdup_printf("%u", (guint)getuid());
	case 'j':
		return g_strdup(config->proxy_jump ? config->proxy_jump : "");
	case 'k':
		return g_strdup(key_name);
	case 'l':
		return g_strdup(g_get_host_name());
	case 'L':
		return g_strndup(g_get_host_name(), strcspn(g_get_host_name(), "."));
	case 'n':
		return g_strdup(config->host);
	case 'p':
		return g_strdup_printf("%u", config->port);
	case 'r':
		return g_strdup(config->user);
	case 'u':
		return g_strdup(g_get_user_name());
	default:
		return NULL;
	}
}

static char *home_of(const char *user)
{
	char block[4096];
	struct passwd entry, *found = NULL;

	if (getpwnam_r(user, &entry, block, sizeof block, &found) != 0 || !found)
		return NULL;
	return g_strdup(found->pw_dir);
}

/* "~/x" and "~user/x"; FALSE: no such user. */
static gboolean expand_tilde(const char **text, gboolean with_names, GString *out)
{
	gsize n = strcspn(*text, "/");

	if (**text != '~' || (n > 1 && !with_names))
		return TRUE;
	g_autofree char *name = g_strndup(*text + 1, n - 1);
	g_autofree char *home = n == 1 ? home_directory() : home_of(name);
	if (!home)
		return FALSE;
	g_string_append(out, home);
	*text += n;
	return TRUE;
}

/* Appends what stands for "${NAME}" and returns its end; NULL: no such variable, or no closing brace. */
static const char *expand_variable(const PssSshConfig *config, const char *text, GString *out)
{
	gsize n = strcspn(text + 2, "}");
	g_autofree char *name = g_strndup(text + 2, n);
	const char *value = g_environ_getenv(config->environment, name);

	if (text[2 + n] != '}' || !value)
		return NULL;
	g_string_append(out, value);
	return text + 2 + n;
}

/* In one pass: what stands for a token or a variable is not looked at again, as in ssh. */
static char *expand(const PssSshConfig *config, const char *text, gboolean is_path)
{
	g_autoptr(GString) out = g_string_new(NULL);

	if (!expand_tilde(&text, is_path, out))
		return NULL;
	for (; *text; text++) {
		if (is_path && text[0] == '$' && text[1] == '{') {
			text = expand_variable(config, text, out);
			if (!text)
				return NULL;
		} else if (*text != '%') {
			g_string_append_c(out, *text);
		} else {
			g_autofree char *value = token_value(config, *++text);
			if (!value)
				return NULL;
			g_string_append(out, value);
		}
	}
	return g_strdup(out->str);
}

char *pss_ssh_config_expand(const PssSshConfig *config, const char *text)
{
	return expand(config, text, FALSE);
}

char *pss_ssh_config_expand_path(const PssSshConfig *config, const char *text)
{
	return expand(config, text, TRUE);
}

char *pss_ssh_config_expand_home(const char *path)
{
	g_autoptr(GString) out = g_string_new(NULL);

	if (!expand_tilde(&path, TRUE, out))
		return NULL;
	return g_strdup(g_string_append(out, path)->str);
}

char *pss_ssh_config_locate(const PssSshConfig *config, const char *path, const char **ret_wrong)
{
	if (pss_system_is_descriptor_name(path))
		*ret_wrong = "that is open in the calling shell alone, and pssession-host is another process; put it "
			     "into a file";
	else if (g_path_is_absolute(path))
		return g_strdup(path);
	else if (config->directory && g_path_is_absolute(config->directory))
		return g_build_filename(config->directory, path, NULL);
	else
		*ret_wrong = "it is relative, and the caller's directory is not known";
	return NULL;
}
