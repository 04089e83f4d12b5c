#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What a session consists of on the remote computer is killed with SIGKILL, piece by piece; and its shell ends in the
# middle of a command. tests/host/test-killed.c and test-invoke.c have every process and every shell; here are the server, the
# holder, and what a person sees.

load ../harness/harness

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() { place_start; }
teardown() { place_end; }

SESSION='s=$(cat $HERE/s); '

# open_session OPTION…: its InstanceId is in $HERE/s.
open_session() {
	local_shell 'new-pssession "$@" -ConfigFile $C box >$HERE/s' "$@"
}

state() {
	local_shell "$SESSION"'get-pssession -Session $s -Property State'
}

# Holders of this account: beside this test others run, and theirs are not to be killed.
holders() {
	local pid
	for pid in $(remote_processes); do
		! tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | grep -qx ./holder || echo "$pid"
	done
}

# The process that each name stands for.
victim() {
	local directory
	directory=$(remote_directories | while read -r directory; do [ ! -p "$directory/q" ] || echo "$directory"; done)
	[ "$1" != relay ] || wait_until 10 eval '[ -s "$(echo "$directory"/r[0-9]*)" ]'
	case $1 in
	control) cat "$directory/pid" ;;
	relay) cat "$directory"/r[0-9]* ;;
	shell) local_shell "$SESSION"'invoke-command -Session $s "echo \$\$" </dev/null' ;;
	server) sshd_connections "$WORLD/ssh" ;;
	holder) holders ;;
	esac
}

kill_it() {
	# shellcheck disable=SC2046
	kill -KILL $(victim "$1")
}

# it_ends TEXT: the session is no more, and its cause holds the text.
it_ends() {
	wait_until 10 eval '[[ $(state) == @(Closed|Broken) ]]'
	[[ $(local_shell "$SESSION"'get-pssession -Session $s -Property Cause') == *$1* ]]
}

it_answers() {
	wait_until 10 eval '[ "$(local_shell "$SESSION"'\''invoke-command -Wait -Session $s "echo alive" </dev/null'\'')" = alive ]'
}

it_goes() {
	local_shell "$SESSION"'remove-pssession -Session $s'
	wait_until 10 nothing_remote
}

@test "killed: an idle session goes on, or ends with its cause, and nothing is left" {
	requires_made_account # its victims are found by their account and in its directories
	local kind name
	for kind in '' -Resilient; do
		for name in control relay shell server holder; do
			[ -n "$kind" ] || [ "$name" != holder ] || continue
			# shellcheck disable=SC2086
			open_session $kind
			local_shell "$SESSION"'echo x | invoke-command -Session $s cat'
			kill_it "$name"
			case $name$kind in
			relay*) it_answers ;;
			server) it_ends '' ;;
			server-Resilient) it_answers ;;
			control*) it_ends 'has ended' ;;
			shell*) it_ends 137 ;;
			holder*) it_ends 'keeper' ;;
			esac
			it_goes
		done
	done
}

# What the holder holds, in HELD, once it is the same twice.
held_is_steady() {
	local before=$HELD
	HELD=$(descendants "$(holders | head -n 1)" | sort -n)
	[ -n "$HELD" ] && [ "$HELD" = "$before" ]
}

begin_call() {
	local_shell "$SESSION"'invoke-command -Session $s "echo begun; tail -f /dev/null" </dev/null >$HERE/o 2>$HERE/e; echo $? >$HERE/status' 3>&- &
	wait_until 10 grep -qs begun "$HERE/o"
}
begin_job() {
	local_shell "$SESSION"'invoke-command -Session $s -AsJob "echo begun; tail -f /dev/null" >/dev/null'
	wait_until 10 eval '[ -n "$(local_shell "$SESSION"'\''receive-pssession -Keep -Session $s'\'')" ]'
}
begin_line() {
	local_shell_start
	run_line 's=$(cat $HERE/s)'
	enter_kept
	start_running
}

# What waits comes to its end, as a command does by itself.
end_waiting() {
	local pid
	for pid in $(remote_processes); do
		[[ $(cat "/proc/$pid/comm" 2>/dev/null) != tail ]] || kill -TERM "$pid" 2>/dev/null || :
	done
}

end_call() { wait_until 10 test -s "$HERE/status"; }
end_job() {
	local_shell "$SESSION"'receive-pssession -Wait -Session $s; echo $? >$HERE/status' >"$HERE/o" 2>&1 3>&- &
	wait_until 10 test -s "$HERE/status"
	cat "$HERE/o"
	grep -q begun "$HERE/o" && ! grep -qF '^C' "$HERE/o"
}
end_line() { wait_until 10 at_a_prompt && terminal_is_sane && term_kill; }

answers_or_has_ended() {
	case $(state) in
	Closed) [ -n "$(local_shell "$SESSION"'get-pssession -Session $s -Property Cause')" ] ;;
	*) [ "$(local_shell "$SESSION"'invoke-command -Wait -Session $s "echo alive" </dev/null')" = alive ] ;;
	esac
}

# kill_each WHAT STEP: every STEP-th of the processes that the holder holds while WHAT runs, one after another.
kill_each() {
	local what=$1 i=0 victims
	while :; do
		rm -f "$HERE/o" "$HERE/e" "$HERE/status"
		open_session -Resilient
		"begin_$what"
		wait_until 10 held_is_steady
		mapfile -t victims <<<"$HELD"
		echo "$what, $i of ${#victims[@]}: $(describe_processes "${victims[i]}")"
		kill -KILL "${victims[i]}" || :
		end_waiting
		"end_$what"
		wait_until 10 answers_or_has_ended
		it_goes
		i=$((i + $2))
		[ "$i" -lt "${#victims[@]}" ] || break
	done
}

@test "killed: what a holder holds, while a command runs" {
	local what
	requires_made_account
	for what in call line job; do
		if [ -n "${PSS_LONG-}" ]; then
			kill_each "$what" 1
		elif [ "$what" != job ]; then
			kill_each "$what" 3
		fi
	done
}

@test "killed: the control script, while one sits at the prompt and while a command runs" {
	local_shell_start
	enter
	kill_it control
	wait_local
	screen_matches 'connection to box lost: the process there .* has ended'
	status_is 255
	terminal_is_sane
	term_keys C-l
	enter
	start_running 'echo running; read -r x; echo "got $x"'
	kill_it control
	term_send word
	term_keys Enter
	wait_screen 'got word'
	wait_local
	terminal_is_sane
	wait_until 10 nothing_remote
}

@test "killed: what a command prints before it ends the session's shell arrives, then the reason" {
	local kind end text
	for kind in '' -Resilient; do
		for end in 'kill -9 $$' 'exec true' 'set -e; false' 'builtin exit 3'; do
			# shellcheck disable=SC2086
			open_session $kind
			local_shell "$SESSION"'invoke-command -Session $s "echo in; head -c 200000 /dev/zero; echo err >&2; '"${end//\$/\\\$}"'" </dev/null >$HERE/o 2>$HERE/e; [ $? = 1 ]'
			[ "$(wc -c <"$HERE/o")" -eq 200003 ]
			[ "$(head -n 1 "$HERE/e")" = err ]
			grep -q 'the remote shell exited with status' "$HERE/e"
			it_goes
		done
	done
	open_session
	# By the command itself: what bash is about to start when its terminal goes is no job of it yet, and left behind.
	local_shell "$SESSION"'invoke-command -Session $s "echo in; bash -c '\''read -rt 0.5 <> <(:); kill -9 \$1; exec tail -f /dev/null'\'' - \$PPID" </dev/null >$HERE/o 2>$HERE/e; [ $? = 255 ]' || [ -n "$REMOTE_OWNED" ]
	[ "$(cat "$HERE/o")" = in ]
	it_goes
}

# directory_goes SHELL: at the prompt of an entered session of that shell, and between invocations.
directory_goes() {
	echo "# $1"
	keep_session box -ConfigurationName "$1"
	run_line 'invoke-command -Session "$s" "echo before"'
	output_is before
	term_type 'enter-pssession -Session "$s"'
	term_keys Enter
	wait_line "$2"
	# shellcheck disable=SC2046
	rm -rf $(remote_directories)
	term_type 'echo st""ill'
	term_keys Enter
	wait_screen $'echo st""ill\nstill\n'
	wait_line "$2"
	leave_by exit
	run_line 'invoke-command -Session "$s" "echo behind"; echo "s=$?"'
	output_like 's=255$'
	run_line 'remove-pssession -Session "$s"; echo "s=$?"'
	output_is 's=0'
	leftovers_remote
}

@test "killed: the private directory is removed there: lines run, invocations fail, and nothing outlives the session" {
	requires zsh dash
	local_shell_start
	directory_goes bash '\]: remote\$ $'
	tm send-keys -R
	directory_goes zsh '% $'
	tm send-keys -R
	directory_goes dash '\$ $'
}

# Where a session is, and where one is planted whose owner is dead.
directory_without_permissions() {
	local directory=$WORLD/remote-run/.pss-old
	mkdir -m 700 "$directory"
	mkfifo "$directory/q"
	echo 99999999 >"$directory/pid"
	[ -z "$ACCOUNT_MADE" ] || chown -R "$REMOTE_USER" "$directory"
	chmod "$1" "$directory"
}

@test "killed: a private directory that has lost its permissions goes, at the session's end or with the next session" {
	local mode
	for mode in 500 300 000; do
		open_session
		wait_until 10 eval '[ "$(remote_directories | wc -l)" -eq 1 ]'
		chmod "$mode" "$(remote_directories)"
		local_shell "$SESSION"'remove-pssession -Session $s'
		leftovers_remote || { echo "its own: $mode"; return 1; }
		directory_without_permissions "$mode"
		open_session
		wait_until 10 not test -e "$WORLD/remote-run/.pss-old" || { echo "left: $mode"; return 1; }
		local_shell "$SESSION"'remove-pssession -Session $s'
		leftovers_remote
	done
}

@test "killed: an invocation in a session whose private directory is removed says so, and the list does" {
	local kind why='the session.s private directory there was removed: commands cannot be invoked, typed lines still run'
	for kind in '' -Resilient; do
		# Such a one is not in $XDG_RUNTIME_DIR, and what is elsewhere may be another test's of that account.
		[ -z "$kind" ] || [ -n "$ACCOUNT_MADE" ] || continue
		# shellcheck disable=SC2086
		open_session $kind
		wait_until 10 eval '[ -n "$(remote_directories)" ]'
		# shellcheck disable=SC2046
		rm -rf $(remote_directories)
		run local_shell "$SESSION"'invoke-command -Session $s "echo in" </dev/null'
		[ "$status" -eq 1 ]
		[[ $output =~ $why ]]
		[[ $(local_shell "$SESSION"'get-pssession -Session $s -Property Cause') =~ $why ]]
		[ "$(state)" = Opened ]
		local_shell "$SESSION"'remove-pssession -Session $s'
		leftovers_remote
	done
}
