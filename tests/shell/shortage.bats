#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What happens when there is too little: descriptors, threads, processes. One attempt fails, under its true name; the
# host process and its sessions live on. And where there is little, all that is asked for is done a little at a time.

load ../harness/harness

setup_file() { world_start bash; }
teardown_file() { world_end; }

setup() {
	place_start
	write_hosts
}

teardown() {
	[ -z "${AGENT_PID-}" ] || end_processes "$AGENT_PID"
	place_end
}

# n… are one server, `named` is looked up and logged in to with an agent's key, `proxied` is behind a proxy.
write_hosts() {
	local options
	options=$(grep -vE '^[[:blank:]]*(Host|HostName|Port|Identity.*) ' "$WORLD/ssh/ssh_config")
	cat >"$HERE/config" <<-END
		Host named
			HostName localhost
			HostKeyAlias [127.0.0.1]:$SSHD_PORT
			IdentityFile none
			IdentityAgent $HERE/agent
		Host proxied
			ProxyJump n0
		Host *
			HostName 127.0.0.1
			Port $SSHD_PORT
			IdentityFile $WORLD/ssh/user_key
			IdentitiesOnly yes
			IdentityAgent none
			$options
	END
}

# -- one call fails ------------------------------------------------------------------------------------------

SHORTAGES='Too many open files|Resource temporarily unavailable|Cannot allocate memory'

# A host program whose calls can be made to fail (tests/harness/shortage.c), under the name that leftovers go by.
host_with_shortages() {
	if ldd "$PSS_BUILD/plugin/host/pssession-host" | grep -q asan; then
		skip "a sanitizer wants to be the first library"
	fi
	mkdir "$HERE/bin"
	cat >"$HERE/bin/pssession-host" <<-END
		#!/bin/bash
		echo \$\$ >$HERE/host
		LD_PRELOAD=$PSS_BUILD/tests/harness/shortage.so PSS_SHORTAGE=$HERE/order exec -a $WORLD/pssession-host \
			$PSS_BUILD/plugin/host/pssession-host "\$@"
	END
	chmod 755 "$HERE/bin/pssession-host"
	printf '%32s' '' >"$HERE/order"
}

# In the local shell: the N-th CALL from now on fails, an attempt is made, and what came of it is one line. It ends with
# the first N that is not reached. The session that is kept answers each time. A thread that is there already is not made: so
# those that wait for more to do are let go first.
ATTEMPTS='
export PSSESSION_HOST=$HERE/bin/pssession-host
order() {
	[ "$1" != pthread_create ] || until ! grep -qsx pss-worker /proc/$(<$HERE/host)/task/*/comm; do :; done
	printf "%-16s%08d%s" "$1" "$2" "$3" 1<>$HERE/order
}
attempts() {
	local call=$1 n text fired=! status
	shift
	for ((n = 1; n <= 40; n++)); do
		order "$call" "$n" -
		# What ssh -G said before does not do.
		asked=$((asked + 1))
		text=$("$@" -Options ServerAliveInterval=$((60 + asked)) "echo here" </dev/null 2>&1)
		status=$?
		IFS= read -r -n 25 fired <$HERE/order
		order "" 0 -
		[ "${fired:24}" = ! ] || { echo "$call: $((n - 1)) of them"; return; }
		echo "$call $n: $status: $text"
		[ "$(invoke-command -Name kept "echo \$\$" </dev/null)" = "$kept" ] || { echo "the session is gone"; return; }
	done
	echo "$call: no end"
}
new-pssession -ConfigFile $HERE/config -Name kept n0 >/dev/null || exit
kept=$(invoke-command -Name kept "echo \$\$" </dev/null)
'

# It went well all the same, or says what there was too little of.
all_are_true() {
	local line
	while read -r line; do
		case $line in
		*' of them') ;;
		*': 0: here') ;;
		*) [[ $line =~ :\ (1|255):\ .*($SHORTAGES) ]] || { echo "not the true name: $line" >&2; return 1; } ;;
		esac
	done <<<"$output"
}

CALLS='pipe2 eventfd epoll_create1 pidfd_open socket socketpair accept4 memfd_create inotify_init1 posix_openpt vfork pthread_create'

@test "shortage: whichever call fails, that attempt fails of it, by name, and the session that is kept lives on" {
	host_with_shortages
	run local_shell "$ATTEMPTS
		for call in $CALLS; do
			attempts \$call invoke-command -ConfigFile \$HERE/config -ComputerName n1
		done"
	echo "$output"
	all_are_true
	[ "$(grep -c ' of them' <<<"$output")" -eq 12 ]
	grep -q '^pipe2 1: 1: .*cannot start ssh -G: Too many open files' <<<"$output"
	grep -q '^vfork 1: 1: .*cannot start ssh -G: Resource temporarily unavailable' <<<"$output"
	grep -q '^pthread_create 1: 1: .*cannot start a thread' <<<"$output"
	grep -q '^socket 1: 1: .*cannot connect to .*Too many open files' <<<"$output"
	grep -q '^accept4 1: 0: here' <<<"$output"
}

@test "shortage: the same where a name is looked up, and an agent signs" {
	host_with_shortages
	ssh-agent -D -a "$HERE/agent" >/dev/null 3>&- &
	AGENT_PID=$!
	wait_until 5 test -S "$HERE/agent"
	SSH_AUTH_SOCK=$HERE/agent ssh-add -q "$WORLD/ssh/user_key"
	run local_shell "$ATTEMPTS
		for call in eventfd socket socketpair pthread_create; do
			attempts \$call invoke-command -ConfigFile \$HERE/config -ComputerName named
		done"
	echo "$output"
	all_are_true
	# The login, the lookup, the agent's.
	grep -q '^eventfd: 3 of them' <<<"$output"
	grep -q '^pthread_create: 3 of them' <<<"$output"
	grep -q '^socketpair: 1 of them' <<<"$output"
}

@test "shortage: the same behind a jump host" {
	host_with_shortages
	run local_shell "$ATTEMPTS
		for call in pipe2 socketpair memfd_create vfork pthread_create; do
			attempts \$call invoke-command -ConfigFile \$HERE/config -ComputerName proxied
		done"
	echo "$output"
	all_are_true
	grep -q '^vfork: 2 of them' <<<"$output"
	grep -q 'cannot start the proxy for .*Too many open files' <<<"$output"
}

@test "shortage: the same with -Transport ssh" {
	host_with_shortages
	run local_shell "$ATTEMPTS
		for call in pipe2 epoll_create1 pidfd_open inotify_init1 vfork; do
			attempts \$call invoke-command -ConfigFile \$HERE/config -Transport ssh -ComputerName n1
		done"
	echo "$output"
	all_are_true
	grep -q '^epoll_create1 1: 1: .*Too many open files' <<<"$output"
}

# -- there is little -----------------------------------------------------------------------------------------

# little LIMIT: the main cases, with so many descriptors in the shell and in the host process that it starts.
little() {
	run local_shell "ulimit -n $1
		invoke-command -ConfigFile \$HERE/config -ComputerName 'n[1-60]' -ThrottleLimit 99 'echo here' </dev/null"
	[ "$status" -eq 0 ]
	[ "$(sort -u <<<"$output" | grep -cx 'n[0-9]*: here')" -eq 60 ]
	[ "${#lines[@]}" -eq 60 ]
	local_shell_start
	run_line "ulimit -n $1; C=\$HERE/config"
	enter box
	run_line 'x=5; echo $x' && output_is 5
	leave_by exit
	keep_session -Name kept n2
	run_line 'invoke-command -Session "$s" "echo in it"' && output_is 'in it'
	run_line 'j=$(invoke-command -ConfigFile $C -ComputerName n3 -AsJob "echo of a job"); receive-pssession -Session $j -Wait'
	output_is 'of a job'
	run_line 'get-pssession -Name kept -Property State' && output_is Opened
	run_line 'remove-pssession -Name \*; get-pssession' && output_is ''
}

@test "shortage: sixty computers, a session, a terminal and a job with 64 descriptors" { little 64; }
@test "shortage: the same with 96 descriptors" { little 96; }
@test "shortage: the same with 128 descriptors" { little 128; }

@test "shortage: a question that nobody answers holds nobody up, where there is room for one login at a time" {
	local_shell_start
	run_line 'ulimit -n 64'
	term_type 'enter-pssession -ConfigFile $HERE/config -Options StrictHostKeyChecking=ask -Options UserKnownHostsFile=$HERE/none n1'
	term_keys Enter
	wait_screen 'Are you sure'
	run local_shell "timeout 20 cat <(invoke-command -ConfigFile \$HERE/config -ComputerName 'n[1-8]' 'echo here' </dev/null)"
	[ "$(grep -c ': here$' <<<"$output")" -eq 8 ]
	term_keys C-c
	wait_local
	status_is 130
}

@test "shortage: more sessions than there are descriptors for: those that fit are open, the others say why, all can be removed" {
	run local_shell "ulimit -n 40
		new-pssession -ConfigFile \$HERE/config 'n[1-40]' >\$HERE/opened 2>\$HERE/failed
		wc -l <\$HERE/opened
		get-pssession -Property State | sort | uniq -c
		grep -vcE '\[n[0-9]+\] .*: Too many open files' \$HERE/failed
		remove-pssession -Name \\*
		get-pssession"
	echo "$output"
	cat "$HERE/failed"
	[ "${lines[0]}" -ge 10 ]
	[ "${lines[0]}" -lt 40 ]
	[[ ${lines[1]} =~ ^\ *${lines[0]}\ Opened$ ]]
	[ "${lines[2]}" -eq 0 ]
	[ "${#lines[@]}" -eq 3 ]
	[ "$(wc -l <"$HERE/failed")" -eq $((40 - lines[0])) ]
}

@test "shortage: no thread can be started: it is said, and the session that is kept goes on" {
	host_with_shortages
	run local_shell "$ATTEMPTS
		order pthread_create 0 a
		invoke-command -ConfigFile \$HERE/config -ComputerName 'n[1-3]' 'echo here' </dev/null
		echo \$?
		invoke-command -Name kept 'echo kept' </dev/null
		order '' 0 -
		invoke-command -ConfigFile \$HERE/config -ComputerName n1 'echo here' </dev/null"
	echo "$output"
	[ "$(grep -c '\[n[1-3]\] cannot start a thread: Resource temporarily unavailable' <<<"$output")" -eq 3 ]
	[ "${lines[-2]}" = kept ]
	[ "${lines[-1]}" = here ]
}

# What runs for a shell tells its limits: one for ssh_config, one to get there. Neither has to come to anything.
config_that_tells() {
	printf '%s\n' "Match exec \"cat /proc/self/limits >$HERE/exec-%n\"" "ProxyCommand sh -c 'cat /proc/self/limits >$HERE/proxy-%n'" \
		>"$HERE/tells"
}

# with_limits TRANSPORT SOFT OPTION…: for names that begin with the transport's, in a shell with these limits: ours, and ssh.
with_limits() {
	local transport=$1
	shift
	run local_shell "ulimit $*
		new-pssession -ConfigFile \$HERE/tells -Transport $transport $transport-ours
		ssh -F \$HERE/tells $transport-ssh true </dev/null"
}

@test "shortage: what is started for a shell has that shell's limits, as what ssh starts" {
	local transport what limits
	config_that_tells
	for limits in '-S -n 200' '-S -n 300 -t 500 -f 100000 -d 100000000 -v 200000000 -c 1000' '-t 5000 -c 0 -s 4096'; do
		for transport in libssh ssh; do
			with_limits "$transport" "$limits"
			for what in exec proxy; do
				diff "$HERE/$what-$transport-ssh" "$HERE/$what-$transport-ours" ||
					{ echo "$transport, $what, ulimit $limits: $output"; return 1; }
				rm "$HERE/$what-$transport"-*
			done
		done
	done
	[ "$(host_pids | wc -w)" -eq 1 ] # for all of them
}

@test "shortage: the limits of the shell that happens to start a host process are not the others'" {
	local limit
	run local_shell "ulimit -S -n 200 -t 1 -f 100 -d 100000000000 -v 100000000000
		new-pssession -ConfigFile \$HERE/config n1"
	[[ $status = 0 && ${lines[-1]} =~ $UUID ]]
	for limit in 'cpu time' 'file size' 'data size' 'address space' 'open files'; do
		grep -i "^max $limit" "/proc/$(host_pids)/limits" | sed "s/^max $limit *//I" | {
			read -r soft hard _
			echo "# $limit $soft $hard"
			[ "$soft" = "$hard" ]
		}
	done
}
