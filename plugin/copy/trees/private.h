/* SPDX-License-Identifier: MIT */
/* A directory with all that is in it, as one stream of a remote tar: for many files the quicker way. What does not go
 * by it, or cannot, goes by SFTP afterwards, so that each file has its line whatever happens. */
#pragma once

#include "base/fd-watch.h"
#include "copy/items/seen.h"
#include "copy/local/new-file.h"
#include "copy/local/old-file.h"
#include "copy/stream/reader.h"
#include "copy/stream/remote.h"
#include "copy/stream/writer.h"
#include "copy/trees/trees.h"

typedef enum {
	PSS_TREE_GREETING, /* the line in front of the archive is waited for */
	PSS_TREE_ARCHIVE,
	PSS_TREE_ANSWER, /* the one behind it */
	PSS_TREE_SAYING, /* what has been copied is said */
} PssTreePhase;

/* What is different up and down. */
typedef struct {
	gboolean greets_first;                       /* its line comes without paths */
	char *(*program)(PssTree *tree);             /* for the sh there; free with g_free() */
	gboolean (*is_possible)(PssItem *directory); /* a first look; may block for a moment */
	void (*on_opened)(PssTree *tree);            /* may ask before the directory is known */
	void (*begin)(PssTree *tree); /* the directory is known: pss_tree_ask() follows, or pss_tree_leave() */
	void (*on_greeted)(PssTree *tree, const char *words);
	void (*on_archive)(PssTree *tree); /* bytes may have come, or there is room for more */
	void (*on_answer)(PssTree *tree, const char *words);
	void (*finish)(PssTree *tree); /* its own; what is half done is removed */
} PssTreeWay;

extern const PssTreeWay pss_tree_down, pss_tree_up;

gboolean pss_tree_is_under_way(const PssTransfer *transfer);
void pss_tree_pump(PssTransfer *transfer);
void pss_tree_content(PssItem *item); /* of a file that comes down; see PssTreeOps */

struct PssTree {
	const PssTreeWay *way;
	PssTransfer *transfer;
	PssItem *root; /* NULL: not known */
	PssRemoteTar remote;
	guint32 channel;
	int fd;
	PssWatch *watch;
	PssTreePhase phase;
	guint8 *in; /* of PSS_TREE_IN bytes; those at `at` have not been taken */
	gsize n_in, at;
	GByteArray *out;
	char *early;         /* the path that has been asked for before the directory was known; or NULL */
	gboolean is_asked;   /* the paths have been sent */
	gboolean ends_here;  /* nothing more is to be sent */
	gboolean is_at_end;  /* of what comes */
	gboolean is_working; /* a function of `way` is on the stack */
	gboolean is_again;   /* not all has gone by it */
	gboolean is_over;
	guint over; /* a source of the main loop */
	guint patience;
	gint64 last_moved; /* microseconds */
	PssItem *file;     /* whose content comes or goes now; NULL: none, or it is of no use */
	/* down */
	PssTarReader *reader;
	GPtrArray *directories; /* of PssItem, from the root to where the archive is */
	PssNewFile *new_file;
	char *path; /* there, of the entry that comes */
	/* up */
	GQueue levels; /* of directories that are being sent, the innermost first */
	PssOldFile *old_file;
	guint64 offset;           /* in it, of what has been sent */
	GQueue sent;              /* of PssItem, that are said to be copied when the tree has its name */
	guint forbidden;          /* the umask there */
	guint handed_on;          /* bits of directories' modes that they have from the one they are in */
	guint64 n_files, n_bytes; /* that have been counted as copied */
};

#define PSS_TREE_IN (256u * 1024u)

/* ---- tree.c */

gboolean pss_tree_may_go_on(const PssTree *tree); /* errors have been answered, and there is room for more output */
/* Sends the paths. */
void pss_tree_ask(PssTree *tree, GString *paths);
/* It is over: the rest goes by SFTP where is_again. Frees the tree, from the main loop. */
void pss_tree_leave(PssTree *tree);
