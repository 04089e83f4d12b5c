/* SPDX-License-Identifier: MIT */
/* A host process inside the test, with sessions to a bash whose home is new, and what its clients do most. */
#pragma once

#include "wire-client.h"

typedef struct {
	TestHost host;
	char *home;
} Fixture;

void set_up(Fixture *fixture, gconstpointer data);
void tear_down(Fixture *fixture, gconstpointer data);
#define ADD(name, function) g_test_add(name, Fixture, NULL, set_up, function, tear_down)

uint64_t status_of(struct pss_fields fields);

/* A request about one session. */
void send_instance(TestClient *client, enum pss_type type, uint32_t id, const char *instance, gboolean force);
/* Its status. */
uint64_t expect_prompt(TestClient *client, uint64_t kind);
/* A line of the session that the request `id` has entered; its status. */
uint64_t run(TestClient *client, uint32_t id, const char *line);
/* A kept session, by request 1; its InstanceId, newly allocated. */
char *open_kept(TestClient *client, Fixture *fixture);
