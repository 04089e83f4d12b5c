/* SPDX-License-Identifier: MIT */
/* Runs SSH_ASKPASS as ssh does: the question is its argument, the first line it prints the answer, its
 * exit status says whether there is one. Called by the login thread through pss_person_ask() alone. */
#include "host/ssh-askpass.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "host/child.h"
#include "host/error.h"
#include "wire/buffer.h"

#define ANSWER_MAX 1024

char *pss_askpass_run(PssPerson *person, const char *program, char *const *environment, const char *question)
{
	g_auto(GStrv) whole = pss_spawn_environment(environment);
	const char *const argv[] = { program, question, NULL };
	g_autoptr(GError) error = NULL;
	/* A fixed block: growing would leave copies of the secret behind. */
	char answer[ANSWER_MAX + 1] = "";
	PssChildOutput output = { .bytes = answer, .size = ANSWER_MAX };
	char *ret = NULL;

	PssSpawn spawn = { .argv = argv, .environment = (const char *const *)whole, .fds = { -1, -1, -1 } };
	if (!pss_child_run(person, &spawn, &output, NULL, program, &error))
		pss_person_note(person, PSS_NOTE_WARNING, "%s", error->message);
	else if (output.exit_status == 0) {
		answer[strcspn(answer, "\r\n")] = '\0';
		ret = g_strdup(answer);
	}
	pss_wipe(answer, sizeof answer);
	return ret;
}
