/* SPDX-License-Identifier: MIT */
/* pssession-copy: copies what the verb on descriptor 3 asks for (wire/copy.h), and ends. It belongs to nobody's job and
 * has no terminal: signals of the terminal are the shell's, and the end of the socket is what stops it. */
#include "copy/files/files.h"
#include "copy/items/items.h"
#include "copy/sides/sides.h"
#include "copy/trees/trees.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "wire/runtime.h"

#define AT_ONCE_MIN 16
#define AT_ONCE_MAX 2048
#define STOP_MS 2000 /* for what is half done elsewhere to be removed */

/* ---- transfers */

static PssPlace *place_of(const PssCopy *copy, const PssOperand *operand)
{
	return copy->places->pdata[operand->place];
}

/* The transfer of that pair, which is made where there is none. */
static PssTransfer *transfer_of(PssCopy *copy, PssPlace *from, PssPlace *to, const PssOperand *destination)
{
	for (guint i = 0; i < copy->transfers->len; i++) {
		PssTransfer *transfer = copy->transfers->pdata[i];
		if (transfer->from == from && transfer->to == to)
			return transfer;
	}
	PssTransfer *transfer = pss_transfer_new(copy, from, to, destination->path);
	transfer->needs_directory = copy->request->sources->len > 1 || copy->request->by_name;
	if (copy->request->by_name && from)
		transfer->subdirectory = g_strdelimit(g_strdup(from->label), "/", '_');
	g_ptr_array_add(copy->transfers, transfer);
	return transfer;
}

static gboolean has_glob(const PssOperand *source)
{
	return !source->is_literal && strpbrk(source->path, "*?[") != NULL;
}

static void add_source(PssCopy *copy, PssOperand *source)
{
	for (guint i = 0; i < copy->request->destinations->len; i++) {
		const PssOperand *destination = copy->request->destinations->pdata[i];
		PssTransfer *transfer =
			transfer_of(copy, place_of(copy, source), place_of(copy, destination), destination);
		transfer->needs_directory = transfer->needs_directory || has_glob(source);
		g_queue_push_tail(&transfer->operands, source);
	}
}

static void begin(PssCopy *copy)
{
	const PssCopyRequest *request = copy->request;

	for (guint i = 0; i < request->labels->len; i++)
		g_ptr_array_add(copy->places, i == 0 ? NULL : pss_place_new(copy, i, request->labels->pdata[i]));
	if (request->lists) {
		const PssOperand *operand = request->sources->pdata[0];
		pss_listing_begin(copy, copy->places->pdata[operand->place], operand->path);
		return;
	}
	for (guint i = 0; i < request->sources->len; i++)
		add_source(copy, request->sources->pdata[i]);
	pss_report_progress_begin(copy);
	pss_copy_begin_some(copy);
}

/* ---- the verb's events */

static void on_request(gpointer user, const char *words, gsize n)
{
	PssCopy *copy = user;
	g_autoptr(GError) error = NULL;

	if (copy->request)
		return;
	copy->request = pss_copy_request_parse(words, n, &error);
	if (copy->request) {
		begin(copy);
		return;
	}
	pss_verb_link_error(copy->verb, 0, PSS_VERSION, error->message);
	pss_copy_end(copy);
}

static void on_opened(gpointer user, guint32 id, int fd, const char *directory, gboolean survives)
{
	pss_channels_on_opened(((PssCopy *)user)->channels, id, fd, directory, survives);
}

static void on_ended(gpointer user, guint32 id, enum pss_status status, int exit_status, const char *message)
{
	pss_channels_on_ended(((PssCopy *)user)->channels, id, status, message);
}

static gboolean on_impatient(gpointer user)
{
	pss_half_give_up(user);
	pss_copy_end_stopped(user);
	return G_SOURCE_REMOVE;
}

static void on_stop(gpointer user)
{
	PssCopy *copy = user;

	if (copy->is_stopping)
		return;
	copy->is_stopping = TRUE;
	for (guint i = 0; i < copy->transfers->len; i++)
		pss_transfer_stop(copy->transfers->pdata[i]);
	g_timeout_add(STOP_MS, on_impatient, copy);
	pss_copy_check_stopped(copy);
}

static void on_room(gpointer user)
{
	PssCopy *copy = user;

	for (guint i = 0; i < copy->transfers->len; i++)
		pss_transfer_pump(copy->transfers->pdata[i]);
}

static void on_go_on(gpointer user)
{
	PssCopy *copy = user;

	if (copy->n_unanswered > 0 && --copy->n_unanswered == 0)
		on_room(copy);
}

static const PssVerbLinkEvents events = {
	.on_request = on_request,
	.on_opened = on_opened,
	.on_ended = on_ended,
	.on_go_on = on_go_on,
	.on_stop = on_stop,
	.on_room = on_room,
};

static gboolean on_term(gpointer user)
{
	on_stop(user);
	return G_SOURCE_CONTINUE;
}

/* ---- */

static const PssCopyOps ops = {
	.local = &pss_side_local,
	.remote = &pss_side_remote,
	.copy_up = pss_file_up,
	.copy_down = pss_file_down,
	.copy_across = pss_file_across,
	.trees = &pss_tree_ops,
	.listings = &pss_listing_ops,
};

static void ignore_signals(void)
{
	static const int ignored[] = { SIGINT, SIGHUP, SIGQUIT, SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU, SIGXFSZ };

	for (gsize i = 0; i < G_N_ELEMENTS(ignored); i++)
		signal(ignored[i], SIG_IGN);
}

/* For each file that is under way it may be open, and its directory; and so may those of files that wait. */
static guint files_at_once(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return AT_ONCE_MIN;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	return (guint)CLAMP(limit.rlim_max / 4, AT_ONCE_MIN, AT_ONCE_MAX);
}

static gboolean was_broken_off(const PssCopy *copy)
{
	for (guint i = 1; i < copy->places->len; i++)
		if (((const PssPlace *)copy->places->pdata[i])->state == PSS_PLACE_LOST)
			return TRUE;
	return copy->is_stopping;
}

static void open_claims(PssCopy *copy)
{
	char path[PSS_RUNTIME_SAVED_MAX];

	if (pss_runtime_copies(geteuid(), path, sizeof path) < 0)
		path[0] = '\0';
	copy->claims = pss_claims_new(path);
}

static void free_copy(PssCopy *copy)
{
	g_ptr_array_unref(copy->transfers);
	g_ptr_array_unref(copy->places);
	pss_channels_free(copy->channels);
	pss_verb_link_free(copy->verb);
	pss_copy_request_free(copy->request);
	pss_claims_free(copy->claims);
	g_clear_pointer(&copy->said, g_hash_table_unref);
	g_main_loop_unref(copy->loop);
}

int main(void)
{
	PssCopy copy = { .ops = &ops,
			 .loop = g_main_loop_new(NULL, FALSE),
			 .places = g_ptr_array_new_with_free_func(pss_place_free),
			 .transfers = g_ptr_array_new_with_free_func(pss_transfer_free) };
	int type;
	socklen_t n = sizeof type;

	if (getsockopt(PSS_COPY_VERB_FD, SOL_SOCKET, SO_TYPE, &type, &n) < 0) {
		fputs("pssession-copy: copy-item starts this program; run copy-item instead\n", stderr);
		return 2;
	}
	ignore_signals();
	copy.at_once = files_at_once();
	fcntl(PSS_COPY_HOST_FD, F_SETFD, FD_CLOEXEC);
	copy.umask = umask(0);
	umask(copy.umask);
	open_claims(&copy);
	copy.verb = pss_verb_link_new(PSS_COPY_VERB_FD, &events, &copy);
	copy.channels = pss_channels_new(copy.verb);
	g_unix_signal_add(SIGTERM, on_term, &copy);
	g_main_loop_run(copy.loop);
	if (was_broken_off(&copy))
		_exit(0); /* questions without answers, and what waits for them, go with the process */
	free_copy(&copy);
	return 0;
}
