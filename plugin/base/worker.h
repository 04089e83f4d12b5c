/* SPDX-License-Identifier: MIT */
/* Threads for what blocks. Nobody joins them; one that has nothing more to do waits a moment for more. */
#pragma once

#include <glib.h>

/* Runs `function(data)` in a thread of its own as long as it runs; what it leaves in thread-local variables the next
 * one may find. FALSE: it does not run, as no thread can be made; errno and `error` (PSS_SHORTAGE) say why. Any thread.
 */
gboolean pss_worker_start(void (*function)(gpointer data), gpointer data, GError **error) G_GNUC_WARN_UNUSED_RESULT;
