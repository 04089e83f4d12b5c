/* SPDX-License-Identifier: MIT */
/* A client of SFTP version 3 (draft-ietf-secsh-filexfer-02, with the extensions of OpenSSH's PROTOCOL, section 4) over
 * a descriptor that leads to a server. All of it runs in the default main context; nothing blocks, and nothing calls
 * back before the function that started it has returned.
 *
 * Any number of operations may be under way at once. Each ends by its last callback, with an error or without, or
 * without one where pss_sftp_free() or its own _free() comes first; both are allowed inside every callback. Errors are
 * borrowed for the call. Paths and names are bytes without NUL; a relative path starts where the server put us (the
 * home directory, as a rule). Everything that is handed in is copied; everything handed out is borrowed for the call.
 */
#pragma once

#include <glib.h>

/* A server's answer, with its text made safe to show, or what we say of a server that has broken off. Codes are those
 * of SSH_FXP_STATUS; from PSS_SFTP_LOCAL on they are ours. */
#define PSS_SFTP_ERROR (pss_sftp_error_quark())
GQuark pss_sftp_error_quark(void);
typedef enum {
	PSS_SFTP_EOF = 1,
	PSS_SFTP_NO_SUCH_FILE = 2,
	PSS_SFTP_PERMISSION_DENIED = 3,
	PSS_SFTP_FAILURE = 4, /* anything else: it exists, the disk is full, a directory is not empty */
	PSS_SFTP_BAD_MESSAGE = 5,
	PSS_SFTP_NO_CONNECTION = 6,
	PSS_SFTP_CONNECTION_LOST = 7, /* the stream has ended, or what came is no SFTP; every operation fails with it */
	PSS_SFTP_UNSUPPORTED = 8,
	PSS_SFTP_LOCAL = 100, /* on_read of a put gave up */
	PSS_SFTP_CHANGED,     /* a file became shorter while it was read */
} PssSftpStatus;

/* ---- attributes */

typedef enum {
	PSS_SFTP_HAS_SIZE = 1,
	PSS_SFTP_HAS_OWNER = 2,
	PSS_SFTP_HAS_MODE = 4,
	PSS_SFTP_HAS_TIMES = 8,
} PssSftpHas;

typedef struct {
	guint32 has; /* PssSftpHas: which of these are known, or to be set */
	guint64 size;
	guint32 uid, gid;
	guint32 mode;         /* with the type of the file, as st_mode */
	guint32 atime, mtime; /* seconds since 1970 */
} PssSftpAttributes;

/* ---- the connection */

typedef struct PssSftp PssSftp;

typedef struct {
	/* The server has said what it is: operations may be started, and limits are known or 32 KiB. */
	void (*on_ready)(gpointer user);
	/* pss_sftp_room() has been 0 and is not any more. May be NULL. */
	void (*on_room)(gpointer user);
	/* Nothing goes any more; all operations have failed with PSS_SFTP_CONNECTION_LOST before. The code of this is
	 * PSS_SFTP_BAD_MESSAGE where what came is no SFTP, or none that is known here. The last event. */
	void (*on_lost)(gpointer user, const GError *error);
} PssSftpEvents;

typedef enum {
	PSS_SFTP_CAN_POSIX_RENAME = 1 << 0,
	PSS_SFTP_CAN_STATVFS = 1 << 1,
	PSS_SFTP_CAN_FSYNC = 1 << 2,
	PSS_SFTP_CAN_LSETSTAT = 1 << 3,
	PSS_SFTP_CAN_LIMITS = 1 << 4,
	PSS_SFTP_CAN_EXPAND_PATH = 1 << 5, /* `~user/x` */
	PSS_SFTP_CAN_COPY_DATA = 1 << 6,
	PSS_SFTP_CAN_HARDLINK = 1 << 7,
	PSS_SFTP_CAN_USERS_GROUPS = 1 << 8,
	PSS_SFTP_HAS_ONE_CHANNEL =
		1 << 9, /* files are only appended to: pss_sftp_put_join() is of no use (copy/shell) */
} PssSftpCan;

/* Takes the descriptor over (a stream socket or a pipe pair's socket; made non-blocking) and greets the server at once.
 * `events` must outlive it. Never NULL. */
PssSftp *pss_sftp_new(int fd, const PssSftpEvents *events, gpointer user);
void pss_sftp_free(PssSftp *sftp); /* accepts NULL; says nothing more of any operation */

/* Bits of PssSftpCan; 0 before on_ready. */
guint pss_sftp_can(const PssSftp *sftp);

/* How many more files (gets, puts, lists) are welcome now: so many that the line stays full, and no more. Those beyond
 * wait inside, in order. A caller that has thousands asks here, and goes on in
 * on_room. */
guint pss_sftp_room(const PssSftp *sftp);

/* Nothing is read from the server, so no callback of a get or list comes, and in the end the server stops: for who
 * cannot take more. What has been parsed still comes. */
void pss_sftp_pause(PssSftp *sftp, gboolean paused);

/* One of `n` connections that are read from at the same time: what is asked for may all come at once, and wait in
 * memory until its file takes it. 1 at first. */
void pss_sftp_set_share(PssSftp *sftp, guint n);

/* It is lost when nothing has come for so long while something is asked for: 120 s at first, 0 for ever. A fifo that
 * was opened blocks a server for good, and all that stands behind it. */
void pss_sftp_set_patience(PssSftp *sftp, guint milliseconds);

/* Microseconds: the quickest answer so far. */
gint64 pss_sftp_round_trip(const PssSftp *sftp);

/* ---- single requests. `done` may be NULL where nobody wants to know. */

typedef void (*PssSftpDone)(gpointer user, const GError *error);
typedef void (*PssSftpAttributesDone)(gpointer user, const PssSftpAttributes *attributes, const GError *error);
typedef void (*PssSftpPathDone)(gpointer user, const char *path, const GError *error);

typedef struct {
	guint64 block_size, n_blocks, n_free, n_available; /* as statvfs(3): f_frsize, f_blocks, f_bfree, f_bavail */
	guint64 n_files, n_files_free;
	gboolean is_read_only;
	guint64 name_max;
} PssSftpSpace;
typedef void (*PssSftpSpaceDone)(gpointer user, const PssSftpSpace *space, const GError *error);

void pss_sftp_stat(PssSftp *sftp, const char *path, PssSftpAttributesDone done, gpointer user);
void pss_sftp_lstat(PssSftp *sftp, const char *path, PssSftpAttributesDone done, gpointer user);
void pss_sftp_real_path(PssSftp *sftp, const char *path, PssSftpPathDone done, gpointer user);
/* The same, with `~` and `~user` at the front: PSS_SFTP_UNSUPPORTED for a `~user` where the server cannot. `~` and
 * `~/x` always go. */
void pss_sftp_expand_path(PssSftp *sftp, const char *path, PssSftpPathDone done, gpointer user);
void pss_sftp_read_link(PssSftp *sftp, const char *path, PssSftpPathDone done, gpointer user);

void pss_sftp_make_directory(PssSftp *sftp, const char *path, guint32 mode, PssSftpDone done, gpointer user);
void pss_sftp_remove_directory(PssSftp *sftp, const char *path, PssSftpDone done, gpointer user);
void pss_sftp_remove(PssSftp *sftp, const char *path, PssSftpDone done, gpointer user);
/* Makes `path` a link whose text is `text`. (OpenSSH has the two the wrong way round on the wire, and all others do as
 * OpenSSH.) */
void pss_sftp_symlink(PssSftp *sftp, const char *text, const char *path, PssSftpDone done, gpointer user);
void pss_sftp_hard_link(PssSftp *sftp, const char *old_path, const char *new_path, PssSftpDone done, gpointer user);

/* Replaces what is there, in one step, with PSS_SFTP_CAN_POSIX_RENAME; else fails where something is. */
void pss_sftp_rename(PssSftp *sftp, const char *old_path, const char *new_path, PssSftpDone done, gpointer user);

/* Follows a link; the other one does not (PSS_SFTP_UNSUPPORTED where the server cannot). */
void pss_sftp_set_attributes(PssSftp *sftp, const char *path, const PssSftpAttributes *attributes, PssSftpDone done,
			     gpointer user);
void pss_sftp_set_link_attributes(PssSftp *sftp, const char *path, const PssSftpAttributes *attributes,
				  PssSftpDone done, gpointer user);
void pss_sftp_space(PssSftp *sftp, const char *path, PssSftpSpaceDone done, gpointer user);

/* ---- a directory, in a stream */

typedef struct PssSftpList PssSftpList;

typedef struct {
	const char *name;             /* one component: not empty, no '/', neither "." nor ".." */
	PssSftpAttributes attributes; /* as lstat */
} PssSftpEntry;

typedef struct {
	void (*on_entry)(gpointer user, const PssSftpEntry *entry);
	/* The server listed something that is no name in a directory ("../x", "/x", "a/b", "", with a NUL): made safe
	 * to show. It is never an entry. May be NULL. */
	void (*on_bad_name)(gpointer user, const char *shown);
	void (*on_done)(gpointer user, const GError *error);
} PssSftpListEvents;

/* `events` must outlive it. It is gone behind on_done. */
PssSftpList *pss_sftp_list(PssSftp *sftp, const char *path, const PssSftpListEvents *events, gpointer user);
void pss_sftp_list_free(PssSftpList *list); /* before on_done: nothing more is said; the server's handle is closed */

/* ---- reading a file */

typedef struct PssSftpGet PssSftpGet;

#define PSS_SFTP_SIZE_UNKNOWN G_MAXUINT64

typedef struct {
	const char *path;
	guint64 offset; /* the first byte that is wanted */
	guint64 size;   /* of the whole file, as a listing has it: saves a round trip; or PSS_SFTP_SIZE_UNKNOWN */
} PssSftpGetRequest;

typedef struct {
	/* What the open file is, before its data: asked for only where this is not NULL or the size is unknown. */
	void (*on_attributes)(gpointer user, const PssSftpAttributes *attributes);
	/* In order and without gaps, from the request's offset on. */
	void (*on_data)(gpointer user, guint64 offset, const void *data, gsize n);
	/* The last. `end` is behind the last byte. `has_more`: the file has become longer than its size was, and what
	 * came is its first `size` bytes; a size of 0 (proc) is not believed, and all is read. PSS_SFTP_CHANGED where
	 * it ended earlier. */
	void (*on_done)(gpointer user, guint64 end, gboolean has_more, const GError *error);
} PssSftpGetEvents;

/* Only for regular files, as lstat says: opening a fifo would block the server, and all behind it. */
PssSftpGet *pss_sftp_get(PssSftp *sftp, const PssSftpGetRequest *request, const PssSftpGetEvents *events,
			 gpointer user);
void pss_sftp_get_free(PssSftpGet *get); /* before on_done */

/* ---- writing a file */

typedef struct PssSftpPut PssSftpPut;

typedef struct {
	const char *path; /* what is written */
	gboolean is_new;  /* fails where it exists (O_EXCL); else it is made where it does not */
	guint64 offset;   /* where on_read begins; what is in front stays. 0 and not is_new: it is emptied first */
	guint64 size;     /* that it will have, as far as that is known: no more room is taken for it; or 0 */
	guint32 mode;     /* that it is made with; use 0600, and `attributes` for the rest */
	PssSftpAttributes attributes; /* set when all is written, or `has` 0 */
	gboolean syncs;               /* fsync@openssh.com in front of the rename, where the server can */
	const char *rename; /* its name when all of this has succeeded, as pss_sftp_rename(); NULL: it keeps its own */
} PssSftpPutRequest;

enum { PSS_SFTP_END = 0, PSS_SFTP_LATER = -1, PSS_SFTP_GIVE_UP = -2 };

typedef struct {
	/* Puts at most n bytes of what stands at *offset into `buffer` and says how many. Where a hole is, *offset may
	 * be moved forward first. PSS_SFTP_END: the file is *offset long. PSS_SFTP_LATER: pss_sftp_put_continue() will
	 * follow. PSS_SFTP_GIVE_UP: on_done comes with PSS_SFTP_LOCAL. Must not free the put. */
	gssize (*on_read)(gpointer user, guint64 *offset, void *buffer, gsize n);
	/* All in front of `offset` has been written there. May be NULL. */
	void (*on_written)(gpointer user, guint64 offset);
	/* The last. With an error `path` is left as far as it came (or was not made): the caller removes it, or resumes
	 * from the last on_written. */
	void (*on_done)(gpointer user, const GError *error);
} PssSftpPutEvents;

PssSftpPut *pss_sftp_put(PssSftp *sftp, const PssSftpPutRequest *request, const PssSftpPutEvents *events,
			 gpointer user);
void pss_sftp_put_continue(PssSftpPut *put);
void pss_sftp_put_free(PssSftpPut *put); /* before on_done */

/* Writes by this connection to the same server too (each channel has a window of its own). Ignored where `other` is
 * lost or full, or the file is not open yet (before the first on_written); when it is lost later, the put fails.
 * `other` must not be freed before the put is over. */
void pss_sftp_put_join(PssSftpPut *put, PssSftp *other);
/* Has the server's window been what held it up (not us, not its disk)? Then joining others helps on a long line. */
gboolean pss_sftp_put_is_held_up(const PssSftpPut *put);
