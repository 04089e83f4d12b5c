/* SPDX-License-Identifier: MIT */
/* What every fuzzer defines: libFuzzer's entry, called by libFuzzer or by replay.c. */
#pragma once

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Called once before, where it is defined. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
