/* SPDX-License-Identifier: MIT */
/* What server.sh answers becomes SFTP packets. Nothing of it is believed: a malformed line, or more bytes than were
 * asked for, end it. Called by shell.c. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "copy/shell/private.h"

#define LINE_MAX_HERE 8192u
#define WORDS_MAX 16
#define NAME_MAX_HERE 4096u
#define ENTRIES_AT_ONCE 100u

static GByteArray *packet_of(PssFxp type, guint64 id)
{
	GByteArray *packet = pss_fxp_new(type);

	pss_fxp_put_u32(packet, (guint32)id);
	return packet;
}

static void send(PssShell *shell, GByteArray *packet)
{
	if (shell->client)
		pss_sftp_stream_send(shell->client, packet);
	else
		g_byte_array_unref(packet);
}

void pss_shell_say_status(PssShell *shell, guint64 id, guint32 code, const char *text)
{
	GByteArray *packet = packet_of(PSS_FXP_STATUS, id);

	pss_fxp_put_u32(packet, code);
	pss_fxp_put_text(packet, text);
	pss_fxp_put_text(packet, "");
	send(shell, packet);
}

void pss_shell_say_handle(PssShell *shell, guint64 id)
{
	GByteArray *packet = packet_of(PSS_FXP_HANDLE, id);
	g_autofree char *number = g_strdup_printf("%" G_GUINT64_FORMAT, id);

	pss_fxp_put_text(packet, number);
	send(shell, packet);
}

/* ---- directories */

static void say_entries(PssShell *shell, PssShellHandle *handle, guint64 id)
{
	GByteArray *packet = packet_of(PSS_FXP_NAME, id);
	guint n = MIN(handle->entries.length, ENTRIES_AT_ONCE);

	pss_fxp_put_u32(packet, n);
	for (guint i = 0; i < n; i++) {
		g_autoptr(GByteArray) entry = g_queue_pop_head(&handle->entries);
		g_byte_array_append(packet, entry->data, entry->len);
	}
	shell->n_entries -= n;
	send(shell, packet);
}

void pss_shell_list(PssShell *shell, PssShellHandle *handle)
{
	while (handle->readers.length > 0) {
		if (handle->entries.length < ENTRIES_AT_ONCE && !handle->is_listed)
			return;
		guint64 id = GPOINTER_TO_UINT(g_queue_pop_head(&handle->readers));
		if (handle->entries.length > 0)
			say_entries(shell, handle, id);
		else
			pss_shell_say_status(shell, id, PSS_SFTP_EOF, "");
	}
}

/* ---- attributes: "g MODE SIZE UID GID ATIME MTIME" (mode in hex), "b" (octal), or "l" and what ls -ln prints */

static guint32 mode_of_letters(const char *text)
{
	static const char types[] = "-dlbcps";
	static const guint32 values[] = { S_IFREG, S_IFDIR, S_IFLNK, S_IFBLK, S_IFCHR, S_IFIFO, S_IFSOCK };
	const char *type = *text ? strchr(types, *text) : NULL;
	guint32 mode = type ? values[type - types] : 0;

	for (int i = 1; i <= 9 && text[i]; i++)
		if (text[i] != '-' && text[i] != 'S' && text[i] != 'T')
			mode |= 0400u >> (i - 1);
	if (strlen(text) >= 10) {
		mode |= text[3] == 's' || text[3] == 'S' ? S_ISUID : 0;
		mode |= text[6] == 's' || text[6] == 'S' ? S_ISGID : 0;
		mode |= text[9] == 't' || text[9] == 'T' ? S_ISVTX : 0;
	}
	return mode;
}

static gboolean read_stat(char **words, int base, PssSftpAttributes *attributes)
{
	for (int i = 0; i < 6; i++)
		if (!words[i])
			return FALSE;
	attributes->has = PSS_SFTP_HAS_SIZE | PSS_SFTP_HAS_OWNER | PSS_SFTP_HAS_MODE | PSS_SFTP_HAS_TIMES;
	attributes->mode = (guint32)g_ascii_strtoull(words[0], NULL, (guint)base);
	attributes->size = g_ascii_strtoull(words[1], NULL, 10);
	attributes->uid = (guint32)g_ascii_strtoull(words[2], NULL, 10);
	attributes->gid = (guint32)g_ascii_strtoull(words[3], NULL, 10);
	attributes->atime = (guint32)g_ascii_strtoull(words[4], NULL, 10);
	attributes->mtime = (guint32)g_ascii_strtoull(words[5], NULL, 10);
	return TRUE;
}

static gboolean read_ls(char **words, PssSftpAttributes *attributes)
{
	for (int i = 0; i < 5; i++)
		if (!words[i])
			return FALSE;
	attributes->has = PSS_SFTP_HAS_SIZE | PSS_SFTP_HAS_OWNER | PSS_SFTP_HAS_MODE;
	attributes->mode = mode_of_letters(words[0]);
	attributes->uid = (guint32)g_ascii_strtoull(words[2], NULL, 10);
	attributes->gid = (guint32)g_ascii_strtoull(words[3], NULL, 10);
	attributes->size = g_ascii_strtoull(words[4], NULL, 10);
	return TRUE;
}

static gboolean read_attributes(char **words, PssSftpAttributes *ret_attributes)
{
	*ret_attributes = (PssSftpAttributes){ 0 };
	if (!words[0])
		return FALSE;
	if (words[0][0] == 'l')
		return read_ls(words + 1, ret_attributes);
	return read_stat(words + 1, words[0][0] == 'g' ? 16 : 8, ret_attributes);
}

/* ---- answers; each returns the bytes that it takes behind its line, or -1. `words` are those behind the id. */

typedef struct {
	guint64 id;
	PssShellAsked asked;
	PssShellHandle *handle; /* or NULL */
	char **words;
	const char *rest; /* of the line, behind the code of a status */
	const char *bytes;
	gsize n_bytes;
} Answer;

static void forget(PssShell *shell, const Answer *answer)
{
	g_hash_table_remove(shell->asked, &answer->id);
}

static void say_opened(PssShell *shell, const Answer *answer, guint32 code)
{
	guint64 number = answer->asked.handle;

	if (code == 0) {
		pss_shell_say_handle(shell, answer->id);
		return;
	}
	g_hash_table_remove(shell->handles, &number);
	pss_shell_say_status(shell, answer->id, code, answer->rest);
}

/* Of a directory: its end, or that it cannot be listed, where no entry has come. */
static void end_list(PssShell *shell, const Answer *answer, guint32 code)
{
	PssShellHandle *handle = answer->handle;

	if (!handle)
		return; /* closed meanwhile */
	if (handle->position == 0)
		say_opened(shell, answer, code == PSS_SFTP_EOF ? 0 : code);
	if (handle->position == 0 && code != PSS_SFTP_EOF)
		return; /* it is gone */
	handle->is_listed = TRUE;
	pss_shell_list(shell, handle);
}

static gssize on_status(PssShell *shell, const Answer *answer)
{
	guint32 code = answer->words[0] ? (guint32)strtoul(answer->words[0], NULL, 10) : PSS_SFTP_FAILURE;

	if (answer->asked.type == PSS_FXP_OPEN)
		say_opened(shell, answer, code);
	else if (answer->asked.type == PSS_FXP_OPENDIR)
		end_list(shell, answer, code);
	else if (answer->id > G_MAXUINT32 && answer->handle)
		answer->handle->is_spoilt |= code != 0;
	else if (answer->id <= G_MAXUINT32 && answer->asked.type == PSS_FXP_WRITE && answer->handle &&
		 answer->handle->is_spoilt)
		pss_shell_say_status(shell, answer->id, PSS_SFTP_FAILURE, "its size cannot be set there");
	else if (answer->id <= G_MAXUINT32)
		pss_shell_say_status(shell, answer->id, code, answer->rest);
	forget(shell, answer);
	return 0;
}

static gssize on_attributes(PssShell *shell, const Answer *answer)
{
	PssSftpAttributes attributes;
	GByteArray *packet = packet_of(PSS_FXP_ATTRS, answer->id);

	if (!read_attributes(answer->words, &attributes)) {
		g_byte_array_unref(packet);
		return -1;
	}
	pss_fxp_put_attributes(packet, &attributes);
	send(shell, packet);
	forget(shell, answer);
	return 0;
}

/* So many bytes as the first word says; 0: they have not all come. */
static gsize n_behind(const Answer *answer, gsize max)
{
	guint64 n = answer->words[0] ? g_ascii_strtoull(answer->words[0], NULL, 10) : G_MAXUINT64;

	return n == 0 || n > max ? G_MAXSIZE : n > answer->n_bytes ? 0 : (gsize)n;
}

enum { MORE_IS_NEEDED = -2 };

static gssize on_data(PssShell *shell, const Answer *answer)
{
	gsize n = n_behind(answer, answer->asked.n);

	if (n == G_MAXSIZE || n == 0)
		return n == 0 ? MORE_IS_NEEDED : -1;
	GByteArray *packet = packet_of(PSS_FXP_DATA, answer->id);
	pss_fxp_put_string(packet, answer->bytes, n);
	send(shell, packet);
	forget(shell, answer);
	return (gssize)n;
}

static gssize on_name(PssShell *shell, const Answer *answer)
{
	gsize n = n_behind(answer, NAME_MAX_HERE);

	if (n == G_MAXSIZE || n == 0)
		return n == 0 ? MORE_IS_NEEDED : -1;
	GByteArray *packet = packet_of(PSS_FXP_NAME, answer->id);
	pss_fxp_put_u32(packet, 1);
	pss_fxp_put_string(packet, answer->bytes, n);
	pss_fxp_put_text(packet, "");
	pss_fxp_put_attributes(packet, NULL);
	send(shell, packet);
	forget(shell, answer);
	return (gssize)n;
}

static gssize on_entry(PssShell *shell, const Answer *answer)
{
	gsize n = n_behind(answer, NAME_MAX_HERE);
	PssShellHandle *handle = answer->handle;
	PssSftpAttributes attributes;

	if (n == G_MAXSIZE || n == 0)
		return n == 0 ? MORE_IS_NEEDED : -1;
	if (!read_attributes(answer->words + 1, &attributes))
		return -1;
	if (!handle)
		return (gssize)n;
	if (handle->position++ == 0)
		pss_shell_say_handle(shell, answer->id);
	GByteArray *entry = g_byte_array_new();
	pss_fxp_put_string(entry, answer->bytes, n);
	pss_fxp_put_text(entry, "");
	pss_fxp_put_attributes(entry, &attributes);
	g_queue_push_tail(&handle->entries, entry);
	shell->n_entries++;
	pss_shell_list(shell, handle);
	return (gssize)n;
}

static const struct {
	char letter;
	gssize (*on_answer)(PssShell *shell, const Answer *answer);
} answers[] = {
	{ 's', on_status }, { 'a', on_attributes }, { 'd', on_data }, { 'n', on_name }, { 'x', on_entry },
};

/* Only what was asked for so is answered so. */
static gboolean fits(char letter, PssFxp type)
{
	switch (letter) {
	case 'a':
		return type == PSS_FXP_STAT || type == PSS_FXP_LSTAT || type == PSS_FXP_FSTAT;
	case 'd':
		return type == PSS_FXP_READ;
	case 'n':
		return type == PSS_FXP_REALPATH || type == PSS_FXP_READLINK;
	case 'x':
		return type == PSS_FXP_OPENDIR;
	default:
		return TRUE;
	}
}

static gssize dispatch(PssShell *shell, char letter, Answer *answer)
{
	const PssShellAsked *asked = g_hash_table_lookup(shell->asked, &answer->id);

	if (!asked || !fits(letter, asked->type))
		return -1;
	answer->asked = *asked;
	answer->handle = pss_shell_handle(shell, asked->handle);
	for (gsize i = 0; i < G_N_ELEMENTS(answers); i++)
		if (answers[i].letter == letter)
			return answers[i].on_answer(shell, answer);
	return -1;
}

/* At blanks, several of which count as one (ls pads). */
static char **split(const char *line)
{
	GPtrArray *words = g_ptr_array_new();
	g_auto(GStrv) all = g_strsplit(line, " ", -1);

	for (char **word = all; *word && words->len < WORDS_MAX; word++)
		if (**word)
			g_ptr_array_add(words, g_strdup(*word));
	g_ptr_array_add(words, NULL);
	return (char **)g_ptr_array_free(words, FALSE);
}

gssize pss_shell_take_answer(PssShell *shell, const char *bytes, gsize n)
{
	const char *newline = n > 0 ? memchr(bytes, '\n', MIN(n, LINE_MAX_HERE)) : NULL;

	if (!newline)
		return n > LINE_MAX_HERE ? -1 : 0;
	g_autofree char *line = g_strndup(bytes, (gsize)(newline - bytes));
	g_auto(GStrv) words = split(line);
	const char *id = strchr(line, ' ');
	const char *code = id ? strchr(id + 1, ' ') : NULL;
	if (g_strv_length(words) < 3 || strlen(words[0]) != 1 || !code)
		return -1;
	Answer answer = { .id = g_ascii_strtoull(words[1], NULL, 10),
			  .words = words + 2,
			  .rest = code + 1 + strcspn(code + 1, " "),
			  .bytes = newline + 1,
			  .n_bytes = n - (gsize)(newline + 1 - bytes) };
	gssize taken = dispatch(shell, words[0][0], &answer);

	if (taken == MORE_IS_NEEDED)
		return 0;
	return taken < 0 ? -1 : newline + 1 - bytes + taken;
}
