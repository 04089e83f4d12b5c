/* SPDX-License-Identifier: MIT */
/* The stand-in for gssapi.c in a build without Kerberos. */
#include "link/libssh/auth/gssapi.h"

char *pss_gssapi_find_ticket(PssLoginContext *person, const PssSshConfig *config)
{
	return g_strdup("pssession was built without it, -Transport ssh may have it");
}

char *pss_gssapi_fetch_ticket(PssLoginContext *person, const PssSshConfig *config)
{
	return pss_gssapi_find_ticket(person, config);
}

void pss_gssapi_prepare(ssh_session session, const PssSshConfig *config)
{
}
