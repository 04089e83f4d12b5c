/* SPDX-License-Identifier: MIT */
/* The state of a run as all files of it ask for it, and the queues of bytes for our own standard output and error.
 * Below them: it calls none of them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client/invoke/private.h"

enum pss_invoke_form pss_invoke_form_of(bool json, bool grouped, bool hides_names, size_t n_targets)
{
	if (json)
		return PSS_FORM_JSON;
	if (grouped)
		return PSS_FORM_GROUPED;
	return n_targets == 1 || hides_names ? PSS_FORM_BARE : PSS_FORM_LINES;
}

bool pss_invoke_is_under_way(const struct pss_invoke_target *target)
{
	return target->state == PSS_INVOKE_SENT || target->state == PSS_INVOKE_RUNNING;
}

int pss_invoke_early_status(const struct pss_invoke *invoke)
{
	if (invoke->run->ending.n_interrupts > 0)
		return pss_status_exit(PSS_INTERRUPTED);
	return invoke->run->output.error == EPIPE ? PSS_SIGPIPE_STATUS : pss_status_exit(PSS_FAILED);
}

/* ---- output */

bool pss_invoke_has_output(const struct pss_invoke *invoke)
{
	const struct pss_invoke_output *output = &invoke->run->output;

	return !output->error && (output->is_showing || output->queue[0].length > 0 || output->queue[1].length > 0);
}

void pss_invoke_put(struct pss_invoke *invoke, int stream, const void *data, size_t n)
{
	struct pss_invoke_output *output = &invoke->run->output;

	if (!output->error && pss_buffer_append(&output->queue[stream], data, n) < 0)
		output->error = ENOMEM;
}

void pss_invoke_put_text(struct pss_invoke *invoke, int stream, const char *text)
{
	pss_invoke_put(invoke, stream, text, strlen(text));
}

/* Of the sixteen named colours those that can be read on black and on white, whatever palette the terminal has
 * (tests/shell/looks.bats), but for red, which is an error's. */
static unsigned color_of(const char *label)
{
	static const unsigned char colors[] = { 32, 35, 36, 94, 95 };
	unsigned hash = 5381;

	while (*label)
		hash = hash * 33 + (unsigned char)*label++;
	return colors[hash % sizeof colors];
}

void pss_invoke_put_label(struct pss_invoke *invoke, const struct pss_invoke_target *target, int stream)
{
	bool color = invoke->request.color[stream];
	char start[16];

	snprintf(start, sizeof start, "\033[%um", color_of(target->label));
	if (color)
		pss_invoke_put_text(invoke, stream, start);
	pss_invoke_put_text(invoke, stream, target->label);
	pss_invoke_put_text(invoke, stream, color ? ":\033[0m " : ": ");
}
