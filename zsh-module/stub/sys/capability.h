/* SPDX-License-Identifier: MIT */
/* zsh's headers name <sys/capability.h> where zsh was built with it; nothing of it is used here, so that
 * building needs no libcap. */
