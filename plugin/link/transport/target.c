/* SPDX-License-Identifier: MIT */
/* Unpacks a target from OPEN and checks it a second time: the client has checked it too, but names end up in argv of
 * ssh and of proxies, and any program of this user can write to the socket. */
#include "link/transport/target.h"

#include <string.h>

#include "base/error.h"

#define NAME_MAX_BYTES 1025 /* NI_MAXHOST */
#define FORBIDDEN "'\"`$;&<>|(){}*?!#"

static gboolean check_characters(const char *what, const char *name, const char *forbidden, GError **error)
{
	const char *wrong = NULL;

	if (!*name)
		wrong = "it is empty";
	else if (*name == '-')
		wrong = "it begins with a dash";
	else if (strlen(name) > NAME_MAX_BYTES)
		wrong = "it is too long";
	for (const unsigned char *at = (const unsigned char *)name; *at && !wrong; at++) {
		if (*at <= ' ' || *at == 0x7f)
			wrong = "it holds a blank or a control character";
		else if (strchr(forbidden, *at))
			wrong = "it holds a character that shells give a meaning";
	}
	if (!wrong)
		return TRUE;
	g_autofree char *shown = g_strescape(name, NULL);
	g_set_error(error, PSS_ERROR, PSS_USAGE, "%s '%s' is refused: %s", what, shown, wrong);
	return FALSE;
}

gboolean pss_target_check_name(const char *what, const char *name, GError **error)
{
	return check_characters(what, name, "\\" FORBIDDEN, error);
}

gboolean pss_target_check_user(const char *what, const char *name, GError **error)
{
	if (!g_str_has_suffix(name, "\\"))
		return check_characters(what, name, FORBIDDEN, error);
	g_autofree char *shown = g_strescape(name, NULL);
	g_set_error(error, PSS_ERROR, PSS_USAGE, "%s '%s' is refused: it ends in a backslash", what, shown);
	return FALSE;
}

static gboolean check_option(const char *option, GError **error)
{
	const char *equals = strpbrk(option, "= ");

	if (!equals || equals == option || !g_ascii_isalpha(*option) || strpbrk(option, "\r\n")) {
		g_autofree char *shown = g_strescape(option, NULL);
		g_set_error(error, PSS_ERROR, PSS_USAGE, "-Options wants 'Key=Value', not '%s'", shown);
		return FALSE;
	}
	return TRUE;
}

static gboolean check_target(const PssTarget *target, GError **error)
{
	if (!target->host) {
		g_set_error_literal(error, PSS_ERROR, PSS_USAGE, "-ComputerName is missing");
		return FALSE;
	}
	if (!pss_target_check_name("-ComputerName", target->host, error))
		return FALSE;
	if (target->user && !pss_target_check_user("-UserName", target->user, error))
		return FALSE;
	if (target->port > 65535) {
		g_set_error(error, PSS_ERROR, PSS_USAGE, "-Port wants 1 to 65535, not %u", target->port);
		return FALSE;
	}
	if (target->key_file && !g_file_test(target->key_file, G_FILE_TEST_EXISTS)) {
		g_set_error(error, PSS_ERROR, PSS_USAGE, "-KeyFilePath: there is no file '%s'", target->key_file);
		return FALSE;
	}
	if (target->config_file && strcmp(target->config_file, "none") != 0 &&
	    !g_file_test(target->config_file, G_FILE_TEST_EXISTS)) {
		g_set_error(error, PSS_ERROR, PSS_USAGE, "-ConfigFile: there is no file '%s'", target->config_file);
		return FALSE;
	}
	if (target->subsystem && !pss_target_check_name("-Subsystem", target->subsystem, error))
		return FALSE;
	for (char **option = target->options; *option; option++)
		if (!check_option(*option, error))
			return FALSE;
	return TRUE;
}

static void add_text(GPtrArray *array, const struct pss_field *field)
{
	const char *text = pss_field_text(field);

	if (text)
		g_ptr_array_add(array, g_strdup(text));
}

static char **take_strings(GPtrArray *array)
{
	g_ptr_array_add(array, NULL);
	return (char **)g_ptr_array_free(array, FALSE);
}

static char **take_texts(struct pss_fields fields, enum pss_tag tag)
{
	GPtrArray *texts = g_ptr_array_new();
	struct pss_field field;

	while (pss_fields_next(&fields, &field) > 0)
		if (field.tag == tag)
			add_text(texts, &field);
	return take_strings(texts);
}

void pss_target_take_surroundings(PssTarget *target, struct pss_fields fields)
{
	g_strfreev(target->environment);
	target->environment = take_texts(fields, PSS_TAG_ENV);
	g_free(target->cwd);
	target->cwd = g_strdup(pss_fields_text(fields, PSS_TAG_CWD));
	target->can_ask = pss_fields_number(fields, PSS_TAG_CAN_ASK, 0) != 0;
	target->verbose = (guint)MIN(pss_fields_number(fields, PSS_TAG_VERBOSE, 0), PSS_VERBOSE_STEPS);
}

PssTarget *pss_target_from_fields(struct pss_fields fields, GError **error)
{
	g_autoptr(PssTarget) target = g_new0(PssTarget, 1);

	target->options = take_texts(fields, PSS_TAG_OPTION);
	target->host = g_strdup(pss_fields_text(fields, PSS_TAG_TARGET));
	target->user = g_strdup(pss_fields_text(fields, PSS_TAG_USER));
	target->port = (guint)MIN(pss_fields_number(fields, PSS_TAG_PORT, 0), G_MAXUINT);
	target->key_file = g_strdup(pss_fields_text(fields, PSS_TAG_KEY_FILE));
	target->config_file = g_strdup(pss_fields_text(fields, PSS_TAG_CONFIG_FILE));
	target->connect_timeout_ms = (guint)MIN(pss_fields_number(fields, PSS_TAG_CONNECT_TIMEOUT, 0), G_MAXINT);
	target->subsystem = g_strdup(pss_fields_text(fields, PSS_TAG_SUBSYSTEM));
	target->by_program = g_strcmp0(pss_fields_text(fields, PSS_TAG_TRANSPORT), "ssh") == 0;
	target->share = pss_fields_number(fields, PSS_TAG_SHARE, 0) ? PSS_TARGET_SHARE_SESSION : 0;
	pss_target_take_surroundings(target, fields);
	if (!check_target(target, error))
		return NULL;
	return g_steal_pointer(&target);
}

void pss_target_forget_forwards(PssTarget *target)
{
	guint n = g_strv_length(target->options);

	target->options = g_renew(char *, target->options, n + 2);
	memmove(target->options + 1, target->options, (n + 1) * sizeof *target->options);
	target->options[0] = g_strdup("ClearAllForwardings=yes");
}

PssTarget *pss_target_copy(const PssTarget *target)
{
	PssTarget *copy = g_memdup2(target, sizeof *target);

	copy->host = g_strdup(target->host);
	copy->user = g_strdup(target->user);
	copy->key_file = g_strdup(target->key_file);
	copy->config_file = g_strdup(target->config_file);
	copy->subsystem = g_strdup(target->subsystem);
	copy->options = g_strdupv(target->options);
	copy->cwd = g_strdup(target->cwd);
	copy->via = pss_via_ref(target->via);
	copy->environment = g_strdupv(target->environment);
	return copy;
}

void pss_target_free(PssTarget *target)
{
	if (!target)
		return;
	g_free(target->host);
	g_free(target->user);
	g_free(target->key_file);
	g_free(target->config_file);
	g_free(target->subsystem);
	g_strfreev(target->options);
	g_free(target->cwd);
	g_strfreev(target->environment);
	pss_via_unref(target->via);
	g_free(target);
}

const char *pss_target_getenv(const PssTarget *target, const char *name)
{
	return g_environ_getenv(target->environment, name);
}
