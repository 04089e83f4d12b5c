/* SPDX-License-Identifier: MIT */
/* compose NAME SECTION DIRECTORY VERSION DATE: prints the manual page of a verb (section 1), or another one.
 * DIRECTORY/NAME.in is written by hand, in roff; where it says @title, @parameters, @verbs, @statuses or @seealso
 * stands what the tables say that the parser, --help and the wire read. Text after `@about NAME` goes to the
 * parameter NAME, and must find it. A program of the build, installed nowhere. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "client/command/call.h"
#include "client/command/verb.h"
#include "wire/status.h"

#define ABOUTS_MAX 256
#define COLUMNS 78

static const struct pss_verb *const verbs[] = {
#define VERB(verb, Verb, name, capital_name) &pss_verb_##verb,
	PSS_VERBS(VERB)
};
#define N_VERBS (sizeof verbs / sizeof *verbs)

/* Lines written by hand for a parameter, or (with name NULL) used up. */
struct about {
	char *name;
	const char *file;
	char *lines[64];
	size_t n_lines;
};

static const char *page_name, *section, *directory, *version, *date;
static const struct pss_verb *page_verb; /* NULL in the other sections */
static struct about abouts[ABOUTS_MAX];
static size_t n_abouts;

__attribute__((noreturn)) static void give_up(const char *what, const char *name)
{
	fprintf(stderr, "compose: %s: %s\n", what, name);
	exit(1);
}

static void *need(void *memory)
{
	if (!memory)
		give_up("not enough memory", page_name);
	return memory;
}

/* -- text */

/* One character of UTF-8 as roff wants it. Returns how many bytes it was. */
static size_t put_character(const char *text, char *out, size_t size)
{
	unsigned char first = (unsigned char)*text;
	size_t n = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	unsigned long point = n == 1 ? first : first & (0x7fU >> n);

	for (size_t i = 1; i < n; i++)
		point = point << 6 | ((unsigned char)text[i] & 0x3f);
	if (n > 1)
		snprintf(out, size, "\\[u%04lX]", point);
	else
		snprintf(out, size,
			 *text == '-'    ? "\\-"
			 : *text == '\\' ? "\\e"
			 : *text == '~'  ? "\\(ti"
					 : "%c",
			 *text);
	return n;
}

static void put_escaped(const char *text)
{
	char character[16];

	while (*text) {
		text += put_character(text, character, sizeof character);
		fputs(character, stdout);
	}
}

/* Words, filled to lines; each sentence begins one. */
static void put_text(const char *text)
{
	size_t column = 0;
	bool ended = false;

	while (*text) {
		size_t n = strcspn(text, " \n");
		char word[512] = "";
		for (size_t i = 0; i < n;) {
			char character[16];
			i += put_character(text + i, character, sizeof character);
			if (strlen(word) + strlen(character) < sizeof word)
				strcat(word, character);
		}
		size_t length = strlen(word);
		if (column > 0 && (ended || column + 1 + length > COLUMNS)) {
			putchar('\n');
			column = 0;
		} else if (column > 0) {
			putchar(' ');
			column++;
		}
		if (column == 0 && (*word == '.' || *word == '\''))
			fputs("\\&", stdout);
		fputs(word, stdout);
		column += length;
		ended = length > 0 && strchr(".:", word[length - 1]) && text[n];
		text += n + strspn(text + n, " \n");
	}
	if (column > 0)
		putchar('\n');
}

/* A fragment of the tables ("log in as this user") as a sentence. */
static void put_sentence(const char *fragment)
{
	char *sentence = need(pss_format("%s.", fragment));

	sentence[0] = (char)toupper((unsigned char)sentence[0]);
	put_text(sentence);
	free(sentence);
}

/* -- what was written by hand for a parameter */

/* NAME is NULL for the words after "--", which have none. */
static struct about *find_about(const char *name)
{
	if (!name)
		return NULL;
	for (size_t i = 0; i < n_abouts; i++)
		if (abouts[i].name && strcasecmp(abouts[i].name, name) == 0)
			return &abouts[i];
	return NULL;
}

static void put_about(const char *name)
{
	struct about *about = find_about(name);

	if (!about)
		return;
	for (size_t i = 0; i < about->n_lines; i++)
		puts(about->lines[i]);
	free(about->name);
	about->name = NULL;
}

/* -- parameters */

static bool is_list(const struct pss_parameter *row)
{
	return row->kind == PSS_KIND_LIST || row->kind == PSS_KIND_NUMBERS;
}

static void put_exclusions(const struct pss_parameter_group *group, const struct pss_parameter *row)
{
	char *others = NULL;

	for (size_t i = 0; row->set && i < group->n_rows; i++) {
		const struct pss_parameter *other = &group->rows[i];
		if (other == row || other->set != row->set)
			continue;
		char *longer = need(others ? pss_format("%s, -%s", others, other->name)
					   : pss_format("Not together with -%s", other->name));
		free(others);
		others = longer;
	}
	if (others)
		put_sentence(others);
	free(others);
}

/* "-Name VALUE, -Alias": names in bold, the value in italics. */
static void put_names(const struct pss_parameter *row)
{
	char *names = need(pss_parameter_names(row));

	for (const char *at = names; *at;) {
		bool name = *at == '-' && isalpha((unsigned char)at[1]);
		size_t n = strcspn(at, " ,");
		char character[16];
		if (n > 0)
			fputs(name ? "\\fB" : "\\fI", stdout);
		for (size_t i = 0; i < n;) {
			i += put_character(at + i, character, sizeof character);
			fputs(character, stdout);
		}
		fputs(n > 0 ? "\\fR" : "", stdout);
		for (at += n; *at == ' ' || *at == ','; at++)
			putchar(*at);
	}
	putchar('\n');
	free(names);
}

static void put_row(const struct pss_parameter_group *group, const struct pss_parameter *row)
{
	char *choices = row->choices && row->max == 0 ? need(pss_parameter_wants(row)) : NULL;
	char *help =
		need(pss_format("%s%s%s", row->help ? row->help : "", choices ? ": " : "", choices ? choices : ""));

	puts(".TP");
	put_names(row);
	put_sentence(help);
	if (row->position)
		puts("Can be given without its name.");
	if (is_list(row))
		puts("Takes several, with commas or by repetition.");
	put_exclusions(group, row);
	put_about(row->name);
	free(choices);
	free(help);
}

static void directive_parameters(char *argument)
{
	static const struct {
		const struct pss_parameter *rows;
		const char *heading;
	} headings[] = {
		{ pss_link_rows, ".SS Parameters of the link" },
		{ pss_confirm_rows, ".SS Asking first" },
		{ pss_common_rows, ".SS Common parameters" },
	};
	struct pss_call *call = need(calloc(1, sizeof *call));
	struct pss_parameter_group groups[PSS_GROUPS_MAX];
	size_t n_groups = pss_verb_groups(page_verb, call, groups);

	puts(".SH PARAMETERS");
	put_text("Names are not case-sensitive and may be shortened as long as they stay unambiguous. "
		 "-Name VALUE, -Name:VALUE and --name=VALUE are the same; a switch is turned off by -Name:false. "
		 "--help shows this list, --version the version.");
	for (size_t i = 0; i < n_groups; i++) {
		for (size_t j = 0; j < sizeof headings / sizeof *headings; j++)
			if (headings[j].rows == groups[i].rows)
				puts(headings[j].heading);
		for (size_t j = 0; j < groups[i].n_rows; j++)
			put_row(&groups[i], &groups[i].rows[j]);
	}
	free(call);
}

/* -- the other directives */

static void put_usage(void)
{
	char *usage = need(pss_verb_usage(page_verb));
	bool in_name = false;
	int depth = 0;

	printf(".SH SYNOPSIS\n\\fB");
	for (const char *at = usage; *at;) {
		char character[16];
		size_t n = put_character(at, character, sizeof character);
		depth += (*at == '[') - (*at == ']');
		/* A line may break between parameters, not inside one. */
		if (*at == ' ' && at == usage + strlen(page_name))
			printf("\\fR\n");
		else if (*at == ' ' && depth == 0)
			putchar('\n');
		else if (*at == '-' && isalpha((unsigned char)at[1]) && depth > 0)
			printf("\\fB\\-"), in_name = true;
		else if (in_name && !isalpha((unsigned char)*at))
			printf("\\fR%s", *at == ' ' ? "\\ " : character), in_name = false;
		else
			fputs(*at == ' ' ? "\\ " : character, stdout);
		at += n;
	}
	putchar('\n');
	free(usage);
}

static void directive_title(char *argument)
{
	if (!page_verb && !*argument)
		give_up("neither a verb nor a title", page_name);
	printf(".TH ");
	for (const char *at = page_name; *at; at++)
		putchar(toupper((unsigned char)*at));
	printf(" %s %s \"pssession %s\" \"Sessions over SSH\"\n.nh\n.ad l\n", section, date, version);
	printf(".SH NAME\n");
	put_escaped(page_name);
	printf(" \\-\n");
	char *summary = need(strdup(page_verb ? page_verb->summary : argument));
	if (page_verb)
		summary[0] = (char)tolower((unsigned char)summary[0]);
	put_text(summary);
	free(summary);
	if (page_verb)
		put_usage();
}

static void directive_verbs(char *argument)
{
	for (size_t i = 0; i < N_VERBS; i++) {
		puts(".TP");
		printf(".BR ");
		put_text(verbs[i]->name);
		put_sentence(verbs[i]->summary);
	}
}

static void directive_seealso(char *argument)
{
	puts(".SH SEE ALSO");
	for (size_t i = 0; i < N_VERBS; i++)
		if (verbs[i] != page_verb) {
			printf(".BR \\%%");
			put_escaped(verbs[i]->name);
			puts(" (1),");
		}
	static const char *const overviews[] = { "pssession", "pssession-powershell", "pssession-protocol" };
	/* The last is for those who know the commands. */
	for (size_t i = 0; i < sizeof overviews / sizeof *overviews - (page_verb ? 1 : 0); i++)
		if (strcmp(page_name, overviews[i]) != 0) {
			printf(".BR \\%%");
			put_escaped(overviews[i]);
			puts(" (7),");
		}
	if (!page_verb && strcmp(page_name, "pssession-host") != 0)
		puts(".BR \\%pssession\\-host (8),");
	puts(".BR ssh (1),\n.BR ssh_config (5)");
}

static void directive_statuses(char *argument)
{
	puts(".PP\n.EX");
	for (uint32_t status = 0; status < PSS_STATUS_COUNT; status++) {
		printf("%3u  ", status);
		put_escaped(pss_status_name(status));
		printf("%*s  ", (int)(12 - strlen(pss_status_name(status))), "");
		if (status == PSS_OK)
			puts("0, or that of the remote command");
		else
			printf("%d\n", pss_status_exit(status));
	}
	puts(".EE");
}

static void read_file(const char *name, bool must_exist, bool gathering);

static void directive_include(char *argument)
{
	read_file(argument, true, false);
}

static const struct {
	const char *name;
	void (*run)(char *argument);
} directives[] = {
	{ "title", directive_title },     { "parameters", directive_parameters }, { "verbs", directive_verbs },
	{ "seealso", directive_seealso }, { "include", directive_include },       { "statuses", directive_statuses },
};

static void run_directive(char *line)
{
	char *name = line + 1, *argument = name + strcspn(name, " ");

	if (*argument)
		*argument++ = '\0';
	for (size_t i = 0; i < sizeof directives / sizeof *directives; i++)
		if (strcmp(directives[i].name, name) == 0) {
			directives[i].run(argument);
			return;
		}
	give_up("no such directive", line);
}

static struct about *begin_about(const char *name, const char *file)
{
	if (n_abouts == ABOUTS_MAX)
		give_up("too many @about", file);
	abouts[n_abouts] = (struct about){ .name = need(strdup(name)), .file = file };
	return &abouts[n_abouts++];
}

/* Twice for each file: first its abouts are gathered, then the rest is printed. Any directive ends an about. */
static void read_file(const char *name, bool must_exist, bool gathering)
{
	char *path = need(pss_format("%s/%s.in", directory, name)), *line = NULL;
	size_t size = 0;
	ssize_t n;
	struct about *about = NULL;
	bool in_about = false;
	FILE *file = fopen(path, "re");

	if (!file && must_exist)
		give_up(path, strerror(errno));
	while (file && (n = getline(&line, &size, file)) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (*line == '@')
			in_about = strncmp(line, "@about ", 7) == 0;
		if (*line == '@' && in_about && gathering)
			about = begin_about(line + 7, name);
		else if (in_about && gathering && about->n_lines < sizeof about->lines / sizeof *about->lines)
			about->lines[about->n_lines++] = need(strdup(line));
		else if (!in_about && !gathering && *line == '@' && strcmp(line, "@end") != 0)
			run_directive(line);
		else if (!in_about && !gathering && *line != '@' && strncmp(line, ".\\\"", 3) != 0)
			puts(line);
	}
	if (file)
		fclose(file);
	free(line);
	free(path);
}

int main(int argc, char **argv)
{
	if (argc != 6)
		give_up("usage", "compose NAME SECTION DIRECTORY VERSION DATE");
	page_name = argv[1], section = argv[2], directory = argv[3], version = argv[4], date = argv[5];
	for (size_t i = 0; i < N_VERBS; i++)
		if (strcmp(verbs[i]->name, page_name) == 0)
			page_verb = verbs[i];
	read_file(page_name, true, true);
	if (page_verb)
		read_file("parameters", true, true);
	read_file(page_name, true, false);
	/* What is shared may be about parameters that this verb does not have. */
	for (size_t i = 0; i < n_abouts; i++)
		if (abouts[i].name && strcmp(abouts[i].file, "parameters") != 0)
			give_up("@about a parameter that there is not", abouts[i].name);
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
