/* SPDX-License-Identifier: MIT */
/* The known_hosts files that are looked at, each read and indexed once for each version of it. A version is known by
 * inode, size and times of change, where those can be relied on; else by the text. Called by the login threads through
 * known-hosts.c. */
#include "link/libssh/hostkey/known-hosts-file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/error.h"

#define FILE_MAX (64 * 1024 * 1024)
#define SETTLED_US (2 * G_USEC_PER_SEC) /* the coarsest clock of a file system (FAT) */
#define UNUSED_S 60

typedef struct {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec changed, modified;
} Version;

typedef struct {
	Version version;
	gboolean is_settled; /* nothing can have changed it since without another time of change */
	gboolean is_used;    /* since the last look at what is not */
	PssKnownIndex *index;
} Kept;

static GHashTable *kept; /* by path */
static GMutex kept_lock;
static guint unused_source;

static void kept_free(gpointer data)
{
	Kept *one = data;

	pss_known_index_unref(one->index);
	g_free(one);
}

static gboolean is_unused(gpointer path, gpointer data, gpointer unused)
{
	Kept *one = data;
	gboolean was_used = one->is_used;

	one->is_used = FALSE;
	return !was_used;
}

static gboolean on_unused_time(gpointer unused)
{
	g_mutex_lock(&kept_lock);
	g_hash_table_foreach_remove(kept, is_unused, NULL);
	gboolean are_more = g_hash_table_size(kept) > 0;
	if (!are_more)
		unused_source = 0;
	g_mutex_unlock(&kept_lock);
	return are_more;
}

static Version version_of(const struct stat *status)
{
	return (Version){ status->st_dev, status->st_ino, status->st_size, status->st_ctim, status->st_mtim };
}

static gboolean is_same_time(struct timespec one, struct timespec other)
{
	return one.tv_sec == other.tv_sec && one.tv_nsec == other.tv_nsec;
}

static gboolean is_same(const Version *one, const Version *other)
{
	return one->device == other->device && one->inode == other->inode && one->size == other->size &&
	       is_same_time(one->changed, other->changed) && is_same_time(one->modified, other->modified);
}

/* Times of change are coarse: two changes within one tick look like one. */
static gboolean is_settled(const Version *version, gint64 now)
{
	gint64 changed = (gint64)version->changed.tv_sec * G_USEC_PER_SEC + version->changed.tv_nsec / 1000;

	return now > changed + SETTLED_US;
}

static PssKnownIndex *find_kept(const char *path, const Version *version)
{
	PssKnownIndex *index = NULL;

	g_mutex_lock(&kept_lock);
	Kept *one = kept ? g_hash_table_lookup(kept, path) : NULL;
	if (one && one->is_settled && is_same(&one->version, version)) {
		one->is_used = TRUE;
		index = pss_known_index_ref(one->index);
	}
	g_mutex_unlock(&kept_lock);
	return index;
}

/* What was kept of that very text, whatever its times. */
static PssKnownIndex *find_text(const char *path, const char *text, gsize n)
{
	PssKnownIndex *index = NULL;

	g_mutex_lock(&kept_lock);
	const Kept *one = kept ? g_hash_table_lookup(kept, path) : NULL;
	if (one && pss_known_index_is_of(one->index, text, n))
		index = pss_known_index_ref(one->index);
	g_mutex_unlock(&kept_lock);
	return index;
}

static void keep(const char *path, const Version *version, gboolean settled, PssKnownIndex *index)
{
	Kept *one = g_new0(Kept, 1);

	*one = (Kept){ *version, settled, TRUE, pss_known_index_ref(index) };
	g_mutex_lock(&kept_lock);
	if (!kept)
		kept = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, kept_free);
	g_hash_table_replace(kept, g_strdup(path), one);
	if (!unused_source)
		unused_source = g_timeout_add_seconds(UNUSED_S, on_unused_time, NULL);
	g_mutex_unlock(&kept_lock);
}

static gboolean set_unknown(GError **error, const char *reason)
{
	g_set_error_literal(error, PSS_ERROR, PSS_HOST_KEY, reason);
	return FALSE;
}

/* FALSE: nothing is to be read. */
static gboolean look_at(const char *path, struct stat *ret_status, GError **error)
{
	if (stat(path, ret_status) < 0)
		return errno != ENOENT && errno != ENOTDIR && set_unknown(error, g_strerror(errno));
	/* /dev/null is a usual value; other devices and pipes could block for ever. */
	if (S_ISCHR(ret_status->st_mode) && ret_status->st_rdev == makedev(1, 3))
		return FALSE;
	if (!S_ISREG(ret_status->st_mode) || ret_status->st_size > FILE_MAX)
		return set_unknown(error, "it is no ordinary file, or too large");
	return TRUE;
}

static PssKnownIndex *read_index(const char *path, const Version *version, GError **error)
{
	g_autoptr(GError) failure = NULL;
	g_autofree char *text = NULL;
	gint64 now = g_get_real_time();
	struct stat status;
	gsize n;

	if (!g_file_get_contents(path, &text, &n, &failure)) {
		set_unknown(error, failure->message);
		return NULL;
	}
	if (memchr(text, '\0', n)) {
		set_unknown(error, "it holds NUL bytes");
		return NULL;
	}
	PssKnownIndex *index = find_text(path, text, n);
	if (!index)
		index = pss_known_index_new(g_steal_pointer(&text), n);
	/* One that has changed meanwhile is of no version. */
	Version after = stat(path, &status) == 0 ? version_of(&status) : (Version){ 0 };
	keep(path, version, is_same(version, &after) && is_settled(version, now), index);
	return index;
}

PssKnownIndex *pss_known_file_open(const char *path, GError **error)
{
	struct stat status;

	if (!look_at(path, &status, error))
		return NULL;
	Version version = version_of(&status);
	PssKnownIndex *index = find_kept(path, &version);
	return index ? index : read_index(path, &version, error);
}
