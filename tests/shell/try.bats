#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# tools/try: what it promises to whoever has just cloned the tree, and that nothing is left of it.

load ../harness/harness

setup_file() { world_make; }
teardown_file() { rm -rf "$WORLD"; }
setup() {
	HERE=$WORLD/$BATS_TEST_NUMBER
	mkdir -p "$HERE/tmp"
	TRY=$PSS_SOURCE/tools/try
	WITH=(env PSS_PREBUILT=1 PSS_BUILD="$PSS_BUILD" TMPDIR="$HERE/tmp")
}
teardown() {
	local left
	[ -n "${BATS_TEST_COMPLETED-}" ] || explain_screen || :
	term_kill
	wait_until 10 nothing_of_it 2>/dev/null || {
		left=$(processes_with_argument "$HERE/tmp/pss-try")
		# shellcheck disable=SC2086
		describe_processes $left
		ls -A "$HERE/tmp"
		# shellcheck disable=SC2086
		end_processes $left
		return 1
	}
}

nothing_of_it() {
	[ -z "$(ls -A "$HERE/tmp")" ] && [ -z "$(processes_with_argument "$HERE/tmp/pss-try")" ]
}

try() {
	"${WITH[@]}" "$TRY" "$@" 3>&-
}

@test "try: -c prints the command's output and nothing else, and returns its status" {
	run try -c 'uname -n'
	[ "$status" -eq 0 ]
	[ "$output" = "$(uname -n)" ]
	run try -c 'echo out; (exit 7)'
	[ "$status" -eq 7 ]
	[ "$output" = out ]
}

@test "try: zsh -c does it from zsh" {
	requires zsh
	[ -e "$PSS_BUILD/zsh-module/pssession.so" ] || skip 'built without zsh'
	run try zsh -c 'echo out; (exit 7)'
	[ "$status" -eq 7 ]
	[ "$output" = out ]
}

@test "try: -c takes quotes, newlines, comments and tabs as they are" {
	run try -c $'echo "a  \'b\'" # a comment\nif true; then\n\tprintf "%s\\n" \'$x\' \'c\td\'\nfi'
	[ "$status" -eq 0 ]
	[ "$output" = $'a  \'b\'\n$x\nc\td' ]
}

@test "try: -c keeps output without a final newline, carriage returns and much of it" {
	try -c 'printf "a\r\nb"' >"$HERE/out"
	[ "$(od -An -c "$HERE/out" | tr -s ' ')" = ' a \r \n b' ]
	try -c 'seq 100000' >"$HERE/out"
	[ "$(cksum <"$HERE/out")" = "$(seq 100000 | cksum)" ]
}

@test "try: -c with a command that ends the shell, and one that fails" {
	run try -c 'echo before; exit 5'
	[ "$status" -eq 5 ]
	[ "$output" = before ]
	run try -c 'nosuchcommand-pss'
	[ "$status" -eq 127 ]
}

@test "try: without a terminal it says what needs none" {
	run try </dev/null
	[ "$status" -eq 1 ]
	[[ $output == *'-c COMMAND'* ]]
}

@test "try: a host that cannot be entered is an error" {
	run try -c 'echo never' 127.0.0.1:1
	[ "$status" -eq 255 ]
	[[ $output == *127.0.0.1* ]]
}

in_terminal() {
	term_start env -u TMUX PSS_PREBUILT=1 PSS_BUILD="$PSS_BUILD" TMPDIR="$HERE/tmp" "$TRY"
	wait_line '^\[localhost\]: ' 60
}

@test "try: lands in an entered bash; exit gives the local one, a second exit ends all" {
	in_terminal
	term_send 'echo $((6 * 7))'
	term_keys Enter
	wait_screen $'\n42\n'
	wait_line '^\[localhost\]: '
	term_send exit
	term_keys Enter
	wait_line '^\$ $'
	term_send exit
	term_keys Enter
	wait_until 10 term_has_ended
	wait_until 10 nothing_of_it
}

@test "try: a closed terminal leaves nothing" {
	in_terminal
	term_close
	wait_until 10 nothing_of_it
}

@test "try: the terminal closed in the local bash leaves nothing" {
	in_terminal
	term_keys C-d
	wait_line '^\$ $'
	term_close
	wait_until 10 nothing_of_it
}

@test "try: an interrupt leaves nothing" {
	try -c 'echo running; tail -f /dev/null' >"$HERE/out" 2>&1 &
	local pid=$! script
	wait_until 60 grep -rqs running "$HERE/tmp"
	for script in $(descendants "$pid") "$pid"; do
		# The shell that is tools/try itself, not what it started.
		tr '\0' ' ' <"/proc/$script/cmdline" | not grep -q "bash $TRY" || kill -TERM "$script"
	done
	wait_until 15 nothing_of_it
}

@test "check: a release that cannot be had is told with its reason, and the status 77" {
	[ "$(id -u)" -ne 0 ] || command -v debootstrap >/dev/null || skip "debootstrap is not installed"
	run env XDG_CACHE_HOME="$HERE/tmp/cache" PSS_MIRROR=http://127.0.0.1:9/debian "$PSS_SOURCE/tools/check" --in sid --quick 3>&-
	rm -rf "$HERE/tmp/cache"
	[ "$status" -eq 77 ]
	[[ $output == *"sid: not checked: "* ]]
	run "$PSS_SOURCE/tools/check" --in no-such-release
	[ "$status" -eq 2 ]
}
