/* SPDX-License-Identifier: MIT */
/* A directory that goes as an archive into a directory beside its name there, which gets the name when all has been
 * unpacked: tar writes into files under their own names, so that a tree that is there already goes by SFTP. A file is
 * in the archive only when it could be read; what is not in it goes by SFTP afterwards. Called by tree.c. */
#include "copy/trees/private.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "copy/local/beside.h"
#include "copy/shell/shell.h"
#include "copy/sides/sides.h"

#define OUT_MAX (256u * 1024u)
#define CHUNK (64u * 1024u)
#define SENT_MAX 20000 /* files that are kept in mind until the tree has its name */

/* A directory that is being sent. */
typedef struct {
	PssItem *directory;
	char *path; /* in the archive */
	GPtrArray *names;
	guint next;
} Level;

static gboolean preserves(const PssTree *tree)
{
	return tree->transfer->copy->request->preserve;
}

static gboolean sets_owner(const PssTree *tree)
{
	return preserves(tree) && tree->transfer->to->is_root;
}

static char *program(PssTree *tree)
{
	return pss_remote_tar_unpacker(&tree->remote, tree->transfer->copy->request->preserve);
}

static void give_up(PssTree *tree)
{
	tree->is_again = TRUE;
	pss_tree_leave(tree);
}

/* ---- is it worth it? */

static guint count_files(PssFolder *folder, guint depth, guint limit);

static guint count_one(PssFolder *folder, const char *name, guint depth, guint limit)
{
	struct stat st;

	if (!pss_folder_look(folder, name, &st, NULL))
		return 0;
	if (!S_ISDIR(st.st_mode))
		return S_ISREG(st.st_mode);
	g_autoptr(PssFolder) below = depth > 0 ? pss_folder_open_below(folder, name, NULL) : NULL;
	return below ? count_files(below, depth - 1, limit) : 0;
}

/* Up to `limit`, or a few more. */
static guint count_files(PssFolder *folder, guint depth, guint limit)
{
	g_autoptr(GPtrArray) names = pss_folder_list(folder, NULL);
	guint n = 0;

	for (guint i = 0; names && i < names->len && n < limit; i++)
		n += count_one(folder, names->pdata[i], depth, limit - n);
	return n;
}

/* With -PassThru and -Json each file is kept in mind up to the end. */
static gboolean is_possible(PssItem *directory)
{
	const PssCopyRequest *request = directory->transfer->copy->request;
	gboolean says_each = request->json || request->pass_thru;
	g_autoptr(PssFolder) folder = pss_folder_open(directory->source_path, NULL);

	if (!folder || directory->is_contents || directory->into->has_failed)
		return FALSE;
	guint n = count_files(folder, 64, says_each ? SENT_MAX + 1 : PSS_REMOTE_TAR_MIN + 1);
	return n > PSS_REMOTE_TAR_MIN && (!says_each || n <= SENT_MAX);
}

/* ---- where it is to be */

static void start(PssTree *tree);

static void ask(PssTree *tree)
{
	const PssItem *root = tree->root;
	g_autofree char *name = pss_beside_name(root->as);
	g_autofree char *beside = pss_path_join(root->into->target_path, name);
	GString *paths = g_string_new(NULL);

	pss_copy_shell_append_path(paths, beside);
	pss_copy_shell_append_path(paths, root->target_path);
	tree->is_asked = TRUE;
	pss_tree_ask(tree, paths);
	start(tree);
	pss_tree_pump(tree->transfer);
}

/* A directory hands its group on, with the bit that does so. In the same flight as the other question. */
static void on_into(gpointer user, const PssSftpAttributes *attributes, const GError *error)
{
	const PssTransfer *transfer = user;

	if (pss_tree_is_under_way(transfer) && !error)
		transfer->tree->handed_on = attributes->mode & S_ISGID;
}

static void on_target(gpointer user, const PssSftpAttributes *attributes, const GError *error)
{
	const PssTransfer *transfer = user;

	if (!pss_tree_is_under_way(transfer))
		return; /* stopped meanwhile */
	if (g_error_matches(error, PSS_SFTP_ERROR, PSS_SFTP_NO_SUCH_FILE))
		ask(transfer->tree);
	else
		give_up(transfer->tree);
}

static void on_opened(PssTree *tree)
{
}

static void begin(PssTree *tree)
{
	PssTransfer *transfer = tree->transfer;
	const char *into = transfer->root->target_path;

	pss_sftp_stat(transfer->to->sftp, *into ? into : ".", on_into, transfer);
	pss_sftp_lstat(transfer->to->sftp, tree->root->target_path, on_target, transfer);
}

/* ---- headers */

/* As SFTP has them: of a new file the umask there has its say, and nothing else but -Preserve keeps more. */
static guint32 mode_of(const PssTree *tree, const PssItem *item)
{
	guint32 mode = item->attributes.mode;

	return preserves(tree) ? mode & 07777 : mode & 0777 & ~tree->forbidden;
}

static void put_entry(PssTree *tree, PssTarKind kind, char *path, const char *link, const PssItem *item, guint32 mode)
{
	gboolean keeps_owner = sets_owner(tree);
	const PssTarEntry entry = {
		.kind = kind,
		.path = path,
		.link = (char *)link,
		.mode = mode,
		.uid = keeps_owner ? item->attributes.uid : 0,
		.gid = keeps_owner ? item->attributes.gid : 0,
		.size = kind == PSS_TAR_FILE ? item->attributes.size : 0,
		.mtime = item->attributes.mtime,
	};

	pss_tar_put_entry(tree->out, &entry);
}

/* A directory that has to be writable until all is in it, or whose time is kept, has its header behind that once more.
 */
static void put_directory(PssTree *tree, const Level *level)
{
	const PssItem *directory = level->directory;

	put_entry(tree, PSS_TAR_DIRECTORY, level->path, NULL, directory,
		  (mode_of(tree, directory) & 0777) | 0700 | tree->handed_on);
}

static void put_directory_again(PssTree *tree, const Level *level)
{
	const PssItem *directory = level->directory;
	guint32 mode = directory->attributes.mode;

	if (preserves(tree))
		put_entry(tree, PSS_TAR_DIRECTORY, level->path, NULL, directory, mode & 07777);
	else if ((mode & 0700) != 0700)
		put_entry(tree, PSS_TAR_DIRECTORY, level->path, NULL, directory, mode & 0777);
}

/* ---- directories */

static void free_level(gpointer data)
{
	Level *level = data;

	g_clear_pointer(&level->directory->source_folder, pss_folder_unref);
	pss_item_unref(level->directory);
	g_free(level->path);
	if (level->names)
		g_ptr_array_unref(level->names);
	g_free(level);
}

/* FALSE: it cannot be read. Takes the item and the path. */
static gboolean push_level(PssTree *tree, PssItem *directory, char *path)
{
	Level *level = g_new0(Level, 1);
	PssFolder *folder = pss_local_open_source(directory, NULL);

	level->directory = directory;
	level->path = path;
	pss_folder_unref(directory->source_folder);
	directory->source_folder = folder;
	level->names = folder ? pss_folder_list(folder, NULL) : NULL;
	if (!level->names) {
		free_level(level);
		return FALSE;
	}
	put_directory(tree, level);
	g_queue_push_head(&tree->levels, level);
	return TRUE;
}

/* The paths have been sent, and the umask there is known. */
static void start(PssTree *tree)
{
	if (!tree->is_asked || tree->phase != PSS_TREE_ARCHIVE || tree->levels.length > 0)
		return;
	pss_report_stream(tree->root);
	if (!push_level(tree, pss_item_ref(tree->root), pss_remote_tar_top(&tree->remote)))
		give_up(tree);
}

static void on_greeted(PssTree *tree, const char *words)
{
	tree->forbidden = (guint)strtoul(words, NULL, 8) & 0777;
	tree->phase = PSS_TREE_ARCHIVE;
	start(tree);
}

static void put_end(PssTree *tree)
{
	char mark[] = PSS_REMOTE_TAR_MARK;
	const PssTarEntry entry = { .kind = PSS_TAR_FILE, .path = mark, .mode = 0600 };

	pss_tar_put_entry(tree->out, &entry);
	pss_tar_put_end(tree->out);
	tree->ends_here = TRUE;
	tree->phase = PSS_TREE_ANSWER;
}

static void pop_level(PssTree *tree)
{
	Level *level = g_queue_pop_head(&tree->levels);

	put_directory_again(tree, level);
	free_level(level);
	if (tree->levels.length == 0)
		put_end(tree);
}

/* ---- files and links */

/* It is in the archive. Where nothing is to be said of it, it is done with. */
static void sent(PssTree *tree, PssItem *item)
{
	const PssCopyRequest *request = tree->transfer->copy->request;
	guint64 size = S_ISREG(item->attributes.mode) ? item->attributes.size : 0;

	pss_seen_add(tree->transfer->seen, item->source_path, size);
	if (request->json || request->pass_thru) {
		g_queue_push_tail(&tree->sent, item);
		return;
	}
	tree->n_files++;
	tree->n_bytes += size;
	pss_item_done(item, NULL);
}

static void put_zeros(GByteArray *out, guint64 n)
{
	guint begin = out->len;

	g_byte_array_set_size(out, begin + (guint)n);
	memset(out->data + begin, 0, (gsize)n);
}

/* A piece of the file; what SEEK_DATA has moved over are zeros here, a piece at a time. FALSE: it ends early. */
static gboolean put_piece(PssTree *tree)
{
	guint8 bytes[CHUNK];
	guint64 offset = tree->offset;
	gssize n = pss_old_file_read(tree->old_file, &offset, bytes, sizeof bytes, NULL);

	if (n < 0)
		return FALSE;
	if (offset > tree->offset) {
		guint64 gap = MIN(offset - tree->offset, CHUNK);
		put_zeros(tree->out, gap);
		tree->offset += gap;
		return TRUE;
	}
	g_byte_array_append(tree->out, bytes, (guint)n);
	tree->offset += (guint64)n;
	return n > 0;
}

static gboolean is_whole(const PssTree *tree)
{
	return tree->offset >= tree->file->attributes.size;
}

/* FALSE: it has changed meanwhile. */
static gboolean end_file(PssTree *tree)
{
	PssItem *item = tree->file;
	gboolean has_grown = FALSE;

	if (!pss_old_file_is_same(tree->old_file, &has_grown))
		return FALSE;
	if (has_grown)
		pss_report_warning(item->transfer->copy, NULL, item->source_path,
				   "it has grown while it was read; what it was at first has been copied");
	pss_tar_put_padding(tree->out, item->attributes.size);
	g_clear_pointer(&tree->old_file, pss_old_file_free);
	sent(tree, g_steal_pointer(&tree->file));
	return TRUE;
}

/* A large one goes on in later turns; and if it cannot, nothing of the archive is of use. */
static void send_on(PssTree *tree)
{
	guint64 before = tree->offset;
	gboolean good = put_piece(tree);

	pss_item_moved(tree->file, tree->offset - before);
	if (!good || (is_whole(tree) && !end_file(tree)))
		give_up(tree);
}

static void drop_file(PssTree *tree)
{
	g_clear_pointer(&tree->old_file, pss_old_file_free);
	pss_item_forget(g_steal_pointer(&tree->file));
}

/* A small one is read at once, and is taken out of the archive again where that fails. */
static void send_file(PssTree *tree, char *path)
{
	guint begin = tree->out->len;
	gboolean good = TRUE;

	put_entry(tree, PSS_TAR_FILE, path, NULL, tree->file, mode_of(tree, tree->file));
	tree->offset = 0;
	if (tree->file->attributes.size > CHUNK)
		return;
	while (good && !is_whole(tree))
		good = put_piece(tree);
	if (good && end_file(tree))
		return;
	g_byte_array_set_size(tree->out, begin);
	drop_file(tree);
	tree->is_again = TRUE;
}

static gboolean has_holes(const struct stat *st)
{
	return (guint64)st->st_blocks * 512 < (guint64)st->st_size;
}

/* What has holes goes by SFTP, which writes them as holes; not every tar reads one that another has written. */
static void begin_file(PssTree *tree, const Level *level, const char *name, char *path)
{
	PssOldFile *file = pss_old_file_open(level->directory->source_folder, name, FALSE, NULL);

	if (!file || has_holes(pss_old_file_stat(file))) {
		pss_old_file_free(file);
		tree->is_again = TRUE;
		return;
	}
	const PssSftpAttributes attributes = pss_local_attributes(pss_old_file_stat(file));
	tree->file = pss_item_of(level->directory, name, &attributes);
	tree->old_file = file;
	if (tree->file)
		send_file(tree, path);
	else
		g_clear_pointer(&tree->old_file, pss_old_file_free);
}

static void begin_link(PssTree *tree, const Level *level, const char *name, char *path, const struct stat *st)
{
	const PssSftpAttributes attributes = pss_local_attributes(st);
	g_autofree char *text = pss_folder_read_link(level->directory->source_folder, name, NULL);
	PssItem *item = text ? pss_item_of(level->directory, name, &attributes) : NULL;

	tree->is_again = tree->is_again || !item;
	if (!item)
		return;
	put_entry(tree, PSS_TAR_LINK, path, text, item, 0777);
	sent(tree, item);
}

static void begin_directory(PssTree *tree, const Level *level, const char *name, const char *path,
			    const struct stat *st)
{
	const PssSftpAttributes attributes = pss_local_attributes(st);
	PssItem *item = pss_item_of(level->directory, name, &attributes);

	tree->is_again = !item || !push_level(tree, item, g_strdup(path)) || tree->is_again;
}

/* ---- one step after the other */

static void next(PssTree *tree)
{
	Level *level = g_queue_peek_head(&tree->levels);
	struct stat st;

	if (level->next == level->names->len) {
		pop_level(tree);
		return;
	}
	const char *name = level->names->pdata[level->next++];
	g_autofree char *path = pss_path_join(level->path, name);
	if (!pss_folder_look(level->directory->source_folder, name, &st, NULL))
		tree->is_again = TRUE;
	else if (S_ISDIR(st.st_mode))
		begin_directory(tree, level, name, path, &st);
	else if (S_ISLNK(st.st_mode))
		begin_link(tree, level, name, path, &st);
	else if (S_ISREG(st.st_mode))
		begin_file(tree, level, name, path);
	else
		tree->is_again = TRUE;
}

static void on_archive(PssTree *tree)
{
	while (tree->levels.length > 0 && pss_tree_may_go_on(tree) && tree->out->len < OUT_MAX) {
		if (tree->file)
			send_on(tree);
		else
			next(tree);
	}
}

/* Nothing of it is there. */
static void take_back(PssTree *tree)
{
	PssTransfer *transfer = tree->transfer;

	pss_transfer_uncount(transfer, tree->n_files, tree->n_bytes);
	g_clear_pointer(&transfer->seen, pss_seen_free);
}

static void on_answer(PssTree *tree, const char *words)
{
	if (strcmp(words, "0") == 0)
		tree->phase = PSS_TREE_SAYING;
	else
		give_up(tree);
}

static void finish(PssTree *tree)
{
	PssItem *item;

	if (tree->file)
		drop_file(tree);
	g_queue_clear_full(&tree->levels, free_level);
	while ((item = g_queue_pop_head(&tree->sent)))
		pss_item_forget(item);
	if (tree->phase != PSS_TREE_SAYING)
		take_back(tree);
}

const PssTreeWay pss_tree_up = {
	.greets_first = TRUE,
	.program = program,
	.is_possible = is_possible,
	.on_opened = on_opened,
	.begin = begin,
	.on_greeted = on_greeted,
	.on_archive = on_archive,
	.on_answer = on_answer,
	.finish = finish,
};
