/* SPDX-License-Identifier: MIT */
/* How sessions look. The table is the one of PowerShell's Get-PSSession, cut to the terminal's width; what scripts read
 * (JSON, bare values, anything that goes into a pipe) is never cut, and nothing is ever coloured. Called by get and
 * new.
 *
 * Our own and not libsmartcols: that (2.38) marks no cut, takes no smallest width of a column, and its JSON
 * has lower-case keys and is malformed where a name is not UTF-8; and a row can be printed here as soon as its session
 * opens.
 */
#include "client/sessions/print-sessions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "terminal/width.h"
#include "wire/cleanup.h"

struct column {
	unsigned width;    /* PowerShell's */
	unsigned minimum;  /* how narrow it may get on a narrow terminal */
	bool right;        /* values stand on the right */
	unsigned give_way; /* who gives way first when the terminal is narrow; 0: never */
};

static const struct column columns[PSS_PROPERTY_COUNT] = {
	[PSS_PROPERTY_ID] = { 2, 2, true, 0 },
	[PSS_PROPERTY_NAME] = { 15, 8, false, 4 },
	[PSS_PROPERTY_INSTANCE] = { 36, 10, false, 7 },
	[PSS_PROPERTY_COMPUTER] = { 15, 12, false, 5 },
	[PSS_PROPERTY_TYPE] = { 15, 13, false, 0 },
	[PSS_PROPERTY_SHELL] = { 21, 17, false, 2 },
	[PSS_PROPERTY_TRANSPORT] = { 9, 9, false, 0 },
	[PSS_PROPERTY_USER] = { 10, 8, false, 6 },
	[PSS_PROPERTY_STATE] = { 13, 12, false, 3 },
	[PSS_PROPERTY_AVAILABILITY] = { 12, 12, true, 0 },
	[PSS_PROPERTY_RESILIENT] = { 9, 9, false, 0 },
	[PSS_PROPERTY_IDLE_TIMEOUT] = { 11, 11, true, 0 },
	[PSS_PROPERTY_HOST] = { 15, 12, false, 5 },
	[PSS_PROPERTY_PORT] = { 5, 5, true, 0 },
	[PSS_PROPERTY_KEY_FILE] = { 15, 8, false, 6 },
	[PSS_PROPERTY_BUFFERING] = { 19, 19, false, 0 },
	[PSS_PROPERTY_FORWARDS] = { 8, 8, false, 8 },
	[PSS_PROPERTY_OPENED_ON] = { 20, 20, false, 0 },
	[PSS_PROPERTY_DISCONNECTED_ON] = { 20, 20, false, 0 },
	[PSS_PROPERTY_EXPIRES_ON] = { 20, 20, false, 0 },
	[PSS_PROPERTY_RUNNING] = { 14, 14, false, 10 },
	[PSS_PROPERTY_LAST_STATUS] = { 10, 10, true, 0 },
	[PSS_PROPERTY_FROM] = { 15, 8, false, 9 },
	[PSS_PROPERTY_CAUSE] = { 5, 5, false, 1 },
};
#define GIVE_WAY_LAST 10

const int pss_table_properties[PSS_TABLE_PROPERTIES] = {
	PSS_PROPERTY_ID,    PSS_PROPERTY_NAME,  PSS_PROPERTY_COMPUTER,
	PSS_PROPERTY_STATE, PSS_PROPERTY_SHELL, PSS_PROPERTY_AVAILABILITY,
};

unsigned pss_output_width(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO))
		return 0;
	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

static unsigned total_width(const struct pss_table *table)
{
	unsigned total = (unsigned)table->n_properties - 1;

	for (size_t i = 0; i < table->n_properties; i++)
		total += table->widths[i];
	return total;
}

static void shrink(struct pss_table *table, size_t i, unsigned minimum)
{
	unsigned total = total_width(table);

	if (total <= table->limit || table->widths[i] <= minimum)
		return;
	unsigned excess = total - table->limit, room = table->widths[i] - minimum;
	table->widths[i] -= excess < room ? excess : room;
}

static void shrink_all(struct pss_table *table, const unsigned *least)
{
	for (unsigned turn = 1; turn <= GIVE_WAY_LAST; turn++)
		for (size_t i = 0; i < table->n_properties; i++)
			if (columns[table->properties[i]].give_way == turn)
				shrink(table, i, least[i]);
}

/* Down to PowerShell's widths first, then blanks go before values are cut. */
static void fit_to_terminal(struct pss_table *table, const unsigned *contents)
{
	unsigned usual[PSS_TABLE_COLUMNS_MAX], filled[PSS_TABLE_COLUMNS_MAX], minimum[PSS_TABLE_COLUMNS_MAX];

	for (size_t i = 0; i < table->n_properties; i++) {
		const struct column *column = &columns[table->properties[i]];
		usual[i] = column->width;
		minimum[i] = column->minimum;
		filled[i] = contents[i] > column->minimum ? contents[i] : column->minimum;
	}
	shrink_all(table, usual);
	shrink_all(table, filled);
	shrink_all(table, minimum);
}

static unsigned content_width(const struct pss_sessions *sessions, int property)
{
	unsigned widest = 0;

	for (size_t i = 0; i < sessions->n_items; i++) {
		_cleanup_(pss_free_pointer) char *value = pss_property_value(&sessions->items[i], property);
		unsigned width = value ? pss_width(value) : 0;
		widest = width > widest ? width : widest;
	}
	return widest;
}

void pss_table_init(struct pss_table *table, const int *properties, size_t n_properties,
		    const struct pss_sessions *sessions, unsigned limit)
{
	unsigned contents[PSS_TABLE_COLUMNS_MAX];

	table->properties = properties;
	table->n_properties = n_properties;
	table->limit = limit;
	for (size_t i = 0; i < n_properties; i++) {
		unsigned usual = columns[properties[i]].width;
		contents[i] = content_width(sessions, properties[i]);
		table->widths[i] = contents[i] > usual ? contents[i] : usual;
	}
	if (limit > 0)
		fit_to_terminal(table, contents);
}

static void put_cell(FILE *stream, const char *text, unsigned width, bool right, bool last)
{
	const char *ellipsis = "";
	unsigned used;

	size_t n = pss_width_fit(text, width, &used);
	if (text[n]) {
		ellipsis = pss_width_cut_mark();
		n = pss_width_fit(text, width - 1, &used);
		used++;
	}
	if (right)
		fprintf(stream, "%*s", (int)(width - used), "");
	fprintf(stream, "%.*s%s", (int)n, text, ellipsis);
	if (!last)
		fprintf(stream, "%*s ", right ? 0 : (int)(width - used), "");
}

static void put_line(const struct pss_table *table, const char *const *cells, bool values)
{
	_cleanup_(pss_free_pointer) char *text = NULL;
	size_t size = 0;

	FILE *stream = open_memstream(&text, &size);
	if (!stream)
		return;
	for (size_t i = 0; i < table->n_properties; i++)
		put_cell(stream, cells[i] ? cells[i] : "", table->widths[i],
			 values && columns[table->properties[i]].right, i + 1 == table->n_properties);
	if (fclose(stream) != 0)
		return;
	size_t n = table->limit ? pss_width_fit(text, table->limit, NULL) : size;
	/* What fills a narrow column that nothing follows would be blanks at the end. */
	while (n > 0 && text[n - 1] == ' ')
		n--;
	printf("%.*s\n", (int)n, text);
}

void pss_table_header(const struct pss_table *table)
{
	static const char dashes[] = "--------------------------------";
	const char *titles[PSS_TABLE_COLUMNS_MAX], *rules[PSS_TABLE_COLUMNS_MAX];

	for (size_t i = 0; i < table->n_properties; i++) {
		titles[i] = pss_property_names[table->properties[i]];
		size_t n = strlen(titles[i]);
		rules[i] = dashes + sizeof dashes - 1 - (n < sizeof dashes ? n : sizeof dashes - 1);
	}
	put_line(table, titles, false);
	put_line(table, rules, false);
}

void pss_table_row(const struct pss_table *table, const struct pss_session *session)
{
	char *cells[PSS_TABLE_COLUMNS_MAX];

	for (size_t i = 0; i < table->n_properties; i++)
		cells[i] = pss_property_value(session, table->properties[i]);
	put_line(table, (const char *const *)cells, true);
	for (size_t i = 0; i < table->n_properties; i++)
		free(cells[i]);
}

void pss_print_sessions(const struct pss_sessions *sessions)
{
	struct pss_table table;
	unsigned width = pss_output_width();

	if (sessions->n_items == 0)
		return;
	if (width == 0) {
		for (size_t i = 0; i < sessions->n_items; i++)
			puts(sessions->items[i].instance);
		return;
	}
	pss_table_init(&table, pss_table_properties, PSS_TABLE_PROPERTIES, sessions, width);
	pss_table_header(&table);
	for (size_t i = 0; i < sessions->n_items; i++)
		pss_table_row(&table, &sessions->items[i]);
}

void pss_print_list(const struct pss_sessions *sessions, const int *properties, size_t n_properties)
{
	for (size_t i = 0; i < sessions->n_items; i++) {
		if (i > 0)
			putchar('\n');
		for (size_t j = 0; j < n_properties; j++) {
			_cleanup_(pss_free_pointer) char *value =
				pss_property_value(&sessions->items[i], properties[j]);
			printf("%-19s :%s%s\n", pss_property_names[properties[j]], value && *value ? " " : "",
			       value ? value : "");
		}
	}
}

static void put_json_text(const char *text, size_t n)
{
	putchar('"');
	for (; n > 0; text++, n--) {
		if (*text == '"' || *text == '\\')
			putchar('\\');
		putchar(*text);
	}
	putchar('"');
}

/* What ssh_config forwards: one text for each. */
static void put_json_list(const char *text)
{
	putchar('[');
	while (*text) {
		const char *end = strstr(text, PSS_LIST_SEPARATOR);
		put_json_text(text, end ? (size_t)(end - text) : strlen(text));
		text = end ? end + strlen(PSS_LIST_SEPARATOR) : "";
		fputs(*text ? "," : "", stdout);
	}
	putchar(']');
}

static void put_json_value(const char *value, enum pss_property_type type)
{
	switch (type) {
	case PSS_TYPE_NUMBER:
		fputs(*value ? value : "null", stdout);
		break;
	case PSS_TYPE_BOOLEAN:
		fputs(strcmp(value, "True") == 0 ? "true" : "false", stdout);
		break;
	case PSS_TYPE_LIST:
		put_json_list(value);
		break;
	case PSS_TYPE_TEXT:
		put_json_text(value, strlen(value));
	}
}

static void put_json_session(const struct pss_session *session, const int *properties, size_t n_properties)
{
	for (size_t i = 0; i < n_properties; i++) {
		_cleanup_(pss_free_pointer) char *value = pss_property_value(session, properties[i]);
		printf("%s\"%s\":", i ? "," : "{", pss_property_names[properties[i]]);
		put_json_value(value ? value : "", pss_property_type_of(properties[i]));
	}
	putchar('}');
}

void pss_print_json(const struct pss_sessions *sessions, const int *properties, size_t n_properties)
{
	putchar('[');
	for (size_t i = 0; i < sessions->n_items; i++) {
		fputs(i ? ",\n " : "", stdout);
		put_json_session(&sessions->items[i], properties, n_properties);
	}
	puts("]");
}

void pss_print_values(const struct pss_sessions *sessions, const int *properties, size_t n_properties)
{
	for (size_t i = 0; i < sessions->n_items; i++) {
		for (size_t j = 0; j < n_properties; j++) {
			_cleanup_(pss_free_pointer) char *value =
				pss_property_value(&sessions->items[i], properties[j]);
			printf("%s%s", j ? "\t" : "", value ? value : "");
		}
		putchar('\n');
	}
}
