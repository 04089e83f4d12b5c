/* SPDX-License-Identifier: MIT */
/* See fake-transport.h. As the real ones it calls back from the main loop or from what the fuzzer makes happen, never
 * from inside a call of its user's. */
#include "fake-transport.h"

#include <string.h>

#include "base/error.h"

#define SECRET_LENGTH 32
#define BOOT_MARK_LENGTH 16

typedef struct {
	PssTransport base;
	PssTarget *target;
	const PssTransportEvents *events;
	gpointer user;
	GPtrArray *channels;
	gboolean is_ready, is_over;
} FakeTransport;

typedef struct {
	PssChannel base;
	const PssChannelEvents *events; /* NULL: closed */
	gpointer user;
	gsize pending;
} FakeChannel;

static GPtrArray *transports;
static guint n_opened;
static char key[SECRET_LENGTH + 1], name[SECRET_LENGTH + 1], nonce[SECRET_LENGTH + 1];
static char boot_mark[BOOT_MARK_LENGTH + 1];

/* ---- secrets */

static gboolean is_secret(const char *at)
{
	return strspn(at, "0123456789abcdef") >= SECRET_LENGTH;
}

static void take_behind(const char *text, const char *start, char *ret)
{
	const char *at = strstr(text, start);

	if (at && is_secret(at + strlen(start)))
		g_strlcpy(ret, at + strlen(start), SECRET_LENGTH + 1);
}

static void look_for_secrets(const void *data, gsize n)
{
	g_autofree char *text = g_strndup(data ? data : "", n);

	take_behind(text, "\\036", key);
	take_behind(text, "\nn=", name);
	const char *boot = strstr(text, "boottime") ? strstr(text, "echo \"") : NULL;
	if (boot)
		g_strlcpy(boot_mark, boot + strlen("echo \""), sizeof boot_mark);
	for (const char *at = text; *(at += strcspn(at, "0123456789abcdef"));) {
		if (is_secret(at) && strncmp(at, key, SECRET_LENGTH) != 0 && strncmp(at, name, SECRET_LENGTH) != 0)
			memcpy(nonce, at, SECRET_LENGTH);
		at += strspn(at, "0123456789abcdef");
	}
}

const char *fake_key(void)
{
	return key;
}

const char *fake_name(void)
{
	return name;
}

const char *fake_nonce(void)
{
	return nonce;
}

const char *fake_boot_mark(void)
{
	return boot_mark;
}

void fake_forget(void)
{
	*key = *name = *nonce = *boot_mark = '\0';
	n_opened = 0;
}

guint fake_n_opened(void)
{
	return n_opened;
}

/* ---- operations */

static void fake_connect(PssTransport *base)
{
}

static PssChannel *fake_open(PssTransport *base, const PssChannelRequest *request, const PssChannelEvents *events,
			     gpointer user)
{
	FakeTransport *transport = (FakeTransport *)base;
	FakeChannel *channel = g_new0(FakeChannel, 1);

	channel->base.transport = base;
	channel->events = transport->is_over ? NULL : events;
	channel->user = user;
	look_for_secrets(request->first_bytes, request->n_first_bytes);
	g_ptr_array_add(transport->channels, channel);
	n_opened++;
	return &channel->base;
}

static void fake_write(PssChannel *base, const void *data, gsize n)
{
	((FakeChannel *)base)->pending += n;
	look_for_secrets(data, n);
}

static gsize fake_pending(PssChannel *base)
{
	return ((FakeChannel *)base)->pending;
}

static void fake_pause(PssChannel *base, gboolean paused)
{
}

static void fake_resize(PssChannel *base, guint columns, guint rows)
{
}

static void fake_signal(PssChannel *base, const char *signal)
{
}

static void fake_eof(PssChannel *base)
{
}

static void close_channel(PssChannel *base)
{
	g_ptr_array_remove(((FakeTransport *)base->transport)->channels, base);
}

static void fake_free(PssTransport *base)
{
	FakeTransport *transport = (FakeTransport *)base;

	g_ptr_array_remove(transports, transport);
	g_ptr_array_unref(transport->channels);
	pss_target_free(transport->target);
	g_free(transport);
}

PssTransport *fake_transport_new(PssTarget *target, const PssTransportEvents *events, gpointer user)
{
	static const PssTransportOps ops = {
		.connect = fake_connect,
		.open = fake_open,
		.write = fake_write,
		.pending = fake_pending,
		.pause = fake_pause,
		.resize = fake_resize,
		.signal = fake_signal,
		.eof = fake_eof,
		.close = close_channel,
		.free = fake_free,
	};
	FakeTransport *transport = g_new0(FakeTransport, 1);

	transport->base.ops = &ops;
	transport->target = target;
	transport->events = events;
	transport->user = user;
	transport->channels = g_ptr_array_new_with_free_func(g_free);
	if (!transports)
		transports = g_ptr_array_new();
	g_ptr_array_add(transports, transport);
	return &transport->base;
}

/* ---- what happens */

guint fake_n_transports(void)
{
	return transports ? transports->len : 0;
}

static FakeTransport *find_transport(guint link)
{
	FakeTransport *transport = fake_n_transports() > 0 ? transports->pdata[link % transports->len] : NULL;

	return transport && !transport->is_over ? transport : NULL;
}

gboolean fake_is_up(guint link)
{
	return find_transport(link) != NULL;
}

static FakeChannel *find_channel(guint link, guint number)
{
	FakeTransport *transport = find_transport(link);
	FakeChannel *channel = transport && transport->channels->len > 0
				       ? transport->channels->pdata[number % transport->channels->len]
				       : NULL;

	return channel && channel->events ? channel : NULL;
}

void fake_ready(guint link)
{
	FakeTransport *transport = find_transport(link);

	if (!transport || transport->is_ready)
		return;
	transport->is_ready = TRUE;
	transport->events->on_ready(transport->user, "user", "user@box:22", NULL);
}

static void on_answer(const char *answer, gpointer user)
{
}

void fake_ask(guint link, enum pss_ask_kind kind, const char *text)
{
	FakeTransport *transport = find_transport(link);
	g_autoptr(PssQuestion) question = pss_question_new(kind, text, on_answer, NULL);

	if (transport)
		transport->events->on_question(transport->user, question);
}

void fake_note(guint link, const char *text)
{
	FakeTransport *transport = find_transport(link);

	if (transport)
		transport->events->on_note(transport->user, PSS_NOTE_WARNING, text);
}

void fake_lose(guint link, enum pss_status status, const char *text)
{
	FakeTransport *transport = find_transport(link);
	g_autoptr(GError) error = g_error_new_literal(PSS_ERROR, (int)status, text);

	if (!transport)
		return;
	transport->is_over = TRUE;
	for (guint i = 0; i < transport->channels->len; i++)
		((FakeChannel *)transport->channels->pdata[i])->events = NULL;
	transport->events->on_lost(transport->user, error);
}

void fake_data(guint link, guint number, gboolean is_stderr, const void *data, gsize n)
{
	FakeChannel *channel = find_channel(link, number);

	if (channel && n > 0)
		channel->events->on_data(channel->user, data, n, is_stderr);
}

void fake_drain(guint link, guint number)
{
	FakeChannel *channel = find_channel(link, number);

	if (!channel || channel->pending == 0)
		return;
	channel->pending = 0;
	channel->events->on_drained(channel->user);
}

void fake_close(guint link, guint number, int exit_status)
{
	FakeChannel *channel = find_channel(link, number);
	const PssChannelEvents *events = channel ? g_steal_pointer(&channel->events) : NULL;

	if (events)
		events->on_closed(channel->user, exit_status, NULL);
}
