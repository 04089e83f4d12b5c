/* SPDX-License-Identifier: MIT */
/* A directory that comes as an archive: each entry becomes an item as a listing would have found it, with its content
 * from the archive. Names are taken apart, and lead only into directories that this stream has made or found and holds
 * open. What is no file, directory or symbolic link, and what was not read to its end, SFTP looks at afterwards. Called
 * by tree.c. */
#include "copy/trees/private.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "copy/shell/shell.h"

static char *program(PssTree *tree)
{
	return pss_remote_tar_packer(&tree->remote);
}

static gboolean is_possible(PssItem *directory)
{
	return !directory->into->has_failed;
}

static void ask(PssTree *tree, const char *path)
{
	GString *paths = g_string_new(NULL);

	pss_copy_shell_append_path(paths, path);
	pss_tree_ask(tree, paths);
}

/* The path of the only source, as SFTP will say it; or NULL, where it has to be looked for. Free with g_free(). */
static char *only_source(PssTransfer *transfer)
{
	const PssOperand *operand = g_queue_peek_head(&transfer->operands);
	gboolean needs_home = operand && *operand->path != '/' && !transfer->from->sftp;

	if (!operand || transfer->operands.length > 1 || needs_home || *operand->path == '~' ||
	    strstr(operand->path, "//") || (!operand->is_literal && strpbrk(operand->path, "*?[")))
		return NULL;
	char *path = pss_place_path(transfer->from, operand->path);
	for (gsize n = strlen(path); n > 1 && path[n - 1] == '/'; n--)
		path[n - 1] = '\0';
	return path;
}

static void on_opened(PssTree *tree)
{
	tree->early = only_source(tree->transfer);
	if (tree->early)
		ask(tree, tree->early);
}

static void give_up(PssTree *tree)
{
	tree->is_again = TRUE;
	pss_tree_leave(tree);
}

static void begin(PssTree *tree)
{
	if (!tree->early)
		ask(tree, tree->root->source_path);
	else if (strcmp(tree->early, tree->root->source_path) != 0)
		give_up(tree);
	else
		pss_tree_pump(tree->transfer);
}

static void on_greeted(PssTree *tree, const char *words)
{
	if (strtoul(words, NULL, 10) <= PSS_REMOTE_TAR_MIN) {
		give_up(tree);
		return;
	}
	pss_report_stream(tree->root);
	tree->reader = pss_tar_reader_new();
	tree->directories = g_ptr_array_new();
	tree->phase = PSS_TREE_ARCHIVE;
}

/* ---- where an entry belongs */

/* Without the "./" that tar puts in front, and slashes at the end. */
static char *bare_path(const char *path)
{
	while (path[0] == '.' && path[1] == '/')
		path += 1 + strspn(path + 1, "/");
	gsize n = strlen(path);
	while (n > 1 && path[n - 1] == '/')
		n--;
	return n == 1 && *path == '.' ? g_strdup("") : g_strndup(path, n);
}

static gboolean is_name(const char *name)
{
	return *name && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static gboolean are_names(const GStrv names)
{
	for (guint i = 0; names[i]; i++)
		if (!is_name(names[i]))
			return FALSE;
	return TRUE;
}

static void pop_directories(PssTree *tree, guint n_left)
{
	while (tree->directories->len > n_left)
		pss_item_unref(g_ptr_array_steal_index(tree->directories, tree->directories->len - 1));
}

/* The directory that holds the last of these names; those that the archive is done with are left. NULL: it is not one
 * that the archive is in. */
static PssItem *enter(PssTree *tree, const GStrv names)
{
	guint n = g_strv_length(names);

	if (n > tree->directories->len)
		return NULL;
	for (guint i = 1; i < n; i++)
		if (strcmp(((const PssItem *)tree->directories->pdata[i])->name, names[i - 1]) != 0)
			return NULL;
	pop_directories(tree, n);
	return tree->directories->pdata[n - 1];
}

/* ---- entries */

static PssSftpAttributes attributes_of(const PssTarEntry *entry)
{
	static const guint32 types[] = {
		[PSS_TAR_FILE] = S_IFREG, [PSS_TAR_DIRECTORY] = S_IFDIR, [PSS_TAR_LINK] = S_IFLNK
	};

	return (PssSftpAttributes){
		.has = PSS_SFTP_HAS_SIZE | PSS_SFTP_HAS_OWNER | PSS_SFTP_HAS_MODE | PSS_SFTP_HAS_TIMES,
		.size = entry->size,
		.uid = entry->uid,
		.gid = entry->gid,
		.mode = types[entry->kind] | entry->mode,
		.atime = (guint32)(g_get_real_time() / G_USEC_PER_SEC), /* it has been read just now */
		.mtime = (guint32)entry->mtime,
	};
}

/* Is that the directory that SFTP has seen? There are servers whose SFTP begins elsewhere than their shell. */
static gboolean is_root(const PssTree *tree, const PssTarEntry *entry)
{
	const PssSftpAttributes *seen = &tree->root->attributes;

	return entry->kind == PSS_TAR_DIRECTORY &&
	       (tree->transfer->from->by_shell || (entry->mode == (seen->mode & 07777) &&
						   (guint32)entry->mtime == seen->mtime && entry->uid == seen->uid));
}

static void take_root(PssTree *tree, const PssTarEntry *entry)
{
	if (tree->directories->len > 0)
		return; /* once more: nothing is changed by it */
	if (!is_root(tree, entry)) {
		give_up(tree);
		return;
	}
	pss_item_make(tree->root);
	g_ptr_array_add(tree->directories, pss_item_ref(tree->root));
	if (tree->root->has_failed)
		give_up(tree);
}

static void take_directory(PssTree *tree, PssItem *item)
{
	pss_item_make(item);
	g_ptr_array_add(tree->directories, item);
}

/* It is made when nothing can go over it any more. */
static void take_link(PssTree *tree, PssItem *item)
{
	item->text = g_strdup(pss_tar_reader_entry(tree->reader)->link);
	g_queue_push_tail(&tree->transfer->links, item);
}

/* pss_tree_content() comes, if it may be written. */
static void take_file(PssTree *tree, PssItem *item)
{
	item->is_streamed = TRUE;
	pss_item_begin(item);
}

static void (*const takers[])(PssTree *tree, PssItem *item) = {
	[PSS_TAR_FILE] = take_file,
	[PSS_TAR_DIRECTORY] = take_directory,
	[PSS_TAR_LINK] = take_link,
};

static void take_child(PssTree *tree, PssItem *directory, const char *name, const PssTarEntry *entry)
{
	const PssSftpAttributes attributes = attributes_of(entry);
	PssItem *item = pss_item_of(directory, name, &attributes);

	tree->path = pss_path_join(directory->source_path, name);
	if (item)
		takers[entry->kind](tree, item);
}

static void refuse(const PssTree *tree, const char *path)
{
	g_autofree char *why =
		g_strdup_printf("the server sends '%s' in it, which is not a file name; it is left out", path);

	pss_report_source(tree->transfer, tree->root->source_path, why);
}

static void on_entry(PssTree *tree)
{
	const PssTarEntry *entry = pss_tar_reader_entry(tree->reader);
	g_autofree char *path = bare_path(entry->path);
	g_auto(GStrv) names = g_strsplit(path, "/", -1);

	if (!*path) {
		take_root(tree, entry);
	} else if (tree->directories->len == 0) {
		give_up(tree); /* not what was asked for */
	} else if (!are_names(names)) {
		refuse(tree, entry->path);
	} else if ((guint)entry->kind >= G_N_ELEMENTS(takers)) {
		tree->is_again = TRUE;
	} else {
		PssItem *directory = enter(tree, names);
		if (directory)
			take_child(tree, directory, names[g_strv_length(names) - 1], entry);
		else
			tree->is_again = TRUE;
	}
}

/* ---- content */

void pss_tree_content(PssItem *item)
{
	PssTree *tree = item->transfer->tree;
	g_autoptr(GError) error = NULL;

	tree->new_file = pss_new_file_open(item->into->target_folder, item->as, pss_half_name(item),
					   item->part_is_known ? PSS_PART_CLEAR : PSS_PART_NONE, &error);
	if (tree->new_file)
		tree->file = item;
	else
		pss_item_failed_there(item, error);
}

static void on_data(PssTree *tree)
{
	g_autoptr(GError) error = NULL;
	guint64 offset;
	gsize n;
	const guint8 *data = pss_tar_reader_data(tree->reader, &offset, &n);

	if (!tree->file)
		return;
	if (pss_new_file_write(tree->new_file, offset, data, n, &error)) {
		pss_item_moved(tree->file, n);
		return;
	}
	pss_new_file_drop(g_steal_pointer(&tree->new_file), FALSE);
	pss_item_failed_there(g_steal_pointer(&tree->file), error);
}

static void finish_file(PssTree *tree)
{
	PssItem *item = g_steal_pointer(&tree->file);
	const PssKept kept = pss_item_kept(item);
	g_autoptr(GError) error = NULL;

	if (pss_new_file_finish(g_steal_pointer(&tree->new_file), item->attributes.size, &kept, &error))
		pss_item_done(item, NULL);
	else
		pss_item_failed_there(item, error);
}

/* All of it has come, and has been taken or said to be wrong. */
static void on_entry_end(PssTree *tree)
{
	const PssTarEntry *entry = pss_tar_reader_entry(tree->reader);

	if (tree->file)
		finish_file(tree);
	if (tree->path && entry->kind != PSS_TAR_DIRECTORY)
		pss_seen_add(tree->transfer->seen, tree->path, entry->kind == PSS_TAR_FILE ? entry->size : 0);
	g_clear_pointer(&tree->path, g_free);
}

/* ---- the archive */

static void on_end(PssTree *tree)
{
	tree->phase = PSS_TREE_ANSWER;
}

static void (*const events[])(PssTree *tree) = {
	[PSS_TAR_ENTRY] = on_entry, [PSS_TAR_DATA] = on_data,      [PSS_TAR_ENTRY_END] = on_entry_end,
	[PSS_TAR_END] = on_end,     [PSS_TAR_MALFORMED] = give_up,
};

static void on_archive(PssTree *tree)
{
	while (tree->phase == PSS_TREE_ARCHIVE && pss_tree_may_go_on(tree)) {
		const guint8 *bytes = tree->in + tree->at;
		gsize n = tree->n_in - tree->at;
		PssTarEvent event = pss_tar_reader_next(tree->reader, &bytes, &n);
		tree->at = tree->n_in - n;
		if (event == PSS_TAR_NEEDS_MORE)
			return;
		events[event](tree);
	}
}

/* Whatever tar has complained of, SFTP finds it, and has words for it. */
static void on_answer(PssTree *tree, const char *words)
{
	tree->is_again = tree->is_again || strcmp(words, "0") != 0;
	pss_tree_leave(tree);
}

static void finish(PssTree *tree)
{
	if (tree->file) {
		pss_new_file_drop(g_steal_pointer(&tree->new_file), FALSE);
		pss_item_forget(g_steal_pointer(&tree->file));
	}
	g_free(tree->path);
	pss_tar_reader_free(tree->reader);
	if (tree->directories) {
		pop_directories(tree, 0);
		g_ptr_array_unref(tree->directories);
	}
}

const PssTreeWay pss_tree_down = {
	.program = program,
	.is_possible = is_possible,
	.on_opened = on_opened,
	.begin = begin,
	.on_greeted = on_greeted,
	.on_archive = on_archive,
	.on_answer = on_answer,
	.finish = finish,
};
