/* SPDX-License-Identifier: MIT */
/* What the two channels begin with. Where the server takes it, the control channel's command has its script in it, for
 * the family that the shell there is thought to be of: so the shell starts before anything else has been sent. What
 * that script asks for follows: the rest of it, with the start-up files of another family where the shell is of that
 * one; or all of it, where the computer cannot unpack it. Elsewhere all of it is what is sent first. Called by engine.c
 * and boot.c. */
#include <string.h>

#include "remote/engine/private.h"
#include "remote/protocol/script.h"

/* Where nothing is known. */
#define MOST_FREQUENT PSS_FAMILY_BASH

static PssScriptValues values_of(const PssRemote *remote)
{
	const PssOpening *opening = &remote->start.opening;

	return (PssScriptValues){
		.name = remote->name,
		.key = remote->key,
		.first = remote->request.nonce,
		.shell = opening->shell,
		.kept = remote->kept,
		.resilient = opening->resilient,
	};
}

void pss_opening_init(PssRemote *remote, const PssRemoteOptions *options)
{
	remote->start.opening = (PssOpening){
		.shell = g_strdup(options->shell),
		.resilient = options->resilient,
		.takes_scripts = TRUE,
	};
}

/* It is as large as all the rest of an idle session. */
static void forget(PssRemote *remote)
{
	PssOpening *opening = &remote->start.opening;

	if (opening->script) {
		explicit_bzero(opening->script->str, opening->script->len);
		g_string_free(g_steal_pointer(&opening->script), TRUE);
	}
	g_clear_pointer(&opening->terminal_command, g_free);
	g_clear_pointer(&opening->control_command, g_free);
}

void pss_opening_finish(PssRemote *remote)
{
	forget(remote);
	g_free(remote->start.opening.shell);
}

void pss_remote_hint(PssRemote *remote, const PssRemoteHints *hints)
{
	PssOpening *opening = &remote->start.opening;

	opening->takes_scripts = hints->takes_scripts;
	opening->expected = hints->family ? pss_family_from_name(hints->family) : PSS_FAMILY_NONE;
}

static void make_commands(PssRemote *remote)
{
	const PssScriptValues values = values_of(remote);
	PssOpening *opening = &remote->start.opening;
	const gboolean is_known = opening->expected != PSS_FAMILY_NONE;
	const PssFamily family = is_known ? opening->expected : MOST_FREQUENT;

	if (opening->takes_scripts)
		opening->control_command = pss_script_control_command(&values, family, is_known);
	if (is_known)
		opening->terminal_command =
			pss_script_terminal_command_for(&values, family, opening->control_command != NULL);
	else
		opening->terminal_command = pss_script_terminal_command(&values);
	if (opening->control_command) {
		opening->packed = family;
		opening->script = g_string_new(PSS_SCRIPT_EMPTY_LINES);
		pss_replies_begin_with(&remote->replies, remote->name);
		return;
	}
	/* A restricted shell refuses `exec`, and then runs the rest. */
	opening->control_command = g_strdup("exec /bin/sh; sh");
	opening->script = pss_script_control(&values);
}

static const PssOpening *commands(PssRemote *remote)
{
	if (!remote->start.opening.control_command)
		make_commands(remote);
	return &remote->start.opening;
}

const char *pss_remote_control_command(PssRemote *remote)
{
	return commands(remote)->control_command;
}

const char *pss_remote_terminal_command(PssRemote *remote)
{
	return commands(remote)->terminal_command;
}

const char *pss_remote_control_script(PssRemote *remote, gsize *ret_n)
{
	const PssOpening *opening = commands(remote);

	*ret_n = opening->script->len;
	return opening->script->str;
}

/* ---- what a packed script says */

static void send_script(PssRemote *remote, GString *script)
{
	remote->events->send_control(remote->user, script->str, script->len);
	explicit_bzero(script->str, script->len);
	g_string_free(script, TRUE);
}

/* It has drawn the key that begins all further replies. */
static void take_key(PssRemote *remote, const char *key)
{
	if (strlen(key) != PSS_NONCE_LENGTH || strspn(key, "0123456789abcdef") != PSS_NONCE_LENGTH)
		return;
	memcpy(remote->key, key, sizeof remote->key);
	pss_replies_begin_with(&remote->replies, remote->key);
}

static void send_late(PssRemote *remote, const char *family)
{
	const PssScriptValues values = values_of(remote);

	send_script(remote, pss_script_late(&values, pss_family_from_name(family), remote->start.opening.packed));
	remote->start.opening.packed = PSS_FAMILY_NONE;
}

static void send_all(PssRemote *remote)
{
	const PssScriptValues values = values_of(remote);

	remote->start.opening.packed = PSS_FAMILY_NONE;
	pss_replies_begin_with(&remote->replies, remote->key);
	send_script(remote, pss_script_control(&values));
}

void pss_opening_on_reply(PssRemote *remote, const PssReply *reply)
{
	if (reply->type == 'd')
		forget(remote);
	if (remote->start.opening.packed == PSS_FAMILY_NONE)
		return;
	switch (reply->type) {
	case 'K':
		take_key(remote, reply->field[0]);
		break;
	case 'w':
		send_late(remote, reply->field[0]);
		break;
	case 'g':
		send_all(remote);
		break;
	default:
		break;
	}
}
