/* SPDX-License-Identifier: MIT */
/* Collects a server's offer from the lines of libssh's log. */
#include "link/libssh/hostkey/offer.h"

#include <libssh/callbacks.h>
#include <string.h>

#define LOG_LINE_MAX 1024 /* log.c of libssh cuts there */
#define LISTS_EXPECTED 2  /* ours and the server's */

/* ssh_list_kex() of kex.c */
#define HOST_KEYS "server host key algo: "
#define EXCHANGES "kex algos: "

#define A_CLIENTS "ext-info-c" /* RFC 8308: libssh says that among its exchanges, and no server does */

static void take_host_keys(PssSshOffer *offer, const char *list, gboolean is_cut)
{
	offer->n_lists++;
	offer->is_cut |= is_cut;
	g_string_append_printf(offer->algorithms, "%s,", list);
}

static void take_exchanges(PssSshOffer *offer, const char *list)
{
	if (strstr(list, A_CLIENTS))
		return;
	g_free(offer->exchanges);
	offer->exchanges = g_strdup(list);
}

static void on_log(int priority, const char *function, const char *text, void *user)
{
	const char *host_keys = strstr(text, HOST_KEYS), *exchanges = strstr(text, EXCHANGES);

	if (host_keys)
		take_host_keys(user, host_keys + strlen(HOST_KEYS), strlen(text) + 1 >= LOG_LINE_MAX);
	else if (exchanges)
		take_exchanges(user, exchanges + strlen(EXCHANGES));
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

char *pss_ssh_offer_agree(const PssSshOffer *offer, const char *exchanges)
{
	g_auto(GStrv) offered = g_strsplit(offer->exchanges ? offer->exchanges : "", ",", -1);
	g_auto(GStrv) wanted = g_strsplit(exchanges ? exchanges : "", ",", -1);

	for (char **one = wanted; *one; one++)
		if (g_strv_contains((const char *const *)offered, *one))
			return g_strdup(*one);
	return NULL;
}

void pss_ssh_offer_clear(PssSshOffer *offer)
{
	g_clear_pointer(&offer->exchanges, g_free);
	if (offer->algorithms)
		g_string_free(offer->algorithms, TRUE);
	offer->algorithms = NULL;
}
