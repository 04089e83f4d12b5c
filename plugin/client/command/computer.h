/* SPDX-License-Identifier: MIT */
/* Naming a computer: -ComputerName's forms, and the parameters of the link to it, which enter, new and
 * invoke share. */
#pragma once

#include "client/parameter/parameter.h"
#include "wire/message.h"

enum pss_link_parameter {
	PSS_LINK_USER_NAME,
	PSS_LINK_PORT,
	PSS_LINK_KEY_FILE,
	PSS_LINK_CONFIG_FILE,
	PSS_LINK_OPTIONS,
	PSS_LINK_CONNECTING_TIMEOUT,
	PSS_LINK_CONFIGURATION_NAME,
	PSS_LINK_SUBSYSTEM,
	PSS_LINK_TRANSPORT,
	PSS_LINK_SHARE,
	PSS_LINK_SSH,
	PSS_LINK_COUNT
};
extern const struct pss_parameter pss_link_rows[PSS_LINK_COUNT];

struct pss_target {
	char *host;    /* or alias, case kept */
	char *user;    /* or NULL */
	unsigned port; /* 0: not given */
};

/* Reads "[user@]host[:port]", "ssh://…", "[v6]:port". What is given inside it wins over -UserName and -Port.
 * 0, or -EINVAL and a heap sentence: the name is refused. */
int pss_target_parse(const char *text, struct pss_target *ret_target, char **ret_error);
void pss_target_finish(struct pss_target *target);

/* Expands the ranges ("web[1-3,7]"), "@file" and "-" (standard input) among the names. 0, or -errno and a heap
 * sentence. Blocks where standard input does. */
int pss_targets_expand(const struct pss_texts *names, bool (*interrupted)(void), struct pss_texts *ret_names,
		       char **ret_error);

/* Looks at the values of pss_link_rows: names, files, options. 0, or -EINVAL and a heap sentence. */
int pss_link_check(const struct pss_value *link, char **ret_error);

/* Is it one of the names of PowerShell remoting? The host process decides (host/commands/powershell.c); this is what it
 * takes. */
bool pss_configuration_is_powershell(const char *configuration);

/* The ConfigurationName that a session with these parameters is listed with. Borrowed; NULL: not known. */
const char *pss_link_configuration(const struct pss_value *link);

/* The fields of an OPEN that leads to where the session `instance` does. */
void pss_link_write_again(const struct pss_value *link, const char *instance, struct pss_message *message);

/* Their fields of an OPEN. `directory` makes relative paths absolute. */
void pss_link_write(const struct pss_value *link, const struct pss_target *target, const char *directory,
		    struct pss_message *message);
