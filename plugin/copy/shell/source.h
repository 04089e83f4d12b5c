/* SPDX-License-Identifier: MIT */
/* server.sh, as embed.sh makes it at build time. */
#pragma once

extern const char pss_copy_shell_source[];
