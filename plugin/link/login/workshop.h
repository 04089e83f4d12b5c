/* SPDX-License-Identifier: MIT */
/* Seats for computing: as many logins as there are processors may compute at a time (keys, known_hosts, ssh_config), so
 * that the main thread always gets its turn. Not by a lower priority: the programs that a login starts would inherit
 * it. Any thread but the main one. */
#pragma once

void pss_workshop_enter(void); /* waits for a seat */
void pss_workshop_leave(void);
