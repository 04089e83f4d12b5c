/* SPDX-License-Identifier: MIT */
/* One channel that runs `sh`, which reads its script from standard input, so that the login shell may be any. The
 * answer is untrusted text that is compared and never shown. Called by awaits.c. */
#include "host/commands/boot-id.h"

#include <string.h>

#define TEXT_MAX 65536u
#define ID_MAX 128u
#define DEADLINE_S 20

struct PssBootId {
	PssBootIdFunc func;
	gpointer user;
	PssChannel *channel;
	char *mark; /* in front of the answer: start-up files may print too */
	GString *text;
	guint deadline;
};

/* Linux; macOS; the BSDs, whose time of start moves with the clock alone. */
static const char script[] = "{ read -r y </proc/sys/kernel/random/boot_id || y=$(sysctl -n kern.bootsessionuuid) ||\n"
			     "y=$(sysctl -n kern.boottime); } 2>/dev/null\n"
			     "echo \"%s $y\"\nexit\n";

void pss_boot_id_free(PssBootId *asking)
{
	if (!asking)
		return;
	g_clear_handle_id(&asking->deadline, g_source_remove);
	if (asking->channel)
		pss_channel_close(asking->channel);
	g_string_free(asking->text, TRUE);
	g_free(asking->mark);
	g_free(asking);
}

/* NULL: there is none in the text. */
static char *find_id(const PssBootId *asking)
{
	const char *start = strstr(asking->text->str, asking->mark);

	if (!start)
		return NULL;
	start += strlen(asking->mark);
	char *id = g_strndup(start, strcspn(start, "\r\n"));
	g_strdelimit(g_strstrip(id), " \t", '_');
	if (*id && strlen(id) <= ID_MAX)
		return id;
	g_free(id);
	return NULL;
}

static void tell(PssBootId *asking, const char *why)
{
	g_autofree char *id = find_id(asking);

	g_clear_handle_id(&asking->deadline, g_source_remove);
	asking->func(asking->user, id, id ? NULL : why);
}

static void on_data(gpointer user, const void *data, gsize n, gboolean is_stderr)
{
	PssBootId *asking = user;

	if (!is_stderr && asking->text->len + n <= TEXT_MAX && !memchr(data, '\0', n))
		g_string_append_len(asking->text, data, (gssize)n);
}

static void on_drained(gpointer user)
{
}

static void on_closed(gpointer user, int exit_status, const GError *error)
{
	PssBootId *asking = user;

	pss_channel_close(g_steal_pointer(&asking->channel));
	tell(asking, error ? error->message : "the server runs no commands, or has no boot id");
}

static gboolean on_deadline(gpointer user)
{
	PssBootId *asking = user;

	asking->deadline = 0;
	tell(asking, "it does not answer in time");
	return G_SOURCE_REMOVE;
}

static gboolean on_windows(gpointer user)
{
	PssBootId *asking = user;

	asking->deadline = 0;
	tell(asking, "a Windows computer has none that can be read");
	return G_SOURCE_REMOVE;
}

static void open_channel(PssBootId *asking, PssTransport *transport)
{
	static const PssChannelEvents events = { .on_data = on_data, .on_drained = on_drained, .on_closed = on_closed };
	g_autofree char *mark = g_strndup(asking->mark, strlen(asking->mark) - 1);
	g_autofree char *text = g_strdup_printf(script, mark);
	const PssChannelRequest request = { .command = "exec sh", .first_bytes = text, .n_first_bytes = strlen(text) };

	asking->deadline = g_timeout_add_seconds(DEADLINE_S, on_deadline, asking);
	asking->channel = pss_channel_open(transport, &request, &events, asking);
}

PssBootId *pss_boot_id_ask(PssTransport *transport, PssBootIdFunc func, gpointer user)
{
	PssBootId *asking = g_new0(PssBootId, 1);

	asking->func = func;
	asking->user = user;
	asking->text = g_string_new(NULL);
	asking->mark = g_strdup_printf("%08x%08x ", g_random_int(), g_random_int());
	if (pss_transport_is_windows(transport))
		asking->deadline = g_idle_add(on_windows, asking);
	else
		open_channel(asking, transport);
	return asking;
}
