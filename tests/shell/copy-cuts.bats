#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# copy-item when something ends meanwhile: the link, the program that copies, the host process; in sessions that come back
# by themselves, and on servers that grant few channels.

load ../harness/harness

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() {
	place_start
	T=$REMOTE_HOME/t
	mkdir -m 777 "$T"
}
teardown() {
	rm -rf "$T" "$REMOTE_HOME/big"
	place_end
}

# The parts of copies that are not whole, on either side.
parts() { find "$HERE" "$REMOTE_HOME" -name '*.pss-*'; }
nothing_half() { [ -z "$(parts)" ]; }
grown() { [ -n "$(find "$HERE" "$T" -name '.big.pss-*' -size "+${1}k")" ]; }

make_big() { head -c "${1}000000" /dev/urandom >"$HERE/big"; }

# while_copied LINE COMMAND…: runs the line in a shell of its own, and the command when something is there of it. COPY_STATUS, and $HERE/err.
while_copied() {
	local line=$1 pid
	shift
	local_shell "cd $HERE; $line" 2>"$HERE/err" >/dev/null &
	pid=$!
	wait_until 20 grown 500
	"$@"
	COPY_STATUS=0
	wait "$pid" || COPY_STATUS=$?
}

kill_copy() { kill -KILL "$(copies_here)"; }
kill_host() { kill -KILL "$(host_pids)"; }

one_line() {
	[ "$(wc -l <"$HERE/err")" -eq 1 ] && grep -q "$1" "$HERE/err" || { cat "$HERE/err"; return 1; }
}

@test "copy: what a killed program has left is said, and the same copy clears it or goes on with it" {
	local_shell 'new-pssession -ConfigFile $C -Name work box >/dev/null'
	make_big 100
	cp "$HERE/big" "$REMOTE_HOME/big"
	mkdir "$HERE/down"
	local line flag
	for line in "copy-item big work:t/" "copy-item work:big down"; do
		for flag in '' -Resume; do
			while_copied "$line" kill_copy
			[ "$COPY_STATUS" -eq 1 ]
			one_line 'has ended before it was done; .*goes on with it with -Resume, and clears it without'
			[ "$(parts | wc -l)" -eq 1 ]
			run local_shell "cd $HERE; $line $flag -Verbose"
			[ "$status" -eq 0 ] && [ -z "$flag" ] || [[ $output == *"going on behind"* ]]
			nothing_half
			cmp "$HERE/big" "$(find "$T" "$HERE/down" -name big)"
			rm -f "$T/big" "$HERE/down/big"
		done
	done
}

@test "copy: when the host process is killed that is one line, with what is left there" {
	HOST_WAS_KILLED=1
	make_big 100
	cp "$HERE/big" "$REMOTE_HOME/big"
	mkdir "$HERE/down"
	while_copied "copy-item -ConfigFile \$C big box:t/" kill_host
	[ "$COPY_STATUS" -ne 0 ]
	one_line "\[box\] the host process has ended; t/.big.pss-.* could not be removed there"
	run local_shell "cd $HERE; copy-item -ConfigFile \$C big box:t/ -Resume -Verbose"
	[ "$status" -eq 0 ] && [[ $output == *"going on behind"* ]]
	cmp "$HERE/big" "$T/big"
	while_copied "copy-item -ConfigFile \$C box:big down" kill_host
	one_line "\[box\] the host process has ended$"
	wait_until 10 nothing_half
}

@test "copy: in a resilient session a copy goes on by itself when the link was cut, again and again" {
	proxy_start 0
	local_shell "new-pssession -Resilient -ConfigFile $FAR_CONFIG -Name kept far >/dev/null"
	make_big 60
	cp "$HERE/big" "$REMOTE_HOME/big"
	mkdir "$HERE/down"
	cut_thrice() {
		local k
		for k in 500 15000 30000; do
			wait_until 20 grown "$k"
			proxy close
			wait_until 20 connected_again
		done
	}
	# The holder's channel is there again.
	connected_again() { local_shell 'get-pssession -Name kept -Property State' | grep -q Opened; }
	while_copied "copy-item big kept:t/" cut_thrice
	[ "$COPY_STATUS" -eq 0 ] || { cat "$HERE/err"; return 1; }
	grep -q 'the copy goes on when the session is back' "$HERE/err"
	cmp "$HERE/big" "$T/big" && nothing_half
	while_copied "copy-item kept:big down" cut_thrice
	[ "$COPY_STATUS" -eq 0 ] || { cat "$HERE/err"; return 1; }
	cmp "$HERE/big" "$HERE/down/big" && nothing_half
	local_shell 'remove-pssession -Name kept'
	proxy_stop
}

@test "copy: what a session's copy has left is gone on with over a connection of its own" {
	local_shell 'new-pssession -ConfigFile $C -Name work box >/dev/null'
	make_big 100
	while_copied "copy-item big work:t" kill_copy
	run local_shell "cd $HERE; copy-item -ConfigFile \$C -Resume -Verbose big box:t/"
	[ "$status" -eq 0 ] && [[ $output == *"going on behind"* ]]
	cmp "$HERE/big" "$T/big" && nothing_half
}

# -- servers that grant few channels

server_with() {
	sshd_stop "$WORLD/ssh"
	sshd_start "$WORLD/ssh" "$REMOTE_USER" "$@" "$(remote_environment)"
}

@test "copy: a server that grants few channels is used with as many, silently" {
	local n
	make_big 30
	mkdir "$HERE/down"
	for n in 1 2 3 10; do
		server_with "MaxSessions $n"
		proxy_start 10
		run local_shell "cd $HERE
			copy-item -ConfigFile $FAR_CONFIG big far:t/ || exit 51
			cmp big $T/big || exit 52
			copy-item -ConfigFile $FAR_CONFIG far:t/big down && cmp big down/big || exit 53
			rm -f $T/big down/big"
		[ "$status" -eq 0 ] && [ -z "$output" ] || { echo "MaxSessions $n: $status $output"; return 1; }
		proxy_stop
	done
	server_with
}

# -- whose connection it goes over

logins() { grep -c '^Accepted publickey' "$WORLD/ssh/sshd.log"; }

@test "copy: a session's name, Id or InstanceId before the colon is its connection and its directory, a computer's is neither" {
	run local_shell "
		new-pssession -ConfigFile \$C -Name work box >/dev/null; s=\$(new-pssession -ConfigFile \$C -Name box2 box)
		mkdir -m 777 $T/work $T/box2 || exit 50
		invoke-command -Name work 'cd t/work' </dev/null; invoke-command -Name box2 'cd t/box2' </dev/null
		cd $HERE; echo x >a
		grep -c '^Accepted publickey' $WORLD/ssh/sshd.log >before
		copy-item a work: && cmp a $T/work/a || exit 51
		copy-item a \$s:b && cmp a $T/box2/b || exit 52
		copy-item a 1:c && cmp a $T/work/c || exit 53
		copy-item a box2:d && cmp a $T/box2/d || exit 54
		copy-item work:../box2/d e && cmp a e || exit 55
		copy-item work:a box2:f && cmp a $T/box2/f || exit 56
		grep -c '^Accepted publickey' $WORLD/ssh/sshd.log >after
		cmp before after || exit 57
		copy-item -ConfigFile \$C a box:t/g && cmp a $T/g || exit 58"
	echo "$output"
	[ "$status" -eq 0 ] && [ "$(logins)" -eq $(($(cat "$HERE/after") + 1)) ]
}

# -- beside other things

@test "copy: beside a terminal, a command that runs and another copy to the same name each has its way" {
	make_big 60
	cp "$HERE/big" "$HERE/other"
	local_shell_start
	keep_session
	enter_kept
	start_running "echo running; cat"
	local first second
	local_shell "cd $HERE; copy-item big 1:t/" &
	first=$!
	wait_until 20 grown 500
	local_shell "cd $HERE; copy-item other 1:t/big" &
	second=$!
	term_send 'while it is copied'
	term_keys Enter
	wait_screen $'while it is copied\nwhile it is copied'
	wait "$first" && wait "$second"
	cmp "$HERE/big" "$T/big" && nothing_half
	term_keys C-d
	wait_remote
	leave_by exit
}
