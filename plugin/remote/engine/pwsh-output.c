/* SPDX-License-Identifier: MIT */
/* PowerShell's terminal: what its own host and .NET write there though nobody has asked for it, and a key that it has
 * no use for. Called by engine.c with all that comes from a shell of that family. While a line runs (from its mark `s`
 * to `q`) it is the empty title behind each program alone, as a program may set a keypad's mode for itself; at rest and
 * during an invocation all of it. It never keeps back what cannot become one of these, and nothing beyond the next
 * mark. */
#include "remote/engine/private.h"

#include <string.h>

static const struct {
	const char *text;
	gboolean in_line;
} noises[] = {
	{ "\033]0;\007", TRUE }, /* ConsoleHost, behind a program */
	{ "\033[?1h", FALSE },   /* the same, in front of a prompt; .NET, behind a program */
	{ "\033[?1l", FALSE },   { "\033=", FALSE }, { "\033>", FALSE },
};

/* So many bytes are one of them; 0: none. *ret_may_be: they may become one. */
static gsize noise_length(const PssPwshOutput *output, const char *data, gsize n, gboolean *ret_may_be)
{
	*ret_may_be = FALSE;
	for (gsize i = 0; i < G_N_ELEMENTS(noises); i++) {
		gsize length = strlen(noises[i].text);
		if ((output->in_line && !noises[i].in_line) || memcmp(data, noises[i].text, MIN(n, length)) != 0)
			continue;
		if (n >= length)
			return length;
		*ret_may_be = TRUE;
	}
	return 0;
}

static void emit(PssRemote *remote, const char *data, gsize n)
{
	if (n > 0)
		pss_line_on_output(remote, data, n);
}

void pss_pwsh_on_output(PssRemote *remote, const void *data, gsize n)
{
	PssPwshOutput *output = &remote->pwsh;
	g_autoptr(GString) all = g_string_new_len(output->held, (gssize)output->n_held);
	g_string_append_len(all, data, (gssize)n);
	const char *at = all->str, *end = all->str + all->len, *start = at;
	gboolean may_be = FALSE;

	if (output->in_line && pss_paint_takes_keyboard(&output->paint, data, n))
		output->is_taken = TRUE;
	output->n_held = 0;
	while (!may_be && (at = memchr(at, '\033', (gsize)(end - at)))) {
		gsize length = noise_length(output, at, (gsize)(end - at), &may_be);
		if (length > 0 || may_be)
			emit(remote, start, (gsize)(at - start));
		if (length > 0 || may_be)
			start = at;
		if (length > 0)
			start = at + length;
		at += MAX(length, 1);
	}
	if (may_be) {
		output->n_held = (gsize)(end - start);
		memcpy(output->held, start, output->n_held);
	} else {
		emit(remote, start, (gsize)(end - start));
	}
}

/* .NET's keypad. As a login shell it writes this before it executes our command, and no program has taken the keyboard.
 */
gsize pss_pwsh_start_length(const char *data, gsize n)
{
	static const char start[] = "\033[?1h\033=";
	gsize length = 0;

	while (n - length >= sizeof start - 1 && memcmp(data + length, start, sizeof start - 1) == 0)
		length += sizeof start - 1;
	return length;
}

void pss_pwsh_on_mark(PssRemote *remote, char kind)
{
	PssPwshOutput *output = &remote->pwsh;
	char held[sizeof output->held];
	gsize n = output->n_held;

	memcpy(held, output->held, n);
	output->n_held = 0;
	emit(remote, held, n);
	if (kind == 's' || kind == 'q')
		output->in_line = kind == 's';
	output->is_taken = FALSE;
}

/* To a program that takes the keyboard it is a key. */
void pss_pwsh_on_keys(PssRemote *remote, const void *data, gsize n)
{
	PssPwshOutput *output = &remote->pwsh;

	if (remote->family != PSS_FAMILY_PWSH || !output->in_line || output->is_taken || output->is_noted ||
	    !memchr(data, 'Z' & 0x1f, n))
		return;
	output->is_noted = TRUE;
	remote->events->on_notice(remote->user, "Ctrl-Z does nothing: PowerShell has no job control; Ctrl-C ends what "
						"runs, and a command that ends with & is a job of PowerShell's");
}
