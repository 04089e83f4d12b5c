/* SPDX-License-Identifier: MIT */
/* Lines that are kept until they are known to be obeyed, and frames that may be cut anywhere. Used by
 * transport-resilient.c, and by tests alone. It must never hand out a byte twice, and never forget a line too early. */
#include "link/resilient/resend-log.h"

#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "remote/holder/holder.h"

#define LINE_COST 64 /* beside its text */
/* A holder keeps 1 MiB in all. */
#define FRAME_MAX (1024u * 1024u)

typedef struct {
	guint64 number;
	GString *text;
} Line;

static void free_line(gpointer data)
{
	Line *line = data;
	pss_secret_free(line->text);
	g_free(line);
}

void pss_numbered_init(PssNumbered *numbered)
{
	*numbered = (PssNumbered){ 0 };
	g_queue_init(&numbered->lines);
}

void pss_numbered_finish(PssNumbered *numbered)
{
	g_queue_clear_full(&numbered->lines, free_line);
}

static Line *begin_line(PssNumbered *numbered, const char *head, gsize room)
{
	Line *line = g_new(Line, 1);

	line->number = ++numbered->last;
	line->text = pss_secret_new(room);
	g_string_append_printf(line->text, "%" G_GUINT64_FORMAT " %s", line->number, head);
	g_queue_push_tail(&numbered->lines, line);
	return line;
}

static gsize cost_of(const Line *line)
{
	return line->text->len + LINE_COST;
}

static const GString *end_line(PssNumbered *numbered, const Line *line)
{
	numbered->n_bytes += cost_of(line);
	return line->text;
}

const GString *pss_numbered_add_raw(PssNumbered *numbered, const char *head, const void *data, gsize n)
{
	const Line *line = begin_line(numbered, head, n + strlen(head) + 64);

	g_string_append_printf(line->text, " %" G_GSIZE_FORMAT "\n", n);
	g_string_append_len(line->text, data, (gssize)n);
	return end_line(numbered, line);
}

const GString *pss_numbered_add(PssNumbered *numbered, const char *head, const void *data, gsize n)
{
	const Line *line = begin_line(numbered, head, PSS_HOLDER_ESCAPED * n + strlen(head) + 64);

	if (data) {
		g_string_append_c(line->text, ' ');
		pss_holder_escape(line->text, data, n);
	}
	g_string_append_c(line->text, '\n');
	return end_line(numbered, line);
}

gboolean pss_numbered_obeyed(PssNumbered *numbered, guint64 number)
{
	Line *line;

	if (number > numbered->last)
		return FALSE;
	while ((line = g_queue_peek_head(&numbered->lines)) && line->number <= number) {
		numbered->n_bytes -= MIN(numbered->n_bytes, cost_of(line));
		free_line(g_queue_pop_head(&numbered->lines));
	}
	return TRUE;
}

void pss_numbered_take_over(PssNumbered *numbered, guint64 last, guint64 count)
{
	numbered->last = last;
	numbered->count = numbered->boundary = count;
	for (GList *at = numbered->lines.head; at; at = at->next) {
		Line *line = at->data;
		g_autofree char *number = g_strdup_printf("%" G_GUINT64_FORMAT, ++numbered->last);
		line->number = numbered->last;
		g_string_erase(line->text, 0, strchr(line->text->str, ' ') - line->text->str);
		g_string_prepend(line->text, number);
	}
}

void pss_numbered_append(const PssNumbered *numbered, GString *out)
{
	for (const GList *at = numbered->lines.head; at; at = at->next)
		g_string_append_len(out, ((const Line *)at->data)->text->str,
				    (gssize)((const Line *)at->data)->text->len);
}

/* Parses a complete header. FALSE: malformed. */
static gboolean take_header(PssNumbered *numbered, const PssNumberedEvents *events, gpointer user)
{
	unsigned long long a, b;
	char type;
	int end = 0;

	if (sscanf(numbered->header, "%c %llu %llu%n", &type, &a, &b, &end) != 3 || numbered->header[end] != '\0' ||
	    a > G_MAXUINT64 / 2 || (type != 'a' && a > G_MAXUINT))
		return FALSE;
	switch (type) {
	case '1':
	case '2':
	case 'u':
		numbered->child = (guint)a;
		numbered->is_stderr = type == '2';
		numbered->is_unseen = type == 'u';
		numbered->left = b;
		return b <= FRAME_MAX;
	case 't':
		events->on_taken(user, (guint)a, b);
		return TRUE;
	case 'l':
		events->on_dropped(user, (guint)a, b);
		return TRUE;
	case 'a':
		return pss_numbered_obeyed(numbered, a);
	case 'x':
		events->on_ended(user, (guint)a, (int)(b & 255));
		return TRUE;
	default:
		return FALSE;
	}
}

gboolean pss_numbered_feed(PssNumbered *numbered, const void *data, gsize n, const PssNumberedEvents *events,
			   gpointer user)
{
	const char *at = data, *end = at + n;

	while (at < end) {
		if (numbered->left > 0) {
			gsize part = (gsize)MIN(numbered->left, (guint64)(end - at));
			numbered->left -= part;
			numbered->count += part;
			if (numbered->is_unseen)
				events->on_unseen(user, numbered->child, at, part);
			else
				events->on_bytes(user, numbered->child, numbered->is_stderr, at, part);
			at += part;
			if (numbered->left == 0)
				numbered->boundary = numbered->count;
			continue;
		}
		char c = *at++;
		numbered->count++;
		if (c != '\n') {
			if (numbered->n_header + 1 >= sizeof numbered->header)
				return FALSE;
			numbered->header[numbered->n_header++] = c;
			continue;
		}
		numbered->header[numbered->n_header] = '\0';
		numbered->n_header = 0;
		if (!take_header(numbered, events, user))
			return FALSE;
		if (numbered->left == 0)
			numbered->boundary = numbered->count;
	}
	return TRUE;
}
