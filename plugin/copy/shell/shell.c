/* SPDX-License-Identifier: MIT */
/* The two ends: SFTP packets on one descriptor, lines and bytes on the channel's. Reads either only while what it made
 * of that has been taken by the other. Called by copy/items and copy/trees. */
#include "copy/shell/shell.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "copy/shell/private.h"
#include "copy/shell/source.h"

#define OUT_MAX (512u * 1024u)
#define READ_SIZE (64u * 1024u)
#define NOISE_MAX (64u * 1024u) /* of start-up files, in front of the greeting */
#define ENTRIES_MAX 4096u       /* that nobody has asked for yet */

const char *pss_copy_shell_command(void)
{
	/* It reads lines up to a dot, and no further: what follows is for what they are. */
	return "exec sh -c 'n=$(printf \"\\nx\");n=${n%x};s=;while IFS= read -r l;do case $l in .)break;;esac;s=$s$l$n;"
	       "done;eval \"$s\"'";
}

static void free_handle(gpointer data)
{
	PssShellHandle *handle = data;

	g_queue_clear_full(&handle->entries, (GDestroyNotify)g_byte_array_unref);
	g_queue_clear(&handle->readers);
	g_free(handle->path);
	g_free(handle);
}

static void free_shell(PssShell *shell)
{
	pss_sftp_stream_free(shell->client);
	pss_watch_free(shell->watch);
	close(shell->channel);
	g_byte_array_unref(shell->out);
	g_byte_array_unref(shell->in);
	g_hash_table_unref(shell->asked);
	g_hash_table_unref(shell->handles);
	g_free(shell->greeting);
	g_free(shell);
}

static gboolean on_over(gpointer user)
{
	free_shell(user);
	return G_SOURCE_REMOVE;
}

/* Ends it, from the main loop: the function that found out may be on the stack. */
static void end(PssShell *shell)
{
	if (shell->is_over)
		return;
	shell->is_over = TRUE;
	pss_watch_want(shell->watch, 0);
	g_idle_add_full(G_PRIORITY_HIGH, on_over, shell, NULL);
}

PssShellHandle *pss_shell_handle(PssShell *shell, guint64 id)
{
	return g_hash_table_lookup(shell->handles, &id);
}

/* ---- the channel */

static gsize n_waiting(const PssShell *shell)
{
	return shell->out->len - shell->out_sent;
}

void pss_shell_settle(PssShell *shell)
{
	GIOCondition wanted = n_waiting(shell) > 0 ? G_IO_OUT : 0;

	if (shell->is_over)
		return;
	if (shell->n_entries < ENTRIES_MAX && (!shell->client || pss_sftp_stream_is_thirsty(shell->client)))
		wanted |= G_IO_IN;
	pss_watch_want(shell->watch, wanted);
	if (shell->client)
		pss_sftp_stream_pause(shell->client, n_waiting(shell) > OUT_MAX);
}

void pss_shell_append(PssShell *shell, const void *bytes, gsize n)
{
	g_byte_array_append(shell->out, bytes, (guint)n);
}

void pss_shell_ask(PssShell *shell, guint64 id, const PssShellAsked *asked, GString *line)
{
	g_hash_table_insert(shell->asked, g_memdup2(&id, sizeof id), g_memdup2(asked, sizeof *asked));
	g_string_append_c(line, '\n');
	pss_shell_append(shell, line->str, line->len);
	g_string_free(line, TRUE);
}

static void flush(PssShell *shell)
{
	gssize n =
		send(shell->channel, shell->out->data + shell->out_sent, n_waiting(shell), MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n > 0)
		shell->out_sent += (gsize)n;
	if (n_waiting(shell) == 0 || shell->out_sent > OUT_MAX) {
		g_byte_array_remove_range(shell->out, 0, (guint)shell->out_sent);
		shell->out_sent = 0;
	}
}

static void greet(PssShell *shell)
{
	GByteArray *packet = pss_fxp_new(PSS_FXP_VERSION);
	static const char *const words[] = { "posix-rename@openssh.com", "1", "limits@openssh.com", "1",
					     "one-channel@pssession",    "1" };

	pss_fxp_put_u32(packet, 3);
	for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
		pss_fxp_put_text(packet, words[i]);
	pss_sftp_stream_send(shell->client, packet);
}

/* FALSE: it has not come. */
static gboolean take_greeting(PssShell *shell)
{
	/* An array that is empty has no data at all. */
	const char *at = shell->in->len > 0
				 ? memmem(shell->in->data, shell->in->len, shell->greeting, strlen(shell->greeting))
				 : NULL;

	if (!at) {
		if (shell->in->len > NOISE_MAX)
			end(shell);
		return FALSE;
	}
	g_byte_array_remove_range(shell->in, 0, (guint)(at - (char *)shell->in->data + strlen(shell->greeting)));
	g_clear_pointer(&shell->greeting, g_free);
	greet(shell);
	return TRUE;
}

static void take_answers(PssShell *shell)
{
	gsize taken = 0;
	gssize n = 1;

	if (shell->greeting && !take_greeting(shell))
		return;
	while (n > 0 && !shell->is_over) {
		n = pss_shell_take_answer(shell, (const char *)shell->in->data + taken, shell->in->len - taken);
		taken += n > 0 ? (gsize)n : 0;
	}
	if (n < 0)
		end(shell);
	g_byte_array_remove_range(shell->in, 0, (guint)taken);
}

static void receive(PssShell *shell)
{
	guint8 bytes[READ_SIZE];
	gssize n = recv(shell->channel, bytes, sizeof bytes, MSG_DONTWAIT);

	if (n > 0) {
		g_byte_array_append(shell->in, bytes, (guint)n);
		take_answers(shell);
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		end(shell);
	}
}

static void on_channel(GIOCondition events, gpointer user)
{
	PssShell *shell = user;

	if (events & G_IO_OUT)
		flush(shell);
	if (events & ~G_IO_OUT && !shell->is_over)
		receive(shell);
	pss_shell_settle(shell);
}

/* ---- the client */

static void on_packet(gpointer user, PssFxp type, PssFxpReader *payload)
{
	PssShell *shell = user;

	if (type != PSS_FXP_INIT && !shell->is_over)
		pss_shell_on_request(shell, type, payload);
	pss_shell_settle(shell);
}

static void on_thirsty(gpointer user)
{
	pss_shell_settle(user);
}

static void on_end(gpointer user, const char *why)
{
	PssShell *shell = user;

	g_clear_pointer(&shell->client, pss_sftp_stream_free);
	end(shell);
}

static const PssSftpStreamEvents client_events = { on_packet, on_thirsty, on_end };

/* ---- life */

static void send_program(PssShell *shell)
{
	g_autofree char *nonce = g_strdup_printf("%08x%08x", g_random_int(), g_random_int());
	g_autofree char *first = g_strdup_printf("nonce=%s\n", nonce);

	shell->greeting = g_strdup_printf("pssession-files %s\n", nonce);
	pss_shell_append(shell, first, strlen(first));
	pss_shell_append(shell, pss_copy_shell_source, strlen(pss_copy_shell_source));
	pss_shell_append(shell, ".\n", 2);
}

int pss_copy_shell_serve(int channel)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		close(channel);
		return -1;
	}
	PssShell *shell = g_new0(PssShell, 1);
	shell->channel = channel;
	shell->out = g_byte_array_new();
	shell->in = g_byte_array_new();
	shell->asked = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
	shell->handles = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, free_handle);
	shell->last_own = G_MAXUINT32;
	fcntl(channel, F_SETFL, fcntl(channel, F_GETFL) | O_NONBLOCK);
	shell->watch = pss_watch_new(channel, G_IO_IN, on_channel, shell);
	shell->client = pss_sftp_stream_new(pair[0], &client_events, shell);
	send_program(shell);
	pss_shell_settle(shell);
	return pair[1];
}
