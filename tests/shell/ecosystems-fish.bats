#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What frameworks do to a remote fish: small models of them, each of one behaviour. What handlers write down is compared with
# `ssh -tt` to the same account, where the same lines are typed. PSS_FISH=/path/to/fish tries another one than that of PATH.

load ../harness/harness

setup() {
	requires fish
	world_start fish
	requires_made_account
	place_start
}
teardown() { place_end; world_end; }

SIDES=(a b)

# config TEXT: the prompt is known, and what comes late to it waits at the fifo `go`.
config() {
	mkfifo "$REMOTE_HOME/go" && chown "$REMOTE_USER" "$REMOTE_HOME/go"
	account_file .config/fish/config.fish <<-END
		set -g fish_greeting
		function fish_prompt; echo -n 'remote\$ '; end
		function see; echo \$argv >>log; end
		$1
	END
}

# Each side's shell stands in a directory of its own, `a` ours and `b` ssh's; what handlers see goes to `log` there.
both_start() {
	local side
	config "$1
		function at --on-event fish_prompt; : >at; end"
	local_shell_start
	enter
	TERM_NAME=b term_start "${CLEAN_ENV[@]}" ssh -F "$WORLD/ssh/ssh_config" -tt box
	TERM_NAME=b wait_line 'remote\$ $'
	for side in "${SIDES[@]}"; do
		mkdir -p "$WORLD/remote-run/$side"
		chown "$REMOTE_USER" "$WORLD/remote-run/$side"
		TERM_NAME=$side type_line "cd $WORLD/remote-run/$side"
		wait_for_hooks "$side"
	done
	rm -f "$WORLD"/remote-run/*/log
}

type_line() {
	term_send "$1"
	term_keys Enter
}

has_file() {
	[ -e "$WORLD/remote-run/$1" ]
}

# The handlers of a prompt have run: the file `at` comes from the last of them.
wait_for_hooks() {
	wait_until "$SCREEN_DEADLINE" has_file "$1/at" || { TERM_NAME=$1 explain_screen; return 1; }
}

# same TEXT LINE…: after this start-up file and these lines, each typed once both sides are at their prompts, both logs are the
# same, and nothing of ours is in them.
same() {
	local line side
	both_start "$1"
	for line in "${@:2}"; do
		for side in "${SIDES[@]}"; do
			rm -f "$WORLD/remote-run/$side/at"
			TERM_NAME=$side type_line "$line"
		done
		for side in "${SIDES[@]}"; do
			wait_for_hooks "$side"
		done
	done
	diff "$WORLD/remote-run/b/log" "$WORLD/remote-run/a/log" >&2
	not grep -F __pss "$WORLD/remote-run/a/log"
}

let_go() {
	timeout "$SCREEN_DEADLINE" sh -c 'echo x >"$1"' sh "$REMOTE_HOME/go"
}

@test "fish: events, titles and commands that are not found, each with the text and status of the user's line" {
	local long
	printf -v long 'true %600s long' ''
	same 'function pre --on-event fish_preexec; see "pre $status <$argv>"; end
function post --on-event fish_postexec; see "post $status <$argv>"; end
function prompt --on-event fish_prompt; see "prompt $status $pipestatus"; end
function fish_title; set -q argv[1]; and see "title <$argv>"; end
function fish_command_not_found; see "not found <$argv>"; end' \
		'true x' 'false' 'sh -c "exit 3" | true' '' 'for i in 1 2; true $i; end' ' true blank' "${long// /}" "$long" \
		'nosuch x' 'set PATH' 'nosuch y' 'set PATH /usr/bin /bin' 'functions pre post | string match -v "# Defined *" >>log' 'functions -e pre' 'true y'
}

# Tide, Hydro: a background fish sets a universal variable, whose handler repaints; the prompt is that of the directory before
# until then. Tide asks once for each line, and not when it repaints. fish 3 can lose a change that comes soon after another, in
# a terminal too, so another variable is set until this one has been seen.
LATE='set -qU late; or set -U late none
function fish_prompt
	if not set -e repainting
		set -g asked (math 0$asked + 1)
		fish -c "read x <~/go; set -U late (basename \$PWD)
			while not grep -qsx \$late ~/seen; timeout 1 tail -f /dev/null; set -U told (random); end" </dev/null >/dev/null 2>&1 &
		disown
	end
	echo -n "$asked $late remote\$ "
end
function repaint --on-variable late --on-variable COLUMNS
	set -g repainting
	status is-interactive; and echo $late >~/seen
	commandline -f repaint
end'

@test "fish: a prompt made late by a universal variable (Tide) is redrawn, with what has been typed" {
	config "$LATE"
	local_shell_start
	type_line 'enter-pssession -ConfigFile $C box'
	wait_line '^\[.*box\]: 1 none remote\$ $'
	term_type 'cd /usr/li'
	let_go
	wait_line '^\[.*box\]: 1 remote-home remote\$ cd /usr/li$'
	type_line b
	wait_line '^\[.*box\]: 2 remote-home remote\$ $'
	let_go
	wait_line '^\[.*box\]: 2 lib remote\$ $'
	type_line 'echo once'
	wait_line '^\[.*box\]: 3 lib remote\$ $'
	[ "$(screen | grep -c '^once$')" = 1 ]
	[ "$(screen | grep -c '2 lib remote')" = 1 ]
	let_go
	leave_by exit
}
