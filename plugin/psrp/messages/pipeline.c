/* SPDX-License-Identifier: MIT */
/* Writes what PROTOCOL.md, "Bodies", prescribes. The order of the members is PowerShell's own. */
#include "psrp/messages/pipeline.h"

#include <string.h>

#include "psrp/clixml/writer.h"

#define ROOM 8192     /* for everything but texts of the user's */
#define ROOM_A_BYTE 7 /* as none takes more: _xHHHH_ */
#define LINE_HEIGHT 25
#define TYPES "System.Management.Automation.Host."

/* ---- the host that the server is to believe in: a terminal of that size, grey on black */

static void begin_entry(PssClixmlWriter *writer, int key, const char *type)
{
	pss_clixml_begin(writer, "En", NULL);
	pss_clixml_add_integer(writer, "I32", "Key", key);
	pss_clixml_begin_object(writer, "Value");
	pss_clixml_add_string(writer, "T", type);
}

static void end_entry(PssClixmlWriter *writer)
{
	pss_clixml_end(writer, 3);
}

static void add_number_entry(PssClixmlWriter *writer, int key, const char *type, int value)
{
	begin_entry(writer, key, type);
	pss_clixml_add_integer(writer, "I32", "V", value);
	end_entry(writer);
}

static void add_pair_entry(PssClixmlWriter *writer, int key, const char *type, const char *const *names,
			   const guint *values)
{
	begin_entry(writer, key, type);
	pss_clixml_begin_object(writer, "V");
	pss_clixml_add_integer(writer, "I32", names[0], values[0]);
	pss_clixml_add_integer(writer, "I32", names[1], values[1]);
	pss_clixml_end(writer, 2);
	end_entry(writer);
}

static void add_host_data(PssClixmlWriter *writer, guint columns, guint rows)
{
	static const char *const point[] = { "x", "y" };
	static const char *const extent[] = { "width", "height" };
	const guint size[] = { columns, rows };
	const guint origin[] = { 0, 0 };

	pss_clixml_begin_object(writer, "_hostDefaultData");
	pss_clixml_begin_dictionary(writer, "data");
	begin_entry(writer, 9, "System.String");
	pss_clixml_add_string(writer, "V", "pssession");
	end_entry(writer);
	for (int key = 5; key <= 8; key++)
		add_pair_entry(writer, key, TYPES "Size", extent, size);
	add_number_entry(writer, 4, "System.Int32", LINE_HEIGHT);
	add_pair_entry(writer, 3, TYPES "Coordinates", point, origin);
	add_pair_entry(writer, 2, TYPES "Coordinates", point, origin);
	add_number_entry(writer, 1, "System.ConsoleColor", 0);
	add_number_entry(writer, 0, "System.ConsoleColor", 7);
	pss_clixml_end(writer, 4);
}

/* `columns` 0: the pool's own host. */
static void add_host(PssClixmlWriter *writer, guint columns, guint rows)
{
	gboolean is_pools = columns == 0;

	pss_clixml_begin_object(writer, "HostInfo");
	if (!is_pools)
		add_host_data(writer, columns, rows);
	pss_clixml_add_boolean(writer, "_isHostNull", is_pools);
	pss_clixml_add_boolean(writer, "_isHostUINull", is_pools);
	pss_clixml_add_boolean(writer, "_isHostRawUINull", is_pools);
	pss_clixml_add_boolean(writer, "_useRunspaceHost", is_pools);
	pss_clixml_end(writer, 2);
}

/* ---- the pool */

GString *pss_pipeline_capability(void)
{
	static const char *const versions[][2] = { { "protocolversion", "2.4" },
						   { "PSVersion", "2.0" },
						   { "SerializationVersion", "1.1.0.1" } };
	PssClixmlWriter writer;

	pss_clixml_writer_init(&writer, ROOM);
	pss_clixml_begin_object(&writer, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(versions); i++)
		pss_clixml_add_text(&writer, "Version", versions[i][0], versions[i][1], strlen(versions[i][1]));
	pss_clixml_end(&writer, 2);
	return pss_clixml_writer_finish(&writer);
}

GString *pss_pipeline_init_pool(guint columns, guint rows)
{
	PssClixmlWriter writer;

	pss_clixml_writer_init(&writer, ROOM);
	pss_clixml_begin_object(&writer, NULL);
	pss_clixml_add_integer(&writer, "I32", "MinRunspaces", 1);
	pss_clixml_add_integer(&writer, "I32", "MaxRunspaces", 1);
	pss_clixml_add_integer(&writer, "I32", "PSThreadOptions", 0);
	pss_clixml_add_integer(&writer, "I32", "ApartmentState", 2);
	add_host(&writer, columns, rows);
	pss_clixml_add_null(&writer, "ApplicationArguments");
	pss_clixml_end(&writer, 2);
	return pss_clixml_writer_finish(&writer);
}

/* ---- pipelines */

/* How streams flow from one command into the next: [MS-PSRP] 2.2.3.31. */
enum { MERGE_NONE = 0, MERGE_OUTPUT = 1, MERGE_ERROR = 2 };

static void add_merges(PssClixmlWriter *writer, gboolean merges_errors)
{
	static const char *const others[] = { "MergeWarning", "MergeVerbose", "MergeDebug", "MergeInformation" };

	pss_clixml_add_integer(writer, "I32", "MergeMyResult", merges_errors ? MERGE_ERROR : MERGE_NONE);
	pss_clixml_add_integer(writer, "I32", "MergeToResult", merges_errors ? MERGE_OUTPUT : MERGE_NONE);
	pss_clixml_add_integer(writer, "I32", "MergePreviousResults", MERGE_NONE);
	pss_clixml_add_integer(writer, "I32", "MergeError", merges_errors ? MERGE_OUTPUT : MERGE_NONE);
	for (gsize i = 0; i < G_N_ELEMENTS(others); i++)
		pss_clixml_add_integer(writer, "I32", others[i], MERGE_NONE);
}

static void add_argument(PssClixmlWriter *writer, const PssArgument *argument)
{
	pss_clixml_begin_object(writer, NULL);
	pss_clixml_add_string(writer, "N", argument->name);
	if (argument->value)
		pss_clixml_add_string(writer, "V", argument->value);
	else
		pss_clixml_add_boolean(writer, "V", TRUE);
	pss_clixml_end(writer, 2);
}

static void add_stage(PssClixmlWriter *writer, const PssStage *stage)
{
	pss_clixml_begin_object(writer, NULL);
	pss_clixml_add_string(writer, "Cmd", stage->text);
	pss_clixml_add_boolean(writer, "IsScript", stage->is_script);
	if (stage->is_local)
		pss_clixml_add_boolean(writer, "UseLocalScope", TRUE);
	else
		pss_clixml_add_null(writer, "UseLocalScope");
	add_merges(writer, stage->merges_errors);
	pss_clixml_begin_list(writer, "Args");
	for (gsize i = 0; i < stage->n_arguments; i++)
		add_argument(writer, &stage->arguments[i]);
	pss_using_append(writer, stage->text, stage->using_values, stage->n_using_values);
	pss_clixml_end(writer, 4);
}

static void add_commands(PssClixmlWriter *writer, const PssPipelineSpec *spec)
{
	pss_clixml_begin_object(writer, "PowerShell");
	pss_clixml_begin_list(writer, "Cmds");
	for (gsize i = 0; i < spec->n_stages; i++)
		add_stage(writer, &spec->stages[i]);
	pss_clixml_end(writer, 2);
	pss_clixml_add_boolean(writer, "IsNested", FALSE);
	pss_clixml_add_null(writer, "History");
	pss_clixml_add_boolean(writer, "RedirectShellErrorOutputPipe", TRUE);
	pss_clixml_end(writer, 2);
}

static gsize room_of(const PssPipelineSpec *spec)
{
	gsize room = ROOM;
	for (gsize i = 0; i < spec->n_stages; i++) {
		const PssStage *stage = &spec->stages[i];
		room += strlen(stage->text) * ROOM_A_BYTE + stage->n_arguments * 64;
		for (gsize k = 0; k < stage->n_arguments; k++)
			room += stage->arguments[k].value ? strlen(stage->arguments[k].value) * ROOM_A_BYTE : 0;
		room += pss_using_room(stage->text, stage->using_values, stage->n_using_values);
	}
	return room;
}

GString *pss_pipeline_create(const PssPipelineSpec *spec)
{
	PssClixmlWriter writer;

	pss_clixml_writer_init(&writer, room_of(spec));
	pss_clixml_begin_object(&writer, NULL);
	pss_clixml_add_boolean(&writer, "NoInput", !spec->has_input);
	pss_clixml_add_integer(&writer, "I32", "ApartmentState", 2);
	pss_clixml_add_integer(&writer, "I32", "RemoteStreamOptions", 0);
	pss_clixml_add_boolean(&writer, "AddToHistory", spec->is_typed);
	add_host(&writer, spec->has_host ? spec->columns : 0, spec->rows);
	add_commands(&writer, spec);
	pss_clixml_add_boolean(&writer, "IsNested", FALSE);
	pss_clixml_end(&writer, 2);
	return pss_clixml_writer_finish(&writer);
}
