/* SPDX-License-Identifier: MIT */
/* What the frames say: their types, and the tagged fields inside a message.
 * Normative description, with who sends what when: plugin/wire/PROTOCOL.md. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/buffer.h"
#include "wire/frame.h"

enum pss_type {
	PSS_HELLO = 1, /* both ways, first, once */

	/* client → host: requests. Each id is the client's choice, not 0; RESULT with that id ends it. */
	PSS_OPEN = 16,   /* open a session; ACK, then NOTE* ASK*, then RESULT */
	PSS_LIST = 17,   /* SESSION*, then RESULT */
	PSS_REMOVE = 18, /* close one session by INSTANCE; RESULT */
	PSS_ATTACH = 19, /* enter one session by INSTANCE; RESULT, then the stream frames below */
	PSS_PING = 20,   /* RESULT at once, whatever else goes on */
	/* Version 2: LINE, POINT: what may stand at the cursor of the attached session's line? RESULT with candidates
	 */
	PSS_COMPLETE = 21,
	PSS_DISCONNECT = 22, /* version 2: let go of one session by INSTANCE; RESULT with its fields */
	PSS_CONNECT = 23,    /* version 2: take one back by INSTANCE; RESULT with its fields */
	PSS_INVOKE = 24,     /* run a command in a session or on a computer; ACK, then streams, then RESULT */
	/* Version 2: the fields of an OPEN that name a computer; KEEP: a CONNECT may follow. ACK, then NOTE* ASK*,
	 * SESSION* of what holders keep there, then RESULT */
	PSS_FIND = 26,
	/* Version 2: the fields of an OPEN that name a computer, or INSTANCE: it is going to restart. ACK, then NOTE*
	 * ASK*; RESULT when its boot id is known */
	PSS_WATCH = 27,
	/* Version 2: WATCH: until it has restarted; or INSTANCE: until its computer answers. TIMEOUT. ACK, then NOTE*
	 * ASK*, then RESULT with RESTARTED, HISTORY_KEY */
	PSS_AWAIT = 28,
	/* Version 2: SUBSYSTEM, or WORD: a command; INSTANCE, CHANNEL, or the fields of an OPEN that name a computer.
	 * ACK, then NOTE* ASK*, then OPENED, STDERR*, RESULT with EXIT_STATUS */
	PSS_CHANNEL = 29,
	PSS_RECEIVE = 25, /* version 2: what a session printed unwatched; ACK, then streams, then RESULT */

	/* client → host: inside a request */
	PSS_ANSWER = 32, /* to an ASK */
	PSS_CANCEL = 33, /* give up the OPEN, FIND or COMPLETE of this id; its RESULT still comes */

	/* client → host: while attached, id that of the ATTACH (or of an OPEN with ATTACH) */
	PSS_LINE = 48,      /* raw bytes: one line to run, without newline at its end */
	PSS_INPUT = 49,     /* raw bytes: keys for the remote terminal */
	PSS_RESIZE = 50,    /* COLUMNS, ROWS */
	PSS_INTERRUPT = 51, /* as if Ctrl-C had been pressed on the remote terminal */
	PSS_DISCARD = 52,   /* forget the lines that were waiting for their continuation */
	PSS_LEAVE = 53,     /* end the entering; LEFT still comes. The session stays if it is kept */

	/* client → host: inside an INVOKE */
	PSS_COMMAND = 96, /* raw bytes: the text to run; the part without PSS_FRAME_MORE starts it */
	/* VARIABLE*: more of them than an INVOKE has room for, in front of its COMMAND; any number of times */
	PSS_VARIABLES = 100,
	PSS_STDIN = 97, /* raw bytes for its standard input; none: the end of it */
	PSS_SIZE = 99,  /* COLUMNS, ROWS of its terminal */
	PSS_STOP = 98,  /* FORCE: interrupt it, or with FORCE give it up at once; the RESULT still comes */

	/* host → client: inside an INVOKE or RECEIVE */
	PSS_STDOUT = 104, /* raw bytes */
	PSS_STDERR = 105, /* raw bytes */
	/* STREAM, TEXT, SHOWN, PARTIAL, TYPE, VALUE, ERROR_ID, CATEGORY: an object, or a message beside the output,
	 * where RECORDS or OBJECTS asked for it. It may go on in the next frame (PSS_FRAME_MORE) */
	PSS_RECORD = 112,
	PSS_TAKEN = 106, /* COUNT: so many more bytes of STDIN may be sent */

	/* host → client */
	PSS_ACK = 64,     /* the request, LINE or LEAVE of this id has been taken */
	PSS_RESULT = 65,  /* STATUS, MESSAGE; after OPEN and ATTACH also a session's fields */
	PSS_SESSION = 66, /* one session's fields */
	PSS_ASK = 67,     /* ASK_ID, ASK_KIND, MESSAGE, ECHO, COMPUTER: a question for the user */
	PSS_NOTE = 68,    /* NOTE_KIND, MESSAGE */
	PSS_LEFT = 69,    /* LEFT_REASON, STATUS, MESSAGE: the entering has ended */
	/* Inside a CHANNEL, with a descriptor on its first byte: DIRECTORY: that carries the channel's bytes */
	PSS_OPENED = 70,

	/* host → client: the stream while attached */
	PSS_OUTPUT = 80, /* raw bytes for the terminal */
	/* PROMPT_KIND, EXIT_STATUS, PROMPT, DIRECTORY, RIGHT, REPAINT: the remote waits for a line */
	PSS_PROMPT = 81,
	PSS_STARTED = 82, /* the remote is busy (start-up, or a command): the terminal is its own now */
	PSS_TYPED = 83,   /* raw bytes: keys that no command read; they are what is typed next */
};

/* Fields of a message: tag, length, bytes. A reader skips tags that it does not know.
 * "text" is UTF-8 or any bytes but NUL, sent with its NUL; "bytes" is anything. Numbers are 64 bit. */
enum pss_tag {
	PSS_TAG_VERSION = 1,     /* number: protocol version */
	PSS_TAG_OLDEST = 2,      /* number: the oldest version the sender still speaks */
	PSS_TAG_PROGRAM = 3,     /* text: "pssession VERSION (bash)" */
	PSS_TAG_PID = 4,         /* number */
	PSS_TAG_STATUS = 5,      /* number: enum pss_status */
	PSS_TAG_MESSAGE = 6,     /* text: one sentence for the user, no newline at its end */
	PSS_TAG_EXIT_STATUS = 7, /* number: $? of the remote shell, 0-255 */

	/* OPEN: the target, as the user gave it */
	PSS_TAG_TARGET = 16,          /* text: host or alias of ssh_config, case kept */
	PSS_TAG_USER = 17,            /* text */
	PSS_TAG_PORT = 18,            /* number */
	PSS_TAG_KEY_FILE = 19,        /* text: absolute path */
	PSS_TAG_CONFIG_FILE = 20,     /* text: absolute path, or "none" */
	PSS_TAG_OPTION = 21,          /* text, repeated: "Key=Value" of ssh_config */
	PSS_TAG_CONNECT_TIMEOUT = 22, /* number: milliseconds */
	PSS_TAG_SHELL = 23,           /* text: -ConfigurationName; absent: the login shell */
	PSS_TAG_KEEP = 24,            /* number: 1 for a kept session */
	PSS_TAG_ATTACH_TOO = 25,      /* number: 1 to be attached as soon as the user is logged in */
	PSS_TAG_VERBOSE = 26,         /* number: 0, 1 (verbose), 2 (protocol), 3 (steps, timed) wanted as NOTEs */

	PSS_TAG_SUBSYSTEM = 31,    /* text: of SSH; in an OPEN, for PowerShell remoting; absent: "powershell" */
	PSS_TAG_RESILIENT = 29,    /* number: 1 for a shell that outlives the link; also in SESSION: 1 where it does */
	PSS_TAG_IDLE_TIMEOUT = 30, /* number: seconds that it lives without a client, 0: for ever; also in SESSION */

	PSS_TAG_SHARE = 27,     /* number: 1 to share a connection with others that name the same target */
	PSS_TAG_TELL_MOTD = 28, /* number: 1 to get the message of the day as a NOTE too */

	/* OPEN, ATTACH, RESIZE: the caller's surroundings */
	PSS_TAG_CWD = 32,     /* text: for relative paths and proxies */
	PSS_TAG_ENV = 33,     /* text, repeated: "NAME=value", of all that the caller exports */
	PSS_TAG_COLUMNS = 34, /* number */
	PSS_TAG_ROWS = 35,    /* number */
	PSS_TAG_FORCE = 36,   /* number: 1 to take the session from another terminal */
	PSS_TAG_CAN_ASK = 37, /* number: 1 when questions can be put to a person */

	/* SESSION */
	PSS_TAG_ID = 48,           /* number */
	PSS_TAG_NAME = 49,         /* text */
	PSS_TAG_INSTANCE = 50,     /* text: UUID, lower case */
	PSS_TAG_COMPUTER = 51,     /* text: as typed, without user and port */
	PSS_TAG_STATE = 52,        /* number: enum pss_state */
	PSS_TAG_AVAILABILITY = 53, /* number: enum pss_availability */
	PSS_TAG_CAUSE = 54,        /* text: why it is Broken or Closed */
	PSS_TAG_REMOTE_USER = 55,  /* text: the user logged in as */
	PSS_TAG_HISTORY_KEY = 56,  /* text: resolved user@host:port, names the history file */
	PSS_TAG_TRANSPORT = 57,    /* text: "SSH", or "ssh": by the ssh program; also in OPEN, INVOKE: "ssh" */
	PSS_TAG_ATTACHED = 58,     /* number: 1 when a terminal has entered it */
	PSS_TAG_PROMPT_NAME = 59,  /* text: "NAME" or "user@NAME", for `[NAME]: ` */
	PSS_TAG_FORWARDS = 60,     /* text: the ports that are forwarded with it, for people */

	PSS_TAG_OPENED_AT = 61,       /* number: seconds since 1970 */
	PSS_TAG_DISCONNECTED_AT = 63, /* number: the same, while it is Disconnected; 0: not known */
	PSS_TAG_RUNNING_COMMAND = 87, /* text: the line or command that runs, for people; absent: none, or not known */
	PSS_TAG_LAST_STATUS = 88,     /* number: of the last line or command; absent: not known */
	PSS_TAG_ORIGIN = 62, /* text: who has it connected, or has opened it, "user@computer"; only from FIND */

	/* ASK, ANSWER, NOTE, LEFT, PROMPT */
	PSS_TAG_ASK_ID = 64,      /* number, unique per connection */
	PSS_TAG_ASK_KIND = 65,    /* number: enum pss_ask_kind */
	PSS_TAG_ECHO = 66,        /* number: 1 when the answer may be seen */
	PSS_TAG_ANSWER_TEXT = 67, /* text; absent: declined. A secret: wiped by both ends after use */
	PSS_TAG_NOTE_KIND = 68,   /* number: enum pss_note_kind */
	PSS_TAG_LEFT_REASON = 69, /* number: enum pss_left_reason */
	PSS_TAG_PROMPT_KIND = 70, /* number: 1 first prompt, 2 second prompt (continuation) */
	PSS_TAG_PROMPT = 71,      /* bytes, as the remote rendered it: untrusted */
	PSS_TAG_DIRECTORY = 72,   /* bytes: the remote shell's directory: untrusted */
	PSS_TAG_FRESH = 73,       /* number: 1 when the cursor is known to be in the first column */
	PSS_TAG_RIGHT = 74,       /* bytes: the prompt at the right margin, as the remote rendered it: untrusted */
	PSS_TAG_REPAINT = 75,     /* number: 1 when the remote waits still, and its prompt has changed meanwhile */

	/* COMPLETE, and its RESULT */
	PSS_TAG_LINE = 80,        /* bytes: the line being edited */
	PSS_TAG_POINT = 81,       /* number: bytes of LINE before the cursor */
	PSS_TAG_START = 82,       /* number: what a candidate replaces begins here in LINE, and ends at POINT */
	PSS_TAG_CANDIDATE = 83,   /* text, repeated: quoted for the remote shell: untrusted */
	PSS_TAG_DESCRIPTION = 84, /* text, of the CANDIDATE in front of it: untrusted */
	PSS_TAG_NO_SPACE = 85,    /* number: 1 when the only candidate does not end the word */
	PSS_TAG_MORE = 86,        /* number: candidates that were left out */
	/* INVOKE */
	PSS_TAG_ARGUMENT = 128, /* text, repeated: a positional parameter */
	/* text, repeated: "NAME=value", bound to a variable of the remote shell; an array is "NAME(a", a map "NAME(m",
	 * and behind either "[KEY" and "=value" in turn */
	PSS_TAG_VARIABLE = 129,
	PSS_TAG_WORD = 130,   /* text, repeated: the command, word by word, instead of a text */
	PSS_TAG_INPUT = 131,  /* number: 1 when STDIN follows; else it is /dev/null */
	PSS_TAG_WAIT = 132,   /* number: 1 to wait while the session is busy */
	PSS_TAG_TTY = 133,    /* number: 1 for a terminal on the computer */
	PSS_TAG_SCRIPT = 134, /* number: 1 when the text is a file, whose first line may name its interpreter */
	PSS_TAG_COUNT = 135,  /* number of bytes */

	/* OPEN, INVOKE, DISCONNECT, RECEIVE; BUFFERING also in SESSION */
	PSS_TAG_JOB = 136,         /* number: 1 to run it on nobody's terminal; the output waits for a RECEIVE */
	PSS_TAG_DISCONNECT = 137,  /* number: 1, with JOB, to let go of the session at once */
	PSS_TAG_BUFFERING = 138,   /* number: enum pss_buffering, of what waits */
	PSS_TAG_BUFFER_SIZE = 139, /* number: bytes of it at most */
	PSS_TAG_WATCH = 141,       /* number: the id of the WATCH that an AWAIT belongs to */
	PSS_TAG_TIMEOUT = 142,     /* number: milliseconds until an AWAIT ends as PSS_TIMEOUT; absent: never */
	PSS_TAG_RESTARTED = 143,   /* number: 1 when the computer's boot id is another one */
	PSS_TAG_VIA = 144,         /* text, with a TARGET: INSTANCE of the session through which it is reached */
	PSS_TAG_ANEW = 145,        /* text, in an OPEN: INSTANCE of the session in whose place it opens one */
	PSS_TAG_SAFE = 140,        /* number: enum pss_safe, the streams that a terminal shows */
	PSS_TAG_SESSION = 146,     /* text, in an INVOKE: the Id, InstanceId or Name of its session */

	/* INVOKE: of these a PowerShell by remoting makes something, and nothing else does */
	PSS_TAG_RECORDS = 176,  /* number: 1 for messages beside the output as RECORDs, else they are STDERR */
	PSS_TAG_OBJECTS = 177,  /* number: 1 for output as RECORDs with VALUE, else it is formatted */
	PSS_TAG_PROPERTY = 178, /* text, repeated: what VALUE has of an object; absent: all */
	PSS_TAG_WIDTH = 179,    /* number: columns of what shows the output; absent: it is no terminal */
	/* text, repeated, in VARIABLES too: the command as the user wrote it, in parts, where the COMMAND is another
	 * text:
	 * `$using:` is PowerShell's own */
	PSS_TAG_AS_WRITTEN = 180,

	/* RECORD */
	PSS_TAG_STREAM = 184,   /* number: enum pss_record_stream */
	PSS_TAG_TEXT = 185,     /* bytes: as shown, or ToString() of an object; UTF-8 */
	PSS_TAG_PARTIAL = 186,  /* number: 1 when the line goes on */
	PSS_TAG_SHOWN = 187,    /* number: 1 when the text has come as another record too */
	PSS_TAG_TYPE = 188,     /* text: of an object */
	PSS_TAG_VALUE = 189,    /* bytes: JSON */
	PSS_TAG_ERROR_ID = 190, /* text */
	PSS_TAG_CATEGORY = 191, /* text: of an error */

	PSS_TAG_CHANNEL = 151, /* number: the id of an earlier CHANNEL whose connection this one uses too */

	/* between copy-item and its program (copy.h) */
	PSS_TAG_PLACE = 160, /* number: which of the request's places */
};

/* The streams of PowerShell. */
enum pss_record_stream {
	PSS_RECORD_OUTPUT = 1,
	PSS_RECORD_ERROR = 2,
	PSS_RECORD_WARNING = 3,
	PSS_RECORD_VERBOSE = 4,
	PSS_RECORD_DEBUG = 5,
	PSS_RECORD_INFORMATION = 6,
	PSS_RECORD_HOST = 7,     /* Write-Host and its like */
	PSS_RECORD_PROGRESS = 8, /* TEXT replaces the one before; empty: done */
};

/* Bytes of a RECORD, all of its frames together. */
#define PSS_RECORD_MAX (64u * 1024u * 1024u)

#define PSS_SIZE_MAX 10000u

/* What happens when the buffer of output that nobody takes is full. */
enum pss_buffering {
	PSS_BUFFERING_DROP = 1,  /* the oldest goes */
	PSS_BUFFERING_BLOCK = 2, /* what prints is stopped */
};

/* Streams from which all that makes a terminal answer is taken out. */
enum pss_safe {
	PSS_SAFE_STDOUT = 1,
	PSS_SAFE_STDERR = 2,
};

enum pss_state {
	PSS_STATE_OPENING = 1,
	PSS_STATE_OPENED = 2,
	PSS_STATE_DISCONNECTED = 3,
	PSS_STATE_BROKEN = 4,
	PSS_STATE_CLOSED = 5,
};

enum pss_availability {
	PSS_AVAILABILITY_NONE = 1,
	PSS_AVAILABILITY_AVAILABLE = 2,
	PSS_AVAILABILITY_BUSY = 3,
};

enum pss_ask_kind {
	PSS_ASK_SECRET = 1,         /* password, passphrase, one-time code */
	PSS_ASK_HOST_KEY = 2,       /* yes/no/fingerprint; MESSAGE is the whole question */
	PSS_ASK_TEXT = 3,           /* a keyboard-interactive prompt with echo */
	PSS_ASK_COMMAND_SECRET = 4, /* asked by a command, not by a login: no password that is shared answers it */
	PSS_ASK_COMMAND_TEXT = 5,
};

enum pss_note_kind {
	PSS_NOTE_BANNER = 1, /* the server's banner: the information stream */
	PSS_NOTE_WARNING = 2,
	PSS_NOTE_VERBOSE = 3,
	PSS_NOTE_DEBUG = 4,
	PSS_NOTE_MOTD = 5, /* the information stream; it stands in the OUTPUT as well, and is not shown twice */
	PSS_NOTE_STEP = 6, /* "NAME MICROSECONDS TEXT": one step of a login, for test-pssession */
};

/* The PSS_TAG_VERBOSE with which notes of kind STEP are wanted. */
#define PSS_VERBOSE_STEPS 3u

/* The lowest PSS_TAG_VERBOSE with which a note of that kind is wanted. */
unsigned pss_note_level(enum pss_note_kind kind);

enum pss_left_reason {
	PSS_LEFT_BY_REQUEST = 1,   /* LEAVE; a temporary session is closed now */
	PSS_LEFT_EXIT = 2,         /* the remote shell ended; EXIT_STATUS is its status */
	PSS_LEFT_KEPT_EXIT = 3,    /* `exit` inside a line of a kept session, which stays open */
	PSS_LEFT_LOST = 4,         /* the link died; MESSAGE is the cause */
	PSS_LEFT_TAKEN = 5,        /* another terminal took the session with -Force */
	PSS_LEFT_REMOVED = 6,      /* remove-pssession */
	PSS_LEFT_DISCONNECTED = 7, /* disconnect-pssession from elsewhere; MESSAGE says so */
};

/* Names as users see them ("Opened", "Available"); "?" for an unknown value. */
const char *pss_state_name(uint64_t state);
const char *pss_availability_name(uint64_t availability);

/* Writing. Errors stick: after one, everything is a no-op and pss_message_end() reports it and
 * takes back what the message had added, so that the buffer still holds whole frames only. */
struct pss_message {
	struct pss_buffer *buffer;
	size_t start; /* where the header is, counted from the first live byte */
	int error;
};

void pss_message_begin(struct pss_message *message, struct pss_buffer *buffer, enum pss_type type, uint32_t id);
void pss_message_number(struct pss_message *message, enum pss_tag tag, uint64_t value);
void pss_message_text(struct pss_message *message, enum pss_tag tag, const char *text); /* NULL: no field */
void pss_message_bytes(struct pss_message *message, enum pss_tag tag, const void *data, size_t n);
bool pss_message_has_room(const struct pss_message *message, size_t n); /* for a field of n bytes? */
int pss_message_end(struct pss_message *message);                       /* 0, -E2BIG (more than a frame) or -ENOMEM */

/* Appends a field alone: of a payload that is sent in parts. 0 or -ENOMEM. */
int pss_field_append(struct pss_buffer *buffer, enum pss_tag tag, const void *data, size_t n);

/* Reading, without copies: what comes out borrows from the frame's payload. */
struct pss_fields {
	const unsigned char *data;
	size_t length;
};

struct pss_field {
	enum pss_tag tag;
	const unsigned char *data;
	size_t length;
};

struct pss_fields pss_frame_fields(const struct pss_frame *frame);

/* 1 and the next field, 0 at the end, -EPROTO when the rest cannot be fields. */
int pss_fields_next(struct pss_fields *fields, struct pss_field *ret_field);

/* The first field of that tag. Absent or malformed gives the fallback, or NULL. */
uint64_t pss_fields_number(struct pss_fields fields, enum pss_tag tag, uint64_t fallback);
const char *pss_fields_text(struct pss_fields fields, enum pss_tag tag);
int pss_fields_bytes(struct pss_fields fields, enum pss_tag tag, struct pss_field *ret_field); /* 0 or -ENOENT */

/* Can all of them be read? */
bool pss_fields_are_whole(struct pss_fields fields);

/* A number that is not 0. */
bool pss_fields_flag(struct pss_fields fields, enum pss_tag tag);

/* COLUMNS and ROWS, each PSS_SIZE_MAX at most; 0: absent. */
struct pss_size {
	unsigned columns, rows;
};
struct pss_size pss_fields_size(struct pss_fields fields);

/* The value of one field read with pss_fields_next(); NULL, or `fallback`, if it is not of that form. */
const char *pss_field_text(const struct pss_field *field);
uint64_t pss_field_number(const struct pss_field *field, uint64_t fallback);
