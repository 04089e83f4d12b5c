/* SPDX-License-Identifier: MIT */
/* The channel of a stream: it is opened early, while SFTP finds out what is to be copied, gets its paths, and is read
 * and written as both ends take it. Called by copy/items through pss_tree_ops; tree-down.c and tree-up.c know what is
 * in the stream. */
#include "copy/trees/private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#include "copy/shell/shell.h"

#define NOISE_MAX (64u * 1024u) /* of start-up files, in front of the first line */
#define PATIENCE_S 120
#define LOOK_S 20

static void work(PssTree *tree);

gboolean pss_tree_may_go_on(const PssTree *tree)
{
	const PssCopy *copy = tree->transfer->copy;

	return !tree->is_over && !copy->is_stopping && copy->n_unanswered == 0 && !pss_verb_link_is_full(copy->verb);
}

/* ---- its end */

static void free_tree(PssTree *tree)
{
	tree->transfer->tree = NULL;
	if (tree->root)
		tree->way->finish(tree);
	g_clear_handle_id(&tree->patience, g_source_remove);
	pss_channels_forget(tree->transfer->copy->channels, tree->channel);
	g_clear_pointer(&tree->watch, pss_watch_free);
	if (tree->fd >= 0)
		close(tree->fd);
	g_byte_array_unref(tree->out);
	g_free(tree->early);
	g_free(tree->in);
	g_free(tree);
}

static gboolean on_over(gpointer user)
{
	PssTree *tree = user;
	PssTransfer *transfer = tree->transfer;
	PssItem *root = tree->root;
	gboolean is_again = tree->is_again;

	tree->over = 0;
	free_tree(tree);
	if (!root) { /* it was prepared, and its channel has ended */
		transfer->has_no_tree = TRUE;
		return G_SOURCE_REMOVE;
	}
	transfer->n_listing--;
	if (is_again)
		pss_item_walk_when_ready(root);
	else
		pss_item_unref(root);
	pss_transfer_pump(transfer);
	return G_SOURCE_REMOVE;
}

void pss_tree_leave(PssTree *tree)
{
	if (tree->is_over)
		return;
	tree->is_over = TRUE;
	/* A file that was copied is not copied again; and no other stream adds to those while they are looked up. */
	tree->transfer->is_again = tree->transfer->is_again || (tree->root && tree->is_again && tree->transfer->seen);
	g_clear_pointer(&tree->watch, pss_watch_free);
	tree->over = g_idle_add_full(G_PRIORITY_HIGH, on_over, tree, NULL);
}

static void give_up(PssTree *tree)
{
	tree->is_again = TRUE;
	pss_tree_leave(tree);
}

/* ---- bytes */

static void receive(PssTree *tree)
{
	memmove(tree->in, tree->in + tree->at, tree->n_in - tree->at);
	tree->n_in -= tree->at;
	tree->at = 0;
	if (tree->n_in == PSS_TREE_IN)
		return;
	ssize_t n = recv(tree->fd, tree->in + tree->n_in, PSS_TREE_IN - tree->n_in, MSG_DONTWAIT);
	if (n > 0) {
		tree->n_in += (gsize)n;
		tree->last_moved = g_get_monotonic_time();
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		tree->is_at_end = TRUE;
	}
}

static void flush(PssTree *tree)
{
	ssize_t n = send(tree->fd, tree->out->data, tree->out->len, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n > 0) {
		g_byte_array_remove_range(tree->out, 0, (guint)n);
		tree->last_moved = g_get_monotonic_time();
	} else if (n < 0 && errno != EAGAIN && errno != EINTR) {
		tree->is_at_end = TRUE;
	}
	if (tree->ends_here && tree->out->len == 0)
		shutdown(tree->fd, SHUT_WR); /* some wait for that, and others read up to it */
}

static void on_event(GIOCondition events, gpointer user)
{
	PssTree *tree = user;

	if (events & ~G_IO_OUT)
		receive(tree);
	work(tree);
}

/* A descriptor at its end is always ready, so that it is not watched while nothing is to be taken from it. */
static void settle(PssTree *tree)
{
	gboolean has_room = tree->n_in - tree->at < PSS_TREE_IN;
	gboolean has_more = tree->out->len > 0 || (tree->levels.length > 0 && pss_tree_may_go_on(tree));
	GIOCondition wanted = tree->is_at_end ? 0 : (has_room ? G_IO_IN : 0) | (has_more ? G_IO_OUT : 0);

	if (tree->is_over || tree->fd < 0)
		return;
	if (wanted == 0)
		g_clear_pointer(&tree->watch, pss_watch_free);
	else if (!tree->watch)
		tree->watch = pss_watch_new(tree->fd, wanted, on_event, tree);
	else
		pss_watch_want(tree->watch, wanted);
}

/* ---- what stands in front of the archive, in it, and behind it */

/* A line that has come, or NULL; free with g_free(). */
static char *take_line(PssTree *tree)
{
	const char *words;
	gsize n_words, n = pss_remote_tar_find_line(&tree->remote, (const char *)tree->in + tree->at,
						    tree->n_in - tree->at, &words, &n_words);

	tree->at += n;
	return n > 0 ? g_strndup(words, n_words) : NULL;
}

static void wait_for_line(PssTree *tree, void (*on_line)(PssTree *tree, const char *words))
{
	g_autofree char *line = take_line(tree);

	if (line)
		on_line(tree, line);
	else if (tree->is_at_end || tree->n_in - tree->at > NOISE_MAX)
		give_up(tree);
}

static void at_greeting(PssTree *tree)
{
	wait_for_line(tree, tree->way->on_greeted);
}

static void in_archive(PssTree *tree)
{
	tree->way->on_archive(tree);
	if (tree->phase == PSS_TREE_ARCHIVE && tree->is_at_end && pss_tree_may_go_on(tree))
		give_up(tree);
}

static void at_answer(PssTree *tree)
{
	wait_for_line(tree, tree->way->on_answer);
}

static void saying(PssTree *tree)
{
	while (pss_tree_may_go_on(tree) && tree->sent.length > 0)
		pss_item_done(g_queue_pop_head(&tree->sent), NULL);
	if (tree->sent.length == 0)
		pss_tree_leave(tree);
}

static void work(PssTree *tree)
{
	static void (*const phases[])(PssTree * tree) = {
		[PSS_TREE_GREETING] = at_greeting,
		[PSS_TREE_ARCHIVE] = in_archive,
		[PSS_TREE_ANSWER] = at_answer,
		[PSS_TREE_SAYING] = saying,
	};
	PssTreePhase phase;

	if (tree->is_working || tree->is_over || tree->fd < 0)
		return;
	tree->is_working = TRUE;
	do {
		phase = tree->phase;
		if (tree->root ||
		    (phase == PSS_TREE_GREETING && (tree->way->greets_first || (tree->is_at_end && !tree->early))))
			phases[phase](tree);
	} while (tree->phase != phase && !tree->is_over);
	if (!tree->is_over && tree->out->len > 0)
		flush(tree);
	tree->is_working = FALSE;
	settle(tree);
}

static gboolean on_look(gpointer user)
{
	PssTree *tree = user;

	if (!pss_tree_may_go_on(tree) || !tree->root)
		tree->last_moved = g_get_monotonic_time();
	else if (g_get_monotonic_time() - tree->last_moved > PATIENCE_S * G_USEC_PER_SEC)
		give_up(tree);
	return G_SOURCE_CONTINUE;
}

/* ---- its beginning */

void pss_tree_ask(PssTree *tree, GString *paths)
{
	g_string_append_c(paths, '\n');
	g_byte_array_append(tree->out, (const guint8 *)paths->str, (guint)paths->len);
	g_string_free(paths, TRUE);
	tree->last_moved = g_get_monotonic_time();
	work(tree);
}

static void on_opened(gpointer user, int fd, const char *directory, gboolean survives)
{
	PssTree *tree = user;

	tree->fd = fd;
	tree->way->on_opened(tree);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	work(tree);
}

static void on_ended(gpointer user, enum pss_status status, const char *message)
{
	PssTree *tree = user;

	if (tree->fd >= 0)
		return; /* what it has said is read still */
	tree->transfer->has_no_tree = TRUE;
	if (tree->root)
		give_up(tree);
	else
		free_tree(tree);
}

static const PssChannelEvents channel_events = { .on_opened = on_opened, .on_ended = on_ended };

/* All of it is wanted, and in the order in which it comes. */
static gboolean may_stream(const PssTransfer *transfer)
{
	const PssCopyRequest *request = transfer->copy->request;

	return !transfer->from != !transfer->to && request->recurse && !request->flatten && !request->resume &&
	       !request->update && !request->filter && request->include->len == 0 && request->exclude->len == 0 &&
	       !transfer->has_no_tree && !transfer->is_again && !transfer->copy->is_stopping;
}

static void prepare(PssTransfer *transfer)
{
	if (transfer->tree || !may_stream(transfer))
		return;
	PssTree *tree = g_new0(PssTree, 1);
	const PssPlace *place = pss_transfer_place(transfer);
	tree->way = transfer->from ? &pss_tree_down : &pss_tree_up;
	tree->transfer = transfer;
	tree->fd = -1;
	tree->in = g_malloc(PSS_TREE_IN);
	tree->out = g_byte_array_new();
	pss_remote_tar_init(&tree->remote);
	transfer->tree = tree;
	g_autofree char *program = tree->way->program(tree);
	g_byte_array_append(tree->out, (const guint8 *)program, (guint)strlen(program));
	tree->channel = pss_channels_open(transfer->copy->channels, place->number, pss_copy_shell_command(),
					  &channel_events, tree);
	tree->patience = g_timeout_add_seconds(LOOK_S, on_look, tree);
}

static gboolean begin(PssItem *directory)
{
	PssTransfer *transfer = directory->transfer;

	if (!directory->is_operand || !may_stream(transfer) ||
	    !(transfer->from ? &pss_tree_down : &pss_tree_up)->is_possible(directory))
		return FALSE;
	prepare(transfer);
	if (!transfer->tree)
		return FALSE; /* there can be none */
	transfer->tree->root = directory;
	transfer->n_listing++;
	if (!transfer->seen)
		transfer->seen = pss_seen_new();
	transfer->tree->way->begin(transfer->tree);
	return TRUE;
}

gboolean pss_tree_is_under_way(const PssTransfer *transfer)
{
	return transfer->tree && transfer->tree->root;
}

void pss_tree_pump(PssTransfer *transfer)
{
	if (pss_tree_is_under_way(transfer))
		work(transfer->tree);
}

static void stop(PssTransfer *transfer)
{
	PssTree *tree = transfer->tree;

	if (!tree)
		return;
	g_clear_handle_id(&tree->over, g_source_remove);
	PssItem *root = tree->root;
	free_tree(tree);
	pss_item_unref(root);
}

const PssTreeOps pss_tree_ops = {
	.prepare = prepare,
	.begin = begin,
	.is_under_way = pss_tree_is_under_way,
	.pump = pss_tree_pump,
	.stop = stop,
	.content = pss_tree_content,
};
