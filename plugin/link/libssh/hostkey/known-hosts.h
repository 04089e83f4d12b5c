/* SPDX-License-Identifier: MIT */
/* known_hosts files (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"): what they say about a key, and adding one. */
#pragma once

#include <glib.h>

typedef enum {
	PSS_KNOWN_NEW, /* no line names the host */
	PSS_KNOWN_MATCH,
	PSS_KNOWN_CHANGED, /* lines name the host, with other keys only */
	PSS_KNOWN_REVOKED,
	PSS_KNOWN_BROKEN, /* a file or a line about the host cannot be read: nothing can be said */
} PssKnown;

typedef struct {
	PssKnown known;
	char *file; /* where the line is that decided, or NULL */
	guint line;
	char *reason;     /* PSS_KNOWN_BROKEN: what is wrong */
	char *revokes_in; /* the file of a line that revokes another key for the host, an authority's for one; or NULL
			   */
	GPtrArray *types; /* key types ("ssh-ed25519") that unmarked lines have for the host */
} PssKnownVerdict;

/* `name` is the host as it stands in the files: "host" or "[host]:port", or a HostKeyAlias. `blob` is the
 * key in SSH's wire form; NULL only collects the types. `files` are looked at in order; missing ones are
 * fine. Blocks on the file system alone. */
void pss_known_hosts_check(char *const *files, const char *name, GBytes *blob, PssKnownVerdict *ret_verdict);
void pss_known_verdict_clear(PssKnownVerdict *verdict);

char *pss_known_hosts_name(const char *host, guint port);

/* Appends a line under a lock, making the file's directory (0700) where it is missing. */
gboolean pss_known_hosts_add(const char *file, const char *name, const char *type, GBytes *blob, gboolean hashed,
			     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* match_pattern_list() of ssh: 1 matches, 0 does not, -1 a negated pattern matched. */
int pss_known_hosts_match(const char *name, const char *patterns);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PssKnownVerdict, pss_known_verdict_clear)
