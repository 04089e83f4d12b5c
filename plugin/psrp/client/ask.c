/* SPDX-License-Identifier: MIT */
/* A line editor as small as a terminal's own: the keys of a user whose terminal is raw, while PowerShell asks
 * something. Backspace, Ctrl-W, Ctrl-U; Ctrl-C cancels; sequences of other keys are passed over. Secrets are neither
 * echoed nor left in memory. */
#include <string.h>

#include "psrp/client/private.h"
#include "terminal/width.h"

enum { CTRL_C = 3, CTRL_D = 4, BACKSPACE = 8, CTRL_U = 21, CTRL_W = 23, ESCAPE = 27, DELETE = 127 };
enum { ESCAPE_NONE, ESCAPE_BEGUN, ESCAPE_CSI, ESCAPE_SS3 };

void pss_psrp_ask_init(PssPsrpAsk *ask, PssPsrpAskKind kind)
{
	*ask = (PssPsrpAsk){ .kind = kind, .text = pss_secret_new(PSS_PSRP_ANSWER_MAX) };
}

void pss_psrp_ask_finish(PssPsrpAsk *ask)
{
	pss_secret_free(g_steal_pointer(&ask->text));
}

static void echo_erased(GString *echo, guint columns)
{
	while (columns-- > 0)
		g_string_append(echo, "\b \b");
}

static void erase_character(PssPsrpAsk *ask, GString *echo)
{
	gsize at = ask->text->len;

	if (at == 0)
		return;
	do
		at--;
	while (at > 0 && ((guchar)ask->text->str[at] & 0xC0) == 0x80);
	if (ask->kind == PSS_PSRP_ASK_LINE)
		echo_erased(echo, pss_width(ask->text->str + at));
	explicit_bzero(ask->text->str + at, ask->text->len - at);
	g_string_truncate(ask->text, at);
}

static void erase_all(PssPsrpAsk *ask, GString *echo)
{
	while (ask->text->len > 0)
		erase_character(ask, echo);
}

static gboolean ends_in_blank(const PssPsrpAsk *ask)
{
	return ask->text->len > 0 && ask->text->str[ask->text->len - 1] == ' ';
}

static void erase_word(PssPsrpAsk *ask, GString *echo)
{
	while (ends_in_blank(ask))
		erase_character(ask, echo);
	while (ask->text->len > 0 && !ends_in_blank(ask))
		erase_character(ask, echo);
}

static void add_byte(PssPsrpAsk *ask, guint8 byte, GString *echo)
{
	if (ask->text->len + 1 >= PSS_PSRP_ANSWER_MAX)
		return;
	g_string_append_c(ask->text, (char)byte);
	if (ask->kind == PSS_PSRP_ASK_LINE)
		g_string_append_c(echo, (char)byte);
}

/* TRUE: the byte belongs to a sequence that a key sends (ECMA-48, 5.4). */
static gboolean is_in_escape(PssPsrpAsk *ask, guint8 byte)
{
	switch (ask->escape) {
	case ESCAPE_BEGUN:
		ask->escape = byte == '[' ? ESCAPE_CSI : byte == 'O' ? ESCAPE_SS3 : ESCAPE_NONE;
		return TRUE;
	case ESCAPE_CSI:
		if (byte >= 0x40 && byte <= 0x7E)
			ask->escape = ESCAPE_NONE;
		return TRUE;
	case ESCAPE_SS3:
		ask->escape = ESCAPE_NONE;
		return TRUE;
	default:
		if (byte == ESCAPE)
			ask->escape = ESCAPE_BEGUN;
		return byte == ESCAPE;
	}
}

static gboolean is_end(const PssPsrpAsk *ask, guint8 byte)
{
	return byte == '\r' || byte == '\n' || (byte == CTRL_D && ask->text->len == 0);
}

static void edit(PssPsrpAsk *ask, guint8 byte, GString *echo)
{
	if (byte == BACKSPACE || byte == DELETE)
		erase_character(ask, echo);
	else if (byte == CTRL_U)
		erase_all(ask, echo);
	else if (byte == CTRL_W)
		erase_word(ask, echo);
	else if (byte >= 0x20)
		add_byte(ask, byte, echo);
}

static PssPsrpAskResult take_line_byte(PssPsrpAsk *ask, guint8 byte, GString *echo)
{
	if (byte == CTRL_C)
		return PSS_PSRP_ASK_CANCELLED;
	if (is_in_escape(ask, byte))
		return PSS_PSRP_ASK_GOES_ON;
	if (is_end(ask, byte)) {
		g_string_append(echo, "\r\n");
		return PSS_PSRP_ASK_DONE;
	}
	edit(ask, byte, echo);
	return PSS_PSRP_ASK_GOES_ON;
}

/* A whole character, which may take several bytes. */
static PssPsrpAskResult take_key_byte(PssPsrpAsk *ask, guint8 byte)
{
	if (byte == CTRL_C)
		return PSS_PSRP_ASK_CANCELLED;
	g_string_append_c(ask->text, (char)byte);
	if (g_utf8_get_char_validated(ask->text->str, (gssize)ask->text->len) == (gunichar)-2)
		return PSS_PSRP_ASK_GOES_ON;
	return PSS_PSRP_ASK_DONE;
}

PssPsrpAskResult pss_psrp_ask_keys(PssPsrpAsk *ask, const guint8 *keys, gsize n, gsize *ret_n, GString *echo)
{
	PssPsrpAskResult result = PSS_PSRP_ASK_GOES_ON;
	gsize i;

	for (i = 0; i < n && result == PSS_PSRP_ASK_GOES_ON; i++)
		result = ask->kind == PSS_PSRP_ASK_KEY ? take_key_byte(ask, keys[i])
						       : take_line_byte(ask, keys[i], echo);
	*ret_n = i;
	return result;
}
