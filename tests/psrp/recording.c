/* SPDX-License-Identifier: MIT */
#include "recording.h"

#include <stdio.h>
#include <string.h>

#include "psrp/wire/elements.h"
#include "psrp/wire/fragments.h"
#include "psrp/wire/message.h"

static const char *const kinds[] = { "Data",  "DataAck",  "Command", "CommandAck",
				     "Close", "CloseAck", "Signal",  "SignalAck" };

/* ---- the names of pipelines */

static char *name_of(GPtrArray *guids, const PssGuid *guid, gboolean is_new)
{
	if (pss_guid_is_zero(guid))
		return g_strdup("pool");
	for (guint i = 0; i < guids->len; i++)
		if (strcmp(guids->pdata[i], guid->text) == 0)
			return g_strdup_printf("%u", i + 1);
	if (is_new)
		g_ptr_array_add(guids, g_strdup(guid->text));
	return g_strdup_printf("%u", is_new ? guids->len : 0);
}

static PssGuid guid_of(GPtrArray *guids, const char *name)
{
	PssGuid guid = { .text = PSS_GUID_ZERO };
	guint number = (guint)g_ascii_strtoull(name, NULL, 10);

	if (number > 0 && number <= guids->len)
		g_assert_true(pss_guid_parse(&guid, guids->pdata[number - 1], PSS_GUID_LENGTH));
	return guid;
}

static char *escape(const char *text, gsize n)
{
	GString *out = g_string_new(NULL);
	for (gsize i = 0; i < n; i++) {
		if (text[i] == '\n')
			g_string_append(out, "\\n");
		else if (text[i] == '\r')
			g_string_append(out, "\\r");
		else if (text[i] == '\\')
			g_string_append(out, "\\\\");
		else
			g_string_append_c(out, text[i]);
	}
	return g_string_free(out, FALSE);
}

static char *unescape(const char *text)
{
	GString *out = g_string_new(NULL);
	for (; *text; text++) {
		if (*text != '\\') {
			g_string_append_c(out, *text);
			continue;
		}
		text++;
		g_string_append_c(out, *text == 'n' ? '\n' : *text == 'r' ? '\r' : '\\');
	}
	return g_string_free(out, FALSE);
}

/* ---- recording */

struct Recorder {
	FILE *file;
	GPtrArray *guids;
	PssElementReader *client, *server;
	PssDefragmenter *messages;
	char *home, *computer;
	char *who; /* of the Data that is read */
};

static void record(Recorder *recorder, char side, const PssElement *element)
{
	g_autofree char *who = name_of(recorder->guids, &element->guid, element->kind == PSS_ELEMENT_COMMAND);
	fprintf(recorder->file, "%c %s %s\n", side, kinds[element->kind], who);
}

static void on_client_element(gpointer user, const PssElement *element)
{
	record(user, 'C', element);
}

static void on_server_message(gpointer user, const guint8 *data, gsize n)
{
	Recorder *recorder = user;
	PssMessage message;
	g_autoptr(GString) text = NULL;
	g_autofree char *body = NULL;

	g_assert_true(pss_message_parse(&message, data, n));
	text = g_string_new_len(message.body, (gssize)message.n_body);
	g_string_replace(text, recorder->home, "/home/user", 0);
	g_string_replace(text, recorder->computer, "<S N=\"Computer\">computer</S>", 0);
	if (message.type == PSS_MESSAGE_APPLICATION_PRIVATE_DATA) /* tells of the computer, and nobody reads it */
		g_string_truncate(text, 0);
	body = escape(text->str, text->len);
	fprintf(recorder->file, "S Data %s %x %s\n", recorder->who, message.type, body);
}

static void on_server_element(gpointer user, const PssElement *element)
{
	Recorder *recorder = user;

	if (element->kind != PSS_ELEMENT_DATA) {
		record(recorder, 'S', element);
		return;
	}
	g_free(recorder->who);
	recorder->who = name_of(recorder->guids, &element->guid, FALSE);
	g_assert_true(pss_defragmenter_feed(recorder->messages, element->data, element->n_data));
}

static void on_noise(gpointer user, const char *text, gsize n)
{
}

static void on_malformed(gpointer user)
{
	g_assert_not_reached();
}

static const PssElementEvents client_events = { on_client_element, on_noise, on_malformed };
static const PssElementEvents server_events = { on_server_element, on_noise, on_malformed };

Recorder *recorder_new(const char *file, const char *home)
{
	Recorder *recorder = g_new0(Recorder, 1);
	recorder->file = fopen(file, "w");
	g_assert_nonnull(recorder->file);
	recorder->home = g_strdup(home);
	recorder->computer = g_strdup_printf("<S N=\"Computer\">%s</S>", g_get_host_name());
	recorder->guids = g_ptr_array_new_with_free_func(g_free);
	recorder->client = pss_element_reader_new(&client_events, recorder);
	recorder->server = pss_element_reader_new(&server_events, recorder);
	recorder->messages = pss_defragmenter_new(on_server_message, recorder);
	return recorder;
}

void recorder_free(Recorder *recorder)
{
	if (!recorder)
		return;
	fclose(recorder->file);
	g_ptr_array_unref(recorder->guids);
	pss_element_reader_free(recorder->client);
	pss_element_reader_free(recorder->server);
	pss_defragmenter_free(recorder->messages);
	g_free(recorder->who);
	g_free(recorder->home);
	g_free(recorder->computer);
	g_free(recorder);
}

void recorder_client(Recorder *recorder, const void *data, gsize n)
{
	pss_element_reader_feed(recorder->client, data, n);
}

void recorder_server(Recorder *recorder, const void *data, gsize n)
{
	pss_element_reader_feed(recorder->server, data, n);
}

/* ---- playing */

struct Player {
	char **lines;
	guint at;
	GPtrArray *guids;
	GQueue *sent; /* char *: "Data 1", what the client has sent and nothing has waited for yet */
	PssElementReader *client;
	guint64 object;
	guint source;
	gsize cut;
	void (*send)(gpointer user, const void *data, gsize n);
	gpointer user;
};

static void on_played_element(gpointer user, const PssElement *element)
{
	Player *player = user;
	g_autofree char *who = name_of(player->guids, &element->guid, element->kind == PSS_ELEMENT_COMMAND);
	g_queue_push_tail(player->sent, g_strdup_printf("%s %s", kinds[element->kind], who));
}

static const PssElementEvents player_events = { on_played_element, on_noise, on_malformed };

Player *player_new(const char *file, void (*send)(gpointer user, const void *data, gsize n), gpointer user)
{
	Player *player = g_new0(Player, 1);
	g_autofree char *text = NULL;

	g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
	player->lines = g_strsplit(text, "\n", -1);
	player->guids = g_ptr_array_new_with_free_func(g_free);
	player->sent = g_queue_new();
	player->client = pss_element_reader_new(&player_events, player);
	player->send = send;
	player->user = user;
	return player;
}

void player_free(Player *player)
{
	if (!player)
		return;
	g_clear_handle_id(&player->source, g_source_remove);
	g_strfreev(player->lines);
	g_ptr_array_unref(player->guids);
	g_queue_free_full(player->sent, g_free);
	pss_element_reader_free(player->client);
	g_free(player);
}

static void append_message(Player *player, GString *out, const char *who, const char *rest)
{
	char *body_start = NULL;
	g_autoptr(GByteArray) whole = g_byte_array_new();
	g_autoptr(GByteArray) fragments = g_byte_array_new();
	PssGuid guid = guid_of(player->guids, who);
	PssMessage message = { .destination = 1, .type = (guint32)strtoul(rest, &body_start, 16), .pipeline = guid };
	g_autofree char *body = unescape(*body_start ? body_start + 1 : "");

	memcpy(message.pool.text, PSS_GUID_ZERO, sizeof message.pool.text);
	message.body = body;
	message.n_body = strlen(body);
	pss_message_append(whole, &message);
	pss_fragments_append(fragments, ++player->object, whole->data, whole->len);
	pss_element_append_data(out, &guid, FALSE, fragments->data, fragments->len);
}

/* `S KIND WHO …` */
static void append_element(Player *player, GString *out, const char *line)
{
	g_auto(GStrv) words = g_strsplit(line, " ", 4);
	PssGuid guid = guid_of(player->guids, words[2]);

	if (strcmp(words[1], "Data") == 0) {
		append_message(player, out, words[2], words[3]);
	} else {
		for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
			if (strcmp(words[1], kinds[i]) == 0)
				pss_element_append(out, (PssElementKind)i, &guid);
	}
	g_string_append(out, "\r\n");
}

/* TRUE: the line has been played, or what it waits for has come. */
static gboolean play_line(Player *player, GString *out, const char *line)
{
	g_autofree char *sent = NULL;

	if (*line == 'S')
		append_element(player, out, line);
	if (*line != 'C')
		return TRUE;
	sent = g_queue_pop_head(player->sent);
	if (!sent)
		return FALSE;
	g_assert_cmpstr(sent, ==, line + 2);
	return TRUE;
}

static gboolean play(gpointer user)
{
	Player *player = user;
	g_autoptr(GString) out = g_string_new(NULL);
	gsize step;

	player->source = 0;
	while (player->lines[player->at] && play_line(player, out, player->lines[player->at]))
		player->at++;
	step = player->cut ? player->cut : MAX(out->len, 1);
	for (gsize at = 0; at < out->len; at += step)
		player->send(player->user, out->str + at, MIN(step, out->len - at));
	return G_SOURCE_REMOVE;
}

void player_client(Player *player, const void *data, gsize n)
{
	pss_element_reader_feed(player->client, data, n);
	if (player->source == 0)
		player->source = g_idle_add(play, player);
}

gboolean player_is_done(const Player *player)
{
	return !player->lines[player->at] && g_queue_is_empty(player->sent);
}

void player_set_cut(Player *player, gsize n)
{
	player->cut = n;
}
