/* SPDX-License-Identifier: MIT */
/* What the user sees: lines of errors, objects, the line of progress. Names that others have given are made safe to
 * show by the verb (errors) or here (objects). Called by all rooms of a copy. */
#include "copy/items/private.h"

#include <string.h>

#include "terminal/clean-text.h"
#include "terminal/utf8.h"
#include "wire/cleanup.h"

#define PROGRESS_MS 500
#define SAID_MAX 10000 /* lines that are known again */

/* "web1:/srv/x", or a path of here. */
static char *spell(const PssPlace *place, const char *path)
{
	return place ? g_strdup_printf("%s:%s", place->label, path) : g_strdup(path);
}

/* What is wrong here is so for each computer that it is copied to, and is said once. */
static gboolean was_said(PssCopy *copy, const char *text)
{
	if (copy->transfers->len < 2)
		return FALSE;
	if (!copy->said)
		copy->said = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return g_hash_table_size(copy->said) < SAID_MAX ? !g_hash_table_add(copy->said, g_strdup(text))
							: g_hash_table_contains(copy->said, text);
}

/* One line for a place that is lost, not one for each file that was on its way. */
static gboolean was_reported(const PssCopy *copy, const PssPlace *place)
{
	return copy->is_stopping || (place && (place->state == PSS_PLACE_LOST || place->state == PSS_PLACE_CUT));
}

void pss_report_error(PssCopy *copy, const PssPlace *place, const char *path, const char *message)
{
	if (was_reported(copy, place))
		return;
	g_autofree char *where = spell(place, path);
	g_autofree char *text = g_strdup_printf("%s: %s", where, message);
	if (!place && was_said(copy, text))
		return;
	copy->n_unanswered += copy->request->waits;
	pss_verb_link_error(copy->verb, 0, PSS_FAILED, text);
}

void pss_report_warning(PssCopy *copy, const PssPlace *place, const char *path, const char *message)
{
	g_autofree char *where = spell(place, path);
	g_autofree char *text = g_strdup_printf("%s: %s", where, message);

	pss_verb_link_note(copy->verb, PSS_NOTE_WARNING, text);
}

void pss_report_stream(const PssItem *directory)
{
	const PssTransfer *transfer = directory->transfer;
	g_autofree char *where = spell(transfer->from, directory->source_path);
	g_autofree char *text =
		g_strdup_printf("%s: one stream through the tar of %s", where, pss_transfer_place(transfer)->label);

	pss_verb_link_note(transfer->copy->verb, PSS_NOTE_VERBOSE, text);
}

void pss_report_part(const PssItem *item, guint64 part, gboolean same)
{
	g_autofree char *where = spell(item->transfer->to, item->target_path);
	g_autofree char *text = g_strdup_printf("%s: %s the %" G_GUINT64_FORMAT " bytes that an earlier copy has left",
						where, same ? "going on behind" : "beginning again, not behind", part);

	pss_verb_link_note(item->transfer->copy->verb, PSS_NOTE_VERBOSE, text);
}

/* ---- objects */

/* A JSON string; bytes that are no UTF-8 become U+FFFD. */
static void append_string(GString *json, const char *text)
{
	const unsigned char *at = (const unsigned char *)text;
	gsize n = strlen(text);

	g_string_append_c(json, '"');
	while (n > 0) {
		uint32_t character;
		gsize length = pss_decode(at, n, &character);
		if (length == 0)
			g_string_append(json, "\357\277\275");
		else if (character < 0x20 || character == 0x7f || character == '"' || character == '\\')
			g_string_append_printf(json, "\\u%04x", character);
		else
			g_string_append_len(json, (const char *)at, (gssize)length);
		length = MAX(length, 1);
		at += length;
		n -= length;
	}
	g_string_append_c(json, '"');
}

static void append_member(GString *json, const char *key, const char *value)
{
	g_string_append_printf(json, "%s\"%s\":", json->len > 1 ? "," : "", key);
	append_string(json, value);
}

static char *compose_json(const PssItem *item, PssOutcome outcome, const char *why)
{
	static const char *const outcomes[] = { "copied", "skipped", "failed" };
	const PssTransfer *transfer = item->transfer;
	GString *json = g_string_new("{");
	const PssPlace *place = pss_transfer_place(transfer);
	g_autofree char *from = spell(transfer->from, item->source_path);
	g_autofree char *to = spell(transfer->to, item->target_path);

	append_member(json, "host", place->label);
	append_member(json, "source", from);
	append_member(json, "destination", to);
	if (S_ISREG(item->attributes.mode))
		g_string_append_printf(json, ",\"bytes\":%" G_GUINT64_FORMAT, item->attributes.size);
	append_member(json, "result", outcomes[outcome]);
	if (why)
		append_member(json, "error", why);
	g_string_append_c(json, '}');
	return g_string_free(json, FALSE);
}

/* One that failed before there was an item. `side`: which of the two its path is of; NULL: neither. */
static void report_failed(PssCopy *copy, const char *host, const char *side, const char *where, const char *why)
{
	GString *json = g_string_new("{");

	append_member(json, "host", host);
	if (side)
		append_member(json, side, where);
	append_member(json, "result", "failed");
	append_member(json, "error", why);
	g_string_append_c(json, '}');
	g_autofree char *text = g_string_free(json, FALSE);
	pss_verb_link_output(copy->verb, text);
}

static void report_side(const PssTransfer *transfer, const char *side, const PssPlace *place, const char *path,
			const char *why)
{
	if (transfer->copy->request->json && !was_reported(transfer->copy, place)) {
		g_autofree char *where = spell(place, path);
		report_failed(transfer->copy, pss_transfer_place(transfer)->label, side, where, why);
	}
	pss_report_error(transfer->copy, place, path, why);
}

void pss_report_source(const PssTransfer *transfer, const char *path, const char *why)
{
	report_side(transfer, "source", transfer->from, path, why);
}

void pss_report_destination(const PssTransfer *transfer, const char *path, const char *why)
{
	report_side(transfer, "destination", transfer->to, path, why);
}

void pss_report_left(PssPlace *place)
{
	g_autofree char *left = place ? pss_half_tell_left(place) : NULL;
	g_autofree char *text = left && *left ? spell(place, left) : NULL;

	if (text)
		pss_verb_link_note(place->copy->verb, PSS_NOTE_WARNING, text);
}

void pss_report_place(PssPlace *place)
{
	if (place->is_reported || place->copy->is_stopping)
		return;
	place->is_reported = TRUE;
	place->copy->n_unanswered += place->copy->request->waits;
	if (place->copy->request->json)
		report_failed(place->copy, place->label, NULL, NULL, place->why_lost);
	g_autofree char *left = pss_half_tell_left(place);
	g_autofree char *text = g_strconcat(place->why_lost, *left ? "; " : "", left, NULL);
	pss_verb_link_error(place->copy->verb, place->number, place->status_lost, text);
}

void pss_report_item(const PssItem *item, PssOutcome outcome, const char *why)
{
	const PssCopy *copy = item->transfer->copy;
	g_autofree char *text = NULL;

	if (copy->is_stopping)
		return;
	if (copy->request->json)
		text = compose_json(item, outcome, why);
	else if (copy->request->pass_thru && outcome == PSS_OUTCOME_COPIED)
		text = spell(item->transfer->to, item->target_path);
	if (text)
		pss_verb_link_output(copy->verb, text);
}

/* ---- progress */

/* "12.3 MiB" */
static char *format_size(guint64 bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
	double size = (double)bytes / 1024;
	gsize i = 0;

	if (bytes < 1024)
		return g_strdup_printf("%u B", (guint)bytes);
	while (size >= 1000 && i + 1 < G_N_ELEMENTS(units)) {
		size /= 1024;
		i++;
	}
	return g_strdup_printf("%.1f %s", size, units[i]);
}

/* "1:02:03" */
static char *format_time(guint64 seconds)
{
	guint hours = (guint)(seconds / 3600), minutes = (guint)(seconds / 60 % 60);

	return hours > 0 ? g_strdup_printf("%u:%02u:%02u", hours, minutes, (guint)(seconds % 60))
			 : g_strdup_printf("%u:%02u", minutes, (guint)(seconds % 60));
}

/* The one that has most to do still, where there are several. */
static const PssTransfer *find_slowest(const PssCopy *copy)
{
	const PssTransfer *slowest = NULL;

	for (guint i = 0; copy->transfers->len > 1 && i < copy->transfers->len; i++) {
		const PssTransfer *transfer = copy->transfers->pdata[i];
		if (transfer->state == PSS_TRANSFER_NEW || transfer->state == PSS_TRANSFER_DONE)
			continue;
		if (!slowest || transfer->bytes - transfer->bytes_done > slowest->bytes - slowest->bytes_done)
			slowest = transfer;
	}
	return slowest;
}

static gboolean is_searching(const PssCopy *copy)
{
	for (guint i = 0; i < copy->transfers->len; i++) {
		const PssTransfer *transfer = copy->transfers->pdata[i];
		if (transfer->state != PSS_TRANSFER_DONE &&
		    (transfer->state != PSS_TRANSFER_RUNNING || transfer->directories.length > 0 ||
		     transfer->operands.length > 0 || transfer->n_listing > 0))
			return TRUE;
	}
	return FALSE;
}

/* So that it all fits in 80 columns: of many computers the slowest, of one the files. */
static void append_counts(const PssCopy *copy, GString *text, gboolean searching)
{
	const PssTransfer *slowest = find_slowest(copy);
	guint n_done = 0;

	for (guint i = 0; i < copy->transfers->len; i++)
		n_done += ((const PssTransfer *)copy->transfers->pdata[i])->state == PSS_TRANSFER_DONE;
	if (copy->transfers->len > 1)
		g_string_append_printf(text, "%u/%u computers", n_done, copy->transfers->len);
	else
		g_string_append_printf(text, "%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT "%s files",
				       copy->counts.files_done, copy->counts.files, searching ? "…" : "");
	if (slowest && slowest->bytes > 0)
		g_string_append_printf(text, ", slowest %s %u%%", pss_transfer_place(slowest)->label,
				       (guint)(slowest->bytes_done * 100 / slowest->bytes));
}

static gboolean on_progress(gpointer user)
{
	PssCopy *copy = user;
	double seconds = (double)(g_get_monotonic_time() - copy->counts.begun_at) / G_USEC_PER_SEC;
	double rate = (double)copy->counts.bytes_moved / seconds;
	g_autofree char *done = format_size(copy->counts.bytes_done);
	g_autofree char *total = format_size(copy->counts.bytes);
	g_autofree char *speed = format_size((guint64)rate);
	guint64 left = copy->counts.bytes - MIN(copy->counts.bytes, copy->counts.bytes_done);
	g_autofree char *time = format_time(rate > 0 ? (guint64)((double)left / rate) : 0);
	gboolean searching = is_searching(copy);
	g_autoptr(GString) text = g_string_new(NULL);

	g_string_append_printf(text, "%s of %s%s, %s/s, ", done, total, searching ? "…" : "", speed);
	if (!searching && rate > 0)
		g_string_append_printf(text, "%s left, ", time);
	append_counts(copy, text, searching);
	if (copy->counts.files > 0 && !copy->is_stopping) {
		_cleanup_(pss_free_pointer) char *clean = pss_visible(text->str, false);
		pss_verb_link_progress(copy->verb, clean ? clean : "");
	}
	return G_SOURCE_CONTINUE;
}

void pss_report_progress_begin(PssCopy *copy)
{
	copy->counts.begun_at = g_get_monotonic_time();
	if (copy->request->shows_progress)
		g_timeout_add(PROGRESS_MS, on_progress, copy);
}
