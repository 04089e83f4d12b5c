/* SPDX-License-Identifier: MIT */
/* What became of many targets, in words on standard error: a line for each command that failed, and one at the end that
 * names those which did not go well. A failed command is nothing that this program failed of: -ErrorAction steers what
 * it does (call.h), and -OutVariable has its status; -ErrorVariable has what could not be done. Called by invoke-loop.c
 * and invoke-frames.c. */
#include <stdlib.h>
#include <string.h>

#include "client/invoke/private.h"
#include "wire/cleanup.h"

#define FEW_TARGETS 3 /* whose lines can be counted by eye */

/* With `names` the targets are named. */
static const struct {
	const char *word;
	bool names;
} words[PSS_OUTCOME_COUNT] = {
	[PSS_OUTCOME_OK] = { "ok", false },
	[PSS_OUTCOME_FAILED] = { "failed", true },
	[PSS_OUTCOME_UNREACHABLE] = { "unreachable", true },
	[PSS_OUTCOME_TIMED_OUT] = { "timed out", true },
	[PSS_OUTCOME_STOPPED] = { "stopped", false },
};

void pss_invoke_report_failure(struct pss_invoke *invoke, const struct pss_invoke_target *target)
{
	if (invoke->n_targets == 1)
		return;
	_cleanup_(pss_free_pointer) char *line =
		pss_format("%s: exit status %d", target->label, target->result.exit_status);

	pss_invoke_write(invoke); /* what it printed comes first */
	if (line)
		pss_call_failure(invoke->call, line);
}

static void add_text(struct pss_buffer *line, const char *text)
{
	pss_buffer_append(line, text, strlen(text));
}

static void add_outcome(struct pss_buffer *line, const struct pss_invoke *invoke, enum pss_invoke_outcome outcome)
{
	size_t n = 0;

	for (size_t i = 0; i < invoke->n_targets; i++)
		n += invoke->targets[i].result.outcome == outcome;
	if (n == 0 && outcome != PSS_OUTCOME_OK)
		return;
	_cleanup_(pss_free_pointer) char *count = pss_format("%s%zu %s%s", line->length > 0 ? ", " : "", n,
							     words[outcome].word, words[outcome].names ? ":" : "");
	add_text(line, count ? count : "");
	for (size_t i = 0; words[outcome].names && i < invoke->n_targets; i++) {
		if (invoke->targets[i].result.outcome != outcome)
			continue;
		add_text(line, " ");
		add_text(line, invoke->targets[i].label);
	}
}

static bool all_well(const struct pss_invoke *invoke)
{
	for (size_t i = 0; i < invoke->n_targets; i++)
		if (invoke->targets[i].result.outcome != PSS_OUTCOME_OK)
			return false;
	return true;
}

void pss_invoke_report_summary(struct pss_invoke *invoke)
{
	struct pss_buffer line;

	bool over = invoke->run->counts.done == invoke->n_targets && !invoke->run->output.error;

	if (invoke->request.kind == PSS_INVOKE_JOB || invoke->n_targets <= FEW_TARGETS || !over || all_well(invoke))
		return;
	pss_buffer_init(&line);
	for (int outcome = 0; outcome < PSS_OUTCOME_COUNT; outcome++)
		add_outcome(&line, invoke, outcome);
	if (pss_buffer_append(&line, "", 1) == 0)
		pss_call_remark(invoke->call, (const char *)pss_buffer_bytes(&line));
	pss_buffer_finish(&line);
}

void pss_invoke_record(struct pss_invoke *invoke)
{
	for (size_t i = 0; invoke->request.kind != PSS_INVOKE_JOB && i < invoke->n_targets; i++) {
		const struct pss_invoke_target *target = &invoke->targets[i];
		_cleanup_(pss_free_pointer) char *line = pss_format("%s %d", target->label, target->result.exit_status);
		if (line && target->state == PSS_INVOKE_DONE)
			pss_call_output(invoke->call, line);
	}
}
