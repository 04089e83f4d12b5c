/* SPDX-License-Identifier: MIT */
/* The one place where libssh's error text is read. It is shown behind a sentence of ours and never
 * looked into but for one word: which kind of failure it was follows from the step that failed. Texts of a server are
 * data here: they must not reach a terminal with control bytes in them. */
#include "host/ssh-error.h"

#include <string.h>

#define TEXT_MAX 4096

static char *clean(const char *text, gboolean keep_newlines)
{
	g_autofree char *valid = g_utf8_make_valid(text, (gssize)strnlen(text, TEXT_MAX));
	GString *out = g_string_new(NULL);

	for (const char *at = valid; *at; at = g_utf8_next_char(at)) {
		gunichar c = g_utf8_get_char(at);
		if (c == '\n' && keep_newlines)
			g_string_append_c(out, '\n');
		else if (c == '\t' || c == '\n')
			g_string_append_c(out, ' ');
		else if (!g_unichar_iscntrl(c) && g_unichar_type(c) != G_UNICODE_FORMAT)
			g_string_append_unichar(out, c);
	}
	return g_string_free(out, FALSE);
}

char *pss_ssh_clean_text(const char *text)
{
	return g_strstrip(clean(text, FALSE));
}

char *pss_ssh_clean_lines(const char *text)
{
	return clean(text, TRUE);
}

char *pss_ssh_clean_sentences(const char *text)
{
	g_auto(GStrv) lines = g_strsplit_set(text, "\r\n", -1);
	GString *out = g_string_new(NULL);

	for (char **line = lines; *line; line++) {
		g_autofree char *words = pss_ssh_clean_text(*line);
		if (*words)
			g_string_append_printf(out, "%s%s", out->len > 0 ? "; " : "", words);
	}
	return g_string_free(out, FALSE);
}

/* libssh 0.10 says so nowhere else: ssh_get_disconnect_message() knows nothing of a disconnect during a login. */
gboolean pss_ssh_server_hung_up(ssh_session session)
{
	return strstr(ssh_get_error(session), "SSH_MSG_DISCONNECT") != NULL;
}

void pss_ssh_set_error(GError **error, ssh_session session, enum pss_status code, const char *format, ...)
{
	const char *said = session ? ssh_get_error(session) : NULL;
	g_autofree char *reason = pss_ssh_clean_text(said ? said : "");
	va_list arguments;

	va_start(arguments, format);
	g_autofree char *message = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	if (*reason)
		g_set_error(error, PSS_ERROR, (int)code, "%s: %s", message, reason);
	else
		g_set_error_literal(error, PSS_ERROR, (int)code, message);
}
