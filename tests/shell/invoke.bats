#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# invoke-command in kept sessions and on one computer, from scripts, pipes, subshells and terminals.

load ../harness/harness

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() { place_start; }
teardown() { place_end; }

# A script with a session s; i runs a command in it.
in_session() {
	run local_bash '
		s=$(new-pssession -ConfigFile $C box) || exit 90
		i() { invoke-command -Session $s "$@"; }
		'"$1"
	echo "$output"
}

succeeds() {
	[ "$status" -eq 0 ] || { echo "status $status"; return 1; }
}

# bats test_tags=once
@test "invoke: variables, functions, the directory and exports are the session's own, and stay" {
	in_session '
		i "x=5; cd /usr; f() { echo f\$x; }; export E=6" </dev/null || exit 51
		[ "$(i "f; pwd; sh -c \"echo \\\$E\"" </dev/null)" = $'"'f5\n/usr\n6'"' ] || exit 52'
	succeeds
}

# bats test_tags=once
@test "invoke: the status is the command's, signals are 128+n, exit N leaves the session open" {
	in_session '
		for n in 0 1 2 7 126 127 130 255; do
			i "(exit $n)" </dev/null
			[ $? = $n ] || exit 51
		done
		i "exit 3" </dev/null
		[ $? = 3 ] || exit 52
		i "x=kept; cd /usr && exit 4; echo not this" </dev/null
		[ $? = 4 ] || exit 53
		[ "$(i "echo \$x \$PWD" </dev/null)" = "kept /usr" ] || exit 54
		i "sh -c \"kill -TERM \\\$\\\$\"" </dev/null
		[ $? = 143 ] || exit 55
		i "if" </dev/null 2>/dev/null
		[ $? = 2 ] || exit 56
		[ "$(get-pssession -Property State)" = Opened ]'
	succeeds
}

# One name goes to the host process as it is; what that does not find, or finds twice, is looked for in the list.
# bats test_tags=once
@test "invoke: a session is found by its Id, its InstanceId and its name, and none is found by half of them" {
	in_session '
		w=$(new-pssession -ConfigFile $C -Name Web box) || exit 50
		n=$(get-pssession -Session $w -Property Id) u=$(printf %s "$w" | tr a-f A-F)
		run() { echo in | invoke-command "$@" "cat; echo \$which"; }
		i "which=first" </dev/null; invoke-command -Session $w "which=web" </dev/null
		for by in "-Session $w" "-InstanceId $u" "-Session $n" "-Id $n" "-Name web" "-Session WEB" "-Name \"W[e]b\"" "-Name \"We*\""; do
			[ "$(eval "run $by")" = $'"'in\\nweb'"' ] || { echo "$by"; exit 51; }
		done
		for by in "-Name $n" "-Id 99" "-Session We" "-Name We" "-InstanceId ${w%?}" "-Session 99"; do
			eval "run $by" >$HERE/o 2>$HERE/e && exit 52
			[ ! -s $HERE/o ] && grep -q "is not available" $HERE/e || { echo "$by"; cat $HERE/e; exit 53; }
		done
		v=$(new-pssession -ConfigFile $C -Name web box) || exit 54
		[ "$(invoke-command -Name WEB "echo x" </dev/null)" = $'"'box: x\\nbox: x'"' ] || exit 55
		remove-pssession -Session $v,$w || exit 56
		[ "$(run -Session $w 2>&1)" != in ]'
	succeeds
}

# What the texts of a row print, one after another: as lines of a native interactive bash, and as commands in one session.
natively() {
	printf '%s\n' "$@" | clean_env bash --norc --noprofile -i 2>/dev/null
}
by_invocations() {
	local text
	for text; do
		local_bash 'invoke-command -Session $1 "$2" </dev/null' "$SESSION" "$text" 2>/dev/null || :
	done
}

# bats test_tags=once
@test "invoke: a command leaves for the next one what a line of a native bash leaves" {
	SESSION=$(local_bash 'new-pssession -ConfigFile $C box')
	local rows=() row bad=0
	rows+=($'false\necho $?' $'(exit 77)\n:\necho $?' $': a b\necho "$_"' $'true | false | (exit 3)\necho "${PIPESTATUS[@]} $?"')
	rows+=($'f() { echo "f$1"; }\nf 1' $'alias x="echo aliased"\nx' $'printf() { echo mine; }\nprintf x\nunset -f printf\nprintf y')
	rows+=($'trap "echo dbg" DEBUG\necho one\nfalse\ntrap - DEBUG\necho two' $'trap "echo err" ERR\nfalse\ntrap - ERR\nfalse')
	rows+=($'trap "echo usr" USR1\nkill -USR1 $$\ntrap - USR1' $'g() { builtin trap "echo bare" DEBUG; }\ng\necho seen\ntrap - DEBUG')
	rows+=($'set -u\necho "${nope-no}"\nset +u' $'PS1=a PS2=b PS0=c\necho "$PS1$PS2$PS0"')
	rows+=($'readonly R=1\nR=2; echo not\necho $?' $'echo "${nope:?no}"; echo not\necho $?' $'[[ abc =~ b ]]\n:\necho "${BASH_REMATCH[0]}"')
	rows+=($'shopt -s nocasematch\n[[ A == a ]] && echo same\nshopt -u nocasematch' $'IFS=,\ntrue | false\necho "${PIPESTATUS[*]}"\nunset IFS')
	rows+=($'set -o posix\necho p\nset +o posix' $'declare -i n=3\nn+=2; echo $n' $'cd /usr\necho $PWD' $'exec 10>&- 11>&- 12>&-; echo closed\necho after')
	rows+=($'set -o pipefail\nfalse | true\necho $?\nset +o pipefail' $'no-such-command-here\necho $?' $'return 3\necho $?' $'set -f\necho *\nset +f')
	for row in "${rows[@]}"; do
		local texts=()
		mapfile -t texts <<<"$row"
		[ "$(natively "${texts[@]}")" = "$(by_invocations "${texts[@]}")" ] && continue
		printf '%s\n' "--- $row" "natively: $(natively "${texts[@]}")" "invoked: $(by_invocations "${texts[@]}")"
		bad=1
	done
	[ $bad = 0 ]
}

# What the short way of plugin/remote/PROTOCOL.md leaves to the long one.
# bats test_tags=once
@test "invoke: a command that moves its output, closes descriptors or fixes a prompt is over all the same" {
	in_session '
		i "exec >/dev/null; echo hidden" </dev/null || exit 51
		i "exec 2>&1; echo error >&2" </dev/null 2>$HERE/e >$HERE/o || exit 52
		[ "$(cat $HERE/o)" = error ] || exit 53
		i "exec 1>&- 2>&-; (exit 7)" </dev/null
		[ $? = 7 ] || exit 54
		i "exec 10>&- 11>&- 12>&- 13>&-" </dev/null || exit 55
		[ "$(i "echo on" </dev/null)" = on ] || exit 56
		i "exec 10>~/ten; exec 11<&0" </dev/null || exit 57
		[ "$(i "exec 10>&- 11>&-; echo ten" </dev/null)" = ten ] || exit 58
		i "PROMPT_COMMAND=(a b c)" </dev/null || exit 59
		i "unset PROMPT_COMMAND" </dev/null || exit 60
		i "kill -INT \$\$; echo not" </dev/null
		[ $? = 130 ] || exit 61
		i "if; echo not" </dev/null 2>/dev/null
		[ $? = 2 ] || exit 62
		i "echo \"unfinished" </dev/null 2>/dev/null
		[ $? -ne 0 ] || exit 63
		i "readonly PS1" </dev/null || exit 64
		[ "$(i "echo readonly" </dev/null)" = readonly ] || exit 65
		[ "$(i "echo \$PS1" </dev/null)" = "remote\$" ] || exit 66'
	succeeds
}

# bats test_tags=once
@test "invoke: standard output and standard error stay apart, and no byte is lost or added" {
	in_session '
		head -c 1000000 /dev/urandom >$HERE/bytes
		printf "\0\377\036\033]7337;\nno newline" >>$HERE/bytes
		i cat <$HERE/bytes 2>$HERE/none | cmp - $HERE/bytes || exit 51
		[ ! -s $HERE/none ] || exit 52
		i "cat >&2" <$HERE/bytes 2>$HERE/back >$HERE/none
		cmp $HERE/back $HERE/bytes || exit 53
		[ ! -s $HERE/none ] || exit 54
		i "echo out; echo err >&2" </dev/null >$HERE/o 2>$HERE/e
		[ "$(cat $HERE/o $HERE/e)" = $'"'out\nerr'"' ]'
	succeeds
}

@test "invoke: standard input is passed on, with its end; what is left unread does no harm" {
	in_session '
		[ "$(echo hi | i "cat; echo end")" = $'"'hi\nend'"' ] || exit 51
		[ "$(i "cat; echo end" </dev/null)" = end ] || exit 52
		[ "$(yes | i "head -n 1")" = y ] || exit 53
		[ "$(echo a b | i "read x y; echo \$y\$x")" = ba ] || exit 54
		[ "$(i "echo \$y" </dev/null)" = b ] || exit 55
		printf "one\ntwo\n" | while read -r word; do i "echo \$(cat) $word" </dev/null; done >$HERE/o
		[ "$(cat $HERE/o)" = $'"'one\ntwo'"' ]'
	succeeds
}

@test "invoke: a reader that goes stops the command, and the session is free at once" {
	in_session '
		for n in 1 2 3; do
			[ "$(i "yes" </dev/null | head -n 1)" = y ] || exit 51
			[ "$(i "echo again" </dev/null)" = again ] || exit 52
		done
		(set -o pipefail; i "while :; do echo builtin; done" </dev/null | head -n 1 >/dev/null)
		[ $? = 141 ] || exit 53
		[ "$(i "echo again" </dev/null)" = again ]'
	succeeds
}

@test "invoke: \$using: is the local value, byte for byte, wherever it stands" {
	in_session '
		v=$(for ((n = 1; n < 256; n++)); do printf "\\x$(printf %x $n)"; done; echo .)
		n=256
		printf %s "$v" >$HERE/v
		i "printf %s \$using:v" </dev/null | cmp - $HERE/v || exit 51
		i "printf %s \"\$using:v\"" </dev/null | cmp - $HERE/v || exit 52
		i "cat <<END
\$using:v
END" </dev/null | head -c -1 | cmp - $HERE/v || exit 53
		invoke-command -ConfigFile $C -ComputerName box "printf %s \$using:v" </dev/null | cmp - $HERE/v || exit 54
		[ "$(i "echo '"'"'\$using:v'"'"' \\\$using:v \$((\$using:n + 1))" </dev/null)" = "\$using:v \$using:v 257" ] || exit 55
		[ -z "$(i "set | grep ^__pss_using_" </dev/null)" ] || exit 56
		i "echo \$using:nothing" </dev/null 2>$HERE/e
		[ $? = 2 ] && grep -q "nothing: there is no such variable" $HERE/e'
	succeeds
}

# bats test_tags=once
@test "invoke: a \$using: value has left the host process's memory when the command is done" {
	local search=$HARNESS/search-memory.py
	[ "$(id -u)" -eq 0 ] || skip 'needs root, to read it'
	run local_shell 'secret=$(od -An -vN24 -tx1 /dev/urandom | tr -d " \n")
		large=$(yes "$secret" | head -n 1000 | tr -d "\n")
		echo "$secret" >$HERE/secret
		new-pssession -ConfigFile $C box >$HERE/id || exit
		new-pssession -Resilient -ConfigFile $C box >/dev/null || exit
		new-pssession -Transport ssh -ConfigFile $C box >/dev/null || exit
		for text in ": \$using:secret" ": \$using:large"; do
			for n in 1 2 3; do invoke-command -Id $n "$text" </dev/null || exit; done
			invoke-command -ConfigFile $C box "$text" </dev/null || exit
			invoke-command -Transport ssh -ConfigFile $C box "$text" </dev/null || exit
			receive-pssession -Wait -Session "$(invoke-command -AsJob -Id 1 "$text")" || exit
		done'
	[ "$status" -eq 0 ] && [ -z "$output" ]
	# Where nothing can be found, nothing has been found out.
	[ -n "$(python3 "$search" "$(host_pids)" "$(<"$HERE/id")")" ] || skip 'the memory of that process cannot be read'
	run python3 "$search" "$(host_pids)" "$(<"$HERE/secret")"
	echo "$output"
	[ "$status" -eq 0 ] && [ -z "$output" ]
	run local_shell 'remove-pssession -Name \*'
	wait_until 10 nothing_remote
}

@test "invoke: arguments are positional parameters, and words after -- are taken as they are" {
	in_session '
		[ "$(i -ArgumentList a -ArgumentList "b  c" "printf \"<%s>\" \"\$@\"" </dev/null)" = "<a><b  c>" ] || exit 51
		[ "$(i "echo \$#" </dev/null)" = 0 ] || exit 52
		on_computer() { invoke-command -ConfigFile $C -ComputerName box "$@"; }
		for where in i on_computer; do
			[ "$($where -- printf "<%s>" "a b" "\$HOME" "it'"'"'s" "*" "!" "\\\\n" "" </dev/null)" = \
				"<a b><\$HOME><it'"'"'s><*><!><\\\\n><>" ] || exit 53
		done
		i -- a -ArgumentList b </dev/null
		i "echo a" -- b </dev/null
		[ $? = 2 ]'
	succeeds
}

# bats test_tags=once
@test "invoke: -FilePath runs a local script, with arguments and input, and leaves no file" {
	in_session '
		printf "#!/bin/sh\necho \"\$1\" \$x; cat; exit 4\n" >$HERE/script
		i "x=ours" </dev/null
		[ "$(echo in | i -FilePath $HERE/script -ArgumentList "a b"; echo $?)" = $'"'a b ours\nin\n4'"' ] || exit 51
		c() { invoke-command -ConfigFile $C -ComputerName box "$@"; }
		[ "$(echo in | c -FilePath $HERE/script -ArgumentList "a b"; echo $?)" = $'"'a b\nin\n4'"' ] || exit 52
		{ echo "#!/bin/bash"; for ((n = 0; n < 40000; n++)); do echo ": a long script, line $n"; done; echo "echo \$#"; } >$HERE/long
		[ "$(i -FilePath $HERE/long -ArgumentList a </dev/null)" = 1 ] || exit 53
		[ "$(c -FilePath $HERE/long -ArgumentList a </dev/null)" = 1 ] || exit 54
		i -FilePath $HERE/none </dev/null 2>/dev/null
		[ $? = 2 ]'
	succeeds
}

# bats test_tags=once
@test "invoke: a busy session is an error, and -Wait waits" {
	in_session '
		mkfifo $HERE/go
		chmod 666 $HERE/go
		chmod 755 $HERE
		i "read x <$HERE/go; echo \$x" </dev/null >$HERE/first &
		until [ "$(get-pssession -Property Availability)" = Busy ]; do :; done
		i "echo no" </dev/null 2>$HERE/e
		[ $? = 1 ] && grep -q "is busy; -Wait waits" $HERE/e || exit 51
		i -Wait "echo second" </dev/null >$HERE/second &
		echo first >$HERE/go
		wait
		rm $HERE/go
		[ "$(cat $HERE/first $HERE/second)" = $'"'first\nsecond'"' ]'
	succeeds
}

# bats test_tags=once
@test "invoke: a job left in the background neither holds the command nor gets into the next one's output" {
	in_session '
		mkfifo $HERE/go
		chmod 666 $HERE/go
		chmod 755 $HERE
		[ "$(i "{ read x <$HERE/go; echo late; echo done >$HERE/go; } & echo early" </dev/null 2>/dev/null)" = early ] || exit 51
		i "echo >$HERE/go; read x <$HERE/go; echo \$x" </dev/null >$HERE/o
		rm $HERE/go
		[ "$(cat $HERE/o)" = done ]'
	succeeds
}

# bats test_tags=once
@test "invoke: in the session that another terminal has entered and that sits at its prompt" {
	local_bash_start
	keep_session
	run_line 'echo $s'
	local s=$OUT
	enter_kept
	run_line 'x=typed'
	term_type 'echo half a li'
	[ "$(local_bash "invoke-command -Session $s 'echo \$x; x=changed' </dev/null")" = typed ]
	term_type 'ne $x'
	term_keys Enter
	wait_screen 'half a line changed'
	leave_by exit
	status_is 0
}

@test "invoke: a line that is entered meanwhile waits for the command; a terminal that enters sees a fresh prompt" {
	local_bash_start
	keep_session
	run_line 'echo $s'
	local s=$OUT
	enter_kept
	mkfifo -m 666 "$HERE/go"
	chmod 755 "$HERE"
	local_bash "invoke-command -Session $s 'read x <$HERE/go; cd /usr' </dev/null" &
	wait_until 10 is_busy
	term_type 'echo $x $PWD'
	term_keys Enter
	echo answer >"$HERE/go"
	wait
	wait_screen 'answer /usr'
	rm "$HERE/go"
	term_type "PS1='\\w> '"
	term_keys Enter
	wait_line '/usr> $'
	leave_by exit
	local_bash "invoke-command -Session $s 'cd /usr/lib' </dev/null"
	term_type 'enter-pssession -Session "$s"'
	term_keys Enter
	wait_line '/usr/lib> $'
	leave_by exit
}

is_busy() {
	[[ $(local_bash 'get-pssession -Property Availability') == Busy ]]
}

@test "invoke: Ctrl-C interrupts the command there, in a session and on a computer" {
	local_bash_start
	keep_session
	local where
	for where in '-Session $s' '-ConfigFile $C -ComputerName box'; do
		start_running "invoke-command $where 'echo running; sh -c \"trap \\\"printf got-%s it; exit 9\\\" INT; while :; do :; done\"'"
		term_keys C-c
		wait_screen 'got-it'
		wait_local
		term_keys C-l
	done
	start_running 'invoke-command -Session $s "echo running; $FOREVER"'
	term_keys C-c
	wait_local
	run_line 'invoke-command -Session $s "echo alive"'
	output_is alive
}

# sshd passes no signal on to what runs as root.
@test "invoke: Ctrl-C leaves a command that nothing can interrupt, as it leaves that of ssh" {
	[ "$(id -u)" -eq 0 ] || skip 'needs root, to log in as root'
	sed 's/^\([[:space:]]*User\) .*/\1 root/' "$WORLD/ssh/ssh_config" >"$HERE/as-root"
	local_bash_start
	local command status=() pid
	for command in ssh\ -F invoke-command\ -ConfigFile; do
		interrupt_running "$command $HERE/as-root box 'echo \$\$ >$HERE/pid; echo running; exec tail -f /dev/null'"
		status+=("$OUT")
		pid=$(cat "$HERE/pid")
		is_alive "$pid"
		end_processes "$pid"
	done
	[[ ${status[*]} == '255 130' ]]
	# One whose output goes nowhere is left too.
	run_line "invoke-command -ConfigFile $HERE/as-root box 'yes first' | head -n 1"
	output_is first
}

@test "invoke: a command that does not end by Ctrl-C says that a second one leaves it, where the terminal can take that away" {
	local_bash_start
	keep_session
	local deaf='trap "" INT; echo; echo running; tail -f /dev/null'
	start_running "invoke-command -Session \$s '$deaf'"
	term_keys C-c
	wait_screen $'\nstopping; Ctrl-C again does not wait for it'
	term_keys C-c
	wait_local
	not screen_matches stopping
	run_line 'echo $?'
	output_is 130
	term_keys C-l
	term_type "invoke-command -ConfigFile \$C box,box '$deaf'"
	term_keys Enter
	wait_screen $'running[^\n]*\n.*running.*running'
	term_keys C-c
	wait_screen 'stopping .Ctrl-C again does not wait.: 0/2 done'
	term_keys C-c
	wait_local
	not screen_matches stopping
	term_keys C-l
	# Nor is a line that has not ended written over.
	start_running "invoke-command -ConfigFile \$C box 'trap \"\" INT; printf \"\\nrunning on\"; tail -f /dev/null'"
	term_keys C-c
	pause 1.5
	screen_matches $'\nrunning on'
	not screen_matches stopping
	term_keys C-c
	wait_local
	term_keys C-l
	run_line 'TERM=dumb'
	start_running "invoke-command -ConfigFile \$C box '$deaf'"
	term_keys C-c
	pause 1.5
	not screen_matches stopping
	term_keys C-c
	wait_line 'local\$ $'
}

# The terminal belongs to the group of the command before the pipe, which has long ended. What ssh does there is right.
@test "invoke: Ctrl-C ends one whose input has come from a pipe to its end, as it ends ssh" {
	local_bash_start
	keep_session
	local command status=()
	for command in "ssh -F \$C box" 'invoke-command -Session $s' 'invoke-command -ConfigFile $C -ComputerName box'; do
		interrupt_running "seq 3 | $command 'cat; echo running; $FOREVER'"
		status+=("$OUT")
	done
	[[ ${status[*]} == '255 130 130' ]]
	run_line 'seq 3 | invoke-command -Session $s "wc -l"'
	output_is 3
}

@test "invoke: typed at a terminal, with and without a pipe, in any order; keys are for the command that reads them" {
	local_bash_start
	keep_session
	local n
	# More than one relay has inputs for.
	for n in 1 2 3 4 5 6 7 8 9 10; do
		run_line "invoke-command -Session \$s 'echo n$n'"
		output_is "n$n"
		case $n in 1 | 2 | 5 | 9)
			run_line "echo abc | invoke-command -Session \$s 'wc -c'"
			output_is 4
			;;
		esac
	done
	term_type "invoke-command -Session \$s 'echo reads; read -r x; echo \"<\$x>\"'"
	term_keys Enter
	wait_screen $'\nreads'
	term_send typed
	term_keys Enter
	wait_screen '<typed>'
	wait_local
	start_running "invoke-command -Session \$s 'echo running; cat >/dev/null'"
	term_keys C-c
	wait_local
	run_line "echo abc | invoke-command -Session \$s 'wc -c'"
	output_is 4
}

@test "invoke: in scripts, pipes, subshells and the background; -OutVariable has the statuses" {
	in_session '
		[ "$(echo a | i cat | tr a b)" = b ] || exit 51
		(i "y=sub" </dev/null)
		[ "$( (i "echo \$y" </dev/null) )" = sub ] || exit 52
		i "echo bg" </dev/null >$HERE/o &
		wait $! || exit 53
		[ "$(cat $HERE/o)" = bg ] || exit 54
		i -OutVariable o "exit 6" </dev/null
		[ "$o" = "box 6" ] || exit 55
		i "echo x" </dev/null >/dev/full 2>$HERE/e
		[ $? = 1 ] && grep -q "write error" $HERE/e || exit 56
		for ((n = 0; n < 300; n++)); do
			[ "$(i "echo $n" </dev/null)" = $n ] || exit 57
		done'
	succeeds
}

# bats test_tags=once
@test "invoke: on a computer a connection for the call, no terminal; closed afterwards" {
	run local_bash '
		c() { invoke-command -ConfigFile $C -ComputerName box "$@"; }
		[ "$(c "tty; echo \$0" </dev/null)" = $'"'not a tty\nbash'"' ] || [ "$(c "tty" </dev/null)" = "not a tty" ] || exit 51
		printf "a\0\377" | c cat | cmp - <(printf "a\0\377") || exit 52
		c "exit 9" </dev/null
		[ $? = 9 ] || exit 53
		c -ConfigurationName sh -ArgumentList 5 "exit \$1" </dev/null
		[ $? = 5 ] || exit 54
		[ -z "$(get-pssession)" ]'
	[ "$status" -eq 0 ]
	wait_until 5 no_connection
}

no_connection() {
	[ -z "$(sshd_connections "$WORLD/ssh")" ]
}

# bats test_tags=once
@test "invoke: what cannot be reached is an error that names it, status 255; wrong parameters are 2" {
	run local_bash 'invoke-command -ComputerName 127.0.0.1:1 -ConfigFile none true </dev/null'
	[ "$status" -eq 255 ]
	[[ $output == *'[127.0.0.1:1]'*refused* ]]
	for arguments in '' '-ComputerName box' 'true' '-Session 1 -ComputerName box true' '-Session 1 -Port 5 true' '-Session 1 true -FilePath x'; do
		run local_bash "invoke-command $arguments </dev/null"
		[ "$status" -eq 2 ]
	done
	run local_bash 'invoke-command -Session 77 true </dev/null'
	[ "$status" -eq 1 ]
	[ -z "$(host_pids)" ] || [[ $output == *'session'* ]]
	run local_shell 'invoke-command -ConfigFile $C box "$(head -c 67108865 /dev/zero | tr "\\0" x)" </dev/null'
	[ "$status" -eq 2 ]
	[[ $output == *'the command cannot be sent: it is longer than 64 MiB'* ]]
}

@test "invoke: words behind the computer are what ssh makes of them" {
	run local_shell '
		same() {
			ssh -F $C box "$@" >$HERE/ssh 2>&1 </dev/null
			local wanted=$?
			invoke-command -ConfigFile $C box "$@" >$HERE/ours 2>&1 </dev/null
			[ $? = $wanted ] && cmp $HERE/ssh $HERE/ours && return
			echo "not the same: $*"
			exit 50
		}
		same echo a "b  c" \$HOME
		same ls -ld /
		same ls -d / -Json
		same ls --help
		same printf "<%s>" -x "" \"d  e\"
		same ls -f -- /nonexistent
		same "echo quoted;" echo x
		same test -e /nonexistent
		invoke-command -ConfigFile $C box echo out -Json </dev/null | grep -q "\"text\":\"out\"" || exit 51'
	echo "$output"
	[ "$status" -eq 0 ]
	for arguments in 'box "ls /" -l' 'box ps -Id 1' 'box ls -In' '-ComputerName box, box2 true' '-ComputerName box ,box2 true'; do
		run local_shell "invoke-command -ConfigFile \$C $arguments </dev/null"
		[ "$status" -eq 2 ]
		[[ $output == *'go behind --, or into quotes'* || $output == *'the blank between'*'ends the list'* ]]
	done
	[ -z "$(host_pids)" ] || [ -z "$(local_shell get-pssession)" ]
}

# bats test_tags=once
@test "invoke: ssh's letters stand for its options" {
	run local_shell "invoke-command -ConfigFile none -p $SSHD_PORT -l $REMOTE_USER -i $WORLD/ssh/user_key \
		-o UserKnownHostsFile=$WORLD/ssh/known_hosts -o StrictHostKeyChecking=yes -o IdentityAgent=none 127.0.0.1 echo in </dev/null"
	[ "$status $output" = '0 in' ]
	run local_shell 'new-pssession -F $C -A box | grep -c . && invoke-command -Session Session1 "echo in" </dev/null'
	[ "$status $output" = $'0 1\nin' ]
	run local_shell 'invoke-command -ConfigFile $C -J nosuch.invalid box true </dev/null'
	[ "$status" -eq 255 ]
	[[ $output == *nosuch.invalid* ]]
}

@test "invoke: -AllocateTty gives the command a terminal, and keys to it" {
	local_bash_start
	term_type 'invoke-command -ConfigFile $C -ComputerName box -AllocateTty "tty; read -s -p pass: x; echo; echo got-\$x; exit 5"'
	term_keys Enter
	wait_screen $'\n/dev/pts/'
	wait_line 'pass:$'
	term_keys s e c r e t
	term_keys Enter
	wait_screen 'got-secret'
	wait_local
	status_is 5
	terminal_is_sane
	[ "$(local_bash 'invoke-command -ConfigFile $C -ComputerName box -AllocateTty "tty | head -c 8" </dev/null')" = /dev/pts ]
}

# What a shell is to read before its input would be keys: a terminal echoes, cuts long lines and makes signals of bytes.
# bats test_tags=once
@test "invoke: -AllocateTty goes with arguments, values, scripts and other shells" {
	printf '#!/bin/sh\nread -r x\necho "<$x> $1"; exit 4\n' >"$HERE/script"
	run local_shell '
		i() { invoke-command -ConfigFile $C -AllocateTty box "$@"; }
		v=$'"'a\003b\004\032'"'
		[ "$(i "printf \"%s\" \"\$using:v\" | od -An -tx1" </dev/null | tr -d "\r\n ")" = 610362041a ] || exit 52
		[ "$(i -ArgumentList "a b" "tty -s && echo \"\$1\"" </dev/null | tr -d "\r")" = "a b" ] || exit 53
		[ "$(i -ConfigurationName sh "tty -s && echo \$-" </dev/null | grep -c .)" -eq 1 ] || exit 54
		out=$(echo typed | i -FilePath $HERE/script -ArgumentList c); [ $? = 4 ] || exit 55
		case $out in *"<typed> c"*) ;; *) exit 56 ;; esac'
	echo "$output"
	[ "$status" -eq 0 ]
}

# bats test_tags=once
@test "invoke: the first command of a session runs once, with its input, where the channel for its streams is slow" {
	account_file .bashrc <<-'END'
		PS1='remote$ '
		case $SLOW$BASH_EXECUTION_STRING in slow*/relay*) read -rt 1.6 <> <(:) ;; esac
	END
	second_server SLOW=slow
	run local_bash '
		for shell in bash zsh sh; do
			command -v $shell >/dev/null || continue
			s=$(new-pssession -ConfigFile $1 -ConfigurationName $shell box) || exit 51
			i() { invoke-command -Session $s "$@"; }
			[ "$(printf "a\nb\n" | i "echo once >>once; cat; echo errors >&2; (exit 3)" 2>"$HERE/errors"; echo $?)" = $'"'a\nb\n3'"' ] || exit 52
			[ "$(cat "$HERE/errors")" = errors ] || exit 53
			[ "$(i "cat once; rm once" </dev/null)" = once ] || exit 54
		done' "$WORLD/ssh1/ssh_config"
	succeeds
}

# bats test_tags=once
@test "invoke: a server without a channel for the streams: the first command says so, and the session goes on" {
	second_server_with 'MaxSessions 2' "$(remote_environment)"
	run local_bash '
		for shell in bash zsh sh; do
			command -v $shell >/dev/null || continue
			s=$(new-pssession -ConfigFile $2 -ConfigurationName $shell box) || exit 51
			for n in 1 2; do
				invoke-command -Session $s "echo out; echo ran >>ran" </dev/null 2>"$HERE/errors" && exit 52
				grep "no channel for the streams of the command" "$HERE/errors" || { cat "$HERE/errors"; exit 53; }
				[ ! -e $1/ran ] || exit 54
			done
			[ "$(get-pssession -Session $s -Property Availability)" = Available ] || exit 55
		done' "$REMOTE_HOME" "$WORLD/ssh1/ssh_config"
	succeeds
}

# bats test_tags=once
@test "invoke: a session that is removed while a relay starts, or with a job in the background, leaves nothing" {
	run local_shell '
		for n in 1 2 3 4 5 6 7 8; do
			s=$(new-pssession -ConfigFile $C box) || exit 51
			invoke-command -Session $s "tail -f /dev/null & read -rt 0.1 <> <(:)" </dev/null >/dev/null 2>&1 &
			invoke-command -Session $s -Wait "true &" </dev/null >/dev/null 2>&1
			remove-pssession -Session $s || exit 52
		done
		wait'
	succeeds
}
