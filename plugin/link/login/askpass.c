/* SPDX-License-Identifier: MIT */
/* Runs SSH_ASKPASS as ssh does: the question is its argument, the first line it prints the answer, its
 * exit status says whether there is one. Called by the login thread through pss_login_ask() alone. */
#include "link/login/askpass.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "link/login/child-run.h"
#include "wire/buffer.h"

#define ANSWER_MAX 1024
#define TURN_US (50 * 1000)

/* Of the logins of one client one asks at a time, as on a terminal; those of others do not wait for it. */
static GMutex lock;
static GHashTable *asking; /* set of gint64, pss_login_asker() of each */

static gboolean try_turn(PssLoginContext *person)
{
	gint64 asker = (gint64)pss_login_asker(person);

	g_mutex_lock(&lock);
	if (!asking)
		asking = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	gboolean is_free = !g_hash_table_contains(asking, &asker);
	if (is_free)
		g_hash_table_add(asking, g_memdup2(&asker, sizeof asker));
	g_mutex_unlock(&lock);
	return is_free;
}

/* Waits until it asks nobody else. FALSE: the person has left meanwhile. */
static gboolean take_turn(PssLoginContext *person)
{
	while (!try_turn(person))
		if (!pss_login_wait(person, -1, 0, g_get_monotonic_time() + TURN_US,
				    "waiting for another question to be answered", NULL))
			return FALSE;
	return TRUE;
}

static void give_turn_back(PssLoginContext *person)
{
	gint64 asker = (gint64)pss_login_asker(person);

	g_mutex_lock(&lock);
	g_hash_table_remove(asking, &asker);
	g_mutex_unlock(&lock);
}

char *pss_askpass_run(PssLoginContext *person, const char *program, char *const *environment, const char *question)
{
	g_auto(GStrv) whole = pss_spawn_environment(environment);
	const char *const argv[] = { program, question, NULL };
	g_autoptr(GError) error = NULL;
	/* A fixed block: growing would leave copies of the secret behind. */
	char answer[ANSWER_MAX + 1] = "";
	PssChildOutput output = { .bytes = answer, .size = ANSWER_MAX };
	char *ret = NULL;

	if (!take_turn(person))
		return NULL;
	PssSpawn spawn = { .argv = argv, .environment = (const char *const *)whole, .fds = { -1, -1, -1 } };
	if (!pss_child_run(person, &spawn, &output, NULL, program, &error))
		pss_login_note(person, PSS_NOTE_WARNING, "%s", error->message);
	else if (output.exit_status == 0) {
		answer[strcspn(answer, "\r\n")] = '\0';
		ret = g_strdup(answer);
	}
	give_turn_back(person);
	pss_wipe(answer, sizeof answer);
	return ret;
}
