/* SPDX-License-Identifier: MIT */
/* Another computer as an end of a transfer, by SFTP. Paths are strings of the protocol, and never a command's. Called
 * by copy/items through pss_side_remote. */
#include "copy/sides/private.h"

#include <fnmatch.h>
#include <string.h>

#include "base/error.h"

static gboolean is_absent(const GError *error)
{
	return g_error_matches(error, PSS_SFTP_ERROR, PSS_SFTP_NO_SUCH_FILE);
}

static PssSftp *sftp_of(const PssItem *item, gboolean is_source)
{
	return (is_source ? item->transfer->from : item->transfer->to)->sftp;
}

/* ---- looking for what is to be copied: globs are compared with listings */

typedef struct {
	PssTransfer *transfer;
	const PssOperand *operand;
	guint n_references; /* questions under way */
	guint n_found;
	gboolean was_cut;
} Search;

typedef struct {
	Search *search;
	char *path;
	char *rest; /* behind the component that is compared; "" at the end */
	char *pattern;
	GPtrArray *names;
} SearchStep;

static void look_on(Search *search, const char *path, const char *rest);

static void leave_search(Search *search)
{
	PssTransfer *transfer = search->transfer;

	if (--search->n_references > 0)
		return;
	if (search->was_cut && search->n_found == 0 && transfer->from->survives) {
		g_queue_push_head(&transfer->operands, (gpointer)search->operand); /* once more, when it is back */
	} else if (search->n_found == 0) {
		g_autofree char *path = pss_place_path(transfer->from, search->operand->path);
		pss_report_source(transfer, path, "no such file or directory");
	}
	g_free(search);
	pss_transfer_searched(transfer);
}

/* TRUE: there is nothing more to be said of it. */
static gboolean note_cut(Search *search, const GError *error)
{
	if (!g_error_matches(error, PSS_SFTP_ERROR, PSS_SFTP_CONNECTION_LOST))
		return FALSE;
	search->was_cut = TRUE;
	pss_place_cut(search->transfer->from, error->message);
	return TRUE;
}

static SearchStep *new_step(Search *search, const char *path, const char *pattern, gsize n_pattern, const char *rest)
{
	SearchStep *step = g_new0(SearchStep, 1);

	search->n_references++;
	step->search = search;
	step->path = g_strdup(path);
	step->pattern = g_strndup(pattern, n_pattern);
	step->rest = g_strdup(rest);
	step->names = g_ptr_array_new_with_free_func(g_free);
	return step;
}

static void free_step(SearchStep *step)
{
	Search *search = step->search;

	g_free(step->path);
	g_free(step->pattern);
	g_free(step->rest);
	g_ptr_array_unref(step->names);
	g_free(step);
	leave_search(search);
}

static void on_examined(gpointer user, const PssSftpAttributes *attributes, const GError *error)
{
	SearchStep *step = user;
	Search *search = step->search;
	PssTransfer *transfer = search->transfer;

	if (error && !note_cut(search, error) && !is_absent(error)) {
		search->n_found++;
		pss_report_source(transfer, step->path, error->message);
	} else if (!error) {
		g_autofree char *name = g_path_get_basename(step->path);
		search->n_found++;
		pss_transfer_found(transfer, step->path, NULL, name, attributes);
	}
	free_step(step);
}

static void on_entry(gpointer user, const PssSftpEntry *entry)
{
	SearchStep *step = user;

	if (fnmatch(step->pattern, entry->name, FNM_PERIOD) == 0)
		g_ptr_array_add(step->names, g_strdup(entry->name));
}

static int compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void on_globbed(gpointer user, const GError *error)
{
	SearchStep *step = user;

	note_cut(step->search, error);
	g_ptr_array_sort(step->names, compare_names);
	for (guint i = 0; i < step->names->len; i++) {
		g_autofree char *path = pss_path_join(step->path, step->names->pdata[i]);
		look_on(step->search, path, step->rest);
	}
	free_step(step);
}

static const PssSftpListEvents glob_events = { .on_entry = on_entry, .on_done = on_globbed };

/* `rest`: components that are still to be looked at, behind `path`. */
static void look_on(Search *search, const char *path, const char *rest)
{
	PssSftp *sftp = search->transfer->from->sftp;
	g_autofree char *so_far = g_strdup(path);

	while (*rest) {
		gsize n = strcspn(rest, "/");
		const char *next = rest + n + strspn(rest + n, "/");
		g_autofree char *component = g_strndup(rest, n);
		if (!search->operand->is_literal && strpbrk(component, "*?[")) {
			SearchStep *step = new_step(search, so_far, rest, n, next);
			pss_sftp_list(sftp, *so_far ? so_far : ".", &glob_events, step);
			return;
		}
		char *longer = pss_path_join(so_far, component);
		g_free(so_far);
		so_far = longer;
		rest = next;
	}
	SearchStep *step = new_step(search, so_far, "", 0, "");
	pss_sftp_stat(sftp, *so_far ? so_far : ".", on_examined, step);
}

static void begin_search(Search *search, const char *path)
{
	gsize n_slashes = strspn(path, "/");

	look_on(search, n_slashes > 0 ? "/" : "", path + n_slashes);
	leave_search(search);
}

static void on_expanded(gpointer user, const char *path, const GError *error)
{
	Search *search = user;

	if (error && !note_cut(search, error)) {
		search->n_found++;
		pss_report_source(search->transfer, search->operand->path, error->message);
	}
	if (error) {
		leave_search(search);
		return;
	}
	begin_search(search, path);
}

static void find(PssTransfer *transfer, const PssOperand *operand)
{
	Search *search = g_new0(Search, 1);
	g_autofree char *path = pss_place_path(transfer->from, operand->path);

	search->transfer = transfer;
	search->operand = operand;
	search->n_references = 1;
	if (*path == '~')
		pss_sftp_expand_path(transfer->from->sftp, path, on_expanded, search);
	else
		begin_search(search, path);
}

/* ---- source */

static void on_child(gpointer user, const PssSftpEntry *entry)
{
	pss_item_found(user, entry->name, &entry->attributes);
}

void pss_remote_report_bad_name(PssItem *directory, const char *shown)
{
	g_autofree char *why =
		g_strdup_printf("the server lists '%s' in it, which is not a file name; it is left out", shown);

	pss_report_source(directory->transfer, directory->source_path, why);
}

static void on_bad_name(gpointer user, const char *shown)
{
	pss_remote_report_bad_name(user, shown);
}

static void on_listed(gpointer user, const GError *error)
{
	pss_item_listed(user, error);
}

static const PssSftpListEvents list_events = { .on_entry = on_child, .on_bad_name = on_bad_name, .on_done = on_listed };

void pss_remote_list(PssItem *directory)
{
	pss_sftp_list(sftp_of(directory, TRUE), directory->source_path, &list_events, directory);
}

static void list(PssItem *directory)
{
	if (!pss_copy_listing_take(directory))
		pss_remote_list(directory);
}

static void on_link(gpointer user, const char *path, const GError *error)
{
	pss_item_link_read(user, path, error);
}

static void read_link(PssItem *link)
{
	pss_sftp_read_link(sftp_of(link, TRUE), link->source_path, on_link, link);
}

/* ---- destination: what the target is */

typedef struct {
	PssTransfer *transfer;
	char *path;
} Resolving;

static void resolved(Resolving *resolving, gboolean existed, const GError *error)
{
	pss_transfer_resolved(resolving->transfer, resolving->path, NULL, NULL, existed, error);
	g_free(resolving->path);
	g_free(resolving);
}

static void resolved_as(Resolving *resolving, const char *path)
{
	g_autofree char *directory = g_path_get_dirname(path);
	g_autofree char *name = g_path_get_basename(path);
	gboolean is_bare = !strchr(path, '/');

	pss_transfer_resolved(resolving->transfer, is_bare ? "" : directory, NULL, name, TRUE, NULL);
	g_free(resolving->path);
	g_free(resolving);
}

static void on_target_after_all(gpointer user, const PssSftpAttributes *attributes, const GError *error)
{
	g_autoptr(GError) refused = NULL;

	if (!error && !S_ISDIR(attributes->mode))
		refused = g_error_new_literal(PSS_ERROR, PSS_FAILED, "it is no directory");
	resolved(user, TRUE, error ? error : refused);
}

/* Another copy may have made it meanwhile; the code does not say so. */
static void on_target_made(gpointer user, const GError *error)
{
	Resolving *resolving = user;

	if (g_error_matches(error, PSS_SFTP_ERROR, PSS_SFTP_FAILURE))
		pss_sftp_stat(resolving->transfer->to->sftp, resolving->path, on_target_after_all, resolving);
	else
		resolved(resolving, FALSE, error);
}

/* A link to a file that the user names is written through, as by scp. */
static void on_real_target(gpointer user, const char *path, const GError *error)
{
	Resolving *resolving = user;

	resolved_as(resolving, error ? resolving->path : path);
}

static void on_target(gpointer user, const PssSftpAttributes *attributes, const GError *error)
{
	Resolving *resolving = user;
	PssTransfer *transfer = resolving->transfer;
	PssSftp *sftp = transfer->to->sftp;
	g_autoptr(GError) refused = NULL;

	if (error && !is_absent(error)) {
		resolved(resolving, TRUE, error);
	} else if (error && (transfer->needs_directory || g_str_has_suffix(resolving->path, "/"))) {
		pss_sftp_make_directory(sftp, resolving->path, 0777, on_target_made, resolving);
	} else if (error) {
		resolved_as(resolving, resolving->path);
	} else if (S_ISDIR(attributes->mode)) {
		resolved(resolving, TRUE, NULL);
	} else if (transfer->needs_directory) {
		refused = g_error_new_literal(PSS_ERROR, PSS_FAILED, "it is no directory");
		resolved(resolving, TRUE, refused);
	} else {
		pss_sftp_real_path(sftp, resolving->path, on_real_target, resolving);
	}
}

static void on_target_expanded(gpointer user, const char *path, const GError *error)
{
	Resolving *resolving = user;

	if (error) {
		resolved(resolving, TRUE, error);
		return;
	}
	/* The server takes slashes at the end away. */
	gboolean is_directory = g_str_has_suffix(resolving->path, "/");
	g_free(resolving->path);
	resolving->path = is_directory ? pss_path_join(path, "/") : g_strdup(path);
	pss_sftp_stat(resolving->transfer->to->sftp, resolving->path, on_target, resolving);
}

static void resolve(PssTransfer *transfer)
{
	Resolving *resolving = g_new0(Resolving, 1);

	resolving->transfer = transfer;
	resolving->path = pss_place_path(transfer->to, transfer->target);
	if (*resolving->path == '~')
		pss_sftp_expand_path(transfer->to->sftp, resolving->path, on_target_expanded, resolving);
	else
		pss_sftp_stat(transfer->to->sftp, resolving->path, on_target, resolving);
}

/* ---- destination: its items */

/* Where it cannot be made it is there, as a rule; the code does not say so. It is looked at in the same flight. */
typedef struct {
	PssItem *directory;
	guint n_unanswered;
	GError *not_made;
	gboolean is_directory; /* what is there */
	GError *not_there;
} Making;

static void take_answer(Making *making)
{
	g_autoptr(GError) error = NULL;

	if (--making->n_unanswered > 0)
		return;
	gboolean existed = g_error_matches(making->not_made, PSS_SFTP_ERROR, PSS_SFTP_FAILURE);
	if (!existed)
		error = g_steal_pointer(&making->not_made);
	else if (making->not_there)
		error = g_steal_pointer(&making->not_there);
	else if (!making->is_directory)
		error = g_error_new_literal(PSS_ERROR, PSS_FAILED, "something that is no directory is in the way");
	pss_item_made(making->directory, existed, error);
	g_clear_error(&making->not_made);
	g_clear_error(&making->not_there);
	g_free(making);
}

static void on_made(gpointer user, const GError *error)
{
	Making *making = user;

	making->not_made = error ? g_error_copy(error) : NULL;
	take_answer(making);
}

static void on_made_looked(gpointer user, const PssSftpAttributes *attributes, const GError *error)
{
	Making *making = user;

	making->not_there = error ? g_error_copy(error) : NULL;
	making->is_directory = !error && S_ISDIR(attributes->mode);
	take_answer(making);
}

static void make(PssItem *directory)
{
	PssSftp *sftp = sftp_of(directory, FALSE);
	Making *making = g_new0(Making, 1);

	making->directory = directory;
	making->n_unanswered = 2;
	pss_sftp_make_directory(sftp, directory->target_path, (directory->attributes.mode & 0777) | 0700, on_made,
				making);
	pss_sftp_lstat(sftp, directory->target_path, on_made_looked, making);
}

static void on_looked(gpointer user, const PssSftpAttributes *attributes, const GError *error)
{
	gboolean absent = is_absent(error);

	pss_item_looked(user, absent ? NULL : attributes, absent ? NULL : error);
}

static void look(PssItem *item)
{
	pss_sftp_lstat(sftp_of(item, FALSE), item->target_path, on_looked, item);
}

typedef struct {
	PssItem *link;
	char *text, *beside;
	gboolean is_cleared; /* what an earlier copy has left under that name */
} Linking;

static void free_linking(Linking *linking)
{
	g_free(linking->text);
	g_free(linking->beside);
	g_free(linking);
}

static void on_link_renamed(gpointer user, const GError *error)
{
	Linking *linking = user;
	PssItem *link = linking->link;

	if (error)
		pss_half_explain(link, linking->beside, error);
	else
		pss_item_done(link, NULL);
	free_linking(linking);
}

static void begin_link(Linking *linking);

static void on_cleared(gpointer user, const GError *error)
{
	begin_link(user);
}

static void on_linked(gpointer user, const GError *error)
{
	Linking *linking = user;
	PssItem *link = linking->link;
	PssSftp *sftp = sftp_of(link, FALSE);

	if (!error) {
		pss_sftp_rename(sftp, linking->beside, link->target_path, on_link_renamed, linking);
	} else if (g_error_matches(error, PSS_SFTP_ERROR, PSS_SFTP_FAILURE) && link->part_is_known &&
		   !linking->is_cleared) {
		linking->is_cleared = TRUE;
		pss_sftp_remove(sftp, linking->beside, on_cleared, linking);
	} else {
		pss_half_explain(link, NULL, error);
		free_linking(linking);
	}
}

static void begin_link(Linking *linking)
{
	pss_sftp_symlink(sftp_of(linking->link, FALSE), linking->text, linking->beside, on_linked, linking);
}

static void make_link(PssItem *link, const char *text)
{
	Linking *linking = g_new0(Linking, 1);

	linking->link = link;
	linking->text = g_strdup(text);
	linking->beside = pss_path_join(link->into->target_path, pss_half_name(link));
	begin_link(linking);
}

/* The server sets the owner last, which takes these bits away from the mode: it is set once more. */
static gboolean needs_mode(const PssItem *item)
{
	PssSftpAttributes kept = pss_item_kept_attributes(item);

	return kept.has & PSS_SFTP_HAS_OWNER && kept.has & PSS_SFTP_HAS_MODE && kept.mode & 06000;
}

static void set_mode(PssItem *item, PssSftpDone done)
{
	PssSftpAttributes kept = pss_item_kept_attributes(item);

	kept.has = PSS_SFTP_HAS_MODE;
	pss_sftp_set_attributes(sftp_of(item, FALSE), item->target_path, &kept, done, item);
}

static void on_mode(gpointer user, const GError *error)
{
	if (error)
		pss_item_failed_there(user, error);
	else
		pss_item_done(user, NULL);
}

void pss_remote_written(PssItem *item)
{
	if (needs_mode(item))
		set_mode(item, on_mode);
	else
		pss_item_done(item, NULL);
}

static void on_mode_set(gpointer user, const GError *error)
{
	pss_item_set(user, error);
}

static void on_set(gpointer user, const GError *error)
{
	PssItem *directory = user;

	if (!error && needs_mode(directory))
		set_mode(directory, on_mode_set);
	else
		pss_item_set(directory, error);
}

static void set(PssItem *directory)
{
	PssSftpAttributes kept = pss_item_kept_attributes(directory);

	/* Until now it could be written. */
	if ((directory->attributes.mode & 0700) != 0700)
		kept.has |= PSS_SFTP_HAS_MODE;
	if (kept.has == 0)
		pss_item_set(directory, NULL);
	else
		pss_sftp_set_attributes(sftp_of(directory, FALSE), directory->target_path, &kept, on_set, directory);
}

const PssSide pss_side_remote = {
	.find = find,
	.list = list,
	.read_link = read_link,
	.resolve = resolve,
	.make = make,
	.look = look,
	.make_link = make_link,
	.set = set,
};
