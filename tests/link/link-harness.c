/* SPDX-License-Identifier: MIT */
/* Recording ends for links and channels; see link-harness.h. Linked into every test of a transport. */
#include "link-harness.h"

static void on_ready(gpointer user, const char *remote_user, const char *history_key, const char *forwards)
{
	LinkRecord *record = user;

	g_assert_false(record->ready);
	g_assert_cmpuint(record->n_lost, ==, 0);
	record->ready = TRUE;
	record->remote_user = g_strdup(remote_user);
	record->history_key = g_strdup(history_key);
	record->forwards = g_strdup(forwards);
	if (record->on_ready)
		record->on_ready(record->user);
}

static void on_question(gpointer user, PssQuestion *question)
{
	LinkRecord *record = user;

	g_ptr_array_add(record->questions, g_strdup(pss_question_text(question)));
	if (record->keep_questions)
		record->kept = pss_question_ref(question);
	else if (record->answers && record->answers[record->n_answered])
		pss_question_answer(question, record->answers[record->n_answered++]);
}

static void on_note(gpointer user, enum pss_note_kind kind, const char *text)
{
	LinkRecord *record = user;

	g_string_append_printf(record->notes, "%d %s\n", (int)kind, text);
}

static void on_lost(gpointer user, const GError *error)
{
	LinkRecord *record = user;

	g_assert_nonnull(error);
	g_assert_cmpuint(record->n_lost++, ==, 0);
	record->lost = g_error_copy(error);
}

const PssTransportEvents link_events = {
	.on_ready = on_ready,
	.on_question = on_question,
	.on_note = on_note,
	.on_lost = on_lost,
};

static void on_data(gpointer user, const void *data, gsize n, gboolean is_stderr)
{
	ChannelRecord *record = user;

	g_assert_cmpuint(record->n_closed, ==, 0);
	g_assert_cmpuint(n, >, 0);
	if (!is_stderr)
		record->n_out += n;
	if (!record->discard)
		g_string_append_len(is_stderr ? record->err : record->out, data, (gssize)n);
}

static void on_drained(gpointer user)
{
	ChannelRecord *record = user;

	g_assert_cmpuint(record->n_closed, ==, 0);
	record->n_drained++;
}

static void on_closed(gpointer user, int exit_status, const GError *error)
{
	ChannelRecord *record = user;

	g_assert_cmpuint(record->n_closed++, ==, 0);
	record->exit_status = exit_status;
	record->error = error ? g_error_copy(error) : NULL;
}

const PssChannelEvents channel_events = {
	.on_data = on_data,
	.on_drained = on_drained,
	.on_closed = on_closed,
};

static char **append(char **strings, const char *text)
{
	guint n = g_strv_length(strings);

	strings = g_renew(char *, strings, n + 2);
	strings[n] = g_strdup(text);
	strings[n + 1] = NULL;
	return strings;
}

PssTarget *link_target(const char *host)
{
	PssTarget *target = g_new0(PssTarget, 1);

	target->host = g_strdup(host);
	target->options = g_new0(char *, 1);
	target->environment = g_new0(char *, 1);
	target->verbose = 2;
	return target;
}

void link_target_option(PssTarget *target, const char *option)
{
	target->options = append(target->options, option);
}

void link_target_setenv(PssTarget *target, const char *name, const char *value)
{
	target->environment = g_environ_setenv(target->environment, name, value, TRUE);
}

void link_record_init(LinkRecord *record)
{
	*record = (LinkRecord){
		.notes = g_string_new(NULL),
		.questions = g_ptr_array_new_with_free_func(g_free),
	};
}

void link_record_finish(LinkRecord *record)
{
	pss_transport_free(record->transport);
	g_clear_pointer(&record->kept, pss_question_unref);
	g_free(record->remote_user);
	g_free(record->history_key);
	g_free(record->forwards);
	g_clear_error(&record->lost);
	g_string_free(record->notes, TRUE);
	g_ptr_array_unref(record->questions);
}

void channel_record_init(ChannelRecord *record)
{
	*record = (ChannelRecord){ .out = g_string_new(NULL), .err = g_string_new(NULL) };
}

void channel_record_finish(ChannelRecord *record)
{
	g_string_free(record->out, TRUE);
	g_string_free(record->err, TRUE);
	g_clear_error(&record->error);
}

void channel_open(ChannelRecord *record, LinkRecord *link, const char *command, gboolean pty)
{
	PssChannelRequest request = {
		.command = command,
		.pty = pty,
		.with_environment = TRUE,
		.term = "xterm-256color",
		.columns = 93,
		.rows = 41,
	};

	record->channel = pss_channel_open(link->transport, &request, &channel_events, record);
	g_assert_nonnull(record->channel);
	g_assert_cmpuint(record->n_closed, ==, 0);
}

gboolean link_tick(gpointer unused)
{
	return G_SOURCE_CONTINUE;
}

void run_pending(void)
{
	while (g_main_context_iteration(NULL, FALSE))
		;
}
