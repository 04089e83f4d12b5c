/* SPDX-License-Identifier: MIT */
/* The list that get-pssession shows. Sessions enter it at their login, or when their opener lets go of them, and stay
 * until they are removed, Broken and Closed ones included, so that their cause can be read. */
#include "host/common/registry.h"

#include <string.h>

#include "host/session/session.h"

static GPtrArray *sessions;
static guint last_id;
static void (*change_func)(gpointer user);
static gpointer change_user;

GPtrArray *pss_registry_sessions(void)
{
	if (!sessions)
		sessions = g_ptr_array_new_with_free_func((GDestroyNotify)pss_session_unref);
	return sessions;
}

void pss_registry_on_change(void (*on_change)(gpointer user), gpointer user)
{
	change_func = on_change;
	change_user = user;
}

static void changed(void)
{
	if (change_func)
		change_func(change_user);
}

static guint reserve(void)
{
	return ++last_id;
}

static void give_back(guint id)
{
	if (id != 0 && id == last_id)
		last_id--;
}

static void add(PssSession *session)
{
	GPtrArray *all = pss_registry_sessions();
	guint at = all->len;

	while (at > 0 && pss_session_id(all->pdata[at - 1]) > pss_session_id(session))
		at--;
	g_ptr_array_insert(all, (gint)at, pss_session_ref(session));
	changed();
}

PssSession *pss_registry_find(const char *instance)
{
	GPtrArray *all = pss_registry_sessions();
	for (guint i = 0; instance && i < all->len; i++)
		if (strcmp(pss_session_instance(all->pdata[i]), instance) == 0)
			return all->pdata[i];
	return NULL;
}

static gboolean is_called(PssSession *session, const char *name, guint64 id)
{
	const char *own = pss_session_name(session);

	if (id > 0)
		return pss_session_id(session) == id;
	return (own && g_ascii_strcasecmp(own, name) == 0) ||
	       g_ascii_strcasecmp(pss_session_instance(session), name) == 0;
}

PssSession *pss_registry_find_named(const char *name)
{
	GPtrArray *all = pss_registry_sessions();
	PssSession *found = NULL;
	guint64 id = 0;

	g_ascii_string_to_unsigned(name, 10, 1, G_MAXUINT, &id, NULL);
	for (guint i = 0; i < all->len; i++) {
		if (!is_called(all->pdata[i], name, id))
			continue;
		if (found)
			return NULL;
		found = all->pdata[i];
	}
	return found;
}

void pss_registry_remove(PssSession *session)
{
	g_ptr_array_remove(pss_registry_sessions(), session);
	changed();
}

static void note_end(PssSession *session)
{
	if (!pss_session_is_listed(session))
		pss_registry_remove(session);
	else
		changed();
}

void pss_registry_init(void)
{
	static const PssSessionOwner owner = {
		.reserve = reserve,
		.give_back = give_back,
		.add = add,
		.remove = pss_registry_remove,
		.note_end = note_end,
	};

	pss_sessions_set_owner(&owner);
}
