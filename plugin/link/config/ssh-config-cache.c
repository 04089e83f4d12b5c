/* SPDX-License-Identifier: MIT */
/* Keeps what `ssh -G` said. The files are read, not only looked at: they are small, and times of change lie. What is in
 * them is understood as far as is needed to find what they include, and whether anything but files decides
 * (ssh-config-text.h): when in doubt it does, and ssh is asked again. What `ssh -G` loses on the way is kept from them
 * too (ssh-config-lists.h). Called by the login threads. */
#include "link/config/ssh-config-cache.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "link/config/ssh-config-expand.h"
#include "link/config/ssh-config-lists.h"
#include "link/config/ssh-config-text.h"

#define ENTRIES_MAX 10000
#define DEPTH_MAX 16 /* as ssh has it */
#define FILE_MAX (1024 * 1024)

typedef struct {
	char *question, *digest, *answer;
	GList age; /* in `ages` */
} Entry;

static GHashTable *entries;        /* by question */
static GQueue ages = G_QUEUE_INIT; /* the oldest first */
static GMutex entries_lock;

typedef struct {
	PssSshConfig *config;
	GChecksum *sum;
	const char *folder; /* of relative Include */
	guint depth;
	gboolean more_decides; /* than the files that have been read */
} Scan;

static void add_text(Scan *scan, const char *text)
{
	g_checksum_update(scan->sum, (const guchar *)text, (gssize)strlen(text) + 1);
}

static void scan_file(Scan *scan, const char *path);

static void include(Scan *scan, const char *pattern)
{
	g_autofree char *expanded = pss_ssh_config_expand_path(scan->config, pattern);
	glob_t found;

	if (!expanded) {
		scan->more_decides = TRUE;
		return;
	}
	g_autofree char *whole =
		g_path_is_absolute(expanded) ? g_strdup(expanded) : g_build_filename(scan->folder, expanded, NULL);
	int status = glob(whole, 0, NULL, &found);
	if (status != 0 && status != GLOB_NOMATCH)
		scan->more_decides = TRUE;
	for (size_t i = 0; status == 0 && i < found.gl_pathc; i++)
		scan_file(scan, found.gl_pathv[i]);
	if (status == 0)
		globfree(&found);
}

static void include_all(Scan *scan, const char *text)
{
	g_auto(GStrv) patterns = pss_config_split_words(text);

	if (!patterns || !*patterns || scan->depth >= DEPTH_MAX) {
		scan->more_decides = TRUE;
		return;
	}
	scan->depth++;
	for (char **pattern = patterns; *pattern; pattern++)
		include(scan, *pattern);
	scan->depth--;
}

static void obey(Scan *scan, const PssConfigText *text)
{
	scan->more_decides |= text->more_decides;
	for (guint i = 0; i < text->lines->len; i++) {
		const PssConfigLine *line = &g_array_index(text->lines, PssConfigLine, i);
		if (line->is_include)
			include_all(scan, line->value);
		else
			pss_config_lists_add(scan->config, line->value);
	}
}

/* Who owns it and who may write it count too: ssh refuses some. */
static void scan_file(Scan *scan, const char *path)
{
	g_autofree char *bytes = NULL;
	struct stat status;
	gsize n;

	add_text(scan, path);
	if (stat(path, &status) < 0) {
		add_text(scan, "missing");
		return;
	}
	if (!S_ISREG(status.st_mode) || status.st_size > FILE_MAX || !g_file_get_contents(path, &bytes, &n, NULL)) {
		scan->more_decides = TRUE;
		return;
	}
	g_autofree char *facts = g_strdup_printf("%o %u", status.st_mode, status.st_uid);
	add_text(scan, facts);
	g_autoptr(PssConfigText) text = pss_config_text_of(path, g_steal_pointer(&bytes), n);
	add_text(scan, text->digest);
	obey(scan, text);
}

/* The program as a file: a script may decide by anything. */
static gboolean scan_program(Scan *scan, const char *ssh)
{
	struct stat status;
	char start[4] = "";
	FILE *file = fopen(ssh, "re");

	if (!file)
		return FALSE;
	gboolean is_elf = fread(start, 1, sizeof start, file) == sizeof start && memcmp(start, "\177ELF", 4) == 0 &&
			  fstat(fileno(file), &status) == 0;
	fclose(file);
	if (!is_elf)
		return FALSE;
	g_autofree char *facts =
		g_strdup_printf("%s %ju %ju %jd.%ld", ssh, (uintmax_t)status.st_ino, (uintmax_t)status.st_size,
				(intmax_t)status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
	add_text(scan, facts);
	return TRUE;
}

/* Where the program may have its system-wide file: a distribution's, or one beside a self-built program. */
static void scan_system_files(Scan *scan, const char *ssh)
{
	g_autofree char *folder = g_path_get_dirname(ssh), *prefix = g_path_get_dirname(folder);
	g_autofree char *own = g_build_filename(prefix, "etc", "ssh", "ssh_config", NULL);
	g_autofree char *older = g_build_filename(prefix, "etc", "ssh_config", NULL);
	g_autofree char *own_folder = g_path_get_dirname(own), *older_folder = g_path_get_dirname(older);

	scan->folder = "/etc/ssh";
	scan_file(scan, "/etc/ssh/ssh_config");
	scan->folder = own_folder;
	scan_file(scan, own);
	scan->folder = older_folder;
	scan_file(scan, older);
}

static void scan_options(Scan *scan, const PssTarget *target)
{
	for (char **option = target->options; *option; option++) {
		g_autofree char *lower = g_ascii_strdown(*option, -1);
		if (g_str_has_prefix(lower, "include"))
			scan->more_decides = TRUE;
		g_autoptr(PssConfigText) text = pss_config_text_new(g_strdup(*option), strlen(*option));
		obey(scan, text);
	}
}

static void scan_files(Scan *scan, const PssTarget *target, const char *ssh)
{
	g_autofree char *folder = pss_ssh_config_expand_path(scan->config, "~/.ssh");
	g_autofree char *own = g_build_filename(folder, "config", NULL);

	scan->folder = folder;
	if (g_strcmp0(target->config_file, "none") == 0)
		return;
	if (target->config_file) {
		scan_file(scan, target->config_file);
		return;
	}
	scan_file(scan, own);
	scan_system_files(scan, ssh);
}

char *pss_config_read_sources(PssSshConfig *config, const PssTarget *target, const char *ssh)
{
	Scan scan = { .config = config, .sum = g_checksum_new(G_CHECKSUM_SHA256) };
	char *digest = NULL;

	if (!scan_program(&scan, ssh))
		scan.more_decides = TRUE;
	scan_options(&scan, target);
	scan_files(&scan, target, ssh);
	if (!scan.more_decides)
		digest = g_strdup(g_checksum_get_string(scan.sum));
	g_checksum_free(scan.sum);
	return digest;
}

static void entry_free(gpointer data)
{
	Entry *entry = data;

	g_queue_unlink(&ages, &entry->age);
	g_free(entry->question);
	g_free(entry->digest);
	g_free(entry->answer);
	g_free(entry);
}

char *pss_config_cache_look(const char *question, const char *digest)
{
	char *answer = NULL;

	g_mutex_lock(&entries_lock);
	const Entry *entry = entries ? g_hash_table_lookup(entries, question) : NULL;
	if (entry && g_str_equal(entry->digest, digest))
		answer = g_strdup(entry->answer);
	g_mutex_unlock(&entries_lock);
	return answer;
}

void pss_config_cache_keep(const char *question, const char *digest, const char *answer)
{
	Entry *entry = g_new0(Entry, 1);

	*entry = (Entry){ g_strdup(question), g_strdup(digest), g_strdup(answer), { .data = entry } };
	g_mutex_lock(&entries_lock);
	if (!entries)
		entries = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, entry_free);
	g_hash_table_replace(entries, entry->question, entry);
	g_queue_push_tail_link(&ages, &entry->age);
	while (g_queue_get_length(&ages) > ENTRIES_MAX) {
		const Entry *oldest = g_queue_peek_head(&ages);
		g_hash_table_remove(entries, oldest->question);
	}
	g_mutex_unlock(&entries_lock);
}
