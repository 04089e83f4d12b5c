/* SPDX-License-Identifier: MIT */
/* Writes an archive that GNU tar, busybox and bsdtar read alike: ustar's fields, and where they are too small GNU's
 * long names and base-256 numbers, since busybox skips pax's records. */
#pragma once

#include "copy/stream/reader.h"

#define PSS_TAR_BLOCK 512u

/* Appends the header, to which `size` bytes of content and pss_tar_put_padding() follow where it is a file. The path of
 * a directory gets a slash at its end. Times are whole seconds. Kinds: file, directory, symbolic link. */
void pss_tar_put_entry(GByteArray *archive, const PssTarEntry *entry);

/* Behind content of `size` bytes: up to a whole block. */
void pss_tar_put_padding(GByteArray *archive, guint64 size);

/* The end of an archive. It is longer than a block, as some read 10 KiB at a time. */
void pss_tar_put_end(GByteArray *archive);
