/* SPDX-License-Identifier: MIT */
/* Completion while entered, by zsh's own hooks, so that no key, widget or option is touched and every completion
 * widget of the user's comes through here (but one that completes from the history, which is the host's while entered),
 * with its lists, menus and menu selection. Nothing local is ever completed, expanded or corrected into a remote line:
 * the remote is asked, and zsh's completion code is given what it says. Ours are the last functions of their hooks, and
 * of those zsh runs only the last, which calls the one before. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "zsh-module/zsh.h"

#include "zsh-module/adapter.h"
#include "zsh-module/editor-signals.h"
#include "zsh-module/editor.h"

#define BEFORE "before_complete"
#define COMPLETE "complete"

static struct {
	pid_t owner;
	Hookfn before_complete, do_completion; /* zsh/complete's own */
	/* The answer about the line as it stands; zsh keeps its list, too, until the line changes. */
	struct pss_completion answer;
	char *line; /* NULL: there is none */
	size_t point;
} completion;

void pss_zsh_editor_forget_completion(void)
{
	pss_completion_finish(&completion.answer);
	free(completion.line);
	completion.line = NULL;
}

static Hookfn last_function(const char *name)
{
	Hookdef hook = gethookdef((char *)name);

	if (!hook)
		return NULL;
	return empty(hook->funcs) ? hook->def : __extension__((Hookfn)getdata(lastnode(hook->funcs)));
}

/* `list` says what was wanted: COMP_COMPLETE, COMP_EXPAND_COMPLETE, … True ends it before zsh looks at the word. */
static int before_complete(Hookdef hook, void *list)
{
	int *wanted = list;

	if (*wanted == COMP_EXPAND || *wanted == COMP_SPELL)
		return 1;
	if (*wanted == COMP_EXPAND_COMPLETE)
		*wanted = COMP_COMPLETE;
	else if (*wanted == COMP_LIST_EXPAND)
		*wanted = COMP_LIST_COMPLETE;
	return completion.before_complete ? completion.before_complete(hook, list) : 0;
}

/* How many metafied bytes the first n plain bytes are. */
static int metafied_length(const char *metafied, size_t n)
{
	const char *at = metafied;

	for (; n > 0 && *at; n--)
		at += *at == Meta ? 2 : 1;
	return (int)(at - metafied);
}

static char *plain_up_to(const char *metafied, int n)
{
	char *part = strndup(metafied, (size_t)n);
	char *plain = part ? pss_zsh_plain(part) : NULL;

	free(part);
	return plain;
}

/* Where the editing is over, the keys that were typed ahead are for the next. */
static int ask_remote(const struct pss_read_request *request, const char *line, size_t point)
{
	int rc;

	pss_zsh_editor_take_unread();
	rc = request->complete(request->user, line, strlen(line), point, &completion.answer);
	if (rc == -ECONNRESET)
		pss_zsh_editor_give_up();
	else
		pss_zsh_editor_give_typed();
	return rc;
}

/* Is completion.answer that of this line and cursor? */
static bool is_answered(const char *line, const char *before)
{
	return line && before && completion.line && strcmp(line, completion.line) == 0 &&
	       strlen(before) == completion.point;
}

/* Plugins list while a key is waited for, or in a process of their own, whose connection this is not: they are given
 * what a key has asked for. */
static bool is_wanted_by_key(void)
{
	return getpid() == completion.owner && **pss_zle.keybuf;
}

/* 0: completion.answer is that of the line and the cursor as they stand. Else -errno, as of a request's complete(). */
static int ask(void)
{
	const struct pss_read_request *request = pss_zsh_editor_request();
	char *line = pss_zsh_plain(*pss_zle.origline), *before = plain_up_to(*pss_zle.origline, *pss_zle.origcs);
	bool answered = is_answered(line, before);
	int rc = -ENOMEM;

	if (answered || !is_wanted_by_key()) {
		free(line);
		free(before);
		return answered ? 0 : -ENOTSUP;
	}
	pss_zsh_editor_forget_completion();
	if (line && before)
		rc = request && request->complete ? ask_remote(request, line, strlen(before)) : -ENOTSUP;
	if (rc == 0 && completion.answer.start > strlen(before))
		rc = -EPROTO;
	if (rc == 0) {
		completion.line = line;
		completion.point = strlen(before);
	} else {
		free(line);
		pss_completion_finish(&completion.answer);
	}
	free(before);
	return rc;
}

static void set_text(char **place, char *value)
{
	zsfree(*place);
	*place = value;
}

static void drop_braces(Brinfo *first, Brinfo *last, int *n)
{
	pss_zle.freebrinfo(*first);
	*first = *last = NULL;
	*n = 0;
}

/* What zsh has found out about the word under the cursor, by its own grammar and with quotes taken out of the line,
 * makes place for what the remote says: the word is plain text, from `start` to the cursor. Returns it, for zsfree().
 */
static char *set_word(size_t start)
{
	zlemetacs = 0;
	pss_zle.foredel(zlemetall, CUT_RAW);
	pss_zle.inststrlen(*pss_zle.origline, 1, -1);
	zlemetacs = *pss_zle.origcs;
	wb = metafied_length(*pss_zle.zlemetaline, start);
	we = zlemetacs;
	*pss_zle.offs = we - wb;
	*pss_zle.instring = QT_NONE;
	*pss_zle.inbackt = 0;
	inwhat = IN_NOTHING;
	set_text(pss_zle.qipre, ztrdup(""));
	set_text(pss_zle.qisuf, ztrdup(""));
	set_text(pss_zle.autoq, NULL);
	set_text(pss_zle.lastprebr, NULL);
	set_text(pss_zle.lastpostbr, NULL);
	drop_braces(pss_zle.brbeg, pss_zle.lastbrbeg, pss_zle.nbrbeg);
	drop_braces(pss_zle.brend, pss_zle.lastbrend, pss_zle.nbrend);
	return ztrduppfx(*pss_zle.zlemetaline + wb, we - wb);
}

struct collecting {
	Hookdef hook;
	struct compldat *data;
};

static int collect(void *user)
{
	const struct collecting *collecting = user;

	return completion.do_completion(collecting->hook, collecting->data);
}

/* `zle -C history-search-backward menu-select …` and its like. What calls them may say it by compsys's context, too. */
static bool is_of_history(void)
{
	const char *function = *pss_zle.compfunc, *context = getsparam((char *)"curcontext");
	const Thingy name = function && *pss_zle.compwidget ? (*pss_zle.compwidget)->first : NULL;

	return function && (strstr(function, "history") || (name && strstr(name->nam, "history")) ||
			    (context && strncmp(context, "history-", 8) == 0));
}

/* In the place of zsh/complete's do_completion(), for all that calls that hook. 1: there is nothing. */
static int complete(Hookdef hook, void *data)
{
	int rc = -ENOTSUP;

	if (completion.do_completion && is_of_history())
		return completion.do_completion(hook, data);
	if (completion.do_completion)
		rc = ask();
	if (rc < 0)
		return rc != -EINTR && rc != -ECONNRESET;
	char *word = set_word(completion.answer.start);
	if (completion.answer.n == 0) {
		zsfree(word);
		return 1;
	}
	struct compldat plain = *(struct compldat *)data;
	struct collecting collecting = { hook, &plain };
	plain.s = word;
	rc = pss_zsh_editor_with_candidates(&completion.answer, completion.line + completion.answer.start,
					    completion.point - completion.answer.start, collect, &collecting);
	zsfree(word);
	return rc;
}

void pss_zsh_editor_hook_completion(void)
{
	completion.owner = getpid();
	completion.before_complete = last_function(BEFORE);
	completion.do_completion = last_function(COMPLETE);
	addhookfunc((char *)BEFORE, before_complete);
	addhookfunc((char *)COMPLETE, complete);
	pss_zsh_editor_candidates_begin();
}

void pss_zsh_editor_unhook_completion(void)
{
	pss_zsh_editor_candidates_end();
	deletehookfunc((char *)COMPLETE, complete);
	deletehookfunc((char *)BEFORE, before_complete);
	pss_zsh_editor_forget_completion();
}
