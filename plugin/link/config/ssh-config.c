/* SPDX-License-Identifier: MIT */
/* Resolves a target the way ssh does, by asking ssh itself (`ssh -G`): Match, Include, canonical names and
 * the rest of its language are its business. Runs in the login thread, as Match exec may run programs
 * and home directories may be slow. The program is started by argv; what the user typed comes last,
 * behind "--". */
#include "link/config/ssh-config.h"

#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/said.h"
#include "link/config/ssh-config-cache.h"
#include "link/config/ssh-config-expand.h"
#include "link/config/ssh-config-table.h"
#include "link/config/wildcard.h"
#include "link/login/child-run.h"

#define DEFAULT_TIMEOUT_MS 30000
#define RESOLVE_TIMEOUT_MS 20000
#define DEFAULT_ALIVE_INTERVAL_S 15
#define OUTPUT_MAX (4 * 1024 * 1024)
#define COMPLAINTS_MAX 4096

char *pss_ssh_config_forwarded_agent(const PssSshConfig *config)
{
	const char *value = config->forward_agent;

	if (!value || g_str_equal(value, "no") || g_str_equal(value, "false"))
		return NULL;
	if (g_str_equal(value, "yes") || g_str_equal(value, "true"))
		return g_strdup(config->agent_socket);
	if (*value == '$' && value[1] != '{')
		return g_strdup(g_environ_getenv(config->environment, value + 1));
	g_autofree char *path = pss_ssh_config_expand_path(config, value);
	const char *wrong;
	return path ? pss_ssh_config_locate(config, path, &wrong) : NULL;
}

static gboolean is_wanted(const PssSshConfig *config, const char *name)
{
	for (guint i = 0; i < config->send_env->len; i++)
		if (pss_wildcard_match(name, g_ptr_array_index(config->send_env, i)))
			return TRUE;
	return FALSE;
}

char **pss_ssh_config_environment(const PssSshConfig *config)
{
	GPtrArray *all = g_ptr_array_new();

	for (char **variable = config->environment; *variable; variable++) {
		g_autofree char *name = g_strndup(*variable, strcspn(*variable, "="));
		if (is_wanted(config, name))
			g_ptr_array_add(all, g_strdup(*variable));
	}
	for (guint i = 0; i < config->set_env->len; i++)
		g_ptr_array_add(all, g_strdup(g_ptr_array_index(config->set_env, i)));
	g_ptr_array_add(all, NULL);
	return (char **)g_ptr_array_free(all, FALSE);
}

static void add(GPtrArray *argv, const char *flag, const char *value)
{
	if (!value)
		return;
	g_ptr_array_add(argv, g_strdup(flag));
	g_ptr_array_add(argv, g_strdup(value));
}

static char **ssh_arguments(const char *ssh, const PssTarget *target)
{
	GPtrArray *argv = g_ptr_array_new();
	g_autofree char *port = target->port ? g_strdup_printf("%u", target->port) : NULL;

	g_ptr_array_add(argv, g_strdup(ssh));
	g_ptr_array_add(argv, g_strdup("-G"));
	/* Without -T or -t ssh speaks of pseudo-terminals on stderr. */
	g_ptr_array_add(argv, g_strdup("-T"));
	add(argv, "-F", target->config_file);
	add(argv, "-l", target->user);
	add(argv, "-p", port);
	for (char **option = target->options; *option; option++)
		add(argv, "-o", *option);
	g_ptr_array_add(argv, g_strdup("--"));
	g_ptr_array_add(argv, g_strdup(target->host));
	g_ptr_array_add(argv, NULL);
	return (char **)g_ptr_array_free(argv, FALSE);
}

/* The output's lines, hostname, user and port first: tokens of the others stand for them. */
static gboolean apply_output(PssSshConfig *config, PssLoginContext *person, const char *output, GError **error)
{
	g_auto(GStrv) lines = g_strsplit(output, "\n", -1);
	static const char *const first[] = { "hostname", "user", "port", "hostkeyalias", "proxyjump", NULL };

	for (int pass = 0; pass < 2; pass++)
		for (char **line = lines; *line; line++) {
			gsize n = strcspn(*line, " ");
			g_autofree char *keyword = g_ascii_strdown(*line, (gssize)n);
			const char *value = (*line)[n] ? *line + n + 1 : "";
			if (*keyword && g_strv_contains(first, keyword) == (pass == 0) &&
			    !pss_ssh_config_apply(config, person, keyword, value, error))
				return FALSE;
		}
	return TRUE;
}

/* Runs ssh -G. FALSE: it could not be run to its end. */
static gboolean run_ssh(PssLoginContext *person, char *const *argv, char *const *environment, const PssTarget *target,
			PssChildOutput *output, PssChildOutput *errors, GError **error)
{
	PssSpawn spawn = {
		.name = "ssh -G",
		.argv = (const char *const *)argv,
		.environment = (const char *const *)environment,
		.directory = target->cwd,
		.fds = { -1, -1, -1 },
	};

	return pss_child_run(person, &spawn, output, errors, "reading ssh_config (ssh -G)", error);
}

/* Is it -Options alone that ssh refuses? */
static gboolean refuses_options(PssLoginContext *person, const char *ssh, char *const *environment,
				const PssTarget *target)
{
	g_autofree char *bytes = g_malloc0(OUTPUT_MAX);
	char complaints[1];
	PssChildOutput output = { .bytes = bytes, .size = OUTPUT_MAX }, errors = { .bytes = complaints };
	PssTarget bare = *target;
	char none[] = "none";

	if (!*target->options)
		return FALSE;
	bare.config_file = none;
	g_auto(GStrv) argv = ssh_arguments(ssh, &bare);
	return run_ssh(person, argv, environment, target, &output, &errors, NULL) && output.exit_status != 0;
}

/* Runs ssh -G. The answer is to be freed; NULL: error is set. */
static char *ask_ssh(PssLoginContext *person, char *const *argv, char *const *environment, const PssTarget *target,
		     GError **error)
{
	g_autofree char *bytes = g_malloc0(OUTPUT_MAX + 1);
	char complaints[COMPLAINTS_MAX + 1] = "";
	PssChildOutput output = { .bytes = bytes, .size = OUTPUT_MAX };
	PssChildOutput errors = { .bytes = complaints, .size = COMPLAINTS_MAX };

	if (!run_ssh(person, argv, environment, target, &output, &errors, error))
		return NULL;
	if (output.exit_status == 0)
		return g_strdup(bytes);
	g_autofree char *said = pss_said_sentences(complaints);
	if (refuses_options(person, argv[0], environment, target))
		g_set_error(error, PSS_ERROR, PSS_USAGE, "ssh refuses these options: %s", said);
	else
		g_set_error(error, PSS_ERROR, PSS_SSH_ENDS, "ssh refuses its configuration: %s", said);
	return NULL;
}

static gboolean read_by_ssh(PssSshConfig *config, PssLoginContext *person, const char *ssh, char *const *environment,
			    const PssTarget *target, GError **error)
{
	g_auto(GStrv) argv = ssh_arguments(ssh, target);
	g_autofree char *question = g_strjoinv("\n", argv);
	g_autofree char *digest = pss_config_read_sources(config, target, ssh);
	g_autofree char *answer = digest ? pss_config_cache_look(question, digest) : NULL;

	if (answer) {
		pss_login_note(person, PSS_NOTE_DEBUG, "ssh_config has not changed: what ssh -G said still holds");
		return apply_output(config, person, answer, error);
	}
	answer = ask_ssh(person, argv, environment, target, error);
	if (!answer)
		return FALSE;
	/* A file that has changed meanwhile may be in the answer or not. */
	g_autofree char *after = digest ? pss_config_read_sources(config, target, ssh) : NULL;
	if (after && g_str_equal(digest, after))
		pss_config_cache_keep(question, digest, answer);
	return apply_output(config, person, answer, error);
}

/* -KeyFilePath is tried before everything that ssh_config names, as ssh -i is. */
static void put_key_file_first(PssSshConfig *config, const char *key_file)
{
	for (guint i = 0; i < config->identity_files->len; i++)
		if (g_str_equal(g_ptr_array_index(config->identity_files, i), key_file)) {
			g_ptr_array_remove_index(config->identity_files, i);
			break;
		}
	g_ptr_array_insert(config->identity_files, 0, g_strdup(key_file));
	config->key_file_given = TRUE;
}

/* What was typed has been checked: a bad name is ssh_config's. */
static gboolean check(const PssSshConfig *config, GError **error)
{
	g_autoptr(GError) wrong = NULL;

	if (pss_target_check_name("the host name", config->hostname, &wrong) &&
	    pss_target_check_user("the user name", config->user, &wrong) &&
	    (!config->host_key_alias || pss_target_check_name("HostKeyAlias", config->host_key_alias, &wrong)))
		return TRUE;
	g_set_error_literal(error, PSS_ERROR, PSS_SSH_ENDS, wrong->message);
	return FALSE;
}

PssSshConfig *pss_ssh_config_resolve(PssLoginContext *person, const PssTarget *target, GError **error)
{
	g_autoptr(PssSshConfig) config = pss_ssh_config_new(target);
	g_auto(GStrv) environment = pss_spawn_environment(target->environment);
	g_autofree char *ssh = pss_spawn_find("ssh", (const char *const *)environment);

	pss_login_set_deadline(person, RESOLVE_TIMEOUT_MS);
	if (ssh ? !read_by_ssh(config, person, ssh, environment, target, error)
		: !pss_ssh_config_read_by_libssh(config, person, target, error))
		return NULL;
	if (!check(config, error))
		return NULL;
	if (target->key_file)
		put_key_file_first(config, target->key_file);
	if (target->connect_timeout_ms)
		config->connect_timeout_ms = target->connect_timeout_ms;
	if (config->connect_timeout_ms == 0)
		config->connect_timeout_ms = DEFAULT_TIMEOUT_MS;
	if (config->alive_interval_s == 0)
		config->alive_interval_s = DEFAULT_ALIVE_INTERVAL_S;
	if (config->alive_count_max == 0)
		config->alive_count_max = 1;
	if (config->batch_mode)
		pss_login_set_batch(person);
	pss_login_set_deadline(person, config->connect_timeout_ms);
	/* Not a ProxyCommand itself: there may be secrets in it. */
	pss_login_step(person, "ssh_config", "%s port %u%s, read by %s", config->hostname, config->port,
		       config->proxy_command ? " by ProxyCommand"
		       : config->proxy_jump  ? " by ProxyJump"
					     : "",
		       ssh ? "ssh -G" : "libssh, as there is no ssh program");
	return g_steal_pointer(&config);
}
