#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A host process that computes and hears nobody: it is waited for, and Ctrl-C ends that. Its connections are children of
# this machine (tests/host/breakable-transport.c); SIGUSR2 makes it busy.

load ../harness/harness

setup_file() {
	world_start bash
	ln -sf "$PSS_BUILD/tests/host/pssession-host-breakable" "$WORLD/pssession-host"
}
teardown_file() { world_end; }

setup() {
	place_start
	: >"$HERE/home/.hushlogin"
	local_shell_start
	keep_session box
}

teardown() {
	# It takes no other.
	# shellcheck disable=SC2046
	kill -KILL $(host_pids) 2>/dev/null
	rm -f "$HERE/run/host"
	place_end
}

# shellcheck disable=SC2046
make_busy() { kill -USR2 $(host_pids); }

# What the terminal has echoed has come to the shell; one that is pending would be the same as the next.
interrupt_is_taken() {
	screen_matches '\^C' && (($(sed -n 's/^ShdPnd:[[:space:]]*/0x/p' "/proc/$(term_pid)/status") & 2 ? 0 : 1))
}

@test "busy: Ctrl-C twice ends a call of a command that runs" {
	start_running 'invoke-command -Session $s "echo running; tail -f /dev/null"'
	make_busy
	term_keys C-c
	wait_until 10 interrupt_is_taken
	term_keys C-c
	wait_local
	status_is 130
	terminal_is_sane
}

@test "busy: Ctrl-C ends the opening of a session" {
	# Not by `exec`: that would be a plain terminal within moments.
	# shellcheck disable=SC2016
	echo '[ -e ~/begun ] || { : >~/begun; tail -f /dev/null; }' >"$HERE/home/.profile"
	term_type 'new-pssession -ConfigFile $C box2'
	term_keys Enter
	wait_until 10 test -e "$HERE/home/begun"
	make_busy
	wait_screen 'is busy'
	term_keys C-c
	wait_local
	status_is 130
	terminal_is_sane
}
