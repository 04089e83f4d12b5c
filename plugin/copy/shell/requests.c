/* SPDX-License-Identifier: MIT */
/* SFTP requests become lines for server.sh. Called by shell.c. */
#include <string.h>

#include "copy/shell/private.h"
#include "copy/shell/shell.h"

/* As printf %b undoes it; one word, that begins with "=". A relative path gets "./" in front, so that none looks like
 * an option. */
static void append_word(GString *line, const char *text)
{
	g_string_append(line, " =");
	for (; *text; text++)
		if (g_ascii_isalnum(*text) || strchr("/._-+,:@%", *text))
			g_string_append_c(line, *text);
		else
			g_string_append_printf(line, "\\0%03o", (guint8)*text);
}

void pss_copy_shell_append_path(GString *line, const char *path)
{
	g_autofree char *safe = *path == '/' ? NULL : g_strconcat("./", path, NULL);

	append_word(line, safe ? safe : path);
}

static GString *begin(char letter, guint64 id)
{
	GString *line = g_string_new(NULL);

	g_string_printf(line, "%c %" G_GUINT64_FORMAT, letter, id);
	return line;
}

static void ask_path(PssShell *shell, char letter, guint64 id, PssFxp type, const char *path)
{
	GString *line = begin(letter, id);

	pss_copy_shell_append_path(line, path);
	pss_shell_ask(shell, id, &(PssShellAsked){ .type = type }, line);
}

/* ---- files */

/* What a new file must not allow: as umask has it in letters ("u-,g-w,o-rwx"), since not every sh
 * calculates with octal numbers. */
static void append_forbidden(GString *line, const PssSftpAttributes *attributes)
{
	static const char letters[] = "rwxrwxrwx";
	guint32 forbidden = attributes->has & PSS_SFTP_HAS_MODE ? ~attributes->mode & 0777 : 0;

	for (int i = 0; i < 9; i++) {
		if (i % 3 == 0)
			g_string_append_printf(line, "%c%c-", i == 0 ? ' ' : ',', "ugo"[i / 3]);
		if (forbidden & 0400u >> i)
			g_string_append_c(line, letters[i]);
	}
}

static PssShellHandle *add_handle(PssShell *shell, guint64 id, const char *path)
{
	PssShellHandle *handle = g_new0(PssShellHandle, 1);

	handle->path = g_strdup(path);
	g_queue_init(&handle->entries);
	g_queue_init(&handle->readers);
	g_hash_table_replace(shell->handles, g_memdup2(&id, sizeof id), handle);
	return handle;
}

static void on_open(PssShell *shell, guint64 id, const char *path, PssFxpReader *body)
{
	guint32 flags = pss_fxp_get_u32(body);
	PssSftpAttributes attributes;
	pss_fxp_get_attributes(body, &attributes);
	char how = !(flags & PSS_FXF_WRITE) ? 'r' : flags & PSS_FXF_EXCL ? 'x' : flags & PSS_FXF_TRUNC ? 't' : 'w';
	GString *line = begin('O', id);

	add_handle(shell, id, path)->position = how == 'w' ? G_MAXUINT64 : 0;
	g_string_append_printf(line, " %c", how);
	append_forbidden(line, &attributes);
	pss_copy_shell_append_path(line, path);
	pss_shell_ask(shell, id, &(PssShellAsked){ .type = PSS_FXP_OPEN, .handle = id }, line);
}

static void on_open_directory(PssShell *shell, guint64 id, const char *path, PssFxpReader *body)
{
	GString *line = begin('D', id);

	add_handle(shell, id, path)->is_directory = TRUE;
	pss_copy_shell_append_path(line, path);
	pss_shell_ask(shell, id, &(PssShellAsked){ .type = PSS_FXP_OPENDIR, .handle = id }, line);
}

static void on_close(PssShell *shell, guint64 id, guint64 number, PssShellHandle *handle, PssFxpReader *body)
{
	shell->n_entries -= handle->entries.length;
	g_hash_table_remove(shell->handles, &number);
	pss_shell_say_status(shell, id, 0, "");
}

static void on_read(PssShell *shell, guint64 id, guint64 number, PssShellHandle *handle, PssFxpReader *body)
{
	guint64 offset = pss_fxp_get_u64(body);
	guint32 wanted = pss_fxp_get_u32(body);
	gsize n = MIN(wanted, PSS_SHELL_CHUNK);
	GString *line = begin('R', id);

	g_string_append_printf(line, " %" G_GUINT64_FORMAT " %zu", offset, n);
	pss_copy_shell_append_path(line, handle->path);
	pss_shell_ask(shell, id, &(PssShellAsked){ .type = PSS_FXP_READ, .handle = number, .n = n }, line);
}

/* The file becomes as long as the bytes in front say: server.sh only appends. */
static void set_size(PssShell *shell, guint64 number, PssShellHandle *handle, guint64 size)
{
	guint64 id = ++shell->last_own;
	GString *line = begin('Z', id);

	g_string_append_printf(line, " %" G_GUINT64_FORMAT, size);
	pss_copy_shell_append_path(line, handle->path);
	pss_shell_ask(shell, id, &(PssShellAsked){ .type = PSS_FXP_SETSTAT, .handle = number }, line);
	handle->position = size;
}

static void on_write(PssShell *shell, guint64 id, guint64 number, PssShellHandle *handle, PssFxpReader *body)
{
	guint64 offset = pss_fxp_get_u64(body);
	gsize n;
	const guint8 *data = pss_fxp_get_string(body, &n);

	if (!data || (handle->position != G_MAXUINT64 && offset < handle->position)) {
		pss_shell_say_status(shell, id, PSS_SFTP_UNSUPPORTED, "bytes can be appended only");
		return;
	}
	if (offset != handle->position)
		set_size(shell, number, handle, offset);
	GString *line = begin('W', id);
	g_string_append_printf(line, " %zu", n);
	pss_copy_shell_append_path(line, handle->path);
	pss_shell_ask(shell, id, &(PssShellAsked){ .type = PSS_FXP_WRITE, .handle = number }, line);
	pss_shell_append(shell, data, n);
	handle->position = offset + n;
}

static void on_list(PssShell *shell, guint64 id, guint64 number, PssShellHandle *handle, PssFxpReader *body)
{
	g_queue_push_tail(&handle->readers, GUINT_TO_POINTER((guint)id));
	pss_shell_list(shell, handle);
}

static void on_stat_handle(PssShell *shell, guint64 id, guint64 number, PssShellHandle *handle, PssFxpReader *body)
{
	ask_path(shell, 'S', id, PSS_FXP_FSTAT, handle->path);
}

/* ---- attributes */

static void ask_change(PssShell *shell, guint64 id, const char *path, PssFxpReader *body)
{
	PssSftpAttributes to;
	pss_fxp_get_attributes(body, &to);
	GString *line = begin('C', id);

	g_string_append_printf(line, to.has & PSS_SFTP_HAS_MODE ? " %o" : " -", to.mode & 07777);
	g_string_append_printf(line, to.has & PSS_SFTP_HAS_OWNER ? " %u:%u" : " -", to.uid, to.gid);
	g_string_append_printf(line, to.has & PSS_SFTP_HAS_TIMES ? " %u %u" : " - -", to.atime, to.mtime);
	if (to.has & PSS_SFTP_HAS_SIZE)
		g_string_append_printf(line, " %" G_GUINT64_FORMAT, to.size);
	else
		g_string_append(line, " -");
	pss_copy_shell_append_path(line, path);
	pss_shell_ask(shell, id, &(PssShellAsked){ .type = PSS_FXP_SETSTAT }, line);
}

static void on_change_handle(PssShell *shell, guint64 id, guint64 number, PssShellHandle *handle, PssFxpReader *body)
{
	ask_change(shell, id, handle->path, body);
}

/* ---- paths */

static void on_make_directory(PssShell *shell, guint64 id, const char *path, PssFxpReader *body)
{
	PssSftpAttributes attributes;
	pss_fxp_get_attributes(body, &attributes);
	GString *line = begin('M', id);

	append_forbidden(line, &attributes);
	pss_copy_shell_append_path(line, path);
	pss_shell_ask(shell, id, &(PssShellAsked){ .type = PSS_FXP_MKDIR }, line);
}

static void ask_two(PssShell *shell, char letter, guint64 id, PssFxp type, const char *first, PssFxpReader *body)
{
	g_autofree char *second = pss_fxp_get_text(body);
	GString *line = begin(letter, id);

	if (type == PSS_FXP_SYMLINK)
		append_word(line, first);
	else
		pss_copy_shell_append_path(line, first);
	pss_copy_shell_append_path(line, second ? second : "");
	pss_shell_ask(shell, id, &(PssShellAsked){ .type = type }, line);
}

static void on_rename(PssShell *shell, guint64 id, const char *path, PssFxpReader *body)
{
	ask_two(shell, 'V', id, PSS_FXP_RENAME, path, body);
}

static void on_symlink(PssShell *shell, guint64 id, const char *path, PssFxpReader *body)
{
	ask_two(shell, 'N', id, PSS_FXP_SYMLINK, path, body);
}

static void say_limits(PssShell *shell, guint64 id)
{
	GByteArray *packet = pss_fxp_new(PSS_FXP_EXTENDED_REPLY);

	pss_fxp_put_u32(packet, (guint32)id);
	pss_fxp_put_u64(packet, PSS_SFTP_PACKET_MAX);
	pss_fxp_put_u64(packet, PSS_SHELL_CHUNK);
	pss_fxp_put_u64(packet, PSS_SHELL_CHUNK);
	pss_fxp_put_u64(packet, 0);
	pss_sftp_stream_send(shell->client, packet);
}

static void on_extended(PssShell *shell, guint64 id, const char *name, PssFxpReader *body)
{
	g_autofree char *path = strcmp(name, "posix-rename@openssh.com") == 0 ? pss_fxp_get_text(body) : NULL;

	if (path)
		on_rename(shell, id, path, body);
	else if (strcmp(name, "limits@openssh.com") == 0)
		say_limits(shell, id);
	else
		pss_shell_say_status(shell, id, PSS_SFTP_UNSUPPORTED, "");
}

/* ---- all of them: each begins with a path (or a name), or with a handle */

static const struct {
	PssFxp type;
	char letter; /* for those that have a path and nothing more */
	void (*on_path)(PssShell *shell, guint64 id, const char *path, PssFxpReader *body);
	void (*on_handle)(PssShell *shell, guint64 id, guint64 number, PssShellHandle *handle, PssFxpReader *body);
} requests[] = {
	{ PSS_FXP_OPEN, .on_path = on_open },
	{ PSS_FXP_OPENDIR, .on_path = on_open_directory },
	{ PSS_FXP_CLOSE, .on_handle = on_close },
	{ PSS_FXP_READ, .on_handle = on_read },
	{ PSS_FXP_WRITE, .on_handle = on_write },
	{ PSS_FXP_READDIR, .on_handle = on_list },
	{ PSS_FXP_FSTAT, .on_handle = on_stat_handle },
	{ PSS_FXP_FSETSTAT, .on_handle = on_change_handle },
	{ PSS_FXP_SETSTAT, .on_path = ask_change },
	{ PSS_FXP_MKDIR, .on_path = on_make_directory },
	{ PSS_FXP_RENAME, .on_path = on_rename },
	{ PSS_FXP_SYMLINK, .on_path = on_symlink },
	{ PSS_FXP_EXTENDED, .on_path = on_extended },
	{ PSS_FXP_STAT, .letter = 'S' },
	{ PSS_FXP_LSTAT, .letter = 'L' },
	{ PSS_FXP_RMDIR, .letter = 'X' },
	{ PSS_FXP_REMOVE, .letter = 'U' },
	{ PSS_FXP_REALPATH, .letter = 'P' },
	{ PSS_FXP_READLINK, .letter = 'K' },
};

void pss_shell_on_request(PssShell *shell, PssFxp type, PssFxpReader *body)
{
	guint64 id = pss_fxp_get_u32(body);
	g_autofree char *first = pss_fxp_get_text(body);
	guint64 number = first ? g_ascii_strtoull(first, NULL, 10) : 0;
	PssShellHandle *handle = first ? pss_shell_handle(shell, number) : NULL;

	for (gsize i = 0; first && i < G_N_ELEMENTS(requests); i++) {
		if (requests[i].type != type)
			continue;
		if (requests[i].letter)
			ask_path(shell, requests[i].letter, id, type, first);
		else if (requests[i].on_path)
			requests[i].on_path(shell, id, first, body);
		else if (handle)
			requests[i].on_handle(shell, id, number, handle, body);
		else
			break;
		return;
	}
	pss_shell_say_status(shell, id, PSS_SFTP_UNSUPPORTED, "");
}
