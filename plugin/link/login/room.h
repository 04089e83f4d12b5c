/* SPDX-License-Identifier: MIT */
/* Admission of logins. Each takes a thread and a handful of descriptors: as many run at once as there are descriptors
 * for, and the others wait their turn. One that fails for a shortage while others have what it lacks is run once more.
 * Main context only. */
#pragma once

#include "link/login/login-context.h"

typedef struct {
	/* In a thread of its own (worker.h), which may block, and computes when few others do (workshop.h). Sets
	 * `error` where it fails, and leaves nothing behind then: it may be called again. */
	void (*run)(gpointer data, GError **error);
	/* It is over; `failure` is NULL, or the callee's. Not called once the person has left. */
	void (*done)(gpointer data, GError *failure);
	void (*free)(gpointer data);
} PssRoomVisit;

/* Runs it, now or when there is room. Takes `data` over; `visit` must stay. */
void pss_room_enter(const PssRoomVisit *visit, PssLoginContext *person, gpointer data);

/* At the end of the process: who is in it leaves, and the main loop runs until their threads are over, which take what
 * they have made with them; no longer than so many milliseconds. */
void pss_room_close(guint ms);

/* A connection that ends by itself, as that of one command does: for a place near it is worth to wait. */
void pss_room_hold(void);
void pss_room_release(void);
