/* SPDX-License-Identifier: MIT */
/* Watches for changes of this computer's addresses or routes: another network, the network is back, or the computer has
 * resumed. Costs a descriptor while somebody listens, and nothing where the kernel has no such news (other systems than
 * Linux). */
#pragma once

#include <glib.h>

/* `func` is called a moment after each change, once for those that come together. */
void pss_network_listen(void (*func)(gpointer user), gpointer user);
/* Not any more. Nothing where it does not listen. Not from inside its call. */
void pss_network_ignore(gpointer user);
