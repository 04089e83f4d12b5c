/* SPDX-License-Identifier: MIT */
/* ECMA-48 parsing, just enough to drop what could make a terminal answer or change its identity:
 * control strings (OSC, DCS, APC, PM, SOS), device queries (DA, DSR, DECRQM, XTVERSION, window
 * reports …), ENQ, resets, and C1 controls, whether single bytes or as UTF-8 has them. Text, SGR and cursor
 * movement are kept. A state machine, one function a state: sequences may come in pieces. */
#include "host/replay.h"

#include <string.h>

#define ESC 0x1b
#define BEL 0x07
#define ENQ 0x05
#define CAN 0x18
#define SUB 0x1a

enum state {
	TEXT,
	UTF8,       /* held: its bytes so far */
	ESCAPE,     /* behind ESC */
	DESIGNATE,  /* one more byte belongs to it, and is dropped */
	CSI,        /* held: the sequence so far */
	CSI_BROKEN, /* the same, of one that is too long */
	STRING,
	STRING_ESCAPE, /* behind an ESC in one */
	N_STATES
};

/* TRUE: the byte has been dealt with; FALSE: it is one for the state that is set now. */
typedef gboolean (*StateFunc)(PssReplay *replay, guint8 byte, GByteArray *out);

static void hold(PssReplay *replay, guint8 byte)
{
	replay->held[replay->n_held++] = byte;
}

static void begin(PssReplay *replay, enum state state)
{
	replay->state = state;
	replay->n_held = 0;
}

static gboolean on_text(PssReplay *replay, guint8 byte, GByteArray *out)
{
	if (byte == ESC) {
		begin(replay, ESCAPE);
	} else if (byte >= 0xc2 && byte <= 0xf4) {
		begin(replay, UTF8);
		replay->n_wanted = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
		hold(replay, byte);
	} else if (byte != ENQ && (byte < 0x80 || byte >= 0xa0)) {
		g_byte_array_append(out, &byte, 1);
	}
	return TRUE;
}

static gboolean on_utf8(PssReplay *replay, guint8 byte, GByteArray *out)
{
	if ((byte & 0xc0) != 0x80) {
		/* No character. What is left of it must not be a C1 control to a terminal without UTF-8. */
		g_byte_array_append(out, replay->held, 1);
		begin(replay, TEXT);
		return FALSE;
	}
	hold(replay, byte);
	if (replay->n_held < replay->n_wanted)
		return TRUE;
	if (replay->held[0] != 0xc2 || byte >= 0xa0)
		g_byte_array_append(out, replay->held, replay->n_held);
	begin(replay, TEXT);
	return TRUE;
}

static gboolean on_escape(PssReplay *replay, guint8 byte, GByteArray *out)
{
	const guint8 sequence[] = { ESC, byte };

	if (byte == ESC)
		return TRUE;
	if (byte == '[') {
		begin(replay, CSI);
		hold(replay, ESC);
		hold(replay, byte);
		return TRUE;
	}
	begin(replay, byte && strchr("]P_^X", byte) ? STRING : byte && strchr("()*+#% ", byte) ? DESIGNATE : TEXT);
	if (byte && strchr("78DEM", byte))
		g_byte_array_append(out, sequence, sizeof sequence);
	return TRUE;
}

static gboolean on_designate(PssReplay *replay, guint8 byte, GByteArray *out)
{
	begin(replay, TEXT);
	return byte != ESC;
}

/* Only what draws: SGR, cursor movement, erasing, inserting, deleting, scrolling regions. Any
 * private marker or intermediate byte means a mode or a query. */
static gboolean csi_is_safe(const guint8 *csi, gsize length)
{
	guint8 final = csi[length - 1];

	for (gsize i = 2; i < length - 1; i++)
		if (csi[i] < 0x30 || csi[i] > 0x3b)
			return FALSE;
	return strchr("@ABCDEFGHIJKLMPSTXZ`abdefmr", final) != NULL;
}

/* Parameters 0x30-0x3f, intermediates 0x20-0x2f, one final byte. What does not belong there ends it. */
static gboolean on_csi(PssReplay *replay, guint8 byte, GByteArray *out)
{
	if (byte < 0x20 || byte > 0x7e) {
		begin(replay, TEXT);
		return FALSE;
	}
	hold(replay, byte);
	if (byte >= 0x40) {
		if (csi_is_safe(replay->held, replay->n_held))
			g_byte_array_append(out, replay->held, replay->n_held);
		begin(replay, TEXT);
	} else if (replay->n_held == PSS_REPLAY_HELD) {
		begin(replay, CSI_BROKEN);
	}
	return TRUE;
}

static gboolean on_csi_broken(PssReplay *replay, guint8 byte, GByteArray *out)
{
	if (byte >= 0x20 && byte < 0x40)
		return TRUE;
	begin(replay, TEXT);
	return byte >= 0x40 && byte <= 0x7e;
}

/* Up to BEL or ST; CAN and SUB abort it. */
static gboolean on_string(PssReplay *replay, guint8 byte, GByteArray *out)
{
	if (byte == ESC)
		begin(replay, STRING_ESCAPE);
	else if (byte == BEL || byte == CAN || byte == SUB)
		begin(replay, TEXT);
	return TRUE;
}

static gboolean on_string_escape(PssReplay *replay, guint8 byte, GByteArray *out)
{
	begin(replay, byte == '\\' ? TEXT : ESCAPE);
	return byte == '\\';
}

static const StateFunc states[N_STATES] = {
	[TEXT] = on_text,     [UTF8] = on_utf8,
	[ESCAPE] = on_escape, [DESIGNATE] = on_designate,
	[CSI] = on_csi,       [CSI_BROKEN] = on_csi_broken,
	[STRING] = on_string, [STRING_ESCAPE] = on_string_escape,
};

void pss_replay_feed(PssReplay *replay, const guint8 *data, gsize n, GByteArray *out)
{
	for (gsize i = 0; i < n;) {
		gsize run = i;
		while (replay->state == TEXT && run < n && data[run] < 0x80 && data[run] != ESC && data[run] != ENQ)
			run++;
		if (run > i)
			g_byte_array_append(out, data + i, (guint)(run - i));
		i = run;
		if (i < n && states[replay->state](replay, data[i], out))
			i++;
	}
}

void pss_replay_filter(const guint8 *data, gsize n, GByteArray *out)
{
	PssReplay replay = { .state = TEXT };

	pss_replay_feed(&replay, data, n, out);
}
