#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What watches over commits: tools/dev hooks, tools/words.

bats_require_minimum_version 1.5.0

# A clone of its own, with what the hook looks at.
setup() {
	command -v git >/dev/null && command -v python3 >/dev/null || skip "needs git and python3"
	export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
	TREE=$BATS_TEST_TMPDIR/tree
	mkdir "$TREE"
	cd "${PSS_SOURCE:-$BATS_TEST_DIRNAME/../..}"
	tar c --exclude='build*' .clang-format ARCHITECTURE.md doc tests/rooms tests/check-rooms.py tests/words-allowed tools plugin bash-builtin zsh-module |
		tar x -C "$TREE"
	cd "$TREE"
	git init -q
	git add -A
	git commit -q -m 'tree: begin'
}

commit() {
	git add -A
	git commit -q -m "$1"
}

# refuses WHAT IT SAYS: the commit is not made.
refuses() {
	local before
	before=$(git rev-parse HEAD)
	run commit change
	echo "$output"
	[ "$status" -ne 0 ] && [[ $output == *"$1"* ]] && [ "$(git rev-parse HEAD)" = "$before" ]
	git reset -q --hard
}

@test "dev: the hook passes what is in order, and nothing of it stays behind" {
	tools/dev hooks
	tools/dev hooks # once more is the same
	printf '\n/* The end. */\n' >>plugin/wire/frame.c
	TMPDIR=$BATS_TEST_TMPDIR commit 'wire: end'
	[ -z "$(git status --porcelain)" ]
	! compgen -G "$BATS_TEST_TMPDIR/pss-commit-*"
}

@test "dev: the hook refuses a wrong format, a wrong arrow, a room without a word, and the old words" {
	tools/dev hooks
	if command -v clang-format >/dev/null; then
		printf 'int  x ;\n' >>plugin/wire/frame.c
		refuses 'tools/dev fmt formats them'
	fi
	sed -i '2i #include "client/tty/tty.h"' plugin/wire/frame.c
	refuses 'wire may not use client/tty'
	sed -i '/^Must never/,$d' plugin/wire/README.md
	refuses 'plugin/wire/README.md: wants'
	printf '\n/* The caller is told\n * anew. */\n' >>plugin/wire/frame.c
	refuses ': told: reported'
}

@test "dev: the hook looks at what is committed, not at what stands beside it" {
	tools/dev hooks
	printf '\n/* Whoever. */\n' >>plugin/wire/frame.c
	git add -A
	git show HEAD:plugin/wire/frame.c >plugin/wire/frame.c
	run git commit -q -m change
	[ "$status" -ne 0 ]
	[[ $output == *"plugin/wire/frame.c:"*": Whoever: "* ]]
}

@test "dev: a hook that is there already stays" {
	mkdir -p .git/hooks
	printf '#!/bin/sh\n# mine\n' >.git/hooks/pre-commit
	run tools/dev hooks
	[ "$status" -eq 1 ]
	[[ $output == *"there is a hook already"* ]]
	grep -qx '# mine' .git/hooks/pre-commit
}

@test "dev: words are found across lines and in names, and what only looks like one is not" {
	printf '%s\n' '/* It is' ' * none. A child of' ' * ours; is_told; PSS_TOLD */' >a.c
	run tools/words a.c
	[ "$status" -eq 1 ]
	[ "${lines[*]}" = 'a.c:1: is * none: malformed; is not a … a.c:2: of * ours: name it: the process'"'"'s, pssession'"'"'s a.c:3: TOLD: reported, notified, sent a.c:3: told: reported, notified, sent' ]
	printf '%s\n' '/* NULL: there is none; none of the rows is none of these; told apart from that; had come */' >a.c
	tools/words a.c
}

@test "dev: the list of files that may have old words does not outlive them" {
	echo 'plugin/wire/frame.h  its owner is at work' >>tests/words-allowed
	run tools/words
	[ "$status" -eq 1 ]
	[[ $output == *"tests/words-allowed: plugin/wire/frame.h needs no line any more"* ]]
	tools/words --prune
	run ! grep -q plugin/wire/frame.h tests/words-allowed
	printf '/* Whoever. */\n' >>plugin/wire/frame.c
	run tools/words plugin/wire/frame.c
	[ "$status" -eq 1 ]
	echo 'plugin/wire/frame.c  its owner is at work' >>tests/words-allowed
	tools/words plugin/wire/frame.c
}
