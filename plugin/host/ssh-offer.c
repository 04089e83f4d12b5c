/* SPDX-License-Identifier: MIT */
#include "host/ssh-offer.h"

#include <libssh/callbacks.h>
#include <string.h>

#define LOG_LINE_MAX 1024             /* log.c of libssh cuts there */
#define LISTS_EXPECTED 2              /* ours and the server's */
#define MARK "server host key algo: " /* ssh_list_kex() of kex.c */

static void on_log(int priority, const char *function, const char *text, void *user)
{
	PssSshOffer *offer = user;
	const char *list = strstr(text, MARK);

	if (!list)
		return;
	offer->n_lists++;
	offer->is_cut |= strlen(text) + 1 >= LOG_LINE_MAX;
	g_string_append_printf(offer->algorithms, "%s,", list + strlen(MARK));
}

void pss_ssh_offer_begin(PssSshOffer *offer)
{
	offer->algorithms = g_string_new(NULL);
	ssh_set_log_userdata(offer);
	ssh_set_log_callback(on_log);
	ssh_set_log_level(SSH_LOG_FUNCTIONS);
}

void pss_ssh_offer_end(PssSshOffer *offer)
{
	ssh_set_log_level(SSH_LOG_NOLOG);
	ssh_set_log_callback(NULL);
	ssh_set_log_userdata(NULL);
}

gboolean pss_ssh_offer_may_certify(const PssSshOffer *offer, const char *algorithms)
{
	g_auto(GStrv) offered = g_strsplit(offer->algorithms->str, ",", -1);
	g_auto(GStrv) wanted = g_strsplit(algorithms ? algorithms : "", ",", -1);

	if (offer->is_cut || offer->n_lists < LISTS_EXPECTED)
		return TRUE;
	for (char **one = offered; *one; one++)
		if (strstr(*one, "-cert-") && (!algorithms || g_strv_contains((const char *const *)wanted, *one)))
			return TRUE;
	return FALSE;
}

void pss_ssh_offer_clear(PssSshOffer *offer)
{
	if (offer->algorithms)
		g_string_free(offer->algorithms, TRUE);
	offer->algorithms = NULL;
}
