/* SPDX-License-Identifier: MIT */
/* The ways to log in, tried in the order of PreferredAuthentications as far as the server takes them. For few
 * round trips the first key is sent signed at once: no "none" request before, no question whether the key
 * would do. Keys with passphrases are asked about first. Called by the login thread. */
#include "link/libssh/auth/authenticate.h"

#include <poll.h>
#include <string.h>

#include "base/said.h"
#include "link/libssh/auth/gssapi.h"
#include "link/libssh/auth/keys.h"
#include "link/libssh/common/error.h"
#include "link/libssh/common/wait.h"

typedef struct {
	PssLoginContext *person;
	const PssSshConfig *config;
	ssh_session session;
	GError **error;
	PssAgent *agent;
	GPtrArray *keys; /* NULL: not collected yet */
	guint next_key;
	guint passwords, rounds; /* spent */
	gboolean gssapi_spent;   /* tried, or of no use */
	char *no_gssapi;         /* why it is of none */
	char *unusable;          /* the last key that the server wants and that cannot sign, and why */
	int offered;             /* SSH_AUTH_METHOD_*, as the server said last; 0: not known yet */
	GString *tried;
	const char *way; /* the one that was tried last, for people; NULL: none */
	char *banner;
} Auth;

/* Which key a target took last: it goes first next time. Key "user@host:port", value the public blob. */
static GHashTable *remembered;
static GMutex remembered_lock;

static void note_banner(Auth *auth)
{
	char *raw = ssh_get_issue_banner(auth->session);

	if (raw && g_strcmp0(raw, auth->banner) != 0) {
		g_autofree char *text = pss_said_lines(raw);
		g_free(auth->banner);
		auth->banner = g_strdup(raw);
		pss_login_note(auth->person, PSS_NOTE_BANNER, "%s", text);
	}
	ssh_string_free_char(raw);
}

static gboolean is_connected(ssh_session session)
{
	return ssh_is_connected(session) && !(ssh_get_status(session) & (SSH_CLOSED | SSH_CLOSED_ERROR));
}

typedef int (*Attempt)(Auth *auth, gpointer data);

/* Drives one libssh call to its answer: SSH_AUTH_SUCCESS, DENIED, PARTIAL, INFO or ERROR (then error is set). */
static int finish(Auth *auth, Attempt attempt, gpointer data)
{
	int status;

	/* A server that has had enough hangs up, and libssh says "again" once more: nothing would wake us. */
	while ((status = attempt(auth, data)) == SSH_AUTH_AGAIN && is_connected(auth->session))
		if (!pss_ssh_wait_session(auth->person, auth->session, "logging in", auth->error))
			return SSH_AUTH_ERROR;
	/* libssh 0.11 calls it a key that was denied when the server has hung up on it. */
	if (status != SSH_AUTH_SUCCESS && !is_connected(auth->session))
		status = SSH_AUTH_ERROR;
	note_banner(auth);
	if (status == SSH_AUTH_ERROR && auth->error && !*auth->error) {
		/* An agent that does not sign is an error to libssh, but the connection still stands. */
		if (is_connected(auth->session))
			return SSH_AUTH_DENIED;
		g_autofree char *tried =
			auth->next_key > 1
				? g_strdup_printf(" after %u keys; -KeyFilePath names the right one", auth->next_key)
				: g_strdup("");
		/* Where it was cut in the middle, nobody's key is wrong. */
		pss_ssh_set_error(auth->error, auth->session,
				  pss_ssh_server_hung_up(auth->session) ? PSS_AUTH : PSS_LINK_LOST,
				  "%s@%s: logging in failed%s", auth->config->user, auth->config->host, tried);
	}
	if (status == SSH_AUTH_DENIED || status == SSH_AUTH_PARTIAL)
		auth->offered = ssh_userauth_list(auth->session, NULL);
	return status;
}

/* The user is named each time: has_user(). */
static int attempt_none(Auth *auth, gpointer data)
{
	return ssh_userauth_none(auth->session, auth->config->user);
}

static int attempt_signed(Auth *auth, gpointer data)
{
	return ssh_userauth_publickey(auth->session, auth->config->user, data);
}

static int attempt_query(Auth *auth, gpointer data)
{
	return ssh_userauth_try_publickey(auth->session, auth->config->user, data);
}

static int attempt_agent(Auth *auth, gpointer data)
{
	/* It may wait for a touch. */
	pss_login_rest(auth->person);
	pss_login_begin_asking(auth->person);
	int status = ssh_userauth_agent(auth->session, auth->config->user);
	pss_login_end_asking(auth->person);
	pss_login_work(auth->person);
	return status;
}

static int attempt_password(Auth *auth, gpointer data)
{
	return ssh_userauth_password(auth->session, auth->config->user, data);
}

static int attempt_kbdint(Auth *auth, gpointer data)
{
	return ssh_userauth_kbdint(auth->session, auth->config->user, NULL);
}

static int attempt_gssapi(Auth *auth, gpointer data)
{
	return ssh_userauth_gssapi(auth->session);
}

static char *target_key(const PssSshConfig *config)
{
	return g_strdup_printf("%s@%s:%u", config->user, config->hostname, config->port);
}

static void remember(const PssSshConfig *config, const PssKey *key)
{
	if (!key->blob)
		return;
	g_mutex_lock(&remembered_lock);
	if (!remembered)
		remembered = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_bytes_unref);
	g_hash_table_replace(remembered, target_key(config), g_bytes_ref(key->blob));
	g_mutex_unlock(&remembered_lock);
}

static void put_remembered_first(const PssSshConfig *config, GPtrArray *keys)
{
	g_autofree char *target = target_key(config);

	g_mutex_lock(&remembered_lock);
	GBytes *blob = remembered ? g_hash_table_lookup(remembered, target) : NULL;
	for (guint i = 0; blob && i < keys->len; i++) {
		PssKey *key = g_ptr_array_index(keys, i);
		if (key->blob && g_bytes_equal(key->blob, blob)) {
			g_ptr_array_insert(keys, 0, g_ptr_array_steal_index(keys, i));
			break;
		}
	}
	g_mutex_unlock(&remembered_lock);
}

static void collect_keys(Auth *auth)
{
	if (auth->keys)
		return;
	if (auth->config->agent_socket)
		auth->agent = pss_agent_open(auth->person, auth->config->agent_socket, auth->error);
	auth->keys = pss_keys_collect(auth->config, auth->agent);
	if (!auth->config->key_file_given)
		put_remembered_first(auth->config, auth->keys);
}

static int query(Auth *auth, const PssKey *key)
{
	ssh_key public_key = pss_key_public(key);
	int status = public_key ? finish(auth, attempt_query, public_key) : SSH_AUTH_DENIED;

	ssh_key_free(public_key);
	return status;
}

static int sign(Auth *auth, const PssKey *key, const PssKey *signer)
{
	if (!key->is_certificate)
		return finish(auth, attempt_signed, signer->private_key);
	ssh_key certified = pss_key_certified(key, signer);
	int status = certified ? finish(auth, attempt_signed, certified) : SSH_AUTH_DENIED;
	ssh_key_free(certified);
	return status;
}

/* The agent signs with one of its keys, in the name of a certificate perhaps that it does not have. */
static int try_agent(Auth *auth, const PssKey *key, const PssKey *signer)
{
	if (!pss_agent_show(auth->agent, auth->session, (guint)signer->agent_index, signer == key ? NULL : key->blob,
			    auth->error))
		return *auth->error ? SSH_AUTH_ERROR : SSH_AUTH_DENIED;
	return finish(auth, attempt_agent, NULL);
}

/* One that the server would take, and that cannot sign. */
static void note_unusable(Auth *auth, const char *what, const char *why)
{
	pss_login_note(auth->person, PSS_NOTE_VERBOSE, "%s is wanted, but %s", what, why);
	g_free(auth->unusable);
	auth->unusable = g_strdup_printf("%s is wanted, but %s", what, why);
}

/* A key that needs no passphrase is sent signed at once; of the others the server is asked first. */
static int try_file(Auth *auth, const PssKey *key, PssKey *signer, const char *what)
{
	const char *why = NULL;
	PssKeyState state = pss_key_load(signer, auth->person, &why);
	int status = SSH_AUTH_SUCCESS;

	if (state == PSS_KEY_LOADED)
		return sign(auth, key, signer);
	if (key->blob)
		status = query(auth, key);
	if (status != SSH_AUTH_SUCCESS)
		return status;
	if (state == PSS_KEY_LOCKED && pss_key_unlock(signer, auth->person))
		return sign(auth, key, signer);
	if (state == PSS_KEY_LOCKED && !pss_login_can_be_asked(auth->person))
		why = "it has a passphrase, and nobody can be asked for it here";
	if (why && key->blob)
		note_unusable(auth, what, why);
	return SSH_AUTH_DENIED;
}

static int try_key(Auth *auth, PssKey *key)
{
	g_autofree char *what = pss_key_describe(key, auth->agent);
	PssKey *signer = pss_key_signer(auth->keys, key);

	pss_login_note(auth->person, PSS_NOTE_VERBOSE, "trying %s", what);
	auth->way = signer->agent_index >= 0 ? "publickey, with a key of the agent" : "publickey, with a key file";
	return signer->agent_index >= 0 ? try_agent(auth, key, signer) : try_file(auth, key, signer, what);
}

static int by_publickey(Auth *auth)
{
	int status = SSH_AUTH_DENIED;

	collect_keys(auth);
	while (status == SSH_AUTH_DENIED && auth->next_key < auth->keys->len) {
		PssKey *key = g_ptr_array_index(auth->keys, auth->next_key++);
		status = try_key(auth, key);
		if (status == SSH_AUTH_SUCCESS || status == SSH_AUTH_PARTIAL)
			remember(auth->config, key);
		/* The server may have taken the way away after so many failures. */
		if (auth->offered && !(auth->offered & SSH_AUTH_METHOD_PUBLICKEY))
			break;
	}
	return status;
}

static int by_password(Auth *auth)
{
	g_autofree char *question = g_strdup_printf("%s@%s's password: ", auth->config->user, auth->config->host);
	int status = SSH_AUTH_DENIED;

	while (status == SSH_AUTH_DENIED && auth->passwords++ < auth->config->n_password_prompts) {
		char *password = pss_login_ask(auth->person, PSS_ASK_SECRET, question);
		if (!password) {
			auth->passwords = auth->config->n_password_prompts;
			break;
		}
		status = finish(auth, attempt_password, password);
		pss_login_forget(password);
	}
	return status;
}

/* FALSE: declined. */
static gboolean answer_prompts(Auth *auth)
{
	int n = ssh_userauth_kbdint_getnprompts(auth->session);
	const char *name = ssh_userauth_kbdint_getname(auth->session);
	const char *instruction = ssh_userauth_kbdint_getinstruction(auth->session);

	for (int i = 0; i < n; i++) {
		char echo = 0;
		const char *prompt = ssh_userauth_kbdint_getprompt(auth->session, (unsigned int)i, &echo);
		g_autoptr(GString) question = g_string_new(NULL);
		if (i == 0 && name && *name)
			g_string_append_printf(question, "%s\n", name);
		if (i == 0 && instruction && *instruction)
			g_string_append_printf(question, "%s\n", instruction);
		g_string_append_printf(question, "(%s@%s) %s", auth->config->user, auth->config->host,
				       prompt ? prompt : "");
		char *answer = pss_login_ask(auth->person, echo ? PSS_ASK_TEXT : PSS_ASK_SECRET, question->str);
		if (!answer)
			return FALSE;
		ssh_userauth_kbdint_setanswer(auth->session, (unsigned int)i, answer);
		pss_login_forget(answer);
	}
	return TRUE;
}

static int by_kbdint(Auth *auth)
{
	int status = SSH_AUTH_DENIED;

	while (status == SSH_AUTH_DENIED && auth->rounds++ < auth->config->n_password_prompts) {
		status = finish(auth, attempt_kbdint, NULL);
		while (status == SSH_AUTH_INFO && answer_prompts(auth))
			status = finish(auth, attempt_kbdint, NULL);
		if (status == SSH_AUTH_INFO) { /* declined; libssh wants an answer before anything else */
			auth->rounds = auth->config->n_password_prompts;
			status = finish(auth, attempt_kbdint, NULL);
			while (status == SSH_AUTH_INFO)
				status = finish(auth, attempt_kbdint, NULL);
		}
	}
	return status;
}

static int by_gssapi(Auth *auth)
{
	auth->gssapi_spent = TRUE;
	pss_gssapi_prepare(auth->session, auth->config);
	return finish(auth, attempt_gssapi, NULL);
}

/* Where libssh has refused the name (login.c), each request brings it, but for those of GSSAPI. */
static gboolean has_user(const Auth *auth)
{
	char *user = NULL;
	gboolean has = ssh_options_get(auth->session, SSH_OPTIONS_USER, &user) == SSH_OK &&
		       g_strcmp0(user, auth->config->user) == 0;

	ssh_string_free_char(user);
	return has;
}

/* Distributions switch GSSAPI on for everybody: who has no ticket shall pay nothing for it, and no KDC be asked for a
 * server that does not take them. */
static gboolean may_use_gssapi(Auth *auth)
{
	if (!auth->config->gssapi || auth->gssapi_spent)
		return FALSE;
	if (!has_user(auth))
		auth->no_gssapi =
			g_strdup("this version of libssh takes no backslash in a user name (-Transport ssh does)");
	else
		auth->no_gssapi = auth->offered ? pss_gssapi_fetch_ticket(auth->person, auth->config)
						: pss_gssapi_find_ticket(auth->person, auth->config);
	if (!auth->no_gssapi)
		return TRUE;
	auth->gssapi_spent = TRUE;
	pss_login_note(auth->person, PSS_NOTE_VERBOSE, "no GSSAPI: %s", auth->no_gssapi);
	return FALSE;
}

static gboolean may_use_keys(Auth *auth)
{
	if (!auth->config->pubkey)
		return FALSE;
	collect_keys(auth);
	return auth->next_key < auth->keys->len;
}

static gboolean may_use_password(Auth *auth)
{
	return auth->config->password && auth->passwords < auth->config->n_password_prompts &&
	       pss_login_can_be_asked(auth->person);
}

static gboolean may_use_kbdint(Auth *auth)
{
	return auth->config->kbdint && auth->rounds < auth->config->n_password_prompts &&
	       pss_login_can_be_asked(auth->person);
}

static const struct {
	const char *name;
	int flag;
	gboolean (*may)(Auth *auth); /* allowed here, and not used up */
	int (*run)(Auth *auth);
} methods[] = {
	{ "gssapi-with-mic", SSH_AUTH_METHOD_GSSAPI_MIC, may_use_gssapi, by_gssapi },
	{ "publickey", SSH_AUTH_METHOD_PUBLICKEY, may_use_keys, by_publickey },
	{ "keyboard-interactive", SSH_AUTH_METHOD_INTERACTIVE, may_use_kbdint, by_kbdint },
	{ "password", SSH_AUTH_METHOD_PASSWORD, may_use_password, by_password },
};

/* The index of the next method to try, or -1. */
static int choose(Auth *auth)
{
	for (char **preferred = auth->config->preferred; *preferred; preferred++)
		for (guint i = 0; i < G_N_ELEMENTS(methods); i++)
			if (g_str_equal(*preferred, methods[i].name) &&
			    (!auth->offered || (auth->offered & methods[i].flag)) && methods[i].may(auth))
				return (int)i;
	return -1;
}

static void set_nothing_accepted(Auth *auth)
{
	g_autoptr(GString) takes = g_string_new(NULL);

	for (guint i = 0; i < G_N_ELEMENTS(methods); i++)
		if (auth->offered & methods[i].flag)
			g_string_append_printf(takes, "%s%s", takes->len ? ", " : "", methods[i].name);
	g_autofree char *kerberos = NULL, *unusable = NULL;
	const char *hint = "";
	if ((auth->offered & SSH_AUTH_METHOD_GSSAPI_MIC) && auth->no_gssapi)
		hint = kerberos = g_strdup_printf("; no GSSAPI: %s", auth->no_gssapi);
	else if (auth->unusable)
		hint = unusable = g_strdup_printf("; %s", auth->unusable);
	else if ((auth->offered & SSH_AUTH_METHOD_PUBLICKEY) && auth->config->pkcs11_provider)
		hint = "; keys of PKCS11Provider are not used here (-Transport ssh does)";
	else if ((auth->offered & SSH_AUTH_METHOD_PUBLICKEY) && (!auth->keys || auth->keys->len == 0))
		hint = "; no key was found, -KeyFilePath names one";
	else if ((auth->offered & (SSH_AUTH_METHOD_PASSWORD | SSH_AUTH_METHOD_INTERACTIVE)) &&
		 !pss_login_can_be_asked(auth->person))
		hint = "; nobody can be asked for a password here";
	g_autofree char *server_takes =
		auth->offered ? g_strdup_printf("; the server accepts %s",
						takes->len ? takes->str : "only methods that pssession does not know")
			      : g_strdup("");
	g_set_error(auth->error, PSS_ERROR, PSS_AUTH, "%s@%s: all login methods were refused (tried %s%s%s)",
		    auth->config->user, auth->config->host, auth->tried->len ? auth->tried->str : "none", server_takes,
		    hint);
}

static gboolean run(Auth *auth)
{
	int status = SSH_AUTH_DENIED;

	/* A key is at hand: it is shown before anything is asked. Else the server is asked what it takes. */
	int method = choose(auth);
	if (*auth->error)
		return FALSE;
	if (method < 0 || methods[method].flag != SSH_AUTH_METHOD_PUBLICKEY)
		status = finish(auth, attempt_none, NULL);
	while (status == SSH_AUTH_DENIED || status == SSH_AUTH_PARTIAL) {
		if (pss_login_has_left(auth->person)) {
			g_set_error_literal(auth->error, PSS_ERROR, PSS_INTERRUPTED, "interrupted");
			return FALSE;
		}
		method = choose(auth);
		if (method < 0 || *auth->error)
			break;
		if (!strstr(auth->tried->str, methods[method].name))
			g_string_append_printf(auth->tried, "%s%s", auth->tried->len ? ", " : "", methods[method].name);
		auth->way = methods[method].name;
		status = methods[method].run(auth);
	}
	if (status == SSH_AUTH_SUCCESS) {
		pss_login_step(auth->person, "login", "by %s",
			       auth->way ? auth->way : "none: the server wants no proof");
		return TRUE;
	}
	if (!*auth->error)
		set_nothing_accepted(auth);
	return FALSE;
}

gboolean pss_ssh_authenticate(PssLoginContext *person, const PssSshConfig *config, ssh_session session, GError **error)
{
	GError *failure = NULL;
	Auth auth = {
		.person = person, .config = config, .session = session, .error = &failure, .tried = g_string_new(NULL)
	};

	gboolean good = run(&auth);
	if (failure)
		g_propagate_error(error, failure);
	if (auth.keys)
		g_ptr_array_unref(auth.keys);
	pss_agent_close(auth.agent);
	g_string_free(auth.tried, TRUE);
	g_free(auth.banner);
	g_free(auth.no_gssapi);
	g_free(auth.unusable);
	return good;
}
