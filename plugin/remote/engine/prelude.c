/* SPDX-License-Identifier: MIT */
/* What a login prints before our launcher speaks, on its terminal: start-up files that also a non-interactive shell of
 * sshd's reads (bash's ~/.bashrc, zsh's ~/.zshenv), a banner of a forced command, a question. It is held for a moment,
 * as the channel may end at once and be tried in another way (boot.c), and as the login shell may print it again: where
 * nothing else can have printed, the launcher says so, and what is still held is left to that shell. What is shown and
 * then printed a second time, line for line, is shown once. Called by boot.c and engine.c. */
#include <string.h>

#include "remote/engine/private.h"

#define HOLD_MS 300        /* what ends within a line may be a question */
#define HOLD_LINES_MS 1000 /* whole lines, behind which slow start-up files go on */
#define REMEMBERED_MAX 65536
#define TAIL_MAX 512

void pss_prelude_init(PssPrelude *prelude)
{
	prelude->held = g_string_new(NULL);
	prelude->begun = g_string_new(NULL);
	prelude->line = g_string_new(NULL);
	prelude->tail = g_string_new(NULL);
	prelude->lines = g_ptr_array_new_with_free_func(g_free);
}

void pss_prelude_finish(PssPrelude *prelude)
{
	g_clear_handle_id(&prelude->timer, g_source_remove);
	g_clear_handle_id(&prelude->line_timer, g_source_remove);
	g_string_free(prelude->held, TRUE);
	g_string_free(prelude->begun, TRUE);
	g_string_free(prelude->tail, TRUE);
	g_string_free(prelude->line, TRUE);
	g_ptr_array_unref(prelude->lines);
}

void pss_prelude_follow(PssPrelude *prelude, const char *data, gsize n)
{
	const char *newline = memrchr(data, '\n', n);

	if (newline) {
		g_string_truncate(prelude->tail, 0);
		n -= (gsize)(newline + 1 - data);
		data = newline + 1;
	}
	if (prelude->tail->len + n <= TAIL_MAX)
		g_string_append_len(prelude->tail, data, (gssize)n);
}

/* ---- before the launcher */

void pss_prelude_show(PssRemote *remote)
{
	PssPrelude *prelude = &remote->start.prelude;

	g_clear_handle_id(&prelude->timer, g_source_remove);
	prelude->shown = TRUE;
	if (prelude->held->len > 0)
		pss_line_on_output(remote, prelude->held->str, prelude->held->len);
	g_string_truncate(prelude->held, 0);
}

static gboolean on_held_enough(gpointer user)
{
	PssRemote *remote = user;
	remote->start.prelude.timer = 0;
	pss_prelude_show(remote);
	pss_boot_on_prelude(remote);
	return G_SOURCE_REMOVE;
}

/* The time of whole lines runs on, that of a question begins with it. */
static void hold(PssRemote *remote, gboolean is_whole)
{
	PssPrelude *prelude = &remote->start.prelude;

	if (prelude->timer != 0 && (is_whole || !prelude->holds_lines))
		return;
	g_clear_handle_id(&prelude->timer, g_source_remove);
	prelude->holds_lines = is_whole;
	prelude->timer = g_timeout_add(is_whole ? HOLD_LINES_MS : HOLD_MS, on_held_enough, remote);
}

static void remember(PssPrelude *prelude, const char *data, gsize n)
{
	prelude->n_remembered += n;
	if (prelude->n_remembered > REMEMBERED_MAX)
		return;
	g_string_append_len(prelude->begun, data, (gssize)n);
	for (char *end; (end = memchr(prelude->begun->str, '\n', prelude->begun->len)) != NULL;) {
		gsize n_line = (gsize)(end + 1 - prelude->begun->str);
		g_ptr_array_add(prelude->lines, g_strndup(prelude->begun->str, n_line));
		g_string_erase(prelude->begun, 0, (gssize)n_line);
	}
}

void pss_prelude_take(PssRemote *remote, const void *data, gsize n)
{
	PssPrelude *prelude = &remote->start.prelude;

	remember(prelude, data, n);
	if (prelude->shown) {
		pss_line_on_output(remote, data, n);
		return;
	}
	g_string_append_len(prelude->held, data, (gssize)n);
	hold(remote, prelude->held->str[prelude->held->len - 1] == '\n');
}

void pss_prelude_drop(PssRemote *remote)
{
	PssPrelude *prelude = &remote->start.prelude;

	g_clear_handle_id(&prelude->timer, g_source_remove);
	g_string_truncate(prelude->held, 0);
	if (!prelude->shown) {
		pss_prelude_forget(remote);
		g_string_truncate(prelude->tail, 0);
	}
	prelude->shown = TRUE;
}

/* ---- behind it: the repetitions */

void pss_prelude_forget(PssRemote *remote)
{
	g_ptr_array_set_size(remote->start.prelude.lines, 0);
	g_string_truncate(remote->start.prelude.begun, 0);
}

void pss_prelude_flush(PssRemote *remote)
{
	PssPrelude *prelude = &remote->start.prelude;

	g_clear_handle_id(&prelude->line_timer, g_source_remove);
	if (prelude->line->len == 0)
		return;
	g_autoptr(GString) line = g_steal_pointer(&prelude->line);
	prelude->line = g_string_new(NULL);
	prelude->is_inside = line->str[line->len - 1] != '\n';
	pss_line_on_output(remote, line->str, line->len);
}

/* A whole line that has been printed before: it is left out, once for each time. */
static gboolean is_repetition(PssPrelude *prelude)
{
	guint at;

	if (!g_ptr_array_find_with_equal_func(prelude->lines, prelude->line->str, g_str_equal, &at))
		return FALSE;
	g_ptr_array_remove_index(prelude->lines, at);
	return TRUE;
}

static gboolean may_become_repetition(const PssPrelude *prelude)
{
	for (guint i = 0; i < prelude->lines->len; i++)
		if (g_str_has_prefix(prelude->lines->pdata[i], prelude->line->str))
			return TRUE;
	return FALSE;
}

/* A prompt, or a question, that begins like a line that was printed before: nothing follows it. */
static gboolean on_line_enough(gpointer user)
{
	PssRemote *remote = user;
	remote->start.prelude.line_timer = 0;
	if (remote->phase != PSS_PHASE_ENDED)
		pss_prelude_flush(remote);
	return G_SOURCE_REMOVE;
}

static void drop_line(PssPrelude *prelude)
{
	g_clear_handle_id(&prelude->line_timer, g_source_remove);
	g_string_truncate(prelude->line, 0);
}

/* Up to the end of a line, or of what there is. */
static void filter_piece(PssRemote *remote, const char *data, gsize n)
{
	PssPrelude *prelude = &remote->start.prelude;
	gboolean whole = data[n - 1] == '\n';

	if (prelude->is_inside) {
		prelude->is_inside = !whole;
		pss_line_on_output(remote, data, n);
		return;
	}
	g_string_append_len(prelude->line, data, (gssize)n);
	if (whole && is_repetition(prelude))
		drop_line(prelude);
	else if (whole || !may_become_repetition(prelude))
		pss_prelude_flush(remote);
	else if (prelude->line_timer == 0)
		prelude->line_timer = g_timeout_add(HOLD_MS, on_line_enough, remote);
}

void pss_prelude_filter(PssRemote *remote, const void *data, gsize n)
{
	const char *at = data, *end = at + n;

	while (at < end && (remote->start.prelude.lines->len > 0 || remote->start.prelude.line->len > 0)) {
		const char *newline = memchr(at, '\n', (gsize)(end - at));
		gsize n_piece = newline ? (gsize)(newline + 1 - at) : (gsize)(end - at);
		filter_piece(remote, at, n_piece);
		at += n_piece;
	}
	if (at < end)
		pss_line_on_output(remote, at, (gsize)(end - at));
}
