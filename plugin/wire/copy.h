/* SPDX-License-Identifier: MIT */
/* What copy-item and the program that copies for it, pssession-copy, say to each other: frames (frame.h) over a socket
 * pair, which is the program's descriptor 3. Both are of one build, which the request says. The verb has the connection
 * to the host process, the terminal and the streams of the call; the program has files, and channels that the verb gets
 * for it.
 *
 *   program                                       verb
 *      │◄── REQUEST (words) ─────────────────────────│
 *      │── OPEN 1 {PLACE, WORD} ────────────────────►│  asks the host process; logins, questions
 *      │◄── OPENED 1 {DIRECTORY, RESILIENT} + a fd ──│  or ENDED 1 {STATUS, MESSAGE}
 *      │◄── ENDED 1 {STATUS, EXIT_STATUS, MESSAGE} ──│  at the channel's end; MESSAGE: the end of its stderr
 *      │── ERROR {PLACE, STATUS, MESSAGE} ──────────►│
 *      │◄── GO_ON, or STOP ──────────────────────────│  what -ErrorAction wants, for each ERROR
 *      │── OUTPUT, NOTE, PROGRESS ──────────────────►│
 *      │── DONE {STATUS} ───────────────────────────►│  and the program ends
 *
 * The end of the socket means STOP: whatever ends the shell, nothing half is left behind. */
#pragma once

/* The program's descriptors. It holds the verb's connection to the host process, and never reads it: the channels of
 * who is gone are closed, and then nothing that is half done elsewhere could be removed. */
enum { PSS_COPY_VERB_FD = 3, PSS_COPY_HOST_FD = 4 };

enum pss_copy_type {
	/* verb → program */
	PSS_COPY_REQUEST = 1, /* raw bytes: NUL-ended words, split by PSS_FRAME_MORE */
	PSS_COPY_OPENED = 2, /* the channel of this id, a descriptor with the frame's bytes; DIRECTORY; RESILIENT=1: the
			      session comes back by itself when its connection is cut, and so may the channel be asked
			      for again */
	PSS_COPY_ENDED = 3,  /* it has ended, or there is none: STATUS, EXIT_STATUS, MESSAGE */
	PSS_COPY_GO_ON = 4,  /* after an ERROR */
	PSS_COPY_STOP = 5,   /* remove what is half done, and end */

	/* program → verb */
	PSS_COPY_OPEN = 32,     /* a channel to PLACE, with an id of its own: the command WORD, or the subsystem sftp */
	PSS_COPY_ERROR = 33,    /* PLACE, STATUS, MESSAGE: one line for the user */
	PSS_COPY_OUTPUT = 34,   /* raw bytes: one object for standard output, without its newline */
	PSS_COPY_NOTE = 35,     /* NOTE_KIND (warning, verbose, debug), MESSAGE */
	PSS_COPY_PROGRESS = 36, /* MESSAGE: the line to be shown on a terminal; "": none */
	PSS_COPY_DONE = 37,     /* STATUS */
};

/* The words of a request, "KEY=VALUE" each, in any order but that a place is named before an operand is in it. Place 0
 * is this computer. A path is the bytes that the user gave. */
#define PSS_COPY_VERSION "version"         /* pssession's; first */
#define PSS_COPY_PLACE "place"             /* LABEL: place 1, 2, … in order */
#define PSS_COPY_COMPUTER "computer"       /* NAME: that the place before is on, whatever session leads there */
#define PSS_COPY_CONNECTED "connected"     /* "": the place before is; several channels may be asked for at once */
#define PSS_COPY_SOURCE "source"           /* "N PATH": at place N; globs are expanded where it is no local one */
#define PSS_COPY_LITERAL "literal"         /* the same, without globs */
#define PSS_COPY_DESTINATION "destination" /* "N PATH" */
#define PSS_COPY_FILTER "filter"           /* GLOB that the names of files match, as -Filter */
#define PSS_COPY_INCLUDE "include"         /* GLOB: one of these too, if there are any */
#define PSS_COPY_EXCLUDE "exclude"
#define PSS_COPY_THROTTLE "throttle" /* N places at a time */
#define PSS_COPY_FLAGS "flags"       /* letters of enum pss_copy_flag */

enum pss_copy_flag {
	PSS_COPY_RECURSE = 'r',
	PSS_COPY_FORCE = 'f',
	PSS_COPY_FLATTEN = 'c', /* -Container:false: all files right into the destination */
	PSS_COPY_PRESERVE = 'p',
	PSS_COPY_RESUME = 'R',
	PSS_COPY_UPDATE = 'u',
	PSS_COPY_PASS_THRU = 't',
	PSS_COPY_JSON = 'j',
	PSS_COPY_BY_NAME = 'n', /* each place's sources go into DESTINATION/LABEL */
	PSS_COPY_SHOWS_PROGRESS = 'P',
	PSS_COPY_WAITS = 'w', /* after an ERROR begin nothing more until GO_ON */
	PSS_COPY_LIST = 'l',  /* copy nothing: OUTPUT of each name in the source, a directory's with a slash (Tab) */
};
