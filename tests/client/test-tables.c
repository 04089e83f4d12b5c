/* SPDX-License-Identifier: MIT */
/* Widths and cuts of tables, in columns and not in bytes or characters; and JSON that is JSON whatever a name holds. */
#include <glib.h>
#include <glib/gstdio.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/sessions/print-sessions.h"
#include "terminal/width.h"

static void add_with(struct pss_sessions *sessions, uint64_t id, const char *name, const char *computer,
		     const char *shell)
{
	struct pss_buffer buffer;
	struct pss_message message;
	struct pss_frame frame;

	pss_buffer_init(&buffer);
	pss_message_begin(&message, &buffer, PSS_SESSION, 1);
	pss_message_number(&message, PSS_TAG_ID, id);
	pss_message_text(&message, PSS_TAG_NAME, name);
	pss_message_text(&message, PSS_TAG_COMPUTER, computer);
	pss_message_text(&message, PSS_TAG_SHELL, shell);
	pss_message_number(&message, PSS_TAG_STATE, PSS_STATE_OPENED);
	pss_message_number(&message, PSS_TAG_AVAILABILITY, PSS_AVAILABILITY_AVAILABLE);
	g_assert_cmpint(pss_message_end(&message), ==, 0);
	g_assert_cmpint(pss_frame_parse(&buffer, &frame), ==, 1);
	g_assert_cmpint(pss_sessions_add(sessions, pss_frame_fields(&frame)), ==, 0);
	pss_buffer_finish(&buffer);
}

static void add(struct pss_sessions *sessions, uint64_t id, const char *name, const char *computer)
{
	add_with(sessions, id, name, computer, "bash");
}

/* Standard output is a file for the time of the call. */
static char *capture(void (*print)(gconstpointer data), gconstpointer data)
{
	char name[] = "/tmp/pss-unit-XXXXXX";
	char *text = NULL;

	fflush(stdout);
	int kept = dup(STDOUT_FILENO), file = mkstemp(name);
	dup2(file, STDOUT_FILENO);
	print(data);
	fflush(stdout);
	dup2(kept, STDOUT_FILENO);
	close(kept);
	close(file);
	g_assert_true(g_file_get_contents(name, &text, NULL, NULL));
	g_unlink(name);
	return text;
}

struct printed {
	const struct pss_sessions *sessions;
	const int *properties;
	size_t n_properties;
	unsigned limit;
};

static void print_table(gconstpointer data)
{
	const struct printed *printed = data;
	struct pss_table table;

	pss_table_init(&table, printed->properties, printed->n_properties, printed->sessions, printed->limit);
	pss_table_header(&table);
	for (size_t i = 0; i < printed->sessions->n_items; i++)
		pss_table_row(&table, &printed->sessions->items[i]);
}

static char *table_of(const struct pss_sessions *sessions, unsigned limit)
{
	struct printed printed = { sessions, pss_table_properties, PSS_TABLE_PROPERTIES, limit };
	return capture(print_table, &printed);
}

/* GLib's tables of Unicode, to measure what the C library's say. */
static unsigned columns_of(const char *text, gssize n)
{
	unsigned columns = 0;

	for (const char *at = text; at < text + n; at = g_utf8_next_char(at)) {
		gunichar character = g_utf8_get_char(at);
		columns += g_unichar_iszerowidth(character) ? 0 : g_unichar_iswide(character) ? 2 : 1;
	}
	return columns;
}

static const struct {
	const char *text;
	unsigned columns;
} widths[] = {
	{ "", 0 },
	{ "Session1", 8 },
	{ "\303\251t\303\251", 3 },                        /* composed */
	{ "e\314\201te\314\201", 3 },                      /* combining */
	{ "\346\227\245\346\234\254", 4 },                 /* CJK */
	{ "\355\225\234\352\270\200", 4 },                 /* Hangul */
	{ "\357\274\241", 2 },                             /* fullwidth A */
	{ "\357\275\261", 1 },                             /* halfwidth katakana */
	{ "\360\237\232\200", 2 },                         /* emoji */
	{ "a\342\200\213b", 2 },                           /* zero width space */
	{ "\340\244\225\340\245\215\340\244\267", 2 },     /* Devanagari with a virama */
	{ "\331\205\330\261\330\255\330\250\330\247", 5 }, /* Arabic */
};

static void columns_are_counted(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(widths); i++)
		g_assert_cmpuint(pss_width(widths[i].text), ==, widths[i].columns);
}

static void columns_are_counted_in_the_c_locale(void)
{
	setlocale(LC_ALL, "C");
	columns_are_counted();
	g_assert_cmpint(MB_CUR_MAX, ==, 1); /* and it is the C locale still */
	setlocale(LC_ALL, "C.UTF-8");
}

static void what_fits_is_never_half_a_character(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(widths); i++) {
		for (unsigned columns = 0; columns < 12; columns++) {
			unsigned used = 99;
			size_t n = pss_width_fit(widths[i].text, columns, &used);
			g_assert_true(g_utf8_validate(widths[i].text, (gssize)n, NULL));
			g_assert_cmpuint(used, <=, columns);
			g_assert_cmpuint(used, ==, columns_of(widths[i].text, (gssize)n));
			/* The next one would not have fitted, and its marks stay with their character. */
			if (widths[i].text[n])
				g_assert_cmpuint(columns_of(widths[i].text + n, g_utf8_next_char(widths[i].text + n) -
											(widths[i].text + n)),
						 >, columns - used);
		}
	}
}

static const char *const names[] = {
	"\346\227\245\346\234\254\350\252\236",
	"e\314\201e\314\201e\314\201",
	("\346\227\245\346\234\254\350\252\236\343\201\256\346\234\254\345\275\223\343\201\253\351\225\267\343\201\204"
	 "\345\220\215\345\211\215"),
	"a-name-that-is-very-long-indeed-e\314\201\314\202",
	"\360\237\232\200\360\237\232\200",
};

static void fill(struct pss_sessions *sessions)
{
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		add(sessions, i ? 1000 * i : 1, names[i], names[G_N_ELEMENTS(names) - 1 - i]);
}

static void every_column_starts_at_one_place(void)
{
	static const unsigned limits[] = { 0, 60, 70, 80, 95, 200 };
	struct pss_sessions sessions = { 0 };

	fill(&sessions);
	for (size_t i = 0; i < G_N_ELEMENTS(limits); i++) {
		g_autofree char *text = table_of(&sessions, limits[i]);
		g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
		unsigned state = columns_of(lines[0], strstr(lines[0], "State") - lines[0]);
		g_assert_cmpint(g_strv_length(lines), ==, G_N_ELEMENTS(names) + 3);
		for (size_t j = 2; j < G_N_ELEMENTS(names) + 2; j++) {
			const char *opened = strstr(lines[j], "Opened");
			g_assert_nonnull(opened);
			g_assert_cmpuint(columns_of(lines[j], opened - lines[j]), ==, state);
			g_assert_true(limits[i] == 60 || g_str_has_suffix(lines[j], "Available"));
		}
	}
	pss_sessions_finish(&sessions);
}

static void no_line_is_wider_than_the_terminal(void)
{
	struct pss_sessions sessions = { 0 };

	fill(&sessions);
	for (unsigned limit = 1; limit < 200; limit++) {
		g_autofree char *text = table_of(&sessions, limit);
		g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
		for (char **line = lines; *line; line++) {
			g_assert_true(g_utf8_validate(*line, -1, NULL));
			g_assert_cmpuint(columns_of(*line, (gssize)strlen(*line)), <=, limit);
		}
	}
	pss_sessions_finish(&sessions);
}

static void a_cut_is_marked(void)
{
	static const struct {
		const char *locale, *mark;
	} locales[] = { { "C.UTF-8", "a-name-\342\200\246 " }, { "C", "a-name-~ " } };
	struct pss_sessions sessions = { 0 };

	add(&sessions, 1, "a-name-that-is-very-long-indeed", "h");
	for (size_t i = 0; i < G_N_ELEMENTS(locales); i++) {
		setlocale(LC_ALL, locales[i].locale);
		g_autofree char *text = table_of(&sessions, 60);
		g_assert_nonnull(strstr(text, locales[i].mark));
	}
	setlocale(LC_ALL, "C.UTF-8");
	g_autofree char *whole = table_of(&sessions, 0);
	g_assert_nonnull(strstr(whole, " a-name-that-is-very-long-indeed "));
	pss_sessions_finish(&sessions);
}

static void blanks_go_before_values(void)
{
	struct pss_sessions sessions = { 0 };

	add_with(&sessions, 1, "Session1", "Server01", "Microsoft.PowerShell");
	g_autofree char *text = table_of(&sessions, 80);
	g_assert_cmpstr(text, ==,
			"Id Name           ComputerName    State        ConfigurationName    Availability\n"
			"-- ----           ------------    -----        -----------------    ------------\n"
			" 1 Session1       Server01        Opened       Microsoft.PowerShell    Available\n");
	pss_sessions_finish(&sessions);
}

static void other_columns_have_their_titles_and_rules(void)
{
	static const int properties[] = { PSS_PROPERTY_NAME, PSS_PROPERTY_AVAILABILITY, PSS_PROPERTY_CAUSE };
	struct pss_sessions sessions = { 0 };
	struct printed printed = { &sessions, properties, G_N_ELEMENTS(properties), 0 };

	add(&sessions, 1, "one", "h");
	g_autofree char *text = capture(print_table, &printed);
	g_assert_cmpstr(text, ==,
			"Name            Availability Cause\n"
			"----            ------------ -----\n"
			"one                Available\n");
	pss_sessions_finish(&sessions);
}

/* -- JSON */

static void print_json(gconstpointer data)
{
	static const int name[] = { PSS_PROPERTY_NAME };
	pss_print_json(data, name, G_N_ELEMENTS(name));
}

/* The whole must be [{"Name":"…"}] in UTF-8, with a string as RFC 8259 has it. */
static void assert_json(const char *json)
{
	static const char before[] = "[{\"Name\":\"", after[] = "\"}]\n";
	size_t n = strlen(json);

	g_assert_true(g_utf8_validate(json, -1, NULL));
	g_assert_true(g_str_has_prefix(json, before) && g_str_has_suffix(json, after));
	for (const char *at = json + strlen(before); at < json + n - strlen(after); at++) {
		g_assert_cmpint((unsigned char)*at, >=, 0x20);
		g_assert_cmpint(*at, !=, '"');
		if (*at == '\\') {
			at++;
			g_assert_true(*at == '"' || *at == '\\');
		}
	}
}

static void json_is_json_for_any_bytes(void)
{
	static const char *const hard[] = {
		"\\",
		"\"",
		"\\\"",
		"\"}]",
		"\360\237\232\200",
		"\355\240\200" /* a surrogate */,
		"\364\220\200\200" /* beyond U+10FFFF */,
		"\340\200\257" /* overlong */,
		"\303",
		"\342\202",
		"\300\257",
		"\342\200\250" /* a separator of lines */,
	};

	for (unsigned i = 0; i < 256 * 256 + G_N_ELEMENTS(hard); i++) {
		char pair[] = { (char)(i >> 8), (char)(i & 0xff), 'x', '\0' };
		struct pss_sessions sessions = { 0 };
		/* Every pair takes long through files: all first bytes, and the seconds that matter. */
		if (i < 256 * 256 && (!pair[0] || !pair[1] || !strchr("\"\\x\n\177\200\277\300\377", pair[1])))
			continue;
		add(&sessions, 1, i < 256 * 256 ? pair : hard[i - 256 * 256], "h");
		g_autofree char *json = capture(print_json, &sessions);
		assert_json(json);
		pss_sessions_finish(&sessions);
	}
}

int main(int argc, char **argv)
{
	setlocale(LC_ALL, "C.UTF-8");
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tables/columns are counted", columns_are_counted);
	g_test_add_func("/tables/columns are counted in the C locale", columns_are_counted_in_the_c_locale);
	g_test_add_func("/tables/what fits is never half a character", what_fits_is_never_half_a_character);
	g_test_add_func("/tables/every column starts at one place", every_column_starts_at_one_place);
	g_test_add_func("/tables/no line is wider than the terminal", no_line_is_wider_than_the_terminal);
	g_test_add_func("/tables/a cut is marked", a_cut_is_marked);
	g_test_add_func("/tables/blanks go before values", blanks_go_before_values);
	g_test_add_func("/tables/other columns have their titles and rules", other_columns_have_their_titles_and_rules);
	g_test_add_func("/tables/JSON is JSON for any bytes", json_is_json_for_any_bytes);
	return g_test_run();
}
