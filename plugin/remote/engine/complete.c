/* SPDX-License-Identifier: MIT */
/* Completion: what may stand at the cursor of a line that is being edited. Called by engine.c. The shell stays at rest:
 * its answer comes from a copy of it, which is ended when the answer is no longer wanted or does not come in time.
 * What a family needs for it is a function __pss_c and a function __pss_a (PROTOCOL.md, "Completion"). */
#include "remote/engine/private.h"
#include "wire/deadlines.h"

#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES (64 * 1024) /* nobody waits for more to be looked through */

static void stop(PssRemote *remote)
{
	g_clear_handle_id(&remote->completion.timer, g_source_remove);
	remote->completion = (PssCompletion){ 0 };
}

void pss_complete_give_up(PssRemote *remote)
{
	if (!remote->completion.is_awaited)
		return;
	stop(remote);
	if (!remote->control_ended && remote->phase != PSS_PHASE_ENDED) {
		g_autoptr(GString) request = g_string_new(NULL);
		pss_request_abandon(request, remote->family);
		pss_engine_send_request(remote, request, TRUE);
	}
	remote->events->on_completion(remote->user, NULL);
}

void pss_remote_cancel_completion(PssRemote *remote)
{
	pss_complete_give_up(remote);
}

static gboolean on_deadline(gpointer user)
{
	PssRemote *remote = user;
	remote->completion.timer = 0;
	pss_complete_give_up(remote);
	return G_SOURCE_REMOVE;
}

static void send_request(PssRemote *remote, const char *line, gsize n, gsize point)
{
	PssCursor cursor;
	g_autoptr(GString) request = g_string_new(NULL);
	pss_engine_draw_nonce(remote->completion.nonce);
	pss_cursor_find(&cursor, line, n, point);
	pss_request_complete(request, remote->family, remote->completion.nonce, &cursor, line, n, point);
	pss_cursor_finish(&cursor);
	pss_engine_send_request(remote, request, TRUE);
}

gboolean pss_remote_complete(PssRemote *remote, const char *line, gsize n, gsize point)
{
	g_return_val_if_fail(point <= n, FALSE);
	if (remote->phase != PSS_PHASE_IDLE || remote->control_ended || remote->deaf || memchr(line, '\0', n))
		return FALSE;
	g_autoptr(GString) whole = g_string_new(remote->request.text->str);
	if (whole->len > 0)
		g_string_append_c(whole, '\n');
	const gsize n_before = whole->len;
	g_string_append_len(whole, line, (gssize)n);
	if (whole->len > LINE_MAX_BYTES)
		return FALSE;
	pss_complete_give_up(remote);
	remote->completion.is_awaited = TRUE;
	remote->completion.n_before = n_before;
	remote->completion.timer = g_timeout_add(pss_deadline(PSS_COMPLETION_MS), on_deadline, remote);
	send_request(remote, whole->str, whole->len, n_before + point);
	return TRUE;
}

static gboolean has_control_byte(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return TRUE;
	}
	return FALSE;
}

/* A line each: the candidate, and behind a tab what it means. */
static void take_candidate(GPtrArray *words, GPtrArray *descriptions, char *line)
{
	char *tab = strchr(line, '\t');
	if (tab)
		*tab++ = '\0';
	if (!*line || has_control_byte(line))
		return;
	g_ptr_array_add(words, line);
	g_ptr_array_add(descriptions, tab && *tab && !has_control_byte(tab) ? tab : NULL);
}

void pss_complete_on_reply(PssRemote *remote, const PssReply *reply)
{
	if (reply->type != 'c' || !remote->completion.is_awaited ||
	    strcmp(reply->field[0], remote->completion.nonce) != 0)
		return;
	const gsize n_before = remote->completion.n_before;
	stop(remote);
	g_auto(GStrv) lines = g_strsplit(reply->field[4], "\n", -1);
	g_autoptr(GPtrArray) words = g_ptr_array_new();
	g_autoptr(GPtrArray) descriptions = g_ptr_array_new();
	for (char **line = lines; *line; line++)
		take_candidate(words, descriptions, *line);
	guint64 start = g_ascii_strtoull(reply->field[1], NULL, 10);
	guint64 n_found = g_ascii_strtoull(reply->field[3], NULL, 10);
	/* What begins on a line before this one cannot be replaced in it. */
	if (start < n_before) {
		g_ptr_array_set_size(words, 0);
		n_found = 0;
	}
	PssRemoteCompletion completion = {
		.start = start < n_before ? 0 : (gsize)start - n_before,
		.no_space = strchr(reply->field[2], 'n') != NULL,
		.n_more = n_found > words->len ? (gsize)n_found - words->len : 0,
		.n = words->len,
	};
	g_ptr_array_add(words, NULL);
	g_ptr_array_add(descriptions, NULL);
	completion.words = (char **)words->pdata;
	completion.descriptions = (char **)descriptions->pdata;
	remote->events->on_completion(remote->user, &completion);
}
