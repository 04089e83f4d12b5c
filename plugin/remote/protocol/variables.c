/* SPDX-License-Identifier: MIT */
/* What sets a variable is one table, a row for each family of shells. A map is set key by key through a variable, as no
 * shell reads every key in a subscript as it stands. The POSIX family's text is also what an unknown login shell gets
 * (words.c): it asks by itself which shell it is in, and every shell of sh's language can parse it. Called by words.c
 * and the engine. */
#include "remote/protocol/variables.h"

#include <string.h>

#define KEY "__pss_key"

static const char *key_of(const PssVariable *variable, gsize i)
{
	return variable->items[2 * i] + 1;
}

static const char *value_of(const PssVariable *variable, gsize i)
{
	return variable->items[2 * i + 1] + 1;
}

gboolean pss_variables_next(const char *const **at, PssVariable *ret_variable)
{
	const char *const *list = *at;

	if (!list || !*list)
		return FALSE;
	gsize n = strcspn(*list, "=(");
	*ret_variable = (PssVariable){
		.name = *list,
		.n_name = n,
		.kind = (*list)[n] == '(' ? (*list)[n + 1] : '=',
		.value = *list + n + 1,
		.items = list + 1,
	};
	for (list++; *list && **list == '['; list += 2)
		ret_variable->n_items++;
	*at = list;
	return TRUE;
}

/* ---- what comes from a client */

static gboolean is_index(const char *text)
{
	return *text && strlen(text) < 20 && text[strspn(text, "0123456789")] == '\0';
}

/* The pairs behind the begin of a list; *at is behind them then. */
static gboolean are_pairs(const char *const **at, gboolean is_map)
{
	for (; **at && ***at == '['; *at += 2)
		if ((!is_map && !is_index(**at + 1)) || !(*at)[1] || (*at)[1][0] != '=')
			return FALSE;
	return TRUE;
}

gboolean pss_variables_are_good(const char *const *variables)
{
	while (variables && *variables) {
		const char *entry = *variables++;
		gsize n = strspn(entry, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
		gboolean is_list = entry[n] == '(' && (entry[n + 1] == 'a' || entry[n + 1] == 'm') && !entry[n + 2];
		if (n == 0 || g_ascii_isdigit(*entry) || (!is_list && entry[n] != '='))
			return FALSE;
		if (is_list && !are_pairs(&variables, entry[n + 1] == 'm'))
			return FALSE;
	}
	return TRUE;
}

static gboolean has_empty_key(const PssVariable *variable)
{
	for (gsize i = 0; variable->kind == 'm' && i < variable->n_items; i++)
		if (!*key_of(variable, i))
			return TRUE;
	return FALSE;
}

/* ---- what a shell cannot hold */

static char *refusal(const PssVariable *variable, const char *shell)
{
	g_autofree char *name = g_strndup(variable->name, variable->n_name);

	if (variable->kind == 'a')
		return g_strdup_printf(
			"$using:%s is an array, and %s has none: -ArgumentList makes texts $1, $2, …, and "
			"-ConfigurationName bash takes another shell",
			name, shell);
	return g_strdup_printf(
		"$using:%s is an associative array%s, and %s has none: -ConfigurationName bash takes another "
		"shell",
		name, has_empty_key(variable) ? " with an empty key" : "", shell);
}

/* By the names of those that hold something in the POSIX family. */
static gboolean program_holds(const char *program, char kind)
{
	static const char *const arrays[] = { "ksh", "ksh93", "ksh2020", "mksh", "lksh", NULL };
	static const char *const maps[] = { "ksh", "ksh93", "ksh2020", NULL };

	return program && g_strv_contains(kind == 'm' ? maps : arrays, program);
}

static gboolean holds(PssFamily family, const char *program, const PssVariable *variable)
{
	gboolean is_map = variable->kind == 'm';

	switch (family) {
	case PSS_FAMILY_BASH:
		return !has_empty_key(variable);
	case PSS_FAMILY_ZSH:
	case PSS_FAMILY_PWSH:
		return TRUE;
	case PSS_FAMILY_FISH:
		return !is_map;
	default:
		return program_holds(program, variable->kind) && !has_empty_key(variable);
	}
}

char *pss_variables_refuse(PssFamily family, const char *program, const char *const *variables)
{
	const char *shell = program ? program : pss_family_name(family);
	PssVariable variable;

	while (pss_variables_next(&variables, &variable))
		if (variable.kind != '=' && !holds(family, program, &variable))
			return refusal(&variable, shell ? shell : "the shell");
	return NULL;
}

/* ---- the writers */

static void append_name(GString *out, const PssVariable *variable)
{
	g_string_append(out, PSS_USING);
	g_string_append_len(out, variable->name, (gssize)variable->n_name);
}

static void append_quoted(GString *out, PssFamily family, const char *text)
{
	pss_family_quote(out, family, text, strlen(text));
}

static void write_scalar(GString *out, PssFamily family, const PssVariable *variable)
{
	append_name(out, variable);
	g_string_append_c(out, '=');
	append_quoted(out, family, variable->value);
	g_string_append(out, "; ");
}

/* " value value", with their keys in front where they are wanted. */
static void append_values(GString *out, PssFamily family, const PssVariable *variable, gboolean keys)
{
	for (gsize i = 0; i < variable->n_items; i++) {
		if (keys) {
			g_string_append_c(out, ' ');
			append_quoted(out, family, key_of(variable, i));
		}
		g_string_append_c(out, ' ');
		append_quoted(out, family, value_of(variable, i));
	}
}

static void append_unset(GString *out, const PssVariable *variable)
{
	g_string_append(out, "\\unset -v ");
	append_name(out, variable);
	g_string_append(out, "; ");
}

/* NAME[INDEX]=value; … */
static void append_elements(GString *out, PssFamily family, const PssVariable *variable)
{
	for (gsize i = 0; i < variable->n_items; i++) {
		append_name(out, variable);
		g_string_append_printf(out, "[%s]=", key_of(variable, i));
		append_quoted(out, family, value_of(variable, i));
		g_string_append(out, "; ");
	}
}

static void append_pairs(GString *out, PssFamily family, const PssVariable *variable)
{
	for (gsize i = 0; i < variable->n_items; i++) {
		g_string_append(out, KEY "=");
		append_quoted(out, family, key_of(variable, i));
		g_string_append(out, "; ");
		append_name(out, variable);
		g_string_append(out, "[$" KEY "]=");
		append_quoted(out, family, value_of(variable, i));
		g_string_append(out, "; ");
	}
	g_string_append(out, "\\unset -v " KEY "; ");
}

static void write_bash_array(GString *out, PssFamily family, const PssVariable *variable)
{
	append_unset(out, variable);
	append_name(out, variable);
	g_string_append(out, "=(");
	for (gsize i = 0; i < variable->n_items; i++) {
		g_string_append_printf(out, " [%s]=", key_of(variable, i));
		append_quoted(out, family, value_of(variable, i));
	}
	g_string_append(out, "); ");
}

static void write_bash_map(GString *out, PssFamily family, const PssVariable *variable)
{
	append_unset(out, variable);
	g_string_append(out, "\\declare -gA ");
	append_name(out, variable);
	g_string_append(out, "; ");
	append_pairs(out, family, variable);
}

/* zsh's arrays have no gaps: the values close up. */
static void write_zsh_list(GString *out, PssFamily family, const PssVariable *variable)
{
	append_unset(out, variable);
	g_string_append(out, variable->kind == 'm' ? "\\typeset -gA " : "\\typeset -ga ");
	append_name(out, variable);
	g_string_append(out, "; ");
	append_name(out, variable);
	g_string_append(out, "=(");
	append_values(out, family, variable, variable->kind == 'm');
	g_string_append(out, "); ");
}

static void write_fish_scalar(GString *out, PssFamily family, const PssVariable *variable)
{
	g_string_append(out, "set -g ");
	append_name(out, variable);
	g_string_append_c(out, ' ');
	append_quoted(out, family, variable->value);
	g_string_append(out, "; ");
}

static void write_fish_array(GString *out, PssFamily family, const PssVariable *variable)
{
	g_string_append(out, "set -g ");
	append_name(out, variable);
	append_values(out, family, variable, FALSE);
	g_string_append(out, "; ");
}

static void write_pwsh_scalar(GString *out, PssFamily family, const PssVariable *variable)
{
	g_string_append(out, "$global:");
	append_name(out, variable);
	g_string_append(out, " = ");
	append_quoted(out, family, variable->value);
	g_string_append(out, "; ");
}

static void write_pwsh_array(GString *out, PssFamily family, const PssVariable *variable)
{
	g_string_append(out, "$global:");
	append_name(out, variable);
	g_string_append(out, " = @(");
	for (gsize i = 0; i < variable->n_items; i++) {
		g_string_append(out, i == 0 ? "" : ", ");
		append_quoted(out, family, value_of(variable, i));
	}
	g_string_append(out, "); ");
}

/* Not @{ }, whose keys have no case. */
static void write_pwsh_map(GString *out, PssFamily family, const PssVariable *variable)
{
	g_string_append(out, "$global:");
	append_name(out, variable);
	g_string_append(out, " = [Collections.Specialized.OrderedDictionary]::new(); ");
	for (gsize i = 0; i < variable->n_items; i++) {
		g_string_append_c(out, '$');
		append_name(out, variable);
		g_string_append_c(out, '[');
		append_quoted(out, family, key_of(variable, i));
		g_string_append(out, "] = ");
		append_quoted(out, family, value_of(variable, i));
		g_string_append(out, "; ");
	}
}

/* Not `NAME=(…)`, which is no text for those that have no arrays. */
static void append_zsh_branch(GString *out, PssFamily family, const PssVariable *variable)
{
	append_unset(out, variable);
	g_string_append(out, "case ${ZSH_VERSION:+zsh}${BASH_VERSION:+bash}${KSH_VERSION-} in\nzsh*) ");
	if (variable->kind == 'm') {
		g_string_append(out, "typeset -gA ");
		append_name(out, variable);
		g_string_append(out, "; ");
	}
	g_string_append(out, "set -A ");
	append_name(out, variable);
	append_values(out, family, variable, variable->kind == 'm');
	g_string_append(out, " ;;\n");
}

/* What the others say, and the end of the case. */
static void append_refusal(GString *out, const PssVariable *variable)
{
	g_autofree char *reason = refusal(variable, "this shell");

	g_string_append(out, "*) echo ");
	append_quoted(out, PSS_FAMILY_POSIX, reason);
	g_string_append(out, " >&2; exit 2 ;;\nesac\n");
}

static void write_posix_array(GString *out, PssFamily family, const PssVariable *variable)
{
	append_zsh_branch(out, family, variable);
	g_string_append(out, "bash* | *93* | *2020* | *MIRBSD* | *LEGACY*) ");
	append_elements(out, family, variable);
	g_string_append(out, ";;\n");
	append_refusal(out, variable);
}

static void write_posix_map(GString *out, PssFamily family, const PssVariable *variable)
{
	append_zsh_branch(out, family, variable);
	if (!has_empty_key(variable)) {
		g_string_append(out, "bash* | *93* | *2020*) ");
		g_string_append(out, "typeset -A ");
		append_name(out, variable);
		g_string_append(out, "; ");
		append_pairs(out, family, variable);
		g_string_append(out, ";;\n");
	}
	append_refusal(out, variable);
}

/* For a computer (words.c); in a session it is refused before. */
static void write_fish_refusal(GString *out, PssFamily family, const PssVariable *variable)
{
	g_autofree char *reason = refusal(variable, "fish");

	g_string_append(out, "echo ");
	append_quoted(out, family, reason);
	g_string_append(out, " >&2; exit 2; ");
}

typedef void (*Writer)(GString *out, PssFamily family, const PssVariable *variable);

static const struct {
	PssFamily family;
	Writer scalar, array, map;
} writers[] = {
	{ PSS_FAMILY_BASH, write_scalar, write_bash_array, write_bash_map },
	{ PSS_FAMILY_ZSH, write_scalar, write_zsh_list, write_zsh_list },
	{ PSS_FAMILY_FISH, write_fish_scalar, write_fish_array, write_fish_refusal },
	{ PSS_FAMILY_PWSH, write_pwsh_scalar, write_pwsh_array, write_pwsh_map },
	{ PSS_FAMILY_POSIX, write_scalar, write_posix_array, write_posix_map },
};

void pss_variables_append(GString *out, PssFamily family, const char *const *variables)
{
	PssVariable variable;
	gsize row = 0;

	while (row + 1 < G_N_ELEMENTS(writers) && writers[row].family != family)
		row++;
	while (pss_variables_next(&variables, &variable)) {
		Writer write = variable.kind == '='   ? writers[row].scalar
			       : variable.kind == 'a' ? writers[row].array
						      : writers[row].map;
		write(out, family, &variable);
	}
}

void pss_variables_names(GString *out, const char *const *variables)
{
	PssVariable variable;

	while (pss_variables_next(&variables, &variable)) {
		g_string_append_c(out, ' ');
		append_name(out, &variable);
	}
}

/* The references stand in double quotes, so these end, and begin again behind the bare $NAME; of a list that is to be
 * one text behind one that has quotes of its own. A list whose values are words stands in quotes that were put around
 * it. */
static void unbrace(GString *text, const char *const *variables)
{
	PssVariable variable;

	while (pss_variables_next(&variables, &variable)) {
		g_autofree char *name = g_strndup(variable.name, variable.n_name);
		g_autofree char *bare = g_strconcat("$" PSS_USING, name, NULL);
		g_autofree char *quoted = g_strconcat("\"", bare, "\"", NULL);
		g_autofree char *one = g_strconcat("\"", quoted, "\"", NULL);
		g_autofree char *words = g_strconcat("\"${" PSS_USING, name, "[@]}\"", NULL);
		g_autofree char *joined = g_strconcat("${" PSS_USING, name, "[*]}", NULL);
		g_autofree char *braced = g_strconcat("${" PSS_USING, name, "}", NULL);
		g_string_replace(text, words, bare, 0);
		g_string_replace(text, joined, one, 0);
		g_string_replace(text, braced, quoted, 0);
	}
}

/* A list is one in its place already, and one text inside of quotes. */
static void unindex(GString *text, const char *const *variables)
{
	PssVariable variable;

	while (pss_variables_next(&variables, &variable)) {
		g_autofree char *name = g_strndup(variable.name, variable.n_name);
		g_autofree char *braced = g_strconcat("${" PSS_USING, name, "}", NULL);
		g_autofree char *words = g_strconcat("\"${" PSS_USING, name, "[@]}\"", NULL);
		g_autofree char *joined = g_strconcat("${" PSS_USING, name, "[*]}", NULL);
		g_string_replace(text, words, braced, 0);
		g_string_replace(text, joined, braced, 0);
	}
}

void pss_variables_adapt(GString *text, PssFamily family, const char *const *variables)
{
	if (family == PSS_FAMILY_FISH)
		unbrace(text, variables);
	else if (family == PSS_FAMILY_PWSH)
		unindex(text, variables);
}

/* Of the POSIX family a list stands there twice. */
gsize pss_variables_room(const char *const *variables)
{
	PssVariable variable;
	gsize room = 0;

	while (pss_variables_next(&variables, &variable)) {
		gsize copies = variable.kind == '=' ? 1 : 2;
		room += PSS_FAMILY_QUOTED * (variable.kind == '=' ? strlen(variable.value) : 0) +
			12 * (variable.n_name + 128);
		for (gsize i = 0; i < 2 * variable.n_items; i++)
			room += copies * (PSS_FAMILY_QUOTED * strlen(variable.items[i]) + variable.n_name + 64);
	}
	return room;
}
