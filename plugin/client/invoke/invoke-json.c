/* SPDX-License-Identifier: MIT */
/* The form -Json of what commands print: an object a line. What JSON cannot hold, bytes that are no UTF-8, goes as
 * base64 (RFC 4648, section 4). Called by invoke-output.c. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "client/invoke/private.h"
#include "terminal/utf8.h"

static void put(struct pss_invoke *invoke, const void *data, size_t n)
{
	pss_invoke_put(invoke, 0, data, n);
}

static void put_word(struct pss_invoke *invoke, const char *word)
{
	put(invoke, word, strlen(word));
}

static bool is_utf8(const unsigned char *at, size_t n)
{
	uint32_t character;

	while (n > 0) {
		size_t length = pss_decode(at, n, &character);
		if (length == 0)
			return false;
		at += length;
		n -= length;
	}
	return true;
}

/* It is UTF-8. */
static void put_text(struct pss_invoke *invoke, const unsigned char *at, size_t n)
{
	char escape[8];
	size_t plain = 0;

	put_word(invoke, "\"");
	for (size_t i = 0; i < n; i++) {
		if (at[i] >= 0x20 && at[i] != '"' && at[i] != '\\' && at[i] != 0x7f)
			continue;
		put(invoke, at + plain, i - plain);
		snprintf(escape, sizeof escape, at[i] == '"' || at[i] == '\\' ? "\\%c" : "\\u%04x", at[i]);
		put_word(invoke, escape);
		plain = i + 1;
	}
	put(invoke, at + plain, n - plain);
	put_word(invoke, "\"");
}

static void put_base64(struct pss_invoke *invoke, const unsigned char *at, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	put_word(invoke, "\"");
	for (size_t i = 0; i < n; i += 3) {
		size_t left = n - i;
		uint32_t bits =
			(uint32_t)at[i] << 16 | (left > 1 ? (uint32_t)at[i + 1] << 8 : 0) | (left > 2 ? at[i + 2] : 0);
		const char group[4] = {
			digits[bits >> 18],
			digits[bits >> 12 & 63],
			left > 1 ? digits[bits >> 6 & 63] : '=',
			left > 2 ? digits[bits & 63] : '=',
		};
		put(invoke, group, sizeof group);
	}
	put_word(invoke, "\"");
}

static void put_label(struct pss_invoke *invoke, const struct pss_invoke_target *target)
{
	put_word(invoke, "{\"host\":");
	put_text(invoke, (const unsigned char *)target->label, strlen(target->label));
}

void pss_invoke_put_json(struct pss_invoke *invoke, const struct pss_invoke_target *target, int stream,
			 const void *line, size_t n, bool partial)
{
	if (n == 0) /* and perhaps no address */
		line = "";
	put_label(invoke, target);
	put_word(invoke, stream ? ",\"stream\":\"stderr\"" : ",\"stream\":\"stdout\"");
	if (is_utf8(line, n)) {
		put_word(invoke, ",\"text\":");
		put_text(invoke, line, n);
	} else {
		put_word(invoke, ",\"data_base64\":");
		put_base64(invoke, line, n);
	}
	put_word(invoke, partial ? ",\"partial\":true}\n" : "}\n");
}

void pss_invoke_put_json_record(struct pss_invoke *invoke, const struct pss_invoke_target *target, const char *stream,
				const struct pss_json_member *members, size_t n_members, const void *value,
				size_t n_value)
{
	put_label(invoke, target);
	put_word(invoke, ",\"stream\":\"");
	put_word(invoke, stream);
	put_word(invoke, "\"");
	for (size_t i = 0; i < n_members; i++) {
		if (!members[i].text)
			continue;
		put_word(invoke, ",\"");
		put_word(invoke, members[i].name);
		put_word(invoke, "\":");
		put_text(invoke, (const unsigned char *)members[i].text, members[i].n_text);
	}
	if (value) {
		put_word(invoke, ",\"value\":");
		put(invoke, value, n_value);
	}
	put_word(invoke, "}\n");
}

void pss_invoke_put_json_end(struct pss_invoke *invoke, const struct pss_invoke_target *target)
{
	char status[40];

	put_label(invoke, target);
	snprintf(status, sizeof status, ",\"status\":%d", target->result.exit_status);
	put_word(invoke, status);
	if (target->result.reason) {
		put_word(invoke, ",\"reason\":");
		put_text(invoke, (const unsigned char *)target->result.reason, strlen(target->result.reason));
	}
	put_word(invoke, "}\n");
}
