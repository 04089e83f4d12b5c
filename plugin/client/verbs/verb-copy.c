/* SPDX-License-Identifier: MIT */
/* copy-item: copies files to other computers, from them, or between them through here. All parameters are read and
 * checked here before anything happens anywhere; finding the places is places.c's, the copying a program's
 * (client/copy). */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "client/copy/copy.h"
#include "client/copy/suggest-paths.h"
#include "client/requests/requests.h"
#include "wire/cleanup.h"
#include "wire/copy.h"

enum {
	PATH,
	LITERAL_PATH,
	DESTINATION,
	TO_SESSION,
	FROM_SESSION,
	COMPUTER_NAME,
	RECURSE,
	FORCE,
	CONTAINER,
	FILTER,
	INCLUDE,
	EXCLUDE,
	PRESERVE,
	RESUME,
	UPDATE,
	PASS_THRU,
	JSON,
	THROTTLE_LIMIT,
};

static const struct pss_parameter rows[] = {
	[PATH] = { "Path", NULL, PSS_KIND_TEXTS, "PATH", .wants = "a path", .position = 1, .rest = true,
		   .help = "what is copied: a path here, or HOST:PATH, SESSION:PATH with * ? [ ] there; without "
			   "-Destination the last one is where to" },
	[LITERAL_PATH] = { "LiteralPath", "lp", PSS_KIND_TEXTS, "PATH", .wants = "a path",
			   .help = "the same, without * ? [ ]" },
	[DESTINATION] = { "Destination", "des", PSS_KIND_TEXT, "PATH", .wants = "a path",
			  .help = "where to: a file, or a directory that is there" },
	[TO_SESSION] = { "ToSession", "ts", PSS_KIND_LIST, "SESSION", .wants = "an Id, a Name or an InstanceId",
			 .set = 1, .help = "kept sessions, to whose computers files of here are copied" },
	[FROM_SESSION] = { "FromSession", "fs", PSS_KIND_LIST, "SESSION", .wants = "an Id, a Name or an InstanceId",
			   .set = 1,
			   .help = "kept sessions, from which files are copied; of several each into a "
				   "directory of its name" },
	[COMPUTER_NAME] = { "ComputerName", "HostName Cn", PSS_KIND_LIST, "HOST", .wants = "the name of a computer",
			    .set = 1,
			    .help = "computers, a range, @FILE or - (standard input), to which files of "
				    "here are copied" },
	[RECURSE] = { "Recurse", NULL, PSS_KIND_SWITCH,
		      .help = "directories too, with all that is in them; symbolic links stay links" },
	[FORCE] = { "Force", NULL, PSS_KIND_SWITCH, .help = "replace files that are read-only" },
	[CONTAINER] = { "Container", NULL, PSS_KIND_SWITCH,
			.help = "keep the directories; -Container:false puts all files right into the destination" },
	[FILTER] = { "Filter", NULL, PSS_KIND_TEXT, "GLOB", .wants = "a pattern",
		     .help = "only files whose names match" },
	[INCLUDE] = { "Include", NULL, PSS_KIND_LIST, "GLOB", .wants = "a pattern",
		      .help = "only files whose names match one of these" },
	[EXCLUDE] = { "Exclude", NULL, PSS_KIND_LIST, "GLOB", .wants = "a pattern",
		      .help = "no files and directories whose names match one of these" },
	[PRESERVE] = { "Preserve", NULL, PSS_KIND_SWITCH,
		       .help = "keep all modes and the times, and as root the owners" },
	[RESUME] = { "Resume", NULL, PSS_KIND_SWITCH,
		     .help = "go on with what an earlier copy has left, and leave such a part if this one is cut" },
	[UPDATE] = { "Update", NULL, PSS_KIND_SWITCH,
		     .help = "leave out files that are there with the same size and time (it keeps the times)" },
	[PASS_THRU] = { "PassThru", NULL, PSS_KIND_SWITCH, .set = 3,
			.help = "print what has been made, a path a line" },
	[JSON] = { "Json", NULL, PSS_KIND_SWITCH, .set = 3, .help = "print an object a line for each file" },
	[THROTTLE_LIMIT] = PSS_THROTTLE_ROW("so many computers at a time (32)"),
};

/* ---- operands */

static bool add_here(struct pss_copy *copy, const struct pss_texts *texts, size_t n)
{
	bool good = true;

	for (size_t i = 0; good && i < n; i++)
		good = pss_copy_add_at(copy, 0, texts->items[i], true, &copy->sources);
	return good;
}

/* Every source of every place. */
static bool add_there(struct pss_copy *copy, const size_t *places, size_t n_places, const struct pss_texts *texts,
		      size_t n, bool is_literal)
{
	bool good = true;

	for (size_t i = 0; good && i < n_places; i++)
		for (size_t j = 0; good && j < n; j++)
			good = pss_copy_add_at(copy, places[i], texts->items[j], is_literal, &copy->sources);
	return good;
}

static bool expand_computers(struct pss_call *call, struct pss_texts *ret_names)
{
	_cleanup_(pss_free_pointer) char *error = NULL;

	if (pss_targets_expand(&call->own[COMPUTER_NAME].list, call->shell->interrupted, ret_names, &error) == 0)
		return true;
	pss_call_usage(call, "%s", error ? error : "not enough memory");
	return false;
}

/* The places that -ToSession, -FromSession or -ComputerName name. */
static bool find_places(struct pss_copy *copy, size_t **ret_places, size_t *ret_n)
{
	const struct pss_value *own = copy->call->own;
	bool sessions = own[TO_SESSION].given || own[FROM_SESSION].given;
	struct pss_texts computers = { 0 };

	if (!sessions && !expand_computers(copy->call, &computers))
		return false;
	const struct pss_texts *names = own[TO_SESSION].given     ? &own[TO_SESSION].list
					: own[FROM_SESSION].given ? &own[FROM_SESSION].list
								  : &computers;
	size_t *places = calloc(names->n_items + 1, sizeof *places);
	bool good = places != NULL;
	for (size_t i = 0; good && i < names->n_items; i++)
		good = sessions ? pss_copy_find_session(copy, names->items[i], &places[i])
				: pss_copy_find_computer(copy, names->items[i], &places[i]);
	*ret_places = places;
	*ret_n = names->n_items;
	pss_texts_finish(&computers);
	return good;
}

/* PowerShell's way: one side is named, the other is here. Paths are as they stand. */
static bool read_named(struct pss_copy *copy, size_t n_sources, const char *destination)
{
	const struct pss_value *own = copy->call->own;
	_cleanup_(pss_free_pointer) size_t *places = NULL;
	size_t n_places;

	if (!find_places(copy, &places, &n_places))
		return false;
	if (own[FROM_SESSION].given) {
		if (n_places > 1)
			strcat(copy->flags, (char[]){ PSS_COPY_BY_NAME, '\0' });
		return add_there(copy, places, n_places, &own[PATH].list, n_sources, false) &&
		       add_there(copy, places, n_places, &own[LITERAL_PATH].list, own[LITERAL_PATH].list.n_items,
				 true) &&
		       pss_copy_add_at(copy, 0, destination, true, &copy->destinations);
	}
	bool good = add_here(copy, &own[PATH].list, n_sources) &&
		    add_here(copy, &own[LITERAL_PATH].list, own[LITERAL_PATH].list.n_items);
	for (size_t i = 0; good && i < n_places; i++)
		good = pss_copy_add_at(copy, places[i], destination, true, &copy->destinations);
	return good;
}

/* scp's way: each operand says where it is. */
static bool read_spelled(struct pss_copy *copy, size_t n_sources, const char *destination)
{
	const struct pss_value *own = copy->call->own;
	bool good = true, elsewhere = false;

	for (size_t i = 0; good && i < n_sources; i++)
		good = pss_copy_add_operand(copy, own[PATH].list.items[i], false, &copy->sources);
	for (size_t i = 0; good && i < own[LITERAL_PATH].list.n_items; i++)
		good = pss_copy_add_operand(copy, own[LITERAL_PATH].list.items[i], true, &copy->sources);
	if (!good || !pss_copy_add_operand(copy, destination, true, &copy->destinations))
		return false;
	for (size_t i = 0; i < copy->sources.n_items; i++)
		elsewhere = elsewhere || copy->sources.items[i].place > 0;
	if (elsewhere || copy->destinations.items[0].place > 0)
		return true;
	pss_call_usage(copy->call, "which computer or session? HOST:PATH, -ToSession, -FromSession or -ComputerName is "
				   "needed (cp copies here)");
	return false;
}

static bool read_operands(struct pss_copy *copy)
{
	struct pss_call *call = copy->call;
	const struct pss_value *own = call->own;
	size_t n = own[PATH].list.n_items;
	bool named = own[TO_SESSION].given || own[FROM_SESSION].given || own[COMPUTER_NAME].given;
	const char *destination = own[DESTINATION].text;
	size_t n_sources = n + own[LITERAL_PATH].list.n_items;

	/* Named sides leave no doubt which one is where to: alone, a path is what is copied. */
	if (!destination && n_sources > 1 && n > 0) {
		destination = own[PATH].list.items[--n];
		n_sources--;
	}
	if (n_sources == 0 || (!destination && !named)) {
		pss_call_usage(call,
			       n_sources == 0 ? "which files? A path is needed" : "where to? A destination is needed");
		return false;
	}
	if (!destination)
		destination = own[FROM_SESSION].given ? "." : "";
	return named ? read_named(copy, n, destination) : read_spelled(copy, n, destination);
}

/* ---- how */

static void read_flags(struct pss_copy *copy)
{
	static const struct {
		int row;
		enum pss_copy_flag flag;
	} switches[] = {
		{ RECURSE, PSS_COPY_RECURSE }, { FORCE, PSS_COPY_FORCE },   { PRESERVE, PSS_COPY_PRESERVE },
		{ RESUME, PSS_COPY_RESUME },   { UPDATE, PSS_COPY_UPDATE }, { PASS_THRU, PSS_COPY_PASS_THRU },
		{ JSON, PSS_COPY_JSON },
	};
	const struct pss_value *own = copy->call->own;
	char *end = copy->flags + strlen(copy->flags);

	for (size_t i = 0; i < sizeof switches / sizeof *switches; i++)
		if (own[switches[i].row].on)
			*end++ = (char)switches[i].flag;
	if (own[CONTAINER].given && !own[CONTAINER].on)
		*end++ = PSS_COPY_FLATTEN;
	if (pss_call_waits_after_errors(copy->call))
		*end++ = PSS_COPY_WAITS;
	*end = '\0';
	copy->filter = own[FILTER].text;
	copy->include = own[INCLUDE].given ? &own[INCLUDE].list : NULL;
	copy->exclude = own[EXCLUDE].given ? &own[EXCLUDE].list : NULL;
	copy->throttle = pss_throttle_of(&own[THROTTLE_LIMIT]);
}

/* As an operand is written. */
static char *spell(const struct pss_copy *copy, const struct pss_copy_operand *operand)
{
	const char *label = copy->places[operand->place].label;

	return pss_format("%s%s%s", label ? label : "", label ? ":" : "", operand->path);
}

static bool is_directory(const struct pss_copy_operand *source)
{
	struct stat st;

	return source->place == 0 && stat(source->path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* -WhatIf and -Confirm of one source at one destination, in PowerShell's words. */
static bool should(struct pss_copy *copy, const struct pss_copy_operand *source,
		   const struct pss_copy_operand *destination)
{
	_cleanup_(pss_free_pointer) char *from = spell(copy, source);
	_cleanup_(pss_free_pointer) char *to = spell(copy, destination);
	_cleanup_(pss_free_pointer) char *target = pss_format("Item: %s Destination: %s", from, to);

	return target && pss_call_should(copy->call, is_directory(source) ? "Copy Directory" : "Copy File", target);
}

/* Keeps the sources that are to be copied. Asked of each once: where to is the same for all. */
static void ask_for_each(struct pss_copy *copy)
{
	size_t kept = 0;

	for (size_t i = 0; i < copy->sources.n_items && !copy->call->stop; i++) {
		bool wanted = true;
		for (size_t j = 0; wanted && j < copy->destinations.n_items; j++)
			wanted = should(copy, &copy->sources.items[i], &copy->destinations.items[j]) ||
				 copy->call->confirm[PSS_CONFIRM_WHAT_IF].on;
		if (wanted)
			copy->sources.items[kept++] = copy->sources.items[i];
	}
	copy->sources.n_items = copy->call->confirm[PSS_CONFIRM_WHAT_IF].on ? 0 : kept;
}

static bool check(struct pss_call *call)
{
	static const int only_trees[] = { CONTAINER };

	if (!call->own[RECURSE].on && call->own[CONTAINER].given && !call->own[CONTAINER].on)
		return pss_call_refuse(call, rows, call->own, only_trees, 1, "goes with -Recurse");
	return true;
}

static void run(struct pss_call *call)
{
	struct pss_copy copy = { .call = call, .connection.fd = -1 };

	if (check(call) && read_operands(&copy) && !call->stop) {
		read_flags(&copy);
		ask_for_each(&copy);
		if (copy.sources.n_items > 0 && !call->stop)
			pss_copy_run(&copy);
	}
	pss_copy_finish(&copy);
}

/* -LiteralPath and -Path are of the one side, -Destination of the other. */
static bool suggest(struct pss_call *call, const struct pss_parameter *row, struct pss_suggestions *suggestions)
{
	const struct pss_value *own = call->own;
	bool is_source = row == &rows[PATH] || row == &rows[LITERAL_PATH];

	if (!is_source && row != &rows[DESTINATION])
		return false;
	const struct pss_value *session = &own[is_source ? FROM_SESSION : TO_SESSION];
	pss_copy_suggest(call, session->given ? session->text : NULL, suggestions);
	return true;
}

const struct pss_verb pss_verb_copy = {
	.name = "copy-item",
	.summary = "Copy files over sessions, or as scp writes it",
	.details = "copy-item file web1:dir/       to a computer or a kept session\n"
		   "copy-item 'web1:/var/log/*.gz' .   from it\n"
		   "copy-item web1:a web2:b        between two, through here\n"
		   "copy-item app.tar -ToSession web1,web2 -Destination /srv/\n"
		   "What is written appears under its name when it is whole. A relative path begins in the directory "
		   "that a session is in, or in the home on the computer. What cannot be copied is reported, a line "
		   "each, and the others go on.\n",
	.rows = rows,
	.n_rows = sizeof rows / sizeof *rows,
	.uses = PSS_USES_LINK | PSS_USES_CONFIRM,
	.run = run,
	.suggest = suggest,
};
