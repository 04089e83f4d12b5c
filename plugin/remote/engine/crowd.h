/* SPDX-License-Identifier: MIT */
/* Remote shells that start at the same time. Where many do, one server or this computer may be slow for that alone, and
 * none of them is given up after the time that one would have. */
#pragma once

#include <glib.h>

#include "remote/engine/engine.h"

void pss_crowd_join(PssRemote *remote);  /* its start begins */
void pss_crowd_leave(PssRemote *remote); /* it is freed; whether or not it has joined */

/* It is late by its own deadline. TRUE: many have started with it, and it may be later. */
gboolean pss_crowd_excuses(const PssRemote *remote);
