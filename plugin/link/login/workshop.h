/* SPDX-License-Identifier: MIT */
/* Logins compute: keys, known_hosts, ssh_config. As many of them at a time as there are processors, whatever the number
 * of logins, so that the main thread always gets its turn. Not by a lower priority: the programs that a login
 * starts would inherit it, and keep it. Any thread but the main one. */
#pragma once

void pss_workshop_enter(void); /* waits for a seat */
void pss_workshop_leave(void);
