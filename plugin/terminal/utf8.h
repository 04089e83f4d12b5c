/* SPDX-License-Identifier: MIT */
/* UTF-8 (RFC 3629). */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The length of the well-formed character that begins the n bytes at `at`, or 0. n is not 0. */
size_t pss_decode(const unsigned char *at, size_t n, uint32_t *ret_character);
