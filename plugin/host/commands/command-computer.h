/* SPDX-License-Identifier: MIT */
/* A command on a computer: one connection for it, closed with it. */
#pragma once

#include "host/commands/command-channel.h"
#include "host/commands/command.h"
#include "link/transport/transport.h"

/* Questions and notes while it connects and runs. */
typedef struct {
	void (*on_question)(gpointer user, PssQuestion *question);
	void (*on_note)(gpointer user, enum pss_note_kind kind, const char *text);
} PssRunLinkEvents;

/* Takes the target over; copies the command. Every outcome is an event, never before this returns. */
PssRun *pss_run_computer_new(PssTransportNewFunc new_transport, PssTarget *target, const PssRunChannelOptions *options,
			     const PssRunEvents *events, const PssRunLinkEvents *link_events, gpointer user);
void pss_run_computer_resize(PssRun *run, guint columns, guint rows);
