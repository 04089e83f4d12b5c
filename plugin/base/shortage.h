/* SPDX-License-Identifier: MIT */
/* Shortages of the system: descriptors, threads, processes. One fails the attempt that met it, under its own name, and
 * ends nothing else; a login that waits its turn may try again (room.h). Memory is the exception: without it g_error()
 * ends the process, as GLib does. */
#pragma once

#include <glib.h>

/* A domain of its own, whose codes are errno's. It crosses the wire as PSS_FAILED. */
#define PSS_SHORTAGE (pss_shortage_quark())
GQuark pss_shortage_quark(void);

/* Sets `error` to "MESSAGE: strerror(failed)": PSS_SHORTAGE where `failed` is one, else PSS_FAILED. */
void pss_set_errno(GError **error, int failed, const char *format, ...) G_GNUC_PRINTF(3, 4);

gboolean pss_is_shortage(const GError *error);
gboolean pss_is_shortage_errno(int failed);

/* Call it for a failure whose reason may be hidden: where no descriptor is available, that is the reason, and `error`
 * becomes "MESSAGE: strerror()". */
void pss_shortage_unmask(GError **error, const char *message);

/* TRUE: so many descriptors can be opened now. Before a library is called that would take their lack for something else
 * (getaddrinfo() for an unknown name). */
gboolean pss_descriptors_can_open(guint n);

/* Descriptors that this process may still open; G_MAXINT: more than anybody counts. */
int pss_descriptors_free(void);
