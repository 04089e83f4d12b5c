/* SPDX-License-Identifier: MIT */
/* The file of claims: its first bytes are the secret, and behind them each number has a byte that is locked while it is
 * claimed. Called by copy/items when a transfer begins. */
#include "copy/local/claims.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/system.h"

#define SECRET_SIZE 16

struct PssClaims {
	int fd; /* -1: nothing can be claimed */
	guint8 secret[SECRET_SIZE];
	GHashTable *taken; /* numbers: a process's own locks do not stop it */
};

static gboolean lock(int fd, short type, guint32 number)
{
	struct flock range = {
		.l_type = type, .l_whence = SEEK_SET, .l_start = SECRET_SIZE + (off_t)number, .l_len = 1
	};

	return fcntl(fd, F_SETLK, &range) == 0;
}

/* The first process to write it wins: what is appended behind it counts for nobody. */
static gboolean read_secret(int fd, guint8 *ret_secret)
{
	guint8 fresh[SECRET_SIZE];
	struct stat st;

	if (fstat(fd, &st) < 0 || st.st_uid != geteuid() || !S_ISREG(st.st_mode))
		return FALSE;
	if (st.st_size < SECRET_SIZE &&
	    (!pss_system_random(fresh, sizeof fresh) || write(fd, fresh, sizeof fresh) != (ssize_t)sizeof fresh))
		return FALSE;
	return pread(fd, ret_secret, SECRET_SIZE, 0) == SECRET_SIZE;
}

PssClaims *pss_claims_new(const char *path)
{
	PssClaims *claims = g_new0(PssClaims, 1);
	g_autofree char *directory = g_path_get_dirname(path);

	claims->taken = g_hash_table_new(NULL, NULL);
	g_mkdir_with_parents(directory, 0700);
	claims->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (claims->fd >= 0 && !read_secret(claims->fd, claims->secret)) {
		close(claims->fd);
		claims->fd = -1;
	}
	return claims;
}

void pss_claims_free(PssClaims *claims)
{
	if (!claims)
		return;
	if (claims->fd >= 0)
		close(claims->fd);
	g_hash_table_unref(claims->taken);
	g_free(claims);
}

static guint32 number_of(const PssClaims *claims, const char *what)
{
	const char *computer = g_get_host_name(); /* a home may be shared where locks are not */
	guint8 digest[32];
	gsize n = sizeof digest;
	guint32 number;

	GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
	g_checksum_update(sum, claims->secret, SECRET_SIZE);
	g_checksum_update(sum, (const guchar *)computer, (gssize)strlen(computer) + 1);
	g_checksum_update(sum, (const guchar *)what, (gssize)strlen(what));
	g_checksum_get_digest(sum, digest, &n);
	g_checksum_free(sum);
	memcpy(&number, digest, sizeof number);
	return MAX(number, 1);
}

guint32 pss_claims_take(PssClaims *claims, const char *what)
{
	guint32 number = claims->fd >= 0 ? number_of(claims, what) : 0;

	if (number == 0 || g_hash_table_contains(claims->taken, GUINT_TO_POINTER(number)) ||
	    !lock(claims->fd, F_WRLCK, number))
		return 0;
	g_hash_table_add(claims->taken, GUINT_TO_POINTER(number));
	return number;
}
