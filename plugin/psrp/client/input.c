/* SPDX-License-Identifier: MIT */
/* Standard input of a command: a line an object. What is sent before the server has acknowledged the pipeline is lost,
 * and more than one Data at a time would let it queue without bound: one is in flight, with as many lines as there are
 * up to 64 KiB. */
#include <string.h>

#include "psrp/client/private.h"
#include "psrp/clixml/writer.h"

#define IN_FLIGHT_MAX 65536
#define ROOM_A_BYTE 7

static void gather_line(PssPsrp *psrp, GByteArray *fragments, const PssPipeline *pipeline, const char *text, gsize n)
{
	PssClixmlWriter writer;
	g_autoptr(PssSecret) body = NULL;

	if (n > 0 && text[n - 1] == '\r')
		n--;
	pss_clixml_writer_init(&writer, n * ROOM_A_BYTE + 64);
	pss_clixml_add_text(&writer, "S", NULL, text, n);
	body = pss_clixml_writer_finish(&writer);
	pss_psrp_send_gather(psrp, fragments, PSS_MESSAGE_PIPELINE_INPUT, &pipeline->guid, body);
}

/* Whole lines, and at the end the rest. */
static void gather_lines(PssPsrp *psrp, GByteArray *fragments, const PssPipeline *pipeline)
{
	const char *start = (const char *)psrp->input->data;
	const char *at = start;
	const char *end;

	if (psrp->input->len == 0)
		return;
	end = start + psrp->input->len;
	while (at < end && fragments->len < IN_FLIGHT_MAX) {
		const char *newline = memchr(at, '\n', (gsize)(end - at));
		if (!newline && !psrp->input_ends)
			break;
		gather_line(psrp, fragments, pipeline, at, (gsize)((newline ? newline : end) - at));
		at = newline ? newline + 1 : end;
	}
	if (at > start)
		g_byte_array_remove_range(psrp->input, 0, (guint)(at - start));
}

static void send_more(PssPsrp *psrp, PssPipeline *pipeline)
{
	g_autoptr(GByteArray) fragments = NULL;
	GString *line;

	if (!psrp->input_is_open || psrp->input_in_flight || !pipeline || !pipeline->is_acknowledged)
		return;
	fragments = g_byte_array_new();
	gather_lines(psrp, fragments, pipeline);
	if (psrp->input_ends && psrp->input->len == 0) {
		pss_psrp_send_gather(psrp, fragments, PSS_MESSAGE_END_OF_INPUT, &pipeline->guid, NULL);
		psrp->input_is_open = FALSE;
	}
	if (fragments->len == 0)
		return;
	psrp->input_in_flight = TRUE;
	line = g_string_sized_new(fragments->len * 2);
	pss_psrp_send_gathered(line, &pipeline->guid, fragments);
	pss_psrp_send_line(psrp, line);
}

void pss_psrp_input_on_acknowledged(PssPsrp *psrp, PssPipeline *pipeline)
{
	psrp->input_in_flight = FALSE;
	send_more(psrp, pipeline);
	if (psrp->input_is_open && !psrp->input_ends && !psrp->input_in_flight)
		psrp->command_events->on_input_taken(psrp->command_user);
}

void pss_psrp_input(PssPsrp *psrp, const void *data, gsize n, gboolean is_end)
{
	if (!psrp->input_is_open)
		return;
	g_byte_array_append(psrp->input, data, (guint)n);
	psrp->input_ends = psrp->input_ends || is_end;
	send_more(psrp, pss_psrp_find_role(psrp, PSS_ROLE_COMMAND));
}
