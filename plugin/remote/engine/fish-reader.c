/* SPDX-License-Identifier: MIT */
/* The part of the engine for a shell that keeps its own line editor on the terminal (fish). What that paints between
 * the marks `n` and `s` is dropped. When it waits for keys (`r`) it gets the one sequence that makes it read a request
 * from the fifo (`t`: it does). An interrupt makes a terminal forget what it holds, marks and that sequence too, so a
 * reader that does not come to read is called again. Called by engine.c, line.c and invoke.c. It must never send the
 * sequence when a program could read it: only between the end of one request and the beginning of the next. */
#include "remote/engine/private.h"

#include <string.h>

/* A slow computer is no reason to call again: a program that has begun by then would read the key. */
#define CALL_MS 5000
#define DISTURBED_CALL_MS 1000
#define QUIET_MS 50
#define MAX_CALLS 5 /* 1 + 2 + 3 + 4 + 5 times that */

void pss_reader_init(PssReader *reader, const char *nonce)
{
	/* Secret enough not to be typed by chance. */
	g_snprintf(reader->key, sizeof reader->key, "\036%.8s", nonce);
	reader->painted = g_string_new(NULL);
	reader->tail = g_string_new(NULL);
}

void pss_reader_init_key(PssReader *reader, const char *key)
{
	g_snprintf(reader->key, sizeof reader->key, "\036%s", key);
}

void pss_reader_finish(PssReader *reader)
{
	pss_reader_stop(reader);
	g_clear_handle_id(&reader->quiet_timer, g_source_remove);
	g_string_free(reader->painted, TRUE);
	g_string_free(reader->tail, TRUE);
}

void pss_reader_stop(PssReader *reader)
{
	g_clear_handle_id(&reader->timer, g_source_remove);
}

/* ---- the call */

static void watch(PssRemote *remote);

static void send_key(PssRemote *remote)
{
	remote->events->send_terminal(remote->user, remote->reader.key, strlen(remote->reader.key));
	watch(remote);
}

static gboolean on_silence(gpointer user)
{
	PssRemote *remote = user;
	PssReader *reader = &remote->reader;
	reader->timer = 0;
	reader->n_calls++;
	if (remote->phase != PSS_PHASE_RUNNING) {
		reader->may_be_extra = TRUE;
		send_key(remote);
	}
	return G_SOURCE_REMOVE;
}

static void watch_for(PssRemote *remote, guint milliseconds)
{
	PssReader *reader = &remote->reader;
	pss_reader_stop(reader);
	if (reader->n_calls < MAX_CALLS)
		reader->timer = g_timeout_add(milliseconds * (reader->n_calls + 1), on_silence, remote);
}

static void watch(PssRemote *remote)
{
	watch_for(remote, remote->reader.disturbed ? DISTURBED_CALL_MS : CALL_MS);
}

/* A request that has been read and has not begun: the reader repaints, as after a resize, and goes on to execute it;
 * or an interrupt has taken it away from the reader, which waits then. */
static gboolean is_about_to_begin(const PssRemote *remote, const char *nonce)
{
	return remote->phase == PSS_PHASE_SENT && strcmp(nonce, remote->request.mark_nonce) == 0 &&
	       strcmp(nonce, remote->reader.begun) != 0;
}

static void call(PssRemote *remote, const char *nonce)
{
	if (strcmp(remote->reader.called, nonce) == 0)
		return;
	if (is_about_to_begin(remote, nonce)) {
		watch_for(remote, DISTURBED_CALL_MS);
		return;
	}
	g_strlcpy(remote->reader.called, nonce, sizeof remote->reader.called);
	send_key(remote);
}

/* One that is left waiting is called when there is something to read. */
static void wake(PssRemote *remote)
{
	PssReader *reader = &remote->reader;
	if (!reader->has_request || !pss_reader_next(&reader->state, PSS_READER_ON_WAKE))
		return;
	reader->has_request = FALSE;
	send_key(remote);
}

/* One that reads reads on, but for one that is to wait again behind what it reads. */
void pss_reader_on_request(PssRemote *remote, gboolean is_at_rest)
{
	PssReader *reader = &remote->reader;
	if (remote->family != PSS_FAMILY_FISH)
		return;
	reader->has_request = !reader->reads || reader->is_leaving;
	reader->is_leaving = reader->is_leaving || is_at_rest;
	wake(remote);
}

void pss_reader_on_keys(PssRemote *remote, const void *data, gsize n)
{
	static const char forgetting[] = { 'C' & 0x1f, '\\' & 0x1f, 'Z' & 0x1f };
	for (gsize i = 0; i < sizeof forgetting; i++)
		if (memchr(data, forgetting[i], n))
			remote->reader.disturbed = TRUE;
}

void pss_reader_on_done(PssRemote *remote)
{
	const PssReader *reader = &remote->reader;
	if (remote->family == PSS_FAMILY_FISH && !reader->reads && !reader->timer && reader->state != PSS_READER_OPEN)
		watch(remote);
}

/* An interrupt made the terminal drop marks, and the report has come: the reader waits, or will. */
void pss_reader_call_again(PssRemote *remote)
{
	if (remote->family == PSS_FAMILY_FISH && remote->request.has_report && !remote->request.has_mark)
		call(remote, remote->request.mark_nonce);
}

/* ---- its own mark behind a command's output (fish 4.0; later ones are started without) */

#define END_MARK "\033]133;D;"
#define END_MARK_MAX (sizeof END_MARK - 1 + 4) /* with a status and BEL */

/* So many bytes at the end are such a mark, or may become one. */
static gsize end_mark_length(const char *data, gsize n)
{
	gsize n_searched = MIN(n, END_MARK_MAX), n_fixed = sizeof END_MARK - 1;
	const char *at = memrchr(data + n - n_searched, '\033', n_searched);
	if (!at)
		return 0;
	gsize length = (gsize)(data + n - at);
	if (memcmp(at, END_MARK, MIN(length, n_fixed)) != 0)
		return 0;
	for (gsize i = n_fixed; i < length; i++)
		if (!g_ascii_isdigit(at[i]) && (at[i] != '\007' || i + 1 < length))
			return 0;
	return length;
}

void pss_reader_on_output(PssRemote *remote, const void *data, gsize n)
{
	g_autoptr(GString) all = g_steal_pointer(&remote->reader.tail);
	g_string_append_len(all, data, (gssize)n);
	gsize n_shown = all->len - end_mark_length(all->str, all->len);
	remote->reader.tail = g_string_new(all->str + n_shown);
	if (n_shown > 0)
		pss_line_on_output(remote, all->str, n_shown);
}

void pss_reader_release(PssRemote *remote, gboolean ends)
{
	g_autoptr(GString) tail = g_steal_pointer(&remote->reader.tail);
	remote->reader.tail = g_string_new(NULL);
	if (tail->len > 0 && !(ends && g_str_has_suffix(tail->str, "\007")))
		pss_line_on_output(remote, tail->str, tail->len);
}

/* ---- what it paints */

/* With an empty prompt, it paints escape sequences and its sign for a missing newline: what else there is, somebody
 * in the background has written, or it is news of a job. */
static void show_news(PssRemote *remote)
{
	static const char painting[] =
		"\033\\][^\007\033]*(?:\007|\033\\\\)|\033\\[[0-?]*[ -/]*[@-~]|\033[ -/]*[0-~]|\017|"
		"(?:\342\217\216|\302\266|~)(?:\033[ -/]*[0-~][0-9;]*m?|\017)* *\r";
	g_autoptr(GRegex) regex = g_regex_new(painting, G_REGEX_RAW, 0, NULL);
	g_autofree char *news = g_regex_replace_literal(regex, remote->reader.painted->str,
							(gssize)remote->reader.painted->len, 0, "", 0, NULL);
	if (news && news[strspn(news, " \r\n")])
		pss_line_on_output(remote, news, strlen(news));
}

/* What it has been called for it has not read yet. */
static gboolean is_called(const PssRemote *remote)
{
	return remote->phase == PSS_PHASE_SENT || remote->phase == PSS_PHASE_TYPED || remote->completion.is_awaited;
}

/* Nothing tells what a reader that is left waiting paints from what somebody in the background writes. */
static gboolean on_quiet(gpointer user)
{
	PssRemote *remote = user;
	remote->reader.quiet_timer = 0;
	if (is_called(remote)) /* what comes of the key may be among it: `t` tells */
		return G_SOURCE_REMOVE;
	remote->dropping = FALSE;
	show_news(remote);
	remote->dropping = remote->family == PSS_FAMILY_FISH;
	remote->n_dropped = 0;
	g_string_truncate(remote->reader.painted, 0);
	return G_SOURCE_REMOVE;
}

static void await_quiet(PssRemote *remote)
{
	g_clear_handle_id(&remote->reader.quiet_timer, g_source_remove);
	remote->reader.quiet_timer = g_timeout_add(QUIET_MS, on_quiet, remote);
}

void pss_reader_on_paint(PssRemote *remote, const void *data, gsize n)
{
	if (remote->family != PSS_FAMILY_FISH && remote->family != PSS_FAMILY_ZSH)
		return;
	g_string_append_len(remote->reader.painted, data, (gssize)n);
	/* What runs has begun; an interrupt may have taken the mark that says so. */
	gboolean is_late = remote->family == PSS_FAMILY_ZSH && remote->phase == PSS_PHASE_RUNNING;
	if (is_late || remote->reader.state == PSS_READER_OPEN)
		await_quiet(remote);
}

/* It waits, and will until it is called: or it repaints, and waits again. */
static void on_rest(PssRemote *remote)
{
	PssReader *reader = &remote->reader;
	pss_reader_stop(reader);
	pss_reader_next(&reader->state, PSS_READER_ON_OPEN);
	reader->reads = reader->is_leaving = FALSE;
	if (!remote->dropping)
		remote->n_dropped = 0;
	remote->dropping = TRUE;
	if (is_called(remote)) /* the key may have come to nothing */
		watch_for(remote, DISTURBED_CALL_MS);
	wake(remote);
}

/* It waits, and is called once. */
static void on_waits(PssRemote *remote, guint slot)
{
	pss_reader_next(&remote->reader.state, PSS_READER_ON_WAIT);
	call(remote, slot == PSS_SLOT_REQUEST ? remote->request.mark_nonce : remote->request.old_nonce);
}

/* It paints (n), or has ended that (s, t). */
static void on_paints(PssRemote *remote, guint slot, char kind, const char *argument)
{
	PssReader *reader = &remote->reader;
	gboolean news =
		(kind == 't' && reader->state != PSS_READER_AWAY && !*argument) || (kind == 's' && reader->has_no_text);
	g_clear_handle_id(&reader->quiet_timer, g_source_remove);
	if (kind == 's' && slot == PSS_SLOT_REQUEST) {
		memcpy(reader->begun, remote->request.mark_nonce, sizeof reader->begun);
		reader->has_request = reader->is_leaving = FALSE;
	}
	reader->has_no_text = kind == 'n' && *argument;
	remote->dropping = kind == 'n';
	remote->n_dropped = 0;
	pss_reader_next(&reader->state, PSS_READER_ON_PAINT);
	reader->reads = kind == 't';
	reader->n_calls = 0;
	reader->disturbed = reader->disturbed && !reader->reads;
	pss_reader_stop(reader);
	if (news)
		show_news(remote);
	g_string_truncate(reader->painted, 0);
}

void pss_reader_on_mark(PssRemote *remote, guint slot, char kind, const char *argument)
{
	if (kind == 'a') {
		send_key(remote);
		g_string_truncate(remote->reader.painted, 0);
	} else if (kind != 'r')
		on_paints(remote, slot, kind, argument);
	else if (*argument)
		on_rest(remote);
	else
		on_waits(remote, slot);
}
