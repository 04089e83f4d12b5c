/* SPDX-License-Identifier: MIT */
/* How sessions look. The table is the one of PowerShell's Get-PSSession, cut to the terminal's width; what
 * scripts read (JSON, bare values, anything that goes into a pipe) is never cut. Called by get and new. */
#include "client/print.h"

#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "client/text.h"
#include "wire/cleanup.h"

struct column {
	const char *title;
	unsigned width;   /* PowerShell's */
	unsigned minimum; /* how narrow it may get on a narrow terminal */
	bool right;       /* values stand on the right */
};

static const struct column columns[PSS_COLUMN_COUNT] = {
	{ "Id", 2, 2, true },
	{ "Name", 15, 8, false },
	{ "ComputerName", 15, 12, false },
	{ "State", 13, 12, false },
	{ "ConfigurationName", 21, 17, false },
	{ "Availability", 12, 12, true },
};

/* Those that give way first when the terminal is narrow. */
static const unsigned give_way[] = { 4, 3, 1, 2 };

/* Characters, not bytes: what is no start of a UTF-8 character does not count. */
static unsigned width_of(const char *text)
{
	unsigned width = 0;

	for (; *text; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

static size_t bytes_of(const char *text, unsigned width)
{
	size_t n = 0;

	while (text[n] && (width > 0 || ((unsigned char)text[n] & 0xc0) == 0x80)) {
		width -= ((unsigned char)text[n] & 0xc0) != 0x80;
		n++;
	}
	return n;
}

unsigned pss_output_width(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO))
		return 0;
	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

static unsigned total_width(const struct pss_table *table)
{
	unsigned total = PSS_COLUMN_COUNT - 1;

	for (unsigned i = 0; i < PSS_COLUMN_COUNT; i++)
		total += table->widths[i];
	return total;
}

static void shrink(struct pss_table *table, unsigned column, unsigned minimum)
{
	unsigned total = total_width(table);

	if (total <= table->limit || table->widths[column] <= minimum)
		return;
	unsigned excess = total - table->limit, room = table->widths[column] - minimum;
	table->widths[column] -= excess < room ? excess : room;
}

void pss_table_init(struct pss_table *table, const struct pss_sessions *sessions, unsigned limit)
{
	table->limit = limit;
	for (unsigned i = 0; i < PSS_COLUMN_COUNT; i++) {
		table->widths[i] = columns[i].width;
		for (size_t j = 0; j < sessions->n_items; j++) {
			_cleanup_(pss_free_pointer) char *value =
				pss_property_value(&sessions->items[j], pss_property_find(columns[i].title));
			unsigned width = value ? width_of(value) : 0;
			table->widths[i] = width > table->widths[i] ? width : table->widths[i];
		}
	}
	if (limit == 0)
		return;
	for (size_t i = 0; i < sizeof give_way / sizeof *give_way; i++)
		shrink(table, give_way[i], columns[give_way[i]].width);
	for (size_t i = 0; i < sizeof give_way / sizeof *give_way; i++)
		shrink(table, give_way[i], columns[give_way[i]].minimum);
}

static void put_cell(FILE *stream, const char *text, unsigned width, bool right, bool last)
{
	const char *ellipsis = strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? "…" : "~";
	unsigned wide = width_of(text), padding = wide < width ? width - wide : 0;

	if (right)
		fprintf(stream, "%*s", (int)padding, "");
	if (wide <= width)
		fputs(text, stream);
	else
		fprintf(stream, "%.*s%s", (int)bytes_of(text, width - 1), text, ellipsis);
	if (!last)
		fprintf(stream, "%*s ", right ? 0 : (int)padding, "");
}

static void put_line(const struct pss_table *table, const char *const *cells, bool values)
{
	_cleanup_(pss_free_pointer) char *text = NULL;
	size_t size = 0;

	FILE *stream = open_memstream(&text, &size);
	if (!stream)
		return;
	for (unsigned i = 0; i < PSS_COLUMN_COUNT; i++)
		put_cell(stream, cells[i] ? cells[i] : "", table->widths[i], values && columns[i].right,
			 i == PSS_COLUMN_COUNT - 1);
	if (fclose(stream) != 0)
		return;
	printf("%.*s\n", (int)(table->limit ? bytes_of(text, table->limit) : size), text);
}

void pss_table_header(const struct pss_table *table)
{
	static const char dashes[] = "-----------------";
	const char *titles[PSS_COLUMN_COUNT], *rules[PSS_COLUMN_COUNT];

	for (unsigned i = 0; i < PSS_COLUMN_COUNT; i++) {
		titles[i] = columns[i].title;
		rules[i] = dashes + sizeof dashes - 1 - strlen(columns[i].title);
	}
	put_line(table, titles, false);
	put_line(table, rules, false);
}

void pss_table_row(const struct pss_table *table, const struct pss_session *session)
{
	char *cells[PSS_COLUMN_COUNT];

	for (unsigned i = 0; i < PSS_COLUMN_COUNT; i++)
		cells[i] = pss_property_value(session, pss_property_find(columns[i].title));
	put_line(table, (const char *const *)cells, true);
	for (unsigned i = 0; i < PSS_COLUMN_COUNT; i++)
		free(cells[i]);
}

void pss_print_list(const struct pss_sessions *sessions, const int *properties, size_t n_properties)
{
	for (size_t i = 0; i < sessions->n_items; i++) {
		if (i > 0)
			putchar('\n');
		for (size_t j = 0; j < n_properties; j++) {
			_cleanup_(pss_free_pointer) char *value =
				pss_property_value(&sessions->items[i], properties[j]);
			printf("%-17s :%s%s\n", pss_property_names[properties[j]], value && *value ? " " : "",
			       value ? value : "");
		}
	}
}

static void put_json_text(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putchar('\\');
		putchar(*text);
	}
	putchar('"');
}

static void put_json_session(const struct pss_session *session, const int *properties, size_t n_properties)
{
	for (size_t i = 0; i < n_properties; i++) {
		_cleanup_(pss_free_pointer) char *value = pss_property_value(session, properties[i]);
		printf("%s\"%s\":", i ? "," : "{", pss_property_names[properties[i]]);
		if (pss_property_is_number(properties[i]))
			fputs(value ? value : "null", stdout);
		else
			put_json_text(value ? value : "");
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
