/* SPDX-License-Identifier: MIT */
/* The table of the torture test: one row a case, run once for each remote shell. */
#pragma once

#include "drive.h"

/* ALL speak the language of sh; fish and pwsh have tables of their own, of the same cases in their own words. */
enum {
	BASH = 1,
	ZSH = 2,
	DASH = 4,
	ASH = 8,
	KSH = 16,
	MKSH = 32,
	POSIX = DASH | ASH | KSH | MKSH,
	ALL = 63,
	FISH = 64,
	PWSH = 128,
	PWSH_MORE = 256 /* each row starts a PowerShell, in seconds: these are a program of their own */
};

typedef struct {
	const char *name;
	int shells;      /* where it runs */
	const char *why; /* it does not run in the others; NULL where shells is ALL */
	const char *rc;  /* start-up text for this case: appended to the shell's own, or NULL */
	gboolean kept;
	Step steps[80];
} Row;

typedef struct {
	const Row *rows;
	gsize n;
} Rows;

/* ---- what rows call (torture-calls.c) */

/* Every byte but NUL, as text in single quotes of a shell that tells in hexadecimal what has arrived. */
typedef struct {
	const char *begin, *end;
	const char *special, *escape; /* characters that need `escape` in front */
	gboolean all;                 /* any byte, and the answer is that alone; else ASCII and some letters in UTF-8 */
} TortureBytes;

void send_bytes(Drive *drive, const TortureBytes *kind);
void expect_bytes(Drive *drive, const TortureBytes *kind);

void send_100_kb(Drive *drive); /* as one line, which counts itself */

/* Lines of keys, which come back as they were typed. */
void type_8_kb(Drive *drive);
void expect_8_kb(Drive *drive);
void type_100_kb(Drive *drive);
void expect_100_kb(Drive *drive);

void let_go(Drive *drive);             /* what reads the fifo "go" of the home goes on */
void expect_one_request(Drive *drive); /* between this call and the one before */

extern const Rows torture_text, torture_programs, torture_state, torture_exit, torture_complete, torture_fish,
	torture_fish_state, torture_pwsh, torture_pwsh_programs, torture_pwsh_state, torture_hooks, torture_long,
	torture_typed, torture_zsh;
