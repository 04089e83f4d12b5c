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
#define TURN_US (50 * 1000)

/* Of logins that run side by side one asks at a time, as on a terminal. */
static GMutex one_at_a_time;

/* Waits until nobody else asks. A person who leaves meanwhile has their turn, too: what they are asked then ends at
 * once. */
static void take_turn(PssPerson *person)
{
	while (!g_mutex_trylock(&one_at_a_time))
		if (!pss_person_wait(person, -1, 0, g_get_monotonic_time() + TURN_US, "waiting to ask", NULL)) {
			g_mutex_lock(&one_at_a_time);
			return;
		}
}

char *pss_askpass_run(PssPerson *person, const char *program, char *const *environment, const char *question)
{
	g_auto(GStrv) whole = pss_spawn_environment(environment);
	const char *const argv[] = { program, question, NULL };
	g_autoptr(GError) error = NULL;
	/* A fixed block: growing would leave copies of the secret behind. */
	char answer[ANSWER_MAX + 1] = "";
	PssChildOutput output = { .bytes = answer, .size = ANSWER_MAX };
	char *ret = NULL;

	take_turn(person);
	PssSpawn spawn = { .argv = argv, .environment = (const char *const *)whole, .fds = { -1, -1, -1 } };
	if (!pss_child_run(person, &spawn, &output, NULL, program, &error))
		pss_person_note(person, PSS_NOTE_WARNING, "%s", error->message);
	else if (output.exit_status == 0) {
		answer[strcspn(answer, "\r\n")] = '\0';
		ret = g_strdup(answer);
	}
	g_mutex_unlock(&one_at_a_time);
	pss_wipe(answer, sizeof answer);
	return ret;
}
