/* SPDX-License-Identifier: MIT */
/* Homes for remote shells that a test starts. */
#pragma once

#include "drive.h"

/* An empty directory of the test's own. Free the path, and remove what it names. */
char *home_make(void);
/* Writes a start-up file, and the folders above it. */
void home_write(const char *home, const char *name, const char *text);
/* Removes a directory with all that is in it. */
void home_remove(const char *home);

/* Starts bash as the login shell there. */
Drive *home_start_bash(const char *home);
