/* SPDX-License-Identifier: MIT */
/* Recognises lines of the entered loop that lead on to another computer, asks the remote shell whether it means
 * something of its own by them, and else runs them here. Called by verb-enter.c and entered-edit.c. Nothing that a
 * shell would expand, redirect or combine is ever taken: such a line is the remote's. */
#include "client/hop.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "client/request.h"
#include "client/text.h"
#include "wire/cleanup.h"

#define PLAIN "_@%+:,./-="
#define ASK_DEADLINE_MS 5000

static const struct {
	const char *name;
	const struct pss_verb *verb;
} hops[] = {
	{ "enter-pssession", &pss_verb_enter },
	{ "new-pssession", &pss_verb_new },
	{ "invoke-command", &pss_verb_invoke },
	{ "etsn", &pss_verb_enter },
	{ "nsn", &pss_verb_new },
	{ "icm", &pss_verb_invoke },
};

/* What is left of one word. 0: it is none that every shell reads in the same way. */
static size_t read_word(const char *at, struct pss_buffer *word)
{
	const char *start = at;

	if (*at == '=')
		return 0;
	while (*at && *at != ' ' && *at != '\t') {
		const char quote = *at == '\'' || *at == '"' ? *at : '\0';
		size_t n = quote ? strcspn(at + 1, quote == '"' ? "\"$`\\!\n" : "'\n!\\") : 1;
		bool good = quote ? at[1 + n] == quote : isalnum((unsigned char)*at) || strchr(PLAIN, *at);
		if (!good || pss_buffer_append(word, quote ? at + 1 : at, n) < 0)
			return 0;
		at += quote ? n + 2 : 1;
	}
	return (size_t)(at - start);
}

/* False: it is not to be taken. */
static bool read_words(const char *line, struct pss_texts *ret_words)
{
	for (line += strspn(line, " \t"); *line; line += strspn(line, " \t")) {
		struct pss_buffer word;
		pss_buffer_init(&word);
		size_t n = read_word(line, &word);
		bool good = n > 0 && pss_buffer_append(&word, "", 1) == 0 &&
			    pss_texts_add(ret_words, strdup((const char *)pss_buffer_bytes(&word))) == 0;
		pss_buffer_finish(&word);
		if (!good)
			return false;
		line += n;
	}
	return ret_words->n_items > 1;
}

static const struct pss_verb *find_verb(const struct pss_texts *words)
{
	for (size_t i = 0; i < sizeof hops / sizeof *hops; i++)
		if (strcasecmp(words->items[0], hops[i].name) == 0)
			return hops[i].verb;
	return NULL;
}

bool pss_hop_is_one(const char *line)
{
	struct pss_texts words = { 0 };
	bool is_one = read_words(line, &words) && find_verb(&words);

	pss_texts_finish(&words);
	return is_one;
}

/* ---- does the remote shell know the command itself? */

static int write_question(struct pss_connection *connection, const struct pss_via *via, const char *text, uint32_t id)
{
	struct pss_message message;

	pss_message_begin(&message, &connection->out, PSS_INVOKE, id);
	pss_message_text(&message, PSS_TAG_INSTANCE, via->instance);
	int rc = pss_message_end(&message);
	return rc < 0 ? rc : pss_frame_append(&connection->out, PSS_COMMAND, id, 0, text, strlen(text));
}

/* The status of the question, or -errno: it is not known. */
static int await_answer(struct pss_call *call, struct pss_connection *connection, uint32_t id)
{
	struct pss_frame frame;
	int status = -EINPROGRESS;

	while (status == -EINPROGRESS) {
		int rc = pss_connection_wait(connection, ASK_DEADLINE_MS, call->shell->interrupted, &frame);
		if (rc < 0)
			return rc;
		struct pss_fields fields = pss_frame_fields(&frame);
		if (frame.header.type == PSS_RESULT && frame.header.id == id)
			status = pss_fields_number(fields, PSS_TAG_STATUS, PSS_FAILED) == PSS_OK
					 ? (int)(pss_fields_number(fields, PSS_TAG_EXIT_STATUS, 0) & 255)
					 : -EPROTO;
		pss_connection_done(connection, &frame);
	}
	return status;
}

/* True also where that cannot be told: what is typed belongs to the remote. */
static bool remote_has(struct pss_call *call, const struct pss_via *via, const char *name)
{
	_cleanup_(pss_free_pointer) char *text = pss_format("type %s >/dev/null 2>&1", name);
	struct pss_connection connection;

	if (!text || pss_request_connect(call, false, &connection) < 0)
		return true;
	uint32_t id = pss_connection_new_id(&connection);
	int rc = write_question(&connection, via, text, id);
	if (rc == 0)
		rc = await_answer(call, &connection, id);
	pss_connection_close(&connection);
	return rc <= 0;
}

/* ---- running it */

void pss_hop_run(struct pss_call *call, const struct pss_via *via, struct pss_hop *hop)
{
	struct pss_texts words = { 0 };
	const struct pss_verb *verb = read_words(hop->line, &words) ? find_verb(&words) : NULL;

	hop->resumes = true;
	hop->sends_line = !verb || remote_has(call, via, words.items[0]);
	if (!hop->sends_line) {
		/* The list that ends with NULL, as of a command's arguments. */
		_cleanup_(pss_free_pointer) const char **arguments = calloc(words.n_items, sizeof *arguments);
		for (size_t i = 1; arguments && i < words.n_items; i++)
			arguments[i - 1] = words.items[i];
		if (arguments)
			hop->link.status = pss_verb_run_via(verb, call->shell, arguments, via);
	}
	pss_texts_finish(&words);
}
