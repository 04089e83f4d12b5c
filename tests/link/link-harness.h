/* SPDX-License-Identifier: MIT */
/* What tests of a transport share: a link and channels that record what they hear, and waits that run
 * the main loop until a condition holds or a deadline fails the test. */
#pragma once

#include "link/transport/transport.h"

typedef struct {
	PssTransport *transport;
	gboolean ready;
	char *remote_user, *history_key, *forwards;
	GError *lost; /* what on_lost said */
	guint n_lost;
	GString *notes;             /* "KIND text\n" each */
	GPtrArray *questions;       /* texts, in order */
	const char *const *answers; /* to the questions, in order; NULL-terminated; NULL: decline all */
	guint n_answered;
	gboolean keep_questions; /* unanswered, until the record is finished */
	PssQuestion *kept;
	void (*on_ready)(gpointer user); /* more to do inside on_ready, or NULL */
	gpointer user;
} LinkRecord;

typedef struct {
	PssChannel *channel;
	GString *out, *err;
	gsize n_out; /* counted also when `discard` keeps nothing */
	gboolean discard;
	guint n_closed, n_drained;
	int exit_status;
	GError *error;
} ChannelRecord;

extern const PssTransportEvents link_events;
extern const PssChannelEvents channel_events;

/* A target of that host with the environment "HOME=…" of a private directory and nothing to ask. */
PssTarget *link_target(const char *host);
void link_target_option(PssTarget *target, const char *option);
void link_target_setenv(PssTarget *target, const char *name, const char *value);

void link_record_init(LinkRecord *record);
void link_record_finish(LinkRecord *record); /* frees the transport too */
void channel_record_init(ChannelRecord *record);
void channel_record_finish(ChannelRecord *record);

void channel_open(ChannelRecord *record, LinkRecord *link, const char *command, gboolean pty);

/* Runs the main loop until `condition` is true; the test fails after `seconds`, as a machine at ease counts them. */
#define WAIT_PATIENCE 3
#define wait_for(condition, seconds)                                                                                \
	do {                                                                                                        \
		gint64 wait_end_ = g_get_monotonic_time() + (gint64)((seconds)*WAIT_PATIENCE * G_USEC_PER_SEC);     \
		guint wait_timer_ = g_timeout_add(20, G_SOURCE_FUNC(link_tick), NULL);                              \
		while (!(condition)) {                                                                              \
			if (g_get_monotonic_time() > wait_end_)                                                     \
				g_error("%s:%d: waited %gs in vain for: %s", __FILE__, __LINE__, (double)(seconds), \
					#condition);                                                                \
			g_main_context_iteration(NULL, TRUE);                                                       \
		}                                                                                                   \
		g_source_remove(wait_timer_);                                                                       \
	} while (0)
gboolean link_tick(gpointer unused);

/* Runs what is ready now. */
void run_pending(void);
