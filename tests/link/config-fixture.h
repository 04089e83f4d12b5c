/* SPDX-License-Identifier: MIT */
/* One attempt to log in to the computer "box", with its configuration, and a directory of its own. */
#pragma once

#include "link-harness.h"
#include "link/config/ssh-config-table.h"

typedef struct {
	PssTarget *target;
	LinkRecord link;
	PssLoginContext *person;
	PssSshConfig *config;
	char *directory;
} Fixture;

void set_up(Fixture *f, gconstpointer unused);
void tear_down(Fixture *f, gconstpointer unused);
#define ADD(name, function) g_test_add("/ssh_config/" name, Fixture, NULL, set_up, function, tear_down)

void fresh_config(Fixture *f); /* and no notes */
