#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Tab asks the remote: its files, its commands, its own completion functions. Nothing of this machine is offered.

load ../harness/harness

setup_file() {
	world_start bash
	[ -n "$ACCOUNT_MADE" ] || return 0
	account_file .completions <<-'END'
		_greeter() { COMPREPLY=($(compgen -W 'status stash switch' -- "$2")); }
		_load() { complete -F _greeter greeter; return 124; }
		complete -D -F _load -o bashdefault -o default
		_stuck() { tail -f /dev/null; COMPREPLY=(late); }
		complete -F _stuck stuck
	END
	account_file .bash_profile <<-'END'
		export LOGIN_FILE_READ=yes
		. ~/.bashrc; . ~/.completions
	END
	mkdir -p "$REMOTE_HOME/far dir/inner" "$REMOTE_HOME/farm"
	: >"$REMOTE_HOME/far away.txt"
	: >"$REMOTE_HOME/only-there"
	: >"$REMOTE_HOME/far dir/inner/deep"
	chown -R "$REMOTE_USER": "$REMOTE_HOME"
}
teardown_file() { world_end; }
setup() {
	LIST=$(by_shell 'M-?' C-d)
	place_start
	requires_made_account
	touch "$HERE/home/only-here" "$HERE/home/far-off-but-local"
	mkdir "$HERE/home/farthest"
	local_bash_start
	run_line cd
	enter
}
teardown() { place_end; }

tab() {
	term_type "$1"
	term_keys Tab
}

line_is() {
	wait_until "$SCREEN_DEADLINE" line_ends_in "$1" || { explain_screen; return 1; }
}

line_ends_in() {
	[[ $(screen_line) == *"remote$ $1" ]]
}

@test "complete: a file, with what a shell needs quoted, and a space behind it" {
	tab 'cat far\ aw'
	line_is 'cat far\ away.txt '
	term_keys C-u
	tab 'cat "far a'
	line_is 'cat "far away.txt" '
}

@test "complete: a directory gets a slash and stays open" {
	tab 'ls far\ di'
	line_is 'ls far\ dir/'
	term_keys Tab
	line_is 'ls far\ dir/inner/'
	term_keys Tab
	line_is 'ls far\ dir/inner/deep '
	term_keys Enter
	wait_remote
}

@test "complete: in the middle of a line" {
	tab 'cat only | wc'
	term_keys C-a C-f C-f C-f C-f C-f C-f C-f C-f Tab
	wait_screen 'cat only-there +\| wc'
}

@test "complete: a function that is loaded when it is first needed" {
	tab 'greeter sta'
	term_keys Tab
	wait_screen $'\n(stash +status|status +stash)'
	wait_line 'greeter sta$'
	term_send 't'
	term_keys Tab
	line_is 'greeter status '
}

@test "complete: variables, the home directory, commands and functions of the session" {
	tab 'echo $LOGIN_FI'
	line_is 'echo $LOGIN_FILE_READ '
	term_keys C-u
	run_line 'pssessionvar=1; pssessionfun() { :; }'
	tab 'echo $pssessionv'
	line_is 'echo $pssessionvar '
	term_keys C-u
	tab 'cat ~/only'
	line_is 'cat ~/only-there '
	term_keys C-u
	tab 'pssessionf'
	line_is 'pssessionfun '
}

@test "complete: a list of what there is, and all of it at once" {
	term_type 'ls far'
	term_keys "$LIST"
	wait_screen $'\nfar\\\\ away.txt +far\\\\ dir/ +farm/'
	wait_line 'ls far$'
	only bash 'zsh has no insert-completions'
	term_keys 'M-*'
	line_is 'ls far\ away.txt far\ dir/ farm/ '
}

@test "complete: nothing of the local file system" {
	tab 'cat only-h'
	term_send 'x'
	line_is 'cat only-hx'
	term_keys C-u
	term_type 'ls far'
	term_keys "$LIST"
	wait_screen 'farm/'
	[[ $(screen) != *farthest* && $(screen) != *far-off* ]]
}

@test "complete: the next key goes on at once where a completion hangs, and so does a line" {
	tab 'stuck '
	term_send 'x'
	line_is 'stuck x'
	term_keys C-u
	tab 'stuck '
	term_keys C-u
	run_line 'echo on'
	output_is on
	tab 'stuck '
	term_keys C-c
	wait_remote
	run_line 'pgrep -u $UID -f "[t]ail -f"; echo "<$?>"'
	output_is '<1>'
}

@test "complete: one round trip" {
	local turns
	leave_by exit
	proxy_start 200
	term_type "enter-pssession -ConfigFile $FAR_CONFIG far"
	term_keys Enter
	wait_line 'far\]: remote\$ $' 30
	[ -n "$(proxy_count)" ]
	tab 'cat only'
	line_is 'cat only-there '
	read -r _ _ _ turns <<<"$(proxy_count)"
	[ "$turns" -eq 2 ]
	term_keys C-u
	leave_by exit
}

@test "complete: a deadline ends one that hangs" {
	tab 'stuck '
	wait_until 10 nothing_is_stuck
	term_send 'x'
	line_is 'stuck x'
}

nothing_is_stuck() {
	local pid
	for pid in $(processes_of_uid "$REMOTE_UID"); do
		case $(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline") in
		"$FOREVER"*)
			STUCK_SEEN=1
			return 1
			;;
		esac
	done
	[ -n "${STUCK_SEEN-}" ]
}
