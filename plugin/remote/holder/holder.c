/* SPDX-License-Identifier: MIT */
/* Composes the command and the script of a holder. Called by the resilient transport. The command
 * stands in argv and may hold nothing secret; the scripts are ASCII, so that the loader, which counts characters
 * in whatever locale it finds, counts bytes. */
#include "remote/holder/holder.h"

#include <string.h>

#include "remote/protocol/script.h"
#include "remote/protocol/sources.h"

#define KEEPERS "perl python3"

static void fill(GString *script, const char *name)
{
	pss_script_replace(script, "@NAME@", name);
	for (gsize i = 0; i < script->len; i++)
		g_assert((guchar)script->str[i] < 0x80);
}

/* `evaluate`: by what the loader ends. */
static void load(PssHolderLink *link, const char *evaluate)
{
	g_autoptr(GString) loader = g_string_new(pss_source_loader);

	pss_script_number(loader, "@LENGTH@", (guint)link->script->len);
	pss_script_include(loader, "@EVALUATE@;", evaluate);
	link->command = pss_script_word(loader);
}

void pss_holder_load(PssHolderLink *link)
{
	load(link, "eval \"$t\";");
}

/* It has two keepers in it: as they are they would take a round trip more. */
static void load_packed(PssHolderLink *link, const char *name)
{
	g_autoptr(GString) unpack = g_string_new(pss_source_hold_unpack);
	g_autofree char *packed = pss_script_pack(link->script);

	pss_script_replace(unpack, "@RS@", "\036");
	pss_script_replace(unpack, "@NAME@", name);
	g_string_assign(link->script, packed);
	load(link, unpack->str);
}

/* NULL: there is none. */
static void append_word(GString *line, const char *word)
{
	if (word)
		pss_holder_escape(line, word, strlen(word));
	else
		g_string_append_c(line, '-');
}

/* One line, the first of the file `about`. */
static char *describe(const PssHolderAbout *about)
{
	GString *line = g_string_new(NULL);

	g_string_printf(line, "1 %s ", about->instance);
	append_word(line, about->name);
	g_string_append_printf(line, " %u %s ", about->idle_s, about->origin);
	append_word(line, about->shell);
	return g_string_free(line, FALSE);
}

void pss_holder_link_init(PssHolderLink *link, const char *name, const PssHolderAbout *about)
{
	g_autofree char *idle = g_strdup_printf("%u", about->idle_s);
	g_autofree char *description = describe(about);

	link->script = g_string_new(pss_source_hold);
	pss_script_include(link->script, "@RENDEZVOUS@", pss_source_rendezvous);
	pss_script_include(link->script, "@WHERE@", pss_source_where);
	pss_script_include(link->script, "@PERL@", pss_source_holder_perl);
	pss_script_include(link->script, "@PYTHON@", pss_source_holder_python);
	pss_script_stay(link->script);
	pss_script_replace(link->script, "@KEEPERS@", KEEPERS);
	pss_script_replace(link->script, "@IDLE@", idle);
	fill(link->script, name);
	/* Last, as a name may look like a mark. */
	pss_script_replace(link->script, "@ABOUT@", description);
	load_packed(link, name);
}

void pss_holder_link_init_resume(PssHolderLink *link, const char *name)
{
	link->script = g_string_new(pss_source_resume);
	fill(link->script, name);
	pss_holder_load(link);
}

void pss_holder_link_finish(PssHolderLink *link)
{
	g_free(link->command);
	g_string_free(link->script, TRUE);
	*link = (PssHolderLink){ 0 };
}

void pss_holder_escape(GString *line, const void *data, gsize n)
{
	const guchar *at = data;

	for (gsize i = 0; i < n; i++) {
		if (at[i] > ' ' && at[i] < 0x7f && !strchr("\\%'", at[i]))
			g_string_append_c(line, (char)at[i]);
		else
			g_string_append_printf(line, "\\%03o", at[i]);
	}
}

char *pss_holder_unescape(const char *word)
{
	GString *plain = g_string_new(NULL);

	for (; *word; word++) {
		gboolean octal = word[0] == '\\' && strspn(word + 1, "01234567") >= 3 && word[1] < '4';
		g_string_append_c(plain, octal ? (char)((word[1] - '0') << 6 | (word[2] - '0') << 3 | (word[3] - '0'))
					       : *word);
		word += octal ? 3 : 0;
	}
	return g_string_free(plain, FALSE);
}

char *pss_holder_origin(void)
{
	g_autofree char *plain = g_strdup_printf("%s@%s", g_get_user_name(), g_get_host_name());
	GString *word = g_string_new(NULL);

	pss_holder_escape(word, plain, strlen(plain));
	return g_string_free(word, FALSE);
}

char *pss_holder_greeting_start(const char *name)
{
	return g_strdup_printf("\036%s ", name);
}
