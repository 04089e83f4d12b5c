/* SPDX-License-Identifier: MIT */
/* zsh's own headers, as a module wants them, and the few things of the line editor's module that they lack.
 * Everything of zsh/zle is looked up when a session is entered (zle.c), because zle may be loaded later than
 * we are. Facts of this folder about zsh hold for 5.9: "NAME.c" is Src/NAME.c. */
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
	void (*ungetbytes)(char *bytes, int n);
	int *kungetct;                                              /* how many of these are there */
	int (*getbyte)(long timeout, int *ret_timed_out, int full); /* with those there, the next of them */
	int *vichgflag;                                             /* what it gives is part of a vi command */
	void (*showmsg)(const char *text);
	int (*redisplay)(char **arguments); /* goes to where the prompt begins, and has all of it redrawn */
	void (*reexpandprompt)(void);       /* the strings that the prompts come from have changed */
	int *trashedzle;                    /* nothing of it is on the screen */
	int (*handlefeep)(char **arguments);
	int *lastchar; /* the key that the current widget was called by */
	char **keybuf; /* the whole of it; empty while a key is waited for */
	int *done;     /* the line is finished */

	HashTable *thingytab; /* all names of widgets */

	/* Keymaps. A key does what a thingy names, or, where there is none, types a string. */
	HashTable *keymapnamtab;
	Keymap (*openkeymap)(char *name);
	Thingy (*keybind)(Keymap keymap, char *sequence, char **ret_string);
	int (*bindkey)(Keymap keymap, const char *sequence, Thingy taken, char *string);
	void (*scankeymap)(Keymap keymap, int sort, KeyScanFunc function, void *user);
	Thingy (*refthingy)(Thingy thingy);

	/* The line as it was when the current widget began, and text behind the line that is not of it. */
	ZLE_STRING_T *lastline, *postdisplay;
	int *lastll, *postdisplaylen;
	char *(*zlelineasstring)(ZLE_STRING_T line, int n, int cursor, int *ret_n, int *ret_cursor, int heap);

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
	Widget *compwidget;
};
extern struct pss_zle pss_zle;

/* Loads zsh/zle and zsh/complete and fills pss_zle. False: there is no such editor. */
bool pss_zle_load(void);

/* `zle -OPTIONS ARGUMENTS…`, whatever the user may have made of the name `zle`. */
void pss_zle_builtin(const char *options, const char *first, const char *second);
