/* SPDX-License-Identifier: MIT */
/* Keys on their way to the remote terminal, and back from it. What was typed before a line begins waits for it, and a
 * little longer: a command that is done by then has read nothing of it, and nothing has to be fetched back. Behind a
 * command that keys were sent to, the shell is asked for those that nothing read; what was held follows them, so that
 * all that was typed reaches the next line in its order. Called by engine.c and line.c. No key may reach the terminal
 * while the shell reads a request: an interrupt would cut it in two. */
#include "remote/engine/private.h"
#include "wire/deadlines.h"

#include <string.h>

#define GRACE_MS 20
#define RETRY_MS 400
#define TRIES 4               /* 400 + 800 + 1200 + 1600 ms */
#define TYPED_MAX (16u << 20) /* a terminal's queues hold less by far */

/* ---- towards the terminal */

/* What a terminal takes for a signal, where it does, it acts on when it arrives, not when it is read. */
static gboolean holds_signal(const void *data, gsize n)
{
	static const char signals[] = { 'C' & 0x1f, '\\' & 0x1f, 'Z' & 0x1f };
	for (gsize i = 0; n > 0 && i < sizeof signals; i++)
		if (memchr(data, signals[i], n))
			return TRUE;
	return FALSE;
}

static void send_keys(PssRemote *remote, const void *data, gsize n)
{
	pss_engine_send_keys(remote, data, n);
	if (n > 0 && memchr(data, '\003', n))
		pss_line_ask_again(remote);
}

static void send_held(PssRemote *remote)
{
	g_autoptr(GByteArray) held = g_steal_pointer(&remote->keys.held);
	remote->keys.held = g_byte_array_new();
	pss_typed_stop(remote);
	if (held->len > 0)
		send_keys(remote, held->data, held->len);
}

static gboolean on_grace_over(gpointer user)
{
	PssRemote *remote = user;
	remote->keys.grace_timer = 0;
	send_held(remote);
	return G_SOURCE_REMOVE;
}

void pss_typed_stop(PssRemote *remote)
{
	g_clear_handle_id(&remote->keys.grace_timer, g_source_remove);
}

void pss_typed_on_begun(PssRemote *remote)
{
	if (holds_signal(remote->keys.held->data, remote->keys.held->len))
		send_held(remote);
	else if (remote->keys.held->len > 0 && !remote->keys.grace_timer)
		remote->keys.grace_timer = g_timeout_add(GRACE_MS, on_grace_over, remote);
}

void pss_typed_on_keys(PssRemote *remote, const void *data, gsize n)
{
	if (remote->phase == PSS_PHASE_RUNNING && !remote->keys.grace_timer) {
		send_keys(remote, data, n);
		return;
	}
	g_byte_array_append(remote->keys.held, data, (guint)n);
	if (remote->keys.grace_timer && holds_signal(data, n))
		send_held(remote);
}

gsize pss_remote_held(PssRemote *remote)
{
	return remote->keys.held->len;
}

/* ---- back from it */

static void ask(PssRemote *remote);

/* An interrupt that was still on its way may have cost the request. */
static gboolean on_deadline(gpointer user)
{
	PssRemote *remote = user;
	remote->timer.source = 0;
	if (remote->keys.n_asked < TRIES && remote->keys.unread->len == 0)
		ask(remote);
	else
		pss_line_to_first_prompt(remote);
	return G_SOURCE_REMOVE;
}

static void ask(PssRemote *remote)
{
	remote->keys.n_asked++;
	pss_engine_set_timer(remote, remote->keys.retry_ms * remote->keys.n_asked, on_deadline);
	g_autoptr(GString) request = g_string_new(NULL);
	pss_request_typed(request, remote->family, remote->request.nonce, remote->keys.sentinel);
	pss_engine_send_request(remote, request, TRUE);
}

void pss_typed_ask(PssRemote *remote)
{
	if (!pss_engine_enter(remote, PSS_PHASE_ON_TYPED))
		return;
	/* fish's reader takes them one by one before it is called. */
	remote->keys.retry_ms = RETRY_MS + (remote->family == PSS_FAMILY_FISH ? (guint)remote->keys.n_sent / 4 : 0);
	remote->keys.n_sent = 0;
	remote->keys.n_asked = 0;
	g_byte_array_set_size(remote->keys.unread, 0);
	pss_engine_draw_nonce(remote->request.nonce);
	ask(remote);
}

/* The terminal's line mode makes NUL of Ctrl-D, a newline of Enter. */
static void append_key(GByteArray *to, guint8 byte)
{
	if (byte == '\n')
		byte = '\r';
	if (byte != 0 && to->len < TYPED_MAX)
		g_byte_array_append(to, &byte, 1);
}

static void append_digits(GByteArray *to, const char *digits)
{
	for (; *digits; digits++) {
		if (!g_ascii_isxdigit(digits[0]) || !g_ascii_isxdigit(digits[1]))
			continue;
		append_key(to, (guint8)(g_ascii_xdigit_value(digits[0]) << 4 | g_ascii_xdigit_value(digits[1])));
		digits++;
	}
}

/* Also one that was typed when nobody waited for it any more. */
static void take_sentinels_out(PssRemote *remote)
{
	GByteArray *unread = remote->keys.unread;
	gsize n = strlen(remote->keys.sentinel);
	const guint8 *found;
	while (unread->len > 0 && (found = memmem(unread->data, unread->len, remote->keys.sentinel, n)))
		g_byte_array_remove_range(unread, (guint)(found - unread->data), (guint)n);
}

void pss_typed_on_reply(PssRemote *remote, const PssReply *reply)
{
	gboolean first = remote->keys.unread->len == 0;
	append_digits(remote->keys.unread, reply->field[1]);
	if (reply->type == 'm') {
		pss_engine_set_timer(remote, pss_deadline(PSS_TYPED_MS), on_deadline);
		if (first)
			remote->events->send_terminal(remote->user, remote->keys.sentinel,
						      strlen(remote->keys.sentinel));
		return;
	}
	pss_line_to_first_prompt(remote);
}

void pss_typed_emit(PssRemote *remote)
{
	take_sentinels_out(remote);
	/* Handlers may send a line at once, and that holds keys again. */
	g_autoptr(GByteArray) all = g_steal_pointer(&remote->keys.unread);
	g_autoptr(GByteArray) held = g_steal_pointer(&remote->keys.held);
	remote->keys.unread = g_byte_array_new();
	remote->keys.held = g_byte_array_new();
	pss_typed_stop(remote);
	if (held->len > 0)
		g_byte_array_append(all, held->data, held->len);
	if (all->len > 0)
		remote->events->on_typed(remote->user, all->data, all->len);
}
