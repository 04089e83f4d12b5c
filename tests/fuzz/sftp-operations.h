/* SPDX-License-Identifier: MIT */
/* Operations of the SFTP client, each of which has to end exactly once, with what makes sense. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Starts them on a connection over `client` as soon as that is greeted, feeds the data into `server`, closes it, and
 * waits for the end of the connection. Aborts where something is wrong. */
void sftp_operations_run(int client, int server, const uint8_t *data, size_t size);

/* Piece by piece, so that answers are cut anywhere. */
void sftp_operations_feed(int fd, const uint8_t *data, size_t size);
