/* SPDX-License-Identifier: MIT */
/* Channels that ask for a subsystem (RFC 4254, 6.5), on each transport, against a private sshd. The server has "upper",
 * which is not what the command in its place does. */
#include <string.h>

#include "base/error.h"
#include "link-harness.h"
#include "link-sshd.h"
#include "link/libssh/link/transport-libssh.h"
#include "link/local.h"
#include "link/openssh/child-modes.h"
#include "link/openssh/transport-openssh.h"

#define SUBSYSTEM "Subsystem upper tr a-z A-Z"
#define IN_ITS_PLACE "printf 'instead: '; cat"

typedef struct {
	Sshd *sshd;
	LinkRecord link;
	ChannelRecord a, b;
} Fixture;

static PssTransportNewFunc new_transport;

static void set_up(Fixture *f, gconstpointer extra)
{
	link_record_init(&f->link);
	channel_record_init(&f->a);
	channel_record_init(&f->b);
	f->sshd = sshd_start(extra);
	f->link.transport = new_transport(sshd_target(f->sshd), &link_events, &f->link);
	pss_transport_connect(f->link.transport);
	wait_for(f->link.ready || f->link.n_lost, 20);
	g_assert_no_error(f->link.lost);
}

static void tear_down(Fixture *f, gconstpointer unused)
{
	link_record_finish(&f->link);
	channel_record_finish(&f->a);
	channel_record_finish(&f->b);
	sshd_stop(f->sshd);
}

static void ask(Fixture *f, ChannelRecord *record, const char *subsystem, const char *command)
{
	const PssChannelRequest request = {
		.subsystem = subsystem,
		.command = command,
		.with_environment = TRUE,
		.first_bytes = "one ",
		.n_first_bytes = 4,
	};

	record->channel = pss_channel_open(f->link.transport, &request, &channel_events, record);
	pss_channel_write(record->channel, "two", 3);
	pss_channel_eof(record->channel);
	wait_for(record->n_closed || f->link.n_lost, 20);
	g_assert_no_error(f->link.lost);
}

/* On the first channel of a connection, and on a later one. */
static void ask_twice(Fixture *f, const char *subsystem, const char *command)
{
	ask(f, &f->a, subsystem, command);
	ask(f, &f->b, subsystem, command);
}

static void assert_says(const ChannelRecord *record, const char *text)
{
	g_assert_no_error(record->error);
	g_assert_cmpstr(record->out->str, ==, text);
	g_assert_cmpstr(record->err->str, ==, "");
	g_assert_cmpint(record->exit_status, ==, 0);
}

static void assert_unsupported(const ChannelRecord *record)
{
	g_assert_error(record->error, PSS_ERROR, PSS_UNSUPPORTED);
	g_assert_cmpstr(record->error->message, ==, "the server has no subsystem \"lower\"");
	g_assert_cmpint(record->exit_status, ==, -1);
}

static void starts(Fixture *f, gconstpointer unused)
{
	ask_twice(f, "upper", NULL);
	assert_says(&f->a, "ONE TWO");
	assert_says(&f->b, "ONE TWO");
}

static void is_preferred(Fixture *f, gconstpointer unused)
{
	ask_twice(f, "upper", IN_ITS_PLACE);
	assert_says(&f->a, "ONE TWO");
	assert_says(&f->b, "ONE TWO");
}

static void is_refused(Fixture *f, gconstpointer unused)
{
	ask_twice(f, "lower", NULL);
	assert_unsupported(&f->a);
	assert_unsupported(&f->b);
}

static void is_replaced(Fixture *f, gconstpointer unused)
{
	ask_twice(f, "lower", IN_ITS_PLACE);
	assert_says(&f->a, "instead: one two");
	assert_says(&f->b, "instead: one two");
}

static void leaves_the_link(Fixture *f, gconstpointer unused)
{
	ask(f, &f->a, "lower", NULL);
	assert_unsupported(&f->a);
	ask(f, &f->b, NULL, "cat");
	assert_says(&f->b, "one two");
}

static void assert_too_long(const ChannelRecord *record)
{
	g_assert_error(record->error, PSS_ERROR, PSS_FAILED);
	if (!strstr(record->error->message, "too long"))
		g_error("\"%s\" does not say that it is too long", record->error->message);
}

/* What would be more than a packet: sshd ends the connection for it. The link, which others may use, lives on. */
static void is_too_long(Fixture *f, gconstpointer unused)
{
	g_autofree char *text = g_strnfill(300000, 'x');

	ask_twice(f, NULL, text);
	assert_too_long(&f->a);
	assert_too_long(&f->b);
	channel_record_finish(&f->a);
	channel_record_init(&f->a);
	ask(f, &f->a, text, NULL);
	assert_too_long(&f->a);
	channel_record_finish(&f->b);
	channel_record_init(&f->b);
	ask(f, &f->b, NULL, "cat");
	assert_says(&f->b, "one two");
}

/* Refused for another reason. */
static void needs_a_channel(Fixture *f, gconstpointer unused)
{
	channel_open(&f->a, &f->link, "echo x; cat", FALSE);
	wait_for(f->a.out->len > 0, 10);
	ask(f, &f->b, "upper", IN_ITS_PLACE);
	g_assert_error(f->b.error, PSS_ERROR, PSS_FAILED);
	g_assert_cmpuint(f->a.n_closed, ==, 0);
}

static void closes_at_any_time(Fixture *f, gconstpointer unused)
{
	const PssChannelRequest request = {
		.subsystem = "lower", .command = "cat", .first_bytes = "x", .n_first_bytes = 1
	};

	for (int turns = 0; turns < 12; turns++) {
		ChannelRecord record;
		channel_record_init(&record);
		record.channel = pss_channel_open(f->link.transport, &request, &channel_events, &record);
		for (int i = 0; i < turns; i++)
			g_main_context_iteration(NULL, FALSE);
		pss_channel_close(record.channel);
		run_pending();
		g_assert_cmpuint(record.n_closed, ==, 0);
		channel_record_finish(&record);
	}
	ask(f, &f->a, "lower", "cat");
	assert_says(&f->a, "one two");
}

static void without_a_network(void)
{
	const PssChannelRequest request = { .subsystem = "lower" };
	LinkRecord link;
	ChannelRecord record;

	link_record_init(&link);
	channel_record_init(&record);
	link.transport = pss_transport_null_new(link_target("nowhere"), &link_events, &link);
	record.channel = pss_channel_open(link.transport, &request, &channel_events, &record);
	wait_for(record.n_closed, 5);
	assert_unsupported(&record);
	link_record_finish(&link);
	channel_record_finish(&record);
}

typedef struct {
	PssTransportNewFunc new_transport;
	const char *extra;
	void (*run)(Fixture *f, gconstpointer unused);
} Case;

static void run_case(gconstpointer data)
{
	const Case *with = data;
	Fixture f = { 0 };

	new_transport = with->new_transport;
	set_up(&f, with->extra);
	with->run(&f, NULL);
	tear_down(&f, NULL);
}

static void add_both(const char *name, const char *extra, void (*run)(Fixture *f, gconstpointer unused))
{
	static const struct {
		const char *name;
		PssTransportNewFunc new_transport;
	} transports[] = { { "libssh", pss_transport_ssh_new }, { "ssh program", pss_transport_program_new } };

	for (gsize i = 0; i < G_N_ELEMENTS(transports); i++) {
		g_autofree char *path = g_strdup_printf("/subsystem/%s/%s", transports[i].name, name);
		Case *with = g_new(Case, 1);
		*with = (Case){ transports[i].new_transport, extra, run };
		g_test_add_data_func_full(path, with, run_case, g_free);
	}
}

int main(int argc, char **argv)
{
	if (argc > 3 && g_str_equal(argv[1], "--tied"))
		return pss_program_tied(argv + 2);
	g_test_init(&argc, &argv, NULL);
	add_both("starts", SUBSYSTEM, starts);
	add_both("goes before the command in its place", SUBSYSTEM, is_preferred);
	add_both("is refused", SUBSYSTEM, is_refused);
	add_both("is replaced where it is refused", SUBSYSTEM, is_replaced);
	add_both("leaves the link as it was", SUBSYSTEM, leaves_the_link);
	add_both("is refused where it is too long", SUBSYSTEM, is_too_long);
	add_both("needs a channel", SUBSYSTEM "\nMaxSessions 1", needs_a_channel);
	add_both("closes at any time", SUBSYSTEM "\nMaxSessions 50", closes_at_any_time);
	g_test_add_func("/subsystem/none without a network", without_a_network);
	return g_test_run();
}
