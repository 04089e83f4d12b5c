/* SPDX-License-Identifier: MIT */
/* The host's one GError domain. Its codes are enum pss_status, so an error crosses the wire as it is. */
#pragma once

#include <glib.h>

#include "wire/status.h"

#define PSS_ERROR (pss_error_quark())
GQuark pss_error_quark(void);

/* Puts `text` behind the message, where one is wanted: as g_prefix_error() does before it. */
void pss_error_append(GError **error, const char *text);
