/* SPDX-License-Identifier: MIT */
/* The words of a request, a row of a table each. Called by main.c once. */
#include "copy/verb/request.h"

#include <fnmatch.h>
#include <string.h>

#include "base/error.h"
#include "wire/copy.h"

static void free_operand(gpointer data)
{
	PssOperand *operand = data;

	g_free(operand->path);
	g_free(operand);
}

/* "N PATH" */
static PssOperand *read_operand(const PssCopyRequest *request, const char *value, gboolean is_literal)
{
	char *rest;
	guint64 place = g_ascii_strtoull(value, &rest, 10);

	if (rest == value || *rest != ' ' || place >= request->labels->len)
		return NULL;
	PssOperand *operand = g_new0(PssOperand, 1);
	operand->place = (guint)place;
	operand->path = g_strdup(rest + 1);
	operand->is_literal = is_literal;
	return operand;
}

static gboolean add_operand(GPtrArray *operands, PssOperand *operand)
{
	if (operand)
		g_ptr_array_add(operands, operand);
	return operand != NULL;
}

static gboolean take_source(PssCopyRequest *request, const char *value)
{
	return add_operand(request->sources, read_operand(request, value, FALSE));
}

static gboolean take_literal(PssCopyRequest *request, const char *value)
{
	return add_operand(request->sources, read_operand(request, value, TRUE));
}

static gboolean take_destination(PssCopyRequest *request, const char *value)
{
	return add_operand(request->destinations, read_operand(request, value, TRUE));
}

static gboolean take_place(PssCopyRequest *request, const char *value)
{
	g_ptr_array_add(request->labels, g_strdup(value));
	g_ptr_array_add(request->computers, g_strdup(value));
	g_ptr_array_add(request->connected, NULL);
	return TRUE;
}

/* Of the place before it. */
static gboolean take_computer(PssCopyRequest *request, const char *value)
{
	guint last = request->computers->len - 1;

	g_free(request->computers->pdata[last]);
	request->computers->pdata[last] = g_strdup(value);
	return TRUE;
}

static gboolean take_connected(PssCopyRequest *request, const char *value)
{
	request->connected->pdata[request->connected->len - 1] = GINT_TO_POINTER(TRUE);
	return TRUE;
}

static gboolean take_filter(PssCopyRequest *request, const char *value)
{
	g_free(request->filter);
	request->filter = g_strdup(value);
	return TRUE;
}

static gboolean take_include(PssCopyRequest *request, const char *value)
{
	g_ptr_array_add(request->include, g_strdup(value));
	return TRUE;
}

static gboolean take_exclude(PssCopyRequest *request, const char *value)
{
	g_ptr_array_add(request->exclude, g_strdup(value));
	return TRUE;
}

static gboolean take_throttle(PssCopyRequest *request, const char *value)
{
	request->throttle = (guint)CLAMP(g_ascii_strtoull(value, NULL, 10), 1, 10000);
	return TRUE;
}

static gboolean take_flags(PssCopyRequest *request, const char *value)
{
	const struct {
		char letter;
		gboolean *flag;
	} flags[] = {
		{ PSS_COPY_RECURSE, &request->recurse },     { PSS_COPY_FORCE, &request->force },
		{ PSS_COPY_FLATTEN, &request->flatten },     { PSS_COPY_PRESERVE, &request->preserve },
		{ PSS_COPY_RESUME, &request->resume },       { PSS_COPY_UPDATE, &request->update },
		{ PSS_COPY_PASS_THRU, &request->pass_thru }, { PSS_COPY_JSON, &request->json },
		{ PSS_COPY_BY_NAME, &request->by_name },     { PSS_COPY_SHOWS_PROGRESS, &request->shows_progress },
		{ PSS_COPY_WAITS, &request->waits },         { PSS_COPY_LIST, &request->lists },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(flags); i++)
		*flags[i].flag = strchr(value, flags[i].letter) != NULL;
	return TRUE;
}

static gboolean take_version(PssCopyRequest *request, const char *value)
{
	return strcmp(value, PSSESSION_VERSION) == 0;
}

static const struct {
	const char *key;
	gboolean (*take)(PssCopyRequest *request, const char *value);
} takers[] = {
	{ PSS_COPY_VERSION, take_version },         { PSS_COPY_PLACE, take_place },
	{ PSS_COPY_COMPUTER, take_computer },       { PSS_COPY_CONNECTED, take_connected },
	{ PSS_COPY_SOURCE, take_source },           { PSS_COPY_LITERAL, take_literal },
	{ PSS_COPY_DESTINATION, take_destination }, { PSS_COPY_FILTER, take_filter },
	{ PSS_COPY_INCLUDE, take_include },         { PSS_COPY_EXCLUDE, take_exclude },
	{ PSS_COPY_THROTTLE, take_throttle },       { PSS_COPY_FLAGS, take_flags },
};

static gboolean take_word(PssCopyRequest *request, const char *word)
{
	for (gsize i = 0; i < G_N_ELEMENTS(takers); i++) {
		gsize n = strlen(takers[i].key);
		if (strncmp(word, takers[i].key, n) == 0 && word[n] == '=')
			return takers[i].take(request, word + n + 1);
	}
	return FALSE;
}

static PssCopyRequest *new_request(void)
{
	PssCopyRequest *request = g_new0(PssCopyRequest, 1);

	request->labels = g_ptr_array_new_with_free_func(g_free);
	request->computers = g_ptr_array_new_with_free_func(g_free);
	request->connected = g_ptr_array_new();
	request->sources = g_ptr_array_new_with_free_func(free_operand);
	request->destinations = g_ptr_array_new_with_free_func(free_operand);
	request->include = g_ptr_array_new_with_free_func(g_free);
	request->exclude = g_ptr_array_new_with_free_func(g_free);
	request->throttle = 32;
	g_ptr_array_add(request->labels, NULL);
	g_ptr_array_add(request->computers, NULL);
	g_ptr_array_add(request->connected, NULL);
	return request;
}

PssCopyRequest *pss_copy_request_parse(const char *words, gsize n, GError **error)
{
	PssCopyRequest *request = new_request();
	gboolean good = n > 0 && words[n - 1] == '\0';

	for (const char *word = words; good && word < words + n; word += strlen(word) + 1)
		good = take_word(request, word);
	if (good && request->sources->len > 0 && (request->destinations->len > 0 || request->lists))
		return request;
	g_set_error_literal(
		error, PSS_ERROR, PSS_VERSION,
		"pssession-copy and the shell's pssession are of different versions (a shell that was started "
		"before an upgrade has the old one: start a new shell)");
	pss_copy_request_free(request);
	return NULL;
}

void pss_copy_request_free(PssCopyRequest *request)
{
	if (!request)
		return;
	g_ptr_array_unref(request->labels);
	g_ptr_array_unref(request->computers);
	g_ptr_array_unref(request->connected);
	g_ptr_array_unref(request->sources);
	g_ptr_array_unref(request->destinations);
	g_ptr_array_unref(request->include);
	g_ptr_array_unref(request->exclude);
	g_free(request->filter);
	g_free(request);
}

static gboolean matches_one(const GPtrArray *globs, const char *name)
{
	for (guint i = 0; i < globs->len; i++)
		if (fnmatch(globs->pdata[i], name, 0) == 0)
			return TRUE;
	return FALSE;
}

gboolean pss_copy_request_wants(const PssCopyRequest *request, const char *name, gboolean is_directory)
{
	if (matches_one(request->exclude, name))
		return FALSE;
	if (is_directory)
		return TRUE;
	return (!request->filter || fnmatch(request->filter, name, 0) == 0) &&
	       (request->include->len == 0 || matches_one(request->include, name));
}
