/* SPDX-License-Identifier: MIT */
/* What the files of the engine share; nobody else includes it. */
#pragma once

#include "copy/sftp/codec.h"
#include "copy/sftp/stream.h"

typedef struct PssSftpFile PssSftpFile;

/* The answer to one request. `type` PSS_FXP_STATUS: code and, where it is bad, the server's text. */
typedef struct {
	PssFxp type;
	PssFxpReader body;
	guint32 code;
	const char *text; /* made safe to show; NULL: none */
} PssSftpReply;

typedef void (*PssSftpReplyFunc)(PssSftp *sftp, gpointer user, const PssSftpReply *reply);

/* What a request does to the account of open files. */
typedef enum { PSS_SFTP_PLAIN, PSS_SFTP_OPENS, PSS_SFTP_CLOSES } PssSftpEffect;

typedef enum { PSS_SFTP_NO_LOAD, PSS_SFTP_READS, PSS_SFTP_WRITES, PSS_SFTP_N_LOADS } PssSftpLoad;

typedef struct {
	PssSftpReplyFunc on_reply; /* or NULL */
	gpointer user;             /* with a file: borrowed; without: on_reply frees it by g_free() */
	PssSftpFile *file;         /* a reference, or NULL; is it gone, then on_reply is not called */
	PssSftpEffect effect;
	PssSftpLoad load; /* what `weight` bytes of count for */
	gsize weight;
	gint64 sent_at;
} PssSftpRequest;

/* How much may be on the way (depth.c). */
typedef struct {
	gsize limit, max;
	gboolean was_full;  /* in this round: there was something to ask for, and no room */
	gint64 round_began; /* microseconds, as of g_get_monotonic_time() */
	gsize n_answered;   /* bytes, in this round */
	double best_rate;   /* of a round after which it grew; bytes in a microsecond */
	gint64 latency;     /* of the last answer */
} PssSftpDepth;

struct PssSftp {
	PssSftpStream *stream; /* NULL: lost */
	const PssSftpEvents *events;
	gpointer user;
	guint n_references;
	gboolean is_freed;
	char *why_lost;
	guint later;                   /* source: see pss_sftp_go_on_later() */
	guint patience;                /* source; 0: none */
	gboolean has_heard, is_paused; /* since that source ran last */

	gboolean is_ready;
	guint can;
	gsize chunk[PSS_SFTP_N_LOADS]; /* bytes of one READ or WRITE */
	guint32 next_id;
	GHashTable *requests; /* id: PssSftpRequest */
	gint64 round_trip;

	PssSftpDepth depth[PSS_SFTP_N_LOADS];
	gsize in_flight[PSS_SFTP_N_LOADS];
	gboolean reads_short; /* a READ had less than it asked for, before the file's end */
	gsize n_early;        /* bytes that came while others in front of them were missing */

	guint files_limit, files_max; /* that may be open: by the round trip; by the server's handles */
	guint n_open;                 /* from the request to open to the answer to the close */
	GQueue waiting;               /* PssSftpFile, not asked for yet */
	GQueue files;                 /* PssSftpFile, all that are not gone */
	GQueue active;                /* PssSftpFile, open, that may have something to ask */
	gboolean was_full;
};

/* ---- sftp.c */
/* Sends the packet, which has the id's place filled with 0 behind its type, and takes it; *request is copied. */
void pss_sftp_request(PssSftp *sftp, GByteArray *packet, const PssSftpRequest *request);
GByteArray *pss_sftp_packet(PssFxp type); /* with room for the id */
GByteArray *pss_sftp_extended(const char *name);
void pss_sftp_ref(PssSftp *sftp);
void pss_sftp_unref(PssSftp *sftp);

/* Files go on, or the requests on a lost connection fail: from the main loop. */
void pss_sftp_go_on_later(PssSftp *sftp);

/* ---- requests.c */
GByteArray *pss_sftp_rename_packet(const PssSftp *sftp, const char *old_path, const char *new_path);

/* ---- reply.c */
/* NULL: it is the answer that was wanted (for PSS_FXP_STATUS: done). Else why not; the caller's. */
GError *pss_sftp_reply_error(const PssSftpReply *reply, PssFxp wanted);
GError *pss_sftp_bad_reply(void);
void pss_sftp_reply_parse(PssSftpReply *ret_reply, PssFxp type, const PssFxpReader *body, char **ret_text);

/* ---- depth.c */
void pss_sftp_depth_init(PssSftpDepth *depth, gsize first, gsize max);
/* An answer for n bytes came, to what was asked for at `sent_at`; the quickest ever took `round_trip` microseconds. */
void pss_sftp_depth_learn(PssSftpDepth *depth, gsize n, gint64 sent_at, gint64 now, gint64 round_trip);
/* May no more than `used` be on the way? Takes note of it. */
gboolean pss_sftp_depth_is_full(PssSftpDepth *depth, gsize used);
/* How many files to have open at a time, so that a server that is so many microseconds away does not wait for us. */
guint pss_sftp_files_for(gint64 round_trip, guint max);

/* What became of a file's turn to ask for a chunk or to send one. */
typedef enum {
	PSS_SFTP_PUMP_IDLE, /* it wants nothing: the turn comes again when it is activated */
	PSS_SFTP_PUMP_MORE, /* it has had one, and may want another */
	PSS_SFTP_PUMP_FULL, /* there is no room for it */
} PssSftpPumped;

/* ---- file.c: what gets, puts and lists have in common, which embed it as their first member */
typedef struct {
	GByteArray *(*open)(PssSftpFile *file); /* the request that opens it */
	void (*on_open)(PssSftpFile *file);
	/* It could not be opened, or the connection is lost. Ends it. */
	void (*on_failed)(PssSftpFile *file, const GError *error);
	PssSftpPumped (*pump)(PssSftpFile *file);
	/* Its connection is freed: it leaves, and nothing is said. */
	void (*abandon)(PssSftpFile *file);
	void (*free)(PssSftpFile *file);
} PssSftpFileOps;

struct PssSftpFile {
	const PssSftpFileOps *ops;
	PssSftp *sftp;
	guint n_references; /* requests under way, and one while it is not gone */
	gboolean is_gone;
	gboolean is_waiting, is_open;
	GList in_files, in_active; /* link->data: itself */
	gsize n_handle;
	guint8 handle[PSS_SFTP_HANDLE_MAX];
};

void pss_sftp_file_init(PssSftpFile *file, PssSftp *sftp, const PssSftpFileOps *ops);
void pss_sftp_file_unref(PssSftpFile *file);
/* Nothing is said of it any more; where it is open it is closed. Frees it, now or when the last answer has come. */
void pss_sftp_file_leave(PssSftpFile *file);
/* A packet that begins with the handle. */
GByteArray *pss_sftp_file_packet(const PssSftpFile *file, PssFxp type);
void pss_sftp_file_request(PssSftpFile *file, GByteArray *packet, PssSftpReplyFunc on_reply, gpointer user);
/* One that puts `weight` bytes on the way. */
void pss_sftp_file_load(PssSftpFile *file, GByteArray *packet, PssSftpLoad load, gsize weight,
			PssSftpReplyFunc on_reply, gpointer user);
void pss_sftp_file_close(PssSftpFile *file, PssSftpReplyFunc on_reply); /* NULL: nobody wants to know */
/* One that was closed: opened once more, behind those that wait. */
void pss_sftp_file_open_again(PssSftpFile *file);
/* It has something to ask for: pump() is called, in turn with others. */
void pss_sftp_file_activate(PssSftpFile *file);
/* Files in turn, as long as there is room. */
void pss_sftp_files_start(PssSftp *sftp);
void pss_sftp_files_pump(PssSftp *sftp);
/* For the dispatcher. */
void pss_sftp_files_account(PssSftp *sftp, const PssSftpRequest *request, const PssSftpReply *reply);
void pss_sftp_files_fail(PssSftp *sftp, const GError *error);
