/* SPDX-License-Identifier: MIT */
/* The Kerberos library knows neither deadline nor cancellation, and reads caches that may be anywhere: so it runs in a
 * thread of its own, which is left behind when it is late and cleans up after itself. The caller's KRB5CCNAME is set
 * for that thread alone (gss_krb5_ccache_name() of MIT Kerberos); KRB5_CONFIG is the whole process's. */
#include "link/libssh/auth/gssapi.h"

#include <errno.h>
#include <gssapi/gssapi.h>
#include <gssapi/gssapi_krb5.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/system.h"
#include "base/worker.h"

#define TIMEOUT_US (10 * G_USEC_PER_SEC)

typedef struct {
	char *cache, *client; /* or NULL */
	char *service;        /* "host@NAME"; NULL: only look for a ticket of the client's */
	gboolean delegates;
	int done_fd;
	char *failure; /* the thread's, until it is done */
} Errand;

static void errand_clear(gpointer data)
{
	Errand *errand = data;

	g_free(errand->cache);
	g_free(errand->client);
	g_free(errand->service);
	g_free(errand->failure);
	if (errand->done_fd >= 0)
		close(errand->done_fd);
}

static void errand_unref(gpointer data)
{
	g_atomic_rc_box_release_full(data, errand_clear);
}

/* What Kerberos says is in the minor status, and GSSAPI's own words are the same for all of it. */
static char *describe(OM_uint32 major, OM_uint32 minor)
{
	gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
	OM_uint32 ignored, more = 0;

	if (minor)
		gss_display_status(&ignored, minor, GSS_C_MECH_CODE, gss_mech_krb5, &more, &text);
	else
		gss_display_status(&ignored, major, GSS_C_GSS_CODE, GSS_C_NO_OID, &more, &text);
	char *words = g_strndup(text.value, text.length);
	gss_release_buffer(&ignored, &text);
	return words;
}

static char *import(const char *text, gss_OID type, gss_name_t *ret_name)
{
	gss_buffer_desc buffer = { .value = (char *)text, .length = strlen(text) };
	OM_uint32 minor, major = gss_import_name(&minor, &buffer, type, ret_name);

	return GSS_ERROR(major) ? describe(major, minor) : NULL;
}

static char *acquire(const Errand *errand, gss_cred_id_t *ret_credential)
{
	gss_name_t client = GSS_C_NO_NAME;
	gss_OID_set_desc kerberos = { .count = 1, .elements = gss_mech_krb5 };
	OM_uint32 major, minor, ignored, lifetime_s = 0;
	char *failure = errand->client ? import(errand->client, GSS_C_NT_USER_NAME, &client) : NULL;

	if (failure)
		return failure;
	major = gss_acquire_cred(&minor, client, GSS_C_INDEFINITE, &kerberos, GSS_C_INITIATE, ret_credential, NULL,
				 NULL);
	gss_release_name(&ignored, &client);
	if (!GSS_ERROR(major))
		major = gss_inquire_cred(&minor, *ret_credential, NULL, &lifetime_s, NULL, NULL);
	if (GSS_ROUTINE_ERROR(major) == GSS_S_CREDENTIALS_EXPIRED || (!GSS_ERROR(major) && lifetime_s == 0))
		return g_strdup("the ticket has expired");
	return GSS_ERROR(major) ? describe(major, minor) : NULL;
}

/* Makes the first token that a login would send and throws it away: the ticket stays in the cache. */
static char *rehearse(const Errand *errand, gss_cred_id_t credential)
{
	gss_name_t service = GSS_C_NO_NAME;
	gss_ctx_id_t context = GSS_C_NO_CONTEXT;
	gss_buffer_desc token = GSS_C_EMPTY_BUFFER;
	OM_uint32 flags = GSS_C_MUTUAL_FLAG | GSS_C_INTEG_FLAG | (errand->delegates ? GSS_C_DELEG_FLAG : 0);
	OM_uint32 major, minor, ignored;
	char *failure = import(errand->service, GSS_C_NT_HOSTBASED_SERVICE, &service);

	if (failure)
		return failure;
	major = gss_init_sec_context(&minor, credential, &context, service, gss_mech_krb5, flags, 0,
				     GSS_C_NO_CHANNEL_BINDINGS, GSS_C_NO_BUFFER, NULL, &token, NULL, NULL);
	failure = GSS_ERROR(major) ? describe(major, minor) : NULL;
	gss_release_buffer(&ignored, &token);
	gss_delete_sec_context(&ignored, &context, GSS_C_NO_BUFFER);
	gss_release_name(&ignored, &service);
	return failure;
}

/* The name of the cache is the thread's, which others have used before: it is always set. */
static void errand_thread(gpointer data)
{
	Errand *errand = data;
	gss_cred_id_t credential = GSS_C_NO_CREDENTIAL;
	OM_uint32 ignored;

	gss_krb5_ccache_name(&ignored, errand->cache, NULL);
	errand->failure = acquire(errand, &credential);
	if (!errand->failure && errand->service)
		errand->failure = rehearse(errand, credential);
	gss_release_cred(&ignored, &credential);
	pss_system_flag_raise(errand->done_fd);
	errand_unref(errand);
}

static const char *cache_of(const PssSshConfig *config)
{
	return g_environ_getenv(config->environment, "KRB5CCNAME");
}

static const char *server_of(const PssSshConfig *config)
{
	return config->gssapi_server ? config->gssapi_server : config->hostname;
}

static Errand *errand_new(const PssSshConfig *config, gboolean fetches)
{
	Errand *errand = g_atomic_rc_box_new0(Errand);

	errand->cache = g_strdup(cache_of(config));
	errand->client = g_strdup(config->gssapi_client);
	errand->service = fetches ? g_strdup_printf("host@%s", server_of(config)) : NULL;
	errand->delegates = config->gssapi_delegates;
	errand->done_fd = pss_system_flag_new();
	return errand;
}

static gboolean start_errand(Errand *errand)
{
	if (errand->done_fd < 0)
		return FALSE;
	g_atomic_rc_box_acquire(errand);
	if (pss_worker_start(errand_thread, errand, NULL))
		return TRUE;
	errand_unref(errand);
	return FALSE;
}

static char *run(PssLoginContext *person, const PssSshConfig *config, gboolean fetches)
{
	Errand *errand = errand_new(config, fetches);
	gint64 now = g_get_monotonic_time();
	gint64 until = now + MIN(TIMEOUT_US, (pss_login_deadline(person) - now) / 2);
	char *failure;

	if (!start_errand(errand))
		failure = g_strdup_printf("no thread or descriptor for it: %s", g_strerror(errno));
	/* That it failed, because the person left or the time is over, is found by who waits next. */
	else if (pss_login_wait(person, errand->done_fd, POLLIN, until, "Kerberos", NULL) &&
		 pss_system_flag_lower(errand->done_fd))
		failure = g_steal_pointer(&errand->failure);
	else
		failure = g_strdup(fetches ? "the KDC does not answer" : "the cache of tickets does not answer");
	errand_unref(errand);
	return failure;
}

char *pss_gssapi_find_ticket(PssLoginContext *person, const PssSshConfig *config)
{
	return run(person, config, FALSE);
}

char *pss_gssapi_fetch_ticket(PssLoginContext *person, const PssSshConfig *config)
{
	pss_login_note(person, PSS_NOTE_VERBOSE, "asking the KDC for a ticket for host@%s", server_of(config));
	return run(person, config, TRUE);
}

void pss_gssapi_prepare(ssh_session session, const PssSshConfig *config)
{
	int delegates = config->gssapi_delegates;
	OM_uint32 ignored;

	gss_krb5_ccache_name(&ignored, cache_of(config), NULL);
	ssh_options_set(session, SSH_OPTIONS_GSSAPI_SERVER_IDENTITY, server_of(config));
	if (config->gssapi_client)
		ssh_options_set(session, SSH_OPTIONS_GSSAPI_CLIENT_IDENTITY, config->gssapi_client);
	ssh_options_set(session, SSH_OPTIONS_GSSAPI_DELEGATE_CREDENTIALS, &delegates);
}
