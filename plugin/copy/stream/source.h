/* SPDX-License-Identifier: MIT */
/* pack.sh and unpack.sh, as copy/shell/embed.sh makes them at build time. */
#pragma once

extern const char pss_tar_pack_source[], pss_tar_unpack_source[];
