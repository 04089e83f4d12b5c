#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# How what we print looks: doc/looks.md is the table, and this the proof of it. Each output, in terminals of several widths,
# in each mode of colours, and for those who want nothing drawn again. tests/client/test-look.c has the environments one by
# one, tests/client/test-tables.c every width of a table.

load ../harness/harness

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() { place_start; }
teardown() {
	proxy_stop
	place_end
}

NAMES=(日本語のセッション $'e\u0301te\u0301' a-name-that-is-very-long-indeed)

# Names for one server, so that each has the label that it would have.
write_fleet() {
	sed "s/^Host box.*/Host box box2 $(printf 'web%02d ' {1..12})/" "$WORLD/ssh/ssh_config" >"$HERE/fleet"
	printf 'Host gone2\n\tHostName gone.invalid\n' >>"$HERE/fleet"
}

# in_terminal WIDTH VARIABLE=VALUE… -- LINES: what a terminal of that width gets, bytes as they are.
in_terminal() {
	local width=$1 variables=()
	shift
	while [ "$1" != -- ]; do
		variables+=("$1")
		shift
	done
	printf '%s\n' "stty cols $width rows 50" "enable -f '$PSS_LOADABLE' enter-pssession" "$2" >"$HERE/lines"
	clean_env env C="$WORLD/ssh/ssh_config" HERE="$HERE" FAR_CONFIG="${FAR_CONFIG-}" "${variables[@]}" \
		script -qec "bash --norc $HERE/lines" /dev/null </dev/null 3>&-
}

MODES=(TERM=xterm-256color 'TERM=xterm-256color NO_COLOR=1' 'TERM=xterm-256color CLICOLOR=0' 'TERM=xterm-256color CLICOLOR_FORCE=1'
	'TERM=xterm-256color PSSESSION_PLAIN=1' TERM=dumb 'TERM=dumb CLICOLOR_FORCE=1')

# The outputs of one cell, each behind its name.
OUTPUTS='
mark() { printf "== %s\n" "$1"; }
mark table; get-pssession
mark list; get-pssession -Format list -Property Name,State
mark values; get-pssession -Property Name,Id
mark whatif; remove-pssession -Name "*" -WhatIf
mark error; get-pssession -NoSuch 1; remove-pssession -Name nosuch
f() { invoke-command -ConfigFile $HERE/fleet -ProgressAction SilentlyContinue -ComputerName "$@"; }
mark fan; f "web[01-12]" "echo up"
mark failures; f box,box2,web01,gone2 -HideComputerName "exit 3"
mark grouped; f box,box2 -Grouped "echo up"
mark json; f box,box2 -Json "echo up"
mark end'

@test "looks: each output, in three widths, in every mode" {
	requires python3
	local width mode
	write_fleet
	run local_bash 'for name; do new-pssession -ConfigFile $C -Name "$name" box >/dev/null || exit; done' "${NAMES[@]}"
	[ "$status" -eq 0 ]
	for width in 80 120 240; do
		for mode in "${MODES[@]}"; do
			# shellcheck disable=SC2086 # words for env
			in_terminal "$width" $mode -- "$OUTPUTS" >"$HERE/cell"
			python3 "$BATS_TEST_DIRNAME/looks.py" cell "$width" "$mode" <"$HERE/cell" || { cat -v "$HERE/cell"; return 1; }
		done
	done
}

@test "looks: in a pipe there are no colours, unless CLICOLOR_FORCE wants them" {
	write_fleet
	local line='invoke-command -ConfigFile $HERE/fleet -ComputerName box,box2 "echo up"'
	run local_bash "$line"
	[ "$(sort <<<"$output")" = $'box2: up\nbox: up' ]
	run local_bash "export CLICOLOR_FORCE=1; $line | sort"
	[ "$(grep -cE $'^\e\\[[0-9]+mbox2?:\e\\[0m up$' <<<"$output")" -eq 2 ]
	run local_bash "export CLICOLOR_FORCE=1 NO_COLOR=1; $line"
	[ "$(sort <<<"$output")" = $'box2: up\nbox: up' ]
}

# A command that takes longer than the time without progress.
SLOW='exec 9<> <(:); read -t 1.2 -u 9; echo slow'

@test "looks: a line of progress is drawn again where it may be, and nowhere else" {
	requires python3
	local mode
	write_fleet
	proxy_start 60
	head -c 24M /dev/urandom >"$HERE/big"
	for mode in TERM=xterm-256color 'TERM=xterm-256color PSSESSION_PLAIN=1' 'TERM=dumb CLICOLOR_FORCE=1'; do
		# shellcheck disable=SC2086 # words for env
		in_terminal 80 $mode -- "invoke-command -ConfigFile \$HERE/fleet -ComputerName box,box2 '$SLOW'
			printf '== copy\n'; copy-item \$HERE/big -ComputerName far -ConfigFile \$FAR_CONFIG -Destination big.\$\$ -Force" >"$HERE/cell"
		python3 "$BATS_TEST_DIRNAME/looks.py" progress 80 "$mode" <"$HERE/cell" || { cat -v "$HERE/cell"; return 1; }
	done
}

@test "looks: a session with PSSESSION_PLAIN: no colours, no right prompt, nothing drawn again, and modes come back" {
	account_file .bashrc <<-'END'
		PS1='\[\e[1;31m\]remote\[\e[0m\]$ '
	END
	echo 'export PSSESSION_PLAIN=1' >>"$HERE/rc"
	local_bash_start
	enter
	tm capture-pane -p -e | not grep -q $'\e\\[[0-9;]*31'
	run_line 'printf abc'
	output_is abc
	run_line "printf '\e[?1000h\e[?25l'"
	[ "$(tm display-message -p '#{mouse_any_flag} #{cursor_flag}')" = '0 1' ]
	leave_by exit
	terminal_is_sane
}
