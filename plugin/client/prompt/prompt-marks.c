/* SPDX-License-Identifier: MIT */
/* The semantic marks of an entered session, one set for each command. The remote's own integration (VTE's, kitty's,
 * VS Code's, …) cannot mark a prompt, as the prompt is text here and the client shows it; but what its hooks print
 * comes with the output. So each mark is made unless the remote has just made it. */
#include "client/prompt/prompt-marks.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/base/strings.h"
#include "wire/buffer.h"
#include "wire/cleanup.h"

#define DIRECTORY_MAX PATH_MAX
#define COMPUTER_MAX 256

/* kitty erases a prompt when its window changes its size, unless it hears that it is not redrawn as a whole. */
static const struct {
	unsigned number;
	const char *prompt, *line, *output, *ended;
} sets[] = {
	{ 133, "\033]133;A;redraw=0\a", "\033]133;B\a", "\033]133;C\a", "\033]133;D" },
	{ 633, "\033]633;A\a", "\033]633;B\a", "\033]633;C\a", "\033]633;D" },
};

static size_t set_of(const struct pss_prompt_marks *marks)
{
	return marks->number == sets[1].number;
}

void pss_prompt_marks_init(struct pss_prompt_marks *marks, bool knows_marks,
			   const char *(*get_variable)(const char *name))
{
	*marks = (struct pss_prompt_marks){ 0 };
	if (knows_marks) /* the variable is what VS Code's integration sets in the shell that it works in */
		marks->number = get_variable("VSCODE_SHELL_INTEGRATION") ? 633 : 133;
}

static void forget_heard(struct pss_prompt_marks *marks)
{
	free(marks->heard);
	marks->heard = NULL;
}

void pss_prompt_marks_finish(struct pss_prompt_marks *marks)
{
	forget_heard(marks);
}

/* ---- what the remote makes itself */

/* A, B, C or D, or 0: no mark. */
static char mark_in(const char *text)
{
	char *rest;
	unsigned long number = strtoul(text, &rest, 10);

	if (rest != text + 3 || (number != 133 && number != 633) || *rest != ';' || !strchr("ABCD", rest[1]))
		return '\0';
	return rest[1] && rest[2] && rest[2] != ';' ? '\0' : rest[1];
}

void pss_prompt_marks_hear(void *user, const char *text, bool is_cut)
{
	struct pss_prompt_marks *marks = user;
	char mark = mark_in(text);

	if (strncmp(text, "7;", 2) == 0) {
		forget_heard(marks);
		marks->heard = strdup(text + 2);
		marks->heard_is_cut = is_cut;
		marks->directory_changed = true;
	}
	if (mark && marks->stage != PSS_MARKS_PROMPT) {
		marks->first = marks->first ? marks->first : mark;
		marks->last = mark;
	}
	if (mark == 'C' && marks->stage == PSS_MARKS_SENT)
		marks->stage = PSS_MARKS_OUTPUT;
}

/* ---- one command */

void pss_prompt_marks_send(struct pss_prompt_marks *marks, const char *line)
{
	bool is_blank = line[strspn(line, " \t\n")] == '\0';

	marks->first = marks->last = '\0';
	if (!is_blank)
		marks->stage = PSS_MARKS_SENT;
	else if (marks->stage < PSS_MARKS_SENT)
		marks->stage = PSS_MARKS_REFUSED;
}

void pss_prompt_marks_refuse(struct pss_prompt_marks *marks)
{
	if (marks->stage != PSS_MARKS_NONE)
		marks->stage = PSS_MARKS_REFUSED;
}

bool pss_prompt_marks_await_output(const struct pss_prompt_marks *marks)
{
	return marks->number && marks->stage == PSS_MARKS_SENT;
}

const char *pss_prompt_marks_output(struct pss_prompt_marks *marks)
{
	if (!pss_prompt_marks_await_output(marks))
		return "";
	marks->stage = PSS_MARKS_OUTPUT;
	return marks->remote_marks_output ? "" : sets[set_of(marks)].output;
}

static char *ended(const struct pss_prompt_marks *marks, const char *output, const char *status)
{
	return pss_format("%s%s%s\a", output, sets[set_of(marks)].ended, status);
}

char *pss_prompt_marks_end(struct pss_prompt_marks *marks, int status)
{
	enum pss_prompt_marks_stage stage = marks->stage;
	bool by_remote = marks->last == 'D' || marks->last == 'A';
	const char *output = stage == PSS_MARKS_SENT ? sets[set_of(marks)].output : "";
	_cleanup_(pss_free_pointer) char *text = pss_format(";%d", status);

	if (stage == PSS_MARKS_NONE || stage == PSS_MARKS_PROMPT || !marks->number || !text)
		return NULL;
	marks->stage = PSS_MARKS_NONE;
	marks->remote_marks_output = stage == PSS_MARKS_OUTPUT && marks->first == 'C';
	if (by_remote)
		return NULL;
	return ended(marks, output, stage == PSS_MARKS_REFUSED ? "" : text);
}

char *pss_prompt_marks_last(struct pss_prompt_marks *marks, int status)
{
	if (marks->stage == PSS_MARKS_PROMPT)
		marks->stage = PSS_MARKS_REFUSED;
	return pss_prompt_marks_end(marks, status);
}

void pss_prompt_marks_prompt(struct pss_prompt_marks *marks, const char **ret_before, const char **ret_behind)
{
	bool by_remote = marks->stage == PSS_MARKS_NONE && marks->last == 'A';

	*ret_before = marks->number && !by_remote ? sets[set_of(marks)].prompt : "";
	*ret_behind = marks->number ? sets[set_of(marks)].line : "";
	if (marks->stage == PSS_MARKS_NONE)
		marks->stage = PSS_MARKS_PROMPT;
	marks->first = marks->last = '\0';
}

/* ---- OSC 7 */

static int append_escaped(struct pss_buffer *to, const char *text, size_t n, const char *plain)
{
	static const char digits[] = "0123456789ABCDEF";
	int error = 0;

	for (size_t i = 0; i < n && error == 0; i++) {
		unsigned char byte = (unsigned char)text[i];
		char escaped[3] = { '%', digits[byte >> 4], digits[byte & 15] };
		bool is_plain = (byte < 0x80 && isalnum(byte)) || (byte && strchr(plain, byte));

		error = pss_buffer_append(to, is_plain ? (char *)&byte : escaped, is_plain ? 1 : 3);
	}
	return error;
}

/* OSC 7 with the directory of a computer. Nothing of either can end it. */
static char *location(const char *computer, const char *directory, size_t n)
{
	bool is_ipv6 = strchr(computer, ':') != NULL;
	const char *host_plain = is_ipv6 ? ":.-" : "-._~";
	struct pss_buffer text;
	int error;

	pss_buffer_init(&text);
	error = pss_buffer_append(&text, "\033]7;file://", 11);
	if (error == 0 && is_ipv6)
		error = pss_buffer_append(&text, "[", 1);
	if (error == 0)
		error = append_escaped(&text, computer, strnlen(computer, COMPUTER_MAX), host_plain);
	if (error == 0 && is_ipv6)
		error = pss_buffer_append(&text, "]", 1);
	if (error == 0)
		error = append_escaped(&text, directory, n, "/-._~");
	if (error == 0)
		error = pss_buffer_append(&text, "\a", 2);
	if (error < 0)
		pss_buffer_finish(&text);
	return (char *)text.data; /* a buffer that was only appended to starts at its allocation */
}

static int digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : isxdigit((unsigned char)c) ? (c | 0x20) - 'a' + 10 : -1;
}

/* Has the remote announced this directory already? Some escape no byte of it, some more than we do. */
static bool was_announced(const struct pss_prompt_marks *marks, const char *directory, size_t n)
{
	const char *at = marks->heard ? strstr(marks->heard, "://") : NULL;
	size_t i = 0;

	at = at ? strchr(at + 3, '/') : NULL;
	if (!at)
		return false;
	for (; *at && i < n; i++) {
		bool is_escaped = *at == '%' && *at != directory[i] && digit(at[1]) >= 0 && digit(at[2]) >= 0;
		int byte = is_escaped ? digit(at[1]) << 4 | digit(at[2]) : (unsigned char)*at;

		if (byte != (unsigned char)directory[i])
			return false;
		at += is_escaped ? 3 : 1;
	}
	return i == n ? *at == '\0' : marks->heard_is_cut;
}

char *pss_prompt_marks_directory(struct pss_prompt_marks *marks, const char *computer, const char *directory, size_t n)
{
	if (!marks->number || n == 0 || n > DIRECTORY_MAX || *directory != '/' || was_announced(marks, directory, n))
		return NULL;
	forget_heard(marks);
	marks->directory_changed = true;
	return location(computer, directory, n);
}

/* Both, as some terminals take no empty one, and the others would keep this directory when the shell has left it. */
char *pss_prompt_marks_back(struct pss_prompt_marks *marks)
{
	char computer[COMPUTER_MAX] = "", directory[PATH_MAX];
	_cleanup_(pss_free_pointer) char *here = NULL;

	if (!marks->number || !marks->directory_changed)
		return NULL;
	marks->directory_changed = false;
	gethostname(computer, sizeof computer - 1);
	if (getcwd(directory, sizeof directory) && *directory == '/')
		here = location(computer, directory, strlen(directory));
	return pss_format("%s\033]7;\a", here ? here : "");
}
