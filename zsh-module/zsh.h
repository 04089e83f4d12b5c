/* SPDX-License-Identifier: MIT */
/* zsh's own headers, as a module wants them, and the few things of the line editor's module that they lack.
 * Everything of zsh/zle is looked up when a session is entered (zle.c), because zle may be loaded later than
 * we are. Facts of this folder about zsh hold for 5.9: Src/NAME.c is meant by "NAME.c". */
#pragma once

#define MODULE 1
#include <zsh/zsh.mdh>
#include <zsh/version.h>

#include <zsh/Zle/zle.h>

/* What zsh/zle has and we use. */
struct pss_zle {
	Thingy (*rthingy_nocreate)(char *name); /* takes a reference */
	void (*unrefthingy)(Thingy thingy);
	Widget (*addzlefunction)(char *name, ZleIntFunc function, int flags);
	void (*deletezlefunction)(Widget widget);
	void (*doinsert)(ZLE_STRING_T text, int n);
	ZLE_STRING_T (*stringaszleline)(char *text, int cursor, int *ret_n, int *ret_size, int *ret_cursor);
	void (*showmsg)(const char *text);
	int (*handlefeep)(char **arguments);
	int *lastchar; /* the key that the current widget was called by */

	/* For completion. What it looks at between the hooks before_complete and after_complete: the line, its copy
	 * and the cursor in metafied bytes, and the word as zsh has parsed it (zle_tricky.c). */
	void (*foredel)(int n, int flags);
	int (*inststrlen)(char *text, int move, int n);
	void (*freebrinfo)(Brinfo braces);
	char **zlemetaline, **origline, **zlenoargs;
	int *origcs, *offs, *instring, *inbackt;
	char **qipre, **qisuf, **autoq, **lastprebr, **lastpostbr;
	Brinfo *brbeg, *lastbrbeg, *brend, *lastbrend;
	int *nbrbeg, *nbrend;
	char **compfunc, ***cfargs; /* the function of a completion widget, and its arguments */
};
extern struct pss_zle pss_zle;

/* Loads zsh/zle and zsh/complete and fills pss_zle. False: there is no such editor. */
bool pss_zle_load(void);

/* `zle -OPTIONS ARGUMENTS…`, whatever the user may have made of the name `zle`. */
void pss_zle_builtin(const char *options, const char *first, const char *second);
