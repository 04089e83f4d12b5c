/* SPDX-License-Identifier: MIT */
/* Puts together what becomes a holder on the remote computer. Called by the held transport. The command
 * stands in argv and may hold nothing secret; the scripts are ASCII, so that the loader, which counts characters
 * in whatever locale it finds, counts bytes. */
#include "remote/holder.h"

#include "remote/script.h"
#include "remote/sources.h"

#define KEEPERS "perl python3"

static void fill(GString *script, const char *name)
{
	pss_script_replace(script, "@NAME@", name);
	for (gsize i = 0; i < script->len; i++)
		g_assert((guchar)script->str[i] < 0x80);
}

static void load(PssHolderLink *link)
{
	g_autoptr(GString) loader = g_string_new(pss_source_loader);
	g_autofree char *length = g_strdup_printf("%" G_GSIZE_FORMAT, link->script->len);

	pss_script_replace(loader, "@LENGTH@", length);
	link->command = pss_script_word(loader);
}

void pss_holder_link_init(PssHolderLink *link, const char *name, guint idle_s)
{
	g_autofree char *idle = g_strdup_printf("%u", idle_s);

	link->script = g_string_new(pss_source_hold);
	pss_script_include(link->script, "@RENDEZVOUS@", pss_source_rendezvous);
	pss_script_include(link->script, "@PERL@", pss_source_holder_perl);
	pss_script_include(link->script, "@PYTHON@", pss_source_holder_python);
	pss_script_stay(link->script);
	pss_script_replace(link->script, "@KEEPERS@", KEEPERS);
	pss_script_replace(link->script, "@IDLE@", idle);
	fill(link->script, name);
	load(link);
}

void pss_holder_link_init_resume(PssHolderLink *link, const char *name)
{
	link->script = g_string_new(pss_source_resume);
	fill(link->script, name);
	load(link);
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
		if (at[i] > ' ' && at[i] < 0x7f && at[i] != '\\' && at[i] != '%')
			g_string_append_c(line, (char)at[i]);
		else
			g_string_append_printf(line, "\\%03o", at[i]);
	}
}

char *pss_holder_greeting_start(const char *name)
{
	return g_strdup_printf("\036%s ", name);
}
