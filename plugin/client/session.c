/* SPDX-License-Identifier: MIT */
/* Sessions on the client's side: copies of what the host process said, and one table of their properties,
 * from which tables, lists and JSON are made (print.c). It talks to nobody. */
#include "client/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "client/text.h"

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
		.attached = pss_fields_number(fields, PSS_TAG_ATTACHED, 0) != 0,
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

int pss_sessions_add(struct pss_sessions *sessions, struct pss_fields fields)
{
	struct pss_session *items = realloc(sessions->items, (sessions->n_items + 1) * sizeof *items);
	if (!items)
		return -ENOMEM;
	sessions->items = items;
	int rc = pss_session_read(fields, &items[sessions->n_items]);
	sessions->n_items += rc == 0;
	return rc;
}

void pss_sessions_finish(struct pss_sessions *sessions)
{
	for (size_t i = 0; i < sessions->n_items; i++)
		pss_session_finish(&sessions->items[i]);
	free(sessions->items);
	*sessions = (struct pss_sessions){ 0 };
}

enum property { ID, NAME, INSTANCE, COMPUTER, TYPE, SHELL, TRANSPORT, USER, STATE, AVAILABILITY, CAUSE };

const char *const pss_property_names[] = {
	[ID] = "Id",
	[NAME] = "Name",
	[INSTANCE] = "InstanceId",
	[COMPUTER] = "ComputerName",
	[TYPE] = "ComputerType",
	[SHELL] = "ConfigurationName",
	[TRANSPORT] = "Transport",
	[USER] = "UserName",
	[STATE] = "State",
	[AVAILABILITY] = "Availability",
	[CAUSE] = "Cause",
	NULL,
};

int pss_property_find(const char *name)
{
	for (int i = 0; pss_property_names[i]; i++)
		if (strcasecmp(name, pss_property_names[i]) == 0)
			return i;
	return -1;
}

bool pss_property_is_number(int property)
{
	return property == ID;
}

char *pss_property_value(const struct pss_session *session, int property)
{
	switch ((enum property)property) {
	case ID:
		return pss_format("%llu", (unsigned long long)session->id);
	case TYPE:
		return strdup("RemoteMachine");
	case STATE:
		return strdup(pss_state_name(session->state));
	case AVAILABILITY:
		return strdup(pss_availability_name(session->availability));
	case NAME:
		return strdup(session->name);
	case INSTANCE:
		return strdup(session->instance);
	case COMPUTER:
		return strdup(session->computer);
	case SHELL:
		return strdup(session->shell);
	case TRANSPORT:
		return strdup(session->transport);
	case USER:
		return strdup(session->remote_user);
	case CAUSE:
		return strdup(session->cause);
	}
	return NULL;
}
