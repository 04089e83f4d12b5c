/* SPDX-License-Identifier: MIT */
/* An agent that answers the question for its keys with anything, and hangs up. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "fuzz.h"
#include "link/libssh/auth/agent.h"

#define QUESTION 5 /* bytes of a request without anything */

typedef struct {
	int fd;
	const uint8_t *data;
	size_t size;
} Agent;

static void on_note(gpointer user, enum pss_note_kind kind, const char *text)
{
}

static const PssTransportEvents events = { .on_note = on_note };
static char *directory, *path;
static int listening;

static void remove_socket(void)
{
	unlink(path);
	rmdir(directory);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	directory = g_dir_make_tmp("pss-fuzz-XXXXXX", NULL);
	path = g_build_filename(directory, "agent", NULL);
	g_strlcpy(address.sun_path, path, sizeof address.sun_path);
	listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(listening, (struct sockaddr *)&address, sizeof address) < 0 || listen(listening, 8) < 0)
		abort();
	atexit(remove_socket);
	return 0;
}

static gpointer serve(gpointer user)
{
	const Agent *agent = user;
	uint8_t question[QUESTION];
	int fd = accept(agent->fd, NULL, NULL);

	if (recv(fd, question, sizeof question, MSG_WAITALL) == QUESTION)
		(void)!send(fd, agent->data, agent->size, MSG_NOSIGNAL);
	close(fd);
	return NULL;
}

static void check(PssAgent *agent)
{
	for (guint i = 0; i < pss_agent_n_keys(agent); i++)
		if (!pss_agent_blob(agent, i) || !pss_agent_comment(agent, i))
			abort();
}

static void ask(const uint8_t *data, size_t size)
{
	PssTarget target = { .host = (char *)"box", .environment = (char *[]){ NULL } };
	PssLoginContext *person = pss_login_new(&target, &events, NULL);
	Agent served = { listening, data, size };
	GThread *thread = g_thread_new("agent", serve, &served);
	PssAgent *agent = pss_agent_open(person, path, NULL);

	g_thread_join(thread);
	if (agent)
		check(agent);
	pss_agent_close(agent);
	pss_login_leave(person);
	while (g_main_context_iteration(NULL, FALSE))
		;
	pss_login_unref(person);
}

/* Once as it is, and once as a message of its very length that lists identities. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GByteArray) list = g_byte_array_new();
	guint32 length = GUINT32_TO_BE((guint32)size + 1);

	g_byte_array_append(list, (const guint8 *)&length, sizeof length);
	g_byte_array_append(list, (const guint8 *)"\014", 1);
	g_byte_array_append(list, data, (guint)size);
	ask(data, size);
	ask(list->data, list->len);
	return 0;
}
