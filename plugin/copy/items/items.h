/* SPDX-License-Identifier: MIT */
/* One run of the program: places, transfers between two of them, and the items that these consist of; and the tables
 * through which they call what stands above them. Everything runs in the default main context. */
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include "copy/channel/channels.h"
#include "copy/channel/part.h"
#include "copy/items/seen.h"
#include "copy/local/claims.h"
#include "copy/local/folder.h"
#include "copy/verb/request.h"
#include "copy/verb/verb-link.h"
#include "copy/sftp/sftp.h"

typedef struct PssCopy PssCopy;
typedef struct PssPlace PssPlace;
typedef struct PssTransfer PssTransfer;
typedef struct PssItem PssItem;
typedef struct PssCopying PssCopying;
typedef struct PssCopyListing PssCopyListing;
typedef struct PssTree PssTree;
typedef struct PssCopyOps PssCopyOps;

/* ---- copy.c: a run of the program */

struct PssCopy {
	const PssCopyOps *ops;
	PssCopyRequest *request;
	PssVerbLink *verb;
	GMainLoop *loop;
	PssChannels *channels;
	PssClaims *claims;
	GPtrArray *places;    /* of PssPlace; NULL for the first */
	GPtrArray *transfers; /* of PssTransfer, in the order of their destinations */
	guint n_begun, n_running;
	mode_t umask;  /* of this process */
	guint at_once; /* files, and as many that wait: descriptors suffice for these and for their directories */
	struct {
		guint64 files, files_done, bytes, bytes_done;
		guint64 bytes_moved; /* without those that were there already, and with those that were moved in vain */
		gint64 begun_at;     /* microseconds */
	} counts;
	GHashTable *said;   /* lines of errors of here, or NULL */
	const char *listed; /* the directory that is, and nothing is copied; or NULL */
	gboolean is_stopping, is_finished;
	guint n_unanswered; /* errors after which the verb may want an end, where it says so */
	GQueue removals;    /* of what is half done elsewhere, not answered yet (half.c) */
};

void pss_copy_begin_some(PssCopy *copy); /* as many transfers as -ThrottleLimit lets */
void pss_copy_check_stopped(PssCopy *copy);
void pss_copy_end_stopped(PssCopy *copy); /* whatever is not removed */
void pss_copy_end(PssCopy *copy);         /* the verb hears that it is done, and the loop ends */

/* ---- place.c: another computer, and the channel to it */

typedef enum {
	PSS_PLACE_NEW,
	PSS_PLACE_OPENING,
	PSS_PLACE_READY,
	PSS_PLACE_CUT, /* its channel has ended; why is still to come */
	PSS_PLACE_LOST
} PssPlaceState;

#define PSS_MORE_CHANNELS 3

/* One beside a place's own. */
typedef struct {
	PssPlace *place;
	guint32 id;
	PssSftp *sftp; /* NULL: not opened */
} PssMoreChannel;

struct PssPlace {
	PssCopy *copy;
	guint number;
	const char *label;
	PssPlaceState state;
	guint32 id;    /* of its channel */
	PssSftp *sftp; /* from OPENING on, when there is a channel */
	GSList *lost;  /* of PssSftp: that it had before it was cut */
	PssMoreChannel widened[PSS_MORE_CHANNELS];
	GPtrArray *more;      /* of PssSftp: channels beside it that are ready, for large files; NULL: not asked for */
	gboolean is_greeted;  /* the server has said that it is one of SFTP */
	gboolean is_spoilt;   /* what it has sent instead is no SFTP */
	gboolean is_given_up; /* it is left from here, as why_lost says */
	gboolean by_shell;    /* no such server: a remote sh serves in its place (copy/shell) */
	gboolean knows_user;  /* or does not want to: files may begin */
	gboolean is_root;     /* as far as the owner of the home directory tells */
	char *directory;      /* where relative paths begin; NULL: where the server does */
	char *home;           /* … and that, once it is known to be wanted; or NULL */
	gboolean survives;    /* its session comes back by itself when its connection is cut, and the copy goes on */
	guint64 progress;     /* bytes and files of the copy at the last cut, */
	guint n_cuts;         /* and how many there have been since */
	guint deciding;       /* source, in PSS_PLACE_CUT */
	gboolean has_ended;   /* the channel, as the verb says: */
	enum pss_status status_lost;
	char *why_lost;
	char *left; /* the path of something half that could not be removed, or NULL; */
	guint n_left;
	gboolean left_is_known; /* a later copy finds it */
	gboolean is_reported;
};

PssPlace *pss_place_new(PssCopy *copy, guint number, const char *label);
void pss_place_free(gpointer place); /* accepts NULL */
/* Opens it where that has not been done; pss_transfer_on_place() follows for each transfer that is there. */
void pss_place_open(PssPlace *place);
/* Its channel is gone, as whatever was under way there finds out, too: the transfers wait. Where the session survives
 * that another channel is opened, else the transfers end. */
void pss_place_cut(PssPlace *place, const char *why);
/* Asks for three more channels, once: each has a window of its own. Those that the server refuses are not missed. */
void pss_place_widen(PssPlace *place);
/* A path as the user gave it, as the server is to get it. A `~` at its front stays. Free with g_free(). */
char *pss_place_path(const PssPlace *place, const char *path);

/* ---- what a transfer does at either end: copy/sides. Answers come by the functions of item.c and
 * transfer.c named here, perhaps before the call has returned. */

typedef struct {
	/* As source. */
	void (*find)(PssTransfer *transfer,
		     const PssOperand *operand); /* pss_transfer_found() each, pss_transfer_searched() */
	void (*list)(PssItem *directory);        /* pss_item_found() each, pss_item_listed() */
	void (*read_link)(PssItem *link);        /* pss_item_link_read() */
	/* As destination. */
	void (*resolve)(PssTransfer *transfer);             /* pss_transfer_resolved() */
	void (*make)(PssItem *directory);                   /* pss_item_made() */
	void (*look)(PssItem *item);                        /* pss_item_looked() */
	void (*make_link)(PssItem *link, const char *text); /* pss_item_done() */
	void (*set)(PssItem *directory);                    /* pss_item_set(): mode and times, in the end */
} PssSide;

/* ---- what a transfer and its items call without knowing it: copy/run hands it to the copy */

/* A directory with all that is in it, as one stream of a remote tar. */
typedef struct {
	/* Opens a channel for it while nobody knows yet whether there is one; where one may be. */
	void (*prepare)(PssTransfer *transfer);
	/* FALSE: it goes by SFTP. Else the directory is the tree's; pss_item_walk_when_ready() follows for what the
	 * stream has left. */
	gboolean (*begin)(PssItem *directory);
	gboolean (*is_under_way)(const PssTransfer *transfer);
	void (*pump)(PssTransfer *transfer);
	void (*stop)(PssTransfer *transfer); /* what is half done is removed */
	/* The file whose content comes may be written: pss_item_done() or pss_item_failed_there() follows. */
	void (*content)(PssItem *item);
} PssTreeOps;

/* Listings of what is elsewhere. */
typedef struct {
	void (*on_place)(PssCopy *copy, const PssPlace *place); /* of PssCopy.listed: it is ready, or lost */
	/* All that is below the one source of a transfer: */
	PssCopyListing *(*begin)(PssTransfer *transfer); /* NULL: not of this transfer */
	void (*go_on)(PssCopyListing *found);            /* there may be room again; accepts NULL */
	void (*free)(PssCopyListing *found);             /* accepts NULL */
} PssListingOps;

struct PssCopyOps {
	const PssSide *local, *remote;
	/* The content of one file: from here, to here, and from elsewhere to elsewhere. Each ends by pss_item_done() or
	 * pss_item_failed_there(). */
	void (*copy_up)(PssItem *item);
	void (*copy_down)(PssItem *item);
	void (*copy_across)(PssItem *item);
	const PssTreeOps *trees;
	const PssListingOps *listings;
};

/* ---- transfer.c: from one place to one place */

typedef enum {
	PSS_TRANSFER_NEW,
	PSS_TRANSFER_OPENING,
	PSS_TRANSFER_RESOLVING,
	PSS_TRANSFER_RUNNING,
	PSS_TRANSFER_DONE
} PssTransferState;

struct PssTransfer {
	PssCopy *copy;
	PssPlace *from, *to; /* NULL: this computer */
	const PssSide *source, *destination;
	GQueue operands;    /* of PssOperand, that have not been looked for */
	const char *target; /* as the user gave it */
	char *subdirectory; /* of the target, for this place's; or NULL */
	guint n_sources;    /* of the whole request */
	PssTransferState state;

	PssItem *root;            /* the directory that all goes into */
	char *as;                 /* the name that the one source gets there; or NULL: its own */
	gboolean needs_directory; /* more than one thing goes to the target */

	GQueue directories;  /* of PssItem: to be made and listed, the last first */
	GQueue files, links; /* of PssItem, to be copied */
	guint n_searching, n_listing, n_making;
	guint n_waiting;       /* files whose directory is not made yet */
	GHashTable *active;    /* of PssItem */
	guint n_items;         /* that are not freed, without the root */
	guint32 claim;         /* what names of parts have in them that a later copy finds; 0: none has */
	GHashTable *parts;     /* paths of targets, borrowed of their items, whose parts have such a name now */
	GQueue again;          /* of what is done once more when both places are ready (item.c) */
	PssCopyListing *found; /* of the one source, with -Update; or NULL */
	PssTree *tree;         /* a stream, that is under way or prepared; or NULL */
	gboolean has_no_tree;  /* there can be none */
	PssSeen *seen;         /* what streams have copied; or NULL */
	gboolean is_again;     /* SFTP does what a stream has left */
	gboolean is_pumping;
	guint64 bytes, bytes_done; /* for who is slowest */
};

PssTransfer *pss_transfer_new(PssCopy *copy, PssPlace *from, PssPlace *to, const char *target);
void pss_transfer_free(gpointer transfer);
void pss_transfer_pump(PssTransfer *transfer);
/* Gives up what is under way, and removes what is half done. */
void pss_transfer_stop(PssTransfer *transfer);
/* So many files, of so many bytes, have not been copied after all. */
void pss_transfer_uncount(PssTransfer *transfer, guint64 files, guint64 bytes);
/* Is there room for more of what is found? */
gboolean pss_transfer_may_look_for_more(const PssTransfer *transfer);
/* The place that a user knows it by. */
const PssPlace *pss_transfer_place(const PssTransfer *transfer);

/* Something to be copied: `path` as it is shown and the server is to get it, `folder` (here) the directory it is in,
 * `name` its name there. Links have been followed. */
void pss_transfer_found(PssTransfer *transfer, const char *path, PssFolder *folder, const char *name,
			const PssSftpAttributes *attributes);
void pss_transfer_searched(PssTransfer *transfer);
/* What the target is. `path` and `folder` (here; else NULL) are those of the directory that all goes into; `as`: the
 * name there of the one thing, or NULL; `existed`: something can be there. Or an error. */
void pss_transfer_resolved(PssTransfer *transfer, const char *path, PssFolder *folder, const char *as, gboolean existed,
			   const GError *error);

/* ---- item.c: a file, directory or link on its way */

struct PssItem {
	PssTransfer *transfer;
	PssItem *parent, *into; /* its directories at either end; references; NULL: the root */
	guint n_references, depth;
	char *name, *as;                          /* in them */
	char *source_path, *target_path;          /* as they are shown, and as servers get them */
	PssFolder *source_folder, *target_folder; /* of a directory, at an end that is here */
	PssSftpAttributes attributes;             /* at the source */
	gboolean is_operand;                      /* a link is followed */
	gboolean is_contents;                     /* its content goes right into the root */
	gboolean is_listed;                       /* a directory: what is in it is found without its being listed */
	/* a directory */
	gboolean is_ready, has_failed, existed;
	GQueue waiting;   /* of PssItem */
	GHashTable *seen; /* names that were found in it, where it may have to be listed once more; or NULL */
	/* a file */
	gboolean replaces; /* something with mode `old_mode` */
	guint32 old_mode;
	gboolean is_streamed; /* its content comes with the transfer's stream */
	char *text;           /* of a link, where it is known already; or NULL */
	PssCopying *copying;  /* or NULL */
	guint64 n_copied;
	char *part;             /* the name that it is written under, once it has one (half.c) */
	gboolean part_is_known; /* it is one that a later copy finds */
	gboolean goes_on;       /* with its part: this copy was cut */
};

PssItem *pss_item_ref(PssItem *item);
void pss_item_unref(PssItem *item);
void pss_item_forget(PssItem *item); /* a file whose copying was given up, and will be begun again */
/* Makes it and lists it, or copies it. */
void pss_item_begin(PssItem *item);
void pss_item_make(PssItem *directory); /* pss_item_made() follows */
/* Makes it, where that has not been done, and lists it; perhaps behind a cut. */
void pss_item_walk_when_ready(PssItem *directory);
/* What was found in a directory; NULL: it is not copied, which has been said where it is an error. */
PssItem *pss_item_of(PssItem *directory, const char *name, const PssSftpAttributes *attributes);

void pss_item_found(PssItem *directory, const char *name, const PssSftpAttributes *attributes);
void pss_item_listed(PssItem *directory, const GError *error);
void pss_item_link_read(PssItem *link, const char *text, const GError *error);
void pss_item_made(PssItem *directory, gboolean existed, const GError *error);
/* `there` NULL: nothing. */
void pss_item_looked(PssItem *item, const PssSftpAttributes *there, const GError *error);
void pss_item_done(PssItem *item, const GError *error);         /* the source's path is named */
void pss_item_failed_there(PssItem *item, const GError *error); /* the same; the target's is */
void pss_item_set(PssItem *directory, const GError *error);
void pss_item_moved(PssItem *item, guint64 n); /* so many bytes more have been copied */
void pss_item_has(PssItem *item, guint64 n);   /* so many are there already */

/* What is to be kept of it at the destination. */
PssKept pss_item_kept(const PssItem *item);
PssSftpAttributes pss_item_kept_attributes(const PssItem *item);

/* ---- the content of a file on its way: copy/files, and with a stream copy/trees */

struct PssCopying {
	void (*stop)(PssItem *item); /* frees it, and removes what there is so far */
	/* where it is written elsewhere: */
	char *beside;        /* the path of the part */
	gboolean has_part;   /* an earlier copy has left it, or */
	gboolean has_begun;  /* this one has made it */
	gboolean is_cleared; /* what was there before has been removed */
	PssPartCheck *check; /* or NULL */
};

/* ---- half.c: what is not whole yet, its name, and what becomes of it when it cannot be */

/* The name that the item is written under, beside its own; the same each time. */
const char *pss_half_name(PssItem *item);
/* Is what is there under that name to be gone on with? */
gboolean pss_half_goes_on(const PssItem *item);
/* The path of a part elsewhere, for item->copying, which is new. `begin` gets how much is there of `source`: 0, or what
 * an earlier copy has left; perhaps before the call has returned. */
void pss_half_find(PssItem *item, const PssPartFile *source, void (*begin)(PssItem *item, guint64 part));
/* TRUE: it could not be made because an earlier copy has left one, which is removed; `again` follows. */
gboolean pss_half_clear(PssItem *item, const GError *error, void (*again)(PssItem *item, guint64 part));
void pss_half_finish(PssCopying *copying); /* frees the members */

/* Why could it not be written? An error that says more is reported, if one can be found, and the part is removed
 * (NULL: none). */
void pss_half_explain(PssItem *item, const char *part, const GError *error);
/* Removes it; the program waits for that. */
void pss_half_remove(PssItem *item, const char *part);
void pss_half_give_up(PssCopy *copy); /* what is not removed by now is left */

/* ---- report.c */

void pss_report_error(PssCopy *copy, const PssPlace *place, const char *path, const char *message);
/* The same of what has come to no item: a source that is not there or is not copied, a destination that is of no use.
 * -Json has an object for it. */
void pss_report_source(const PssTransfer *transfer, const char *path, const char *why);
void pss_report_destination(const PssTransfer *transfer, const char *path, const char *why);
void pss_report_warning(PssCopy *copy, const PssPlace *place, const char *path, const char *message);
/* With -Verbose: the directory goes as one stream. */
void pss_report_stream(const PssItem *directory);
/* With -Verbose: an earlier copy has left so many bytes, which are gone on behind, or are of another file. */
void pss_report_part(const PssItem *item, guint64 part, gboolean same);
void pss_report_progress_begin(PssCopy *copy);

/* "DIRECTORY/NAME". Free with g_free(). */
char *pss_path_join(const char *directory, const char *name);
