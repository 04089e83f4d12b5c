/* SPDX-License-Identifier: MIT */
/* ECMA-48 parsing, just enough to drop what could make a terminal answer or change its identity:
 * control strings (OSC, DCS, APC, PM, SOS), device queries (DA, DSR, DECRQM, XTVERSION, window
 * reports …), ENQ, and resets. Text, SGR and cursor movement are kept. */
#include "host/replay.h"

#include <string.h>

#define ESC 0x1b
#define BEL 0x07
#define ENQ 0x05

/* The length of a control string that starts at data (its introducer included): up to BEL or ST, or
 * to the end. CAN and SUB abort it. */
static gsize control_string_length(const guint8 *data, gsize n)
{
	for (gsize i = 2; i < n; i++) {
		if (data[i] == BEL || data[i] == 0x18 || data[i] == 0x1a)
			return i + 1;
		if (data[i] == ESC && i + 1 < n && data[i + 1] == '\\')
			return i + 2;
		if (data[i] == ESC)
			return i;
	}
	return n;
}

/* CSI: parameters 0x30-0x3f, intermediates 0x20-0x2f, one final byte. *ret_whole is FALSE where that is
 * missing; the length then covers what belongs to the broken sequence. */
static gsize csi_length(const guint8 *data, gsize n, gboolean *ret_whole)
{
	gsize i = 2;
	while (i < n && data[i] >= 0x30 && data[i] <= 0x3f)
		i++;
	while (i < n && data[i] >= 0x20 && data[i] <= 0x2f)
		i++;
	*ret_whole = i < n && data[i] >= 0x40 && data[i] <= 0x7e;
	return *ret_whole ? i + 1 : i;
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

static gsize escape_length(const guint8 *data, gsize n, gboolean *ret_safe)
{
	*ret_safe = FALSE;
	if (n < 2)
		return n;
	switch (data[1]) {
	case ']':
	case 'P':
	case '_':
	case '^':
	case 'X':
		return control_string_length(data, n);
	case '[': {
		gboolean whole;
		gsize length = csi_length(data, n, &whole);
		*ret_safe = whole && csi_is_safe(data, length);
		return length;
	}
	case '7':
	case '8':
	case 'D':
	case 'E':
	case 'M':
		*ret_safe = TRUE;
		return 2;
	case '(':
	case ')':
	case '*':
	case '+':
	case '#':
	case '%':
	case ' ':
		return MIN(n, 3);
	default:
		return 2;
	}
}

void pss_replay_filter(const guint8 *data, gsize n, GByteArray *out)
{
	for (gsize i = 0; i < n;) {
		gsize run = i;
		while (run < n && data[run] != ESC && data[run] != ENQ)
			run++;
		g_byte_array_append(out, data + i, run - i);
		i = run;
		if (i < n && data[i] == ENQ) {
			i++;
		} else if (i < n) {
			gboolean safe;
			gsize length = escape_length(data + i, n - i, &safe);
			if (safe)
				g_byte_array_append(out, data + i, length);
			i += length;
		}
	}
}
