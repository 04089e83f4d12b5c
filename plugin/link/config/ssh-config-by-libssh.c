/* SPDX-License-Identifier: MIT */
/* The reader of ssh_config for machines without an ssh program: libssh's own, which knows less of the
 * language. Only what it reads correctly is taken from it; a note says so. Called by ssh-config.c. */
#include <libssh/libssh.h>
#include <string.h>

#include "base/error.h"
#include "base/said.h"
#include "link/config/ssh-config-lists.h"
#include "link/config/ssh-config-table.h"

static gboolean take(PssSshConfig *config, PssLoginContext *person, ssh_session session, enum ssh_options_e option,
		     const char *keyword, GError **error)
{
	char *value = NULL;

	if (ssh_options_get(session, option, &value) != SSH_OK || !value)
		return TRUE;
	gboolean good = pss_ssh_config_apply(config, person, keyword, value, error);
	ssh_string_free_char(value);
	return good;
}

/* What ssh would print of the option's value. */
static char *print(PssSshConfig *config, const char *keyword, const char *value)
{
	if (!pss_config_is_list(keyword))
		return g_strdup(value);
	pss_config_lists_add(config, value);
	return pss_config_lists_print(config, value);
}

static gboolean apply_option(PssSshConfig *config, PssLoginContext *person, const char *option, GError **error)
{
	gsize n = strcspn(option, "= ");
	g_autofree char *keyword = g_ascii_strdown(option, (gssize)n);
	g_autofree char *value = print(config, keyword, option + n + strspn(option + n, "= "));

	if (value)
		return pss_ssh_config_apply(config, person, keyword, value, error);
	g_set_error(error, PSS_ERROR, PSS_UNSUPPORTED, "the option '%s' cannot be read without the ssh program",
		    option);
	return FALSE;
}

static gboolean apply_options(PssSshConfig *config, PssLoginContext *person, char *const *options, GError **error)
{
	for (; *options; options++)
		if (!apply_option(config, person, *options, error))
			return FALSE;
	return TRUE;
}

static void set_unreadable(GError **error, ssh_session session, const char *host)
{
	g_autofree char *reason = pss_said_line(ssh_get_error(session));

	g_set_error(error, PSS_ERROR, PSS_SSH_ENDS, "libssh cannot read ssh_config for %s%s%s", host,
		    *reason ? ": " : "", reason);
}

gboolean pss_ssh_config_read_by_libssh(PssSshConfig *config, PssLoginContext *person, const PssTarget *target,
				       GError **error)
{
	ssh_session session = ssh_new();
	unsigned int port = 0;

	pss_login_note(person, PSS_NOTE_VERBOSE,
		       "there is no ssh program here, so libssh reads ssh_config and knows fewer of its keywords");
	const char *file = target->config_file;
	gboolean good = ssh_options_set(session, SSH_OPTIONS_HOST, target->host) == SSH_OK &&
			(g_strcmp0(file, "none") == 0 || ssh_options_parse_config(session, file) == SSH_OK);
	if (!good)
		set_unreadable(error, session, target->host);
	if (good && ssh_options_get_port(session, &port) == SSH_OK && port && !target->port)
		config->port = port;
	good = good && take(config, person, session, SSH_OPTIONS_HOST, "hostname", error) &&
	       (target->user || take(config, person, session, SSH_OPTIONS_USER, "user", error)) &&
	       take(config, person, session, SSH_OPTIONS_PROXYCOMMAND, "proxycommand", error) &&
	       pss_ssh_config_apply(config, person, "userknownhostsfile", "~/.ssh/known_hosts ~/.ssh/known_hosts2",
				    error) &&
	       pss_ssh_config_apply(config, person, "globalknownhostsfile",
				    "/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2", error) &&
	       pss_ssh_config_apply(config, person, "identityfile", "~/.ssh/id_ed25519", error) &&
	       pss_ssh_config_apply(config, person, "identityfile", "~/.ssh/id_ecdsa", error) &&
	       pss_ssh_config_apply(config, person, "identityfile", "~/.ssh/id_rsa", error) &&
	       apply_options(config, person, target->options, error);
	ssh_free(session);
	return good;
}
