/* SPDX-License-Identifier: MIT */
/* What a request carries of the shell that it comes from: directory, terminal, environment. The host process keeps none
 * of its own, and ssh_config may name any variable (SendEnv, ${NAME}, programs that it starts). Called by the
 * requests that name a computer. */
#include <string.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/command/via.h"
#include "client/requests/requests.h"
#include "client/tty/ask.h"
#include "client/tty/size.h"
#include "wire/cleanup.h"

/* What pssession itself needs of the environment: it goes first, so that there is room for it. */
static const char *const needed[] = {
	"SSH_AUTH_SOCK",  "SSH_ASKPASS", "SSH_ASKPASS_REQUIRE",
	"KRB5CCNAME",     "DISPLAY",     "WAYLAND_DISPLAY",
	"TERM",           "COLORTERM",   "HOME",
	"PATH",           "USER",        "XDG_RUNTIME_DIR",
	"LANG",           "LC_ALL",      "LC_ADDRESS",
	"LC_COLLATE",     "LC_CTYPE",    "LC_IDENTIFICATION",
	"LC_MEASUREMENT", "LC_MESSAGES", "LC_MONETARY",
	"LC_NAME",        "LC_NUMERIC",  "LC_PAPER",
	"LC_TELEPHONE",   "LC_TIME",
};
#define N_NEEDED (sizeof needed / sizeof *needed)

void pss_request_via(const struct pss_call *call, struct pss_message *message)
{
	pss_message_text(message, PSS_TAG_VIA, call->via ? call->via->instance : NULL);
}

void pss_request_surroundings(struct pss_message *message, const char *directory)
{
	unsigned columns, rows;

	pss_message_text(message, PSS_TAG_CWD, directory);
	for (size_t i = 0; i < N_NEEDED; i++) {
		const char *value = getenv(needed[i]);
		_cleanup_(pss_free_pointer) char *field = value ? pss_format("%s=%s", needed[i], value) : NULL;
		pss_message_text(message, PSS_TAG_ENV, field);
	}
	pss_terminal_size(&columns, &rows);
	pss_message_number(message, PSS_TAG_COLUMNS, columns);
	pss_message_number(message, PSS_TAG_ROWS, rows);
	pss_message_number(message, PSS_TAG_CAN_ASK, pss_can_ask());
}

static bool is_needed(const char *variable, size_t n_name)
{
	for (size_t i = 0; i < N_NEEDED; i++)
		if (strlen(needed[i]) == n_name && memcmp(needed[i], variable, n_name) == 0)
			return true;
	return false;
}

void pss_request_environment(struct pss_call *call, struct pss_message *message)
{
	char *const *variable = call->shell->get_environment ? call->shell->get_environment() : environ;

	for (; variable && *variable; variable++) {
		size_t n_name = strcspn(*variable, "=");
		if (!(*variable)[n_name] || is_needed(*variable, n_name))
			continue;
		if (pss_message_has_room(message, strlen(*variable) + 1))
			pss_message_text(message, PSS_TAG_ENV, *variable);
		else
			pss_call_verbose(call, "ssh_config cannot see %.*s: the environment is larger than a request",
					 (int)n_name, *variable);
	}
}
