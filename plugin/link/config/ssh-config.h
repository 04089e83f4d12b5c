/* SPDX-License-Identifier: MIT */
/* What ssh_config says about one target, every source already merged. */
#pragma once

#include "link/login/login-context.h"

typedef enum {
	PSS_STRICT_ASK,
	PSS_STRICT_YES,
	PSS_STRICT_ACCEPT_NEW,
	PSS_STRICT_OFF,
} PssStrict;

typedef struct {
	char **environment; /* the caller's, for ${NAME} in paths */
	char *directory;    /* the caller's, for relative paths, or NULL */
	GPtrArray *lists;   /* of files, as they were written; see ssh-config-lists.h */
	char *host;         /* as typed */
	char *hostname;     /* what to connect to */
	char *user;
	guint port;
	char *bind_address; /* or NULL */
	int address_family; /* AF_* */
	guint connect_timeout_ms;
	guint connection_attempts;
	char *bind_interface; /* or NULL */
	int ip_tos;           /* of what a person types and sees; -1: the system's */
	gboolean tcp_keepalive;
	char *proxy_command; /* tokens not yet expanded, or NULL */
	char *proxy_jump;    /* or NULL */

	PssStrict strict;
	char *host_key_alias;                          /* or NULL */
	char **user_known_hosts, **global_known_hosts; /* paths, never NULL */
	char **revoked_host_keys;                      /* the same */
	gboolean hash_known_hosts, check_host_ip;

	GPtrArray *identity_files;    /* paths, in order of trial */
	gboolean key_file_given;      /* the first of them is -KeyFilePath */
	GPtrArray *certificate_files; /* paths */
	gboolean identities_only;
	char *pkcs11_provider; /* not used: to be named where nothing else logs in; or NULL */
	char *agent_socket;    /* or NULL */
	gboolean batch_mode;
	gboolean pubkey, password, kbdint, gssapi; /* allowed ways to log in */
	char *gssapi_client, *gssapi_server;       /* principal and name, or NULL */
	gboolean gssapi_delegates;
	char **preferred; /* PreferredAuthentications, never NULL */
	guint n_password_prompts;

	char *ciphers, *macs, *kex, *host_key_algorithms, *pubkey_algorithms; /* NULL: libssh's own */
	char *forward_agent;                         /* "yes", "no", a path, "$NAME", or NULL */
	GPtrArray *local_forwards, *remote_forwards; /* "LISTEN CONNECT", as ssh -G has them */
	GPtrArray *dynamic_forwards;                 /* "LISTEN" */
	GPtrArray *permit_remote_open;               /* "HOST:PORT …", "any", "none"; empty: anything */
	gboolean exit_on_forward_failure, gateway_ports;
	gboolean is_log_verbose_free; /* ssh knows LogVerbose (8.5), and nobody has set it */
	gboolean by_program;          /* ssh itself honours all of it: nothing is refused or noted */
	GPtrArray *send_env;          /* patterns of names */
	GPtrArray *set_env;           /* "NAME=value" */
	gboolean compression;
	guint64 rekey_bytes; /* 0: libssh decides */
	guint rekey_s;       /* 0: never for its age alone */
	int rsa_min_size;
	guint alive_interval_s, alive_count_max;
} PssSshConfig;

/* Blocks within the person's deadline, which it sets from ConnectTimeout once that is known. NULL and
 * PSS_USAGE for an option ssh does not know, PSS_SSH_ENDS for a configuration that it refuses or that cannot be
 * followed, PSS_UNSUPPORTED for what bears on security and cannot be honoured. What else is not honoured becomes a
 * verbose note. */
PssSshConfig *pss_ssh_config_resolve(PssLoginContext *person, const PssTarget *target,
				     GError **error) G_GNUC_WARN_UNUSED_RESULT;
void pss_ssh_config_free(PssSshConfig *config);

/* The socket of the agent that the server may use; NULL: none. */
char *pss_ssh_config_forwarded_agent(const PssSshConfig *config);

/* What SendEnv and SetEnv want the remote shell to have: "NAME=value" each, of the caller's environment first. */
char **pss_ssh_config_environment(const PssSshConfig *config);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PssSshConfig, pss_ssh_config_free)
