/* SPDX-License-Identifier: MIT */
/* What `ssh -G` prints, from a program that may be anything: each line is honoured, noted or refused with a reason, and
 * what came of it can be used. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "link/config/ssh-config-expand.h"
#include "link/config/ssh-config-table.h"

static void on_note(gpointer user, enum pss_note_kind kind, const char *text)
{
}

static const PssTransportEvents events = { .on_note = on_note };

static PssTarget *make_target(void)
{
	static const char *const environment[] = { "HOME=/home/user", "LANG=C.UTF-8", "EMPTY=", NULL };
	PssTarget *target = g_new0(PssTarget, 1);

	target->host = g_strdup("box");
	target->user = g_strdup("user");
	target->cwd = g_strdup("/");
	target->options = g_new0(char *, 1);
	target->environment = g_strdupv((char **)environment);
	return target;
}

static void apply_line(PssSshConfig *config, PssLoginContext *person, const char *line)
{
	g_autoptr(GError) error = NULL;
	gsize n = strcspn(line, " ");
	g_autofree char *keyword = g_ascii_strdown(line, (gssize)n);

	if (!pss_ssh_config_apply(config, person, keyword, line[n] ? line + n + 1 : "", &error) &&
	    (!error || !*error->message))
		abort();
}

static void use(const PssSshConfig *config)
{
	g_strfreev(pss_ssh_config_environment(config));
	g_free(pss_ssh_config_forwarded_agent(config));
	if (config->proxy_command)
		g_free(pss_ssh_config_expand(config, config->proxy_command));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *output = g_strndup((const char *)data, size);
	g_auto(GStrv) lines = g_strsplit(output, "\n", -1);
	g_autoptr(PssTarget) target = make_target();
	PssSshConfig *config = pss_ssh_config_new(target);
	PssLoginContext *person = pss_login_new(target, &events, NULL);

	for (char **line = lines; *line; line++)
		apply_line(config, person, *line);
	use(config);
	pss_login_leave(person);
	while (g_main_context_iteration(NULL, FALSE))
		;
	pss_login_unref(person);
	pss_ssh_config_free(config);
	return 0;
}
