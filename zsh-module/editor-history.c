/* SPDX-License-Identifier: MIT */
/* The history that is shown while entered: the host's, on top of zsh's stack of histories, so that the shell's
 * own list and its HISTFILE are out of reach. The HIST_… options are honoured here; `!` is expanded with zsh's
 * own reader of characters. */
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "zsh-module/zsh.h"

#include "zsh-module/adapter.h"
#include "zsh-module/editor.h"

#define WORDS_LINE_MAX 32000 /* zsh keeps the places of words as short (hist.c) */

static struct {
	bool pushed;
	bool has_line;   /* a line that zsh reads was taken out of its list */
	zlong save_size; /* SAVEHIST of the shell: zero while ours is shown */
	int sharing[3];  /* the options, while they are off */
	int outer_strin; /* we may run in a sourced file or a string */
	char open_quote; /* at the end of the line before: ' or ", or 0 */
} shown;

static const int sharing_options[] = { SHAREHISTORY, INCAPPENDHISTORY, INCAPPENDHISTORYTIME };

static void set_text(Histent entry, char *metafied, int flags)
{
	entry->node.nam = metafied;
	entry->node.flags = flags;
	entry->stim = entry->ftim = time(NULL);
	entry->nwords = 0;
	if (strlen(metafied) <= WORDS_LINE_MAX) {
		int n_room = 0, n_words = 0;

		entry->words = NULL;
		histsplitwords(metafied, &entry->words, &n_room, &n_words, 0);
		entry->nwords = n_words / 2;
	}
}

static void add_entry(const char *line, int flags)
{
	Histent entry = prepnexthistent();

	set_text(entry, pss_zsh_metafied(line, strlen(line)), flags);
	if (!(flags & HIST_TMPSTORE))
		addhistnode(histtab, entry->node.nam, entry);
}

/* The line that zsh reads stands in its list, and does so in front of a prompt already, where `precmd` runs. Ours that
 * are begun would link it once more (hist.c, linkcurline). So it is out of the list while ours is shown, as behind
 * hend(). */
static void take_line_out(void)
{
	shown.has_line = hist_ring == &curline;
	if (!shown.has_line)
		return;
	curline.up->down = curline.down;
	curline.down->up = curline.up;
	hist_ring = curline.up == &curline ? NULL : curline.up;
	curhist--;
}

static void put_line_back(void)
{
	if (!shown.has_line)
		return;
	if (hist_ring) {
		curline.up = hist_ring;
		curline.down = hist_ring->down;
		hist_ring->down = hist_ring->down->up = &curline;
	} else {
		curline.up = curline.down = &curline;
	}
	hist_ring = &curline;
	curline.histnum = ++curhist;
	shown.has_line = false;
}

void pss_zsh_editor_history_push(char *const *history, size_t n_history)
{
	shown.save_size = savehistsiz;
	take_line_out();
	/* Nothing of it is ever saved: its savehistsiz is zero. The level keeps a function's return from popping it. */
	pushhiststack(NULL, histsiz, 0, -1);
	shown.pushed = true;
	for (size_t i = 0; i < n_history; i++)
		add_entry(history[i], 0);
}

void pss_zsh_editor_history_pop(void)
{
	if (shown.pushed) {
		pophiststack();
		put_line_back();
	}
	shown.pushed = false;
}

void pss_zsh_editor_history_is_gone(void)
{
	shown.pushed = false;
}

void pss_zsh_editor_first_line(void)
{
	shown.open_quote = 0;
}

static void stop_sharing(void)
{
	for (size_t i = 0; i < sizeof sharing_options / sizeof *sharing_options; i++) {
		shown.sharing[i] = opts[sharing_options[i]];
		opts[sharing_options[i]] = 0;
	}
}

static void share_again(void)
{
	for (size_t i = 0; i < sizeof sharing_options / sizeof *sharing_options; i++)
		opts[sharing_options[i]] = (char)shown.sharing[i];
}

void pss_zsh_editor_history_begin_line(void)
{
	shown.outer_strin = strin;
	strin = 0; /* or the line is not in the list that it is edited in */
	zcontext_save();
	stop_sharing();
	hbegin(2);
	share_again();
}

void pss_zsh_editor_history_end_line(void)
{
	stop_sharing();
	hend(NULL);
	share_again();
	zcontext_restore();
	strin = shown.outer_strin;
}

/* HISTORY_IGNORE is a pattern of lines that are not to be saved. */
static bool is_ignored(const char *metafied)
{
	char *pattern = getsparam((char *)"HISTORY_IGNORE");
	Patprog program = NULL;
	bool ignored;

	pushheap();
	if (pattern && *pattern) {
		pattern = dupstring(pattern);
		tokenize(pattern);
		remnulargs(pattern);
		program = patcompile(pattern, 0, NULL);
	}
	ignored = program && pattry(program, (char *)metafied);
	popheap();
	return ignored;
}

/* `setopt hist_no_store`: commands that only look at the history. */
static bool looks_at_history(const char *line)
{
	static const char *const commands[] = { "history", "fc -l", "builtin history", "builtin fc -l" };

	line += strspn(line, " \t");
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		size_t n = strlen(commands[i]);

		if (strncmp(line, commands[i], n) == 0 && (line[n] == '\0' || strchr(" \t\n", line[n])))
			return true;
	}
	return false;
}

static bool is_again(const char *metafied)
{
	return hist_ring && !(hist_ring->node.flags & HIST_TMPSTORE) && strcmp(hist_ring->node.nam, metafied) == 0;
}

bool pss_zsh_add_history(const char *line)
{
	char *file = getsparam((char *)"HISTFILE");
	bool is_saved = file && *file && shown.save_size > 0;
	char *metafied = pss_zsh_metafied(line, strlen(line));

	hist_ignore_all_dups = isset(HISTIGNOREALLDUPS);
	if (!shown.pushed) {
		is_saved = is_saved && !(isset(HISTIGNORESPACE) && *line == ' ') && !is_ignored(metafied);
	} else if ((isset(HISTIGNORESPACE) && *line == ' ') || (isset(HISTNOSTORE) && looks_at_history(line))) {
		add_entry(line, HIST_TMPSTORE); /* as in zsh: it can be recalled once */
		is_saved = false;
	} else if ((isset(HISTIGNOREDUPS) || isset(HISTIGNOREALLDUPS)) && is_again(metafied)) {
		is_saved = false;
	} else {
		add_entry(line, 0);
		is_saved = is_saved && !is_ignored(metafied);
	}
	zsfree(metafied);
	return is_saved;
}

/* `!` means nothing between single quotes, also when they began on a line before. */
static void note_quote(int c)
{
	bool was_single = shown.open_quote == '\'';

	if (shown.open_quote && c == shown.open_quote)
		shown.open_quote = 0;
	else if (!shown.open_quote && (c == '\'' || c == '"'))
		shown.open_quote = (char)c;
	if ((shown.open_quote == '\'') != was_single)
		stophist += was_single ? -4 : 4;
}

static void read_characters(void)
{
	while (!lexstop) {
		int c = hgetc();

		if (lexstop)
			return;
		if (c == '\\' && shown.open_quote != '\'')
			hgetc();
		else
			note_quote(c);
	}
}

/* Reads the line as zsh's lexer would, with history expansion. The metafied result, for zsfree(); NULL after
 * an error, which zsh has reported. */
static char *expand(char *metafied, int *ret_flags)
{
	char quote_before = shown.open_quote;
	char *result = NULL;

	inpush(metafied, 0, NULL);
	strinbeg(2);
	if (shown.open_quote == '\'')
		stophist += 4;
	read_characters();
	if (!errflag) {
		*hptr = '\0';
		result = ztrdup(chline);
	} else {
		shown.open_quote = quote_before;
	}
	*ret_flags = histdone;
	stophist = 0;
	strinend();
	inpop();
	return result;
}

static enum pss_expand outcome_of(int flags, bool *ret_changed)
{
	*ret_changed = flags & HISTFLAG_DONE && !(flags & (HISTFLAG_RECALL | HISTFLAG_NOEXEC));
	if (flags & HISTFLAG_RECALL)
		return PSS_EXPAND_EDIT;
	return flags & HISTFLAG_NOEXEC ? PSS_EXPAND_SHOW : PSS_EXPAND_RUN;
}

enum pss_expand pss_zsh_expand_history(const char *line, char **ret, bool *ret_changed)
{
	char *metafied, *result;
	int flags = 0, before = errflag;
	enum pss_expand outcome = PSS_EXPAND_RUN;

	*ret_changed = false;
	*ret = NULL;
	if (unset(BANGHIST) || !bangchar) {
		*ret = strdup(line);
		return PSS_EXPAND_RUN;
	}
	pushheap();
	metafied = pss_zsh_metafied(line, strlen(line));
	pss_zsh_editor_history_begin_line();
	zcontext_save();
	errflag = 0;
	result = expand(metafied, &flags);
	if (!result)
		outcome = PSS_EXPAND_ERROR;
	else
		outcome = outcome_of(flags, ret_changed);
	/* What stands for itself goes out as it was typed, with the backslash that a `!` may have had. */
	if (result)
		*ret = flags & HISTFLAG_DONE ? pss_zsh_plain(result) : strdup(line);
	zsfree(result);
	zcontext_restore();
	pss_zsh_editor_history_end_line();
	zsfree(metafied);
	popheap();
	errflag = before;
	return outcome;
}
