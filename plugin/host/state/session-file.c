/* SPDX-License-Identifier: MIT */
/* The files of resilient sessions in the state directory, one each, named by the InstanceId. Called by the session and
 * by main.c at the start. It must never hold a secret: no environment, nothing of the engine's. */
#include "host/state/session-file.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/shortage.h"

#define GROUP "Target"

static char *saved_directory;
static char **saved_environment;

void pss_saved_set_directory(const char *directory, char *const *environment)
{
	g_free(saved_directory);
	g_strfreev(saved_environment);
	saved_directory = g_strdup(directory);
	saved_environment = g_strdupv((char **)environment);
}

static void set_text(GKeyFile *file, const char *key, const char *text)
{
	if (text)
		g_key_file_set_string(file, GROUP, key, text);
}

GKeyFile *pss_saved_new(const PssTarget *target)
{
	GKeyFile *file = g_key_file_new();

	set_text(file, "Host", target->host);
	set_text(file, "User", target->user);
	set_text(file, "KeyFile", target->key_file);
	set_text(file, "ConfigFile", target->config_file);
	set_text(file, "Directory", target->cwd);
	g_key_file_set_integer(file, GROUP, "Port", (int)target->port);
	g_key_file_set_boolean(file, GROUP, "ByProgram", target->by_program);
	g_key_file_set_boolean(file, GROUP, "Share", target->share != 0);
	g_key_file_set_integer(file, GROUP, "Timeout", (int)target->connect_timeout_ms);
	g_key_file_set_string_list(file, GROUP, "Options", (const char *const *)target->options,
				   g_strv_length(target->options));
	return file;
}

char *pss_saved_key_file(GKeyFile *file)
{
	return g_key_file_get_string(file, GROUP, "KeyFile", NULL);
}

PssTarget *pss_saved_target(GKeyFile *file)
{
	PssTarget *target = g_new0(PssTarget, 1);

	target->host = g_key_file_get_string(file, GROUP, "Host", NULL);
	target->user = g_key_file_get_string(file, GROUP, "User", NULL);
	target->key_file = g_key_file_get_string(file, GROUP, "KeyFile", NULL);
	target->config_file = g_key_file_get_string(file, GROUP, "ConfigFile", NULL);
	target->cwd = g_key_file_get_string(file, GROUP, "Directory", NULL);
	target->port = (guint)g_key_file_get_integer(file, GROUP, "Port", NULL);
	target->share = g_key_file_get_boolean(file, GROUP, "Share", NULL) ? PSS_TARGET_SHARE_SESSION : 0;
	target->by_program = g_key_file_get_boolean(file, GROUP, "ByProgram", NULL);
	target->connect_timeout_ms = (guint)g_key_file_get_integer(file, GROUP, "Timeout", NULL);
	target->options = g_key_file_get_string_list(file, GROUP, "Options", NULL, NULL);
	if (!target->options)
		target->options = g_new0(char *, 1);
	target->environment = g_strdupv(saved_environment);
	return target;
}

static char *path_of(const char *instance)
{
	return g_build_filename(saved_directory, instance, NULL);
}

gboolean pss_saved_write(GKeyFile *file, const char *instance, GError **error)
{
	gsize n;

	if (!saved_directory)
		return TRUE;
	g_autofree char *path = path_of(instance);
	g_autofree char *text = g_key_file_to_data(file, &n, NULL);
	if (g_mkdir_with_parents(saved_directory, 0700) == 0)
		return g_file_set_contents_full(path, text, (gssize)n, G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
	pss_set_errno(error, errno, "%s cannot be made", saved_directory);
	return FALSE;
}

void pss_saved_remove(const char *instance)
{
	if (!saved_directory)
		return;
	g_autofree char *path = path_of(instance);
	unlink(path);
}

void pss_saved_load(void (*on_file)(GKeyFile *file, gpointer user), gpointer user)
{
	struct stat st;
	g_autoptr(GDir) directory = NULL;
	const char *name;

	if (!saved_directory || lstat(saved_directory, &st) < 0 || !S_ISDIR(st.st_mode) || st.st_uid != geteuid() ||
	    (st.st_mode & 0077))
		return;
	directory = g_dir_open(saved_directory, 0, NULL);
	while (directory && (name = g_dir_read_name(directory))) {
		GKeyFile *file = g_key_file_new();
		g_autofree char *path = path_of(name);
		if (g_uuid_string_is_valid(name) && g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, NULL))
			on_file(file, user);
		else
			g_key_file_unref(file);
	}
}
