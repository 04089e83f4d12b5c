/* SPDX-License-Identifier: MIT */
/* Which host keys and key exchanges a server offers in its SSH_MSG_KEXINIT (RFC 4253, section 7.1). libssh keeps that
 * to itself, except through its log, in all its versions up to 0.12. */
#pragma once

#include <glib.h>

typedef struct {
	GString *algorithms; /* of host keys: "a,b,", ours and the server's */
	guint n_lists;
	char *exchanges; /* of the server's: "a,b". NULL: nobody can tell */
	gboolean is_cut; /* a list was too long for the log */
} PssSshOffer;

/* Between these two, this thread is the one that connects; nobody else may set libssh's log in it. */
void pss_ssh_offer_begin(PssSshOffer *offer);
void pss_ssh_offer_end(PssSshOffer *offer);

/* Has the server a host certificate for one of these algorithms (NULL: for any)? Also TRUE when nobody can tell. */
gboolean pss_ssh_offer_may_certify(const PssSshOffer *offer, const char *algorithms);

/* Which of these key exchanges ("a,b", the best first) a client that knows all of them would agree upon with the
 * server. NULL: none, or nobody can tell. Free with g_free(). */
char *pss_ssh_offer_agree(const PssSshOffer *offer, const char *exchanges);

void pss_ssh_offer_clear(PssSshOffer *offer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PssSshOffer, pss_ssh_offer_clear)
