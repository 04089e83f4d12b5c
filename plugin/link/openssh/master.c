/* SPDX-License-Identifier: MIT */
/* Starts `ssh -M -N` in the background of the host process and waits until it has logged in. All of ssh_config, of the
 * host keys and of the ways to log in is ssh's own business; its questions come through SSH_ASKPASS, which is
 * pssession-host (child-modes.c), to a private socket, and go to the person. The thread ends by itself when the
 * person leaves. */
#include "link/openssh/master.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/said.h"
#include "base/shortage.h"
#include "base/system.h"
#include "link/libssh/connect/tcp-connect.h"
#include "link/login/room.h"
#include "link/openssh/child-modes.h"
#include "link/openssh/end.h"
#include "link/openssh/questions.h"
#include "link/process/spawn.h"
#include "wire/buffer.h"
#include "wire/runtime.h"

#define ROOT_MAX 64 /* so that ssh's temporary names fit a socket's address, too */

typedef struct {
	PssTarget *target;
	PssLoginContext *person;
	PssProgramMasterFunc on_done;
	gpointer user;
	PssProgramMaster *master;
} Thread;

/* ---- its end */

void pss_program_master_free(PssProgramMaster *master)
{
	if (!master)
		return;
	if (master->pid > 0)
		pss_program_end_later(master->pid, master->control);
	if (master->errors >= 0)
		close(master->errors);
	if (master->control) {
		unlink(master->control);
		pss_program_remove_unfinished(master->control);
	}
	if (master->directory)
		rmdir(master->directory);
	g_free(master->directory);
	g_free(master->control);
	g_free(master->ssh);
	g_free(master->user);
	g_free(master->history_key);
	g_free(master->forwards);
	g_strfreev(master->environment);
	g_free(master->banner);
	g_string_free(master->said, TRUE);
	g_free(master->last);
	g_free(master->mute_proxy);
	g_clear_error(&master->error);
	g_free(master);
}

/* ---- how it is started */

void pss_program_master_sweep(const char *root)
{
	g_autoptr(GDir) directory = g_dir_open(root, 0, NULL);
	const char *name;

	while (directory && (name = g_dir_read_name(directory))) {
		pid_t owner = g_str_has_prefix(name, "ssh-") ? (pid_t)atol(name + 4) : 0;
		if (owner <= 0 || pss_system_is_running(owner))
			continue;
		g_autofree char *path = g_build_filename(root, name, NULL);
		unlink(path);
	}
}

/* Names of sockets: in the runtime directory, or where its name is too long, in one of our own. */
static gboolean choose_names(PssProgramMaster *master, char **ret_ask, GError **error)
{
	static gint count; /* atomic */
	struct pss_runtime runtime;
	const char *root = runtime.directory;

	if (pss_runtime_find(geteuid(), &runtime) < 0 || strlen(root) >= ROOT_MAX) {
		master->directory = g_strdup("/tmp/pss-ssh-XXXXXX");
		if (!g_mkdtemp_full(master->directory, 0700)) {
			g_set_error(error, PSS_ERROR, PSS_FAILED, "%s cannot be made: %s", master->directory,
				    g_strerror(errno));
			g_clear_pointer(&master->directory, g_free);
			return FALSE;
		}
		root = master->directory;
	}
	master->control = g_strdup_printf("%s/ssh-%d-%d", root, (int)getpid(), g_atomic_int_add(&count, 1));
	*ret_ask = g_strconcat(master->control, "-ask", NULL);
	return TRUE;
}

static void add(GPtrArray *argv, const char *word)
{
	g_ptr_array_add(argv, g_strdup(word));
}

static void add_option(GPtrArray *argv, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void add_option(GPtrArray *argv, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add(argv, "-o");
	g_ptr_array_add(argv, g_strdup_vprintf(format, arguments));
	va_end(arguments);
}

/* Ours first: of each option ssh takes the first value. */
static char **master_arguments(const PssProgramMaster *master, const PssTarget *target, const PssSshConfig *config,
			       gboolean can_ask, const char *self)
{
	static const char *const fixed[] = { "ControlMaster=yes",          "ControlPersist=no",
					     "RemoteCommand=none",         "RequestTTY=no",
					     "ForkAfterAuthentication=no", "EscapeChar=none",
					     "PermitLocalCommand=no",      "ClearAllForwardings=yes" };
	GPtrArray *argv = g_ptr_array_new();
	g_autofree char *pid = g_strdup_printf("%d", (int)getpid());

	add(argv, self);
	add(argv, "--tied");
	add(argv, pid);
	add(argv, master->ssh);
	add(argv, "-N");
	add(argv, "-T");
	add(argv, "-S");
	add(argv, master->control);
	for (gsize i = 0; i < G_N_ELEMENTS(fixed); i++)
		add_option(argv, "%s", fixed[i]);
	if (master->detailed)
		add_option(argv, "LogLevel=DEBUG1");
	/* What the server calls itself. ssh says so where it looks, on lines of a form that said.c takes. */
	if (config->is_log_verbose_free)
		add_option(argv, "LogVerbose=" PSS_PROGRAM_FILE PSS_PROGRAM_FUNCTION "():*");
	add_option(argv, "ServerAliveInterval=%u", config->alive_interval_s);
	add_option(argv, "ServerAliveCountMax=%u", config->alive_count_max);
	if (target->connect_timeout_ms)
		add_option(argv, "ConnectTimeout=%u", (target->connect_timeout_ms + 999) / 1000);
	if (!can_ask)
		add_option(argv, "BatchMode=yes");
	/* `no` would let a changed key through. */
	if (config->strict == PSS_STRICT_OFF)
		add_option(argv, "StrictHostKeyChecking=accept-new");
	if (target->config_file) {
		add(argv, "-F");
		add(argv, target->config_file);
	}
	/* The value of an option is taken apart: a backslash would be one too few. */
	if (target->user) {
		add(argv, "-l");
		add(argv, target->user);
	}
	if (target->port)
		add_option(argv, "Port=%u", target->port);
	if (target->key_file) {
		add(argv, "-i");
		add(argv, target->key_file);
	}
	for (char **option = target->options; *option; option++)
		add_option(argv, "%s", *option);
	add(argv, "--");
	add(argv, target->host);
	g_ptr_array_add(argv, NULL);
	return (char **)g_ptr_array_free(argv, FALSE);
}

static char **master_environment(const PssTarget *target, const char *self, const char *ask)
{
	char **environment = pss_spawn_environment(target->environment);

	environment = g_environ_setenv(environment, "SSH_ASKPASS", self, TRUE);
	environment = g_environ_setenv(environment, "SSH_ASKPASS_REQUIRE", "force", TRUE);
	return g_environ_setenv(environment, PSS_PROGRAM_ASK, ask, TRUE);
}

/* A child is tied to the thread that started it, so the main one does that, unless the login thread has given up
 * waiting: the first of the two decides. */
enum { WAITED_FOR, TAKEN_ON, GIVEN_UP };

typedef struct {
	gint state; /* atomic */
	char **argv, **environment, *directory;
	PssLimits limits;
	int errors;  /* the child's end */
	int done[2]; /* a pipe; what comes through it is the pid, or 0 */
	GError *error;
} Starting;

static void starting_clear(gpointer data)
{
	Starting *starting = data;

	g_strfreev(starting->argv);
	g_strfreev(starting->environment);
	g_free(starting->directory);
	const int fds[] = { starting->errors, starting->done[0], starting->done[1] };

	for (gsize i = 0; i < G_N_ELEMENTS(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	g_clear_error(&starting->error);
}

static void starting_unref(gpointer data)
{
	g_atomic_rc_box_release_full(data, starting_clear);
}

static gboolean start_in_main(gpointer data)
{
	Starting *starting = data;
	pid_t pid = 0;
	PssSpawn spawn = {
		.argv = (const char *const *)starting->argv,
		.environment = (const char *const *)starting->environment,
		.directory = starting->directory,
		.limits = &starting->limits,
		.fds = { -1, -1, starting->errors },
	};

	if (!g_atomic_int_compare_and_exchange(&starting->state, WAITED_FOR, TAKEN_ON))
		return G_SOURCE_REMOVE;
	if (!pss_spawn(&spawn, &pid, &starting->error))
		pid = 0;
	if (write(starting->done[1], &pid, sizeof pid) != sizeof pid)
		g_debug("the login does not wait any more");
	return G_SOURCE_REMOVE;
}

static gboolean open_pipes(PssProgramMaster *master, Starting *starting)
{
	int errors[2];

	starting->errors = starting->done[0] = starting->done[1] = -1;
	if (pipe2(errors, O_CLOEXEC) < 0)
		return FALSE;
	starting->errors = errors[1];
	master->errors = errors[0];
	fcntl(master->errors, F_SETFL, O_NONBLOCK);
	if (pipe2(starting->done, O_CLOEXEC) == 0)
		return TRUE;
	starting->done[0] = starting->done[1] = -1;
	return FALSE;
}

/* What has been started is known, however the wait has ended: the caller ends it. FALSE: nothing is, or will be. */
static gboolean learn_pid(PssProgramMaster *master, Starting *starting, GError **error)
{
	ssize_t n;

	if (g_atomic_int_compare_and_exchange(&starting->state, WAITED_FOR, GIVEN_UP))
		return FALSE;
	do {
		n = read(starting->done[0], &master->pid, sizeof master->pid);
	} while (n < 0 && errno == EINTR);
	if (master->pid == 0 && !*error)
		g_propagate_error(error, g_steal_pointer(&starting->error));
	return master->pid > 0;
}

static gboolean start_program(PssProgramMaster *master, PssLoginContext *person, const PssTarget *target,
			      const PssSshConfig *config, const char *self, const char *ask, GError **error)
{
	Starting *starting = g_atomic_rc_box_new0(Starting);
	gboolean waits;

	if (!open_pipes(master, starting)) {
		pss_set_errno(error, errno, "cannot start ssh");
		starting_unref(starting);
		return FALSE;
	}
	starting->argv = master_arguments(master, target, config, pss_login_can_be_asked(person), self);
	starting->environment = master_environment(target, self, ask);
	starting->directory = g_strdup(target->cwd);
	starting->limits = target->limits;
	pss_login_tell(person, start_in_main, g_atomic_rc_box_acquire(starting), starting_unref);
	waits = pss_login_wait(person, starting->done[0], POLLIN, 0, "starting ssh", error);
	gboolean runs = learn_pid(master, starting, error);
	starting_unref(starting);
	return waits && runs;
}

/* ---- until it has logged in */

/* What is waited on: its end among that. -1: error is set. */
static int watch_all(const PssProgramMaster *master, int listener, int names, int *ret_ended, GError **error)
{
	*ret_ended = pss_system_process_end(master->pid);
	const int fds[] = { *ret_ended, listener, names, master->errors };
	int crowd = *ret_ended < 0 ? -1 : pss_system_crowd_new(fds, G_N_ELEMENTS(fds));

	if (crowd < 0)
		pss_set_errno(error, errno, "cannot wait for ssh");
	return crowd;
}

/* Clients can be served as soon as the socket has its name. */
static gboolean wait_for_login(PssProgramMaster *master, PssLoginContext *person, const PssTarget *target, int listener,
			       int names, GError **error)
{
	int ended, crowd = watch_all(master, listener, names, &ended, error);
	gboolean goes_on = crowd >= 0, good = FALSE;

	while (goes_on && !good) {
		goes_on = pss_login_wait(person, crowd, POLLIN, 0, "connecting by ssh", error);
		int ready = goes_on ? pss_system_crowd_ready(crowd) : -1;
		if (ready < 0)
			continue;
		if (ready == listener) {
			master->heard.asked = TRUE;
			pss_program_questions_answer(person, listener);
		} else if (ready == master->errors) {
			if (!pss_program_master_hear(master, person))
				pss_system_crowd_remove(crowd, master->errors);
		} else if (ready == ended) {
			pss_program_master_hear(master, person);
			pss_program_master_set_failure(master, target, error);
			goes_on = FALSE;
		} else {
			pss_system_drain(names);
			good = access(master->control, F_OK) == 0;
		}
	}
	if (ended >= 0)
		close(ended);
	if (crowd >= 0)
		close(crowd);
	return good;
}

static gboolean log_in(PssProgramMaster *master, PssLoginContext *person, const PssTarget *target,
		       const PssSshConfig *config, const char *ask, GError **error)
{
	g_autofree char *self = pss_system_own_program();
	g_autofree char *root = g_path_get_dirname(ask);
	int listener = pss_program_questions_listen(ask);
	int names = listener < 0 ? -1 : pss_system_directory_watch(root, PSS_SYSTEM_COMES);
	gboolean good = FALSE;

	if (names < 0)
		pss_set_errno(error, errno, "%s cannot be watched", root);
	else
		good = start_program(master, person, target, config, self, ask, error) &&
		       wait_for_login(master, person, target, listener, names, error);
	if (listener >= 0)
		close(listener);
	unlink(ask);
	if (names >= 0)
		close(names);
	return good;
}

/* As if nothing had been started. */
static void forget_try(PssProgramMaster *master)
{
	if (master->errors >= 0)
		close(master->errors);
	master->errors = -1;
	g_string_truncate(master->said, 0);
	g_clear_pointer(&master->last, g_free);
	master->heard = (PssProgramHeard){ 0 };
}

static gboolean log_in_in_turn(PssProgramMaster *master, PssLoginContext *person, const PssTarget *target,
			       const PssSshConfig *config, const char *ask, GError **error)
{
	g_autofree char *server = pss_ssh_first_server(config, config->hostname);

	for (guint n = 1;; n++) {
		g_autoptr(GError) failure = NULL;
		PssTurn *turn = pss_turn_take(person, server, error);
		if (!turn)
			return FALSE;
		gboolean good = log_in(master, person, target, config, ask, &failure);
		gboolean refused = g_error_matches(failure, PSS_ERROR, PSS_THROTTLED);
		gboolean unsure = refused && pss_program_master_is_unsure(master);
		pss_turn_give_back(turn, good                 ? PSS_TURN_LOGGED_IN
					 : refused && !unsure ? PSS_TURN_REFUSED
							      : PSS_TURN_SAYS_NOTHING);
		if (good)
			return TRUE;
		if (unsure) {
			master->detailed = TRUE;
			forget_try(master);
			continue;
		}
		if (!refused || !pss_turn_pause(person, server, n, error)) {
			pss_turn_set_failure(error, failure, person, n, server, config->connect_timeout_ms);
			return FALSE;
		}
		forget_try(master);
	}
}

static gboolean prepare(PssProgramMaster *master, PssLoginContext *person, const PssTarget *target, GError **error)
{
	g_autoptr(PssSshConfig) config = pss_ssh_config_resolve(person, target, error);
	g_auto(GStrv) environment = pss_spawn_environment(target->environment);

	if (!config)
		return FALSE;
	master->ssh = pss_spawn_find("ssh", (const char *const *)environment);
	if (!master->ssh) {
		g_set_error_literal(error, PSS_ERROR, PSS_FAILED,
				    "-Transport ssh needs the program ssh, which is not in PATH");
		return FALSE;
	}
	g_autofree char *agent = pss_ssh_config_forwarded_agent(config);
	master->forwards_agent = agent != NULL;
	master->user = g_strdup(config->user);
	master->history_key = g_strdup_printf("%s@%s:%u", config->user, config->hostname, config->port);
	master->environment = pss_ssh_config_environment(config);
	master->limits = target->limits;
	if (config->proxy_command && !pss_ssh_proxy_is_ssh(config->proxy_command))
		master->mute_proxy = g_strdup(config->proxy_command);
	g_autofree char *ask = NULL;
	if (!choose_names(master, &ask, error) || !log_in_in_turn(master, person, target, config, ask, error))
		return FALSE;
	pss_login_step(person, "login", "by the ssh program");
	return pss_program_forward(master, person, config, target->host, error);
}

/* ---- the thread */

static PssProgramMaster *master_new(void)
{
	PssProgramMaster *master = g_new0(PssProgramMaster, 1);

	master->errors = -1;
	master->said = g_string_new(NULL);
	return master;
}

static void run(gpointer data, GError **error)
{
	Thread *thread = data;

	g_clear_pointer(&thread->master, pss_program_master_free);
	PssProgramMaster *master = thread->master = master_new();
	if (prepare(master, thread->person, thread->target, error))
		return;
	if (master->pid > 0)
		pss_program_end_now(master->pid);
	master->pid = 0;
	pss_shortage_unmask(error, "cannot log in");
}

static void done(gpointer data, GError *failure)
{
	Thread *thread = data;

	if (!thread->master)
		thread->master = master_new();
	thread->master->error = failure;
	thread->on_done(g_steal_pointer(&thread->master), thread->user);
}

static void thread_free(gpointer data)
{
	Thread *thread = data;

	pss_program_master_free(thread->master);
	pss_target_free(thread->target);
	pss_login_unref(thread->person);
	g_free(thread);
}

void pss_program_master_start(PssTarget *target, PssLoginContext *person, PssProgramMasterFunc on_done, gpointer user)
{
	static const PssRoomVisit visit = { run, done, thread_free };
	Thread *thread = g_new0(Thread, 1);

	thread->target = target;
	thread->person = pss_login_ref(person);
	thread->on_done = on_done;
	thread->user = user;
	pss_room_enter(&visit, person, thread);
}
