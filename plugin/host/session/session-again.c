/* SPDX-License-Identifier: MIT */
/* Reopens a session whose computer has restarted or whose link was lost: a new shell under the old Id, Name
 * and InstanceId, so that what names it goes on to do so. The old one stays listed until the new one is logged in.
 * Called by openings.c and session.c. */
#include "host/session/private.h"

PssTarget *pss_session_copy_target(const PssTarget *target)
{
	PssTarget *copy = pss_target_copy(target);

	g_strfreev(copy->environment);
	copy->environment = g_new0(char *, 1);
	return copy;
}

const PssTarget *pss_session_target(PssSession *session)
{
	return session->target;
}

const char *pss_session_boot(PssSession *session)
{
	const char *boot = pss_driver_boot_id(session->driver);

	return boot ? boot : session->boot;
}

void pss_session_options_again(PssSession *again, PssSessionOptions *ret_options)
{
	pss_session_ref(again);
	pss_session_end(again, PSS_SESSION_ON_BROKEN, "it is reopened, as its computer has restarted", PSS_LEFT_LOST,
			255);
	ret_options->again = again;
	ret_options->kept = TRUE;
	ret_options->name = again->name;
	ret_options->shell = again->asked_shell;
	ret_options->resilient = again->resilient;
	ret_options->idle_s = again->holder.idle_s;
	pss_session_unref(again);
}

void pss_session_take_place(PssSession *session)
{
	PssSession *again = session->again;

	session->left_to_itself = TRUE;
	pss_record_set_buffering(session->record, pss_record_buffering(again->record), pss_record_limit(again->record));
	pss_session_owner->remove(again);
	session->again = NULL;
	pss_session_unref(again);
}
