/* SPDX-License-Identifier: MIT */
/* Drops what could make a terminal answer or change its identity: control strings (OSC, DCS, APC, PM, SOS), device
 * queries (DA, DSR, DECRQM, XTVERSION, window reports …), ENQ, resets, and C1 controls, whether single bytes or as
 * UTF-8 has them. Text, SGR and cursor movement are kept. Called with output that nobody has watched. */
#include "terminal/replay-filter.h"

#include <string.h>

#include "terminal/tokenizer.h"

#define ESC 0x1b
#define ENQ 0x05

/* Where the safe bytes go. */
struct output {
	unsigned char *bytes;
	size_t n;
};

static void put(struct output *out, const void *bytes, size_t n)
{
	memcpy(out->bytes + out->n, bytes, n);
	out->n += n;
}

static void on_text(struct pss_replay *replay, unsigned char byte, struct output *out)
{
	if (byte >= 0xc2 && byte <= 0xf4) {
		replay->n_wanted = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
		replay->held[0] = byte;
		replay->n_held = 1;
	} else if (byte != ENQ && (byte < 0x80 || byte >= 0xa0)) {
		put(out, &byte, 1);
	}
}

/* FALSE: the byte is not of the character. What is left of that must not be a C1 control to a terminal without UTF-8.
 */
static bool on_utf8(struct pss_replay *replay, unsigned char byte, struct output *out)
{
	if ((byte & 0xc0) != 0x80) {
		put(out, replay->held, 1);
		replay->n_held = 0;
		return false;
	}
	replay->held[replay->n_held++] = byte;
	if (replay->n_held < replay->n_wanted)
		return true;
	if (replay->held[0] != 0xc2 || byte >= 0xa0)
		put(out, replay->held, replay->n_held);
	replay->n_held = 0;
	return true;
}

/* Save and restore the cursor; index, next line, reverse index. */
static void on_escape(const struct pss_tokenizer *escape, struct output *out)
{
	const char bytes[] = { ESC, escape->final };

	if (!escape->intermediate && escape->final && strchr("78DEM", escape->final))
		put(out, bytes, sizeof bytes);
}

/* Only what draws: SGR, cursor movement, erasing, inserting, deleting, scrolling regions. Any private marker or
 * intermediate byte means a mode or a query. */
static bool csi_is_safe(const struct pss_tokenizer *csi)
{
	return !pss_tokenizer_is_cut(csi) && strspn(csi->text, "0123456789:;") == csi->n_text &&
	       strchr("@ABCDEFGHIJKLMPSTXZ`abdefmr", csi->final);
}

static void on_csi(const struct pss_tokenizer *csi, struct output *out)
{
	if (!csi_is_safe(csi))
		return;
	put(out, "\033[", 2);
	put(out, csi->text, csi->n_text);
	put(out, &csi->final, 1);
}

static void on_byte(struct pss_replay *replay, unsigned char byte, struct output *out)
{
	if (replay->n_held > 0 && on_utf8(replay, byte, out))
		return;
	switch (pss_tokenizer_step(&replay->tokenizer, byte)) {
	case PSS_TOKEN_TEXT:
	case PSS_TOKEN_CONTROL:
		on_text(replay, byte, out);
		break;
	case PSS_TOKEN_ESCAPE:
		on_escape(&replay->tokenizer, out);
		break;
	case PSS_TOKEN_CSI:
		on_csi(&replay->tokenizer, out);
		break;
	case PSS_TOKEN_PART:
	case PSS_TOKEN_STRING:
	case PSS_TOKEN_CANCEL:
		break;
	}
}

static bool is_plain(unsigned char byte)
{
	return byte < 0x80 && byte != ESC && byte != ENQ;
}

size_t pss_replay_feed(struct pss_replay *replay, const void *data, size_t n, unsigned char *ret)
{
	const unsigned char *at = data, *end = n > 0 ? at + n : at;
	struct output out = { .bytes = ret };

	while (at < end) {
		const unsigned char *run = at;

		if (replay->tokenizer.state == PSS_SEQUENCE_NONE && replay->n_held == 0)
			while (run < end && is_plain(*run))
				run++;
		if (run == at)
			on_byte(replay, *at++, &out);
		else
			put(&out, at, (size_t)(run - at));
		at = run > at ? run : at;
	}
	return out.n;
}
