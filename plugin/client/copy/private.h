/* SPDX-License-Identifier: MIT */
/* One run of the program that copies, shared by the files of this folder. */
#pragma once

#include "client/base/output-fd.h"
#include "client/copy/copy.h"
#include "wire/descriptors.h"

/* A channel that the program asked for. */
struct pss_copy_channel {
	uint32_t id;      /* the program's */
	uint32_t request; /* the host process's; 0: it has ended */
	uint32_t number;  /* what that is or was */
	size_t place;
	bool acknowledged;
	long long sent_at; /* of the request, in ms */
	char *said;        /* the end of its standard error, or NULL */
};

struct pss_copy_run {
	struct pss_copy *copy;
	int program; /* the socket */
	struct pss_buffer in;
	struct pss_copy_channel *channels;
	size_t n_channels;
	bool done;                /* the program has said so */
	bool stopped;             /* STOP is out */
	long long stop_at;        /* then: until when it is waited for, in ms */
	struct pss_writer writer; /* of the progress line */
	bool progress_shown;
};

/* ---- program.c: the process and its socket */

/* Starts it. False: reported. */
bool pss_copy_program_start(struct pss_copy_run *run);
/* Sends the whole of `buffer`, and a descriptor with its first byte (or -1). 0, also where the program has ended, or
 * -errno. */
int pss_copy_program_send(struct pss_copy_run *run, struct pss_buffer *buffer, int passed);
/* A frame without a payload. */
int pss_copy_program_tell(struct pss_copy_run *run, uint16_t type, uint32_t id);

/* ---- request.c */

/* Sends what is to be copied. 0 or -errno. */
int pss_copy_send_request(struct pss_copy_run *run);

/* ---- channels.c: what the host process is asked for. Each 0, or -errno when one of the connections failed. */

int pss_copy_channel_open(struct pss_copy_run *run, uint32_t id, size_t place, const char *command);
int pss_copy_channels_take(struct pss_copy_run *run); /* what has come of the host process */
int pss_copy_channels_lose(struct pss_copy_run *run); /* that has ended: all of them have, which the program gets */
/* ms until the host process has to have acknowledged what it was asked for; -1: nothing is open. */
long long pss_copy_channels_deadline(const struct pss_copy_run *run);
void pss_copy_channels_finish(struct pss_copy_run *run);

/* ---- progress.c */

void pss_copy_progress_show(struct pss_copy_run *run, const char *text);
void pss_copy_progress_clear(struct pss_copy_run *run);
