/* SPDX-License-Identifier: MIT */
/* Brings a channel to where its command runs: opened, made a terminal, given an environment. One request after the
 * other, each as its answer is here; the first channel of a link takes all in one flight. Called by channel.c in the
 * channel's turns, and by channels.c. */
#include "link/libssh/link/channel.h"

#include <string.h>

#include "base/error.h"

/* Of a command, or a subsystem's name: sshd ends the connection for a packet over 256 KiB (OpenSSH's packet.c). */
#define REQUEST_MAX (255u * 1024u)

static void on_exit_status(ssh_session session, ssh_channel ssh, int status, void *user)
{
	((PssSshChannel *)user)->exit_status = status & 0xff;
}

static void on_exit_signal(ssh_session session, ssh_channel ssh, const char *name, int core, const char *message,
			   const char *language, void *user)
{
	static const struct {
		const char *name;
		int number;
	} signals[] = {
		/* RFC 4254, 6.10, with Linux's numbers */
		{ "HUP", 1 },   { "INT", 2 },   { "QUIT", 3 },  { "ILL", 4 },   { "ABRT", 6 },
		{ "FPE", 8 },   { "KILL", 9 },  { "USR1", 10 }, { "SEGV", 11 }, { "USR2", 12 },
		{ "PIPE", 13 }, { "ALRM", 14 }, { "TERM", 15 },
	};
	PssSshChannel *channel = user;

	channel->exit_status = 255; /* a signal without a name of the standard */
	for (gsize i = 0; i < G_N_ELEMENTS(signals); i++)
		if (g_strcmp0(name, signals[i].name) == 0)
			channel->exit_status = 128 + signals[i].number;
}

static void on_close(ssh_session session, ssh_channel ssh, void *user)
{
	((PssSshChannel *)user)->remote_closed = TRUE;
}

gboolean pss_ssh_link_has_environment(const PssSshLink *link)
{
	return link->login->forwarded_agent || *link->login->environment;
}

void pss_ssh_channel_give_environment(PssSshChannel *channel)
{
	const PssSshLogin *login = channel->link->login;

	channel->with_environment = TRUE;
	channel->start.agent = login->forwarded_agent != NULL;
	channel->start.environment = login->environment;
}

static void create(PssSshChannel *channel)
{
	channel->channel = ssh_channel_new(channel->link->session);
	channel->callbacks = (struct ssh_channel_callbacks_struct){
		.userdata = channel,
		.channel_data_function = pss_ssh_channel_on_data,
		.channel_close_function = on_close,
		.channel_exit_status_function = on_exit_status,
		.channel_exit_signal_function = on_exit_signal,
	};
	ssh_callbacks_init(&channel->callbacks);
	ssh_add_channel_callbacks(channel->channel, &channel->callbacks);
	channel->state = PSS_CHANNEL_OPENING;
}

void pss_ssh_channel_forget_stand_ins(PssSshChannel *channel)
{
	g_clear_pointer(&channel->start.stand_ins, g_ptr_array_unref);
}

void pss_ssh_channel_free_stand_ins(PssSshChannel *channel)
{
	for (guint i = 0; channel->start.stand_ins && i < channel->start.stand_ins->len; i++)
		ssh_channel_free(channel->start.stand_ins->pdata[i]);
	pss_ssh_channel_forget_stand_ins(channel);
}

static gsize length_of(const char *text)
{
	return text ? strlen(text) : 0;
}

gboolean pss_ssh_channel_fits(const PssSshChannel *channel, GError **error)
{
	const gsize n = MAX(length_of(channel->start.command), length_of(channel->start.subsystem));

	if (n <= REQUEST_MAX)
		return TRUE;
	g_set_error(
		error, PSS_ERROR, PSS_FAILED,
		"the command is too long for SSH: %" G_GSIZE_FORMAT
		" bytes of at most %u; invoke-command takes one of any length, and so does a shell's standard input",
		n, REQUEST_MAX);
	return FALSE;
}

static int request_start(PssSshChannel *channel, ssh_channel on)
{
	if (channel->start.subsystem)
		return ssh_channel_request_subsystem(on, channel->start.subsystem);
	return channel->start.command ? ssh_channel_request_exec(on, channel->start.command)
				      : ssh_channel_request_shell(on);
}

static int request_pty(PssSshChannel *channel)
{
	const char *term = channel->term;

	/* The terminal's request comes first and says what TERM is. */
	for (char **variable = channel->start.environment; variable && *variable; variable++)
		if (g_str_has_prefix(*variable, "TERM="))
			term = *variable + strlen("TERM=");
	return ssh_channel_request_pty_size(channel->channel, term, (int)channel->columns, (int)channel->rows);
}

static int request_variable(ssh_channel on, const char *variable)
{
	g_autofree char *name = g_strndup(variable, strcspn(variable, "="));
	const char *value = variable + strlen(name);

	return ssh_channel_request_env(on, name, *value ? value + 1 : value);
}

/* HACK: of the requests on a channel libssh sends one at a time and waits for each answer; open, terminal and
 * command would take three round trips. But a channel that was never opened addresses its requests
 * to number 0, and that is the number that OpenSSH's and dropbear's servers give the first channel. So
 * stand-ins, one a request, send the environment and the command behind the others, without waiting; the answers
 * reach the real channel, which does not wait for them and drops them: the terminal's comes first. Only for the very
 * first channel, and not for a subsystem whose refusal somebody waits for. Remove when libssh can send requests without
 * waiting. */
gboolean pss_ssh_channel_can_fly(const PssSshChannel *channel)
{
	const char *banner = ssh_get_serverbanner(channel->link->session);

	return channel->state == PSS_CHANNEL_NEW && !channel->close_wanted && banner &&
	       (!channel->start.subsystem || channel->start.command) && pss_ssh_channel_fits(channel, NULL) &&
	       (g_str_has_prefix(banner, "SSH-2.0-OpenSSH") || g_str_has_prefix(banner, "SSH-2.0-dropbear"));
}

static ssh_channel new_stand_in(PssSshChannel *channel)
{
	ssh_channel stand_in = ssh_channel_new(channel->link->session);

	g_ptr_array_add(channel->start.stand_ins, stand_in);
	return stand_in;
}

/* Both the subsystem and what is run in its place: of such requests on one channel only the first succeeds that can
 * (RFC 4254, 6.5). */
static void fly_start(PssSshChannel *channel)
{
	request_start(channel, new_stand_in(channel));
	if (!channel->start.subsystem)
		return;
	g_clear_pointer(&channel->start.subsystem, g_free);
	request_start(channel, new_stand_in(channel));
}

void pss_ssh_channel_fly(PssSshChannel *channel)
{
	create(channel);
	if (ssh_channel_open_session(channel->channel) != SSH_AGAIN)
		return; /* the answer is here already, or it failed: the plain way goes on from there */
	int terminal = channel->pty ? request_pty(channel) : SSH_AGAIN;
	/* Both answers are: a terminal that was asked for twice would end the connection. */
	if (terminal == SSH_OK)
		channel->state = PSS_CHANNEL_ENVIRONMENT;
	if (terminal != SSH_AGAIN)
		return;
	channel->start.stand_ins = g_ptr_array_new();
	if (channel->start.agent)
		ssh_channel_request_auth_agent(new_stand_in(channel));
	for (; channel->start.environment && *channel->start.environment; channel->start.environment++)
		request_variable(new_stand_in(channel), *channel->start.environment);
	fly_start(channel);
}

/* A server may take no variable or some: as with ssh, that is its own affair. FALSE: an answer is still out. */
static gboolean set_environment(PssSshChannel *channel)
{
	if (channel->start.agent)
		ssh_channel_request_auth_agent(channel->channel); /* has no answer */
	channel->start.agent = FALSE;
	for (; channel->start.environment && *channel->start.environment; channel->start.environment++)
		if (request_variable(channel->channel, *channel->start.environment) == SSH_AGAIN ||
		    !pss_ssh_link_is_alive(channel->link))
			return FALSE;
	return TRUE;
}

/* What the server refuses, or NULL. */
static const char *refusal(const PssSshChannel *channel, int status, const char *what)
{
	return status == SSH_ERROR && pss_ssh_link_is_alive(channel->link) ? what : NULL;
}

/* What follows the answer to the last request that the stand-ins have not sent. */
static PssSshChannelState next_state(const PssSshChannel *channel)
{
	return channel->start.stand_ins ? PSS_CHANNEL_RUNNING : PSS_CHANNEL_ENVIRONMENT;
}

static const char *open_it(PssSshChannel *channel)
{
	int status = ssh_channel_open_session(channel->channel);

	if (status == SSH_OK)
		channel->state = channel->pty ? PSS_CHANNEL_PTY : next_state(channel);
	return refusal(channel, status,
		       "another channel, as its MaxSessions may want it (-Resilient needs one, and so does "
		       "invoke-command COMPUTER)");
}

static const char *make_terminal(PssSshChannel *channel)
{
	int status = request_pty(channel);

	if (status == SSH_OK) {
		channel->state = next_state(channel);
		pss_ssh_channel_free_stand_ins(channel);
	}
	return refusal(
		channel, status,
		"a terminal, as PermitTTY or 'restrict' of the key may want it (invoke-command COMPUTER needs none)");
}

static const char *run(PssSshChannel *channel)
{
	pss_ssh_channel_send_size(channel);
	int status = request_start(channel, channel->channel);
	const char *refused = refusal(channel, status, "to run the command");
	if (status == SSH_OK)
		channel->state = PSS_CHANNEL_RUNNING;
	if (!refused || !channel->start.subsystem)
		return refused;
	pss_ssh_link_note_refusal(channel->link, channel->start.subsystem);
	if (!channel->start.command)
		return refused;
	g_clear_pointer(&channel->start.subsystem, g_free);
	return run(channel); /* in its place */
}

const char *pss_ssh_channel_start(PssSshChannel *channel)
{
	const char *refused = NULL;

	if (channel->state == PSS_CHANNEL_NEW)
		create(channel);
	if (channel->state == PSS_CHANNEL_OPENING)
		refused = open_it(channel);
	if (channel->state == PSS_CHANNEL_PTY)
		refused = make_terminal(channel);
	if (channel->state == PSS_CHANNEL_ENVIRONMENT && set_environment(channel))
		channel->state = PSS_CHANNEL_EXEC;
	if (channel->state == PSS_CHANNEL_EXEC && !pss_ssh_channel_is_spare(channel))
		refused = run(channel);
	return refused;
}
