/* SPDX-License-Identifier: MIT */
/* Which sessions are meant, with PowerShell's sentences for what is not there, and how they are printed. */
#include <glib.h>
#include <glib/gstdio.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/sessions/print-sessions.h"
#include "client/sessions/selection.h"

static GString *said; /* errors, a line each */

static void say(const char *command, const char *message)
{
	g_string_append_printf(said, "%s\n", message);
}

static const struct pss_shell shell = { .name = "test", .error = say };

static void add(struct pss_sessions *sessions, uint64_t id, const char *name, const char *instance,
		const char *computer, enum pss_state state)
{
	struct pss_buffer buffer;
	struct pss_message message;
	struct pss_frame frame;

	pss_buffer_init(&buffer);
	pss_message_begin(&message, &buffer, PSS_SESSION, 1);
	pss_message_number(&message, PSS_TAG_ID, id);
	pss_message_text(&message, PSS_TAG_NAME, name);
	pss_message_text(&message, PSS_TAG_INSTANCE, instance);
	pss_message_text(&message, PSS_TAG_COMPUTER, computer);
	pss_message_text(&message, PSS_TAG_SHELL, "bash");
	pss_message_text(&message, PSS_TAG_TRANSPORT, "SSH");
	pss_message_number(&message, PSS_TAG_STATE, state);
	pss_message_number(&message, PSS_TAG_AVAILABILITY,
			   state == PSS_STATE_OPENED ? PSS_AVAILABILITY_AVAILABLE : PSS_AVAILABILITY_NONE);
	g_assert_cmpint(pss_message_end(&message), ==, 0);
	g_assert_cmpint(pss_frame_parse(&buffer, &frame), ==, 1);
	g_assert_cmpint(pss_sessions_add(sessions, pss_frame_fields(&frame)), ==, 0);
	pss_buffer_finish(&buffer);
}

#define UUID_1 "11111111-1111-4111-8111-111111111111"
#define UUID_2 "22222222-2222-4222-8222-222222222222"
#define UUID_3 "abcdefab-cdef-4bcd-8fab-cdefabcdefab"

static void fill(struct pss_sessions *sessions)
{
	*sessions = (struct pss_sessions){ 0 };
	add(sessions, 1, "Session1", UUID_1, "Server01", PSS_STATE_OPENED);
	add(sessions, 2, "build", UUID_2, "web1", PSS_STATE_BROKEN);
	add(sessions, 10, "Build", UUID_3, "web2", PSS_STATE_OPENED);
}

struct sample {
	enum pss_selector selector;
	const char *value; /* commas separate; NULL: not given */
	const char *computer;
	int state; /* 0: not given */
	bool gone_is_fine;
	const char *ids; /* those that are left */
	const char *errors;
};

static const struct sample samples[] = {
	{ PSS_BY_ID, NULL, .ids = "1 2 10", .errors = "" },
	{ PSS_BY_ID, "10,1", .ids = "1 10", .errors = "" },
	{ PSS_BY_ID, "3", .ids = "", .errors = "The remote session with the session ID 3 is not available.\n" },
	{ PSS_BY_NAME, "session1", .ids = "1", .errors = "" },
	{ PSS_BY_NAME, "build", .ids = "2 10", .errors = "" },
	{ PSS_BY_NAME, "B*", .ids = "2 10", .errors = "" },
	{ PSS_BY_NAME, "x*", .ids = "", .errors = "" },
	{ PSS_BY_NAME, "sess,1", .ids = "",
	  .errors = "The remote session with the name sess is not available.\n"
		    "The remote session with the name 1 is not available.\n" },
	{ PSS_BY_INSTANCE, UUID_2, .ids = "2", .errors = "" },
	{ PSS_BY_INSTANCE, "ABCDEFAB-CDEF-4BCD-8FAB-CDEFABCDEFAB", .ids = "10", .errors = "" },
	{ PSS_BY_INSTANCE, "x", .ids = "", .errors = "The remote session with the instance ID x is not available.\n" },
	{ PSS_BY_SESSION, "1,build," UUID_3, .ids = "1 2 10", .errors = "" },
	{ PSS_BY_SESSION, "99999999-9999-4999-8999-999999999999", .ids = "",
	  .errors =
		  "The remote session with the instance ID 99999999-9999-4999-8999-999999999999 is not available.\n" },
	{ PSS_BY_SESSION, "99999999-9999-4999-8999-999999999999", .gone_is_fine = true, .ids = "", .errors = "" },
	{ PSS_BY_SESSION, "99", .gone_is_fine = true, .ids = "",
	  .errors = "The remote session with the session ID 99 is not available.\n" },
	{ PSS_BY_ID, NULL, .computer = "WEB*", .ids = "2 10", .errors = "" },
	{ PSS_BY_ID, NULL, .computer = "web1,Server01", .ids = "1 2", .errors = "" },
	{ PSS_BY_ID, NULL, .computer = "nowhere", .ids = "",
	  .errors = "The remote session with the computer name nowhere is not available.\n" },
	{ PSS_BY_NAME, "build", .computer = "web2", .ids = "10", .errors = "" },
	{ PSS_BY_ID, NULL, .state = PSS_STATE_BROKEN, .ids = "2", .errors = "" },
	{ PSS_BY_NAME, "s*", .state = PSS_STATE_BROKEN, .ids = "", .errors = "" },
};

static void give(struct pss_value *value, const char *text)
{
	g_auto(GStrv) items = g_strsplit(text ? text : "", ",", -1);

	value->given = text != NULL;
	for (char **item = items; text && *item; item++)
		pss_texts_add(&value->list, strdup(*item));
}

static void select_sample(gconstpointer data)
{
	const struct sample *sample = data;
	struct pss_call call = { .shell = &shell, .verb = &pss_verb_get };
	struct pss_value value = { 0 }, computer = { 0 };
	struct pss_value state = { .given = sample->state != 0, .number = sample->state - 1 };
	struct pss_selection selection = { .computer = &computer,
					   .state = &state,
					   .gone_is_fine = sample->gone_is_fine };
	struct pss_sessions sessions;
	GString *ids = g_string_new(NULL);

	said = g_string_new(NULL);
	give(&value, sample->value);
	give(&computer, sample->computer);
	selection.selectors[sample->selector] = &value;
	fill(&sessions);
	pss_select(&call, &selection, &sessions);
	for (size_t i = 0; i < sessions.n_items; i++)
		g_string_append_printf(ids, "%s%d", i ? " " : "", (int)sessions.items[i].id);
	g_assert_cmpstr(ids->str, ==, sample->ids);
	g_assert_cmpstr(said->str, ==, sample->errors);
	g_assert_cmpint(call.status, ==, *sample->errors ? 1 : 0);
	pss_sessions_finish(&sessions);
	pss_values_finish(&value, 1);
	pss_values_finish(&computer, 1);
	pss_texts_finish(&call.streams[PSS_STREAM_ERROR]);
	g_string_free(ids, TRUE);
	g_string_free(said, TRUE);
}

static void one_is_wanted(void)
{
	static const struct {
		enum pss_selector selector;
		const char *value;
		uint64_t id;
		const char *errors;
	} wanted[] = {
		{ PSS_BY_SESSION, "2", 2, "" },
		{ PSS_BY_NAME, "SESSION1", 1, "" },
		{ PSS_BY_SESSION, UUID_3, 10, "" },
		{ PSS_BY_NAME, "build", 0, "Multiple matches found for name build.\n" },
		{ PSS_BY_NAME, "S*", 0, "The remote session with the name S* is not available.\n" },
	};
	struct pss_sessions sessions;

	fill(&sessions);
	for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++) {
		struct pss_call call = { .shell = &shell, .verb = &pss_verb_enter };
		said = g_string_new(NULL);
		const struct pss_session *session =
			pss_select_one(&call, wanted[i].selector, wanted[i].value, &sessions);
		g_assert_cmpuint(session ? session->id : 0, ==, wanted[i].id);
		g_assert_cmpstr(said->str, ==, wanted[i].errors);
		pss_texts_finish(&call.streams[PSS_STREAM_ERROR]);
		g_string_free(said, TRUE);
	}
	pss_sessions_finish(&sessions);
}

static void the_action_on_errors_counts(void)
{
	static const struct {
		int action;
		unsigned n_said, n_recorded;
	} wanted[] = { { 0, 0, 2 }, { 1, 1, 1 }, { 2, 2, 2 }, { 4, 0, 0 } };

	for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++) {
		struct pss_call call = { .shell = &shell, .verb = &pss_verb_get };
		struct pss_value value = { 0 };
		struct pss_selection selection = { .selectors = { [PSS_BY_ID] = &value } };
		struct pss_sessions sessions = { 0 };
		unsigned n_said = 0;
		said = g_string_new(NULL);
		call.common[PSS_COMMON_ERROR_ACTION] = (struct pss_value){ .given = true, .number = wanted[i].action };
		give(&value, "98,99");
		pss_select(&call, &selection, &sessions);
		for (const char *c = said->str; *c; c++)
			n_said += *c == '\n';
		g_assert_cmpuint(n_said, ==, wanted[i].n_said);
		g_assert_cmpuint(call.streams[PSS_STREAM_ERROR].n_items, ==, wanted[i].n_recorded);
		g_assert_cmpint(call.status, ==, 1);
		pss_texts_finish(&call.streams[PSS_STREAM_ERROR]);
		pss_values_finish(&value, 1);
		g_string_free(said, TRUE);
	}
}

static void statuses_merge_by_their_order(void)
{
	static const int wanted[][3] = { { 0, 1, 1 },       { 1, 0, 1 },       { 1, 255, 255 },
					 { 255, 1, 255 },   { 255, 130, 130 }, { 130, 255, 130 },
					 { 124, 255, 124 }, { 255, 124, 124 }, { 0, 0, 0 } };

	for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++) {
		struct pss_call call = { .status = wanted[i][0] };
		pss_call_take_status(&call, wanted[i][1]);
		g_assert_cmpint(call.status, ==, wanted[i][2]);
	}
}

/* -- printing: standard output is a file for the time of the call */

static char *capture(void (*print)(const struct pss_sessions *sessions), const struct pss_sessions *sessions)
{
	char name[] = "/tmp/pss-unit-XXXXXX";
	char *text = NULL;

	fflush(stdout);
	int kept = dup(STDOUT_FILENO), file = mkstemp(name);
	dup2(file, STDOUT_FILENO);
	print(sessions);
	fflush(stdout);
	dup2(kept, STDOUT_FILENO);
	close(kept);
	close(file);
	g_assert_true(g_file_get_contents(name, &text, NULL, NULL));
	g_unlink(name);
	return text;
}

static unsigned limit;

static void print_table(const struct pss_sessions *sessions)
{
	struct pss_table table;

	pss_table_init(&table, pss_table_properties, PSS_TABLE_PROPERTIES, sessions, limit);
	pss_table_header(&table);
	for (size_t i = 0; i < sessions->n_items; i++)
		pss_table_row(&table, &sessions->items[i]);
}

static void the_table_is_powershells(void)
{
	struct pss_sessions sessions = { 0 };

	add(&sessions, 1, "Session1", UUID_1, "Server01", PSS_STATE_OPENED);
	limit = 0;
	g_autofree char *text = capture(print_table, &sessions);
	g_assert_cmpstr(text, ==,
			"Id Name            ComputerName    State         ConfigurationName     Availability\n"
			"-- ----            ------------    -----         -----------------     ------------\n"
			" 1 Session1        Server01        Opened        bash                     Available\n");
	limit = 200;
	g_autofree char *wide = capture(print_table, &sessions);
	g_assert_cmpstr(wide, ==, text);
	pss_sessions_finish(&sessions);
}

static void the_table_is_cut_to_the_terminal(void)
{
	struct pss_sessions sessions = { 0 };

	add(&sessions, 1, "a-name-that-is-very-long-indeed", UUID_1, "server.with.a.long.name.example.com",
	    PSS_STATE_OPENED);
	for (limit = 20; limit < 130; limit++) {
		g_autofree char *text = capture(print_table, &sessions);
		g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
		for (char **line = lines; *line; line++)
			g_assert_cmpint(g_utf8_strlen(*line, -1), <=, limit);
	}
	limit = 0;
	g_autofree char *whole = capture(print_table, &sessions);
	g_assert_nonnull(strstr(whole, "server.with.a.long.name.example.com"));
	limit = 80;
	g_autofree char *narrow = capture(print_table, &sessions);
	g_assert_nonnull(strstr(narrow, "Available\n"));
	pss_sessions_finish(&sessions);
}

static const int some[] = { 0, 1, 8 };

static void print_json(const struct pss_sessions *sessions)
{
	pss_print_json(sessions, some, G_N_ELEMENTS(some));
}

static void print_values(const struct pss_sessions *sessions)
{
	pss_print_values(sessions, some, G_N_ELEMENTS(some));
}

static void scripts_read_json_and_values(void)
{
	struct pss_sessions sessions = { 0 };

	g_autofree char *none = capture(print_json, &sessions);
	g_assert_cmpstr(none, ==, "[]\n");
	add(&sessions, 1, "say \"a\\b\"\033", UUID_1, "h", PSS_STATE_OPENED);
	add(&sessions, 2, "\303\251", UUID_2, "h", PSS_STATE_BROKEN);
	g_autofree char *json = capture(print_json, &sessions);
	g_assert_cmpstr(json, ==,
			"[{\"Id\":1,\"Name\":\"say \\\"a\\\\b\\\"?\",\"State\":\"Opened\"},\n"
			" {\"Id\":2,\"Name\":\"\303\251\",\"State\":\"Broken\"}]\n");
	g_autofree char *values = capture(print_values, &sessions);
	g_assert_cmpstr(values, ==, "1\tsay \"a\\b\"?\tOpened\n2\t\303\251\tBroken\n");
	pss_sessions_finish(&sessions);
}

static void properties_are_found_in_any_case(void)
{
	g_assert_cmpint(pss_property_find("instanceid"), ==, 2);
	g_assert_cmpint(pss_property_find("Inst"), ==, -1);
	g_assert_true(pss_is_reserved_name("12"));
	g_assert_true(pss_is_reserved_name(UUID_3));
	g_assert_false(pss_is_reserved_name("12a"));
	g_assert_false(pss_is_reserved_name(""));
}

int main(int argc, char **argv)
{
	setlocale(LC_ALL, "C.UTF-8");
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(samples); i++) {
		g_autofree char *name = g_strdup_printf("/sessions/select %02zu", i);
		g_test_add_data_func(name, &samples[i], select_sample);
	}
	g_test_add_func("/sessions/one is wanted", one_is_wanted);
	g_test_add_func("/sessions/the action on errors counts", the_action_on_errors_counts);
	g_test_add_func("/sessions/statuses merge by their order", statuses_merge_by_their_order);
	g_test_add_func("/sessions/the table is PowerShell's", the_table_is_powershells);
	g_test_add_func("/sessions/the table is cut to the terminal", the_table_is_cut_to_the_terminal);
	g_test_add_func("/sessions/scripts read JSON and values", scripts_read_json_and_values);
	g_test_add_func("/sessions/properties are found in any case", properties_are_found_in_any_case);
	return g_test_run();
}
