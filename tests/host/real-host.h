/* SPDX-License-Identifier: MIT */
/* A host process of its own for tests (breakable-transport.c in the place of its connections), which can be ended,
 * killed and started again, with one session; and clients whose outcome is one line. */
#pragma once

#include <glib.h>

#include "../link/link-sshd.h"
#include "wire-client.h"

/* What its session is. All but the last have child processes of this machine in the place of a connection. */
typedef enum {
	PLAIN = 1,
	RESILIENT = 2,
	SHARED = 4,  /* with another session, which nobody touches */
	PROGRAM = 8, /* over the ssh program, to an sshd */
} WorldKind;

typedef struct {
	TestHost host; /* its directory alone */
	const char *program;
	GPid pid;
	char *home, *cut, *gate_path;
	int gate;
	char *instance;
	char *other; /* instance of the session that shares the connection, or NULL */
	Sshd *sshd;  /* or NULL */
} World;

/* A client of it. */
typedef struct {
	TestClient client;
	uint32_t id;
	GString *out; /* what it was shown; NULL: there is no client */
} Actor;

/* With a session. `without`: a program that it does not find; or NULL. */
void world_begin(World *world, const char *program, WorldKind kind, const char *without);
/* The session is removed first, and what held it. */
void world_end(World *world);

void world_start_host(World *world);
void world_end_host(World *world, int signal);
void world_cut_link(World *world);
/* Whoever reads the file gate_path goes on. */
void world_open_gate(World *world);

/* The session's "STATE/AVAILABILITY"; NULL: it is not listed. */
gboolean world_has_state(World *world, const char *expected);
/* The other one's, if there is one. */
gboolean world_other_has_state(World *world, const char *expected);

void actor_begin(World *world, Actor *actor);
void actor_end(Actor *actor);

/* A request of the session, with a field of that number, 1; tag 0: without. */
void actor_request(const World *world, Actor *actor, enum pss_type type, enum pss_tag tag);
void actor_invoke(const World *world, Actor *actor, enum pss_tag tag, const char *command);
void actor_say(Actor *actor, const char *line);

/* "WHAT|OUTPUT" as pairs.h has it. */
char *actor_outcome(Actor *actor);
/* The same of one that does nothing else. */
char *world_outcome(World *world, enum pss_type type, enum pss_tag tag);
void actor_await_output(Actor *actor, const char *text);
