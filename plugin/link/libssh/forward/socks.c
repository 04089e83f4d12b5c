/* SPDX-License-Identifier: MIT */
/* Takes the requests of SOCKS clients apart, for DynamicForward and for a RemoteForward that names no place.
 * tunnels.c calls it with whatever has come; it keeps nothing but what it has understood. */
#include "link/libssh/forward/socks.h"

#include <arpa/inet.h>
#include <string.h>

#define CONNECT 1

enum { V4_GRANTED = 90, V4_REJECTED = 91 };
enum { V5_DONE = 0, V5_FAILED = 1, V5_REFUSED = 5, V5_NO_COMMAND = 7, V5_NO_ADDRESS_TYPE = 8, V5_NO_METHOD = 0xff };
enum { V5_ADDRESS_V4 = 1, V5_ADDRESS_NAME = 3, V5_ADDRESS_V6 = 4 };

void pss_socks_finish(PssSocks *socks)
{
	g_clear_pointer(&socks->host, g_free);
}

static guint port_at(const guint8 *bytes)
{
	return (guint)(bytes[0] << 8 | bytes[1]);
}

static char *numeric(int family, const guint8 *bytes)
{
	char text[INET6_ADDRSTRLEN];

	return g_strdup(inet_ntop(family, bytes, text, sizeof text));
}

static PssSocksStep bad(guint version, guint8 why, PssSocksAnswer *ret_answer)
{
	*ret_answer =
		version == 4 ? (PssSocksAnswer){ { 0, why }, 8 } : (PssSocksAnswer){ { 5, why, 0, V5_ADDRESS_V4 }, 10 };
	return PSS_SOCKS_BAD;
}

/* A text up to its NUL; NULL: that has not come. */
static const guint8 *end_of_text(const guint8 *bytes, gsize n)
{
	return n > 0 ? memchr(bytes, 0, n) : NULL;
}

/* VN CD PORT(2) ADDRESS(4) USER NUL, and with an address of 0.0.0.x (4a) NAME NUL. */
static PssSocksStep take_v4(PssSocks *socks, const guint8 *bytes, gsize n, gsize *ret_used, PssSocksAnswer *ret_answer)
{
	const guint8 *user_end = n > 8 ? end_of_text(bytes + 8, n - 8) : NULL;
	const guint8 *last = user_end;

	if (n > 1 && bytes[1] != CONNECT)
		return bad(4, V4_REJECTED, ret_answer);
	if (!user_end)
		return PSS_SOCKS_MORE;
	gboolean is_named = bytes[4] == 0 && bytes[5] == 0 && bytes[6] == 0 && bytes[7] != 0;
	if (is_named) {
		last = end_of_text(user_end + 1, n - (gsize)(user_end + 1 - bytes));
		if (!last)
			return PSS_SOCKS_MORE;
	}
	socks->host = is_named ? g_strdup((const char *)user_end + 1) : numeric(AF_INET, bytes + 4);
	socks->port = port_at(bytes + 2);
	*ret_used = (gsize)(last + 1 - bytes);
	return PSS_SOCKS_WANTS;
}

/* VER NMETHODS METHODS */
static PssSocksStep greet_v5(PssSocks *socks, const guint8 *bytes, gsize n, gsize *ret_used, PssSocksAnswer *ret_answer)
{
	if (n < 2 || n < 2u + bytes[1])
		return PSS_SOCKS_MORE;
	gboolean can_do_without = memchr(bytes + 2, 0, bytes[1]) != NULL;
	*ret_used = 2u + bytes[1];
	*ret_answer = (PssSocksAnswer){ { 5, can_do_without ? 0 : V5_NO_METHOD }, 2 };
	socks->greeted = TRUE;
	return can_do_without ? PSS_SOCKS_ANSWER : PSS_SOCKS_BAD;
}

/* VER CMD RSV ATYP ADDRESS PORT(2) */
static PssSocksStep take_v5(PssSocks *socks, const guint8 *bytes, gsize n, gsize *ret_used, PssSocksAnswer *ret_answer)
{
	gsize at = 4, n_address;

	if (n < 5)
		return PSS_SOCKS_MORE;
	if (bytes[0] != 5 || bytes[1] != CONNECT)
		return bad(5, V5_NO_COMMAND, ret_answer);
	if (bytes[3] == V5_ADDRESS_V4)
		n_address = 4;
	else if (bytes[3] == V5_ADDRESS_V6)
		n_address = 16;
	else if (bytes[3] == V5_ADDRESS_NAME)
		n_address = bytes[at++];
	else
		return bad(5, V5_NO_ADDRESS_TYPE, ret_answer);
	if (n < at + n_address + 2)
		return PSS_SOCKS_MORE;
	if (bytes[3] != V5_ADDRESS_NAME)
		socks->host = numeric(n_address == 4 ? AF_INET : AF_INET6, bytes + at);
	else if (n_address > 0 && !memchr(bytes + at, 0, n_address))
		socks->host = g_strndup((const char *)bytes + at, n_address);
	else
		return bad(5, V5_FAILED, ret_answer);
	socks->port = port_at(bytes + at + n_address);
	*ret_used = at + n_address + 2;
	return PSS_SOCKS_WANTS;
}

PssSocksStep pss_socks_take(PssSocks *socks, const guint8 *bytes, gsize n, gsize *ret_used, PssSocksAnswer *ret_answer)
{
	PssSocksStep step;

	*ret_used = 0;
	*ret_answer = (PssSocksAnswer){ .n = 0 };
	if (n == 0)
		return PSS_SOCKS_MORE;
	if (socks->version == 0)
		socks->version = bytes[0];
	if (socks->version == 4)
		step = take_v4(socks, bytes, n, ret_used, ret_answer);
	else if (socks->version == 5)
		step = socks->greeted ? take_v5(socks, bytes, n, ret_used, ret_answer)
				      : greet_v5(socks, bytes, n, ret_used, ret_answer);
	else
		return PSS_SOCKS_BAD;
	return step == PSS_SOCKS_MORE && n >= PSS_SOCKS_REQUEST_MAX ? PSS_SOCKS_BAD : step;
}

void pss_socks_outcome(const PssSocks *socks, gboolean connected, PssSocksAnswer *ret_answer)
{
	if (socks->version == 4)
		*ret_answer = (PssSocksAnswer){ { 0, connected ? V4_GRANTED : V4_REJECTED }, 8 };
	else
		*ret_answer = (PssSocksAnswer){ { 5, connected ? V5_DONE : V5_REFUSED, 0, V5_ADDRESS_V4 }, 10 };
}
