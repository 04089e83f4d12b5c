/* SPDX-License-Identifier: MIT */
/* A bash builtin for the tests of the entered loop: `enter_try SOCKET [kept] [v1]` enters the session that a
 * scripted peer at the Unix socket SOCKET plays, with no host process and no verb in between. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "builtins.h"
#include "shell.h"

#include "bash-builtin/adapter.h"
#include "client/entered.h"

extern void builtin_error(const char *format, ...);

#define EXPORTED __attribute__((visibility("default")))

const char *pss_bash_get_variable(const char *name)
{
	return get_string_value(name);
}

static void say_error(const char *command, const char *message)
{
	fprintf(stderr, "bash: %s: %s\n", command, message);
}

static const struct pss_shell try_shell = {
	.name = "bash",
	.error = say_error,
	.get_variable = pss_bash_get_variable,
	.signal_pending = pss_bash_signal_pending,
	.why_not_enter = pss_bash_why_not_enter,
	.run_entered = pss_bash_run_entered,
	.editor_begin = pss_bash_editor_begin,
	.editor_end = pss_bash_editor_end,
	.read_line = pss_bash_read_line,
	.expand_history = pss_bash_expand_history,
	.add_history = pss_bash_add_history,
	.print_above = pss_bash_print_above,
	.insert_typed = pss_bash_insert_typed,
};

static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int low = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), fd = -1;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (low >= 0 && connect(low, (struct sockaddr *)&address, sizeof(address)) == 0)
		fd = fcntl(low, F_DUPFD_CLOEXEC, 100);
	if (low >= 0)
		close(low);
	if (fd >= 0)
		fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static int run(void *argument)
{
	return pss_entered_run(argument);
}

static int enter_try(WORD_LIST *list)
{
	const char *why_not = try_shell.why_not_enter();
	struct pss_connection connection = { .fd = -1, .last_id = 7, .version = 2 };
	struct pss_entered entered = { .shell = &try_shell,
				       .connection = &connection,
				       .id = 7,
				       .name = "web1",
				       .user = "ann",
				       .prompt_name = "web1",
				       .history_key = "ann@web1.example:22" };
	int status;

	if (why_not) {
		builtin_error("%s", why_not);
		return 1;
	}
	if (!list)
		return 2;
	for (const WORD_LIST *word = list->next; word; word = word->next) {
		if (strcmp(word->word->word, "v1") == 0)
			connection.version = 1;
		else
			entered.kept = true;
	}
	connection.fd = connect_to(list->word->word);
	if (connection.fd < 0) {
		builtin_error("%s: %s", list->word->word, strerror(errno));
		return 1;
	}
	status = try_shell.run_entered("enter-pssession web1", run, &entered);
	pss_connection_close(&connection);
	return status;
}

static char *const help[] = { (char *)"Enters a scripted session.", NULL };

extern struct builtin enter_try_struct;
EXPORTED struct builtin enter_try_struct = {
	(char *)"enter_try", enter_try, BUILTIN_ENABLED, help, "enter_try SOCKET [kept] [v1]", NULL
};
