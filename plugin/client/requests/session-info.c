/* SPDX-License-Identifier: MIT */
/* Sessions on the client's side: copies of what the host process said, and one table of their properties,
 * from which tables, lists and JSON are made (print-sessions.c). It sends nothing. */
#include "client/requests/session-info.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "client/base/strings.h"
#include "terminal/clean-text.h"

/* Which field of the wire goes where. */
static const struct {
	enum pss_tag tag;
	size_t offset;
} texts[] = {
	{ PSS_TAG_NAME, offsetof(struct pss_session, name) },
	{ PSS_TAG_INSTANCE, offsetof(struct pss_session, instance) },
	{ PSS_TAG_COMPUTER, offsetof(struct pss_session, computer) },
	{ PSS_TAG_SHELL, offsetof(struct pss_session, shell) },
	{ PSS_TAG_TRANSPORT, offsetof(struct pss_session, transport) },
	{ PSS_TAG_REMOTE_USER, offsetof(struct pss_session, remote_user) },
	{ PSS_TAG_PROMPT_NAME, offsetof(struct pss_session, prompt_name) },
	{ PSS_TAG_HISTORY_KEY, offsetof(struct pss_session, history_key) },
	{ PSS_TAG_CAUSE, offsetof(struct pss_session, cause) },
	{ PSS_TAG_FORWARDS, offsetof(struct pss_session, forwards) },
	{ PSS_TAG_KEY_FILE, offsetof(struct pss_session, key_file) },
	{ PSS_TAG_RUNNING_COMMAND, offsetof(struct pss_session, running) },
	{ PSS_TAG_ORIGIN, offsetof(struct pss_session, origin) },
};
#define N_TEXTS (sizeof texts / sizeof *texts)

static char **text_of(struct pss_session *session, size_t i)
{
	return (char **)((char *)session + texts[i].offset);
}

int pss_session_read(struct pss_fields fields, struct pss_session *ret_session)
{
	struct pss_session session = {
		.id = pss_fields_number(fields, PSS_TAG_ID, 0),
		.state = pss_fields_number(fields, PSS_TAG_STATE, 0),
		.availability = pss_fields_number(fields, PSS_TAG_AVAILABILITY, 0),
		.opened_at = pss_fields_number(fields, PSS_TAG_OPENED_AT, 0),
		.attached = pss_fields_number(fields, PSS_TAG_ATTACHED, 0) != 0,
		.disconnected_at = pss_fields_number(fields, PSS_TAG_DISCONNECTED_AT, 0),
		.idle_s = pss_fields_number(fields, PSS_TAG_IDLE_TIMEOUT, 0),
		.buffering = pss_fields_number(fields, PSS_TAG_BUFFERING, 0),
		.last_status = (int)pss_fields_number(fields, PSS_TAG_LAST_STATUS, UINT64_MAX),
		.resilient = pss_fields_number(fields, PSS_TAG_RESILIENT, 0) != 0,
	};

	for (size_t i = 0; i < N_TEXTS; i++) {
		const char *text = pss_fields_text(fields, texts[i].tag);
		char *copy = pss_visible(text ? text : "", false);
		if (!copy) {
			pss_session_finish(&session);
			return -ENOMEM;
		}
		*text_of(&session, i) = copy;
	}
	*ret_session = session;
	return 0;
}

void pss_session_finish(struct pss_session *session)
{
	for (size_t i = 0; i < N_TEXTS; i++)
		free(*text_of(session, i));
	*session = (struct pss_session){ 0 };
}

int pss_sessions_put(struct pss_sessions *sessions, struct pss_session *session)
{
	struct pss_session *items = realloc(sessions->items, (sessions->n_items + 1) * sizeof *items);
	if (!items) {
		pss_session_finish(session);
		return -ENOMEM;
	}
	sessions->items = items;
	items[sessions->n_items++] = *session;
	return 0;
}

int pss_sessions_add(struct pss_sessions *sessions, struct pss_fields fields)
{
	struct pss_session session;

	int rc = pss_session_read(fields, &session);
	return rc < 0 ? rc : pss_sessions_put(sessions, &session);
}

void pss_sessions_finish(struct pss_sessions *sessions)
{
	for (size_t i = 0; i < sessions->n_items; i++)
		pss_session_finish(&sessions->items[i]);
	free(sessions->items);
	*sessions = (struct pss_sessions){ 0 };
}

const char *const pss_property_names[PSS_PROPERTY_COUNT + 1] = {
	[PSS_PROPERTY_ID] = "Id",
	[PSS_PROPERTY_NAME] = "Name",
	[PSS_PROPERTY_INSTANCE] = "InstanceId",
	[PSS_PROPERTY_COMPUTER] = "ComputerName",
	[PSS_PROPERTY_TYPE] = "ComputerType",
	[PSS_PROPERTY_SHELL] = "ConfigurationName",
	[PSS_PROPERTY_TRANSPORT] = "Transport",
	[PSS_PROPERTY_USER] = "UserName",
	[PSS_PROPERTY_STATE] = "State",
	[PSS_PROPERTY_AVAILABILITY] = "Availability",
	[PSS_PROPERTY_RESILIENT] = "Resilient",
	[PSS_PROPERTY_IDLE_TIMEOUT] = "IdleTimeout",
	[PSS_PROPERTY_HOST] = "HostName",
	[PSS_PROPERTY_PORT] = "Port",
	[PSS_PROPERTY_KEY_FILE] = "KeyFile",
	[PSS_PROPERTY_BUFFERING] = "OutputBufferingMode",
	[PSS_PROPERTY_FORWARDS] = "Forwards",
	[PSS_PROPERTY_OPENED_ON] = "OpenedOn",
	[PSS_PROPERTY_DISCONNECTED_ON] = "DisconnectedOn",
	[PSS_PROPERTY_EXPIRES_ON] = "ExpiresOn",
	[PSS_PROPERTY_RUNNING] = "RunningCommand",
	[PSS_PROPERTY_LAST_STATUS] = "LastStatus",
	[PSS_PROPERTY_FROM] = "From",
	[PSS_PROPERTY_CAUSE] = "Cause",
};

int pss_property_find(const char *name)
{
	for (int i = 0; pss_property_names[i]; i++)
		if (strcasecmp(name, pss_property_names[i]) == 0)
			return i;
	return -1;
}

enum pss_property_type pss_property_type_of(int property)
{
	static const enum pss_property_type types[PSS_PROPERTY_COUNT] = {
		[PSS_PROPERTY_ID] = PSS_TYPE_NUMBER,           [PSS_PROPERTY_RESILIENT] = PSS_TYPE_BOOLEAN,
		[PSS_PROPERTY_IDLE_TIMEOUT] = PSS_TYPE_NUMBER, [PSS_PROPERTY_PORT] = PSS_TYPE_NUMBER,
		[PSS_PROPERTY_FORWARDS] = PSS_TYPE_LIST,       [PSS_PROPERTY_LAST_STATUS] = PSS_TYPE_NUMBER,
	};

	return types[property];
}

/* RFC 3339, in UTC: the same for everybody, and no time zone of the shell's has to be looked up. */
static char *format_time(uint64_t seconds)
{
	char text[sizeof "+292277026596-12-04T15:30:07Z"];
	time_t time = (time_t)seconds;
	struct tm parts;

	if (seconds == 0 || !gmtime_r(&time, &parts) || strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
		return strdup("");
	return strdup(text);
}

/* The history's key is "user@host:port", as ssh_config resolved them; the host may hold colons (v6). */
static char *resolved_host(const struct pss_session *session)
{
	const char *at = strrchr(session->history_key, '@'), *colon = strrchr(session->history_key, ':');

	return at && colon > at ? strndup(at + 1, (size_t)(colon - at - 1)) : strdup("");
}

static char *resolved_port(const struct pss_session *session)
{
	const char *colon = strrchr(session->history_key, ':');

	return strdup(colon && colon[1 + strspn(colon + 1, "0123456789")] == '\0' ? colon + 1 : "");
}

/* A holder ends when it has heard nothing for so long. 0: it does not, or that is not known. */
static uint64_t expires_at(const struct pss_session *session)
{
	return session->disconnected_at && session->idle_s ? session->disconnected_at + session->idle_s : 0;
}

char *pss_property_value(const struct pss_session *session, int property)
{
	switch ((enum pss_property)property) {
	case PSS_PROPERTY_ID:
		return session->id ? pss_format("%llu", (unsigned long long)session->id) : strdup("");
	case PSS_PROPERTY_OPENED_ON:
		return format_time(session->opened_at);
	case PSS_PROPERTY_DISCONNECTED_ON:
		return format_time(session->disconnected_at);
	case PSS_PROPERTY_EXPIRES_ON:
		return format_time(expires_at(session));
	case PSS_PROPERTY_RUNNING:
		return strdup(session->running);
	case PSS_PROPERTY_LAST_STATUS:
		return session->last_status >= 0 ? pss_format("%d", session->last_status) : strdup("");
	case PSS_PROPERTY_FROM:
		return strdup(session->origin);
	case PSS_PROPERTY_TYPE:
		return strdup("RemoteMachine");
	case PSS_PROPERTY_STATE:
		return strdup(pss_state_name(session->state));
	case PSS_PROPERTY_AVAILABILITY:
		return strdup(pss_availability_name(session->availability));
	case PSS_PROPERTY_RESILIENT:
		return strdup(session->resilient ? "True" : "False");
	case PSS_PROPERTY_IDLE_TIMEOUT: /* milliseconds, as PowerShell's */
		return session->resilient ? pss_format("%llu", (unsigned long long)session->idle_s * 1000) : strdup("");
	case PSS_PROPERTY_HOST:
		return resolved_host(session);
	case PSS_PROPERTY_PORT:
		return resolved_port(session);
	case PSS_PROPERTY_KEY_FILE:
		return strdup(session->key_file);
	case PSS_PROPERTY_BUFFERING:
		return strdup(session->buffering == PSS_BUFFERING_BLOCK ? "Block" : "Drop");
	case PSS_PROPERTY_NAME:
		return strdup(session->name);
	case PSS_PROPERTY_INSTANCE:
		return strdup(session->instance);
	case PSS_PROPERTY_COMPUTER:
		return strdup(session->computer);
	case PSS_PROPERTY_SHELL:
		return strdup(session->shell);
	case PSS_PROPERTY_TRANSPORT:
		return strdup(session->transport);
	case PSS_PROPERTY_USER:
		return strdup(session->remote_user);
	case PSS_PROPERTY_FORWARDS:
		return strdup(session->forwards);
	case PSS_PROPERTY_CAUSE:
		return strdup(session->cause);
	case PSS_PROPERTY_COUNT:
		break;
	}
	return NULL;
}

bool pss_session_is_ended(const struct pss_session *session)
{
	return session->state == PSS_STATE_BROKEN || session->state == PSS_STATE_CLOSED;
}
